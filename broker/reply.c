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
 * Knows: answers to WGET and HOPEN, and the queue of those that could not be
 * sent.
 * Never: why an answer is what it is.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "../common/log.h"
#include "broker.h"
#include "reply.h"
#include "serve.h"

struct reply {
	TAILQ_ENTRY(reply) entry;
	uint16_t type;
	uint32_t id;
	uint32_t err;
	uint32_t worker_id;
	int fds[REPLY_FDS];
	unsigned int fd_cnt;
};

static void
reply_close(struct reply *r)
{
	unsigned int i;

	for (i = 0; i < r->fd_cnt; i++)
		fd_close(&r->fds[i]);
}

/* 0: gone out, or the transport is lost anyway; EAGAIN: not now. */
static int
reply_send(struct broker *b, struct reply *r)
{
	struct chan_out out;
	struct a_hopen hopen;
	struct a_wget wget;
	int err;

	memset(&hopen, 0, sizeof(hopen));
	memset(&wget, 0, sizeof(wget));
	memset(&out, 0, sizeof(out));
	wget.worker_id = r->worker_id;
	out.type = r->type;
	out.id = r->id;
	out.err = r->err;
	if (r->type == A_HOPEN)
		out.body = &hopen;
	else
		out.body = &wget;
	out.fds = r->fds;
	out.fd_cnt = r->err == 0 ? r->fd_cnt : 0;
	if ((err = chan_send(&b->transport, &out)) == EAGAIN)
		return EAGAIN;
	/* Its end is seen elsewhere; anything else has no cure. */
	if (err != 0 && err != EPIPE) {
		errno = err;
		log_err("answering the transport");
		serve_end(b, 1);
	}
	reply_close(r);
	return 0;
}

static void
reply_keep(struct broker *b, struct reply *r)
{
	struct reply *kept;

	if ((kept = malloc(sizeof(*kept))) == NULL) {
		log_err("memory for an answer to the transport");
		serve_end(b, 1);
		reply_close(r);
		return;
	}
	*kept = *r;
	TAILQ_INSERT_TAIL(&b->replies, kept, entry);
	event_del(b->transport_ev);
	event_add(b->transport_write_ev, NULL);
}

static void
reply_give(struct broker *b, struct reply *r)
{
	if (b->transport.fd == -1)
		reply_close(r);
	else if (!TAILQ_EMPTY(&b->replies) || reply_send(b, r) == EAGAIN)
		reply_keep(b, r);
}

void
reply_wget(struct broker *b, uint32_t id, int err, uint32_t worker_id,
    const int fds[REPLY_FDS])
{
	struct reply r;

	memset(&r, 0, sizeof(r));
	r.type = A_WGET;
	r.id = id;
	r.err = (uint32_t)err;
	r.worker_id = worker_id;
	memcpy(r.fds, fds, sizeof(r.fds));
	r.fd_cnt = REPLY_FDS;
	reply_give(b, &r);
}

void
reply_hopen(struct broker *b, uint32_t id, int err, int fd)
{
	struct reply r;

	memset(&r, 0, sizeof(r));
	r.type = A_HOPEN;
	r.id = id;
	r.err = (uint32_t)err;
	r.fds[0] = fd;
	r.fd_cnt = 1;
	reply_give(b, &r);
}

void
reply_flush(struct broker *b)
{
	struct reply *r;

	while ((r = TAILQ_FIRST(&b->replies)) != NULL) {
		if (reply_send(b, r) == EAGAIN) {
			event_add(b->transport_write_ev, NULL);
			return;
		}
		TAILQ_REMOVE(&b->replies, r, entry);
		free(r);
	}
	event_add(b->transport_ev, NULL);
}
