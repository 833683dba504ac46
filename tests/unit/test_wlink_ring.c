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
 * Knows: which workers are rung, how often, and which processor they are told
 * of.
 * Never: an answer.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/wlink_settle.c"

#include <poll.h>
#include <unistd.h>

#define WORKERS 3

static struct wlink w;
static struct worker workers[WORKERS];
static struct mring peers[WORKERS];

static int
setup(void **state)
{
	int fds[MRING_FDS], other[MRING_FDS], i, k;

	(void)state;
	memset(&w, 0, sizeof(w));
	memset(workers, 0, sizeof(workers));
	TAILQ_INIT(&w.due);
	for (k = 0; k < WORKERS; k++) {
		if (mring_make(fds) != 0)
			return -1;
		for (i = 0; i < MRING_FDS; i++)
			other[i] = dup(fds[i]);
		if (mring_map(&workers[k].chan.ring, fds, MRING_TRANSPORT) |
		    mring_map(&peers[k], other, MRING_WORKER))
			return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	int k;

	(void)state;
	for (k = 0; k < WORKERS; k++) {
		mring_unmap(&workers[k].chan.ring);
		mring_unmap(&peers[k]);
	}
	return 0;
}

/* Worker k sleeps and has cnt questions to wake up for. */
static void
due(unsigned int k, unsigned int cnt)
{
	uint8_t buf[MRING_SLOT_LEN];
	size_t len;

	while (mring_take(&peers[k], buf, &len) == 0)
		continue;
	assert_int_equal(mring_arm(&peers[k]), 0);
	while (cnt-- > 0) {
		memset(mring_begin(&workers[k].chan.ring), 0, 1);
		mring_put(&workers[k].chan.ring, 1);
	}
	TAILQ_INSERT_TAIL(&w.due, &workers[k], due_entry);
}

static void
ring(uint64_t now)
{
	wlink_ring(&w, now);
	TAILQ_INIT(&w.due);
}

/* How often was k's bell rung? */
static uint64_t
rung(unsigned int k)
{
	struct pollfd p = {peers[k].bell_in, POLLIN, 0};
	uint64_t cnt;

	if (poll(&p, 1, 0) != 1)
		return 0;
	assert_int_equal(read(p.fd, &cnt, sizeof(cnt)), sizeof(cnt));
	return cnt;
}

static uint32_t
told(unsigned int k, uint64_t want)
{
	uint32_t cpu;
	uint64_t when;

	mring_where(&peers[k], &cpu, &when);
	assert_true(when == want);
	return cpu;
}

/* Worker k, asked sent times, has answered so often. */
static void
answered(unsigned int k, unsigned int sent, unsigned int cnt)
{
	workers[k].sent_cnt = sent;
	for (; cnt > 0; cnt--) {
		memset(mring_begin(&peers[k]), 0, 1);
		mring_put(&peers[k], 1);
	}
	TAILQ_INSERT_TAIL(&w.due, &workers[k], due_entry);
}

/* Nobody waits for answers that are there. */
static void
test_answered(void **state)
{
	(void)state;
	answered(0, 2, 1);
	assert_false(wlink_answered(&w));
	TAILQ_INIT(&w.due);
	answered(0, 2, 1);
	assert_true(wlink_answered(&w));
	answered(1, 1, 0);
	assert_false(wlink_answered(&w));
	workers[1].bad = 1;
	assert_true(wlink_answered(&w));
	TAILQ_INIT(&w.due);
}

/* Where we run, unless several work for us: they had better spread. */
static void
test_where(void **state)
{
	cpu_set_t one, all;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	CPU_SET((unsigned int)sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	due(0, 1);
	ring(1000);
	assert_true(CPU_ISSET(told(0, 1000), &one));
	due(0, 1);
	due(1, 1);
	ring(2000);
	assert_int_equal(told(0, 2000), MRING_NO_CPU);
	assert_int_equal(told(1, 2000), MRING_NO_CPU);
	/* One that answers and has no question keeps its time. */
	due(1, 0);
	ring(3000);
	assert_int_equal(told(1, 2000), MRING_NO_CPU);
	assert_int_equal(told(2, 0), 0);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* One bell for all that is new, and none for who has nothing or is awake. */
static void
test_once(void **state)
{
	(void)state;
	due(0, WLINK_WINDOW - 1);
	due(1, 1);
	due(2, 0);
	ring(1000);
	assert_int_equal(rung(0), 1);
	assert_int_equal(rung(1), 1);
	assert_int_equal(rung(2), 0);
	due(0, 3);
	mring_disarm(&peers[0]);
	ring(2000);
	assert_int_equal(rung(0), 0);
	/* It is to ring for its answers no longer: we are awake. */
	assert_int_equal(mring_arm(&workers[0].chan.ring), 0);
	due(0, 1);
	ring(3000);
	memset(mring_begin(&peers[0]), 0, 1);
	mring_put(&peers[0], 1);
	mring_bell(&peers[0]);
	assert_int_equal(read(workers[0].chan.ring.bell_in, &(uint64_t){0}, 8),
	    -1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_where),
	    CASE(test_answered),
	    CASE(test_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
