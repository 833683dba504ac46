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
 * Knows: which nodes a worker has descriptors of.
 * Never: a descriptor of its own.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/trust.h"
#include "debt.h"
#include "fs.h"
#include "node.h"
#include "req.h"
#include "wkeep.h"

#define WKEEP_GONE	64	/* that may be left for wkeep_drop() */

void
wkeep_init(struct wkeep *w, struct fs *fs, uint32_t class)
{
	const struct a_hello *conf = &fs->conf;

	memset(w, 0, sizeof(*w));
	w->fs = fs;
	TAILQ_INIT(&w->lru);
	TAILQ_INIT(&w->gone);
	TAILQ_INIT(&w->spare);
	w->root = trust_word(class, conf->flags, conf->policy);
	w->max = conf->keep_max;
	if (!w->root && w->max > WKEEP_OTHERS)
		w->max = WKEEP_OTHERS;
	if ((w->slot = calloc(w->max, sizeof(*w->slot))) == NULL)
		w->max = 0;
}

static struct wkeep_slot *
wkeep_find(const struct wkeep *w, const struct node *n)
{
	struct wkeep_slot *s;

	for (s = n->kept; s != NULL; s = s->next)
		if (s->of == w && !s->given)
			return s;
	return NULL;
}

/* s is not its node's any more; it stays on its list. */
static void
wkeep_detach(struct wkeep_slot *s)
{
	struct wkeep_slot **p;

	if (s->node == NULL)
		return;
	for (p = &s->node->kept; *p != s; p = &(*p)->next)
		continue;
	*p = s->next;
	s->node = NULL;
}

static void
wkeep_attach(struct wkeep_slot *s, struct node *n)
{
	s->node = n;
	s->next = n->kept;
	n->kept = s;
}

static void
wkeep_list_add(struct wkeep_slot *s)
{
	struct wkeep *w = s->of;

	if (s->node != NULL) {
		TAILQ_INSERT_TAIL(&w->lru, s, entry);
	} else if (s->has) {
		TAILQ_INSERT_HEAD(&w->gone, s, entry);
		w->gone_cnt++;
		w->fs->kept_gone++;
	} else
		TAILQ_INSERT_HEAD(&w->spare, s, entry);
}

/* Nothing was given: it is what it was, and as old. */
static void
wkeep_list_back(struct wkeep_slot *s)
{
	wkeep_list_add(s);
	if (s->node == NULL)
		return;
	TAILQ_REMOVE(&s->of->lru, s, entry);
	TAILQ_INSERT_HEAD(&s->of->lru, s, entry);
}

static void
wkeep_list_del(struct wkeep_slot *s)
{
	struct wkeep *w = s->of;

	if (s->node != NULL) {
		TAILQ_REMOVE(&w->lru, s, entry);
	} else if (s->has) {
		TAILQ_REMOVE(&w->gone, s, entry);
		w->gone_cnt--;
		w->fs->kept_gone--;
	} else
		TAILQ_REMOVE(&w->spare, s, entry);
}

void
wkeep_free(struct wkeep *w)
{
	unsigned int i;

	for (i = 0; i < w->cnt; i++) {
		if (!w->slot[i].given)
			wkeep_list_del(&w->slot[i]);
		wkeep_detach(&w->slot[i]);
	}
	free(w->slot);
	w->slot = NULL;
	w->max = w->cnt = 0;
}

void
wkeep_forget(struct node *n)
{
	struct wkeep_slot *s;

	while ((s = n->kept) != NULL) {
		if (!s->given)
			wkeep_list_del(s);
		wkeep_detach(s);
		if (!s->given)
			wkeep_list_add(s);
	}
}

int
wkeep_has(const struct wkeep *w, const struct node *n)
{
	return wkeep_find(w, n) != NULL;
}

int
wkeep_enough(const struct wkeep *w, const struct req *r)
{
	unsigned int i;

	for (i = 0; i < r->call.fd_cnt; i++)
		if (node_fd(r->node[i]) == -1 && !wkeep_has(w, r->node[i]))
			return 0;
	return 1;
}

static uint16_t
wkeep_nr(const struct wkeep_slot *s)
{
	return (uint16_t)(s - s->of->slot);
}

/* The first of a list that this question has no other use for. */
static struct wkeep_slot *
wkeep_first(const struct wkeep *w, const struct wkeep_slots *list)
{
	struct wkeep_slot *s;
	unsigned int i;

	TAILQ_FOREACH(s, list, entry) {
		for (i = 0; i <= MSG_KEPT && w->plan[i] != s; i++)
			continue;
		if (i > MSG_KEPT)
			return s;
	}
	return NULL;
}

/*
 * A number that no node needs, or the one that was not used for longest.  What
 * is closed for it may be the end of a file, which takes time: empty ones go
 * first, within reason.
 */
static struct wkeep_slot *
wkeep_any(struct wkeep *w)
{
	struct wkeep_slot *s;

	if ((s = wkeep_first(w, &w->spare)) != NULL)
		return s;
	if ((w->cnt == w->max || w->gone_cnt >= WKEEP_GONE) &&
	    (s = wkeep_first(w, &w->gone)) != NULL)
		return s;
	if (w->cnt == w->max)
		return wkeep_first(w, &w->lru);
	s = &w->slot[w->cnt++];
	s->of = w;
	wkeep_list_add(s);
	return s;
}

/*
 * Where to keep n, which has a descriptor here.  A directory is worth another
 * node's place, but a file only that of one which has a descriptor as well.
 */
static struct wkeep_slot *
wkeep_place(struct wkeep *w, const struct node *n)
{
	struct wkeep_slot *s = wkeep_any(w);

	if (s == NULL || s->node == NULL || S_ISDIR(n->mode) ||
	    node_fd(s->node) != -1)
		return s;
	return NULL;
}

/* May descriptor i of r be kept, or is it already, in *s? */
static int
wkeep_may(struct wkeep *w, const struct req *r, unsigned int i,
    struct wkeep_slot **s)
{
	int strict = (w->fs->conf.policy & MSG_POLICY_STRICT) != 0;
	const struct node *n = r->node[i];

	if (r->call.handles || n == NULL || (strict && !S_ISDIR(n->mode)))
		return 0;
	*s = wkeep_find(w, n);
	return 1;
}

/* What to say of descriptor i of r; what is kept already is in the plan. */
static uint16_t
wkeep_one(struct wkeep *w, const struct req *r, unsigned int i)
{
	int strict = (w->fs->conf.policy & MSG_POLICY_STRICT) != 0;
	const struct node *n = r->node[i];
	struct wkeep_slot *s = w->plan[i];

	if (i > 0 && n == r->node[0] && w->plan[0] != NULL)
		s = w->plan[0];
	/* Strict: a node may get a descriptor with a newer name. */
	else if (s == NULL || (strict && s->fd != node_fd(n))) {
		if (s == NULL && (s = wkeep_place(w, n)) == NULL)
			return 0;
		w->plan[i] = s;
		return (uint16_t)(MSG_KEEP_PUT | wkeep_nr(s));
	}
	w->plan[i] = s;
	return (uint16_t)(MSG_KEEP_USE | wkeep_nr(s));
}

/*
 * Shall the worker keep the node that it is asked for?  One that acts for root
 * need not send it either: who asks as root goes on as root.
 */
static uint32_t
wkeep_give(struct wkeep *w, const struct req *r)
{
	struct wkeep_slot *s;

	switch (r->call.type) {
	case Q_LOOKUP:
	case Q_CREATE:
	case Q_MKNOD:
	case Q_MKDIR:
	case Q_SYMLINK:
		break;
	default:
		return 0;
	}
	if ((w->fs->conf.policy & MSG_POLICY_STRICT) != 0 || r->call.plain ||
	    (s = wkeep_any(w)) == NULL)
		return 0;
	w->plan[MSG_KEPT] = s;
	return wkeep_nr(s) | (w->root && !r->call.retried &&
	    !debt_due(w->fs, DEBT_LIST) ? MSG_KEEP_USE : MSG_KEEP_PUT);
}

void
wkeep_ask(struct wkeep *w, const struct req *r, struct chan_out *out,
    int fds[MSG_KEPT])
{
	int may[MSG_KEPT];
	unsigned int i;

	out->fds = fds;
	out->fd_cnt = 0;
	memset(out->kept, 0, sizeof(out->kept));
	memset(w->plan, 0, sizeof(w->plan));
	for (i = 0; i < r->call.fd_cnt; i++)
		may[i] = wkeep_may(w, r, i, &w->plan[i]);
	for (i = 0; i < r->call.fd_cnt; i++) {
		if (may[i])
			out->kept[i] = wkeep_one(w, r, i);
		if (MSG_KEEP_OP(out->kept[i]) != MSG_KEEP_USE)
			fds[out->fd_cnt++] = r->call.fds[i];
	}
	out->give = wkeep_give(w, r);
}

void
wkeep_sent(struct wkeep *w, struct req *r, const struct chan_out *out)
{
	struct wkeep_slot *s;
	unsigned int i;

	r->call.when = ++w->now;
	for (i = 0; i < MSG_KEPT; i++) {
		if ((s = w->plan[i]) == NULL)
			continue;
		wkeep_list_del(s);
		if (MSG_KEEP_OP(out->kept[i]) == MSG_KEEP_PUT) {
			wkeep_detach(s);
			wkeep_attach(s, r->node[i]);
			s->has = 1;
			s->fd = r->call.fds[i];
			s->when = w->now;
		}
		wkeep_list_add(s);
	}
	r->call.give = out->give;
	if ((r->call.given = w->plan[MSG_KEPT]) != NULL) {
		wkeep_list_del(r->call.given);
		r->call.given->given = 1;
	}
}

/*
 * The worker says that it has what it found under number nr.  By now that may
 * be the number of another node, and the question was before that.
 */
static int
wkeep_known(struct req *r, struct wkeep *w, unsigned int nr)
{
	struct wkeep_slot *s = &w->slot[nr];

	if (r->call.type != Q_LOOKUP || nr >= w->cnt)
		return EPROTO;
	if (s->node == NULL || s->when > r->call.when)
		return EAGAIN;
	if (node_fd(s->node) == -1 && (!w->root || r->call.retried))
		return EAGAIN;
	r->fs->known = s->node;
	return 0;
}

int
wkeep_answer(struct req *r, const struct chan_msg *m)
{
	struct wkeep_slot *s = r->call.given;
	uint32_t give = m != NULL ? m->hdr.give : 0;
	int err = 0;

	if (s == NULL)
		return give == 0 ? 0 : EPROTO;
	r->call.given = NULL;
	s->given = 0;
	/* It may send what it was asked not to. */
	if (give != 0 && (give == r->call.give ||
	    give == (MSG_KEEP_PUT | wkeep_nr(s)))) {
		wkeep_detach(s);
		s->has = 1;
		s->fd = -1;
		r->fs->given = s;
		return 0;
	}
	wkeep_list_back(s);
	if (give != 0)
		err = MSG_KEEP_OP(give) == MSG_KEEP_USE &&
		    MSG_KEEP_NR(give) != wkeep_nr(s) ?
		    wkeep_known(r, s->of, MSG_KEEP_NR(give)) : EPROTO;
	return err;
}

void
wkeep_claim(struct fs *fs, struct node *n)
{
	struct wkeep_slot *s = fs->given, *old;

	if (s == NULL)
		return;
	/* The worker knows which node it is only of what it gave. */
	if ((old = wkeep_find(s->of, n)) != NULL) {
		wkeep_list_del(old);
		wkeep_detach(old);
		wkeep_list_add(old);
	}
	wkeep_attach(s, n);
	wkeep_list_add(s);
	fs->given = NULL;
}

void
wkeep_unclaimed(struct fs *fs)
{
	if (fs->given != NULL)
		wkeep_list_add(fs->given);
	fs->given = NULL;
	fs->known = NULL;
}

unsigned int
wkeep_drop(struct wkeep *w, uint16_t nr[MSG_DROP_MAX])
{
	struct wkeep_slot *s;
	unsigned int n = 0;

	while (n < MSG_DROP_MAX && (s = TAILQ_FIRST(&w->gone)) != NULL) {
		wkeep_list_del(s);
		s->has = 0;
		wkeep_list_add(s);
		nr[n++] = wkeep_nr(s);
	}
	return n;
}
