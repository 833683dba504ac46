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
 * Knows: the operations that name something: LOOKUP, READLINK, MKNOD, MKDIR,
 * SYMLINK, LINK, UNLINK, RMDIR, RENAME, RENAME2.
 * Never: a system call; names go to a worker.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "ask.h"
#include "ext.h"
#include "fin.h"
#include "fout.h"
#include "fs.h"
#include "label.h"
#include "node.h"
#include "op.h"
#include "said.h"

/*
 * Every answer that is {attributes} and at most one descriptor looks the same:
 * what to tell the guest about the file in it; node[0] is the directory.
 */
static int
op_name_entry(struct req *r, struct chan_msg *m, struct fuse_entry_out *out)
{
	const struct a_lookup *a = m->body;
	struct msg_attr attr;
	unsigned int next;
	struct node *n;
	int err;

	if ((err = said_enter(r, m, &a->attr, &attr, &n, &next)) == 0)
		fout_entry(r->fs, r->node[0], n, &attr, out);
	return err;
}

static void
op_name_entry_done(struct req *r, int err, struct chan_msg *m)
{
	struct fuse_entry_out out;

	if (err == 0)
		err = op_name_entry(r, m, &out);
	if (err != 0)
		req_end(r, err);
	else
		req_end_body(r, &out, sizeof(out));
}

_Static_assert(sizeof(struct a_lookup) == sizeof(struct a_mknod) &&
    sizeof(struct a_lookup) == sizeof(struct a_mkdir) &&
    sizeof(struct a_lookup) == sizeof(struct a_symlink), "one done() for all");

static void
op_name_empty_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	req_end(r, err);
}

/* One name and nothing else. */
static int
op_name_one(struct req *r, char *name)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_name(&f, name)) != 0)
		return err;
	return fin_done(&f);
}

/* Parent directory as node[0], one name, nothing else. */
static int
op_name_only(struct req *r, char *name)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	return op_name_one(r, name);
}

static void
op_lookup_done(struct req *r, int err, struct chan_msg *m)
{
	struct fuse_entry_out out;

	if (err == 0)
		err = op_name_entry(r, m, &out);
	op_ahead_reply(r, err, err == 0 ? &out : NULL);
}

/*
 * A guest that exports the share over NFS looks up "." to revive a nodeid
 * and ".." to connect it; only then are these two names.
 */
static int
op_lookup_dots(struct req *r)
{
	size_t len = r->args_len - r->ext_len;

	if ((r->fs->session.flags & FUSE_EXPORT_SUPPORT) == 0)
		return 0;
	if (len == 2 && memcmp(r->args, ".", 2) == 0)
		ask_worker(r, Q_SELF, ASK_REPEATABLE | ASK_ROOT,
		    op_name_entry_done);
	else if (len == 3 && memcmp(r->args, "..", 3) == 0)
		ask_worker(r, Q_PARENT, ASK_REPEATABLE, op_name_entry_done);
	else
		return 0;
	return 1;
}

void
op_lookup(struct req *r)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		req_end(r, err);
	else if (op_lookup_dots(r))
		return;
	else if ((err = op_name_one(r, r->call.q.lookup.name)) != 0)
		req_end(r, err);
	else if (!op_known_lookup(r, r->call.q.lookup.name))
		ask_worker(r, Q_LOOKUP, ASK_REPEATABLE, op_lookup_done);
}

static void
op_readlink_done(struct req *r, int err, struct chan_msg *m)
{
	if (err == 0 && m->tail_len > req_room(r))
		err = ENAMETOOLONG;
	if (err != 0)
		req_end(r, err);
	else
		req_end_body(r, m->tail, m->tail_len);
}

void
op_readlink(struct req *r)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_READLINK, ASK_REPEATABLE, op_readlink_done);
}

/* What is behind the name of a request that makes a file. */
static int
op_name_made_by(struct req *r, struct fin *f, const char *target,
    size_t target_len, uint32_t *name_len, uint32_t *value_len)
{
	int err;

	ext_rest(r, f);
	if ((err = fin_done(f)) != 0)
		return err;
	return label_tail(r, target, target_len, name_len, value_len);
}

void
op_mknod(struct req *r)
{
	struct q_mknod *q = &r->call.q.mknod;
	struct fuse_mknod_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = fin_name(&f, q->name)) == 0)
		err = op_name_made_by(r, &f, NULL, 0, &q->label_name_len,
		    &q->label_len);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->mode = in.mode;
	q->umask = label_umask(r, in.umask);
	q->rdev_major = (in.rdev & 0xfff00) >> 8;
	q->rdev_minor = (in.rdev & 0xff) | ((in.rdev >> 12) & 0xfff00);
	ask_worker(r, Q_MKNOD, ASK_CREATES, op_name_entry_done);
}

void
op_mkdir(struct req *r)
{
	struct q_mkdir *q = &r->call.q.mkdir;
	struct fuse_mkdir_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = fin_name(&f, q->name)) == 0)
		err = op_name_made_by(r, &f, NULL, 0, &q->label_name_len,
		    &q->label_len);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->mode = in.mode & 07777;
	q->umask = label_umask(r, in.umask);
	ask_worker(r, Q_MKDIR, ASK_CREATES, op_name_entry_done);
}

void
op_symlink(struct req *r)
{
	struct q_symlink *q = &r->call.q.symlink;
	const char *target;
	struct fin f;
	size_t len;
	int err;

	fin_init(&f, r);
	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = fin_name(&f, q->name)) == 0 &&
	    (err = fin_string(&f, &target, &len, MSG_PATH_MAX)) == 0)
		err = op_name_made_by(r, &f, target, len, &q->label_name_len,
		    &q->label_len);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->target_len = (uint32_t)len;
	ask_worker(r, Q_SYMLINK, ASK_CREATES, op_name_entry_done);
}

static void
op_link_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_link *a;
	struct fuse_entry_out out;
	struct msg_attr attr;

	op_known_linked(r->fs);
	if (err == 0) {
		a = m->body;
		err = said_of(r, 0, &a->attr, &attr);
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	node_again(r->node[0]);
	r->node[0]->mode = attr.mode;
	fout_entry(r->fs, r->node[1], r->node[0], &attr, &out);
	req_end_body(r, &out, sizeof(out));
}

void
op_link(struct req *r)
{
	struct fuse_link_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = fin_name(&f, r->call.q.link.name)) == 0 &&
	    (err = fin_done(&f)) == 0 &&
	    (err = req_node(r, 0, in.oldnodeid)) == 0)
		err = req_node(r, 1, r->in.nodeid);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	ask_worker(r, Q_LINK, 0, op_link_done);
}

void
op_unlink(struct req *r)
{
	int err;

	if ((err = op_name_only(r, r->call.q.unlink.name)) != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_UNLINK, 0, op_name_empty_done);
}

void
op_rmdir(struct req *r)
{
	int err;

	if ((err = op_name_only(r, r->call.q.rmdir.name)) != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_RMDIR, 0, op_name_empty_done);
}

/* What RENAME and RENAME2 share once their fixed parts are read. */
static void
op_rename_to(struct req *r, struct fin *f, uint64_t newdir, uint32_t flags)
{
	struct q_rename *q = &r->call.q.rename;
	int err;

	q->flags = flags;
	if ((err = fin_name(f, q->oldname)) == 0 &&
	    (err = fin_name(f, q->newname)) == 0 &&
	    (err = fin_done(f)) == 0 &&
	    (err = req_node(r, 0, r->in.nodeid)) == 0)
		err = req_node(r, 1, newdir);
	if (err != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_RENAME, 0, op_name_empty_done);
}

void
op_rename(struct req *r)
{
	struct fuse_rename_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) != 0)
		req_end(r, err);
	else
		op_rename_to(r, &f, in.newdir, 0);
}

void
op_rename2(struct req *r)
{
	struct fuse_rename2_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) != 0)
		req_end(r, err);
	else
		op_rename_to(r, &f, in.newdir, in.flags);
}
