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

#ifndef VIOFSD_HOSTMOUNT_HIPRIO_H
#define VIOFSD_HOSTMOUNT_HIPRIO_H

#include <pthread.h>

#include "../frontend/ring.h"
#include "pool.h"
#include "stats.h"

/* The high priority queue: requests without an answer, from all threads. */
struct hiprio {
	pthread_mutex_t		 lock;		/* everything below */
	struct ring		*ring;
	struct pool_slot	*slot[RING_MAX];	/* by head */
	struct stats		 stats;
};

void	hiprio_open(struct hiprio *, struct ring *);
void	hiprio_close(struct hiprio *);

/*
 * Send the request of len bytes in this slot.  The slot is given back when
 * the device has taken it, or at once if the ring is full: then it is lost.
 */
void	hiprio_send(struct hiprio *, struct pool_slot *, size_t len);

/* Give back what the device has taken: when the call eventfd is readable. */
void	hiprio_collect(struct hiprio *);

#endif
