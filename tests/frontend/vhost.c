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
 * Knows: the bytes of vhost-user messages and the socket they travel on.
 * Never: rings, FUSE, or in which order a device is set up.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vhost.h"

static int
vhost_try(const char *path)
{
	struct sockaddr_un	 sun;
	int			 fd, err;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	err = errno;
	close(fd);
	return -err;
}

int
vhost_connect(struct vhost *v, const char *path, int timeout)
{
	const struct timespec	 nap = { 0, 2000000 };
	int			 waited;

	memset(v, 0, sizeof(*v));
	v->timeout = 10000;
	for (waited = 0;; waited += 2) {
		v->fd = vhost_try(path);
		if (v->fd >= 0)
			return 0;
		if (waited >= timeout)
			return -v->fd;
		nanosleep(&nap, NULL);
	}
}

void
vhost_close(struct vhost *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

int
vhost_send_raw(struct vhost *v, const void *buf, size_t len, const int *fds,
    unsigned fd_cnt)
{
	union {
		struct cmsghdr	 align;
		char		 buf[CMSG_SPACE(256 * sizeof(int))];
	}		 ctl;
	struct iovec	 iov = { (void *)(uintptr_t)buf, len };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*c;
	ssize_t		 n;

	if (fd_cnt > 0) {
		memset(&ctl, 0, sizeof(ctl));
		msg.msg_control = ctl.buf;
		msg.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_cnt * sizeof(int));
	}
	while ((n = sendmsg(v->fd, &msg, MSG_NOSIGNAL)) == -1) {
		if (errno == EPIPE)
			return ECONNRESET;
		if (errno != EINTR)
			return errno;
	}
	return (size_t)n == len ? 0 : EPROTO;
}

int
vhost_send_fds(struct vhost *v, const struct vhost_hdr *hdr,
    const void *payload, const int *fds, unsigned fd_cnt)
{
	uint8_t	 buf[VHOST_HDR_LEN + VHOST_PAYLOAD_MAX];

	if (hdr->size > VHOST_PAYLOAD_MAX)
		return EMSGSIZE;
	memcpy(buf, hdr, VHOST_HDR_LEN);
	if (hdr->size > 0)
		memcpy(buf + VHOST_HDR_LEN, payload, hdr->size);
	return vhost_send_raw(v, buf, VHOST_HDR_LEN + hdr->size, fds, fd_cnt);
}

int
vhost_send(struct vhost *v, uint32_t request, uint32_t flags,
    const void *payload, size_t len)
{
	struct vhost_hdr	 hdr;

	hdr.request = request;
	hdr.flags = VHOST_VERSION | flags;
	hdr.size = (uint32_t)len;
	return vhost_send_fds(v, &hdr, payload, NULL, 0);
}

static void
vhost_take_fds(struct msghdr *msg, unsigned *fd_cnt)
{
	struct cmsghdr	*c;
	size_t		 i, n;
	int		 fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			close(fd);
			(*fd_cnt)++;
		}
	}
}

static int
vhost_read(struct vhost *v, void *buf, size_t len, unsigned *fd_cnt)
{
	char		 ctl[CMSG_SPACE(VHOST_FD_MAX * sizeof(int))];
	struct pollfd	 pfd = { .fd = v->fd, .events = POLLIN };
	struct iovec	 iov;
	struct msghdr	 msg;
	size_t		 got;
	ssize_t		 n;

	for (got = 0; got < len; got += (size_t)n) {
		if (poll(&pfd, 1, v->timeout) == 0)
			return ETIMEDOUT;
		iov.iov_base = (uint8_t *)buf + got;
		iov.iov_len = len - got;
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = ctl;
		msg.msg_controllen = sizeof(ctl);
		n = recvmsg(v->fd, &msg, MSG_CMSG_CLOEXEC);
		if (n == 0)
			return ECONNRESET;
		if (n == -1)
			return errno;
		vhost_take_fds(&msg, fd_cnt);
	}
	return 0;
}

int
vhost_recv(struct vhost *v, struct vhost_msg *m)
{
	int	 err;

	m->fd_cnt = 0;
	err = vhost_read(v, &m->hdr, VHOST_HDR_LEN, &m->fd_cnt);
	if (err != 0)
		return err;
	if (m->hdr.size > sizeof(m->bytes))
		return EPROTO;
	return vhost_read(v, m->bytes, m->hdr.size, &m->fd_cnt);
}

static int
vhost_answer(struct vhost *v, uint32_t request, size_t len,
    struct vhost_msg *m)
{
	int	 err;

	err = vhost_recv(v, m);
	if (err != 0)
		return err;
	if (m->hdr.request != request || m->hdr.size != len ||
	    (m->hdr.flags & 0x7) != (VHOST_VERSION | VHOST_REPLY))
		return EPROTO;
	return 0;
}

int
vhost_set(struct vhost *v, uint32_t request, const void *payload, size_t len,
    int fd)
{
	struct vhost_hdr	 hdr;

	hdr.request = request;
	hdr.flags = 0;
	hdr.size = (uint32_t)len;
	return vhost_set_fds(v, &hdr, payload, &fd, fd == -1 ? 0 : 1);
}

int
vhost_set_fds(struct vhost *v, const struct vhost_hdr *h, const void *payload,
    const int *fds, unsigned fd_cnt)
{
	struct vhost_hdr	 hdr = *h;
	struct vhost_msg	 m;
	bool			 ack;
	int			 err;

	ack = (v->proto >> VHOST_PF_REPLY_ACK) & 1;
	hdr.flags = VHOST_VERSION | (ack ? VHOST_NEED_REPLY : 0);
	err = vhost_send_fds(v, &hdr, payload, fds, fd_cnt);
	if (err != 0 || !ack)
		return err;
	err = vhost_answer(v, hdr.request, sizeof(m.u64), &m);
	if (err != 0)
		return err;
	return m.u64 == 0 ? 0 : EREMOTEIO;
}

int
vhost_get(struct vhost *v, uint32_t request, uint64_t *val)
{
	struct vhost_msg	 m;
	int			 err;

	err = vhost_send(v, request, 0, NULL, 0);
	if (err == 0)
		err = vhost_answer(v, request, sizeof(m.u64), &m);
	if (err == 0)
		*val = m.u64;
	return err;
}

int
vhost_get_base(struct vhost *v, unsigned index, uint32_t *num)
{
	struct vhost_state	 s = { index, 0 };
	struct vhost_msg	 m;
	int			 err;

	err = vhost_send(v, VHOST_GET_VRING_BASE, 0, &s, sizeof(s));
	if (err == 0)
		err = vhost_answer(v, VHOST_GET_VRING_BASE, sizeof(s), &m);
	if (err != 0)
		return err;
	memcpy(&s, m.bytes, sizeof(s));
	if (s.index != index)
		return EPROTO;
	*num = s.num;
	return 0;
}

int
vhost_ping(struct vhost *v)
{
	struct vhost_msg	 m;
	int			 err;

	err = vhost_send(v, VHOST_GET_FEATURES, 0, NULL, 0);
	/* Acknowledgements of what a test has sent may come first. */
	while (err == 0) {
		err = vhost_recv(v, &m);
		if (err == 0 && m.hdr.request == VHOST_GET_FEATURES)
			return 0;
	}
	return err;
}

bool
vhost_gone(struct vhost *v)
{
	struct pollfd	 pfd = { .fd = v->fd, .events = POLLRDHUP };

	if (v->fd < 0)
		return true;
	return poll(&pfd, 1, 0) == 1 &&
	    (pfd.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

size_t
vhost_table(const struct mem *m, struct vhost_table *t)
{
	const struct mem_region	*r;
	unsigned		 i;

	memset(t, 0, sizeof(*t));
	t->cnt = m->region_cnt;
	for (i = 0; i < m->region_cnt; i++) {
		r = &m->region[i];
		t->region[i].gpa = r->gpa;
		t->region[i].len = r->len;
		t->region[i].uva = (uint64_t)(uintptr_t)r->hva;
		t->region[i].off = r->off;
	}
	return 8 + m->region_cnt * sizeof(t->region[0]);
}
