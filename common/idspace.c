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
 * Knows: the ranges of one user namespace's map.
 * Never: who is in the namespace, or how it is made.
 */

#include "config.h"

#include <errno.h>

#include "../common/idspace.h"

static int
idspace_meet(uint32_t a, uint32_t a_cnt, uint32_t b, uint32_t b_cnt)
{
	return a < b ? b - a < a_cnt : a - b < b_cnt;
}

int
idspace_add(struct idspace *s, const struct idspace_range *r)
{
	const struct idspace_range *o;
	uint32_t i;

	if (s->cnt == IDSPACE_RANGE_MAX || r->cnt == 0 ||
	    r->cnt > UINT32_MAX - r->inside ||
	    r->cnt > UINT32_MAX - r->outside)
		return EINVAL;
	for (i = 0; i < s->cnt; i++) {
		o = &s->range[i];
		if (idspace_meet(o->inside, o->cnt, r->inside, r->cnt) ||
		    idspace_meet(o->outside, o->cnt, r->outside, r->cnt))
			return EINVAL;
	}
	s->range[s->cnt++] = *r;
	return 0;
}

int
idspace_has(const struct idspace *s, uint32_t inside)
{
	uint32_t i;

	for (i = 0; i < s->cnt; i++)
		if (inside >= s->range[i].inside &&
		    inside - s->range[i].inside < s->range[i].cnt)
			return 1;
	return s->cnt == 0;
}

int
idspace_has_all(const struct idspace *s, uint32_t first, uint32_t last)
{
	const struct idspace_range *r = s->range, *end = r + s->cnt;
	uint64_t id = first;

	/* From range to range, in whatever order they are. */
	while (s->cnt != 0 && id <= last) {
		for (r = s->range; r < end; r++)
			if (id >= r->inside && id - r->inside < r->cnt)
				break;
		if (r == end)
			return 0;
		id = (uint64_t)r->inside + r->cnt;
	}
	return 1;
}

int
idspace_out(const struct idspace *s, uint32_t inside, uint32_t *outside)
{
	const struct idspace_range *r = s->range;

	*outside = inside;
	for (; r < s->range + s->cnt; r++)
		if (inside >= r->inside && inside - r->inside < r->cnt) {
			*outside = r->outside + (inside - r->inside);
			return 0;
		}
	return s->cnt == 0 ? 0 : EINVAL;
}

int
idspace_in(const struct idspace *s, uint32_t outside, uint32_t *inside)
{
	const struct idspace_range *r = s->range;

	*inside = outside;
	for (; r < s->range + s->cnt; r++)
		if (outside >= r->outside && outside - r->outside < r->cnt) {
			*inside = r->inside + (outside - r->outside);
			return 0;
		}
	return s->cnt == 0 ? 0 : EINVAL;
}

void
idspace_within(struct idspace *s)
{
	uint32_t i;

	for (i = 0; i < s->cnt; i++)
		s->range[i].outside = s->range[i].inside;
}

int
idspace_same(const struct idspace *s)
{
	return s->cnt == 0 || (s->cnt == 1 && s->range[0].inside == 0 &&
	    s->range[0].outside == 0 && s->range[0].cnt == UINT32_MAX);
}

uint32_t
idspace_last(const struct idspace *s)
{
	uint32_t i, end, last = 0;

	for (i = 0; i < s->cnt; i++) {
		end = s->range[i].inside + (s->range[i].cnt - 1);
		if (end > last)
			last = end;
	}
	return last;
}
