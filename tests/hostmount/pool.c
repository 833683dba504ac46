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
 * Knows: how guest memory is divided into requests.
 * Never: which of them wait for what.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/eventfd.h>

#include <linux/fuse.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

_Static_assert(POOL_FRONT == sizeof(struct fuse_in_header) +
    sizeof(struct fuse_write_in), "data would not begin a page");

int
pool_open(struct pool *p, struct mem *m, unsigned cnt)
{
	struct pool_slot	*s;
	unsigned		 i;

	memset(p, 0, sizeof(*p));
	p->wake = -1;
	pthread_mutex_init(&p->lock, NULL);
	p->list = calloc(cnt, sizeof(*p->list));
	if (p->list == NULL)
		return ENOMEM;
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake == -1)
		return errno;
	p->cnt = cnt;
	for (i = 0; i < cnt; i++) {
		s = &p->list[i];
		s->pool = p;
		s->gpa = mem_alloc(m, 0, POOL_SLOT_LEN, POOL_PAGE);
		s->ptr = mem_ptr(m, s->gpa, POOL_SLOT_LEN);
		s->next = p->free;
		p->free = s;
	}
	return 0;
}

void
pool_close(struct pool *p)
{
	if (p->list == NULL)
		return;
	if (p->wake != -1)
		close(p->wake);
	free(p->list);
	pthread_mutex_destroy(&p->lock);
	memset(p, 0, sizeof(*p));
	p->wake = -1;
}

struct pool_slot *
pool_get(struct pool *p)
{
	struct pool_slot	*s;

	pthread_mutex_lock(&p->lock);
	s = p->free;
	if (s != NULL)
		p->free = s->next;
	p->starved = s == NULL;
	pthread_mutex_unlock(&p->lock);
	return s;
}

void
pool_put(struct pool_slot *s)
{
	const uint64_t	 one = 1;
	struct pool	*p = s->pool;
	bool		 wake;

	pthread_mutex_lock(&p->lock);
	s->next = p->free;
	p->free = s;
	wake = p->starved;
	p->starved = false;
	pthread_mutex_unlock(&p->lock);
	if (wake)
		(void)!write(p->wake, &one, sizeof(one));
}

bool
pool_place(struct pool_slot *s, size_t len, size_t room)
{
	size_t	 end = POOL_PAGE - POOL_FRONT + len;
	size_t	 data;

	data = end + sizeof(struct fuse_out_header) + POOL_PAGE - 1;
	data -= data % POOL_PAGE;
	if (data > POOL_SLOT_LEN || room > POOL_SLOT_LEN - data)
		return false;
	s->reply = (uint32_t)(data - sizeof(struct fuse_out_header));
	s->room = (uint32_t)room;
	return true;
}
