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
 * Knows: that descriptors which are not taken are closed.
 * Never: a socket.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/fdbag.c"

#include <fcntl.h>

static int
fd_new(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static void
test_close(void **state)
{
	int fd = fd_new(), copy = fd;

	(void)state;
	errno = ERANGE;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(is_open(copy), 0);
	errno = ERANGE;
	fd_close(&fd);
	fd = 999999;		/* close(2) fails, errno stays */
	fd_close(&fd);
	assert_int_equal(errno, ERANGE);
}

static void
test_take_and_get(void **state)
{
	struct fdbag bag;
	int a = fd_new(), b = fd_new();

	(void)state;
	fdbag_init(&bag);
	assert_int_equal(fdbag_take(&bag, 0), -1);
	assert_int_equal(fdbag_get(&bag, 0), -1);
	assert_int_equal(fdbag_put(&bag, a), 0);
	assert_int_equal(fdbag_put(&bag, b), 0);
	assert_int_equal(fdbag_get(&bag, 1), b);
	assert_int_equal(fdbag_take(&bag, 1), b);
	assert_int_equal(fdbag_take(&bag, 1), -1);
	assert_int_equal(fdbag_take(&bag, 2), -1);
	fdbag_close(&bag);
	assert_int_equal(is_open(a), 0);
	assert_int_equal(is_open(b), 1);
	assert_int_equal(bag.cnt, 0);
	fdbag_close(&bag);
	close(b);
}

static void
test_full(void **state)
{
	struct fdbag bag;
	int fd, i;

	(void)state;
	fdbag_init(&bag);
	for (i = 0; i < MSG_FDS_MAX; i++)
		assert_int_equal(fdbag_put(&bag, fd_new()), 0);
	fd = fd_new();
	assert_int_equal(fdbag_put(&bag, fd), E2BIG);
	assert_int_equal(is_open(fd), 0);
	assert_int_equal(bag.cnt, MSG_FDS_MAX);
	fd = fdbag_get(&bag, MSG_FDS_MAX - 1);
	fdbag_close(&bag);
	assert_int_equal(is_open(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_take_and_get),
		cmocka_unit_test(test_full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
