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
 * Knows: what the requests for attributes make of names, sizes and maps.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_xattr.c"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../../common/proc.h"
#include "wenv.h"

static char test_value[XATTR_VALUE_MAX];

static int
test_set(struct wenv *e, int fd, const char *name, const char *value,
    uint32_t flags)
{
	struct q_setxattr q = { .flags = flags };
	struct a_setxattr a;
	struct serve_req *req = wenv_req(e, fd, -1);

	wenv_name(q.name, name);
	req->asked = value;
	req->asked_len = strlen(value);
	return on_setxattr(req, &q, &a);
}

/* The value as a string in test_value. */
static int
test_get(struct wenv *e, int fd, const char *name, uint32_t size,
    uint32_t *len)
{
	struct q_getxattr q = { .size = size };
	struct a_getxattr a;
	int err;

	wenv_name(q.name, name);
	err = on_getxattr(wenv_req(e, fd, -1), &q, &a);
	if (err != 0)
		return err;
	*len = a.size;
	memset(test_value, 0, sizeof(test_value));
	if (e->req.tail_len > 0)
		memcpy(test_value, e->req.tail, e->req.tail_len);
	return 0;
}

static int
test_remove(struct wenv *e, int fd, const char *name)
{
	struct q_removexattr q;
	struct a_removexattr a;

	wenv_name(q.name, name);
	return on_removexattr(wenv_req(e, fd, -1), &q, &a);
}

/* 1 if the list is exactly these names, which are joined by commas. */
static int
test_list_is(struct wenv *e, int fd, const char *want)
{
	struct q_listxattr q = { .size = XATTR_VALUE_MAX };
	struct a_listxattr a;
	char got[512];
	size_t i;

	assert_int_equal(on_listxattr(wenv_req(e, fd, -1), &q, &a), 0);
	assert_int_equal(a.size, e->req.tail_len);
	assert_true(a.size < sizeof(got));
	memset(got, 0, sizeof(got));
	memcpy(got, e->req.tail, a.size);
	for (i = 0; i + 1 < a.size; i++)
		if (got[i] == '\0')
			got[i] = ',';
	if (strcmp(got, want) != 0)
		print_message("# %s\n", got);
	return strcmp(got, want) == 0;
}

static int
test_file(struct wenv *e)
{
	int fd;

	wenv_file(e, "f", "");
	fd = wenv_node(e, "f");
	e->who.flags = MSG_SHARE_XATTR;
	if (xattr_set(fd, "user.probe", "", 0, 0) != 0) {
		print_message("# no user.* attributes here\n");
		skip();
	}
	xattr_remove(fd, "user.probe");
	return fd;
}

static void
test_map(struct wenv *e, const char *text)
{
	static struct a_whello who;

	who.xattrmap_len = (uint32_t)strlen(text);
	assert_int_equal(rules_parse(&e->rules, &who, text, strlen(text)), 0);
}

static void
test_plain(void **state)
{
	struct wenv *e = *state;
	int fd = test_file(e), openfd;
	uint32_t len;

	assert_int_equal(test_set(e, fd, "user.a", "hello", 0), 0);
	assert_int_equal(test_get(e, fd, "user.a", 5, &len), 0);
	assert_int_equal(len, 5);
	assert_string_equal(test_value, "hello");
	assert_int_equal(test_get(e, fd, "user.a", 0, &len), 0);
	assert_int_equal(len, 5);
	assert_int_equal(e->req.tail_len, 0);
	assert_int_equal(test_get(e, fd, "user.a", 4, &len), ERANGE);
	assert_int_equal(test_get(e, fd, "user.b", 4, &len), ENODATA);
	assert_int_equal(test_set(e, fd, "user.a", "x", XATTR_CREATE),
	    EEXIST);
	assert_int_equal(test_set(e, fd, "user.b", "x", XATTR_REPLACE),
	    ENODATA);
	assert_int_equal(test_set(e, fd, "user.b", "", 0), 0);
	assert_int_equal(test_get(e, fd, "user.b", 4, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(test_remove(e, fd, "user.b"), 0);
	assert_int_equal(test_remove(e, fd, "user.b"), ENODATA);
	/* an open file is as good, and so is a directory */
	openfd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(test_set(e, openfd, "user.a", "open", 0), 0);
	assert_int_equal(test_get(e, fd, "user.a", 9, &len), 0);
	assert_string_equal(test_value, "open");
	close(openfd);
	assert_int_equal(test_set(e, e->share, "user.d", "dir", 0), 0);
	assert_true(test_list_is(e, e->share, "user.d"));
}

static void
test_symlink(void **state)
{
	struct wenv *e = *state;
	int fd = test_file(e), link;
	uint32_t len;

	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	link = wenv_node(e, "l");
	assert_int_equal(test_set(e, fd, "user.a", "file", 0), 0);
	/* the link itself, not what it points to */
	assert_true(test_list_is(e, link, ""));
	assert_int_equal(test_get(e, link, "user.a", 9, &len), ENODATA);
	assert_int_equal(test_set(e, link, "user.a", "x", 0), EPERM);
	if (getuid() == 0) {
		assert_int_equal(test_set(e, link, "trusted.a", "link", 0),
		    0);
		assert_true(test_list_is(e, link, "trusted.a"));
		assert_true(test_list_is(e, fd, "user.a"));
	}
}

static void
test_mapped(void **state)
{
	struct wenv *e = *state;
	int fd = test_file(e);
	uint32_t len;

	test_map(e, ":map:trusted.:user.v.:");
	assert_int_equal(test_set(e, fd, "trusted.t", "mapped", 0), 0);
	assert_int_equal(xattr_get(fd, "user.v.trusted.t", test_value, 9,
	    &(size_t){ 0 }), 0);
	assert_int_equal(test_set(e, fd, "user.u", "plain", 0), 0);
	assert_int_equal(test_get(e, fd, "trusted.t", 9, &len), 0);
	assert_string_equal(test_value, "mapped");
	assert_int_equal(test_set(e, fd, "user.v.trusted.x", "x", 0), EPERM);
	assert_int_equal(test_get(e, fd, "user.v.trusted.t", 9, &len),
	    ENODATA);
	assert_int_equal(test_remove(e, fd, "user.v.trusted.t"), EPERM);
	assert_true(test_list_is(e, fd, "trusted.t,user.u") ||
	    test_list_is(e, fd, "user.u,trusted.t"));
	assert_int_equal(test_remove(e, fd, "trusted.t"), 0);
	assert_true(test_list_is(e, fd, "user.u"));
	test_map(e, ":unsupported:all:user.:user.::ok:all:::");
	assert_int_equal(test_set(e, fd, "user.a", "x", 0), EOPNOTSUPP);
	assert_int_equal(test_get(e, fd, "user.u", 9, &len), EOPNOTSUPP);
	assert_true(test_list_is(e, fd, ""));
}

static void
test_list_sizes(void **state)
{
	struct wenv *e = *state;
	struct q_listxattr q = { .size = 0 };
	struct a_listxattr a;
	int fd = test_file(e);

	test_map(e, ":map:trusted.:user.v.:");
	assert_int_equal(test_set(e, fd, "trusted.t", "", 0), 0);
	/* the size is that of the guest's names, not of the host's */
	assert_int_equal(on_listxattr(wenv_req(e, fd, -1), &q, &a), 0);
	assert_int_equal(a.size, sizeof("trusted.t"));
	assert_int_equal(e->req.tail_len, 0);
	q.size = sizeof("trusted.t") - 1;
	assert_int_equal(on_listxattr(wenv_req(e, fd, -1), &q, &a), ERANGE);
	q.size = sizeof("trusted.t");
	assert_int_equal(on_listxattr(wenv_req(e, fd, -1), &q, &a), 0);
	assert_string_equal(e->req.tail, "trusted.t");
	q.size = XATTR_VALUE_MAX + 1;
	assert_int_equal(on_listxattr(wenv_req(e, fd, -1), &q, &a), EINVAL);
}

/* Minimal and extended ACL of a file. */
static const struct test_acl {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} e[5];
} test_acl = { 2, {
	{ 0x01, 7, UINT32_MAX }, { 0x02, 4, 7 }, { 0x04, 5, UINT32_MAX },
	{ 0x10, 5, UINT32_MAX }, { 0x20, 1, UINT32_MAX },
} };

static int
test_set_acl(struct wenv *e, int fd, uint32_t kill)
{
	struct q_setxattr q = { .kill_sgid = kill };
	struct a_setxattr a;
	struct serve_req *req = wenv_req(e, fd, -1);

	wenv_name(q.name, XATTR_ACL_ACCESS);
	req->asked = &test_acl;
	req->asked_len = sizeof(test_acl);
	return on_setxattr(req, &q, &a);
}

static void
test_acls(void **state)
{
	static const struct idmap_rule ids[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 100000, 1000 },
		{ IDMAP_UID, IDMAP_HOST, 100000, 0, 1000 },
	};
	struct wenv *e = *state;
	struct test_acl acl;
	struct stat st;
	int fd = test_file(e);
	uint32_t len;
	size_t n;

	assert_int_equal(test_set_acl(e, fd, 0), EOPNOTSUPP);
	assert_int_equal(test_get(e, fd, XATTR_ACL_DEFAULT, 0, &len),
	    EOPNOTSUPP);
	assert_int_equal(xattr_set(fd, XATTR_ACL_ACCESS, &test_acl,
	    sizeof(test_acl), 0), 0);
	assert_true(test_list_is(e, fd, ""));
	e->who.flags |= MSG_SHARE_POSIX_ACL;
	assert_true(test_list_is(e, fd, XATTR_ACL_ACCESS));
	assert_int_equal(fchmodat(e->share, "f", 02755, 0), 0);
	assert_int_equal(test_set_acl(e, fd, 0), 0);
	assert_int_equal(fstatat(e->share, "f", &st, 0), 0);
	if (getuid() == 0)
		assert_int_equal(st.st_mode & 07777, 02751);
	assert_int_equal(test_set_acl(e, fd, 1), 0);
	assert_int_equal(fstatat(e->share, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	e->rules.ids.rules = ids;
	e->rules.ids.cnt = 2;
	assert_int_equal(test_set_acl(e, fd, 0), 0);
	assert_int_equal(xattr_get(fd, XATTR_ACL_ACCESS, &acl, sizeof(acl),
	    &n), 0);
	assert_int_equal(acl.e[1].id, 100007);
	assert_int_equal(test_get(e, fd, XATTR_ACL_ACCESS, sizeof(acl),
	    &len), 0);
	assert_memory_equal(test_value, &test_acl, sizeof(test_acl));
}

static void
test_drop_caps(void **state)
{
	struct wenv *e = *state;
	int fd = test_file(e);
	uint32_t len;

	test_map(e, ":map::user.v.:");
	assert_int_equal(xattr_drop_caps(wenv_req(e, fd, -1), fd), 0);
	assert_int_equal(test_set(e, fd, "security.capability", "c", 0), 0);
	assert_int_equal(test_set(e, fd, "security.other", "o", 0), 0);
	assert_int_equal(xattr_drop_caps(wenv_req(e, fd, -1), fd), 0);
	assert_int_equal(test_get(e, fd, "security.capability", 9, &len),
	    ENODATA);
	assert_int_equal(test_get(e, fd, "security.other", 9, &len), 0);
	e->rules.caps_name[0] = '\0';
	assert_int_equal(test_set(e, fd, "security.capability", "c", 0), 0);
	assert_int_equal(xattr_drop_caps(wenv_req(e, fd, -1), fd), 0);
	assert_int_equal(test_get(e, fd, "security.capability", 9, &len), 0);
}

/* A file capability is a set-id file by another name, also when renamed. */
static void
test_denied(void **state)
{
	struct wenv *e = *state;
	int fd = test_file(e);

	e->who.policy = MSG_POLICY_NO_SETID;
	assert_int_equal(test_set(e, fd, "security.capability", "c", 0), EPERM);
	assert_int_equal(test_set(e, fd, "user.v", "v", 0), 0);
	test_map(e, ":map::user.v.:");
	assert_int_equal(test_set(e, fd, "security.capability", "c", 0), EPERM);
	e->who.policy = MSG_POLICY_NO_DEVICES;
	assert_int_equal(test_set(e, fd, "security.capability", "c", 0), 0);
}

static void
test_bad(void **state)
{
	struct wenv *e = *state;
	struct q_setxattr q = { .name = "user.a", .flags = 4 };
	struct a_setxattr a;
	int fd = test_file(e);
	uint32_t len;

	assert_int_equal(on_setxattr(wenv_req(e, fd, -1), &q, &a), EINVAL);
	q.flags = 0;
	q.kill_sgid = 2;
	assert_int_equal(on_setxattr(wenv_req(e, fd, -1), &q, &a), EINVAL);
	q.kill_sgid = 0;
	q.name[9] = 'x';
	assert_int_equal(on_setxattr(wenv_req(e, fd, -1), &q, &a), EINVAL);
	memset(q.name, 'x', sizeof(q.name));
	assert_int_equal(on_setxattr(wenv_req(e, fd, -1), &q, &a),
	    ENAMETOOLONG);
	assert_int_equal(test_set(e, fd, "", "x", 0), EINVAL);
	assert_int_equal(test_get(e, fd, "", 0, &len), EINVAL);
	assert_int_equal(test_set(e, fd, "user.a/../b", "x", 0), 0);
	assert_int_equal(test_get(e, fd, "user.a", XATTR_VALUE_MAX + 1, &len),
	    EINVAL);
	assert_int_equal(test_set(e, PROC_FD_PROC, "user.a", "x", 0), EBADF);
	assert_int_equal(test_remove(e, 0, "user.a"), EBADF);
	e->who.flags |= MSG_SHARE_READONLY;
	assert_int_equal(test_set(e, fd, "user.b", "x", 0), EROFS);
	assert_int_equal(test_remove(e, fd, "user.a/../b"), EROFS);
	assert_int_equal(test_get(e, fd, "user.a/../b", 9, &len), 0);
	e->who.flags = 0;
	assert_int_equal(test_set(e, fd, "user.b", "x", 0), EOPNOTSUPP);
	assert_int_equal(test_get(e, fd, "user.a/../b", 9, &len),
	    EOPNOTSUPP);
	assert_int_equal(test_remove(e, fd, "user.a/../b"), EOPNOTSUPP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_symlink), T(test_mapped),
		T(test_list_sizes), T(test_acls), T(test_drop_caps),
		T(test_bad), T(test_denied),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
