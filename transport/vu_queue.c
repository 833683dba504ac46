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
 * Knows: when a ring runs: everything set, kick descriptor there, enabled.
 * Never: the layout of a ring, requests.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "sysfd.h"
#include "vu_int.h"

/* The u64 of SET_VRING_KICK, CALL and ERR. */
#define VU_VRING_IDX_MASK	0xffu
#define VU_VRING_NOFD		0x100u

static void
vu_queue_kicked(evutil_socket_t fd, short what, void *arg)
{
	struct vu_queue *q = arg;

	(void)fd;
	(void)what;
	/* Edge-triggered: nobody has to read the counter. */
	if (vring_running(&q->ring))
		q->dev->ops->ring_ready(q->dev->arg, q->ring.index);
}

int
vu_queue_init(struct vu_queue *q, struct vu_dev *d, unsigned int idx)
{
	memset(q, 0, sizeof(*q));
	q->dev = d;
	q->kick_fd = -1;
	return vring_init(&q->ring, &d->mem, idx);
}

static void
vu_queue_unkick(struct vu_queue *q)
{
	if (q->kick_ev != NULL)
		event_free(q->kick_ev);
	q->kick_ev = NULL;
	fd_close(&q->kick_fd);
}

void
vu_queue_reset(struct vu_queue *q)
{
	vu_queue_stop(q);
	vu_queue_unkick(q);
	vring_set_call(&q->ring, -1);
	vring_set_err(&q->ring, -1);
	q->enabled = 0;
	q->addr_set = 0;
	q->num = 0;
	q->base = 0;
}

void
vu_queue_stop(struct vu_queue *q)
{
	if (vring_running(&q->ring))
		q->base = vring_stop(&q->ring);
}

static struct vring_setup
vu_queue_setup(const struct vu_queue *q)
{
	struct vring_setup s = {
		.addr = q->addr,
		.num = q->num,
		.base = q->base,
		.event_idx = (q->dev->features & VU_F_EVENT_IDX) != 0,
	};

	return s;
}

int
vu_queue_start(struct vu_queue *q)
{
	struct vring_setup s = vu_queue_setup(q);
	int err;

	/* Without protocol features there is no SET_VRING_ENABLE. */
	if (vring_running(&q->ring) || q->kick_ev == NULL || !q->addr_set ||
	    q->num == 0 || (!q->enabled &&
	    (q->dev->features & VU_F_PROTOCOL_FEATURES) != 0))
		return 0;
	err = vring_start(&q->ring, &s);
	if (err == 0)
		vu_queue_wake(q);
	return err;
}

void
vu_queue_wake(struct vu_queue *q)
{
	if (vring_running(&q->ring))
		event_active(q->kick_ev, EV_READ, 0);
}

static struct vu_queue *
vu_queue_at(struct vu_dev *d, uint64_t idx)
{
	return idx < d->queue_max ? &d->queues[idx] : NULL;
}

int
vu_on_vring_num(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q = vu_queue_at(d, m->body.state.index);
	uint32_t num = m->body.state.num;

	if (q == NULL || num == 0 || num > VRING_NUM_MAX ||
	    (num & (num - 1)) != 0)
		return EINVAL;
	if (vring_running(&q->ring))
		return EBUSY;
	q->num = num;
	return 0;
}

int
vu_on_vring_addr(struct vu_dev *d, struct vu_msg *m)
{
	const struct vu_addr *a = &m->body.addr;
	struct vu_queue *q = vu_queue_at(d, a->index);
	struct vring_setup s;
	int err;

	/* The only flag is about a log that we do not offer. */
	if (q == NULL || a->flags != 0)
		return EINVAL;
	s = vu_queue_setup(q);
	s.addr.desc = a->desc;
	s.addr.avail = a->avail;
	s.addr.used = a->used;
	if (q->num != 0) {
		err = vring_check(&d->mem, &s);
		if (err != 0)
			return err;
	}
	if (vring_running(&q->ring)) {
		err = vu_wait(d, (int)a->index);
		if (err != 0)
			return err;
		vu_queue_stop(q);
	}
	q->addr = s.addr;
	q->addr_set = 1;
	return vu_queue_start(q);
}

int
vu_on_vring_base(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q = vu_queue_at(d, m->body.state.index);

	if (q == NULL || m->body.state.num > UINT16_MAX)
		return EINVAL;
	if (vring_running(&q->ring))
		return EBUSY;
	q->base = (uint16_t)m->body.state.num;
	return 0;
}

int
vu_on_vring_get_base(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q = vu_queue_at(d, m->body.state.index);
	int err;

	if (q == NULL)
		return EINVAL;
	err = vu_wait(d, (int)m->body.state.index);
	if (err != 0)
		return err;
	vu_queue_stop(q);
	/* It starts again with the next SET_VRING_KICK. */
	vu_queue_unkick(q);
	m->body.state.num = q->base;
	m->hdr.size = sizeof(m->body.state);
	return 0;
}

int
vu_on_vring_enable(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q = vu_queue_at(d, m->body.state.index);
	int err;

	if (q == NULL || m->body.state.num > 1 ||
	    (d->features & VU_F_PROTOCOL_FEATURES) == 0)
		return EINVAL;
	if (m->body.state.num == 0 && vring_running(&q->ring)) {
		err = vu_wait(d, (int)m->body.state.index);
		if (err != 0)
			return err;
		vu_queue_stop(q);
	}
	q->enabled = (int)m->body.state.num;
	return vu_queue_start(q);
}

/*
 * The queue of a message with an eventfd and that descriptor, which is still
 * the message's, or -1.
 */
static int
vu_queue_eventfd(struct vu_dev *d, const struct vu_msg *m,
    struct vu_queue **q, int *fd)
{
	struct stat st;
	int flags;

	*q = vu_queue_at(d, m->body.u64 & VU_VRING_IDX_MASK);
	if (*q == NULL ||
	    (m->body.u64 & ~(uint64_t)(VU_VRING_IDX_MASK | VU_VRING_NOFD)) != 0
	    || ((m->body.u64 & VU_VRING_NOFD) != 0) != (m->fd_cnt == 0))
		return EINVAL;
	*fd = -1;
	if (m->fd_cnt == 0)
		return 0;
	if (sysfd_stat(m->fds[0], &st) == -1)
		return errno;
	/* An eventfd is an anonymous inode, which has no file type. */
	if ((st.st_mode & S_IFMT) != 0)
		return EINVAL;
	flags = fcntl(m->fds[0], F_GETFL);
	if (flags == -1 ||
	    fcntl(m->fds[0], F_SETFL, flags | O_NONBLOCK) == -1)
		return errno;
	*fd = m->fds[0];
	return 0;
}

int
vu_on_vring_kick(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q;
	struct event *ev;
	int fd, err;

	err = vu_queue_eventfd(d, m, &q, &fd);
	if (err != 0)
		return err;
	/* That would be a ring to be polled. */
	if (fd == -1)
		return EOPNOTSUPP;
	ev = event_new(d->base, fd, EV_READ | EV_ET | EV_PERSIST,
	    vu_queue_kicked, q);
	if (ev == NULL)
		return ENOMEM;
	if (event_add(ev, NULL) == -1) {
		event_free(ev);
		return EINVAL;
	}
	vu_queue_unkick(q);
	q->kick_ev = ev;
	q->kick_fd = vu_msg_take(m, 0);
	/* A kick may have gone to the old one. */
	vu_queue_wake(q);
	return vu_queue_start(q);
}

int
vu_on_vring_call(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q;
	int fd, err;

	err = vu_queue_eventfd(d, m, &q, &fd);
	if (err == 0)
		vring_set_call(&q->ring, vu_msg_take(m, 0));
	return err;
}

int
vu_on_vring_err(struct vu_dev *d, struct vu_msg *m)
{
	struct vu_queue *q;
	int fd, err;

	err = vu_queue_eventfd(d, m, &q, &fd);
	if (err == 0)
		vring_set_err(&q->ring, vu_msg_take(m, 0));
	return err;
}
