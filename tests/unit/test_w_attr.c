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
 * Knows: what SETATTR changes, in which order, and what it refuses.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_attr.c"

#include <sys/xattr.h>

#include <string.h>

#include "wenv.h"

static struct a_setattr test_a;

static int
test_set(struct wenv *e, int fd, const struct q_setattr *q)
{
	memset(&test_a, 0, sizeof(test_a));
	return on_setattr(wenv_req(e, fd, -1), q, &test_a);
}

static void
test_mode(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_MODE, .mode = 04755 };
	int fd;

	wenv_file(e, "f", "");
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFREG | 04755);
	assert_int_equal(test_set(e, wenv_node(e, "l"), &q), EOPNOTSUPP);
	q.valid |= MSG_SET_HANDLE;
	q.mode = 0600;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EBADF);
	fd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(test_set(e, fd, &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFREG | 0600);
	close(fd);
	assert_int_equal(test_set(e, e->share, &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFDIR | 0600);
}

static void
test_size(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_SIZE, .size = 3 };
	int fd;

	wenv_file(e, "f", "12345");
	assert_int_equal(mknodat(e->share, "p", S_IFIFO | 0600, 0), 0);
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.size, 3);
	assert_int_equal(test_set(e, e->share, &q), EISDIR);
	assert_int_equal(test_set(e, wenv_node(e, "p"), &q), EINVAL);
	assert_int_equal(test_set(e, wenv_node(e, "l"), &q), EINVAL);
	q.size = 9;
	q.valid |= MSG_SET_HANDLE;
	fd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(test_set(e, fd, &q), EINVAL);
	close(fd);
	fd = openat(e->share, "f", O_WRONLY);
	assert_int_equal(test_set(e, fd, &q), 0);
	assert_int_equal(test_a.attr.size, 9);
	close(fd);
}

static void
test_times(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = {
		.valid = MSG_SET_ATIME | MSG_SET_MTIME,
		.atime = -5, .atime_nsec = 1, .mtime = 1000000000,
		.mtime_nsec = 999999999,
	};
	int fd;

	wenv_file(e, "f", "");
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	assert_int_equal(test_set(e, wenv_node(e, "l"), &q), 0);
	assert_int_equal(test_a.attr.mode & S_IFMT, S_IFLNK);
	assert_int_equal(test_a.attr.mtime, 1000000000);
	assert_int_equal(test_a.attr.mtime_nsec, 999999999);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.atime, -5);
	q.valid = MSG_SET_ATIME | MSG_SET_ATIME_NOW | MSG_SET_HANDLE;
	fd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(test_set(e, fd, &q), 0);
	close(fd);
	assert_true(test_a.attr.atime > 1000000000);
	assert_int_equal(test_a.attr.mtime, 1000000000);
}

static void
test_owner(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = {
		.valid = MSG_SET_UID | MSG_SET_GID | MSG_SET_MODE,
		.uid = getuid(), .gid = getgid(), .mode = 04711,
	};

	wenv_file(e, "f", "");
	assert_int_equal(fchmodat(e->share, "f", 04755, 0), 0);
	/* the owner's change clears the bit, the mode sets it again */
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFREG | 04711);
	assert_int_equal(test_a.attr.uid, getuid());
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	q.valid = MSG_SET_GID;
	assert_int_equal(test_set(e, wenv_node(e, "l"), &q), 0);
	assert_int_equal(test_a.attr.mode & S_IFMT, S_IFLNK);
}

/* A group that the worker is not in: EPERM instead of a lost bit. */
static void
test_setgid(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_MODE, .mode = 02755 };

	wenv_file(e, "f", "");
	e->who.flags = MSG_SHARE_TRUST_GUEST;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	e->who.cred.gid = getgid() + 1;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EPERM);
	q.mode = 0700;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	q.mode = 02755;
	assert_int_equal(cred_add_group(&e->who.cred, getgid()), 0);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	q.valid = MSG_SET_MODE | MSG_SET_GID;
	q.gid = getgid() + 2;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EPERM);
	q.valid = MSG_SET_MODE;
	e->who.cred.gid_cnt = 0;
	e->who.cred.class = CRED_ROOT;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	e->who.cred.class = CRED_USER;
	e->who.flags = 0;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
}

/* The guest's ids are not the host's. */
static void
test_idmap(void **state)
{
	const struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, getuid(), 10 },
		{ IDMAP_GID, IDMAP_GUEST, 0, getgid(), 10 },
		{ IDMAP_UID, IDMAP_FORBID_GUEST, 100, 0, 1 },
		{ IDMAP_GID, IDMAP_FORBID_GUEST, 100, 0, 1 },
	};
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_UID | MSG_SET_GID };

	wenv_file(e, "f", "");
	e->rules.ids.rules = rules;
	e->rules.ids.cnt = 4;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.uid, getuid());
	assert_int_equal(test_a.attr.gid, getgid());
	q.uid = 100;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EPERM);
	q.uid = 0;
	q.gid = 100;
	q.valid |= MSG_SET_MODE;
	q.mode = 0600;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EPERM);
	q.valid = 0;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFREG | 0644);
	if (getuid() != 0)
		return;
	q.valid = MSG_SET_UID | MSG_SET_GID;
	q.uid = 3;
	q.gid = 4;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.uid, getuid() + 3);
	assert_int_equal(test_a.attr.gid, getgid() + 4);
}

static void
test_kill(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_SIZE, .size = 3 };

	wenv_file(e, "f", "12345");
	e->who.cred.class = CRED_ROOT;
	assert_int_equal(fchmodat(e->share, "f", 06755, 0), 0);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	if (getuid() == 0)
		assert_int_equal(test_a.attr.mode, S_IFREG | 06755);
	q.valid |= MSG_SET_KILL;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.mode, S_IFREG | 0755);
}

/* File capabilities under another name go with size and owner alone. */
static void
test_caps(void **state)
{
	static const char caps[] = "user.v.security.capability";
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_MODE, .mode = 0755,
	    .uid = getuid(), .gid = getgid() };
	int fd;

	wenv_file(e, "f", "12345");
	fd = openat(e->share, "f", O_RDWR);
	if (fsetxattr(fd, caps, "c", 1, 0) == -1) {
		print_message("# no user.* attributes here\n");
		skip();
	}
	memcpy(e->rules.caps_name, caps, sizeof(caps));
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), 1);
	q.valid = MSG_SET_SIZE;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	assert_int_equal(fsetxattr(fd, caps, "c", 1, 0), 0);
	q.valid = MSG_SET_GID;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	assert_int_equal(fsetxattr(fd, caps, "c", 1, 0), 0);
	q.valid = MSG_SET_UID | MSG_SET_HANDLE;
	assert_int_equal(test_set(e, fd, &q), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	close(fd);
}

static void
test_bad(void **state)
{
	static const struct q_setattr bad[] = {
		{ .valid = 0x400 }, { .valid = 0x80000000u },
		{ .valid = MSG_SET_MODE, .mode = 010000 },
		{ .valid = MSG_SET_MODE, .mode = S_IFREG | 0600 },
		{ .valid = MSG_SET_UID, .uid = UINT32_MAX },
		{ .valid = MSG_SET_GID, .gid = UINT32_MAX },
		{ .valid = MSG_SET_SIZE, .size = 1ULL << 63 },
		{ .valid = MSG_SET_ATIME, .atime_nsec = 1000000000 },
		{ .valid = MSG_SET_MTIME, .mtime_nsec = UTIME_NOW },
		{ .valid = MSG_SET_MTIME, .mtime_nsec = UINT32_MAX },
	};
	struct wenv *e = *state;
	struct q_setattr q = { .valid = 0 };
	size_t i;

	wenv_file(e, "f", "12345");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(test_set(e, wenv_node(e, "f"), &bad[i]),
		    EINVAL);
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), 0);
	assert_int_equal(test_a.attr.size, 5);
	assert_int_equal(test_set(e, PROC_FD_PROC, &q), EBADF);
	e->who.flags = MSG_SHARE_READONLY;
	q.valid = MSG_SET_SIZE;
	assert_int_equal(test_set(e, wenv_node(e, "f"), &q), EROFS);
}

/* Where set-id files may not be made, none becomes one. */
static void
test_denied(void **state)
{
	struct wenv *e = *state;
	struct q_setattr q = { .valid = MSG_SET_MODE, .mode = 04755 };
	struct stat st;
	int fd;

	wenv_file(e, "f", "");
	fd = wenv_node(e, "f");
	e->who.policy = MSG_POLICY_NO_SETID;
	assert_int_equal(test_set(e, fd, &q), EPERM);
	q.mode = 02755;
	assert_int_equal(test_set(e, fd, &q), EPERM);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* A directory, the sticky bit, or another rule. */
	assert_int_equal(test_set(e, e->share, &q), 0);
	q.mode = 01755;
	assert_int_equal(test_set(e, fd, &q), 0);
	q.mode = 04755;
	e->who.policy = MSG_POLICY_NO_DEVICES | MSG_POLICY_NO_LINKS;
	assert_int_equal(test_set(e, fd, &q), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_mode), T(test_size), T(test_times), T(test_owner),
		T(test_setgid), T(test_idmap), T(test_kill), T(test_caps),
		T(test_bad), T(test_denied),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
