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
 * Knows: workers that were asked or rang just now: when each is told, how long
 * we let them answer before we sleep, and how their answers are taken.
 * Never: what an answer means, or an accident (wlink.c); who is asked.
 */

#include "config.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "dispatch.h"
#include "fs.h"
#include "wlink.h"
#include "wlink_int.h"

static struct req *
wlink_match(struct worker *k, uint32_t id)
{
	struct req *r;

	/* In order: anything but the oldest is an answer out of turn. */
	r = TAILQ_FIRST(&k->sent);
	return r != NULL && r->call.id == id ? r : NULL;
}

void
wlink_due(struct worker *k)
{
	struct wlink *w = k->pool->w;

	/* One that was told already this time has to be told again. */
	if (k->due && k->due_round == w->round)
		return;
	if (k->due)
		TAILQ_REMOVE(&w->due, k, due_entry);
	if (k->lazy)
		TAILQ_REMOVE(&w->lazy, k, due_entry);
	k->lazy = 0;
	k->due = 1;
	k->due_round = w->round;
	TAILQ_INSERT_TAIL(&w->due, k, due_entry);
}

/* The answer to r is about what is not so any more. */
static void
wlink_again(struct wpool *p, struct req *r)
{
	r->call.plain = 1;
	TAILQ_INSERT_HEAD(&p->todo, r, entry);
	p->todo_cnt++;
}

/* Take one answer.  Returns 0; EAGAIN; anything else: there is no k now. */
static int
wlink_take(struct worker *k)
{
	struct wpool *p = k->pool;
	struct wlink *w = p->w;
	struct chan_msg *m = &w->msg;
	struct req *r;
	int err;

	if ((err = chan_recv(&k->chan, m)) == EAGAIN)
		return EAGAIN;
	if (err != 0) {
		wlink_lost(k, err == EPROTO ? k->chan.why : strerror(err));
		return EPIPE;
	}
	r = wlink_match(k, m->hdr.id);
	if (r == NULL || m->hdr.type != r->call.type + 1 ||
	    m->hdr.err > 4095 || (err = wkeep_answer(r, m)) == EPROTO) {
		fdbag_close(&m->fds);
		wlink_lost(k, "an answer that nobody asked for");
		return EPIPE;
	}
	TAILQ_REMOVE(&k->sent, r, entry);
	if (--k->sent_cnt == 0) {
		k->idle_since = wlink_now();
		wlink_timer(w->ev_idle, WLINK_IDLE, 0);
	}
	k->held = 1;
	if (err == EAGAIN)
		wlink_again(p, r);
	else
		wlink_answer(w, r, (int)m->hdr.err,
		    m->hdr.err == 0 ? m : NULL);
	wkeep_unclaimed(w->fs);
	fdbag_close(&m->fds);
	wlink_dispatch(p);
	k->held = 0;
	return 0;
}

void
wlink_rung(int fd, short what, void *arg)
{
	struct worker *k = arg;

	(void)fd;
	(void)what;
	wlink_due(k);
	dispatch_flush(k->pool->w->fs);
}

/* It answered what it could before it went. */
void
wlink_end(struct worker *k)
{
	int err;

	while ((err = wlink_take(k)) == 0)
		continue;
	if (err == EAGAIN)
		wlink_lost(k, k->bad ? k->chan.why : "it is gone");
}

/*
 * Wake whom there is something for.  One worker alone does best where we are,
 * for we wait for it; several had better not wait for each other.
 */
static void
wlink_ring(struct wlink *w, uint64_t now)
{
	uint32_t cpu = MRING_NO_CPU;
	struct worker *k;

	k = TAILQ_FIRST(&w->due);
	if (TAILQ_NEXT(k, due_entry) == NULL)
		cpu = (uint32_t)sched_getcpu();
	TAILQ_FOREACH(k, &w->due, due_entry) {
		mring_disarm(&k->chan.ring);
		mring_here(&k->chan.ring, cpu, now);
		chan_bell(&k->chan);
	}
}

/* Has everybody answered what he was asked?  Those whom a bell was for have. */
static int
wlink_answered(const struct wlink *w)
{
	const struct worker *k;

	TAILQ_FOREACH(k, &w->due, due_entry)
		if (!k->bad && mring_waiting(&k->chan.ring) < k->sent_cnt)
			return 0;
	return 1;
}

/*
 * Let a worker on our processor answer before we sleep, which saves both of
 * us from being woken.  Whoever else is there may keep it for long, so that a
 * turn that took its time is the last one for a while.
 */
static void
wlink_yield(struct wlink *w, uint64_t start)
{
	uint64_t end;

	if (start < w->no_yield)
		return;
	sched_yield();
	end = wlink_now_ns();
	if (end - start > WLINK_YIELD_NS)
		w->no_yield = end + WLINK_YIELD_NOT;
}

/* Take what is there, and have the bell rung for what will come. */
static void
wlink_settle_one(struct wlink *w, struct worker *k)
{
	int err;

	TAILQ_REMOVE(&w->due, k, due_entry);
	k->due = 0;
	if (k->bad) {
		wlink_end(k);
		return;
	}
	while ((err = wlink_take(k)) == 0)
		continue;
	if (err != EAGAIN || k->due)
		return;
	if (wlink_is_lazy(k))
		wlink_lazy(k);
	else if (mring_arm(&k->chan.ring))
		wlink_due(k);
}

void
wlink_settle(struct wlink *w)
{
	unsigned int i;
	struct worker *k;
	uint64_t now;

	if (w->settling)
		return;
	w->settling = 1;
	wlink_settle_lazy(w);
	for (i = 0; !TAILQ_EMPTY(&w->due); i++) {
		now = wlink_now_ns();
		wlink_ring(w, now);
		if (i < WLINK_YIELDS && !wlink_answered(w))
			wlink_yield(w, now);
		w->round++;
		while ((k = TAILQ_FIRST(&w->due)) != NULL &&
		    k->due_round != w->round)
			wlink_settle_one(w, k);
	}
	w->settling = 0;
	if (w->fs->kept_gone > 0)
		wlink_timer(w->ev_drop, 0, WLINK_DROP_MS * 1000);
}
