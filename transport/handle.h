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

#ifndef VIOFSD_TRANSPORT_HANDLE_H
#define VIOFSD_TRANSPORT_HANDLE_H

#include <sys/queue.h>

#include <stdint.h>

#include "spare.h"

struct batch;
struct cred;
struct fs;
struct node;
struct node_table;
struct req;

/*
 * Knows: which open file or directory an fh stands for.  Event thread only;
 * I/O threads use the descriptor while the request pins the handle.
 * Never: who may open a file.
 */

TAILQ_HEAD(req_list, req);

struct handle {
	uint32_t idx;
	uint32_t gen;
	int fd;			/* -1: see op_dir.h */
	int dir;		/* 1: opened by OPENDIR */
	uint32_t pins;
	int open;		/* 0 after RELEASE */
	int append;		/* the host appends, whatever the offset */
	struct node *node;
	uint32_t class, uid, gid;	/* whose worker opened it */
	struct spare_when asked;	/* and when, if it may be kept */
	uint32_t flags;		/* O_* it was opened with, as far as known */
	/* how file I/O behaves, see op_io.c; hints only */
	_Atomic int no_nowait;	/* the filesystem refuses RWF_NOWAIT */
	_Atomic int cold;	/* so many next requests go to the I/O pool */
	_Atomic int written;	/* FLUSH has something to report */
	/* directory streams have one offset: one request at a time */
	int dir_busy;
	int dir_turn;		/* the next one is being started */
	struct req_list dir_wait;
	struct batch *batch;	/* what is told next, or NULL */
	uint64_t dir_next;	/* where the last READDIRPLUS ended */
	int dir_alone;		/* nothing is asked early any more */
	struct handle *next;	/* free list */
	int implicit;		/* nobody has its fh, see below */
	TAILQ_ENTRY(handle) lru;	/* if it is */
};

/*
 * A guest that need not open files (--no-open) uses fh 0: at most two open
 * files for each node, which all its users share.
 */
enum handle_access {
	HANDLE_READ,		/* or list */
	HANDLE_WRITE,
};

struct handle_table;

/* An empty table for at most max handles; NULL without memory. */
struct handle_table *handle_table_new(struct fs *fs, unsigned int max);

/*
 * Keep a place for a file that is about to be opened, so that nothing is made
 * or cut short on the host for an open that fails here.  Returns 0, ENFILE
 * when the table is full, or ENOMEM.  Each needs its handle_unreserve(), right
 * before handle_new() or when there is nothing to open.
 */
int	handle_reserve(struct handle_table *t);
void	handle_unreserve(struct handle_table *t);

/*
 * Open file fd of node n; owns *fd (set to -1) and pins n.  Returns 0,
 * ENFILE when the table is full and no implicit handle is idle, or ENOMEM; *fd
 * is closed then.  A directory may have none yet: n keeps its own for it.
 */
int	handle_new(struct handle_table *t, struct node *n,
	    int *fd, int dir, struct handle **out);

/* The one that h did not have; owns *fd and sets it to -1. */
void	handle_give(struct handle *h, int *fd);

/* Who has opened h. */
void	handle_opened_by(struct handle *h, const struct cred *c);

/* The fh of h, never 0. */
uint64_t handle_id(const struct handle *h);

/* The open handle fh, if it belongs to n and is of that kind, else NULL. */
struct handle *handle_get(struct handle_table *t, const struct node *n,
	    uint64_t fh, int dir);

/* Open file fd as n's implicit one; as handle_new(), 0 if there is one. */
int	handle_implicit_new(struct handle_table *t, struct node *n, int *fd,
	    enum handle_access access);

/* The implicit handle of n for this access, or NULL; it is used now. */
struct handle *handle_implicit_get(struct handle_table *t,
	    const struct node *n, enum handle_access access);

/* The guest forgot n: close both when no request is in them. */
void	handle_implicit_drop(struct handle_table *t, struct node_table *nodes,
	    struct node *n);

void	handle_pin(struct handle *h);
void	handle_unpin(struct handle_table *t, struct node_table *nodes,
	    struct handle *h);

/* RELEASE: the guest may not use h any more; it closes with the last pin. */
void	handle_release(struct handle_table *t, struct node_table *nodes,
	    struct handle *h);

/* RELEASE of everything. */
void	handle_release_all(struct handle_table *t, struct node_table *nodes);

/* Open handles. */
unsigned int handle_count(const struct handle_table *t);

#endif
