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
 * Knows: what questions say of kept nodes, against a worker that does as it is
 * told.
 * Never: a message.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/wkeep.c"

#include <stdlib.h>

#define NODES	80u
#define KEPT	32u

static struct node node[NODES];
static struct wkeep keep;
static struct req req;
static struct fs fs;
static struct chan_out out;
static uint64_t worker[KEPT];	/* whose descriptor the worker has, or 0 */
static int fds[MSG_KEPT];

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

static void
begin(uint32_t class)
{
	wkeep_free(&keep);
	wkeep_init(&keep, &fs, class);
	memset(worker, 0, sizeof(worker));
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(node, 0, sizeof(node));
	memset(&fs, 0, sizeof(fs));
	memset(&req, 0, sizeof(req));
	fs.conf.keep_max = KEPT;
	fs.conf.flags = MSG_SHARE_HANDLES;
	req.fs = &fs;
	for (i = 0; i < NODES; i++) {
		node[i].idx = i + 1;
		node[i].mode = S_IFDIR | 0755;
		node[i].fd = (int)(100 + i);
	}
	memset(&keep, 0, sizeof(keep));
	begin(CRED_ROOT);
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	wkeep_free(&keep);
	for (i = 0; i < NODES; i++)
		assert_null(node[i].kept);
	assert_int_equal(fs.kept_gone, 0);
	return 0;
}

/* The worker's part: is descriptor i of the question that of node i? */
static void
worker_check(void)
{
	unsigned int i, n = 0, nr;

	for (i = 0; i < req.call.fd_cnt; i++) {
		nr = MSG_KEEP_NR(out.kept[i]);
		if (MSG_KEEP_OP(out.kept[i]) != MSG_KEEP_USE)
			assert_int_equal(out.fds[n++], node_fd(req.node[i]));
		if (MSG_KEEP_OP(out.kept[i]) == MSG_KEEP_PUT)
			worker[nr] = node_id(req.node[i]);
	}
	assert_int_equal(n, out.fd_cnt);
	for (i = 0; i < req.call.fd_cnt; i++)
		if (out.kept[i] != 0)
			assert_true(worker[MSG_KEEP_NR(out.kept[i])] ==
			    node_id(req.node[i]));
}

/* A question about a and, unless it is NULL, b.  How many were sent? */
static unsigned int
ask_as(uint16_t type, struct node *a, struct node *b)
{
	req.node[0] = a;
	req.node[1] = b;
	req.call.type = type;
	req.call.fd_cnt = b == NULL ? 1 : 2;
	req.call.fds[0] = a->fd;
	req.call.fds[1] = b == NULL ? -1 : b->fd;
	wkeep_ask(&keep, &req, &out, fds);
	wkeep_sent(&keep, &req, &out);
	worker_check();
	return out.fd_cnt;
}

static unsigned int
ask(struct node *a, struct node *b)
{
	return ask_as(Q_RENAME, a, b);
}

/* n is looked up in node 0, and found; what the question said to keep. */
static uint32_t
look(struct node *n)
{
	struct chan_msg m;

	ask_as(Q_LOOKUP, &node[0], NULL);
	memset(&m.hdr, 0, sizeof(m.hdr));
	m.hdr.give = out.give;
	assert_int_equal(wkeep_answer(&req, &m), 0);
	if (out.give != 0)
		worker[MSG_KEEP_NR(out.give)] = node_id(n);
	wkeep_claim(&fs, n);
	wkeep_unclaimed(&fs);
	return MSG_KEEP_OP(out.give);
}

/* What the worker is told to drop, it has. */
static unsigned int
drop(void)
{
	uint16_t nr[MSG_DROP_MAX];
	unsigned int i, n = wkeep_drop(&keep, nr);

	for (i = 0; i < n; i++) {
		assert_true(worker[nr[i]] != 0);
		worker[nr[i]] = 0;
	}
	return n;
}

static void
test_once(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KEPT; i++)
		assert_int_equal(ask(&node[i], NULL), 1);
	for (i = 0; i < KEPT; i++)
		assert_int_equal(ask(&node[i], NULL), 0);
	/* One more takes the place of the oldest. */
	assert_int_equal(ask(&node[KEPT], NULL), 1);
	assert_int_equal(ask(&node[KEPT - 1], NULL), 0);
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

/* A file takes nobody's place who would have to be opened again. */
static void
test_files(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KEPT; i++)
		ask(&node[i], NULL);
	node[40].mode = S_IFREG | 0644;
	node[0].fd = -1;
	assert_int_equal(ask(&node[40], NULL), 1);
	assert_int_equal(out.kept[0], 0);
	node[0].fd = 100;
	assert_int_equal(ask(&node[40], NULL), 1);
	assert_int_equal(ask(&node[40], NULL), 0);
	/* Open files are not kept at all. */
	req.call.handles = 1;
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(out.kept[0], 0);
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
		wkeep_forget(&node[i]);
	assert_int_equal(fs.kept_gone, 4);
	assert_int_equal(drop(), 4);
	assert_int_equal(drop(), 0);
	assert_int_equal(fs.kept_gone, 0);
	for (i = 0; i < KEPT; i++)
		have += worker[i] != 0;
	assert_int_equal(have, 6);
	assert_int_equal(ask(&node[1], NULL), 1);
	assert_int_equal(ask(&node[9], NULL), 0);
}

/* Strict: a node with another descriptor sends it, under the same number. */
static void
test_strict(void **state)
{
	(void)state;
	fs.conf.policy = MSG_POLICY_STRICT;
	begin(CRED_ROOT);
	assert_int_equal(ask(&node[0], NULL), 1);
	node[0].fd = 50;
	assert_int_equal(ask(&node[0], NULL), 1);
	assert_int_equal(MSG_KEEP_NR(out.kept[0]), 0);
	assert_int_equal(ask(&node[0], NULL), 0);
	node[1].mode = S_IFREG;
	assert_int_equal(ask(&node[1], NULL), 1);
	assert_int_equal(ask(&node[1], NULL), 1);
	assert_int_equal(look(&node[1]), 0);
}

/* Who is asked to keep what he gives, and need not send it. */
static void
test_who(void **state)
{
	static const struct {
		uint32_t class, flags, policy, retried, debt, op;
	} row[] = {
		{ CRED_ROOT, MSG_SHARE_HANDLES, 0, 0, 0, MSG_KEEP_USE },
		{ CRED_ROOT, MSG_SHARE_HANDLES, 0, 1, 0, MSG_KEEP_PUT },
		{ CRED_ROOT, MSG_SHARE_HANDLES, 0, 0, 1, MSG_KEEP_PUT },
		{ CRED_ROOT, 0, 0, 0, 0, MSG_KEEP_PUT },
		{ CRED_ROOT, MSG_SHARE_HANDLES | MSG_SHARE_READONLY, 0, 0, 0,
		    MSG_KEEP_PUT },
		{ CRED_ROOT, MSG_SHARE_HANDLES, MSG_POLICY_STRICT, 0, 0, 0 },
		{ CRED_USER, MSG_SHARE_HANDLES, 0, 0, 0, MSG_KEEP_PUT },
		{ CRED_CREATOR, MSG_SHARE_HANDLES, 0, 0, 0, MSG_KEEP_PUT },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fs.conf.flags = row[i].flags;
		fs.conf.policy = row[i].policy;
		fs.debt[DEBT_LIST] = (struct fs_debt){row[i].debt, INT64_MAX};
		req.call.retried = (uint8_t)row[i].retried;
		begin(row[i].class);
		assert_int_equal(look(&node[1]), row[i].op);
		ask_as(Q_UNLINK, &node[0], NULL);
		assert_int_equal(out.give, 0);
	}
}

/* What was given can be used, if it had no descriptor as well. */
static void
test_given(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < KEPT; i++) {
		node[i].fd = -1;
		assert_int_equal(wkeep_enough(&keep, &req), 1);
		look(&node[i]);
	}
	for (i = 1; i < KEPT; i++)
		assert_int_equal(ask(&node[i], NULL), 0);
	/* Known already: one of the two is too much. */
	look(&node[5]);
	assert_int_equal(fs.kept_gone, 1);
	assert_int_equal(ask(&node[5], NULL), 0);
	/* That was done in the place of node 1, the oldest. */
	req.node[0] = &node[1];
	assert_int_equal(wkeep_enough(&keep, &req), 0);
	req.node[0] = &node[2];
	assert_int_equal(wkeep_enough(&keep, &req), 1);
}

/* While the answer is not there the number is nobody's. */
static void
test_not_found(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KEPT; i++)
		ask(&node[i], NULL);
	ask_as(Q_LOOKUP, &node[KEPT - 1], NULL);
	assert_int_equal(wkeep_has(&keep, &node[0]), 0);
	assert_int_equal(wkeep_has(&keep, &node[1]), 1);
	assert_int_equal(wkeep_answer(&req, NULL), 0);
	assert_null(fs.given);
	assert_int_equal(wkeep_has(&keep, &node[0]), 1);
	/* And still the oldest. */
	ask_as(Q_LOOKUP, &node[KEPT - 1], NULL);
	assert_int_equal(wkeep_has(&keep, &node[0]), 0);
	wkeep_forget(&node[0]);
	assert_int_equal(wkeep_answer(&req, NULL), 0);
	assert_int_equal(drop(), 1);
}

/* The worker knows it again: node 0 was asked, n found under number nr. */
static int
again(unsigned int nr)
{
	struct chan_msg m;
	int err;

	memset(&m.hdr, 0, sizeof(m.hdr));
	m.hdr.give = MSG_KEEP_USE | nr;
	err = wkeep_answer(&req, &m);
	assert_null(fs.given);
	return err;
}

static void
test_known(void **state)
{
	unsigned int nr;

	(void)state;
	look(&node[1]);
	nr = MSG_KEEP_NR(out.give);
	node[1].fd = -1;
	ask_as(Q_LOOKUP, &node[0], NULL);
	assert_int_equal(again(nr), 0);
	assert_ptr_equal(fs.known, &node[1]);
	wkeep_unclaimed(&fs);
	assert_null(fs.known);
	assert_int_equal(fs.kept_gone, 0);
	/* A number beyond, and another question. */
	ask_as(Q_LOOKUP, &node[0], NULL);
	assert_int_equal(again(KEPT), EPROTO);
	ask_as(Q_MKDIR, &node[0], NULL);
	assert_int_equal(again(nr), EPROTO);
	/* Without a descriptor here only root's word does. */
	req.call.retried = 1;
	ask_as(Q_LOOKUP, &node[0], NULL);
	assert_int_equal(again(nr), EAGAIN);
	req.call.retried = 0;
	/* Forgotten since. */
	ask_as(Q_LOOKUP, &node[0], NULL);
	wkeep_forget(&node[1]);
	assert_int_equal(again(nr), EAGAIN);
	/* Who is asked plainly need keep nothing. */
	req.call.plain = 1;
	ask_as(Q_LOOKUP, &node[0], NULL);
	assert_int_equal(out.give, 0);
	assert_int_equal(again(nr), EPROTO);
}

/* The number is another node's since the question was sent. */
static void
test_known_late(void **state)
{
	struct req later;
	unsigned int i, nr;

	(void)state;
	look(&node[1]);
	nr = MSG_KEEP_NR(out.give);
	for (i = 2; keep.cnt < KEPT || i < KEPT; i++)
		ask(&node[i], NULL);
	ask(&node[1], NULL);
	ask_as(Q_LOOKUP, &node[0], NULL);
	later = req;
	for (i = 40; wkeep_has(&keep, &node[1]); i++)
		ask(&node[i], NULL);
	assert_non_null(keep.slot[nr].node);
	req = later;
	assert_int_equal(again(nr), EAGAIN);
	assert_null(fs.known);
}

static void
test_lies(void **state)
{
	struct chan_msg m;

	(void)state;
	memset(&m.hdr, 0, sizeof(m.hdr));
	ask(&node[0], NULL);
	m.hdr.give = MSG_KEEP_PUT;
	assert_int_equal(wkeep_answer(&req, &m), EPROTO);
	ask_as(Q_LOOKUP, &node[0], NULL);
	m.hdr.give = out.give + 1;
	assert_int_equal(wkeep_answer(&req, &m), EPROTO);
	ask_as(Q_LOOKUP, &node[0], NULL);
	m.hdr.give = MSG_KEEP_PUT | MSG_KEEP_NR(out.give);
	assert_int_equal(wkeep_answer(&req, &m), 0);
	wkeep_unclaimed(&fs);
	assert_int_equal(fs.kept_gone, 1);
	req.call.retried = 1;
	ask_as(Q_LOOKUP, &node[0], NULL);
	m.hdr.give = MSG_KEEP_USE | MSG_KEEP_NR(out.give);
	assert_int_equal(wkeep_answer(&req, &m), EPROTO);
}

static void
test_random(void **state)
{
	struct node *a, *b;
	unsigned int i, n;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		a = &node[1 + (unsigned int)random() % (NODES - 1)];
		b = &node[(unsigned int)random() % NODES];
		n = (unsigned int)random() % 64;
		if (n < 2) {
			wkeep_forget(a);
			a->gen++;
			a->fd = n == 0 ? -1 : (int)(100 + a->idx);
			a->mode = n == 0 ? S_IFREG : S_IFDIR;
		} else if (n < 20)
			look(a);
		else if (n < 22)
			drop();
		else if ((a->fd != -1 || wkeep_has(&keep, a)) &&
		    (b->fd != -1 || wkeep_has(&keep, b)))
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
		UNIT(test_gone),
		UNIT(test_strict),
		UNIT(test_who),
		UNIT(test_given),
		UNIT(test_not_found),
		UNIT(test_known),
		UNIT(test_known_late),
		UNIT(test_lies),
		UNIT(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
