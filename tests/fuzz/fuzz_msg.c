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
 * Knows: datagrams with any number of descriptors, received as each party in
 * each phase.
 * Never: what a message means.
 */

#include "config.h"

#include <sys/socket.h>

#include <errno.h>

#include "common/chan.h"
#include "common/log.h"
#include "fuzz.h"

#define FDS_MAX		253		/* SCM_MAX_FD */

/* First byte of a datagram's record. */
#define HOW_LEN		0x01		/* hdr.len is right */
#define HOW_FDS		0x02		/* hdr.fd_cnt is right */
#define HOW_LONG	0x04		/* 64 KiB of zeros behind it */

static const struct {
	enum msg_party self, peer;
} ends[] = {
	{ MSG_BROKER, MSG_TRANSPORT }, { MSG_TRANSPORT, MSG_BROKER },
	{ MSG_BROKER, MSG_FSWORKER }, { MSG_FSWORKER, MSG_BROKER },
	{ MSG_BROKER, MSG_SPAWNER }, { MSG_SPAWNER, MSG_BROKER },
	{ MSG_TRANSPORT, MSG_FSWORKER }, { MSG_FSWORKER, MSG_TRANSPORT },
};

static struct chan_msg msg;
static uint8_t buf[2 * 65536];

static void
send_datagram(int fd, size_t len, unsigned int fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} ctl;
	struct iovec iov = { buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	unsigned int i;
	int any = STDERR_FILENO;

	if (fd_cnt > 0) {
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		for (i = 0; i < fd_cnt; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &any,
			    sizeof(any));
	}
	FUZZ_MUST(sendmsg(fd, &mh, MSG_NOSIGNAL) == (ssize_t)len);
}

/* What chan.h promises about a message that was not refused. */
static void
check_good(const struct chan *c, const struct chan_msg *m, size_t len)
{
	const struct msg_row *row = m->row;
	uint16_t want = row->fds & 0x7fffu;
	unsigned int i, use = 0;

	FUZZ_MUST(row->type == m->hdr.type && m->hdr.len == len);
	FUZZ_MUST(row->from == c->peer && row->to == c->self);
	FUZZ_MUST(row->answer || row->phase == c->phase);
	FUZZ_MUST(m->fds.cnt == m->hdr.fd_cnt);
	if (m->hdr.err != 0) {
		FUZZ_MUST(row->answer && m->body == NULL &&
		    m->tail_len == 0 && m->fds.cnt == 0);
		return;
	}
	for (i = 0; i < MSG_KEPT; i++) {
		if (m->hdr.kept[i] == 0)
			continue;
		FUZZ_MUST(c->self == MSG_FSWORKER && !row->answer &&
		    MSG_KEEP_NR(m->hdr.kept[i]) < MSG_KEEP_MAX);
		FUZZ_MUST(i < want);
		use += MSG_KEEP_OP(m->hdr.kept[i]) == MSG_KEEP_USE;
	}
	FUZZ_MUST(m->hdr.give == 0 || (row->gives &&
	    MSG_KEEP_NR(m->hdr.give) < MSG_KEEP_MAX));
	use += row->answer && MSG_KEEP_OP(m->hdr.give) == MSG_KEEP_USE;
	FUZZ_MUST(row->fds == want ? m->fds.cnt + use == want :
	    m->fds.cnt <= want);
	FUZZ_MUST(m->tail_len <= row->tail_max);
	FUZZ_MUST(len == sizeof(m->hdr) + row->body_len + m->tail_len);
	FUZZ_MUST((const char *)m->tail + m->tail_len ==
	    m->buf.bytes + len);
}

/* One record: how, descriptors, length, bytes.  0 if the channel is over. */
static int
one_message(struct chan *c, int peer, struct fuzz *f)
{
	uint8_t how = fuzz_u8(f);
	unsigned int fd_cnt = fuzz_u8(f);
	size_t len = fuzz_u16(f), more;
	struct msg_hdr hdr;
	int err;

	if (fd_cnt > FDS_MAX)
		fd_cnt = FDS_MAX;
	more = (how & HOW_LONG) ? 65536 : 0;
	if (len > f->left)
		len = f->left;
	memset(buf + len, 0, more);
	fuzz_bytes(f, buf, len);
	len += more;
	if (len >= sizeof(hdr)) {
		memcpy(&hdr, buf, sizeof(hdr));
		if (how & HOW_LEN)
			hdr.len = (uint32_t)len;
		if (how & HOW_FDS)
			hdr.fd_cnt = (uint16_t)fd_cnt;
		memcpy(buf, &hdr, sizeof(hdr));
	}
	send_datagram(peer, len, fd_cnt);
	err = chan_recv(c, &msg);
	FUZZ_MUST(err == 0 || err == EPROTO || err == EPIPE);
	if (err == 0)
		check_good(c, &msg, len);
	else
		FUZZ_MUST(msg.fds.cnt == 0 && c->why != NULL);
	fdbag_close(&msg.fds);
	return err == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	int fd_free = fuzz_fd_free(), fds[2];
	uint8_t which = fuzz_u8(&f);
	struct chan c;

	FUZZ_MUST(chan_pair(fds) == 0);
	chan_init(&c, fds[0], ends[which % 8].self, ends[which % 8].peer, 1);
	chan_phase(&c, (enum msg_phase)(which / 8 % 4));
	while (f.left > 0 && one_message(&c, fds[1], &f))
		continue;
	chan_close(&c);
	close(fds[1]);
	FUZZ_MUST(fuzz_fd_free() == fd_free);
	return 0;
}
