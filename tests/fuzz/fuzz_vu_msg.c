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
 * Knows: a vhost-user front-end that sends any bytes with any descriptors,
 * writes any rings, and hangs up at any time.
 * Never: what is in the requests.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>

#include "common/fdbag.h"
#include "common/log.h"
#include "transport/vu_int.h"
#include "fuzz.h"

#define QUEUES		3U
#define LEN		0x10000UL	/* of guest memory */
#define HELD_MAX	64
#define POP_MAX		1000
#define SENT_FDS_MAX	15
#define PUMP_MAX	64		/* turns until everything is over */

/* What comes next; the record's first byte. */
enum deed {
	DEED_SEND,
	DEED_WRITE,		/* guest memory */
	DEED_KICK,
	DEED_PUSH,		/* requests in flight end */
	DEED_READ,		/* the answers */
	DEED_HANGUP,		/* and connect again */
	DEED_CNT,
};

/* Second byte of DEED_SEND. */
#define HOW_HEADER	0x01	/* version and length are right */
#define HOW_MANY	0x02	/* all descriptors are of the first kind */

enum kind {
	KIND_MEMORY,
	KIND_EVENT,
	KIND_KICK,
	KIND_PIPE,
	KIND_SOCKET,
	KIND_CNT,
};

static struct event_base *base;
static struct vu_dev dev;
static int front = -1;
static int kinds[KIND_CNT];
static uint8_t *memory;
static int push_at_once, kicked;
static unsigned int gone_cnt;
static struct vring_chain chain;

static struct {
	uint16_t head;
	unsigned int queue;
} held[HELD_MAX];
static unsigned int held_cnt;

/* ---- the upper half ---- */

/* A ring whose parts overlap can feed itself: enough is enough. */
static void
on_ready(void *arg, unsigned int idx)
{
	struct vring *v = vu_ring(arg, idx);
	unsigned int i;
	int err = 0;

	FUZZ_MUST(v != NULL && vu_ring_running(arg, idx));
	for (i = 0; i < POP_MAX && (err = vring_pop(v, &chain)) == 0; i++) {
		FUZZ_MUST(chain.in_len + chain.out_len <= VRING_CHAIN_LEN);
		if (push_at_once || held_cnt == HELD_MAX) {
			vring_push(v, chain.head, 0);
			continue;
		}
		held[held_cnt].head = chain.head;
		held[held_cnt++].queue = idx;
	}
	FUZZ_MUST(err == 0 || err == EAGAIN || err == EPROTO);
	vring_notify(v);
}

static void
on_reset(void *arg)
{
	FUZZ_MUST(vu_inflight(arg) == 0 && held_cnt == 0);
}

static void
on_gone(void *arg, int clean)
{
	(void)clean;
	FUZZ_MUST(vu_inflight(arg) == 0);
	gone_cnt++;
}

static const struct vu_ops ops = { .ring_ready = on_ready,
	    .reset = on_reset, .gone = on_gone };

static void
push_held(void)
{
	while (held_cnt > 0) {
		held_cnt--;
		vring_push(vu_ring(&dev, held[held_cnt].queue),
		    held[held_cnt].head, 0);
	}
	vu_idle(&dev);
}

/* ---- the front-end ---- */

static void
pump(unsigned int turns)
{
	while (turns-- > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
hello(void)
{
	int pair[2];

	FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair) == 0);
	front = pair[0];
	gone_cnt = 0;
	FUZZ_MUST(vu_start(&dev, pair[1]) == 0);
}

/* Hang up; whatever was going on, nothing is left. */
static void
goodbye(void)
{
	unsigned int i;

	fd_close(&front);
	for (i = 0; i < PUMP_MAX && gone_cnt == 0; i++) {
		push_held();
		pump(1);
	}
	FUZZ_MUST(gone_cnt == 1 && dev.fd == -1 && dev.backend_fd == -1);
	FUZZ_MUST(dev.mem.cnt == 0 && dev.features == 0 && dev.proto == 0);
	for (i = 0; i < QUEUES; i++) {
		FUZZ_MUST(!vu_ring_running(&dev, i));
		FUZZ_MUST(dev.queues[i].kick_fd == -1);
		FUZZ_MUST(dev.queues[i].ring.call_fd == -1);
		FUZZ_MUST(dev.queues[i].ring.err_fd == -1);
	}
}

static void
send_raw(const void *buf, size_t len, const int *fds, size_t fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(SENT_FDS_MAX * sizeof(int))];
	} ctl;
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (fd_cnt > 0) {
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_cnt * sizeof(int));
	}
	n = sendmsg(front, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	FUZZ_MUST(n != -1 || errno == EPIPE || errno == EAGAIN ||
	    errno == ECONNRESET);
}

static void
deed_send(struct fuzz *f)
{
	uint8_t how = fuzz_u8(f), some = fuzz_u8(f);
	size_t len = fuzz_u16(f) % 1024, fd_cnt = some >> 4, i;
	uint8_t buf[1024];
	int fds[SENT_FDS_MAX];
	struct vu_hdr hdr;

	if (len > f->left)
		len = f->left;
	fuzz_bytes(f, buf, len);
	if ((how & HOW_HEADER) != 0 && len >= sizeof(hdr)) {
		memcpy(&hdr, buf, sizeof(hdr));
		hdr.flags = VU_VERSION | (hdr.flags & VU_NEED_REPLY);
		hdr.size = (uint32_t)(len - sizeof(hdr));
		memcpy(buf, &hdr, sizeof(hdr));
	}
	for (i = 0; i < fd_cnt; i++)
		fds[i] = kinds[((some & 0xf) + ((how & HOW_MANY) ? 0 : i)) %
		    KIND_CNT];
	if (len > 0)
		send_raw(buf, len, fds, fd_cnt);
}

static void
deed_write(struct fuzz *f)
{
	uint16_t at = fuzz_u16(f);
	size_t len = fuzz_u8(f);

	if (len > LEN - at)
		len = LEN - at;
	fuzz_bytes(f, memory + at, len);
}

static void
deed_kick(void)
{
	const uint64_t one = 1;

	FUZZ_MUST(write(kinds[KIND_KICK], &one, sizeof(one)) == sizeof(one) ||
	    errno == EAGAIN);
	kicked = 1;
}

/* Every answer is one, and whole. */
static void
deed_read(void)
{
	struct vu_hdr hdr;
	uint8_t body[sizeof(union vu_body)];

	while (recv(front, &hdr, sizeof(hdr), MSG_DONTWAIT) ==
	    (ssize_t)sizeof(hdr)) {
		FUZZ_MUST(hdr.flags == (VU_VERSION | VU_REPLY));
		FUZZ_MUST(hdr.size <= sizeof(body));
		FUZZ_MUST(hdr.size == 0 || recv(front, body, hdr.size,
		    MSG_DONTWAIT) == (ssize_t)hdr.size);
	}
}

static void
one_deed(struct fuzz *f)
{
	switch ((enum deed)(fuzz_u8(f) % DEED_CNT)) {
	case DEED_SEND:
		deed_send(f);
		break;
	case DEED_WRITE:
		deed_write(f);
		return;
	case DEED_KICK:
		deed_kick();
		break;
	case DEED_PUSH:
		push_held();
		break;
	case DEED_READ:
		deed_read();
		return;
	case DEED_HANGUP:
	case DEED_CNT:
		goodbye();
		hello();
		break;
	}
	pump(2);
}

static void
setup(void)
{
	static const char tag[VU_TAG_LEN] = "share";
	struct vu_config config = { QUEUES, tag, QUEUES - 1 };
	int pair[2];

	log_set_level(LOG_LEVEL_OFF);
	base = event_base_new();
	FUZZ_MUST(base != NULL);
	vu_init(&dev, base, &config, &ops, &dev);
	kinds[KIND_MEMORY] = memfd_create("guest", MFD_CLOEXEC);
	FUZZ_MUST(ftruncate(kinds[KIND_MEMORY], (off_t)LEN) == 0);
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
	    kinds[KIND_MEMORY], 0);
	FUZZ_MUST(memory != MAP_FAILED);
	kinds[KIND_EVENT] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	kinds[KIND_KICK] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	FUZZ_MUST(pipe2(pair, O_CLOEXEC) == 0);
	kinds[KIND_PIPE] = pair[0];
	FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair) == 0);
	kinds[KIND_SOCKET] = pair[0];
}

/* First byte: 1, a tag is announced; 2, requests take their time. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	uint64_t cnt;
	int fd_free;
	uint8_t how;

	if (base == NULL)
		setup();
	fd_free = fuzz_fd_free();
	how = fuzz_u8(&f);
	dev.has_tag = how & 1;
	push_at_once = (how & 2) == 0;
	memset(memory, 0, LEN);
	if (kicked)
		FUZZ_MUST(read(kinds[KIND_KICK], &cnt, sizeof(cnt)) != 0);
	kicked = 0;
	hello();
	while (f.left > 0)
		one_deed(&f);
	goodbye();
	FUZZ_MUST(fuzz_fd_free() == fd_free);
	return 0;
}
