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
 * Knows: AF_UNIX SOCK_SEQPACKET, SCM_RIGHTS, and the checks that every
 * received message passes before anybody looks inside, whichever way it came.
 * Never: what a message means; no event loop; no queue.
 */

#include "config.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../common/chan.h"
#include "../common/log.h"

/* One descriptor more than is legal, so that padding cannot hide a surplus. */
#define CHAN_CTL_LEN	CMSG_SPACE(sizeof(int) * (MSG_FDS_MAX + 1))

int
chan_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return errno;
	return 0;
}

int
chan_take(struct chan *c, int fd, enum msg_party self, enum msg_party peer,
    int nonblock)
{
	socklen_t len;
	int type, flags;

	len = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1)
		return errno;
	if (type != SOCK_SEQPACKET)
		return EPROTOTYPE;
	if ((flags = fcntl(fd, F_GETFL)) == -1)
		return errno;
	flags = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (fcntl(fd, F_SETFL, flags) == -1)
		return errno;
	c->fd = fd;
	c->ring.mem = NULL;
	c->self = self;
	c->peer = peer;
	c->phase = MSG_PHASE_HELLO;
	c->why = "";
	return 0;
}

void
chan_init(struct chan *c, int fd, enum msg_party self, enum msg_party peer,
    int nonblock)
{
	int err;

	if ((err = chan_take(c, fd, self, peer, nonblock)) != 0) {
		errno = err;
		fatal("channel descriptor %d", fd);
	}
}

void
chan_phase(struct chan *c, enum msg_phase phase)
{
	c->phase = phase;
}

void
chan_close(struct chan *c)
{
	if (c->ring.mem != NULL)
		fd_close(&c->epfd);
	mring_unmap(&c->ring);
	fd_close(&c->fd);
}

static int
chan_watch(struct chan *c, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(c->epfd, EPOLL_CTL_ADD, fd, &ev) == -1 ? errno : 0;
}

int
chan_ring(struct chan *c, int fds[MRING_FDS], unsigned int side, int block)
{
	int err;

	c->epfd = -1;
	c->idle = NULL;
	if ((err = mring_map(&c->ring, fds, side)) != 0 || !block)
		return err;
	if ((c->epfd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return errno;
	/* A bell that nobody reads is heard each time it is rung. */
	if ((err = chan_watch(c, c->ring.bell_in, EPOLLIN | EPOLLET)) != 0)
		return err;
	return chan_watch(c, c->fd, EPOLLRDHUP);
}

void
chan_bell(struct chan *c)
{
	mring_bell(&c->ring);
}

static int
chan_reject(struct chan *c, struct chan_msg *m, const char *why)
{
	fdbag_close(&m->fds);
	c->why = why;
	return EPROTO;
}

/* Move every descriptor of every control message into the bag. */
static int
chan_collect(struct msghdr *mh, struct fdbag *bag)
{
	struct cmsghdr *cm;
	size_t i, n;
	int fd, err = 0;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS) {
			err = EPROTO;
			continue;
		}
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(fd),
			    sizeof(fd));
			if (fdbag_put(bag, fd) != 0)
				err = EPROTO;
		}
	}
	return err;
}

/* One of the two operations, with a number that there is. */
static int
chan_check_keep(uint32_t k)
{
	return (MSG_KEEP_OP(k) == MSG_KEEP_PUT ||
	    MSG_KEEP_OP(k) == MSG_KEEP_USE) && MSG_KEEP_NR(k) < MSG_KEEP_MAX;
}

/* What is said of descriptors that a worker keeps fits the row. */
static int
chan_check_kept(const struct msg_row *row, const uint16_t kept[MSG_KEPT],
    uint32_t give)
{
	unsigned int i;

	if (give != 0 && (!row->gives || !chan_check_keep(give)))
		return 0;
	if (kept[0] == 0 && kept[1] == 0)
		return 1;
	if (row->answer || row->to != MSG_FSWORKER ||
	    row->from != MSG_TRANSPORT)
		return 0;
	for (i = 0; i < MSG_KEPT; i++)
		if (kept[i] != 0 && (i >= row->fds ||
		    !chan_check_keep(kept[i]) || (give != 0 &&
		    MSG_KEEP_NR(give) == MSG_KEEP_NR(kept[i]))))
			return 0;
	return kept[0] != kept[1] || MSG_KEEP_OP(kept[0]) == MSG_KEEP_USE;
}

/* How many descriptors of the row, or at most, travel. */
static unsigned int
chan_travel(const struct msg_row *row, const uint16_t kept[MSG_KEPT],
    uint32_t give)
{
	return (row->fds & 0x7fffu) -
	    (MSG_KEEP_OP(kept[0]) == MSG_KEEP_USE) -
	    (MSG_KEEP_OP(kept[1]) == MSG_KEEP_USE) -
	    (row->answer && MSG_KEEP_OP(give) == MSG_KEEP_USE);
}

static int
chan_check_fds(const struct msg_row *row, const struct chan_msg *m)
{
	unsigned int want;

	if (m->fds.cnt != m->hdr.fd_cnt)
		return 0;
	if (m->hdr.err != 0)
		return m->fds.cnt == 0;
	want = chan_travel(row, m->hdr.kept, m->hdr.give);
	if (row->fds & 0x8000u)
		return m->fds.cnt <= want;
	return m->fds.cnt == want;
}

static int
chan_check_size(const struct msg_row *row, const struct chan_msg *m, size_t len)
{
	size_t fixed = sizeof(struct msg_hdr) + row->body_len;

	if (m->hdr.len != len)
		return 0;
	if (m->hdr.err != 0)
		return row->answer && len == sizeof(struct msg_hdr);
	return len >= fixed && len - fixed <= row->tail_max;
}

/* The order of these checks is part of the contract in chan.h. */
static int
chan_check(struct chan *c, struct chan_msg *m, size_t len)
{
	const struct msg_row *row;

	if (len < sizeof(struct msg_hdr))
		return chan_reject(c, m, "shorter than a header");
	memcpy(&m->hdr, m->buf.bytes, sizeof(m->hdr));
	if ((row = msg_row(m->hdr.type)) == NULL)
		return chan_reject(c, m, "unknown message");
	if (row->from != c->peer || row->to != c->self)
		return chan_reject(c, m, "wrong direction");
	if (!row->answer && row->phase != c->phase)
		return chan_reject(c, m, "wrong phase");
	if (!chan_check_size(row, m, len))
		return chan_reject(c, m, "wrong size");
	if (!chan_check_kept(row, m->hdr.kept, m->hdr.give) ||
	    (m->hdr.err != 0 && m->hdr.give != 0))
		return chan_reject(c, m, "wrong numbers of kept descriptors");
	if (!chan_check_fds(row, m))
		return chan_reject(c, m, "wrong number of descriptors");
	m->row = row;
	m->body = NULL;
	m->tail = NULL;
	m->tail_len = 0;
	if (m->hdr.err == 0) {
		m->body = m->buf.bytes + sizeof(struct msg_hdr);
		m->tail = m->buf.bytes + sizeof(struct msg_hdr) +
		    row->body_len;
		m->tail_len = len - sizeof(struct msg_hdr) - row->body_len;
	}
	return 0;
}

static int
chan_recv_socket(struct chan *c, struct chan_msg *m)
{
	union {
		struct cmsghdr align;
		char bytes[CHAN_CTL_LEN];
	} ctl;
	struct iovec iov;
	struct msghdr mh;
	ssize_t n;

	fdbag_init(&m->fds);
	memset(&mh, 0, sizeof(mh));
	iov.iov_base = m->buf.bytes;
	iov.iov_len = sizeof(m->buf.bytes);
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.bytes;
	mh.msg_controllen = sizeof(ctl.bytes);
	n = recvmsg(c->fd, &mh, MSG_CMSG_CLOEXEC);
	if (n == -1)
		return errno == EINTR ? EAGAIN :
		    errno == ECONNRESET ? EPIPE : errno;
	if (chan_collect(&mh, &m->fds) != 0)
		return chan_reject(c, m, "unexpected control data");
	if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return chan_reject(c, m, "truncated");
	if (n == 0 && m->fds.cnt == 0)
		return EPIPE;
	return chan_check(c, m, (size_t)n);
}

/* What was announced is there already: it was sent before. */
static int
chan_recv_announced(struct chan *c, struct chan_msg *m)
{
	int err;

	if ((err = chan_recv_socket(c, m)) == EAGAIN)
		return chan_reject(c, m, "announced and not sent");
	return err;
}

static int
chan_recv_ring(struct chan *c, struct chan_msg *m)
{
	size_t len;
	int err;

	fdbag_init(&m->fds);
	if ((err = mring_take(&c->ring, m->buf.bytes, &len)) == EPROTO)
		return chan_reject(c, m, "not a ring");
	if (err != 0)
		return err;
	return len == 0 ? chan_recv_announced(c, m) : chan_check(c, m, len);
}

/* Sleep until the bell is rung; EPIPE if the peer has gone instead. */
static int
chan_sleep(struct chan *c)
{
	struct epoll_event ev;
	int n;

	mring_bell(&c->ring);
	if (c->idle != NULL)
		c->idle(&c->ring);
	if (mring_arm(&c->ring))
		return 0;
	n = epoll_wait(c->epfd, &ev, 1, -1);
	mring_disarm(&c->ring);
	if (n == -1)
		return errno == EINTR ? 0 : errno;
	return ev.data.fd == c->fd ? EPIPE : 0;
}

int
chan_recv(struct chan *c, struct chan_msg *m)
{
	int err, gone = 0;

	if (c->ring.mem == NULL)
		return chan_recv_socket(c, m);
	while ((err = chan_recv_ring(c, m)) == EAGAIN && c->epfd != -1 &&
	    gone == 0)
		gone = chan_sleep(c);
	return err == EAGAIN && gone != 0 ? gone : err;
}

static void
chan_check_out(const struct chan *c, const struct msg_row *row,
    const struct chan_out *out)
{
	unsigned int want;

	if (row->from != c->self || row->to != c->peer)
		bug("%s sent in the wrong direction", row->name);
	if (out->err != 0) {
		if (!row->answer)
			bug("%s with an error", row->name);
		return;
	}
	if (out->tail_len > row->tail_max)
		bug("%s with a tail of %zu", row->name, out->tail_len);
	if (!chan_check_kept(row, out->kept, out->give))
		bug("%s with wrong numbers", row->name);
	want = chan_travel(row, out->kept, out->give);
	if (row->fds & 0x8000u ? out->fd_cnt > want : out->fd_cnt != want)
		bug("%s with %u descriptors", row->name, out->fd_cnt);
}

static void
chan_attach(struct msghdr *mh, char *ctl, const int *fds, unsigned int cnt)
{
	struct cmsghdr *cm;

	memset(ctl, 0, CMSG_SPACE(sizeof(int) * cnt));
	mh->msg_control = ctl;
	mh->msg_controllen = CMSG_SPACE(sizeof(int) * cnt);
	cm = CMSG_FIRSTHDR(mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int) * cnt);
	memcpy(CMSG_DATA(cm), fds, sizeof(int) * cnt);
}

static int
chan_errno(int e)
{
	switch (e) {
	case EINTR:
	case ENOBUFS:
	case ETOOMANYREFS:
	case EWOULDBLOCK:
		return EAGAIN;
	case ECONNRESET:
	case ENOTCONN:
		return EPIPE;
	default:
		return e;
	}
}

static void
chan_header(struct msg_hdr *hdr, const struct msg_row *row,
    const struct chan_out *out)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->type = out->type;
	hdr->id = out->id;
	hdr->err = out->err;
	hdr->len = sizeof(*hdr);
	if (out->err != 0)
		return;
	hdr->fd_cnt = (uint16_t)out->fd_cnt;
	memcpy(hdr->kept, out->kept, sizeof(hdr->kept));
	hdr->give = out->give;
	hdr->len += row->body_len + (uint32_t)out->tail_len;
}

static int
chan_send_socket(struct chan *c, const struct chan_out *out,
    struct msg_hdr *hdr, size_t body_len)
{
	union {
		struct cmsghdr align;
		char bytes[CHAN_CTL_LEN];
	} ctl;
	struct msghdr mh;
	struct iovec iov[3];

	memset(&mh, 0, sizeof(mh));
	iov[0].iov_base = hdr;
	iov[0].iov_len = sizeof(*hdr);
	iov[1].iov_base = (void *)(uintptr_t)out->body;
	iov[1].iov_len = body_len;
	iov[2].iov_base = (void *)(uintptr_t)out->tail;
	iov[2].iov_len = out->tail_len;
	mh.msg_iov = iov;
	mh.msg_iovlen = out->err == 0 ? 3 : 1;
	if (hdr->fd_cnt > 0)
		chan_attach(&mh, ctl.bytes, out->fds, hdr->fd_cnt);
	if (sendmsg(c->fd, &mh, MSG_NOSIGNAL) == -1)
		return chan_errno(errno);
	return 0;
}

static void
chan_put(struct chan *c, const struct chan_out *out,
    const struct msg_hdr *hdr, size_t body_len)
{
	char *to = mring_begin(&c->ring);

	memcpy(to, hdr, sizeof(*hdr));
	if (out->err == 0) {
		memcpy(to + sizeof(*hdr), out->body, body_len);
		if (out->tail_len > 0)
			memcpy(to + sizeof(*hdr) + body_len, out->tail,
			    out->tail_len);
	}
	mring_put(&c->ring, hdr->len);
}

int
chan_send(struct chan *c, const struct chan_out *out)
{
	const struct msg_row *row;
	struct msg_hdr hdr;
	int err;

	if ((row = msg_row(out->type)) == NULL)
		bug("message %u does not exist", out->type);
	chan_check_out(c, row, out);
	chan_header(&hdr, row, out);
	if (c->ring.mem == NULL)
		return chan_send_socket(c, out, &hdr, row->body_len);
	if (!mring_room(&c->ring)) {
		c->why = "takes nothing from its ring";
		return EPROTO;
	}
	if (hdr.fd_cnt == 0 && hdr.len <= MRING_SLOT_LEN) {
		chan_put(c, out, &hdr, row->body_len);
		return 0;
	}
	/* A socket that blocks is emptied by a peer who knows of it. */
	if (c->epfd != -1)
		chan_bell(c);
	if ((err = chan_send_socket(c, out, &hdr, row->body_len)) == 0)
		mring_put_elsewhere(&c->ring);
	return err;
}
