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

#ifndef VIOFSD_COMMON_CRED_H
#define VIOFSD_COMMON_CRED_H

#include <stdint.h>

/*
 * Knows: what a credential is, how two are compared and printed.
 * Never: who may have one (broker/policy.c) or how one is taken on
 * (broker/spawner.c).
 */

#define CRED_GROUPS_MAX	32	/* supplementary groups of one worker */
#define CRED_STR_MAX	64	/* room for cred_str(), with the NUL */

/* Worker classes, DESIGN of the processes: docs/ARCHITECTURE.md. */
enum cred_class {
	CRED_USER = 0,		/* the guest user's ids, no capability */
	CRED_CREATOR = 1,	/* the guest user's ids and DAC_OVERRIDE */
	CRED_ROOT = 2,		/* uid 0 and the share's capability list */
	CRED_POOL = 3,		/* the same list, but an id of a pool and in */
				/* its user namespace: root of these ids */
};
#define CRED_CLASS_CNT	4

/* Wire format and key: every byte counts, unused groups are zero. */
struct cred {
	uint32_t class;		/* enum cred_class */
	uint32_t uid;
	uint32_t gid;
	uint32_t gid_cnt;	/* 0..CRED_GROUPS_MAX */
	uint32_t gids[CRED_GROUPS_MAX];	/* sorted, no duplicates */
};

/*
 * Fill c for one user without supplementary groups.
 */
void	cred_set(struct cred *c, enum cred_class class, uint32_t uid,
	    uint32_t gid);

/*
 * Add one supplementary group, keeping the list sorted and unique.
 * Returns 0, or E2BIG if the list is full.
 */
int	cred_add_group(struct cred *c, uint32_t gid);

/*
 * Is c well formed: known class, sorted unique groups, zero padding, no id
 * of 2^32 - 1 (which set*id(2) takes for "unchanged")?  Root class means
 * uid 0, that of a pool's root any; the other classes any uid but 0.  Returns
 * 1 or 0.
 */
int	cred_valid(const struct cred *c);

/* 1 if a and b are the same credential of the same class, else 0. */
int	cred_equal(const struct cred *a, const struct cred *b);

/* Does this class act for root, be it of some ids only?  1 or 0. */
int	cred_acts_root(uint32_t class);

/* A hash of c, stable within one process. */
uint32_t cred_hash(const struct cred *c);

/* Print c as "user 1000:1000+2" into buf; returns buf. */
const char *cred_str(const struct cred *c, char buf[CRED_STR_MAX]);

#endif
