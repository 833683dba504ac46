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
 * Knows: what questions say of kept directories, against a worker that does
 * as it is told.
 * Never: a message.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/wkeep.c"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NODES	80u

static struct node node[NODES];
static struct wkeep keep;
static struct req req;
static struct fs fs;
static struct chan_out out;
static int worker_fd[MSG_KEEP_MAX];	/* what the worker has, 0: nothing */
static int fds[MSG_KEPT];

struct node *
node_get(struct node_table *t, uint64_t nodeid)
{
	unsigned int i;

	(void)t;
	for (i = 0; i < NODES; i++)
		if (node_id(&node[i]) == nodeid && node[i].nlookup > 0)
			return &node[i];
	return NULL;
}

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

/* Descriptors are all of a directory, and differ. */
static void
node_make(struct node *n, uint32_t mode)
{
	n->mode = mode;
	n->nlookup = 1;
	n->fd = open(S_ISDIR(mode) ? "/" : "/dev/null", O_PATH | O_CLOEXEC);
	assert_true(n->fd > 0);
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(node, 0, sizeof(node));
	memset(&keep, 0, sizeof(keep));
	memset(&req, 0, sizeof(req));
	memset(worker_fd, 0, sizeof(worker_fd));
	req.fs = &fs;
	for (i = 0; i < NODES; i++) {
		node[i].idx = i + 1;
		node_make(&node[i], S_IFDIR | 0755);
	}
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NODES; i++)
		close(node[i].fd);
	return 0;
}

/* The worker's part: what descriptor i of the question is. */
static void
worker_change(void)
{
	unsigned int i, n = 0, nr;

	for (i = 0; i < MSG_KEPT; i++) {
		nr = MSG_KEEP_NR(out.kept[i]);
		if (out.kept[i] == 0 && i >= req.call.fd_cnt)
			continue;
		if (MSG_KEEP_OP(out.kept[i]) == MSG_KEEP_PUT)
			worker_fd[nr] = out.fds[n];
		if (MSG_KEEP_OP(out.kept[i]) == MSG_KEEP_DROP) {
			assert_int_not_equal(worker_fd[nr], 0);
			assert_true(i >= req.call.fd_cnt);
			worker_fd[nr] = 0;
		}
		n += MSG_KEEP_OP(out.kept[i]) != MSG_KEEP_USE &&
		    i < req.call.fd_cnt;
	}
	assert_int_equal(n, out.fd_cnt);
}

static void
worker_check(void)
{
	unsigned int i, n = 0;
	int fd;

	worker_change();
	for (i = 0; i < req.call.fd_cnt; i++) {
		fd = out.kept[i] == 0 ? out.fds[n] :
		    worker_fd[MSG_KEEP_NR(out.kept[i])];
		assert_int_equal(fd, req.call.fds[i]);
		n += MSG_KEEP_OP(out.kept[i]) != MSG_KEEP_USE;
	}
}

/* A question about a and, unless it is NULL, b.  How many were sent? */
static unsigned int
ask(struct node *a, struct node *b)
{
	req.node[0] = a;
	req.node[1] = b;
	req.call.fd_cnt = b == NULL ? 1 : 2;
	req.call.fds[0] = a->fd;
	req.call.fds[1] = b == NULL ? -1 : b->fd;
	wkeep_ask(&keep, &req, &out, fds);
	wkeep_sent(&keep, &req, &out);
	worker_check();
	return out.fd_cnt;
}

static void
test_once(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MSG_KEEP_MAX; i++)
		assert_int_equal(ask(&node[i], NULL), 1);
	for (i = 0; i < MSG_KEEP_MAX; i++)
		assert_int_equal(ask(&node[i], NULL), 0);
	/* One more takes the place of the oldest. */
	assert_int_equal(ask(&node[MSG_KEEP_MAX], NULL), 1);
	assert_int_equal(ask(&node[MSG_KEEP_MAX - 1], NULL), 0);
	assert_int_equal(ask(&node[1], NULL), 0);
	assert_int_equal(ask(&node[0], NULL), 1);
}

static void
test_two(void **state)
{
	(void)state;
	assert_int_equal(ask(&node[0], &node[0]), 1);
	assert_int_equal(ask(&node[0], &node[0]), 0);
	assert_int_equal(ask(&node[0], &node[1]), 1);
	assert_int_equal(ask(&node[2], &node[1]), 1);
	assert_int_equal(ask(&node[2], &node[0]), 0);
}

/* Nothing was sent: the next question must not rely on it. */
static void
test_not_sent(void **state)
{
	(void)state;
	req.node[0] = &node[0];
	req.call.fd_cnt = 1;
	req.call.fds[0] = node[0].fd;
	wkeep_ask(&keep, &req, &out, fds);
	assert_int_equal(out.fd_cnt, 1);
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(ask(&node[0], NULL), 0);
}

static void
test_files(void **state)
{
	struct node *n = &node[1];

	(void)state;
	close(n->fd);
	node_make(n, S_IFREG | 0644);
	assert_int_equal(ask(n, NULL), 1);
	assert_int_equal(out.kept[0], 0);
	/* Nor what only says that it is a directory. */
	n->mode = S_IFDIR | 0755;
	assert_int_equal(ask(n, NULL), 1);
	assert_int_equal(out.kept[0], 0);
	assert_int_equal(ask(&node[0], n), 2);
	assert_int_equal(ask(&node[0], n), 1);
	/* Nor an open file or directory. */
	req.call.handles = 1;
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(out.kept[0], 0);
}

/* A nodeid that came back is another node. */
static void
test_another(void **state)
{
	(void)state;
	assert_int_equal(ask(&node[0], NULL), 1);
	node[0].gen++;
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(ask(&node[0], NULL), 0);
}

/* A node with another descriptor sends it, under the same number. */
static void
test_reopened(void **state)
{
	int old = node[0].fd;

	(void)state;
	assert_int_equal(ask(&node[0], NULL), 1);
	node_make(&node[0], S_IFDIR | 0755);
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(MSG_KEEP_NR(out.kept[0]), 0);
	assert_int_equal(ask(&node[0], NULL), 0);
	close(old);
}

/* What nobody knows any more does not stay. */
static void
test_gone(void **state)
{
	unsigned int i, have = 0;

	(void)state;
	for (i = 0; i < 10; i++)
		ask(&node[i], NULL);
	for (i = 1; i < 5; i++)
		node[i].nlookup = 0;
	for (i = 0; i < MSG_KEEP_MAX; i++)
		assert_int_equal(ask(&node[0], NULL), 0);
	for (i = 0; i < MSG_KEEP_MAX; i++)
		have += worker_fd[i] != 0;
	assert_int_equal(have, 6);
}

static void
test_random(void **state)
{
	struct node *a, *b;
	unsigned int i;
	int old;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		a = &node[(unsigned int)random() % NODES];
		b = &node[(unsigned int)random() % NODES];
		if (random() % 64 == 0) {
			a->gen++;
			a->nlookup = (uint64_t)random() % 2;
		}
		if (random() % 64 == 0) {
			old = a->fd;
			node_make(a, S_IFDIR | 0755);
			close(old);
		}
		ask(a, random() % 2 ? b : NULL);
	}
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_once),
		UNIT(test_two),
		UNIT(test_not_sent),
		UNIT(test_files),
		UNIT(test_another),
		UNIT(test_reopened),
		UNIT(test_gone),
		UNIT(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
