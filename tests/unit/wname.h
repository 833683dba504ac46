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

#ifndef VIOFSD_UNIT_WNAME_H
#define VIOFSD_UNIT_WNAME_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "wenv.h"

/*
 * Knows: names that no request may have.
 * Never: which request.
 */

/* All field bytes of these are bad in every request that has a name. */
static const struct {
	const char *name;
	int err;
} test_bad[] = {
	{ "", EINVAL }, { ".", EINVAL }, { "..", EINVAL }, { "/", EINVAL },
	{ "/etc", EINVAL }, { "a/b", EINVAL }, { "../a", EINVAL },
	{ "a/..", EINVAL }, { "a/", EINVAL },
};

#define TEST_BAD_CNT	(sizeof(test_bad) / sizeof(test_bad[0]))

/* Run call with q's name field being each bad name. */
#define TEST_NAMES(e, call, field) do { \
	size_t i_; \
 \
	for (i_ = 0; i_ < TEST_BAD_CNT; i_++) { \
		wenv_name(field, test_bad[i_].name); \
		assert_int_equal(call, test_bad[i_].err); \
	} \
	memset(field, 'x', MSG_NAME_MAX); \
	assert_int_equal(call, ENAMETOOLONG); \
	wenv_name(field, "x"); \
	(field)[2] = 'y'; \
	assert_int_equal(call, EINVAL); \
	assert_int_equal((e)->req.give.cnt, 0); \
	wenv_name(field, "x"); \
} while (0)

#endif
