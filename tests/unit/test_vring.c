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
 * Knows: the driver side of a virtqueue, well-behaved and hostile.
 * Never: what a request says.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/gmem.c"
#include "transport/vring.c"
#include "transport/vring_chain.c"

#include <sys/eventfd.h>

#include <sched.h>

#define PAGE	0x1000UL
#define GPA	0x100000UL
#define LEN	0x100000UL		/* of each of two adjacent regions */
#define UVA	0x7f0000000000UL
#define DATA	(GPA + 0x80000UL)
#define TABLE	(GPA + 0x40000UL)	/* for indirect tables */
#define NUM	8

/* Offsets of the parts in the first region. */
#define DESC_OFF	0UL
#define AVAIL_OFF	0x10000UL
#define USED_OFF	0x20000UL

static struct gmem mem;
static struct vring ring;
static struct vring_chain chain;
static struct vring_part_desc *desc;
static uint16_t *avail;
static struct vring_part_used *used;
static uint32_t num;
static int call_fd, err_fd;

static void *
guest(uint64_t gpa)
{
	return gmem_from_user(&mem, UVA + gpa, 1);
}

static void
add_region(uint64_t gpa)
{
	struct gmem_range r = { gpa, LEN, UVA + gpa, 0 };
	int fd = memfd_create("guest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	assert_int_equal(gmem_add(&mem, fd, &r), 0);
	close(fd);
}

static struct vring_setup
layout(uint32_t n, int event_idx)
{
	struct vring_setup s = {
		.addr = { UVA + GPA + DESC_OFF, UVA + GPA + AVAIL_OFF,
		    UVA + GPA + USED_OFF },
		.num = n,
		.event_idx = event_idx,
	};

	return s;
}

static void
start(uint32_t n, int event_idx, uint16_t base)
{
	struct vring_setup s = layout(n, event_idx);

	s.base = base;
	num = n;
	memset(guest(GPA), 0, 0x40000);
	avail[1] = base;
	used->idx = base;
	assert_int_equal(vring_start(&ring, &s), 0);
}

static int
setup(void **state)
{
	(void)state;
	gmem_init(&mem);
	add_region(GPA);
	add_region(GPA + LEN);
	desc = guest(GPA + DESC_OFF);
	avail = guest(GPA + AVAIL_OFF);
	used = guest(GPA + USED_OFF);
	assert_int_equal(vring_init(&ring, &mem, 1), 0);
	call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	vring_set_call(&ring, dup(call_fd));
	vring_set_err(&ring, dup(err_fd));
	start(NUM, 1, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vring_fini(&ring);
	gmem_clear(&mem);
	close(call_fd);
	close(err_fd);
	return 0;
}

static void
put(struct vring_part_desc *d, uint64_t addr, uint32_t len, uint16_t flags,
    uint16_t next)
{
	d->addr = addr;
	d->len = len;
	d->flags = flags;
	d->next = next;
}

static void
publish(uint16_t head)
{
	avail[2 + (avail[1] & (num - 1))] = head;
	__atomic_store_n(&avail[1], (uint16_t)(avail[1] + 1),
	    __ATOMIC_RELEASE);
}

/* One readable and one writable descriptor, at 2n and 2n + 1. */
static void
publish_plain(uint16_t n)
{
	put(&desc[2 * n], DATA + n * PAGE, 40, VRING_DESC_NEXT, 2 * n + 1);
	put(&desc[2 * n + 1], DATA + n * PAGE + 2048, 16, VRING_DESC_WRITE, 0);
	publish(2 * n);
}

static unsigned int
raised(int fd)
{
	uint64_t cnt;

	return read(fd, &cnt, sizeof(cnt)) == sizeof(cnt) ?
	    (unsigned int)cnt : 0;
}

static void
expect_broken(void)
{
	assert_int_equal(vring_pop(&ring, &chain), EPROTO);
	assert_int_equal(raised(err_fd), 1);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	assert_int_equal(vring_inflight(&ring), 0);
	vring_stop(&ring);
	start(NUM, 1, 0);
	publish_plain(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
	vring_stop(&ring);
	start(NUM, 1, 0);
	assert_int_equal(raised(err_fd), 0);
}

static void
test_plain(void **state)
{
	(void)state;
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_ptr_equal(chain.vring, &ring);
	assert_int_equal(chain.head, 2);
	assert_int_equal(chain.in_cnt, 1);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.in_len, 40);
	assert_int_equal(chain.out_len, 16);
	assert_ptr_equal(chain.iov[0].iov_base, guest(DATA + PAGE));
	assert_ptr_equal(chain.iov[1].iov_base, guest(DATA + PAGE + 2048));
	assert_int_equal(vring_inflight(&ring), 1);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_push(&ring, 2, 11);
	assert_int_equal(vring_inflight(&ring), 0);
	assert_int_equal(used->idx, 1);
	assert_int_equal(used->ring[0].id, 2);
	assert_int_equal(used->ring[0].len, 11);
}

static void
test_pieces_merge(void **state)
{
	(void)state;
	/* Two that touch, one that does not, two writable that touch. */
	put(&desc[0], DATA, 100, VRING_DESC_NEXT, 1);
	put(&desc[1], DATA + 100, 28, VRING_DESC_NEXT, 2);
	put(&desc[2], DATA + 200, 8, VRING_DESC_NEXT, 3);
	put(&desc[3], DATA + 208, 8, VRING_DESC_NEXT | VRING_DESC_WRITE, 4);
	put(&desc[4], DATA + 216, 8, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.iov[0].iov_len, 128);
	assert_int_equal(chain.iov[1].iov_len, 8);
	assert_int_equal(chain.in_len, 136);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.iov[2].iov_len, 16);
	assert_int_equal(chain.out_len, 16);
	vring_push(&ring, 0, 0);
}

static void
test_crossing_regions(void **state)
{
	(void)state;
	put(&desc[0], GPA + LEN - 16, 56, VRING_DESC_NEXT, 1);
	put(&desc[1], GPA + LEN - 3, 4, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.iov[0].iov_len, 16);
	assert_int_equal(chain.iov[1].iov_len, 40);
	assert_ptr_equal(chain.iov[1].iov_base, guest(GPA + LEN));
	assert_int_equal(chain.out_cnt, 2);
	assert_int_equal(chain.iov[2].iov_len, 3);
	assert_int_equal(chain.iov[3].iov_len, 1);
	vring_push(&ring, 0, 0);
}

static void
test_indirect(void **state)
{
	/* The table itself crosses from one region into the next. */
	struct vring_part_desc *t = guest(GPA + LEN - 16);
	struct vring_part_desc *t1 = guest(GPA + LEN);

	(void)state;
	put(&desc[0], DATA, 40, VRING_DESC_NEXT, 5);
	put(&desc[5], GPA + LEN - 16, 48, VRING_DESC_INDIRECT, 0);
	put(t, DATA + 100, 60, VRING_DESC_NEXT, 2);
	put(&t1[0], DATA + 900, 1, 0, 0);
	put(&t1[1], DATA + 400, 16, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 2);
	assert_int_equal(chain.in_len, 100);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.out_len, 16);
	vring_push(&ring, 0, 0);
}

static void
test_longest_indirect(void **state)
{
	struct vring_part_desc *t = guest(TABLE);
	unsigned int i;

	(void)state;
	for (i = 0; i < VRING_CHAIN_MAX; i++)
		put(&t[i], DATA + i * 16, 8, VRING_DESC_NEXT, i + 1);
	t[VRING_CHAIN_MAX - 1].flags = 0;
	put(&desc[0], TABLE, VRING_CHAIN_MAX * 16, VRING_DESC_INDIRECT, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, VRING_CHAIN_MAX);
	assert_int_equal(chain.in_len, VRING_CHAIN_MAX * 8);
	vring_push(&ring, 0, 0);
}

static void
test_zero_length(void **state)
{
	(void)state;
	put(&desc[0], 0, 0, VRING_DESC_NEXT, 1);
	put(&desc[1], DATA, 40, VRING_DESC_NEXT, 2);
	put(&desc[2], UINT64_MAX, 0, VRING_DESC_WRITE, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt, 1);
	assert_int_equal(chain.out_cnt, 0);
	vring_push(&ring, 0, 0);
	put(&desc[3], DATA, 0, 0, 0);
	publish(3);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_cnt + chain.out_cnt, 0);
	vring_push(&ring, 3, 0);
}

#define N	VRING_DESC_NEXT
#define W	VRING_DESC_WRITE
#define I	VRING_DESC_INDIRECT

/* A chain in desc[] and one in the indirect table that break the ring. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *what;
		struct vring_part_desc d[3], t[3];
	} bad[] = {
		{ "self", { { DATA, 8, N, 0 } }, { { 0, 0, 0, 0 } } },
		{ "loop", { { DATA, 8, N, 1 }, { DATA, 8, N, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "empty loop", { { 0, 0, N, 0 } }, { { 0, 0, 0, 0 } } },
		{ "next", { { DATA, 8, N, NUM } }, { { 0, 0, 0, 0 } } },
		{ "next max", { { DATA, 8, N, 65535 } }, { { 0, 0, 0, 0 } } },
		{ "order", { { DATA, 8, N | W, 1 }, { DATA, 8, 0, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "address", { { 8, 8, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "end", { { GPA + 2 * LEN - 8, 9, 0, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "wrap", { { UINT64_MAX - 3, 8, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "long", { { GPA, 0xffffffff, 0, 0 } }, { { 0, 0, 0, 0 } } },
		{ "table in a table", { { TABLE, 48, I, 0 } },
		    { { TABLE, 16, I, 0 } } },
		{ "table and next", { { TABLE, 48, I | N, 1 } },
		    { { DATA, 8, 0, 0 } } },
		{ "no table", { { TABLE, 0, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "odd table", { { TABLE, 17, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "long table", { { TABLE, (VRING_CHAIN_MAX + 1) * 16, I, 0 } },
		    { { DATA, 8, 0, 0 } } },
		{ "huge table", { { TABLE, 0xfffffff0, I, 0 } },
		    { { DATA, 8, 0, 0 } } },
		{ "table outside", { { 16, 16, I, 0 } }, { { 0, 0, 0, 0 } } },
		{ "table's end", { { GPA + 2 * LEN - 16, 32, I, 0 } },
		    { { 0, 0, 0, 0 } } },
		{ "loop in table", { { TABLE, 48, I, 0 } },
		    { { DATA, 8, N, 1 }, { DATA, 8, N, 0 } } },
		{ "next in table", { { TABLE, 48, I, 0 } },
		    { { DATA, 8, N, 3 } } },
		{ "order in table", { { DATA, 8, N | W, 1 },
		    { TABLE, 48, I, 0 } }, { { DATA, 8, 0, 0 } } },
		{ "address in table", { { TABLE, 48, I, 0 } },
		    { { GPA - 1, 8, 0, 0 } } },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(desc, bad[i].d, sizeof(bad[i].d));
		memcpy(guest(TABLE), bad[i].t, sizeof(bad[i].t));
		publish(0);
		print_message("# %s\n", bad[i].what);
		expect_broken();
	}
}

#undef N
#undef W
#undef I

static void
test_total_length(void **state)
{
	struct vring_part_desc *t = guest(TABLE);
	unsigned int i;

	(void)state;
	/* 15 times 1 MiB and the rest: the limit itself is legal. */
	for (i = 0; i < 17; i++)
		put(&t[i], GPA, LEN, VRING_DESC_NEXT, i + 1);
	t[15].flags = 0;
	put(&desc[0], TABLE, 17 * 16, VRING_DESC_INDIRECT, 0);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.in_len, VRING_CHAIN_LEN);
	vring_push(&ring, 0, 0);
	t[15].flags = VRING_DESC_NEXT;
	put(&t[16], DATA, 1, VRING_DESC_WRITE, 0);
	publish(0);
	expect_broken();
}

static void
test_bad_heads(void **state)
{
	(void)state;
	publish(NUM);
	expect_broken();
	publish(65535);
	expect_broken();
	avail[1] = NUM + 1;
	expect_broken();
	avail[1] = 65535;
	expect_broken();
}

static void
test_more_than_descriptors(void **state)
{
	unsigned int i;

	(void)state;
	put(&desc[0], DATA, 8, 0, 0);
	for (i = 0; i < NUM; i++) {
		publish(0);
		assert_int_equal(vring_pop(&ring, &chain), 0);
	}
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), EPROTO);
	assert_int_equal(vring_inflight(&ring), NUM);
	/* What was popped before can still be given back. */
	for (i = 0; i < NUM; i++)
		vring_push(&ring, 0, 0);
	assert_int_equal(used->idx, NUM);
}

static void
test_index_wrap(void **state)
{
	unsigned int i;

	(void)state;
	vring_stop(&ring);
	start(NUM, 1, 65530);
	for (i = 0; i < 20; i++) {
		publish_plain(i % 4);
		assert_int_equal(vring_pop(&ring, &chain), 0);
		vring_push(&ring, chain.head, i);
		assert_int_equal(used->ring[(65530 + i) % NUM].len, i);
	}
	assert_int_equal(used->idx, (uint16_t)(65530 + 20));
	assert_int_equal(vring_stop(&ring), (uint16_t)(65530 + 20));
}

static void
test_largest_ring(void **state)
{
	uint16_t *av;
	struct vring_setup s;

	(void)state;
	vring_stop(&ring);
	/* 512 KiB of descriptors: put the other parts behind them. */
	s = layout(VRING_NUM_MAX, 1);
	s.addr.avail = UVA + GPA + 0x80000;
	s.addr.used = UVA + GPA + LEN;
	memset(guest(GPA), 0, LEN);
	assert_int_equal(vring_start(&ring, &s), 0);
	av = guest(GPA + 0x80000);
	put(&desc[32767], GPA + 0xc0000, 8, 0, 0);
	av[2] = 32767;
	__atomic_store_n(&av[1], 1, __ATOMIC_RELEASE);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.head, 32767);
	vring_push(&ring, 32767, 0);
}

static void
test_check(void **state)
{
	struct vring_setup s = layout(NUM, 1);
	uint64_t end = UVA + GPA + LEN;
	uint32_t n;

	(void)state;
	assert_int_equal(vring_check(&mem, &s), 0);
	for (n = 0; n < 70000; n++) {
		s.num = n;
		if (n == 0 || n > 32768 || (n & (n - 1)) != 0)
			assert_int_equal(vring_check(&mem, &s), EINVAL);
	}
	s = layout(NUM, 1);
	s.addr.desc += 8;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	s = layout(NUM, 1);
	s.addr.avail += 1;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	s = layout(NUM, 1);
	s.addr.used += 2;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	/* Each part fits exactly, and is one unit too long. */
	s = layout(NUM, 1);
	s.addr.desc = end - NUM * 16;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.desc += 16;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s = layout(NUM, 1);
	s.addr.avail = end - (3 + NUM) * 2;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.avail += 2;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s = layout(NUM, 1);
	s.addr.used = end - 4 - NUM * 8 - 4;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.used += 4;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s.addr.used = 0;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
}

static void
test_kicks_by_flag(void **state)
{
	(void)state;
	vring_stop(&ring);
	start(NUM, 0, 0);
	assert_int_equal(used->flags, 0);
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(used->flags, VRING_NO_NOTIFY);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(used->flags, VRING_NO_NOTIFY);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	assert_int_equal(used->flags, 0);
	vring_push(&ring, 0, 0);
	vring_push(&ring, 2, 0);
}

static void
test_kicks_by_event_idx(void **state)
{
	const uint16_t *event = (const uint16_t *)&used->ring[NUM];

	(void)state;
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(*event, 0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(*event, 0);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	assert_int_equal(*event, 2);
	assert_int_equal(used->flags, 0);
	vring_push(&ring, 0, 0);
	vring_push(&ring, 2, 0);
}

static void
serve(uint16_t n)
{
	publish_plain(n);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
}

static void
test_interrupts_by_flag(void **state)
{
	(void)state;
	vring_stop(&ring);
	start(NUM, 0, 0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	serve(0);
	serve(1);
	vring_notify(&ring);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	avail[0] = VRING_NO_INTERRUPT;
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	avail[0] = 0;
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
}

static void
test_interrupts_by_event_idx(void **state)
{
	uint16_t *event = &avail[2 + NUM];

	(void)state;
	/* NO_INTERRUPT means nothing here. */
	avail[0] = VRING_NO_INTERRUPT;
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	*event = 3;		/* tell me when the fourth is used */
	serve(0);
	vring_notify(&ring);
	serve(1);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	*event = 6;		/* is inside the next batch */
	serve(0);
	serve(1);
	serve(2);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
}

static void
test_hold(void **state)
{
	(void)state;
	publish_plain(0);
	vring_hold(&ring, 1);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_hold(&ring, 0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
}

static void
test_stop(void **state)
{
	(void)state;
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
	/* Pushed, not yet told: stopping tells. */
	assert_int_equal(vring_stop(&ring), 1);
	assert_int_equal(raised(call_fd), 1);
	assert_int_equal(vring_running(&ring), 0);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_notify(&ring);
	vring_set_call(&ring, dup(call_fd));
	assert_int_equal(raised(call_fd), 0);
}

static void
test_new_call_descriptor(void **state)
{
	(void)state;
	vring_set_call(&ring, dup(call_fd));
	assert_int_equal(raised(call_fd), 1);
	vring_set_call(&ring, -1);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
}

static void
test_truncated_memory(void **state)
{
	(void)state;
	assert_int_equal(gmem_guard(&mem), 0);
	publish_plain(0);
	atomic_store(&gmem_is_broken, 1);
	assert_int_equal(vring_pop(&ring, &chain), EPROTO);
	assert_int_equal(raised(err_fd), 1);
	gmem_clear(&mem);
}

/* ---- a guest that rewrites everything while it is being read ---- */

static _Atomic int flip_stop;

static void *
flip(void *arg)
{
	volatile uint8_t *d = (volatile uint8_t *)desc;
	volatile uint8_t *t = guest(TABLE);
	uint32_t rnd = 12345;

	(void)arg;
	while (!flip_stop) {
		rnd = rnd * 1664525 + 1013904223;
		d[(rnd >> 8) % (NUM * 16)] = (uint8_t)(rnd >> 24);
		t[(rnd >> 12) % 64] = (uint8_t)(rnd >> 16);
		if ((rnd >> 28) == 0)
			put(&desc[rnd >> 16 & (NUM - 1)], DATA, 8,
			    VRING_DESC_NEXT, 1);
		if ((rnd >> 28) == 1)
			put(&desc[rnd >> 16 & (NUM - 1)], TABLE, 64,
			    VRING_DESC_INDIRECT, 1);
	}
	return NULL;
}

static void
check_chain(void)
{
	const uint8_t *lo, *hi, *p;
	size_t in = 0, out = 0;
	unsigned int i, j, hit;

	for (i = 0; i < chain.in_cnt + chain.out_cnt; i++) {
		p = chain.iov[i].iov_base;
		for (j = 0, hit = 0; j < mem.cnt; j++) {
			lo = mem.regions[j].base;
			hi = lo + 2 * LEN;	/* two may be merged */
			hit += p >= lo && p + chain.iov[i].iov_len <= hi;
		}
		assert_true(hit > 0);
		*(i < chain.in_cnt ? &in : &out) += chain.iov[i].iov_len;
	}
	assert_int_equal(in, chain.in_len);
	assert_int_equal(out, chain.out_len);
}

static void
test_flip(void **state)
{
	unsigned int i, good = 0, broken = 0;
	pthread_t thread;
	int err;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	for (i = 0; i < 200000; i++) {
		publish((uint16_t)(i & (NUM - 1)));
		err = vring_pop(&ring, &chain);
		if (err == 0) {
			check_chain();
			vring_push(&ring, chain.head, 0);
			good++;
		} else {
			assert_int_equal(err, EPROTO);
			vring_stop(&ring);
			start(NUM, 1, 0);
			broken++;
		}
	}
	flip_stop = 1;
	pthread_join(thread, NULL);
	assert_true(good > 0);
	assert_true(broken > 0);
}

/* ---- several threads give back ---- */

#define PUSHERS	3
#define PER	4000

static int pusher_pipe[2];

static void *
pusher(void *arg)
{
	uint16_t head;

	(void)arg;
	while (read(pusher_pipe[0], &head, sizeof(head)) == sizeof(head) &&
	    head < NUM) {
		vring_push(&ring, head, head);
		vring_notify(&ring);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	const uint16_t last = NUM;
	pthread_t threads[PUSHERS];
	unsigned int i;

	(void)state;
	assert_int_equal(pipe(pusher_pipe), 0);
	for (i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pusher,
		    NULL), 0);
	for (i = 0; i < PER; i++) {
		while (vring_inflight(&ring) == NUM / 2)
			sched_yield();
		publish_plain(i % (NUM / 2));
		assert_int_equal(vring_pop(&ring, &chain), 0);
		assert_int_equal(write(pusher_pipe[1], &chain.head,
		    sizeof(chain.head)), sizeof(chain.head));
	}
	for (i = 0; i < PUSHERS; i++)
		assert_int_equal(write(pusher_pipe[1], &last, sizeof(last)),
		    sizeof(last));
	for (i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(vring_inflight(&ring), 0);
	assert_int_equal(used->idx, PER);
	close(pusher_pipe[0]);
	close(pusher_pipe[1]);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_pieces_merge), T(test_crossing_regions),
		T(test_indirect), T(test_longest_indirect),
		T(test_zero_length), T(test_malformed), T(test_total_length),
		T(test_bad_heads), T(test_more_than_descriptors),
		T(test_index_wrap), T(test_largest_ring), T(test_check),
		T(test_kicks_by_flag), T(test_kicks_by_event_idx),
		T(test_interrupts_by_flag), T(test_interrupts_by_event_idx),
		T(test_hold), T(test_stop), T(test_new_call_descriptor),
		T(test_truncated_memory), T(test_flip), T(test_threads),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
