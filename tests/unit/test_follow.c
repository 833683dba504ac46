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
 * Knows: when a worker goes to another processor, and that no number which
 * the transport may say takes it where it was not allowed.
 * Never: a real processor, a real clock.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

static uint64_t now_ns;
static cpu_set_t allowed, bound;
static int refuse_get, refuse_set;
static unsigned int set_cnt;

static int
fake_clock(struct timespec *ts)
{
	ts->tv_sec = (time_t)(now_ns / 1000000000);
	ts->tv_nsec = (long)(now_ns % 1000000000);
	return 0;
}

static int
fake_get(pid_t pid, size_t len, cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	assert_int_equal(len, sizeof(*set));
	*set = allowed;
	errno = EINVAL;
	return refuse_get ? -1 : 0;
}

static int
fake_set(pid_t pid, size_t len, const cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	assert_int_equal(len, sizeof(*set));
	set_cnt++;
	errno = EINVAL;
	if (refuse_set)
		return -1;
	bound = *set;
	return 0;
}

#define clock_gettime(id, ts) ((void)(id), fake_clock(ts))
#define sched_getaffinity fake_get
#define sched_setaffinity fake_set
#include "common/mring.c"
#include "fsworker/follow.c"

static struct mring worker, transport;

/* Processors 1, 2 and 5 of eight. */
static int
setup(void **state)
{
	int fds[MRING_FDS], other[MRING_FDS], i;

	(void)state;
	CPU_ZERO(&allowed);
	CPU_SET(1, &allowed);
	CPU_SET(2, &allowed);
	CPU_SET(5, &allowed);
	bound = allowed;
	now_ns = 1000000000000;
	refuse_get = refuse_set = 0;
	set_cnt = 0;
	if (mring_make(fds) != 0)
		return -1;
	for (i = 0; i < MRING_FDS; i++)
		other[i] = dup(fds[i]);
	follow_init();
	return mring_map(&worker, fds, MRING_WORKER) |
	    mring_map(&transport, other, MRING_TRANSPORT);
}

static int
teardown(void **state)
{
	(void)state;
	mring_unmap(&worker);
	mring_unmap(&transport);
	return 0;
}

/* A question from cpu that takes ns, cnt times. */
static void
ask(uint32_t cpu, uint64_t ns, unsigned int cnt)
{
	char buf[MRING_SLOT_LEN];
	size_t len;

	while (cnt-- > 0) {
		now_ns += 50000;
		memset(mring_begin(&transport), 0, 1);
		mring_put(&transport, 1);
		mring_here(&transport, cpu, now_ns);
		mring_bell(&transport);
		assert_int_equal(mring_take(&worker, buf, &len), 0);
		now_ns += ns;
		follow_idle(&worker);
	}
}

static int
is_bound(int cpu)
{
	return CPU_COUNT(&bound) == 1 && CPU_ISSET(cpu, &bound);
}

static void
test_follows(void **state)
{
	(void)state;
	ask(2, 10000, FOLLOW_AFTER - 1);
	assert_int_equal(set_cnt, 0);
	ask(2, 10000, 1);
	assert_true(is_bound(2));
	/* It is there already. */
	ask(2, 10000, 100);
	assert_int_equal(set_cnt, 1);
	/* Here and there is not often enough. */
	ask(5, 10000, FOLLOW_AFTER - 1);
	ask(1, 10000, FOLLOW_AFTER - 1);
	ask(2, 10000, 1);
	ask(5, 10000, FOLLOW_AFTER - 1);
	assert_int_equal(set_cnt, 1);
	ask(5, 10000, 1);
	assert_true(is_bound(5));
	/* None is named. */
	ask(MRING_NO_CPU, 10000, FOLLOW_AFTER);
	assert_true(CPU_EQUAL(&bound, &allowed));
	assert_int_equal(set_cnt, 3);
}

static void
test_late(void **state)
{
	(void)state;
	ask(2, 10000, FOLLOW_AFTER);
	assert_true(is_bound(2));
	ask(2, FOLLOW_LATE_NS, 1);
	assert_true(is_bound(2));
	ask(2, FOLLOW_LATE_NS + 1, 1);
	assert_true(CPU_EQUAL(&bound, &allowed));
	/* It must be said more often now, ... */
	ask(2, 10000, 2 * FOLLOW_AFTER - 1);
	assert_int_equal(set_cnt, 2);
	ask(2, 10000, 1);
	assert_true(is_bound(2));
	/* ... late ones that are not bound do not count, ... */
	ask(2, FOLLOW_LATE_NS + 1, 100);
	assert_int_equal(set_cnt, 4);
	ask(2, 10000, 4 * FOLLOW_AFTER - 1);
	assert_int_equal(set_cnt, 4);
	ask(2, 10000, 1);
	assert_true(is_bound(2));
	/* ... until it has gone well. */
	ask(2, 10000, FOLLOW_WELL);
	ask(2, FOLLOW_LATE_NS + 1, 1);
	assert_int_equal(set_cnt, 6);
	ask(2, 10000, 2 * FOLLOW_AFTER);
	assert_true(is_bound(2));
	/* A time that is to come is no time. */
	ask(2, UINT64_MAX / 2, 1);
	assert_true(CPU_EQUAL(&bound, &allowed));
}

/* However often it goes wrong, there is an end to it. */
static void
test_most(void **state)
{
	unsigned int i, n = FOLLOW_AFTER;

	(void)state;
	for (i = 0; i < 20; i++) {
		ask(2, 10000, n - 1);
		assert_true(CPU_EQUAL(&bound, &allowed));
		ask(2, 10000, 1);
		assert_true(is_bound(2));
		ask(2, FOLLOW_LATE_NS + 1, 1);
		assert_true(CPU_EQUAL(&bound, &allowed));
		n = n < FOLLOW_MOST ? 2 * n : n;
	}
	assert_int_equal(n, FOLLOW_MOST);
}

/* Processors that there are not, or that we were not allowed. */
static void
test_lies(void **state)
{
	static const uint32_t lies[] = {0, 3, 8, CPU_SETSIZE - 1, CPU_SETSIZE,
	    INT32_MAX, 0x80000000, MRING_NO_CPU - 1};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		ask(lies[i], 10000, 3 * FOLLOW_AFTER);
	assert_int_equal(set_cnt, 0);
	ask(2, 10000, FOLLOW_AFTER);
	assert_true(is_bound(2));
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		ask(lies[i], 10000, 3 * FOLLOW_AFTER);
	assert_true(CPU_EQUAL(&bound, &allowed));
	assert_int_equal(set_cnt, 2);
	/* Nothing was said yet. */
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
	follow_idle(&worker);
	assert_int_equal(set_cnt, 0);
}

static void
test_refused(void **state)
{
	(void)state;
	refuse_set = 1;
	ask(2, 10000, 10 * FOLLOW_AFTER);
	assert_int_equal(set_cnt, 1);
	refuse_set = 0;
	ask(5, 10000, FOLLOW_AFTER);
	assert_true(is_bound(5));
	/* Unknown, and no choice. */
	refuse_get = 1;
	follow_init();
	ask(2, 10000, 2 * FOLLOW_AFTER);
	refuse_get = 0;
	CPU_ZERO(&allowed);
	CPU_SET(2, &allowed);
	follow_init();
	ask(2, 10000, 2 * FOLLOW_AFTER);
	assert_int_equal(set_cnt, 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_follows),
	    CASE(test_late),
	    CASE(test_most),
	    CASE(test_lies),
	    CASE(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
