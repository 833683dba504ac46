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
 * Knows: what a channel accepts, and that a refused message leaves nothing.
 * Never: what a message means (tests/ipc/matrix.c sends every wrong variant).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/chan.c"

#include <dirent.h>

#define CTL_FDS	(MSG_FDS_MAX + 4)

static struct chan us;		/* transport's end towards a worker */
static int peer;		/* the worker's end, raw */
static struct chan_msg msg;
static unsigned int fds_before;

static unsigned int
fd_count(void)
{
	unsigned int n = 0;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	fds_before = fd_count();
	if (chan_pair(fds) != 0)
		return -1;
	chan_init(&us, fds[0], MSG_TRANSPORT, MSG_FSWORKER, 1);
	chan_phase(&us, MSG_PHASE_RUN);
	peer = fds[1];
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	chan_close(&us);
	fd_close(&peer);
	assert_int_equal(fd_count(), fds_before);
	return 0;
}

/* Send len bytes with cnt copies of a descriptor in ctls control messages. */
static void
raw(const void *bytes, size_t len, unsigned int cnt, unsigned int ctls)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CTL_FDS) * 2];
	} ctl;
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr mh;
	struct cmsghdr *cm;
	unsigned int i, k;
	int *at;

	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (cnt > 0) {
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * cnt) * ctls;
		cm = CMSG_FIRSTHDR(&mh);
		for (k = 0; k < ctls; k++) {
			cm->cmsg_level = SOL_SOCKET;
			cm->cmsg_type = SCM_RIGHTS;
			cm->cmsg_len = CMSG_LEN(sizeof(int) * cnt);
			at = (int *)(void *)CMSG_DATA(cm);
			for (i = 0; i < cnt; i++)
				at[i] = STDIN_FILENO;
			cm = CMSG_NXTHDR(&mh, cm);
		}
	}
	assert_int_equal(sendmsg(peer, &mh, MSG_NOSIGNAL), len);
}

struct lookup_answer {
	struct msg_hdr hdr;
	struct a_lookup a;
};

static struct lookup_answer
good(void)
{
	struct lookup_answer m;

	memset(&m, 0, sizeof(m));
	m.hdr.type = A_LOOKUP;
	m.hdr.fd_cnt = 1;
	m.hdr.len = sizeof(m);
	m.hdr.id = 99;
	m.a.attr.ino = 5;
	return m;
}

static void
refused(const void *bytes, size_t len, unsigned int fds, const char *why)
{
	unsigned int before = fd_count();

	raw(bytes, len, fds, 1);
	assert_int_equal(chan_recv(&us, &msg), EPROTO);
	assert_string_equal(us.why, why);
	assert_int_equal(fd_count(), before);
}

static void
test_good(void **state)
{
	struct lookup_answer m = good();
	const struct a_lookup *a;

	(void)state;
	assert_int_equal(chan_recv(&us, &msg), EAGAIN);
	raw(&m, sizeof(m), 1, 1);
	assert_int_equal(chan_recv(&us, &msg), 0);
	a = msg.body;
	assert_int_equal(a->attr.ino, 5);
	assert_int_equal(msg.hdr.id, 99);
	assert_int_equal(msg.fds.cnt, 1);
	assert_int_equal(fcntl(fdbag_get(&msg.fds, 0), F_GETFD), FD_CLOEXEC);
	fdbag_close(&msg.fds);
}

static void
test_sizes(void **state)
{
	struct {
		struct lookup_answer m;
		char more[MSG_SEAL_MAX + 16];
	} big;
	size_t len;

	(void)state;
	memset(&big, 0, sizeof(big));
	for (len = 1; len < sizeof(big); len++) {
		big.m = good();
		if (len < sizeof(struct msg_hdr)) {
			refused(&big, len, 1, "shorter than a header");
			continue;
		}
		if (len == sizeof(big.m))
			continue;
		refused(&big, len, 1, "wrong size");
		big.m.hdr.len = (uint32_t)len;
		/* In between it is a tail. */
		if (len < sizeof(big.m) || len > sizeof(big.m) + MSG_SEAL_MAX)
			refused(&big, len, 1, "wrong size");
	}
}

static void
test_tail(void **state)
{
	static const uint32_t lens[] = { 0, 1, MSG_SEAL_MAX };
	struct {
		struct lookup_answer m;
		char more[MSG_SEAL_MAX];
	} big;
	unsigned int i;

	(void)state;
	memset(&big, 0x5a, sizeof(big));
	for (i = 0; i < 3; i++) {
		big.m = good();
		big.m.hdr.len += lens[i];
		raw(&big, big.m.hdr.len, 1, 1);
		assert_int_equal(chan_recv(&us, &msg), 0);
		assert_int_equal(msg.tail_len, lens[i]);
		if (lens[i] > 0)
			assert_memory_equal(msg.tail, big.more, lens[i]);
		fdbag_close(&msg.fds);
	}
}

static void
test_length_lies(void **state)
{
	static const uint32_t lies[] = { 0, 1, 16, UINT32_MAX };
	struct lookup_answer m = good();
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		m.hdr.len = lies[i];
		refused(&m, sizeof(m), 1, "wrong size");
	}
	m.hdr.len = sizeof(m) - 1;
	refused(&m, sizeof(m), 1, "wrong size");
	m.hdr.len = sizeof(m) + 1;
	refused(&m, sizeof(m), 1, "wrong size");
}

static void
test_errors_are_empty(void **state)
{
	struct lookup_answer m = good();

	(void)state;
	m.hdr.err = EIO;
	refused(&m, sizeof(m), 1, "wrong size");
	m.hdr.len = sizeof(m.hdr);
	refused(&m, sizeof(m.hdr), 1, "wrong number of descriptors");
	m.hdr.fd_cnt = 0;
	refused(&m, sizeof(m.hdr), 1, "wrong number of descriptors");
	raw(&m, sizeof(m.hdr), 0, 0);
	assert_int_equal(chan_recv(&us, &msg), 0);
	assert_int_equal(msg.hdr.err, EIO);
	assert_null(msg.body);
	assert_int_equal(msg.tail_len, 0);
}

static void
test_descriptors(void **state)
{
	struct lookup_answer m = good();
	unsigned int declared, sent;

	(void)state;
	for (declared = 0; declared < 4; declared++)
		for (sent = 0; sent < 4; sent++) {
			if (declared == 1 && sent == 1)
				continue;
			m.hdr.fd_cnt = (uint16_t)declared;
			refused(&m, sizeof(m), sent,
			    "wrong number of descriptors");
		}
}

/* As many as are legal, one more, and as many as padding could hide. */
static void
test_most_descriptors(void **state)
{
	struct {
		struct msg_hdr hdr;
		struct a_readdirplus a;
	} m;
	unsigned int before = fd_count(), cnt;

	(void)state;
	for (cnt = MSG_FDS_MAX; cnt < CTL_FDS; cnt++) {
		memset(&m, 0, sizeof(m));
		m.hdr.type = A_READDIRPLUS;
		m.hdr.len = sizeof(m);
		m.hdr.fd_cnt = (uint16_t)cnt;
		raw(&m, sizeof(m), cnt, 1);
		assert_int_equal(chan_recv(&us, &msg),
		    cnt <= MSG_FDS_MAX ? 0 : EPROTO);
		if (cnt <= MSG_FDS_MAX)
			assert_int_equal(msg.fds.cnt, cnt);
		fdbag_close(&msg.fds);
		assert_int_equal(fd_count(), before);
		m.hdr.fd_cnt = MSG_FDS_MAX;
		raw(&m, sizeof(m), cnt, 1);
		assert_int_equal(chan_recv(&us, &msg),
		    cnt == MSG_FDS_MAX ? 0 : EPROTO);
		fdbag_close(&msg.fds);
		assert_int_equal(fd_count(), before);
	}
}

static void
test_two_control_messages(void **state)
{
	struct lookup_answer m = good();
	unsigned int before = fd_count();

	(void)state;
	m.hdr.fd_cnt = 2;
	raw(&m, sizeof(m), 1, 2);
	assert_int_equal(chan_recv(&us, &msg), EPROTO);
	assert_int_equal(fd_count(), before);
}

static void
test_truncated(void **state)
{
	static char huge[sizeof(msg.buf) + 1];
	struct lookup_answer m = good();
	int size = 1 << 20;

	(void)state;
	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size,
	    sizeof(size)), 0);
	memcpy(huge, &m, sizeof(m));
	refused(huge, sizeof(huge), 1, "truncated");
	refused(huge, sizeof(msg.buf), 1, "wrong size");
}

static void
test_direction_and_phase(void **state)
{
	struct {
		struct msg_hdr hdr;
		struct q_lookup q;
	} q;
	struct {
		struct msg_hdr hdr;
		struct n_quit n;
	} quit;
	int fds[2];

	(void)state;
	memset(&q, 0, sizeof(q));
	q.hdr.type = Q_LOOKUP;
	q.hdr.fd_cnt = 1;
	q.hdr.len = sizeof(q);
	refused(&q, sizeof(q), 1, "wrong direction");
	q.hdr.type = 0;
	refused(&q, sizeof(q), 1, "unknown message");
	q.hdr.type = UINT16_MAX;
	refused(&q, sizeof(q), 1, "unknown message");
	chan_close(&us);
	fd_close(&peer);
	assert_int_equal(chan_pair(fds), 0);
	chan_init(&us, fds[0], MSG_TRANSPORT, MSG_BROKER, 1);
	peer = fds[1];
	memset(&quit, 0, sizeof(quit));
	quit.hdr.type = N_QUIT;
	quit.hdr.len = sizeof(quit);
	refused(&quit, sizeof(quit), 0, "wrong phase");
	chan_phase(&us, MSG_PHASE_SHUT);
	refused(&quit, sizeof(quit), 0, "wrong phase");
	quit.hdr.err = 5;
	refused(&quit, sizeof(quit), 0, "wrong phase");
	chan_phase(&us, MSG_PHASE_RUN);
	refused(&quit, sizeof(quit), 0, "wrong size");
	quit.hdr.len = sizeof(quit.hdr);
	refused(&quit, sizeof(quit.hdr), 0, "wrong size");
	quit.hdr.err = 0;
	quit.hdr.len = sizeof(quit);
	raw(&quit, sizeof(quit), 0, 0);
	assert_int_equal(chan_recv(&us, &msg), 0);
}

/* What is no channel stays the caller's. */
/* Numbers where no worker keeps anything. */
static void
test_kept(void **state)
{
	struct lookup_answer m = good();
	struct {
		struct msg_hdr hdr;
		struct a_unlink a;
	} u = { .hdr = { .type = A_UNLINK, .len = sizeof(u),
	    .give = MSG_KEEP_PUT | 1 } };

	(void)state;
	m.hdr.kept[0] = MSG_KEEP_USE | 1;
	refused(&m, sizeof(m), 1, "wrong numbers of kept descriptors");
	refused(&u, sizeof(u), 0, "wrong numbers of kept descriptors");
}

static void
test_take(void **state)
{
	struct chan c = { .fd = -1 };
	int fds[2];

	(void)state;
	assert_int_equal(chan_take(&c, -1, MSG_BROKER, MSG_FSWORKER, 1),
	    EBADF);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(chan_take(&c, fds[0], MSG_BROKER, MSG_FSWORKER, 1),
	    ENOTSOCK);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fds), 0);
	assert_int_equal(chan_take(&c, fds[0], MSG_BROKER, MSG_FSWORKER, 1),
	    EPROTOTYPE);
	assert_int_equal(c.fd, -1);
	close(fds[0]);
	close(fds[1]);
}

static void
test_end(void **state)
{
	struct chan_out out;
	struct q_lookup q;
	int fd = STDIN_FILENO;

	(void)state;
	fd_close(&peer);
	assert_int_equal(chan_recv(&us, &msg), EPIPE);
	memset(&q, 0, sizeof(q));
	memset(&out, 0, sizeof(out));
	out.type = Q_LOOKUP;
	out.body = &q;
	out.fds = &fd;
	out.fd_cnt = 1;
	assert_int_equal(chan_send(&us, &out), EPIPE);
}

/* What was sent before the end still arrives. */
static void
test_end_after_message(void **state)
{
	struct lookup_answer m = good();

	(void)state;
	raw(&m, sizeof(m), 1, 1);
	fd_close(&peer);
	assert_int_equal(chan_recv(&us, &msg), 0);
	fdbag_close(&msg.fds);
	assert_int_equal(chan_recv(&us, &msg), EPIPE);
}

static void
test_full(void **state)
{
	struct chan_out out;
	struct q_write q;
	static char tail[MSG_TAIL_MAX];
	int fd = STDIN_FILENO, err, i;

	(void)state;
	memset(&q, 0, sizeof(q));
	memset(&out, 0, sizeof(out));
	out.type = Q_WRITE;
	out.body = &q;
	out.tail = tail;
	out.tail_len = sizeof(tail);
	out.fds = &fd;
	out.fd_cnt = 1;
	for (i = 0; (err = chan_send(&us, &out)) == 0; i++)
		assert_in_range(i, 0, 1000);
	assert_int_equal(err, EAGAIN);
	assert_in_range(i, 1, 1000);
}

/* Whatever arrives: an answer or EPROTO, and nothing left open. */
static void
test_random(void **state)
{
	static uint32_t bytes[64];
	uint64_t x = 0x2545f4914f6cdd1dULL;
	unsigned int before = fd_count(), i, k, fds;
	struct msg_hdr *h = (void *)bytes;
	size_t len;
	int err;

	(void)state;
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < 64; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[k] = (uint32_t)x;
		}
		fds = (unsigned int)(x >> 20) % 4;
		len = 16 + (x >> 33) % 200;
		h->type = (uint16_t)((x >> 8) % 70);
		h->fd_cnt = (uint16_t)fds;
		h->len = (uint32_t)len;
		h->err = i % 3 == 0 ? 5 : 0;
		if (i % 3 == 0)
			h->len = (uint32_t)(len = 16);
		raw(bytes, len, fds, 1);
		err = chan_recv(&us, &msg);
		assert_true(err == 0 || err == EPROTO);
		fdbag_close(&msg.fds);
		assert_int_equal(fd_count(), before);
	}
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_good),
		UNIT(test_sizes),
		UNIT(test_tail),
		UNIT(test_length_lies),
		UNIT(test_errors_are_empty),
		UNIT(test_descriptors),
		UNIT(test_most_descriptors),
		UNIT(test_two_control_messages),
		UNIT(test_truncated),
		UNIT(test_direction_and_phase),
		UNIT(test_kept), UNIT(test_take), UNIT(test_end),
		UNIT(test_end_after_message),
		UNIT(test_full),
		UNIT(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
