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
 * Knows: how long a batch of a directory's entries is good, for whom, and how
 * many there may be.
 * Never: a record (op_plus.c).
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "batch.h"
#include "fs.h"
#include "node.h"
#include "req.h"
#include "route.h"

struct batch_set {
	struct fs *fs;
	TAILQ_HEAD(, batch) all;
	unsigned int cnt;
	unsigned int fds;	/* counted for them */
	int off;		/* on this share nothing is asked early */
	struct event *ev;
};

static uint64_t
batch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Does a guest believe what it was told for as long as a batch is good? */
static int
batch_long(const struct msg_timeout *t)
{
	return t->sec > 0 || t->nsec >= BATCH_MS * 1000000u;
}

struct batch_set *
batch_set_new(struct fs *fs, void (*old)(int fd, short what, void *arg),
    void *arg)
{
	const struct a_hello *conf = &fs->conf;
	struct batch_set *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->fs = fs;
	TAILQ_INIT(&s->all);
	s->off = (conf->policy & MSG_POLICY_STRICT) != 0 ||
	    conf->cache == MSG_CACHE_NEVER || !batch_long(&conf->entry) ||
	    !batch_long(&conf->attr) || !batch_long(&conf->dir_entry) ||
	    !batch_long(&conf->dir_attr);
	if ((s->ev = evtimer_new(fs->base, old, arg)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

struct batch_stamp
batch_stamp(const struct fs *fs)
{
	struct batch_stamp since = { batch_now(), fs->changes };

	return since;
}

static int
batch_good(const struct batch *b)
{
	return b->h->open && b->since.changes == b->fs->changes &&
	    batch_now() - b->since.ms <= BATCH_MS;
}

/* b may need n descriptors, or has them. */
static void
batch_count(struct batch *b, unsigned int n)
{
	struct fs *fs = b->fs;

	fs->batches->fds += n - b->fd_cnt;
	if (b->asked == NULL && n != b->fd_cnt) {
		fs->fd_open += n - b->fd_cnt;
		node_budget(fs->nodes, fs->fd_total - fs->fd_open);
	}
	b->fd_cnt = n;
}

static void
batch_timer(struct batch_set *s, uint64_t ms)
{
	const struct timeval tv = { 0, (suseconds_t)ms * 1000 };

	if (!event_pending(s->ev, EV_TIMEOUT, NULL))
		event_add(s->ev, &tv);
}

struct batch *
batch_new(struct req *r, uint64_t off, unsigned int cnt)
{
	struct batch_set *s = r->fs->batches;
	struct handle *h = r->handle[0];
	struct batch *b;

	if (s->off || !h->open || h->batch != NULL || s->cnt == BATCH_MAX ||
	    s->fds + cnt > r->fs->fd_total / BATCH_FDS ||
	    (b = calloc(1, sizeof(*b))) == NULL)
		return NULL;
	if (route_first(r, 0, &b->cred) != 0) {
		free(b);
		return NULL;
	}
	b->fs = r->fs;
	b->h = h;
	b->asked = r;
	b->since = r->since;
	b->part.off = off;
	fdbag_init(&b->fds);
	batch_count(b, cnt);
	h->batch = b;
	TAILQ_INSERT_TAIL(&s->all, b, entry);
	s->cnt++;
	batch_timer(s, BATCH_MS);
	return b;
}

static int
batch_copy(struct batch *b, const struct batch_part *p)
{
	unsigned int i;
	uint64_t off = b->part.off;

	if (p->left > 0 && (b->bytes = malloc(p->left)) == NULL)
		return ENOMEM;
	if (p->left > 0)
		memcpy(b->bytes, p->tail, p->left);
	b->part = *p;
	b->part.off = off;
	b->part.tail = b->bytes;
	b->part.fds = &b->fds;
	b->part.fd_at = 0;
	for (i = p->fd_at; i < p->fds->cnt; i++)
		fdbag_put(&b->fds, fdbag_take(p->fds, i));
	return 0;
}

int
batch_fill(struct batch *b, const struct batch_part *p)
{
	int err = ESTALE;

	/* More descriptors than were asked for are nobody's. */
	if (batch_good(b) && p->fds->cnt - p->fd_at <= b->fd_cnt)
		err = batch_copy(b, p);
	if (err != 0) {
		b->h->dir_alone = 1;
		batch_free(b);
		return err;
	}
	batch_count(b, 0);
	b->asked = NULL;
	batch_count(b, b->fds.cnt);
	return 0;
}

void
batch_waste(struct handle *h)
{
	h->dir_alone = 1;
	batch_drop(h);
}

struct batch *
batch_get(const struct req *r, uint64_t off)
{
	struct handle *h = r->handle[0];
	struct batch *b = h->batch;
	struct cred cred;

	if (b == NULL || b->asked != NULL)
		return NULL;
	if (b->part.off == off && batch_good(b) &&
	    route_first(r, 0, &cred) == 0 && cred_equal(&cred, &b->cred))
		return b;
	batch_waste(h);
	return NULL;
}

int
batch_ends(const struct handle *h, uint64_t off)
{
	const struct batch *b = h->batch;

	return b != NULL && b->asked == NULL && b->part.cnt == 0 &&
	    b->part.end && b->part.off == off && batch_good(b);
}

void
batch_hurry(const struct handle *h)
{
	if (h->batch != NULL && h->batch->asked != NULL)
		h->batch->asked->call.lazy = 0;
}

void
batch_used(struct batch *b)
{
	batch_count(b, b->fds.cnt - b->part.fd_at);
}

void
batch_free(struct batch *b)
{
	struct batch_set *s = b->fs->batches;

	batch_count(b, 0);
	b->h->batch = NULL;
	TAILQ_REMOVE(&s->all, b, entry);
	s->cnt--;
	fdbag_close(&b->fds);
	free(b->bytes);
	free(b);
}

void
batch_drop(struct handle *h)
{
	if (h->batch != NULL && h->batch->asked == NULL)
		batch_free(h->batch);
}

void
batch_expire(struct batch_set *s)
{
	uint64_t now = batch_now(), age, first = BATCH_MS;
	struct batch *b, *next;
	int left = 0;

	for (b = TAILQ_FIRST(&s->all); b != NULL; b = next) {
		next = TAILQ_NEXT(b, entry);
		age = now - b->since.ms;
		if (age <= BATCH_MS) {
			left = 1;
			if (BATCH_MS + 1 - age < first)
				first = BATCH_MS + 1 - age;
		} else if (b->asked != NULL)
			b->asked->call.lazy = 0;
		else
			batch_waste(b->h);
	}
	if (left)
		batch_timer(s, first);
}
