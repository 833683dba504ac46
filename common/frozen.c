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
 * Knows: how memory that will not change any more is made so.
 * Never: what is in it.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/frozen.h"
#include "../common/log.h"

#ifndef SYS_mseal
#define SYS_mseal	462	/* Linux 6.10, the same on all machines */
#endif

int
frozen_set(void *p, size_t len)
{
	if (mprotect(p, len, PROT_READ) == -1)
		fatal("settings: mprotect");
	if (syscall(SYS_mseal, p, len, 0) == 0)
		return 1;
	if (errno != ENOSYS && errno != EPERM)
		fatal("settings: mseal");
	return 0;
}

void *
frozen_copy(const void *p, size_t len)
{
	size_t room = (len + FROZEN_PAGE - 1) / FROZEN_PAGE * FROZEN_PAGE;
	void *copy;

	if (len == 0)
		return NULL;
	copy = mmap(NULL, room, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		fatal("settings: mmap");
	memcpy(copy, p, len);
	frozen_set(copy, room);
	return copy;
}
