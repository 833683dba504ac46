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
 * Knows: SOCK_SEQPACKET sockets that carry messages and descriptors.
 * Never: what a message says.
 */

#include "config.h"

#include <errno.h>

#include "fake.h"
#include "fake_int.h"

int
fake_stream(void)
{
	return fake_thing_fd(fake_thing_new(KIND_STREAM));
}

unsigned int
fake_queued(int fd)
{
	return fake_thing_of(fd)->queued;
}

int
fake_hungup(int fd)
{
	struct fake_thing *t = fake_thing_of(fd);

	return t->kind == KIND_SOCKET && t->peer == NULL;
}

void
fake_room(int fd, unsigned int max)
{
	fake_thing_of(fd)->room = max;
}

int
fake_writable(int fd)
{
	struct fake_thing *t = fake_thing_of(fd);

	return t->kind == KIND_SOCKET &&
	    (t->peer == NULL || t->peer->queued < t->room);
}

int
fake_socketpair(int domain, int type, int proto, int pair[2])
{
	struct fake_thing *a = fake_thing_new(KIND_SOCKET);
	struct fake_thing *b = fake_thing_new(KIND_SOCKET);

	(void)proto;
	FUZZ_MUST(domain == AF_UNIX && (type & SOCK_SEQPACKET) != 0);
	a->peer = b;
	b->peer = a;
	pair[0] = fake_thing_fd(a);
	pair[1] = fake_thing_fd(b);
	return 0;
}

ssize_t
fake_sendmsg(int fd, const struct msghdr *mh, int flags)
{
	struct fake_thing *t = fake_thing_of(fd);
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);
	struct fake_message *m;
	size_t len = 0, i;
	int one;

	(void)flags;
	errno = EPIPE;
	if (t->peer == NULL)
		return -1;
	errno = EAGAIN;
	if (t->peer->queued >= t->room)
		return -1;
	for (i = 0; i < mh->msg_iovlen; i++)
		len += mh->msg_iov[i].iov_len;
	m = fake_message_new(len);
	for (i = 0; i < mh->msg_iovlen; i++) {
		if (mh->msg_iov[i].iov_len > 0)
			memcpy(m->bytes + m->len, mh->msg_iov[i].iov_base,
			    mh->msg_iov[i].iov_len);
		m->len += mh->msg_iov[i].iov_len;
	}
	FUZZ_MUST(m->len == len);
	for (i = 0; c != NULL && CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len;
	    i++) {
		memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		m->fds[m->fd_cnt] = fake_dup(one);
		fake_travel(m->fds[m->fd_cnt++], 1);
	}
	*t->peer->last = m;
	t->peer->last = &m->next;
	t->peer->queued++;
	return (ssize_t)len;
}

void
fake_send(int fd, const void *buf, size_t len, const int *list,
    unsigned int fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(FAKE_MSG_FDS * sizeof(int))];
	} ctl;
	struct iovec iov = {(void *)(uintptr_t)buf, len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	FUZZ_MUST(fd_cnt <= FAKE_MSG_FDS);
	if (fd_cnt > 0) {
		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), list, fd_cnt * sizeof(int));
	}
	fake_sendmsg(fd, &mh, 0);
}

/* Hand over the descriptors of m for which there is room. */
static void
recv_fds(struct fake_message *m, struct msghdr *mh)
{
	struct cmsghdr *c = mh->msg_control;
	unsigned int max = 0, i;

	if (mh->msg_controllen >= CMSG_LEN(0))
		max = (unsigned int)((mh->msg_controllen - CMSG_LEN(0)) /
		    sizeof(int));
	if (m->fd_cnt < max)
		max = m->fd_cnt;
	else if (m->fd_cnt > max)
		mh->msg_flags |= MSG_CTRUNC;
	mh->msg_controllen = 0;
	if (max == 0)
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(max * sizeof(int));
	memcpy(CMSG_DATA(c), m->fds, max * sizeof(int));
	mh->msg_controllen = CMSG_SPACE(max * sizeof(int));
	for (i = 0; i < max; i++)
		fake_travel(m->fds[i], 0);
	memmove(m->fds, m->fds + max, (m->fd_cnt - max) * sizeof(int));
	m->fd_cnt -= max;
}

ssize_t
fake_recvmsg(int fd, struct msghdr *mh, int flags)
{
	struct fake_thing *t = fake_thing_of(fd);
	struct fake_message *m = t->first;
	size_t len;

	(void)flags;
	mh->msg_flags = 0;
	if (m == NULL) {
		mh->msg_controllen = 0;
		errno = EAGAIN;
		FUZZ_MUST(t->peer == NULL || (t->flags & O_NONBLOCK) != 0);
		return t->peer == NULL ? 0 : -1;
	}
	if ((t->first = m->next) == NULL)
		t->last = &t->first;
	t->queued--;
	FUZZ_MUST(mh->msg_iovlen == 1);
	len = m->len;
	if (len > mh->msg_iov[0].iov_len) {
		len = mh->msg_iov[0].iov_len;
		mh->msg_flags |= MSG_TRUNC;
	}
	memcpy(mh->msg_iov[0].iov_base, m->bytes, len);
	recv_fds(m, mh);
	fake_message_drop(m);
	return (ssize_t)len;
}

int
fake_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	int type = SOCK_SEQPACKET;

	FUZZ_MUST(level == SOL_SOCKET && name == SO_TYPE &&
	    *len == sizeof(type));
	switch (fake_thing_of(fd)->kind) {
	case KIND_STREAM:
		type = SOCK_STREAM;
		break;
	case KIND_SOCKET:
		break;
	default:
		errno = ENOTSOCK;
		return -1;
	}
	memcpy(val, &type, sizeof(type));
	return 0;
}
