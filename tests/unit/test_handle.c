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
 * Knows: which open file an fh stands for.
 * Never: a real share.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/handle.c"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define HANDLES	600u
#define FD_TOTAL	1000u

static struct handle_table *table;
static struct node node_a, node_b;
static unsigned int reaped, kept, budget;
static struct fs fs;

void
reap_close(struct fs *f, int *fd)
{
	(void)f;
	if (*fd != -1)
		reaped++;
	fd_close(fd);
}

void
spare_put(struct spare_set *s, struct node *n, int *fd,
    const struct spare_who *who, const struct spare_when *when)
{
	assert_ptr_equal(s, fs.spares);
	assert_ptr_equal(n, &node_a);
	assert_true(n->pins > 0);
	assert_int_equal(who->class, CRED_USER);
	assert_int_equal(who->uid, 5);
	assert_int_equal(who->gid, 6);
	assert_int_equal(when->real, 77);
	assert_int_equal(when->mono, 78);
	kept++;
	fd_close(fd);
}

void
node_pin(struct node *n)
{
	n->pins++;
}

void
node_unpin(struct node_table *t, struct node *n)
{
	(void)t;
	assert_true(n->pins > 0);
	n->pins--;
}

void
node_use(struct node_table *t, struct node *n)
{
	(void)t;
	n->uses++;
}

void
node_unuse(struct node *n)
{
	assert_true(n->uses > 0);
	n->uses--;
}

/* What is left for nodes. */
void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	budget = fd_max;
}

static unsigned int
fd_count(void)
{
	unsigned int n = 0;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static struct handle *
make(struct node *n, int dir)
{
	struct handle *h = NULL;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(handle_new(table, n, &fd, dir, &h), 0);
	assert_int_equal(fd, -1);
	return h;
}

static int
setup(void **state)
{
	(void)state;
	reaped = kept = 0;
	node_a.pins = node_b.pins = 0;
	fs.fd_total = FD_TOTAL;
	fs.fd_open = 0;
	budget = FD_TOTAL;
	table = handle_table_new(&fs, HANDLES);
	return table == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	handle_release_all(table, NULL);
	for (i = 0; i < table->chunk_cnt; i++)
		free(table->chunk[i]);
	free(table->chunk);
	free(table);
	return 0;
}

static void
test_belongs_to_node_and_kind(void **state)
{
	struct handle *f = make(&node_a, 0), *d = make(&node_a, 1);

	(void)state;
	assert_ptr_equal(handle_get(table, &node_a, handle_id(f), 0), f);
	assert_null(handle_get(table, &node_a, handle_id(f), 1));
	assert_null(handle_get(table, &node_b, handle_id(f), 0));
	assert_ptr_equal(handle_get(table, &node_a, handle_id(d), 1), d);
	assert_null(handle_get(table, &node_a, handle_id(d), 0));
	assert_null(handle_get(table, &node_b, handle_id(d), 1));
}

static void
test_no_such_fh(void **state)
{
	uint64_t id = handle_id(make(&node_a, 0));

	(void)state;
	assert_true(id != 0);
	assert_null(handle_get(table, &node_a, 0, 0));
	assert_null(handle_get(table, &node_a, id + 1, 0));
	assert_null(handle_get(table, &node_a, id + (1ULL << 32), 0));
	assert_null(handle_get(table, &node_a, id & UINT32_MAX, 0));
	assert_null(handle_get(table, &node_a, UINT32_MAX, 0));
	assert_null(handle_get(table, &node_a, UINT64_MAX, 0));
}

static void
test_release(void **state)
{
	struct handle *h = make(&node_a, 0);
	uint64_t id = handle_id(h);

	(void)state;
	assert_int_equal(node_a.pins, 1);
	handle_release(table, NULL, h);
	assert_null(handle_get(table, &node_a, id, 0));
	assert_int_equal(reaped, 1);
	assert_int_equal(node_a.pins, 0);
	assert_int_equal(handle_count(table), 0);
	/* The slot is used again, the fh is not. */
	h = make(&node_a, 0);
	assert_true(handle_id(h) != id);
	assert_null(handle_get(table, &node_a, id, 0));
}

/* What was asked for when somebody said so waits for who opens it again. */
static void
test_release_keeps(void **state)
{
	struct cred c;
	struct handle *h = make(&node_a, 0);

	(void)state;
	cred_set(&c, CRED_USER, 5, 6);
	handle_opened_by(h, &c);
	h->asked.real = 77;
	h->asked.mono = 78;
	handle_pin(h);
	handle_release(table, NULL, h);
	assert_int_equal(kept, 0);
	handle_unpin(table, NULL, h);
	assert_int_equal(kept, 1);
	assert_int_equal(reaped, 0);
	assert_int_equal(node_a.pins, 0);
	assert_int_equal(fs.fd_open, 0);
	/* Whoever has the place next does not inherit that. */
	h = make(&node_a, 0);
	handle_release(table, NULL, h);
	assert_int_equal(kept, 1);
	assert_int_equal(reaped, 1);
}

static void
test_release_with_pins(void **state)
{
	struct handle *h = make(&node_a, 0);
	uint64_t id = handle_id(h);

	(void)state;
	handle_pin(h);
	handle_pin(h);
	handle_release(table, NULL, h);
	assert_null(handle_get(table, &node_a, id, 0));
	assert_int_not_equal(h->fd, -1);	/* I/O goes on */
	assert_int_equal(node_a.pins, 1);
	handle_unpin(table, NULL, h);
	assert_int_equal(reaped, 0);
	handle_unpin(table, NULL, h);
	assert_int_equal(reaped, 1);
	assert_int_equal(node_a.pins, 0);
}

static void
test_generation_wraps(void **state)
{
	struct handle *h = make(&node_a, 0);

	(void)state;
	h->gen = UINT32_MAX;
	handle_release(table, NULL, h);
	h = make(&node_a, 0);
	assert_true(handle_id(h) >> 32 != 0);
}

static void
test_fresh_hints(void **state)
{
	struct handle *h = make(&node_a, 1);

	(void)state;
	h->cold = h->no_nowait = h->written = h->dir_busy = 1;
	handle_release(table, NULL, h);
	h = make(&node_b, 1);
	assert_int_equal(h->cold | h->no_nowait | h->written | h->dir_busy, 0);
	assert_true(TAILQ_EMPTY(&h->dir_wait));
}

static void
test_limit(void **state)
{
	struct handle *h = NULL, *last = NULL;
	unsigned int before, i;
	int fd;

	(void)state;
	for (i = 0; i < HANDLES; i++)
		last = make(&node_a, 0);
	before = fd_count();
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handle_new(table, &node_a, &fd, 0, &h), ENFILE);
	assert_int_equal(fd, -1);
	assert_int_equal(fd_count(), before);
	assert_int_equal(node_a.pins, HANDLES);
	assert_int_equal(handle_count(table), HANDLES);
	handle_release(table, NULL, last);
	make(&node_b, 0);
}

/* A place that is kept is nobody else's. */
static void
test_reserve(void **state)
{
	struct handle *h = NULL;
	unsigned int i;
	int fd;

	(void)state;
	for (i = 0; i < HANDLES - 1; i++)
		make(&node_a, 0);
	assert_int_equal(handle_reserve(table), 0);
	assert_int_equal(handle_reserve(table), ENFILE);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handle_new(table, &node_a, &fd, 0, &h), ENFILE);
	assert_int_equal(fd, -1);
	handle_unreserve(table);
	h = make(&node_a, 0);
	assert_int_equal(handle_reserve(table), ENFILE);
	handle_release(table, NULL, h);
	assert_int_equal(handle_reserve(table), 0);
	handle_unreserve(table);
	assert_int_equal(handle_count(table), HANDLES - 1);
}

static void
test_release_all(void **state)
{
	struct handle *held = make(&node_b, 0);
	unsigned int i;

	(void)state;
	for (i = 0; i < 300; i++)
		make(&node_a, (int)(i % 2));
	handle_pin(held);
	handle_release_all(table, NULL);
	handle_release_all(table, NULL);
	assert_int_equal(handle_count(table), 1);
	assert_int_equal(reaped, 300);
	assert_int_equal(node_a.pins, 0);
	assert_int_equal(node_b.pins, 1);
	handle_unpin(table, NULL, held);
	assert_int_equal(handle_count(table), 0);
}

/* Open files and nodes share one budget of descriptors. */
static void
test_budget_shared(void **state)
{
	struct handle *h[3], *none;
	unsigned int i;
	int fd;

	(void)state;
	for (i = 0; i < 3; i++) {
		h[i] = make(&node_a, 0);
		assert_int_equal(budget, FD_TOTAL - 1 - i);
	}
	handle_pin(h[1]);
	handle_release(table, NULL, h[1]);
	assert_int_equal(budget, FD_TOTAL - 3);	/* I/O still has it */
	handle_unpin(table, NULL, h[1]);
	assert_int_equal(budget, FD_TOTAL - 2);
	handle_release_all(table, NULL);
	assert_int_equal(budget, FD_TOTAL);
	/* One that cannot be made takes nothing away. */
	table->max = 0;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handle_new(table, &node_a, &fd, 0, &none), ENFILE);
	assert_int_equal(budget, FD_TOTAL);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_belongs_to_node_and_kind),
		UNIT(test_no_such_fh),
		UNIT(test_release),
		UNIT(test_release_keeps),
		UNIT(test_release_with_pins),
		UNIT(test_generation_wraps),
		UNIT(test_fresh_hints),
		UNIT(test_limit),
		UNIT(test_reserve),
		UNIT(test_release_all),
		UNIT(test_budget_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
