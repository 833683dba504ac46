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
 * Knows: nodes that are handles: which file is which, and which of them keep a
 * descriptor.
 * Never: a real handle.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nodeenv.h"

/* A number that is used again does not make it the old file. */
static void
test_seal_is_identity(void **state)
{
	struct node *a, *b;

	(void)state;
	a = enter_sealed(10, 1);
	b = enter_sealed(10, 2);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->nlookup + b->nlookup, 2);
	assert_ptr_equal(enter_sealed(10, 1), a);
	assert_ptr_equal(enter_sealed(10, 2), b);
	node_forget(table, a, 2);
	assert_ptr_equal(enter_sealed(10, 2), b);
	assert_ptr_not_equal(enter_sealed(10, 1), b);
}

/*
 * Without a seal only the descriptor that is held keeps the number from being
 * given to another file.
 */
static void
test_seal_missing(void **state)
{
	struct node *a;

	(void)state;
	a = enter_sealed(10, 1);
	assert_ptr_equal(enter(10), a);
	node_budget(table, 1);
	assert_int_equal(node_fd(a), -1);
	node_budget(table, 64);
	assert_ptr_not_equal(enter(10), a);
	assert_int_equal(node_fd(a), -1);
}

static void
test_seal_kept(void **state)
{
	struct msg_seal seal, want;
	struct node *n = enter_sealed(10, 200);

	(void)state;
	memset(&want, 0, sizeof(want));
	want.len = 1;
	want.handle[0] = 200;
	memset(&seal, 0x55, sizeof(seal));
	assert_int_equal(node_seal(n, &seal), 0);
	assert_memory_equal(&seal, &want, sizeof(seal));
	n = enter(11);
	assert_int_equal(node_seal(n, &seal), ESTALE);
}

static void
test_seal_malformed(void **state)
{
	uint8_t buf[sizeof(struct msg_seal) + 8] = { 0 };
	struct msg_seal *seal = (void *)buf;
	struct msg_attr a = attr_of(10);
	struct node_file f = { .attr = &a, .seal = buf };
	unsigned int before = fd_count(), good = 0;
	struct node *n;
	size_t len;

	(void)state;
	seal->len = 4;
	for (len = 1; len <= sizeof(buf); len++) {
		f.fd = fd_new();
		f.seal_len = len;
		if (len == MSG_SEAL_LEN(4)) {
			assert_int_equal(node_enter(table, &f, &n), 0);
			node_forget(table, n, 1);
			good++;
		} else
			assert_int_equal(node_enter(table, &f, &n), EIO);
		assert_int_equal(f.fd, -1);
	}
	assert_int_equal(good, 1);
	seal->len = UINT32_MAX - 27;	/* 32 more are 4 */
	f.fd = fd_new();
	f.seal_len = MSG_SEAL_LEN(4);
	assert_int_equal(node_enter(table, &f, &n), EIO);
	assert_int_equal(fd_count(), before);
	assert_int_equal(node_count(table), 1);
	assert_int_equal(table->fds, 1);
}

/* Those that were not used for longest go first; used ones never. */
static void
test_eviction_order(void **state)
{
	struct node *n[6], *plain;
	unsigned int i;

	(void)state;
	plain = enter(99);
	for (i = 0; i < 6; i++)
		n[i] = enter_sealed(100 + i, 1);
	node_use(table, n[0]);		/* now the youngest */
	node_unuse(n[0]);
	node_use(table, n[1]);		/* and this is in use */
	node_budget(table, 6);
	assert_int_equal(node_fd(n[2]), -1);
	assert_int_equal(node_fd(n[3]), -1);
	assert_int_not_equal(node_fd(n[4]), -1);
	node_budget(table, 0);
	assert_int_equal(node_fd(n[0]), -1);
	assert_int_equal(node_fd(n[4]), -1);
	assert_int_equal(node_fd(n[5]), -1);
	assert_int_not_equal(node_fd(n[1]), -1);
	/* What has no seal could not be opened again. */
	assert_int_not_equal(node_fd(plain), -1);
	assert_int_not_equal(node_fd(table->root), -1);
	assert_int_equal(reaped, 5);
	assert_int_equal(table->fds, 3);
	for (i = 0; i < 6; i++)		/* all are still there */
		assert_ptr_equal(node_get(table, node_id(n[i])), n[i]);
	node_unuse(n[1]);
}

/* A new one takes the descriptor of an old one. */
static void
test_enter_evicts(void **state)
{
	unsigned int before, i;
	struct node *first, *n;

	(void)state;
	first = enter_sealed(100, 1);
	for (i = 1; i < 63; i++)
		enter_sealed(100 + i, 1);
	before = fd_count();
	for (i = 0; i < 500; i++)
		enter_sealed(1000 + i, 1);
	assert_int_equal(fd_count(), before);
	assert_int_equal(table->fds, 64);
	assert_int_equal(node_count(table), 564);
	assert_int_equal(node_fd(first), -1);
	/* Looked up once more it has one again, at another's cost. */
	assert_ptr_equal(enter_sealed(100, 1), first);
	assert_int_not_equal(node_fd(first), -1);
	assert_int_equal(fd_count(), before);
	n = enter_sealed(100, 1);
	assert_int_equal(n->nlookup, 3);
}

/* ENFILE only when there is nothing to spare. */
static void
test_nothing_to_spare(void **state)
{
	struct msg_attr a = attr_of(999);
	struct node *n[3], *more;
	unsigned int before, i;

	(void)state;
	node_budget(table, 4);
	for (i = 0; i < 3; i++) {
		n[i] = enter_sealed(100 + i, 1);
		node_use(table, n[i]);
	}
	before = fd_count();
	assert_int_equal(try_enter(&a, fd_new(), 1, &more), ENFILE);
	assert_int_equal(fd_count(), before);
	assert_int_equal(node_count(table), 4);
	node_unuse(n[1]);
	assert_int_equal(try_enter(&a, fd_new(), 1, &more), 0);
	assert_int_equal(node_fd(n[1]), -1);
	assert_int_equal(fd_count(), before);
	node_unuse(n[0]);
	node_unuse(n[2]);
}

/* What came with a seal alone takes no descriptor from anybody. */
static void
test_no_fd(void **state)
{
	unsigned int before = fd_count();
	struct msg_attr a = attr_of(100);
	struct node *n, *same;
	int fd;

	(void)state;
	node_budget(table, 1);
	assert_int_equal(try_enter(&a, -1, 0, &n), EIO);
	assert_int_equal(try_enter(&a, -1, 1, &n), 0);
	assert_int_equal(node_fd(n), -1);
	assert_int_equal(n->listed, 1);
	assert_int_equal(table->fds, 1);
	assert_int_equal(try_enter(&a, -1, 1, &same), 0);
	assert_ptr_equal(same, n);
	assert_int_equal(n->nlookup, 2);
	assert_int_equal(table->fds, 1);
	assert_int_equal(fd_count(), before);
	/* Looked up by its name it has one, which a listing leaves alone. */
	node_budget(table, 64);
	assert_ptr_equal(enter_sealed(100, 1), n);
	assert_int_equal(n->listed, 0);
	fd = node_fd(n);
	assert_int_not_equal(fd, -1);
	assert_int_equal(try_enter(&a, -1, 1, &same), 0);
	assert_int_equal(node_fd(n), fd);
	assert_int_equal(table->fds, 2);
}

/* The descriptor comes back; a second one for the same node is surplus. */
static void
test_set_fd(void **state)
{
	struct node *n = enter_sealed(100, 1), *other;
	unsigned int before = fd_count();
	int fd, was;

	(void)state;
	node_budget(table, 1);
	assert_int_equal(fd_count(), before - 1);
	node_budget(table, 2);
	fd = was = fd_new();
	node_set_fd(table, n, &fd);
	assert_int_equal(fd, -1);
	assert_int_equal(node_fd(n), was);
	fd = fd_new();
	node_set_fd(table, n, &fd);
	assert_int_equal(fd, -1);
	assert_int_equal(node_fd(n), was);
	assert_int_equal(fd_count(), before);
	assert_int_equal(table->fds, 2);
	/* It can be taken again: it is in the list where it was. */
	other = enter_sealed(101, 1);
	assert_int_equal(node_fd(n), -1);
	assert_int_not_equal(node_fd(other), -1);
	/* A request that waited for it gets it, whatever the budget. */
	node_use(table, other);
	fd = fd_new();
	node_set_fd(table, n, &fd);
	assert_int_not_equal(node_fd(n), -1);
	assert_int_equal(table->fds, 3);
	node_budget(table, 2);
	assert_int_equal(table->fds, 2);
	node_unuse(other);
}

/* Evicted or not, pinned or not: what is forgotten leaves nothing. */
static void
test_forget_evicted(void **state)
{
	unsigned int before = fd_count(), i;
	struct node *n;

	(void)state;
	for (i = 0; i < 20; i++)
		n = enter_sealed(100 + i, (uint8_t)(1 + i));
	node_budget(table, 10);
	node_pin(n);
	node_forget_all(table);
	assert_int_equal(node_count(table), 2);
	assert_int_equal(table->fds, 2);
	node_unpin(table, n);
	assert_int_equal(node_count(table), 1);
	assert_int_equal(table->fds, 1);
	assert_true(TAILQ_EMPTY(&table->lru));
	assert_int_equal(fd_count(), before);
	/* A slot that is used again has nothing of the seal before. */
	n = enter(100);
	assert_int_equal(n->seal_len, 0);
	assert_null(n->seal.big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_seal_is_identity),
		UNIT(test_seal_missing),
		UNIT(test_seal_kept),
		UNIT(test_seal_malformed),
		UNIT(test_eviction_order),
		UNIT(test_enter_evicts),
		UNIT(test_nothing_to_spare),
		UNIT(test_no_fd),
		UNIT(test_set_fd),
		UNIT(test_forget_evicted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
