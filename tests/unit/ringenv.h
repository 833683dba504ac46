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

#ifndef VIOFSD_UNIT_RINGENV_H
#define VIOFSD_UNIT_RINGENV_H

/*
 * The driver side of a virtqueue in guest memory of two regions that touch.
 * Included once, after gmem.c, vring.c and vring_chain.c.
 */

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

static inline void *
guest(uint64_t gpa)
{
	return gmem_from_user(&mem, UVA + gpa, 1);
}

static inline void
add_region(uint64_t gpa)
{
	struct gmem_range r = { gpa, LEN, UVA + gpa, 0 };
	int fd = memfd_create("guest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	assert_int_equal(gmem_add(&mem, fd, &r), 0);
	close(fd);
}

static inline struct vring_setup
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

static inline void
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

static inline int
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

static inline int
teardown(void **state)
{
	(void)state;
	vring_fini(&ring);
	gmem_clear(&mem);
	close(call_fd);
	close(err_fd);
	return 0;
}

static inline void
put(struct vring_part_desc *d, uint64_t addr, uint32_t len, uint16_t flags,
    uint16_t next)
{
	d->addr = addr;
	d->len = len;
	d->flags = flags;
	d->next = next;
}

static inline void
publish(uint16_t head)
{
	avail[2 + (avail[1] & (num - 1))] = head;
	__atomic_store_n(&avail[1], (uint16_t)(avail[1] + 1),
	    __ATOMIC_RELEASE);
}

/* One readable and one writable descriptor, at 2n and 2n + 1. */
static inline void
publish_plain(uint16_t n)
{
	put(&desc[2 * n], DATA + n * PAGE, 40, VRING_DESC_NEXT, 2 * n + 1);
	put(&desc[2 * n + 1], DATA + n * PAGE + 2048, 16, VRING_DESC_WRITE, 0);
	publish(2 * n);
}

static inline unsigned int
raised(int fd)
{
	uint64_t cnt;

	return read(fd, &cnt, sizeof(cnt)) == sizeof(cnt) ?
	    (unsigned int)cnt : 0;
}

static inline void
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

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
