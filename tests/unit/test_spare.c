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
 * Knows: when what was open is opened again without a worker.
 * Never: a real share, or the time.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <time.h>

#include "transport/sysfd.h"

static int fake_gettime(clockid_t id, struct timespec *ts);
static void *fake_malloc(size_t len);
static int fake_stat(int fd, struct stat *st);

#define clock_gettime fake_gettime
#define malloc fake_malloc
#define sysfd_stat fake_stat
#include "transport/spare.c"
#undef clock_gettime
#undef malloc
#undef sysfd_stat

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/fdbag.h"

#define MAX	3
#define MSEC	1000000LL
#define START	(1000 * SPARE_NSEC)

static struct fs fs;
static struct event_base *base;
static struct node node[MAX + 1];
static struct handle handle;
static struct req req;
static struct spare_set *set;
static struct spare_when now;
static struct stat file;	/* what fstat(2) says */
static unsigned int reaped, budget;
static int stat_err, no_memory;

static int
fake_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns = id == CLOCK_REALTIME ? now.real : now.mono;

	assert_true(id == CLOCK_REALTIME || id == CLOCK_MONOTONIC);
	ts->tv_sec = ns / SPARE_NSEC;
	ts->tv_nsec = ns % SPARE_NSEC;
	return 0;
}

static void *
fake_malloc(size_t len)
{
	return no_memory ? NULL : malloc(len);
}

static int
fake_stat(int fd, struct stat *st)
{
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	*st = file;
	errno = stat_err;
	return stat_err == 0 ? 0 : -1;
}

void
reap_close(struct fs *f, int *fd)
{
	assert_ptr_equal(f, &fs);
	assert_int_not_equal(*fd, -1);
	reaped++;
	fd_close(fd);
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	assert_ptr_equal(t, fs.nodes);
	budget = fd_max;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

/* Time goes on. */
static void
later(int64_t ns)
{
	now.real += ns;
	now.mono += ns;
}

/* The file has changed just now, as a clock says that ticks. */
static void
changed(int64_t ns)
{
	file.st_ctim.tv_sec = ns / SPARE_NSEC;
	file.st_ctim.tv_nsec = ns % SPARE_NSEC;
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(node, 0, sizeof(node));
	memset(&req, 0, sizeof(req));
	memset(&file, 0, sizeof(file));
	if (base == NULL)
		base = event_base_new();
	fs.base = base;
	fs.fd_total = budget = 100;
	fs.magic = EXT4_SUPER_MAGIC;
	fs.dev_major = 8;
	fs.dev_minor = 1;
	for (i = 0; i <= MAX; i++) {
		node[i].ino = 9;
		node[i].fd = -1;
		node[i].dev_major = 8;
		node[i].dev_minor = 1;
		node[i].mode = S_IFREG | 0644;
	}
	file.st_ino = 9;
	file.st_mode = S_IFREG | 0644;
	reaped = 0;
	stat_err = no_memory = 0;
	now.real = 7 * START;
	now.mono = START;
	changed(now.real - SPARE_NSEC);
	req.fs = &fs;
	cred_set(&req.call.cred, CRED_USER, 5, 6);
	set = spare_set_new(&fs, MAX);
	return base == NULL || set == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i <= MAX; i++)
		spare_drop(set, &node[i]);
	assert_int_equal(set->cnt, 0);
	assert_int_equal(fs.fd_open, 0);
	assert_int_equal(budget, 100);
	event_free(set->ev);
	free(set);
	return 0;
}

/* Opened by the user and closed again. */
static void
put(struct node *n)
{
	const struct spare_who who = { CRED_USER, 5, 6 };
	struct spare_when when;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	spare_now(&when);
	spare_put(set, n, &fd, &who, &when);
	assert_int_equal(fd, -1);
}

/* Whether he gets it once more; then it is closed for good. */
static int
taken(struct node *n)
{
	struct spare_when when = { 0, 0 };
	int fd = spare_take(set, &req, n, &when);

	if (fd == -1)
		return 0;
	assert_true(when.real != 0 && when.mono != 0);
	assert_null(n->spare);
	fd_close(&fd);
	return 1;
}

static void
test_once(void **state)
{
	(void)state;
	assert_false(taken(&node[0]));
	put(&node[0]);
	assert_int_equal(fs.fd_open, 1);
	assert_int_equal(budget, 99);
	assert_true(taken(&node[0]));
	assert_int_equal(fs.fd_open, 0);
	assert_false(taken(&node[0]));
	assert_int_equal(reaped, 0);
}

/* What comes later takes the place of what was there. */
static void
test_twice(void **state)
{
	(void)state;
	put(&node[0]);
	put(&node[0]);
	assert_int_equal(reaped, 1);
	assert_int_equal(set->cnt, 1);
	assert_true(taken(&node[0]));
}

/* It is nobody else's. */
static void
test_who(void **state)
{
	static const struct cred other[] = {
		{ .class = CRED_CREATOR, .uid = 5, .gid = 6 },
		{ .class = CRED_USER, .uid = 6, .gid = 6 },
		{ .class = CRED_USER, .uid = 5, .gid = 5 },
	};
	unsigned int i;

	(void)state;
	put(&node[0]);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		req.call.cred = other[i];
		assert_false(taken(&node[0]));
	}
	assert_int_equal(reaped, 0);
	cred_set(&req.call.cred, CRED_USER, 5, 6);
	assert_true(taken(&node[0]));
}

/* The time is that of the question, not of the last use. */
static void
test_changed(void **state)
{
	int64_t asked = now.real;

	(void)state;
	put(&node[0]);
	later(SPARE_NSEC);
	changed(asked + 1);
	assert_false(taken(&node[0]));
	assert_int_equal(reaped, 1);
	assert_null(node[0].spare);
	/* Just before is too close for a clock that ticks. */
	asked = now.real;
	put(&node[0]);
	changed(asked - set->tick);
	assert_false(taken(&node[0]));
	asked = now.real;
	put(&node[0]);
	changed(asked - set->tick - 1);
	assert_true(taken(&node[0]));
	/* Of the time to come. */
	put(&node[0]);
	changed(now.real + 1000 * SPARE_NSEC);
	assert_false(taken(&node[0]));
	assert_true(set->tick >= MSEC);
}

/* A clock that is set back says that old is new, and new is old. */
static void
test_clock(void **state)
{
	(void)state;
	put(&node[0]);
	now.real -= SPARE_STEP + 1;
	assert_false(taken(&node[0]));
	put(&node[0]);
	now.real += 3600 * SPARE_NSEC;
	assert_true(taken(&node[0]));
}

/* What else might say no is asked again. */
static void
test_age(void **state)
{
	(void)state;
	put(&node[0]);
	later(SPARE_AGE);
	assert_true(taken(&node[0]));
	put(&node[0]);
	later(SPARE_AGE + 1);
	assert_false(taken(&node[0]));
}

/* A worker said that it was this file, and might have lied. */
static void
test_other_file(void **state)
{
	(void)state;
	put(&node[0]);
	file.st_ino++;
	assert_false(taken(&node[0]));
	file.st_ino--;
	put(&node[0]);
	file.st_mode = S_IFIFO | 0644;
	assert_false(taken(&node[0]));
	file.st_mode = S_IFREG | 0644;
	put(&node[0]);
	stat_err = EIO;
	assert_false(taken(&node[0]));
}

static void
test_where(void **state)
{
	static const unsigned long good[] = { BTRFS_SUPER_MAGIC,
	    EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC };
	struct cred *c = &req.call.cred;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		fs.magic = good[i];
		assert_true(spare_may(&fs, &node[0], c));
	}
	fs.magic = OVERLAYFS_SUPER_MAGIC;
	assert_false(spare_may(&fs, &node[0], c));
	fs.magic = NFS_SUPER_MAGIC;
	assert_false(spare_may(&fs, &node[0], c));
	fs.magic = TMPFS_MAGIC;
	fs.conf.policy = MSG_POLICY_STRICT;
	assert_false(spare_may(&fs, &node[0], c));
	fs.conf.policy = 0;
	fs.conf.flags = MSG_SHARE_BARE;
	assert_false(spare_may(&fs, &node[0], c));
	fs.conf.flags = 0;
	fs.session.flags = FUSE_FLOCK_LOCKS;
	assert_false(spare_may(&fs, &node[0], c));
	fs.session.flags = FUSE_POSIX_LOCKS;
	assert_true(spare_may(&fs, &node[0], c));
	node[0].dev_minor++;
	assert_false(spare_may(&fs, &node[0], c));
	node[0].dev_minor--;
	node[0].dev_major++;
	assert_false(spare_may(&fs, &node[0], c));
	node[0].dev_major--;
	assert_int_equal(cred_add_group(c, 77), 0);
	assert_false(spare_may(&fs, &node[0], c));
}

/* The one that was put first goes. */
static void
test_room(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i <= MAX; i++)
		put(&node[i]);
	assert_int_equal(reaped, 1);
	assert_int_equal(fs.fd_open, MAX);
	assert_false(taken(&node[0]));
	for (i = 1; i <= MAX; i++)
		assert_true(taken(&node[i]));
	no_memory = 1;
	put(&node[0]);
	assert_int_equal(reaped, 2);
	assert_null(node[0].spare);
	no_memory = 0;
	set->max = 0;
	put(&node[0]);
	assert_int_equal(reaped, 3);
	assert_null(node[0].spare);
}

static void
test_late(void **state)
{
	(void)state;
	put(&node[0]);
	assert_true(evtimer_pending(set->ev, NULL));
	spare_late(-1, 0, set);
	put(&node[1]);
	spare_late(-1, 0, set);
	assert_null(node[0].spare);
	assert_non_null(node[1].spare);
	assert_int_equal(reaped, 1);
	assert_true(evtimer_pending(set->ev, NULL));
	evtimer_del(set->ev);
	spare_late(-1, 0, set);
	assert_null(node[1].spare);
	assert_int_equal(reaped, 2);
	/* Nobody is woken for nothing. */
	assert_false(evtimer_pending(set->ev, NULL));
}

/* Its own descriptor, one that somebody has open, or this one. */
static void
test_look(void **state)
{
	(void)state;
	assert_int_equal(spare_look(&node[0]), -1);
	put(&node[0]);
	assert_int_equal(spare_look(&node[0]), node[0].spare->fd);
	handle.fd = 70;
	node[0].any = &handle;
	assert_int_equal(spare_look(&node[0]), 70);
	node[0].fd = 71;
	assert_int_equal(spare_look(&node[0]), 71);
	node[0].fd = -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_file, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_where, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_look, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
