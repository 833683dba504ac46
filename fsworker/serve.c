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
 * Knows: the loop: receive, dispatch, close what came, answer.
 * Never: a name, an open, or anything kept between two questions but what
 * keep.c keeps.
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "../common/log.h"

#include "at.h"
#include "follow.h"
#include "give.h"
#include "keep.h"
#include "serve.h"
#include "w_ahead.h"
#include "w_attr.h"
#include "w_file.h"
#include "w_ioctl.h"
#include "w_list.h"
#include "w_make.h"
#include "w_name.h"
#include "w_node.h"
#include "w_xattr.h"

/*
 * Rows of msg.def by direction: only questions from the transport make code
 * here.  A direction that does not exist yet does not compile.
 */
#define SERVE_TRANSPORT_BROKER(row)
#define SERVE_FSWORKER_BROKER(row)
#define SERVE_BROKER_SPAWNER(row)
#define SERVE_TRANSPORT_FSWORKER(row)	row

/* Room for the body of any answer. */
union serve_body {
	struct msg_attr align;
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	SERVE_##from##_##to(struct a_##v v;)
#define MSG(V, v, num, from, to, f, t, ph, text) \
	_Static_assert(MSG_##to != MSG_FSWORKER || N_##V == N_DROP || \
	    N_##V == N_WATCH, \
	    #V ": notices need a handler");
#include "../common/msg.def"
#undef RPC
#undef MSG
};

/* Whatever a question has may be kept. */
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	SERVE_##from##_##to(_Static_assert((qf) <= MSG_KEPT, #V);)
#define MSG(V, v, num, from, to, f, t, ph, text)
#include "../common/msg.def"
#undef RPC
#undef MSG

static struct chan_msg serve_msg;
static struct keep serve_keep;

int
serve_fd(const struct serve_req *req, unsigned int i)
{
	return fdbag_get(req->fds, i);
}

int
serve_claim(const struct serve_req *req, unsigned int i, uint32_t *type)
{
	const uint16_t kept = i < MSG_KEPT ? req->kept[i] : 0;
	int err;

	if (kept != 0 && at_claim_lasts(req->who) &&
	    (*type = keep_type(req->keep, kept)) != 0)
		return 0;
	err = at_claim(req->who, serve_fd(req, i), type);
	if (err == 0 && kept != 0)
		keep_claimed(req->keep, kept, *type);
	return err;
}

int
serve_claim_dir(const struct serve_req *req, unsigned int i)
{
	uint32_t type;
	int err;

	err = serve_claim(req, i, &type);
	return err != 0 ? err : at_want_dir(type);
}

int
serve_claim_reg(const struct serve_req *req, unsigned int i)
{
	uint32_t type;
	int err;

	err = serve_claim(req, i, &type);
	return err != 0 ? err : at_want_reg(type);
}

int
serve_readonly(const struct serve_req *req)
{
	return (req->who->flags & MSG_SHARE_READONLY) != 0;
}

/* The channel has checked that type is a question to a worker. */
static int
serve_dispatch(struct serve_req *req, const struct chan_msg *m,
    union serve_body *a)
{
	switch (m->hdr.type) {
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	SERVE_##from##_##to(case Q_##V: return on_##v(req, m->body, &a->v);)
#define MSG(V, v, num, from, to, f, t, ph, text)
#include "../common/msg.def"
#undef RPC
#undef MSG
	default:
		bug("%s has no handler", m->row->name);
	}
}

/*
 * The socket is blocking, but the kernel refuses to queue more descriptors
 * than the sender's limit while the transport does not fetch them.
 */
static int
serve_send(struct chan *c, const struct chan_out *out)
{
	const struct timespec wait = { 0, 1000000 };
	int err;

	while ((err = chan_send(c, out)) == EAGAIN)
		ppoll(NULL, 0, &wait, NULL);
	return err;
}

/*
 * The node that is given is to be kept, too.  It need not travel where the
 * transport can believe what is said of it and have it opened again.
 */
static uint32_t
serve_give(const struct serve_req *req, const struct msg_hdr *asked,
    const struct msg_attr *attr)
{
	const uint32_t give = asked->give, nr = MSG_KEEP_NR(give);

	if (give == 0 || req->known != 0)
		return req->known;
	if (MSG_KEEP_OP(give) == MSG_KEEP_USE && req->tail_len > 0 &&
	    give_alone(req->who, attr, asked->type == Q_MKDIR))
		return MSG_KEEP_USE | nr;
	return MSG_KEEP_PUT | nr;
}

/* Send what is given, and keep what is to be kept. */
static int
serve_answer(struct chan *c, struct serve_req *req, struct chan_out *out)
{
	unsigned int kept = req->known == 0 &&
	    MSG_KEEP_OP(out->give) == MSG_KEEP_USE;
	int back = out->err == 0 && req->back != 0 &&
	    fdbag_put(&req->give, req->back) == 0, err;

	out->tail = req->tail;
	out->tail_len = req->tail_len;
	out->fds = req->give.fds + kept;
	out->fd_cnt = req->give.cnt - kept;
	err = serve_send(c, out);
	if (back)
		fdbag_take(&req->give, req->give.cnt - 1);
	if (out->give != 0 && req->known == 0)
		keep_give(&serve_keep, out->give, fdbag_take(&req->give, 0),
		    out->body);
	fdbag_close(&req->give);
	return err;
}

static int
serve_one(struct chan *c, const struct serve_req *as, struct chan_msg *m)
{
	struct serve_req req = *as;
	struct chan_out out;
	union serve_body body;
	struct fdbag fds;
	int err;

	if ((err = keep_take(&serve_keep, m, &fds)) != 0) {
		fdbag_close(&m->fds);
		c->why = "a number that nothing is kept under";
		return err;
	}
	req.fds = &fds;
	req.asked = m->tail;
	req.asked_len = m->tail_len;
	req.keep = &serve_keep;
	memcpy(req.kept, m->hdr.kept, sizeof(req.kept));
	req.keep_as = m->hdr.give;
	fdbag_init(&req.give);
	memset(&body, 0, sizeof(body));
	memset(&out, 0, sizeof(out));
	out.type = (uint16_t)(m->hdr.type + 1);
	out.id = m->hdr.id;
	out.err = (uint32_t)serve_dispatch(&req, m, &body);
	if (out.err != 0)
		fdbag_close(&req.give);
	else
		out.give = serve_give(&req, &m->hdr, &body.align);
	fdbag_close(&m->fds);
	out.body = &body;
	return serve_answer(c, &req, &out);
}

static int
serve_any(struct chan *c, const struct serve_req *as, struct chan_msg *m)
{
	switch (m->hdr.type) {
	case N_DROP:
		c->why = "a number that nothing is kept under";
		return keep_drop(&serve_keep, m);
	case N_WATCH:
		c->why = "an instance that is not wanted";
		return w_ahead_watch(m);
	default:
		return serve_one(c, as, m);
	}
}

int
serve(struct chan *c, const struct a_whello *who, const struct rules *rules)
{
	const struct serve_req as = { .who = who, .rules = rules };
	int err;

	serve_keep.max = who->keep_max;
	c->idle = follow_idle;
	for (;;) {
		err = chan_recv(c, &serve_msg);
		if (err == EAGAIN)
			continue;
		if (err == 0)
			err = serve_any(c, &as, &serve_msg);
		if (err != 0)
			break;
	}
	if (err == EPROTO)
		log_errx("bad message from the transport: %s", c->why);
	else if (err != EPIPE)
		log_errx("channel to the transport: %s", strerror(err));
	chan_close(c);
	return err == EPIPE ? 0 : 1;
}
