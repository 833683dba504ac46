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
 * Knows: how the guest's memory is laid out.
 * Never: what lies in it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mman.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "tap.h"

int
mem_open(struct mem *m, size_t len, unsigned cnt)
{
	struct mem_region	*r;
	uint8_t			*base;
	unsigned		 i;

	memset(m, 0, sizeof(*m));
	m->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd == -1)
		return errno;
	if (ftruncate(m->fd, (off_t)len) == -1)
		return errno;
	base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (base == MAP_FAILED)
		return errno;
	m->region_cnt = cnt;
	for (i = 0; i < cnt; i++) {
		r = &m->region[i];
		r->len = len / cnt;
		r->off = i * r->len;
		r->gpa = MEM_GPA + i * (r->len + MEM_GAP);
		r->hva = base + r->off;
	}
	return 0;
}

void
mem_close(struct mem *m)
{
	if (m->region_cnt > 0)
		munmap(m->region[0].hva,
		    m->region_cnt * m->region[0].len);
	if (m->fd > 0)
		close(m->fd);
	memset(m, 0, sizeof(*m));
	m->fd = -1;
}

uint64_t
mem_alloc(struct mem *m, unsigned region, size_t len, size_t align)
{
	struct mem_region	*r;
	uint64_t		 at;

	r = &m->region[region % m->region_cnt];
	at = (r->used + align - 1) & ~((uint64_t)align - 1);
	if (len > r->len || at > r->len - len)
		tap_bail("guest memory is too small for this test");
	r->used = at + len;
	memset(r->hva + at, 0, len);
	return r->gpa + at;
}

void *
mem_ptr(struct mem *m, uint64_t gpa, size_t len)
{
	struct mem_region	*r;
	unsigned		 i;

	for (i = 0; i < m->region_cnt; i++) {
		r = &m->region[i];
		if (gpa >= r->gpa && gpa - r->gpa <= r->len &&
		    len <= r->len - (gpa - r->gpa))
			return r->hva + (gpa - r->gpa);
	}
	return NULL;
}

uint64_t
mem_uva(struct mem *m, uint64_t gpa)
{
	return (uint64_t)(uintptr_t)mem_ptr(m, gpa, 1);
}
