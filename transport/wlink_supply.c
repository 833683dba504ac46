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
 * Knows: the supply of workers: pools, who is wanted, who is idle.
 * Never: what a request is about.
 */

#include "config.h"

#include <sys/epoll.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "../common/log.h"
#include "blink.h"
#include "dispatch.h"
#include "fs.h"
#include "wlink.h"
#include "wlink_int.h"

time_t
wlink_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

uint64_t
wlink_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct wpool *
wlink_pool_find(struct wlink *w, const struct cred *cred)
{
	struct wpool *p;

	LIST_FOREACH(p, &w->pool[cred_hash(cred) % WLINK_BUCKETS], entry)
		if (cred_equal(&p->cred, cred))
			return p;
	return NULL;
}

unsigned int
wlink_waiting(struct wlink *w, const struct cred *cred)
{
	const struct wpool *p = wlink_pool_find(w, cred);
	const struct worker *k;
	unsigned int cnt;

	if (p == NULL)
		return 0;
	cnt = p->todo_cnt;
	TAILQ_FOREACH(k, &p->workers, entry)
		cnt += k->sent_cnt;
	return cnt;
}

struct wpool *
wlink_pool(struct wlink *w, const struct cred *cred)
{
	struct wpool *p;

	if ((p = wlink_pool_find(w, cred)) != NULL)
		return p;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->w = w;
	p->cred = *cred;
	TAILQ_INIT(&p->todo);
	TAILQ_INIT(&p->workers);
	LIST_INSERT_HEAD(&w->pool[cred_hash(cred) % WLINK_BUCKETS], p, entry);
	w->pool_cnt++;
	return p;
}

void
wlink_timer(struct event *ev, time_t sec, suseconds_t usec)
{
	struct timeval tv = { sec, usec };

	if (!event_pending(ev, EV_TIMEOUT, NULL))
		event_add(ev, &tv);
}

void
wlink_pool_gc(struct wpool *p)
{
	if (p->todo_cnt != 0 || p->worker_cnt != 0 || p->asked != 0 ||
	    p->busy != 0)
		return;
	if (p->crashes != 0 &&
	    wlink_now() - p->crash_start <= WLINK_CRASH_TIME)
		return;
	LIST_REMOVE(p, entry);
	p->w->pool_cnt--;
	free(p);
}

/* Also of one that never began; closing ends the watch for its end. */
static void
wlink_worker_end(struct worker *k)
{
	if (k->ev_bell != NULL)
		event_free(k->ev_bell);
	if (k->ev_write != NULL)
		event_free(k->ev_write);
	chan_close(&k->chan);
	wkeep_free(&k->keep);
	free(k);
}

void
wlink_worker_free(struct worker *k)
{
	struct wpool *p = k->pool;

	TAILQ_REMOVE(&p->workers, k, entry);
	if (k->due)
		TAILQ_REMOVE(&p->w->due, k, due_entry);
	if (k->lazy)
		TAILQ_REMOVE(&p->w->lazy, k, due_entry);
	p->worker_cnt--;
	p->w->worker_cnt--;
	wlink_worker_end(k);
}

/* Give up the worker that has been idle for longest; 1 if there was one. */
static int
wlink_evict(struct wlink *w)
{
	struct worker *k, *old = NULL;
	struct wpool *p;
	unsigned int i;
	uint32_t id;

	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_FOREACH(p, &w->pool[i], entry)
			TAILQ_FOREACH(k, &p->workers, entry)
				if (k->sent_cnt == 0 && !k->held &&
				    p->todo_cnt == 0 &&
				    (old == NULL ||
				    k->idle_since < old->idle_since))
					old = k;
	if (old == NULL)
		return 0;
	p = old->pool;
	id = old->id;
	wlink_worker_free(old);
	blink_wput(w->fs->blink, id);
	wlink_pool_gc(p);
	return 1;
}

/* Ask for one more worker if the pool has too few for what waits. */
void
wlink_want(struct wpool *p)
{
	struct wlink *w = p->w;
	unsigned int have = p->worker_cnt + p->asked;

	p->wants = 0;
	if (have >= WLINK_PER_CRED ||
	    (have > 0 && p->todo_cnt < WLINK_GROW * have))
		return;
	if ((w->worker_cnt >= w->fs->conf.worker_max && !wlink_evict(w)) ||
	    blink_wget(w->fs->blink, &p->cred, p) != 0) {
		/* With a worker of its own the pool can do without. */
		if (have == 0) {
			p->wants = 1;
			wlink_timer(w->ev_retry, 0, WLINK_RETRY_MS * 1000);
		}
		return;
	}
	p->asked++;
	w->worker_cnt++;
}

static int
wlink_worker_events(struct worker *k)
{
	struct epoll_event gone = { .events = EPOLLRDHUP, .data.ptr = k };
	struct wlink *w = k->pool->w;

	/* Nobody reads the bell: its edges are enough. */
	k->ev_bell = event_new(w->fs->base, k->chan.ring.bell_in,
	    EV_READ | EV_ET | EV_PERSIST, wlink_rung, k);
	k->ev_write = event_new(w->fs->base, k->chan.fd, EV_WRITE,
	    wlink_writable, k);
	if (k->ev_bell == NULL || k->ev_write == NULL ||
	    event_add(k->ev_bell, NULL) == -1)
		return ENOMEM;
	return epoll_ctl(w->gonefd, EPOLL_CTL_ADD, k->chan.fd, &gone) == -1 ?
	    errno : 0;
}

static struct worker *
wlink_worker_new(struct wpool *p, uint32_t id, struct fdbag *fds)
{
	int ring[MRING_FDS], i;
	struct worker *k;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->pool = p;
	k->id = id;
	k->idle_since = wlink_now();
	TAILQ_INIT(&k->sent);
	if (chan_take(&k->chan, fdbag_get(fds, 0), MSG_TRANSPORT, MSG_FSWORKER,
	    1) != 0) {
		free(k);
		return NULL;
	}
	fdbag_take(fds, 0);
	chan_phase(&k->chan, MSG_PHASE_RUN);
	wkeep_init(&k->keep, p->w->fs, p->cred.class);
	for (i = 0; i < MRING_FDS; i++)
		ring[i] = fdbag_take(fds, 1 + (unsigned int)i);
	if (chan_ring(&k->chan, ring, MRING_TRANSPORT, 0) == 0 &&
	    wlink_worker_events(k) == 0)
		return k;
	wlink_worker_end(k);
	return NULL;
}

void
wlink_worker(void *arg, void *cookie, int err, uint32_t worker_id,
    struct fdbag *fds)
{
	struct fs *fs = arg;
	struct wlink *w = fs->wlink;
	struct wpool *p = cookie;
	struct worker *k = NULL;

	p->asked--;
	p->busy++;
	if (err == 0 && (k = wlink_worker_new(p, worker_id, fds)) == NULL) {
		blink_wput(w->fs->blink, worker_id);
		err = ENOMEM;
	}
	if (k != NULL) {
		TAILQ_INSERT_TAIL(&p->workers, k, entry);
		p->worker_cnt++;
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
	} else
		w->worker_cnt--;
	/* All that its ids may have are in use: one that is idle goes. */
	if (err == EUSERS && p->worker_cnt == 0)
		wlink_evict(w);
	if (err == EAGAIN || (err == EUSERS && p->worker_cnt == 0)) {
		p->wants = 1;
		wlink_timer(w->ev_retry, 0, WLINK_RETRY_MS * 1000);
	} else if (err == EINVAL)
		wlink_nobody(p);
	else if (err != 0 && p->worker_cnt == 0)
		wlink_fail(p, err == EPERM ? EPERM : EIO);
	if (err == 0)
		wlink_dispatch(p);
	p->busy--;
	wlink_pool_gc(p);
	dispatch_flush(fs);
}

static struct wpool *
wlink_wanting(struct wlink *w)
{
	struct wpool *p;
	unsigned int i;

	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_FOREACH(p, &w->pool[i], entry)
			if (p->wants && p->todo_cnt > 0)
				return p;
	return NULL;
}

/* Wishes that could not be made: the broker was busy or all were in use. */
static void
wlink_retry(int fd, short what, void *arg)
{
	struct wlink *w = arg;
	struct wpool *p;

	(void)fd;
	(void)what;
	/* Evicting may free pools, so start over; stop at the first refusal. */
	while ((p = wlink_wanting(w)) != NULL) {
		wlink_want(p);
		if (p->wants)
			break;
	}
}

/* Give up workers that were idle for long; runs only while there are any. */
static void
wlink_idle(int fd, short what, void *arg)
{
	struct wlink *w = arg;
	struct worker *k, *next;
	struct wpool *p, *pnext;
	time_t now = wlink_now();
	unsigned int i;
	uint32_t id;

	(void)fd;
	(void)what;
	for (i = 0; i < WLINK_BUCKETS; i++)
		for (p = LIST_FIRST(&w->pool[i]); p != NULL; p = pnext) {
			pnext = LIST_NEXT(p, entry);
			for (k = TAILQ_FIRST(&p->workers); k != NULL;
			    k = next) {
				next = TAILQ_NEXT(k, entry);
				/* Who takes nothing is not idle. */
				if (k->sent_cnt != 0 || p->todo_cnt != 0 ||
				    now - k->idle_since < WLINK_IDLE)
					continue;
				id = k->id;
				wlink_worker_free(k);
				blink_wput(w->fs->blink, id);
			}
			wlink_pool_gc(p);
		}
	if (w->pool_cnt > 0)
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
}

/* Files that are deleted would keep their space for as long as a worker. */
static void
wlink_drops(int fd, short what, void *arg)
{
	struct wlink *w = arg;
	struct worker *k;
	struct wpool *p;
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_FOREACH(p, &w->pool[i], entry)
			TAILQ_FOREACH(k, &p->workers, entry)
				wlink_drop(k);
	dispatch_flush(w->fs);
}

/*
 * libevent's EV_CLOSED does not tell of an end with bytes unread, and EV_READ
 * would wake us for every descriptor that comes with an answer.
 */
static void
wlink_gone(int fd, short what, void *arg)
{
	struct wlink *w = arg;
	struct epoll_event ev;

	(void)what;
	/* One at a time, since each may be the end of others. */
	while (epoll_wait(fd, &ev, 1, 0) == 1)
		wlink_end(ev.data.ptr);
	dispatch_flush(w->fs);
}

static int
wlink_new_gone(struct wlink *w)
{
	if ((w->gonefd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return errno;
	w->ev_gone = event_new(w->fs->base, w->gonefd, EV_READ | EV_PERSIST,
	    wlink_gone, w);
	return w->ev_gone == NULL || event_add(w->ev_gone, NULL) == -1 ?
	    ENOMEM : 0;
}

struct wlink *
wlink_new(struct fs *fs)
{
	struct wlink *w;
	unsigned int i;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->fs = fs;
	TAILQ_INIT(&w->due);
	TAILQ_INIT(&w->lazy);
	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_INIT(&w->pool[i]);
	w->ev_idle = evtimer_new(fs->base, wlink_idle, w);
	w->ev_retry = evtimer_new(fs->base, wlink_retry, w);
	w->ev_drain = evtimer_new(fs->base, wlink_drain_late, w);
	w->ev_drop = evtimer_new(fs->base, wlink_drops, w);
	w->ev_lazy = evtimer_new(fs->base, wlink_lazy_late, w);
	if (w->ev_idle == NULL || w->ev_retry == NULL ||
	    w->ev_drain == NULL || w->ev_drop == NULL ||
	    w->ev_lazy == NULL ||
	    wlink_new_gone(w) != 0) {
		free(w);
		return NULL;
	}
	return w;
}
