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
 * Knows: SETXATTR, GETXATTR, LISTXATTR, REMOVEXATTR.
 * Never: the meaning of a name; workers map and check it.
 */

#include "config.h"

#include <sys/xattr.h>

#include <errno.h>
#include <string.h>

#include "ask.h"
#include "fin.h"
#include "fs.h"
#include "node.h"
#include "op.h"

/* Guests that did not negotiate the long form send its first half. */
#define SETXATTR_SHORT	8

/* Node and whether the share serves attributes at all. */
static int
op_xattr_node(struct req *r)
{
	if ((r->fs->conf.flags & MSG_SHARE_XATTR) == 0)
		return ENOSYS;
	return req_node(r, 0, r->in.nodeid);
}

/* A name is a string of 1..255 bytes; '/' is as good as any other. */
static int
op_xattr_name(struct fin *f, char *name)
{
	const char *str;
	size_t len;
	int err;

	err = fin_string(f, &str, &len, MSG_NAME_MAX - 1);
	if (err != 0)
		return err == ENAMETOOLONG ? ERANGE :
		    err == ENOENT ? EINVAL : err;
	memcpy(name, str, len);
	memset(name + len, 0, MSG_NAME_MAX - len);
	return 0;
}

static void
op_xattr_empty_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	req_end(r, err);
}

static int
op_setxattr_args(struct req *r, struct fuse_setxattr_in *in)
{
	struct q_setxattr *q = &r->call.q.setxattr;
	struct fin f;
	int err;

	fin_init(&f, r);
	memset(in, 0, sizeof(*in));
	if ((err = op_xattr_node(r)) != 0 ||
	    (err = fin_take(&f, in,
	    (r->fs->session.flags & FUSE_SETXATTR_EXT) ? sizeof(*in) :
	    SETXATTR_SHORT)) != 0 ||
	    (err = op_xattr_name(&f, q->name)) != 0)
		return err;
	if (in->size > MSG_TAIL_MAX)
		return E2BIG;
	if (in->size != f.left ||
	    (in->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)) != 0)
		return EINVAL;
	r->call.tail = f.at;
	r->call.tail_len = in->size;
	return 0;
}

void
op_setxattr(struct req *r)
{
	struct q_setxattr *q = &r->call.q.setxattr;
	struct fuse_setxattr_in in;
	int err;

	if ((err = op_setxattr_args(r, &in)) != 0) {
		req_end(r, err);
		return;
	}
	r->node[0]->no_caps = 0;
	q->flags = in.flags;
	q->kill_sgid = (in.setxattr_flags & FUSE_SETXATTR_ACL_KILL_SGID) != 0;
	ask_worker(r, Q_SETXATTR, in.flags == 0 ? ASK_REPEATABLE : 0,
	    op_xattr_empty_done);
}

/* The value if the guest gave room for it, else its size. */
static void
op_xattr_reply(struct req *r, struct chan_msg *m, uint32_t size)
{
	struct fuse_getxattr_out out;

	if (r->io.len == 0) {
		out.size = size;
		out.padding = 0;
		req_end_body(r, &out, sizeof(out));
	} else if (m->tail_len > r->io.len)
		req_end(r, ERANGE);
	else
		req_end_body(r, m->tail, m->tail_len);
}

static void
op_getxattr_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_getxattr *a;

	if (err != 0) {
		req_end(r, err);
		return;
	}
	a = m->body;
	op_xattr_reply(r, m, a->size);
}

/* Size 0 asks for the size, which needs room of its own. */
static int
op_xattr_room(struct req *r, uint32_t size)
{
	if (req_room(r) < (size == 0 ? sizeof(struct fuse_getxattr_out) : size))
		return EINVAL;
	r->io.len = size;
	return 0;
}

void
op_getxattr(struct req *r)
{
	struct q_getxattr *q = &r->call.q.getxattr;
	struct fuse_getxattr_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = op_xattr_node(r)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (err = op_xattr_name(&f, q->name)) == 0 &&
	    (err = fin_done(&f)) == 0)
		err = op_xattr_room(r, in.size);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->size = in.size > MSG_TAIL_MAX ? MSG_TAIL_MAX : in.size;
	ask_worker(r, Q_GETXATTR, ASK_REPEATABLE, op_getxattr_done);
}

static void
op_listxattr_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_listxattr *a;

	if (err != 0) {
		req_end(r, err);
		return;
	}
	a = m->body;
	op_xattr_reply(r, m, a->size);
}

void
op_listxattr(struct req *r)
{
	struct q_listxattr *q = &r->call.q.listxattr;
	struct fuse_getxattr_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = op_xattr_node(r)) == 0 &&
	    (err = fin_take(&f, &in, sizeof(in))) == 0)
		err = op_xattr_room(r, in.size);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	q->size = in.size > MSG_TAIL_MAX ? MSG_TAIL_MAX : in.size;
	ask_worker(r, Q_LISTXATTR, ASK_REPEATABLE, op_listxattr_done);
}

void
op_removexattr(struct req *r)
{
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = op_xattr_node(r)) == 0 &&
	    (err = op_xattr_name(&f, r->call.q.removexattr.name)) == 0)
		err = fin_done(&f);
	if (err != 0)
		req_end(r, err);
	else
		ask_worker(r, Q_REMOVEXATTR, 0, op_xattr_empty_done);
}
