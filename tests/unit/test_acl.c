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
 * Knows: that ids in ACLs are translated and nothing else is touched.
 * Never: the kernel.
 */

#include "config.h"

#include "../../fsworker/acl.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_acl {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} e[4];
};

static const struct idmap_rule test_rules[] = {
	{ IDMAP_UID, IDMAP_GUEST, 0, 100000, 1000 },
	{ IDMAP_UID, IDMAP_HOST, 100000, 0, 1000 },
	{ IDMAP_GID, IDMAP_GUEST, 0, 200000, 1000 },
	{ IDMAP_GID, IDMAP_HOST, 200000, 0, 1000 },
	{ IDMAP_UID, IDMAP_FORBID_GUEST, 5000, 0, 10 },
};

static const struct idmap test_ids = { test_rules, 5 };

static const struct test_acl test_guest = { 2, {
	{ 0x01, 7, UINT32_MAX }, { 0x02, 6, 7 }, { 0x08, 5, 8 },
	{ 0x20, 0, UINT32_MAX },
} };

static void
test_there_and_back(void **state)
{
	struct test_acl acl = test_guest;

	(void)state;
	assert_int_equal(acl_to_host(&test_ids, &acl, sizeof(acl)), 0);
	assert_int_equal(acl.e[0].id, UINT32_MAX);
	assert_int_equal(acl.e[1].id, 100007);
	assert_int_equal(acl.e[2].id, 200008);
	assert_int_equal(acl.e[1].perm, 6);
	acl_to_guest(&test_ids, &acl, sizeof(acl));
	assert_memory_equal(&acl, &test_guest, sizeof(acl));
}

static void
test_forbidden(void **state)
{
	struct test_acl acl = test_guest;

	(void)state;
	acl.e[1].id = 5003;
	assert_int_equal(acl_to_host(&test_ids, &acl, sizeof(acl)), EPERM);
}

static void
test_no_acl(void **state)
{
	struct test_acl acl = test_guest;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(acl); len++)
		if (len < 4 || (len - 4) % 8 != 0)
			assert_int_equal(acl_to_host(&test_ids, &acl, len),
			    EINVAL);
	assert_int_equal(acl_to_host(&test_ids, &acl, 4), 0);
	acl.version = 1;
	assert_int_equal(acl_to_host(&test_ids, &acl, sizeof(acl)), EINVAL);
	acl_to_guest(&test_ids, &acl, sizeof(acl));
	assert_int_equal(acl.e[1].id, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_no_acl),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
