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
 * Knows: what the handlers for opening and file data do, and refuse.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_file.c"

#include <sys/xattr.h>

#include <bsd/string.h>

#include "../../common/proc.h"
#include "wenv.h"

static int
test_open_as(struct wenv *e, const char *name, uint32_t flags)
{
	struct q_open q = { .flags = flags };
	struct a_open a;

	return on_open(wenv_req(e, wenv_node(e, name), -1), &q, &a);
}

static void
test_open(void **state)
{
	struct wenv *e = *state;
	struct stat st;

	wenv_file(e, "f", "12345");
	assert_int_equal(test_open_as(e, "f", O_RDONLY), 0);
	assert_int_equal(e->req.give.cnt, 1);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_ACCMODE,
	    O_RDONLY);
	assert_int_equal(test_open_as(e, "f", O_RDWR | O_SYNC), 0);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_SYNC, O_SYNC);
	assert_int_equal(test_open_as(e, "f", O_WRONLY | O_TRUNC), 0);
	assert_int_equal(fstat(e->req.give.fds[0], &st), 0);
	assert_int_equal(st.st_size, 0);
	/* what can be written anywhere is opened so */
	assert_int_equal(test_open_as(e, "f", O_RDWR | O_APPEND), 0);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_APPEND, 0);
	assert_int_equal(test_open_as(e, "f", O_CREAT | O_RDWR), EINVAL);
	assert_int_equal(test_open_as(e, "f", O_PATH), EINVAL);
	assert_int_equal(test_open_as(e, "f", O_ACCMODE), EINVAL);
	assert_int_equal(e->req.give.cnt, 0);
}

static void
test_open_special(void **state)
{
	struct wenv *e = *state;

	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(mknodat(e->share, "p", S_IFIFO | 0600, 0), 0);
	assert_int_equal(mknodat(e->share, "s", S_IFSOCK | 0600, 0), 0);
	assert_int_equal(mknodat(e->share, "c", S_IFCHR | 0600, 0), 0);
	assert_int_equal(symlinkat("d", e->share, "l"), 0);
	/* a pipe that was opened would sleep here */
	assert_int_equal(test_open_as(e, "p", O_RDONLY), EBADF);
	assert_int_equal(test_open_as(e, "s", O_RDONLY), EBADF);
	assert_int_equal(test_open_as(e, "c", O_RDONLY), EBADF);
	assert_int_equal(test_open_as(e, "l", O_RDONLY), EBADF);
	assert_int_equal(test_open_as(e, "d", O_RDONLY), EISDIR);
}

static void
test_opendir(void **state)
{
	struct wenv *e = *state;
	struct q_opendir q = { 0 };
	struct a_opendir a;

	wenv_file(e, "f", "");
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(on_opendir(wenv_req(e, wenv_node(e, "d"), -1), &q,
	    &a), 0);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) &
	    (O_ACCMODE | O_DIRECTORY | O_PATH), O_RDONLY | O_DIRECTORY);
	assert_int_equal(on_opendir(wenv_req(e, wenv_node(e, "f"), -1), &q,
	    &a), ENOTDIR);
	assert_int_equal(on_opendir(wenv_req(e, PROC_FD_PROC, -1), &q, &a),
	    EBADF);
	q.zero = 1;
	assert_int_equal(on_opendir(wenv_req(e, wenv_node(e, "d"), -1), &q,
	    &a), EINVAL);
}

static int
test_write_at(struct wenv *e, int fd, const struct q_write *q,
    const char *text, struct a_write *a)
{
	struct serve_req *req = wenv_req(e, fd, -1);

	req->asked = text;
	req->asked_len = strlen(text);
	return on_write(req, q, a);
}

static void
test_write(void **state)
{
	struct wenv *e = *state;
	struct q_write q = { .off = 2 };
	struct a_write a;
	char buf[8];
	int fd;

	wenv_file(e, "f", "12345");
	fd = openat(e->share, "f", O_RDWR);
	assert_int_equal(test_write_at(e, fd, &q, "ab", &a), 0);
	assert_int_equal(a.done_len, 2);
	q.flags = MSG_WRITE_APPEND;
	q.off = UINT64_MAX;
	assert_int_equal(test_write_at(e, fd, &q, "Z", &a), 0);
	assert_int_equal(pread(fd, buf, 8, 0), 6);
	assert_memory_equal(buf, "12ab5Z", 6);
	q.flags = 0;
	assert_int_equal(test_write_at(e, fd, &q, "x", &a), EINVAL);
	q.off = 0;
	q.flags = 2;
	assert_int_equal(test_write_at(e, fd, &q, "x", &a), EINVAL);
	q.flags = 0;
	assert_int_equal(test_write_at(e, wenv_node(e, "f"), &q, "x", &a),
	    EBADF);
	assert_int_equal(test_write_at(e, e->share, &q, "x", &a), EISDIR);
	assert_int_equal(test_write_at(e, wenv_foreign(), &q, "x", &a),
	    EBADF);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(test_write_at(e, fd, &q, "x", &a), EROFS);
	assert_int_equal(pread(fd, buf, 8, 0), 6);
	assert_memory_equal(buf, "12ab5Z", 6);
	close(fd);
}

static void
test_write_direct(void **state)
{
	static char odd[4096 + 16];
	struct wenv *e = *state;
	struct q_write q = { .off = 0 };
	struct serve_req *req;
	struct a_write a;
	struct stat st;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDWR | O_DIRECT);
	if (fd == -1) {
		print_message("# no O_DIRECT here\n");
		skip();
	}
	req = wenv_req(e, fd, -1);
	req->asked = odd + 8;
	req->asked_len = 4096;
	assert_int_equal(on_write(req, &q, &a), 0);
	assert_int_equal(a.done_len, 4096);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 4096);
	close(fd);
}

static void
test_fallocate(void **state)
{
	struct wenv *e = *state;
	struct q_fallocate q = { .off = 0, .len = 8192 };
	struct a_fallocate a;
	struct stat st;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDWR);
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &q, &a), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8192);
	q.mode = 0x80000000u;
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &q, &a),
	    EOPNOTSUPP);
	q.mode = 0;
	q.len = 1ULL << 63;
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &q, &a), EINVAL);
	q.len = 0;
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &q, &a), EINVAL);
	q.len = 1;
	assert_int_equal(on_fallocate(wenv_req(e, wenv_node(e, "f"), -1), &q,
	    &a), EBADF);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &q, &a), EROFS);
	close(fd);
}

static void
test_copy(void **state)
{
	struct wenv *e = *state;
	struct q_copy q = { .from_off = 1, .to_off = 2, .len = 100 };
	struct a_copy a;
	char buf[8];
	int from, to;

	wenv_file(e, "from", "12345");
	wenv_file(e, "to", "abc");
	from = openat(e->share, "from", O_RDONLY);
	to = openat(e->share, "to", O_RDWR);
	assert_int_equal(on_copy(wenv_req(e, from, to), &q, &a), 0);
	assert_int_equal(a.done_len, 4);
	assert_int_equal(pread(to, buf, 8, 0), 6);
	assert_memory_equal(buf, "ab2345", 6);
	assert_int_equal(on_copy(wenv_req(e, to, from), &q, &a), EBADF);
	assert_int_equal(on_copy(wenv_req(e, e->share, to), &q, &a), EISDIR);
	assert_int_equal(on_copy(wenv_req(e, from, wenv_foreign()), &q, &a),
	    EBADF);
	q.from_off = 1ULL << 63;
	assert_int_equal(on_copy(wenv_req(e, from, to), &q, &a), EINVAL);
	q.from_off = 0;
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_copy(wenv_req(e, from, to), &q, &a), EROFS);
	close(from);
	close(to);
}

static void
test_syncfs(void **state)
{
	struct wenv *e = *state;
	struct q_syncfs q = { 0 };
	struct a_syncfs a;

	wenv_file(e, "f", "");
	assert_int_equal(mknodat(e->share, "p", S_IFIFO | 0600, 0), 0);
	assert_int_equal(on_syncfs(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(on_syncfs(wenv_req(e, wenv_node(e, "f"), -1), &q,
	    &a), 0);
	assert_int_equal(on_syncfs(wenv_req(e, wenv_node(e, "p"), -1), &q,
	    &a), EINVAL);
	q.zero = 1;
	assert_int_equal(on_syncfs(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
}

static void
test_readonly_open(void **state)
{
	struct wenv *e = *state;
	struct stat st;

	wenv_file(e, "f", "12345");
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(test_open_as(e, "f", O_RDONLY), 0);
	assert_int_equal(test_open_as(e, "f", O_WRONLY), EROFS);
	assert_int_equal(test_open_as(e, "f", O_RDWR), EROFS);
	assert_int_equal(test_open_as(e, "f", O_RDONLY | O_TRUNC), EROFS);
	assert_int_equal(fstat(wenv_node(e, "f"), &st), 0);
	assert_int_equal(st.st_size, 5);
}

/* A truncation by root's worker drops what the kernel leaves to it. */
static void
test_kill(void **state)
{
	struct wenv *e = *state;
	struct q_open q = { O_WRONLY | O_TRUNC, 0 };
	struct a_open a;
	struct stat st;

	wenv_file(e, "f", "12345");
	assert_int_equal(fchmodat(e->share, "f", 06755, 0), 0);
	e->who.cred.class = CRED_ROOT;
	assert_int_equal(on_open(wenv_req(e, wenv_node(e, "f"), -1), &q, &a),
	    0);
	assert_int_equal(fstatat(e->share, "f", &st, 0), 0);
	if (getuid() == 0)
		assert_int_equal(st.st_mode & 07777, 06755);
	q.kill = 1;
	assert_int_equal(on_open(wenv_req(e, wenv_node(e, "f"), -1), &q, &a),
	    0);
	assert_int_equal(fstatat(e->share, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	q.kill = 2;
	assert_int_equal(on_open(wenv_req(e, wenv_node(e, "f"), -1), &q, &a),
	    EINVAL);
}

/* File capabilities under another name go with every change of contents. */
static void
test_caps(void **state)
{
	static const char caps[] = "user.v.security.capability";
	struct wenv *e = *state;
	struct q_fallocate qf = { .len = 10 };
	struct q_copy qc = { .len = 2 };
	struct q_write qw = { .off = 0 };
	struct a_fallocate af;
	struct a_copy ac;
	struct a_write aw;
	int fd, from;

	wenv_file(e, "f", "12345");
	wenv_file(e, "from", "12345");
	fd = openat(e->share, "f", O_RDWR);
	from = openat(e->share, "from", O_RDONLY);
	if (fsetxattr(fd, caps, "c", 1, 0) == -1) {
		print_message("# no user.* attributes here\n");
		skip();
	}
	strlcpy(e->rules.caps_name, caps, sizeof(e->rules.caps_name));
	assert_int_equal(test_open_as(e, "f", O_RDWR), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), 1);
	assert_int_equal(test_open_as(e, "f", O_RDWR | O_TRUNC), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	assert_int_equal(fsetxattr(fd, caps, "c", 1, 0), 0);
	assert_int_equal(test_write_at(e, fd, &qw, "x", &aw), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	assert_int_equal(fsetxattr(fd, caps, "c", 1, 0), 0);
	assert_int_equal(on_fallocate(wenv_req(e, fd, -1), &qf, &af), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	assert_int_equal(fsetxattr(fd, caps, "c", 1, 0), 0);
	assert_int_equal(on_copy(wenv_req(e, from, fd), &qc, &ac), 0);
	assert_int_equal(fgetxattr(fd, caps, NULL, 0), -1);
	/* who may not write does not remove it either */
	assert_int_equal(fsetxattr(from, caps, "c", 1, 0), 0);
	assert_int_equal(test_write_at(e, from, &qw, "x", &aw), EBADF);
	assert_int_equal(fgetxattr(from, caps, NULL, 0), 1);
	close(fd);
	close(from);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_open), T(test_open_special), T(test_opendir),
		T(test_write), T(test_write_direct), T(test_fallocate),
		T(test_copy), T(test_syncfs), T(test_readonly_open),
		T(test_kill), T(test_caps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
