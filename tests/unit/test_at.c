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
 * Knows: names, flags and descriptors that at.c must and must not take.
 * Never: a handler.
 */

#include "config.h"

#include "../../fsworker/at.c"

#include "wenv.h"

static void
test_flags(void **state)
{
	static const int bad[] = {
		O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_PATH,
		O_TMPFILE, O_NONBLOCK, O_CLOEXEC, O_ASYNC, O_ACCMODE,
	};
	size_t i;
	int flags;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(at_flags((uint32_t)bad[i], 0, &flags),
		    EINVAL);
	for (i = 23; i < 32; i++)
		assert_int_equal(at_flags(1u << i, 0, &flags), EINVAL);
	assert_int_equal(at_flags(O_RDWR | O_TRUNC | O_SYNC | O_NOATIME |
	    O_DIRECT | AT_O_LARGEFILE, 0, &flags), 0);
	assert_int_equal(flags, O_RDWR | O_TRUNC | O_SYNC | O_NOATIME |
	    O_DIRECT);
	assert_int_equal(at_flags(O_EXCL, O_EXCL, &flags), 0);
}

static void
test_flags_write(void **state)
{
	(void)state;
	assert_false(at_flags_write(O_RDONLY));
	assert_false(at_flags_write(O_RDONLY | O_SYNC | O_DIRECT));
	assert_true(at_flags_write(O_WRONLY));
	assert_true(at_flags_write(O_RDWR));
	assert_true(at_flags_write(O_RDONLY | O_TRUNC));
}

static void
test_claim(void **state)
{
	struct wenv *e = *state;
	uint32_t type;
	int pipes[2];

	wenv_file(e, "f", "");
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	assert_int_equal(mknodat(e->share, "p", S_IFIFO | 0600, 0), 0);
	assert_int_equal(at_claim(&e->who, wenv_node(e, "l"), &type), 0);
	assert_int_equal(type, S_IFLNK);
	assert_int_equal(at_claim_dir(&e->who, e->share), 0);
	assert_int_equal(at_claim_dir(&e->who, wenv_node(e, "f")), ENOTDIR);
	assert_int_equal(at_claim_reg(&e->who, wenv_node(e, "f")), 0);
	assert_int_equal(at_claim_reg(&e->who, e->share), EISDIR);
	assert_int_equal(at_claim_reg(&e->who, wenv_node(e, "l")), EBADF);
	assert_int_equal(at_claim_reg(&e->who, wenv_node(e, "p")), EBADF);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(at_claim(&e->who, pipes[0], &type), EBADF);
	assert_int_equal(at_claim(&e->who, PROC_FD_PROC, &type), EBADF);
	assert_int_equal(at_claim(&e->who, -1, &type), EBADF);
	close(pipes[0]);
	close(pipes[1]);
}

static void
test_claim_mounts(void **state)
{
	struct wenv *e = *state;
	uint64_t own = e->who.mounts[0];
	uint32_t type;

	e->who.mounts[0] = own + 1000000;
	assert_int_equal(at_claim(&e->who, e->share, &type), EBADF);
	e->who.mounts[1] = own;
	assert_int_equal(at_claim(&e->who, e->share, &type), EBADF);
	e->who.mount_cnt = 2;
	assert_int_equal(at_claim(&e->who, e->share, &type), 0);
	/* The two kinds of mount id are never mixed up. */
	e->who.unique_ids = 1;
	assert_int_equal(at_claim(&e->who, e->share, &type), EBADF);
}

static void
test_child(void **state)
{
	struct wenv *e = *state;
	struct stat st;
	int fd;

	assert_int_equal(symlinkat("/etc", e->share, "out"), 0);
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(at_child(e->share, "none", &fd), ENOENT);
	assert_int_equal(fd, -1);
	assert_int_equal(at_child(e->share, "out", &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	close(fd);
	/* What no caller may pass on still stays beneath the directory. */
	assert_int_equal(at_child(e->share, "..", &fd), EXDEV);
	assert_int_equal(at_child(e->share, "/etc", &fd), EXDEV);
	assert_int_equal(at_child(e->share, "out/passwd", &fd), ELOOP);
	assert_int_equal(at_child(e->share, "d/../..", &fd), EXDEV);
	assert_int_equal(at_child(PROC_FD_PROC, "0/", &fd), ELOOP);
}

static void
test_create(void **state)
{
	struct wenv *e = *state;
	struct stat st;
	int fd;

	assert_int_equal(at_create(e->share, "n", O_RDONLY, 0, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG);
	close(fd);
	assert_int_equal(at_create(e->share, "n", O_RDONLY, 0, &fd), EEXIST);
	assert_int_equal(symlinkat("new", e->share, "l"), 0);
	assert_int_equal(at_create(e->share, "l", O_RDWR, 0600, &fd), EEXIST);
	assert_false(wenv_has(e, "new"));
	assert_int_equal(at_create(e->share, "m", O_WRONLY, 06751, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 06751);
	close(fd);
}

static void
test_reopen(void **state)
{
	struct wenv *e = *state;
	char buf[4];
	int fd, again;

	wenv_file(e, "f", "text");
	fd = wenv_node(e, "f");
	assert_int_equal(at_reopen(fd, O_RDONLY, &again), 0);
	assert_int_equal(read(again, buf, 4), 4);
	assert_memory_equal(buf, "text", 4);
	assert_int_equal(fcntl(again, F_GETFD), FD_CLOEXEC);
	close(again);
	assert_int_equal(unlinkat(e->share, "f", 0), 0);
	assert_int_equal(at_reopen(fd, O_WRONLY | O_TRUNC, &again), 0);
	close(again);
	assert_int_equal(at_reopen(12345, O_RDONLY, &again), ENOENT);
	assert_int_equal(again, -1);
}

static void
test_tmpfile(void **state)
{
	struct wenv *e = *state;
	struct stat st;
	int fd;

	assert_int_equal(at_tmpfile(e->share, O_RDWR, 0640, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	wenv_file(e, "f", "");
	assert_int_equal(at_tmpfile(wenv_node(e, "f"), O_RDWR, 0640, &fd),
	    ENOTDIR);
}

static void
test_parent(void **state)
{
	struct wenv *e = *state;
	struct stat st, up;
	int dirfd, fd;

	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	dirfd = wenv_node(e, "d");
	assert_int_equal(at_parent(&e->who, dirfd, &fd), 0);
	assert_int_equal(fstat(fd, &up), 0);
	assert_int_equal(fstat(e->share, &st), 0);
	assert_int_equal(up.st_ino, st.st_ino);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	close(fd);
	wenv_file(e, "f", "");
	assert_int_equal(at_parent(&e->who, wenv_node(e, "f"), &fd), ENOTDIR);
}

/* On the host's mounts only the kernel's name for it tells. */
static void
test_bare(void **state)
{
	struct wenv *e = *state;
	char path[PATH_MAX], beside[sizeof(e->path) + 2];
	uint32_t type;
	int rootfd = fcntl(FSWORKER_FD_ROOT, F_DUPFD_CLOEXEC, 20), fd, dirfd;

	snprintf(beside, sizeof(beside), "%s.d", e->path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_int_equal(dup2(e->share, FSWORKER_FD_ROOT), FSWORKER_FD_ROOT);
	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	e->who.flags |= MSG_SHARE_BARE;
	dirfd = wenv_node(e, "d");
	assert_int_equal(at_claim(&e->who, dirfd, &type), 0);
	assert_int_equal(at_path(&e->who, dirfd, path), 0);
	assert_string_equal(path, "/d");
	assert_int_equal(at_path(&e->who, e->share, path), 0);
	assert_string_equal(path, "/");
	assert_true(at_is_top(&e->who, e->share));
	assert_false(at_is_top(&e->who, dirfd));
	/* Its name begins like the share's; above; and a symbolic link. */
	fd = wenv_node(e, "..");
	assert_int_equal(at_claim(&e->who, fd, &type), EBADF);
	fd = openat(AT_FDCWD, beside, O_PATH | O_CLOEXEC);
	assert_int_equal(at_claim(&e->who, fd, &type), EBADF);
	close(fd);
	assert_int_equal(at_parent(&e->who, e->share, &fd), ESTALE);
	assert_int_equal(fd, -1);
	assert_int_equal(at_parent(&e->who, dirfd, &fd), 0);
	assert_true(at_is_top(&e->who, fd));
	close(fd);
	/* Removed it is still where it was. */
	assert_int_equal(unlinkat(e->share, "d", AT_REMOVEDIR), 0);
	assert_int_equal(at_claim(&e->who, dirfd, &type), 0);
	rmdir(beside);
	close(FSWORKER_FD_ROOT);
	if (rootfd != -1)
		assert_int_not_equal(dup2(rootfd, FSWORKER_FD_ROOT), -1);
	close(rootfd);
}

/* A directory that may be read, searched, both or neither. */
static void
test_reopen_dir(void **state)
{
	struct wenv *e = *state;
	const uid_t user = getuid() == 0 ? 65534 : getuid();
	struct stat one, two;
	int node, mode, fd;

	assert_int_equal(mkdirat(e->share, "d", 0700), 0);
	assert_int_equal(fchownat(e->share, "d", user, (gid_t)-1, 0), 0);
	node = wenv_node(e, "d");
	assert_int_equal(fstat(node, &one), 0);
	for (mode = 0; mode < 8; mode++) {
		assert_int_equal(fchmodat(e->share, "d", (mode_t)mode << 6,
		    0), 0);
		assert_int_equal(seteuid(user), 0);
		assert_int_equal(at_reopen_dir(node, &fd),
		    mode & 4 ? 0 : EACCES);
		assert_int_equal(seteuid(getuid()), 0);
		if ((mode & 4) == 0)
			continue;
		assert_int_equal(fstat(fd, &two), 0);
		assert_int_equal(two.st_ino, one.st_ino);
		assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, 0);
		close(fd);
	}
	assert_int_equal(unlinkat(e->share, "d", AT_REMOVEDIR), 0);
	assert_int_equal(at_reopen_dir(node, &fd), 0);
	close(fd);
	assert_int_equal(at_reopen_dir(wenv_foreign(), &fd), ENOTDIR);
}

/* Both ways; a link is followed by neither. */
static void
test_chmod(void **state)
{
	struct wenv *e = *state;
	struct stat st;
	int way;

	wenv_file(e, "f", "");
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	for (way = AT_CHMOD_ASK; way <= AT_CHMOD_NUMBER; way += 2) {
		at_chmod_how = way;
		assert_int_equal(at_chmod(wenv_node(e, "f"),
		    04750 + (uint32_t)way), 0);
		assert_int_equal(fstatat(e->share, "f", &st, 0), 0);
		assert_int_equal(st.st_mode, S_IFREG | (04750 + way));
		assert_int_equal(at_chmod(wenv_node(e, "l"), 0600),
		    EOPNOTSUPP);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_flags), T(test_flags_write), T(test_claim),
		T(test_claim_mounts), T(test_child), T(test_create),
		T(test_reopen), T(test_tmpfile), T(test_parent),
		T(test_bare), T(test_chmod),
		T(test_reopen_dir),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
