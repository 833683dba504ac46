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
 * Knows: the table of messages as data, and names that may reach a kernel.
 * Never: a socket.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/msg.c"

static void
test_rows_are_found(void **state)
{
	unsigned int type, i, found = 0;
	const struct msg_row *row;

	(void)state;
	for (i = 0; i < msg_row_cnt; i++)
		assert_ptr_equal(msg_row(msg_rows[i].type), &msg_rows[i]);
	for (type = 0; type <= UINT16_MAX; type++)
		if ((row = msg_row((uint16_t)type)) != NULL) {
			assert_int_equal(row->type, type);
			found++;
		}
	assert_int_equal(found, msg_row_cnt);
	assert_null(msg_row(MSG_NONE));
}

/* An answer is its question's number plus one, the other way round. */
static void
test_answers(void **state)
{
	const struct msg_row *q, *a;
	unsigned int i;

	(void)state;
	for (i = 0; i < msg_row_cnt; i++) {
		a = &msg_rows[i];
		assert_int_equal(a->answer, a->type % 2);
		assert_true(strlen(a->meaning) > 5);
		if (!a->answer)
			continue;
		q = msg_row((uint16_t)(a->type - 1));
		assert_non_null(q);
		assert_int_equal(q->answer, 0);
		assert_int_equal(q->from, a->to);
		assert_int_equal(q->to, a->from);
	}
}

/* Workers only answer the transport; the spawner knows the broker alone. */
static void
test_parties(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < msg_row_cnt; i++) {
		if (msg_rows[i].from == MSG_SPAWNER)
			assert_int_equal(msg_rows[i].to, MSG_BROKER);
		if (msg_rows[i].from == MSG_FSWORKER && msg_rows[i].to ==
		    MSG_TRANSPORT)
			assert_int_equal(msg_rows[i].answer, 1);
		if (msg_rows[i].to == MSG_SPAWNER)
			assert_int_equal(msg_rows[i].from, MSG_BROKER);
	}
}

static int
check(const char *text)
{
	char name[MSG_NAME_MAX];

	memset(name, 0, sizeof(name));
	memcpy(name, text, strlen(text));
	return msg_name_check(name);
}

static void
test_names(void **state)
{
	(void)state;
	assert_int_equal(check("a"), 0);
	assert_int_equal(check("..."), 0);
	assert_int_equal(check(".x"), 0);
	assert_int_equal(check("..x"), 0);
	assert_int_equal(check("\377"), 0);
	assert_int_equal(check(""), EINVAL);
	assert_int_equal(check("."), EINVAL);
	assert_int_equal(check(".."), EINVAL);
	assert_int_equal(check("/"), EINVAL);
	assert_int_equal(check("a/b"), EINVAL);
	assert_int_equal(check("../b"), EINVAL);
}

static void
test_name_ends(void **state)
{
	char name[MSG_NAME_MAX];
	unsigned int i;

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_int_equal(msg_name_check(name), ENAMETOOLONG);
	name[MSG_NAME_MAX - 1] = '\0';
	assert_int_equal(msg_name_check(name), 0);
	/* Nothing may hide behind the NUL. */
	for (i = 2; i < MSG_NAME_MAX; i++) {
		memset(name, 0, sizeof(name));
		name[0] = 'x';
		name[i] = 'y';
		assert_int_equal(msg_name_check(name), EINVAL);
	}
}

static void
test_build_id(void **state)
{
	static const uint8_t zero[MSG_BUILD_ID];

	(void)state;
	assert_memory_not_equal(msg_build_id, zero, sizeof(zero));
	assert_int_not_equal(msg_build_id[MSG_BUILD_ID - 1] |
	    msg_build_id[MSG_BUILD_ID - 2] | msg_build_id[MSG_BUILD_ID - 3], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_found),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_parties),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_ends),
		cmocka_unit_test(test_build_id),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
