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
 * Knows: when attributes and handle of an entry count as one file's.
 * Never: the loop or the jail.
 */

#include "config.h"

#include <sys/stat.h>

#include "../../fsworker/give.h"

/* What somebody else does between two calls. */
static void (*test_meanwhile)(int fd);

static int
test_seal(const struct a_whello *who, int fd, const char *entry,
    struct msg_seal *s, int *mnt)
{
	if (test_meanwhile != NULL)
		test_meanwhile(fd);
	return give_seal(who, fd, entry, s, mnt);
}

#define give_seal test_seal
#include "../../fsworker/entry.c"
#undef give_seal

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "wenv.h"

static void
test_root(struct wenv *e, struct entry_dir *d)
{
	e->who.flags = MSG_SHARE_HANDLES;
	e->who.cred.class = CRED_ROOT;
	test_meanwhile = NULL;
	entry_dir(d, &e->who, e->share);
}

/* Is there a handle to be had of this file system? */
static int
test_has(struct wenv *e)
{
	struct msg_seal s = { .mnt_id = 0 };
	int mnt;

	return give_handle(e->share, "", &s, &mnt) == 0;
}

static void
test_number(void **state)
{
	static const struct {
		int32_t type;
		uint32_t len;
		uint8_t handle[20];
		uint64_t ino;
	} known[] = {
		{ 0x01, 8, { 1, 2, 3, 4, 9, 9, 9, 9 }, 0x04030201 },
		{ 0x01, 12, { 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8 },
		    0x0807060504030201 },
		{ 0x81, 12, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9 },
		    0x0807060504030201 },
		{ 0x4d, 20, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9,
		    9, 9, 9, 9, 9 }, 0x0807060504030201 },
	};
	struct msg_seal s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		memset(&s, 0, sizeof(s));
		s.type = known[i].type;
		s.len = known[i].len;
		memcpy(s.handle, known[i].handle, s.len);
		assert_true(entry_same(&s, known[i].ino));
		assert_false(entry_same(&s, known[i].ino + 1));
		assert_false(entry_same(&s, known[i].ino ^ 1ULL << 40));
		s.type = 0xf8;
		assert_false(entry_same(&s, known[i].ino));
		s.type = known[i].type;
		s.len += 4;
		assert_false(entry_same(&s, known[i].ino));
	}
}

/* What is no regular file has to be opened. */
static void
test_kinds(void **state)
{
	struct wenv *e = *state;
	struct entry_dir d;
	struct msg_attr attr;
	struct msg_seal s;

	test_root(e, &d);
	wenv_file(e, "f", "12345");
	assert_int_equal(symlinkat("f", e->share, "l"), 0);
	assert_int_equal(mkdirat(e->share, "d", 0755), 0);
	assert_int_equal(entry_sealed(&d, "l", &attr, &s), 0);
	assert_int_equal(entry_sealed(&d, "d", &attr, &s), 0);
	assert_int_equal(entry_sealed(&d, "x", &attr, &s), 0);
	assert_int_equal(entry_sealed(&d, "f", &attr, &s), test_has(e));
	assert_int_equal(attr.size, 5);
	e->who.flags = 0;
	assert_int_equal(entry_sealed(&d, "f", &attr, &s), 0);
}

/* A mount that is not the directory's. */
static void
test_mount(void **state)
{
	struct wenv *e = *state;
	struct entry_dir d, other;
	struct msg_attr attr;
	struct msg_seal s;

	test_root(e, &d);
	wenv_file(e, "f", "");
	other = d;
	other.mnt++;
	assert_int_equal(entry_sealed(&other, "f", &attr, &s), 0);
	other = d;
	other.mnt_id++;
	assert_int_equal(entry_sealed(&other, "f", &attr, &s), 0);
	e->who.mounts[0]++;
	entry_dir(&d, &e->who, e->share);
	assert_int_equal(d.mnt, -1);
	assert_int_equal(entry_sealed(&d, "f", &attr, &s), 0);
}

static void
test_swap(int fd)
{
	assert_int_equal(renameat2(fd, "f", fd, "g", RENAME_EXCHANGE), 0);
}

static void
test_swap_once(int fd)
{
	test_meanwhile = NULL;
	test_swap(fd);
}

/* The handle is of another file than the attributes. */
static void
test_moved(void **state)
{
	struct wenv *e = *state;
	struct entry_dir d;
	struct msg_attr attr;
	struct msg_seal s;

	test_root(e, &d);
	wenv_file(e, "f", "1");
	wenv_file(e, "g", "22");
	test_meanwhile = test_swap_once;
	assert_int_equal(entry_sealed(&d, "f", &attr, &s), 0);
	assert_int_equal(attr.size, 1);
	assert_int_equal(entry_sealed(&d, "f", &attr, &s), test_has(e));
	assert_int_equal(attr.size, 2);
}

/* Handles that say nothing: the attributes are compared. */
static void
test_again(void **state)
{
	struct wenv *e = *state;
	struct entry_dir d;
	struct msg_attr attr;

	test_root(e, &d);
	wenv_file(e, "f", "1");
	wenv_file(e, "g", "22");
	assert_int_equal(attr_entry(&e->who, e->share, "f", &attr), 0);
	assert_true(entry_again(&d, "f", &attr));
	assert_false(entry_again(&d, "g", &attr));
	assert_false(entry_again(&d, "x", &attr));
}

#define T(name) cmocka_unit_test_setup_teardown(name, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_number), T(test_kinds), T(test_mount), T(test_moved),
		T(test_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
