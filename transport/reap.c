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
 * Knows: when the last close of a file may sleep.
 * Never: whether somebody still needs the descriptor.
 */

#include "config.h"

#include "../common/fdbag.h"
#include "fs.h"
#include "iopool.h"
#include "reap.h"
#include "sysfd.h"

void
reap_close(struct fs *fs, int *fd)
{
	struct stat st;

	if (*fd == -1)
		return;
	if (sysfd_stat(*fd, &st) == 0 && st.st_nlink == 0 &&
	    iopool_close(fs->iopool, *fd) == 0)
		*fd = -1;
	fd_close(fd);
}
