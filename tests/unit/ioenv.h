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

#ifndef VIOFSD_TEST_IOENV_H
#define VIOFSD_TEST_IOENV_H

/*
 * Knows: a file whose every step is scripted, and a guest that reads and
 * writes it; includes op_io.c.
 * Never: a test.
 */

#include <sys/uio.h>

#include <string.h>

static ssize_t fake_read(int fd, const struct iovec *iov, int cnt, off_t off,
	    int flags);
static ssize_t fake_write(int fd, const struct iovec *iov, int cnt, off_t off,
	    int flags);

#define preadv2		fake_read
#define pwritev2	fake_write
#define slow_clock	fake_clock
#include "transport/op_io.c"
#undef slow_clock

#include <sys/stat.h>

#include "transport/blink.h"
#include "transport/dispatch.h"
#include "transport/implicit.h"
#include "transport/iopool.h"
#include "transport/node.h"
#include "transport/route.h"
#include "transport/wlink.h"

#define FILE_LEN	1300000u
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
static int last_flags, real_fd;
static off_t last_off;
static int64_t clock_ns, call_ns;	/* now; what each call takes */
static struct req *asked;

static inline size_t
fake_step(int *err, size_t len)
{
	struct step s = { SIZE_MAX, 0 };

	if (step_at < step_cnt)
		s = steps[step_at];
	step_at++;
	*err = s.err;
	return s.most < len ? s.most : len;
}

static inline size_t
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

static inline ssize_t
fake_any(int fd, const struct iovec *iov, int cnt, off_t off, int write)
{
	size_t len = fake_len(iov, cnt), done = 0, n;
	int i;

	assert_int_equal(fd, real_fd);
	assert_true(off >= 0);
	clock_ns += call_ns;
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

static inline ssize_t
fake_read(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	last_flags = flags;
	return fake_any(fd, iov, cnt, off, 0);
}

static inline ssize_t
fake_write(int fd, const struct iovec *iov, int cnt, off_t off, int flags)
{
	last_flags = flags;
	last_off = off;
	return fake_any(fd, iov, cnt, off, 1);
}

int64_t
fake_clock(void)
{
	return clock_ns;
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
implicit_get(const struct req *r, unsigned int i, int dir)
{
	(void)r;
	(void)i;
	(void)dir;
	return NULL;
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
handle_unreserve(struct handle_table *t)
{
	(void)t;
	fail_msg("%s", "nothing is opened here");
}

int
node_reserve(struct node_table *t)
{
	(void)t;
	fail_msg("%s", "nothing is made here");
	return EIO;
}

void
node_unreserve(struct node_table *t)
{
	(void)t;
	fail_msg("%s", "nothing is made here");
}

void
iopool_submit(struct iopool *p, struct req *r)
{
	(void)p;
	pooled++;
	r->io.work(r);
	if (r->io.after != NULL)
		r->io.after(r);
	req_free(r);
}

void
wlink_call(struct wlink *w, struct req *r)
{
	(void)w;
	assert_null(asked);
	asked = r;
}

static inline struct req *
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

static inline int
error(void)
{
	return ((const struct fuse_out_header *)(const void *)out_buf)->error;
}

static inline size_t
body_len(void)
{
	return ((const struct fuse_out_header *)(const void *)out_buf)->len -
	    16;
}

static inline uint32_t
written(void)
{
	struct fuse_write_out w;

	assert_int_equal(error(), 0);
	assert_int_equal(body_len(), sizeof(w));
	memcpy(&w, out_buf + 16, sizeof(w));
	return w.size;
}

static inline void
script(const struct step *list, unsigned int cnt)
{
	if (cnt > 0)
		memcpy(steps, list, cnt * sizeof(*list));
	step_cnt = cnt;
	step_at = pooled = push_cnt = 0;
}
#define SCRIPT(...) script((const struct step[]){ __VA_ARGS__ }, \
    sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static inline void
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

static inline void
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

static inline int
setup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FILE_LEN; i++)
		file[i] = (uint8_t)(i * 3 + (i >> 8));
	memset(&node, 0, sizeof(node));
	memset(&handle, 0, sizeof(handle));
	handle.fd = real_fd = 42;
	fs.conf.flags = 0;
	memset(&fs.slow, 0, sizeof(fs.slow));
	call_ns = 0;
	node.mode = S_IFREG | 0644;
	node.fd = 43;
	if (fs.reqs == NULL)
		fs.reqs = req_pool_new(4);
	script(NULL, 0);
	asked = NULL;
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	assert_int_equal(req_live(&fs), 0);
	assert_int_equal(node.pins, 0);
	assert_int_equal(handle.pins, 0);
	assert_int_equal(push_cnt, 1);
	return 0;
}

static inline void
expect_read(uint64_t off, size_t len)
{
	assert_int_equal(error(), 0);
	assert_int_equal(body_len(), len);
	assert_memory_equal(out_buf + 16, file + off, len);
	assert_int_equal(out_buf[16 + len], 0xaa);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
