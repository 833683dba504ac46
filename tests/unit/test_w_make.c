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
 * Knows: what the handlers that make files make of good and bad questions.
 * Never: the loop or the jail.
 */

#include "config.h"

/* What comes into being is another one, if test_swap says so. */
#define make_new test_make_new
#include "../../fsworker/w_make.c"
#undef make_new

#include <sys/xattr.h>

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "../../common/proc.h"
#include "../../common/seal.h"
#include "../../fsworker/keep.h"
#include "wenv.h"
#include "wname.h"

int	make_new(struct make *m);

static const char *test_swap;
static const char *test_over;	/* gets the name that was made; "": nobody */

int
test_make_new(struct make *m)
{
	int err = make_new(m);

	if (err == 0 && test_swap != NULL) {
		fd_close(&m->fd);
		err = at_child(m->dirfd, test_swap, &m->fd);
	}
	if (err == 0 && test_over != NULL) {
		assert_int_equal(unlinkat(m->dirfd, m->name, 0), 0);
		if (test_over[0] != '\0')
			assert_int_equal(renameat(m->dirfd, test_over,
			    m->dirfd, m->name), 0);
	}
	return err;
}

/* Node, open file, attributes and seal are one file's. */
static void
test_one_file(struct wenv *e, const struct msg_attr *attr)
{
	const struct msg_seal *s = e->req.tail;
	struct msg_seal node;
	struct stat st;
	int i, mnt;

	assert_int_equal(e->req.give.cnt, 2);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_PATH, O_PATH);
	for (i = 0; i < 2; i++) {
		assert_int_equal(fstat(e->req.give.fds[i], &st), 0);
		assert_int_equal(attr->ino, st.st_ino);
	}
	if (give_handle(e->req.give.fds[0], "", &node, &mnt) != 0)
		return;
	assert_int_equal(e->req.tail_len, MSG_SEAL_LEN(node.len));
	assert_int_equal(s->mnt_id, attr->mnt_id);
	assert_memory_equal(s->handle, node.handle, node.len);
	assert_true(seal_check(s, e->who.seal_key));
}

/* The name of what was created may lead elsewhere, or nowhere, at once. */
static void
test_created(void **state)
{
	static const char *const over[] = { NULL, "o", "", "d" };
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0640, .name = "n" };
	struct a_create a;
	unsigned int i;

	e->who.flags = MSG_SHARE_HANDLES;
	wenv_file(e, "o", "");
	assert_int_equal(symlinkat("n", e->share, "d"), 0);
	for (i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		test_over = over[i];
		assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
		    0);
		test_one_file(e, &a.attr);
		assert_int_equal(a.attr.nlink, over[i] == NULL);
		test_over = NULL;
		unlinkat(e->share, "n", 0);
	}
}

/* Whoever may write to the directory was quick: not of another type. */
static void
test_swapped(void **state)
{
	struct wenv *e = *state;
	struct q_mkdir qd = { .mode = 0755, .name = "d" };
	struct q_mknod qn = { .mode = S_IFIFO | 0600, .name = "p" };
	struct a_mkdir ad;
	struct a_mknod an;

	wenv_file(e, "f", "");
	test_swap = "f";
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad), EIO);
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &qn, &an), EIO);
	test_swap = "d";
	wenv_name(qn.name, "q");
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &qn, &an), EIO);
	test_swap = NULL;
	wenv_name(qd.name, "e");
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad), 0);
}

static void
test_create(void **state)
{
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0640, .name = "n" };
	struct a_create a;
	struct stat st;

	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(e->req.give.cnt, 2);
	assert_int_equal(fcntl(e->req.give.fds[0], F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fcntl(e->req.give.fds[1], F_GETFL) & O_ACCMODE,
	    O_RDWR);
	assert_int_equal(fstat(e->req.give.fds[1], &st), 0);
	assert_int_equal(a.attr.ino, st.st_ino);
	assert_int_equal(a.attr.mode, S_IFREG | 0640);
	assert_int_equal(write(e->req.give.fds[1], "abc", 3), 3);
	/* again: the same file, now with something in it */
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.ino, st.st_ino);
	assert_int_equal(a.attr.size, 3);
	q.flags = O_WRONLY | O_TRUNC | O_CREAT;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.size, 0);
	q.flags = O_WRONLY | O_EXCL;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EEXIST);
	assert_int_equal(e->req.give.cnt, 0);
}

/* The directory goes along if it is wanted, and stays if it is kept. */
static void
test_create_back(void **state)
{
	static struct keep keep;
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0640, .back = 1,
	    .name = "n" };
	struct serve_req *req;
	struct a_create a;

	req = wenv_req(e, e->share, -1);
	assert_int_equal(on_create(req, &q, &a), 0);
	assert_int_equal(req->back, 0);
	req = wenv_req(e, e->share, -1);
	req->keep = &keep;
	req->kept[0] = MSG_KEEP_USE | 1;
	assert_int_equal(on_create(req, &q, &a), 0);
	assert_int_equal(req->back, e->share);
	assert_int_equal(req->give.cnt, 2);
	q.flags = O_RDWR | O_EXCL;
	req = wenv_req(e, e->share, -1);
	req->keep = &keep;
	req->kept[0] = MSG_KEEP_USE | 1;
	assert_int_equal(on_create(req, &q, &a), EEXIST);
	assert_int_equal(req->back, 0);
	q.back = 2;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
}

static void
test_create_bad(void **state)
{
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0640, .name = "d" };
	struct a_create a;

	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(mknodat(e->share, "p", S_IFIFO | 0600, 0), 0);
	assert_int_equal(symlinkat("victim", e->share, "l"), 0);
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EISDIR);
	wenv_name(q.name, "p");
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), EBADF);
	wenv_name(q.name, "l");
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), EBADF);
	assert_false(wenv_has(e, "victim"));
	TEST_NAMES(e, on_create(wenv_req(e, e->share, -1), &q, &a), q.name);
	q.mode = S_IFIFO | 0600;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.mode = S_IFREG | 0600;
	q.flags = O_RDWR | O_APPEND;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.flags = O_RDWR;
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), EROFS);
	assert_false(wenv_has(e, "x"));
}

static void
test_mknod(void **state)
{
	struct wenv *e = *state;
	struct q_mknod q = { .mode = S_IFIFO | 0622, .name = "p" };
	struct a_mknod a;

	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode, S_IFIFO | 0622);
	assert_int_equal(e->req.give.cnt, 1);
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), EEXIST);
	wenv_name(q.name, "s");
	q.mode = S_IFSOCK | 0600;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), 0);
	wenv_name(q.name, "r");
	q.mode = S_IFREG | 04711;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode, S_IFREG | 04711);
	/* an overlay whiteout needs no privilege */
	wenv_name(q.name, "w");
	q.mode = S_IFCHR;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), 0);
	TEST_NAMES(e, on_mknod(wenv_req(e, e->share, -1), &q, &a), q.name);
	q.rdev_major = 0x1000;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), EINVAL);
	q.mode = S_IFDIR | 0700;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), EINVAL);
	q.mode = S_IFIFO | 0x10000;
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a), EINVAL);
	assert_false(wenv_has(e, "x"));
}

static uint32_t
test_mode_of(struct wenv *e, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(e->share, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode;
}

static void
test_umask(void **state)
{
	struct wenv *e = *state;
	struct q_create qc = { .flags = O_RDWR, .mode = 0666, .umask = 027,
	    .name = "f" };
	struct q_mkdir qd = { .mode = 0777, .umask = 0777, .name = "d" };
	struct q_mknod qn = { .mode = S_IFIFO | 0666, .umask = 02,
	    .name = "p" };
	struct a_create ac;
	struct a_mkdir ad;
	struct a_mknod an;

	assert_int_equal(on_create(wenv_req(e, e->share, -1), &qc, &ac), 0);
	assert_int_equal(ac.attr.mode, S_IFREG | 0640);
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad), 0);
	assert_int_equal(ad.attr.mode, S_IFDIR);
	assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &qn, &an), 0);
	assert_int_equal(an.attr.mode, S_IFIFO | 0664);
	/* nothing of it stays, also after a failure */
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad),
	    EEXIST);
	assert_int_equal(umask(0), 0);
	qd.umask = 01000;
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad),
	    EINVAL);
	qc.umask = UINT32_MAX;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &qc, &ac),
	    EINVAL);
}

/* A default ACL takes the place of the umask: rwx, group r-x, mask, other -. */
static void
test_default_acl(void **state)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} e[5];
	} acl = { 2, {
		{ 0x01, 7, UINT32_MAX }, { 0x04, 5, UINT32_MAX },
		{ 0x08, 7, 4321 }, { 0x10, 7, UINT32_MAX },
		{ 0x20, 1, UINT32_MAX },
	} };
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0666, .umask = 077,
	    .name = "f" };
	struct a_create a;

	if (fsetxattr(e->share, "system.posix_acl_default", &acl, sizeof(acl),
	    0) == -1) {
		print_message("# no ACLs here\n");
		skip();
	}
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode, S_IFREG | 0660);
}

static void
test_kill(void **state)
{
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR | O_TRUNC, .mode = 0600,
	    .name = "f" };
	struct a_create a;

	wenv_file(e, "f", "12345");
	e->who.cred.class = CRED_ROOT;
	assert_int_equal(fchmodat(e->share, "f", 06755, 0), 0);
	q.kill = 1;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(test_mode_of(e, "f"), S_IFREG | 0755);
	assert_int_equal(fchmodat(e->share, "f", 02744, 0), 0);
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	/* no group permission to execute: a lock, not a privilege */
	if (getuid() == 0)
		assert_int_equal(test_mode_of(e, "f"), S_IFREG | 02744);
	q.flags = O_RDWR;
	assert_int_equal(fchmodat(e->share, "f", 04755, 0), 0);
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(test_mode_of(e, "f"), S_IFREG | 04755);
	q.kill = 2;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
}

static int
test_entries(struct wenv *e)
{
	struct dirent *d;
	int n = 0;
	DIR *dir;

	dir = fdopendir(openat(e->share, ".", O_RDONLY | O_DIRECTORY));
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0)
			n++;
	closedir(dir);
	return n;
}

static void
test_tmpfile(void **state)
{
	struct wenv *e = *state;
	struct q_tmpfile q = { .flags = O_RDWR, .mode = 0666, .umask = 022 };
	struct a_tmpfile a;
	char number[AT_NUMBER_MAX];

	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(a.attr.mode, S_IFREG | 0644);
	assert_int_equal(a.attr.nlink, 0);
	assert_int_equal(e->req.give.cnt, 2);
	assert_int_equal(write(e->req.give.fds[1], "abc", 3), 3);
	assert_int_equal(test_entries(e), 0);
	assert_int_equal(linkat(PROC_FD_PROC, at_number(e->req.give.fds[0],
	    number), e->share, "later", AT_SYMLINK_FOLLOW), 0);
	q.flags = O_RDWR | O_EXCL;
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(linkat(PROC_FD_PROC, at_number(e->req.give.fds[0],
	    number), e->share, "never", AT_SYMLINK_FOLLOW), -1);
	q.flags = O_RDONLY;
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.flags = O_RDWR | O_APPEND;
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.flags = O_RDWR;
	assert_int_equal(on_tmpfile(wenv_req(e, wenv_node(e, "later"), -1),
	    &q, &a), ENOTDIR);
	assert_int_equal(on_tmpfile(wenv_req(e, PROC_FD_PROC, -1), &q, &a),
	    EBADF);
	q.zero = 1;
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a),
	    EINVAL);
	q.zero = 0;
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &q, &a),
	    EROFS);
	assert_int_equal(umask(0), 0);
}

#define TEST_LABEL	"user.viofsd.label"

/* A question whose tail ends with the label's name and the value "blue". */
static struct serve_req *
test_label(struct wenv *e, const char *target, const char *name)
{
	static char tail[600];
	struct serve_req *req = wenv_req(e, e->share, -1);

	snprintf(tail, sizeof(tail), "%s%sblue", target, name);
	req->asked = tail;
	req->asked_len = strlen(tail);
	return req;
}

static int
test_has_label(struct wenv *e, const char *name)
{
	char path[128], value[8];

	snprintf(path, sizeof(path), "%s/%s", e->path, name);
	return lgetxattr(path, TEST_LABEL, value, sizeof(value)) == 4 &&
	    memcmp(value, "blue", 4) == 0;
}

static void
test_label_create(void **state)
{
	struct wenv *e = *state;
	struct q_create q = { .flags = O_RDWR, .mode = 0640, .name = "f",
	    .label_name_len = sizeof(TEST_LABEL) - 1, .label_len = 4 };
	struct a_create a;

	e->who.flags = MSG_SHARE_LABEL;
	if (fsetxattr(e->share, TEST_LABEL, "", 0, 0) == -1) {
		print_message("# no user.* attributes here\n");
		skip();
	}
	assert_int_equal(on_create(test_label(e, "", TEST_LABEL), &q, &a), 0);
	assert_true(test_has_label(e, "f"));
	assert_int_equal(a.attr.mode, S_IFREG | 0640);
	assert_int_equal(a.attr.nlink, 1);
	assert_int_equal(e->req.give.cnt, 2);
	assert_int_equal(fcntl(e->req.give.fds[1], F_GETFL) & O_ACCMODE,
	    O_RDWR);
	q.flags = O_RDONLY | O_EXCL;
	assert_int_equal(on_create(test_label(e, "", TEST_LABEL), &q, &a),
	    EEXIST);
	wenv_name(q.name, "r");
	assert_int_equal(on_create(test_label(e, "", TEST_LABEL), &q, &a), 0);
	assert_true(test_has_label(e, "r"));
	assert_int_equal(fcntl(e->req.give.fds[1], F_GETFL) & O_ACCMODE,
	    O_RDONLY);
	/* what was there before keeps what it has */
	wenv_file(e, "old", "");
	wenv_name(q.name, "old");
	q.flags = O_RDWR;
	assert_int_equal(on_create(test_label(e, "", TEST_LABEL), &q, &a), 0);
	assert_false(test_has_label(e, "old"));
	assert_int_equal(test_entries(e), 3);
}

static void
test_label_others(void **state)
{
	struct wenv *e = *state;
	struct q_mkdir qd = { .mode = 0777, .umask = 022, .name = "d",
	    .label_name_len = sizeof(TEST_LABEL) - 1, .label_len = 4 };
	struct q_mknod qn = { .mode = S_IFREG | 0600, .name = "n",
	    .label_name_len = sizeof(TEST_LABEL) - 1, .label_len = 4 };
	struct q_symlink qs = { .target_len = 3, .name = "l",
	    .label_name_len = sizeof(TEST_LABEL) - 1, .label_len = 4 };
	struct a_mkdir ad;
	struct a_mknod an;
	struct a_symlink as;

	e->who.flags = MSG_SHARE_LABEL;
	if (fsetxattr(e->share, TEST_LABEL, "", 0, 0) == -1) {
		print_message("# no user.* attributes here\n");
		skip();
	}
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &qd, &ad),
	    0);
	assert_true(test_has_label(e, "d"));
	assert_int_equal(ad.attr.mode, S_IFDIR | 0755);
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &qd, &ad),
	    EEXIST);
	assert_int_equal(on_mknod(test_label(e, "", TEST_LABEL), &qn, &an),
	    0);
	assert_true(test_has_label(e, "n"));
	/* the kernel has no user.* on symlinks: no label, no symlink */
	assert_int_equal(on_symlink(test_label(e, "xyz", TEST_LABEL), &qs,
	    &as), EPERM);
	assert_false(wenv_has(e, "l"));
	assert_int_equal(test_entries(e), 2);
}

static void
test_label_bad(void **state)
{
	struct wenv *e = *state;
	struct q_mkdir q = { .mode = 0700, .name = "d",
	    .label_name_len = sizeof(TEST_LABEL) - 1, .label_len = 4 };
	struct q_create qc = { .flags = O_RDWR, .mode = 0600, .name = "f",
	    .label_name_len = 7, .label_len = 4 };
	struct a_mkdir a;
	struct a_create ac;

	/* a share without labels */
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &q, &a),
	    EINVAL);
	e->who.flags = MSG_SHARE_LABEL;
	assert_int_equal(on_mkdir(test_label(e, "x", TEST_LABEL), &q, &a),
	    EINVAL);
	q.label_len = 5;
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &q, &a),
	    EINVAL);
	q.label_len = UINT32_MAX;
	q.label_name_len += 5;
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &q, &a),
	    EINVAL);
	q.label_name_len = 0;
	q.label_len = sizeof(TEST_LABEL) + 3;
	assert_int_equal(on_mkdir(test_label(e, "", TEST_LABEL), &q, &a),
	    EINVAL);
	/* a name that the kernel does not take leaves nothing behind */
	assert_int_equal(on_create(test_label(e, "", "bad.xyz"), &qc, &ac),
	    EOPNOTSUPP);
	q.label_name_len = 7;
	q.label_len = 4;
	assert_int_equal(on_mkdir(test_label(e, "", "bad.xyz"), &q, &a),
	    EOPNOTSUPP);
	assert_int_equal(test_entries(e), 0);
}

static void
test_seal(void **state)
{
	struct wenv *e = *state;
	struct q_mkdir q = { .mode = 0700, .name = "d" };
	struct msg_seal seal;
	struct a_mkdir a;

	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &q, &a), 0);
	assert_int_equal(e->req.tail_len, 0);
	e->who.flags = MSG_SHARE_HANDLES;
	memset(e->who.seal_key, 7, MSG_KEY_LEN);
	wenv_name(q.name, "e");
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &q, &a), 0);
	if (e->req.tail_len == 0) {
		/* then the share that insists on handles has no files */
		e->who.flags |= MSG_SHARE_HANDLES_ONLY;
		wenv_name(q.name, "g");
		assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &q, &a),
		    EOPNOTSUPP);
		return;
	}
	assert_true(e->req.tail_len > MSG_SEAL_LEN(0));
	assert_true(e->req.tail_len <= MSG_SEAL_MAX);
	memset(&seal, 0, sizeof(seal));
	memcpy(&seal, e->req.tail, e->req.tail_len);
	assert_int_equal(e->req.tail_len, MSG_SEAL_LEN(seal.len));
	assert_int_equal(seal.mnt_id, a.attr.mnt_id);
	assert_true(seal_check(&seal, e->who.seal_key));
	seal.handle[0] ^= 1;
	assert_false(seal_check(&seal, e->who.seal_key));
}

/* What the share wants nobody to make is not there afterwards, either. */
static void
test_denied(void **state)
{
	static const struct {
		uint32_t policy, mode, minor;
		int err;
	} row[] = {
		{ MSG_POLICY_NO_DEVICES, S_IFBLK | 0600, 1, EPERM },
		{ MSG_POLICY_NO_DEVICES, S_IFCHR | 0600, 3, EPERM },
		{ MSG_POLICY_NO_DEVICES, S_IFCHR, 0, 0 },	/* whiteout */
		{ MSG_POLICY_NO_DEVICES, S_IFIFO | 0600, 0, 0 },
		{ MSG_POLICY_NO_DEVICES, S_IFSOCK | 0600, 0, 0 },
		{ MSG_POLICY_NO_DEVICES, S_IFREG | 04700, 0, 0 },
		{ MSG_POLICY_NO_SETID, S_IFREG | 04700, 0, EPERM },
		{ MSG_POLICY_NO_SETID, S_IFREG | 02770, 0, EPERM },
		{ MSG_POLICY_NO_SETID, S_IFIFO | 06600, 0, EPERM },
		{ MSG_POLICY_NO_SETID, S_IFREG | 01700, 0, 0 },
	};
	struct wenv *e = *state;
	struct q_mknod q;
	struct a_mknod a;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		memset(&q, 0, sizeof(q));
		wenv_name(q.name, "n");
		q.mode = row[i].mode;
		q.rdev_minor = row[i].minor;
		e->who.policy = row[i].policy;
		assert_int_equal(on_mknod(wenv_req(e, e->share, -1), &q, &a),
		    row[i].err);
		assert_int_equal(wenv_has(e, "n"), row[i].err == 0);
		unlinkat(e->share, "n", 0);
	}
}

static void
test_denied_open(void **state)
{
	struct q_create q = { .flags = O_RDWR, .mode = 04700, .name = "n" };
	struct q_tmpfile qt = { .flags = O_RDWR, .mode = 02770 };
	struct q_mkdir qd = { .mode = 02770, .name = "d" };
	struct wenv *e = *state;
	struct a_tmpfile at;
	struct a_create a;
	struct a_mkdir ad;

	e->who.policy = MSG_POLICY_NO_SETID;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), EPERM);
	assert_int_equal(on_tmpfile(wenv_req(e, e->share, -1), &qt, &at),
	    EPERM);
	assert_int_equal(e->req.give.cnt, 0);
	assert_false(wenv_has(e, "n"));
	/* Of a directory it is about groups, and no right of anybody's. */
	assert_int_equal(on_mkdir(wenv_req(e, e->share, -1), &qd, &ad), 0);
	q.mode = 0700;
	assert_int_equal(on_create(wenv_req(e, e->share, -1), &q, &a), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_swapped), T(test_created), T(test_create),
		T(test_create_back), T(test_create_bad), T(test_mknod),
		T(test_umask), T(test_default_acl), T(test_kill),
		T(test_tmpfile), T(test_label_create), T(test_label_others),
		T(test_label_bad), T(test_seal), T(test_denied),
		T(test_denied_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
