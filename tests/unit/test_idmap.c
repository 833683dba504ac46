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
 * Knows: what translated ids come to, with every kind of rule.
 * Never: the words of the command line.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/idmap.c"


#define RULES(...) \
	(const struct idmap_rule[]){ __VA_ARGS__ }
#define U	IDMAP_UID
#define G	IDMAP_GID
#define TOP	4294967295u

static struct idmap
map(const struct idmap_rule *rules, uint32_t cnt)
{
	struct idmap m = { rules, cnt };

	return m;
}

static int
check1(uint32_t of, uint32_t kind, uint32_t first, uint32_t to, uint32_t cnt)
{
	struct idmap_rule r = { of, kind, first, to, cnt };
	struct idmap m = { &r, 1 };
	uint32_t which = 77;
	int err;

	err = idmap_check(&m, &which);
	assert_int_equal(which, 0);
	return err;
}

static void
host_is(const struct idmap *m, enum idmap_of of, uint32_t guest,
    uint32_t host)
{
	uint32_t got = ~host;

	assert_int_equal(idmap_to_host(m, of, guest, &got), 0);
	assert_int_equal(got, host);
	assert_int_equal(idmap_reachable(m, of, host), 1);
}

static void
test_none(void **state)
{
	struct idmap m = map(NULL, 0);
	uint32_t which;

	(void)state;
	assert_int_equal(idmap_check(&m, &which), 0);
	host_is(&m, U, 0, 0);
	host_is(&m, G, TOP - 1, TOP - 1);
	assert_int_equal(idmap_to_guest(&m, U, 1000), 1000);
}

static void
test_rules(void **state)
{
	uint32_t kind;

	(void)state;
	for (kind = 0; kind < IDMAP_KIND_CNT; kind++) {
		assert_int_equal(check1(U, kind, 1, 0, 1), 0);
		assert_int_equal(check1(G, kind, 0, 0, TOP), 0);
		assert_int_equal(check1(U, kind, TOP - 1, 0, 1), 0);
		assert_int_equal(check1(2, kind, 1, 0, 1), EINVAL);
		assert_int_equal(check1(TOP, kind, 1, 0, 1), EINVAL);
		assert_int_equal(check1(U, kind, 1, 0, 0), EINVAL);
		assert_int_equal(check1(U, kind, 2, 0, TOP), EINVAL);
		assert_int_equal(check1(U, kind, TOP, 0, 2), EINVAL);
	}
	assert_int_equal(check1(U, IDMAP_KIND_CNT, 1, 0, 1), EINVAL);
	assert_int_equal(check1(U, TOP, 1, 0, 1), EINVAL);
}

/* 2^32 - 1 is nobody's id, but may be forbidden. */
static void
test_top(void **state)
{
	uint32_t kind;

	(void)state;
	for (kind = 0; kind < IDMAP_FORBID_GUEST; kind++) {
		assert_int_equal(check1(U, kind, TOP, 0, 1), EINVAL);
		assert_int_equal(check1(U, kind, 1, 0, TOP), EINVAL);
		assert_int_equal(check1(U, kind, 0, TOP, 1), EINVAL);
	}
	assert_int_equal(check1(U, IDMAP_FORBID_GUEST, TOP, 0, 1), 0);
	assert_int_equal(check1(U, IDMAP_FORBID_GUEST, 1, 0, TOP), 0);
	assert_int_equal(check1(U, IDMAP_FORBID_GUEST, 1, 7, 1), EINVAL);
	assert_int_equal(check1(U, IDMAP_GUEST, 0, TOP - 9, 10), EINVAL);
	assert_int_equal(check1(U, IDMAP_GUEST, 0, TOP - 10, 10), 0);
	assert_int_equal(check1(U, IDMAP_HOST, 0, TOP - 9, 10), EINVAL);
	assert_int_equal(check1(U, IDMAP_HOST, 0, TOP - 10, 10), 0);
	/* A squashed range has one target, wherever it lies. */
	assert_int_equal(check1(U, IDMAP_SQUASH_GUEST, 0, TOP - 1, 10), 0);
	assert_int_equal(check1(U, IDMAP_SQUASH_HOST, 0, TOP - 1, 10), 0);
}

static int
pair(struct idmap_rule a, struct idmap_rule b)
{
	struct idmap_rule r[2] = { a, b };
	struct idmap m = { r, 2 };
	uint32_t which = 77;
	int err;

	err = idmap_check(&m, &which);
	assert_int_equal(which, 1);
	return err;
}

#define PAIR(k1, f1, c1, k2, f2, c2) \
	pair((struct idmap_rule){ U, k1, f1, 0, c1 }, \
	    (struct idmap_rule){ U, k2, f2, 0, c2 })

static void
test_overlap(void **state)
{
	uint32_t a, b;
	int guest;

	(void)state;
	for (a = 0; a < IDMAP_KIND_CNT; a++) {
		for (b = 0; b < IDMAP_KIND_CNT; b++) {
			/* A forbidden range is one of guest ids. */
			guest = (a % 2 == 0) == (b % 2 == 0);
			assert_int_equal(PAIR(a, 10, 5, b, 14, 1),
			    guest ? EINVAL : 0);
			assert_int_equal(PAIR(a, 10, 5, b, 0, 100),
			    guest ? EINVAL : 0);
			assert_int_equal(PAIR(a, 10, 5, b, 12, 1),
			    guest ? EINVAL : 0);
			assert_int_equal(PAIR(a, 10, 5, b, 10, 5),
			    guest ? EINVAL : 0);
			assert_int_equal(PAIR(a, 10, 5, b, 15, 1), 0);
			assert_int_equal(PAIR(a, 10, 5, b, 9, 1), 0);
			assert_int_equal(PAIR(a, TOP - 1, 1, b, 0, TOP - 1),
			    0);
		}
	}
	assert_int_equal(pair((struct idmap_rule){ U, IDMAP_GUEST, 0, 0, 9 },
	    (struct idmap_rule){ G, IDMAP_GUEST, 0, 0, 9 }), 0);
}

static void
test_to_host(void **state)
{
	struct idmap m = map(RULES({ U, IDMAP_GUEST, 0, 100000, 1000 },
	    { U, IDMAP_SQUASH_GUEST, 2000, 65534, 100 },
	    { U, IDMAP_FORBID_GUEST, 5000, 0, TOP - 5000 + 1 },
	    { G, IDMAP_FORBID_GUEST, 0, 0, 1 },
	    { U, IDMAP_HOST, 7, 8, 1 }), 5);
	uint32_t which, got = 77;

	(void)state;
	assert_int_equal(idmap_check(&m, &which), 0);
	host_is(&m, U, 0, 100000);
	host_is(&m, U, 999, 100999);
	host_is(&m, U, 1000, 1000);
	host_is(&m, U, 1999, 1999);
	host_is(&m, U, 2000, 65534);
	host_is(&m, U, 2099, 65534);
	host_is(&m, U, 2100, 2100);
	host_is(&m, G, 5000, 5000);
	host_is(&m, G, 1, 1);
	assert_int_equal(idmap_to_host(&m, U, 5000, &got), EPERM);
	assert_int_equal(idmap_to_host(&m, U, TOP, &got), EPERM);
	assert_int_equal(idmap_to_host(&m, G, 0, &got), EPERM);
	assert_int_equal(got, 77);
}

static void
test_to_guest(void **state)
{
	struct idmap m = map(RULES({ U, IDMAP_HOST, 100000, 0, 1000 },
	    { U, IDMAP_SQUASH_HOST, 0, 65534, 1000 },
	    { G, IDMAP_HOST, 5, 6, 1 },
	    { U, IDMAP_GUEST, 5, 6, 1 }), 4);

	(void)state;
	assert_int_equal(idmap_to_guest(&m, U, 100000), 0);
	assert_int_equal(idmap_to_guest(&m, U, 100999), 999);
	assert_int_equal(idmap_to_guest(&m, U, 101000), 101000);
	assert_int_equal(idmap_to_guest(&m, U, 99999), 99999);
	assert_int_equal(idmap_to_guest(&m, U, 0), 65534);
	assert_int_equal(idmap_to_guest(&m, U, 999), 65534);
	assert_int_equal(idmap_to_guest(&m, U, 1000), 1000);
	assert_int_equal(idmap_to_guest(&m, U, TOP), TOP);
	assert_int_equal(idmap_to_guest(&m, G, 5), 6);
	assert_int_equal(idmap_to_guest(&m, G, 6), 6);
}

/* Reachable is exactly what idmap_to_host() can give. */
static void
test_reachable(void **state)
{
	static const struct idmap_rule rules[] = {
		{ U, IDMAP_GUEST, 0, 40, 10 },
		{ U, IDMAP_SQUASH_GUEST, 10, 5, 10 },
		{ U, IDMAP_FORBID_GUEST, 20, 0, 10 },
		{ U, IDMAP_GUEST, 40, 45, 10 },
		{ U, IDMAP_GUEST, 50, 50, 5 },
		{ G, IDMAP_GUEST, 30, 0, 10 },
		{ U, IDMAP_HOST, 0, 99, 50 },
	};
	struct idmap m = { rules, sizeof(rules) / sizeof(rules[0]) };
	uint32_t guest, host, which, got;
	int found;

	(void)state;
	assert_int_equal(idmap_check(&m, &which), 0);
	for (host = 0; host < 100; host++) {
		found = 0;
		for (guest = 0; guest < 100; guest++)
			if (idmap_to_host(&m, U, guest, &got) == 0 &&
			    got == host)
				found = 1;
		assert_int_equal(idmap_reachable(&m, U, host), found);
	}
	assert_int_equal(idmap_reachable(&m, U, TOP - 1), 1);
}

/* "map" both ways is the identity, over all of its range. */
static void
test_round(void **state)
{
	struct idmap m = map(RULES({ U, IDMAP_GUEST, 0, 1000, 4294966000 },
	    { U, IDMAP_HOST, 1000, 0, 4294966000 }), 2);
	uint32_t which, host = 0;
	uint64_t guest;

	(void)state;
	assert_int_equal(idmap_check(&m, &which), 0);
	for (guest = 0; guest < 4294966000; guest += 65521) {
		assert_int_equal(idmap_to_host(&m, U, (uint32_t)guest, &host),
		    0);
		assert_int_equal(host, guest + 1000);
		assert_int_equal(idmap_to_guest(&m, U, host), guest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_to_host),
		cmocka_unit_test(test_to_guest),
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_round),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
