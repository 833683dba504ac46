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
 * Knows: what STATX, ACCESS, PARENT and SELF answer.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_node.c"

#include <string.h>

#include "../../common/proc.h"
#include "../../fsworker/xattr.h"
#include "wenv.h"

static void
test_statx(void **state)
{
	struct wenv *e = *state;
	struct q_statx q = { .mask = STATX_BASIC_STATS };
	struct a_statx a;
	struct statx stx;

	wenv_file(e, "f", "12345");
	assert_int_equal(statx(e->share, "f", 0, STATX_BASIC_STATS |
	    STATX_BTIME, &stx), 0);
	assert_int_equal(on_statx(wenv_req(e, wenv_node(e, "f"), -1), &q, &a),
	    0);
	assert_int_equal(a.attr.ino, stx.stx_ino);
	assert_int_equal(a.attr.size, 5);
	assert_int_equal(a.btime, stx.stx_btime.tv_sec);
	assert_int_equal(a.btime_nsec, stx.stx_btime.tv_nsec);
	assert_int_equal(a.mask & STATX_BTIME, stx.stx_mask & STATX_BTIME);
	assert_int_equal(a.mask & STATX_MNT_ID, 0);
	assert_int_equal(a.attributes & STATX_ATTR_MOUNT_ROOT, 0);
	q.flags = AT_STATX_FORCE_SYNC;
	assert_int_equal(on_statx(wenv_req(e, e->share, -1), &q, &a), 0);
	q.flags = AT_STATX_DONT_SYNC;
	assert_int_equal(on_statx(wenv_req(e, e->share, -1), &q, &a), 0);
	q.flags = AT_STATX_SYNC_TYPE;
	assert_int_equal(on_statx(wenv_req(e, e->share, -1), &q, &a), EINVAL);
	q.flags = AT_SYMLINK_NOFOLLOW;
	assert_int_equal(on_statx(wenv_req(e, e->share, -1), &q, &a), EINVAL);
	q.flags = 0;
	assert_int_equal(on_statx(wenv_req(e, PROC_FD_PROC, -1), &q, &a),
	    EBADF);
}

static int
test_may(struct wenv *e, const char *name, uint32_t mask)
{
	struct q_access q = { .mask = mask };
	struct a_access a;

	return on_access(wenv_req(e, wenv_node(e, name), -1), &q, &a);
}

static void
test_access(void **state)
{
	struct wenv *e = *state;

	wenv_file(e, "f", "");
	assert_int_equal(symlinkat("none", e->share, "l"), 0);
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(test_may(e, "f", 0), 0);
	assert_int_equal(test_may(e, "f", R_OK | W_OK), 0);
	assert_int_equal(test_may(e, "f", X_OK), EACCES);
	assert_int_equal(test_may(e, "d", R_OK | W_OK | X_OK), 0);
	/* a link is not followed */
	assert_int_equal(test_may(e, "l", R_OK), 0);
	assert_int_equal(test_may(e, "f", 8), EINVAL);
	assert_int_equal(fchmodat(e->share, "f", 0100, 0), 0);
	assert_int_equal(test_may(e, "f", X_OK), 0);
	if (getuid() != 0)
		assert_int_equal(test_may(e, "f", R_OK | X_OK), EACCES);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(test_may(e, "f", W_OK), EROFS);
	assert_int_equal(test_may(e, "f", X_OK), 0);
}

/* X_OK for mode and credential, which need not be this process's. */
static int
test_exec(struct wenv *e, uint32_t mode, uint32_t uid, uint32_t gid)
{
	assert_int_equal(fchmodat(e->share, "f", mode, 0), 0);
	cred_set(&e->who.cred, uid == 0 ? CRED_ROOT : CRED_USER, uid, gid);
	return test_may(e, "f", X_OK);
}

static void
test_access_exec(void **state)
{
	const uint32_t uid = getuid() + 1, gid = getgid() + 1;
	struct wenv *e = *state;

	wenv_file(e, "f", "");
	assert_int_equal(test_exec(e, 0070, getuid(), getgid()), EACCES);
	assert_int_equal(test_exec(e, 0701, uid, getgid()), EACCES);
	assert_int_equal(test_exec(e, 0710, uid, getgid()), 0);
	assert_int_equal(test_exec(e, 0701, uid, gid), 0);
	assert_int_equal(test_exec(e, 0770, uid, gid), EACCES);
	assert_int_equal(cred_add_group(&e->who.cred, getgid()), 0);
	assert_int_equal(test_may(e, "f", X_OK), 0);
	e->who.caps = 1ULL << 1;	/* CAP_DAC_OVERRIDE */
	assert_int_equal(test_exec(e, 0010, uid, gid), 0);
	assert_int_equal(test_exec(e, 0666, uid, gid), EACCES);
}

static void
test_access_acl(void **state)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} e[8];
	} acl = { 2, {
		{ 0x01, 6, UINT32_MAX }, { 0x02, 1, 71 }, { 0x02, 4, 72 },
		{ 0x04, 4, UINT32_MAX }, { 0x08, 1, 81 }, { 0x08, 6, 82 },
		{ 0x10, 5, UINT32_MAX }, { 0x20, 1, UINT32_MAX },
	} };
	struct wenv *e = *state;
	int fd;

	wenv_file(e, "f", "");
	fd = wenv_node(e, "f");
	if (xattr_set(fd, XATTR_ACL_ACCESS, &acl, sizeof(acl), 0) != 0) {
		print_message("# no ACLs here\n");
		skip();
	}
	cred_set(&e->who.cred, CRED_USER, 71, 9999);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	cred_set(&e->who.cred, CRED_USER, 72, 81);
	assert_int_equal(access_exec(&e->who, fd, X_OK), EACCES);
	cred_set(&e->who.cred, CRED_USER, 73, 81);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	cred_set(&e->who.cred, CRED_USER, 73, 82);
	assert_int_equal(access_exec(&e->who, fd, X_OK), EACCES);
	assert_int_equal(cred_add_group(&e->who.cred, 81), 0);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	/* one entry must grant all that is wanted */
	assert_int_equal(access_exec(&e->who, fd, R_OK | X_OK), EACCES);
	cred_set(&e->who.cred, CRED_USER, 73, 9999);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	/* the mask counts for all but owner and others */
	assert_int_equal(fchmodat(e->share, "f", 0641, 0), 0);
	cred_set(&e->who.cred, CRED_USER, 71, 9999);
	assert_int_equal(access_exec(&e->who, fd, X_OK), EACCES);
	cred_set(&e->who.cred, CRED_USER, 73, 9999);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	/* an empty one makes the kernel forget the list */
	assert_int_equal(fchmodat(e->share, "f", 0601, 0), 0);
	cred_set(&e->who.cred, CRED_USER, 72, 9999);
	assert_int_equal(access_exec(&e->who, fd, X_OK), 0);
	assert_int_equal(access_exec(&e->who, fd, R_OK | X_OK), EACCES);
}

static void
test_parent(void **state)
{
	struct wenv *e = *state;
	struct q_parent q = { 0 };
	struct a_parent a;
	struct stat st;

	wenv_file(e, "f", "");
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(on_parent(wenv_req(e, wenv_node(e, "d"), -1), &q,
	    &a), 0);
	assert_int_equal(fstat(e->share, &st), 0);
	assert_int_equal(a.attr.ino, st.st_ino);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(on_parent(wenv_req(e, wenv_node(e, "f"), -1), &q,
	    &a), ENOTDIR);
	assert_int_equal(on_parent(wenv_req(e, PROC_FD_PROC, -1), &q, &a),
	    EBADF);
	q.zero = 1;
	assert_int_equal(on_parent(wenv_req(e, wenv_node(e, "d"), -1), &q,
	    &a), EINVAL);
}

static void
test_self(void **state)
{
	struct wenv *e = *state;
	struct q_self q = { 0 };
	struct a_self a;
	struct stat st;

	assert_int_equal(symlinkat("none", e->share, "l"), 0);
	assert_int_equal(on_self(wenv_req(e, wenv_node(e, "l"), -1), &q, &a),
	    0);
	assert_int_equal(fstat(e->req.give.fds[0], &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(a.attr.ino, st.st_ino);
	assert_int_equal(on_self(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(on_self(wenv_req(e, 0, -1), &q, &a), EBADF);
	q.zero = 1;
	assert_int_equal(on_self(wenv_req(e, e->share, -1), &q, &a), EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_statx), T(test_access), T(test_access_exec),
		T(test_access_acl), T(test_parent), T(test_self),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
