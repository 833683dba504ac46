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
 * Knows: common/idspace.c.
 * Never: a namespace.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/idspace.c"

static int
add(struct idspace *s, uint32_t inside, uint32_t outside, uint32_t cnt)
{
	const struct idspace_range r = { inside, outside, cnt };

	return idspace_add(s, &r);
}

static void
test_none(void **state)
{
	struct idspace s = { 0 };

	(void)state;
	assert_int_equal(idspace_same(&s), 1);
	assert_int_equal(idspace_has(&s, 0), 1);
	assert_int_equal(idspace_has(&s, UINT32_MAX - 1), 1);
}

static void
test_ranges(void **state)
{
	struct idspace s = { 0 };

	(void)state;
	assert_int_equal(add(&s, 0, 1000, 1), 0);
	assert_int_equal(add(&s, 1, 100000, 65536), 0);
	assert_int_equal(idspace_same(&s), 0);
	assert_int_equal(idspace_has(&s, 0), 1);
	assert_int_equal(idspace_has(&s, 65536), 1);
	assert_int_equal(idspace_has(&s, 65537), 0);
	/* Neither side may be meant twice. */
	assert_int_equal(add(&s, 65536, 1, 1), EINVAL);
	assert_int_equal(add(&s, 70000, 999, 2), EINVAL);
	assert_int_equal(add(&s, 70000, 165535, 1), EINVAL);
	assert_int_equal(add(&s, 70000, 165536, 1), 0);
	assert_int_equal(s.cnt, 3);
	assert_int_equal(idspace_last(&s), 70000);
}

static void
test_bounds(void **state)
{
	struct idspace s = { 0 };

	(void)state;
	assert_int_equal(add(&s, 0, 0, 0), EINVAL);
	assert_int_equal(add(&s, 1, 0, UINT32_MAX), EINVAL);
	assert_int_equal(add(&s, 0, 1, UINT32_MAX), EINVAL);
	assert_int_equal(add(&s, UINT32_MAX, 0, 1), EINVAL);
	assert_int_equal(add(&s, 0, 0, UINT32_MAX), 0);
	assert_int_equal(idspace_same(&s), 1);
	assert_int_equal(idspace_has(&s, UINT32_MAX - 1), 1);
	assert_int_equal(idspace_has(&s, UINT32_MAX), 0);
}

static void
test_many(void **state)
{
	struct idspace s = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < IDSPACE_RANGE_MAX; i++)
		assert_int_equal(add(&s, i, i * 2, 1), 0);
	assert_int_equal(add(&s, i, i * 2, 1), EINVAL);
}

static void
test_all(void **state)
{
	struct idspace s = { 0 };

	(void)state;
	assert_int_equal(idspace_has_all(&s, 0, UINT32_MAX - 1), 1);
	assert_int_equal(add(&s, 20, 120, 10), 0);
	assert_int_equal(add(&s, 0, 1000, 1), 0);
	assert_int_equal(add(&s, 10, 300, 10), 0);
	assert_int_equal(idspace_has_all(&s, 0, 0), 1);
	assert_int_equal(idspace_has_all(&s, 0, 1), 0);
	assert_int_equal(idspace_has_all(&s, 10, 29), 1);
	assert_int_equal(idspace_has_all(&s, 15, 22), 1);
	assert_int_equal(idspace_has_all(&s, 10, 30), 0);
	assert_int_equal(idspace_has_all(&s, 9, 12), 0);
	assert_int_equal(idspace_has_all(&s, 500, 600), 0);
}

static void
test_within(void **state)
{
	struct idspace s = { 0 };

	(void)state;
	assert_int_equal(add(&s, 0, 1000, 1), 0);
	assert_int_equal(add(&s, 5, 100000, 10), 0);
	idspace_within(&s);
	assert_int_equal(s.cnt, 2);
	assert_int_equal(s.range[0].inside + s.range[0].outside, 0);
	assert_int_equal(s.range[1].inside, 5);
	assert_int_equal(s.range[1].outside, 5);
	assert_int_equal(s.range[1].cnt, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_within),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
