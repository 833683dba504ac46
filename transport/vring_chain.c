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
 * Knows: descriptors and indirect tables in guest memory.  Each is copied
 * once, into private memory, and checked there.
 * Never: the available and used rings; what a request says.
 */

#include "config.h"

#include <sys/uio.h>

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "gmem.h"
#include "vring_int.h"

#define VRING_DESC_NEXT		0x1
#define VRING_DESC_WRITE	0x2
#define VRING_DESC_INDIRECT	0x4

/* Following one chain. */
struct vring_walk {
	const struct vring_part_desc *table;
	unsigned int size;		/* descriptors in table */
	int indirect;			/* table is the private copy */
};

/* Private copy of an indirect table; there is one event thread. */
static struct vring_part_desc vring_table[VRING_CHAIN_MAX];

/* Copy one descriptor, each field with a single load. */
static void
vring_chain_desc(const struct vring_part_desc *from, struct vring_part_desc *d)
{
	d->addr = le64toh(__atomic_load_n(&from->addr, __ATOMIC_RELAXED));
	d->len = le32toh(__atomic_load_n(&from->len, __ATOMIC_RELAXED));
	d->flags = le16toh(__atomic_load_n(&from->flags, __ATOMIC_RELAXED));
	d->next = le16toh(__atomic_load_n(&from->next, __ATOMIC_RELAXED));
}

/* Copy an indirect table and go on there. */
static int
vring_chain_table(struct vring *v, struct vring_walk *w,
    const struct vring_part_desc *d)
{
	struct iovec iov[8];
	unsigned int cnt, i;
	size_t done;

	if (w->indirect)
		return vring_break(v, "indirect table in an indirect table");
	if ((d->flags & VRING_DESC_NEXT) != 0)
		return vring_break(v, "indirect table is not the last");
	if (d->len == 0 || d->len % sizeof(*d) != 0)
		return vring_break(v, "bad length of an indirect table");
	if (d->len > sizeof(vring_table))
		return vring_break(v, "indirect table is too long");
	if (gmem_iov(v->mem, d->addr, d->len, iov, 8, &cnt) != 0)
		return vring_break(v, "indirect table is not in memory");
	for (i = 0, done = 0; i < cnt; done += iov[i++].iov_len)
		memcpy((uint8_t *)vring_table + done, iov[i].iov_base,
		    iov[i].iov_len);
	w->table = vring_table;
	w->size = d->len / sizeof(*d);
	w->indirect = 1;
	return 0;
}

/* Append the bytes of one descriptor. */
static int
vring_chain_add(struct vring *v, struct vring_chain *c,
    const struct vring_part_desc *d)
{
	unsigned int at = c->in_cnt + c->out_cnt, cnt;
	int out = (d->flags & VRING_DESC_WRITE) != 0;
	struct iovec *iov = &c->iov[at];
	int err;

	if (!out && c->out_cnt > 0)
		return vring_break(v, "readable descriptor after a writable");
	if (c->in_len + c->out_len + d->len > VRING_CHAIN_LEN)
		return vring_break(v, "request is too long");
	err = gmem_iov(v->mem, d->addr, d->len, iov, VRING_CHAIN_MAX - at,
	    &cnt);
	if (err == E2BIG)
		return vring_break(v, "request has too many pieces");
	if (err != 0)
		return vring_break(v, "descriptor is not in memory");
	if ((out ? c->out_cnt : c->in_cnt) > 0 && iov[0].iov_base ==
	    (uint8_t *)iov[-1].iov_base + iov[-1].iov_len) {
		iov[-1].iov_len += iov[0].iov_len;
		memmove(iov, iov + 1, --cnt * sizeof(*iov));
	}
	if (out) {
		c->out_cnt += cnt;
		c->out_len += d->len;
	} else {
		c->in_cnt += cnt;
		c->in_len += d->len;
	}
	return 0;
}

int
vring_chain_collect(struct vring *v, struct vring_chain *c, uint16_t head)
{
	struct vring_walk w = { v->desc, v->num, 0 };
	unsigned int at = head, steps = 0;
	struct vring_part_desc d;
	int err = 0;

	for (;;) {
		if (at >= w.size)
			return vring_break(v, "no such descriptor");
		if (steps++ == w.size)
			return vring_break(v, "descriptors run in a circle");
		vring_chain_desc(&w.table[at], &d);
		if ((d.flags & VRING_DESC_INDIRECT) != 0) {
			err = vring_chain_table(v, &w, &d);
			at = 0;
			steps = 0;
		} else if (d.len > 0)
			err = vring_chain_add(v, c, &d);
		if (err != 0)
			return err;
		if ((d.flags & VRING_DESC_INDIRECT) != 0)
			continue;
		if ((d.flags & VRING_DESC_NEXT) == 0)
			return 0;
		at = d.next;
	}
}
