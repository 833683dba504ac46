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
 * Knows: requests that nobody waits for.
 * Never: those that have an answer.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "hiprio.h"

void
hiprio_open(struct hiprio *h, struct ring *r)
{
	memset(h, 0, sizeof(*h));
	pthread_mutex_init(&h->lock, NULL);
	h->ring = r;
}

void
hiprio_close(struct hiprio *h)
{
	if (h->ring == NULL)
		return;
	pthread_mutex_destroy(&h->lock);
	h->ring = NULL;
}

void
hiprio_send(struct hiprio *h, struct pool_slot *s, size_t len)
{
	struct ring_seg	 seg;
	int		 head;

	seg.gpa = s->gpa + POOL_PAGE - POOL_FRONT;
	seg.len = (uint32_t)len;
	pthread_mutex_lock(&h->lock);
	head = ring_add(h->ring, &seg, 1, 0, 0);
	if (head >= 0) {
		h->slot[head] = s;
		ring_publish(h->ring, (uint16_t)head);
		ring_kick(h->ring, false);
	} else {
		stats_add(&h->stats, s->opcode, s->start, true);
	}
	pthread_mutex_unlock(&h->lock);
	if (head < 0)
		pool_put(s);
}

static void
hiprio_done(struct hiprio *h, uint32_t head)
{
	struct pool_slot	*s;
	uint32_t		 used_len;

	if (head >= h->ring->num || !h->ring->chain[head].done)
		return;
	s = h->slot[head];
	h->slot[head] = NULL;
	ring_wait(h->ring, (uint16_t)head, 0, -1, &used_len);
	stats_add(&h->stats, s->opcode, s->start, false);
	pool_put(s);
}

void
hiprio_collect(struct hiprio *h)
{
	struct ring	*r = h->ring;
	uint16_t	 at;

	pthread_mutex_lock(&h->lock);
	at = r->last_used;
	for (ring_collect(r); at != r->last_used; ring_collect(r))
		for (; at != r->last_used; at++)
			hiprio_done(h, r->used->ring[at & (r->num - 1)].id);
	pthread_mutex_unlock(&h->lock);
}
