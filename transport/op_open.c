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
 * Knows: OPEN, CREATE, FLUSH, RELEASE, RELEASEDIR.
 * Never: an open call; workers open, with the caller's rights.
 */

#include "config.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "ext.h"
#include "fin.h"
#include "fout.h"
#include "fs.h"
#include "implicit.h"
#include "label.h"
#include "lock.h"
#include "node.h"
#include "op.h"
#include "route.h"
#include "said.h"
#include "spare.h"

#define OPEN_FLAGS_KEPT		(O_ACCMODE | O_TRUNC | O_SYNC | O_DSYNC)
#define OPEN_FLAGS_BAD		(O_CREAT | O_EXCL | O_PATH | __O_TMPFILE)

/*
 * What of the guest's open flags reaches the host.  With a write-back cache
 * the guest reads to fill pages of a file that it only writes.
 */
static uint32_t
op_open_flags(const struct req *r, uint32_t flags)
{
	uint32_t kept = OPEN_FLAGS_KEPT;

	if (r->fs->conf.flags & MSG_SHARE_DIRECT_IO)
		kept |= O_DIRECT;
	if (r->fs->conf.flags & MSG_SHARE_NOATIME)
		kept |= O_NOATIME;
	flags &= kept;
	if ((r->fs->session.flags & FUSE_WRITEBACK_CACHE) != 0 &&
	    (flags & O_ACCMODE) == O_WRONLY)
		flags = (flags & ~(uint32_t)O_ACCMODE) | O_RDWR;
	return flags;
}

/*
 * Need the guest not say when it closes the file?  Locks of fcntl(2) end then,
 * and a filesystem of another machine tells of a failed write then, if there
 * was one.  With a write-back cache the guest says it anyway.
 */
static uint32_t
op_open_noflush(const struct req *r, const struct node *n, uint32_t flags)
{
	const struct fs *fs = r->fs;

	if (fs->session.minor < FUSE_PROTO_MINOR_NOFLUSH ||
	    (fs->session.flags & FUSE_POSIX_LOCKS) != 0)
		return 0;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return FOPEN_NOFLUSH;
	return fs->local && n->dev_major == fs->dev_major &&
	    n->dev_minor == fs->dev_minor ? FOPEN_NOFLUSH : 0;
}

/*
 * Ask a worker to open something, if one more open file may be: beyond the
 * quota no file may be made or lose its content either.
 */
static void
op_open_ask(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	int err;

	if ((err = handle_reserve(r->fs->handles)) != 0) {
		req_end(r, err);
		return;
	}
	r->opening = 1;
	ask_worker(r, type, flags, done);
}

/* What the worker was asked to open it with. */
static uint32_t
op_open_with(const struct req *r)
{
	switch (r->call.type) {
	case Q_OPEN:
		return r->call.q.open.flags;
	case Q_CREATE:
		return r->call.q.create.flags;
	case Q_TMPFILE:
		return r->call.q.tmpfile.flags;
	default:
		return 0;
	}
}

/* The place that op_open_ask() kept is for this. */
static int
op_open_new(struct req *r, struct node *n, int *fd, struct handle **out)
{
	int err;

	req_unreserve(r);
	if ((err = handle_new(r->fs->handles, n, fd, 0, out)) == 0) {
		handle_opened_by(*out, &r->call.cred);
		(*out)->flags = op_open_with(r);
		if (!r->call.retried)
			(*out)->asked = r->asked;
	}
	return err;
}

static void
op_open_reply(struct req *r, int *fd)
{
	struct fuse_open_out out;
	struct handle *h;
	int err;

	err = op_open_new(r, r->node[0], fd, &h);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	memset(&out, 0, sizeof(out));
	if ((r->call.q.open.flags & O_APPEND) != 0)
		h->append = (fcntl(h->fd, F_GETFL) & O_APPEND) != 0;
	out.fh = handle_id(h);
	out.open_flags = fout_open_flags(r->fs, 0) |
	    op_open_noflush(r, r->node[0], r->call.q.open.flags);
	req_end_body(r, &out, sizeof(out));
}

/* Is the file open already?  It may wait for who opens it again, and will. */
static int
op_open_again(struct req *r, int *fd)
{
	if (r->call.q.open.flags != O_RDONLY || r->call.q.open.kill ||
	    route_first(r, 0, &r->call.cred) != 0 ||
	    !spare_may(r->fs, r->node[0], &r->call.cred))
		return 0;
	op_ahead_opened(r);
	if ((*fd = spare_take(r->fs->spares, r, r->node[0], &r->asked)) != -1)
		return 1;
	spare_now(&r->asked);
	return 0;
}

static void
op_open_done(struct req *r, int err, struct chan_msg *m)
{
	int fd;

	if (err != 0) {
		req_end(r, err);
		return;
	}
	fd = fdbag_take(&m->fds, 0);
	op_open_reply(r, &fd);
}

/*
 * Shall a truncation by OPEN clear set-id bits?  Without KILLPRIV_V2
 * the guest leaves them to us, and then a request without ids comes from
 * anybody; with ids, the worker's credential is the answer.
 */
static uint32_t
op_open_kills(const struct req *r, const struct fuse_open_in *in)
{
	if (in->open_flags & FUSE_OPEN_KILL_SUIDGID)
		return 1;
	return (in->flags & O_TRUNC) != 0 &&
	    r->in.uid == FUSE_PROTO_INVALID_ID &&
	    (r->fs->session.flags & FUSE_HANDLE_KILLPRIV_V2) == 0;
}

/*
 * For files that the host only lets be appended to.  With a write-back cache
 * each page has its place, and the host would not put it there.
 */
static uint32_t
op_open_append(const struct req *r, uint32_t flags)
{
	if ((r->fs->session.flags & FUSE_WRITEBACK_CACHE) != 0)
		return 0;
	return flags & O_APPEND;
}

/* What the share's options say to these flags: 0, EROFS, EPERM. */
static int
op_open_allowed(const struct req *r, uint32_t flags)
{
	if ((r->fs->conf.flags & MSG_SHARE_SEAL_SIZE) != 0 &&
	    (flags & O_TRUNC) != 0)
		return EPERM;
	if ((r->fs->conf.flags & MSG_SHARE_READONLY) != 0 &&
	    ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0))
		return EROFS;
	return 0;
}

void
op_open(struct req *r)
{
	struct fuse_open_in in;
	struct fin f;
	int err, fd;

	if (implicit_is(r, 0, 0)) {
		req_end(r, ENOSYS);
		return;
	}
	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    ((in.flags & OPEN_FLAGS_BAD) != 0 ||
	    (in.flags & O_ACCMODE) == O_ACCMODE))
		err = EINVAL;
	if (err == 0)
		err = op_open_allowed(r, in.flags);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->call.q.open.flags = op_open_flags(r, in.flags) |
	    op_open_append(r, in.flags);
	r->call.q.open.kill = op_open_kills(r, &in);
	if (op_open_again(r, &fd)) {
		r->call.type = Q_OPEN;
		op_open_reply(r, &fd);
	} else
		op_open_ask(r, Q_OPEN, ASK_REPEATABLE, op_open_done);
}

/* What CREATE opened; without RELEASE it must not have an fh of its own. */
static int
op_create_handle(struct req *r, struct node *n, int *fd, uint64_t *fh)
{
	struct handle *h;
	int err;

	if (implicit_is(r, 0, 0)) {
		*fh = 0;
		req_unreserve(r);
		return handle_implicit_new(r->fs->handles, n, fd,
		    (op_open_with(r) & O_ACCMODE) == O_RDONLY ? HANDLE_READ :
		    HANDLE_WRITE);
	}
	if ((err = op_open_new(r, n, fd, &h)) == 0)
		*fh = handle_id(h);
	return err;
}

/* The channel knows no fewest: there may be a directory behind these. */
static int
op_create_enough(const struct chan_msg *m)
{
	return m->fds.cnt < 1u + (MSG_KEEP_OP(m->hdr.give) != MSG_KEEP_USE) ?
	    EIO : 0;
}

static void
op_create_done(struct req *r, int err, struct chan_msg *m)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out;
	const struct a_create *a;
	struct msg_attr attr;
	unsigned int next;
	struct node *n;
	uint64_t fh;
	int fd;

	if (err == 0)
		err = op_create_enough(m);
	if (err == 0) {
		a = m->body;
		err = said_enter(r, m, &a->attr, &attr, &n, &next);
	}
	if (err != 0) {
		req_end(r, err);
		return;
	}
	fd = fdbag_take(&m->fds, next);
	ask_back(r, fdbag_take(&m->fds, next + 1));
	if ((err = op_create_handle(r, n, &fd, &fh)) != 0) {
		node_forget(r->fs->nodes, n, 1);
		req_end(r, err);
		return;
	}
	memset(&out, 0, sizeof(out));
	fout_entry(r->fs, r->node[0], n, &attr, &out.entry);
	out.open.fh = fh;
	out.open.open_flags = fout_open_flags(r->fs, 0) |
	    op_open_noflush(r, n, r->call.type == Q_CREATE ?
	    r->call.q.create.flags : r->call.q.tmpfile.flags);
	req_end_body(r, &out, sizeof(out));
}

/* A file without a name; the one that the guest sends is its own affair. */
void
op_tmpfile(struct req *r)
{
	struct q_tmpfile *q = &r->call.q.tmpfile;
	struct fuse_create_in in;
	const char *name;
	struct fin f;
	size_t len;
	int err;

	fin_init(&f, r);
	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (in.flags & O_ACCMODE) != O_WRONLY &&
	    (in.flags & O_ACCMODE) != O_RDWR)
		err = EINVAL;
	if (err == 0 && f.left > 0) {
		err = fin_string(&f, &name, &len, MSG_NAME_MAX - 1);
		err = err == ENOENT ? 0 : err;
		ext_rest(r, &f);
	}
	if (err == 0)
		err = label_tail(r, NULL, 0, &q->label_name_len,
		    &q->label_len);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->flags = op_open_flags(r, in.flags) & ~(uint32_t)O_TRUNC;
	q->flags |= in.flags & O_EXCL;
	q->mode = in.mode & 07777;
	q->umask = label_umask(r, in.umask);
	op_open_ask(r, Q_TMPFILE, ASK_CREATES, op_create_done);
}

_Static_assert(sizeof(struct a_tmpfile) == sizeof(struct a_create),
    "one done() for both");

void
op_create(struct req *r)
{
	struct q_create *q = &r->call.q.create;
	struct fuse_create_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = req_node(r, 0, r->in.nodeid)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = fin_name(&f, q->name)) == 0) {
		ext_rest(r, &f);
		err = fin_done(&f);
	}
	if (err == 0 && (in.flags & O_ACCMODE) == O_ACCMODE)
		err = EINVAL;
	if (err == 0)
		err = op_open_allowed(r, in.flags);
	if (err == 0)
		err = label_tail(r, NULL, 0, &q->label_name_len,
		    &q->label_len);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->flags = op_open_flags(r, in.flags) | (in.flags & O_EXCL);
	q->mode = in.mode & 07777;
	q->umask = label_umask(r, in.umask);
	q->kill = (in.open_flags & FUSE_OPEN_KILL_SUIDGID) != 0;
	/* It has changed now, so that the guest will ask about it. */
	q->back = node_fd(r->node[0]) == -1;
	op_open_ask(r, Q_CREATE, ASK_CREATES |
	    ((in.flags & (O_EXCL | O_TRUNC)) ? 0 : ASK_REPEATABLE),
	    op_create_done);
}

/*
 * The one check of every request that ends or flushes a handle; a guest that
 * opens nothing may have none.
 */
static int
op_open_handle(struct req *r, uint64_t fh, int dir)
{
	int err;

	if ((err = req_node(r, 0, r->in.nodeid)) != 0)
		return err;
	if (implicit_is(r, fh, dir) && implicit_get(r, 0, dir) == NULL)
		return 0;
	return req_handle(r, 0, fh, dir);
}

static void
op_release_any(struct req *r, int dir)
{
	struct fuse_release_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    !implicit_is(r, in.fh, dir))
		err = op_open_handle(r, in.fh, dir);
	if (err != 0 || r->handle[0] == NULL) {
		req_end(r, err);
		return;
	}
	/* A worker that was passed the file may not have closed it yet. */
	if (in.release_flags & FUSE_RELEASE_FLOCK_UNLOCK)
		flock(r->handle[0]->fd, LOCK_UN);
	if (in.release_flags & FUSE_RELEASE_FLUSH)
		lock_drop(r->fs->locks, r->node[0], in.lock_owner);
	lock_release(r->fs->locks, in.fh);
	handle_release(r->fs->handles, r->fs->nodes, r->handle[0]);
	req_end(r, 0);
}

void
op_release(struct req *r)
{
	op_release_any(r, 0);
}

void
op_releasedir(struct req *r)
{
	op_release_any(r, 1);
}

/* Some filesystems report a failed write-back at close(2) only. */
static void
op_flush_work(struct req *r)
{
	int fd, err = 0;

	if ((fd = dup(r->handle[0]->fd)) == -1 || close(fd) == -1)
		err = errno;
	req_reply_err(r, err);
}

void
op_flush(struct req *r)
{
	struct fuse_flush_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0)
		err = op_open_handle(r, in.fh, 0);
	if (err == 0)
		lock_drop(r->fs->locks, r->node[0], in.lock_owner);
	if (err != 0 || r->handle[0] == NULL || !r->handle[0]->written) {
		req_end(r, err);
		return;
	}
	ask_iopool(r, op_flush_work, NULL);
}
