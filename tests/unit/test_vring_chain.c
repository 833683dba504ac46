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
 * Knows: descriptors and indirect tables, legal, malformed, and rewritten
 * while they are read.
 * Never: notifications (test_vring.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/gmem.c"
#include "transport/vring.c"
#include "transport/vring_chain.c"

#include "ringenv.h"

static void
test_pieces_merge(void **state)
{
	(void)state;
	/* Two that touch, one that does not, two writable that touch. */
	put(&desc[0], DATA, 100, VRING_DESC_NEXT, 1);
	put(&desc[1], DATA + 100, 28, VRING_DESC_NEXT, 2);
	put(&desc[2], DATA + 200, 8, VRING_DESC_NEXT, 3);
	put(&desc[3], DATA + 208, 8, VRING_DESC_NEXT | VRING_DESC_WRITE, 4);
	put(&desc[4], DATA + 216, 8, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.iov[0].iov_len, 128);
	assert_int_equal(chain.iov[1].iov_len, 8);
	assert_int_equal(chain.in_len, 136);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.iov[2].iov_len, 16);
	assert_int_equal(chain.out_len, 16);
	vring_push(&ring, 0, 0);
}

static void
test_crossing_regions(void **state)
{
	(void)state;
	put(&desc[0], GPA + LEN - 16, 56, VRING_DESC_NEXT, 1);
	put(&desc[1], GPA + LEN - 3, 4, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.iov[0].iov_len, 16);
	assert_int_equal(chain.iov[1].iov_len, 40);
	assert_ptr_equal(chain.iov[1].iov_base, guest(GPA + LEN));
	assert_int_equal(chain.out_cnt, 2);
	assert_int_equal(chain.iov[2].iov_len, 3);
	assert_int_equal(chain.iov[3].iov_len, 1);
	vring_push(&ring, 0, 0);
}

static void
test_indirect(void **state)
{
	/* The table itself crosses from one region into the next. */
	struct vring_part_desc *t = guest(GPA + LEN - 16);
	struct vring_part_desc *t1 = guest(GPA + LEN);

	(void)state;
	put(&desc[0], DATA, 40, VRING_DESC_NEXT, 5);
	put(&desc[5], GPA + LEN - 16, 48, VRING_DESC_INDIRECT, 0);
	put(t, DATA + 100, 60, VRING_DESC_NEXT, 2);
	put(&t1[0], DATA + 900, 1, 0, 0);
	put(&t1[1], DATA + 400, 16, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.in_len, 100);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.out_len, 16);
	vring_push(&ring, 0, 0);
}

static void
test_longest_indirect(void **state)
{
	struct vring_part_desc *t = guest(TABLE);
	unsigned int i;

	(void)state;
	for (i = 0; i < VRING_CHAIN_MAX; i++)
		put(&t[i], DATA + i * 16, 8, VRING_DESC_NEXT, i + 1);
	t[VRING_CHAIN_MAX - 1].flags = 0;
	put(&desc[0], TABLE, VRING_CHAIN_MAX * 16, VRING_DESC_INDIRECT, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, VRING_CHAIN_MAX);
	assert_int_equal(chain.in_len, VRING_CHAIN_MAX * 8);
	vring_push(&ring, 0, 0);
}

static void
test_zero_length(void **state)
{
	(void)state;
	put(&desc[0], 0, 0, VRING_DESC_NEXT, 1);
	put(&desc[1], DATA, 40, VRING_DESC_NEXT, 2);
	put(&desc[2], UINT64_MAX, 0, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 1);
	assert_int_equal(chain.out_cnt, 0);
	vring_push(&ring, 0, 0);
	put(&desc[3], DATA, 0, 0, 0);
	publish(3);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt + chain.out_cnt, 0);
	vring_push(&ring, 3, 0);
}

#define N	VRING_DESC_NEXT
#define W	VRING_DESC_WRITE
#define I	VRING_DESC_INDIRECT

/* A chain in desc[] and one in the indirect table that break the ring. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *what;
		struct vring_part_desc d[3], t[3];
	} bad[] = {
		{ "self", { { DATA, 8, N, 0 } }, { { 0, 0, 0, 0 } } },
		{ "loop", { { DATA, 8, N, 1 }, { DATA, 8, N, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "empty loop", { { 0, 0, N, 0 } }, { { 0, 0, 0, 0 } } },
		{ "next", { { DATA, 8, N, NUM } }, { { 0, 0, 0, 0 } } },
		{ "next max", { { DATA, 8, N, 65535 } }, { { 0, 0, 0, 0 } } },
		{ "order", { { DATA, 8, N | W, 1 }, { DATA, 8, 0, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "address", { { 8, 8, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "end", { { GPA + 2 * LEN - 8, 9, 0, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "wrap", { { UINT64_MAX - 3, 8, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "long", { { GPA, 0xffffffff, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "table in a table", { { TABLE, 48, I, 0 } },
		    { { TABLE, 16, I, 0 } } },
		{ "table and next", { { TABLE, 48, I | N, 1 } },
		    { { DATA, 8, 0, 0 } } },
		{ "no table", { { TABLE, 0, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "odd table", { { TABLE, 17, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "long table", { { TABLE, (VRING_CHAIN_MAX + 1) * 16, I, 0 } },
		    { { DATA, 8, 0, 0 } } },
		{ "huge table", { { TABLE, 0xfffffff0, I, 0 } },
		    { { DATA, 8, 0, 0 } } },
		{ "table outside", { { 16, 16, I, 0 } }, { { 0, 0, 0, 0 } } },
		{ "table's end", { { GPA + 2 * LEN - 16, 32, I, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "loop in table", { { TABLE, 48, I, 0 } },
		    { { DATA, 8, N, 1 }, { DATA, 8, N, 0 } } },
		{ "next in table", { { TABLE, 48, I, 0 } },
		    { { DATA, 8, N, 3 } } },
		{ "order in table", { { DATA, 8, N | W, 1 },
		    { TABLE, 48, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "address in table", { { TABLE, 48, I, 0 } },
		    { { GPA - 1, 8, 0, 0 } } },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(desc, bad[i].d, sizeof(bad[i].d));
		memcpy(guest(TABLE), bad[i].t, sizeof(bad[i].t));
		publish(0);
		print_message("# %s\n", bad[i].what);
		expect_broken();
	}
}

#undef N
#undef W
#undef I

static void
test_total_length(void **state)
{
	struct vring_part_desc *t = guest(TABLE);
	unsigned int i;

	(void)state;
	/* 15 times 1 MiB and the rest: the limit itself is legal. */
	for (i = 0; i < 17; i++)
		put(&t[i], GPA, LEN, VRING_DESC_NEXT, i + 1);
	t[15].flags = 0;
	put(&desc[0], TABLE, 17 * 16, VRING_DESC_INDIRECT, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_len, VRING_CHAIN_LEN);
	vring_push(&ring, 0, 0);
	t[15].flags = VRING_DESC_NEXT;
	put(&t[16], DATA, 1, VRING_DESC_WRITE, 0);
	publish(0);
	expect_broken();
}

/* ---- a guest that rewrites everything while it is being read ---- */

static _Atomic int flip_stop;

static void *
flip(void *arg)
{
	volatile uint8_t *d = (volatile uint8_t *)desc;
	volatile uint8_t *t = guest(TABLE);
	uint32_t rnd = 12345;

	(void)arg;
	while (!flip_stop) {
		rnd = rnd * 1664525 + 1013904223;
		d[(rnd >> 8) % (NUM * 16)] = (uint8_t)(rnd >> 24);
		t[(rnd >> 12) % 64] = (uint8_t)(rnd >> 16);
		if ((rnd >> 28) == 0)
			put(&desc[rnd >> 16 & (NUM - 1)], DATA, 8,
			    VRING_DESC_NEXT, 1);
		if ((rnd >> 28) == 1)
			put(&desc[rnd >> 16 & (NUM - 1)], TABLE, 64,
			    VRING_DESC_INDIRECT, 1);
	}
	return NULL;
}

static void
check_chain(void)
{
	const uint8_t *lo, *hi, *p;
	size_t in = 0, out = 0;
	unsigned int i, j, hit;

	for (i = 0; i < chain.in_cnt + chain.out_cnt; i++) {
		p = chain.iov[i].iov_base;
		for (j = 0, hit = 0; j < mem.cnt; j++) {
			lo = mem.regions[j].base;
			hi = lo + 2 * LEN;	/* two may be merged */
			hit += p >= lo && p + chain.iov[i].iov_len <= hi;
		}
		assert_true(hit > 0);
		*(i < chain.in_cnt ? &in : &out) += chain.iov[i].iov_len;
	}
	assert_int_equal(in, chain.in_len);
	assert_int_equal(out, chain.out_len);
}

static void
test_flip(void **state)
{
	unsigned int i, good = 0, broken = 0;
	pthread_t thread;
	int err;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	/* Until both have been seen: the other thread may start late. */
	for (i = 0; i < 200000 || good == 0 || broken == 0; i++) {
		publish((uint16_t)(i & (NUM - 1)));
		err = vring_pop(&ring, &chain);
		if (err == 0) {
			check_chain();
			vring_push(&ring, chain.head, 0);
			good++;
		} else {
			assert_int_equal(err, EPROTO);
			vring_stop(&ring);
			start(NUM, 1, 0);
			broken++;
		}
	}
	flip_stop = 1;
	pthread_join(thread, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pieces_merge), T(test_crossing_regions),
		T(test_indirect), T(test_longest_indirect), T(test_zero_length),
		T(test_malformed), T(test_total_length), T(test_flip),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
