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
 * Knows: the vhost-user messages that change guest memory.
 * Never: mmap(2), or the contents of guest memory.
 */

#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "vu_int.h"

static struct gmem_range
vu_mem_range(const struct vu_region *r)
{
	struct gmem_range range = { r->gpa, r->len, r->uva, r->off };

	return range;
}

static void
vu_mem_stop(struct vu_dev *d, uint8_t was[VU_QUEUE_MAX])
{
	unsigned int i;

	for (i = 0; i < d->queue_max; i++) {
		was[i] = (uint8_t)vring_running(&d->queues[i].ring);
		vu_queue_stop(&d->queues[i]);
	}
}

/* A ring that is not in the new memory waits for another SET_VRING_ADDR. */
static void
vu_mem_start(struct vu_dev *d, const uint8_t was[VU_QUEUE_MAX])
{
	unsigned int i;
	int err;

	for (i = 0; i < d->queue_max; i++) {
		if (!was[i])
			continue;
		err = vu_queue_start(&d->queues[i]);
		if (err == 0)
			continue;
		d->queues[i].addr_set = 0;
		log_guest(LOG_KEY_VHOST, "queue %u lost its memory: %s", i,
		    strerror(err));
	}
}

static int
vu_mem_build(struct gmem *mem, const struct vu_msg *m)
{
	struct gmem_range range;
	unsigned int i;
	int err = 0;

	gmem_init(mem);
	for (i = 0; i < m->body.table.cnt && err == 0; i++) {
		range = vu_mem_range(&m->body.table.regions[i]);
		err = gmem_add(mem, m->fds[i], &range);
	}
	if (err != 0)
		gmem_clear(mem);
	return err;
}

int
vu_on_mem_table(struct vu_dev *d, struct vu_msg *m)
{
	uint32_t cnt = m->body.table.cnt;
	uint8_t was[VU_QUEUE_MAX];
	struct gmem *next;
	int err;

	if (cnt > VU_REGION_MAX || cnt != m->fd_cnt ||
	    m->hdr.size != 8 + cnt * sizeof(struct vu_region))
		return EINVAL;
	err = vu_wait(d, -1);
	if (err != 0)
		return err;
	next = malloc(sizeof(*next));
	if (next == NULL)
		return errno;
	err = vu_mem_build(next, m);
	if (err == 0) {
		vu_mem_stop(d, was);
		gmem_move(&d->mem, next);
		vu_mem_start(d, was);
	}
	free(next);
	return err;
}

int
vu_on_mem_slots(struct vu_dev *d, struct vu_msg *m)
{
	(void)d;
	m->body.u64 = GMEM_REGION_MAX;
	m->hdr.size = sizeof(m->body.u64);
	return 0;
}

int
vu_on_mem_add(struct vu_dev *d, struct vu_msg *m)
{
	struct gmem_range range = vu_mem_range(&m->body.slot.region);
	int err;

	/* Not even the table may change while somebody uses guest memory. */
	err = vu_wait(d, -1);
	if (err != 0)
		return err;
	return gmem_add(&d->mem, m->fds[0], &range);
}

int
vu_on_mem_del(struct vu_dev *d, struct vu_msg *m)
{
	struct gmem_range range = vu_mem_range(&m->body.slot.region);
	uint8_t was[VU_QUEUE_MAX];
	int err;

	err = vu_wait(d, -1);
	if (err != 0)
		return err;
	vu_mem_stop(d, was);
	err = gmem_del(&d->mem, &range);
	vu_mem_start(d, was);
	return err;
}
