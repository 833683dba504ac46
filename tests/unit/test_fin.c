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
 * Knows: names and strings as a guest may send them.
 * Never: guest memory.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/fin.c"

#include <stdlib.h>

static char name[MSG_NAME_MAX];

/* One name from exactly len bytes; *left is what is left behind it. */
static int
take(const void *bytes, size_t len, size_t *left)
{
	struct fin f;
	void *copy;
	int err;

	/* On the heap, so that a sanitizer sees a read past the end. */
	copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	f.at = copy;
	f.left = len;
	memset(name, 0x55, sizeof(name));
	err = fin_name(&f, name);
	if (left != NULL)
		*left = f.left;
	if (err == 0)
		assert_int_equal(msg_name_check(name), 0);
	free(copy);
	return err;
}

static void
test_good_names(void **state)
{
	static const char *const good[] = {
		"a", "...", ".a", "..a", "a.", " ", "\n", "\377\376", "*",
		"%s%n", "-rf", "con", "a\\b", "\001",
	};
	size_t i, left;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(take(good[i], strlen(good[i]) + 1, &left), 0);
		assert_int_equal(left, 0);
		assert_string_equal(name, good[i]);
	}
}

static void
test_bad_names(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "/", "a/", "/a", "a/b", "../x", "./x", "//",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(take(bad[i], strlen(bad[i]) + 1, NULL),
		    EINVAL);
}

static void
test_no_nul(void **state)
{
	char longer[600];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(take("", 0, NULL), EINVAL);
	assert_int_equal(take("a", 1, NULL), EINVAL);
	assert_int_equal(take(longer, sizeof(longer), NULL), EINVAL);
}

static void
test_lengths(void **state)
{
	char buf[5000];
	size_t len, i;

	(void)state;
	for (len = 1; len < 4200; len = len < 260 ? len + 1 : len * 2) {
		memset(buf, 'n', len);
		buf[len] = '\0';
		if (len >= MSG_NAME_MAX) {
			assert_int_equal(take(buf, len + 1, NULL),
			    ENAMETOOLONG);
			continue;
		}
		assert_int_equal(take(buf, len + 1, NULL), 0);
		assert_int_equal(strlen(name), len);
		/* Padded: no byte of the buffer before reaches a worker. */
		for (i = len; i < MSG_NAME_MAX; i++)
			assert_int_equal(name[i], 0);
	}
}

/* A slash anywhere, in every position of every short length. */
static void
test_slash_everywhere(void **state)
{
	char buf[MSG_NAME_MAX + 1];
	size_t len, at;

	(void)state;
	for (len = 1; len < MSG_NAME_MAX; len += 7)
		for (at = 0; at < len; at++) {
			memset(buf, 'n', len);
			buf[len] = '\0';
			buf[at] = '/';
			assert_int_equal(take(buf, len + 1, NULL), EINVAL);
		}
}

static void
test_rest_is_left(void **state)
{
	struct fin f = { (const uint8_t *)"old\0new\0x", 9 };

	(void)state;
	assert_int_equal(fin_name(&f, name), 0);
	assert_string_equal(name, "old");
	assert_int_equal(fin_done(&f), EINVAL);
	assert_int_equal(fin_name(&f, name), 0);
	assert_string_equal(name, "new");
	assert_int_equal(fin_name(&f, name), EINVAL);
	assert_int_equal(f.left, 1);
}

static void
test_take(void **state)
{
	struct fin f = { (const uint8_t *)"12345678", 8 };
	uint32_t v;

	(void)state;
	assert_int_equal(fin_take(&f, &v, sizeof(v)), 0);
	assert_memory_equal(&v, "1234", 4);
	assert_int_equal(fin_take(&f, name, 5), EINVAL);
	assert_int_equal(f.left, 4);
	assert_int_equal(fin_take(&f, &v, sizeof(v)), 0);
	assert_memory_equal(&v, "5678", 4);
	assert_int_equal(fin_done(&f), 0);
	assert_int_equal(fin_take(&f, &v, 1), EINVAL);
	assert_int_equal(fin_take(&f, &v, 0), 0);
}

static void
test_string(void **state)
{
	struct fin f = { (const uint8_t *)"../a//b\0\0long\0", 14 };
	const char *s;
	size_t len;

	(void)state;
	/* A symlink's target is no name: anything goes. */
	assert_int_equal(fin_string(&f, &s, &len, 7), 0);
	assert_int_equal(len, 7);
	assert_int_equal(fin_string(&f, &s, &len, 7), ENOENT);
	assert_int_equal(fin_string(&f, &s, &len, 3), ENAMETOOLONG);
	assert_int_equal(fin_done(&f), 0);
	assert_int_equal(fin_string(&f, &s, &len, 3), EINVAL);
}

/* Extensions are not arguments. */
static void
test_init_leaves_extensions(void **state)
{
	static struct req r;
	struct fin f;

	(void)state;
	r.args = (const uint8_t *)"name\0\0\0\0extended";
	r.args_len = 16;
	r.ext_len = 8;
	fin_init(&f, &r);
	assert_int_equal(f.left, 8);
	r.ext_len = 16;
	fin_init(&f, &r);
	assert_int_equal(f.left, 0);
	assert_int_equal(fin_name(&f, name), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_names),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_no_nul),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_slash_everywhere),
		cmocka_unit_test(test_rest_is_left),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_init_leaves_extensions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
