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

#ifndef VIOFSD_TRANSPORT_WLINK_INT_H
#define VIOFSD_TRANSPORT_WLINK_INT_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdint.h>
#include <time.h>

#include "../common/chan.h"
#include "../common/cred.h"
#include "req.h"
#include "wkeep.h"

/*
 * Knows: what wlink.c (requests, accidents), wlink_settle.c (telling, answers),
 * wlink_lazy.c (what nobody waits for), wlink_drain.c (those that hang) and
 * wlink_supply.c (workers wanted, born, idle) share.
 * Never: included by anything else.
 */

struct event;

#define WLINK_BUCKETS	64u
#define WLINK_WINDOW	8u	/* requests sent ahead to one worker */
#define WLINK_GROW	2u	/* waiting per worker until one more is asked */
#define WLINK_PER_CRED	4u	/* workers of one credential */
#define WLINK_IDLE	30	/* seconds until an idle worker goes */
#define WLINK_RETRY_MS	20	/* until a refused or starved wish is made */
#define WLINK_CRASHES	8u	/* per WLINK_CRASH_TIME, then the pool pauses */
#define WLINK_CRASH_TIME 60	/* seconds */
#define WLINK_DRAIN	10	/* seconds, see wlink_drain() */
#define WLINK_DROP_MS	50	/* until a worker hears of what it keeps */
#define WLINK_LAZY_MS	20	/* until we look for what nobody waits for */
#define WLINK_YIELDS	2u	/* per event, see wlink_settle() */
#define WLINK_YIELD_NS	300000	/* a longer one went to somebody else, */
#define WLINK_YIELD_NOT	20000000 /* and there is none for so long */

struct worker {
	TAILQ_ENTRY(worker) entry;
	struct wpool *pool;
	struct chan chan;
	struct wkeep keep;
	struct event *ev_bell, *ev_write;
	TAILQ_ENTRY(worker) due_entry;
	unsigned int due_round;
	int due;			/* in wlink.due: not settled */
	int lazy;			/* ... or in wlink.lazy */
	int held;			/* in use further up the stack */
	int bad;			/* takes no messages */
	int watching;			/* it was sent a N_WATCH */
	struct req_list sent;		/* oldest first: the one inside */
	unsigned int sent_cnt;
	uint32_t id;
	int drain_seen;			/* had drain_id inside when we looked */
	uint32_t drain_id;
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
	unsigned int pool_cnt;
	unsigned int worker_cnt;	/* live and asked for */
	uint32_t next_id;
	struct event *ev_idle, *ev_retry, *ev_drain, *ev_drop, *ev_lazy;
	int gonefd;			/* epoll(7): channels that ended */
	struct event *ev_gone;
	TAILQ_HEAD(, worker) due;	/* told or asked something just now */
	TAILQ_HEAD(, worker) lazy;	/* nobody waits for what they do */
	unsigned int round;
	int settling;
	uint64_t no_yield;		/* until this time, ns */
	struct chan_msg msg;
};

time_t	wlink_now(void);
uint64_t wlink_now_ns(void);

/* The pool of cred, made if there is none; NULL without memory. */
struct wpool *wlink_pool(struct wlink *w, const struct cred *cred);

/*
 * Free p if nothing is left of it and nobody uses it up the stack; one that
 * had accidents is kept for as long as they count.
 */
void	wlink_pool_gc(struct wpool *p);

/* Close k's channel and forget it. */
void	wlink_worker_free(struct worker *k);

/* Ask for one more worker if p has too few for what waits. */
void	wlink_want(struct wpool *p);

/* Arm ev unless it is armed. */
void	wlink_timer(struct event *ev, time_t sec, suseconds_t usec);

/* Send what waits to workers that take more. */
void	wlink_dispatch(struct wpool *p);

/* Answer all that waits with err. */
void	wlink_fail(struct wpool *p, int err);

/* Answer r, after the privileged retry if one is due. */
void	wlink_answer(struct wlink *w, struct req *r, int err,
	    struct chan_msg *m);

/* k is gone or lied; see wlink.h for what happens to its requests. */
void	wlink_lost(struct worker *k, const char *why);

/* No worker can be what the pool is of: as if the host had said EPERM. */
void	wlink_nobody(struct wpool *p);

/* Take what k has answered, then give it up. */
void	wlink_end(struct worker *k);

/* wlink_settle() has to look at k. */
void	wlink_due(struct worker *k);

/* Does k do nothing but what nobody waits for? */
int	wlink_is_lazy(const struct worker *k);

/* Then its answer is taken when there is another reason to look. */
void	wlink_lazy(struct worker *k);

/* Those of them who have answered, or are waited for by now, are due. */
void	wlink_settle_lazy(struct wlink *w);

/* The time of wlink_drain() is over; arg is the struct wlink. */
void	wlink_drain_late(int fd, short what, void *arg);

/* Tell k to close what it keeps and nobody wants. */
void	wlink_drop(struct worker *k);

/* Events of a worker's channel; arg is the struct worker. */
void	wlink_rung(int fd, short what, void *arg);
void	wlink_writable(int fd, short what, void *arg);

/* Time to fetch their answers; arg is the struct wlink. */
void	wlink_lazy_late(int fd, short what, void *arg);

#endif
