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
 * Knows: when a directory is read ahead.
 * Never: what a name stands for; whether what was read still holds: that is
 * op_known.c's.
 *
 * Who looks up several names of a directory looks up more of them, be they
 * there or not.  The worker then says what else is in it, after the guest had
 * its answer.  To whom a name is missing, names are enough: who makes files
 * looks for each one first.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <string.h>

#include "../common/fdbag.h"
#include "../common/trust.h"
#include "ahead.h"
#include "ask.h"
#include "debt.h"
#include "dirent.h"
#include "fout.h"
#include "fs.h"
#include "kind.h"
#include "lean.h"
#include "node.h"
#include "op.h"
#include "route.h"
#include "spare.h"
#include "watch.h"
#include "wlink.h"

#define AHEAD_BESIDE	1	/* questions; more are answered many at once */
#define AHEAD_LOOKS_MAX	UINT16_MAX
#define AHEAD_ERRNO_MAX	4096u

/* What a name stands for costs what a lookup does, the name next to nothing. */
static const struct op_ahead_pace {
	unsigned int first;	/* names that are asked for before */
	unsigned int each;	/* names to read for each that was asked for */
	unsigned int least;	/* names that are worth a question */
	unsigned int max;	/* names of one answer */
} op_ahead_pace[] = {
	{ 2, 64, 64, MSG_AHEAD_NAMES },
	{ 2, 16, 32, MSG_AHEAD_MAX },
};

/* What kind of filesystem it is on; 0 if nobody can tell. */
static unsigned long
op_ahead_fs(const struct fs *fs, const struct node *dir)
{
	struct statfs st;

	if (kind_share(fs, dir))
		return fs->magic;
	if (node_fd(dir) == -1 || fstatfs(node_fd(dir), &st) == -1)
		return 0;
	return (unsigned long)st.f_type;
}

/* May anything be read ahead for r? */
static int
op_ahead_may(const struct req *r)
{
	const struct fs *fs = r->fs;

	return fs->watch != NULL && !r->node[0]->ahead_asked &&
	    !r->call.retried && !r->call.redriven && !fs->quitting &&
	    (fs->conf.policy & MSG_POLICY_STRICT) == 0;
}

/*
 * What is known of r's directory to who asks, or NULL.  One user at a time;
 * who does not look any more makes room.  Returns 0 if it is another one's.
 */
static int
op_ahead_mine(struct req *r, struct ahead **a)
{
	struct node *dir = r->node[0];

	*a = dir->ahead;
	if (*a == NULL || cred_equal(&(*a)->cred, &r->call.cred))
		return 1;
	if (ahead_in_use(r->fs->ahead, *a))
		return 0;
	ahead_forget(r->fs->ahead, dir);
	*a = NULL;
	return 1;
}

/*
 * Names were enough until now, and what they stand for is asked for: read
 * them once more.
 */
static int
op_ahead_again(const struct ahead *a)
{
	const struct node *dir = a->dir;

	return a->read && !a->nodes &&
	    dir->ahead_found >= op_ahead_pace[1].first << dir->ahead_shift;
}

/*
 * Is what is looked up opened, mostly?  The last one may be about to be.
 */
static int
op_ahead_open(const struct req *r)
{
	const struct node *dir = r->node[0];

	return (dir->ahead_opens + 1u) * 2 > dir->ahead_found &&
	    !debt_due(r->fs, DEBT_LIST) && spare_may(r->fs, dir, &r->call.cred);
}

void
op_ahead_opened(struct req *r)
{
	struct node *n = r->node[0], *dir;

	dir = n->from == 0 ? NULL : node_get(r->fs->nodes, n->from);
	n->from = 0;
	if (dir != NULL && dir->ahead_opens < dir->ahead_found)
		dir->ahead_opens++;
}

/*
 * May files be looked up by what is said of them?  Then a name costs half, but
 * its attributes get old, and what the guest does with the file may need it
 * opened by the broker.
 */
static int
op_ahead_attr(const struct req *r)
{
	struct fs *fs = r->fs;

	return !r->node[0]->ahead_aged && !debt_due(fs, DEBT_LOOK) &&
	    (fs->conf.attr.sec != 0 || fs->conf.attr.nsec != 0) &&
	    ahead_room(fs->ahead, MSG_AHEAD_MAX) &&
	    trust_word(r->call.cred.class, fs->conf.flags, fs->conf.policy);
}

/*
 * MSG_AHEAD_* of a question for names, or for what they stand for.  With the
 * first one the watch is told what else to look for.
 */
static uint32_t
op_ahead_how(const struct req *r, int nodes, int begin)
{
	if (!nodes)
		return 0;
	if (op_ahead_open(r))
		return MSG_AHEAD_NODES | MSG_AHEAD_OPEN;
	if ((begin || r->node[0]->ahead->attr) && op_ahead_attr(r))
		return MSG_AHEAD_NODES | MSG_AHEAD_ATTR;
	return MSG_AHEAD_NODES;
}

/* How to go on with r's directory: q, or 0 if not now. */
static int
op_ahead_wanted(struct req *r, struct q_ahead *q)
{
	struct node *dir = r->node[0];
	const struct op_ahead_pace *pace;
	unsigned int want, got = 0;
	int nodes, fds, begin;
	struct ahead *a;

	if (!op_ahead_may(r) || route_first(r, 0, &r->call.cred) != 0 ||
	    !op_ahead_mine(r, &a))
		return 0;
	nodes = a != NULL ? a->nodes || op_ahead_again(a) :
	    dir->ahead_found * 2u > dir->ahead_looks;
	begin = a == NULL || nodes != a->nodes ||
	    (a->attr && dir->ahead_aged);
	pace = &op_ahead_pace[nodes];
	if (begin) {
		if (dir->ahead_looks < pace->first << dir->ahead_shift)
			return 0;
	} else if (a->read || a->full)
		return 0;
	else
		got = a->got;
	want = dir->ahead_looks * pace->each;
	if (want < got + pace->least)
		return 0;
	want = want - got < pace->max ? want - got : pace->max;
	q->flags = op_ahead_how(r, nodes, begin);
	fds = nodes && (q->flags & MSG_AHEAD_ATTR) == 0;
	if (nodes && wlink_waiting(r->fs->wlink, &r->call.cred) > AHEAD_BESIDE)
		return 0;
	if (!ahead_space(r->fs->ahead, want, fds))
		return 0;
	/* Room may have been made by what was known of this one. */
	a = dir->ahead;
	q->off = a == NULL || begin ? 0 : a->next;
	q->entry_max = want;
	return q->off != 0 || kind_ours(op_ahead_fs(r->fs, dir));
}

/* The directory as it was, or a new one, to add the answer to. */
static int
op_ahead_take(struct req *r, const struct a_ahead *at, struct ahead **a)
{
	const struct q_ahead *q = &r->call.q.ahead;
	struct node *dir = r->node[0];
	struct fs *fs = r->fs;
	unsigned long magic;
	int err;

	if ((*a = dir->ahead) == NULL) {
		if (q->off != 0)
			return EAGAIN;
		if ((*a = ahead_begin(fs->ahead, dir, &r->call.cred)) == NULL)
			return ENOMEM;
		/* Before Linux 6.6 a tmpfs counts what is in front. */
		magic = op_ahead_fs(fs, dir);
		(*a)->steady = magic != 0 && magic != TMPFS_MAGIC;
		err = watch_join(fs->watch, at->wd, *a, r->watched);
		if (err != 0)
			return err;
	} else if (!cred_equal(&(*a)->cred, &r->call.cred) ||
	    (q->off == 0 ? !watch_is(*a, at->wd) : (*a)->next != q->off))
		return EAGAIN;
	if (q->off == 0) {
		(*a)->got = 0;
		(*a)->read = 0;
		(*a)->nodes = (q->flags & MSG_AHEAD_NODES) != 0;
		(*a)->attr = (q->flags & MSG_AHEAD_ATTR) != 0;
	}
	return 0;
}

/* Is d what q asked for? */
static int
op_ahead_sound(const struct q_ahead *q, const struct msg_dirent *d)
{
	if ((d->flags & (MSG_DIRENT_OPEN | MSG_DIRENT_SEALED)) != 0 &&
	    d->seal_len == 0)
		return 0;
	return (d->flags & MSG_DIRENT_SEALED) == 0 ||
	    ((q->flags & MSG_AHEAD_ATTR) != 0 && S_ISREG(d->attr.mode) &&
	    (d->flags & MSG_DIRENT_NODE) == 0);
}

/* What there is room for.  Returns 0, EIO or ENOMEM. */
static int
op_ahead_names(struct req *r, struct chan_msg *m, struct ahead *a)
{
	const struct a_ahead *at = m->body;
	const uint8_t *tail = m->tail;
	size_t left = m->tail_len;
	struct msg_dirent d;
	const char *name;
	unsigned int fds = 0;
	uint32_t i;
	int err = 0, fd;

	a->asked = r->asked;
	for (i = 0; i < at->entry_cnt && err == 0; i++) {
		if ((name = dirent_next(&tail, &left, &d)) == NULL ||
		    !op_ahead_sound(&r->call.q.ahead, &d))
			return EIO;
		fd = d.flags & MSG_DIRENT_NODE ?
		    fdbag_take(&m->fds, fds++) : -1;
		if (fd != -1)
			debt_pay(r->fs, DEBT_LOOK);
		err = ahead_add(r->fs->ahead, a, name, d.name_len, &d, &fd);
		fd_close(&fd);
	}
	a->next = at->next;
	a->got += at->entry_cnt;
	if (err == ENOSPC) {
		a->full = 1;
		err = 0;
	} else if (err == 0 && at->end) {
		a->read = 1;
		a->whole |= r->call.q.ahead.off == 0 || a->steady ||
		    !a->shifted;
	}
	return err;
}

/*
 * Fill in what is known of r's directory.  Returns 0; EAGAIN if it changed
 * meanwhile; EIO for what makes no sense; ENOMEM.
 */
static int
op_ahead_learn(struct req *r, struct chan_msg *m)
{
	const struct a_ahead *at = m->body;
	struct fs *fs = r->fs;
	struct ahead *a;
	int err = 0;

	/* Whatever else, it is watched now, or has been for long. */
	if (r->call.q.ahead.off == 0)
		err = watch_join(fs->watch, at->wd, NULL, 0);
	else
		watch_read(fs->watch);
	if (err == 0 && at->err != 0)
		err = at->err < AHEAD_ERRNO_MAX ? (int)at->err : EIO;
	if (err != 0 || r->node[0]->nlookup == 0)
		return err;
	/* What the kernel has told until now is not what is to be added. */
	if ((err = op_ahead_take(r, at, &a)) != 0)
		return err;
	return op_ahead_names(r, m, a);
}

/*
 * The guest has had its answer long since.  What is not to be had is not asked
 * for soon again; what has just changed may come to rest, and who was asked may
 * have died.
 */
static void
op_ahead_done(struct req *r, int err, struct chan_msg *m)
{
	struct node *dir = r->node[0];

	if (err == 0)
		err = op_ahead_learn(r, m);
	dir->ahead_asked = 0;
	if (r->call.q.ahead.off == 0)
		watch_ask_end(r->fs->watch);
	if (err != 0) {
		if (r->call.q.ahead.flags & MSG_AHEAD_ATTR)
			dir->ahead_aged = 1;
		ahead_forget(r->fs->ahead, dir);
		dir->ahead_looks = dir->ahead_found = dir->ahead_opens = 0;
		if (err == EIO && dir->ahead_shift < AHEAD_SHIFT_MAX)
			dir->ahead_shift++;
		else if (err != EAGAIN)
			dir->ahead_shift = AHEAD_SHIFT_MAX;
	}
	req_free(r);
}

/* One more name was looked up: are others worth a question? */
static int
op_ahead_looked(struct req *r, int err, struct q_ahead *q)
{
	struct node *dir = r->node[0];

	if (err != 0 && err != ENOENT)
		return 0;
	if (dir->ahead_looks == AHEAD_LOOKS_MAX) {
		dir->ahead_looks /= 2;
		dir->ahead_found /= 2;
		dir->ahead_opens /= 2;
	}
	dir->ahead_looks++;
	dir->ahead_found += err == 0;
	return op_ahead_wanted(r, q);
}

void
op_ahead_reply(struct req *r, int err, const struct fuse_entry_out *out)
{
	const struct msg_timeout *none = &r->fs->conf.negative;
	struct fuse_entry_out missing;
	struct q_ahead q = { 0, 0, 0 };
	struct node *n;

	if (err == ENOENT && (none->sec != 0 || none->nsec != 0)) {
		fout_negative(r->fs, &missing);
		out = &missing;
	}
	if (err == 0 && (n = node_get(r->fs->nodes, out->nodeid)) != NULL)
		n->from = node_id(r->node[0]);
	if (err == 0)
		lean_found(r, out->attr.mode);
	if (out != NULL)
		req_reply(r, out, sizeof(*out));
	else
		req_reply_err(r, err);
	if (!op_ahead_looked(r, err, &q)) {
		req_free(r);
		return;
	}
	r->call.q.ahead = q;
	if (q.off == 0) {
		r->watched = watch_ask(r->fs->watch);
		if (r->node[0]->ahead != NULL)
			r->node[0]->ahead->shifted = 0;
	}
	r->node[0]->ahead_asked = 1;
	spare_now(&r->asked);
	r->call.lazy = 1;
	ask_worker(r, Q_AHEAD, ASK_FINAL, op_ahead_done);
}
