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
 * Knows: LOOKUP of what is known already, see op_ahead.c, as long as it holds:
 * the kernel tells of every change (watch.h), and all that it has told is read
 * each time.
 * Never: a question; attributes that something has changed, or that the guest
 * would not believe itself for as long.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>

#include "../common/fdbag.h"
#include "ahead.h"
#include "ask.h"
#include "fout.h"
#include "fs.h"
#include "node.h"
#include "op.h"
#include "route.h"
#include "spare.h"
#include "watch.h"

void
op_known_linked(struct fs *fs)
{
	struct spare_when now;

	spare_now(&now);
	fs->linked = now.mono;
}

/* What is open waits for who opens it. */
static void
op_known_spare(struct req *r, const struct ahead *a,
    const struct ahead_name *e, struct node *n, int *fd)
{
	const struct spare_who who = { a->cred.class, a->cred.uid,
	    a->cred.gid };

	spare_put(r->fs->spares, n, fd, &who, &e->asked);
}

/*
 * e is told to the guest: as *n, or else as the node that is found or made for
 * it with fd, which is owned.  Returns 0, or the errno of node_enter().
 */
static int
op_known_enter(struct req *r, struct ahead_name *e,
    const struct msg_attr *attr, int fd, struct node **n)
{
	struct node_file f;
	int err;

	if (*n != NULL) {
		(*n)->mode = attr->mode;
		node_again(*n);
		return 0;
	}
	f.attr = attr;
	f.seal = ahead_seal(e);
	f.seal_len = e->seal_len;
	f.fd = fd;
	f.kept = 0;
	if ((err = node_enter(r->fs->nodes, &f, n)) == 0)
		e->nodeid = node_id(*n);
	return err;
}

/* The answer that was said, by attributes that hold; 0 if it is none. */
static int
op_known_said(struct req *r, struct ahead_name *e, struct node *n,
    struct fuse_entry_out *out)
{
	struct spare_when now;
	struct msg_attr attr;

	if (!ahead_said(e, &attr))
		return 0;
	spare_now(&now);
	if (e->asked.mono <= r->fs->linked ||
	    !fout_young(r->fs, attr.mode, now.mono - e->asked.mono)) {
		ahead_old(e);
		r->node[0]->ahead_aged = 1;
		return 0;
	}
	if (op_known_enter(r, e, &attr, -1, &n) != 0)
		return 0;
	n->said = 1;
	fout_entry(r->fs, r->node[0], n, &attr, out);
	fout_older(out, now.mono - e->asked.mono);
	return 1;
}

/* The answer that n is, with the attributes of now; 0 if it is none. */
static int
op_known_entry(struct req *r, struct ahead *a, struct ahead_name *e,
    struct fuse_entry_out *out)
{
	struct node *n = e->nodeid != 0 ? node_get(r->fs->nodes, e->nodeid) :
	    NULL;
	int fd = n != NULL ? spare_look(n) : e->fd, spare = -1;
	struct msg_attr who, attr;

	if (fd == -1)
		return op_known_said(r, e, n, out);
	ahead_who(e, &who);
	if (ask_attr(fd, &who, &attr) != 0)
		return 0;
	if (n == NULL) {
		fd = ahead_take(r->fs->ahead, a, e);
		if (e->open) {
			spare = fd;
			fd = -1;
		}
	}
	if (op_known_enter(r, e, &attr, fd, &n) != 0) {
		fd_close(&spare);
		return 0;
	}
	if (spare != -1)
		op_known_spare(r, a, e, n, &spare);
	fout_entry(r->fs, r->node[0], n, &attr, out);
	return 1;
}

/* What is known of the directory, if it is what r would be told. */
static struct ahead *
op_known_now(struct req *r)
{
	const struct node *dir = r->node[0];

	if (dir->ahead == NULL || route_first(r, 0, &r->call.cred) != 0 ||
	    !cred_equal(&dir->ahead->cred, &r->call.cred))
		return NULL;
	watch_read(r->fs->watch);
	return dir->ahead;
}

int
op_known_lookup(struct req *r, const char *name)
{
	struct ahead *a = op_known_now(r);
	struct fuse_entry_out out;
	struct ahead_name *e;

	if (a == NULL)
		return 0;
	if ((e = ahead_find(a, name)) != NULL) {
		if (!op_known_entry(r, a, e, &out))
			return 0;
	} else if (!ahead_none(a, name))
		return 0;
	ahead_used(r->fs->ahead, a);
	op_ahead_reply(r, e == NULL ? ENOENT : 0, e == NULL ? NULL : &out);
	return 1;
}
