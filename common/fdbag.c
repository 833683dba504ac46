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
 * Knows: descriptors that arrived with one message.
 * Never: where a descriptor comes from or what it is good for.
 */

#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "../common/fdbag.h"

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void
fdbag_init(struct fdbag *bag)
{
	bag->cnt = 0;
}

int
fdbag_put(struct fdbag *bag, int fd)
{
	if (bag->cnt == MSG_FDS_MAX) {
		fd_close(&fd);
		return E2BIG;
	}
	bag->fds[bag->cnt++] = fd;
	return 0;
}

int
fdbag_take(struct fdbag *bag, unsigned int i)
{
	int fd;

	if (i >= bag->cnt)
		return -1;
	fd = bag->fds[i];
	bag->fds[i] = -1;
	return fd;
}

int
fdbag_get(const struct fdbag *bag, unsigned int i)
{
	return i < bag->cnt ? bag->fds[i] : -1;
}

void
fdbag_close(struct fdbag *bag)
{
	unsigned int i;

	for (i = 0; i < bag->cnt; i++)
		fd_close(&bag->fds[i]);
	bag->cnt = 0;
}
