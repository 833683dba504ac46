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
 * Knows: what a worker may tell the broker.  A worker acts for a guest user
 * and may be taken over by one, though not before it serves, and then nothing
 * it could say is legal any more.
 * Never: trust in what it says about itself beyond refusing what is wrong.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "../common/log.h"
#include "broker.h"
#include "on.h"
#include "share.h"
#include "worker.h"

static void
on_whello_fill(const struct worker *w, struct a_whello *a)
{
	const struct broker *b = w->broker;

	memset(a, 0, sizeof(*a));
	a->cred = w->cred;
	a->caps = w->caps;
	a->flags = share_flags(b->conf, b->handles) | b->userns_flags;
	a->log_level = log_get_level();
	a->seccomp = b->action;
	a->mount_cnt = b->tree.mount_cnt;
	memcpy(a->mounts, b->tree.mounts, sizeof(a->mounts));
	a->unique_ids = b->tree.unique_ids;
	a->idmap_cnt = b->conf->idmap_cnt;
	a->xattrmap_len = (uint32_t)(b->tail_len - b->idmap_len);
	a->policy = b->rules;
	a->keep_max = b->keep_max;
	if (b->rules & MSG_POLICY_STRICT)
		a->walk_ns = share_walk_ns(b->conf);
	if (b->handles)
		memcpy(a->seal_key, b->seal_key, sizeof(a->seal_key));
}

/*
 * Harmless: the question is compared and not used.  The answer tells a
 * process that the spawner started a moment ago what it was started as; the
 * descriptors were made for it.  The phase makes it once only.
 */
static int
on_whello(struct worker *w, struct chan_msg *m)
{
	const struct q_whello *q = m->body;
	const struct broker *b = w->broker;
	static struct a_whello a;
	struct chan_out out;
	int fds[2 + MRING_FDS];

	if (memcmp(q->build_id, msg_build_id, sizeof(q->build_id)) != 0) {
		w->chan.why = "it is of another build";
		return EPROTO;
	}
	on_whello_fill(w, &a);
	fds[0] = w->worker_fd;
	fds[1] = b->tree.rootfd;
	memcpy(fds + 2, w->ring, sizeof(w->ring));
	memset(&out, 0, sizeof(out));
	out.type = A_WHELLO;
	out.id = m->hdr.id;
	out.body = &a;
	out.fds = fds;
	out.fd_cnt = 2 + MRING_FDS;
	out.tail = b->tail;
	out.tail_len = b->tail_len;
	if (chan_send(&w->chan, &out) != 0) {
		w->chan.why = "it does not take its answer";
		return EPROTO;
	}
	fd_close(&w->worker_fd);
	w->state = WORKER_JAILING;
	chan_phase(&w->chan, MSG_PHASE_READY);
	return 0;
}

static const char *
on_wready_differs(const struct worker *w, const struct n_wready *n)
{
	const struct cred *c = &w->cred, *groups = c;

	if (n->ruid != c->uid || n->euid != c->uid || n->suid != c->uid ||
	    n->fsuid != c->uid)
		return "its user is wrong";
	if (n->rgid != c->gid || n->egid != c->gid || n->sgid != c->gid ||
	    n->fsgid != c->gid)
		return "its group is wrong";
	if (w->broker->userns.stuck)
		groups = &w->broker->own_groups;
	if (n->groups.gid_cnt != groups->gid_cnt ||
	    memcmp(n->groups.gids, groups->gids, sizeof(c->gids)) != 0)
		return "its supplementary groups are wrong";
	if (n->cap_eff != w->caps || n->cap_prm != w->caps ||
	    n->cap_bnd != (w->caps | w->broker->bound) || n->cap_inh != 0 ||
	    n->cap_amb != 0)
		return "its capabilities are wrong";
	if (n->no_new_privs != 1 || n->dumpable != 0)
		return "it could gain privileges or be looked into";
	if (n->landlock != w->broker->landlock)
		return "its Landlock differs from the broker's";
	if (n->userns != w->home->userns)
		return "it is in another user namespace";
	return NULL;
}

/*
 * Harmless: numbers that are compared with what was asked for; a difference
 * ends the worker before the transport ever hears of it.  A liar gains only
 * the service that it would have got honestly.  Nothing is legal afterwards.
 */
static int
on_wready(struct worker *w, struct chan_msg *m)
{
	const char *why;

	if ((why = on_wready_differs(w, m->body)) != NULL) {
		w->chan.why = why;
		return EPROTO;
	}
	chan_phase(&w->chan, MSG_PHASE_SHUT);
	worker_live(w);
	return 0;
}

int
on_worker(struct worker *w, struct chan_msg *m)
{
	switch (m->hdr.type) {
#define FSWORKER_BROKER_Q(V, v) \
	case Q_##V: \
		return on_##v(w, m);
#define FSWORKER_BROKER_N(V, v) \
	case N_##V: \
		return on_##v(w, m);
#include "rows.h"
	default:
		w->chan.why = "an answer to no question";
		return EPROTO;
	}
}
