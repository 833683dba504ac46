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

#ifndef VIOFSD_FRONTEND_RING_H
#define VIOFSD_FRONTEND_RING_H

#include <linux/virtio_ring.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

/*
 * The driver side of a split virtqueue (virtio 1.2, section 2.7).  The three
 * parts are plain pointers so that a hostile test can write what it likes.
 */

#define RING_MAX	1024		/* descriptors of the largest ring */

struct ring_seg {
	uint64_t	 gpa;
	uint32_t	 len;		/* bytes */
};

struct ring_chain {
	bool		 busy;		/* published and not yet collected */
	bool		 done;		/* in the used ring */
	uint32_t	 used_len;	/* bytes, as the device says */
	uint16_t	 desc_cnt;	/* descriptors of the table it took */
};

struct ring {
	struct mem		*mem;
	unsigned		 index;		/* queue number */
	uint16_t		 num;		/* descriptors */
	bool			 event_idx;
	uint64_t		 desc_gpa, avail_gpa, used_gpa;
	struct vring_desc	*desc;
	struct vring_avail	*avail;
	struct vring_used	*used;
	uint16_t		 free_head, free_cnt;
	uint16_t		 link[RING_MAX];	/* free list, chains */
	uint16_t		 base;		/* for SET_VRING_BASE */
	uint16_t		 next_avail;	/* what we publish next */
	uint16_t		 kicked;	/* next_avail at last kick */
	uint16_t		 last_used;	/* what we collect next */
	struct ring_chain	 chain[RING_MAX];
	int			 kick, call, err;	/* eventfds */
	unsigned		 bad_used;	/* used, never asked for */
	unsigned		 lost_irq;	/* used, no notification */
};

/* Lay out a ring of num (a power of two) descriptors and make its eventfds. */
int	ring_open(struct ring *, struct mem *, unsigned index, uint16_t num);
void	ring_close(struct ring *);

/* Back to an empty ring, in guest memory too; the eventfds are drained. */
void	ring_reset(struct ring *);

/*
 * Build a chain of out_cnt device-readable and then in_cnt device-writable
 * segments; with indirect != 0 the descriptors go to a table at that guest
 * address.  Returns the head, or -1 when the ring is full.
 */
int	ring_add(struct ring *, const struct ring_seg *seg, unsigned out_cnt,
	    unsigned in_cnt, uint64_t indirect);

/* Write one descriptor as it stands, without looking at the free list. */
void	ring_desc(struct ring *, uint16_t at, struct vring_desc);

/* Put a head into the available ring and move its index. */
void	ring_publish(struct ring *, uint16_t head);

/* Notify the device if it wants to be, or always. */
void	ring_kick(struct ring *, bool always);

/* Take everything the device has put into the used ring. */
void	ring_collect(struct ring *);

/* No longer wait for anything that was published by hand. */
void	ring_forget(struct ring *);

/*
 * Wait until the chain of this head is done and free it; *used_len is what
 * the device says it wrote.  hup_fd (or -1) is a socket whose end stops the
 * wait.  Returns 0, ETIMEDOUT, ECONNRESET, or ENODEV when the device raised
 * the error event of the ring.
 */
int	ring_wait(struct ring *, uint16_t head, int timeout, int hup_fd,
	    uint32_t *used_len);

#endif
