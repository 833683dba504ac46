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
 * Hostile rings: heads, indexes, and where the three parts lie.
 *
 * Knows: how to write into a ring by hand.
 * Never: single chains (hostile_chain.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hostile.h"

static struct ring *
hostile_q(struct hostile *h)
{
	return &h->b->q[1];
}

uint32_t
hostile_getattr(struct hostile *h)
{
	struct {
		struct fuse_in_header	 in;
		struct fuse_getattr_in	 arg;
	}	 m;

	memset(&m, 0, sizeof(m));
	m.in = hostile_header(h, FUSE_GETATTR, sizeof(m.arg));
	memcpy(mem_ptr(&h->b->m, h->tx, sizeof(m)), &m, sizeof(m));
	return (uint32_t)sizeof(m);
}

static struct vring_desc
hostile_make(uint64_t addr, uint32_t len, uint32_t flags_next)
{
	struct vring_desc	 d;

	d.addr = addr;
	d.len = len;
	d.flags = (uint16_t)flags_next;
	d.next = (uint16_t)(flags_next >> 16);
	return d;
}

void
hostile_desc(struct hostile *h, uint16_t at, uint64_t addr, uint32_t len,
    uint32_t flags_next)
{
	ring_desc(hostile_q(h), at, hostile_make(addr, len, flags_next));
}

void
hostile_entry(struct hostile *h, uint16_t at, uint64_t addr, uint32_t len,
    uint32_t flags_next)
{
	struct vring_desc	*table;

	table = mem_ptr(&h->b->m, h->table, 65536);
	table[at] = hostile_make(addr, len, flags_next);
}

void
hostile_settle(struct hostile *h, struct ring *r, uint16_t start)
{
	const struct timespec	 nap = { 0, 1000000 };
	struct pollfd		 pfd[2] = {
		{ .fd = r->err, .events = POLLIN },
		{ .fd = h->b->v.fd, .events = POLLRDHUP },
	};
	unsigned		 i;

	for (i = 0; i < 60; i++) {
		if (poll(pfd, 2, 0) > 0 ||
		    *(volatile uint16_t *)&r->used->idx != start)
			break;
		nanosleep(&nap, NULL);
	}
	ring_forget(r);
}

bool
hostile_kick(struct hostile *h, uint16_t head)
{
	struct ring	*r = hostile_q(h);
	uint16_t	 start = r->used->idx;

	ring_publish(r, head);
	ring_kick(r, true);
	hostile_settle(h, r, start);
	return true;
}

static bool
hostile_head(struct hostile *h, const struct hostile_case *c)
{
	return hostile_kick(h, (uint16_t)c->arg[0]);
}

/* The available index moves by arg[0] with stale heads behind it. */
static bool
hostile_jump(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	uint32_t	 len = hostile_getattr(h);

	hostile_desc(h, 0, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	memset(r->avail->ring, 0, 2 * (size_t)r->num);
	r->next_avail = (uint16_t)(r->next_avail + c->arg[0]);
	*(volatile uint16_t *)&r->avail->idx = r->next_avail;
	ring_kick(r, true);
	hostile_settle(h, r, r->last_used);
	return true;
}

/* The same chain arg[0] times in flight. */
static bool
hostile_again(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	uint32_t	 len = hostile_getattr(h);
	unsigned	 i;

	hostile_desc(h, 0, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	for (i = 0; i < c->arg[0]; i++)
		ring_publish(r, 0);
	ring_kick(r, true);
	hostile_settle(h, r, r->last_used);
	return true;
}

/* Two chains that share their second descriptor. */
static bool
hostile_shared(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 len = hostile_getattr(h);

	(void)c;
	hostile_desc(h, 0, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 2));
	hostile_desc(h, 1, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 2));
	hostile_desc(h, 2, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	ring_publish(hostile_q(h), 0);
	return hostile_kick(h, 1);
}

/* The reply goes where a part of the ring lies. */
static bool
hostile_into(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	const uint64_t	 part[] = { r->desc_gpa, r->avail_gpa, r->used_gpa };
	uint32_t	 len = hostile_getattr(h);

	hostile_desc(h, 0, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, part[c->arg[0]], 256,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	return hostile_kick(h, 0);
}

/* The request is read out of a part of the ring. */
static bool
hostile_outof(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	const uint64_t	 part[] = { r->desc_gpa, r->avail_gpa, r->used_gpa };

	hostile_desc(h, 0, part[c->arg[0]], 128,
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	return hostile_kick(h, 0);
}

/* Set the request ring up anew with its parts at these addresses. */
static bool
hostile_place(struct hostile *h, uint64_t desc, uint64_t avail,
    uint64_t used)
{
	struct ring		*r = hostile_q(h), saved = *r;
	uint32_t		 len, base;

	if (vhost_get_base(&h->b->v, 1, &base) != 0)
		return false;
	r->desc_gpa = desc;
	r->avail_gpa = avail;
	r->used_gpa = used;
	r->base = (uint16_t)base;
	/* Refusing the addresses is as good as stopping the ring later. */
	if (box_ring(h->b, 1) == 0) {
		len = hostile_getattr(h);
		hostile_desc(h, 0, h->tx, len,
		    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
		hostile_desc(h, 1, h->rx, 4096,
		    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
		hostile_kick(h, 0);
	}
	r->desc_gpa = saved.desc_gpa;
	r->avail_gpa = saved.avail_gpa;
	r->used_gpa = saved.used_gpa;
	return true;
}

static bool
hostile_overlap(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	uint64_t	 d = r->desc_gpa, a = r->avail_gpa, u = r->used_gpa;

	switch (c->arg[0]) {
	case 0:
		return hostile_place(h, d, d, u);
	case 1:
		return hostile_place(h, d, a, d);
	case 2:
		return hostile_place(h, d, a, a & ~(uint64_t)3);
	default:
		return hostile_place(h, d, d, d);
	}
}

/* Garbage in what the driver may write: flags and events. */
static bool
hostile_noise(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);

	(void)c;
	r->avail->flags = 0xfffe;
	r->avail->ring[r->num] = 0xbeef;
	r->used->flags = 0xffff;
	memset(&r->used->ring[r->num], 0xee, 2);
	hostile_desc(h, 0, h->tx, hostile_getattr(h),
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096, HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	hostile_kick(h, 0);
	r->avail->flags = 0;
	r->used->flags = 0;
	return true;
}

/* Kicks without anything to do. */
static bool
hostile_storm(struct hostile *h, const struct hostile_case *c)
{
	unsigned	 i;

	(void)c;
	for (i = 0; i < 5000; i++) {
		ring_kick(&h->b->q[1], true);
		ring_kick(&h->b->q[0], true);
	}
	return true;
}

/* The hiprio ring broken: the request ring goes on. */
static bool
hostile_hiprio(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_attr_out	 a;
	struct ring		*r = &h->b->q[0];

	(void)c;
	ring_publish(r, 5000);
	ring_kick(r, true);
	hostile_settle(h, r, r->last_used);
	return fs_getattr(h->fs, FUSE_ROOT_ID, &a) == 0;
}

/* The used ring's index is the device's own; it must not be read back. */
static bool
hostile_used(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = hostile_q(h);
	uint16_t	 real = r->used->idx;

	(void)c;
	*(volatile uint16_t *)&r->used->idx = (uint16_t)(real + 77);
	hostile_desc(h, 0, h->tx, hostile_getattr(h),
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096, HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	ring_publish(r, 0);
	ring_kick(r, true);
	hostile_settle(h, r, (uint16_t)(real + 77));
	if (r->used->idx != (uint16_t)(real + 1)) {
		tap_diag("used index is %u, should be %u", r->used->idx,
		    real + 1);
		return false;
	}
	r->last_used = r->used->idx;
	return true;
}

void
hostile_ring_cases(void)
{
	static const char *const	 part[] = { "descriptor table",
	    "available ring", "used ring" };
	static const char *const	 overlap[] = {
	    "descriptor table and available ring",
	    "descriptor table and used ring",
	    "available and used ring", "all three parts" };
	static const uint32_t		 heads[] = { 128, 129, 255, 32768,
	    65535 };
	static const uint32_t		 jumps[] = { 129, 256, 1000, 32768,
	    65535, 65408 };
	char				 name[96];
	unsigned			 i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		snprintf(name, sizeof(name), "head %u of a ring of 128",
		    heads[i]);
		hostile_add(name, hostile_head, HOSTILE_RESET, heads[i], 0);
	}
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		snprintf(name, sizeof(name), "available index jumps by %u",
		    jumps[i]);
		hostile_add(name, hostile_jump, HOSTILE_RESET, jumps[i], 0);
	}
	hostile_add("a chain twice in flight", hostile_again, HOSTILE_RESET,
	    2, 0);
	hostile_add("a chain 128 times in flight", hostile_again,
	    HOSTILE_RESET, 128, 0);
	hostile_add("two chains with a common tail", hostile_shared,
	    HOSTILE_RESET, 0, 0);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "reply into the %s", part[i]);
		hostile_add(name, hostile_into, HOSTILE_RESET, i, 0);
		snprintf(name, sizeof(name), "request out of the %s",
		    part[i]);
		hostile_add(name, hostile_outof, HOSTILE_RESET, i, 0);
	}
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "overlap: %s", overlap[i]);
		hostile_add(name, hostile_overlap, HOSTILE_RESET, i, 0);
	}
	hostile_add("garbage in flags and events", hostile_noise,
	    HOSTILE_RESET, 0, 0);
	hostile_add("10000 kicks for nothing", hostile_storm, HOSTILE_KEEP,
	    0, 0);
	hostile_add("a broken hiprio ring", hostile_hiprio, HOSTILE_RESET, 0,
	    0);
	hostile_add("used index moved by the driver", hostile_used,
	    HOSTILE_RESET, 0, 0);
}
