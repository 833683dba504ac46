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
 * Knows: the memory of nodes, by index, and that no generation of an index
 * comes again.
 * Never: what a node stands for.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node_slot.h"

int
node_slots_init(struct node_slots *s)
{
	memset(s, 0, sizeof(*s));
	TAILQ_INIT(&s->room);
	TAILQ_INIT(&s->gone);
	s->chunk = calloc(NODE_CHUNK_MAX, sizeof(*s->chunk));
	return s->chunk == NULL ? ENOMEM : 0;
}

static uint32_t
node_slot_base(const struct node_slots *s, const struct node_chunk *c)
{
	return (uint32_t)(c - s->chunk) * NODE_CHUNK;
}

static struct node_chunk *
node_slot_more(struct node_slots *s)
{
	struct node_chunk *c = TAILQ_FIRST(&s->gone);
	uint32_t i, base;

	if (c == NULL && s->cnt == NODE_CHUNK_MAX)
		return NULL;
	if (c == NULL)
		c = &s->chunk[s->cnt];
	if ((c->node = calloc(NODE_CHUNK, sizeof(*c->node))) == NULL)
		return NULL;
	if (c == &s->chunk[s->cnt])
		s->cnt++;
	else
		TAILQ_REMOVE(&s->gone, c, entry);
	base = node_slot_base(s, c);
	c->free = NULL;
	for (i = NODE_CHUNK; i-- > 0;) {
		c->node[i].idx = base + i;
		c->node[i].gen = c->gen;
		c->node[i].fd = -1;
		if (base + i == 0)
			continue;
		c->node[i].next = c->free;
		c->free = &c->node[i];
	}
	TAILQ_INSERT_TAIL(&s->room, c, entry);
	s->empty++;
	return c;
}

/* Nobody can know any of its nodes, now or later. */
static void
node_slot_drop(struct node_slots *s, struct node_chunk *c)
{
	uint32_t i;

	for (i = 0; i < NODE_CHUNK; i++)
		if (c->gen < c->node[i].gen)
			c->gen = c->node[i].gen;
	free(c->node);
	c->node = NULL;
	s->empty--;
	TAILQ_REMOVE(&s->room, c, entry);
	TAILQ_INSERT_HEAD(&s->gone, c, entry);
}

struct node *
node_slot_new(struct node_slots *s)
{
	struct node_chunk *c = TAILQ_FIRST(&s->room);
	struct node *n;

	if (c == NULL && (c = node_slot_more(s)) == NULL)
		return NULL;
	n = c->free;
	if ((c->free = n->next) == NULL)
		TAILQ_REMOVE(&s->room, c, entry);
	if (c->used++ == 0)
		s->empty--;
	n->next = NULL;
	return n;
}

void
node_slot_free(struct node_slots *s, struct node *n)
{
	struct node_chunk *c = &s->chunk[n->idx / NODE_CHUNK];
	uint32_t idx = n->idx, gen = n->gen + 1;

	memset(n, 0, sizeof(*n));
	n->idx = idx;
	n->gen = gen;
	n->fd = -1;
	if (c->free == NULL)
		TAILQ_INSERT_HEAD(&s->room, c, entry);
	n->next = c->free;
	c->free = n;
	if (--c->used > 0)
		return;
	/* One is kept, or a file that comes and goes would cost a chunk. */
	if (s->empty++ > 0) {
		node_slot_drop(s, c);
		return;
	}
	TAILQ_REMOVE(&s->room, c, entry);
	TAILQ_INSERT_TAIL(&s->room, c, entry);
}

struct node *
node_slot_at(const struct node_slots *s, uint32_t idx)
{
	const struct node_chunk *c = &s->chunk[idx / NODE_CHUNK];

	return c->node == NULL ? NULL : &c->node[idx % NODE_CHUNK];
}

uint32_t
node_slot_end(const struct node_slots *s)
{
	return s->cnt * NODE_CHUNK;
}
