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
 * Knows: what is remembered of a directory, and for how long.
 * Never: a worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/fdbag.h"
#include "transport/ahead.c"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FDS	200

static struct fs fs;
static struct node dir[3];
static const struct cred who = { .class = CRED_USER, .uid = 7, .gid = 8 };
static unsigned int budget, closed;

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	budget = fd_max;
}

void
reap_close(struct fs *f, int *fd)
{
	assert_ptr_equal(f, &fs);
	assert_int_not_equal(*fd, -1);
	closed++;
	fd_close(fd);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(dir, 0, sizeof(dir));
	fs.fd_total = 1000;
	fs.fd_open = 100;
	closed = 0;
	fs.base = event_base_new();
	fs.ahead = ahead_table_new(&fs, FDS);
	return fs.base == NULL || fs.ahead == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ahead_forget_all(fs.ahead);
	assert_int_equal(fs.fd_open, 100);
	event_free(fs.ahead->ev);
	free(fs.ahead);
	event_base_free(fs.base);
	return 0;
}

/* A name with a seal in front; as many bytes of that as it has. */
static int
add(struct ahead *a, const char *name, int with)
{
	int fd = with ? open("/dev/null", O_RDONLY) : -1, err;
	struct msg_dirent d = { .seal_len = with ? 5 : 0 };
	char record[300];

	d.name_len = (uint16_t)strlen(name);
	snprintf(record, sizeof(record), "SEALS%s", name);
	err = ahead_add(fs.ahead, a, record + 5, d.name_len, &d, &fd);
	if (err == 0)
		assert_int_equal(fd, -1);
	fd_close(&fd);
	return err;
}

static void
test_names(void **state)
{
	static const struct a_ahead all = { .end = 1 };
	struct ahead *a = ahead_begin(fs.ahead, &dir[0], &who, &all);
	struct ahead_name *n;
	char name[MSG_NAME_MAX];
	unsigned int i;
	int fd;

	(void)state;
	assert_ptr_equal(dir[0].ahead, a);
	assert_true(cred_equal(&a->cred, &who));
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		assert_int_equal(add(a, name, i < 20), 0);
	}
	memset(name, 'x', 255);
	name[255] = '\0';
	assert_int_equal(add(a, name, 0), 0);
	assert_non_null(ahead_find(a, name));
	assert_int_equal(fs.fd_open, 120);
	assert_int_equal(budget, 880);
	n = ahead_find(a, "name7");
	assert_non_null(n);
	assert_int_equal(n->seal_len, 5);
	assert_memory_equal(ahead_seal(n), "SEALS", 5);
	fd = ahead_take(fs.ahead, a, n);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	close(fd);
	assert_int_equal(n->fd, -1);
	assert_int_equal(fs.fd_open, 119);
	n = ahead_find(a, "name700");
	assert_non_null(n);
	assert_int_equal(n->fd, -1);
	assert_null(ahead_find(a, "name1000"));
	assert_null(ahead_find(a, "name"));
	assert_null(ahead_find(a, ""));
	ahead_forget(fs.ahead, &dir[0]);
	assert_null(dir[0].ahead);
	assert_int_equal(closed, 19);
}

/* What is missing is only known of all, and of plain letters. */
static void
test_none(void **state)
{
	static const struct a_ahead some = { .next = 5 };
	struct ahead *a = ahead_begin(fs.ahead, &dir[0], &who, &some);

	(void)state;
	assert_int_equal(add(a, "Makefile", 0), 0);
	assert_int_equal(ahead_none(a, "other"), 0);
	a->at.end = 1;
	assert_int_equal(ahead_none(a, "other"), 1);
	assert_int_equal(ahead_none(a, "Makefile"), 0);
	assert_int_equal(ahead_none(a, "makefile"), 0);
	assert_int_equal(ahead_none(a, "MAKEFILE"), 0);
	assert_int_equal(ahead_none(a, "Makefile2"), 1);
	assert_int_equal(ahead_none(a, "\xc3\xa9"), 0);
}

static void
test_times(void **state)
{
	static const struct a_ahead at = { .mtime = 1, .mtime_nsec = 2,
	    .ctime = 3, .ctime_nsec = 4 };
	struct ahead *a = ahead_begin(fs.ahead, &dir[0], &who, &at);
	struct stat st = { .st_mtim = { 1, 2 }, .st_ctim = { 3, 4 } };
	struct a_ahead other = at;

	(void)state;
	assert_int_equal(ahead_is_of(a, &st), 1);
	st.st_mtim.tv_sec++;
	assert_int_equal(ahead_is_of(a, &st), 0);
	st.st_mtim.tv_sec--;
	st.st_mtim.tv_nsec++;
	assert_int_equal(ahead_is_of(a, &st), 0);
	st.st_mtim.tv_nsec--;
	st.st_ctim.tv_sec++;
	assert_int_equal(ahead_is_of(a, &st), 0);
	st.st_ctim.tv_sec--;
	st.st_ctim.tv_nsec++;
	assert_int_equal(ahead_is_of(a, &st), 0);
	assert_int_equal(ahead_same(a, &other), 1);
	other.ctime_nsec++;
	assert_int_equal(ahead_same(a, &other), 0);
	other = at;
	other.mtime_nsec++;
	assert_int_equal(ahead_same(a, &other), 0);
}

/* What is not in use makes room, and nothing else. */
static void
test_room(void **state)
{
	static const struct a_ahead at;
	struct ahead *a[3];
	char name[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		a[i] = ahead_begin(fs.ahead, &dir[i], &who, &at);
	assert_int_equal(ahead_space(fs.ahead), FDS);
	for (i = 0; i < FDS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(add(a[i % 2], name, 1), 0);
	}
	assert_int_equal(add(a[2], "x", 1), ENOSPC);
	assert_int_equal(add(a[2], "x", 0), 0);
	assert_int_equal(ahead_space(fs.ahead), 0);
	fs.ahead->round++;
	ahead_used(fs.ahead, a[0]);
	assert_int_equal(ahead_space(fs.ahead), FDS / 2);
	assert_null(dir[1].ahead);
	assert_non_null(dir[0].ahead);
	assert_int_equal(fs.fd_open, 100 + FDS / 2);
	for (i = 0; i < AHEAD_NAMES_MAX - FDS / 2 - 1; i++) {
		snprintf(name, sizeof(name), "more%u", i);
		assert_int_equal(add(a[0], name, 0), 0);
	}
	assert_int_equal(add(a[0], "last", 0), ENOSPC);
	fs.ahead->round++;
	ahead_used(fs.ahead, a[0]);
	assert_int_equal(ahead_space(fs.ahead), 1);
	assert_null(dir[2].ahead);
	assert_non_null(dir[0].ahead);
	fs.ahead->round++;
	assert_int_equal(ahead_space(fs.ahead), FDS);
	assert_null(dir[0].ahead);
}

/* A directory of which little is used is not read soon again. */
static void
test_learn(void **state)
{
	static const struct a_ahead at;
	struct ahead *a;
	char name[16];
	unsigned int i, round;

	(void)state;
	for (round = 1; round <= AHEAD_SHIFT_MAX + 2; round++) {
		a = ahead_begin(fs.ahead, &dir[0], &who, &at);
		for (i = 0; i < 30; i++) {
			snprintf(name, sizeof(name), "%u", i);
			add(a, name, 0);
		}
		ahead_used(fs.ahead, a);
		ahead_forget(fs.ahead, &dir[0]);
		assert_int_equal(dir[0].ahead_shift, round < AHEAD_SHIFT_MAX ?
		    round : AHEAD_SHIFT_MAX);
	}
	a = ahead_begin(fs.ahead, &dir[0], &who, &at);
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "%u", i);
		add(a, name, 0);
		if (i < 8)
			ahead_used(fs.ahead, a);
	}
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(dir[0].ahead_shift, 0);
	ahead_begin(fs.ahead, &dir[0], &who, &at);
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(dir[0].ahead_shift, 0);
}

/* Two rounds without use, and the timer has no reason to run again. */
static void
test_late(void **state)
{
	static const struct a_ahead at;
	struct ahead *a = ahead_begin(fs.ahead, &dir[0], &who, &at);

	(void)state;
	ahead_begin(fs.ahead, &dir[1], &who, &at);
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	ahead_late(-1, 0, fs.ahead);
	ahead_used(fs.ahead, a);
	ahead_late(-1, 0, fs.ahead);
	assert_non_null(dir[0].ahead);
	assert_null(dir[1].ahead);
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	event_del(fs.ahead->ev);
	ahead_late(-1, 0, fs.ahead);
	assert_null(dir[0].ahead);
	assert_false(evtimer_pending(fs.ahead->ev, NULL));
}

#define UNIT(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_names),
		UNIT(test_none),
		UNIT(test_times),
		UNIT(test_room),
		UNIT(test_learn),
		UNIT(test_late),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
