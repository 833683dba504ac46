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
 * Knows: writes that are short, refused, lied about, or must keep something.
 * Never: a real file.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ioenv.h"

#include <unistd.h>

static void
expect_file(size_t off, size_t len)
{
	assert_int_equal(written(), len);
	assert_memory_equal(file + off, in_buf + 80, len);
}

static void
test_write(void **state)
{
	(void)state;
	do_write(1000, 5000, 5000, 0, 0);
	expect_file(1000, 5000);
	assert_int_equal(last_flags, 0);
	assert_int_equal(pooled, 0);
	assert_int_equal(handle.written, 1);
}

static void
test_write_big(void **state)
{
	(void)state;
	do_write(0, IO_NOW_MAX, IO_NOW_MAX, 0, 0);
	expect_file(0, IO_NOW_MAX);
	assert_int_equal(pooled, 0);
	do_write(0, IO_NOW_MAX + 1, IO_NOW_MAX + 1, 0, 0);
	expect_file(0, IO_NOW_MAX + 1);
	assert_int_equal(pooled, 1);
	push_cnt = 1;
}

/* A device that makes one write wait: threads, until enough were fast. */
static void
test_write_slow(void **state)
{
	unsigned int i;

	(void)state;
	call_ns = SLOW_NS + 1;
	do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 0);
	for (i = 0; i < 2 * SLOW_CALLS; i++)
		do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 2 * SLOW_CALLS);
	call_ns = SLOW_NS;
	for (i = 0; i < SLOW_CALLS; i++)
		do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 3 * SLOW_CALLS);
	do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 3 * SLOW_CALLS);
	push_cnt = 1;
}

/* Other devices are as fast as they were, in the same place or not. */
static void
test_write_slow_other(void **state)
{
	unsigned int i;

	(void)state;
	call_ns = SLOW_NS + 1;
	do_write(0, 10, 10, 0, 0);
	call_ns = 0;
	for (i = 1; i < 20; i++) {
		node.dev_minor = i;
		do_write(0, 10, 10, 0, 0);
	}
	assert_int_equal(pooled, 0);
	node.dev_minor = 0;
	do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 1);
	push_cnt = 1;
}

/* These wait by their nature, which says nothing of the device. */
static void
test_write_sync(void **state)
{
	static const uint32_t flags[] = { O_DIRECT, O_DSYNC, O_SYNC };
	unsigned int i;

	(void)state;
	call_ns = SLOW_NS + 1;
	for (i = 0; i < 3; i++) {
		handle.flags = flags[i];
		do_write(0, 10, 10, 0, 0);
		assert_int_equal(pooled, i + 1);
	}
	handle.flags = 0;
	do_write(0, 10, 10, 0, 0);
	assert_int_equal(pooled, 3);
	push_cnt = 1;
}

static void
test_write_short(void **state)
{
	(void)state;
	SCRIPT({ 1, 0 }, { 0, EINTR }, { 77, 0 });
	do_write(5, 9000, 9000, 0, 0);
	expect_file(5, 9000);
}

static void
test_write_full(void **state)
{
	(void)state;
	SCRIPT({ 100, 0 }, { 0, ENOSPC });
	do_write(5, 9000, 9000, 0, 0);
	assert_int_equal(written(), 100);
}

static void
test_write_error(void **state)
{
	(void)state;
	SCRIPT({ 0, ENOSPC });
	do_write(5, 9000, 9000, 0, 0);
	assert_int_equal(error(), -ENOSPC);
}

static void
test_write_append(void **state)
{
	(void)state;
	do_write(5, 10, 10, O_APPEND, 0);
	assert_int_equal(last_flags, RWF_APPEND);
	/* Written back from a cache: it has its place already. */
	do_write(5, 10, 10, O_APPEND, FUSE_WRITE_CACHE);
	assert_int_equal(last_flags, 0);
	push_cnt = 1;
}

/* An open file of the host that only appends takes nothing else. */
static void
test_write_append_only(void **state)
{
	(void)state;
	handle.append = 1;
	do_write(5, 10, 10, O_APPEND, 0);
	assert_int_equal(last_flags, RWF_APPEND);
	push_cnt = 0;
	do_write(5, 10, 10, 0, 0);
	assert_int_equal(error(), -EPERM);
	do_write(5, 10, 10, O_APPEND, FUSE_WRITE_CACHE);
	assert_int_equal(error(), -EPERM);
	handle.append = 0;
	push_cnt = 1;
}

static void
test_write_size_lies(void **state)
{
	static const uint32_t lies[] = { 0, 99, 101, UINT32_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		push_cnt = 0;
		do_write(0, lies[i], 100, 0, 0);
		assert_int_equal(error(), -EINVAL);
	}
	push_cnt = 0;
	do_write(INT64_MAX, 100, 100, 0, 0);
	assert_int_equal(error(), -EINVAL);
	assert_int_equal(step_at, 0);
}

/* Answer the piece that is with the worker. */
static void
answer(int err, uint32_t len)
{
	static struct chan_msg m;
	struct a_write a = { len, 0 };
	struct req *r = asked;

	asked = NULL;
	m.body = &a;
	if (err == 0 && len <= r->call.tail_len)
		memcpy(file + r->call.q.write.off, r->call.tail, len);
	r->call.done(r, err, err == 0 ? &m : NULL);
}

/* Guest root writes to a set-id file: the bits stay, a worker does it. */
static void
test_keep(void **state)
{
	const uint32_t len = 2 * MSG_TAIL_MAX + 100;

	(void)state;
	node.mode |= S_ISUID;
	do_write(1000, len, len, 0, 0);
	assert_non_null(asked);
	assert_int_equal(asked->call.type, Q_WRITE);
	assert_int_equal(asked->call.cred.class, CRED_ROOT);
	assert_int_equal(asked->call.handles, 1);
	assert_int_equal(asked->handle[0]->fd, 42);
	assert_int_equal(asked->call.repeatable, 1);
	answer(0, MSG_TAIL_MAX);
	assert_int_equal(asked->call.q.write.off, 1000 + MSG_TAIL_MAX);
	answer(0, MSG_TAIL_MAX);
	assert_int_equal(asked->call.tail_len, 100);
	answer(0, 100);
	assert_null(asked);
	expect_file(1000, len);
	assert_int_equal(step_at, 0);
}

static void
test_keep_short(void **state)
{
	(void)state;
	node.mode |= S_ISUID;
	do_write(0, 100000, 100000, 0, 0);
	answer(0, 70);
	assert_null(asked);
	assert_int_equal(written(), 70);
}

static void
test_keep_error_later(void **state)
{
	(void)state;
	node.mode |= S_ISUID;
	do_write(0, 100000, 100000, 0, 0);
	answer(0, MSG_TAIL_MAX);
	answer(ENOSPC, 0);
	assert_int_equal(written(), MSG_TAIL_MAX);
}

/* A worker that wrote more than it was given. */
static void
test_keep_lie(void **state)
{
	(void)state;
	node.mode |= S_ISUID;
	do_write(0, 100, 100, 0, 0);
	answer(0, 101);
	assert_int_equal(error(), -EIO);
	push_cnt = 0;
	do_write(0, 100, 100, 0, 0);
	answer(0, UINT32_MAX);
	assert_int_equal(error(), -EIO);
}

static void
test_keep_append(void **state)
{
	(void)state;
	node.mode |= S_ISGID | S_IXGRP;
	do_write(0, 100, 100, O_APPEND, 0);
	assert_int_equal(asked->call.q.write.flags, MSG_WRITE_APPEND);
	assert_int_equal(asked->call.repeatable, 0);
	answer(EIO, 0);
	assert_int_equal(error(), -EIO);
}

/* The guest's kernel asks for the bits to go: our own write does that. */
static void
test_keep_not(void **state)
{
	(void)state;
	node.mode |= S_ISUID;
	do_write(0, 100, 100, 0, FUSE_WRITE_KILL_SUIDGID);
	assert_null(asked);
	assert_int_equal(written(), 100);
}

/* A size that is sealed: what is there may be written, nothing behind it. */
static void
test_write_sealed(void **state)
{
	char name[] = "/tmp/viofsd-io.XXXXXX";
	int fd = mkstemp(name);

	(void)state;
	assert_int_not_equal(fd, -1);
	unlink(name);
	assert_int_equal(ftruncate(fd, 1000), 0);
	fs.conf.flags = MSG_SHARE_SEAL_SIZE;
	handle.fd = real_fd = fd;
	do_write(900, 101, 101, 0, 0);
	assert_int_equal(error(), -EPERM);
	do_write(0, 1, 1, O_APPEND, 0);
	assert_int_equal(error(), -EPERM);
	assert_int_equal(step_at, 0);
	assert_int_equal(handle.written, 0);
	do_write(900, 100, 100, 0, 0);
	expect_file(900, 100);
	/* Written back from a cache it has its place, O_APPEND or not. */
	do_write(0, 10, 10, O_APPEND, FUSE_WRITE_CACHE);
	expect_file(0, 10);
	close(fd);
	push_cnt = 1;
}

/* The renamed security.capability goes first; then the write, with no more. */
static void
test_write_caps(void **state)
{
	struct req *r;

	(void)state;
	fs.conf.flags = MSG_SHARE_CAPS_MAPPED;
	do_write(0, 100, 100, 0, 0);
	assert_int_equal(step_at, 0);
	assert_non_null(asked);
	assert_int_equal(asked->call.type, Q_REMOVEXATTR);
	r = asked;
	asked = NULL;
	r->call.done(r, ENODATA, NULL);
	expect_file(0, 100);
	do_write(50, 100, 100, 0, 0);
	assert_null(asked);
	expect_file(50, 100);
	push_cnt = 1;
}

static void
test_write_caps_refused(void **state)
{
	struct req *r;

	(void)state;
	fs.conf.flags = MSG_SHARE_CAPS_MAPPED;
	do_write(0, 100, 100, 0, 0);
	r = asked;
	asked = NULL;
	r->call.done(r, EROFS, NULL);
	assert_int_equal(error(), -EROFS);
	assert_int_equal(step_at, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_write),
		UNIT(test_write_big),
		UNIT(test_write_slow),
		UNIT(test_write_slow_other),
		UNIT(test_write_sync),
		UNIT(test_write_short),
		UNIT(test_write_full),
		UNIT(test_write_error),
		UNIT(test_write_append),
		UNIT(test_write_append_only),
		UNIT(test_write_size_lies),
		UNIT(test_keep),
		UNIT(test_keep_short),
		UNIT(test_keep_error_later),
		UNIT(test_keep_lie),
		UNIT(test_keep_append),
		UNIT(test_keep_not),
		UNIT(test_write_sealed),
		UNIT(test_write_caps),
		UNIT(test_write_caps_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
