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
 * Knows: which directories are told whole, and what is said of them.
 * Never: the loop or the jail.
 */

#include "config.h"

#include <sys/ioctl.h>

static int fake_ioctl(int fd, unsigned long cmd, void *arg);

/* What may be there, so that no compiler looks for what is not filled in. */
static int (*volatile fake)(int, unsigned long, void *) = fake_ioctl;

#define ioctl fake
#include "../../fsworker/w_ioctl.c"
#undef ioctl
#include "../../fsworker/w_ahead.c"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>

#include "wenv.h"

#define TEST_FILES	100
#define TEST_SETTLE	60000	/* us */

static int flags_err, flags_now;

static int
fake_ioctl(int fd, unsigned long cmd, void *arg)
{
	int *flags = arg;

	(void)fd;
	assert_int_equal(cmd, FS_IOC_GETFLAGS);
	*flags = flags_now;
	errno = flags_err;
	return flags_err == 0 ? 0 : -1;
}

static int
setup(void **state)
{
	flags_err = flags_now = 0;
	return wenv_setup(state);
}

static void
files(struct wenv *e)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < TEST_FILES; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		wenv_file(e, name, "x");
	}
	usleep(TEST_SETTLE);
}

static int
ask(struct wenv *e, int fd, uint64_t off, uint32_t max, struct a_ahead *a)
{
	struct q_ahead q = { .off = off, .entry_max = max };

	memset(a, 0, sizeof(*a));
	return on_ahead(wenv_req(e, fd, -1), &q, a);
}

/* Count the names of an answer, whose nodes are what they say. */
static void
look(struct wenv *e, const struct a_ahead *a, unsigned char seen[TEST_FILES])
{
	const char *pos = e->req.tail;
	const struct msg_dirent *d;
	char name[MSG_NAME_MAX];
	unsigned int i, n, fds = 0;
	struct stat st;

	for (i = 0; i < a->entry_cnt; i++, pos += d->rec_len) {
		d = (const void *)pos;
		memset(name, 0, sizeof(name));
		memcpy(name, pos + sizeof(*d) + d->seal_len, d->name_len);
		if (name[0] == '.') {
			assert_int_equal(d->flags, 0);
			continue;
		}
		assert_int_equal(sscanf(name, "f%u", &n), 1);
		seen[n]++;
		assert_int_equal(d->flags, MSG_DIRENT_NODE);
		assert_int_equal(fstat(e->req.give.fds[fds++], &st), 0);
		assert_int_equal(st.st_ino, d->attr.ino);
		assert_int_equal(st.st_dev >> 8 & 0xfff, d->attr.dev_major);
		assert_int_equal(d->attr.mode & S_IFMT, S_IFREG);
		assert_int_equal(d->attr.mnt_id, e->who.mounts[0]);
	}
	assert_int_equal(fds, e->req.give.cnt);
}

static void
test_whole(void **state)
{
	unsigned char seen[TEST_FILES] = { 0 };
	struct wenv *e = *state;
	unsigned int i, calls = 0;
	struct a_ahead a = { 0 }, first;
	uint64_t off = 0;
	int dir = wenv_node(e, ".");
	struct stat st;

	files(e);
	do {
		assert_int_equal(ask(e, dir, off, 30, &a), 0);
		assert_true(a.entry_cnt <= 30);
		look(e, &a, seen);
		if (off == 0)
			first = a;
		assert_int_equal(a.ctime_nsec, first.ctime_nsec);
		off = a.next;
	} while (!a.end && ++calls < 20);
	assert_int_equal(a.end, 1);
	for (i = 0; i < TEST_FILES; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(fstat(dir, &st), 0);
	assert_int_equal(a.mtime, st.st_mtim.tv_sec);
	assert_int_equal(a.mtime_nsec, st.st_mtim.tv_nsec);
	assert_int_equal(a.ctime, st.st_ctim.tv_sec);
	assert_int_equal(a.ctime_nsec, st.st_ctim.tv_nsec);
}

static void
test_changed(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	files(e);
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	wenv_file(e, "late", "x");
	assert_int_equal(ask(e, dir, 0, 64, &a), EAGAIN);
	usleep(TEST_SETTLE);
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
}

/* By the clock, and by how exact the filesystem's times are. */
static void
test_settled(void **state)
{
	static const struct {
		long sec, nsec;
		int whole, settled;
	} ages[] = {
		{ 0, 0, 0, 0 }, { 0, W_AHEAD_TICK / 2, 0, 0 },
		{ 0, W_AHEAD_TICK * 3, 0, 1 }, { 1, 500000000, 0, 1 },
		{ 1, 0, 1, 0 }, { 4, 0, 1, 1 }, { 100, 0, 0, 1 },
		{ 100, 0, 1, 1 }, { -1, 0, 0, 0 }, { -100, 0, 0, 0 },
		{ -100, 0, 1, 0 }, { INT32_MAX, 0, 0, 1 },
	};
	struct timespec now;
	struct a_ahead a;
	unsigned int i;
	long long at;

	(void)state;
	for (i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		memset(&a, 0, sizeof(a));
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		at = (now.tv_sec - ages[i].sec) * W_AHEAD_NSEC + now.tv_nsec -
		    ages[i].nsec;
		a.ctime = at / W_AHEAD_NSEC;
		a.ctime_nsec = ages[i].whole ? 0 :
		    (uint32_t)(at % W_AHEAD_NSEC) | 1;
		assert_int_equal(w_ahead_settled(&a), ages[i].settled);
	}
	a.ctime = INT64_MIN;
	assert_int_equal(w_ahead_settled(&a), 1);
	a.ctime = INT64_MAX;
	assert_int_equal(w_ahead_settled(&a), 0);
}

static void
test_folded(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	usleep(TEST_SETTLE);
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_now = FS_CASEFOLD_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	flags_now = FS_ENCRYPT_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	flags_now = FS_NOATIME_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_err = ENOTTY;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_err = EIO;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
}

static void
test_refused(void **state)
{
	struct wenv *e = *state;
	struct q_ahead q = { .entry_max = 1, .zero = 1 };
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	wenv_file(e, "file", "x");
	usleep(TEST_SETTLE);
	assert_int_equal(ask(e, dir, 0, 0, &a), EINVAL);
	assert_int_equal(ask(e, dir, 0, MSG_AHEAD_MAX + 1, &a), EINVAL);
	assert_int_equal(ask(e, dir, UINT64_MAX, 1, &a), EINVAL);
	assert_int_equal(on_ahead(wenv_req(e, dir, -1), &q, &a), EINVAL);
	assert_int_equal(ask(e, wenv_node(e, "file"), 0, 1, &a), ENOTDIR);
	assert_int_equal(ask(e, wenv_foreign(), 0, 1, &a), EBADF);
}

/* Who may list and not search must not hear that nothing is there. */
static void
test_not_searched(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;
	int err;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(e->path, 1000, 1000), 0);
	assert_int_equal(chmod(e->path, 0644), 0);
	usleep(TEST_SETTLE);
	assert_int_equal(seteuid(1000), 0);
	err = ask(e, dir, 0, 64, &a);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, EACCES);
}

#define UNIT(test) \
	cmocka_unit_test_setup_teardown(test, setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_whole),
		UNIT(test_changed),
		UNIT(test_settled),
		UNIT(test_folded),
		UNIT(test_not_searched),
		UNIT(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
