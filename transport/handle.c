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
 * Knows: which open file or directory an fh stands for.
 * Never: who may open a file.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>

#include "../common/fdbag.h"
#include "batch.h"
#include "fs.h"
#include "handle.h"
#include "node.h"
#include "reap.h"
#include "spare.h"

#ifndef HANDLE_CHUNK
#define HANDLE_CHUNK	256u
#endif

struct handle_table {
	struct fs *fs;
	struct handle **chunk;
	unsigned int chunk_cnt, chunk_max;
	struct handle *free;
	unsigned int live, max;
	unsigned int reserved;		/* about to be opened */
	TAILQ_HEAD(, handle) implicit;	/* used longest ago first */
};

struct handle_table *
handle_table_new(struct fs *fs, unsigned int max)
{
	struct handle_table *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->fs = fs;
	t->max = max;
	TAILQ_INIT(&t->implicit);
	t->chunk_max = max / HANDLE_CHUNK + 1;
	t->chunk = calloc(t->chunk_max, sizeof(struct handle *));
	if (t->chunk == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

static int
handle_chunk_add(struct handle_table *t)
{
	struct handle *c;
	unsigned int i, base;

	if (t->chunk_cnt == t->chunk_max)
		return ENFILE;
	if ((c = calloc(HANDLE_CHUNK, sizeof(struct handle))) == NULL)
		return ENOMEM;
	base = t->chunk_cnt * HANDLE_CHUNK;
	for (i = HANDLE_CHUNK; i-- > 0;) {
		c[i].idx = base + i;
		c[i].gen = 1;
		c[i].fd = -1;
		TAILQ_INIT(&c[i].dir_wait);
		c[i].next = t->free;
		t->free = &c[i];
	}
	t->chunk[t->chunk_cnt++] = c;
	return 0;
}

/* Close an implicit handle that no request is in; 1 if there was one. */
static int
handle_spare(struct handle_table *t)
{
	struct handle *h;

	TAILQ_FOREACH(h, &t->implicit, lru)
		if (h->pins == 1) {
			handle_release(t, t->fs->nodes, h);
			return 1;
		}
	return 0;
}

int
handle_reserve(struct handle_table *t)
{
	int err;

	if (t->live + t->reserved >= t->max && !handle_spare(t))
		return ENFILE;
	if (t->free == NULL && (err = handle_chunk_add(t)) != 0)
		return err;
	t->reserved++;
	return 0;
}

void
handle_unreserve(struct handle_table *t)
{
	t->reserved--;
}

int
handle_new(struct handle_table *t, struct node *n,
    int *fd, int dir, struct handle **out)
{
	struct handle *h;
	int err;

	err = t->live + t->reserved >= t->max && !handle_spare(t) ? ENFILE :
	    t->free == NULL ? handle_chunk_add(t) : 0;
	if (err != 0) {
		fd_close(fd);
		return err;
	}
	h = t->free;
	t->free = h->next;
	h->fd = *fd;
	*fd = -1;
	h->dir = dir;
	h->pins = 1;
	h->open = 1;
	h->implicit = 0;
	h->node = n;
	n->any = h;
	h->append = 0;
	h->no_nowait = h->cold = h->written = 0;
	h->dir_busy = h->dir_turn = h->dir_alone = 0;
	h->dir_next = 0;
	h->class = h->uid = h->gid = 0;
	h->flags = 0;
	h->asked.real = h->asked.mono = 0;
	node_pin(n);
	if (h->fd == -1)
		node_use(t->fs->nodes, n);
	t->live++;
	node_budget(t->fs->nodes, t->fs->fd_total - ++t->fs->fd_open);
	*out = h;
	return 0;
}

void
handle_give(struct handle *h, int *fd)
{
	if (h->fd == -1) {
		h->fd = *fd;
		*fd = -1;
		node_unuse(h->node);
	}
	fd_close(fd);
}

void
handle_opened_by(struct handle *h, const struct cred *c)
{
	h->class = c->class;
	h->uid = c->uid;
	h->gid = c->gid;
}

uint64_t
handle_id(const struct handle *h)
{
	return (uint64_t)h->gen << 32 | h->idx;
}

struct handle *
handle_get(struct handle_table *t, const struct node *n, uint64_t fh, int dir)
{
	uint32_t idx = (uint32_t)fh, gen = (uint32_t)(fh >> 32);
	struct handle *h;

	if (idx / HANDLE_CHUNK >= t->chunk_cnt)
		return NULL;
	h = &t->chunk[idx / HANDLE_CHUNK][idx % HANDLE_CHUNK];
	if (h->gen != gen || !h->open || h->implicit || h->node != n ||
	    h->dir != dir)
		return NULL;
	return h;
}

int
handle_implicit_new(struct handle_table *t, struct node *n, int *fd,
    enum handle_access access)
{
	struct handle *h;
	int err;

	if (n->implicit[access] != NULL) {
		fd_close(fd);
		return 0;
	}
	if ((err = handle_new(t, n, fd, S_ISDIR(n->mode), &h)) != 0)
		return err;
	h->implicit = 1;
	n->implicit[access] = h;
	TAILQ_INSERT_TAIL(&t->implicit, h, lru);
	return 0;
}

struct handle *
handle_implicit_get(struct handle_table *t, const struct node *n,
    enum handle_access access)
{
	struct handle *h;

	if ((h = n->implicit[access]) == NULL)
		return NULL;
	TAILQ_REMOVE(&t->implicit, h, lru);
	TAILQ_INSERT_TAIL(&t->implicit, h, lru);
	return h;
}

void
handle_implicit_drop(struct handle_table *t, struct node_table *nodes,
    struct node *n)
{
	enum handle_access a;

	for (a = HANDLE_READ; a <= HANDLE_WRITE; a++)
		if (n->implicit[a] != NULL)
			handle_release(t, nodes, n->implicit[a]);
}

void
handle_pin(struct handle *h)
{
	h->pins++;
}

/* Who opens it next may have it. */
static void
handle_end(struct handle_table *t, struct handle *h)
{
	const struct spare_who who = { h->class, h->uid, h->gid };

	if (h->fd == -1)
		node_unuse(h->node);
	if (h->asked.real != 0)
		spare_put(t->fs->spares, h->node, &h->fd, &who, &h->asked);
	else
		reap_close(t->fs, &h->fd);
}

void
handle_unpin(struct handle_table *t, struct node_table *nodes,
    struct handle *h)
{
	if (--h->pins != 0)
		return;
	handle_end(t, h);
	if (h->node->any == h)
		h->node->any = NULL;
	node_unpin(nodes, h->node);
	h->node = NULL;
	h->next = t->free;
	t->free = h;
	t->live--;
	node_budget(t->fs->nodes, t->fs->fd_total - --t->fs->fd_open);
}

void
handle_release(struct handle_table *t, struct node_table *nodes,
    struct handle *h)
{
	h->open = 0;
	batch_drop(h);
	if (h->implicit) {
		TAILQ_REMOVE(&t->implicit, h, lru);
		h->node->implicit[h->node->implicit[HANDLE_WRITE] == h ?
		    HANDLE_WRITE : HANDLE_READ] = NULL;
	}
	if (++h->gen == 0)
		h->gen = 1;
	handle_unpin(t, nodes, h);
}

void
handle_release_all(struct handle_table *t, struct node_table *nodes)
{
	struct handle *h;
	unsigned int c, i;

	for (c = 0; c < t->chunk_cnt; c++)
		for (i = 0; i < HANDLE_CHUNK; i++) {
			h = &t->chunk[c][i];
			if (h->open)
				handle_release(t, nodes, h);
		}
}

unsigned int
handle_count(const struct handle_table *t)
{
	return t->live;
}
