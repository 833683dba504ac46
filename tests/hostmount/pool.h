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

#ifndef VIOFSD_HOSTMOUNT_POOL_H
#define VIOFSD_HOSTMOUNT_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../frontend/mem.h"

/*
 * A slot of guest memory holds one request and its answer:
 *
 *	0		POOL_PAGE - POOL_FRONT: nothing
 *	POOL_PAGE	data of a WRITE; the request begins POOL_FRONT before
 *	...		a later page: data of the answer, its header ends there
 *
 * so that data are at the start of a page both ways, and request and answer
 * are each one piece for read(2) and write(2) of /dev/fuse.
 */
#define POOL_PAGE	4096u
#define POOL_FRONT	80u		/* fuse_in_header, fuse_write_in */
#define POOL_DATA_MAX	(1u << 20)	/* 256 pages, FUSE's usual most */
#define POOL_REQ_LEN	(POOL_FRONT + POOL_DATA_MAX + POOL_PAGE)
#define POOL_SLOT_LEN	(POOL_DATA_MAX + 8 * POOL_PAGE)

struct pool;

struct pool_slot {
	struct pool		*pool;
	struct pool_slot	*next;		/* free list */
	uint64_t		 gpa;
	uint8_t			*ptr;
	/* The request in flight. */
	uint64_t		 unique;
	uint32_t		 opcode;
	uint32_t		 reply;		/* offset of the answer */
	uint32_t		 room;		/* bytes behind its header */
	int64_t			 start;		/* stats_now() */
};

/* The slots of one queue.  Others may give back, only the queue takes. */
struct pool {
	pthread_mutex_t		 lock;
	struct pool_slot	*list;
	struct pool_slot	*free;
	unsigned		 cnt;
	bool			 starved;	/* pool_get() had none */
	int			 wake;		/* eventfd, ours */
};

/* Cut cnt slots out of guest memory.  Returns 0 or a positive errno. */
int	pool_open(struct pool *, struct mem *, unsigned cnt);
void	pool_close(struct pool *);

/*
 * A free slot, or NULL; then wake becomes readable as soon as there is one
 * again.
 */
struct pool_slot	*pool_get(struct pool *);

/* Give a slot back to the pool it came from. */
void	pool_put(struct pool_slot *);

/*
 * Say where the answer to a request of len bytes lies.  False if it has no
 * place in the slot.
 */
bool	pool_place(struct pool_slot *, size_t len, size_t room);

#endif
