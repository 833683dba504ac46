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
 * Knows: what is owed for trips to the broker, and for how long.
 * Never: a trip.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

static int fake_gettime(clockid_t clock, struct timespec *ts);

#define clock_gettime fake_gettime
#include "transport/debt.c"
#undef clock_gettime

#include <string.h>

static struct fs fs;
static struct node listed = {.listed = 1}, other;
static time_t now;
static unsigned int looks;

static int
fake_gettime(clockid_t clock, struct timespec *ts)
{
	assert_int_equal(clock, CLOCK_MONOTONIC_COARSE);
	ts->tv_sec = now;
	ts->tv_nsec = 999999999;
	looks++;
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	now = 100;
	looks = 0;
	return 0;
}

static void
test_pay(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(debt_due(&fs, DEBT_LIST), 0);
	debt_pay(&fs, DEBT_LIST);
	debt_trip(&fs, &other);
	assert_int_equal(debt_due(&fs, DEBT_LIST), 0);
	assert_int_equal(looks, 0);
	debt_trip(&fs, &listed);
	for (i = 0; i < DEBT_COST; i++) {
		assert_int_equal(debt_due(&fs, DEBT_LIST), 1);
		debt_pay(&fs, DEBT_LIST);
	}
	assert_int_equal(debt_due(&fs, DEBT_LIST), 0);
}

static void
test_most(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < DEBT_MAX; i++)
		debt_trip(&fs, &listed);
	assert_in_range(fs.debt[DEBT_LIST].left, DEBT_MAX,
	    DEBT_MAX + DEBT_COST);
}

/* Of what was long ago nobody speaks, and each trip is new. */
static void
test_long(void **state)
{
	(void)state;
	debt_trip(&fs, &listed);
	now += DEBT_LONG;
	assert_int_equal(debt_due(&fs, DEBT_LIST), 1);
	debt_trip(&fs, &listed);
	now += DEBT_LONG;
	assert_int_equal(debt_due(&fs, DEBT_LIST), 1);
	now++;
	assert_int_equal(debt_due(&fs, DEBT_LIST), 0);
	assert_int_equal(fs.debt[DEBT_LIST].left, 0);
}

/* What was looked up and what was listed are two debts. */
static void
test_said(void **state)
{
	struct node said = {.listed = 1, .said = 1};

	(void)state;
	debt_trip(&fs, &said);
	assert_int_equal(debt_due(&fs, DEBT_LIST), 0);
	assert_int_equal(debt_due(&fs, DEBT_LOOK), 1);
	debt_pay(&fs, DEBT_LIST);
	assert_int_equal(fs.debt[DEBT_LOOK].left, DEBT_COST);
	debt_pay(&fs, DEBT_LOOK);
	assert_int_equal(fs.debt[DEBT_LOOK].left, DEBT_COST - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_pay, setup),
	    cmocka_unit_test_setup(test_most, setup),
	    cmocka_unit_test_setup(test_long, setup),
	    cmocka_unit_test_setup(test_said, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
