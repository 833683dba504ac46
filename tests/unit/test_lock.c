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
 * Knows: which open file a lock is on, and who waits for one.
 * Never: a lock.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/lock.c"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOCKS		4
#define FD_TOTAL	100u

static struct fs fs;
static struct node node_a, node_b;
static struct req *req;			/* three of them */
static unsigned int again_cnt, again_max, flush_cnt, budget;

void
node_pin(struct node *n)
{
	n->pins++;
}

void
node_unpin(struct node_table *t, struct node *n)
{
	(void)t;
	assert_true(n->pins > 0);
	n->pins--;
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	budget = fd_max;
}

void
dispatch_flush(struct fs *f)
{
	assert_ptr_equal(f, &fs);
	flush_cnt++;
}

static unsigned int
fd_count(void)
{
	unsigned int n = 0;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
enter(struct node *n, uint64_t owner)
{
	int err, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	err = lock_enter(fs.locks, n, owner, &fd);
	assert_int_equal(fd, -1);
	return err;
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(&node_a, 0, sizeof(node_a));
	memset(&node_b, 0, sizeof(node_b));
	fs.fd_total = budget = FD_TOTAL;
	fs.base = event_base_new();
	fs.locks = lock_table_new(&fs, LOCKS);
	if ((req = calloc(3, sizeof(*req))) == NULL)
		return -1;
	for (i = 0; i < 3; i++)
		req[i].in.unique = 1000 + i;
	again_cnt = flush_cnt = 0;
	again_max = 1;
	return fs.base == NULL || fs.locks == NULL ? -1 : 0;
}

/* Nothing is left: no waiter, no pin, nothing of the budget. */
static int
teardown(void **state)
{
	(void)state;
	assert_null(lock_cancel_any(fs.locks));
	lock_drop_all(fs.locks);
	assert_int_equal(node_a.pins + node_b.pins, 0);
	assert_int_equal(budget, FD_TOTAL);
	assert_int_equal(fs.fd_open, 0);
	free(fs.locks);
	free(req);
	event_base_free(fs.base);
	return 0;
}

static void
test_one_for_each_pair(void **state)
{
	int a1;

	(void)state;
	assert_int_equal(lock_fd(fs.locks, &node_a, 1), -1);
	assert_int_equal(enter(&node_a, 1), 0);
	a1 = lock_fd(fs.locks, &node_a, 1);
	assert_int_not_equal(a1, -1);
	assert_int_equal(lock_fd(fs.locks, &node_a, 2), -1);
	assert_int_equal(lock_fd(fs.locks, &node_b, 1), -1);
	assert_int_equal(enter(&node_a, UINT64_MAX), 0);
	assert_int_equal(enter(&node_b, 1), 0);
	assert_int_equal(lock_fd(fs.locks, &node_a, 1), a1);
	assert_int_not_equal(lock_fd(fs.locks, &node_a, UINT64_MAX), a1);
	assert_int_not_equal(lock_fd(fs.locks, &node_b, 1), a1);
	assert_int_equal(node_a.pins, 2);
	assert_int_equal(node_b.pins, 1);
}

/* Two requests of one owner have both opened: the first file stays. */
static void
test_entered_twice(void **state)
{
	unsigned int before;
	int fd;

	(void)state;
	assert_int_equal(enter(&node_a, 1), 0);
	fd = lock_fd(fs.locks, &node_a, 1);
	before = fd_count();
	assert_int_equal(enter(&node_a, 1), 0);
	assert_int_equal(fd_count(), before);
	assert_int_equal(lock_fd(fs.locks, &node_a, 1), fd);
	assert_int_equal(node_a.pins, 1);
	assert_int_equal(budget, FD_TOTAL - 1);
}

static void
test_drop_owner(void **state)
{
	unsigned int before = fd_count();

	(void)state;
	enter(&node_a, 1);
	enter(&node_a, 2);
	enter(&node_b, 1);
	lock_drop(fs.locks, &node_a, 1);
	assert_int_equal(fd_count(), before + 2);
	assert_int_equal(lock_fd(fs.locks, &node_a, 1), -1);
	assert_int_not_equal(lock_fd(fs.locks, &node_a, 2), -1);
	assert_int_not_equal(lock_fd(fs.locks, &node_b, 1), -1);
	lock_drop(fs.locks, &node_a, 1);	/* there is none */
	lock_drop(fs.locks, &node_b, 2);
	assert_int_equal(fd_count(), before + 2);
	assert_int_equal(node_a.pins, 1);
	lock_drop_all(fs.locks);
	assert_int_equal(fd_count(), before);
}

/* What the guest's open file was used for last goes with it, nothing else. */
static void
test_release(void **state)
{
	(void)state;
	assert_int_equal(lock_use(fs.locks, &node_a, 1, 7), -1);
	enter(&node_a, 1);
	enter(&node_a, 2);
	enter(&node_b, 1);
	enter(&node_b, 3);
	assert_int_equal(lock_use(fs.locks, &node_a, 1, 7),
	    lock_fd(fs.locks, &node_a, 1));
	lock_use(fs.locks, &node_a, 2, 7);
	lock_use(fs.locks, &node_a, 2, 8);
	lock_use(fs.locks, &node_b, 1, 7);
	lock_release(fs.locks, 7);
	assert_int_equal(lock_fd(fs.locks, &node_a, 1), -1);
	assert_int_equal(lock_fd(fs.locks, &node_b, 1), -1);
	assert_int_not_equal(lock_fd(fs.locks, &node_a, 2), -1);
	assert_int_not_equal(lock_fd(fs.locks, &node_b, 3), -1);
	lock_release(fs.locks, 8);
	assert_int_equal(lock_fd(fs.locks, &node_a, 2), -1);
	assert_int_equal(budget, FD_TOTAL - 1);
}

/* A guest may invent owners; descriptors are not to be had for that. */
static void
test_limit(void **state)
{
	unsigned int before, i;

	(void)state;
	for (i = 0; i < LOCKS; i++) {
		assert_int_equal(enter(&node_a, i), 0);
		assert_int_equal(budget, FD_TOTAL - 1 - i);
	}
	before = fd_count();
	assert_int_equal(enter(&node_a, LOCKS), ENOLCK);
	assert_int_equal(enter(&node_b, 0), ENOLCK);
	assert_int_equal(enter(&node_a, 0), 0);		/* is there */
	assert_int_equal(fd_count(), before);
	assert_int_equal(node_a.pins, LOCKS);
	lock_drop(fs.locks, &node_a, 2);
	assert_int_equal(enter(&node_b, 0), 0);
}

/* Try again until it is enough. */
static void
again(struct req *r)
{
	if (++again_cnt < again_max)
		assert_int_equal(lock_wait(fs.locks, r, again), 0);
	else
		lock_done(r);
}

static void
test_wait(void **state)
{
	struct timespec a, b;
	long ms;

	(void)state;
	again_max = 5;
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(lock_wait(fs.locks, &req[0], again), 0);
	assert_non_null(req[0].waiter);
	assert_int_equal(again_cnt, 0);
	event_base_dispatch(fs.base);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(again_cnt, 5);
	assert_int_equal(flush_cnt, 5);
	assert_null(req[0].waiter);
	/* 1 + 2 + 4 + 8 + 16: longer each time. */
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	assert_true(ms >= 25);
}

static void
test_pause_limit(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 40; i++)
		assert_int_equal(lock_wait(fs.locks, &req[0], again), 0);
	assert_int_equal(req[0].waiter->pause, LOCK_TRY_MAX);
	lock_done(&req[0]);
}

static void
test_cancel(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(lock_wait(fs.locks, &req[i], again), 0);
	assert_null(lock_cancel(fs.locks, 999));
	assert_ptr_equal(lock_cancel(fs.locks, 1001), &req[1]);
	assert_null(req[1].waiter);
	assert_null(lock_cancel(fs.locks, 1001));
	lock_done(&req[1]);			/* does not wait any more */
	event_base_dispatch(fs.base);
	assert_int_equal(again_cnt, 1 + 1);	/* the two others */
	assert_null(lock_cancel(fs.locks, 1000));
}

/* The end of the session: everybody goes. */
static void
test_cancel_any(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(lock_wait(fs.locks, &req[i], again), 0);
	for (i = 0; i < 3; i++)
		assert_non_null(lock_cancel_any(fs.locks));
	assert_null(lock_cancel_any(fs.locks));
	for (i = 0; i < 3; i++)
		assert_null(req[i].waiter);
	event_base_dispatch(fs.base);
	assert_int_equal(again_cnt, 0);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_one_for_each_pair),
		UNIT(test_entered_twice),
		UNIT(test_drop_owner),
		UNIT(test_release),
		UNIT(test_limit),
		UNIT(test_wait),
		UNIT(test_pause_limit),
		UNIT(test_cancel),
		UNIT(test_cancel_any),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
