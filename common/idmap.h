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

#ifndef VIOFSD_COMMON_IDMAP_H
#define VIOFSD_COMMON_IDMAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Knows: --translate-uid and --translate-gid as rules, and what they make of
 * an id.  Pure functions.
 * Never: who asks; broker and workers enforce, the transport only shows.
 */

enum idmap_kind {
	IDMAP_GUEST,		/* guest id first + i is host id to + i */
	IDMAP_HOST,		/* host id first + i is guest id to + i */
	IDMAP_SQUASH_GUEST,	/* guest ids of the range are host id to */
	IDMAP_SQUASH_HOST,	/* host ids of the range are guest id to */
	IDMAP_FORBID_GUEST,	/* guest ids of the range may not be used */
};
#define IDMAP_KIND_CNT	5

enum idmap_of {
	IDMAP_UID,
	IDMAP_GID,
};

/* One rule, on the wire as well; "map" of the command line makes two. */
struct idmap_rule {
	uint32_t of;		/* enum idmap_of */
	uint32_t kind;		/* enum idmap_kind */
	uint32_t first;
	uint32_t to;		/* 0 for IDMAP_FORBID_GUEST */
	uint32_t cnt;		/* 1.. */
};

#define IDMAP_RULE_MAX	256

struct idmap {
	const struct idmap_rule *rules;
	uint32_t cnt;
};

/*
 * Are the rules well formed: known kinds, ranges that do not wrap or (but for
 * IDMAP_FORBID_GUEST) contain 2^32 - 1, no two source ranges of one direction
 * overlapping?  Returns 0, or EINVAL with the number of the offending rule in
 * *which.
 */
int	idmap_check(const struct idmap *m, uint32_t *which);

/* The host's id for a guest's.  Returns 0, or EPERM if it is forbidden. */
int	idmap_to_host(const struct idmap *m, enum idmap_of of, uint32_t guest,
	    uint32_t *host);

/* The guest's id for a host's; ids without a rule stay. */
uint32_t idmap_to_guest(const struct idmap *m, enum idmap_of of,
	    uint32_t host);

/* Is there a guest id that idmap_to_host() makes host of?  1 or 0. */
int	idmap_reachable(const struct idmap *m, enum idmap_of of,
	    uint32_t host);

#endif
