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
 * Knows: GETATTR, answered from a descriptor the transport holds, and
 * SETATTR, which needs a worker.
 * Never: a permission check.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>

#include "ask.h"
#include "fin.h"
#include "fout.h"
#include "fs.h"
#include "implicit.h"
#include "node.h"
#include "op.h"
#include "said.h"
#include "spare.h"
#include "sysfd.h"

#define ATTR_NSEC	1000000000u

/* What a worker said, and is true. */
static void
op_attr_reply(struct req *r, const struct msg_attr *attr)
{
	struct fuse_attr_out out;

	r->node[0]->mode = attr->mode;
	fout_attr(r->fs, &out.attr, attr);
	fout_attr_out(r->fs, &out);
	req_end_body(r, &out, sizeof(out));
}

/* 1 if the node is open, or was, and the file is the one that it should be. */
static int
op_getattr_open(const struct node *n, struct stat *st)
{
	int fd = spare_look(n);

	return fd != -1 && sysfd_stat(fd, st) == 0 &&
	    st->st_ino == n->ino && major(st->st_dev) == n->dev_major &&
	    minor(st->st_dev) == n->dev_minor;
}

static int
op_getattr_stat(const struct req *r, struct stat *st)
{
	int fd = r->handle[0] != NULL ? r->handle[0]->fd :
	    node_fd(r->node[0]);

	if (fd == -1 && op_getattr_open(r->node[0], st))
		return 0;
	return sysfd_stat(fd, st) == -1 ? errno : 0;
}

static void
op_getattr_now(struct req *r, int err)
{
	struct fuse_attr_out out;
	struct stat st;

	if (err == 0)
		err = op_getattr_stat(r, &st);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->node[0]->mode = st.st_mode;
	fout_attr_stat(r->fs, &out.attr, &st);
	fout_attr_out(r->fs, &out);
	req_end_body(r, &out, sizeof(out));
}

/* The caller's worker has been able to walk to the node, or not. */
static void
op_getattr_walked(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	op_getattr_now(r, err);
}

/*
 * Without a descriptor the first question goes to the worker that has one; who
 * asks again will ask often.
 */
static int
op_getattr_ask(struct node *n)
{
	if (node_fd(n) != -1 || n->kept == NULL || n->told)
		return 0;
	n->told = 1;
	return 1;
}

static void
op_getattr_told(struct req *r, int err, struct chan_msg *m)
{
	const struct a_statx *a;
	struct msg_attr attr;

	if (err != 0 || node_fd(r->node[0]) != -1) {
		op_getattr_now(r, err);
		return;
	}
	a = m->body;
	if ((err = said_of(r, 0, &a->attr, &attr)) != 0) {
		req_end(r, err);
		return;
	}
	op_attr_reply(r, &attr);
}

void
op_getattr(struct req *r)
{
	struct fuse_getattr_in in;
	struct stat st;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (in.getattr_flags & FUSE_GETATTR_FH) != 0 &&
	    !implicit_is(r, in.fh, 0))
		err = req_handle(r, 0, in.fh, 0);
	if (err != 0)
		req_end(r, err);
	else if (r->handle[0] != NULL)
		op_getattr_now(r, 0);
	else if (r->fs->conf.policy & MSG_POLICY_STRICT)
		ask_worker(r, Q_STATX, ASK_REPEATABLE, op_getattr_walked);
	else if (node_fd(r->node[0]) == -1 &&
	    op_getattr_open(r->node[0], &st))
		op_getattr_now(r, 0);
	else if (op_getattr_ask(r->node[0]))
		ask_worker(r, Q_STATX, ASK_REPEATABLE | ASK_ROOT,
		    op_getattr_told);
	else
		ask_nodes(r, 1, op_getattr_now);
}

/*
 * The client's kernel writes back times (and, with a handle, sizes) on its own
 * account: the header has ids of zero.  Where guest root is nobody special,
 * they are the affair of who opened the file.
 */
static int
op_setattr_by_kernel(const struct req *r, uint32_t valid)
{
	return (r->fs->conf.policy & MSG_POLICY_HOST) != 0 &&
	    r->handle[0] != NULL && r->in.uid == 0 && r->in.gid == 0 &&
	    (valid & (MSG_SET_MODE | MSG_SET_UID | MSG_SET_GID)) == 0;
}

/*
 * A guest with a write-back cache sends the time of the change even of what it
 * has just removed, and has syncfs(2) fail if it hears that this is gone.  The
 * time of what nobody can look at again is set by saying so.
 */
static int
op_setattr_late(struct req *r)
{
	const struct q_setattr *q = &r->call.q.setattr;
	const struct node *n = r->node[0];
	struct msg_attr attr = { 0 };

	if ((r->fs->session.flags & FUSE_WRITEBACK_CACHE) == 0 ||
	    q->valid != MSG_SET_MTIME || r->handle[0] != NULL)
		return 0;
	attr.ino = n->ino;
	attr.mode = n->mode;
	attr.mtime = attr.ctime = attr.atime = q->mtime;
	attr.mtime_nsec = q->mtime_nsec;
	op_attr_reply(r, &attr);
	return 1;
}

static void
op_setattr_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_setattr *a;
	struct msg_attr attr;

	/* Only the owner may say when; the host's own time stands then. */
	if (err == EPERM && r->times_only) {
		op_getattr_now(r, 0);
		return;
	}
	if (err == ESTALE && op_setattr_late(r))
		return;
	if (err == 0) {
		a = m->body;
		err = said_of(r, 0, &a->attr, &attr);
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	op_attr_reply(r, &attr);
}

/* FATTR_* to MSG_SET_*; what the server does not do itself is left out. */
static uint32_t
op_setattr_valid(uint32_t in)
{
	static const struct {
		uint32_t fuse, msg;
	} map[] = {
		{ FATTR_MODE, MSG_SET_MODE },
		{ FATTR_UID, MSG_SET_UID },
		{ FATTR_GID, MSG_SET_GID },
		{ FATTR_SIZE, MSG_SET_SIZE },
		{ FATTR_ATIME, MSG_SET_ATIME },
		{ FATTR_MTIME, MSG_SET_MTIME },
		{ FATTR_ATIME_NOW, MSG_SET_ATIME_NOW },
		{ FATTR_MTIME_NOW, MSG_SET_MTIME_NOW },
		{ FATTR_FH, MSG_SET_HANDLE },
		{ FATTR_KILL_SUIDGID, MSG_SET_KILL },
	};
	uint32_t out = 0;
	unsigned int i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (in & map[i].fuse)
			out |= map[i].msg;
	return out;
}

static int
op_setattr_args(struct req *r, struct fuse_setattr_in *in)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, in, sizeof(*in))) != 0)
		return err;
	if ((in->valid & FATTR_SIZE) != 0 && in->size > INT64_MAX)
		return EINVAL;
	if ((in->valid & FATTR_SIZE) != 0 &&
	    (r->fs->conf.flags & MSG_SHARE_SEAL_SIZE) != 0)
		return EPERM;
	if (((in->valid & FATTR_ATIME) != 0 && in->atimensec >= ATTR_NSEC) ||
	    ((in->valid & FATTR_MTIME) != 0 && in->mtimensec >= ATTR_NSEC))
		return EINVAL;
	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	if (implicit_is(r, in->fh, 0))
		in->valid &= ~(uint32_t)FATTR_FH;
	if (in->valid & FATTR_FH)
		return req_handle(r, 0, in->fh, 0);
	return 0;
}

void
op_setattr(struct req *r)
{
	struct q_setattr *q = &r->call.q.setattr;
	struct fuse_setattr_in in;
	unsigned int who = 0;
	int err;

	if ((err = op_setattr_args(r, &in)) != 0) {
		req_end(r, err);
		return;
	}
	q->valid = op_setattr_valid(in.valid);
	q->mode = in.mode & 07777;
	q->uid = in.uid;
	q->gid = in.gid;
	q->size = in.size;
	q->atime = (int64_t)in.atime;
	q->mtime = (int64_t)in.mtime;
	q->atime_nsec = in.atimensec;
	q->mtime_nsec = in.mtimensec;
	if (op_setattr_by_kernel(r, q->valid)) {
		who = ASK_ROOT;
		r->times_only = (q->valid & MSG_SET_SIZE) == 0;
	}
	ask_worker(r, Q_SETATTR, ASK_REPEATABLE | who |
	    (r->handle[0] != NULL ? ASK_HANDLES : 0), op_setattr_done);
}
