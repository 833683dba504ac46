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

#ifndef VIOFSD_COMMON_MRING_H
#define VIOFSD_COMMON_MRING_H

#include <stddef.h>
#include <stdint.h>

/*
 * Knows: short messages in memory that two processes share, one ring in each
 * direction, and the bells that wake who sleeps.
 * Never: what a message says; trust in anything that the other side can
 * write: each index is kept here, each slot is copied once.
 *
 * A slot holds a message, or says that the next one is on the socket.
 */

#define MRING_SLOTS 16u	     /* a power of two; few stay in the cache */
#define MRING_SLOT_LEN 1016u /* longest message in a slot */
#define MRING_BELL_EACH 8u   /* messages that may wait for one bell */
#define MRING_NO_CPU UINT32_MAX
#define MRING_FDS 3	     /* memory, bell of side 0, bell of side 1 */

/* MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL, of memfd_create(2). */
#define MRING_MEMFD	0x000bu
#define MRING_MEMFD_OLD	0x0003u	/* ... which came with Linux 6.3 */

/* The sides of the ring between transport and worker. */
#define MRING_WORKER 0
#define MRING_TRANSPORT 1

struct mring_half;
struct mring_mem;

struct mring {
	struct mring_mem *mem; /* NULL: there is no ring */
	struct mring_half *out, *in;
	uint32_t out_head, in_tail; /* ours, whatever the memory says */
	unsigned int unrung;	    /* messages put since the last bell */
	int bell_out, bell_in;	    /* eventfds */
};

/*
 * Make sealed memory and two bells that never block.  Returns 0 or errno;
 * then nothing is open.
 */
int mring_make(int fds[MRING_FDS]);

/*
 * Take over fds as one of the two sides, 0 or 1, after checking the memory's
 * seals and size.  The bells are the ring's afterwards; all are closed on
 * error: EINVAL or the errno of fcntl(2) or mmap(2).
 */
int mring_map(struct mring *r, int fds[MRING_FDS], unsigned int side);

/* Unmap and close; nothing happens without a ring. */
void mring_unmap(struct mring *r);

/*
 * Room for one more message?  A peer that answers what it is asked always
 * leaves some.
 */
int mring_room(const struct mring *r);

/* For how many there is room, by the peer's word: 0..MRING_SLOTS. */
unsigned int mring_free(const struct mring *r);

/* Say that the next message is on the socket.  There must be room. */
void mring_put_elsewhere(struct mring *r);

/* The memory for a message of len bytes, 1..MRING_SLOT_LEN, and its end. */
void *mring_begin(struct mring *r);
void mring_put(struct mring *r, size_t len);

/*
 * Copy the next message to dst.  Returns 0 with its length, 0 for one on the
 * socket; EAGAIN; or EPROTO for what cannot be.
 */
int mring_take(struct mring *r, void *dst, size_t *len);

/* How many messages there are to take, by the peer's word: any number. */
uint32_t mring_waiting(const struct mring *r);

/* Wake the peer if it sleeps and there is something new for it. */
void mring_bell(struct mring *r);

/*
 * Before a bell: tell the peer, if there is something new for it, which
 * processor we run on, or MRING_NO_CPU, and what time it is, CLOCK_MONOTONIC
 * in ns.
 */
void mring_here(struct mring *r, uint32_t cpu, uint64_t when);

/* What the peer told last: any number, and 0 and 0 if it never did. */
void mring_where(const struct mring *r, uint32_t *cpu, uint64_t *when);

/*
 * Have the bell rung from now on.  Returns 1 if there is something already,
 * and then it is not rung.
 */
int mring_arm(struct mring *r);

/* We are awake: no bell, please. */
void mring_disarm(struct mring *r);

#endif
