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
 * Knows: what a worker's answer about a directory is good for, and how long.
 * Never: a worker; the kernel's events.
 */

#include "config.h"

#include "aheadenv.h"

/* It was good for nothing, and what becomes of the directory then. */
static void
failed(unsigned int shift)
{
	assert_null(dir.ahead);
	assert_int_equal(dir.ahead_looks, 0);
	assert_int_equal(dir.ahead_found, 0);
	assert_int_equal(dir.ahead_shift, shift);
	assert_int_equal(fs.fd_open, 0);
	assert_int_equal(lookup("other"), 0);
}

/* Names are known, and they are asked for: once more, with nodes. */
static void
again(void)
{
	want_names();
	answer(99, 1);
	name("a", 0);
	name("b", 0);
	done(0);
	assert_int_equal(dir.ahead->whole, 1);
	assert_int_equal(dir.ahead->nodes, 0);
	is_missing("other");
	assert_int_equal(lookup("a"), 0);
	while (asked == 0 && dir.ahead_found < 1)
		looked(0);
	assert_int_equal(asked, 0);
	waiting = AHEAD_BESIDE + 1;
	looked(0);
	assert_int_equal(asked, 0);
	waiting = 0;
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	assert_int_equal(w.asks, 2);
}

static void
test_again(void **state)
{
	struct q_ahead q;

	(void)state;
	again();
	/* What is missing is known all the time. */
	q = req->call.q.ahead;
	is_missing("other");
	req->call.q.ahead = q;
	answer(5, 0);
	name("a", 1);
	done(0);
	assert_int_equal(w.joins, 1);
	assert_int_equal(w.told, 2);
	assert_int_equal(dir.ahead->nodes, 1);
	assert_int_equal(dir.ahead->read, 0);
	assert_int_equal(dir.ahead->whole, 1);
	assert_int_equal(dir.ahead->got, 1);
	is_missing("other");
	asked = dir.ahead_asked = 0;
	is_found("a");
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 5);
	assert_int_equal(w.asks, 2);
	answer(0, 1);
	name("b", 1);
	done(0);
	is_found("b");
	assert_int_equal(asked, 0);
	/* Never a third time. */
	looked(0);
	assert_int_equal(asked, 0);
}

/* Then it must be the directory that is watched. */
static void
test_again_other(void **state)
{
	(void)state;
	again();
	answer(0, 1);
	ans.a.wd = WD + 1;
	name("a", 1);
	done(0);
	failed(0);
	assert_int_equal(w.joins, 1);
	assert_int_equal(w.told, 2);
}

static void
news_forget(void)
{
	ahead_forget(fs.ahead, &dir);
}

static void
news_come(void)
{
	ahead_news(fs.ahead, dir.ahead, "come", 0);
}

static void
news_gone(void)
{
	ahead_news(fs.ahead, dir.ahead, "known", 1);
}

static void
news_changed(void)
{
	ahead_news(fs.ahead, dir.ahead, "known", 0);
}

static void
all_known(void)
{
	want_nodes();
	answer(0, 1);
	name("known", 1);
	name("two", 1);
	done(0);
}

/* Before each answer it is heard what has happened. */
static void
test_news(void **state)
{
	(void)state;
	all_known();
	is_missing("come");
	w.news = news_come;
	assert_int_equal(lookup("come"), 0);
	is_missing("other");
	is_found("known");
	w.news = news_changed;
	assert_int_equal(lookup("known"), 0);
	assert_int_equal(lookup("known"), 0);
	w.news = news_gone;
	is_missing("known");
	w.news = news_gone;
	is_found("two");
	w.news = news_forget;
	assert_int_equal(lookup("other"), 0);
	assert_null(dir.ahead);
	assert_int_equal(lookup("other"), 0);
}

/* What has changed since the question is not what its answer says. */
static void
test_news_asked(void **state)
{
	struct q_ahead q;

	(void)state;
	again();
	q = req->call.q.ahead;
	w.news = news_come;
	assert_int_equal(lookup("come"), 0);
	ahead_news(fs.ahead, dir.ahead, "a", 1);
	req->call.q.ahead = q;
	answer(0, 1);
	name("a", 1);
	name("b", 1);
	name("come", 1);
	done(0);
	assert_int_equal(lookup("a"), 0);
	assert_int_equal(lookup("come"), 0);
	is_found("b");
	is_missing("other");
}

/* An answer in two parts, with news between them; has it all names? */
static int
in_two(void (*what)(void))
{
	answer(5, 0);
	name("known", 0);
	done(0);
	while (asked == 0)
		looked(ENOENT);
	assert_int_equal(req->call.q.ahead.off, 5);
	w.news = what;
	answer(0, 1);
	name("two", 0);
	done(0);
	assert_null(w.news);
	assert_int_equal(dir.ahead->read, 1);
	assert_int_equal(lookup("other"), dir.ahead->whole);
	return dir.ahead->whole;
}

/*
 * Where a cookie is a place in the list, what goes in front of it makes
 * another name be left out.
 */
static void
test_shifted(void **state)
{
	(void)state;
	magic = TMPFS_MAGIC;
	want_names();
	assert_int_equal(in_two(NULL), 1);
	ahead_forget(fs.ahead, &dir);
	want_names();
	assert_int_equal(in_two(news_gone), 0);
	assert_non_null(ahead_find(dir.ahead, "two"));
	looked(ENOENT);
	assert_int_equal(asked, 0);
	magic = BTRFS_SUPER_MAGIC;
	ahead_forget(fs.ahead, &dir);
	want_names();
	assert_int_equal(in_two(news_gone), 1);
}

/* One answer that has all of it is right, whatever happened. */
static void
test_shifted_one(void **state)
{
	(void)state;
	magic = TMPFS_MAGIC;
	want_names();
	assert_int_equal(in_two(news_gone), 0);
	want_nodes();
	ahead_news(fs.ahead, dir.ahead, "x", 1);
	answer(0, 1);
	name("known", 1);
	done(0);
	assert_int_equal(dir.ahead->whole, 1);
	is_missing("other");
}

/* The second time counts by itself, from when it is asked for. */
static void
test_shifted_again(void **state)
{
	(void)state;
	magic = TMPFS_MAGIC;
	want_names();
	assert_int_equal(in_two(news_gone), 0);
	want_nodes();
	assert_int_equal(req->call.q.ahead.off, 0);
	ahead_news(fs.ahead, dir.ahead, "x", 1);
	assert_int_equal(in_two(NULL), 0);
	ahead_forget(fs.ahead, &dir);
	dir.ahead_looks = dir.ahead_found = 0;
	want_names();
	assert_int_equal(in_two(news_gone), 0);
	want_nodes();
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(in_two(NULL), 1);
}

/* Which filesystem it is cannot be said any more. */
static void
test_shifted_unknown(void **state)
{
	int fd = dir.fd;

	(void)state;
	want_names();
	dir.fd = -1;
	answer(5, 0);
	name("known", 0);
	done(0);
	dir.fd = fd;
	want_names();
	w.news = news_gone;
	answer(0, 1);
	done(0);
	assert_int_equal(dir.ahead->read, 1);
	assert_int_equal(dir.ahead->whole, 0);
}

static void
test_other_user(void **state)
{
	(void)state;
	all_known();
	is_found("known");
	route_err = EPERM;
	assert_int_equal(lookup("known"), 0);
	route_err = 0;
	uid = UID + 1;
	w.reads = 0;
	assert_int_equal(lookup("other"), 0);
	assert_int_equal(w.reads, 0);
	/* Somebody else has to wait until nobody needs it. */
	looked(0);
	assert_int_equal(asked, 0);
	assert_non_null(dir.ahead);
	in_use = 0;
	looked(0);
	assert_int_equal(asked, 1);
	assert_null(dir.ahead);
	answer(0, 1);
	done(0);
	is_missing("known");
	uid = UID;
	assert_int_equal(lookup("known"), 0);
}

/* What happened to it while a worker was asked. */
static void
test_asked(void **state)
{
	struct cred other;

	(void)state;
	/* It has become another one's. */
	want_names();
	cred_set(&other, CRED_USER, 6, 6);
	assert_non_null(ahead_begin(fs.ahead, &dir, &other));
	dir.ahead->watched = (struct watch_dir *)(uintptr_t)WD;
	answer(0, 1);
	name("x", 0);
	done(0);
	failed(0);
	/* What the rest belongs to has been forgotten. */
	want_names();
	answer(5, 0);
	done(0);
	want_names();
	assert_int_equal(req->call.q.ahead.off, 5);
	ahead_forget(fs.ahead, &dir);
	answer(0, 1);
	done(0);
	failed(0);
	/* ... or was read otherwise. */
	want_names();
	answer(5, 0);
	done(0);
	want_names();
	assert_int_equal(req->call.q.ahead.off, 5);
	dir.ahead->next = 6;
	answer(0, 1);
	done(0);
	failed(0);
	/* The guest has forgotten it; the number is known all the same. */
	want_names();
	w.told = 0;
	dir.nlookup = 0;
	answer(0, 1);
	done(0);
	assert_int_equal(w.told, 1);
	assert_null(dir.ahead);
}

static void
test_refused(void **state)
{
	static const int errs[] = {EAGAIN, EACCES, ENOTSUP, EIO, ENOSPC};
	unsigned int i, shift;

	(void)state;
	for (i = 0; i < 10; i++) {
		shift = AHEAD_SHIFT_MAX;
		if (errs[i % 5] == EAGAIN || errs[i % 5] == EIO)
			shift = errs[i % 5] == EIO;
		dir.ahead_shift = 0;
		want_names();
		answer(0, 1);
		name("x", 0);
		/* Before it is watched, or afterwards. */
		ans.a.err = i < 5 ? 0 : (uint32_t)errs[i - 5];
		done(i < 5 ? errs[i] : 0);
		failed(shift);
		assert_int_equal(w.told, i < 5 ? 0 : i - 4);
	}
	dir.ahead_shift = 0;
	want_names();
	answer(0, 1);
	ans.a.err = 100000;
	done(0);
	failed(1);
	assert_int_equal(w.joins, 0);
	dir.ahead_shift = AHEAD_SHIFT_MAX;
	want_names();
	done(EIO);
	failed(AHEAD_SHIFT_MAX);
}

/* It cannot be joined. */
static void
test_not_joined(void **state)
{
	static const struct {
		int told, join;
		int32_t wd;
		unsigned int shift;
	} cases[] = {
	    {0, EAGAIN, WD, 0},
	    {0, ENOMEM, WD, AHEAD_SHIFT_MAX},
	    {0, EIO, WD, 1},
	    {ENOMEM, 0, WD, AHEAD_SHIFT_MAX},
	    {0, 0, 0, 1},
	    {0, 0, -1, 1},
	    {0, 0, INT32_MIN, 1},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dir.ahead_shift = 0;
		want_nodes();
		answer(0, 1);
		name("known", 1);
		ans.a.wd = cases[i].wd;
		w.told_err = cases[i].told;
		w.join_err = cases[i].join;
		done(0);
		failed(cases[i].shift);
	}
	assert_int_equal(w.leaves, 0);
	w.joins = 0;
}

/* A worker that lies costs its user no more than the truth would. */
static void
test_lies(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		dir.ahead_shift = 0;
		want_nodes();
		answer(0, 1);
		name("known", 1);
		if (i == 0)
			ans.a.entry_cnt = 5;
		else if (i == 1)
			ans.tail.bytes[sizeof(struct msg_dirent) + 5] = '/';
		else if (i == 2)
			fdbag_close(&ans.m.fds);
		else
			enter_err = ENFILE;
		done(0);
		if (i < 2)
			failed(1);
		assert_int_equal(lookup("known"), 0);
		ahead_forget(fs.ahead, &dir);
		dir.ahead_looks = dir.ahead_found = 0;
	}
	assert_int_equal(entered, 1);
}

/* There is an end, and no end was heard of. */
static void
test_full(void **state)
{
	(void)state;
	want_names();
	answer(77, 1);
	name("one", 0);
	name("two", 0);
	add_err = ENOSPC;
	add_left = 1;
	done(0);
	assert_non_null(dir.ahead);
	assert_int_equal(dir.ahead->full, 1);
	assert_int_equal(dir.ahead->whole + dir.ahead->read, 0);
	assert_non_null(ahead_find(dir.ahead, "one"));
	assert_int_equal(lookup("two"), 0);
	assert_int_equal(lookup("other"), 0);
	/* Nor is there more to come. */
	many();
	assert_int_equal(dir.ahead_shift, 0);
}

/* With nodes there was no room, and what is missing is known by then. */
static void
test_full_again(void **state)
{
	(void)state;
	again();
	answer(0, 1);
	name("a", 1);
	name("b", 1);
	add_err = ENOSPC;
	add_left = 1;
	done(0);
	is_found("a");
	assert_int_equal(lookup("b"), 0);
	is_missing("other");
	many();
}

static void
test_no_memory(void **state)
{
	(void)state;
	want_names();
	answer(0, 1);
	no_begin = 1;
	done(0);
	failed(AHEAD_SHIFT_MAX);
	no_begin = 0;
	dir.ahead_shift = 0;
	want_nodes();
	answer(0, 1);
	name("one", 1);
	name("two", 1);
	add_err = ENOMEM;
	add_left = 1;
	done(0);
	failed(AHEAD_SHIFT_MAX);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_again),
	    UNIT(test_again_other),
	    UNIT(test_news),
	    UNIT(test_news_asked),
	    UNIT(test_shifted),
	    UNIT(test_shifted_one),
	    UNIT(test_shifted_again),
	    UNIT(test_shifted_unknown),
	    UNIT(test_other_user),
	    UNIT(test_asked),
	    UNIT(test_refused),
	    UNIT(test_not_joined),
	    UNIT(test_lies),
	    UNIT(test_full),
	    UNIT(test_full_again),
	    UNIT(test_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
