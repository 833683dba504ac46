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
 * Knows: what the handlers for names make of good and bad questions.
 * Never: the loop or the jail.
 */

#include "config.h"

/* Counts what is asked about directories. */
#define serve_claim_dir test_claim_dir
#include "../../fsworker/w_name.c"
#undef serve_claim_dir

#include "../../fsworker/w_make.h"
#include "wenv.h"
#include "wname.h"

int	serve_claim_dir(const struct serve_req *req, unsigned int i);

static unsigned int test_claims;

int
test_claim_dir(const struct serve_req *req, unsigned int i)
{
	test_claims++;
	return serve_claim_dir(req, i);
}

static void
test_lookup(void **state)
{
	struct wenv *e = *state;
	struct q_lookup q = { .name = "f" };
	struct a_lookup a;
	struct stat st;

	wenv_file(e, "f", "12345");
	assert_int_equal(on_lookup(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(e->req.give.cnt, 1);
	assert_int_equal(fstat(e->req.give.fds[0], &st), 0);
	assert_int_equal(a.attr.ino, st.st_ino);
	assert_int_equal(a.attr.size, 5);
	assert_int_equal(a.attr.mode, S_IFREG | 0644);
	assert_int_equal(a.attr.mnt_id, e->who.mounts[0]);
	assert_int_equal(a.attr.flags, 0);
	assert_int_equal(on_lookup(wenv_req(e, wenv_node(e, "f"), -1), &q,
	    &a), ENOTDIR);
	assert_int_equal(on_lookup(wenv_req(e, PROC_FD_PROC, -1), &q, &a),
	    EBADF);
	wenv_name(q.name, "none");
	assert_int_equal(on_lookup(wenv_req(e, e->share, -1), &q, &a),
	    ENOENT);
	assert_int_equal(symlinkat("/etc/passwd", e->share, "l"), 0);
	wenv_name(q.name, "l");
	assert_int_equal(on_lookup(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode & S_IFMT, S_IFLNK);
	TEST_NAMES(e, on_lookup(wenv_req(e, e->share, -1), &q, &a), q.name);
}

static void
test_mkdir_rmdir(void **state)
{
	struct wenv *e = *state;
	struct q_mkdir q = { .mode = 01755, .name = "d" };
	struct q_rmdir qr = { .name = "d" };
	struct q_unlink qu = { .name = "d" };
	struct a_mkdir a;
	struct a_rmdir ar;
	struct a_unlink au;

	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode, S_IFDIR | 01755);
	assert_int_equal(on_unlink(wenv_req(e, e->share, -1), &qu, &au),
	    EISDIR);
	assert_int_equal(on_rmdir(wenv_req(e, e->share, -1), &qr, &ar), 0);
	assert_false(wenv_has(e, "d"));
	wenv_file(e, "f", "");
	wenv_name(qr.name, "f");
	wenv_name(qu.name, "f");
	assert_int_equal(on_rmdir(wenv_req(e, e->share, -1), &qr, &ar),
	    ENOTDIR);
	assert_int_equal(on_unlink(wenv_req(e, e->share, -1), &qu, &au), 0);
	assert_false(wenv_has(e, "f"));
	TEST_NAMES(e, on_mkdir(wenv_req(e, e->share, -1), &q, &a), q.name);
	TEST_NAMES(e, on_rmdir(wenv_req(e, e->share, -1), &qr, &ar), qr.name);
	TEST_NAMES(e, on_unlink(wenv_req(e, e->share, -1), &qu, &au),
	    qu.name);
	q.mode = S_IFREG | 0700;
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &q, &a), EINVAL);
}

/* Make a symlink whose target is len bytes of text. */
static int
test_symlink_to(struct wenv *e, struct q_symlink *q, const char *text,
    size_t len, struct a_symlink *a)
{
	struct serve_req *req = wenv_req(e, e->share, -1);

	req->asked = text;
	req->asked_len = len;
	q->target_len = (uint32_t)len;
	return on_symlink(req, q, a);
}

static void
test_symlink(void **state)
{
	static char longest[MSG_PATH_MAX];
	struct wenv *e = *state;
	struct q_symlink q = { .name = "l" };
	struct q_readlink qr = { 0 };
	struct a_symlink a;
	struct a_readlink ar;

	assert_int_equal(test_symlink_to(e, &q, "../../etc", 9, &a), 0);
	assert_int_equal(a.attr.mode & S_IFMT, S_IFLNK);
	assert_int_equal(on_readlink(wenv_req(e, wenv_node(e, "l"), -1), &qr,
	    &ar), 0);
	assert_int_equal(e->req.tail_len, 9);
	assert_memory_equal(e->req.tail, "../../etc", 9);
	assert_int_equal(on_readlink(wenv_req(e, e->share, -1), &qr, &ar),
	    EINVAL);
	qr.zero = 1;
	assert_int_equal(on_readlink(wenv_req(e, wenv_node(e, "l"), -1), &qr,
	    &ar), EINVAL);
	assert_int_equal(test_symlink_to(e, &q, "again", 5, &a), EEXIST);
	TEST_NAMES(e, test_symlink_to(e, &q, "t", 1, &a), q.name);
	assert_int_equal(test_symlink_to(e, &q, "", 0, &a), EINVAL);
	assert_int_equal(test_symlink_to(e, &q, "a\0b", 3, &a), EINVAL);
	assert_false(wenv_has(e, "x"));
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(test_symlink_to(e, &q, longest, MSG_PATH_MAX, &a),
	    0);
	qr.zero = 0;
	assert_int_equal(on_readlink(wenv_req(e, wenv_node(e, "x"), -1), &qr,
	    &ar), 0);
	assert_int_equal(e->req.tail_len, MSG_PATH_MAX);
}

static void
test_link(void **state)
{
	struct wenv *e = *state;
	struct q_link q = { .name = "g" };
	struct a_link a;
	struct stat st;

	wenv_file(e, "f", "");
	assert_int_equal(on_link(wenv_req(e, wenv_node(e, "f"), e->share), &q,
	    &a), 0);
	assert_int_equal(a.attr.nlink, 2);
	assert_int_equal(e->req.give.cnt, 0);
	assert_true(wenv_has(e, "g"));
	/* a symlink gets a second name itself, not its target */
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	wenv_name(q.name, "l2");
	assert_int_equal(on_link(wenv_req(e, wenv_node(e, "l"), e->share), &q,
	    &a), 0);
	assert_int_equal(fstatat(e->share, "l2", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	TEST_NAMES(e, on_link(wenv_req(e, wenv_node(e, "f"), e->share), &q,
	    &a), q.name);
	assert_int_equal(on_link(wenv_req(e, e->share, e->share), &q, &a),
	    EPERM);
	assert_int_equal(on_link(wenv_req(e, wenv_node(e, "f"),
	    wenv_node(e, "f")), &q, &a), ENOTDIR);
	assert_int_equal(on_link(wenv_req(e, 0, e->share), &q, &a), EBADF);
	assert_int_equal(on_link(wenv_req(e, wenv_node(e, "f"), PROC_FD_PROC),
	    &q, &a), EBADF);
	assert_false(wenv_has(e, "x"));
}

static int
test_link_of(struct wenv *e, const char *name)
{
	struct q_link q = { .name = "linked" };
	struct a_link a;
	int err;

	err = on_link(wenv_req(e, wenv_node(e, name), e->share), &q, &a);
	if (err == 0)
		assert_int_equal(unlinkat(e->share, "linked", 0), 0);
	assert_false(wenv_has(e, "linked"));
	return err;
}

/* Links to others' files only where they give nobody a right. */
static void
test_link_denied(void **state)
{
	struct wenv *e = *state;
	const uint32_t mine = e->who.cred.uid;

	wenv_file(e, "f", "");
	assert_int_equal(mkfifoat(e->share, "p", 0666), 0);
	e->who.policy = MSG_POLICY_NO_LINKS;
	assert_int_equal(test_link_of(e, "f"), 0);
	e->who.cred.uid = mine + 1;
	e->who.cred.class = CRED_USER;
	/* The test may read and write it, if it is root. */
	if (getuid() == 0)
		assert_int_equal(test_link_of(e, "f"), 0);
	assert_int_equal(test_link_of(e, "p"), EPERM);
	assert_int_equal(fchmodat(e->share, "f", 04755, 0), 0);
	assert_int_equal(test_link_of(e, "f"), EPERM);
	assert_int_equal(fchmodat(e->share, "f", 02755, 0), 0);
	assert_int_equal(test_link_of(e, "f"), EPERM);
	assert_int_equal(fchmodat(e->share, "f", 0644, 0), 0);
	/* The root worker acts for anybody: root's files alone. */
	e->who.cred.class = CRED_ROOT;
	e->who.flags |= MSG_SHARE_TRUST_GUEST;
	assert_int_equal(test_link_of(e, "f"), EPERM);
	e->who.cred.uid = mine;
	assert_int_equal(test_link_of(e, "f"), 0);
	/* So does root of a pool, who is one of its users besides. */
	e->who.cred.class = CRED_POOL;
	assert_int_equal(test_link_of(e, "f"), mine == 0 ? 0 : EPERM);
	if (getuid() == 0) {
		e->who.cred.uid = 77;
		assert_int_equal(fchownat(e->share, "f", 77, 77, 0), 0);
		assert_int_equal(test_link_of(e, "f"), EPERM);
		e->who.flags &= ~MSG_SHARE_TRUST_GUEST;
		assert_int_equal(test_link_of(e, "f"), 0);
	}
	e->who.cred.uid = mine + 1;
	e->who.policy = 0;
	assert_int_equal(test_link_of(e, "f"), 0);
}

/* One directory need not be asked about twice, but names have to be names. */
static void
test_rename_once(void **state)
{
	struct wenv *e = *state;
	struct q_rename q = { .oldname = "a", .newname = "b" };
	struct a_rename a;

	wenv_file(e, "a", "");
	test_claims = 0;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    0);
	assert_int_equal(test_claims, 1);
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	wenv_name(q.oldname, "b");
	assert_int_equal(on_rename(wenv_req(e, e->share, wenv_node(e, "d")),
	    &q, &a), 0);
	assert_int_equal(test_claims, 3);
	assert_int_equal(faccessat(e->share, "d/b", F_OK, 0), 0);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    EROFS);
}

static void
test_rename(void **state)
{
	struct wenv *e = *state;
	struct q_rename q = { .oldname = "a", .newname = "b" };
	struct a_rename a;

	wenv_file(e, "a", "");
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    0);
	assert_false(wenv_has(e, "a"));
	assert_true(wenv_has(e, "b"));
	wenv_file(e, "a", "");
	q.flags = RENAME_NOREPLACE;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    EEXIST);
	q.flags = RENAME_EXCHANGE;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    0);
	q.flags = 8;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    EINVAL);
	q.flags = 0;
	TEST_NAMES(e, on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    q.newname);
	TEST_NAMES(e, on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    q.oldname);
	wenv_name(q.oldname, "a");
	assert_int_equal(on_rename(wenv_req(e, PROC_FD_PROC, e->share), &q,
	    &a), EBADF);
	assert_int_equal(on_rename(wenv_req(e, e->share, PROC_FD_PROC), &q,
	    &a), EBADF);
	q.zero = 1;
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &q, &a),
	    EINVAL);
	assert_true(wenv_has(e, "a"));
	assert_true(wenv_has(e, "b"));
}

static void
test_readonly(void **state)
{
	struct wenv *e = *state;
	struct q_mknod qn = { .mode = S_IFIFO, .name = "x" };
	struct q_mkdir qd = { .name = "x" };
	struct q_symlink qs = { .name = "x" };
	struct q_link ql = { .name = "x" };
	struct q_unlink qu = { .name = "f" };
	struct q_rmdir qr = { .name = "d" };
	struct q_rename qm = { .oldname = "f", .newname = "x" };
	struct q_lookup qk = { .name = "f" };
	union {
		struct a_mknod n;
		struct a_mkdir d;
		struct a_symlink s;
		struct a_link l;
		struct a_unlink u;
		struct a_rmdir r;
		struct a_rename m;
		struct a_lookup k;
	} a;

	wenv_file(e, "f", "");
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &qn, &a.n),
	    EROFS);
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &a.d),
	    EROFS);
	assert_int_equal(test_symlink_to(e, &qs, "t", 1, &a.s), EROFS);
	assert_int_equal(on_link(wenv_req(e, wenv_node(e, "f"), e->share),
	    &ql, &a.l), EROFS);
	assert_int_equal(on_unlink(wenv_req(e, e->share, -1), &qu, &a.u),
	    EROFS);
	assert_int_equal(on_rmdir(wenv_req(e, e->share, -1), &qr, &a.r),
	    EROFS);
	assert_int_equal(on_rename(wenv_req(e, e->share, e->share), &qm,
	    &a.m), EROFS);
	assert_int_equal(on_lookup(wenv_req(e, e->share, -1), &qk, &a.k), 0);
	assert_false(wenv_has(e, "x"));
	assert_true(wenv_has(e, "f"));
	assert_true(wenv_has(e, "d"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lookup), T(test_mkdir_rmdir), T(test_symlink),
		T(test_link), T(test_link_denied), T(test_rename),
		T(test_rename_once),
		T(test_readonly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
