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
 * Knows: what stands in for the open file of a guest that opens nothing.
 * Never: an open call.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "fuse_tab.h"
#include "handle.h"
#include "implicit.h"
#include "node.h"
#include "req.h"

#define IMPLICIT_TRIES	4	/* a full table may take back what it gave */

/* One open file that a request needs. */
struct implicit_use {
	uint64_t nodeid;
	uint64_t fh;
	enum handle_access access;
};

int
implicit_is(const struct req *r, uint64_t fh, int dir)
{
	return fh == 0 && (r->fs->session.flags & (dir ?
	    FUSE_NO_OPENDIR_SUPPORT : FUSE_NO_OPEN_SUPPORT)) != 0;
}

/* A copy has two files; the first that is missing counts. */
static int
implicit_copy(const struct req *r, struct implicit_use use[2])
{
	struct fuse_copy_file_range_in in;
	struct fin f;

	fin_init(&f, r);
	if (fin_take(&f, &in, sizeof(in)) != 0)
		return 0;
	use[0].nodeid = r->in.nodeid;
	use[0].fh = in.fh_in;
	use[0].access = HANDLE_READ;
	use[1].nodeid = in.nodeid_out;
	use[1].fh = in.fh_out;
	use[1].access = HANDLE_WRITE;
	return 2;
}

/* The fh comes first in all of these.  Returns how many files there are. */
static int
implicit_uses(const struct req *r, struct implicit_use use[2])
{
	struct fin f;

	use->access = HANDLE_READ;
	switch (r->in.opcode) {
	case FUSE_COPY_FILE_RANGE:
	case FUSE_PROTO_COPY_64:
		return implicit_copy(r, use);
	case FUSE_WRITE:
	case FUSE_FALLOCATE:
		use->access = HANDLE_WRITE;
		break;
	case FUSE_READ:
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_LSEEK:
	case FUSE_IOCTL:
	case FUSE_GETLK:
	case FUSE_SETLK:
	case FUSE_SETLKW:
		break;
	default:
		return 0;
	}
	fin_init(&f, r);
	use->nodeid = r->in.nodeid;
	return fin_take(&f, &use->fh, sizeof(use->fh)) == 0;
}

/* What may be used instead: to flush, any open file will do. */
static struct handle *
implicit_find(const struct req *r, const struct node *n,
    enum handle_access access)
{
	struct handle *h = NULL;

	switch (r->in.opcode) {
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_IOCTL:
		h = handle_implicit_get(r->fs->handles, n, HANDLE_WRITE);
		break;
	default:
		break;
	}
	return h != NULL ? h : handle_implicit_get(r->fs->handles, n, access);
}

struct handle *
implicit_get(const struct req *r, unsigned int i, int dir)
{
	enum handle_access access = HANDLE_READ;
	struct handle *h;

	if (r->in.opcode == FUSE_WRITE || r->in.opcode == FUSE_FALLOCATE ||
	    i == 1)
		access = HANDLE_WRITE;
	h = implicit_find(r, r->node[i], access);
	return h != NULL && h->dir == dir ? h : NULL;
}

/* Take r back to where dispatch.c had it. */
static void
implicit_again(struct req *r)
{
	node_unuse(r->node[0]);
	node_unpin(r->fs->nodes, r->node[0]);
	r->node[0] = NULL;
	r->node_ready = 0;
	memset(&r->call, 0, sizeof(r->call));
	if (!implicit_wait(r))
		r->row->op(r);
}

/* What was opened is there for all requests of that kind. */
static int
implicit_new(struct req *r, int *fd)
{
	enum handle_access access = (enum handle_access)r->implicit_access;
	struct handle *h;
	int err;

	req_unreserve(r);
	err = handle_implicit_new(r->fs->handles, r->node[0], fd, access);
	if (err == 0 && access == HANDLE_WRITE) {
		h = r->node[0]->implicit[access];
		h->append = (fcntl(h->fd, F_GETFL) & O_APPEND) != 0;
	}
	return err;
}

static void
implicit_done(struct req *r, int err, struct chan_msg *m)
{
	int fd;

	if (err == 0) {
		fd = fdbag_take(&m->fds, 0);
		err = implicit_new(r, &fd);
	}
	if (err == 0 && ++r->implicit_tries > IMPLICIT_TRIES)
		err = ENFILE;
	if (err != 0)
		req_end(r, err);
	else
		implicit_again(r);
}

static void
implicit_open(struct req *r, const struct implicit_use *use, int dir)
{
	int err;

	if ((err = req_node(r, 0, use->nodeid)) != 0 ||
	    (err = handle_reserve(r->fs->handles)) != 0) {
		req_end(r, err);
		return;
	}
	r->opening = 1;
	r->implicit_access = (uint8_t)use->access;
	/* O_APPEND counts where the host only lets the file be appended to. */
	if (use->access == HANDLE_WRITE)
		r->call.q.open.flags = (r->fs->session.flags &
		    FUSE_WRITEBACK_CACHE) != 0 ? O_RDWR : O_WRONLY | O_APPEND;
	ask_worker(r, dir ? Q_OPENDIR : Q_OPEN, ASK_REPEATABLE,
	    implicit_done);
}

/*
 * A file that could only be appended to may have become an ordinary one; 1 if
 * r needs that, and h is gone.
 */
static int
implicit_outdated(const struct req *r, struct handle *h)
{
	struct fuse_write_in in;
	struct fin f;

	if (!h->append || h->pins > 1 || r->implicit_tries > 0 ||
	    r->in.opcode != FUSE_WRITE)
		return 0;
	fin_init(&f, r);
	if (fin_take(&f, &in, sizeof(in)) != 0 ||
	    ((in.flags & O_APPEND) != 0 &&
	    (in.write_flags & FUSE_WRITE_CACHE) == 0))
		return 0;
	handle_release(r->fs->handles, r->fs->nodes, h);
	return 1;
}

int
implicit_wait(struct req *r)
{
	struct implicit_use use[2];
	const struct node *n;
	struct handle *h;
	int i, cnt, dir;

	if ((r->fs->session.flags & (FUSE_NO_OPEN_SUPPORT |
	    FUSE_NO_OPENDIR_SUPPORT)) == 0)
		return 0;
	cnt = implicit_uses(r, use);
	for (i = 0; i < cnt; i++) {
		if ((n = node_get(r->fs->nodes, use[i].nodeid)) == NULL)
			return 0;
		dir = S_ISDIR(n->mode);
		if (!implicit_is(r, use[i].fh, dir))
			continue;
		h = implicit_find(r, n, use[i].access);
		if (h != NULL && !implicit_outdated(r, h))
			continue;
		implicit_open(r, &use[i], dir);
		return 1;
	}
	return 0;
}
