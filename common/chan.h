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

#ifndef VIOFSD_COMMON_CHAN_H
#define VIOFSD_COMMON_CHAN_H

#include <stddef.h>

#include "../common/fdbag.h"
#include "../common/msg.h"
#include "../common/mring.h"

/*
 * Knows: AF_UNIX SOCK_SEQPACKET, one datagram = one message with its
 * descriptors; the only user of SCM_RIGHTS beside the vhost-user reader.  And
 * the ring that short messages without descriptors take where there is one.
 * Never: what a message means; no event loop; no queue.
 */

struct chan {
	int fd;
	struct mring ring;	/* if the channel has one, and then */
	int epfd;		/* to sleep on socket and bell, or -1 */
	void (*idle)(const struct mring *); /* before that, or NULL */
	enum msg_party self, peer;
	enum msg_phase phase;	/* of questions and notices that arrive here */
	const char *why;	/* after EPROTO: which check failed */
};

/* One received message.  The buffer is big; keep one per channel user. */
struct chan_msg {
	struct msg_hdr hdr;
	const struct msg_row *row;
	struct fdbag fds;	/* owned: fdbag_close() when done */
	size_t tail_len;
	const void *body;	/* row->body_len bytes; NULL if hdr.err != 0 */
	const void *tail;
	union {
		struct msg_hdr hdr;
		uint64_t align;
		char bytes[sizeof(struct msg_hdr) + MSG_BODY_MAX +
		    MSG_TAIL_MAX];
	} buf;
};

/* What to send; the descriptors stay the caller's. */
struct chan_out {
	uint16_t type;
	uint32_t id;
	uint32_t err;		/* answers only; then nothing below is sent */
	const void *body;	/* exactly the row's body length */
	const void *tail;
	size_t tail_len;
	const int *fds;		/* those that travel */
	unsigned int fd_cnt;
	uint16_t kept[MSG_KEPT]; /* these two as in struct msg_hdr */
	uint32_t give;
};

/*
 * Make a connected pair of close-on-exec channel sockets.  Returns 0 or the
 * errno of socketpair(2).
 */
int	chan_pair(int fds[2]);

/*
 * Take over socket fd as self's end of a channel to peer, in phase HELLO.
 * With nonblock, chan_recv() and chan_send() answer EAGAIN instead of
 * sleeping.  Returns 0; or EPROTOTYPE if fd is no SEQPACKET socket, or the
 * errno of getsockopt(2) or fcntl(2), and fd stays the caller's.
 */
int	chan_take(struct chan *c, int fd, enum msg_party self,
	    enum msg_party peer, int nonblock);

/* The same, and fatal on failure: setup only. */
void	chan_init(struct chan *c, int fd, enum msg_party self,
	    enum msg_party peer, int nonblock);

/*
 * Let messages travel by the ring of fds as well, as its side 0 or 1, from
 * now on and in both directions; owns fds.  With block chan_recv() sleeps
 * until there is a message, on a nonblocking socket too.  Returns 0 or the
 * errno of mring_map() or epoll_create1(2).
 */
int	chan_ring(struct chan *c, int fds[MRING_FDS], unsigned int side,
	    int block);

/*
 * With a ring a peer that sleeps is woken by this, and by a chan_recv() that
 * is going to sleep, not by chan_send().
 */
void	chan_bell(struct chan *c);

/* Move to another phase. */
void	chan_phase(struct chan *c, enum msg_phase phase);

/*
 * Receive one message and check it, in this order: truncation flags, header,
 * row, direction, phase, exact size, form of kept and give, exact descriptor
 * count.
 * Returns 0 and a message whose descriptors the caller owns; EAGAIN (also for
 * EINTR); EPIPE when the peer is gone; EPROTO with c->why set when a check
 * failed (all descriptors that came are closed then); or the errno of
 * recvmsg(2).  Anything but 0 and EAGAIN means that the channel must be closed.
 */
int	chan_recv(struct chan *c, struct chan_msg *m);

/*
 * Send one message.  Returns 0; EAGAIN when the socket is full (also for
 * ETOOMANYREFS, ENOBUFS and EINTR): try again later; EPIPE when the peer is
 * gone; or the errno of sendmsg(2).  A message that does not match its row is
 * our own bug and fatal.
 */
int	chan_send(struct chan *c, const struct chan_out *out);

/* Close the socket and the ring. */
void	chan_close(struct chan *c);

#endif
