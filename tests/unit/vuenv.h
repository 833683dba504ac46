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

#ifndef VIOFSD_UNIT_VUENV_H
#define VIOFSD_UNIT_VUENV_H

/*
 * A front-end and the device on both ends of a socketpair, in one thread, with
 * an upper half that pops requests and gives them back, at once or later.
 * Included once, after the file under test.
 */

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fdbag.h"
#include "common/log.h"
#include "transport/vu_int.h"

#define SCM_MAX	253			/* descriptors in one message */
#define PAGE	0x1000UL
#define GPA	0x100000UL
#define LEN	0x40000UL
#define UVA	0x7f0000000000UL
#define NUM	8U
#define QUEUES	3U

/* Requests, vhost-user.rst. */
#define GET_FEATURES	1
#define SET_FEATURES	2
#define SET_OWNER	3
#define RESET_OWNER	4
#define SET_MEM_TABLE	5
#define SET_NUM		8
#define SET_ADDR	9
#define SET_BASE	10
#define GET_BASE	11
#define SET_KICK	12
#define SET_CALL	13
#define SET_ERR		14
#define GET_PROTO	15
#define SET_PROTO	16
#define GET_QUEUE_NUM	17
#define SET_ENABLE	18
#define SET_BACKEND_FD	21
#define GET_CONFIG	24
#define SET_CONFIG	25
#define RESET_DEVICE	34
#define GET_SLOTS	36
#define ADD_REG		37
#define REM_REG		38

#define PF_ALL	(VU_PF_MQ | VU_PF_REPLY_ACK | VU_PF_BACKEND_REQ | \
	VU_PF_BACKEND_SEND_FD | VU_PF_RESET_DEVICE | VU_PF_MEM_SLOTS)

static struct event_base *base;
static struct vu_dev dev;
static int front;			/* our end, -1 = closed */
static int memfd, kick_fd, call_fd;
static uint8_t *guest;			/* our mapping of memfd */

/* What the upper half saw and does. */
static unsigned int ready_cnt[QUEUES], drain_cnt, reset_cnt, gone_cnt;
static int gone_clean, serve_at_once, drain_ends;
static struct vring_chain chain;
static uint16_t held_heads[NUM];
static unsigned int held_cnt;

static inline void
on_ready(void *arg, unsigned int idx)
{
	struct vring *v = vu_ring(arg, idx);

	ready_cnt[idx]++;
	while (vring_pop(v, &chain) == 0) {
		if (serve_at_once)
			vring_push(v, chain.head, 0);
		else
			held_heads[held_cnt++] = chain.head;
	}
	vring_notify(v);
}

/* What waits for something that may never come ends now, or goes on. */
static inline void
on_drain(void *arg)
{
	drain_cnt++;
	while (drain_ends && held_cnt > 0)
		vring_push(vu_ring(arg, 1), held_heads[--held_cnt], 0);
	vu_idle(arg);
}

static inline void
on_reset(void *arg)
{
	assert_int_equal(vu_inflight(arg), 0);
	reset_cnt++;
}

static inline void
on_gone(void *arg, int clean)
{
	assert_int_equal(reset_cnt > 0, 1);
	assert_int_equal(vu_inflight(arg), 0);
	gone_cnt++;
	gone_clean = clean;
}

static const struct vu_ops ops = { .ring_ready = on_ready,
	    .drain = on_drain, .reset = on_reset, .gone = on_gone };

static inline void
pump(void)
{
	int i;

	for (i = 0; i < 8; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static inline unsigned int
fd_count(void)
{
	unsigned int cnt = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d) != NULL)
		cnt++;
	closedir(d);
	return cnt;
}

static inline void
push_held(unsigned int idx)
{
	while (held_cnt > 0)
		vring_push(vu_ring(&dev, idx), held_heads[--held_cnt], 0);
	vu_idle(&dev);
	pump();
}

static inline void
connect_dev(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	front = pair[0];
	assert_int_equal(vu_start(&dev, pair[1]), 0);
}

static inline int
setup_tag(const char *tag)
{
	struct vu_config config = { QUEUES, tag, QUEUES - 1 };

	base = event_base_new();
	vu_init(&dev, base, &config, &ops, &dev);
	memset(ready_cnt, 0, sizeof(ready_cnt));
	drain_cnt = reset_cnt = gone_cnt = held_cnt = 0;
	drain_ends = 0;
	gone_clean = -1;
	serve_at_once = 1;
	memfd = memfd_create("guest", MFD_CLOEXEC);
	assert_int_equal(ftruncate(memfd, LEN), 0);
	guest = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	assert_true(guest != MAP_FAILED);
	kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	connect_dev();
	return 0;
}

static inline int
setup(void **state)
{
	(void)state;
	return setup_tag(NULL);
}

static inline int
setup_with_tag(void **state)
{
	static const char tag[VU_TAG_LEN] = "share";

	(void)state;
	return setup_tag(tag);
}

/* The device ends by EOF if it has not before, and leaks nothing. */
static inline int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	if (held_cnt > 0)
		push_held(1);
	fd_close(&front);
	pump();
	assert_int_equal(gone_cnt, 1);
	assert_int_equal(dev.fd, -1);
	assert_int_equal(dev.backend_fd, -1);
	assert_int_equal(dev.mem.cnt, 0);
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(dev.queues[i].kick_fd, -1);
		assert_int_equal(dev.queues[i].ring.call_fd, -1);
		assert_int_equal(dev.queues[i].ring.err_fd, -1);
	}
	vu_fini(&dev);
	event_base_free(base);
	munmap(guest, LEN);
	fd_close(&memfd);
	fd_close(&kick_fd);
	fd_close(&call_fd);
	return 0;
}

/* ---- sending ---- */

static inline void
send_raw(const void *buf, size_t len, const int *fds, size_t fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(SCM_MAX * sizeof(int))];
	} ctl;
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd_cnt > 0) {
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_cnt * sizeof(int));
	}
	assert_int_equal(sendmsg(front, &mh, MSG_NOSIGNAL), len);
}

static inline void
send_flags(uint32_t request, uint32_t flags, const void *body, uint32_t len,
    const int *fds, size_t fd_cnt)
{
	uint8_t buf[1024];
	struct vu_hdr hdr = { request, flags, len };

	memcpy(buf, &hdr, sizeof(hdr));
	if (len > 0)
		memcpy(buf + sizeof(hdr), body, len);
	send_raw(buf, sizeof(hdr) + len, fds, fd_cnt);
	pump();
}

static inline void
send_msg(uint32_t request, const void *body, uint32_t len, int fd)
{
	send_flags(request, VU_VERSION, body, len, &fd, fd != -1);
}

/* An answer to request with len bytes; 0 if none has come. */
static inline int
answer(uint32_t request, void *body, uint32_t len)
{
	struct vu_hdr hdr;
	ssize_t n;

	n = recv(front, &hdr, sizeof(hdr), MSG_DONTWAIT);
	if (n <= 0)
		return 0;
	assert_int_equal(n, sizeof(hdr));
	assert_int_equal(hdr.request, request);
	assert_int_equal(hdr.flags, VU_VERSION | VU_REPLY);
	assert_int_equal(hdr.size, len);
	if (len > 0)
		assert_int_equal(recv(front, body, len, MSG_DONTWAIT), len);
	return 1;
}

static inline uint64_t
get_u64(uint32_t request)
{
	uint64_t val;

	send_msg(request, NULL, 0, -1);
	assert_true(answer(request, &val, sizeof(val)));
	return val;
}

/* With REPLY_ACK; returns what the device says about it. */
static inline uint64_t
set_fds(uint32_t request, const void *body, uint32_t len, const int *fds,
    size_t fd_cnt)
{
	uint64_t val;

	send_flags(request, VU_VERSION | VU_NEED_REPLY, body, len, fds,
	    fd_cnt);
	assert_true(answer(request, &val, sizeof(val)));
	return val;
}

static inline uint64_t
set(uint32_t request, const void *body, uint32_t len, int fd)
{
	return set_fds(request, body, len, &fd, fd != -1);
}

static inline uint64_t
set_u64(uint32_t request, uint64_t val, int fd)
{
	return set(request, &val, sizeof(val), fd);
}

static inline uint64_t
set_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vu_state s = { index, num };

	return set(request, &s, sizeof(s), -1);
}

static inline void
negotiate(uint64_t proto)
{
	uint64_t val = proto;

	send_msg(SET_PROTO, &val, sizeof(val), -1);
	assert_int_equal(set_u64(SET_FEATURES, VU_FEATURES, -1), 0);
}

static inline uint64_t
set_memory(uint64_t gpa, uint64_t len)
{
	struct vu_table t = { .cnt = 1 };
	int fd = memfd;

	t.regions[0].gpa = gpa;
	t.regions[0].len = len;
	t.regions[0].uva = UVA;
	return set_fds(SET_MEM_TABLE, &t, 40, &fd, 1);
}

static inline uint64_t
set_addr(uint32_t idx, uint64_t off)
{
	struct vu_addr a = { .index = idx };

	a.desc = UVA + off;
	a.avail = UVA + off + PAGE;
	a.used = UVA + off + 2 * PAGE;
	return set(SET_ADDR, &a, sizeof(a), -1);
}

/* Queue 1 runs and its ring is at the start of memory. */
static inline void
bring_up(void)
{
	negotiate(PF_ALL);
	assert_int_equal(set_memory(GPA, LEN), 0);
	assert_int_equal(set_state(SET_NUM, 1, NUM), 0);
	assert_int_equal(set_state(SET_BASE, 1, 0), 0);
	assert_int_equal(set_addr(1, 0), 0);
	assert_int_equal(set_u64(SET_CALL, 1, call_fd), 0);
	assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
	assert_false(vu_ring_running(&dev, 1));
	assert_int_equal(set_state(SET_ENABLE, 1, 1), 0);
	assert_true(vu_ring_running(&dev, 1));
	pump();
}

/* A request of one readable descriptor, and a kick. */
static inline void
request(uint16_t head)
{
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} d = { GPA + 0x10000, 40, 0, 0 };
	uint16_t *avail = (uint16_t *)(guest + PAGE);
	uint64_t one = 1;

	memcpy(guest + head * 16, &d, sizeof(d));
	avail[2 + avail[1] % NUM] = head;
	avail[1]++;
	assert_int_equal(write(kick_fd, &one, 8), 8);
	pump();
}

static inline unsigned int
used_idx(void)
{
	return ((uint16_t *)(guest + 2 * PAGE))[1];
}

static inline void
expect_gone(int clean)
{
	pump();
	assert_int_equal(gone_cnt, 1);
	assert_int_equal(gone_clean, clean);
}

static inline void
expect_alive(void)
{
	assert_int_equal(gone_cnt, 0);
	assert_int_equal(get_u64(GET_FEATURES), VU_FEATURES);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
