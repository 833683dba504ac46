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

#ifndef VIOFSD_BROKER_WORKER_H
#define VIOFSD_BROKER_WORKER_H

#include <stdint.h>

#include <bsd/sys/queue.h>

#include "../common/chan.h"

/*
 * Knows: the live workers, how many there may be, how fast they may be
 * started, and when one must be gone.
 * Never: forks (spawner.c), nor what messages mean (on_worker.c).
 */

#define WORKER_MAX	256	/* processes at one time, ending ones too */
#define WORKER_WANTED	128	/* what the transport is told to stay below */

enum worker_state {
	WORKER_STARTING,	/* asked of the spawner; has said nothing */
	WORKER_JAILING,		/* has its credential, shuts its jail */
	WORKER_LIVE,		/* the transport has its channel */
	WORKER_PUT,		/* given back: has a moment to go */
	WORKER_GONE,		/* killed: its exit is awaited */
};

struct broker;
struct event;
struct home;

struct worker {
	TAILQ_ENTRY(worker) entry;
	struct broker *broker;
	struct home *home;	/* whose spawner makes it */
	struct cred cred;
	uint64_t caps;		/* what it is born with, exactly */
	enum worker_state state;
	uint32_t id;
	uint32_t wget_id;	/* question of the transport */
	int asked;		/* that question has no answer yet */
	struct chan chan;	/* to the worker, fd -1 when closed */
	struct event *ev;	/* for chan */
	struct event *timer;
	int transport_fd;	/* the two ends of transport - worker, */
	int worker_fd;		/* -1 once given away */
	int ring[MRING_FDS];	/* of their channel, for both */
};

/* No worker yet, all tokens there. */
void	worker_init(struct broker *b);

/*
 * Start a worker that answers question wget_id.  Returns 0, and the answer is
 * given later; or EPERM (policy), EUSERS (its pool has all that it may),
 * EAGAIN (too many, too fast) or another errno, and the caller answers.
 */
int	worker_ask(struct broker *b, const struct cred *cred,
	    uint32_t wget_id);

/* The worker with this id, or NULL. */
struct worker *worker_find(struct broker *b, uint32_t id);

/* Its jail is shut and checked: answer the question. */
void	worker_live(struct worker *w);

/* The transport needs it no longer: it must be gone in a second. */
void	worker_put(struct worker *w);

/* End it at once; an open question is answered with EIO. */
void	worker_kill(struct worker *w);

/* It is gone (err 0), or was never started (err): forget it. */
void	worker_forget(struct worker *w, int err);

#endif
