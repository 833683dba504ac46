/*
 * Copyright (c) 2026 The viofsd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Knows: how a process comes to have exactly the descriptors that it should.
 * Never: what they are.
 */

#include "config.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

#include "../common/log.h"
#include "fdmap.h"

void
fdmap(const int *src, unsigned int cnt, unsigned int keep_cnt)
{
	int tmp[FDMAP_MAX];
	unsigned int i;

	if (cnt > FDMAP_MAX)
		bug("%u descriptors", cnt);
	/* First out of the way, or one copy could land on another's source. */
	for (i = 0; i < cnt; i++) {
		tmp[i] = fcntl(src[i], F_DUPFD_CLOEXEC, (int)cnt);
		if (tmp[i] == -1)
			fatal("descriptor %d", src[i]);
	}
	for (i = 0; i < cnt; i++)
		if (dup3(tmp[i], (int)i, i < keep_cnt ? 0 : O_CLOEXEC) == -1)
			fatal("descriptor %u", i);
	if (syscall(SYS_close_range, cnt, ~0U, 0) == -1)
		fatal("close_range");
}
