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
 * Knows: the layout of the shared memory, and its order of loads and stores.
 * Never: what a message says.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "../common/mring.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

/* Without these the peer could take the memory away under our feet. */
#define MRING_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct mring_slot {
	uint32_t len; /* 0: the message is on the socket */
	uint32_t zero;
	char bytes[MRING_SLOT_LEN];
};

/* One direction; each word that somebody polls has its cache line. */
struct mring_half {
	_Alignas(64) uint32_t head;   /* written by the producer, */
	uint32_t cpu;		      /* who was here when it rang */
	uint64_t when;
	_Alignas(64) uint32_t tail;   /* written by the consumer */
	_Alignas(64) uint32_t asleep; /* 1: ring; taken by who rings */
	_Alignas(64) struct mring_slot slot[MRING_SLOTS];
};

struct mring_mem {
	struct mring_half half[2]; /* what side 0 and side 1 say */
};

_Static_assert(sizeof(struct mring_slot) == 1024, "slot");
_Static_assert((MRING_SLOTS & (MRING_SLOTS - 1)) == 0, "indices wrap");

static int
mring_make_mem(int *fd)
{
	*fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (*fd == -1 && errno == EINVAL)
		*fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd == -1)
		return errno;
	if (ftruncate(*fd, sizeof(struct mring_mem)) == -1 ||
	    fcntl(*fd, F_ADD_SEALS, MRING_SEALS) == -1)
		return errno;
	return 0;
}

static void
mring_close(int fds[MRING_FDS])
{
	int i;

	for (i = 0; i < MRING_FDS; i++)
		fd_close(&fds[i]);
}

int
mring_make(int fds[MRING_FDS])
{
	int err;

	fds[0] = fds[1] = fds[2] = -1;
	if ((err = mring_make_mem(&fds[0])) == 0) {
		fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		fds[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fds[1] == -1 || fds[2] == -1)
			err = errno;
	}
	if (err != 0)
		mring_close(fds);
	return err;
}

static int
mring_check(int fd)
{
	struct stat st;
	int seals;

	if ((seals = fcntl(fd, F_GET_SEALS)) == -1)
		return errno;
	/* Not the libc's fstat(3), which is a call that takes a path. */
	if (syscall(SYS_fstat, fd, &st) == -1)
		return errno;
	return (seals & MRING_SEALS) == MRING_SEALS &&
		st.st_size == (off_t)sizeof(struct mring_mem) ?
	    0 :
	    EINVAL;
}

int
mring_map(struct mring *r, int fds[MRING_FDS], unsigned int side)
{
	void *p;
	int err;

	memset(r, 0, sizeof(*r));
	if ((err = mring_check(fds[0])) == 0) {
		p = mmap(NULL, sizeof(struct mring_mem), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fds[0], 0);
		if (p == MAP_FAILED)
			err = errno;
	}
	if (err != 0) {
		mring_close(fds);
		return err;
	}
	fd_close(&fds[0]);
	r->mem = p;
	r->out = &r->mem->half[side];
	r->in = &r->mem->half[!side];
	r->bell_in = fds[1 + side];
	r->bell_out = fds[2 - side];
	return 0;
}

void
mring_unmap(struct mring *r)
{
	if (r->mem == NULL)
		return;
	munmap(r->mem, sizeof(*r->mem));
	r->mem = NULL;
	fd_close(&r->bell_in);
	fd_close(&r->bell_out);
}

unsigned int
mring_free(const struct mring *r)
{
	uint32_t tail = __atomic_load_n(&r->out->tail, __ATOMIC_ACQUIRE);
	uint32_t used = r->out_head - tail;

	return used < MRING_SLOTS ? MRING_SLOTS - used : 0;
}

int
mring_room(const struct mring *r)
{
	return mring_free(r) > 0;
}

static struct mring_slot *
mring_slot(struct mring_half *h, uint32_t i)
{
	return &h->slot[i & (MRING_SLOTS - 1)];
}

void *
mring_begin(struct mring *r)
{
	return mring_slot(r->out, r->out_head)->bytes;
}

void
mring_put(struct mring *r, size_t len)
{
	struct mring_slot *s = mring_slot(r->out, r->out_head);

	__atomic_store_n(&s->len, (uint32_t)len, __ATOMIC_RELAXED);
	__atomic_store_n(&r->out->head, ++r->out_head, __ATOMIC_RELEASE);
	if (++r->unrung == MRING_BELL_EACH)
		mring_bell(r);
}

void
mring_put_elsewhere(struct mring *r)
{
	mring_put(r, 0);
}

int
mring_take(struct mring *r, void *dst, size_t *len)
{
	uint32_t head = __atomic_load_n(&r->in->head, __ATOMIC_ACQUIRE);
	const struct mring_slot *s;

	if (head == r->in_tail)
		return EAGAIN;
	if (head - r->in_tail > MRING_SLOTS)
		return EPROTO;
	s = mring_slot(r->in, r->in_tail);
	*len = __atomic_load_n(&s->len, __ATOMIC_RELAXED);
	if (*len > MRING_SLOT_LEN)
		return EPROTO;
	memcpy(dst, s->bytes, *len);
	__atomic_store_n(&r->in->tail, ++r->in_tail, __ATOMIC_RELEASE);
	return 0;
}

uint32_t
mring_waiting(const struct mring *r)
{
	return __atomic_load_n(&r->in->head, __ATOMIC_ACQUIRE) - r->in_tail;
}

void
mring_bell(struct mring *r)
{
	const uint64_t one = 1;

	if (r->unrung == 0)
		return;
	r->unrung = 0;
	/* The head must be seen by who looks at it before he sleeps. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&r->out->asleep, __ATOMIC_RELAXED) == 0 ||
	    __atomic_exchange_n(&r->out->asleep, 0, __ATOMIC_SEQ_CST) == 0)
		return;
	/* A full counter has woken the peer already. */
	if (write(r->bell_out, &one, sizeof(one)) == -1 && errno != EAGAIN)
		log_warn("bell");
}

void
mring_here(struct mring *r, uint32_t cpu, uint64_t when)
{
	if (r->unrung == 0)
		return;
	__atomic_store_n(&r->out->cpu, cpu, __ATOMIC_RELAXED);
	__atomic_store_n(&r->out->when, when, __ATOMIC_RELAXED);
}

void
mring_where(const struct mring *r, uint32_t *cpu, uint64_t *when)
{
	*cpu = __atomic_load_n(&r->in->cpu, __ATOMIC_RELAXED);
	*when = __atomic_load_n(&r->in->when, __ATOMIC_RELAXED);
}

int
mring_arm(struct mring *r)
{
	__atomic_store_n(&r->in->asleep, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&r->in->head, __ATOMIC_SEQ_CST) == r->in_tail)
		return 0;
	mring_disarm(r);
	return 1;
}

void
mring_disarm(struct mring *r)
{
	__atomic_store_n(&r->in->asleep, 0, __ATOMIC_RELAXED);
}
