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
 * Knows: how a daemon is asked to serve again, whatever has happened.
 * Never: what has happened, or whether it is good enough (t_hostile.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>

#include "hostile.h"

void
hostile_fill(struct box *b)
{
	static uint8_t	 data[HOSTILE_DATA];

	memset(data, 'h', sizeof(data));
	box_file(b, "file", data, sizeof(data));
	box_file(b, "known", "known", 5);
	mkdir(box_host(b, "dir"), 0755);
	box_file(b, "dir/spare", "spare", 5);
}

int
hostile_prepare(struct hostile *h)
{
	struct fuse_entry_out	 e;
	int			 rc;

	fs_cred(h->fs, 0, 0);
	h->fs->seg_len = 0;
	h->fs->queue = 1;
	rc = fs_lookup(h->fs, FUSE_ROOT_ID, "dir", &e);
	h->dir = e.nodeid;
	if (rc == 0)
		rc = fs_lookup(h->fs, h->dir, "spare", &e);
	h->spare = e.nodeid;
	if (rc == 0)
		rc = fs_lookup(h->fs, FUSE_ROOT_ID, "file", &e);
	if (rc == 0)
		rc = fs_fopen(h->fs, e.nodeid, O_RDWR, &h->file);
	return rc;
}

int
hostile_fresh(struct hostile *h)
{
	int	 rc;

	fs_cred(h->fs, 0, 0);
	/* Not every peer closes open files with the session. */
	fs_release(h->fs, &h->file);
	fs_destroy(h->fs);
	rc = fs_init(h->fs, NULL);
	return rc < 0 ? rc : 0;
}

/* The request that must be served after everything. */
static int
hostile_good(struct hostile *h)
{
	struct fuse_attr_out	 a;
	struct fuse_entry_out	 e;
	int			 rc;

	fs_cred(h->fs, 0, 0);
	h->fs->seg_len = 0;
	h->fs->queue = 1;
	rc = fs_getattr(h->fs, FUSE_ROOT_ID, &a);
	if (rc < 0 && rc > -4096) {	/* the session may be over */
		rc = fs_init(h->fs, NULL);
		if (rc >= 0)
			rc = fs_getattr(h->fs, FUSE_ROOT_ID, &a);
	}
	if (rc == 0)
		rc = fs_lookup(h->fs, FUSE_ROOT_ID, "known", &e);
	if (rc == 0 && e.attr.size != 5)
		rc = FS_BADREPLY;
	if (rc == 0)
		rc = fs_forget(h->fs, e.nodeid, 1);
	return rc;
}

static int
hostile_same_rings(struct hostile *h, enum hostile_keep keep)
{
	unsigned	 lost = h->b->q[1].lost_irq;
	int		 timeout = h->fs->timeout, rc;

	if (h->b->v.fd == -1 || vhost_ping(&h->b->v) != 0)
		return FS_LOST;
	/* Where a reset is allowed there is no point in a long wait. */
	if (keep != HOSTILE_KEEP)
		h->fs->timeout = 150;
	rc = hostile_good(h);
	h->fs->timeout = timeout;
	return rc == 0 && h->b->q[1].lost_irq != lost ? FS_TIMEOUT : rc;
}

static int
hostile_new_rings(struct hostile *h)
{
	if (h->b->v.fd == -1 || vhost_ping(&h->b->v) != 0 ||
	    box_reset(h->b) != 0)
		return FS_LOST;
	return hostile_good(h);
}

static int
hostile_new_connection(struct hostile *h)
{
	struct box	*b = h->b;
	unsigned	 i;

	if (!daemon_alive(&b->d) || box_connect(b) != 0)
		return FS_LOST;
	b->v.timeout = 3000;
	for (i = 0; i < b->o.queues; i++)
		ring_reset(&b->q[i]);
	fs_reset(h->fs);
	if (box_negotiate(b) != 0 || box_setup(b) != 0)
		return FS_LOST;
	return hostile_good(h);
}

enum hostile_keep
hostile_recover(struct hostile *h, enum hostile_keep keep)
{
	int	 rc;

	rc = hostile_same_rings(h, keep);
	if (rc == 0)
		return HOSTILE_KEEP;
	if (hostile_new_rings(h) == 0)
		return HOSTILE_RESET;
	if (hostile_new_connection(h) == 0)
		return HOSTILE_CLOSE;
	tap_diag("not served: %s", tap_rcname(rc));
	return HOSTILE_NEVER;
}
