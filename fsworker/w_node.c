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
 * Knows: STATX, ACCESS, PARENT, SELF.
 * Never: openat2(2) itself (at.c), a name.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "access.h"
#include "at.h"
#include "attr.h"
#include "give.h"
#include "w_node.h"

#define W_NODE_SYNC	((uint32_t)AT_STATX_SYNC_TYPE)
#define W_NODE_MASK	(STATX_BASIC_STATS | STATX_BTIME)

/* What is said of the file; mount points are the host's affair. */
#define W_NODE_ATTRS	((uint64_t)(STATX_ATTR_COMPRESSED | \
			    STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | \
			    STATX_ATTR_NODUMP | STATX_ATTR_ENCRYPTED | \
			    STATX_ATTR_VERITY | STATX_ATTR_DAX))

int
on_statx(struct serve_req *req, const struct q_statx *q, struct a_statx *a)
{
	int fd = serve_fd(req, 0), err;
	struct statx stx;
	uint32_t type;

	/* Both kinds of synchronization at once are none. */
	if ((q->flags & ~W_NODE_SYNC) != 0 || q->flags == W_NODE_SYNC)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0 ||
	    (err = attr_stat(req->who, fd, (int)q->flags, &stx,
	    &a->attr)) != 0)
		return err;
	a->btime = stx.stx_btime.tv_sec;
	a->btime_nsec = stx.stx_btime.tv_nsec;
	a->mask = stx.stx_mask & W_NODE_MASK;
	a->attributes = stx.stx_attributes & W_NODE_ATTRS;
	a->attributes_mask = stx.stx_attributes_mask & W_NODE_ATTRS;
	return 0;
}

int
w_node_access(int fd, int mask)
{
	/* The libc's function asks for the real ids, or does its own sums. */
	return syscall(SYS_faccessat2, fd, "", mask,
	    AT_EACCESS | AT_EMPTY_PATH) == -1 ? errno : 0;
}

int
on_access(struct serve_req *req, const struct q_access *q,
    struct a_access *a)
{
	int fd = serve_fd(req, 0), mask = (int)q->mask, exec = 0, err;
	uint32_t type;

	(void)a;
	if (q->zero != 0 || (q->mask & ~(uint32_t)(R_OK | W_OK | X_OK)) != 0)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0)
		return err;
	if ((mask & W_OK) != 0 && serve_readonly(req))
		return EROFS;
	if (type == S_IFREG && (mask & X_OK) != 0) {
		exec = 1;
		mask &= ~X_OK;
	}
	if ((err = w_node_access(fd, mask)) != 0)
		return err;
	return exec ? access_exec(req->who, fd, q->mask) : 0;
}

int
on_parent(struct serve_req *req, const struct q_parent *q,
    struct a_parent *a)
{
	int dirfd = serve_fd(req, 0), fd, err;
	struct statx stx;

	if (q->zero != 0)
		return EINVAL;
	if ((err = serve_claim_dir(req, 0)) != 0 ||
	    (err = attr_stat(req->who, dirfd, 0, &stx, &a->attr)) != 0)
		return err;
	if (attr_is_top(req->who, &stx) || at_is_top(req->who, dirfd))
		err = at_reopen(dirfd, O_PATH, &fd);
	else
		err = at_parent(req->who, dirfd, &fd);
	return err != 0 ? err : give_node(req, fd, &a->attr);
}

int
on_self(struct serve_req *req, const struct q_self *q, struct a_self *a)
{
	int fd, err;
	uint32_t type;

	if (q->zero != 0)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0 ||
	    (err = at_reopen(serve_fd(req, 0), O_PATH, &fd)) != 0)
		return err;
	return give_node(req, fd, &a->attr);
}
