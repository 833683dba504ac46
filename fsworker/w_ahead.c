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
 * Knows: AHEAD.  The only file with inotify_add_watch(2).
 * Never: getdents64(2) itself (w_list.c); an event, which the transport reads.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"

#include "at.h"
#include "attr.h"
#include "w_ahead.h"
#include "w_ioctl.h"
#include "w_list.h"
#include "w_node.h"

/*
 * Bytes.  More names than the transport remembers; and who watches a directory
 * first visits all of its entries that are in memory.
 */
#define W_AHEAD_SIZE	(1024 * 1024)

static int w_ahead_fd = -1;	/* the transport's inotify instance */

int
w_ahead_watch(struct chan_msg *m)
{
	const struct n_watch *n = m->body;

	if (n->zero != 0 || w_ahead_fd != -1)
		return EPROTO;
	w_ahead_fd = fdbag_take(&m->fds, 0);
	return 0;
}

/* Have the transport told of changes; its events carry the number *wd. */
static int
w_ahead_add(const struct serve_req *req, int fd, uint32_t flags, int32_t *wd)
{
	char number[AT_NUMBER_MAX];
	struct msg_attr attr;
	int err;

	if (w_ahead_fd == -1)
		return ENOTSUP;
	if ((err = attr_get(req->who, fd, &attr)) != 0)
		return err;
	if (attr.size > W_AHEAD_SIZE)
		return EFBIG;
	/* A name beneath the working directory, which is /proc/self/fd. */
	*wd = inotify_add_watch(w_ahead_fd, at_number(fd, number),
	    flags & MSG_AHEAD_ATTR ? MSG_WATCH_ATTR : MSG_WATCH_MASK);
	return *wd == -1 ? errno : 0;
}

static int
w_ahead_read(struct serve_req *req, int fd, const struct q_ahead *q,
    struct a_ahead *a)
{
	int err;

	if (!w_ioctl_plain(fd))
		return ENOTSUP;
	if (q->off == 0) {
		/* From here on the transport hears of what may change it. */
		if ((err = w_ahead_add(req, fd, q->flags, &a->wd)) != 0)
			return err;
		if ((err = w_node_access(fd, X_OK)) == 0)
			err = w_list_names(req, fd, q, a);
		if (err != 0)
			fdbag_close(&req->give);
		a->err = (uint32_t)err;
		return 0;
	}
	if (lseek(fd, (off_t)q->off, SEEK_SET) == -1)
		return errno;
	return w_list_names(req, fd, q, a);
}

int
on_ahead(struct serve_req *req, const struct q_ahead *q, struct a_ahead *a)
{
	int dirfd = serve_fd(req, 0), fd, err;
	uint32_t max = q->flags & MSG_AHEAD_NODES ? MSG_AHEAD_MAX :
	    MSG_AHEAD_NAMES;

	if (q->off > INT64_MAX ||
	    (q->flags & ~(MSG_AHEAD_NODES | MSG_AHEAD_OPEN |
	    MSG_AHEAD_ATTR)) != 0 ||
	    (q->flags != 0 && (q->flags & MSG_AHEAD_NODES) == 0) ||
	    q->entry_max == 0 ||
	    q->entry_max > max)
		return EINVAL;
	if ((err = serve_claim_dir(req, 0)) != 0)
		return err;
	/* Who may list and not search would be told that nothing is there. */
	if ((err = w_node_access(dirfd, X_OK)) != 0 ||
	    (err = at_reopen(dirfd, O_RDONLY | O_DIRECTORY | O_NOATIME,
	    &fd)) != 0)
		return err;
	err = w_ahead_read(req, fd, q, a);
	fd_close(&fd);
	return err;
}
