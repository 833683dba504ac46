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
 * Knows: the framing of vhost-user messages, and SCM_RIGHTS on that socket.
 * Never: what a request means.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../common/fdbag.h"
#include "vu_msg.h"

#define VU_SCM_MAX	253	/* SCM_MAX_FD of the kernel */

_Static_assert(sizeof(struct vu_hdr) == VU_HDR_LEN, "header");
_Static_assert(sizeof(struct vu_region) == 32, "region");
_Static_assert(sizeof(struct vu_table) == 8 + VU_REGION_MAX * 32, "table");
_Static_assert(sizeof(struct vu_slot) == 40, "slot");
_Static_assert(sizeof(struct vu_addr) == 40, "addr");
_Static_assert(sizeof(struct vu_space) == 12 + VU_CONFIG_MAX, "space");

void
vu_msg_init(struct vu_msg *m)
{
	memset(m, 0, sizeof(*m));
}

void
vu_msg_clear(struct vu_msg *m)
{
	unsigned int i;

	for (i = 0; i < m->fd_cnt; i++)
		fd_close(&m->fds[i]);
	memset(m, 0, sizeof(*m));
}

int
vu_msg_take(struct vu_msg *m, unsigned int i)
{
	int fd;

	if (i >= m->fd_cnt)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

/* Keep what there is room for, close the rest. */
static void
vu_msg_fds(struct vu_msg *m, struct msghdr *mh)
{
	struct cmsghdr *c;
	size_t i, cnt;
	int fd;

	if ((mh->msg_flags & MSG_CTRUNC) != 0)
		m->fd_lost = 1;
	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		cnt = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < cnt; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			if (m->fd_cnt < VU_FDS_MAX) {
				m->fds[m->fd_cnt++] = fd;
			} else {
				fd_close(&fd);
				m->fd_lost = 1;
			}
		}
	}
}

/* Read at most len bytes, never more than this message has. */
static int
vu_msg_part(int fd, struct vu_msg *m, void *buf, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(VU_SCM_MAX * sizeof(int))];
	} ctl;
	struct iovec iov = { buf, len };
	struct msghdr mh;
	ssize_t n;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.bytes;
	mh.msg_controllen = sizeof(ctl.bytes);
	do {
		n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EWOULDBLOCK ? EAGAIN : errno;
	vu_msg_fds(m, &mh);
	if (n == 0)
		return ECONNRESET;
	m->got_len += (uint32_t)n;
	return 0;
}

static int
vu_msg_header(const struct vu_hdr *hdr)
{
	if ((hdr->flags & VU_VERSION_MASK) != VU_VERSION ||
	    (hdr->flags & VU_REPLY) != 0)
		return EPROTO;
	if (hdr->size > sizeof(union vu_body))
		return EMSGSIZE;
	return 0;
}

int
vu_msg_read(int fd, struct vu_msg *m)
{
	uint32_t done;
	int err;

	while (m->got_len < VU_HDR_LEN) {
		err = vu_msg_part(fd, m, (uint8_t *)&m->hdr + m->got_len,
		    VU_HDR_LEN - m->got_len);
		if (err != 0)
			return err;
	}
	err = vu_msg_header(&m->hdr);
	if (err != 0)
		return err;
	for (;;) {
		done = m->got_len - VU_HDR_LEN;
		if (done == m->hdr.size)
			return 0;
		err = vu_msg_part(fd, m, (uint8_t *)&m->body + done,
		    m->hdr.size - done);
		if (err != 0)
			return err;
	}
}

int
vu_msg_check(const struct vu_row *row, const struct vu_msg *m)
{
	if (m->hdr.size < row->size_min || m->hdr.size > row->size_max)
		return EINVAL;
	if (m->fd_lost || m->fd_cnt < row->fd_min || m->fd_cnt > row->fd_max)
		return EINVAL;
	return 0;
}

int
vu_msg_reply(int fd, const struct vu_msg *m, const void *payload, uint32_t len)
{
	struct vu_hdr hdr;
	struct iovec iov[2];
	struct msghdr mh;
	ssize_t n;

	hdr.request = m->hdr.request;
	hdr.flags = VU_VERSION | VU_REPLY;
	hdr.size = len;
	iov[0].iov_base = &hdr;
	iov[0].iov_len = sizeof(hdr);
	iov[1].iov_base = (void *)(uintptr_t)payload;
	iov[1].iov_len = len;
	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = iov;
	mh.msg_iovlen = 2;
	do {
		n = sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno;
	return (size_t)n == sizeof(hdr) + len ? 0 : EAGAIN;
}
