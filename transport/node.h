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

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: which file a nodeid stands for, and how often the guest looked it
 * up.  Event thread only.
 * Never: a name, a path, or a system call; reap.c closes.
 *
 * A nodeid is an index into a table and the generation of its slot; it is
 * never given out twice.  Past the budget of descriptors the nodes that were
 * not used for longest keep only a sealed handle: node_fd() is -1 then, and
 * the broker makes a descriptor of node_seal() (ask.c).
 */

#define NODE_SEAL_OWN	48	/* bytes; what ext4, XFS and tmpfs need */

struct ahead;
struct spare;
struct wkeep_slot;

struct node {
	uint32_t idx;
	uint32_t gen;
	int fd;			/* O_PATH, or -1 */
	uint32_t seal_len;	/* bytes of the seal, 0 = none */
	union {			/* struct msg_seal without its unused end */
		uint8_t own[NODE_SEAL_OWN];
		uint8_t *big;	/* malloc'ed if it is longer */
	} seal;
	TAILQ_ENTRY(node) lru;	/* while it has a descriptor and a seal */
	uint32_t pins;		/* requests and handles that hold it */
	uint32_t uses;		/* requests that need its descriptor */
	uint64_t nlookup;	/* saturates; 0 = gone for the guest */
	uint64_t ino, mnt_id;
	uint32_t dev_major, dev_minor;
	uint32_t mode;		/* as last seen */
	uint32_t no_caps : 1;	/* its mapped security.capability is gone */
	uint32_t listed : 1;	/* came without a descriptor, had none yet */
	uint32_t said : 1;	/* ... by a LOOKUP, see op_known.c */
	uint32_t told : 1;	/* GETATTR was answered without one */
	uint32_t lean : 1;	/* it was listed so, see lean.h */
	uint32_t ahead_aged : 1;	/* these seven: see op_ahead.c */
	uint32_t ahead_asked : 1;
	uint32_t ahead_shift : 4;
	uint16_t ahead_looks;
	uint16_t ahead_found;
	uint16_t ahead_opens;
	uint64_t from;		/* directory that it was looked up in, or 0 */
	struct ahead *ahead;	/* what is in it, if somebody said so */
	struct wkeep_slot *kept;	/* with workers, see wkeep.h */
	struct handle *any;	/* one that is open, for GETATTR */
	struct spare *spare;	/* open, and nobody's; see spare.h */
	struct handle *implicit[2];	/* handle_implicit_get() */
	struct node *next;	/* same hash bucket, or free list */
};

struct fs;
struct handle;
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

/* A file as a worker described it; the seal may be absent. */
struct node_file {
	const struct msg_attr *attr;
	const void *seal;
	size_t seal_len;
	int fd;			/* O_PATH; -1 if the seal has to do */
	int kept;		/* node_reserve() was called for it */
};

/*
 * Keep memory and a descriptor's place for a file that is about to be made,
 * so that nothing is made for a request that fails here.  Returns 0, ENFILE
 * past the budget when no descriptor can be spared, or ENOMEM.  It ends with
 * node_enter() of a file that says so, or with node_unreserve().
 */
int	node_reserve(struct node_table *t);
void	node_unreserve(struct node_table *t);

/*
 * The guest is told about file f: find or make its node and add one lookup.
 * Owns f->fd and sets it to -1, and what was kept for f.  *out is the node.
 * A file with the same number but another handle is another node.  Returns 0;
 * ENFILE past the budget when nothing was kept for f and no descriptor can be
 * spared; ENOMEM; or EIO for a seal that is
 * none, or that is missing like the descriptor.
 */
int	node_enter(struct node_table *t, struct node_file *f,
	    struct node **out);

/* Give n a descriptor again; owns *fd and sets it to -1. */
void	node_set_fd(struct node_table *t, struct node *n, int *fd);

/* The whole seal of n; 0, or ESTALE if it has none. */
int	node_seal(const struct node *n, struct msg_seal *seal);

/* Add one lookup to a node that is known already. */
void	node_again(struct node *n);

/*
 * Take back cnt lookups; more than there are counts as all, the root stays.
 */
void	node_forget(struct node_table *t, struct node *n, uint64_t cnt);

/*
 * At most fd_max nodes may have a descriptor from now on; those that no
 * request uses give theirs up first, oldest first.
 */
void	node_budget(struct node_table *t, unsigned int fd_max);

/* A request needs n's descriptor, or not any more; besides a pin. */
void	node_use(struct node_table *t, struct node *n);
void	node_unuse(struct node *n);

/* Keep n alive, or let it go; each pin needs its unpin. */
void	node_pin(struct node *n);
void	node_unpin(struct node_table *t, struct node *n);

/* Forget everything but the root: DESTROY, a new INIT, a reset. */
void	node_forget_all(struct node_table *t);

/* Live nodes, the root included. */
unsigned int node_count(const struct node_table *t);

#endif
