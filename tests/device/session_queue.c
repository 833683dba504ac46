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
 * Knows: what must go on while a queue is busy, stopped or drained.
 * Never: what INIT agreed on.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define SESSION_BUSY	24
#define SESSION_MIB	(1U << 20)

static uint8_t	 session_data[SESSION_MIB];

/* Start work that takes a while: FSYNCs of a file that is being written. */
static unsigned
session_load(struct box *b, const struct fs_file *f, struct fs_ticket *t)
{
	struct fuse_fsync_in	 sync = { .fh = f->fh };
	struct fuse_write_in	 write = { .fh = f->fh,
	    .size = SESSION_MIB };
	struct fs_args		 w = { .opcode = FUSE_WRITE, .node = f->node,
	    .arg = &write, .arg_len = sizeof(write), .data = session_data,
	    .data_len = SESSION_MIB,
	    .out_len = sizeof(struct fuse_write_out) };
	struct fs_args		 s = { .opcode = FUSE_FSYNC, .node = f->node,
	    .arg = &sync, .arg_len = sizeof(sync) };
	unsigned		 n = 0;

	while (n + 2 <= SESSION_BUSY) {
		write.offset = (uint64_t)n * SESSION_MIB;
		if (n < 10 && fs_submit(&b->fs, &w, &t[n]) == 0)
			n++;
		if (fs_submit(&b->fs, &s, &t[n]) != 0)
			break;
		n++;
	}
	return n;
}

static unsigned
session_reap(struct box *b, struct fs_ticket *t, unsigned n)
{
	unsigned	 bad = 0;
	int		 rc;

	while (n-- > 0) {
		rc = fs_finish(&b->fs, &t[n], NULL, 0);
		if (rc < 0) {
			tap_diag("request in flight: %s", tap_rcname(rc));
			bad++;
		}
	}
	return bad;
}

/* FORGETs are taken while the request queue has work. */
static void
session_hiprio(struct box *b)
{
	struct fs_ticket	 t[SESSION_BUSY];
	struct fs_file		 f;
	unsigned		 i, n;
	int			 rc = 0;

	fs_create(&b->fs, FUSE_ROOT_ID, "busy", 0644, O_RDWR, &f);
	n = session_load(b, &f, t);
	tap_ok(n >= SESSION_BUSY / 2, "busy: %u requests in flight", n);
	for (i = 0; i < 200 && rc == 0; i++)
		rc = fs_forget(&b->fs, 100000 + i, 1);
	tap_rc(rc, 0, "busy: 200 FORGETs are taken");
	tap_is(session_reap(b, t, n), 0, "busy: all requests are answered");
	fs_release(&b->fs, &f);
	session_works(b, "busy");
}

/*
 * GET_VRING_BASE waits for what is in flight: afterwards the used ring has
 * everything that was taken, and nothing is written to it any more.
 */
static void
session_drain(struct box *b)
{
	struct fs_ticket	 t[SESSION_BUSY];
	struct ring		*r = &b->q[1];
	struct fs_file		 f;
	unsigned		 n, bad;
	uint32_t		 base;
	uint16_t		 used;
	int			 err;

	fs_create(&b->fs, FUSE_ROOT_ID, "drain", 0644, O_RDWR, &f);
	n = session_load(b, &f, t);
	err = vhost_get_base(&b->v, 1, &base);
	tap_is(err, 0, "drain: GET_VRING_BASE");
	used = *(volatile uint16_t *)&r->used->idx;
	tap_is((uint16_t)base, used,
	    "drain: all that was taken has been answered");
	usleep(50000);
	tap_is(*(volatile uint16_t *)&r->used->idx, used,
	    "drain: nothing comes later");
	/* The rest is still in the available ring: go on from there. */
	r->base = (uint16_t)base;
	err = box_ring(b, 1);
	tap_is(err, 0, "drain: start again");
	ring_kick(r, true);
	bad = session_reap(b, t, n);
	tap_is(bad, 0, "drain: nothing is lost, nothing is done twice");
	fs_release(&b->fs, &f);
	session_works(b, "drain");
}

/* A disabled ring does not run; an enabled one has what was put in it. */
static void
session_disable(struct box *b)
{
	struct vhost_state	 off = { 1, 0 }, on = { 1, 1 };
	struct fs_args		 a = { .opcode = FUSE_STATFS,
	    .node = FUSE_ROOT_ID, .out_len = 80 };
	struct fs_ticket	 t;
	uint16_t		 used = b->q[1].used->idx;

	tap_is(vhost_set(&b->v, VHOST_SET_VRING_ENABLE, &off, 8, -1), 0,
	    "disable");
	fs_submit(&b->fs, &a, &t);
	vhost_ping(&b->v);
	usleep(50000);
	tap_is(*(volatile uint16_t *)&b->q[1].used->idx, used,
	    "disable: a disabled ring is not served");
	tap_is(vhost_set(&b->v, VHOST_SET_VRING_ENABLE, &on, 8, -1), 0,
	    "enable");
	ring_kick(&b->q[1], true);
	tap_rc(fs_finish(&b->fs, &t, NULL, 0), 80, "enable: it is served");
}

/* Many requests at once, answered in whatever order. */
static void
session_flight(struct box *b)
{
	struct fuse_getattr_in	 in = { 0 };
	struct fs_args		 a = { .opcode = FUSE_GETATTR,
	    .node = FUSE_ROOT_ID, .arg = &in, .arg_len = sizeof(in),
	    .out_len = sizeof(struct fuse_attr_out) };
	struct fs_ticket	 t[60];
	unsigned		 round, i, bad = 0;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < 60; i++)
			bad += fs_start(&b->fs, &a, &t[i]) != 0;
		ring_kick(&b->q[1], false);
		while (i-- > 0)
			bad += fs_finish(&b->fs, &t[i], NULL, 0) !=
			    (int)a.out_len;
	}
	tap_is(bad, 0, "50 times 60 requests with one kick");
	tap_is(b->q[1].lost_irq, 0, "no notification was lost");
	tap_is(b->fs.bad_reply, 0, "no reply broke the protocol");
}

static void
session_pool(int size)
{
	const struct box_opts	 o = { .event_idx = true, .indirect = true,
	    .ring_num = 256, .mem_len = 128 << 20, .daemon.pool = size };
	struct box		 b;

	if (!box_start(&b, &o))
		goto out;
	session_flight(&b);
	session_hiprio(&b);
	session_drain(&b);
	session_disable(&b);
	tap_is(box_hangup(&b), 0, "exit code at the end");
	tap_is(daemon_leftover(&b.d, 5000), 0, "no process is left");
out:
	box_close(&b);
}

/* Hanging up with work in flight and files open is a clean end, too. */
static void
session_cut(void)
{
	const struct box_opts	 o = { .event_idx = true,
	    .mem_len = 128 << 20 };
	struct fs_ticket	 t[SESSION_BUSY];
	struct fs_file		 f;
	struct box		 b;

	if (!box_start(&b, &o))
		goto out;
	fs_create(&b.fs, FUSE_ROOT_ID, "cut", 0644, O_RDWR, &f);
	session_load(&b, &f, t);
	tap_is(box_hangup(&b), 0, "exit code with requests in flight");
	tap_is(daemon_leftover(&b.d, 10000), 0, "no process is left");
out:
	box_close(&b);
}

void
session_queue(void)
{
	session_pool(0);
	session_pool(4);
	session_cut();
}
