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
 * Knows: the life of the connection: messages one after the other, waiting
 * for requests in flight, the end.
 * Never: what a message means, FUSE.
 */

#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "vu_int.h"

#define VU_BATCH	16	/* messages before other events have a turn */

static unsigned int
vu_busy(struct vu_dev *d, int idx)
{
	unsigned int i, sum = 0;

	if (idx >= 0)
		return vring_inflight(&d->queues[idx].ring);
	for (i = 0; i < d->queue_max; i++)
		sum += vring_inflight(&d->queues[i].ring);
	return sum;
}

unsigned int
vu_inflight(struct vu_dev *d)
{
	return vu_busy(d, -1);
}

struct vring *
vu_ring(struct vu_dev *d, unsigned int idx)
{
	return idx < d->queue_max ? &d->queues[idx].ring : NULL;
}

int
vu_ring_running(struct vu_dev *d, unsigned int idx)
{
	return idx < d->queue_max && vring_running(&d->queues[idx].ring);
}

int
vu_wait(struct vu_dev *d, int idx)
{
	unsigned int i;

	for (i = 0; i < d->queue_max; i++)
		if (idx < 0 || i == (unsigned int)idx)
			vring_hold(&d->queues[i].ring, 1);
	d->holding = 1;
	if (vu_busy(d, idx) == 0)
		return 0;
	d->waiting = 1;
	d->wait_queue = idx;
	if (d->ops->drain != NULL)
		d->ops->drain(d->arg);
	return EINPROGRESS;
}

/* Kicks that came meanwhile found nothing to pop: look again. */
static void
vu_release(struct vu_dev *d)
{
	unsigned int i;

	if (!d->holding || d->ending)
		return;
	d->holding = 0;
	for (i = 0; i < d->queue_max; i++) {
		vring_hold(&d->queues[i].ring, 0);
		vu_queue_wake(&d->queues[i]);
	}
}

/* The connection is to end, as soon as nothing is in flight. */
static void
vu_end(struct vu_dev *d, int clean)
{
	if (d->ending)
		return;
	d->ending = 1;
	d->clean = clean;
	if (d->sock_ev != NULL)
		event_del(d->sock_ev);
	vu_msg_clear(&d->msg);
	if (vu_wait(d, -1) == 0) {
		d->waiting = 1;
		d->wait_queue = -1;
		event_active(d->resume_ev, EV_TIMEOUT, 0);
	}
}

static void
vu_over(struct vu_dev *d)
{
	unsigned int i;
	int clean = d->clean;

	for (i = 0; i < d->queue_max; i++) {
		vu_queue_reset(&d->queues[i]);
		vring_hold(&d->queues[i].ring, 0);
	}
	gmem_clear(&d->mem);
	if (d->sock_ev != NULL)
		event_free(d->sock_ev);
	d->sock_ev = NULL;
	fd_close(&d->fd);
	fd_close(&d->backend_fd);
	d->features = 0;
	d->proto = 0;
	d->holding = 0;
	d->ending = 0;
	d->ops->reset(d->arg);
	d->ops->gone(d->arg, clean);
}

/* Tell the front-end how its message ended, if it wants to know. */
static int
vu_reply(struct vu_dev *d, const struct vu_row *row, int err)
{
	struct vu_msg *m = &d->msg;
	uint64_t status = (uint64_t)err;

	if (row->reply && err != 0)
		return err;
	if (err != 0)
		log_guest(LOG_KEY_VHOST, "%s refused: %s", row->name,
		    strerror(err));
	if (row->reply)
		return vu_msg_reply(d->fd, m, &m->body, m->hdr.size);
	if ((d->proto & VU_PF_REPLY_ACK) == 0 ||
	    (m->hdr.flags & VU_NEED_REPLY) == 0)
		return 0;
	return vu_msg_reply(d->fd, m, &status, sizeof(status));
}

/*
 * Handle the message that is complete.  0: the next one may be read;
 * EINPROGRESS: not before this one went on; another errno: the end.
 */
static int
vu_dispatch(struct vu_dev *d)
{
	struct vu_msg *m = &d->msg;
	const struct vu_row *row;
	int err;

	row = vu_row(d, m->hdr.request);
	if (row == NULL) {
		log_guest(LOG_KEY_VHOST, "request %u is unknown or was not "
		    "negotiated", m->hdr.request);
		vu_end(d, 0);
		return EPROTO;
	}
	err = vu_msg_check(row, m);
	if (err == 0)
		err = row->handler(d, m);
	if (err == EINPROGRESS) {
		event_del(d->sock_ev);
		return err;
	}
	err = vu_reply(d, row, err);
	vu_msg_clear(m);
	if (err == 0) {
		vu_release(d);
		return 0;
	}
	log_guest(LOG_KEY_VHOST, "%s: no answer: %s", row->name,
	    strerror(err));
	vu_end(d, err == EPIPE || err == ECONNRESET);
	return err;
}

static void
vu_readable(evutil_socket_t fd, short what, void *arg)
{
	struct vu_dev *d = arg;
	unsigned int i;
	int err = 0;

	(void)what;
	for (i = 0; i < VU_BATCH && err == 0 && !d->ending; i++) {
		err = vu_msg_read((int)fd, &d->msg);
		if (err == 0) {
			err = vu_dispatch(d);
		} else if (err == ECONNRESET) {
			/* No VMM stops in the middle of a message. */
			vu_end(d, d->msg.got_len == 0);
		} else if (err != EAGAIN) {
			log_guest(LOG_KEY_VHOST, "connection: %s",
			    strerror(err));
			vu_end(d, 0);
		}
	}
}

/* Nothing is in flight any more where somebody waits for that. */
static void
vu_resume(evutil_socket_t fd, short what, void *arg)
{
	struct vu_dev *d = arg;

	(void)fd;
	(void)what;
	if (!d->waiting || vu_busy(d, d->wait_queue) > 0)
		return;
	d->waiting = 0;
	if (d->ending) {
		vu_over(d);
		return;
	}
	/* First, for the message may want to wait for more. */
	if (event_add(d->sock_ev, NULL) == -1) {
		vu_end(d, 0);
		return;
	}
	vu_dispatch(d);
}

void
vu_idle(struct vu_dev *d)
{
	if (d->waiting && vu_busy(d, d->wait_queue) == 0)
		event_active(d->resume_ev, EV_TIMEOUT, 0);
}

int
vu_draining(const struct vu_dev *d)
{
	return d->waiting;
}

/* Which descriptors can't be waited for is up to the front-end. */
static void
vu_event_log(int severity, const char *msg)
{
	if (severity >= EVENT_LOG_WARN)
		log_guest(LOG_KEY_VHOST, "libevent: %s", msg);
}

void
vu_init(struct vu_dev *d, struct event_base *base,
    const struct vu_config *config, const struct vu_ops *ops, void *arg)
{
	unsigned int i;
	int err;

	memset(d, 0, sizeof(*d));
	if (config->queue_max == 0 || config->queue_max > VU_QUEUE_MAX)
		fatalx("%u queues", config->queue_max);
	d->base = base;
	d->ops = ops;
	d->arg = arg;
	d->queue_max = config->queue_max;
	d->num_request_queues = config->num_request_queues;
	if (config->tag != NULL) {
		d->has_tag = 1;
		memcpy(d->tag, config->tag, VU_TAG_LEN);
	}
	d->fd = -1;
	d->backend_fd = -1;
	event_set_log_callback(vu_event_log);
	gmem_init(&d->mem);
	vu_msg_init(&d->msg);
	err = gmem_guard(&d->mem);
	for (i = 0; i < d->queue_max && err == 0; i++)
		err = vu_queue_init(&d->queues[i], d, i);
	d->resume_ev = event_new(base, -1, EV_PERSIST, vu_resume, d);
	if (err != 0 || d->resume_ev == NULL)
		fatalx("vhost-user device: %s", strerror(err));
}

int
vu_start(struct vu_dev *d, int connfd)
{
	if (d->fd != -1 || d->ending) {
		fd_close(&connfd);
		return EBUSY;
	}
	d->sock_ev = event_new(d->base, connfd, EV_READ | EV_PERSIST,
	    vu_readable, d);
	if (d->sock_ev == NULL || event_add(d->sock_ev, NULL) == -1) {
		if (d->sock_ev != NULL)
			event_free(d->sock_ev);
		d->sock_ev = NULL;
		fd_close(&connfd);
		return ENOMEM;
	}
	d->fd = connfd;
	return 0;
}

void
vu_stop(struct vu_dev *d)
{
	vu_end(d, 1);
}

void
vu_fini(struct vu_dev *d)
{
	unsigned int i;

	for (i = 0; i < d->queue_max; i++)
		vring_fini(&d->queues[i].ring);
	event_free(d->resume_ev);
	d->resume_ev = NULL;
}
