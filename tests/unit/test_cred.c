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
 * Knows: which credentials are well formed, and when two are the same.
 * Never: who may have one.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cred.c"

static void
test_classes(void **state)
{
	struct cred c;
	uint32_t n;

	(void)state;
	for (n = 0; n < 6; n++) {
		cred_set(&c, CRED_USER, 1000, 100);
		c.class = n;
		assert_int_equal(cred_valid(&c), n == CRED_USER ||
		    n == CRED_CREATOR || n == CRED_POOL);
		c.uid = 0;
		assert_int_equal(cred_valid(&c), n == CRED_ROOT ||
		    n == CRED_POOL);
		assert_int_equal(cred_acts_root(n), n == CRED_ROOT ||
		    n == CRED_POOL);
	}
	cred_set(&c, CRED_USER, 1000, 0);
	assert_int_equal(cred_valid(&c), 1);
	c.class = UINT32_MAX;
	assert_int_equal(cred_valid(&c), 0);
}

static void
test_unchanged_ids(void **state)
{
	struct cred c;

	(void)state;
	cred_set(&c, CRED_USER, UINT32_MAX, 1);
	assert_int_equal(cred_valid(&c), 0);
	cred_set(&c, CRED_USER, 1, UINT32_MAX);
	assert_int_equal(cred_valid(&c), 0);
	cred_set(&c, CRED_ROOT, 0, UINT32_MAX);
	assert_int_equal(cred_valid(&c), 0);
	cred_set(&c, CRED_USER, 1, 1);
	assert_int_equal(cred_add_group(&c, UINT32_MAX), 0);
	assert_int_equal(cred_valid(&c), 0);
	cred_set(&c, CRED_USER, UINT32_MAX - 1, UINT32_MAX - 1);
	assert_int_equal(cred_valid(&c), 1);
}

/* In whatever order they come, the list is the same. */
static void
test_groups_sorted(void **state)
{
	static const uint32_t in[] = { 9, 3, 3, 0, 77, 9, 1, UINT32_MAX - 1 };
	static const uint32_t want[] = { 0, 1, 3, 9, 77, UINT32_MAX - 1 };
	struct cred a, b;
	unsigned int i;

	(void)state;
	cred_set(&a, CRED_USER, 1, 1);
	cred_set(&b, CRED_USER, 1, 1);
	for (i = 0; i < 8; i++) {
		assert_int_equal(cred_add_group(&a, in[i]), 0);
		assert_int_equal(cred_add_group(&b, in[7 - i]), 0);
		assert_int_equal(cred_valid(&a), 1);
	}
	assert_int_equal(a.gid_cnt, 6);
	assert_memory_equal(a.gids, want, sizeof(want));
	assert_int_equal(cred_equal(&a, &b), 1);
	assert_int_equal(cred_hash(&a), cred_hash(&b));
}

static void
test_groups_full(void **state)
{
	struct cred c;
	uint32_t i;

	(void)state;
	cred_set(&c, CRED_USER, 1, 1);
	for (i = 0; i < CRED_GROUPS_MAX; i++)
		assert_int_equal(cred_add_group(&c, 1000 - i), 0);
	assert_int_equal(cred_add_group(&c, 5), E2BIG);
	assert_int_equal(cred_add_group(&c, 1000), 0);	/* in it already */
	assert_int_equal(c.gid_cnt, CRED_GROUPS_MAX);
	assert_int_equal(cred_valid(&c), 1);
	c.gid_cnt++;
	assert_int_equal(cred_valid(&c), 0);
	c.gid_cnt = UINT32_MAX;
	assert_int_equal(cred_valid(&c), 0);
}

static void
test_groups_malformed(void **state)
{
	struct cred c;

	(void)state;
	cred_set(&c, CRED_USER, 1, 1);
	c.gid_cnt = 2;
	c.gids[0] = 5;
	c.gids[1] = 5;
	assert_int_equal(cred_valid(&c), 0);
	c.gids[1] = 4;
	assert_int_equal(cred_valid(&c), 0);
	c.gids[1] = 6;
	assert_int_equal(cred_valid(&c), 1);
	c.gids[CRED_GROUPS_MAX - 1] = 1;	/* padding is part of the key */
	assert_int_equal(cred_valid(&c), 0);
}

static void
test_equal(void **state)
{
	struct cred a, b;
	size_t i;

	(void)state;
	cred_set(&a, CRED_USER, 1, 1);
	for (i = 0; i < sizeof(a); i++) {
		b = a;
		((uint8_t *)&b)[i] ^= 1;
		assert_int_equal(cred_equal(&a, &b), 0);
	}
}

static void
test_hash_spreads(void **state)
{
	unsigned int bucket[64] = { 0 }, i;
	struct cred c;

	(void)state;
	for (i = 0; i < 6400; i++) {
		cred_set(&c, CRED_USER, 1000 + i, 1000 + i);
		bucket[cred_hash(&c) % 64]++;
	}
	for (i = 0; i < 64; i++)
		assert_in_range(bucket[i], 20, 400);
}

static void
test_str(void **state)
{
	char buf[CRED_STR_MAX];
	struct cred c;

	(void)state;
	cred_set(&c, CRED_ROOT, 0, 7);
	assert_string_equal(cred_str(&c, buf), "root 0:7");
	cred_set(&c, CRED_POOL, 1000, 100);
	assert_string_equal(cred_str(&c, buf), "pool 1000:100");
	cred_set(&c, CRED_CREATOR, UINT32_MAX, UINT32_MAX);
	c.gid_cnt = UINT32_MAX;
	assert_string_equal(cred_str(&c, buf),
	    "creator 4294967295:4294967295+4294967295");
	c.class = 99;
	assert_ptr_equal(strstr(cred_str(&c, buf), "? "), buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_unchanged_ids),
		cmocka_unit_test(test_groups_sorted),
		cmocka_unit_test(test_groups_full),
		cmocka_unit_test(test_groups_malformed),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_str),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
