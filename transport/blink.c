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
 * Knows: the broker as the transport sees it.
 * Never: what a worker is good for.
 */

#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/chan.h"
#include "../common/log.h"
#include "blink.h"

/* Questions that may be outstanding; the transport asks no more at once. */
#define BLINK_WGET_MAX	256

#define BLINK_HOPEN_MAX	32	/* more wait here, the socket never fills */

/* A handle to be opened; id is BLINK_WGET_MAX + its slot. */
struct blink_hopen {
	STAILQ_ENTRY(blink_hopen) entry;
	struct q_hopen q;
	void *cookie;
};
STAILQ_HEAD(blink_hopens, blink_hopen);

struct blink {
	struct chan chan;
	struct event *ev;
	const struct blink_ops *ops;
	void *arg;
	void *cookie[BLINK_WGET_MAX];	/* by id of the question */
	struct blink_hopen *hopen[BLINK_HOPEN_MAX];
	struct blink_hopens hopen_wait;
	struct chan_msg msg;
};

static void
blink_idmap(const struct a_hello *conf, const struct chan_msg *m,
    struct idmap *ids)
{
	struct idmap_rule *rules;
	uint32_t which;

	ids->cnt = 0;
	ids->rules = NULL;
	if (conf->idmap_cnt == 0)
		return;
	if (conf->idmap_cnt > IDMAP_RULE_MAX ||
	    m->tail_len != conf->idmap_cnt * sizeof(*rules))
		fatalx("the broker's id map is malformed");
	if ((rules = malloc(m->tail_len)) == NULL)
		fatal("memory");
	memcpy(rules, m->tail, m->tail_len);
	ids->rules = rules;
	ids->cnt = conf->idmap_cnt;
	if (idmap_check(ids, &which) != 0)
		fatalx("rule %u of the broker's id map is malformed", which);
}

struct blink *
blink_hello(int fd, struct a_hello *conf, struct idmap *ids, int *listenfd,
    int *rootfd)
{
	struct q_hello q;
	struct chan_out out;
	struct blink *b;
	int err;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		fatal("memory");
	STAILQ_INIT(&b->hopen_wait);
	chan_init(&b->chan, fd, MSG_TRANSPORT, MSG_BROKER, 0);
	memcpy(q.build_id, msg_build_id, sizeof(q.build_id));
	memset(&out, 0, sizeof(out));
	out.type = Q_HELLO;
	out.body = &q;
	if ((err = chan_send(&b->chan, &out)) != 0) {
		errno = err;
		fatal("hello to the broker");
	}
	if ((err = chan_recv(&b->chan, &b->msg)) != 0 || b->msg.hdr.err != 0 ||
	    b->msg.hdr.type != A_HELLO)
		fatalx("the broker refused the hello (%s)", b->chan.why);
	memcpy(conf, b->msg.body, sizeof(*conf));
	if (conf->pool_cnt > MSG_POOL_MAX)
		fatalx("the broker's pools are malformed");
	blink_idmap(conf, &b->msg, ids);
	*listenfd = fdbag_take(&b->msg.fds, 0);
	*rootfd = fdbag_take(&b->msg.fds, 1);
	fdbag_close(&b->msg.fds);
	return b;
}

static void
blink_answer(struct blink *b, struct chan_msg *m)
{
	const struct a_wget *a = m->body;
	void *cookie;

	if (m->hdr.id >= BLINK_WGET_MAX || b->cookie[m->hdr.id] == NULL) {
		log_errx("the broker answered what nobody asked");
		return;
	}
	cookie = b->cookie[m->hdr.id];
	b->cookie[m->hdr.id] = NULL;
	if (m->hdr.err != 0)
		b->ops->worker(b->arg, cookie, (int)m->hdr.err, 0, &m->fds);
	else
		b->ops->worker(b->arg, cookie, 0, a->worker_id, &m->fds);
}

static int
blink_hopen_send(struct blink *b, struct blink_hopen *h)
{
	struct chan_out out;
	uint32_t slot;
	int err;

	for (slot = 0; slot < BLINK_HOPEN_MAX; slot++)
		if (b->hopen[slot] == NULL)
			break;
	if (slot == BLINK_HOPEN_MAX) {
		STAILQ_INSERT_TAIL(&b->hopen_wait, h, entry);
		return 0;
	}
	memset(&out, 0, sizeof(out));
	out.type = Q_HOPEN;
	out.id = BLINK_WGET_MAX + slot;
	out.body = &h->q;
	if ((err = chan_send(&b->chan, &out)) == 0)
		b->hopen[slot] = h;
	return err;
}

static void
blink_opened(struct blink *b, struct chan_msg *m)
{
	uint32_t slot = m->hdr.id - BLINK_WGET_MAX;
	struct blink_hopen *h, *next;
	int err;

	if (slot >= BLINK_HOPEN_MAX || (h = b->hopen[slot]) == NULL) {
		log_errx("the broker opened what nobody asked for");
		return;
	}
	b->hopen[slot] = NULL;
	b->ops->opened(b->arg, h->cookie, (int)m->hdr.err,
	    m->hdr.err == 0 ? fdbag_take(&m->fds, 0) : -1);
	free(h);
	/* One that cannot be sent must not stop those behind it. */
	while ((next = STAILQ_FIRST(&b->hopen_wait)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->hopen_wait, entry);
		if ((err = blink_hopen_send(b, next)) == 0)
			break;
		b->ops->opened(b->arg, next->cookie, err, -1);
		free(next);
	}
}

static void
blink_readable(int fd, short what, void *arg)
{
	struct blink *b = arg;
	int err;

	(void)fd;
	(void)what;
	err = chan_recv(&b->chan, &b->msg);
	if (err == EAGAIN)
		return;
	/* Without a broker nobody may serve; its end is an order. */
	if (err != 0) {
		if (err == EPROTO)
			log_errx("broker: %s", b->chan.why);
		_exit(err == EPIPE ? 0 : 1);
	}
	switch (b->msg.hdr.type) {
	case A_WGET:
		blink_answer(b, &b->msg);
		break;
	case A_HOPEN:
		blink_opened(b, &b->msg);
		break;
	case N_QUIT:
		b->ops->quit(b->arg);
		break;
	default:
		log_errx("broker: %s out of turn", b->msg.row->name);
		break;
	}
	fdbag_close(&b->msg.fds);
}

void
blink_start(struct blink *b, struct event_base *base,
    const struct blink_ops *ops, void *arg)
{
	int fd = b->chan.fd;

	chan_init(&b->chan, fd, MSG_TRANSPORT, MSG_BROKER, 1);
	chan_phase(&b->chan, MSG_PHASE_RUN);
	b->ops = ops;
	b->arg = arg;
	b->ev = event_new(base, fd, EV_READ | EV_PERSIST, blink_readable, b);
	if (b->ev == NULL || event_add(b->ev, NULL) == -1)
		fatalx("event for the broker");
}

int
blink_wget(struct blink *b, const struct cred *cred, void *cookie)
{
	struct chan_out out;
	struct q_wget q;
	uint32_t id;
	int err;

	for (id = 0; id < BLINK_WGET_MAX && b->cookie[id] != NULL; id++)
		continue;
	if (id == BLINK_WGET_MAX)
		return EAGAIN;
	q.cred = *cred;
	memset(&out, 0, sizeof(out));
	out.type = Q_WGET;
	out.id = id;
	out.body = &q;
	if ((err = chan_send(&b->chan, &out)) == 0)
		b->cookie[id] = cookie;
	return err;
}

int
blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie)
{
	struct blink_hopen *h;
	int err;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return ENOMEM;
	h->q.seal = *seal;
	h->cookie = cookie;
	if ((err = blink_hopen_send(b, h)) != 0)
		free(h);
	return err;
}

void
blink_wput(struct blink *b, uint32_t worker_id)
{
	struct chan_out out;
	struct n_wput n;

	memset(&n, 0, sizeof(n));
	n.worker_id = worker_id;
	memset(&out, 0, sizeof(out));
	out.type = N_WPUT;
	out.body = &n;
	/* Lost only when the socket is full; the worker sees our close. */
	if (chan_send(&b->chan, &out) != 0)
		log_debug("worker %u not given back", worker_id);
}
