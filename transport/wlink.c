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
 * Knows: workers as the transport sees them.
 * Never: a worker's privilege, or trust in its answers.
 */

#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "../common/chan.h"
#include "../common/log.h"
#include "blink.h"
#include "dispatch.h"
#include "fs.h"
#include "req.h"
#include "route.h"
#include "wlink.h"

#define WLINK_BUCKETS	64u
#define WLINK_WINDOW	8u	/* requests sent ahead to one worker */
#define WLINK_GROW	2u	/* waiting per worker before one more is wanted */
#define WLINK_PER_CRED	4u	/* workers of one credential */
#define WLINK_IDLE	30	/* seconds until an idle worker goes */
#define WLINK_RETRY_MS	20	/* until a refused or starved wish is repeated */
#define WLINK_CRASHES	8u	/* per WLINK_CRASH_TIME, then the pool pauses */
#define WLINK_CRASH_TIME 60	/* seconds */

struct worker {
	TAILQ_ENTRY(worker) entry;
	struct wpool *pool;
	struct chan chan;
	struct event *ev_read, *ev_write;
	struct req_list sent;		/* oldest first: the one inside */
	unsigned int sent_cnt;
	uint32_t id;
	time_t idle_since;
};
TAILQ_HEAD(worker_list, worker);

/* Everything of one credential. */
struct wpool {
	LIST_ENTRY(wpool) entry;
	struct wlink *w;
	struct cred cred;
	struct req_list todo;
	unsigned int todo_cnt;
	struct worker_list workers;
	unsigned int worker_cnt;
	unsigned int asked;		/* blink_wget() outstanding */
	int wants;			/* a wish could not be made yet */
	unsigned int busy;		/* in use further up the stack */
	unsigned int crashes;
	time_t crash_start;
};
LIST_HEAD(wpool_list, wpool);

struct wlink {
	struct fs *fs;
	struct wpool_list pool[WLINK_BUCKETS];
	unsigned int worker_cnt;	/* live and asked for */
	uint32_t next_id;
	struct event *ev_idle, *ev_retry;
	struct chan_msg msg;
};

static void wlink_dispatch(struct wpool *p);

static time_t
wlink_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static struct wpool *
wlink_pool(struct wlink *w, const struct cred *cred)
{
	struct wpool_list *head;
	struct wpool *p;

	head = &w->pool[cred_hash(cred) % WLINK_BUCKETS];
	LIST_FOREACH(p, head, entry)
		if (cred_equal(&p->cred, cred))
			return p;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->w = w;
	p->cred = *cred;
	TAILQ_INIT(&p->todo);
	TAILQ_INIT(&p->workers);
	LIST_INSERT_HEAD(head, p, entry);
	return p;
}

static void
wlink_timer(struct event *ev, time_t sec, suseconds_t usec)
{
	struct timeval tv = { sec, usec };

	if (!event_pending(ev, EV_TIMEOUT, NULL))
		event_add(ev, &tv);
}

/* Answer r, after the privileged retry if one is due. */
static void
wlink_answer(struct wlink *w, struct req *r, int err, struct chan_msg *m)
{
	struct cred cred;

	if (err != 0 && route_retry(r, err, &cred)) {
		r->call.retried = 1;
		r->call.cred = cred;
		wlink_call(w, r);
		return;
	}
	r->call.done(r, err, m);
}

static void
wlink_fail(struct wpool *p, int err)
{
	struct req *r;

	while ((r = TAILQ_FIRST(&p->todo)) != NULL) {
		TAILQ_REMOVE(&p->todo, r, entry);
		p->todo_cnt--;
		/* The broker's EPERM is about the credential, not the file. */
		r->call.retried = 1;
		r->call.done(r, err, NULL);
	}
}

static void
wlink_pool_gc(struct wpool *p)
{
	if (p->todo_cnt != 0 || p->worker_cnt != 0 || p->asked != 0 ||
	    p->busy != 0)
		return;
	LIST_REMOVE(p, entry);
	free(p);
}

static void
wlink_worker_free(struct worker *k)
{
	struct wpool *p = k->pool;

	TAILQ_REMOVE(&p->workers, k, entry);
	p->worker_cnt--;
	p->w->worker_cnt--;
	event_free(k->ev_read);
	event_free(k->ev_write);
	chan_close(&k->chan);
	free(k);
}

static void
wlink_crash(struct wpool *p)
{
	time_t now = wlink_now();

	if (now - p->crash_start > WLINK_CRASH_TIME) {
		p->crash_start = now;
		p->crashes = 0;
	}
	p->crashes++;
}

/* Too many accidents within a minute: the pool answers EIO for the rest. */
static int
wlink_paused(const struct wpool *p)
{
	return p->crashes > WLINK_CRASHES &&
	    wlink_now() - p->crash_start <= WLINK_CRASH_TIME;
}

/* A worker is gone or lied; see wlink.h for what happens to its requests. */
static void
wlink_lost(struct worker *k, const char *why)
{
	struct wpool *p = k->pool;
	struct wlink *w = p->w;
	char name[CRED_STR_MAX];
	struct req_list sent;
	struct req *r, *first;
	uint32_t id = k->id;

	log_guest(LOG_KEY_WORKER, "worker %u (%s) lost: %s, %u requests inside",
	    id, cred_str(&p->cred, name), why, k->sent_cnt);
	p->busy++;
	TAILQ_INIT(&sent);
	TAILQ_CONCAT(&sent, &k->sent, entry);
	wlink_worker_free(k);
	blink_wput(w->fs->blink, id);
	first = TAILQ_FIRST(&sent);
	if (first != NULL && (!first->call.repeatable ||
	    first->call.redriven)) {
		TAILQ_REMOVE(&sent, first, entry);
		first->call.retried = 1;
		first->call.done(first, EIO, NULL);
	} else if (first != NULL)
		first->call.redriven = 1;
	while ((r = TAILQ_LAST(&sent, req_list)) != NULL) {
		TAILQ_REMOVE(&sent, r, entry);
		TAILQ_INSERT_HEAD(&p->todo, r, entry);
		p->todo_cnt++;
	}
	wlink_crash(p);
	if (wlink_paused(p))
		wlink_fail(p, EIO);
	wlink_dispatch(p);
	p->busy--;
	wlink_pool_gc(p);
	dispatch_flush(w->fs);
}

static struct req *
wlink_match(struct worker *k, uint32_t id)
{
	struct req *r;

	/* In order: anything but the oldest is an answer out of turn. */
	r = TAILQ_FIRST(&k->sent);
	return r != NULL && r->call.id == id ? r : NULL;
}

static void
wlink_readable(int fd, short what, void *arg)
{
	struct worker *k = arg;
	struct wpool *p = k->pool;
	struct wlink *w = p->w;
	struct chan_msg *m = &w->msg;
	struct req *r;
	int err;

	(void)fd;
	(void)what;
	if ((err = chan_recv(&k->chan, m)) == EAGAIN)
		return;
	if (err != 0) {
		wlink_lost(k, err == EPROTO ? k->chan.why : strerror(err));
		return;
	}
	r = wlink_match(k, m->hdr.id);
	if (r == NULL || m->hdr.type != r->call.type + 1 ||
	    m->hdr.err > 4095) {
		fdbag_close(&m->fds);
		wlink_lost(k, "an answer that nobody asked for");
		return;
	}
	TAILQ_REMOVE(&k->sent, r, entry);
	if (--k->sent_cnt == 0) {
		k->idle_since = wlink_now();
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
	}
	p->busy++;
	wlink_answer(w, r, (int)m->hdr.err, m->hdr.err == 0 ? m : NULL);
	fdbag_close(&m->fds);
	wlink_dispatch(p);
	p->busy--;
	wlink_pool_gc(p);
	dispatch_flush(w->fs);
}

/* 0 when r is with the worker now; EAGAIN; anything else: it is lost. */
static int
wlink_send(struct worker *k, struct req *r)
{
	struct chan_out out;
	int err;

	r->call.id = k->pool->w->next_id++;
	memset(&out, 0, sizeof(out));
	out.type = r->call.type;
	out.id = r->call.id;
	out.body = &r->call.q;
	out.tail = r->call.tail;
	out.tail_len = r->call.tail_len;
	out.fds = r->call.fds;
	out.fd_cnt = r->call.fd_cnt;
	if ((err = chan_send(&k->chan, &out)) != 0)
		return err;
	TAILQ_INSERT_TAIL(&k->sent, r, entry);
	k->sent_cnt++;
	return 0;
}

/* The worker with the least to do, if it takes another request. */
static struct worker *
wlink_pick(struct wpool *p)
{
	struct worker *k, *best = NULL;

	TAILQ_FOREACH(k, &p->workers, entry) {
		if (k->sent_cnt >= WLINK_WINDOW ||
		    event_pending(k->ev_write, EV_WRITE, NULL))
			continue;
		if (best == NULL || k->sent_cnt < best->sent_cnt)
			best = k;
	}
	return best;
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
				if (k->sent_cnt == 0 && p->todo_cnt == 0 &&
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
static void
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

static void
wlink_dispatch(struct wpool *p)
{
	struct worker *k;
	struct req *r;
	int err;

	while ((r = TAILQ_FIRST(&p->todo)) != NULL &&
	    (k = wlink_pick(p)) != NULL) {
		TAILQ_REMOVE(&p->todo, r, entry);
		p->todo_cnt--;
		err = wlink_send(k, r);
		if (err == 0)
			continue;
		TAILQ_INSERT_HEAD(&p->todo, r, entry);
		p->todo_cnt++;
		/* A dead worker is noticed by its read event. */
		event_add(err == EAGAIN ? k->ev_write : k->ev_read, NULL);
		break;
	}
	if (p->todo_cnt > 0)
		wlink_want(p);
}

void
wlink_call(struct wlink *w, struct req *r)
{
	struct wpool *p;

	if ((p = wlink_pool(w, &r->call.cred)) == NULL) {
		r->call.done(r, ENOMEM, NULL);
		return;
	}
	if (wlink_paused(p)) {
		r->call.done(r, EIO, NULL);
		return;
	}
	TAILQ_INSERT_TAIL(&p->todo, r, entry);
	p->todo_cnt++;
	wlink_dispatch(p);
}

static void
wlink_writable(int fd, short what, void *arg)
{
	struct worker *k = arg;

	(void)fd;
	(void)what;
	wlink_dispatch(k->pool);
}

static struct worker *
wlink_worker_new(struct wpool *p, uint32_t id, int fd)
{
	struct event_base *base = p->w->fs->base;
	struct worker *k;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->pool = p;
	k->id = id;
	k->idle_since = wlink_now();
	TAILQ_INIT(&k->sent);
	chan_init(&k->chan, fd, MSG_TRANSPORT, MSG_FSWORKER, 1);
	chan_phase(&k->chan, MSG_PHASE_RUN);
	k->ev_read = event_new(base, fd, EV_READ | EV_PERSIST, wlink_readable,
	    k);
	k->ev_write = event_new(base, fd, EV_WRITE, wlink_writable, k);
	if (k->ev_read == NULL || k->ev_write == NULL ||
	    event_add(k->ev_read, NULL) == -1) {
		if (k->ev_read != NULL)
			event_free(k->ev_read);
		if (k->ev_write != NULL)
			event_free(k->ev_write);
		free(k);
		return NULL;
	}
	return k;
}

void
wlink_worker(void *arg, void *cookie, int err, uint32_t worker_id, int fd)
{
	struct fs *fs = arg;
	struct wlink *w = fs->wlink;
	struct wpool *p = cookie;
	struct worker *k = NULL;

	p->asked--;
	p->busy++;
	if (err == 0 && (k = wlink_worker_new(p, worker_id, fd)) == NULL) {
		fd_close(&fd);
		blink_wput(w->fs->blink, worker_id);
		err = ENOMEM;
	}
	if (k != NULL) {
		TAILQ_INSERT_TAIL(&p->workers, k, entry);
		p->worker_cnt++;
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
	} else
		w->worker_cnt--;
	if (err == EAGAIN) {
		p->wants = 1;
		wlink_timer(w->ev_retry, 0, WLINK_RETRY_MS * 1000);
	} else if (err != 0 && p->worker_cnt == 0)
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
				if (k->sent_cnt != 0 ||
				    now - k->idle_since < WLINK_IDLE)
					continue;
				id = k->id;
				wlink_worker_free(k);
				blink_wput(w->fs->blink, id);
			}
			wlink_pool_gc(p);
		}
	if (w->worker_cnt > 0)
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
}

struct wlink *
wlink_new(struct fs *fs)
{
	struct wlink *w;
	unsigned int i;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->fs = fs;
	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_INIT(&w->pool[i]);
	w->ev_idle = evtimer_new(fs->base, wlink_idle, w);
	w->ev_retry = evtimer_new(fs->base, wlink_retry, w);
	if (w->ev_idle == NULL || w->ev_retry == NULL) {
		free(w);
		return NULL;
	}
	return w;
}
