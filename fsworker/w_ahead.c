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
 * Knows: AHEAD, and how long ago a directory must have changed for that.
 * Never: getdents64(2) itself (w_list.c).
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/fdbag.h"

#include "at.h"
#include "attr.h"
#include "w_ahead.h"
#include "w_ioctl.h"
#include "w_list.h"
#include "w_node.h"

#define W_AHEAD_NSEC	1000000000LL
#define W_AHEAD_TICK	20000000LL	/* more than any kernel's, ns */
#define W_AHEAD_LONG	60		/* seconds */
#define W_AHEAD_SECONDS	(2 * W_AHEAD_NSEC) /* of files with whole seconds */

/*
 * Times are those of the clock that is read here, which moves by ticks: two
 * changes within one look the same.
 */
static int
w_ahead_settled(const struct a_ahead *a)
{
	struct timespec now;
	long long age, least;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	least = a->ctime_nsec == 0 ? W_AHEAD_SECONDS : W_AHEAD_TICK;
	if (a->ctime > now.tv_sec || a->ctime < now.tv_sec - W_AHEAD_LONG)
		return a->ctime < now.tv_sec;
	age = (now.tv_sec - a->ctime) * W_AHEAD_NSEC + now.tv_nsec -
	    (long long)a->ctime_nsec;
	return age > least;
}

static int
w_ahead_times(const struct serve_req *req, int fd, struct a_ahead *a)
{
	struct msg_attr attr;
	int err;

	if ((err = attr_get(req->who, fd, &attr)) != 0)
		return err;
	a->mtime = attr.mtime;
	a->mtime_nsec = attr.mtime_nsec;
	a->ctime = attr.ctime;
	a->ctime_nsec = attr.ctime_nsec;
	return 0;
}

static int
w_ahead_read(struct serve_req *req, int fd, const struct q_ahead *q,
    struct a_ahead *a)
{
	struct a_ahead after;
	int err, end;

	if (!w_ioctl_plain(fd))
		return ENOTSUP;
	if (lseek(fd, (off_t)q->off, SEEK_SET) == -1)
		return errno;
	if ((err = w_list_names(req, fd, q->entry_max, &a->entry_cnt,
	    &a->next, &end)) != 0 ||
	    (err = w_ahead_times(req, fd, &after)) != 0)
		return err;
	a->end = (uint32_t)end;
	return after.mtime != a->mtime || after.ctime != a->ctime ||
	    after.mtime_nsec != a->mtime_nsec ||
	    after.ctime_nsec != a->ctime_nsec ? EAGAIN : 0;
}

int
on_ahead(struct serve_req *req, const struct q_ahead *q, struct a_ahead *a)
{
	int dirfd = serve_fd(req, 0), fd, err;

	if (q->off > INT64_MAX || q->entry_max == 0 ||
	    q->entry_max > MSG_AHEAD_MAX || q->zero != 0)
		return EINVAL;
	if ((err = at_claim_dir(req->who, dirfd)) != 0 ||
	    (err = w_ahead_times(req, dirfd, a)) != 0)
		return err;
	if (!w_ahead_settled(a))
		return EAGAIN;
	/* Who may list and not search would be told that nothing is there. */
	if ((err = w_node_access(dirfd, X_OK)) != 0 ||
	    (err = at_reopen(dirfd, O_RDONLY | O_DIRECTORY | O_NOATIME,
	    &fd)) != 0)
		return err;
	err = w_ahead_read(req, fd, q, a);
	fd_close(&fd);
	return err;
}
