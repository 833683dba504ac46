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
 * Knows: what a worker takes for the rules of its share.
 * Never: what they are good for.
 */

#include "config.h"

#include "../../fsworker/rules.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct rules test_rules_of;
static struct a_whello test_who;
static char test_tail[2 * sizeof(struct idmap_rule) + 256];

/* cnt id rules, then the text of the map. */
static int
test_parse(const struct idmap_rule *rules, uint32_t cnt, const char *map)
{
	size_t rules_len = cnt * sizeof(*rules);

	if (cnt > 0)
		memcpy(test_tail, rules, rules_len);
	memcpy(test_tail + rules_len, map, strlen(map));
	test_who.idmap_cnt = cnt;
	test_who.xattrmap_len = (uint32_t)strlen(map);
	return rules_parse(&test_rules_of, &test_who, test_tail,
	    rules_len + strlen(map));
}

static void
test_rules(void **state)
{
	static const struct idmap_rule good[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 1000, 10 },
		{ IDMAP_GID, IDMAP_FORBID_GUEST, 5, 0, 1 },
	};
	static const struct idmap_rule bad = { IDMAP_UID, 77, 0, 1000, 10 };
	uint32_t id;

	(void)state;
	assert_int_equal(test_parse(NULL, 0, ""), 0);
	assert_int_equal(test_rules_of.ids.cnt, 0);
	assert_int_equal(test_rules_of.names.cnt, 0);
	assert_int_equal(test_parse(good, 2, ":map::user.v.:"), 0);
	assert_int_equal(idmap_to_host(&test_rules_of.ids, IDMAP_UID, 3, &id),
	    0);
	assert_int_equal(id, 1003);
	assert_int_equal(idmap_to_host(&test_rules_of.ids, IDMAP_GID, 5, &id),
	    EPERM);
	assert_true(test_rules_of.names.cnt > 0);
	assert_int_equal(test_parse(&bad, 1, ""), EINVAL);
	assert_int_equal(test_parse(good, 2, ":nonsense:"), EINVAL);
}

static void
test_lengths(void **state)
{
	(void)state;
	test_who.idmap_cnt = 1;
	test_who.xattrmap_len = 0;
	assert_int_equal(rules_parse(&test_rules_of, &test_who, test_tail, 3),
	    EINVAL);
	test_who.idmap_cnt = IDMAP_RULE_MAX + 1;
	assert_int_equal(rules_parse(&test_rules_of, &test_who, test_tail, 3),
	    EINVAL);
	test_who.idmap_cnt = 0;
	assert_int_equal(rules_parse(&test_rules_of, &test_who, test_tail, 3),
	    EINVAL);
	test_who.xattrmap_len = UINT32_MAX;
	assert_int_equal(rules_parse(&test_rules_of, &test_who, test_tail, 3),
	    EINVAL);
}

static void
test_caps(void **state)
{
	(void)state;
	assert_int_equal(test_parse(NULL, 0, ""), 0);
	assert_string_equal(test_rules_of.caps_name, "");
	assert_int_equal(test_parse(NULL, 0, ":ok:all:::"), 0);
	assert_string_equal(test_rules_of.caps_name, "");
	assert_int_equal(test_parse(NULL, 0, ":map::user.v.:"), 0);
	assert_string_equal(test_rules_of.caps_name,
	    "user.v.security.capability");
	assert_int_equal(test_parse(NULL, 0,
	    ":map:security.:trusted.v.:"), 0);
	assert_string_equal(test_rules_of.caps_name,
	    "trusted.v.security.capability");
	assert_int_equal(test_parse(NULL, 0,
	    ":bad:all:security.:security.::ok:all:::"), 0);
	assert_string_equal(test_rules_of.caps_name, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_caps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
