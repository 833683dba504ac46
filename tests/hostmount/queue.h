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

#ifndef VIOFSD_HOSTMOUNT_QUEUE_H
#define VIOFSD_HOSTMOUNT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../frontend/ring.h"
#include "hiprio.h"
#include "pool.h"
#include "stats.h"

/* Why a queue asks its owner to look at it. */
enum queue_end {
	QUEUE_RUNS,
	QUEUE_UNMOUNTED,	/* the kernel has ended the connection */
	QUEUE_BROKEN		/* the device has: error event of the ring */
};

/* A request queue: one ring, one device of the kernel, one thread. */
struct queue {
	struct ring		*ring;
	struct hiprio		*hiprio;
	int			 fd;		/* /dev/fuse; ours */
	int			 tell;		/* eventfd, the owner's */
	int			 poll;
	bool			 verbose;
	bool			 refuses;	/* INTERRUPT */
	bool			 listens;	/* fd is in poll */
	bool			 runs;		/* thread has been started */
	pthread_t		 thread;
	struct pool		 pool;
	struct pool_slot	*slot[RING_MAX];	/* in flight, by head */
	unsigned		 slot_cnt;
	uint64_t		 bad_cnt;	/* answers that break a rule */
	enum queue_end		 end;		/* atomic */
	int			 stop;		/* atomic: 0, or errno */
	struct stats		 stats;
};

/*
 * Prepare a queue with slot_cnt requests in flight at most (4 descriptors
 * each must fit in the ring).  fd goes to the queue, also on failure.
 * Returns 0 or a positive errno.
 */
int	queue_open(struct queue *, struct ring *, struct mem *,
	    unsigned slot_cnt, int fd);
void	queue_close(struct queue *);

/* Start the thread.  It writes to tell when end changes. */
int	queue_start(struct queue *);

/*
 * End the thread: what is in flight is answered with err (ENOTCONN, say), and
 * the device is closed.  The last one to be closed ends the connection.
 */
void	queue_stop(struct queue *, int err);

enum queue_end	queue_end(const struct queue *);

#endif
