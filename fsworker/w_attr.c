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
 * Knows: SETATTR: chmod, chown, truncate, utimens on descriptors.
 * Never: a name; openat(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "../common/proc.h"

#include "at.h"
#include "attr.h"
#include "setid.h"
#include "w_attr.h"
#include "xattr.h"

#define W_ATTR_NSEC	1000000000u
#define W_ATTR_TIMES	(MSG_SET_ATIME | MSG_SET_MTIME | \
			    MSG_SET_ATIME_NOW | MSG_SET_MTIME_NOW)

/* One SETATTR on its way. */
struct w_attr {
	const struct q_setattr *q;
	uint32_t type;		/* S_IF* */
	int fd;			/* O_PATH, or open with MSG_SET_HANDLE */
	int sizefd;		/* open for writing if there is a size to set */
	uint32_t uid, gid;	/* the host's */
};

static int
w_attr_check(const struct q_setattr *q)
{
	if ((q->valid & ~MSG_SET_VALID) != 0)
		return EINVAL;
	if ((q->valid & MSG_SET_MODE) && (q->mode & ~(uint32_t)07777) != 0)
		return EINVAL;
	/* chown(2) takes this id for "unchanged". */
	if (((q->valid & MSG_SET_UID) && q->uid == UINT32_MAX) ||
	    ((q->valid & MSG_SET_GID) && q->gid == UINT32_MAX))
		return EINVAL;
	if ((q->valid & MSG_SET_SIZE) && q->size > INT64_MAX)
		return EINVAL;
	if (((q->valid & MSG_SET_ATIME) && q->atime_nsec >= W_ATTR_NSEC) ||
	    ((q->valid & MSG_SET_MTIME) && q->mtime_nsec >= W_ATTR_NSEC))
		return EINVAL;
	return 0;
}

/* What this type of file cannot, or in this share must not, have set. */
static int
w_attr_fits(const struct w_attr *w, uint32_t policy)
{
	if ((w->q->valid & MSG_SET_HANDLE) && w->type != S_IFREG &&
	    w->type != S_IFDIR)
		return EBADF;
	if ((w->q->valid & MSG_SET_SIZE) && w->type != S_IFREG)
		return w->type == S_IFDIR ? EISDIR : EINVAL;
	if ((w->q->valid & MSG_SET_MODE) && w->type == S_IFLNK)
		return EOPNOTSUPP;
	if ((policy & MSG_POLICY_NO_SETID) != 0 && w->type != S_IFDIR &&
	    (w->q->valid & MSG_SET_MODE) != 0 &&
	    (w->q->mode & (S_ISUID | S_ISGID)) != 0)
		return EPERM;
	return 0;
}

static int
w_attr_member(const struct cred *c, uint32_t gid)
{
	uint32_t i;

	if (c->gid == gid)
		return 1;
	for (i = 0; i < c->gid_cnt; i++)
		if (c->gids[i] == gid)
			return 1;
	return 0;
}

/*
 * The kernel silently drops a set-gid bit for a group that the caller is not
 * in.  Where the guest's own check counts, it has found that its user is in
 * that group; EPERM makes the transport ask again as root.
 */
static int
w_attr_setgid(const struct serve_req *req, const struct w_attr *w)
{
	const struct q_setattr *q = w->q;
	struct msg_attr now;
	int err;

	if ((q->valid & MSG_SET_MODE) == 0 || (q->mode & S_ISGID) == 0 ||
	    (req->who->flags & MSG_SHARE_TRUST_GUEST) == 0 ||
	    req->who->cred.class != CRED_USER)
		return 0;
	if ((err = attr_get(req->who, w->fd, &now)) != 0)
		return err;
	return w_attr_member(&req->who->cred,
	    q->valid & MSG_SET_GID ? w->gid : now.gid) ? 0 : EPERM;
}

/* The host's ids; what is not to be set is -1. */
static int
w_attr_ids(const struct serve_req *req, struct w_attr *w)
{
	const struct idmap *ids = &req->rules->ids;
	const struct q_setattr *q = w->q;
	int err;

	w->uid = w->gid = UINT32_MAX;
	if ((q->valid & MSG_SET_UID) && (err = idmap_to_host(ids, IDMAP_UID,
	    q->uid, &w->uid)) != 0)
		return err;
	return q->valid & MSG_SET_GID ? idmap_to_host(ids, IDMAP_GID, q->gid,
	    &w->gid) : 0;
}

static int
w_attr_owner(const struct serve_req *req, const struct w_attr *w)
{
	int r;

	if ((w->q->valid & (MSG_SET_UID | MSG_SET_GID)) == 0)
		return 0;
	if (w->q->valid & MSG_SET_HANDLE)
		r = fchown(w->fd, w->uid, w->gid);
	else
		r = fchownat(w->fd, "", w->uid, w->gid, AT_EMPTY_PATH);
	if (r == -1)
		return errno;
	return w->type == S_IFDIR ? 0 : xattr_drop_caps(req, w->fd);
}

static int
w_attr_mode(const struct w_attr *w)
{
	if ((w->q->valid & MSG_SET_MODE) == 0)
		return 0;
	if (w->q->valid & MSG_SET_HANDLE)
		return fchmod(w->fd, w->q->mode) == -1 ? errno : 0;
	return at_chmod(w->fd, w->q->mode);
}

static int
w_attr_size(const struct serve_req *req, const struct w_attr *w)
{
	int fd = w->q->valid & MSG_SET_HANDLE ? w->fd : w->sizefd, err;

	if ((w->q->valid & MSG_SET_SIZE) == 0)
		return 0;
	if (ftruncate(fd, (off_t)w->q->size) == -1)
		return errno;
	if ((err = xattr_drop_caps(req, w->fd)) != 0)
		return err;
	return w->q->valid & MSG_SET_KILL ? setid_kill(req, w->fd) : 0;
}

static int
w_attr_times(const struct w_attr *w)
{
	const struct q_setattr *q = w->q;
	struct timespec ts[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	int r;

	if ((q->valid & W_ATTR_TIMES) == 0)
		return 0;
	if (q->valid & MSG_SET_ATIME_NOW)
		ts[0].tv_nsec = UTIME_NOW;
	else if (q->valid & MSG_SET_ATIME) {
		ts[0].tv_sec = q->atime;
		ts[0].tv_nsec = q->atime_nsec;
	}
	if (q->valid & MSG_SET_MTIME_NOW)
		ts[1].tv_nsec = UTIME_NOW;
	else if (q->valid & MSG_SET_MTIME) {
		ts[1].tv_sec = q->mtime;
		ts[1].tv_nsec = q->mtime_nsec;
	}
	if (q->valid & MSG_SET_HANDLE)
		r = futimens(w->fd, ts);
	else
		r = utimensat(w->fd, "", ts, AT_EMPTY_PATH);
	return r == -1 ? errno : 0;
}

/* An owner change clears set-id bits, so the mode comes after it. */
static int
w_attr_steps(const struct serve_req *req, struct w_attr *w)
{
	int err;

	if ((err = w_attr_ids(req, w)) != 0 ||
	    (err = w_attr_setgid(req, w)) != 0)
		return err;
	if ((w->q->valid & MSG_SET_SIZE) && !(w->q->valid & MSG_SET_HANDLE) &&
	    (err = at_reopen(w->fd, O_WRONLY | O_NONBLOCK, &w->sizefd)) != 0)
		return err;
	if ((err = w_attr_owner(req, w)) != 0)
		return err;
	if ((err = w_attr_mode(w)) != 0)
		return err;
	if ((err = w_attr_size(req, w)) != 0)
		return err;
	return w_attr_times(w);
}

int
on_setattr(struct serve_req *req, const struct q_setattr *q,
    struct a_setattr *a)
{
	struct w_attr w = { q, 0, serve_fd(req, 0), -1, 0, 0 };
	int err;

	if ((err = w_attr_check(q)) != 0)
		return err;
	if ((err = serve_claim(req, 0, &w.type)) != 0)
		return err;
	if (serve_readonly(req))
		return EROFS;
	if ((err = w_attr_fits(&w, req->who->policy)) != 0)
		return err;
	err = w_attr_steps(req, &w);
	fd_close(&w.sizefd);
	return err != 0 ? err : attr_get(req->who, w.fd, &a->attr);
}
