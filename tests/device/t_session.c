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
 * How a device comes up, what INIT agrees on, and how it all ends.
 *
 * Knows: the parts, and what they share.
 * Never: FUSE operations for their own sake (t_ops.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "session.h"

bool
session_works(struct box *b, const char *what)
{
	struct fuse_attr_out	 a;
	struct fs_file		 f;
	char			 buf[16];
	bool			 good;

	fs_cred(&b->fs, 0, 0);
	good = fs_getattr(&b->fs, FUSE_ROOT_ID, &a) == 0 &&
	    fs_create(&b->fs, FUSE_ROOT_ID, "works", 0644, O_RDWR, &f) == 0 &&
	    fs_write(&b->fs, &f, 0, "it works", 8) == 8 &&
	    fs_read(&b->fs, &f, 0, buf, 16) == 8 &&
	    memcmp(buf, "it works", 8) == 0 &&
	    fs_release(&b->fs, &f) == 0 &&
	    fs_unlink(&b->fs, FUSE_ROOT_ID, "works") == 0 &&
	    fs_forget(&b->fs, f.node, 1) == 0;
	return tap_ok(good, "%s: requests are served", what);
}

struct session_variant {
	const char	*name;
	struct box_opts	 o;
};

static const struct session_variant	 session_variants[] = {
	{ "plain rings", { .regions = 1 } },
	{ "event index", { .event_idx = true } },
	{ "indirect descriptors", { .indirect = true } },
	{ "event index and indirect", { .event_idx = true,
	    .indirect = true } },
	{ "no acknowledgements", { .no_ack = true, .event_idx = true } },
	{ "four regions", { .regions = 4, .mem_len = 256 << 20,
	    .event_idx = true } },
	{ "memory slots", { .slots = true, .event_idx = true } },
	{ "eight memory slots", { .slots = true, .regions = 8,
	    .mem_len = 512 << 20 } },
	{ "rings of 1024", { .ring_num = 1024, .indirect = true,
	    .event_idx = true } },
	{ "rings of 8", { .ring_num = 8 } },
	{ "rings of 4 with indirect", { .ring_num = 4, .indirect = true,
	    .event_idx = true } },
};

/* Enough requests for the indexes of any ring to wrap around. */
static void
session_wrap(struct box *b, const char *what)
{
	struct fuse_attr_out	 a;
	unsigned		 i;
	int			 rc = 0;

	for (i = 0; i < 3000 && rc == 0; i++)
		rc = fs_getattr(&b->fs, FUSE_ROOT_ID, &a);
	tap_rc(rc, 0, "%s: 3000 requests", what);
	tap_is(b->fs.bad_reply, 0, "%s: no bad reply", what);
	tap_is(b->q[1].lost_irq, 0, "%s: no lost notification", what);
}

static void
session_variant(const struct session_variant *v)
{
	struct box	 b;

	if (box_start(&b, &v->o) && session_works(&b, v->name)) {
		session_wrap(&b, v->name);
		tap_is(box_reset(&b), 0,
		    "%s: device reset", v->name);
		tap_rc(fs_init(&b.fs, NULL), 0, "%s: INIT after it",
		    v->name);
		session_works(&b, v->name);
		tap_is(box_hangup(&b), 0, "%s: exit code at the end",
		    v->name);
		tap_is(daemon_leftover(&b.d, 5000), 0,
		    "%s: no process is left", v->name);
	}
	box_close(&b);
}

/* A queue for each of two CPUs; both are used at once. */
static void
session_two(void)
{
	const struct box_opts	 o = { .queues = 3, .event_idx = true };
	struct fs_args		 a = { .opcode = FUSE_STATFS,
	    .node = FUSE_ROOT_ID, .out_len = 80 };
	struct fs_ticket	 t[64];
	struct box		 b;
	unsigned		 i, bad = 0;

	if (daemon_kind != DAEMON_OURS) {
		tap_skip("this daemon has one request queue", "two queues");
		return;
	}
	if (!box_start(&b, &o))
		goto out;
	tap_ok(b.v.queue_max >= 3, "two queues: GET_QUEUE_NUM says %llu",
	    (unsigned long long)b.v.queue_max);
	for (i = 0; i < 64; i++) {
		b.fs.queue = 1 + i % 2;
		bad += fs_submit(&b.fs, &a, &t[i]) != 0;
	}
	while (i-- > 0)
		bad += fs_finish(&b.fs, &t[i], NULL, 0) != 80;
	tap_is(bad, 0, "two queues: 64 requests over both");
	b.fs.queue = 2;
	session_works(&b, "two queues: the second");
	b.fs.queue = 1;
	session_works(&b, "two queues: the first");
out:
	box_close(&b);
}

/*
 * A slot goes and comes back.  QEMU up to 7.2 sends a descriptor along with
 * the removal, later ones do not.
 */
static void
session_slots(void)
{
	const struct box_opts	 o = { .slots = true, .regions = 4,
	    .mem_len = 256 << 20 };
	struct vhost_table	 t;
	struct vhost_slot	 s;
	struct box		 b;
	unsigned		 i;

	if (!box_start(&b, &o))
		goto out;
	vhost_table(&b.m, &t);
	memset(&s, 0, sizeof(s));
	for (i = 0; i < 2; i++) {
		s.region = t.region[3];
		tap_is(vhost_set(&b.v, VHOST_REM_MEM_REG, &s, sizeof(s),
		    i == 0 ? b.m.fd : -1), 0, "slots: removal %s descriptor",
		    i == 0 ? "with" : "without");
		tap_is(vhost_set(&b.v, VHOST_ADD_MEM_REG, &s, sizeof(s),
		    b.m.fd), 0, "slots: there again");
	}
	session_works(&b, "slots");
out:
	box_close(&b);
}

/* Each device feature that a daemon of this kind must have. */
static void
session_features(void)
{
	const struct box_opts	 o = { .event_idx = true, .slots = true };
	const uint64_t		 want = 1ULL << VHOST_F_VERSION_1 |
	    1ULL << VHOST_F_PROTOCOL | 1ULL << VHOST_F_EVENT_IDX |
	    1ULL << VHOST_F_INDIRECT;
	const uint64_t		 never = 1ULL << 33 | 1ULL << 34 |
	    1ULL << 35 | 1ULL << 40 | 1;
	struct box		 b;
	uint64_t		 slots = 0;

	if (!box_start(&b, &o))
		goto out;
	tap_is((long long)(b.v.offered & want), (long long)want,
	    "features: those a VMM needs");
	tap_is((long long)(b.v.offered & never), 0,
	    "features: none that is not implemented");
	tap_ok((b.v.proto_offered >> VHOST_PF_MQ) & 1, "features: MQ");
	tap_ok((b.v.proto_offered >> VHOST_PF_REPLY_ACK) & 1,
	    "features: REPLY_ACK");
	tap_ok(((b.v.proto_offered >> VHOST_PF_CONFIG) & 1) == 0,
	    "features: no CONFIG without a tag");
	tap_ok((b.v.proto_offered >> VHOST_PF_MEM_SLOTS) & 1,
	    "features: CONFIGURE_MEM_SLOTS");
	if (daemon_kind != DAEMON_C)
		tap_ok((b.v.proto_offered >> VHOST_PF_RESET_DEVICE) & 1,
		    "features: RESET_DEVICE");
	vhost_get(&b.v, VHOST_GET_MAX_MEM_SLOTS, &slots);
	tap_ok(slots >= 32, "features: %llu memory slots",
	    (unsigned long long)slots);
out:
	box_close(&b);
}

struct session_config {
	uint32_t	 offset, size, flags;
	uint8_t		 data[256];
};

/*
 * The configuration space is there if, and only if, a tag was given.  It says
 * want request queues.
 */
static void
session_tag(const char *const *more, unsigned want)
{
	const struct box_opts	 o = { .daemon.tag = "my-share",
	    .daemon.more = more };
	struct session_config	 cfg = { .size = 40 };
	struct vhost_msg	 m;
	struct box		 b;
	uint32_t		 queues;
	int			 err;

	if (daemon_kind == DAEMON_C) {
		tap_skip("the C daemon has no tag", "tag");
		return;
	}
	if (!box_start(&b, &o))
		goto out;
	tap_ok((b.v.proto >> VHOST_PF_CONFIG) & 1, "tag: CONFIG is offered");
	err = vhost_send(&b.v, VHOST_GET_CONFIG, 0, &cfg, 12 + 40);
	if (err == 0)
		err = vhost_recv(&b.v, &m);
	tap_is(err, 0, "tag: GET_CONFIG is answered");
	if (err == 0) {
		memcpy(&cfg, m.bytes, 12 + 40);
		tap_is(m.hdr.size, 52, "tag: with 40 bytes");
		tap_ok(memcmp(cfg.data, "my-share", 9) == 0, "tag: the tag");
		memcpy(&queues, cfg.data + 36, sizeof(queues));
		tap_is(queues, want, "tag: request queues");
		tap_ok(queues + 1 <= b.v.queue_max,
		    "tag: as many as there may be");
	}
	cfg.size = 40;
	err = vhost_set(&b.v, VHOST_SET_CONFIG, &cfg, 52, -1);
	tap_is(err, EREMOTEIO, "tag: SET_CONFIG is refused");
	session_works(&b, "tag");
out:
	box_close(&b);
}

int
main(int argc, char **argv)
{
	static const char *const queues[] = { "--num-request-queues", "16",
	    NULL };
	unsigned	 i;

	daemon_args(argc, argv);
	for (i = 0; i < sizeof(session_variants) /
	    sizeof(session_variants[0]); i++)
		session_variant(&session_variants[i]);
	session_two();
	session_slots();
	session_features();
	session_tag(NULL, 1);
	if (daemon_kind == DAEMON_OURS)
		session_tag(queues, 16);
	session_init();
	session_queue();
	session_kill();
	return tap_done();
}
