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

#ifndef VIOFSD_TRANSPORT_VU_H
#define VIOFSD_TRANSPORT_VU_H

#include <stdint.h>

#include <event2/event.h>

#include "gmem.h"
#include "vring.h"
#include "vu_msg.h"

/*
 * The device as the front-end sees it: one vhost-user connection (QEMU's
 * docs/interop/vhost-user.rst), guest memory and the rings.  Event thread
 * only.
 */

#define VU_QUEUE_MAX	33	/* hiprio and at most 32 request queues */
#define VU_TAG_LEN	36	/* virtio 1.2 section 5.11.4 */

struct vu_config {
	unsigned int queue_max;		/* 1..VU_QUEUE_MAX, queue 0 included */
	const char *tag;		/* VU_TAG_LEN bytes padded with NUL, or
					   NULL: no CONFIG feature */
	uint32_t num_request_queues;	/* in the configuration space */
};

struct vu_ops {
	/* A kick came or the ring was started: pop until EAGAIN. */
	void	(*ring_ready)(void *arg, unsigned int idx);
	/*
	 * A message or the end waits for what is in flight: end what would
	 * not end by itself.  May be NULL.
	 */
	void	(*drain)(void *arg);
	/*
	 * The device was reset or the connection is gone.  Nothing is in
	 * flight, all rings are stopped: drop the FUSE session.
	 */
	void	(*reset)(void *arg);
	/*
	 * The connection ended, after reset().  clean: the front-end closed
	 * it between two messages, or vu_stop(); otherwise it was because of
	 * what the front-end sent.
	 * vu_start() may be called from here.
	 */
	void	(*gone)(void *arg, int clean);
};

struct vu_dev;

struct vu_queue {
	struct vu_dev *dev;
	struct vring ring;
	struct event *kick_ev;
	int kick_fd;
	int enabled;
	int addr_set;
	struct vring_addr addr;
	uint32_t num;			/* 0 = not set */
	uint16_t base;
};

/* The fields belong to vu_*.c. */
struct vu_dev {
	struct event_base *base;
	const struct vu_ops *ops;
	void *arg;
	unsigned int queue_max;
	int has_tag;
	char tag[VU_TAG_LEN];
	uint32_t num_request_queues;

	int fd;				/* the connection, -1 = none */
	int backend_fd;			/* SET_BACKEND_REQ_FD, never used */
	struct event *sock_ev;
	struct event *resume_ev;
	int ending;			/* the connection is to be closed */
	int clean;			/* how it ends */
	int holding;			/* some rings are held */
	int waiting;			/* a message or the end is deferred */
	int wait_queue;			/* for which queue, -1 = for all */

	uint64_t features;
	uint64_t proto;
	struct gmem mem;
	struct vu_msg msg;
	struct vu_queue queues[VU_QUEUE_MAX];
};

/*
 * Set up without a connection; setup code, ends the process on failure.
 * config is copied, ops is not.  Installs gmem's SIGBUS handler, and sends
 * what libevent has to say to the log.
 */
void	vu_init(struct vu_dev *, struct event_base *, const struct vu_config *,
	    const struct vu_ops *, void *arg);

/*
 * Serve an accepted connection, whose descriptor is ours from now on, also on
 * failure.  EBUSY: there is one already; ENOMEM.
 */
int	vu_start(struct vu_dev *, int connfd);

/*
 * Requests have been pushed: a message or an end that waits for them may go
 * on (from the event loop, not from inside this call).  To be called on the
 * event thread after every batch of pushes; cheap when nothing waits.
 */
void	vu_idle(struct vu_dev *);

/* A message or the end waits: nothing may start to wait without an end. */
int	vu_draining(const struct vu_dev *);

/* The ring of queue idx, NULL if idx >= queue_max. */
struct vring *vu_ring(struct vu_dev *, unsigned int idx);
int	vu_ring_running(struct vu_dev *, unsigned int idx);

/* Requests popped and not yet pushed, over all rings. */
unsigned int vu_inflight(struct vu_dev *);

/*
 * End: no more requests are popped, and when the last one is pushed reset()
 * and gone(1) are called from the event loop, also without a connection.
 */
void	vu_stop(struct vu_dev *);

/* Free what vu_init() made; no connection may be left. */
void	vu_fini(struct vu_dev *);

#endif
