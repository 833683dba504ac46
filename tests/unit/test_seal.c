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
 * Knows: that a seal is HMAC-SHA256 and that nothing of it can be changed.
 * Never: a file handle of a real file.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/seal.c"

static uint8_t key[MSG_KEY_LEN];

static void
sealed(struct msg_seal *s)
{
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memset(s, 0, sizeof(*s));
	s->mnt_id = 0x0102030405060708;
	s->type = 1;
	s->len = 8;
	for (i = 0; i < s->len; i++)
		s->handle[i] = (uint8_t)(0x11 * (i + 1));
	seal_make(s, key);
}

/* As another implementation of HMAC-SHA256 has it, on little-endian. */
static void
test_vector(void **state)
{
	static const uint8_t mac[MSG_MAC_LEN] = {
		0xf1, 0x4f, 0xbf, 0x88, 0x5e, 0xf1, 0x21, 0x38,
		0x3c, 0xbb, 0xfb, 0xd2, 0x89, 0x5b, 0x0c, 0xea,
	};
	struct msg_seal s;

	(void)state;
	sealed(&s);
	assert_memory_equal(s.mac, mac, sizeof(mac));
	assert_int_equal(seal_check(&s, key), 1);
}

/* One bit of anything, the authenticator and what is unused included. */
static void
test_bits(void **state)
{
	struct msg_seal s;
	size_t i;

	(void)state;
	sealed(&s);
	for (i = 0; i < sizeof(s) * 8; i++) {
		((uint8_t *)&s)[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(seal_check(&s, key), 0);
		((uint8_t *)&s)[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(seal_check(&s, key), 1);
}

static void
test_keys(void **state)
{
	struct msg_seal s;
	size_t i;

	(void)state;
	sealed(&s);
	for (i = 0; i < sizeof(key) * 8; i++) {
		key[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(seal_check(&s, key), 0);
		key[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

/* A length that is wrong is refused though the seal is genuine. */
static void
test_lengths(void **state)
{
	struct msg_seal s;
	uint32_t len;

	(void)state;
	for (len = 0; len <= MSG_HANDLE_MAX + 1; len++) {
		sealed(&s);
		memset(s.handle, 0xa5, sizeof(s.handle));
		if (len < MSG_HANDLE_MAX)
			memset(s.handle + len, 0, MSG_HANDLE_MAX - len);
		s.len = len;
		seal_make(&s, key);
		assert_int_equal(seal_check(&s, key),
		    len >= 1 && len <= MSG_HANDLE_MAX);
	}
	sealed(&s);
	s.len = UINT32_MAX;
	seal_make(&s, key);
	assert_int_equal(seal_check(&s, key), 0);
}

static void
test_padding(void **state)
{
	struct msg_seal s;
	size_t i;

	(void)state;
	sealed(&s);
	for (i = s.len; i < MSG_HANDLE_MAX; i++) {
		s.handle[i] = 1;
		seal_make(&s, key);
		assert_int_equal(seal_check(&s, key), 0);
		s.handle[i] = 0;
	}
}

/* What is cut off for a tail is what was zero. */
static void
test_cut(void **state)
{
	uint8_t tail[MSG_SEAL_MAX];
	struct msg_seal s, back;

	(void)state;
	sealed(&s);
	assert_int_equal(sizeof(s), MSG_SEAL_MAX);
	assert_int_equal(MSG_SEAL_LEN(s.len), offsetof(struct msg_seal,
	    handle) + s.len);
	memcpy(tail, &s, MSG_SEAL_LEN(s.len));
	memset(&back, 0, sizeof(back));
	memcpy(&back, tail, MSG_SEAL_LEN(s.len));
	assert_int_equal(seal_check(&back, key), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
