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
 * Knows: GETLK, SETLK, SETLKW: POSIX locks and flock(2) locks that the host
 * and other guests see, as locks on open file descriptions.
 * Never: a table of locks; the kernel has it.
 *
 * A flock lock belongs to the guest's open file, so it is taken on the
 * handle.  A POSIX lock belongs to (node, owner): each pair has an open file
 * of its own, which FLUSH of that owner closes; or RELEASE of the guest's open
 * file, for the owner may be that, and not a process.  A lock that must wait is
 * tried again and again by a timer, so that nothing sleeps for it.
 */

#include "config.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "lock.h"
#include "op.h"
#include "vu.h"

static int
op_lock_range(const struct fuse_lk_in *in, struct flock *fl)
{
	if (in->lk.start > INT64_MAX || in->lk.end < in->lk.start)
		return EINVAL;
	memset(fl, 0, sizeof(*fl));
	fl->l_whence = SEEK_SET;
	fl->l_start = (off_t)in->lk.start;
	/* "To the end" is the largest offset for FUSE and 0 for fcntl(2). */
	if (in->lk.end < INT64_MAX)
		fl->l_len = (off_t)(in->lk.end - in->lk.start) + 1;
	switch (in->lk.type) {
	case F_RDLCK:
	case F_WRLCK:
	case F_UNLCK:
		fl->l_type = (short)in->lk.type;
		return 0;
	default:
		return EINVAL;
	}
}

static int
op_lock_flock(const struct req *r, uint32_t type)
{
	int op;

	switch (type) {
	case F_RDLCK:
		op = LOCK_SH | LOCK_NB;
		break;
	case F_WRLCK:
		op = LOCK_EX | LOCK_NB;
		break;
	case F_UNLCK:
		op = LOCK_UN;
		break;
	default:
		return EINVAL;
	}
	return flock(r->handle[0]->fd, op) == -1 ? errno : 0;
}

/* One try: 0, EAGAIN when somebody else has it, or another errno. */
static int
op_lock_try(struct req *r, const struct fuse_lk_in *in)
{
	struct flock fl;
	int err, fd;

	/* It may have been closed while the request waited. */
	if (!r->handle[0]->open)
		return EBADF;
	if (in->lk_flags & FUSE_LK_FLOCK)
		return op_lock_flock(r, in->lk.type);
	if ((err = op_lock_range(in, &fl)) != 0)
		return err;
	fd = lock_use(r->fs->locks, r->node[0], in->owner, in->fh);
	if (fd == -1)
		return fl.l_type == F_UNLCK ? 0 : EBADF;
	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES ? EAGAIN : errno;
}

/* Try; wait for the next try if the guest is ready to. */
static void
op_lock_now(struct req *r)
{
	struct fuse_lk_in in;
	int err;

	memcpy(&in, r->args, sizeof(in));
	err = op_lock_try(r, &in);
	if (err == EAGAIN && r->in.opcode == FUSE_SETLKW) {
		err = vu_draining(r->fs->dev) ? EINTR :
		    lock_wait(r->fs->locks, r, op_lock_now);
		if (err == 0)
			return;
	}
	lock_done(r);
	req_end(r, err);
}

/* The open file of (node, owner) that its locks will be on. */
static void
op_lock_opened(struct req *r, int err, struct chan_msg *m)
{
	struct fuse_lk_in in;
	int fd;

	/* A file that nobody may write can still be locked for reading. */
	if ((err == EROFS || err == ETXTBSY || (err == EACCES &&
	    ((r->fs->conf.policy & MSG_POLICY_HOST) != 0 ||
	    r->call.cred.class == CRED_POOL))) &&
	    r->call.q.open.flags == O_RDWR) {
		r->call.q.open.flags = O_RDONLY;
		ask_worker(r, Q_OPEN, ASK_ROOT | ASK_REPEATABLE,
		    op_lock_opened);
		return;
	}
	if (err == 0) {
		memcpy(&in, r->args, sizeof(in));
		fd = fdbag_take(&m->fds, 0);
		err = lock_enter(r->fs->locks, r->node[0], in.owner, &fd);
	}
	if (err != 0)
		req_end(r, err);
	else
		op_lock_now(r);
}

static int
op_lock_args(struct req *r, struct fuse_lk_in *in)
{
	uint32_t flag;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, in, sizeof(*in))) != 0)
		return err;
	flag = (in->lk_flags & FUSE_LK_FLOCK) ? FUSE_FLOCK_LOCKS :
	    FUSE_POSIX_LOCKS;
	if ((r->fs->session.flags & flag) == 0)
		return ENOSYS;
	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	return req_handle(r, 0, in->fh, 0);
}

void
op_setlk(struct req *r)
{
	struct fuse_lk_in in;
	int err;

	if ((err = op_lock_args(r, &in)) != 0) {
		req_end(r, err);
		return;
	}
	if ((in.lk_flags & FUSE_LK_FLOCK) != 0 || in.lk.type == F_UNLCK ||
	    lock_fd(r->fs->locks, r->node[0], in.owner) != -1) {
		op_lock_now(r);
		return;
	}
	r->call.q.open.flags = (r->fs->conf.flags & MSG_SHARE_READONLY) ?
	    O_RDONLY : O_RDWR;
	ask_worker(r, Q_OPEN, ASK_ROOT | ASK_REPEATABLE, op_lock_opened);
}

void
op_getlk(struct req *r)
{
	struct fuse_lk_out out;
	struct fuse_lk_in in;
	struct flock fl;
	int err, fd;

	if ((err = op_lock_args(r, &in)) == 0)
		err = op_lock_range(&in, &fl);
	if (err == 0) {
		fd = lock_fd(r->fs->locks, r->node[0], in.owner);
		if (fd == -1)
			fd = r->handle[0]->fd;
		if (fcntl(fd, F_OFD_GETLK, &fl) == -1)
			err = errno;
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	memset(&out, 0, sizeof(out));
	out.lk.type = (uint32_t)fl.l_type;
	out.lk.start = (uint64_t)fl.l_start;
	out.lk.end = fl.l_len == 0 ? INT64_MAX :
	    (uint64_t)(fl.l_start + fl.l_len - 1);
	/* Whoever has it is not a process of this guest. */
	out.lk.pid = 0;
	req_end_body(r, &out, sizeof(out));
}

void
op_lock_cancel(struct fs *fs)
{
	struct req *r;

	while ((r = lock_cancel_any(fs->locks)) != NULL)
		req_end(r, EINTR);
}

void
op_lock_interrupt(struct fs *fs, uint64_t unique)
{
	struct req *r;

	if ((r = lock_cancel(fs->locks, unique)) != NULL)
		req_end(r, EINTR);
}
