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

#ifndef VIOFSD_TRANSPORT_LOCK_H
#define VIOFSD_TRANSPORT_LOCK_H

#include <stdint.h>

struct fs;
struct lock_table;
struct node;
struct req;

/*
 * Knows: the open files that carry POSIX locks, one for each pair of node
 * and lock owner, and the requests that wait for a lock.
 * Never: a lock itself; the kernel keeps those.
 */

/* For at most max open files; NULL without memory. */
struct lock_table *lock_table_new(struct fs *fs, unsigned int max);

/* The open file of (n, owner), -1 if there is none; it stays the table's. */
int	lock_fd(struct lock_table *t, const struct node *n, uint64_t owner);

/* The same, for a request that comes through the guest's open file fh. */
int	lock_use(struct lock_table *t, const struct node *n, uint64_t owner,
	    uint64_t fh);

/*
 * Keep *fd for (n, owner), pinning n; owns it.  It counts as an open file.
 * Returns 0, ENOLCK when the table is full, or ENOMEM.
 */
int	lock_enter(struct lock_table *t, struct node *n, uint64_t owner,
	    int *fd);

/* owner has closed a file of n: all its locks there are gone. */
void	lock_drop(struct lock_table *t, const struct node *n, uint64_t owner);

/*
 * The guest's open file fh is closed for good: what was used through it last is
 * gone.  A lock of an open file description has that for its owner, and no
 * FLUSH tells of its end; one of a process has gone by FLUSH before.
 */
void	lock_release(struct lock_table *t, uint64_t fh);

/* All locks of all owners, DESTROY and reset. */
void	lock_drop_all(struct lock_table *t);

/*
 * Call again(r) after a while, longer each time, until lock_cancel*().
 * Returns 0, ENOMEM, or EINTR if r was cancelled before.
 */
int	lock_wait(struct lock_table *t, struct req *r,
	    void (*again)(struct req *r));

/* r does not wait any more, if it did. */
void	lock_done(struct req *r);

/*
 * Stop waiting for the request with that unique; NULL if none waits, which is
 * remembered: its file may still be being opened.
 */
struct req *lock_cancel(struct lock_table *t, uint64_t unique);

/* Any request that waits, which stops waiting; NULL if none does. */
struct req *lock_cancel_any(struct lock_table *t);

#endif
