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
 * Knows: the layout of a split virtqueue in guest memory.  Every field that
 * the guest writes is loaded once, into private memory, and checked there.
 * Never: what a request says; vhost-user messages.
 */

#include "config.h"

#include <sys/uio.h>

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "gmem.h"
#include "vring.h"

/* Virtio 1.2 sections 2.7.5 to 2.7.10; all little-endian. */
#define VRING_DESC_NEXT		0x1
#define VRING_DESC_WRITE	0x2
#define VRING_DESC_INDIRECT	0x4
#define VRING_NO_INTERRUPT	0x1	/* in the flags of avail */
#define VRING_NO_NOTIFY		0x1	/* in the flags of used */

#define VRING_ALIGN_DESC	16
#define VRING_ALIGN_AVAIL	2
#define VRING_ALIGN_USED	4

/* The available ring is 16 bit numbers: flags, idx, ring[num], used_event. */
#define VRING_AVAIL_FLAGS	0
#define VRING_AVAIL_IDX		1
#define VRING_AVAIL_RING	2

struct vring_part_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct vring_part_elem {
	uint32_t id;
	uint32_t len;
};

struct vring_part_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_part_elem ring[];	/* num, then 16 bits avail_event */
};

_Static_assert(sizeof(struct vring_part_desc) == 16, "descriptor");
_Static_assert(sizeof(struct vring_part_used) == 4, "used ring");

/* Following one chain. */
struct vring_walk {
	const struct vring_part_desc *table;
	unsigned int size;		/* descriptors in table */
	int indirect;			/* table is the private copy */
};

/* Private copy of an indirect table; there is one event thread. */
static struct vring_part_desc vring_table[VRING_CHAIN_MAX];

int
vring_init(struct vring *v, struct gmem *mem, unsigned int index)
{
	memset(v, 0, sizeof(*v));
	v->mem = mem;
	v->index = index;
	v->call_fd = -1;
	v->err_fd = -1;
	return pthread_mutex_init(&v->lock, NULL);
}

void
vring_fini(struct vring *v)
{
	fd_close(&v->call_fd);
	fd_close(&v->err_fd);
	pthread_mutex_destroy(&v->lock);
}

/* One part in our memory, or NULL; *err says why. */
static void *
vring_part(struct gmem *mem, uint64_t uva, size_t len, uint64_t align,
    int *err)
{
	void *p;

	*err = EINVAL;
	if ((uva & (align - 1)) != 0)
		return NULL;
	*err = EFAULT;
	p = gmem_from_user(mem, uva, len);
	if (p != NULL)
		*err = 0;
	return p;
}

/* Where the parts are, in desc, avail and used of *v. */
static int
vring_locate(struct vring *v, const struct vring_setup *s)
{
	size_t num = s->num;
	int err;

	if (num == 0 || num > VRING_NUM_MAX || (num & (num - 1)) != 0)
		return EINVAL;
	v->desc = vring_part(v->mem, s->addr.desc,
	    num * sizeof(struct vring_part_desc), VRING_ALIGN_DESC, &err);
	if (err != 0)
		return err;
	v->avail = vring_part(v->mem, s->addr.avail,
	    (VRING_AVAIL_RING + num + 1) * sizeof(uint16_t),
	    VRING_ALIGN_AVAIL, &err);
	if (err != 0)
		return err;
	v->used = vring_part(v->mem, s->addr.used,
	    sizeof(struct vring_part_used) +
	    num * sizeof(struct vring_part_elem) + sizeof(uint16_t),
	    VRING_ALIGN_USED, &err);
	return err;
}

int
vring_check(struct gmem *mem, const struct vring_setup *s)
{
	struct vring probe = { .mem = mem };

	return vring_locate(&probe, s);
}

static uint16_t
vring_load(const uint16_t *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static void
vring_store(uint16_t *p, uint16_t val)
{
	__atomic_store_n(p, htole16(val), __ATOMIC_RELEASE);
}

int
vring_start(struct vring *v, const struct vring_setup *s)
{
	struct vring probe = { .mem = v->mem };
	int err;

	err = vring_locate(&probe, s);
	if (err != 0)
		return err;
	pthread_mutex_lock(&v->lock);
	v->desc = probe.desc;
	v->avail = probe.avail;
	v->used = probe.used;
	v->num = s->num;
	v->event_idx = s->event_idx;
	v->last_avail = s->base;
	v->avail_seen = s->base;
	v->used_idx = vring_load(&v->used->idx);
	v->told = 0;
	v->fresh = 0;
	v->quiet = 0;
	/* Whatever was there before: we want kicks now. */
	vring_store(&v->used->flags, 0);
	atomic_store(&v->broken, 0);
	v->running = 1;
	pthread_mutex_unlock(&v->lock);
	return 0;
}

int
vring_running(struct vring *v)
{
	return v->running;
}

void
vring_hold(struct vring *v, int on)
{
	v->held = on != 0;
}

/* A counter that is full is as good as one that was raised. */
static void
vring_signal(int fd)
{
	const uint64_t one = 1;

	if (fd != -1 && write(fd, &one, sizeof(one)) == -1 && errno != EAGAIN)
		log_guest(LOG_KEY_RING, "eventfd: %s", strerror(errno));
}

void
vring_set_call(struct vring *v, int fd)
{
	pthread_mutex_lock(&v->lock);
	fd_close(&v->call_fd);
	v->call_fd = fd;
	if (v->running)
		vring_signal(fd);
	pthread_mutex_unlock(&v->lock);
}

void
vring_set_err(struct vring *v, int fd)
{
	fd_close(&v->err_fd);
	v->err_fd = fd;
}

/* Why the guest does not hear from this ring any more. */
static int
vring_break(struct vring *v, const char *why)
{
	atomic_store(&v->broken, 1);
	log_guest(LOG_KEY_RING, "queue %u is broken: %s", v->index, why);
	vring_signal(v->err_fd);
	return EPROTO;
}

static uint16_t *
vring_avail_event(struct vring *v)
{
	return (uint16_t *)&v->used->ring[v->num];
}

static void
vring_kicks_off(struct vring *v)
{
	/* With EVENT_IDX an old avail_event is as good as a switch. */
	if (v->event_idx || v->quiet)
		return;
	vring_store(&v->used->flags, VRING_NO_NOTIFY);
	v->quiet = 1;
}

static void
vring_kicks_on(struct vring *v)
{
	if (v->event_idx)
		vring_store(vring_avail_event(v), v->last_avail);
	else if (v->quiet)
		vring_store(&v->used->flags, 0);
	v->quiet = 0;
	/* The guest must see that before we look for the last time. */
	atomic_thread_fence(memory_order_seq_cst);
}

/* 0: there is an entry to take; EAGAIN; EPROTO. */
static int
vring_look(struct vring *v)
{
	int again;

	for (again = 0; again < 2; again++) {
		if (v->avail_seen != v->last_avail)
			return 0;
		v->avail_seen = vring_load(&v->avail[VRING_AVAIL_IDX]);
		if ((uint16_t)(v->avail_seen - v->last_avail) > v->num)
			return vring_break(v, "available index jumped");
		if (again == 0 && v->avail_seen == v->last_avail)
			vring_kicks_on(v);
	}
	return v->avail_seen != v->last_avail ? 0 : EAGAIN;
}

/* Copy one descriptor, each field with a single load. */
static void
vring_get_desc(const struct vring_part_desc *from, struct vring_part_desc *d)
{
	d->addr = le64toh(__atomic_load_n(&from->addr, __ATOMIC_RELAXED));
	d->len = le32toh(__atomic_load_n(&from->len, __ATOMIC_RELAXED));
	d->flags = le16toh(__atomic_load_n(&from->flags, __ATOMIC_RELAXED));
	d->next = le16toh(__atomic_load_n(&from->next, __ATOMIC_RELAXED));
}

/* Copy an indirect table and go on there. */
static int
vring_indirect(struct vring *v, struct vring_walk *w,
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
vring_add(struct vring *v, struct vring_chain *c,
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

/* Follow the chain that starts at head. */
static int
vring_collect(struct vring *v, struct vring_chain *c, uint16_t head)
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
		vring_get_desc(&w.table[at], &d);
		if ((d.flags & VRING_DESC_INDIRECT) != 0) {
			err = vring_indirect(v, &w, &d);
			at = 0;
			steps = 0;
		} else if (d.len > 0)
			err = vring_add(v, c, &d);
		if (err != 0)
			return err;
		if ((d.flags & VRING_DESC_INDIRECT) != 0)
			continue;
		if ((d.flags & VRING_DESC_NEXT) == 0)
			return 0;
		at = d.next;
	}
}

int
vring_pop(struct vring *v, struct vring_chain *c)
{
	uint16_t head;
	int err;

	if (!v->running || v->held || atomic_load(&v->broken))
		return EAGAIN;
	if (gmem_broken())
		return vring_break(v, "the front-end truncated guest memory");
	err = vring_look(v);
	if (err != 0)
		return err;
	/* A driver can't have more requests out than it has descriptors. */
	if (atomic_load(&v->inflight) >= v->num)
		return vring_break(v, "more requests than descriptors");
	vring_kicks_off(v);
	head = vring_load(&v->avail[VRING_AVAIL_RING +
	    (v->last_avail & (v->num - 1))]);
	c->head = head;
	c->vring = v;
	c->in_cnt = c->out_cnt = 0;
	c->in_len = c->out_len = 0;
	err = vring_collect(v, c, head);
	if (err != 0)
		return err;
	v->last_avail++;
	atomic_fetch_add(&v->inflight, 1);
	return 0;
}

void
vring_push(struct vring *v, uint16_t head, uint32_t len)
{
	struct vring_part_elem *e;

	pthread_mutex_lock(&v->lock);
	/* Before the guest knows: it may use the descriptors at once. */
	if (atomic_fetch_sub(&v->inflight, 1) == 0)
		bug("queue %u: pushed more than popped", v->index);
	if (v->running) {
		e = &v->used->ring[v->used_idx & (v->num - 1)];
		__atomic_store_n(&e->id, htole32(head), __ATOMIC_RELAXED);
		__atomic_store_n(&e->len, htole32(len), __ATOMIC_RELAXED);
		vring_store(&v->used->idx, ++v->used_idx);
		v->fresh = 1;
	}
	pthread_mutex_unlock(&v->lock);
}

/* Does the guest want an interrupt for what was pushed since told_idx? */
static int
vring_wanted(struct vring *v)
{
	uint16_t event;

	/* The guest must see the used index before we ask. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!v->event_idx)
		return (vring_load(&v->avail[VRING_AVAIL_FLAGS]) &
		    VRING_NO_INTERRUPT) == 0;
	if (!v->told)
		return 1;
	event = vring_load(&v->avail[VRING_AVAIL_RING + v->num]);
	return (uint16_t)(v->used_idx - event - 1) <
	    (uint16_t)(v->used_idx - v->told_idx);
}

static void
vring_tell(struct vring *v)
{
	if (!v->running || !v->fresh)
		return;
	if (vring_wanted(v))
		vring_signal(v->call_fd);
	v->told_idx = v->used_idx;
	v->told = 1;
	v->fresh = 0;
}

void
vring_notify(struct vring *v)
{
	pthread_mutex_lock(&v->lock);
	vring_tell(v);
	pthread_mutex_unlock(&v->lock);
}

uint16_t
vring_stop(struct vring *v)
{
	pthread_mutex_lock(&v->lock);
	vring_tell(v);
	v->running = 0;
	pthread_mutex_unlock(&v->lock);
	return v->last_avail;
}

unsigned int
vring_inflight(struct vring *v)
{
	return atomic_load(&v->inflight);
}
