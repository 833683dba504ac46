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
 * Knows: when a directory is read ahead, and when what was read still holds:
 * the directory's own times say so, each time.
 * Never: what a name stands for by itself; attributes are always of now.
 *
 * Who looks up several names of a directory that does not change looks up
 * more of them, be they there or not.  The worker then says what else is in
 * it, after the guest had its answer.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <errno.h>
#include <linux/magic.h>
#include <string.h>

#include "ahead.h"
#include "ask.h"
#include "dirent.h"
#include "fout.h"
#include "fs.h"
#include "node.h"
#include "op.h"
#include "route.h"
#include "sysfd.h"
#include "wlink.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC	0x58465342
#endif

#define AHEAD_FIRST	4	/* names that are asked for before */
#define AHEAD_EACH	8	/* names to read for each that was asked for */
#define AHEAD_LEAST	32	/* names that are worth a question */
#define AHEAD_BESIDE	1	/* questions; more are answered many at once */
#define AHEAD_LOOKS_MAX	UINT16_MAX

/* Filesystems that give a directory another time with each change. */
static int
op_ahead_trusted(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) == -1)
		return 0;
	switch ((unsigned long)st.f_type) {
	case BTRFS_SUPER_MAGIC:
	case EXT4_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case XFS_SUPER_MAGIC:
		return 1;
	default:
		return 0;
	}
}

/* How many names to read now for what r has asked for; 0: not now. */
static uint32_t
op_ahead_wanted(struct req *r)
{
	struct node *dir = r->node[0];
	uint32_t want, have = 0, max = MSG_AHEAD_MAX;
	const struct ahead *a;

	if (dir->ahead_asked || node_fd(dir) == -1 || r->call.retried ||
	    r->call.redriven || r->fs->quitting ||
	    (r->fs->conf.policy & MSG_POLICY_STRICT) != 0)
		return 0;
	if (route_first(r, 0, &r->call.cred) != 0)
		return 0;
	/* One user at a time; who does not look any more makes room. */
	a = dir->ahead;
	if (a != NULL && !cred_equal(&a->cred, &r->call.cred)) {
		if (ahead_in_use(r->fs->ahead, a))
			return 0;
		ahead_forget(r->fs->ahead, dir);
		a = NULL;
	}
	if (a == NULL) {
		if (dir->ahead_looks < AHEAD_FIRST << dir->ahead_shift)
			return 0;
	} else if (a->at.end || a->full)
		return 0;
	else
		have = a->name_cnt;
	want = dir->ahead_looks * AHEAD_EACH;
	if (want < have + AHEAD_LEAST)
		return 0;
	if (wlink_waiting(r->fs->wlink, &r->call.cred) > AHEAD_BESIDE ||
	    ahead_space(r->fs->ahead) < max)
		return 0;
	return want - have < max ? want - have : max;
}

/* The directory as it was, or a new one, to add the answer to. */
static struct ahead *
op_ahead_take(struct req *r, const struct a_ahead *at)
{
	struct node *dir = r->node[0];
	struct ahead *a = dir->ahead;
	uint64_t from = r->call.q.ahead.off;

	if (from == 0)
		return op_ahead_trusted(node_fd(dir)) ?
		    ahead_begin(r->fs->ahead, dir, &r->call.cred, at) : NULL;
	if (a == NULL || a->at.next != from ||
	    !cred_equal(&a->cred, &r->call.cred) || !ahead_same(a, at))
		return NULL;
	a->at = *at;
	return a;
}

/* What there is room for.  Returns 0, EIO or ENOMEM. */
static int
op_ahead_names(struct req *r, struct chan_msg *m, struct ahead *a)
{
	const uint8_t *tail = m->tail;
	size_t left = m->tail_len;
	struct msg_dirent d;
	const char *name;
	unsigned int fds = 0;
	uint32_t i, cnt = a->at.entry_cnt;
	int err = 0, fd;

	for (i = 0; i < cnt && err == 0; i++) {
		if ((name = dirent_next(&tail, &left, &d)) == NULL)
			return EIO;
		fd = d.flags & MSG_DIRENT_NODE ?
		    fdbag_take(&m->fds, fds++) : -1;
		err = ahead_add(r->fs->ahead, a, name, d.name_len, &d, &fd);
		fd_close(&fd);
	}
	if (err == ENOSPC) {
		a->full = 1;
		a->at.end = 0;
		err = 0;
	}
	return err;
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
	struct ahead *a;

	dir->ahead_asked = 0;
	if (err == 0 && dir->nlookup > 0) {
		if ((a = op_ahead_take(r, m->body)) == NULL ||
		    op_ahead_names(r, m, a) != 0)
			err = EAGAIN;
	}
	if (err != 0) {
		ahead_forget(r->fs->ahead, dir);
		dir->ahead_looks = 0;
		if (err == EIO && dir->ahead_shift < AHEAD_SHIFT_MAX)
			dir->ahead_shift++;
		else if (err != EAGAIN)
			dir->ahead_shift = AHEAD_SHIFT_MAX;
	}
	req_free(r);
}

void
op_ahead_reply(struct req *r, int err, const struct fuse_entry_out *out)
{
	const struct msg_timeout *none = &r->fs->conf.negative;
	struct node *dir = r->node[0];
	struct q_ahead *q = &r->call.q.ahead;
	struct fuse_entry_out missing;
	uint32_t want = 0;

	if (err == ENOENT && (none->sec != 0 || none->nsec != 0)) {
		fout_negative(r->fs, &missing);
		out = &missing;
	}
	if (out != NULL)
		req_reply(r, out, sizeof(*out));
	else
		req_reply_err(r, err);
	if (err == 0 || err == ENOENT) {
		if (dir->ahead_looks < AHEAD_LOOKS_MAX)
			dir->ahead_looks++;
		want = op_ahead_wanted(r);
	}
	if (want == 0) {
		req_free(r);
		return;
	}
	memset(&r->call.q, 0, sizeof(*q));
	q->off = dir->ahead != NULL ? dir->ahead->at.next : 0;
	q->entry_max = want;
	dir->ahead_asked = 1;
	r->call.lazy = 1;
	ask_worker(r, Q_AHEAD, ASK_FINAL, op_ahead_done);
}

/* The answer that n is, with the attributes of now; 0 if it is none. */
static int
op_ahead_entry(struct req *r, struct ahead *a, struct ahead_name *e,
    struct fuse_entry_out *out)
{
	struct node *n = e->nodeid != 0 ? node_get(r->fs->nodes, e->nodeid) :
	    NULL;
	int fd = n != NULL ? node_fd(n) : e->fd;
	struct msg_attr who, attr;
	struct node_file f;

	ahead_who(e, &who);
	if (fd == -1 || ask_attr(fd, &who, &attr) != 0)
		return 0;
	if (n != NULL) {
		n->mode = attr.mode;
		node_again(n);
	} else {
		f.attr = &attr;
		f.seal = ahead_seal(e);
		f.seal_len = e->seal_len;
		f.fd = ahead_take(r->fs->ahead, a, e);
		f.kept = 0;
		if (node_enter(r->fs->nodes, &f, &n) != 0)
			return 0;
		e->nodeid = node_id(n);
	}
	fout_entry(r->fs, r->node[0], n, &attr, out);
	return 1;
}

/* Is what is known of the directory what r would be told? */
static struct ahead *
op_ahead_now(struct req *r)
{
	struct node *dir = r->node[0];
	struct ahead *a = dir->ahead;
	struct stat st;

	if (a == NULL || node_fd(dir) == -1 ||
	    route_first(r, 0, &r->call.cred) != 0 ||
	    !cred_equal(&a->cred, &r->call.cred))
		return NULL;
	if (sysfd_stat(node_fd(dir), &st) == 0 && ahead_is_of(a, &st))
		return a;
	ahead_forget(r->fs->ahead, dir);
	dir->ahead_looks = 0;
	return NULL;
}

int
op_ahead_lookup(struct req *r, const char *name)
{
	struct ahead *a = op_ahead_now(r);
	struct fuse_entry_out out;
	struct ahead_name *e;

	if (a == NULL)
		return 0;
	if ((e = ahead_find(a, name)) != NULL) {
		if (!op_ahead_entry(r, a, e, &out))
			return 0;
	} else if (!ahead_none(a, name))
		return 0;
	ahead_used(r->fs->ahead, a);
	op_ahead_reply(r, e == NULL ? ENOENT : 0, e == NULL ? NULL : &out);
	return 1;
}

void
op_ahead_changes(struct req *r, unsigned int i)
{
	struct node *dir = r->node[i];

	ahead_forget(r->fs->ahead, dir);
	dir->ahead_looks = 0;
}
