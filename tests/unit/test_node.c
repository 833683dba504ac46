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

#include "transport/node.c"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define MANY	100000u

static unsigned int reaped;
static struct node_table *table;

void
reap_close(struct fs *fs, int *fd)
{
	(void)fs;
	if (*fd != -1)
		reaped++;
	fd_close(fd);
}

static unsigned int
fd_count(void)
{
	unsigned int n = 0;
	struct dirent *e;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			n++;
	closedir(d);
	return n - 1;
}

static int
fd_new(void)
{
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

static struct msg_attr
attr_of(uint64_t ino)
{
	struct msg_attr a;

	memset(&a, 0, sizeof(a));
	a.ino = ino;
	a.mnt_id = 7;
	a.dev_minor = 3;
	a.mode = S_IFREG | 0644;
	return a;
}

/* Enter attr with fd; the seal is one byte of handle, or none for 0. */
static int
try_enter(const struct msg_attr *attr, int fd, uint8_t handle,
    struct node **out)
{
	struct msg_seal seal;
	struct node_file f = { .attr = attr, .fd = fd };
	int err;

	memset(&seal, 0, sizeof(seal));
	seal.len = 1;
	seal.handle[0] = handle;
	if (handle != 0) {
		f.seal = &seal;
		f.seal_len = MSG_SEAL_LEN(1);
	}
	err = node_enter(table, &f, out);
	assert_int_equal(f.fd, -1);
	return err;
}

static struct node *
enter_sealed(uint64_t ino, uint8_t handle)
{
	struct msg_attr a = attr_of(ino);
	struct node *n = NULL;

	assert_int_equal(try_enter(&a, fd_new(), handle, &n), 0);
	return n;
}

static struct node *
enter(uint64_t ino)
{
	return enter_sealed(ino, 0);
}

static int
setup(void **state)
{
	struct msg_attr root = attr_of(1);

	(void)state;
	reaped = 0;
	table = node_table_new(NULL, fd_new(), &root, 64);
	return table == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	node_forget_all(table);
	fd_close(&table->root->fd);
	for (i = 0; i < table->chunk_cnt; i++)
		free(table->chunk[i]);
	free(table->hash);
	free(table);
	return 0;
}

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
	assert_null(n->seal);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		UNIT(test_forget_all),
		UNIT(test_many),
		UNIT(test_seal_is_identity),
		UNIT(test_seal_missing),
		UNIT(test_seal_kept),
		UNIT(test_seal_malformed),
		UNIT(test_eviction_order),
		UNIT(test_enter_evicts),
		UNIT(test_nothing_to_spare),
		UNIT(test_set_fd),
		UNIT(test_forget_evicted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
