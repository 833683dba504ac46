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
 * Knows: when the event thread hears of what I/O threads have finished, and
 * when they close what they are given.
 * Never: a request that does anything.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/iopool.c"

#include <fcntl.h>
#include <string.h>

#define THREADS	2

static struct event_base *base;
static struct iopool *pool;
static unsigned int done_cnt;
static _Atomic unsigned int told;	/* notifications: work() is over */
static _Atomic int hold;
static _Atomic unsigned int busy;	/* in work() */

void
vring_notify(struct vring *v)
{
	(void)v;
	told++;
}

static void
work(struct req *r)
{
	(void)r;
	busy++;
	while (hold)
		usleep(1000);
	busy--;
}

static void
after(struct req *r)
{
	(void)r;
}

static void
done(struct req *r)
{
	(void)r;
	done_cnt++;
}

/* Wait until a thread is through with cnt requests since reset(). */
static void
wait_finished(unsigned int cnt)
{
	struct req *r;
	unsigned int i;

	do {
		usleep(1000);
		i = 0;
		pthread_mutex_lock(&pool->lock);
		TAILQ_FOREACH(r, &pool->finished, entry)
			i++;
		pthread_mutex_unlock(&pool->lock);
	} while (i < cnt);
}

static int
setup(void **state)
{
	(void)state;
	base = event_base_new();
	pool = iopool_start(base, THREADS, done);
	return 0;
}

static int
reset(void **state)
{
	(void)state;
	done_cnt = 0;
	told = 0;
	hold = 0;
	return 0;
}

static void
test_kick(void **state)
{
	struct req r;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.io.work = work;
	iopool_reap(pool);
	assert_int_equal(done_cnt, 0);
	iopool_submit(pool, &r);
	wait_finished(1);
	assert_int_equal(told, 1);
	assert_int_equal(done_cnt, 0);
	iopool_reap(pool);
	assert_int_equal(done_cnt, 1);
	iopool_reap(pool);
	assert_int_equal(done_cnt, 1);
}

/* The guest is silent: the loop is woken all the same. */
static void
test_no_kick(void **state)
{
	struct req r;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.io.work = work;
	iopool_submit(pool, &r);
	while (done_cnt == 0)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(done_cnt, 1);
}

/* Threads that are busy for long do not keep what is finished. */
static void
test_busy(void **state)
{
	struct req r[THREADS + 1];
	unsigned int i;

	(void)state;
	memset(r, 0, sizeof(r));
	for (i = 0; i <= THREADS; i++)
		r[i].io.work = work;
	iopool_submit(pool, &r[0]);
	wait_finished(1);
	hold = 1;
	for (i = 1; i <= THREADS; i++)
		iopool_submit(pool, &r[i]);
	while (done_cnt == 0)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(done_cnt, 1);
	hold = 0;
	while (done_cnt < THREADS + 1)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void
test_after(void **state)
{
	struct req r;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.io.work = work;
	r.io.after = after;
	iopool_submit(pool, &r);
	while (done_cnt == 0)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(pool->woken, 0);
}

static int
give_one(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(iopool_close(pool, fd), 0);
	return fd;
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Nobody is woken for one at once, but it does not stay for ever. */
static void
test_close_late(void **state)
{
	int fd;

	(void)state;
	fd = give_one();
	assert_true(event_pending(pool->ev_close, EV_TIMEOUT, NULL));
	while (event_pending(pool->ev_close, EV_TIMEOUT, NULL))
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	while (is_open(fd))
		usleep(1000);
}

/* ... nor for the next one after that. */
static void
test_close_again(void **state)
{
	test_close_late(state);
	test_close_late(state);
}

/* For many somebody is, whatever the event thread does. */
static void
test_close_many(void **state)
{
	int fds[IOPOOL_CLOSE_EACH];
	unsigned int i;

	(void)state;
	for (i = 0; i < IOPOOL_CLOSE_EACH; i++)
		fds[i] = give_one();
	for (i = 0; i < IOPOOL_CLOSE_EACH; i++)
		while (is_open(fds[i]))
			usleep(1000);
}

/* A thread that has something else to do closes afterwards, unasked. */
static void
test_close_after_work(void **state)
{
	struct req r;
	int fd;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.io.work = work;
	fd = give_one();
	iopool_submit(pool, &r);
	while (is_open(fd))
		usleep(1000);
	iopool_reap(pool);
	assert_int_equal(done_cnt, 1);
}

/* What nobody has time for is left to who has it. */
static void
test_close_full(void **state)
{
	struct req r[THREADS];
	int fds[IOPOOL_CLOSING], fd;
	unsigned int i;

	(void)state;
	memset(r, 0, sizeof(r));
	hold = 1;
	for (i = 0; i < THREADS; i++) {
		r[i].io.work = work;
		iopool_submit(pool, &r[i]);
	}
	while (busy < THREADS)
		usleep(1000);
	for (i = 0; i < IOPOOL_CLOSING; i++)
		fds[i] = give_one();
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(iopool_close(pool, fd), EAGAIN);
	assert_true(is_open(fd));
	close(fd);
	hold = 0;
	for (i = 0; i < IOPOOL_CLOSING; i++)
		while (is_open(fds[i]))
			usleep(1000);
	while (done_cnt < THREADS)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kick, reset),
		cmocka_unit_test_setup(test_no_kick, reset),
		cmocka_unit_test_setup(test_busy, reset),
		cmocka_unit_test_setup(test_after, reset),
		cmocka_unit_test_setup(test_close_late, reset),
		cmocka_unit_test_setup(test_close_again, reset),
		cmocka_unit_test_setup(test_close_many, reset),
		cmocka_unit_test_setup(test_close_after_work, reset),
		cmocka_unit_test_setup(test_close_full, reset),
	};

	alarm(60);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, NULL);
}
