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
 * Guest memory that changes while the device reads it: whatever is read twice
 * will differ.
 *
 * Knows: which words a device must read only once.
 * Never: what it makes of them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

#define HOSTILE_ROUNDS	400

/* A word and the two values it takes in turn. */
struct hostile_flip {
	void		*at;
	size_t		 len;		/* bytes, at most 16 */
	uint8_t		 value[2][16];
	atomic_bool	 stop;
};

static void *
hostile_flipper(void *arg)
{
	struct hostile_flip	*f = arg;
	unsigned		 i;

	for (i = 0; !atomic_load(&f->stop); i++)
		memcpy(f->at, f->value[i & 1], f->len);
	return NULL;
}

/* Publish the good chain 0 -> 1 over and over while a word flips. */
static bool
hostile_rounds(struct hostile *h, struct hostile_flip *f)
{
	struct ring	*r = &h->b->q[1];
	pthread_t	 thread;
	uint16_t	 start;
	unsigned	 i;

	atomic_init(&f->stop, false);
	if (pthread_create(&thread, NULL, hostile_flipper, f) != 0)
		tap_bail("no thread");
	for (i = 0; i < HOSTILE_ROUNDS; i++) {
		start = r->used->idx;
		hostile_kick(h, 0);
		/* A broken ring ends it; that is an answer too. */
		if (r->used->idx == start)
			break;
	}
	atomic_store(&f->stop, true);
	pthread_join(thread, NULL);
	return true;
}

static void
hostile_good_chain(struct hostile *h)
{
	uint32_t	 len = hostile_getattr(h);

	hostile_desc(h, 0, h->tx, len, HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
}

/* A field of the request header: arg[0] where, arg[1] the other value. */
static bool
hostile_header_race(struct hostile *h, const struct hostile_case *c)
{
	struct hostile_flip	 f;
	uint32_t		 other = (uint32_t)c->arg[1];

	memset(&f, 0, sizeof(f));
	hostile_good_chain(h);
	f.at = mem_ptr(&h->b->m, h->tx + c->arg[0], 4);
	f.len = 4;
	memcpy(f.value[0], f.at, 4);
	memcpy(f.value[1], &other, 4);
	return hostile_rounds(h, &f);
}

/* A LOOKUP whose name loses its NUL or grows a slash. */
static bool
hostile_name_race(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_in_header	 in = hostile_header(h, FUSE_LOOKUP, 6);
	struct hostile_flip	 f;
	uint8_t			*p;

	memset(&f, 0, sizeof(f));
	p = mem_ptr(&h->b->m, h->tx, 64);
	memcpy(p, &in, sizeof(in));
	memcpy(p + sizeof(in), "known", 6);
	hostile_desc(h, 0, h->tx, sizeof(in) + 6,
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	f.at = p + sizeof(in);
	f.len = 6;
	memcpy(f.value[0], "known", 6);
	memcpy(f.value[1], c->arg[0] == 0 ? "knownn" : "../../", 6);
	return hostile_rounds(h, &f);
}

/* A descriptor: arg[0] its number, arg[1] what changes. */
static bool
hostile_desc_race(struct hostile *h, const struct hostile_case *c)
{
	struct ring		*r = &h->b->q[1];
	struct vring_desc	 d;
	struct hostile_flip	 f;

	memset(&f, 0, sizeof(f));
	hostile_good_chain(h);
	f.at = &r->desc[c->arg[0]];
	f.len = sizeof(d);
	memcpy(f.value[0], f.at, sizeof(d));
	memcpy(&d, f.at, sizeof(d));
	switch (c->arg[1]) {
	case 0:
		d.len = 0xffffffff;
		break;
	case 1:
		d.addr = UINT64_MAX - 8;
		break;
	case 2:
		d.flags = VRING_DESC_F_NEXT;
		d.next = 0;
		break;
	default:
		d.flags = VRING_DESC_F_INDIRECT;
		d.len = 0xfffffff0;
		break;
	}
	memcpy(f.value[1], &d, sizeof(d));
	return hostile_rounds(h, &f);
}

/* An entry of an indirect table. */
static bool
hostile_table_race(struct hostile *h, const struct hostile_case *c)
{
	struct vring_desc	*table, d;
	struct hostile_flip	 f;

	memset(&f, 0, sizeof(f));
	hostile_entry(h, 0, h->tx, hostile_getattr(h),
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_entry(h, 1, h->rx, 4096,
	    HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	hostile_desc(h, 0, h->table, 32,
	    HOSTILE_DESC(VRING_DESC_F_INDIRECT, 0));
	table = mem_ptr(&h->b->m, h->table, 32);
	d = table[0];
	if (c->arg[0] == 0)
		d.addr = UINT64_MAX - 8;
	else
		d.next = 0;
	f.at = table;
	f.len = sizeof(d);
	memcpy(f.value[0], table, sizeof(d));
	memcpy(f.value[1], &d, sizeof(d));
	return hostile_rounds(h, &f);
}

/* Byte arg[0] of two descriptors, or of the request header behind them. */
static bool
hostile_byte_race(struct hostile *h, const struct hostile_case *c)
{
	const size_t		 descs = 2 * sizeof(struct vring_desc);
	struct hostile_flip	 f;
	uint8_t			*at;

	memset(&f, 0, sizeof(f));
	hostile_good_chain(h);
	at = c->arg[0] < descs ? (uint8_t *)h->b->q[1].desc :
	    (uint8_t *)mem_ptr(&h->b->m, h->tx, 64) - descs;
	f.at = at + c->arg[0];
	f.len = 1;
	f.value[0][0] = at[c->arg[0]];
	f.value[1][0] = (uint8_t)~at[c->arg[0]];
	return hostile_rounds(h, &f);
}

struct hostile_shrink {
	int		 fd;
	off_t		 len;
	atomic_bool	 stop;
};

static void *
hostile_shrinker(void *arg)
{
	struct hostile_shrink	*s = arg;

	while (!atomic_load(&s->stop))
		if (ftruncate(s->fd, s->len / 2) == -1 ||
		    ftruncate(s->fd, s->len) == -1)
			tap_bail("ftruncate: %s", strerror(errno));
	return NULL;
}

/* The half of guest memory that holds the reply comes and goes. */
static bool
hostile_shrink_race(struct hostile *h, const struct hostile_case *c)
{
	struct mem_region	*m = &h->b->m.region[0];
	struct ring		*r = &h->b->q[1];
	struct hostile_shrink	 s = { .fd = h->b->m.fd,
	    .len = (off_t)m->len };
	pthread_t		 thread;
	uint16_t		 start;
	unsigned		 i;

	hostile_good_chain(h);
	hostile_desc(h, c->arg[0] == 0 ? 1 : 0, m->gpa + m->len - 8192,
	    c->arg[0] == 0 ? 4096 : hostile_getattr(h),
	    c->arg[0] == 0 ? HOSTILE_DESC(VRING_DESC_F_WRITE, 0) :
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	atomic_init(&s.stop, false);
	if (pthread_create(&thread, NULL, hostile_shrinker, &s) != 0)
		tap_bail("no thread");
	for (i = 0; i < HOSTILE_ROUNDS; i++) {
		start = r->used->idx;
		hostile_kick(h, 0);
		if (r->used->idx == start)
			break;
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	return true;
}

void
hostile_long_cases(void)
{
	const size_t	 cnt = 2 * sizeof(struct vring_desc) +
	    sizeof(struct fuse_in_header);
	char		 name[96];
	size_t		 i;

	for (i = 0; i < cnt; i++) {
		snprintf(name, sizeof(name), "long: byte %zu flips", i);
		hostile_add(name, hostile_byte_race, HOSTILE_RESET, i, 0);
	}
	hostile_add("long: memory of the reply shrinks", hostile_shrink_race,
	    HOSTILE_RESET, 0, 0);
	hostile_add("long: memory of the request shrinks",
	    hostile_shrink_race, HOSTILE_RESET, 1, 0);
	hostile_again_cases(100000);
}

void
hostile_race_cases(void)
{
	const size_t	 len = offsetof(struct fuse_in_header, len);
	const size_t	 op = offsetof(struct fuse_in_header, opcode);
	const size_t	 node = offsetof(struct fuse_in_header, nodeid);

	hostile_add("race: in.len", hostile_header_race, HOSTILE_RESET, len,
	    0xffffffff);
	hostile_add("race: opcode GETATTR and BATCH_FORGET",
	    hostile_header_race, HOSTILE_RESET, op, FUSE_BATCH_FORGET);
	hostile_add("race: opcode GETATTR and none", hostile_header_race,
	    HOSTILE_RESET, op, 0xffffffff);
	hostile_add("race: node", hostile_header_race, HOSTILE_RESET, node,
	    0x7fffffff);
	hostile_add("race: name loses its NUL", hostile_name_race,
	    HOSTILE_RESET, 0, 0);
	hostile_add("race: name becomes ../../", hostile_name_race,
	    HOSTILE_RESET, 1, 0);
	hostile_add("race: length of the request", hostile_desc_race,
	    HOSTILE_RESET, 0, 0);
	hostile_add("race: address of the request", hostile_desc_race,
	    HOSTILE_RESET, 0, 1);
	hostile_add("race: length of the reply", hostile_desc_race,
	    HOSTILE_RESET, 1, 0);
	hostile_add("race: address of the reply", hostile_desc_race,
	    HOSTILE_RESET, 1, 1);
	hostile_add("race: reply that loops", hostile_desc_race,
	    HOSTILE_RESET, 1, 2);
	hostile_add("race: request that is an indirect table",
	    hostile_desc_race, HOSTILE_RESET, 0, 3);
	hostile_add("race: address in an indirect table",
	    hostile_table_race, HOSTILE_RESET, 0, 0);
	hostile_add("race: next in an indirect table", hostile_table_race,
	    HOSTILE_RESET, 1, 0);
}
