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
 * Knows: FSYNC, FSYNCDIR, FALLOCATE, LSEEK, COPY_FILE_RANGE on open files,
 * all of which may sleep, and SYNCFS.
 * Never: a name.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "op.h"
#include "op_dir.h"

#define COPY_LEN_MAX	0x7ffff000u	/* MAX_RW_COUNT; replies have 32 bits */

static void
op_fsync_work(struct req *r)
{
	int fd = r->handle[0]->fd, rc;

	rc = (r->io.flags & FUSE_FSYNC_FDATASYNC) ? fdatasync(fd) : fsync(fd);
	req_reply_err(r, rc == -1 ? errno : 0);
}

static void
op_fsync_start(struct req *r)
{
	ask_iopool(r, op_fsync_work, NULL);
}

static void
op_fsync_any(struct req *r, int dir)
{
	struct fuse_fsync_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = req_node(r, 0, r->in.nodeid)) == 0)
		err = req_handle(r, 0, in.fh, dir);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->io.flags = in.fsync_flags;
	op_dir_open(r, op_fsync_start);
}

void
op_fsync(struct req *r)
{
	op_fsync_any(r, 0);
}

void
op_fsyncdir(struct req *r)
{
	op_fsync_any(r, 1);
}

static void
op_fallocate_work(struct req *r)
{
	int rc;

	rc = fallocate(r->handle[0]->fd, (int)r->io.flags, (off_t)r->io.off,
	    (off_t)r->io.len);
	req_reply_err(r, rc == -1 ? errno : 0);
}

static void
op_fallocate_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	req_end(r, err);
}

/* Which modes could make a file of sealed size longer or shorter. */
static int
op_fallocate_size(const struct req *r, const struct fuse_fallocate_in *in)
{
	if (in->mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE))
		return ask_size(r, 0, UINT64_MAX);
	if (in->mode & FALLOC_FL_KEEP_SIZE)
		return 0;
	return ask_size(r, 0, in->offset + in->length);
}

static void
op_fallocate_start(struct req *r)
{
	struct q_fallocate *q = &r->call.q.fallocate;
	unsigned int who;

	if ((who = ask_keeps_setid(r, 0)) == 0) {
		ask_iopool(r, op_fallocate_work, NULL);
		return;
	}
	q->off = r->io.off;
	q->len = r->io.len;
	q->mode = r->io.flags;
	q->zero = 0;
	ask_worker(r, Q_FALLOCATE, who | ASK_HANDLES, op_fallocate_done);
}

void
op_fallocate(struct req *r)
{
	struct fuse_fallocate_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (in.offset > INT64_MAX || in.length > INT64_MAX ||
	    in.length == 0))
		err = EINVAL;
	if (err == 0 && (err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = req_handle(r, 0, in.fh, 0)) == 0)
		err = op_fallocate_size(r, &in);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->handle[0]->written = 1;
	r->io.off = in.offset;
	r->io.len = in.length;
	r->io.flags = in.mode;
	ask_no_caps(r, op_fallocate_start);
}

static void
op_lseek_work(struct req *r)
{
	struct fuse_lseek_out out;
	off_t off;

	off = lseek(r->handle[0]->fd, (off_t)r->io.off, (int)r->io.flags);
	if (off == -1) {
		req_reply_err(r, errno);
		return;
	}
	out.offset = (uint64_t)off;
	req_reply(r, &out, sizeof(out));
}

/*
 * A guest with a write-back cache asks without writing back what it has, so
 * that holes here may be data there.  After ENOSYS it finds the end of a file
 * by itself and takes all before it for data.
 */
void
op_lseek(struct req *r)
{
	struct fuse_lseek_in in;
	struct fin f;
	int err;

	if ((r->fs->session.flags & FUSE_WRITEBACK_CACHE) != 0) {
		req_end(r, ENOSYS);
		return;
	}
	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    in.whence > SEEK_HOLE)
		err = EINVAL;
	if (err == 0 && (err = req_node(r, 0, r->in.nodeid)) == 0)
		err = req_handle(r, 0, in.fh, 0);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->io.off = in.offset;
	r->io.flags = in.whence;
	ask_iopool(r, op_lseek_work, NULL);
}

static void
op_copy_reply(struct req *r, uint64_t len)
{
	struct fuse_proto_copy_out out64;
	struct fuse_write_out out;

	if (r->in.opcode == FUSE_PROTO_COPY_64) {
		out64.bytes_copied = len;
		req_reply(r, &out64, sizeof(out64));
		return;
	}
	out.size = (uint32_t)len;
	out.padding = 0;
	req_reply(r, &out, sizeof(out));
}

static void
op_copy_work(struct req *r)
{
	off_t from = (off_t)r->io.off, to = (off_t)r->io.off2;
	ssize_t n;

	n = copy_file_range(r->handle[0]->fd, &from, r->handle[1]->fd, &to,
	    r->io.len, 0);
	if (n == -1)
		req_reply_err(r, errno);
	else
		op_copy_reply(r, (uint64_t)n);
}

static void
op_copy_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_copy *a;

	if (err == 0) {
		a = m->body;
		if (a->done_len > r->call.q.copy.len)
			err = EIO;
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	op_copy_reply(r, a->done_len);
	req_free(r);
}

static int
op_copy_args(struct req *r, struct fuse_copy_file_range_in *in)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, in, sizeof(*in))) != 0)
		return err;
	/* The client copies by itself then, and its writes do it right. */
	if (r->fs->conf.flags & MSG_SHARE_CAPS_MAPPED)
		return EOPNOTSUPP;
	if (in->flags != 0 || in->off_in > INT64_MAX ||
	    in->off_out > INT64_MAX)
		return EINVAL;
	if (in->len > INT64_MAX - in->off_out)
		in->len = INT64_MAX - in->off_out;
	if (in->len > COPY_LEN_MAX && r->in.opcode != FUSE_PROTO_COPY_64)
		in->len = COPY_LEN_MAX;
	if ((err = req_node(r, 0, r->in.nodeid)) != 0 ||
	    (err = req_handle(r, 0, in->fh_in, 0)) != 0 ||
	    (err = req_node(r, 1, in->nodeid_out)) != 0)
		return err;
	if ((err = req_handle(r, 1, in->fh_out, 0)) != 0)
		return err;
	return ask_size(r, 1, in->off_out + in->len);
}

void
op_copy_file_range(struct req *r)
{
	struct fuse_copy_file_range_in in;
	unsigned int who;
	int err;

	if ((err = op_copy_args(r, &in)) != 0) {
		req_end(r, err);
		return;
	}
	r->handle[1]->written = 1;
	if ((who = ask_keeps_setid(r, 1)) != 0) {
		r->call.q.copy.from_off = in.off_in;
		r->call.q.copy.to_off = in.off_out;
		r->call.q.copy.len = in.len;
		ask_worker(r, Q_COPY, who | ASK_HANDLES, op_copy_done);
		return;
	}
	r->io.off = in.off_in;
	r->io.off2 = in.off_out;
	r->io.len = in.len;
	ask_iopool(r, op_copy_work, NULL);
}

/* The same with a wider answer, 7.45. */
void
op_copy_file_range_64(struct req *r)
{
	op_copy_file_range(r);
}

static void
op_syncfs_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	req_end(r, err);
}

/* Not the caller's right is asked for but the share's state. */
void
op_syncfs(struct req *r)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_SYNCFS, ASK_ROOT | ASK_REPEATABLE,
		    op_syncfs_done);
}
