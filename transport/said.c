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
 * Knows: which answers of workers are believed, and by what all others are
 * checked.
 * Never: a system call.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>

#include "ask.h"
#include "debt.h"
#include "fs.h"
#include "node.h"
#include "said.h"
#include "wkeep.h"

/* Is it the file that n is, if somebody is believed? */
static int
said_same(const struct node *n, const struct msg_attr *said,
    struct msg_attr *attr)
{
	if (said->ino != n->ino || said->dev_major != n->dev_major ||
	    said->dev_minor != n->dev_minor ||
	    ((said->mode ^ n->mode) & S_IFMT) != 0)
		return EIO;
	*attr = *said;
	return 0;
}

int
said_of(const struct req *r, unsigned int i, const struct msg_attr *said,
    struct msg_attr *attr)
{
	const struct node *n = r->node[i];

	if (r->call.handles)
		return ask_attr(r->handle[i]->fd, said, attr);
	if (node_fd(n) != -1)
		return ask_attr(node_fd(n), said, attr);
	return r->call.cred.class == CRED_ROOT ?
	    said_same(n, said, attr) : EIO;
}

/*
 * What was asked for without its descriptor, and came so.  The worker was one
 * that is believed, see op_plus_believed().
 */
static int
said_alone(const struct chan_msg *m, const struct msg_attr *said,
    struct msg_attr *attr)
{
	if ((!S_ISREG(said->mode) && !S_ISLNK(said->mode) &&
	    (!S_ISDIR(said->mode) || m->hdr.type != A_MKDIR)) ||
	    (said->flags & MSG_ATTR_MOUNT_ROOT) != 0 || m->tail_len == 0)
		return EIO;
	*attr = *said;
	return 0;
}

/* A node that the worker keeps, and knows again. */
static int
said_known(struct node *n, const struct msg_attr *said, struct msg_attr *attr)
{
	int err;

	if (said->mnt_id != n->mnt_id || said->ino != n->ino)
		return EIO;
	err = node_fd(n) != -1 ? ask_attr(node_fd(n), said, attr) :
	    said_same(n, said, attr);
	if (err != 0)
		return err;
	n->mode = attr->mode;
	node_again(n);
	return 0;
}

int
said_enter(struct req *r, struct chan_msg *m, const struct msg_attr *said,
    struct msg_attr *attr, struct node **out, unsigned int *next)
{
	int alone = MSG_KEEP_OP(m->hdr.give) == MSG_KEEP_USE, err;
	struct node_file f;

	*out = r->fs->known;
	*next = 0;
	if (*out != NULL)
		return said_known(*out, said, attr);
	*next = !alone;
	f.attr = attr;
	f.seal = m->tail;
	f.seal_len = m->tail_len;
	f.fd = alone ? -1 : fdbag_take(&m->fds, 0);
	err = alone ? said_alone(m, said, attr) : ask_attr(f.fd, said, attr);
	if (err != 0) {
		fd_close(&f.fd);
		return err;
	}
	if (!alone)
		debt_pay(r->fs, DEBT_LIST);
	f.kept = req_making(r);
	if ((err = node_enter(r->fs->nodes, &f, out)) == 0)
		wkeep_claim(r->fs, *out);
	return err;
}
