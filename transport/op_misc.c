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
 * Knows: STATX, ACCESS, IOCTL.
 * Never: a permission check, or what an ioctl does; workers have the list of
 * those that are allowed.
 */

#include "config.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "fin.h"
#include "fout.h"
#include "fs.h"
#include "implicit.h"
#include "op.h"
#include "op_dir.h"
#include "said.h"

static void
op_statx_fill(const struct fs *fs, struct fuse_proto_statx *out,
    const struct a_statx *a)
{
	const struct msg_attr *t = &a->attr;

	memset(out, 0, sizeof(*out));
	out->mask = a->mask;
	out->blksize = t->blksize;
	out->attributes = a->attributes;
	out->attributes_mask = a->attributes_mask;
	out->nlink = t->nlink;
	out->uid = idmap_to_guest(&fs->ids, IDMAP_UID, t->uid);
	out->gid = idmap_to_guest(&fs->ids, IDMAP_GID, t->gid);
	out->mode = (uint16_t)t->mode;
	out->ino = t->ino;
	out->size = t->size;
	out->blocks = t->blocks;
	out->atime.sec = t->atime;
	out->atime.nsec = t->atime_nsec;
	out->btime.sec = a->btime;
	out->btime.nsec = a->btime_nsec;
	out->ctime.sec = t->ctime;
	out->ctime.nsec = t->ctime_nsec;
	out->mtime.sec = t->mtime;
	out->mtime.nsec = t->mtime_nsec;
	out->rdev_major = t->rdev_major;
	out->rdev_minor = t->rdev_minor;
	out->dev_major = t->dev_major;
	out->dev_minor = t->dev_minor;
}

static void
op_statx_done(struct req *r, int err, struct chan_msg *m)
{
	struct fuse_proto_statx_out out;
	struct fuse_attr_out times;
	struct a_statx a;

	if (err == 0) {
		memcpy(&a, m->body, sizeof(a));
		err = said_of(r, 0, &a.attr, &a.attr);
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	memset(&out, 0, sizeof(out));
	op_statx_fill(r->fs, &out.stat, &a);
	memset(&times, 0, sizeof(times));
	times.attr.mode = out.stat.mode;
	fout_attr_out(r->fs, &times);
	out.attr_valid = times.attr_valid;
	out.attr_valid_nsec = times.attr_valid_nsec;
	req_end_body(r, &out, sizeof(out));
}

void
op_statx(struct req *r)
{
	struct q_statx *q = &r->call.q.statx;
	struct fuse_proto_statx_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (in.getattr_flags & FUSE_GETATTR_FH) != 0 &&
	    !implicit_is(r, in.fh, 0))
		err = req_handle(r, 0, in.fh, 0);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->mask = in.sx_mask;
	q->flags = in.sx_flags;
	ask_worker(r, Q_STATX, ASK_REPEATABLE | ASK_ROOT |
	    (r->handle[0] != NULL ? ASK_HANDLES : 0), op_statx_done);
}

static void
op_access_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	req_end(r, err);
}

/* The kernel answers for this very credential: no second try as root. */
void
op_access(struct req *r)
{
	struct fuse_access_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (in.mask & ~(uint32_t)(R_OK | W_OK | X_OK)) != 0)
		err = EINVAL;
	if (err == 0)
		err = req_node(r, 0, r->in.nodeid);
	if (err == 0 && (in.mask & W_OK) != 0 &&
	    (r->fs->conf.flags & MSG_SHARE_READONLY) != 0)
		err = EROFS;
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->call.q.access.mask = in.mask;
	ask_worker(r, Q_ACCESS, ASK_REPEATABLE | ASK_FINAL, op_access_done);
}

static void
op_ioctl_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_ioctl *a;
	struct fuse_ioctl_out out;

	if (err == 0 && m->tail_len > r->io.len)
		err = EIO;
	if (err != 0) {
		req_end(r, err);
		return;
	}
	a = m->body;
	memset(&out, 0, sizeof(out));
	out.result = (int32_t)a->result;
	req_put(r, 0, &out, sizeof(out));
	req_put(r, sizeof(out), m->tail, m->tail_len);
	req_reply_done(r, sizeof(out) + m->tail_len);
	req_free(r);
}

static int
op_ioctl_args(struct req *r, struct fuse_ioctl_in *in)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, in, sizeof(*in))) != 0)
		return err;
	/* Compat and unrestricted ones are not sent by clients we serve. */
	if ((in->flags & ~(uint32_t)FUSE_IOCTL_DIR) != 0)
		return ENOTTY;
	if (in->in_size != f.left || in->in_size > MSG_IOCTL_MAX ||
	    in->out_size > MSG_IOCTL_MAX ||
	    in->out_size > req_room(r) - sizeof(struct fuse_ioctl_out))
		return EINVAL;
	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	err = req_handle(r, 0, in->fh, (in->flags & FUSE_IOCTL_DIR) != 0);
	/* Some languages ask of all that they open if it is a terminal. */
	return err == 0 && _IOC_TYPE(in->cmd) == 'T' ? ENOTTY : err;
}

/* What op_ioctl_args() let pass. */
static void
op_ioctl_start(struct req *r)
{
	struct q_ioctl *q = &r->call.q.ioctl;
	struct fuse_ioctl_in in;
	struct fin f;

	fin_init(&f, r);
	fin_take(&f, &in, sizeof(in));
	r->io.len = in.out_size;
	q->cmd = in.cmd;
	q->flags = MSG_IOCTL_HANDLE;
	q->out_size = in.out_size;
	r->call.tail = f.at;
	r->call.tail_len = in.in_size;
	ask_worker(r, Q_IOCTL, ASK_HANDLES, op_ioctl_done);
}

void
op_ioctl(struct req *r)
{
	struct fuse_ioctl_in in;
	int err;

	if ((err = op_ioctl_args(r, &in)) != 0)
		req_end(r, err);
	else
		op_dir_open(r, op_ioctl_start);
}
