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
 * Knows: requests on their way to workers: what waits, who is sent it, what an
 * accident means for it, what the end of it is.
 * Never: a worker's privilege, when it is told, or how its answers are taken
 * (wlink_settle.c).
 */

#include "config.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include <event2/event.h>

#include "../common/log.h"
#include "ask.h"
#include "blink.h"
#include "dispatch.h"
#include "fs.h"
#include "node.h"
#include "route.h"
#include "watch.h"
#include "wlink.h"
#include "wlink_int.h"

/* Whatever a worker has been sent fits, and as much again. */
_Static_assert(2 * WLINK_WINDOW <= MRING_SLOTS, "a ring is a window");

void
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

void
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

void
wlink_nobody(struct wpool *p)
{
	struct req_list todo;
	struct req *r;

	TAILQ_INIT(&todo);
	TAILQ_CONCAT(&todo, &p->todo, entry);
	p->todo_cnt = 0;
	while ((r = TAILQ_FIRST(&todo)) != NULL) {
		TAILQ_REMOVE(&todo, r, entry);
		wlink_answer(p->w, r, EPERM, NULL);
	}
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

void
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

void
wlink_drop(struct worker *k)
{
	uint16_t nr[MSG_DROP_MAX];
	struct n_drop n = { 0, 0 };
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = N_DROP;
	out.body = &n;
	out.tail = nr;
	/* Questions must find room, however slow it is. */
	while (!k->bad && mring_free(&k->chan.ring) > MRING_SLOTS / 2 &&
	    (n.cnt = wkeep_drop(&k->keep, nr)) > 0) {
		out.tail_len = n.cnt * sizeof(nr[0]);
		if (chan_send(&k->chan, &out) != 0) {
			k->bad = 1;
			wlink_due(k);
		}
	}
	mring_here(&k->chan.ring, (uint32_t)sched_getcpu(), wlink_now_ns());
	chan_bell(&k->chan);
}

/* Who is asked for names ahead gets what he has to add them to, once. */
static int
wlink_watch(struct worker *k)
{
	const struct n_watch n = { 0 };
	const int fd = watch_fd(k->pool->w->fs->watch);
	struct chan_out out;
	int err;

	if (k->watching)
		return 0;
	memset(&out, 0, sizeof(out));
	out.type = N_WATCH;
	out.body = &n;
	out.fds = &fd;
	out.fd_cnt = 1;
	if ((err = chan_send(&k->chan, &out)) == 0)
		k->watching = 1;
	return err;
}

/* 0 when r is with the worker now; EAGAIN; anything else: it is lost. */
static int
wlink_send(struct worker *k, struct req *r)
{
	struct chan_out out;
	int fds[MSG_KEPT], err;
	unsigned int i;

	if (r->call.type == Q_AHEAD && (err = wlink_watch(k)) != 0)
		return err;
	for (i = 0; i < r->call.fd_cnt; i++)
		r->call.fds[i] = r->call.handles ? r->handle[i]->fd :
		    node_fd(r->node[i]);
	r->call.id = k->pool->w->next_id++;
	memset(&out, 0, sizeof(out));
	out.type = r->call.type;
	out.id = r->call.id;
	out.body = &r->call.q;
	out.tail = r->call.tail;
	out.tail_len = r->call.tail_len;
	wkeep_ask(&k->keep, r, &out, fds);
	if ((err = chan_send(&k->chan, &out)) != 0)
		return err;
	wkeep_sent(&k->keep, r, &out);
	TAILQ_INSERT_TAIL(&k->sent, r, entry);
	k->sent_cnt++;
	if (wlink_is_lazy(k))
		wlink_lazy(k);
	else
		wlink_due(k);
	return 0;
}

/*
 * The worker with the least to do, if it takes another request; of two the one
 * that has the node.
 */
static struct worker *
wlink_pick(struct wpool *p, const struct req *r, int homeless)
{
	const struct node *n = r->call.handles ? NULL : r->node[0];
	struct worker *k, *best = NULL;

	TAILQ_FOREACH(k, &p->workers, entry) {
		if (k->sent_cnt >= WLINK_WINDOW || k->bad ||
		    (homeless && !wkeep_enough(&k->keep, r)) ||
		    event_pending(k->ev_write, EV_WRITE, NULL))
			continue;
		if (best == NULL || k->sent_cnt < best->sent_cnt ||
		    (k->sent_cnt == best->sent_cnt && n != NULL &&
		    wkeep_has(&k->keep, n)))
			best = k;
	}
	return best;
}

/* Has r nodes that only a worker may have a descriptor of? */
static int
wlink_homeless(const struct req *r)
{
	unsigned int i;

	if (r->call.handles)
		return 0;
	for (i = 0; i < r->call.fd_cnt; i++)
		if (node_fd(r->node[i]) == -1)
			return 1;
	return 0;
}

void
wlink_dispatch(struct wpool *p)
{
	struct worker *k;
	struct req *r;
	int err, homeless;

	while ((r = TAILQ_FIRST(&p->todo)) != NULL) {
		homeless = wlink_homeless(r);
		if ((k = wlink_pick(p, r, homeless)) == NULL && !homeless)
			break;
		TAILQ_REMOVE(&p->todo, r, entry);
		p->todo_cnt--;
		if (k == NULL) {
			p->busy++;
			ask_home(r);
			p->busy--;
			continue;
		}
		err = wlink_send(k, r);
		if (err == 0)
			continue;
		TAILQ_INSERT_HEAD(&p->todo, r, entry);
		p->todo_cnt++;
		if (err == EAGAIN)
			event_add(k->ev_write, NULL);
		else if (err == EPROTO) {
			k->bad = 1;
			wlink_due(k);
		}
		/* That it is gone is seen elsewhere. */
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

void
wlink_writable(int fd, short what, void *arg)
{
	struct worker *k = arg;

	(void)fd;
	(void)what;
	wlink_dispatch(k->pool);
	dispatch_flush(k->pool->w->fs);
}
