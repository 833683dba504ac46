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
 * Knows: READ and WRITE, straight between an open file and guest memory.
 * Never: a message to a worker, but for a write that must keep set-id bits;
 * never a copy of the data.
 *
 * What is in the page cache is done at once; what could sleep goes to the I/O
 * pool, so that it delays nobody else.  Where the kernel can't say that
 * before, the time that earlier calls took does.
 */

#include "config.h"

#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "kind.h"
#include "op.h"
#include "slow.h"

#define IO_COLD		32		/* requests to the pool after a miss */
#define IO_INLINE_MAX	(64 * 1024)	/* read at once without RWF_NOWAIT */
#define IO_NOW_MAX	(1024 * 1024)	/* read or written at once */
#define IO_HIT_NS	30000		/* a read this fast slept for nothing */
#define IO_HIT_BYTES	4		/* ... plus a nanosecond for so many */

/* 16 KiB that need not be cleared for each call: only what is set is used. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define IO_NOT_CLEARED	__attribute__((uninitialized))
#endif
#endif
#ifndef IO_NOT_CLEARED
#define IO_NOT_CLEARED
#endif

static int
op_io_range(uint64_t off, uint64_t len)
{
	return off <= INT64_MAX && len <= INT64_MAX - off ? 0 : EINVAL;
}

/*
 * Read until the request is full or the file ends.  Returns 0, or errno;
 * EAGAIN with RWF_NOWAIT means that the rest would sleep.
 */
static int
op_read_some(struct req *r, int rwf)
{
	struct iovec iov[IOV_MAX] IO_NOT_CLEARED;
	unsigned int cnt;
	size_t got;
	ssize_t n;

	while (r->io.done_len < r->io.len) {
		cnt = req_out_iov(r, r->io.done_len,
		    r->io.len - r->io.done_len, iov, IOV_MAX, &got);
		n = preadv2(r->handle[0]->fd, iov, (int)cnt,
		    (off_t)(r->io.off + r->io.done_len), rwf);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno;
		if (n == 0)
			break;
		r->io.done_len += (size_t)n;
	}
	return 0;
}

/* What was read before an error counts, as with read(2). */
static void
op_read_reply(struct req *r, int err)
{
	if (err != 0 && r->io.done_len == 0)
		req_reply_err(r, err);
	else
		req_reply_done(r, r->io.done_len);
}

/* In the event thread, when an I/O thread has made the call. */
static void
op_io_after(struct req *r)
{
	slow_took(&r->fs->slow, r->node[0], r->io.took_ns);
}

/* A hit that is noticed here: the next request need not come here. */
static void
op_read_work(struct req *r)
{
	int64_t start = slow_clock(), ns;
	size_t had = r->io.done_len;
	int err;

	err = op_read_some(r, 0);
	ns = slow_clock() - start;
	if (ns < IO_HIT_NS + (int64_t)((r->io.done_len - had) / IO_HIT_BYTES))
		r->handle[0]->cold = 0;
	r->io.took_ns = ns;
	op_read_reply(r, err);
}

/* Of a filesystem that can't be asked whether it would sleep. */
static int
op_read_guess(struct req *r)
{
	int64_t start = slow_clock();

	if (r->io.len > IO_INLINE_MAX || slow_is(&r->fs->slow, r->node[0]))
		return 0;
	op_read_reply(r, op_read_some(r, 0));
	slow_took(&r->fs->slow, r->node[0], slow_clock() - start);
	return 1;
}

/* 1 when r was answered here, 0 when it must go to the pool. */
static int
op_read_now(struct req *r)
{
	struct handle *h = r->handle[0];
	int err;

	/* O_DIRECT waits for the disk, RWF_NOWAIT or not. */
	if (r->io.len > IO_NOW_MAX || (h->flags & O_DIRECT) != 0)
		return 0;
	if (h->no_nowait)
		return op_read_guess(r);
	if (h->cold > 0) {
		h->cold--;
		return 0;
	}
	err = op_read_some(r, RWF_NOWAIT);
	if (err == EOPNOTSUPP) {
		h->no_nowait = 1;
		/* What is in memory does not sleep, be it the first read. */
		return r->fs->magic == TMPFS_MAGIC &&
		    kind_share(r->fs, r->node[0]) ? op_read_guess(r) : 0;
	}
	if (err == EAGAIN) {
		h->cold = IO_COLD;
		return 0;
	}
	op_read_reply(r, err);
	return 1;
}

void
op_read(struct req *r)
{
	struct fuse_read_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = op_io_range(in.offset, in.size)) == 0 &&
	    in.size > req_room(r))
		err = EINVAL;
	if (err == 0 && (err = req_node(r, 0, r->in.nodeid)) == 0)
		err = req_handle(r, 0, in.fh, 0);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->io.off = in.offset;
	r->io.len = in.size;
	if (op_read_now(r))
		req_free(r);
	else
		ask_iopool(r, op_read_work,
		    r->handle[0]->no_nowait ? op_io_after : NULL);
}

static int
op_write_some(struct req *r)
{
	struct iovec iov[IOV_MAX] IO_NOT_CLEARED;
	size_t head = sizeof(r->in) + sizeof(struct fuse_write_in), got;
	unsigned int cnt;
	ssize_t n;

	while (r->io.done_len < r->io.len) {
		cnt = req_in_iov(r, head + r->io.done_len,
		    r->io.len - r->io.done_len, iov, IOV_MAX, &got);
		n = pwritev2(r->handle[0]->fd, iov, (int)cnt,
		    (off_t)(r->io.off + r->io.done_len), (int)r->io.flags);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno;
		if (n == 0)
			break;
		r->io.done_len += (size_t)n;
	}
	return 0;
}

static void
op_write_reply(struct req *r, int err)
{
	struct fuse_write_out out;

	if (err != 0 && r->io.done_len == 0) {
		req_reply_err(r, err);
		return;
	}
	out.size = (uint32_t)r->io.done_len;
	out.padding = 0;
	req_reply(r, &out, sizeof(out));
}

static void
op_write_work(struct req *r)
{
	int64_t start = slow_clock();
	int err;

	err = op_write_some(r);
	r->io.took_ns = slow_clock() - start;
	op_write_reply(r, err);
}

/*
 * What is written goes to the page cache, unless that has to wait for the
 * disk: because too much is dirty, or to read the rest of a page.
 */
static void
op_write_any(struct req *r)
{
	if (r->handle[0]->flags & (O_DIRECT | O_DSYNC)) {
		ask_iopool(r, op_write_work, NULL);
	} else if (r->io.len > IO_NOW_MAX ||
	    slow_is(&r->fs->slow, r->node[0])) {
		ask_iopool(r, op_write_work, op_io_after);
	} else {
		op_write_work(r);
		op_io_after(r);
		req_free(r);
	}
}

static void op_write_keep(struct req *r);

static void
op_write_keep_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_write *a;

	if (err == 0) {
		a = m->body;
		if (a->done_len > r->call.tail_len)
			err = EIO;
		else
			r->io.done_len += a->done_len;
		if (err == 0 && a->done_len == r->call.tail_len &&
		    r->io.done_len < r->io.len) {
			op_write_keep(r);
			return;
		}
	}
	op_write_reply(r, err);
	req_free(r);
}

/* The next piece of a write that must keep set-id bits. */
static void
op_write_keep(struct req *r)
{
	size_t head = sizeof(r->in) + sizeof(struct fuse_write_in);
	size_t len = r->io.len - r->io.done_len;

	if (len > MSG_TAIL_MAX)
		len = MSG_TAIL_MAX;
	if ((r->buf == NULL && (r->buf = malloc(MSG_TAIL_MAX)) == NULL) ||
	    req_gather(r, head + r->io.done_len, r->buf, len) != 0) {
		op_write_reply(r, ENOMEM);
		req_free(r);
		return;
	}
	r->call.tail = r->buf;
	r->call.tail_len = len;
	r->call.redriven = 0;
	r->call.q.write.off = r->io.off + r->io.done_len;
	r->call.q.write.flags = (r->io.flags & RWF_APPEND) ?
	    MSG_WRITE_APPEND : 0;
	ask_worker(r, Q_WRITE, ASK_HANDLES |
	    (r->in.uid == 0 || (r->fs->conf.policy & MSG_POLICY_HOST) != 0 ?
	    ASK_ROOT : ASK_FINAL) |
	    ((r->io.flags & RWF_APPEND) ? 0 : ASK_REPEATABLE),
	    op_write_keep_done);
}

static int
op_write_appends(const struct fuse_write_in *in)
{
	return (in->flags & O_APPEND) != 0 &&
	    (in->write_flags & FUSE_WRITE_CACHE) == 0;
}

static int
op_write_args(struct req *r, struct fuse_write_in *in)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, in, sizeof(*in))) != 0)
		return err;
	if (in->size != r->chain.in_len - sizeof(r->in) - sizeof(*in))
		return EINVAL;
	if ((err = op_io_range(in->offset, in->size)) != 0 ||
	    (err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	if ((err = req_handle(r, 0, in->fh, 0)) != 0)
		return err;
	/* The page of a mapping has its place, and the host would append it. */
	if (r->handle[0]->append && !op_write_appends(in))
		return EPERM;
	/* What is appended always makes the file longer. */
	if (op_write_appends(in) && in->size > 0)
		return ask_size(r, 0, UINT64_MAX);
	return ask_size(r, 0, in->offset + in->size);
}

static void
op_write_start(struct req *r)
{
	if ((r->in.uid != 0 || !r->io.kill) && r->io.len > 0 &&
	    ask_keeps_setid(r, 0) != 0)
		op_write_keep(r);
	else
		op_write_any(r);
}

void
op_write(struct req *r)
{
	struct fuse_write_in in;
	int err;

	if ((err = op_write_args(r, &in)) != 0) {
		req_end(r, err);
		return;
	}
	r->handle[0]->written = 1;
	r->io.off = in.offset;
	r->io.len = in.size;
	r->io.kill = (in.write_flags & FUSE_WRITE_KILL_SUIDGID) != 0;
	if (op_write_appends(&in))
		r->io.flags = RWF_APPEND;
	ask_no_caps(r, op_write_start);
}
