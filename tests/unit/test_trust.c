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
 * Knows: nobody's word counts but root's, and not everywhere.
 * Never: a file.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/trust.c"

static void
test_classes(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 0; n <= CRED_CLASS_CNT; n++)
		assert_int_equal(trust_word(n, MSG_SHARE_HANDLES, 0),
		    n == CRED_ROOT);
	assert_int_equal(trust_word(UINT32_MAX, MSG_SHARE_HANDLES, 0), 0);
}

static void
test_shares(void **state)
{
	const uint32_t all = MSG_SHARE_FLAGS & ~MSG_SHARE_READONLY;

	(void)state;
	assert_int_equal(trust_word(CRED_ROOT, all, 0), 1);
	assert_int_equal(trust_word(CRED_ROOT, all, MSG_POLICY_ALL &
	    ~MSG_POLICY_STRICT), 1);
	assert_int_equal(trust_word(CRED_ROOT, MSG_SHARE_FLAGS, 0), 0);
	assert_int_equal(trust_word(CRED_ROOT, all & ~MSG_SHARE_HANDLES, 0),
	    0);
	assert_int_equal(trust_word(CRED_ROOT, all, MSG_POLICY_STRICT), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_shares),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
