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
 * Knows: when a directory is read ahead, and how to go on.
 * Never: a worker; the kernel's events.
 */

#include "config.h"

#include "aheadenv.h"

/* Two that are missing are followed by more. */
static void
test_when_names(void **state)
{
	unsigned int i;

	(void)state;
	looked(ENOENT);
	for (i = 0; i < 10; i++)
		looked(EACCES);
	assert_int_equal(asked, 0);
	/* However much the worker has to do: it costs nothing. */
	waiting = 100;
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(req->call.q.ahead.entry_max, 128);
	assert_int_equal(req->call.q.ahead.flags, 0);
	assert_int_equal(w.asks, 1);
	/* One at a time. */
	for (i = 0; i < 50; i++)
		looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(w.asks, 1);
}

/* Two that are there, and who is asked has nothing else to do. */
static void
test_when_nodes(void **state)
{
	unsigned int i;

	(void)state;
	looked(0);
	for (i = 0; i < 10; i++)
		looked(EACCES);
	assert_int_equal(asked, 0);
	waiting = AHEAD_BESIDE + 1;
	looked(0);
	assert_int_equal(asked, 0);
	waiting = AHEAD_BESIDE;
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(reply.nodeid, 3);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(req->call.q.ahead.entry_max, 48);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	assert_int_equal(w.asks, 1);
}

/* More than half has to be there for that. */
static void
test_when_mixed(void **state)
{
	(void)state;
	looked(0);
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags, 0);
	asked = 0;
	dir.ahead_asked = dir.ahead_looks = dir.ahead_found = 0;
	waiting = AHEAD_BESIDE + 1;
	looked(0);
	looked(0);
	looked(ENOENT);
	assert_int_equal(asked, 0);
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags, 0);
	assert_int_equal(req->call.q.ahead.entry_max, 256);
}

/* The guest opens what it looked up. */
static void
opened(void)
{
	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->node[0] = &seen;
	op_ahead_opened(req);
}

/* Who opens what is looked up finds the next ones open. */
static void
test_when_opened(void **state)
{
	(void)state;
	opened();
	assert_int_equal(dir.ahead_opens, 0);
	looked(0);
	opened();
	/* Once for each time that it is looked up. */
	opened();
	assert_int_equal(dir.ahead_opens, 1);
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags,
	    MSG_AHEAD_NODES | MSG_AHEAD_OPEN);
	assert_true(req->asked.real == ASKED && req->asked.mono == ASKED);
	/* It is not more than was looked up. */
	dir.ahead_found = 1;
	opened();
	assert_int_equal(dir.ahead_opens, 1);
	/* One was opened and three were not. */
	dir.ahead_asked = 0;
	dir.ahead_looks = dir.ahead_found = 3;
	looked(0);
	assert_int_equal(asked, 2);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	/* What is gone has none that could be counted. */
	seen.from = 12345;
	get_none = 1;
	child.idx = 12345;
	child.gen = 0;
	opened();
	assert_int_equal(dir.ahead_opens, 1);
	child.idx = 7;
	child.gen = 2;
}

/* Not where it could not be kept, or has to be paid for. */
static void
test_when_not_open(void **state)
{
	(void)state;
	looked(0);
	opened();
	may_open = 0;
	looked(0);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	may_open = 1;
	fs.debt[DEBT_LIST] = (struct fs_debt){1, INT64_MAX};
	dir.ahead_asked = 0;
	looked(0);
	assert_int_equal(asked, 2);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	/* Nor where names are enough. */
	fs.debt[DEBT_LIST].left = 0;
	dir.ahead_asked = 0;
	dir.ahead_looks = 100;
	looked(ENOENT);
	assert_int_equal(asked, 3);
	assert_int_equal(req->call.q.ahead.flags, 0);
}

/* It has no other descriptor than that, which waits for who opens it. */
static void
test_answer_open(void **state)
{
	(void)state;
	want_nodes();
	req->asked.real = req->asked.mono = ASKED;
	answer(77, 1);
	name("known", 1);
	name_open(1);
	done(0);
	assert_int_equal(dir.ahead->fd_cnt, 1);
	assert_int_equal(lookup("known"), 1);
	assert_int_equal(entered, 1);
	assert_int_equal(spares, 1);
	assert_int_equal(child.fd, -1);
	assert_int_equal(dir.ahead->fd_cnt, 0);
	assert_true(reply.nodeid == node_id(&child));
	assert_true(child.from == node_id(&dir));
	/* It can be looked at by whatever there is. */
	assert_int_equal(lookup("known"), 0);
	child.fd = open("/dev/null", O_PATH);
	assert_int_equal(lookup("known"), 1);
	assert_int_equal(entered, 1);
	/* Without a seal nobody could ask for it. */
	ahead_forget(fs.ahead, &dir);
	dir.ahead_looks = dir.ahead_found = 0;
	want_nodes();
	answer(77, 1);
	name("known", 1);
	name_open(0);
	done(0);
	assert_null(dir.ahead);
}

/* Nothing is left of what there is no node for. */
static void
test_answer_open_fails(void **state)
{
	(void)state;
	want_nodes();
	answer(77, 1);
	name("known", 1);
	name_open(1);
	done(0);
	enter_err = ENOMEM;
	assert_int_equal(lookup("known"), 0);
	assert_int_equal(spares, 0);
	assert_int_equal(dir.ahead->fd_cnt, 0);
}

/* Where it was of no use it takes more, and then as many as there may be. */
static void
test_when_shifted(void **state)
{
	(void)state;
	dir.ahead_shift = 4;
	want_names();
	assert_int_equal(dir.ahead_looks, 2 << 4);
	assert_int_equal(req->call.q.ahead.entry_max, MSG_AHEAD_NAMES);
	asked = 0;
	dir.ahead_asked = dir.ahead_looks = dir.ahead_found = 0;
	waiting = 0;
	want_nodes();
	assert_int_equal(dir.ahead_looks, 2 << 4);
	assert_int_equal(req->call.q.ahead.entry_max, MSG_AHEAD_MAX);
	/* The count of them has an end. */
	dir.ahead_looks = AHEAD_LOOKS_MAX;
	dir.ahead_found = 60000;
	looked(0);
	assert_int_equal(dir.ahead_looks, AHEAD_LOOKS_MAX / 2 + 1);
	assert_int_equal(dir.ahead_found, 30001);
}

static void
test_not(void **state)
{
	(void)state;
	fs.conf.policy = MSG_POLICY_STRICT;
	many();
	fs.conf.policy = 0;
	fs.quitting = 1;
	many();
	fs.quitting = 0;
	fs.watch = NULL;
	many();
	fs.watch = (struct watch *)(void *)&w;
	route_err = EPERM;
	many();
	route_err = 0;
	space = 0;
	many();
	assert_int_equal(w.asks, 0);
	space = 1;
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(w.asks, 1);
}

/* Who asked was the cause of something already. */
static void
test_not_again(void **state)
{
	static const struct fuse_entry_out found = {.nodeid = 3};
	unsigned int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		memset(req, 0, sizeof(*req));
		req->fs = &fs;
		req->node[0] = &dir;
		req->call.retried = i % 2;
		req->call.redriven = !req->call.retried;
		op_ahead_reply(req, 0, &found);
	}
	assert_int_equal(asked, 0);
	looked(0);
	assert_int_equal(asked, 1);
}

/* A kernel elsewhere may change it, or this one without a word. */
static void
test_trusted(void **state)
{
	static const unsigned long good[] = {BTRFS_SUPER_MAGIC,
	    EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC};
	static const unsigned long bad[] = {0, NFS_SUPER_MAGIC,
	    OVERLAYFS_SUPER_MAGIC, PROC_SUPER_MAGIC, FUSE_SUPER_MAGIC, 1};
	unsigned int i;
	int fd = dir.fd;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		magic = bad[i];
		many();
	}
	magic = good[0];
	dir.fd = -1;
	many();
	dir.fd = fd;
	assert_int_equal(w.asks, 0);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		magic = good[i];
		looked(0);
		assert_int_equal(asked, i + 1);
		dir.ahead_asked = 0;
	}
}

/* Of the share's own it is known from the start. */
static void
test_trusted_own(void **state)
{
	int fd = dir.fd;

	(void)state;
	magic = 0;
	fs.magic = TMPFS_MAGIC;
	dir.fd = -1;
	dir.dev_major = fs.dev_major;
	many();
	dir.dev_major = 0;
	dir.dev_minor = fs.dev_minor;
	many();
	dir.dev_major = fs.dev_major;
	fs.magic = NFS_SUPER_MAGIC;
	many();
	fs.magic = 0;
	many();
	fs.magic = TMPFS_MAGIC;
	looked(0);
	assert_int_equal(asked, 1);
	dir.fd = fd;
}

static void
test_answer(void **state)
{
	(void)state;
	want_nodes();
	answer(77, 0);
	name(".", 0);
	name("known", 1);
	name("secret", 0);
	done(0);
	assert_int_equal(w.told, 1);
	assert_int_equal(w.joins, 1);
	assert_int_equal(dir.ahead->got, 3);
	assert_int_equal(dir.ahead->nodes, 1);
	is_found("known");
	assert_int_equal(w.reads, 1);
	assert_int_equal(entered, 1);
	/* Again by its node, and not at all without one. */
	child.nlookup = child.mode = 0;
	is_found("known");
	assert_true(child.nlookup == 1);
	assert_int_equal(child.mode, S_IFREG | 0640);
	assert_int_equal(entered, 1);
	assert_int_equal(w.reads, 2);
	attr_err = ESTALE;
	assert_int_equal(lookup("known"), 0);
	attr_err = 0;
	get_none = 1;
	assert_int_equal(lookup("known"), 0);
	assert_int_equal(lookup("secret"), 0);
	assert_int_equal(lookup("."), 0);
	assert_int_equal(lookup("other"), 0);
}

/* The rest of it, from where it was left. */
static void
test_next(void **state)
{
	(void)state;
	want_nodes();
	answer(77, 0);
	name("known", 1);
	done(0);
	assert_int_equal(dir.ahead->read + dir.ahead->whole, 0);
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 77);
	assert_int_equal(req->call.q.ahead.entry_max, 3 * 16 - 1);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	assert_int_equal(w.asks, 1);
	/* Of what is known answers are given meanwhile. */
	is_found("known");
	answer(0, 1);
	name("more", 1);
	req->call.q.ahead.off = 77;
	done(0);
	assert_int_equal(w.joins + w.told, 2);
	assert_int_equal(dir.ahead->got, 2);
	assert_int_equal(dir.ahead->read, 1);
	is_found("known");
	is_found("more");
	is_missing("other");
	fs.conf.negative.sec = 6;
	assert_int_equal(lookup("other"), 1);
	assert_int_equal(reply_err, 0);
	assert_int_equal(reply.nodeid, 0);
	assert_int_equal(reply.entry_valid, 6);
	fs.conf.negative.sec = 0;
	fs.conf.negative.nsec = 7;
	assert_int_equal(lookup("other"), 1);
	assert_int_equal(reply_err, 0);
	assert_int_equal(reply.entry_valid_nsec, 7);
	fs.conf.negative.nsec = 0;
	/* It was read to its end. */
	looked(0);
	assert_int_equal(asked, 0);
}

/* No more than is worth a question, and is not read already. */
static void
test_next_pace(void **state)
{
	char s[16];
	unsigned int i;

	(void)state;
	want_names();
	answer(77, 0);
	for (i = 0; i < 128; i++) {
		snprintf(s, sizeof(s), "%u", i);
		name(s, 0);
	}
	done(0);
	assert_int_equal(dir.ahead->got, 128);
	/* Each makes up for 64. */
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 77);
	assert_int_equal(req->call.q.ahead.entry_max, 64);
	assert_int_equal(req->call.q.ahead.flags, 0);
	answer(78, 0);
	ans.a.entry_cnt = 0;
	done(0);
	dir.ahead->got = 193;
	looked(ENOENT);
	assert_int_equal(asked, 0);
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 78);
	assert_int_equal(req->call.q.ahead.entry_max, 5 * 64 - 193);
}

/* One's own has to make room: from the start. */
static void
test_next_none(void **state)
{
	(void)state;
	want_names();
	answer(77, 0);
	name("x", 0);
	done(0);
	space_takes = 1;
	looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(w.asks, 2);
	space_takes = 0;
	answer(0, 1);
	done(0);
	assert_int_equal(w.joins, 2);
	is_missing("x");
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_when_names),
	    UNIT(test_when_nodes),
	    UNIT(test_when_mixed),
	    UNIT(test_when_opened),
	    UNIT(test_when_not_open),
	    UNIT(test_answer_open),
	    UNIT(test_answer_open_fails),
	    UNIT(test_when_shifted),
	    UNIT(test_not),
	    UNIT(test_not_again),
	    UNIT(test_trusted),
	    UNIT(test_trusted_own),
	    UNIT(test_answer),
	    UNIT(test_next),
	    UNIT(test_next_pace),
	    UNIT(test_next_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
