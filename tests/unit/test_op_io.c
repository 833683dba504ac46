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
 * Knows: reads and writes that are short, late, refused, or lied about.
 * Never: a real file.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/uio.h>

#include <string.h>

static ssize_t fake_read(int fd, const struct iovec *iov, int cnt, off_t off,
	    int flags);
static ssize_t fake_write(int fd, const struct iovec *iov, int cnt, off_t off,
	    int flags);

#define preadv2		fake_read
#define pwritev2	fake_write
#include "transport/op_io.c"

#include <sys/stat.h>

#include "transport/blink.h"
#include "transport/dispatch.h"
#include "transport/iopool.h"
#include "transport/node.h"
#include "transport/route.h"
#include "transport/wlink.h"

#define FILE_LEN	300000u
#define STEPS		16u

/* What one call into the file does. */
struct step {
	size_t most;		/* bytes, 0: end of file */
	int err;
};

static struct fs fs;
static struct node node;
static struct handle handle;
static uint8_t file[FILE_LEN], in_buf[FILE_LEN + 200];
static uint8_t out_buf[FILE_LEN + 100];
static struct step steps[STEPS];
static unsigned int step_cnt, step_at, push_cnt, pooled;
static int last_flags;
static off_t last_off;
static struct req *asked;

static size_t
fake_step(int *err, size_t len)
{
	struct step s = { SIZE_MAX, 0 };

	if (step_at < step_cnt)
		s = steps[step_at];
	step_at++;
	*err = s.err;
	return s.most < len ? s.most : len;
}

static size_t
fake_len(const struct iovec *iov, int cnt)
{
	size_t len = 0;
	int i;

	assert_in_range(cnt, 1, IOV_MAX);
	for (i = 0; i < cnt; i++)
		len += iov[i].iov_len;
	assert_true(len > 0);
	return len;
}

static ssize_t
fake_any(int fd, const struct iovec *iov, int cnt, off_t off, int write)
{
	size_t len = fake_len(iov, cnt), done = 0, n;
	int i;

	assert_int_equal(fd, 42);
	assert_true(off >= 0);
	if (!write && off + len > FILE_LEN)
		len = off < FILE_LEN ? FILE_LEN - (size_t)off : 0;
	len = fake_step(&errno, len);
	if (errno != 0)
		return -1;
	for (i = 0; i < cnt && done < len; i++) {
		n = iov[i].iov_len < len - done ? iov[i].iov_len : len - done;
		if (write)
			memcpy(file + off + done, iov[i].iov_base, n);
		else
			memcpy(iov[i].iov_base, file + off + done, n);
		done += n;
	}
	return (ssize_t)len;
}

static ssize_t
fake_read(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	last_flags = flags;
	return fake_any(fd, iov, cnt, off, 0);
}

static ssize_t
fake_write(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	last_flags = flags;
	last_off = off;
	return fake_any(fd, iov, cnt, off, 1);
}

void
vring_push(struct vring *ring, uint16_t head, uint32_t len)
{
	(void)ring;
	(void)head;
	(void)len;
	push_cnt++;
}

struct node *
node_get(struct node_table *t, uint64_t nodeid)
{
	(void)t;
	return nodeid == 1 ? &node : NULL;
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
node_use(struct node_table *t, struct node *n)
{
	(void)t;
	n->uses++;
}

void
node_unuse(struct node *n)
{
	n->uses--;
}

/* Every node has its descriptor here. */
int
node_seal(const struct node *n, struct msg_seal *seal)
{
	(void)n;
	(void)seal;
	return ESTALE;
}

void
node_set_fd(struct node_table *t, struct node *n, int *fd)
{
	(void)t;
	(void)n;
	(void)fd;
	fail();
}

int
blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie)
{
	(void)b;
	(void)seal;
	(void)cookie;
	return ENOMEM;
}

void
dispatch_flush(struct fs *f)
{
	(void)f;
	fail();
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

struct handle *
handle_get(struct handle_table *t, const struct node *n, uint64_t fh, int dir)
{
	(void)t;
	(void)n;
	return fh == 7 && !dir ? &handle : NULL;
}

void
handle_pin(struct handle *h)
{
	h->pins++;
}

void
handle_unpin(struct handle_table *t, struct node_table *nodes,
    struct handle *h)
{
	(void)t;
	(void)nodes;
	h->pins--;
}

void
iopool_submit(struct iopool *p, struct req *r)
{
	(void)p;
	pooled++;
	r->io.work(r);
	req_free(r);
}

void
wlink_call(struct wlink *w, struct req *r)
{
	(void)w;
	assert_null(asked);
	asked = r;
}

static struct req *
make(uint32_t opcode, const void *arg, size_t arg_len, size_t data_len,
    size_t room)
{
	struct fuse_in_header in;
	struct req *r = req_new(&fs);
	size_t len = sizeof(in) + arg_len + data_len, half;
	int repliable;

	assert_non_null(r);
	memset(&in, 0, sizeof(in));
	in.len = (uint32_t)len;
	in.opcode = opcode;
	in.nodeid = 1;
	memcpy(in_buf, &in, sizeof(in));
	memcpy(in_buf + sizeof(in), arg, arg_len);
	/* In two pieces each, at odd places. */
	half = len / 3 | 1;
	r->chain.iov[0] = (struct iovec){ in_buf, half };
	r->chain.iov[1] = (struct iovec){ in_buf + half, len - half };
	r->chain.in_len = len;
	half = room / 3 | 1;
	r->chain.iov[2] = (struct iovec){ out_buf, 16 + half };
	r->chain.iov[3] = (struct iovec){ out_buf + 16 + half, room - half };
	r->chain.out_len = 16 + room;
	r->chain.in_cnt = r->chain.out_cnt = 2;
	assert_int_equal(req_read(r, &repliable), 0);
	return r;
}

static int
error(void)
{
	return ((const struct fuse_out_header *)(const void *)out_buf)->error;
}

static size_t
body_len(void)
{
	return ((const struct fuse_out_header *)(const void *)out_buf)->len -
	    16;
}

static uint32_t
written(void)
{
	struct fuse_write_out w;

	assert_int_equal(error(), 0);
	assert_int_equal(body_len(), sizeof(w));
	memcpy(&w, out_buf + 16, sizeof(w));
	return w.size;
}

static void
script(const struct step *list, unsigned int cnt)
{
	if (cnt > 0)
		memcpy(steps, list, cnt * sizeof(*list));
	step_cnt = cnt;
	step_at = pooled = push_cnt = 0;
}
#define SCRIPT(...) script((const struct step[]){ __VA_ARGS__ }, \
    sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static void
do_read(uint64_t off, uint32_t size, size_t room)
{
	struct fuse_read_in in;

	memset(&in, 0, sizeof(in));
	memset(out_buf, 0xaa, sizeof(out_buf));
	in.fh = 7;
	in.offset = off;
	in.size = size;
	op_read(make(FUSE_READ, &in, sizeof(in), 0, room));
}

static void
do_write(uint64_t off, uint32_t size, size_t len, uint32_t flags,
    uint32_t write_flags)
{
	struct fuse_write_in in;
	size_t i;

	memset(&in, 0, sizeof(in));
	memset(out_buf, 0xaa, 64);
	in.fh = 7;
	in.offset = off;
	in.size = size;
	in.flags = flags;
	in.write_flags = write_flags;
	for (i = 0; i < len; i++)
		in_buf[80 + i] = (uint8_t)(i * 11 + (i >> 8) + off);
	op_write(make(FUSE_WRITE, &in, sizeof(in), len, sizeof(
	    struct fuse_write_out)));
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FILE_LEN; i++)
		file[i] = (uint8_t)(i * 3 + (i >> 8));
	memset(&node, 0, sizeof(node));
	memset(&handle, 0, sizeof(handle));
	handle.fd = 42;
	node.mode = S_IFREG | 0644;
	node.fd = 43;
	if (fs.reqs == NULL)
		fs.reqs = req_pool_new(4);
	script(NULL, 0);
	asked = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(req_live(&fs), 0);
	assert_int_equal(node.pins, 0);
	assert_int_equal(handle.pins, 0);
	assert_int_equal(push_cnt, 1);
	return 0;
}

static void
expect_read(uint64_t off, size_t len)
{
	assert_int_equal(error(), 0);
	assert_int_equal(body_len(), len);
	assert_memory_equal(out_buf + 16, file + off, len);
	assert_int_equal(out_buf[16 + len], 0xaa);
}

static void
test_read(void **state)
{
	(void)state;
	do_read(1000, 5000, 8000);
	expect_read(1000, 5000);
	assert_int_equal(last_flags, RWF_NOWAIT);
	assert_int_equal(pooled, 0);
}

static void
test_read_short(void **state)
{
	(void)state;
	SCRIPT({ 1, 0 }, { 4000, 0 }, { 0, EINTR }, { 7, 0 });
	do_read(10, 9000, 9000);
	expect_read(10, 9000);
	assert_true(step_at > 4);
}

static void
test_read_end(void **state)
{
	(void)state;
	do_read(FILE_LEN - 100, 5000, 5000);
	expect_read(FILE_LEN - 100, 100);
}

static void
test_read_past_end(void **state)
{
	(void)state;
	do_read(FILE_LEN * 2, 5000, 5000);
	expect_read(0, 0);
}

static void
test_read_nothing(void **state)
{
	(void)state;
	do_read(0, 0, 16);
	expect_read(0, 0);
	assert_int_equal(step_at, 0);
}

static void
test_read_error(void **state)
{
	(void)state;
	SCRIPT({ 0, EIO });
	do_read(0, 100, 100);
	assert_int_equal(error(), -EIO);
	assert_int_equal(body_len(), 0);
}

static void
test_read_error_later(void **state)
{
	(void)state;
	SCRIPT({ 60, 0 }, { 0, EIO });
	do_read(0, 100, 100);
	expect_read(0, 60);
}

/* What would sleep goes on where it was, on a thread; so do the next ones. */
static void
test_read_cold(void **state)
{
	unsigned int i;

	(void)state;
	SCRIPT({ 3000, 0 }, { 0, EAGAIN });
	do_read(0, 9000, 9000);
	expect_read(0, 9000);
	assert_int_equal(pooled, 1);
	assert_int_equal(last_flags, 0);
	for (i = 0; i < IO_COLD; i++)
		do_read(0, 10, 16);
	assert_int_equal(pooled, 1 + IO_COLD);
	do_read(0, 10, 16);
	assert_int_equal(pooled, 1 + IO_COLD);
	assert_int_equal(last_flags, RWF_NOWAIT);
	push_cnt = 1;
}

static void
test_read_no_nowait(void **state)
{
	(void)state;
	SCRIPT({ 0, EOPNOTSUPP });
	do_read(0, 100, 100);
	expect_read(0, 100);
	assert_int_equal(pooled, 1);
	do_read(0, IO_INLINE_MAX, IO_INLINE_MAX);
	assert_int_equal(pooled, 1);
	assert_int_equal(last_flags, 0);
	do_read(0, IO_INLINE_MAX + 1, IO_INLINE_MAX + 1);
	assert_int_equal(pooled, 2);
	push_cnt = 1;
}

static void
test_read_refused(void **state)
{
	static const struct {
		uint64_t off;
		uint32_t size;
	} row[] = {
		{ 0, 101 }, { 0, UINT32_MAX }, { 1ULL << 63, 10 },
		{ INT64_MAX, 10 }, { UINT64_MAX, 10 }, { UINT64_MAX - 9, 10 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		push_cnt = 0;
		do_read(row[i].off, row[i].size, 100);
		assert_int_equal(error(), -EINVAL);
		assert_int_equal(step_at, 0);
	}
}

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
	do_write(0, IO_WRITE_INLINE + 1, IO_WRITE_INLINE + 1, 0, 0);
	expect_file(0, IO_WRITE_INLINE + 1);
	assert_int_equal(pooled, 1);
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
	assert_int_equal(asked->call.fds[0], 42);
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

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_read),
		UNIT(test_read_short),
		UNIT(test_read_end),
		UNIT(test_read_past_end),
		UNIT(test_read_nothing),
		UNIT(test_read_error),
		UNIT(test_read_error_later),
		UNIT(test_read_cold),
		UNIT(test_read_no_nowait),
		UNIT(test_read_refused),
		UNIT(test_write),
		UNIT(test_write_big),
		UNIT(test_write_short),
		UNIT(test_write_full),
		UNIT(test_write_error),
		UNIT(test_write_append),
		UNIT(test_write_size_lies),
		UNIT(test_keep),
		UNIT(test_keep_short),
		UNIT(test_keep_error_later),
		UNIT(test_keep_lie),
		UNIT(test_keep_append),
		UNIT(test_keep_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
