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
 * Knows: which credential may have a worker, and with which capabilities.
 * Never: I/O, state, or how a credential is taken on.
 */

#include "config.h"

#include <errno.h>
#include <linux/capability.h>

#include "../common/jail.h"
#include "policy.h"

#define POLICY_USER_CAPS	0ULL
#define POLICY_CREATOR_CAPS	JAIL_CAP(CAP_DAC_OVERRIDE)
#define POLICY_ROOT_CAPS \
	(JAIL_CAP(CAP_CHOWN) | JAIL_CAP(CAP_DAC_OVERRIDE) | \
	JAIL_CAP(CAP_FOWNER) | JAIL_CAP(CAP_FSETID) | \
	JAIL_CAP(CAP_MKNOD) | JAIL_CAP(CAP_SETFCAP))

void
policy_init(struct policy *p, const struct idmap *ids, uint64_t add,
    uint64_t drop)
{
	p->root_caps = (POLICY_ROOT_CAPS | add) & ~drop;
	p->ids = *ids;
	p->space = NULL;
}

void
policy_space(struct policy *p, const struct idspace space[2])
{
	p->space = space;
}

/* Does every id of cred exist where its worker would live? */
static int
policy_exists(const struct policy *p, const struct cred *cred)
{
	uint32_t i;

	if (p->space == NULL)
		return 1;
	if (!idspace_has(&p->space[IDMAP_UID], cred->uid) ||
	    !idspace_has(&p->space[IDMAP_GID], cred->gid))
		return 0;
	for (i = 0; i < cred->gid_cnt; i++)
		if (!idspace_has(&p->space[IDMAP_GID], cred->gids[i]))
			return 0;
	return 1;
}

/* Could a user of the guest be cred, with every id it consists of? */
static int
policy_reachable(const struct policy *p, const struct cred *cred)
{
	uint32_t i;

	if (!idmap_reachable(&p->ids, IDMAP_UID, cred->uid) ||
	    !idmap_reachable(&p->ids, IDMAP_GID, cred->gid))
		return 0;
	for (i = 0; i < cred->gid_cnt; i++)
		if (!idmap_reachable(&p->ids, IDMAP_GID, cred->gids[i]))
			return 0;
	return 1;
}

int
policy_check(const struct policy *p, const struct cred *cred, uint64_t *caps)
{
	if (!cred_valid(cred))
		return EPERM;
	if (!policy_exists(p, cred))
		return EINVAL;
	if (cred->class != CRED_ROOT && !policy_reachable(p, cred))
		return EPERM;
	switch (cred->class) {
	case CRED_USER:
		*caps = POLICY_USER_CAPS;
		return 0;
	case CRED_CREATOR:
		/* What root may not, nobody may in its stead. */
		*caps = POLICY_CREATOR_CAPS & p->root_caps;
		return 0;
	case CRED_ROOT:
		*caps = p->root_caps;
		return 0;
	default:
		return EPERM;
	}
}

uint64_t
policy_spawner_caps(const struct policy *p)
{
	return JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID) |
	    JAIL_CAP(CAP_SETPCAP) | JAIL_CAP(CAP_KILL) | p->root_caps;
}
