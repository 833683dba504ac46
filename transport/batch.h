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

#ifndef VIOFSD_TRANSPORT_BATCH_H
#define VIOFSD_TRANSPORT_BATCH_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "../common/cred.h"
#include "../common/fdbag.h"

/*
 * Knows: entries of directories that workers told of before the guest asked:
 * for how long they are good, for whom, and how many there may be.  Event
 * thread only.
 * Never: a record (op_plus.c).
 *
 * A batch belongs to an open directory, which has one at most, and begins at
 * one offset.  It is asked for, then kept until it is used up, is BATCH_MS old,
 * the guest may have changed anything, or the directory is closed.
 */

#define BATCH_MAX	64u	/* at the same time */
#define BATCH_MS	100	/* so long it is good */
#ifndef BATCH_FDS
#define BATCH_FDS	16u	/* of so many descriptors one may be kept */
#endif

struct fs;
struct handle;
struct req;

/* When something was asked, and after which of the guest's changes. */
struct batch_stamp {
	uint64_t ms;
	unsigned int changes;
};

/* Records that are not told yet, and their descriptors. */
struct batch_part {
	const uint8_t *tail;
	size_t left;
	uint32_t cnt;
	unsigned int fd_at;	/* first one of fds that is left */
	struct fdbag *fds;
	uint32_t class;		/* of the worker, enum cred_class */
	int end;		/* no entry comes after these */
	uint64_t off;		/* where they begin */
};

struct batch {
	TAILQ_ENTRY(batch) entry;	/* of all, oldest first */
	struct fs *fs;
	struct handle *h;
	struct req *asked;		/* on its way; else it is kept */
	struct batch_stamp since;
	struct cred cred;		/* who may have it */
	struct batch_part part;
	unsigned int fd_cnt;		/* as counted: asked for, or there */
	struct fdbag fds;
	uint8_t *bytes;
};

struct batch_set;

/*
 * old(arg) is called BATCH_MS after a batch was asked for or kept, and calls
 * batch_expire().  NULL without memory.
 */
struct batch_set *batch_set_new(struct fs *fs,
	    void (*old)(int fd, short what, void *arg), void *arg);

/* Now. */
struct batch_stamp batch_stamp(const struct fs *fs);

/*
 * A new one for r, asked at r->since, at offset off of r's open directory,
 * with at most cnt descriptors.  NULL: there are enough already, that directory
 * has one, or nothing may be told that was asked before.
 */
struct batch *batch_new(struct req *r, uint64_t off, unsigned int cnt);

/*
 * b has what p says, whose records are copied and whose descriptors it takes.
 * Returns 0; else b is no more.
 */
int	batch_fill(struct batch *b, const struct batch_part *p);

/* The one that is kept for r's open directory at off, if r may have it. */
struct batch *batch_get(const struct req *r, uint64_t off);

/* Does its directory end at off, as far as is known? */
int	batch_ends(const struct handle *h, uint64_t off);

/* What is kept for h is of no use, and nothing more is asked early. */
void	batch_waste(struct handle *h);

/* Somebody waits for what is on its way for h, if anything is. */
void	batch_hurry(const struct handle *h);

/* Something was taken from b: what remains is good for the next request. */
void	batch_used(struct batch *b);

/* b was of no use, or is used up. */
void	batch_free(struct batch *b);

/* The directory is closed. */
void	batch_drop(struct handle *h);

/* Let go what is too old; what is on its way is waited for from now on. */
void	batch_expire(struct batch_set *s);

#endif
