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
 * Knows: OPENDIR, and which open directories have no descriptor yet.
 * Never: an open call; workers open, with the caller's rights.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "../common/trust.h"
#include "ask.h"
#include "fout.h"
#include "fs.h"
#include "implicit.h"
#include "kind.h"
#include "node.h"
#include "op.h"
#include "op_dir.h"
#include "route.h"

/* Does r come from whom no local directory is closed to? */
static int
op_dir_root(const struct req *r, struct cred *c)
{
	const struct a_hello *conf = &r->fs->conf;

	return route_first(r, 0, c) == 0 &&
	    trust_word(c->class, conf->flags, conf->policy);
}

/*
 * May who reads it first open it?  Then OPENDIR must have nothing to say, and
 * reading must be able to go on after the directory was closed in between:
 * fs->cookies.
 */
static int
op_dir_later(const struct req *r, struct cred *c)
{
	const struct node *n = r->node[0];

	return r->fs->cookies &&
	    (r->fs->session.flags & FUSE_DO_READDIRPLUS) != 0 &&
	    kind_share(r->fs, n) && S_ISDIR(n->mode) &&
	    node_fd(n) != -1 && op_dir_root(r, c);
}

/* The place that was kept is for this. */
static void
op_dir_reply(struct req *r, int fd, const struct cred *c)
{
	struct fuse_open_out out;
	struct handle *h;
	int err;

	req_unreserve(r);
	if ((err = handle_new(r->fs->handles, r->node[0], &fd, 1, &h)) != 0) {
		req_end(r, err);
		return;
	}
	handle_opened_by(h, c);
	memset(&out, 0, sizeof(out));
	out.fh = handle_id(h);
	out.open_flags = fout_open_flags(r->fs, 1);
	req_end_body(r, &out, sizeof(out));
}

static void
op_opendir_done(struct req *r, int err, struct chan_msg *m)
{
	if (err != 0)
		req_end(r, err);
	else
		op_dir_reply(r, fdbag_take(&m->fds, 0), &r->call.cred);
}

void
op_opendir(struct req *r)
{
	struct cred c;
	int err;

	if (implicit_is(r, 0, 1))
		err = ENOSYS;
	else if ((err = req_node(r, 0, r->in.nodeid)) == 0)
		err = handle_reserve(r->fs->handles);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	r->opening = 1;
	if (op_dir_later(r, &c))
		op_dir_reply(r, -1, &c);
	else
		ask_worker(r, Q_OPENDIR, ASK_REPEATABLE, op_opendir_done);
}

int
op_dir_opened(struct req *r, int fd)
{
	int err;

	if ((err = ask_same(r->node[0], fd)) == 0)
		handle_give(r->handle[0], &fd);
	fd_close(&fd);
	return err;
}

static void
op_dir_open_done(struct req *r, int err, struct chan_msg *m)
{
	if (err == 0)
		err = op_dir_opened(r, fdbag_take(&m->fds, 0));
	if (err != 0) {
		req_end(r, err);
		return;
	}
	memset(&r->call, 0, sizeof(r->call));
	r->dir_next(r);
}

void
op_dir_open(struct req *r, void (*next)(struct req *r))
{
	struct cred c;

	if (!r->handle[0]->dir || r->handle[0]->fd != -1 ||
	    (r->in.opcode == FUSE_READDIRPLUS && op_dir_root(r, &c))) {
		next(r);
		return;
	}
	r->dir_next = next;
	/* As who opened it. */
	ask_worker(r, Q_OPENDIR, ASK_ROOT | ASK_REPEATABLE, op_dir_open_done);
}
