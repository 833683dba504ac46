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
 * Knows: the open files that carry POSIX locks, and the requests that wait for
 * a lock.
 * Never: a lock itself.
 */

#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/fdbag.h"
#include "dispatch.h"
#include "fs.h"
#include "lock.h"
#include "node.h"
#include "req.h"

#define LOCK_TRY_MIN	1000		/* microseconds until the second try */
#define LOCK_TRY_MAX	64000
#define LOCK_EARLY	64		/* interrupts to remember */

struct lock {
	LIST_ENTRY(lock) entry;
	struct node *node;
	uint64_t owner;
	uint64_t fh;		/* what it was used through last, or 0 */
	int fd;
};

struct lock_waiter {
	LIST_ENTRY(lock_waiter) entry;
	struct lock_table *table;
	struct req *req;
	void (*again)(struct req *r);
	struct event *ev;
	suseconds_t pause;
};

struct lock_table {
	struct fs *fs;
	unsigned int cnt, max;
	LIST_HEAD(, lock) locks;
	LIST_HEAD(, lock_waiter) waiters;
	uint64_t early[LOCK_EARLY];
	unsigned int early_next;
};

struct lock_table *
lock_table_new(struct fs *fs, unsigned int max)
{
	struct lock_table *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->fs = fs;
	t->max = max;
	LIST_INIT(&t->locks);
	LIST_INIT(&t->waiters);
	return t;
}

static struct lock *
lock_find(struct lock_table *t, const struct node *n, uint64_t owner)
{
	struct lock *l;

	LIST_FOREACH(l, &t->locks, entry)
		if (l->node == n && l->owner == owner)
			return l;
	return NULL;
}

int
lock_fd(struct lock_table *t, const struct node *n, uint64_t owner)
{
	struct lock *l = lock_find(t, n, owner);

	return l == NULL ? -1 : l->fd;
}

int
lock_use(struct lock_table *t, const struct node *n, uint64_t owner,
    uint64_t fh)
{
	struct lock *l = lock_find(t, n, owner);

	if (l == NULL)
		return -1;
	l->fh = fh;
	return l->fd;
}

int
lock_enter(struct lock_table *t, struct node *n, uint64_t owner, int *fd)
{
	struct lock *l;

	/* Two requests of one owner may both have opened. */
	if (lock_find(t, n, owner) != NULL) {
		fd_close(fd);
		return 0;
	}
	if (t->cnt >= t->max || (l = calloc(1, sizeof(*l))) == NULL) {
		fd_close(fd);
		return t->cnt >= t->max ? ENOLCK : ENOMEM;
	}
	l->node = n;
	l->owner = owner;
	l->fd = *fd;
	*fd = -1;
	node_pin(n);
	LIST_INSERT_HEAD(&t->locks, l, entry);
	t->cnt++;
	node_budget(t->fs->nodes, t->fs->fd_total - ++t->fs->fd_open);
	return 0;
}

static void
lock_free(struct lock_table *t, struct lock *l)
{
	struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	LIST_REMOVE(l, entry);
	/* The worker that opened it may not have closed its copy yet. */
	fcntl(l->fd, F_OFD_SETLK, &all);
	fd_close(&l->fd);
	node_unpin(t->fs->nodes, l->node);
	free(l);
	t->cnt--;
	node_budget(t->fs->nodes, t->fs->fd_total - --t->fs->fd_open);
}

void
lock_drop(struct lock_table *t, const struct node *n, uint64_t owner)
{
	struct lock *l = lock_find(t, n, owner);

	if (l != NULL)
		lock_free(t, l);
}

void
lock_release(struct lock_table *t, uint64_t fh)
{
	struct lock *l, *next;

	for (l = LIST_FIRST(&t->locks); l != NULL; l = next) {
		next = LIST_NEXT(l, entry);
		if (l->fh == fh)
			lock_free(t, l);
	}
}

void
lock_drop_all(struct lock_table *t)
{
	struct lock *l;

	while ((l = LIST_FIRST(&t->locks)) != NULL)
		lock_free(t, l);
	memset(t->early, 0, sizeof(t->early));
}

/* Was r interrupted before it came to wait? */
static int
lock_was_early(struct lock_table *t, const struct req *r)
{
	unsigned int i;

	for (i = 0; i < LOCK_EARLY; i++)
		if (t->early[i] == r->in.unique && r->in.unique != 0)
			return 1;
	return 0;
}

static struct req *
lock_waiter_free(struct lock_waiter *w)
{
	struct req *r = w->req;

	LIST_REMOVE(w, entry);
	event_free(w->ev);
	free(w);
	r->waiter = NULL;
	return r;
}

static void
lock_timeout(int fd, short what, void *arg)
{
	struct lock_waiter *w = arg;
	struct fs *fs = w->table->fs;

	(void)fd;
	(void)what;
	w->again(w->req);
	dispatch_flush(fs);
}

static int
lock_arm(struct lock_waiter *w)
{
	struct timeval tv = { 0, w->pause };

	if (w->pause < LOCK_TRY_MAX)
		w->pause *= 2;
	return evtimer_add(w->ev, &tv) == -1 ? ENOMEM : 0;
}

int
lock_wait(struct lock_table *t, struct req *r, void (*again)(struct req *r))
{
	struct lock_waiter *w = r->waiter;

	if (w == NULL) {
		if (lock_was_early(t, r))
			return EINTR;
		if ((w = calloc(1, sizeof(*w))) == NULL)
			return ENOMEM;
		w->ev = evtimer_new(t->fs->base, lock_timeout, w);
		if (w->ev == NULL) {
			free(w);
			return ENOMEM;
		}
		w->table = t;
		w->req = r;
		w->again = again;
		w->pause = LOCK_TRY_MIN;
		r->waiter = w;
		LIST_INSERT_HEAD(&t->waiters, w, entry);
	}
	return lock_arm(w);
}

struct req *
lock_cancel(struct lock_table *t, uint64_t unique)
{
	struct lock_waiter *w;

	LIST_FOREACH(w, &t->waiters, entry)
		if (w->req->in.unique == unique)
			return lock_waiter_free(w);
	t->early[t->early_next++ % LOCK_EARLY] = unique;
	return NULL;
}

struct req *
lock_cancel_any(struct lock_table *t)
{
	struct lock_waiter *w = LIST_FIRST(&t->waiters);

	return w == NULL ? NULL : lock_waiter_free(w);
}

void
lock_done(struct req *r)
{
	if (r->waiter != NULL)
		lock_waiter_free(r->waiter);
}
