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
 * Knows: files that are looked up by what a worker said of them: when it is
 * asked for, and how long it does.
 * Never: a worker; the kernel's events.
 */

#include "config.h"

#include "aheadenv.h"

#define SEC 1000000000LL

/* As root of a share whose files can be found by a handle. */
static int
setup_root(void **state)
{
	if (setup(state) != 0)
		return -1;
	class = CRED_ROOT;
	fs.conf.flags = MSG_SHARE_HANDLES;
	fs.conf.attr.sec = 2;
	fs.conf.entry.sec = 3;
	return 0;
}

static uint32_t
wanted(void)
{
	dir.ahead_asked = 0;
	asked = 0;
	dir.ahead_looks = dir.ahead_found = 1;
	looked(0);
	assert_int_equal(asked, 1);
	return req->call.q.ahead.flags;
}

/* By whose word, and for whom. */
static void
test_when(void **state)
{
	const uint32_t with = MSG_AHEAD_NODES;

	(void)state;
	/* It costs no descriptor. */
	assert_int_equal(wanted(), MSG_AHEAD_NODES | MSG_AHEAD_ATTR);
	assert_int_equal(spaced, 0);
	dir.ahead_opens = 1;
	assert_int_equal(wanted(), MSG_AHEAD_NODES | MSG_AHEAD_OPEN);
	assert_int_equal(spaced, 1);
	dir.ahead_opens = 0;
	dir.ahead_aged = 1;
	assert_int_equal(wanted(), with);
	assert_int_equal(spaced, 1);
	dir.ahead_aged = 0;
	fs.debt[DEBT_LOOK] = (struct fs_debt){1, INT64_MAX};
	assert_int_equal(wanted(), with);
	fs.debt[DEBT_LOOK].left = 0;
	no_room = 1;
	assert_int_equal(wanted(), with);
	no_room = 0;
	fs.conf.flags |= MSG_SHARE_READONLY;
	assert_int_equal(wanted(), with);
	fs.conf.flags = MSG_SHARE_HANDLES;
	class = CRED_USER;
	assert_int_equal(wanted(), with);
	class = CRED_ROOT;
	fs.conf.attr.sec = 0;
	assert_int_equal(wanted(), with);
	fs.conf.attr.nsec = 1;
	assert_int_equal(wanted(), MSG_AHEAD_NODES | MSG_AHEAD_ATTR);
}

static struct msg_dirent *
said(const char *s)
{
	const struct msg_dirent d = {.flags = MSG_DIRENT_SEALED,
	    .seal_len = 4,
	    .attr = {.ino = 9,
		.mode = S_IFREG | 0640,
		.nlink = 1,
		.size = 55}};

	return name_record(s, d);
}

/* A directory of which this is said. */
static void
ask(uint64_t next, int end)
{
	assert_int_equal(asked, 0);
	while (asked == 0 && dir.ahead_looks < 4000)
		looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags,
	    MSG_AHEAD_NODES | MSG_AHEAD_ATTR);
	req->asked.mono = req->asked.real = ASKED;
	answer(next, end);
}

static void
known(void)
{
	ask(77, 1);
	said("file");
	said("other");
	done(0);
	assert_int_equal(dir.ahead->attr, 1);
	assert_int_equal(dir.ahead->fd_cnt, 0);
}

static void
test_said(void **state)
{
	(void)state;
	known();
	now = ASKED + SEC / 4;
	is_found("file");
	assert_int_equal(reply.attr.size, 55);
	assert_int_equal(child.fd, -1);
	assert_int_equal(child.said, 1);
	assert_int_equal(entered, 1);
	/* The guest may believe it for what is left. */
	assert_true(reply.attr_valid == 1);
	assert_int_equal(reply.attr_valid_nsec, 750000000);
	assert_true(reply.entry_valid == 3);
	/* Again: one lookup more of the same node. */
	is_found("file");
	assert_int_equal(entered, 1);
	assert_true(child.nlookup == 1);
	/* What is open says it itself. */
	child.fd = open("/dev/null", O_PATH);
	is_found("file");
	assert_int_equal(reply.attr.size, 0);
	assert_true(reply.attr_valid == 2);
	is_missing("none");
	enter_err = ENOMEM;
	assert_int_equal(lookup("other"), 0);
	assert_int_equal(dir.ahead_aged, 0);
}

/* It gets old: descriptors from then on, beginning with all that is there. */
static void
test_old(void **state)
{
	(void)state;
	known();
	is_found("file");
	fd_close(&child.fd);
	now = ASKED + SEC - 1;
	is_found("file");
	now = ASKED + SEC;
	assert_int_equal(lookup("file"), 0);
	assert_int_equal(lookup("other"), 0);
	assert_int_equal(dir.ahead_aged, 1);
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
	answer(77, 1);
	name("file", 1);
	done(0);
	assert_int_equal(dir.ahead->attr, 0);
	entered = 0;
	is_found("file");
	assert_int_equal(entered, 1);
	looked(0);
	assert_int_equal(asked, 0);
}

/* No longer than the guest would believe it. */
static void
test_old_conf(void **state)
{
	(void)state;
	fs.conf.attr.sec = 0;
	fs.conf.attr.nsec = 1000;
	known();
	now = ASKED + 999;
	is_found("file");
	assert_int_equal(reply.attr_valid_nsec, 1);
	now = ASKED + 1000;
	assert_int_equal(lookup("file"), 0);
}

/* Nor at all if its set-id bits may go with the next write. */
static void
test_melting(void **state)
{
	(void)state;
	ask(77, 1);
	said("file")->attr.mode = S_IFREG | S_ISGID | 0644;
	done(0);
	assert_int_equal(lookup("file"), 0);
}

/* One more name, in whichever directory. */
static void
test_linked(void **state)
{
	(void)state;
	known();
	is_found("file");
	fd_close(&child.fd);
	op_known_linked(&fs);
	assert_int_equal(lookup("file"), 0);
	assert_int_equal(lookup("other"), 0);
}

static void
touch(void)
{
	ahead_touched(fs.ahead, dir.ahead, "file");
}

static void
test_touched(void **state)
{
	(void)state;
	known();
	is_found("file");
	fd_close(&child.fd);
	w.news = touch;
	assert_int_equal(lookup("file"), 0);
	assert_int_equal(dir.ahead_aged, 0);
	is_found("other");
}

/* The rest of it likewise, unless it has to be paid for. */
static void
test_next(void **state)
{
	(void)state;
	ask(77, 0);
	said("file");
	done(0);
	looked(0);
	assert_int_equal(req->call.q.ahead.off, 77);
	assert_int_equal(req->call.q.ahead.flags,
	    MSG_AHEAD_NODES | MSG_AHEAD_ATTR);
	answer(78, 0);
	said("next");
	done(0);
	fs.debt[DEBT_LOOK] = (struct fs_debt){1, INT64_MAX};
	is_found("next");
	while (asked == 0)
		looked(0);
	assert_int_equal(req->call.q.ahead.off, 78);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
}

/* What began without is not watched for it. */
static void
test_next_not(void **state)
{
	(void)state;
	fs.debt[DEBT_LOOK] = (struct fs_debt){1, INT64_MAX};
	want_nodes();
	answer(77, 0);
	name("file", 1);
	done(0);
	/* Its descriptor has paid. */
	assert_int_equal(fs.debt[DEBT_LOOK].left, 0);
	looked(0);
	assert_int_equal(req->call.q.ahead.off, 77);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
}

/* A change on the way: not tried again, for as long as it is in use. */
static void
test_busy(void **state)
{
	(void)state;
	ask(77, 1);
	said("file");
	w.join_err = EAGAIN;
	done(0);
	assert_null(dir.ahead);
	assert_int_equal(dir.ahead_aged, 1);
	w.join_err = 0;
	want_nodes();
	answer(77, 1);
	name("file", 1);
	done(0);
	assert_int_equal(dir.ahead_aged, 1);
}

static void
refused(void)
{
	done(0);
	assert_null(dir.ahead);
	assert_int_equal(lookup("file"), 0);
	dir.ahead_aged = dir.ahead_shift = 0;
}

/* What was not asked for, or is no word on a file. */
static void
test_lies(void **state)
{
	struct msg_dirent *d;

	(void)state;
	ask(77, 1);
	said("file")->attr.mode = S_IFDIR | 0755;
	refused();
	ask(77, 1);
	d = said("file");
	d->flags |= MSG_DIRENT_NODE;
	refused();
	ask(77, 1);
	d = said("file");
	d->seal_len = 0;
	refused();
	fs.debt[DEBT_LOOK] = (struct fs_debt){1, INT64_MAX};
	want_nodes();
	answer(77, 1);
	said("file");
	refused();
	fs.debt[DEBT_LOOK].left = 0;
	/* Somebody else may have another name of it. */
	ask(77, 1);
	said("file")->attr.nlink = 2;
	done(0);
	assert_non_null(dir.ahead);
	assert_int_equal(lookup("file"), 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup_root, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_when),
	    UNIT(test_said),
	    UNIT(test_old),
	    UNIT(test_old_conf),
	    UNIT(test_melting),
	    UNIT(test_linked),
	    UNIT(test_touched),
	    UNIT(test_next),
	    UNIT(test_next_not),
	    UNIT(test_busy),
	    UNIT(test_lies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
