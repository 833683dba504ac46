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
 * Knows: threads that make the system calls which may sleep.
 * Never: tables, workers or the socket: those belong to the event thread.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/queue.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/log.h"
#include "iopool.h"
#include "req.h"

#define IOPOOL_CLOSING	256	/* descriptors that may wait to be closed, */
#define IOPOOL_CLOSE_EACH 32	/* until a thread is woken for them, */
#define IOPOOL_CLOSE_US	20000	/* and how long they wait if there are fewer */
#define IOPOOL_LAZY_NS	5000000	/* how long what is finished may lie */
#define IOPOOL_STACK	(128 * 1024)	/* bytes; work() uses iovecs only */

struct iopool {
	pthread_mutex_t lock;
	pthread_cond_t more, started;
	struct req_list todo, finished;
	_Atomic int any_finished;	/* to look without the lock */
	int woken;			/* wakefd was written for them */
	int closing[IOPOOL_CLOSING];
	unsigned int closing_cnt;
	unsigned int thread_cnt, running;
	void (*done)(struct req *r);
	int wakefd;
	struct event *ev, *ev_close;
};

/* Someone must look at what is finished.  With the lock. */
static void
iopool_wake(struct iopool *p)
{
	uint64_t one = 1;

	if (p->woken || TAILQ_EMPTY(&p->finished))
		return;
	p->woken = 1;
	if (write(p->wakefd, &one, sizeof(one)) == -1)
		log_warn("I/O pool wake-up");
}

/*
 * Nothing is to be done.  What is finished is taken with the next kick of the
 * guest, which saves the event thread from waking up for it alone; if none
 * comes, it is woken after all.
 */
static void
iopool_idle(struct iopool *p)
{
	struct timespec ts;

	if (p->woken || TAILQ_EMPTY(&p->finished)) {
		pthread_cond_wait(&p->more, &p->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += IOPOOL_LAZY_NS;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	if (pthread_cond_timedwait(&p->more, &p->lock, &ts) == ETIMEDOUT)
		iopool_wake(p);
}

/* The next request; descriptors are closed while there is none. */
static struct req *
iopool_next(struct iopool *p)
{
	struct req *r;
	int fd;

	while ((r = TAILQ_FIRST(&p->todo)) == NULL) {
		if (p->closing_cnt == 0) {
			iopool_idle(p);
			continue;
		}
		fd = p->closing[--p->closing_cnt];
		iopool_wake(p);
		pthread_mutex_unlock(&p->lock);
		close(fd);
		pthread_mutex_lock(&p->lock);
	}
	TAILQ_REMOVE(&p->todo, r, entry);
	/* This may take long. */
	iopool_wake(p);
	return r;
}

/* The reply is out already; the event thread only drops references. */
static void
iopool_finish(struct iopool *p, struct req *r)
{
	TAILQ_INSERT_TAIL(&p->finished, r, entry);
	atomic_store(&p->any_finished, 1);
	if (r->io.after != NULL)
		iopool_wake(p);
}

static void *
iopool_thread(void *arg)
{
	struct iopool *p = arg;
	struct req *r;

	pthread_mutex_lock(&p->lock);
	p->running++;
	pthread_cond_signal(&p->started);
	for (;;) {
		r = iopool_next(p);
		pthread_mutex_unlock(&p->lock);
		r->io.work(r);
		vring_notify(r->chain.vring);
		pthread_mutex_lock(&p->lock);
		iopool_finish(p, r);
	}
	return NULL;
}

void
iopool_reap(struct iopool *p)
{
	struct req_list list;
	struct req *r;

	if (!atomic_load(&p->any_finished))
		return;
	TAILQ_INIT(&list);
	pthread_mutex_lock(&p->lock);
	TAILQ_CONCAT(&list, &p->finished, entry);
	atomic_store(&p->any_finished, 0);
	p->woken = 0;
	pthread_mutex_unlock(&p->lock);
	while ((r = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, r, entry);
		p->done(r);
	}
}

static void
iopool_woken(int fd, short what, void *arg)
{
	uint64_t cnt;

	(void)what;
	if (read(fd, &cnt, sizeof(cnt)) == -1 && errno != EAGAIN)
		log_warn("I/O pool wake-up");
	iopool_reap(arg);
}

/* There were too few to wake a thread for them. */
static void
iopool_close_late(int fd, short what, void *arg)
{
	struct iopool *p = arg;

	(void)fd;
	(void)what;
	pthread_cond_signal(&p->more);
}

static void
iopool_threads(struct iopool *p)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	unsigned int i;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, IOPOOL_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	sigdelset(&all, SIGBUS);	/* guest memory may go away */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < p->thread_cnt; i++)
		if ((err = pthread_create(&thread, &attr, iopool_thread,
		    p)) != 0) {
			errno = err;
			fatal("I/O thread");
		}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	pthread_mutex_lock(&p->lock);
	while (p->running < p->thread_cnt)
		pthread_cond_wait(&p->started, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

struct iopool *
iopool_start(struct event_base *base, unsigned int thread_cnt,
    void (*done)(struct req *r))
{
	pthread_condattr_t attr;
	struct iopool *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("memory");
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->more, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&p->started, NULL);
	TAILQ_INIT(&p->todo);
	TAILQ_INIT(&p->finished);
	p->thread_cnt = thread_cnt;
	p->done = done;
	p->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wakefd == -1)
		fatal("eventfd");
	p->ev = event_new(base, p->wakefd, EV_READ | EV_PERSIST, iopool_woken,
	    p);
	p->ev_close = event_new(base, -1, 0, iopool_close_late, p);
	if (p->ev == NULL || p->ev_close == NULL ||
	    event_add(p->ev, NULL) == -1)
		fatalx("event for the I/O pool");
	iopool_threads(p);
	return p;
}

void
iopool_submit(struct iopool *p, struct req *r)
{
	pthread_mutex_lock(&p->lock);
	TAILQ_INSERT_TAIL(&p->todo, r, entry);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->more);
}

int
iopool_close(struct iopool *p, int fd)
{
	static const struct timeval late = { 0, IOPOOL_CLOSE_US };
	unsigned int cnt;

	pthread_mutex_lock(&p->lock);
	cnt = p->closing_cnt;
	if (cnt < IOPOOL_CLOSING)
		p->closing[p->closing_cnt++] = fd;
	pthread_mutex_unlock(&p->lock);
	if (cnt == IOPOOL_CLOSING)
		return EAGAIN;
	if (cnt + 1 == IOPOOL_CLOSE_EACH)
		pthread_cond_signal(&p->more);
	else if (!event_pending(p->ev_close, EV_TIMEOUT, NULL))
		event_add(p->ev_close, &late);
	return 0;
}
