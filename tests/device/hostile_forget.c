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
 * FORGET and BATCH_FORGET: more than was looked up, of what never was, of the
 * root, in floods, and with counts that lie.
 *
 * Knows: how lookup counts may be abused.
 * Never: other requests than it needs to see the effect.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

enum hostile_target {
	HOSTILE_ROOT,
	HOSTILE_UNKNOWN,
	HOSTILE_LAST,		/* node 2^64-1 */
	HOSTILE_SPARE		/* looked up once */
};

static uint64_t
hostile_target(struct hostile *h, uint64_t which)
{
	switch (which) {
	case HOSTILE_ROOT:
		return FUSE_ROOT_ID;
	case HOSTILE_UNKNOWN:
		return 0x7777777;
	case HOSTILE_LAST:
		return UINT64_MAX;
	default:
		return h->spare;
	}
}

/* One FORGET of a node, arg[1] times at once. */
static bool
hostile_forget(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_attr_out	 a;
	uint64_t		 node = hostile_target(h, c->arg[0]);

	if (fs_forget(h->fs, node, c->arg[1]) != 0)
		return false;
	if (c->arg[0] == HOSTILE_SPARE && c->arg[1] > 0)
		return HOSTILE_IS(fs_getattr(h->fs, node, &a), EBADF);
	return fs_getattr(h->fs, FUSE_ROOT_ID, &a) == 0;
}

/* The handle stays good when its node is forgotten more than once. */
static bool
hostile_forget_open(struct hostile *h, const struct hostile_case *c)
{
	char	 buf[16];
	int	 rc;

	(void)c;
	fs_forget(h->fs, h->file.node, 1000);
	fs_forget(h->fs, h->file.node, UINT64_MAX);
	rc = fs_read(h->fs, &h->file, 0, buf, 16);
	if (rc != 16 && rc != -EBADF) {
		tap_diag("read by the handle: %s", tap_rcname(rc));
		return false;
	}
	return true;
}

static bool
hostile_batch(struct hostile *h, uint32_t cnt, uint32_t list_cnt,
    uint64_t node, uint64_t nlookup)
{
	struct fuse_forget_one	 list[512];
	struct fuse_attr_out	 a;
	unsigned		 i;

	for (i = 0; i < list_cnt; i++) {
		list[i].nodeid = node;
		list[i].nlookup = nlookup;
	}
	return fs_batch_forget(h->fs, cnt, list, list_cnt) == 0 &&
	    fs_getattr(h->fs, FUSE_ROOT_ID, &a) == 0;
}

/* A count of arg[0] with arg[1] entries behind it. */
static bool
hostile_count(struct hostile *h, const struct hostile_case *c)
{
	return hostile_batch(h, (uint32_t)c->arg[0], (uint32_t)c->arg[1],
	    0x7777777, 1);
}

static bool
hostile_batch_of(struct hostile *h, const struct hostile_case *c)
{
	return hostile_batch(h, 512, 512, hostile_target(h, c->arg[0]),
	    c->arg[1]);
}

/* arg[0] FORGETs in flight at a time, many times. */
static bool
hostile_flood(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_forget_in	 in = { 1 };
	struct fs_args		 a = { .opcode = (uint32_t)c->arg[1],
	    .arg = &in, .arg_len = sizeof(in), .no_reply = true };
	struct fs_ticket	 t[64];
	unsigned		 round, i;
	int			 rc = 0;

	h->fs->queue = FS_HIPRIO;
	for (round = 0; round < 160 && rc == 0; round++) {
		for (i = 0; i < 64 && rc == 0; i++) {
			a.node = i % 2 == 0 ? FUSE_ROOT_ID : 1000000 + i;
			rc = fs_submit(h->fs, &a, &t[i]);
		}
		while (i-- > 0 && rc == 0)
			rc = fs_finish(h->fs, &t[i], NULL, 0);
	}
	h->fs->queue = 1;
	return rc == 0;
}

/* With room for a reply that never comes. */
static bool
hostile_forget_room(struct hostile *h, const struct hostile_case *c)
{
	uint8_t	 m[sizeof(struct fuse_in_header) + 16];
	struct fuse_in_header	 in;

	memset(m, 0, sizeof(m));
	in = hostile_header(h, (uint32_t)c->arg[0], 16);
	memcpy(m, &in, sizeof(in));
	return HOSTILE_IS(fs_raw(h->fs, m, sizeof(m), 4096), FS_NOREPLY);
}

/* On the request queue, where the kernel puts no FORGET. */
static bool
hostile_forget_queue(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_forget_in	 in = { 1 };
	struct fs_args		 a = { .opcode = FUSE_FORGET,
	    .node = h->spare, .arg = &in, .arg_len = sizeof(in),
	    .no_reply = true };
	struct fuse_attr_out	 at;

	(void)c;
	return fs_call(h->fs, &a) == 0 &&
	    HOSTILE_IS(fs_getattr(h->fs, h->spare, &at), EBADF);
}

/* A request with a reply on the queue for FORGET. */
static bool
hostile_hiprio(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_attr_out	 a;
	int			 rc;

	(void)c;
	h->fs->queue = FS_HIPRIO;
	rc = fs_getattr(h->fs, FUSE_ROOT_ID, &a);
	h->fs->queue = 1;
	return rc == 0 || hostile_refused(rc);
}

void
hostile_forget_cases(void)
{
	static const char *const	 who[] = { "the root",
	    "an unknown node", "node 2^64-1", "a node looked up once" };
	static const uint64_t		 often[] = { 0, 1, 2, 1ULL << 32,
	    1ULL << 63, UINT64_MAX };
	static const uint32_t		 count[][2] = { { 0, 0 }, { 1, 0 },
	    { 0, 1 }, { 2, 1 }, { 65536, 1 }, { 0x10000000, 16 },
	    { 0xffffffff, 0 }, { 0xffffffff, 64 } };
	char				 name[96];
	unsigned			 i, j;

	for (i = 0; i < 4; i++) {
		for (j = 0; j < 6; j++) {
			snprintf(name, sizeof(name), "FORGET of %s, %llu "
			    "times", who[i], (unsigned long long)often[j]);
			hostile_add(name, hostile_forget, HOSTILE_KEEP, i,
			    often[j]);
		}
		snprintf(name, sizeof(name), "BATCH_FORGET of %s, 512 times "
		    "2^64-1", who[i]);
		hostile_add(name, hostile_batch_of, HOSTILE_KEEP, i,
		    UINT64_MAX);
	}
	for (i = 0; i < sizeof(count) / sizeof(count[0]); i++) {
		snprintf(name, sizeof(name), "BATCH_FORGET: count %u with %u "
		    "entries", count[i][0], count[i][1]);
		hostile_add(name, hostile_count, HOSTILE_KEEP, count[i][0],
		    count[i][1]);
	}
	hostile_add("FORGET of an open file's node", hostile_forget_open,
	    HOSTILE_KEEP, 0, 0);
	hostile_add("FORGET flood", hostile_flood, HOSTILE_KEEP, 0,
	    FUSE_FORGET);
	hostile_add("BATCH_FORGET flood", hostile_flood, HOSTILE_KEEP, 0,
	    FUSE_BATCH_FORGET);
	hostile_add("INTERRUPT flood", hostile_flood, HOSTILE_KEEP, 0,
	    FUSE_INTERRUPT);
	hostile_add("FORGET with room for a reply", hostile_forget_room,
	    HOSTILE_KEEP, FUSE_FORGET, 0);
	hostile_add("BATCH_FORGET with room for a reply",
	    hostile_forget_room, HOSTILE_KEEP, FUSE_BATCH_FORGET, 0);
	hostile_add("FORGET on the request queue", hostile_forget_queue,
	    HOSTILE_KEEP, 0, 0);
	hostile_add("GETATTR on the hiprio queue", hostile_hiprio,
	    HOSTILE_KEEP, 0, 0);
}
