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
 * Knows: how a request is read, windowed and answered, however a guest cuts it.
 * Never: a real ring.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/req.c"

#define BIG	(200u * 1024)
#define ROUNDS	3000u

static struct fs fs;
static struct node some_node;
static struct handle some_handle;
static uint8_t guest_in[BIG], guest_out[BIG];
static uint64_t random_state = 88172645463325252ULL;
static unsigned int pushes, unreserved;
static uint32_t pushed_len;

void
vring_push(struct vring *ring, uint16_t head, uint32_t len)
{
	(void)ring;
	assert_int_equal(head, 77);
	pushes++;
	pushed_len = len;
}

struct node *
node_get(struct node_table *t, uint64_t nodeid)
{
	(void)t;
	return nodeid == 5 ? &some_node : NULL;
}

void
node_pin(struct node *n)
{
	n->pins++;
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

void
node_unpin(struct node_table *t, struct node *n)
{
	(void)t;
	n->pins--;
}

struct handle *
handle_get(struct handle_table *t, const struct node *n, uint64_t fh, int dir)
{
	(void)t;
	return n == &some_node && fh == 9 && dir == 1 ? &some_handle : NULL;
}

struct handle *
implicit_get(const struct req *r, unsigned int i, int dir)
{
	(void)r;
	(void)i;
	(void)dir;
	return NULL;
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
node_unreserve(struct node_table *t)
{
	(void)t;
	unreserved += 100;
}

void
handle_unreserve(struct handle_table *t)
{
	(void)t;
	unreserved++;
}

/* The same numbers every time: a failure can be looked at. */
static unsigned int
rnd(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 11) % below;
}

/* Cut len bytes at base into at most max pieces, empty ones included. */
static unsigned int
cut(struct iovec *iov, unsigned int max, uint8_t *base, size_t len)
{
	unsigned int n = 0;
	size_t take;

	while (len > 0 && n + 1 < max) {
		take = rnd(8) == 0 ? 0 : rnd(3) == 0 ? 1 + rnd(7) :
		    1 + rnd((unsigned int)len);
		if (take > len)
			take = len;
		iov[n].iov_base = base;
		iov[n++].iov_len = take;
		base += take;
		len -= take;
	}
	if (len > 0) {
		iov[n].iov_base = base;
		iov[n++].iov_len = len;
	}
	return n;
}

static struct req *
make(size_t in_len, size_t out_len)
{
	struct req *r = req_new(&fs);

	assert_non_null(r);
	r->chain.head = 77;
	r->chain.vring = NULL;
	r->chain.in_len = in_len;
	r->chain.out_len = out_len;
	r->chain.in_cnt = cut(r->chain.iov, 1 + rnd(40), guest_in, in_len);
	r->chain.out_cnt = cut(r->chain.iov + r->chain.in_cnt, 1 + rnd(40),
	    guest_out, out_len);
	pushes = 0;
	return r;
}

static struct fuse_in_header
header(uint32_t opcode, size_t len)
{
	struct fuse_in_header in;

	memset(&in, 0, sizeof(in));
	in.len = (uint32_t)len;
	in.opcode = opcode;
	in.unique = 4711;
	in.nodeid = 5;
	return in;
}

static struct req *
make_with(const struct fuse_in_header *in, size_t in_len, size_t out_len)
{
	size_t i;

	for (i = 0; i < in_len; i++)
		guest_in[i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(guest_in, in, in_len < sizeof(*in) ? in_len : sizeof(*in));
	return make(in_len, out_len);
}

static int
setup(void **state)
{
	(void)state;
	fs.reqs = req_pool_new(2);
	return fs.reqs == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct req *r;

	(void)state;
	assert_int_equal(fs.reqs->live, 0);
	while ((r = TAILQ_FIRST(&fs.reqs->free)) != NULL) {
		TAILQ_REMOVE(&fs.reqs->free, r, entry);
		free(r);
	}
	free(fs.reqs);
	return 0;
}

/* Whatever the split, the private copy is what the guest wrote. */
static void
test_read_any_split(void **state)
{
	struct fuse_in_header in;
	size_t len;
	struct req *r;
	unsigned int i;
	int repliable;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		len = sizeof(in) + rnd(rnd(4) == 0 ? REQ_ARGS_MAX : 300);
		in = header(FUSE_LOOKUP, len);
		r = make_with(&in, len, 128);
		assert_int_equal(req_read(r, &repliable), 0);
		assert_int_equal(repliable, 1);
		assert_memory_equal(&r->in, &in, sizeof(in));
		assert_int_equal(r->args_len, len - sizeof(in));
		assert_memory_equal(r->args, guest_in + sizeof(in),
		    r->args_len);
		/* Private: what the guest does now changes nothing. */
		memset(guest_in, 0xee, sizeof(in));
		assert_int_equal(r->in.unique, 4711);
		req_free(r);
	}
}

static void
test_gather_any_split(void **state)
{
	static uint8_t got[BIG];
	size_t len, off, want;
	struct req *r;
	unsigned int i;
	int err;

	(void)state;
	for (i = 0; i < BIG; i++)
		guest_in[i] = (uint8_t)(i * 31 + (i >> 8));
	for (i = 0; i < ROUNDS; i++) {
		len = 1 + rnd(5000);
		off = rnd(6000);
		want = rnd(6000);
		r = make(len, 0);
		err = req_gather(r, off, got, want);
		assert_int_equal(err, off + want <= len || want == 0 ?
		    0 : EINVAL);
		if (err == 0)
			assert_memory_equal(got, guest_in + off, want);
		req_free(r);
	}
}

/* Windows tile the data without gap or overlap. */
static void
test_windows_tile(void **state)
{
	struct iovec iov[8];
	size_t len, off, got, sum;
	unsigned int i, n, k, max;
	struct req *r;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		len = 1 + rnd(9000);
		max = 1 + rnd(8);
		r = make(len, sizeof(struct fuse_out_header) + len);
		for (off = 0; off < len; off += got) {
			n = i % 2 ? req_in_iov(r, off, len - off, iov, max,
			    &got) : req_out_iov(r, off, len - off, iov, max,
			    &got);
			assert_in_range(n, 1, max);
			for (k = 0, sum = 0; k < n; k++) {
				assert_ptr_equal(iov[k].iov_base, (i % 2 ?
				    guest_in : guest_out +
				    sizeof(struct fuse_out_header)) + off +
				    sum);
				sum += iov[k].iov_len;
			}
			assert_int_equal(sum, got);
			assert_true(got > 0 && got <= len - off);
		}
		n = req_in_iov(r, len, 1, iov, max, &got);
		assert_int_equal(n + got, 0);
		req_free(r);
	}
}

static void
test_put_any_split(void **state)
{
	static uint8_t body[4096], want[8192];
	struct fuse_out_header *out = (void *)guest_out;
	size_t room, off, len, total;
	struct req *r;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 13 + 1);
	for (i = 0; i < ROUNDS; i++) {
		room = 1 + rnd(4096);
		off = rnd((unsigned int)room);
		len = rnd((unsigned int)(room - off) + 1);
		total = sizeof(*out) + room;
		memset(guest_out, 0xaa, total + 64);
		memset(want, 0xaa, sizeof(want));
		r = make(sizeof(struct fuse_in_header), total);
		r->in.unique = i;
		assert_int_equal(req_room(r), room);
		req_put(r, off, body, len);
		memcpy(want + sizeof(*out) + off, body, len);
		req_reply_done(r, off + len);
		assert_int_equal(pushes, 1);
		assert_int_equal(pushed_len, sizeof(*out) + off + len);
		assert_int_equal(out->len, pushed_len);
		assert_int_equal(out->error, 0);
		assert_int_equal(out->unique, i);
		assert_memory_equal(guest_out + sizeof(*out),
		    want + sizeof(*out), room + 64);
		req_free(r);
	}
}

static void
test_short_header(void **state)
{
	struct fuse_in_header in = header(FUSE_LOOKUP, 40);
	struct req *r;
	size_t len;
	int repliable;

	(void)state;
	for (len = 0; len < sizeof(in); len++) {
		r = make_with(&in, len, 64);
		assert_int_equal(req_read(r, &repliable), EINVAL);
		assert_int_equal(repliable, 0);
		req_free(r);
	}
}

static void
test_length_lies(void **state)
{
	static const uint32_t lies[] = { 0, 1, 39, 40, 59, 61, UINT32_MAX };
	struct fuse_in_header in;
	struct req *r;
	unsigned int i;
	int repliable;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		in = header(FUSE_LOOKUP, lies[i]);
		r = make_with(&in, 60, 64);
		assert_int_equal(req_read(r, &repliable), EINVAL);
		assert_int_equal(repliable, 1);
		req_free(r);
	}
}

static void
test_too_big(void **state)
{
	struct fuse_in_header in;
	struct req *r;
	size_t len;
	int repliable;

	(void)state;
	len = sizeof(in) + REQ_ARGS_MAX;
	in = header(FUSE_LOOKUP, len);
	r = make_with(&in, len, 64);
	assert_int_equal(req_read(r, &repliable), 0);
	req_free(r);
	in = header(FUSE_LOOKUP, len + 1);
	r = make_with(&in, len + 1, 64);
	assert_int_equal(req_read(r, &repliable), E2BIG);
	assert_int_equal(repliable, 1);
	req_free(r);
	/* The data of a WRITE is not copied, however much there is. */
	in = header(FUSE_WRITE, BIG);
	r = make_with(&in, BIG, 64);
	assert_int_equal(req_read(r, &repliable), 0);
	assert_int_equal(r->args_len, sizeof(struct fuse_write_in));
	req_free(r);
	in = header(FUSE_BATCH_FORGET, BIG);
	r = make_with(&in, BIG, 64);
	assert_int_equal(req_read(r, &repliable), 0);
	assert_int_equal(r->args_len, sizeof(struct fuse_batch_forget_in));
	req_free(r);
}

/* A place for an open file or a node goes with the request that holds it. */
static void
test_reservation(void **state)
{
	struct fuse_in_header in = header(FUSE_OPEN, sizeof(in));
	struct req *r;

	(void)state;
	unreserved = 0;
	r = make_with(&in, sizeof(in), 64);
	req_free(r);
	assert_int_equal(unreserved, 0);
	r = make_with(&in, sizeof(in), 64);
	r->opening = 1;
	req_free(r);
	assert_int_equal(unreserved, 1);
	r = make_with(&in, sizeof(in), 64);
	r->making = 1;
	req_free(r);
	assert_int_equal(unreserved, 101);
	r = make_with(&in, sizeof(in), 64);
	r->making = 1;
	assert_int_equal(req_making(r), 1);
	assert_int_equal(req_making(r), 0);
	req_free(r);
	assert_int_equal(unreserved, 101);
}

static void
test_extension_length(void **state)
{
	struct fuse_in_header in = header(FUSE_MKDIR, sizeof(in) + 64);
	struct req *r;
	unsigned int ext;
	int repliable;

	(void)state;
	for (ext = 0; ext < 20; ext++) {
		in.total_extlen = (uint16_t)ext;
		r = make_with(&in, sizeof(in) + 64, 64);
		assert_int_equal(req_read(r, &repliable),
		    ext <= 8 ? 0 : EINVAL);
		if (ext <= 8)
			assert_int_equal(r->ext_len, ext * 8);
		req_free(r);
	}
	in.total_extlen = UINT16_MAX;
	r = make_with(&in, sizeof(in) + 64, 64);
	assert_int_equal(req_read(r, &repliable), EINVAL);
	req_free(r);
}

/* No room for a header: nothing is written, the chain still comes back. */
static void
test_no_room(void **state)
{
	struct req *r;
	size_t room;

	(void)state;
	for (room = 0; room < sizeof(struct fuse_out_header); room++) {
		memset(guest_out, 0xaa, 64);
		r = make(40, room);
		assert_int_equal(req_room(r), 0);
		req_reply_err(r, ENOENT);
		assert_int_equal(pushes, 1);
		assert_int_equal(pushed_len, 0);
		assert_int_equal(guest_out[0], 0xaa);
		req_free(r);
	}
}

static void
test_errno_range(void **state)
{
	static const struct {
		int err, want;
	} row[] = {
		{ 0, 0 }, { ENOENT, -ENOENT }, { 511, -511 }, { 512, -EIO },
		{ 524, -EIO }, { 4095, -EIO }, { -1, -EIO },
	};
	struct fuse_out_header *out = (void *)guest_out;
	struct req *r;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		r = make(40, 64);
		req_end(r, row[i].err);
		assert_int_equal(out->error, row[i].want);
		assert_int_equal(pushed_len, sizeof(*out));
	}
}

static void
test_references(void **state)
{
	struct req *r = make(40, 64);

	(void)state;
	assert_int_equal(req_node(r, 0, 6), EBADF);
	assert_int_equal(req_node(r, 0, 5), 0);
	assert_int_equal(req_handle(r, 0, 9, 0), EBADF);
	assert_int_equal(req_handle(r, 0, 9, 1), 0);
	assert_int_equal(req_node(r, 1, 5), 0);
	assert_int_equal(some_node.pins, 2);
	assert_int_equal(some_node.uses, 2);
	assert_int_equal(some_handle.pins, 1);
	req_free(r);
	assert_int_equal(some_node.pins, 0);
	assert_int_equal(some_node.uses, 0);
	assert_int_equal(some_handle.pins, 0);
}

/* A request that is used again remembers nothing. */
static void
test_reuse(void **state)
{
	struct req *r = make(40, 64), *again;

	(void)state;
	assert_int_equal(req_node(r, 0, 5), 0);
	r->call.retried = r->call.redriven = 1;
	r->io.flags = 7;
	r->io.done_len = 7;
	r->ext_len = 8;
	r->node_ready = r->node_want = 2;
	assert_int_equal(req_live(&fs), 1);
	req_free(r);
	assert_int_equal(req_live(&fs), 0);
	again = req_new(&fs);
	assert_ptr_equal(again, r);
	assert_null(again->node[0]);
	assert_null(again->args_big);
	assert_null(again->buf);
	assert_null(again->waiter);
	assert_int_equal(again->node_ready + again->node_want, 0);
	assert_int_equal(again->call.retried + again->call.redriven, 0);
	assert_true(again->io.flags + again->io.done_len + again->ext_len == 0);
	req_free(again);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_read_any_split),
		UNIT(test_gather_any_split),
		UNIT(test_windows_tile),
		UNIT(test_put_any_split),
		UNIT(test_short_header),
		UNIT(test_length_lies),
		UNIT(test_too_big),
		UNIT(test_reservation),
		UNIT(test_extension_length),
		UNIT(test_no_room),
		UNIT(test_errno_range),
		UNIT(test_references),
		UNIT(test_reuse),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
