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
 * Knows: the front-end side of vhost-user on a socketpair, well-behaved and
 * hostile; front-end and device share one thread.
 * Never: FUSE.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/vu_msg.c"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "transport/vu_int.h"

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
static unsigned int ready_cnt[QUEUES], reset_cnt, gone_cnt;
static int gone_clean, serve_at_once;
static struct vring_chain chain;
static uint16_t held_heads[NUM];
static unsigned int held_cnt;

static void
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

static void
on_reset(void *arg)
{
	assert_int_equal(vu_inflight(arg), 0);
	reset_cnt++;
}

static void
on_gone(void *arg, int clean)
{
	assert_int_equal(reset_cnt > 0, 1);
	assert_int_equal(vu_inflight(arg), 0);
	gone_cnt++;
	gone_clean = clean;
}

static const struct vu_ops ops = { on_ready, on_reset, on_gone };

static void
pump(void)
{
	int i;

	for (i = 0; i < 8; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static unsigned int
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

static void
push_held(unsigned int idx)
{
	while (held_cnt > 0)
		vring_push(vu_ring(&dev, idx), held_heads[--held_cnt], 0);
	vu_idle(&dev);
	pump();
}

static void
connect_dev(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	front = pair[0];
	assert_int_equal(vu_start(&dev, pair[1]), 0);
}

static int
setup_tag(const char *tag)
{
	struct vu_config config = { QUEUES, tag, QUEUES - 1 };

	base = event_base_new();
	vu_init(&dev, base, &config, &ops, &dev);
	memset(ready_cnt, 0, sizeof(ready_cnt));
	reset_cnt = gone_cnt = held_cnt = 0;
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

static int
setup(void **state)
{
	(void)state;
	return setup_tag(NULL);
}

static int
setup_with_tag(void **state)
{
	static const char tag[VU_TAG_LEN] = "share";

	(void)state;
	return setup_tag(tag);
}

/* The device ends by EOF if it has not before, and leaks nothing. */
static int
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

static void
send_raw(const void *buf, size_t len, const int *fds, size_t fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(VU_SCM_MAX * sizeof(int))];
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

static void
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

static void
send_msg(uint32_t request, const void *body, uint32_t len, int fd)
{
	send_flags(request, VU_VERSION, body, len, &fd, fd != -1);
}

/* An answer to request with len bytes; 0 if none has come. */
static int
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

static uint64_t
get_u64(uint32_t request)
{
	uint64_t val;

	send_msg(request, NULL, 0, -1);
	assert_true(answer(request, &val, sizeof(val)));
	return val;
}

/* With REPLY_ACK; returns what the device says about it. */
static uint64_t
set_fds(uint32_t request, const void *body, uint32_t len, const int *fds,
    size_t fd_cnt)
{
	uint64_t val;

	send_flags(request, VU_VERSION | VU_NEED_REPLY, body, len, fds,
	    fd_cnt);
	assert_true(answer(request, &val, sizeof(val)));
	return val;
}

static uint64_t
set(uint32_t request, const void *body, uint32_t len, int fd)
{
	return set_fds(request, body, len, &fd, fd != -1);
}

static uint64_t
set_u64(uint32_t request, uint64_t val, int fd)
{
	return set(request, &val, sizeof(val), fd);
}

static uint64_t
set_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vu_state s = { index, num };

	return set(request, &s, sizeof(s), -1);
}

static void
negotiate(uint64_t proto)
{
	uint64_t val = proto;

	send_msg(SET_PROTO, &val, sizeof(val), -1);
	assert_int_equal(set_u64(SET_FEATURES, VU_FEATURES, -1), 0);
}

static uint64_t
set_memory(uint64_t gpa, uint64_t len)
{
	struct vu_table t = { .cnt = 1 };
	int fd = memfd;

	t.regions[0].gpa = gpa;
	t.regions[0].len = len;
	t.regions[0].uva = UVA;
	return set_fds(SET_MEM_TABLE, &t, 40, &fd, 1);
}

static uint64_t
set_addr(uint32_t idx, uint64_t off)
{
	struct vu_addr a = { .index = idx };

	a.desc = UVA + off;
	a.avail = UVA + off + PAGE;
	a.used = UVA + off + 2 * PAGE;
	return set(SET_ADDR, &a, sizeof(a), -1);
}

/* Queue 1 runs and its ring is at the start of memory. */
static void
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
static void
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

static unsigned int
used_idx(void)
{
	return ((uint16_t *)(guest + 2 * PAGE))[1];
}

static void
expect_gone(int clean)
{
	pump();
	assert_int_equal(gone_cnt, 1);
	assert_int_equal(gone_clean, clean);
}

static void
expect_alive(void)
{
	assert_int_equal(gone_cnt, 0);
	assert_int_equal(get_u64(GET_FEATURES), VU_FEATURES);
}

/* ---- tests ---- */

static void
test_features(void **state)
{
	(void)state;
	assert_int_equal(get_u64(GET_FEATURES), 0x170000000ULL);
	assert_int_equal(get_u64(GET_PROTO), 0xa429);
	negotiate(PF_ALL);
	assert_int_equal(get_u64(GET_QUEUE_NUM), QUEUES);
	assert_int_equal(get_u64(GET_SLOTS), GMEM_REGION_MAX);
	assert_int_equal(set(SET_OWNER, NULL, 0, -1), 0);
	assert_int_equal(set(RESET_OWNER, NULL, 0, -1), 0);
	/* Not offered: LOG_ALL; LOG_SHMFD; CONFIG without a tag. */
	assert_int_not_equal(set_u64(SET_FEATURES, VU_FEATURES | 1ULL << 26,
	    -1), 0);
	assert_int_not_equal(set_u64(SET_PROTO, PF_ALL | 2, -1), 0);
	assert_int_not_equal(set_u64(SET_PROTO, PF_ALL | VU_PF_CONFIG, -1), 0);
	assert_int_equal(dev.features, VU_FEATURES);
	assert_int_equal(dev.proto, PF_ALL);
	expect_alive();
}

static void
test_no_answer_unless_asked(void **state)
{
	uint64_t val = VU_FEATURES, dummy;

	(void)state;
	/* Asked, but REPLY_ACK is not negotiated. */
	send_flags(SET_FEATURES, VU_VERSION | VU_NEED_REPLY, &val, 8, NULL, 0);
	assert_false(answer(SET_FEATURES, &dummy, 8));
	negotiate(PF_ALL);
	send_msg(SET_FEATURES, &val, 8, -1);
	assert_false(answer(SET_FEATURES, &dummy, 8));
	expect_alive();
}

static void
test_split_at_every_byte(void **state)
{
	uint8_t buf[VU_HDR_LEN + 40] = { 0 };
	struct vu_hdr hdr = { SET_MEM_TABLE, VU_VERSION | VU_NEED_REPLY, 40 };
	struct vu_table t = { .cnt = 1 };
	unsigned int cut, later;
	uint64_t val;

	(void)state;
	negotiate(PF_ALL);
	t.regions[0] = (struct vu_region){ GPA, LEN, UVA, 0 };
	memcpy(buf, &hdr, sizeof(hdr));
	memcpy(buf + sizeof(hdr), &t, 40);
	for (cut = 1; cut < sizeof(buf); cut++) {
		/* The descriptor comes with the first or the second part. */
		for (later = 0; later < 2; later++) {
			send_raw(buf, cut, &memfd, !later);
			pump();
			assert_false(answer(SET_MEM_TABLE, &val, 8));
			send_raw(buf + cut, sizeof(buf) - cut, &memfd, later);
			pump();
			assert_true(answer(SET_MEM_TABLE, &val, 8));
			assert_int_equal(val, 0);
		}
	}
	assert_int_equal(dev.mem.cnt, 1);
}

static void
test_many_in_one_packet(void **state)
{
	struct vu_hdr hdrs[50];
	uint64_t val;
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++)
		hdrs[i] = (struct vu_hdr){ GET_FEATURES, VU_VERSION, 0 };
	send_raw(hdrs, sizeof(hdrs), NULL, 0);
	pump();
	for (i = 0; i < 50; i++)
		assert_true(answer(GET_FEATURES, &val, 8));
}

static void
test_fatal_headers(void **state)
{
	const struct {
		struct vu_hdr hdr;
	} *c, cases[] = {
		{ { GET_FEATURES, 0, 0 } },		/* version 0 */
		{ { GET_FEATURES, 2, 0 } },
		{ { GET_FEATURES, 3, 0 } },
		{ { GET_FEATURES, VU_VERSION | VU_REPLY, 0 } },
		{ { SET_FEATURES, VU_VERSION, 4096 } },	/* too long */
		{ { SET_FEATURES, VU_VERSION, 0xffffffff } },
		{ { 0, VU_VERSION, 0 } },		/* no such request */
		{ { 6, VU_VERSION, 0 } },		/* SET_LOG_BASE */
		{ { 22, VU_VERSION, 0 } },		/* IOTLB_MSG */
		{ { 31, VU_VERSION, 0 } },		/* GET_INFLIGHT_FD */
		{ { 0xffffffff, VU_VERSION, 0 } },
		{ { GET_CONFIG, VU_VERSION, 0 } },	/* not negotiated */
		{ { GET_QUEUE_NUM, VU_VERSION, 0 } },
		{ { RESET_DEVICE, VU_VERSION, 0 } },
		{ { GET_SLOTS, VU_VERSION, 0 } },
	};
	unsigned int i, cnt = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (i = 0; i < cnt; i++) {
		c = &cases[i];
		send_raw(&c->hdr, sizeof(c->hdr), NULL, 0);
		expect_gone(0);
		close(front);
		gone_cnt = 0;
		connect_dev();
		expect_alive();
	}
}

/* The answer to a question that can't be answered is the end. */
static void
test_bad_question(void **state)
{
	struct vu_state s = { QUEUES, 0 };

	(void)state;
	negotiate(PF_ALL);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	expect_gone(0);
}

static void
test_eof(void **state)
{
	struct vu_hdr hdr = { SET_FEATURES, VU_VERSION, 8 };
	unsigned int cut;

	(void)state;
	for (cut = 0; cut < sizeof(hdr) + 1; cut++) {
		if (cut > 0)
			send_raw(&hdr, cut < sizeof(hdr) ? cut : sizeof(hdr),
			    &memfd, 1);
		pump();
		fd_close(&front);
		expect_gone(cut == 0);
		gone_cnt = 0;
		connect_dev();
	}
}

/* Every request with every wrong number of descriptors; none may stay. */
static void
test_descriptors(void **state)
{
	static const uint16_t cnts[] = { 1, 2, 7, 8, 9, 100, 253 };
	static const uint32_t reqs[] = { SET_FEATURES, SET_OWNER,
	    SET_MEM_TABLE, SET_NUM, SET_ADDR, SET_BASE, SET_KICK, SET_CALL,
	    SET_ERR, SET_PROTO, SET_ENABLE, SET_BACKEND_FD, ADD_REG, REM_REG,
	    RESET_DEVICE };
	uint8_t body[64] = { 0 };
	uint32_t len;
	int fds[VU_SCM_MAX];
	unsigned int i, j, before;
	uint64_t val;

	(void)state;
	negotiate(PF_ALL);
	/* An empty file is good for nothing. */
	for (i = 0; i < VU_SCM_MAX; i++)
		fds[i] = memfd;
	assert_int_equal(ftruncate(memfd, 0), 0);
	before = fd_count();
	for (i = 0; i < sizeof(reqs) / sizeof(reqs[0]); i++) {
		for (j = 0; j < sizeof(cnts) / sizeof(cnts[0]); j++) {
			len = reqs[i] == SET_OWNER ||
			    reqs[i] == RESET_DEVICE ? 0 :
			    reqs[i] == SET_ADDR || reqs[i] == ADD_REG ||
			    reqs[i] == REM_REG ? 40 : 8;
			val = set_fds(reqs[i], body, len, fds, cnts[j]);
			assert_int_not_equal(val, 0);
			assert_int_equal(fd_count(), before);
		}
	}
	expect_alive();
}

static void
test_descriptors_do_not_pile_up(void **state)
{
	unsigned int i, before = 0;
	int pair[2];

	(void)state;
	bring_up();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (i = 0; i < 500; i++) {
		assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
		assert_int_equal(set_u64(SET_CALL, 1, call_fd), 0);
		assert_int_equal(set_u64(SET_ERR, 1, call_fd), 0);
		assert_int_equal(set(SET_BACKEND_FD, NULL, 0, pair[0]), 0);
		assert_int_equal(set_memory(GPA, LEN), 0);
		if (i == 0)
			before = fd_count();
	}
	assert_int_equal(fd_count(), before);
	close(pair[0]);
	close(pair[1]);
}

/* All messages about a queue with sizes and indices that are wrong. */
static void
test_refused(void **state)
{
	struct vu_addr a = { .index = 1, .flags = 1 };
	uint8_t body[64] = { 1 };

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set_memory(GPA, LEN), 0);
	assert_int_not_equal(set(SET_NUM, body, 7, -1), 0);
	assert_int_not_equal(set(SET_NUM, body, 9, -1), 0);
	assert_int_not_equal(set(SET_FEATURES, body, 0, -1), 0);
	assert_int_not_equal(set(SET_OWNER, body, 8, -1), 0);
	assert_int_not_equal(set_state(SET_NUM, QUEUES, NUM), 0);
	assert_int_not_equal(set_state(SET_NUM, 0x80000001, NUM), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 0), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 9), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 65536), 0);
	assert_int_not_equal(set_state(SET_BASE, 1, 65536), 0);
	assert_int_not_equal(set_state(SET_BASE, QUEUES, 0), 0);
	assert_int_not_equal(set_state(SET_ENABLE, QUEUES, 1), 0);
	assert_int_not_equal(set_state(SET_ENABLE, 1, 2), 0);
	assert_int_not_equal(set_addr(QUEUES, 0), 0);
	assert_int_equal(set_state(SET_NUM, 1, NUM), 0);
	assert_int_not_equal(set_addr(1, 1), 0);
	assert_int_not_equal(set_addr(1, LEN), 0);
	assert_int_not_equal(set(SET_ADDR, &a, sizeof(a), -1), 0);
	assert_int_equal(dev.queues[1].addr_set, 0);
	assert_int_not_equal(set_u64(SET_KICK, QUEUES, kick_fd), 0);
	assert_int_not_equal(set_u64(SET_KICK, 1, -1), 0);
	assert_int_not_equal(set_u64(SET_KICK, 0x101, kick_fd), 0);
	assert_int_not_equal(set_u64(SET_KICK, 0x201, kick_fd), 0);
	/* Nothing to poll for. */
	assert_int_not_equal(set_u64(SET_KICK, 0x101, -1), 0);
	assert_int_equal(set_u64(SET_CALL, 0x101, -1), 0);
	/* Files are no eventfds. */
	assert_int_not_equal(set_u64(SET_KICK, 1, memfd), 0);
	assert_int_not_equal(set_u64(SET_CALL, 1, memfd), 0);
	assert_int_not_equal(set_u64(SET_ERR, 1, front), 0);
	assert_int_not_equal(set(SET_BACKEND_FD, NULL, 0, memfd), 0);
	assert_int_equal(dev.queues[1].kick_fd, -1);
	expect_alive();
}

static void
test_memory_refused(void **state)
{
	struct vu_table t = { .cnt = 2 };
	int fds[3] = { memfd, memfd, memfd };

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set_memory(GPA, LEN), 0);
	t.regions[0] = (struct vu_region){ 0, PAGE, UVA, 0 };
	t.regions[1] = (struct vu_region){ GPA, PAGE, UVA + GPA, 0 };
	/* Count, descriptors and size contradict each other. */
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 1), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 3), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 40, fds, 2), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 104, fds, 2), 0);
	t.cnt = 0xffffffff;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2), 0);
	t.cnt = 9;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 264, fds, 3), 0);
	/* The second one overlaps, or is longer than its file. */
	t.cnt = 2;
	t.regions[1].gpa = 0;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2), 0);
	t.regions[1].gpa = GPA;
	t.regions[1].len = LEN + PAGE;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2), 0);
	/* The old table is still there. */
	assert_int_equal(dev.mem.cnt, 1);
	assert_int_equal(dev.mem.regions[0].range.len, LEN);
	expect_alive();
}

static void
test_memory_slots(void **state)
{
	struct vu_slot s = { 0, { GPA, LEN, UVA, 0 } };
	struct vu_slot other = { 0, { GPA + LEN, LEN, UVA + LEN, 0 } };

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set(ADD_REG, &s, sizeof(s), memfd), 0);
	assert_int_not_equal(set(ADD_REG, &s, sizeof(s), memfd), 0);
	assert_int_not_equal(set(ADD_REG, &other, sizeof(other), -1), 0);
	assert_int_equal(set(ADD_REG, &other, sizeof(other), memfd), 0);
	assert_int_equal(dev.mem.cnt, 2);
	assert_int_equal(set(REM_REG, &s, sizeof(s), -1), 0);
	assert_int_not_equal(set(REM_REG, &s, sizeof(s), -1), 0);
	assert_int_equal(set(REM_REG, &other, sizeof(other), memfd), 0);
	assert_int_equal(dev.mem.cnt, 0);
}

static void
test_ring(void **state)
{
	uint64_t cnt = 0;

	(void)state;
	bring_up();
	assert_true(ready_cnt[1] > 0);
	request(3);
	assert_int_equal(used_idx(), 1);
	assert_int_equal(read(call_fd, &cnt, 8), 8);
	request(4);
	assert_int_equal(used_idx(), 2);
	assert_int_equal(ready_cnt[0] + ready_cnt[2], 0);
	/* A running ring is not to be changed under its feet. */
	assert_int_not_equal(set_state(SET_NUM, 1, NUM * 2), 0);
	assert_int_not_equal(set_state(SET_BASE, 1, 0), 0);
	assert_int_not_equal(set_u64(SET_FEATURES, VU_F_VERSION_1, -1), 0);
	request(5);
	assert_int_equal(used_idx(), 3);
}

static void
test_without_protocol_features(void **state)
{
	uint64_t val = VU_F_VERSION_1;

	(void)state;
	bring_up();
	assert_int_equal(set_state(SET_ENABLE, 1, 0), 0);
	assert_false(vu_ring_running(&dev, 1));
	assert_int_equal(set_u64(SET_FEATURES, val, -1), 0);
	assert_true(vu_ring_running(&dev, 1));
	assert_int_not_equal(set_state(SET_ENABLE, 1, 1), 0);
}

static void
test_get_base_waits(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	request(1);
	assert_int_equal(held_cnt, 2);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_false(answer(GET_BASE, &s, sizeof(s)));
	/* Nothing more is popped, nothing more is read. */
	request(2);
	assert_int_equal(held_cnt, 2);
	send_msg(GET_FEATURES, NULL, 0, -1);
	vu_idle(&dev);
	pump();
	assert_false(answer(GET_BASE, &s, sizeof(s)));
	push_held(1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	assert_int_equal(s.index, 1);
	assert_int_equal(s.num, 2);
	assert_int_equal(used_idx(), 2);
	assert_false(vu_ring_running(&dev, 1));
	assert_true(answer(GET_FEATURES, &s, 8));
	/* Start again where it was: the third request is there. */
	serve_at_once = 1;
	assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
	pump();
	assert_true(vu_ring_running(&dev, 1));
	assert_int_equal(used_idx(), 3);
}

static void
test_memory_waits(void **state)
{
	struct vu_table t = { .cnt = 1 };
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	assert_int_equal(held_cnt, 1);
	t.regions[0] = (struct vu_region){ GPA, LEN, UVA, 0 };
	send_flags(SET_MEM_TABLE, VU_VERSION | VU_NEED_REPLY, &t, 40, &memfd,
	    1);
	assert_false(answer(SET_MEM_TABLE, &val, 8));
	/* Came while it waited; popped when the ring runs again. */
	request(1);
	serve_at_once = 1;
	push_held(1);
	assert_true(answer(SET_MEM_TABLE, &val, 8));
	assert_int_equal(val, 0);
	pump();
	assert_true(vu_ring_running(&dev, 1));
	assert_int_equal(used_idx(), 2);
	/* Another table, without the ring. */
	t.regions[0].uva = UVA + LEN;
	assert_int_equal(set_fds(SET_MEM_TABLE, &t, 40, &memfd, 1), 0);
	assert_false(vu_ring_running(&dev, 1));
	expect_alive();
}

static void
test_address_change_waits(void **state)
{
	struct vu_addr a = { .index = 1 };
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	a.desc = UVA + 8 * PAGE;
	a.avail = UVA + 9 * PAGE;
	a.used = UVA + 10 * PAGE;
	send_flags(SET_ADDR, VU_VERSION | VU_NEED_REPLY, &a, sizeof(a), NULL,
	    0);
	assert_false(answer(SET_ADDR, &val, 8));
	push_held(1);
	assert_true(answer(SET_ADDR, &val, 8));
	assert_int_equal(val, 0);
	assert_true(vu_ring_running(&dev, 1));
	assert_ptr_equal(dev.queues[1].ring.desc,
	    gmem_from_user(&dev.mem, a.desc, 1));
}

static void
test_reset_device(void **state)
{
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_flags(RESET_DEVICE, VU_VERSION | VU_NEED_REPLY, NULL, 0, NULL,
	    0);
	assert_int_equal(reset_cnt, 0);
	push_held(1);
	assert_int_equal(reset_cnt, 1);
	assert_true(answer(RESET_DEVICE, &val, 8));
	assert_int_equal(val, 0);
	assert_false(vu_ring_running(&dev, 1));
	assert_int_equal(dev.queues[1].kick_fd, -1);
	expect_alive();
	/* The same connection can set everything up again. */
	serve_at_once = 1;
	memset(guest, 0, LEN);
	bring_up();
	request(0);
	assert_int_equal(used_idx(), 1);
}

static void
test_broken_ring(void **state)
{
	struct vu_state s = { 1, 0 };
	uint64_t cnt;
	int err_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	(void)state;
	bring_up();
	assert_int_equal(set_u64(SET_ERR, 1, err_fd), 0);
	request(NUM);
	assert_int_equal(read(err_fd, &cnt, 8), 8);
	request(0);
	assert_int_equal(used_idx(), 0);
	expect_alive();
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	memset(guest, 0, LEN);
	assert_int_equal(set_state(SET_BASE, 1, 0), 0);
	assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
	request(0);
	assert_int_equal(used_idx(), 1);
	close(err_fd);
}

static void
test_end_waits(void **state)
{
	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	fd_close(&front);
	pump();
	assert_int_equal(gone_cnt, 0);
	assert_int_equal(reset_cnt, 0);
	push_held(1);
	assert_int_equal(used_idx(), 1);
	expect_gone(1);
	assert_int_equal(reset_cnt, 1);
}

static void
test_stop_while_a_message_waits(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	vu_stop(&dev);
	vu_stop(&dev);
	pump();
	assert_int_equal(gone_cnt, 0);
	push_held(1);
	expect_gone(1);
	assert_false(answer(GET_BASE, &s, sizeof(s)));
}

static void
test_stop_without_connection(void **state)
{
	(void)state;
	fd_close(&front);
	expect_gone(1);
	vu_stop(&dev);
	assert_int_equal(gone_cnt, 1);
	pump();
	assert_int_equal(gone_cnt, 2);
	gone_cnt = 1;
}

static void
test_second_connection(void **state)
{
	unsigned int before = fd_count();
	int fd = dup(call_fd);

	(void)state;
	assert_int_equal(vu_start(&dev, fd), EBUSY);
	assert_int_equal(fd_count(), before);
	expect_alive();
}

/* A front-end that asks and never reads gets its connection closed. */
static void
test_front_end_does_not_read(void **state)
{
	struct vu_hdr hdr = { GET_FEATURES, VU_VERSION, 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 100000 && gone_cnt == 0; i++) {
		if (send(front, &hdr, sizeof(hdr), MSG_NOSIGNAL) == -1)
			break;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	expect_gone(0);
}

static void
test_config(void **state)
{
	struct vu_space s = { 0, 40, 0, { 0 } };
	uint32_t num;
	uint8_t none;

	(void)state;
	assert_int_equal(get_u64(GET_PROTO), 0xa629);
	negotiate(PF_ALL | VU_PF_CONFIG);
	memset(s.bytes, 0xff, sizeof(s.bytes));
	send_msg(GET_CONFIG, &s, 12 + 40, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 40));
	assert_string_equal((char *)s.bytes, "share");
	memcpy(&num, s.bytes + VU_TAG_LEN, 4);
	assert_int_equal(num, QUEUES - 1);
	/* A part of it, then the largest with nothing behind the end. */
	s.offset = 2;
	s.size = 2;
	send_msg(GET_CONFIG, &s, 12 + 2, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 2));
	assert_memory_equal(s.bytes, "ar", 2);
	s.offset = 0;
	s.size = 256;
	memset(s.bytes, 0xff, sizeof(s.bytes));
	send_msg(GET_CONFIG, &s, 12 + 256, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 256));
	assert_int_equal(s.bytes[255], 0);
	/* Errors are answers without payload. */
	s.offset = 1;
	send_msg(GET_CONFIG, &s, 12 + 256, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	s.offset = 0xffffffff;
	s.size = 2;
	send_msg(GET_CONFIG, &s, 12 + 2, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	s.offset = 0;
	s.size = 40;
	send_msg(GET_CONFIG, &s, 12 + 39, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	assert_int_not_equal(set(SET_CONFIG, &s, 12 + 40, -1), 0);
	expect_alive();
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_features), T(test_no_answer_unless_asked),
		T(test_split_at_every_byte), T(test_many_in_one_packet),
		T(test_fatal_headers), T(test_bad_question), T(test_eof),
		T(test_descriptors), T(test_descriptors_do_not_pile_up),
		T(test_refused), T(test_memory_refused), T(test_memory_slots),
		T(test_ring), T(test_without_protocol_features),
		T(test_get_base_waits), T(test_memory_waits),
		T(test_address_change_waits), T(test_reset_device),
		T(test_broken_ring), T(test_end_waits),
		T(test_stop_while_a_message_waits),
		T(test_stop_without_connection), T(test_second_connection),
		T(test_front_end_does_not_read),
		cmocka_unit_test_setup_teardown(test_config, setup_with_tag,
		    teardown),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
