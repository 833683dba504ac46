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
 * Knows: what the spawner may tell the broker.  It has more privilege than
 * the broker and reads nothing but the broker's questions; still, a wrong word
 * from it ends the service rather than being worked around.
 * Never: an action on a process that is not in the table of workers.
 */

#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <string.h>

#include "../common/log.h"
#include "broker.h"
#include "ended.h"
#include "on.h"
#include "policy.h"
#include "worker.h"

/*
 * Harmless: numbers that are compared.  A spawner that holds anything but
 * what workers are made of is not used at all.
 */
static int
on_sready(struct home *h, struct chan_msg *m)
{
	const struct n_sready *n = m->body;
	const struct broker *b = h->broker;
	uint64_t caps = policy_spawner_caps(b->policy,
	    (unsigned int)(h - b->home));

	if (n->cap_eff != caps || n->cap_prm != caps || n->cap_inh != 0) {
		h->chan.why = "its capabilities are wrong";
		return EPROTO;
	}
	if (n->no_new_privs != 1 || (n->pid != 1 && !b->bare)) {
		h->chan.why = "its jail is not shut";
		return EPROTO;
	}
	if (n->userns != h->userns) {
		h->chan.why = "it is in another user namespace";
		return EPROTO;
	}
	chan_phase(&h->chan, MSG_PHASE_RUN);
	return 0;
}

/*
 * Harmless: at worst a worker that runs is forgotten here; it then counts in
 * the spawner's own table, and its channel is closed, which ends it.
 */
static int
on_spawn_done(struct home *h, struct chan_msg *m)
{
	struct worker *w;

	w = worker_find(h->broker, m->hdr.id);
	if (w == NULL || w->home != h) {
		h->chan.why = "an answer to no question";
		return EPROTO;
	}
	if (m->hdr.err != 0) {
		log_guest(LOG_KEY_WORKER, "worker %u not started: %s", w->id,
		    strerror((int)m->hdr.err));
		worker_forget(w, EAGAIN);
	}
	return 0;
}

/*
 * Harmless: an entry of the table is freed, and the question that waited for
 * it is answered with EIO.
 */
static int
on_wexit(struct home *h, struct chan_msg *m)
{
	const struct n_wexit *n = m->body;
	char how[ENDED_STR_MAX], who[CRED_STR_MAX];
	int status = (int)n->status;
	struct worker *w;

	w = worker_find(h->broker, n->worker_id);
	if (w == NULL || w->home != h) {
		h->chan.why = "the end of a worker that is not its own";
		return EPROTO;
	}
	ended_str(status, how);
	cred_str(&w->cred, who);
	if (w->state == WORKER_GONE || (WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0))
		log_debug("worker %u (%s) %s", w->id, who, how);
	else
		log_guest(LOG_KEY_WORKER, "worker %u (%s) %s", w->id, who,
		    how);
	worker_forget(w, 0);
	return 0;
}

int
on_spawner(struct home *h, struct chan_msg *m)
{
	switch (m->hdr.type) {
#define SPAWNER_BROKER_N(V, v) \
	case N_##V: \
		return on_##v(h, m);
#define BROKER_SPAWNER_A(V, v) \
	case A_##V: \
		return on_##v##_done(h, m);
#include "rows.h"
	default:
		h->chan.why = "a question of the wrong kind";
		return EPROTO;
	}
}
