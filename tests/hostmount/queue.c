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
 * Knows: how a request gets from the kernel to the daemon and back.
 * Never: what it asks for, but for the length of its answer.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/epoll.h>

#include <linux/fuse.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "opcode.h"
#include "queue.h"

enum queue_event {
	QUEUE_EV_FUSE,
	QUEUE_EV_CALL,
	QUEUE_EV_ERR,
	QUEUE_EV_WAKE,
	QUEUE_EV_CNT
};

static int
queue_watch(struct queue *q, int fd, enum queue_event what, uint32_t events)
{
	struct epoll_event	 ev = { .events = events };

	ev.data.u32 = what;
	return epoll_ctl(q->poll, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : errno;
}

/* A request wakes one thread, not all of them. */
static int
queue_listen(struct queue *q)
{
	int	 err;

	if (q->listens || q->end != QUEUE_RUNS)
		return 0;
	err = queue_watch(q, q->fd, QUEUE_EV_FUSE, EPOLLIN | EPOLLEXCLUSIVE);
	q->listens = err == 0;
	return err;
}

static void
queue_deaf(struct queue *q)
{
	if (q->listens)
		epoll_ctl(q->poll, EPOLL_CTL_DEL, q->fd, NULL);
	q->listens = false;
}

/* Nothing more is read; what is in flight may still be answered. */
static void
queue_tell(struct queue *q, enum queue_end end)
{
	const uint64_t	 one = 1;

	if (q->end != QUEUE_RUNS)
		return;
	queue_deaf(q);
	__atomic_store_n(&q->end, end, __ATOMIC_RELEASE);
	(void)!write(q->tell, &one, sizeof(one));
}

int
queue_open(struct queue *q, struct ring *r, struct mem *m, unsigned slot_cnt,
    int fd)
{
	int	 err;

	q->ring = r;
	q->fd = fd;
	q->poll = epoll_create1(EPOLL_CLOEXEC);
	err = q->poll == -1 ? errno : pool_open(&q->pool, m, slot_cnt);
	if (err == 0)
		err = queue_listen(q);
	/* Never drained: every write is an edge. */
	if (err == 0)
		err = queue_watch(q, r->call, QUEUE_EV_CALL,
		    EPOLLIN | EPOLLET);
	if (err == 0)
		err = queue_watch(q, r->err, QUEUE_EV_ERR, EPOLLIN | EPOLLET);
	if (err == 0)
		err = queue_watch(q, q->pool.wake, QUEUE_EV_WAKE,
		    EPOLLIN | EPOLLET);
	return err;
}

static void
queue_hangup(struct queue *q)
{
	if (q->fd != -1)
		close(q->fd);
	q->fd = -1;
}

void
queue_close(struct queue *q)
{
	if (q->ring == NULL)
		return;
	queue_hangup(q);
	if (q->poll != -1)
		close(q->poll);
	pool_close(&q->pool);
	q->ring = NULL;
}

enum queue_end
queue_end(const struct queue *q)
{
	return __atomic_load_n(&q->end, __ATOMIC_ACQUIRE);
}

/* Answer for the daemon. */
static void
queue_fail(struct queue *q, uint64_t unique, int err)
{
	struct fuse_out_header	 h;

	memset(&h, 0, sizeof(h));
	h.len = sizeof(h);
	h.error = -err;
	h.unique = unique;
	/* The kernel may have given up on it meanwhile. */
	(void)!write(q->fd, &h, sizeof(h));
}

/* Two pieces if there are data, for each side, as a guest has them. */
static bool
queue_add(struct queue *q, struct pool_slot *s, size_t head_len, size_t len)
{
	struct ring_seg	 seg[4];
	unsigned	 out = 0, in = 0;
	int		 head;

	seg[out].gpa = s->gpa + POOL_PAGE - POOL_FRONT;
	seg[out++].len = (uint32_t)head_len;
	if (len > head_len) {
		seg[out].gpa = seg[0].gpa + head_len;
		seg[out++].len = (uint32_t)(len - head_len);
	}
	seg[out + in].gpa = s->gpa + s->reply;
	seg[out + in++].len = sizeof(struct fuse_out_header);
	if (s->room > 0) {
		seg[out + in].gpa = s->gpa + s->reply +
		    sizeof(struct fuse_out_header);
		seg[out + in++].len = s->room;
	}
	head = ring_add(q->ring, seg, out, in, 0);
	if (head < 0)
		return false;
	memset(s->ptr + s->reply, 0, sizeof(struct fuse_out_header));
	q->slot[head] = s;
	q->slot_cnt++;
	ring_publish(q->ring, (uint16_t)head);
	ring_kick(q->ring, false);
	return true;
}

static void
queue_send(struct queue *q, struct pool_slot *s, size_t len)
{
	const uint8_t		*req = s->ptr + POOL_PAGE - POOL_FRONT;
	struct fuse_in_header	 h;
	size_t			 room;
	int			 err = EIO;

	memcpy(&h, req, sizeof(h));
	s->start = stats_now();
	s->unique = h.unique;
	s->opcode = h.opcode;
	if (h.opcode == FUSE_INTERRUPT && q->refuses) {
		/* ENOSYS: the kernel sends no more of them. */
		err = ENOSYS;
	} else if (opcode_hiprio(h.opcode)) {
		hiprio_send(q->hiprio, s, len);
		return;
	} else {
		room = opcode_room(h.opcode, req + sizeof(h),
		    len - sizeof(h));
		if (pool_place(s, len, room) &&
		    queue_add(q, s, opcode_head(&h, len), len))
			return;
	}
	queue_fail(q, h.unique, err);
	stats_add(&q->stats, h.opcode, s->start, true);
	pool_put(s);
}

/* Read one request.  False if there is none, or no place for it. */
static bool
queue_take(struct queue *q)
{
	struct pool_slot	*s;
	ssize_t			 n;

	s = pool_get(&q->pool);
	if (s == NULL) {
		queue_deaf(q);
		return false;
	}
	n = read(q->fd, s->ptr + POOL_PAGE - POOL_FRONT, POOL_REQ_LEN);
	if (n >= (ssize_t)sizeof(struct fuse_in_header)) {
		queue_send(q, s, (size_t)n);
		return true;
	}
	pool_put(s);
	if (n != -1 || errno == EAGAIN)
		return false;
	/* ENOENT: it was interrupted while it was read. */
	if (errno == ENOENT || errno == EINTR)
		return true;
	queue_tell(q, QUEUE_UNMOUNTED);
	return false;
}

/* Whether the answer may be shown to the kernel. */
static bool
queue_fits(const struct pool_slot *s, const struct fuse_out_header *h,
    uint32_t used_len)
{
	return h->len >= sizeof(*h) && h->len <= used_len &&
	    h->len - sizeof(*h) <= s->room && h->unique == s->unique &&
	    h->error <= 0 && h->error > -512;
}

static void
queue_answer(struct queue *q, struct pool_slot *s, uint32_t used_len)
{
	struct fuse_out_header	 h;
	uint8_t			*buf = s->ptr + s->reply;

	memcpy(&h, buf, sizeof(h));
	if (!queue_fits(s, &h, used_len)) {
		q->bad_cnt++;
		h.error = -EIO;
		queue_fail(q, s->unique, EIO);
	} else {
		if (s->opcode == FUSE_INIT)
			init_limit(buf, h.len);
		if (write(q->fd, buf, h.len) == -1 && errno == EINVAL) {
			q->bad_cnt++;
			queue_fail(q, s->unique, EIO);
		}
		if (s->opcode == FUSE_INIT && q->verbose)
			init_print(buf, h.len, stderr);
	}
	stats_add(&q->stats, s->opcode, s->start, h.error != 0);
	pool_put(s);
}

static void
queue_done(struct queue *q, uint32_t head)
{
	struct pool_slot	*s;
	uint32_t		 used_len;

	if (head >= q->ring->num || !q->ring->chain[head].done)
		return;
	s = q->slot[head];
	q->slot[head] = NULL;
	q->slot_cnt--;
	ring_wait(q->ring, (uint16_t)head, 0, -1, &used_len);
	queue_answer(q, s, used_len);
}

static void
queue_collect(struct queue *q)
{
	struct ring	*r = q->ring;
	uint16_t	 at = r->last_used;

	for (ring_collect(r); at != r->last_used; ring_collect(r))
		for (; at != r->last_used; at++)
			queue_done(q, r->used->ring[at & (r->num - 1)].id);
}

/* Sleep until something happens.  Returns whether there is a request. */
static bool
queue_sleep(struct queue *q)
{
	struct epoll_event	 ev[QUEUE_EV_CNT];
	uint32_t		 seen = 0;
	int			 i, n;

	n = epoll_wait(q->poll, ev, QUEUE_EV_CNT, -1);
	for (i = 0; i < n; i++)
		seen |= 1u << ev[i].data.u32;
	if ((seen & (1u << QUEUE_EV_ERR)) != 0)
		queue_tell(q, QUEUE_BROKEN);
	if ((seen & (1u << QUEUE_EV_WAKE)) != 0)
		queue_listen(q);
	return q->listens && (seen & (1u << QUEUE_EV_FUSE)) != 0;
}

static void *
queue_run(void *arg)
{
	struct queue	*q = arg;
	unsigned	 i;
	bool		 more;
	int		 err;

	while ((err = __atomic_load_n(&q->stop, __ATOMIC_ACQUIRE)) == 0) {
		more = queue_sleep(q);
		queue_collect(q);
		/* Alone there is rarely another: let the next sleep tell. */
		while (more)
			more = queue_take(q) && q->slot_cnt > 1;
	}
	queue_collect(q);
	for (i = 0; i < q->ring->num; i++)
		if (q->slot[i] != NULL)
			queue_fail(q, q->slot[i]->unique, err);
	queue_hangup(q);
	return NULL;
}

int
queue_start(struct queue *q)
{
	int	 err;

	err = pthread_create(&q->thread, NULL, queue_run, q);
	q->runs = err == 0;
	return err;
}

void
queue_stop(struct queue *q, int err)
{
	const uint64_t	 one = 1;

	if (!q->runs)
		return;
	__atomic_store_n(&q->stop, err, __ATOMIC_RELEASE);
	(void)!write(q->pool.wake, &one, sizeof(one));
	pthread_join(q->thread, NULL);
	q->runs = false;
}
