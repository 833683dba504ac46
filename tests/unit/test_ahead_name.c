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
 * Knows: names of a directory by their hash, with seal and attributes.
 * Never: whether they hold.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void *fake_calloc(size_t cnt, size_t len);

#define calloc fake_calloc
#include "transport/ahead_name.c"
#undef calloc

#include <stdio.h>

#define MANY 5000

static unsigned int allowed; /* that many allocations are made */

static void *
fake_calloc(size_t cnt, size_t len)
{
	return allowed == 0 ? NULL : (allowed--, calloc(cnt, len));
}

static int
setup(void **state)
{
	(void)state;
	allowed = UINT32_MAX;
	return 0;
}

static struct ahead_name *
put(struct ahead_names *s, const char *name)
{
	struct ahead_name *n = ahead_name_new(name, strlen(name), 0, NULL);

	assert_non_null(n);
	assert_int_equal(ahead_names_put(s, n), 0);
	return n;
}

static struct ahead_name *
find(const struct ahead_names *s, const char *name)
{
	return ahead_names_find(s, name, strlen(name));
}

static unsigned int
empty(struct ahead_names *s)
{
	struct ahead_name *n;
	unsigned int cnt = 0;

	while ((n = ahead_names_pop(s)) != NULL) {
		free(n);
		cnt++;
	}
	assert_null(s->bucket);
	assert_int_equal(s->cnt, 0);
	return cnt;
}

/* What lies around the name comes back as it was. */
static void
test_bytes(void **state)
{
	static const char record[] = "SEALname";
	const struct msg_attr said = {.ino = 7, .size = 99, .zero = 5};
	struct msg_attr attr;
	struct ahead_name *n;

	(void)state;
	n = ahead_name_new(record + 4, 4, 4, NULL);
	assert_memory_equal(ahead_seal(n), "SEAL", 4);
	assert_int_equal(n->fd, -1);
	assert_int_equal(ahead_said(n, &attr), 0);
	free(n);
	n = ahead_name_new(record + 4, 4, 4, &said);
	assert_memory_equal(ahead_seal(n), "SEAL", 4);
	assert_int_equal(ahead_said(n, &attr), 1);
	assert_memory_equal(&attr, &said, sizeof(said));
	n->nodeid = 6;
	ahead_old(n);
	assert_int_equal(ahead_said(n, &attr), 0);
	assert_true(n->nodeid == 0);
	free(n);
}

static void
test_none(void **state)
{
	struct ahead_names s = {NULL, 0, 0};

	(void)state;
	assert_null(find(&s, "name"));
	assert_int_equal(ahead_names_fold(&s, "name", 4), 0);
	assert_null(ahead_names_pop(&s));
}

/* However many there are, each is found, and none is far. */
static void
test_many(void **state)
{
	struct ahead_names s = {NULL, 0, 0};
	const struct ahead_name *n;
	unsigned int i, len, longest = 0;
	char name[16], other[16];

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		put(&s, name);
	}
	assert_int_equal(s.cnt, MANY);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		snprintf(other, sizeof(other), "NAME%u", i);
		n = find(&s, name);
		assert_non_null(n);
		assert_memory_equal(n->bytes, name, strlen(name));
		assert_null(find(&s, other));
		assert_int_equal(ahead_names_fold(&s, other, strlen(other)), 1);
		other[0] = 'x';
		assert_int_equal(ahead_names_fold(&s, other, strlen(other)), 0);
	}
	assert_true(s.bucket_cnt >= MANY);
	for (i = 0; i < s.bucket_cnt; i++) {
		len = 0;
		for (n = s.bucket[i]; n != NULL; n = n->next)
			len++;
		longest = len > longest ? len : longest;
	}
	assert_in_range(longest, 1, 12);
	assert_int_equal(empty(&s), MANY);
}

/* Whichever goes, the others stay. */
static void
test_take(void **state)
{
	struct ahead_names s = {NULL, 0, 0};
	unsigned int i;
	char name[16];

	(void)state;
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		put(&s, name);
	}
	for (i = 0; i < 64; i += 2) {
		struct ahead_name *n;

		snprintf(name, sizeof(name), "n%u", i);
		n = find(&s, name);
		ahead_names_take(&s, n);
		free(n);
	}
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(find(&s, name) != NULL, i % 2);
	}
	assert_int_equal(empty(&s), 32);
}

/* The first buckets are needed; without more it only takes longer. */
static void
test_memory(void **state)
{
	struct ahead_names s = {NULL, 0, 0};
	struct ahead_name *n = ahead_name_new("name", 4, 0, NULL);
	struct ahead_name *more[64];
	unsigned int i, had;
	char name[16];

	(void)state;
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		more[i] = ahead_name_new(name, strlen(name), 0, NULL);
	}
	allowed = 0;
	assert_null(ahead_name_new("name", 4, 0, NULL));
	assert_int_equal(ahead_names_put(&s, n), ENOMEM);
	assert_int_equal(s.cnt, 0);
	allowed = 1;
	assert_int_equal(ahead_names_put(&s, n), 0);
	had = s.bucket_cnt;
	for (i = 0; i < 64; i++)
		assert_int_equal(ahead_names_put(&s, more[i]), 0);
	assert_int_equal(s.bucket_cnt, had);
	assert_ptr_equal(find(&s, "name"), n);
	assert_ptr_equal(find(&s, "n63"), more[63]);
	assert_int_equal(empty(&s), 65);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_bytes, setup),
	    cmocka_unit_test_setup(test_none, setup),
	    cmocka_unit_test_setup(test_many, setup),
	    cmocka_unit_test_setup(test_take, setup),
	    cmocka_unit_test_setup(test_memory, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
