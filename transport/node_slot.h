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

#ifndef VIOFSD_TRANSPORT_NODE_SLOT_H
#define VIOFSD_TRANSPORT_NODE_SLOT_H

#include <sys/queue.h>

#include <stdint.h>

#include "node.h"

/*
 * Knows: the memory of nodes, by index, and that no generation of an index
 * comes again.  Memory of which no node is left is given back.
 * Never: what a node stands for.
 */

/* A fuzz target makes a table for each input: it has small ones. */
#ifndef NODE_CHUNK
#define NODE_CHUNK	1024u		/* nodes per allocation */
#define NODE_CHUNK_MAX	8192u		/* 8 M nodes */
#endif

struct node_chunk {
	TAILQ_ENTRY(node_chunk) entry;	/* of room or gone, if any */
	struct node *node;		/* NODE_CHUNK of them, NULL = gone */
	struct node *free;
	uint32_t used;
	uint32_t gen;			/* its nodes begin with if made anew */
};
TAILQ_HEAD(node_chunk_list, node_chunk);

struct node_slots {
	struct node_chunk *chunk;	/* NODE_CHUNK_MAX of them */
	struct node_chunk_list room;	/* fuller ones first, more or less */
	struct node_chunk_list gone;
	uint32_t cnt;			/* ever made, gone ones included */
	uint32_t empty;			/* in memory without any node */
};

/* Start with no memory at all; 0 or ENOMEM. */
int	node_slots_init(struct node_slots *s);

/*
 * A node with idx and gen set, fd -1, and everything else 0; NULL if there is
 * no memory.  Index 0 is never given out.
 */
struct node *node_slot_new(struct node_slots *s);

/* n is no longer used, and its nodeid will never be used again. */
void	node_slot_free(struct node_slots *s, struct node *n);

/* The node of an index below node_slot_end(), NULL if it has no memory. */
struct node *node_slot_at(const struct node_slots *s, uint32_t idx);
uint32_t node_slot_end(const struct node_slots *s);

#endif
