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
 * Hostile chains: descriptors that loop, point nowhere, or come in the wrong
 * order, direct and indirect; and chains that are odd but right.
 *
 * Knows: what a chain of descriptors can look like.
 * Never: the ring around it (hostile_ring.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

#define D_NEXT(n)	HOSTILE_DESC(VRING_DESC_F_NEXT, n)
#define D_LAST		HOSTILE_DESC(0, 0)
#define D_WNEXT(n)	HOSTILE_DESC(VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, n)
#define D_WLAST		HOSTILE_DESC(VRING_DESC_F_WRITE, 0)
#define D_TABLE		HOSTILE_DESC(VRING_DESC_F_INDIRECT, 0)

/* A good request, then next pointing at arg[0]. */
static bool
hostile_next(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 len = hostile_getattr(h);

	hostile_desc(h, 0, h->tx, len, D_NEXT(1));
	hostile_desc(h, 1, h->rx, 4096, D_WNEXT(c->arg[0]));
	return hostile_kick(h, 0);
}

/* The first descriptor points at itself. */
static bool
hostile_self(struct hostile *h, const struct hostile_case *c)
{
	hostile_desc(h, 0, h->tx, hostile_getattr(h), D_NEXT(0));
	(void)c;
	return hostile_kick(h, 0);
}

/* Descriptors no device may touch: arg[0] is the address, arg[1] length. */
static bool
hostile_read_at(struct hostile *h, const struct hostile_case *c)
{
	hostile_desc(h, 0, c->arg[0], (uint32_t)c->arg[1], D_NEXT(1));
	hostile_desc(h, 1, h->rx, 4096, D_WLAST);
	return hostile_kick(h, 0);
}

static bool
hostile_write_at(struct hostile *h, const struct hostile_case *c)
{
	hostile_desc(h, 0, h->tx, hostile_getattr(h), D_NEXT(1));
	hostile_desc(h, 1, c->arg[0], (uint32_t)c->arg[1], D_WLAST);
	return hostile_kick(h, 0);
}

enum hostile_shape {
	SHAPE_EMPTY,		/* one descriptor of no bytes */
	SHAPE_ALL_EMPTY,	/* many of them */
	SHAPE_WRITE_FIRST,	/* the reply before the request */
	SHAPE_MIXED,		/* request, reply, request */
	SHAPE_NO_WRITE,
	SHAPE_NO_READ,
	SHAPE_UNKNOWN_FLAGS,
	SHAPE_SAME_BUFFER,	/* the reply over the request */
	SHAPE_BIG_READ,		/* more than 2^32 bytes to read */
	SHAPE_BIG_WRITE		/* more than 2^32 bytes of room */
};

/* 150 entries of 48 MiB each are 7 GiB. */
static void
hostile_big(struct hostile *h, bool write)
{
	const uint64_t	 base = h->b->m.region[0].gpa;
	uint32_t	 len = hostile_getattr(h);
	uint16_t	 i;

	hostile_entry(h, 0, h->tx, len, D_NEXT(1));
	for (i = 1; i < 120; i++)
		hostile_entry(h, i, base, 48 << 20,
		    write ? D_WNEXT(i + 1) : D_NEXT(i + 1));
	hostile_entry(h, i, h->rx, 4096, D_WLAST);
	hostile_desc(h, 0, h->table, 121 * 16, D_TABLE);
}

static bool
hostile_shape(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 len = hostile_getattr(h);
	uint16_t	 i;

	hostile_desc(h, 0, h->tx, len, D_NEXT(1));
	hostile_desc(h, 1, h->rx, 4096, D_WLAST);
	switch (c->arg[0]) {
	case SHAPE_EMPTY:
		hostile_desc(h, 0, h->tx, 0, D_LAST);
		break;
	case SHAPE_ALL_EMPTY:
		for (i = 0; i < 127; i++)
			hostile_desc(h, i, h->tx, 0, D_NEXT(i + 1));
		hostile_desc(h, 127, h->rx, 0, D_WLAST);
		break;
	case SHAPE_WRITE_FIRST:
		hostile_desc(h, 0, h->rx, 4096, D_WNEXT(1));
		hostile_desc(h, 1, h->tx, len, D_LAST);
		break;
	case SHAPE_MIXED:
		hostile_desc(h, 0, h->tx, 40, D_NEXT(1));
		hostile_desc(h, 1, h->rx, 4096, D_WNEXT(2));
		hostile_desc(h, 2, h->tx + 40, len - 40, D_LAST);
		break;
	case SHAPE_NO_WRITE:
		hostile_desc(h, 0, h->tx, len, D_LAST);
		break;
	case SHAPE_NO_READ:
		hostile_desc(h, 0, h->rx, 4096, D_WLAST);
		break;
	case SHAPE_UNKNOWN_FLAGS:
		hostile_desc(h, 0, h->tx, len,
		    HOSTILE_DESC(0xfff8 | VRING_DESC_F_NEXT, 1));
		break;
	case SHAPE_SAME_BUFFER:
		hostile_desc(h, 1, h->tx, 4096, D_WLAST);
		break;
	default:
		hostile_big(h, c->arg[0] == SHAPE_BIG_WRITE);
		break;
	}
	return hostile_kick(h, 0);
}

/* A good table behind a descriptor that says it has arg[0] bytes. */
static bool
hostile_table_len(struct hostile *h, const struct hostile_case *c)
{
	hostile_entry(h, 0, h->tx, hostile_getattr(h), D_NEXT(1));
	hostile_entry(h, 1, h->rx, 4096, D_WLAST);
	hostile_desc(h, 0, h->table, (uint32_t)c->arg[0], D_TABLE);
	return hostile_kick(h, 0);
}

static bool
hostile_table_at(struct hostile *h, const struct hostile_case *c)
{
	hostile_desc(h, 0, c->arg[0], (uint32_t)c->arg[1], D_TABLE);
	return hostile_kick(h, 0);
}

/* The entry of the table's end points at arg[0]. */
static bool
hostile_table_next(struct hostile *h, const struct hostile_case *c)
{
	hostile_entry(h, 0, h->tx, hostile_getattr(h), D_NEXT(1));
	hostile_entry(h, 1, h->rx, 4096, D_WNEXT(c->arg[0]));
	hostile_desc(h, 0, h->table, 32, D_TABLE);
	return hostile_kick(h, 0);
}

/* Flags of the head (arg[0]) and of the table's first entry (arg[1]). */
static bool
hostile_table_flags(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 len = hostile_getattr(h);

	hostile_entry(h, 0, h->tx, len, HOSTILE_DESC(c->arg[1], 1));
	hostile_entry(h, 1, h->rx, 4096, D_WLAST);
	if ((c->arg[1] & VRING_DESC_F_INDIRECT) != 0)
		hostile_entry(h, 0, h->table, 32,
		    HOSTILE_DESC(c->arg[1], 1));
	hostile_desc(h, 0, h->table, 32, HOSTILE_DESC(c->arg[0], 1));
	hostile_desc(h, 1, h->rx, 4096, D_WLAST);
	return hostile_kick(h, 0);
}

/* A table in the middle of a chain. */
static bool
hostile_table_middle(struct hostile *h, const struct hostile_case *c)
{
	(void)c;
	hostile_desc(h, 0, h->tx, hostile_getattr(h), D_NEXT(1));
	hostile_entry(h, 0, h->rx, 4096, D_WLAST);
	hostile_desc(h, 1, h->table, 16, D_TABLE);
	return hostile_kick(h, 0);
}

/* Indirect descriptors though the feature was not acknowledged. */
static bool
hostile_table_off(struct hostile *h, const struct hostile_case *c)
{
	bool	 good;

	(void)c;
	h->b->o.indirect = false;
	good = box_reset(h->b) == 0;
	if (good) {
		hostile_entry(h, 0, h->tx, hostile_getattr(h), D_NEXT(1));
		hostile_entry(h, 1, h->rx, 4096, D_WLAST);
		hostile_desc(h, 0, h->table, 32, D_TABLE);
		hostile_kick(h, 0);
	}
	h->b->o.indirect = true;
	return box_reset(h->b) == 0 && good;
}

/* Right, if odd: both halves cut into pieces of arg[0] bytes. */
static bool
hostile_pieces(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_attr_out	 a;
	bool			 indirect = h->fs->indirect;
	int			 rc;

	h->fs->indirect = c->arg[1] != 0;
	h->fs->seg_len = (uint32_t)c->arg[0];
	rc = fs_getattr(h->fs, FUSE_ROOT_ID, &a);
	h->fs->seg_len = 0;
	h->fs->indirect = indirect;
	if (rc != 0 || a.attr.nlink < 2) {
		tap_diag("getattr: %s", tap_rcname(rc));
		return false;
	}
	return true;
}

/* Right, if odd: empty descriptors between the others. */
static bool
hostile_gaps(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 len = hostile_getattr(h);

	(void)c;
	hostile_desc(h, 0, h->tx, 40, D_NEXT(1));
	hostile_desc(h, 1, h->tx, 0, D_NEXT(2));
	hostile_desc(h, 2, h->tx + 40, len - 40, D_NEXT(3));
	hostile_desc(h, 3, h->rx, 0, D_WNEXT(4));
	hostile_desc(h, 4, h->rx, 4096, D_WLAST);
	return hostile_kick(h, 0);
}

struct hostile_chain {
	const char	*name;
	hostile_run	*run;
	uint64_t	 arg[HOSTILE_ARGS];
};

#define END	(MEM_GPA + MEM_LEN)

static const struct hostile_chain	 hostile_chains[] = {
	{ "descriptor that is its own next", hostile_self, { 0, 0 } },
	{ "loop of two descriptors", hostile_next, { 0, 0 } },
	{ "reply descriptor that is its own next", hostile_next, { 1, 0 } },
	{ "next is the ring's size", hostile_next, { 128, 0 } },
	{ "next is 65535", hostile_next, { 65535, 0 } },
	{ "request at address 0", hostile_read_at, { 0, 64 } },
	{ "request below memory", hostile_read_at, { MEM_GPA - 64, 64 } },
	{ "request into memory from below", hostile_read_at,
	    { MEM_GPA - 8, 64 } },
	{ "request over the end of memory", hostile_read_at,
	    { END - 8, 64 } },
	{ "request behind memory", hostile_read_at, { END, 64 } },
	{ "request at 2^63", hostile_read_at, { 1ULL << 63, 64 } },
	{ "request that wraps at 2^64", hostile_read_at,
	    { UINT64_MAX - 15, 64 } },
	{ "request of 2^32-1 bytes", hostile_read_at,
	    { MEM_GPA, 0xffffffff } },
	{ "reply at address 0", hostile_write_at, { 0, 4096 } },
	{ "reply over the end of memory", hostile_write_at,
	    { END - 20, 4096 } },
	{ "reply behind memory", hostile_write_at, { END, 4096 } },
	{ "reply that wraps at 2^64", hostile_write_at,
	    { UINT64_MAX - 100, 4096 } },
	{ "reply of 2^32-1 bytes", hostile_write_at,
	    { MEM_GPA, 0xffffffff } },
	{ "one empty descriptor", hostile_shape, { SHAPE_EMPTY, 0 } },
	{ "128 empty descriptors", hostile_shape, { SHAPE_ALL_EMPTY, 0 } },
	{ "reply before request", hostile_shape, { SHAPE_WRITE_FIRST, 0 } },
	{ "reply amid the request", hostile_shape, { SHAPE_MIXED, 0 } },
	{ "request without room for a reply", hostile_shape,
	    { SHAPE_NO_WRITE, 0 } },
	{ "room for a reply without request", hostile_shape,
	    { SHAPE_NO_READ, 0 } },
	{ "unknown descriptor flags", hostile_shape,
	    { SHAPE_UNKNOWN_FLAGS, 0 } },
	{ "reply over the request", hostile_shape, { SHAPE_SAME_BUFFER, 0 } },
	{ "request of more than 2^32 bytes", hostile_shape,
	    { SHAPE_BIG_READ, 0 } },
	{ "room of more than 2^32 bytes", hostile_shape,
	    { SHAPE_BIG_WRITE, 0 } },
	{ "indirect table of no bytes", hostile_table_len, { 0, 0 } },
	{ "indirect table of 1 byte", hostile_table_len, { 1, 0 } },
	{ "indirect table of 17 bytes", hostile_table_len, { 17, 0 } },
	{ "indirect table of 31 bytes", hostile_table_len, { 31, 0 } },
	{ "indirect table cut after one entry", hostile_table_len,
	    { 16, 0 } },
	{ "indirect table of 2^32-16 bytes", hostile_table_len,
	    { 0xfffffff0, 0 } },
	{ "indirect table of 48 MiB", hostile_table_len, { 48 << 20, 0 } },
	{ "indirect table at address 0", hostile_table_at, { 0, 32 } },
	{ "indirect table behind memory", hostile_table_at, { END, 32 } },
	{ "indirect table over the end of memory", hostile_table_at,
	    { END - 16, 32 } },
	{ "indirect table that wraps at 2^64", hostile_table_at,
	    { UINT64_MAX - 15, 32 } },
	{ "indirect entry that loops", hostile_table_next, { 0, 0 } },
	{ "indirect entry that is its own next", hostile_table_next,
	    { 1, 0 } },
	{ "indirect next is the table's size", hostile_table_next,
	    { 2, 0 } },
	{ "indirect next is 65535", hostile_table_next, { 65535, 0 } },
	{ "indirect in indirect", hostile_table_flags,
	    { VRING_DESC_F_INDIRECT,
	    VRING_DESC_F_INDIRECT } },
	{ "indirect in indirect with next", hostile_table_flags,
	    { VRING_DESC_F_INDIRECT,
	    VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT } },
	{ "indirect with next", hostile_table_flags,
	    { VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT,
	    VRING_DESC_F_NEXT } },
	{ "indirect and writable", hostile_table_flags,
	    { VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE,
	    VRING_DESC_F_NEXT } },
	{ "indirect in the middle of a chain", hostile_table_middle,
	    { 0, 0 } },
	{ "indirect though not negotiated", hostile_table_off, { 0, 0 } },
	{ "empty descriptors between the others", hostile_gaps, { 0, 0 } },
};

void
hostile_chain_cases(void)
{
	const struct hostile_chain	*r;
	unsigned			 i;

	for (i = 0; i < sizeof(hostile_chains) / sizeof(hostile_chains[0]);
	    i++) {
		r = &hostile_chains[i];
		hostile_add(r->name, r->run, HOSTILE_RESET, r->arg[0],
		    r->arg[1]);
	}
	hostile_add("right: descriptors of 2 bytes", hostile_pieces,
	    HOSTILE_KEEP, 2, 0);
	hostile_add("right: indirect entries of 1 byte", hostile_pieces,
	    HOSTILE_KEEP, 1, 1);
	hostile_add("right: indirect entries of 7 bytes", hostile_pieces,
	    HOSTILE_KEEP, 7, 1);
}
