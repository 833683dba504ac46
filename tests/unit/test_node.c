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
 * Knows: what a nodeid may stand for, and for how long.
 * Never: a real share.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nodeenv.h"

#include <limits.h>

#define MANY	100000u

static void
test_root_stays(void **state)
{
	struct node *n;

	(void)state;
	n = node_get(table, FUSE_ROOT_ID);
	assert_non_null(n);
	node_forget(table, n, 1);
	node_forget(table, n, UINT64_MAX);
	node_forget_all(table);
	assert_ptr_equal(node_get(table, FUSE_ROOT_ID), n);
	assert_int_not_equal(node_fd(n), -1);
	/* Found by a lookup of "..", say, it is still the same. */
	assert_ptr_equal(enter(1), n);
	assert_int_equal(node_count(table), 1);
}

static void
test_no_such_id(void **state)
{
	static const uint64_t bad[] = {
		0, 2, NODE_CHUNK - 1, NODE_CHUNK, NODE_CHUNK_MAX * NODE_CHUNK,
		UINT32_MAX, 1ULL << 32, (1ULL << 32) + 1, UINT64_MAX,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(node_get(table, bad[i]));
}

static void
test_same_file_same_node(void **state)
{
	struct msg_attr a = attr_of(10);
	struct node *n, *other;
	unsigned int before;

	(void)state;
	n = enter(10);
	before = fd_count();
	assert_ptr_equal(enter(10), n);
	assert_int_equal(fd_count(), before);	/* the surplus one is closed */
	assert_int_equal(n->nlookup, 2);
	node_forget(table, n, 1);
	assert_ptr_equal(node_get(table, node_id(n)), n);
	a.mnt_id++;
	assert_int_equal(try_enter(&a, fd_new(), 0, &other), 0);
	assert_ptr_not_equal(other, n);
	a = attr_of(10);
	a.dev_major++;
	assert_int_equal(try_enter(&a, fd_new(), 0, &other), 0);
	assert_ptr_not_equal(other, n);
}

static void
test_id_never_again(void **state)
{
	uint64_t seen[200];
	unsigned int i, j;
	struct node *n;

	(void)state;
	for (i = 0; i < 200; i++) {
		n = enter(50 + i % 3);
		seen[i] = node_id(n);
		for (j = 0; j < i; j++)
			assert_true(seen[j] != seen[i]);
		node_forget(table, n, 1);
		assert_null(node_get(table, seen[i]));
	}
	assert_int_equal(reaped, 200);
	assert_int_equal(node_count(table), 1);
}

static void
test_over_forget(void **state)
{
	struct node *n;
	uint64_t id;

	(void)state;
	enter(20);
	n = enter(20);
	id = node_id(n);
	node_forget(table, n, 0);
	assert_non_null(node_get(table, id));
	node_forget(table, n, 1000);
	assert_null(node_get(table, id));
	assert_int_equal(reaped, 1);
}

static void
test_lookups_saturate(void **state)
{
	struct node *n;

	(void)state;
	n = enter(21);
	n->nlookup = UINT64_MAX - 1;
	enter(21);
	enter(21);
	node_again(n);
	assert_true(n->nlookup == UINT64_MAX);
	node_forget(table, n, UINT64_MAX);
	assert_int_equal(node_count(table), 1);
}

static void
test_pins(void **state)
{
	struct node *n;
	uint64_t id;

	(void)state;
	n = enter(30);
	id = node_id(n);
	node_pin(n);
	node_pin(n);
	node_forget(table, n, 1);
	assert_null(node_get(table, id));	/* gone for the guest */
	assert_int_not_equal(node_fd(n), -1);	/* not for the request */
	node_unpin(table, n);
	assert_int_equal(reaped, 0);
	node_unpin(table, n);
	assert_int_equal(reaped, 1);
	assert_int_equal(node_count(table), 1);
	assert_int_not_equal(node_id(enter(30)), id);
}

/* Forgotten and found again while a request holds it: one node, not two. */
static void
test_pinned_comes_back(void **state)
{
	struct node *n;

	(void)state;
	n = enter(31);
	node_pin(n);
	node_forget(table, n, 1);
	assert_ptr_equal(enter(31), n);
	node_unpin(table, n);
	assert_ptr_equal(node_get(table, node_id(n)), n);
	assert_int_equal(reaped, 0);
}

static void
test_budget(void **state)
{
	struct msg_attr a = attr_of(9999);
	unsigned int before, i;
	struct node *n;

	(void)state;
	for (i = 0; i < 63; i++)	/* the root is the 64th */
		enter(100 + i);
	before = fd_count();
	assert_int_equal(try_enter(&a, fd_new(), 0, &n), ENFILE);
	assert_int_equal(fd_count(), before);
	/* Known files need no more descriptors. */
	n = enter(100);
	node_forget(table, n, 2);
	assert_int_equal(try_enter(&a, fd_new(), 0, &n), 0);
}

static int
enter_kept(const struct msg_attr *a, struct node **n)
{
	struct node_file f = { .attr = a, .fd = fd_new(), .kept = 1 };
	int err;

	err = node_enter(table, &f, n);
	assert_int_equal(f.fd, -1);
	assert_int_equal(f.kept, 0);
	return err;
}

/* What is kept is there whatever comes in between, and is nobody's node. */
static void
test_reserve(void **state)
{
	struct msg_attr a = attr_of(1000), b = attr_of(1001);
	struct node_file none = { .attr = &b, .fd = -1, .kept = 1 };
	unsigned int i;
	struct node *n;

	(void)state;
	assert_int_equal(node_reserve(table), 0);
	assert_int_equal(node_reserve(table), 0);
	assert_int_equal(node_count(table), 1);
	assert_null(node_get(table, table->kept->idx));
	for (i = 0; i < 61; i++)
		enter(100 + i);
	assert_int_equal(try_enter(&a, fd_new(), 0, &n), ENFILE);
	assert_int_equal(node_reserve(table), ENFILE);
	/* A new file takes it; one that is known gives it back. */
	node_budget(table, 10);
	assert_int_equal(enter_kept(&a, &n), 0);
	assert_ptr_equal(node_get(table, node_id(n)), n);
	node_budget(table, 64);
	assert_int_equal(enter_kept(&a, &n), 0);
	assert_int_equal(n->nlookup, 2);
	assert_int_equal(table->kept_cnt, 0);
	assert_int_equal(node_reserve(table), 0);
	assert_int_equal(try_enter(&b, fd_new(), 0, &n), ENFILE);
	node_unreserve(table);
	assert_int_equal(try_enter(&b, fd_new(), 0, &n), 0);
	/* What is no file at all takes nothing along. */
	node_forget(table, n, 1);
	assert_int_equal(node_reserve(table), 0);
	assert_int_equal(node_enter(table, &none, &n), EIO);
	assert_int_equal(table->kept_cnt, 0);
}

static void
test_forget_all(void **state)
{
	struct node *held;
	unsigned int before = fd_count(), i;

	(void)state;
	for (i = 0; i < 40; i++)
		enter(100 + i);
	held = enter(500);
	node_pin(held);
	node_forget_all(table);
	assert_int_equal(node_count(table), 2);
	assert_int_equal(fd_count(), before + 1);
	node_unpin(table, held);
	assert_int_equal(node_count(table), 1);
	assert_int_equal(fd_count(), before);
}

static unsigned int
longest_chain(void)
{
	unsigned int i, len, longest = 0;
	struct node *n;

	for (i = 0; i < table->hash_cnt; i++) {
		len = 0;
		for (n = table->hash[i]; n != NULL; n = n->next)
			len++;
		if (len > longest)
			longest = len;
	}
	return longest;
}

static unsigned int
chunks_held(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < table->slots.cnt; i++)
		n += table->slots.chunk[i].node != NULL;
	return n;
}

/* What is forgotten leaves no memory, and its ids never come again. */
static void
test_memory_goes(void **state)
{
	static uint64_t id[MANY + NODE_CHUNK];
	struct msg_attr a;
	struct node_file f = { .attr = &a };
	struct node *n;
	unsigned int i, round;

	(void)state;
	table->fd_max = UINT32_MAX;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++) {
			a = attr_of(1000 + i);
			f.fd = INT_MAX;
			assert_int_equal(node_enter(table, &f, &n), 0);
			assert_true(node_id(n) > id[n->idx]);
			id[n->idx] = node_id(n);
		}
		assert_int_equal(chunks_held(), MANY / NODE_CHUNK + 1);
		for (i = 0; i < MANY + NODE_CHUNK; i++)
			if ((n = node_get(table, id[i])) != NULL)
				node_forget(table, n, 1);
		assert_int_equal(node_count(table), 1);
		assert_int_equal(chunks_held(), 2);
		assert_true(table->hash_cnt < NODE_HASH_MIN * 4);
		for (i = 0; i < MANY + NODE_CHUNK; i++)
			assert_null(node_get(table, id[i]));
	}
}

/* Inode numbers as a filesystem gives them; the table must stay flat. */
static void
test_many(void **state)
{
	static struct node *all[MANY];
	struct msg_attr a;
	struct node_file f = { .attr = &a };
	unsigned int i;
	struct node *n;

	(void)state;
	table->fd_max = UINT32_MAX;
	for (i = 0; i < MANY; i++) {
		a = attr_of(1000 + (uint64_t)i * 128);
		f.fd = INT_MAX;		/* no such descriptor */
		assert_int_equal(node_enter(table, &f, &all[i]), 0);
	}
	assert_int_equal(node_count(table), MANY + 1);
	assert_true(table->hash_cnt >= MANY);
	assert_true(longest_chain() < 16);
	for (i = 0; i < MANY; i++) {
		a = attr_of(1000 + (uint64_t)i * 128);
		n = node_find(table, &f);
		assert_ptr_equal(n, all[i]);
		assert_ptr_equal(node_get(table, node_id(n)), n);
	}
	for (i = 0; i < MANY; i += 2)
		node_forget(table, all[i], 1);
	for (i = 0; i < MANY; i++) {
		a = attr_of(1000 + (uint64_t)i * 128);
		assert_int_equal(node_find(table, &f) != NULL, i % 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_root_stays),
		UNIT(test_no_such_id),
		UNIT(test_same_file_same_node),
		UNIT(test_id_never_again),
		UNIT(test_over_forget),
		UNIT(test_lookups_saturate),
		UNIT(test_pins),
		UNIT(test_pinned_comes_back),
		UNIT(test_budget),
		UNIT(test_reserve),
		UNIT(test_forget_all),
		UNIT(test_many),
		UNIT(test_memory_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
