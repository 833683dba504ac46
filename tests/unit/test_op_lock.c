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
 * Knows: locks of a guest among those of others on the same host.
 * Never: a worker; the files are opened here.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/op_lock.c"

#include <stdlib.h>

#include <event2/event.h>

#include "transport/dispatch.h"
#include "transport/node.h"

#define END	((uint64_t)INT64_MAX)

static struct fs fs;
static struct node node;
static struct handle handle;
static struct req *req;			/* three of them, each one request */
static char path[] = "/tmp/viofsd-lock.XXXXXX";
static int other;			/* somebody else's open file */
static int err_of[3], ended[3], draining, open_rdwr_err;
static unsigned int ask_cnt;
static uint32_t ask_flags;
static struct fuse_lk_out found;
static struct fuse_lk_in args[3];

static unsigned int
which(const struct req *r)
{
	return (unsigned int)(r - req);
}

void
req_end(struct req *r, int err)
{
	assert_null(r->waiter);
	err_of[which(r)] = err;
	ended[which(r)]++;
}

void
req_end_body(struct req *r, const void *body, size_t len)
{
	assert_int_equal(len, sizeof(found));
	memcpy(&found, body, len);
	req_end(r, 0);
}

int
req_node(struct req *r, unsigned int i, uint64_t nodeid)
{
	if (nodeid != 5)
		return EBADF;
	r->node[i] = &node;
	return 0;
}

int
req_handle(struct req *r, unsigned int i, uint64_t fh, int dir)
{
	if (fh != 9 || dir)
		return EBADF;
	r->handle[i] = &handle;
	return 0;
}

/* A worker as fast as that, and the share's root. */
void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	static struct chan_msg m;
	int fd, err = 0;

	assert_int_equal(type, Q_OPEN);
	assert_true((flags & ASK_ROOT) != 0);
	ask_cnt++;
	ask_flags = r->call.q.open.flags;
	fdbag_init(&m.fds);
	if (ask_flags == O_RDWR)
		err = open_rdwr_err;
	if (err == 0) {
		fd = open(path, (int)ask_flags | O_CLOEXEC);
		assert_int_not_equal(fd, -1);
		assert_int_equal(fdbag_put(&m.fds, fd), 0);
	}
	done(r, err, err == 0 ? &m : NULL);
	fdbag_close(&m.fds);
}

int
vu_draining(const struct vu_dev *d)
{
	(void)d;
	return draining;
}

void
dispatch_flush(struct fs *f)
{
	(void)f;
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
	n->pins--;
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	assert_true(fd_max <= 100);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(&node, 0, sizeof(node));
	memset(err_of, -1, sizeof(err_of));
	memset(ended, 0, sizeof(ended));
	fs.fd_total = 100;
	fs.base = event_base_new();
	fs.locks = lock_table_new(&fs, 10);
	fs.session.flags = FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	other = mkostemp(path, O_CLOEXEC);
	handle.fd = open(path, O_RDWR | O_CLOEXEC);
	handle.open = 1;
	req = calloc(3, sizeof(*req));
	draining = open_rdwr_err = 0;
	ask_cnt = 0;
	return other == -1 || handle.fd == -1 || req == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	op_lock_cancel(&fs);
	lock_drop_all(fs.locks);
	assert_int_equal(node.pins, 0);
	free(fs.locks);
	event_base_free(fs.base);
	free(req);
	fd_close(&other);
	fd_close(&handle.fd);
	unlink(path);
	return 0;
}

static struct req *
make(unsigned int i, uint32_t opcode, uint64_t owner, uint32_t type)
{
	struct req *r = &req[i];

	memset(r, 0, sizeof(*r));
	memset(&args[i], 0, sizeof(args[i]));
	r->fs = &fs;
	r->in.opcode = opcode;
	r->in.nodeid = 5;
	r->in.unique = 100 + i;
	args[i].fh = 9;
	args[i].owner = owner;
	args[i].lk.end = END;
	args[i].lk.type = type;
	r->args = (const uint8_t *)&args[i];
	r->args_len = sizeof(args[i]);
	ended[i] = 0;
	err_of[i] = -1;
	return r;
}

/* One SETLK from start to its answer. */
static int
setlk(uint64_t owner, uint32_t type, uint64_t start, uint64_t end)
{
	struct req *r = make(0, FUSE_SETLK, owner, type);

	args[0].lk.start = start;
	args[0].lk.end = end;
	op_setlk(r);
	assert_int_equal(ended[0], 1);
	return err_of[0];
}

static int
flock_of(uint32_t type)
{
	struct req *r = make(0, FUSE_SETLK, 1, type);

	args[0].lk_flags = FUSE_LK_FLOCK;
	op_setlk(r);
	assert_int_equal(ended[0], 1);
	return err_of[0];
}

/* Another process of the host, as far as the kernel can tell. */
static int
others(short type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = start, .l_len = len };

	return fcntl(other, F_OFD_SETLK, &fl) == -1 ? errno : 0;
}

static void
loop_until_ended(unsigned int i)
{
	unsigned int n;

	for (n = 0; n < 200 && !ended[i]; n++)
		event_base_loop(fs.base, EVLOOP_ONCE);
	assert_int_equal(ended[i], 1);
}

static void
test_host_sees(void **state)
{
	(void)state;
	assert_int_equal(setlk(1, F_WRLCK, 10, 19), 0);
	assert_int_equal(others(F_WRLCK, 0, 10), 0);
	assert_int_equal(others(F_WRLCK, 19, 1), EAGAIN);
	assert_int_equal(others(F_WRLCK, 20, 5), 0);
	assert_int_equal(setlk(1, F_UNLCK, 10, 19), 0);
	assert_int_equal(others(F_WRLCK, 19, 1), 0);
	/* To the end, and past what is the end now. */
	assert_int_equal(setlk(1, F_RDLCK, 1000, END), 0);
	assert_int_equal(others(F_RDLCK, 5000, 1), 0);
	assert_int_equal(others(F_WRLCK, INT64_MAX - 1, 1), EAGAIN);
	assert_int_equal(ask_cnt, 1);
}

/* Owners are strangers to each other, each to itself is not. */
static void
test_owners(void **state)
{
	(void)state;
	assert_int_equal(setlk(1, F_WRLCK, 0, 9), 0);
	assert_int_equal(setlk(1, F_WRLCK, 5, 20), 0);
	assert_int_equal(setlk(2, F_RDLCK, 0, 0), EAGAIN);
	assert_int_equal(setlk(2, F_WRLCK, 21, 30), 0);
	lock_drop(fs.locks, &node, 1);		/* FLUSH of owner 1 */
	assert_int_equal(setlk(2, F_RDLCK, 0, 0), 0);
	assert_int_equal(others(F_WRLCK, 25, 1), EAGAIN);
	assert_int_equal(ask_cnt, 2);
}

static void
test_unlock_nothing(void **state)
{
	(void)state;
	assert_int_equal(setlk(1, F_UNLCK, 0, END), 0);
	assert_int_equal(ask_cnt, 0);
}

static void
test_ranges(void **state)
{
	(void)state;
	assert_int_equal(setlk(1, F_WRLCK, 1, 0), EINVAL);
	assert_int_equal(setlk(1, F_WRLCK, 1ULL << 63, UINT64_MAX), EINVAL);
	assert_int_equal(setlk(1, 3, 0, 0), EINVAL);
	assert_int_equal(setlk(1, UINT32_MAX, 0, 0), EINVAL);
	assert_int_equal(setlk(1, F_WRLCK | 1 << 16, 0, 0), EINVAL);
	assert_int_equal(setlk(1, F_WRLCK, END, UINT64_MAX), 0);
	assert_int_equal(setlk(1, F_WRLCK, 0, END - 1), 0);
	assert_int_equal(setlk(1, F_WRLCK, 0, UINT64_MAX), 0);
}

static void
test_refused(void **state)
{
	struct req *r;

	(void)state;
	fs.session.flags = FUSE_FLOCK_LOCKS;
	assert_int_equal(setlk(1, F_WRLCK, 0, 0), ENOSYS);
	assert_int_equal(flock_of(F_WRLCK), 0);
	fs.session.flags = FUSE_POSIX_LOCKS;
	assert_int_equal(flock_of(F_UNLCK), ENOSYS);
	r = make(0, FUSE_SETLK, 1, F_WRLCK);
	r->args_len--;
	op_setlk(r);
	assert_int_equal(err_of[0], EINVAL);
	r = make(0, FUSE_SETLK, 1, F_WRLCK);
	args[0].fh = 8;
	op_setlk(r);
	assert_int_equal(err_of[0], EBADF);
	assert_int_equal(ask_cnt, 0);
}

/* What nobody may write is opened for reading; shared locks work then. */
static void
test_read_only(void **state)
{
	(void)state;
	open_rdwr_err = EROFS;
	assert_int_equal(setlk(1, F_RDLCK, 0, 9), 0);
	assert_int_equal(ask_cnt, 2);
	assert_int_equal(ask_flags, O_RDONLY);
	assert_int_equal(setlk(1, F_WRLCK, 0, 9), EBADF);
	fs.conf.flags = MSG_SHARE_READONLY;
	assert_int_equal(setlk(2, F_RDLCK, 0, 9), 0);
	assert_int_equal(ask_cnt, 3);
	fs.conf.flags = 0;
	open_rdwr_err = EIO;
	assert_int_equal(setlk(3, F_RDLCK, 0, 9), EIO);
	assert_int_equal(ask_cnt, 4);
}

static void
test_flock(void **state)
{
	(void)state;
	assert_int_equal(flock_of(F_RDLCK), 0);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
	assert_int_equal(flock_of(F_WRLCK), EAGAIN);
	assert_int_equal(flock(other, LOCK_UN), 0);
	assert_int_equal(flock_of(F_WRLCK), 0);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1);
	assert_int_equal(flock_of(F_UNLCK), 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(flock_of(7), EINVAL);
	assert_int_equal(ask_cnt, 0);
}

static void
test_getlk(void **state)
{
	struct req *r;

	(void)state;
	assert_int_equal(others(F_WRLCK, 100, 50), 0);
	r = make(1, FUSE_GETLK, 1, F_RDLCK);
	op_getlk(r);
	assert_int_equal(err_of[1], 0);
	assert_int_equal(found.lk.type, F_WRLCK);
	assert_int_equal(found.lk.start, 100);
	assert_int_equal(found.lk.end, 149);
	assert_int_equal(found.lk.pid, 0);
	assert_int_equal(others(F_UNLCK, 0, 0), 0);
	assert_int_equal(others(F_WRLCK, 7, 0), 0);
	op_getlk(make(1, FUSE_GETLK, 1, F_RDLCK));
	assert_int_equal(found.lk.start, 7);
	assert_true(found.lk.end == END);
	r = make(1, FUSE_GETLK, 1, F_WRLCK);
	args[1].lk.end = 6;
	op_getlk(r);
	assert_int_equal(found.lk.type, F_UNLCK);
}

/* Its own locks are in nobody's way. */
static void
test_getlk_own(void **state)
{
	(void)state;
	assert_int_equal(setlk(1, F_WRLCK, 0, 9), 0);
	op_getlk(make(1, FUSE_GETLK, 1, F_WRLCK));
	assert_int_equal(found.lk.type, F_UNLCK);
	op_getlk(make(1, FUSE_GETLK, 2, F_WRLCK));
	assert_int_equal(found.lk.type, F_WRLCK);
	assert_int_equal(found.lk.end, 9);
}

static void
test_wait(void **state)
{
	(void)state;
	assert_int_equal(others(F_WRLCK, 0, 0), 0);
	op_setlk(make(1, FUSE_SETLKW, 1, F_WRLCK));
	assert_int_equal(ended[1], 0);
	event_base_loop(fs.base, EVLOOP_ONCE);
	assert_int_equal(ended[1], 0);
	assert_int_equal(others(F_UNLCK, 0, 0), 0);
	loop_until_ended(1);
	assert_int_equal(err_of[1], 0);
	assert_int_equal(others(F_RDLCK, 0, 1), EAGAIN);
}

static void
test_interrupt(void **state)
{
	(void)state;
	assert_int_equal(others(F_WRLCK, 0, 0), 0);
	op_setlk(make(1, FUSE_SETLKW, 1, F_WRLCK));
	op_setlk(make(2, FUSE_SETLKW, 2, F_WRLCK));
	op_lock_interrupt(&fs, 999);
	assert_int_equal(ended[1] + ended[2], 0);
	op_lock_interrupt(&fs, 101);
	assert_int_equal(err_of[1], EINTR);
	assert_int_equal(ended[2], 0);
	op_lock_cancel(&fs);
	assert_int_equal(err_of[2], EINTR);
}

/* The lock's file is closed under a request that waits for it. */
static void
test_dropped_while_waiting(void **state)
{
	(void)state;
	assert_int_equal(others(F_WRLCK, 0, 0), 0);
	op_setlk(make(1, FUSE_SETLKW, 1, F_WRLCK));
	lock_drop_all(fs.locks);
	loop_until_ended(1);
	assert_int_equal(err_of[1], EBADF);
}

/* A device that drains cannot wait for a lock. */
static void
test_draining(void **state)
{
	(void)state;
	draining = 1;
	assert_int_equal(others(F_WRLCK, 0, 10), 0);
	op_setlk(make(1, FUSE_SETLKW, 1, F_WRLCK));
	assert_int_equal(ended[1], 1);
	assert_int_equal(err_of[1], EINTR);
	assert_int_equal(others(F_UNLCK, 0, 0), 0);
	op_setlk(make(1, FUSE_SETLKW, 1, F_WRLCK));
	assert_int_equal(err_of[1], 0);
}

/* A guest that invents owners. */
static void
test_too_many(void **state)
{
	uint64_t owner;

	(void)state;
	for (owner = 0; owner < 10; owner++)
		assert_int_equal(setlk(owner, F_RDLCK, 0, 0), 0);
	assert_int_equal(setlk(10, F_RDLCK, 0, 0), ENOLCK);
	assert_int_equal(setlk(9, F_RDLCK, 1, 1), 0);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_host_sees),
		UNIT(test_owners),
		UNIT(test_unlock_nothing),
		UNIT(test_ranges),
		UNIT(test_refused),
		UNIT(test_read_only),
		UNIT(test_flock),
		UNIT(test_getlk),
		UNIT(test_getlk_own),
		UNIT(test_wait),
		UNIT(test_interrupt),
		UNIT(test_dropped_while_waiting),
		UNIT(test_draining),
		UNIT(test_too_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
