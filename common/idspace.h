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

#ifndef VIOFSD_COMMON_IDSPACE_H
#define VIOFSD_COMMON_IDSPACE_H

#include <stdint.h>

/*
 * Knows: the ranges of one user namespace's map, user_namespaces(7), for users
 * or for groups.  Pure functions.
 * Never: who is in the namespace, or how it is made.
 */

struct idspace_range {
	uint32_t inside;	/* first id as processes in it see it */
	uint32_t outside;	/* ... as the namespace around it does */
	uint32_t cnt;		/* 1.. */
};

#define IDSPACE_RANGE_MAX	64

/* No range at all: no namespace was asked for, every id exists. */
struct idspace {
	uint32_t cnt;
	struct idspace_range range[IDSPACE_RANGE_MAX];
};

/*
 * Add a range.  Returns 0, or EINVAL if it is empty, contains 2^32 - 1 on
 * either side, meets another range on either side, or there are too many.
 */
int	idspace_add(struct idspace *s, const struct idspace_range *r);

/* Does the id exist inside?  1 or 0. */
int	idspace_has(const struct idspace *s, uint32_t inside);

/* ... do all of them, from first to last?  1 or 0. */
int	idspace_has_all(const struct idspace *s, uint32_t first,
	    uint32_t last);

/* The other side of an id.  Returns 0, or EINVAL if it has none. */
int	idspace_out(const struct idspace *s, uint32_t inside,
	    uint32_t *outside);
int	idspace_in(const struct idspace *s, uint32_t outside,
	    uint32_t *inside);

/* The highest id inside; 0 without ranges. */
uint32_t idspace_last(const struct idspace *s);

/* Make it that of a namespace within, with every id that this one has. */
void	idspace_within(struct idspace *s);

/* Is every id the same inside and outside?  1 or 0. */
int	idspace_same(const struct idspace *s);

#endif
