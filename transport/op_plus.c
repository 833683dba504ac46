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
 * Knows: READDIRPLUS, whose entries a worker looks up; what comes next is
 * asked for while the guest is busy with what it has got.
 * Never: an entry's file; what a worker answers is checked record by record.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/trust.h"
#include "ask.h"
#include "batch.h"
#include "debt.h"
#include "dirent.h"
#include "fout.h"
#include "fs.h"
#include "lean.h"
#include "node.h"
#include "op_dir.h"
#include "op_list.h"

#define OP_PLUS_MIN	160	/* smallest fuse_direntplus with a name */

_Static_assert(MSG_LIST_ROOM(9) ==
    FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS + 9), "room of an entry");

/*
 * Does the word of the worker do, where no descriptor shows what a file is?
 * The guest's permissions rest on it; see trust_word().  ask_opened() has a
 * look later.
 */
static int
op_plus_believed(const struct req *r, const struct msg_dirent *d)
{
	const struct a_hello *conf = &r->fs->conf;

	return trust_word(r->call.cred.class, conf->flags, conf->policy) &&
	    (d->flags & (MSG_DIRENT_NODE | MSG_DIRENT_SEALED)) ==
	    MSG_DIRENT_SEALED && S_ISREG(d->attr.mode);
}

/* The attributes of an entry, true or believed. */
static int
op_plus_attr(struct req *r, const struct msg_dirent *d, int fd,
    struct msg_attr *attr)
{
	if (fd != -1) {
		debt_pay(r->fs, DEBT_LIST);
		return ask_attr(fd, &d->attr, attr);
	}
	if (!op_plus_believed(r, d))
		return EBADF;
	*attr = d->attr;
	return 0;
}

/* Is d a file whose name has to do? */
static int
op_plus_lean(struct req *r, const struct msg_dirent *d)
{
	if (d->type == DT_DIR || (r->lean == LEAN_ONE && d->type != DT_REG))
		return 0;
	lean_told(r);
	if (r->lean == LEAN_ONE)
		r->lean = LEAN_NOT;
	return 1;
}

/* Enter the node of d; without one the guest looks the name up itself. */
static void
op_plus_enter(struct req *r, const struct msg_dirent *d, const char *name,
    int *fd, struct fuse_entry_out *out)
{
	struct node_file f;
	struct msg_attr attr;
	struct node *n;

	memset(out, 0, sizeof(*out));
	if (r->lean != LEAN_NOT && op_plus_lean(r, d))
		return;
	if (op_plus_attr(r, d, *fd, &attr) != 0)
		return;
	f.attr = &attr;
	f.seal = name - d->seal_len;
	f.seal_len = d->seal_len;
	f.fd = *fd;
	f.kept = 0;
	*fd = -1;
	if (node_enter(r->fs->nodes, &f, &n) != 0)
		return;
	fout_entry(r->fs, r->node[0], n, &attr, out);
}

/* Returns the bytes used at at, 0 when there is no room. */
static size_t
op_plus_put(struct req *r, size_t at, const struct msg_dirent *d,
    const char *name, int *fd)
{
	struct fuse_entry_out entry;
	struct fuse_dirent head;
	size_t total = MSG_LIST_ROOM(d->name_len);

	if (at + total > r->io.len)
		return 0;
	op_plus_enter(r, d, name, fd, &entry);
	head.ino = op_list_ino(r, name, d->name_len, d->ino);
	head.off = d->off;
	head.namelen = d->name_len;
	head.type = d->type;
	req_put(r, at, &entry, sizeof(entry));
	return sizeof(entry) + op_list_put(r, at + sizeof(entry), &head, name);
}

/* Tell what there is room for.  Returns 0, or EIO at what is no record. */
static int
op_plus_tell(struct req *r, struct batch_part *p, size_t *at)
{
	struct msg_dirent d;
	const uint8_t *tail;
	const char *name;
	int none = -1, *fd;
	size_t left, n;

	while (p->cnt > 0) {
		tail = p->tail;
		left = p->left;
		if ((name = dirent_next(&tail, &left, &d)) == NULL)
			return EIO;
		fd = (d.flags & MSG_DIRENT_NODE) && p->fd_at < p->fds->cnt ?
		    &p->fds->fds[p->fd_at] : &none;
		if ((n = op_plus_put(r, *at, &d, name, fd)) == 0)
			break;
		fd_close(fd);
		p->fd_at += fd != &none;
		*at += n;
		p->tail = tail;
		p->left = left;
		p->cnt--;
		p->off = d.off;
	}
	return 0;
}

/* The directory is not open: the worker does that. */
static int
op_plus_closed(const struct req *r)
{
	return r->handle[0]->fd == -1;
}

/* At most so many entries are asked for. */
static uint32_t
op_plus_most(const struct req *r)
{
	uint64_t cnt = r->io.len / OP_PLUS_MIN;
	uint32_t max = MSG_DIRPLUS_MAX - (op_plus_closed(r) ? 1u : 0);

	return cnt > max ? max : cnt == 0 ? 1 : (uint32_t)cnt;
}

static void
op_plus_ask(struct req *r, req_done *done)
{
	struct q_readdirplus *q = &r->call.q.readdirplus;

	q->off = r->io.off;
	q->size = MSG_TAIL_MAX;
	q->entry_max = op_plus_most(r);
	q->flags = debt_due(r->fs, DEBT_LIST) ? 0 : MSG_LIST_SEALED;
	if (op_plus_closed(r))
		q->flags |= MSG_LIST_OPEN;
	if (r->lean == LEAN_ALL)
		q->flags |= MSG_LIST_NAMES;
	q->room = (uint32_t)r->io.len;
	r->since = batch_stamp(r->fs);
	ask_worker(r, Q_READDIRPLUS, ASK_REPEATABLE |
	    (op_plus_closed(r) ? 0 : ASK_HANDLES), done);
}

/* There is more than fits, and the directory to go on with. */
static void
op_plus_opened(struct req *r, struct chan_msg *m)
{
	const struct a_readdirplus *a = m->body;

	if ((r->call.q.readdirplus.flags & MSG_LIST_OPEN) == 0 ||
	    (a->flags & MSG_LIST_MORE) == 0 || m->fds.cnt == 0)
		return;
	op_dir_opened(r, fdbag_take(&m->fds, m->fds.cnt - 1));
	m->fds.cnt--;
}

static void
op_plus_part(struct batch_part *p, const struct req *r, struct chan_msg *m)
{
	const struct a_readdirplus *a = m->body;

	p->tail = m->tail;
	p->left = m->tail_len;
	p->cnt = a->entry_cnt;
	p->fd_at = 0;
	p->fds = &m->fds;
	p->class = r->call.cred.class;
	p->end = (a->flags & MSG_LIST_END) != 0;
	p->off = r->io.off;
}

/* The answer to a question that no guest waited for. */
static void
op_plus_early_done(struct req *r, int err, struct chan_msg *m)
{
	struct batch *b = r->handle[0]->batch;
	struct batch_part p;

	if (err == 0) {
		op_plus_part(&p, r, m);
		batch_fill(b, &p);
	} else {
		batch_free(b);
		r->handle[0]->dir_alone = 1;
	}
	op_list_end(r, 0);
}

/*
 * r is answered, up to off, which may be the end.  Who asked twice in a row
 * will go on: have what is there next looked up now.  Who did not want it once
 * has to read a directory to its end before the next time.
 */
static void
op_plus_go_on(struct req *r, uint64_t off, int end)
{
	struct handle *h = r->handle[0];
	int again = r->io.off != 0 && r->io.off == h->dir_next;

	h->dir_next = off;
	if (end)
		h->dir_alone = 0;
	r->since = batch_stamp(r->fs);
	if (!again || end || h->dir_alone || op_plus_closed(r) ||
	    batch_new(r, off, op_plus_most(r)) == NULL) {
		op_list_end(r, 0);
		return;
	}
	r->io.off = off;
	r->call.retried = r->call.redriven = 0;
	r->call.lazy = 1;
	r->lean = LEAN_NOT;
	op_plus_ask(r, op_plus_early_done);
}

static void
op_plus_done(struct req *r, int err, struct chan_msg *m)
{
	struct batch_part p;
	struct batch *b;
	size_t at = 0;

	if (err != 0) {
		op_list_end(r, err);
		return;
	}
	op_plus_opened(r, m);
	op_plus_part(&p, r, m);
	err = op_plus_tell(r, &p, &at);
	if (at == 0 && err == 0 && p.cnt > 0)
		err = EINVAL;
	if (at == 0 && err != 0) {
		op_list_end(r, err);
		return;
	}
	req_reply_done(r, at);
	/* The guest will ask once more, and hear that there is no more. */
	if (at > 0 && p.cnt == 0 && p.end &&
	    (b = batch_new(r, p.off, 0)) != NULL)
		batch_fill(b, &p);
	op_plus_go_on(r, p.off, p.end);
}

void
op_plus_start(struct req *r)
{
	r->lean = (uint8_t)lean_how(r);
	op_plus_ask(r, op_plus_done);
}

int
op_plus_known(struct req *r)
{
	struct handle *h = r->handle[0];
	struct batch *b;
	size_t at = 0;
	uint64_t off;
	int err, end;

	r->lean = LEAN_NOT;
	if ((b = batch_get(r, r->io.off)) == NULL)
		return 0;
	/* Whose word these are: see op_plus_believed(). */
	r->call.cred.class = b->part.class;
	err = op_plus_tell(r, &b->part, &at);
	off = b->part.off;
	end = err == 0 && b->part.cnt == 0 && b->part.end;
	if (err != 0 || (at == 0 && !end))
		batch_waste(h);
	else if (end || b->part.cnt > 0)
		batch_used(b);
	else
		batch_free(b);
	if (at == 0 && !end)
		return 0;
	req_reply_done(r, at);
	if (h->dir_busy) {
		req_free(r);
	} else {
		h->dir_busy = 1;
		op_plus_go_on(r, off, end);
	}
	return 1;
}
