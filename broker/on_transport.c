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
 * Knows: what the transport may ask of the broker.  The transport reads what
 * a guest wrote; assume that the guest speaks here.
 * Never: a path, a name, a length or a descriptor from the transport: no row
 * carries one.  A handle counts only with a worker's seal.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include <bsd/string.h>

#include "../common/log.h"
#include "../common/seal.h"
#include "broker.h"
#include "on.h"
#include "reply.h"
#include "share.h"
#include "worker.h"

/* The pools that have a root of their own. */
static void
on_hello_pools(const struct policy_rules *r, struct a_hello *a)
{
	const struct policy_pool *p;
	struct msg_pool *m;

	for (p = r->pools; p < r->pools + r->pool_cnt; p++) {
		if (!p->userns)
			continue;
		m = &a->pools[a->pool_cnt++];
		m->first = p->first;
		m->last = p->last;
		m->gid = p->gid_first;
	}
}

static void
on_hello_fill(const struct broker *b, struct a_hello *a)
{
	const struct conf *c = b->conf;

	memset(a, 0, sizeof(*a));
	a->flags = share_flags(c, b->handles) | b->userns_flags;
	a->cache = (uint32_t)c->cache;
	a->io_thread_cnt = c->thread_pool_size == 0 ?
	    4 : (uint32_t)c->thread_pool_size;
	a->worker_max = WORKER_WANTED;
	a->queue_cnt = c->num_request_queues == 0 ?
	    1 : (uint32_t)c->num_request_queues;
	a->nofile = b->nofile;
	a->keep_max = b->keep_max;
	a->log_level = log_get_level();
	a->seccomp = b->action;
	a->policy = b->rules;
	if (b->rules & MSG_POLICY_HOST) {
		a->root_uid = c->rules.root_uid;
		a->root_gid = c->rules.root_gid;
	} else if (b->bare) {
		a->root_uid = b->own_groups.uid;
		a->root_gid = b->own_groups.gid;
	}
	strlcpy(a->name, b->name, sizeof(a->name));
	a->root_mnt_id = b->tree.mounts[0];
	share_timeouts(c, a);
	a->idmap_cnt = c->idmap_cnt;
	on_hello_pools(&b->policy->rules, a);
	if (c->tag != NULL)
		memcpy(a->tag, c->tag, strnlen(c->tag, sizeof(a->tag)));
}

/*
 * Harmless: the question is compared and not used.  The answer holds what the
 * guest may know anyway, and the two descriptors are the transport's whole
 * purpose: a socket that is already listening, and an O_PATH root on which no
 * system call that it has left does anything.  The phase makes it once only.
 */
static int
on_hello(struct broker *b, struct chan_msg *m)
{
	const struct q_hello *q = m->body;
	struct chan_out out;
	struct a_hello a;
	int fds[2];

	if (memcmp(q->build_id, msg_build_id, sizeof(q->build_id)) != 0) {
		b->transport.why = "it is of another build";
		return EPROTO;
	}
	on_hello_fill(b, &a);
	fds[0] = b->listenfd;
	fds[1] = b->tree.rootfd;
	memset(&out, 0, sizeof(out));
	out.type = A_HELLO;
	out.id = m->hdr.id;
	out.body = &a;
	out.fds = fds;
	out.fd_cnt = 2;
	out.tail = b->tail;
	out.tail_len = b->idmap_len;
	if (chan_send(&b->transport, &out) != 0) {
		b->transport.why = "it does not take its answer";
		return EPROTO;
	}
	fd_close(&b->listenfd);
	chan_phase(&b->transport, MSG_PHASE_RUN);
	return 0;
}

/*
 * Harmless: a credential is only ever looked up in policy_check(), which
 * refuses what is malformed; what it allows, a guest kernel could claim to be
 * without our help.  Number and rate of workers are limited, a limit that is
 * reached costs this guest alone, and while answers are not read no question
 * is.
 */
static int
on_wget(struct broker *b, struct chan_msg *m)
{
	const int none[REPLY_FDS] = { -1, -1, -1, -1 };
	const struct q_wget *q = m->body;
	int err;

	if ((err = worker_ask(b, &q->cred, m->hdr.id)) != 0)
		reply_wget(b, m->hdr.id, err, 0, none);
	return 0;
}

/*
 * Harmless: a seal is opened only if a worker made it, for nobody else has the
 * key, so it names a file that a worker was able to reach and showed to this
 * transport already.  What comes back is O_PATH: it reads and writes nothing,
 * and whoever reopens it is asked for the rights that the file demands.
 */
static int
on_hopen(struct broker *b, struct chan_msg *m)
{
	const struct q_hopen *q = m->body;
	int err, fd = -1;

	if (!b->handles || !seal_check(&q->seal, b->seal_key)) {
		b->transport.why = "a file handle that no worker made";
		return EPROTO;
	}
	err = tree_open(&b->tree, &q->seal, &fd);
	reply_hopen(b, m->hdr.id, err, fd);
	return 0;
}

/*
 * Harmless: all it can do is end a worker of this same share early.  An id
 * that is nobody's is no offence: the worker may have died a moment ago.
 */
static int
on_wput(struct broker *b, struct chan_msg *m)
{
	const struct n_wput *n = m->body;
	struct worker *w;

	if ((w = worker_find(b, n->worker_id)) != NULL)
		worker_put(w);
	return 0;
}

int
on_transport(struct broker *b, struct chan_msg *m)
{
	switch (m->hdr.type) {
#define TRANSPORT_BROKER_Q(V, v) \
	case Q_##V: \
		return on_##v(b, m);
#define TRANSPORT_BROKER_N(V, v) \
	case N_##V: \
		return on_##v(b, m);
#include "rows.h"
	default:
		b->transport.why = "an answer to no question";
		return EPROTO;
	}
}
