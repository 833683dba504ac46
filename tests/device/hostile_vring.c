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
 * vhost-user messages about rings with numbers that cannot be.
 *
 * Knows: the limits of a ring.
 * Never: descriptors (hostile_fd.c) or memory (hostile_table.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

static bool
hostile_state(struct hostile *h, uint32_t request, uint64_t index,
    uint64_t num)
{
	struct vhost_state	 s = { (uint32_t)index, (uint32_t)num };

	return hostile_nack(hostile_send(h, request, &s, sizeof(s), NULL,
	    0));
}

static bool
hostile_num(struct hostile *h, const struct hostile_case *c)
{
	return hostile_state(h, VHOST_SET_VRING_NUM, c->arg[0], c->arg[1]);
}

static bool
hostile_base(struct hostile *h, const struct hostile_case *c)
{
	return hostile_state(h, VHOST_SET_VRING_BASE, c->arg[0], c->arg[1]);
}

static bool
hostile_enable(struct hostile *h, const struct hostile_case *c)
{
	return hostile_state(h, VHOST_SET_VRING_ENABLE, c->arg[0],
	    c->arg[1]);
}

/* There is no answer to tell that there is no such ring. */
static bool
hostile_get(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 num;
	int		 err;

	err = vhost_get_base(&h->b->v, (unsigned)c->arg[0], &num);
	if (err == ECONNRESET || err == EPROTO)
		return true;
	tap_diag("GET_VRING_BASE of ring %u: %s", (unsigned)c->arg[0],
	    strerror(err));
	return false;
}

enum hostile_addr {
	ADDR_INDEX, ADDR_DESC_ODD, ADDR_AVAIL_ODD, ADDR_USED_ODD,
	ADDR_DESC_ZERO, ADDR_AVAIL_BELOW, ADDR_USED_BEHIND, ADDR_DESC_END,
	ADDR_USED_END, ADDR_WRAP, ADDR_LOG, ADDR_FLAGS
};

static void
hostile_misplace(struct hostile *h, struct vhost_addr *a, uint64_t which)
{
	const struct mem_region	*m = &h->b->m.region[0];
	uint64_t		 start = (uint64_t)(uintptr_t)m->hva;

	switch (which) {
	case ADDR_INDEX:
		a->index = 200;
		break;
	case ADDR_DESC_ODD:
		a->desc += 1;
		break;
	case ADDR_AVAIL_ODD:
		a->avail += 1;
		break;
	case ADDR_USED_ODD:
		a->used += 2;
		break;
	case ADDR_DESC_ZERO:
		a->desc = 0;
		break;
	case ADDR_AVAIL_BELOW:
		a->avail = start - 64;
		break;
	case ADDR_USED_BEHIND:
		a->used = start + m->len;
		break;
	case ADDR_DESC_END:
		a->desc = start + m->len - 32;
		break;
	case ADDR_USED_END:
		a->used = start + m->len - 32;
		break;
	case ADDR_WRAP:
		a->desc = UINT64_MAX - 15;
		break;
	case ADDR_LOG:
		a->flags = 1;
		a->log = UINT64_MAX - 7;
		break;
	default:
		a->flags = 0xffffffff;
		break;
	}
}

/* Addresses may be refused at once or when the ring starts. */
static bool
hostile_addr(struct hostile *h, const struct hostile_case *c)
{
	struct ring		*r = &h->b->q[1];
	struct vhost_addr	 a = { .index = 1 };
	uint64_t		 ring = 1;
	uint32_t		 base;
	int			 err;

	if (vhost_get_base(&h->b->v, 1, &base) != 0)
		return false;
	a.desc = mem_uva(&h->b->m, r->desc_gpa);
	a.avail = mem_uva(&h->b->m, r->avail_gpa);
	a.used = mem_uva(&h->b->m, r->used_gpa);
	hostile_misplace(h, &a, c->arg[0]);
	err = hostile_send(h, VHOST_SET_VRING_ADDR, &a, sizeof(a), NULL, 0);
	if (err == 0)
		err = hostile_send(h, VHOST_SET_VRING_KICK, &ring,
		    sizeof(ring), &r->kick, 1);
	if (err == 0) {
		hostile_desc(h, 0, h->tx, hostile_getattr(h),
		    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
		hostile_desc(h, 1, h->rx, 4096,
		    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
		hostile_kick(h, 0);
	}
	return hostile_denied(err);
}

/* Features that were never offered. */
static bool
hostile_features(struct hostile *h, const struct hostile_case *c)
{
	return hostile_nack(hostile_send(h, (uint32_t)c->arg[0], &c->arg[1],
	    8, NULL, 0));
}

/* A ring stopped and kicked, and started again: it must not run between. */
static bool
hostile_stopped(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = &h->b->q[1];
	uint32_t	 base;
	uint16_t	 used = r->used->idx;

	(void)c;
	if (vhost_get_base(&h->b->v, 1, &base) != 0)
		return false;
	hostile_desc(h, 0, h->tx, hostile_getattr(h),
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	hostile_kick(h, 0);
	if (r->used->idx != used) {
		tap_diag("a stopped ring was served");
		return false;
	}
	return true;
}

/* Kick a ring of which nothing was ever told. */
static bool
hostile_unset(struct hostile *h, const struct hostile_case *c)
{
	struct ring	*r = &h->b->q[1];
	uint32_t	 base;
	uint64_t	 u = 1;
	unsigned	 i;

	(void)c;
	for (i = 0; i < 2; i++) {
		if (vhost_get_base(&h->b->v, i, &base) != 0)
			return false;
	}
	if (((h->b->v.proto >> VHOST_PF_RESET_DEVICE) & 1) &&
	    vhost_set(&h->b->v, VHOST_RESET_DEVICE, NULL, 0, -1) != 0)
		return false;
	hostile_send(h, VHOST_SET_VRING_KICK, &u, sizeof(u), &r->kick, 1);
	hostile_kick(h, 0);
	return true;
}

/* GET_VRING_BASE of a ring that is stopped already. */
static bool
hostile_stop_twice(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 first, second;

	(void)c;
	if (vhost_get_base(&h->b->v, 1, &first) != 0 ||
	    vhost_get_base(&h->b->v, 1, &second) != 0)
		return false;
	return first == second;
}

struct hostile_vring {
	const char	*name;
	hostile_run	*run;
	uint64_t	 arg[HOSTILE_ARGS];
};

static const struct hostile_vring	 hostile_vrings[] = {
	{ "SET_VRING_NUM of 0", hostile_num, { 1, 0 } },
	{ "SET_VRING_NUM of 3", hostile_num, { 1, 3 } },
	{ "SET_VRING_NUM of 127", hostile_num, { 1, 127 } },
	{ "SET_VRING_NUM of 65536", hostile_num, { 1, 65536 } },
	{ "SET_VRING_NUM of 2^31", hostile_num, { 1, 1U << 31 } },
	{ "SET_VRING_NUM of 2^32-1", hostile_num, { 1, 0xffffffff } },
	{ "SET_VRING_NUM for ring 200", hostile_num, { 200, 128 } },
	{ "SET_VRING_NUM for ring 2^32-1", hostile_num,
	    { 0xffffffff, 128 } },
	{ "SET_VRING_BASE of 65536", hostile_base, { 1, 65536 } },
	{ "SET_VRING_BASE of 2^32-1", hostile_base, { 1, 0xffffffff } },
	{ "SET_VRING_BASE for ring 200", hostile_base, { 200, 0 } },
	{ "SET_VRING_BASE for ring 2^31", hostile_base, { 1U << 31, 0 } },
	{ "SET_VRING_ENABLE of 2", hostile_enable, { 1, 2 } },
	{ "SET_VRING_ENABLE for ring 200", hostile_enable, { 200, 1 } },
	{ "SET_VRING_ENABLE for ring 2^32-1", hostile_enable,
	    { 0xffffffff, 1 } },
	{ "SET_VRING_ADDR for ring 200", hostile_addr, { ADDR_INDEX, 0 } },
	{ "SET_VRING_ADDR: odd descriptor table", hostile_addr,
	    { ADDR_DESC_ODD, 0 } },
	{ "SET_VRING_ADDR: odd available ring", hostile_addr,
	    { ADDR_AVAIL_ODD, 0 } },
	{ "SET_VRING_ADDR: odd used ring", hostile_addr,
	    { ADDR_USED_ODD, 0 } },
	{ "SET_VRING_ADDR: descriptor table at 0", hostile_addr,
	    { ADDR_DESC_ZERO, 0 } },
	{ "SET_VRING_ADDR: available ring below memory", hostile_addr,
	    { ADDR_AVAIL_BELOW, 0 } },
	{ "SET_VRING_ADDR: used ring behind memory", hostile_addr,
	    { ADDR_USED_BEHIND, 0 } },
	{ "SET_VRING_ADDR: descriptor table over the end", hostile_addr,
	    { ADDR_DESC_END, 0 } },
	{ "SET_VRING_ADDR: used ring over the end", hostile_addr,
	    { ADDR_USED_END, 0 } },
	{ "SET_VRING_ADDR: wrap at 2^64", hostile_addr, { ADDR_WRAP, 0 } },
	{ "SET_VRING_ADDR: log at 2^64", hostile_addr, { ADDR_LOG, 0 } },
	{ "SET_VRING_ADDR: all flags", hostile_addr, { ADDR_FLAGS, 0 } },
	{ "SET_FEATURES with all bits", hostile_features,
	    { VHOST_SET_FEATURES, UINT64_MAX } },
	{ "SET_FEATURES with a packed ring", hostile_features,
	    { VHOST_SET_FEATURES, 1ULL << 34 | 1ULL << 32 | 1ULL << 30 } },
	{ "SET_PROTOCOL_FEATURES with all bits", hostile_features,
	    { VHOST_SET_PROTOCOL_FEATURES, UINT64_MAX } },
	{ "kick of a stopped ring", hostile_stopped, { 0, 0 } },
	{ "kick of a ring never set up", hostile_unset, { 0, 0 } },
	{ "GET_VRING_BASE twice", hostile_stop_twice, { 0, 0 } },
};

void
hostile_vring_cases(void)
{
	const struct hostile_vring	*r;
	unsigned			 i;

	for (i = 0; i < sizeof(hostile_vrings) / sizeof(hostile_vrings[0]);
	    i++) {
		r = &hostile_vrings[i];
		hostile_add(r->name, r->run, HOSTILE_RESET, r->arg[0],
		    r->arg[1]);
	}
	hostile_add("GET_VRING_BASE of ring 200", hostile_get, HOSTILE_CLOSE,
	    200, 0);
	hostile_add("GET_VRING_BASE of ring 2^32-1", hostile_get,
	    HOSTILE_CLOSE, 0xffffffff, 0);
}
