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
 * Knows: how a popped chain becomes a request in the hands of its operation.
 * Never: what an opcode does.
 */

#include "config.h"

#include <errno.h>

#include <event2/event.h>

#include "../common/log.h"
#include "dispatch.h"
#include "fs.h"
#include "fuse_tab.h"
#include "implicit.h"
#include "iopool.h"
#include "op.h"
#include "vu.h"
#include "wlink.h"

#define DISPATCH_BATCH	16	/* requests between two looks at hiprio */
#define DISPATCH_TURN	64	/* batches before other events have a turn */
#define DISPATCH_HIPRIO	0	/* index of the hiprio queue */

/* What is true for every opcode before its operation sees the request. */
static int
dispatch_check(const struct req *r)
{
	const struct fuse_row *row = r->row;

	if (row == NULL)
		return ENOSYS;
	if (!r->fs->session.ready && !(row->flags & FUSE_ROW_PREINIT))
		return EIO;
	if (r->args_len - r->ext_len < row->in_min)
		return EINVAL;
	if (req_room(r) < row->out_min)
		return EINVAL;
	if ((row->flags & FUSE_ROW_WRITES) != 0 &&
	    (r->fs->conf.flags & MSG_SHARE_READONLY) != 0)
		return EROFS;
	return 0;
}

static void
dispatch_refuse(struct req *r, int err, int repliable)
{
	if (err == EINVAL)
		log_guest(LOG_KEY_FUSE, "malformed request: opcode %u, "
		    "%zu bytes in, %zu out", r->in.opcode, r->chain.in_len,
		    r->chain.out_len);
	if (repliable)
		req_reply_err(r, err);
	else
		req_reply_none(r);
	req_free(r);
}

static void
dispatch_one(struct req *r)
{
	int err, repliable;

	if ((err = req_read(r, &repliable)) != 0) {
		dispatch_refuse(r, err, repliable);
		return;
	}
	r->row = fuse_row(r->in.opcode);
	if (r->row != NULL && (r->row->flags & FUSE_ROW_NOREPLY) != 0)
		repliable = 0;
	/* Without room for a header nothing may happen unseen. */
	else if (r->chain.out_len < sizeof(struct fuse_out_header)) {
		dispatch_refuse(r, EINVAL, 0);
		return;
	}
	if ((err = dispatch_check(r)) != 0) {
		dispatch_refuse(r, err, repliable);
		return;
	}
	req_changes(r);
	if (!implicit_wait(r))
		r->row->op(r);
}

/* Take at most cnt requests; returns how many there were. */
static unsigned int
dispatch_some(struct fs *fs, struct vring *ring, unsigned int cnt)
{
	struct req *r;
	unsigned int n;

	for (n = 0; n < cnt; n++) {
		if (req_live(fs) >= REQ_LIVE_MAX ||
		    (r = req_new(fs)) == NULL) {
			fs->stalled = 1;
			break;
		}
		if (vring_pop(ring, &r->chain) != 0) {
			req_free(r);
			break;
		}
		dispatch_one(r);
	}
	return n;
}

void
dispatch_ring(void *arg, unsigned int idx)
{
	struct fs *fs = arg;
	struct vring *ring = vu_ring(fs->dev, idx);
	struct vring *hiprio = vu_ring(fs->dev, DISPATCH_HIPRIO);
	unsigned int turn = 0;

	iopool_reap(fs->iopool);
	while (dispatch_some(fs, ring, DISPATCH_BATCH) == DISPATCH_BATCH) {
		if (ring != hiprio)
			dispatch_some(fs, hiprio, DISPATCH_BATCH);
		/* A guest can fill a ring as fast as it is emptied. */
		if (++turn == DISPATCH_TURN) {
			fs->stalled = 1;
			break;
		}
		dispatch_flush(fs);
	}
	dispatch_flush(fs);
}

void
dispatch_io_done(struct req *r)
{
	struct fs *fs = r->fs;

	if (r->io.after != NULL)
		r->io.after(r);
	req_free(r);
	dispatch_flush(fs);
}

static void
dispatch_notify(struct fs *fs)
{
	struct vring *ring;
	unsigned int i;

	for (i = 0; (ring = vu_ring(fs->dev, i)) != NULL; i++)
		if (vu_ring_running(fs->dev, i))
			vring_notify(ring);
}

void
dispatch_flush(struct fs *fs)
{
	static const struct timeval at_once = { 0, 0 };

	/* What is done already need not wait for a worker. */
	dispatch_notify(fs);
	wlink_settle(fs->wlink);
	dispatch_notify(fs);
	wlink_ring_lazy(fs->wlink);
	vu_idle(fs->dev);
	/* By a timer, which lets the loop look at descriptors before. */
	if (fs->stalled && req_live(fs) < REQ_LIVE_MAX / 2)
		event_add(fs->resume, &at_once);
}

void
dispatch_resume(int fd, short what, void *arg)
{
	struct fs *fs = arg;
	unsigned int i;

	(void)fd;
	(void)what;
	fs->stalled = 0;
	for (i = 0; vu_ring(fs->dev, i) != NULL; i++)
		if (vu_ring_running(fs->dev, i))
			dispatch_ring(fs, i);
}
