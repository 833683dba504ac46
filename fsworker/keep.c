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
 * Knows: descriptors of directories under the transport's numbers.
 * Never: what a question does with them.
 */

#include "config.h"

#include <errno.h>

#include "at.h"
#include "keep.h"

void
keep_init(struct keep *k)
{
	unsigned int i;

	for (i = 0; i < MSG_KEEP_MAX; i++)
		k->fd[i] = -1;
}

/* A file would keep its space when it is deleted. */
static int
keep_put(int *slot, int fd)
{
	fd_close(slot);
	*slot = fd;
	return at_is_dir(fd) ? 0 : EPROTO;
}

static int
keep_drop(int *slot)
{
	if (*slot == -1)
		return EPROTO;
	fd_close(slot);
	return 0;
}

/* What is new first: the next descriptor may be the same one. */
static int
keep_change(struct keep *k, struct chan_msg *m)
{
	unsigned int i, n = 0;
	uint8_t kept;
	int err = 0;

	for (i = 0; i < MSG_KEPT && err == 0; i++) {
		kept = m->hdr.kept[i];
		if (MSG_KEEP_OP(kept) == MSG_KEEP_PUT)
			err = keep_put(&k->fd[MSG_KEEP_NR(kept)],
			    fdbag_take(&m->fds, n));
		else if (MSG_KEEP_OP(kept) == MSG_KEEP_DROP)
			err = keep_drop(&k->fd[MSG_KEEP_NR(kept)]);
		n += MSG_KEEP_OP(kept) != MSG_KEEP_USE;
	}
	return err;
}

int
keep_take(struct keep *k, struct chan_msg *m, struct fdbag *fds)
{
	unsigned int i, n = 0;
	uint8_t kept;
	int err, fd;

	if ((err = keep_change(k, m)) != 0)
		return err;
	fdbag_init(fds);
	for (i = 0; i < m->row->fds; i++) {
		kept = m->hdr.kept[i];
		fd = kept == 0 ? fdbag_get(&m->fds, n) :
		    k->fd[MSG_KEEP_NR(kept)];
		if (fd == -1)
			return EPROTO;
		fdbag_put(fds, fd);
		n += MSG_KEEP_OP(kept) != MSG_KEEP_USE;
	}
	return 0;
}
