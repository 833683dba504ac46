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
 * Knows: the live workers, how many there may be, how fast they may be
 * started, and when one must be gone.
 * Never: forks, nor what messages mean.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/log.h"
#include "broker.h"
#include "on.h"
#include "policy.h"
#include "reply.h"
#include "worker.h"

#define WORKER_START_MS	5000	/* from SPAWN to WREADY */
#define WORKER_PUT_MS	1000	/* from WPUT to the end */
#define WORKER_BURST	128	/* starts at once, */
#define WORKER_PER_SEC	64	/* and from then on */
#define WORKER_RETRY_MS	100	/* spawner's socket full */

/* Big, and only one message is looked at at a time. */
static struct chan_msg worker_msg;

static uint64_t
worker_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
worker_init(struct broker *b)
{
	TAILQ_INIT(&b->workers);
	rate_init(&b->worker_rate, WORKER_BURST, WORKER_PER_SEC,
	    worker_now_ms());
}

static void
worker_timer(struct worker *w, unsigned int ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	event_add(w->timer, &tv);
}

static void
worker_unlisten(struct worker *w)
{
	if (w->ev != NULL)
		event_free(w->ev);
	w->ev = NULL;
	chan_close(&w->chan);
}

static void
worker_drop_fds(struct worker *w)
{
	unsigned int i;

	fd_close(&w->transport_fd);
	fd_close(&w->worker_fd);
	for (i = 0; i < MRING_FDS; i++)
		fd_close(&w->ring[i]);
}

static void
worker_answer(struct worker *w, int err)
{
	int fds[REPLY_FDS];
	unsigned int i;

	if (!w->asked)
		return;
	w->asked = 0;
	if (err != 0)
		worker_drop_fds(w);
	fds[0] = w->transport_fd;
	w->transport_fd = -1;
	for (i = 0; i < MRING_FDS; i++) {
		fds[1 + i] = w->ring[i];
		w->ring[i] = -1;
	}
	reply_wget(w->broker, w->wget_id, err, err == 0 ? w->id : 0, fds);
}

static void
worker_free(struct worker *w)
{
	worker_unlisten(w);
	if (w->timer != NULL)
		event_free(w->timer);
	worker_drop_fds(w);
	free(w);
}

struct worker *
worker_find(struct broker *b, uint32_t id)
{
	struct worker *w;

	TAILQ_FOREACH(w, &b->workers, entry)
		if (w->id == id)
			return w;
	return NULL;
}

void
worker_live(struct worker *w)
{
	w->state = WORKER_LIVE;
	event_del(w->timer);
	worker_answer(w, 0);
}

void
worker_put(struct worker *w)
{
	/* The transport learns of it only when it lives. */
	if (w->state != WORKER_LIVE)
		return;
	w->state = WORKER_PUT;
	worker_timer(w, WORKER_PUT_MS);
}

void
worker_kill(struct worker *w)
{
	struct chan_out out;
	struct n_skill n;

	w->state = WORKER_GONE;
	worker_unlisten(w);
	fd_close(&w->worker_fd);
	worker_answer(w, EIO);
	memset(&n, 0, sizeof(n));
	n.worker_id = w->id;
	memset(&out, 0, sizeof(out));
	out.type = N_SKILL;
	out.body = &n;
	/* A spawner that is gone took every worker along. */
	if (chan_send(&w->home->chan, &out) == EAGAIN)
		worker_timer(w, WORKER_RETRY_MS);
	else
		event_del(w->timer);
}

void
worker_forget(struct worker *w, int err)
{
	worker_answer(w, err != 0 ? err : EIO);
	TAILQ_REMOVE(&w->broker->workers, w, entry);
	w->broker->worker_cnt--;
	worker_free(w);
}

static void
worker_late(int fd, short what, void *arg)
{
	struct worker *w = arg;
	char who[CRED_STR_MAX];

	(void)fd;
	(void)what;
	if (w->state == WORKER_STARTING || w->state == WORKER_JAILING)
		log_guest(LOG_KEY_WORKER, "worker %u (%s) was not ready in %u "
		    "ms", w->id, cred_str(&w->cred, who), WORKER_START_MS);
	worker_kill(w);
}

static void
worker_readable(int fd, short what, void *arg)
{
	struct worker *w = arg;
	char who[CRED_STR_MAX];
	int err;

	(void)fd;
	(void)what;
	if ((err = chan_recv(&w->chan, &worker_msg)) == EAGAIN)
		return;
	if (err == 0) {
		err = on_worker(w, &worker_msg);
		fdbag_close(&worker_msg.fds);
	}
	if (err == 0)
		return;
	if (err == EPIPE) {
		/* Its exit follows; if not, it is made to. */
		worker_unlisten(w);
		if (w->state == WORKER_LIVE)
			worker_put(w);
		return;
	}
	log_guest(LOG_KEY_WORKER, "worker %u (%s): %s", w->id,
	    cred_str(&w->cred, who),
	    err == EPROTO ? w->chan.why : strerror(err));
	worker_kill(w);
}

/* An id that no other worker has; 0 is nobody's. */
static uint32_t
worker_id(struct broker *b)
{
	do
		b->worker_last++;
	while (b->worker_last == 0 || worker_find(b, b->worker_last) != NULL);
	return b->worker_last;
}

static int
worker_spawn(struct worker *w, int childfd)
{
	struct chan_out out;
	struct q_spawn q;

	memset(&q, 0, sizeof(q));
	q.cred = w->cred;
	q.worker_id = w->id;
	memset(&out, 0, sizeof(out));
	out.type = Q_SPAWN;
	out.id = w->id;
	out.body = &q;
	out.fds = &childfd;
	out.fd_cnt = 1;
	return chan_send(&w->home->chan, &out);
}

/* Channels and events; what was made is freed by worker_free(). */
static int
worker_prepare(struct worker *w, int *childfd)
{
	struct event_base *base = w->broker->base;
	int pair[2], err;

	if ((err = chan_pair(pair)) != 0)
		return err;
	*childfd = pair[1];
	if ((err = chan_take(&w->chan, pair[0], MSG_BROKER, MSG_FSWORKER,
	    1)) != 0) {
		close(pair[0]);
		return err;
	}
	if ((err = chan_pair(pair)) != 0)
		return err;
	w->transport_fd = pair[0];
	w->worker_fd = pair[1];
	if ((err = mring_make(w->ring)) != 0)
		return err;
	w->timer = evtimer_new(base, worker_late, w);
	w->ev = event_new(base, w->chan.fd, EV_READ | EV_PERSIST,
	    worker_readable, w);
	if (w->timer == NULL || w->ev == NULL ||
	    event_add(w->ev, NULL) == -1)
		return ENOMEM;
	return 0;
}

/* Has the pool of this uid all the workers that it may? */
static int
worker_pool_full(struct broker *b, uint32_t uid)
{
	const struct policy_pool *pool = policy_pool(b->policy, uid);
	const struct worker *w;
	uint32_t cnt = 0;

	if (pool == NULL || pool->worker_max == 0)
		return 0;
	TAILQ_FOREACH(w, &b->workers, entry)
		if (policy_pool(b->policy, w->cred.uid) == pool)
			cnt++;
	return cnt >= pool->worker_max;
}

static int
worker_allowed(struct broker *b, const struct cred *cred,
    struct policy_verdict *v)
{
	char who[CRED_STR_MAX];
	int err;

	err = policy_resolve(b->policy, cred, v);
	/* Any user of a guest may be one; the transport knows what to do. */
	if (err == EINVAL && !policy_host(&b->policy->rules))
		return err;
	if (err != 0) {
		log_guest(LOG_KEY_AUDIT, "audit: share %s: uid %u gid %u (%s) "
		    "refused: %s", b->name, cred->uid, cred->gid,
		    cred_str(cred, who), v->why);
		return EPERM;
	}
	if (worker_pool_full(b, cred->uid))
		return EUSERS;
	if (b->worker_cnt >= WORKER_MAX) {
		log_guest(LOG_KEY_LIMIT, "%u workers are the limit",
		    WORKER_MAX);
		return EAGAIN;
	}
	if (rate_take(&b->worker_rate, worker_now_ms()) != 0) {
		log_guest(LOG_KEY_LIMIT, "workers are wanted too fast");
		return EAGAIN;
	}
	return 0;
}

int
worker_ask(struct broker *b, const struct cred *cred, uint32_t wget_id)
{
	char who[CRED_STR_MAX];
	struct worker *w;
	struct policy_verdict v;
	int childfd = -1, err;

	if ((err = worker_allowed(b, cred, &v)) != 0)
		return err;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return ENOMEM;
	w->broker = b;
	w->cred = v.cred;
	w->caps = v.caps;
	w->home = &b->home[policy_home(b->policy, &v.cred)];
	w->state = WORKER_STARTING;
	w->id = worker_id(b);
	w->wget_id = wget_id;
	w->chan.fd = w->transport_fd = w->worker_fd = -1;
	w->ring[0] = w->ring[1] = w->ring[2] = -1;
	if ((err = worker_prepare(w, &childfd)) == 0)
		err = worker_spawn(w, childfd);
	fd_close(&childfd);
	if (err != 0) {
		worker_free(w);
		return err;
	}
	w->asked = 1;
	worker_timer(w, WORKER_START_MS);
	TAILQ_INSERT_TAIL(&b->workers, w, entry);
	b->worker_cnt++;
	log_debug("worker %u (%s) starts", w->id, cred_str(&w->cred, who));
	return 0;
}
