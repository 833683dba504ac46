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

#ifndef VIOFSD_BROKER_GROUPS_H
#define VIOFSD_BROKER_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "../common/cred.h"

struct policy_rules;

/*
 * Knows: which groups the host's users are in, as its databases said when the
 * broker started.  Read once: afterwards nobody has a file to read.
 * Never: who may have a worker (policy.c).
 */

/* One user; more groups than fit do not count. */
struct groups_user {
	uint32_t uid;
	uint32_t nth;		/* entry of the database */
	uint32_t cnt;
	uint32_t gids[CRED_GROUPS_MAX];
};

struct groups {
	struct groups_user *users;	/* sorted by uid, each once */
	size_t user_cnt, user_max;
	uint32_t *gids;			/* of all groups, sorted */
	size_t gid_cnt;
};

/*
 * Read the databases (getpwent(3), getgrent(3), getgrouplist(3)); users of
 * small pools are also asked for one by one, for databases that do not list.
 * Fatal without memory.
 */
void	groups_load(struct groups *g, const struct policy_rules *r);

/* The user with this uid, or NULL if the host has none. */
const struct groups_user *groups_find(const struct groups *g, uint32_t uid);

/* 1 if the user is in the group, primary or not, else 0. */
int	groups_has(const struct groups_user *u, uint32_t gid);

/* 1 if the host has a group of this number, else 0. */
int	groups_known(const struct groups *g, uint32_t gid);

#endif
