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
 * Knows: the layout of a split virtqueue and when to notify.
 * Never: what the buffers mean.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/eventfd.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

static uint16_t *
ring_used_event(struct ring *r)
{
	return &r->avail->ring[r->num];
}

static uint16_t *
ring_avail_event(struct ring *r)
{
	return (uint16_t *)(void *)&r->used->ring[r->num];
}

int
ring_open(struct ring *r, struct mem *m, unsigned index, uint16_t num)
{
	size_t	 avail_len = 6 + 2 * (size_t)num;
	size_t	 used_len = 6 + 8 * (size_t)num;

	memset(r, 0, sizeof(*r));
	r->mem = m;
	r->index = index;
	r->num = num;
	r->desc_gpa = mem_alloc(m, index, 16 * (size_t)num, 4096);
	r->avail_gpa = mem_alloc(m, index, avail_len, 64);
	r->used_gpa = mem_alloc(m, index, used_len, 4096);
	r->desc = mem_ptr(m, r->desc_gpa, 16 * (size_t)num);
	r->avail = mem_ptr(m, r->avail_gpa, avail_len);
	r->used = mem_ptr(m, r->used_gpa, used_len);
	r->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->kick == -1 || r->call == -1 || r->err == -1)
		return errno;
	ring_reset(r);
	return 0;
}

void
ring_close(struct ring *r)
{
	if (r->num == 0)
		return;
	close(r->kick);
	close(r->call);
	close(r->err);
	r->num = 0;
}

static void
ring_drain(int fd)
{
	uint64_t	 n;

	while (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		;
}

void
ring_reset(struct ring *r)
{
	uint16_t	 i;

	memset(r->desc, 0, 16 * (size_t)r->num);
	memset(r->avail, 0, 6 + 2 * (size_t)r->num);
	memset(r->used, 0, 6 + 8 * (size_t)r->num);
	memset(r->chain, 0, sizeof(r->chain));
	for (i = 0; i < r->num; i++)
		r->link[i] = (uint16_t)(i + 1);
	r->free_head = 0;
	r->free_cnt = r->num;
	r->base = r->next_avail = r->kicked = r->last_used = 0;
	r->bad_used = r->lost_irq = 0;
	ring_drain(r->kick);
	ring_drain(r->call);
	ring_drain(r->err);
}

static struct vring_desc
ring_fill(const struct ring_seg *seg, bool in, bool last, uint16_t next)
{
	struct vring_desc	 d;

	d.addr = seg->gpa;
	d.len = seg->len;
	d.flags = (uint16_t)((in ? VRING_DESC_F_WRITE : 0) |
	    (last ? 0 : VRING_DESC_F_NEXT));
	d.next = last ? 0 : next;
	return d;
}

static int
ring_add_indirect(struct ring *r, const struct ring_seg *seg,
    unsigned out_cnt, unsigned cnt, uint64_t gpa)
{
	struct vring_desc	*table, *d;
	uint16_t		 head;
	unsigned		 i;

	table = mem_ptr(r->mem, gpa, cnt * sizeof(*table));
	if (table == NULL || r->free_cnt == 0)
		return -1;
	for (i = 0; i < cnt; i++)
		table[i] = ring_fill(&seg[i], i >= out_cnt, i == cnt - 1,
		    (uint16_t)(i + 1));
	head = r->free_head;
	d = &r->desc[head];
	r->free_head = r->link[head];
	r->free_cnt--;
	r->chain[head].desc_cnt = 1;
	d->addr = gpa;
	d->len = (uint32_t)(cnt * sizeof(*table));
	d->flags = VRING_DESC_F_INDIRECT;
	d->next = 0;
	return head;
}

int
ring_add(struct ring *r, const struct ring_seg *seg, unsigned out_cnt,
    unsigned in_cnt, uint64_t indirect)
{
	uint16_t	 head, at, next;
	unsigned	 i, cnt = out_cnt + in_cnt;

	if (indirect != 0)
		return ring_add_indirect(r, seg, out_cnt, cnt, indirect);
	if (cnt == 0 || r->free_cnt < cnt)
		return -1;
	head = at = r->free_head;
	for (i = 0; i < cnt; i++) {
		next = r->link[at];
		r->desc[at] = ring_fill(&seg[i], i >= out_cnt, i == cnt - 1,
		    next);
		at = next;
	}
	r->free_head = at;
	r->free_cnt = (uint16_t)(r->free_cnt - cnt);
	r->chain[head].desc_cnt = (uint16_t)cnt;
	return head;
}

static void
ring_free(struct ring *r, uint16_t head)
{
	uint16_t	 at = head;
	unsigned	 i, cnt = r->chain[head].desc_cnt;

	for (i = 1; i < cnt; i++)
		at = r->link[at];
	r->link[at] = r->free_head;
	r->free_head = head;
	r->free_cnt = (uint16_t)(r->free_cnt + cnt);
	memset(&r->chain[head], 0, sizeof(r->chain[head]));
}

void
ring_desc(struct ring *r, uint16_t at, struct vring_desc d)
{
	r->desc[at] = d;
}

void
ring_publish(struct ring *r, uint16_t head)
{
	r->avail->ring[r->next_avail & (r->num - 1)] = head;
	if (head < r->num)
		r->chain[head].busy = true;
	atomic_thread_fence(memory_order_seq_cst);
	r->next_avail++;
	*(volatile uint16_t *)&r->avail->idx = r->next_avail;
	atomic_thread_fence(memory_order_seq_cst);
}

void
ring_kick(struct ring *r, bool always)
{
	const uint64_t	 one = 1;
	uint16_t	 event;
	bool		 want;

	atomic_thread_fence(memory_order_seq_cst);
	if (r->event_idx) {
		event = *(volatile uint16_t *)ring_avail_event(r);
		want = vring_need_event(event, r->next_avail, r->kicked);
	} else {
		want = (*(volatile uint16_t *)&r->used->flags &
		    VRING_USED_F_NO_NOTIFY) == 0;
	}
	r->kicked = r->next_avail;
	if (want || always)
		(void)!write(r->kick, &one, sizeof(one));
}

void
ring_collect(struct ring *r)
{
	struct vring_used_elem	*e;

	while (*(volatile uint16_t *)&r->used->idx != r->last_used) {
		atomic_thread_fence(memory_order_seq_cst);
		e = &r->used->ring[r->last_used & (r->num - 1)];
		r->last_used++;
		if (e->id >= r->num || !r->chain[e->id].busy ||
		    r->chain[e->id].done) {
			r->bad_used++;
			continue;
		}
		r->chain[e->id].done = true;
		r->chain[e->id].used_len = e->len;
	}
	if (r->event_idx)
		*(volatile uint16_t *)ring_used_event(r) = r->last_used;
	atomic_thread_fence(memory_order_seq_cst);
}

void
ring_forget(struct ring *r)
{
	ring_collect(r);
	memset(r->chain, 0, sizeof(r->chain));
	r->bad_used = 0;
}

static int64_t
ring_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Sleep until the device does something or the time is over. */
static int
ring_sleep(struct ring *r, int64_t until, int hup_fd)
{
	struct pollfd	 pfd[3] = {
		{ .fd = r->call, .events = POLLIN },
		{ .fd = r->err, .events = POLLIN },
		{ .fd = hup_fd, .events = POLLRDHUP },
	};
	int64_t		 left = until - ring_now();

	if (left <= 0)
		return ETIMEDOUT;
	if (poll(pfd, 3, (int)left) == 0)
		return ETIMEDOUT;
	if (pfd[0].revents != 0) {
		ring_drain(r->call);
		return 0;
	}
	return pfd[1].revents != 0 ? ENODEV : ECONNRESET;
}

int
ring_wait(struct ring *r, uint16_t head, int timeout, int hup_fd,
    uint32_t *used_len)
{
	int64_t	 until = ring_now() + timeout;
	int	 err;

	for (err = 0;; err = ring_sleep(r, until, hup_fd)) {
		ring_collect(r);
		/* The index may have moved before used_event was written. */
		ring_collect(r);
		if (r->chain[head].done)
			break;
		if (err != 0)
			return err;
	}
	if (err == ETIMEDOUT)
		r->lost_irq++;
	*used_len = r->chain[head].used_len;
	ring_free(r, head);
	return 0;
}
