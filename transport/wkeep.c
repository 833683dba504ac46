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
 * Knows: which directories a worker has descriptors of.
 * Never: a descriptor of its own.
 */

#include "config.h"

#include <sys/stat.h>

#include <string.h>

#include "fs.h"
#include "node.h"
#include "req.h"
#include "sysfd.h"
#include "wkeep.h"

#define WKEEP_NONE	MSG_KEEP_MAX

/* The node of descriptor i of r->call if it may be kept, else NULL. */
static const struct node *
wkeep_node(const struct req *r, unsigned int i)
{
	const struct node *n;

	if (r->call.handles)
		return NULL;
	n = r->node[i];
	return n != NULL && S_ISDIR(n->mode) ? n : NULL;
}

/* Without not, which another descriptor of the same question takes. */
static unsigned int
wkeep_find(const struct wkeep *w, uint64_t id, unsigned int not)
{
	unsigned int i;

	for (i = 0; i < MSG_KEEP_MAX; i++)
		if (w->dir[i].id == id && i != not)
			return i;
	return WKEEP_NONE;
}

/* A free number, or the one that was not used for longest. */
static unsigned int
wkeep_spare(const struct wkeep *w, unsigned int not)
{
	unsigned int i, best = not == 0;

	for (i = best; i < MSG_KEEP_MAX; i++) {
		if (i == not)
			continue;
		if (w->dir[i].id == 0)
			return i;
		if (w->dir[i].used < w->dir[best].used)
			best = i;
	}
	return best;
}

/*
 * A worker that gets something else than a directory ends, and what a node's
 * mode was said to be is not enough for that.
 */
static int
wkeep_is_dir(int fd)
{
	struct stat st;

	return sysfd_stat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What to say of descriptor fd, which is n's if n may be kept. */
static uint8_t
wkeep_one(const struct wkeep *w, const struct node *n, int fd,
    unsigned int not)
{
	unsigned int i;

	if (n == NULL)
		return 0;
	if ((i = wkeep_find(w, node_id(n), not)) != WKEEP_NONE &&
	    w->dir[i].fd == fd)
		return (uint8_t)(MSG_KEEP_USE | i);
	if (!wkeep_is_dir(fd))
		return 0;
	if (i == WKEEP_NONE)
		i = wkeep_spare(w, not);
	return (uint8_t)(MSG_KEEP_PUT | i);
}

/*
 * One that no node has any more is given up with the next question that has
 * room to say so: it may be a directory that was removed.
 */
static uint8_t
wkeep_drop(struct wkeep *w, const struct fs *fs, uint8_t other)
{
	unsigned int i = w->look++ % MSG_KEEP_MAX;
	const struct wkeep_dir *d = &w->dir[i];
	const struct node *n;

	if (d->id == 0 || (other != 0 && MSG_KEEP_NR(other) == i))
		return 0;
	n = node_get(fs->nodes, d->id);
	if (n != NULL && node_fd(n) == d->fd)
		return 0;
	return (uint8_t)(MSG_KEEP_DROP | i);
}

void
wkeep_ask(struct wkeep *w, const struct req *r, struct chan_out *out,
    int fds[MSG_KEPT])
{
	unsigned int i, not = WKEEP_NONE;
	const struct node *n;
	uint8_t kept;

	out->fds = fds;
	out->fd_cnt = 0;
	memset(out->kept, 0, sizeof(out->kept));
	for (i = 0; i < r->call.fd_cnt; i++) {
		n = wkeep_node(r, i);
		if (i > 0 && not != WKEEP_NONE && n == r->node[0])
			kept = (uint8_t)(MSG_KEEP_USE | not);
		else
			kept = wkeep_one(w, n, r->call.fds[i], not);
		if (MSG_KEEP_OP(kept) != MSG_KEEP_USE)
			fds[out->fd_cnt++] = r->call.fds[i];
		out->kept[i] = kept;
		if (kept != 0)
			not = MSG_KEEP_NR(kept);
	}
	if (r->call.fd_cnt < MSG_KEPT)
		out->kept[1] = wkeep_drop(w, r->fs, out->kept[0]);
}

void
wkeep_sent(struct wkeep *w, const struct req *r, const struct chan_out *out)
{
	struct wkeep_dir *d;
	unsigned int i;

	for (i = 0; i < MSG_KEPT; i++) {
		d = &w->dir[MSG_KEEP_NR(out->kept[i])];
		if (MSG_KEEP_OP(out->kept[i]) == MSG_KEEP_PUT) {
			d->id = node_id(r->node[i]);
			d->fd = r->call.fds[i];
		} else if (MSG_KEEP_OP(out->kept[i]) == MSG_KEEP_DROP)
			d->id = 0;
		if (out->kept[i] != 0)
			d->used = ++w->now;
	}
}
