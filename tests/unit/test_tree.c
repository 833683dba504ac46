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
 * Knows: lines of mountinfo, friendly and odd.
 * Never: a mount.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/tree.c"

#define LINE(point) \
	"36 35 98:0 /some/root " point " rw,noatime master:1 - ext3 /dev/x rw\n"

static char rel[PATH_MAX];

static void
test_below(void **state)
{
	(void)state;
	assert_int_equal(tree_mountinfo(LINE("/srv/a"), "/srv", rel), 1);
	assert_string_equal(rel, "a");
	assert_int_equal(tree_mountinfo(LINE("/srv/a/b c"), "/srv", rel), 1);
	assert_string_equal(rel, "a/b");
	assert_int_equal(tree_mountinfo(LINE("/srv/a/b"), "/srv/a", rel), 1);
	assert_string_equal(rel, "b");
	assert_int_equal(tree_mountinfo(LINE("/proc"), "/", rel), 1);
	assert_string_equal(rel, "proc");
}

static void
test_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(tree_mountinfo(LINE("/"), "/", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv/"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv2/a"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/sr"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/x/srv/a"), "/srv", rel), 0);
}

static void
test_escapes(void **state)
{
	(void)state;
	assert_int_equal(tree_mountinfo(LINE("/a\\040b/c\\011\\012\\134"),
	    "/a b", rel), 1);
	assert_string_equal(rel, "c\t\n\\");
	assert_int_equal(tree_mountinfo(LINE("/srv/\\04"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv/\\"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv/\\999"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv/\\777"), "/srv", rel), 0);
	assert_int_equal(tree_mountinfo(LINE("/srv/\\377"), "/srv", rel), 1);
	assert_string_equal(rel, "\377");
}

static void
test_broken(void **state)
{
	static const char *const lines[] = {
		"", "\n", " ", "    ", "36", "36 35 98:0 /",
		"36 35 98:0 / ", "36 35 98:0 / \n", "36 35 98:0 /  /srv/a",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(tree_mountinfo(lines[i], "/srv", rel), 0);
	/* Cut off right behind the mount point is enough. */
	assert_int_equal(tree_mountinfo("1 2 3:4 / /srv/a", "/srv", rel), 1);
	assert_string_equal(rel, "a");
}

/* A mount point can be longer than any path that a system call takes. */
static void
test_long(void **state)
{
	static char line[PATH_MAX * 2 + 64];
	size_t len;

	(void)state;
	snprintf(line, sizeof(line), "1 2 3:4 / /srv/");
	len = strlen(line);
	memset(line + len, 'x', PATH_MAX - 1 - strlen("/srv/"));
	assert_int_equal(tree_mountinfo(line, "/srv", rel), 1);
	assert_int_equal(strlen(rel), PATH_MAX - 1 - strlen("/srv/"));
	memset(line + len, 'x', PATH_MAX);
	assert_int_equal(tree_mountinfo(line, "/srv", rel), 0);
	memset(line + len, '\\', PATH_MAX);
	assert_int_equal(tree_mountinfo(line, "/srv", rel), 0);
}

/* A mount of the real root directory, as tree_clone() leaves one. */
static void
fake(struct tree *t)
{
	uint32_t unique;

	memset(t, 0, sizeof(*t));
	t->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(t->rootfd, -1);
	tree_add(t, tree_mount_id(t->rootfd, &unique), t->rootfd, 1);
}

static void
fake_end(struct tree *t)
{
	tree_close_mounts(t);
	assert_int_equal(t->mount_fds[0], -1);
	fd_close(&t->rootfd);
}

/* Whoever may open handles opens the root; others are told so. */
static void
test_handles(void **state)
{
	struct msg_seal seal;
	struct tree t;
	int err, fd = -1;

	(void)state;
	fake(&t);
	assert_int_not_equal(t.mount_fds[0], -1);
	err = tree_has_handles(&t);
	if (err != 0 && err != EPERM && err != EOPNOTSUPP &&
	    err != EOVERFLOW)
		fail_msg("errno %d", err);
	/* No such mount, no such file, no handle at all. */
	memset(&seal, 0, sizeof(seal));
	seal.len = 8;
	seal.mnt_id = t.mounts[0] + 1;
	assert_int_equal(tree_open(&t, &seal, &fd), ESTALE);
	seal.mnt_id = t.mounts[0];
	seal.type = 1;
	memset(seal.handle, 0xff, 8);
	assert_int_not_equal(tree_open(&t, &seal, &fd), 0);
	seal.type = -1;
	assert_int_not_equal(tree_open(&t, &seal, &fd), 0);
	assert_int_equal(fd, -1);
	fake_end(&t);
}

/* A mount that could not be opened has no files by handle. */
static void
test_closed_mount(void **state)
{
	struct msg_seal seal;
	struct tree t;
	int fd = -1;

	(void)state;
	fake(&t);
	memset(&seal, 0, sizeof(seal));
	seal.len = 8;
	seal.type = 1;
	seal.mnt_id = t.mounts[0];
	tree_close_mounts(&t);
	assert_int_equal(tree_open(&t, &seal, &fd), ESTALE);
	assert_int_equal(fd, -1);
	assert_int_not_equal(tree_has_handles(&t), 0);
	fake_end(&t);
}

/* Only what is safe to open is opened, whatever is mounted. */
static void
test_reopen(void **state)
{
	int fd, real;

	(void)state;
	assert_int_not_equal(fd = open("/dev/null", O_PATH | O_CLOEXEC), -1);
	assert_int_equal(tree_reopen(fd), -1);
	close(fd);
	fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_not_equal(real = tree_reopen(fd), -1);
	assert_int_equal(fcntl(real, F_GETFL) & (O_PATH | O_ACCMODE),
	    O_RDONLY);
	assert_int_equal(fcntl(real, F_GETFD), FD_CLOEXEC);
	close(real);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_closed_mount),
		cmocka_unit_test(test_reopen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
