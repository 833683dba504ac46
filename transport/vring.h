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

#ifndef VIOFSD_TRANSPORT_VRING_H
#define VIOFSD_TRANSPORT_VRING_H

#include <sys/uio.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "gmem.h"

/*
 * One split virtqueue, device side (virtio 1.2 section 2.7).
 *
 * Threads: vring_push(), vring_notify() and vring_inflight() from any thread;
 * everything else from the event thread only.
 */

#define VRING_NUM_MAX	32768		/* descriptors, virtio 1.2 2.7 */
#define VRING_CHAIN_MAX	1040		/* pieces of one chain */
#define VRING_CHAIN_LEN	(16U << 20)	/* bytes of one chain */

/* A request: where its bytes are.  Pieces that touch are merged. */
struct vring_chain {
	uint16_t head;			/* for vring_push() */
	struct vring *vring;
	unsigned int in_cnt;		/* pieces the device reads */
	unsigned int out_cnt;		/* pieces the device writes */
	size_t in_len, out_len;		/* their bytes */
	/* iov[0..in_cnt) to be read, iov[in_cnt..in_cnt + out_cnt) written */
	struct iovec iov[VRING_CHAIN_MAX];
};

/* Where the front-end says the three parts are (front-end addresses). */
struct vring_addr {
	uint64_t desc, avail, used;
};

struct vring_setup {
	struct vring_addr addr;
	uint32_t num;			/* descriptors, a power of two */
	uint16_t base;			/* first available index to take */
	int event_idx;			/* VIRTIO_F_EVENT_IDX negotiated */
};

struct vring {
	struct gmem *mem;
	unsigned int index;		/* queue number, for the log */

	/* event thread only */
	uint16_t last_avail;		/* next available index to take */
	uint16_t avail_seen;		/* last value read from the ring */
	uint8_t held;
	uint8_t quiet;			/* kicks are switched off (flags) */
	int err_fd;

	_Atomic unsigned int inflight;	/* popped, not yet pushed */
	_Atomic int broken;

	/*
	 * What follows is changed under the lock, most of it by the event
	 * thread only, which may therefore read that without.
	 */
	pthread_mutex_t lock;
	int running;
	int event_idx;
	uint32_t num;
	const struct vring_part_desc *desc;
	const uint16_t *avail;
	struct vring_part_used *used;
	uint16_t used_idx;		/* next used index to write */
	uint16_t told_idx;		/* used_idx when we last decided */
	uint8_t told;			/* told_idx is valid */
	_Atomic uint8_t fresh;		/* pushed since the last decision */
	int call_fd;
};

/* A stopped ring without descriptors; 0 or errno. */
int	vring_init(struct vring *, struct gmem *, unsigned int index);

/* Close the descriptors of a stopped ring and free its lock. */
void	vring_fini(struct vring *);

/*
 * Would vring_start() find the ring in guest memory?  EINVAL: num is not a
 * power of two in 1..VRING_NUM_MAX, or a part is misaligned; EFAULT: a part
 * is not inside one region.
 */
int	vring_check(struct gmem *, const struct vring_setup *);

/*
 * Start a stopped ring, not broken any more.  Errors as vring_check().
 * The used index continues from what guest memory says.
 */
int	vring_start(struct vring *, const struct vring_setup *);

/*
 * Stop: pop and push no longer touch guest memory.  Tells the guest about
 * what was pushed before.  Returns the next available index, the base to
 * start from again.
 */
uint16_t vring_stop(struct vring *);

int	vring_running(struct vring *);

/* While a ring is held, vring_pop() says EAGAIN. */
void	vring_hold(struct vring *, int on);

/*
 * Take a descriptor (or -1) for the guest's interrupts, or for errors, and
 * close the one before.  A running ring signals a new call descriptor once:
 * an interrupt could have gone to the old one after the front-end looked.
 */
void	vring_set_call(struct vring *, int fd);
void	vring_set_err(struct vring *, int fd);

/*
 * The next request.
 * 0: *chain is filled; every popped chain must be pushed, once.
 * EAGAIN: none, or ring stopped, held or broken.  The guest will kick when
 *	   there is more, so pop until EAGAIN; who stops earlier must come
 *	   back by himself.
 * EPROTO: the guest broke the ring with this very entry: logged, error event
 *	   signalled, EAGAIN from now on until the ring is started again.
 */
int	vring_pop(struct vring *, struct vring_chain *);

/*
 * Give a chain back, len bytes of its writable part having been written.  The
 * guest sees it at once, but is not told before vring_notify().
 */
void	vring_push(struct vring *, uint16_t head, uint32_t len);

/*
 * Interrupt the guest if anything was pushed since the last call and the
 * guest wants to know.  Call it once per batch.
 */
void	vring_notify(struct vring *);

/* Chains popped and not yet pushed. */
unsigned int vring_inflight(struct vring *);

#endif
