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

#ifndef VIOFSD_TRANSPORT_NODE_H
#define VIOFSD_TRANSPORT_NODE_H

#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: which file a nodeid stands for, and how often the guest looked it
 * up.  Event thread only.
 * Never: a name, a path, or a system call; reap.c closes.
 *
 * A nodeid is an index into a table and the generation of its slot; it is
 * never given out twice.  A node may be without a descriptor: callers get
 * one through node_fd() and cope with -1.
 */

struct node {
	uint32_t idx;
	uint32_t gen;
	int fd;			/* O_PATH, or -1 */
	uint32_t pins;		/* requests and handles that hold it */
	uint64_t nlookup;	/* saturates; 0 = gone for the guest */
	uint64_t ino, mnt_id;
	uint32_t dev_major, dev_minor;
	uint32_t mode;		/* as last seen */
	struct node *next;	/* same hash bucket, or free list */
};

struct fs;
struct node_table;

/*
 * A table with the share's root as nodeid 1.  It owns rootfd.  fd_max bounds
 * the descriptors that nodes may hold.  NULL if there is no memory.
 */
struct node_table *node_table_new(struct fs *fs, int rootfd,
	    const struct msg_attr *root, unsigned int fd_max);

/* The node of a nodeid that the guest may use, or NULL. */
struct node *node_get(struct node_table *t, uint64_t nodeid);

/* The nodeid of n. */
uint64_t node_id(const struct node *n);

/* Descriptor of n, which stays the node's; -1 if it has none now. */
int	node_fd(const struct node *n);

/*
 * The guest is told about the file described by attr: find or make its node
 * and add one lookup.  Owns *fd and sets it to -1.  *out is the node.
 * Returns 0, ENFILE past the descriptor budget, or ENOMEM.
 */
int	node_enter(struct node_table *t, const struct msg_attr *attr, int *fd,
	    struct node **out);

/* Add one lookup to a node that is known already. */
void	node_again(struct node *n);

/*
 * Take back cnt lookups; more than there are counts as all, the root stays.
 */
void	node_forget(struct node_table *t, struct node *n, uint64_t cnt);

/* Keep n alive, or let it go; each pin needs its unpin. */
void	node_pin(struct node *n);
void	node_unpin(struct node_table *t, struct node *n);

/* Forget everything but the root: DESTROY, a new INIT, a reset. */
void	node_forget_all(struct node_table *t);

/* Live nodes, the root included. */
unsigned int node_count(const struct node_table *t);

#endif
