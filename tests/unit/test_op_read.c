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
 * Knows: reads that are short, late, refused, or past the end.
 * Never: a real file.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ioenv.h"

static void
test_read(void **state)
{
	(void)state;
	do_read(1000, 5000, 8000);
	expect_read(1000, 5000);
	assert_int_equal(last_flags, RWF_NOWAIT);
	assert_int_equal(pooled, 0);
}

static void
test_read_short(void **state)
{
	(void)state;
	SCRIPT({ 1, 0 }, { 4000, 0 }, { 0, EINTR }, { 7, 0 });
	do_read(10, 9000, 9000);
	expect_read(10, 9000);
	assert_true(step_at > 4);
}

static void
test_read_end(void **state)
{
	(void)state;
	do_read(FILE_LEN - 100, 5000, 5000);
	expect_read(FILE_LEN - 100, 100);
}

static void
test_read_past_end(void **state)
{
	(void)state;
	do_read(FILE_LEN * 2, 5000, 5000);
	expect_read(0, 0);
}

static void
test_read_nothing(void **state)
{
	(void)state;
	do_read(0, 0, 16);
	expect_read(0, 0);
	assert_int_equal(step_at, 0);
}

static void
test_read_error(void **state)
{
	(void)state;
	SCRIPT({ 0, EIO });
	do_read(0, 100, 100);
	assert_int_equal(error(), -EIO);
	assert_int_equal(body_len(), 0);
}

static void
test_read_error_later(void **state)
{
	(void)state;
	SCRIPT({ 60, 0 }, { 0, EIO });
	do_read(0, 100, 100);
	expect_read(0, 60);
}

/* What would sleep goes on where it was, on a thread; so do the next ones. */
static void
test_read_cold(void **state)
{
	unsigned int i;

	(void)state;
	call_ns = 100000;
	SCRIPT({ 3000, 0 }, { 0, EAGAIN });
	do_read(0, 9000, 9000);
	expect_read(0, 9000);
	assert_int_equal(pooled, 1);
	assert_int_equal(last_flags, 0);
	for (i = 0; i < IO_COLD; i++)
		do_read(0, 10, 16);
	assert_int_equal(pooled, 1 + IO_COLD);
	do_read(0, 10, 16);
	assert_int_equal(pooled, 1 + IO_COLD);
	assert_int_equal(last_flags, RWF_NOWAIT);
	push_cnt = 1;
}

/* What a thread finds in the cache: it is not needed for the next. */
static void
test_read_hit(void **state)
{
	(void)state;
	SCRIPT({ 0, EAGAIN });
	do_read(0, 10, 16);
	assert_int_equal(pooled, 1);
	do_read(0, 10, 16);
	assert_int_equal(pooled, 1);
	push_cnt = 1;
}

static void
test_read_huge(void **state)
{
	(void)state;
	do_read(0, IO_NOW_MAX, IO_NOW_MAX);
	expect_read(0, IO_NOW_MAX);
	assert_int_equal(pooled, 0);
	do_read(0, IO_NOW_MAX + 1, IO_NOW_MAX + 1);
	expect_read(0, IO_NOW_MAX + 1);
	assert_int_equal(pooled, 1);
	push_cnt = 1;
}

/* The disk itself is read, whatever the flags of the call are. */
static void
test_read_direct(void **state)
{
	(void)state;
	handle.flags = O_DIRECT;
	do_read(0, 10, 16);
	assert_int_equal(pooled, 1);
	assert_int_equal(last_flags, 0);
}

static void
test_read_no_nowait(void **state)
{
	(void)state;
	SCRIPT({ 0, EOPNOTSUPP });
	do_read(0, 100, 100);
	expect_read(0, 100);
	assert_int_equal(pooled, 1);
	do_read(0, IO_INLINE_MAX, IO_INLINE_MAX);
	assert_int_equal(pooled, 1);
	assert_int_equal(last_flags, 0);
	do_read(0, IO_INLINE_MAX + 1, IO_INLINE_MAX + 1);
	assert_int_equal(pooled, 2);
	call_ns = SLOW_NS + 1;
	do_read(0, 10, 16);
	assert_int_equal(pooled, 2);
	do_read(0, 10, 16);
	assert_int_equal(pooled, 3);
	push_cnt = 1;
}

/* Of memory even the first one; of what is mounted there it is not known. */
static void
test_read_memory(void **state)
{
	(void)state;
	fs.magic = TMPFS_MAGIC;
	fs.dev_minor = node.dev_minor + 1;
	SCRIPT({ 0, EOPNOTSUPP });
	do_read(0, 100, 100);
	expect_read(0, 100);
	assert_int_equal(pooled, 1);
	handle.no_nowait = 0;
	fs.dev_minor = node.dev_minor;
	SCRIPT({ 0, EOPNOTSUPP });
	do_read(0, 100, 100);
	expect_read(0, 100);
	assert_int_equal(pooled, 0);
	assert_int_equal(last_flags, 0);
	handle.no_nowait = 0;
	SCRIPT({ 0, EOPNOTSUPP });
	do_read(0, IO_INLINE_MAX + 1, IO_INLINE_MAX + 1);
	assert_int_equal(pooled, 1);
	fs.magic = 0;
	push_cnt = 1;
}

static void
test_read_refused(void **state)
{
	static const struct {
		uint64_t off;
		uint32_t size;
	} row[] = {
		{ 0, 101 }, { 0, UINT32_MAX }, { 1ULL << 63, 10 },
		{ INT64_MAX, 10 }, { UINT64_MAX, 10 }, { UINT64_MAX - 9, 10 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		push_cnt = 0;
		do_read(row[i].off, row[i].size, 100);
		assert_int_equal(error(), -EINVAL);
		assert_int_equal(step_at, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_read),
		UNIT(test_read_short),
		UNIT(test_read_end),
		UNIT(test_read_past_end),
		UNIT(test_read_nothing),
		UNIT(test_read_error),
		UNIT(test_read_error_later),
		UNIT(test_read_cold),
		UNIT(test_read_hit),
		UNIT(test_read_huge),
		UNIT(test_read_direct),
		UNIT(test_read_no_nowait),
		UNIT(test_read_memory),
		UNIT(test_read_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
