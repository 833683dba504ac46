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
 * Knows: the available and the used ring in guest memory, and who notifies
 * whom.  Every field that the guest writes is loaded once and checked then.
 * Never: descriptors (vring_chain.c); what a request says.
 */

#include "config.h"

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
#include "vring_int.h"

/* Virtio 1.2 sections 2.7.6 to 2.7.10; all little-endian. */
#define VRING_NO_INTERRUPT	0x1	/* in the flags of avail */
#define VRING_NO_NOTIFY		0x1	/* in the flags of used */

#define VRING_ALIGN_DESC	16
#define VRING_ALIGN_AVAIL	2
#define VRING_ALIGN_USED	4

/* The available ring is 16 bit numbers: flags, idx, ring[num], used_event. */
#define VRING_AVAIL_FLAGS	0
#define VRING_AVAIL_IDX		1
#define VRING_AVAIL_RING	2

struct vring_part_elem {
	uint32_t id;
	uint32_t len;
};

struct vring_part_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_part_elem ring[];	/* num, then 16 bits avail_event */
};

_Static_assert(sizeof(struct vring_part_used) == 4, "used ring");

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

int
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
	err = vring_chain_collect(v, c, head);
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
	/* Whoever pushes notifies afterwards, so nothing is overlooked. */
	if (!atomic_load(&v->fresh))
		return;
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
