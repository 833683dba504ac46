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
#include <string.h>

#include "../common/jail.h"
#include "groups.h"
#include "policy.h"

#define POLICY_USER_CAPS	0ULL
#define POLICY_CREATOR_CAPS	JAIL_CAP(CAP_DAC_OVERRIDE)
#define POLICY_USUAL_CAPS \
	(JAIL_CAP(CAP_CHOWN) | JAIL_CAP(CAP_DAC_OVERRIDE) | \
	JAIL_CAP(CAP_FOWNER) | JAIL_CAP(CAP_FSETID) | \
	JAIL_CAP(CAP_MKNOD) | JAIL_CAP(CAP_SETFCAP))

void
policy_init(struct policy *p, const struct idmap *ids, uint64_t add,
    uint64_t drop)
{
	memset(p, 0, sizeof(*p));
	p->root_caps = (POLICY_USUAL_CAPS | add) & ~drop;
	p->ids = *ids;
}

void
policy_space(struct policy *p, const struct idspace space[2], int stuck)
{
	memcpy(p->space, space, sizeof(p->space));
	p->stuck = stuck;
}

/* Does every id of cred exist where its worker would live? */
static int
policy_exists(const struct policy *p, const struct cred *cred)
{
	uint32_t i;

	if ((p->stuck && cred->gid_cnt != 0) ||
	    !idspace_has(&p->space[IDMAP_UID], cred->uid) ||
	    !idspace_has(&p->space[IDMAP_GID], cred->gid))
		return 0;
	for (i = 0; i < cred->gid_cnt; i++)
		if (!idspace_has(&p->space[IDMAP_GID], cred->gids[i]))
			return 0;
	return 1;
}

void
policy_set(struct policy *p, const struct policy_rules *r,
    const struct groups *g)
{
	p->rules = *r;
	p->groups = g;
	if (!policy_host(r))
		return;
	/* In a namespace the kernel keeps the usual ones to what it maps. */
	if (r->squash_all || r->root == POLICY_ROOT_ID)
		p->root_caps = 0;
	else if (r->root == POLICY_ROOT_CAPS)
		p->root_caps = r->root_caps;
}

void
policy_bare(struct policy *p)
{
	p->bare = 1;
	p->root_caps = 0;
}

static int
policy_in(uint32_t id, uint32_t first, uint32_t last)
{
	return id >= first && id <= last;
}

const struct policy_pool *
policy_pool(const struct policy *p, uint32_t uid)
{
	uint32_t i;

	for (i = 0; i < p->rules.pool_cnt; i++)
		if (policy_in(uid, p->rules.pools[i].first,
		    p->rules.pools[i].last))
			return &p->rules.pools[i];
	return NULL;
}

/* The pool whose namespace keeps who acts for root of this uid, or NULL. */
static const struct policy_pool *
policy_kept(const struct policy *p, uint32_t uid)
{
	const struct policy_pool *pool = policy_pool(p, uid);

	return pool != NULL && pool->userns ? pool : NULL;
}

unsigned int
policy_home(const struct policy *p, const struct cred *cred)
{
	const struct policy_pool *pool = policy_kept(p, cred->uid);

	/* The rights of a mere user are the same wherever he is. */
	if (pool == NULL || cred->class == CRED_USER)
		return POLICY_HOME_SHARE;
	return 1 + (unsigned int)(pool - p->rules.pools);
}

/* May a worker whose uid lies in pool (NULL: there are none) have gid? */
static int
policy_pool_gid(const struct policy_pool *pool, uint32_t gid)
{
	return pool == NULL || policy_in(gid, pool->gid_first, pool->gid_last);
}

/* The one user that the operator has named on purpose. */
static int
policy_named(const struct policy_rules *r, const struct cred *c)
{
	return policy_host(r) &&
	    (r->squash_all || r->root == POLICY_ROOT_ID) &&
	    c->class == CRED_USER && c->uid == r->root_uid &&
	    c->gid == r->root_gid;
}

/* Root of a pool: its first user, or whom guest root is translated to. */
static const char *
policy_pool_root(const struct policy *p, const struct cred *c)
{
	const struct policy_pool *pool = policy_kept(p, c->uid);
	uint32_t uid;

	if (pool == NULL)
		return "its pool has no root of its own";
	if (!policy_host(&p->rules))
		return c->uid == pool->first ? NULL : "it is not its pool's root";
	if (p->rules.squash_all || p->rules.root == POLICY_ROOT_ID)
		return "guest root is squashed";
	return idmap_to_host(&p->ids, IDMAP_UID, 0, &uid) == 0 &&
	    uid == c->uid ? NULL : "it is not guest root";
}

/* The class by itself, and the ids that a root worker may have. */
static const char *
policy_class(const struct policy *p, const struct cred *c, uint64_t *caps)
{
	const struct policy_rules *r = &p->rules;

	switch (c->class) {
	case CRED_USER:
		*caps = POLICY_USER_CAPS;
		return policy_host(r) && r->squash_all && !policy_named(r, c) ?
		    "everybody is squashed" : NULL;
	case CRED_CREATOR:
		/* What root may not, nobody may in its stead. */
		*caps = POLICY_CREATOR_CAPS & p->root_caps;
		return policy_host(r) ? "the host's answer is final" : NULL;
	case CRED_ROOT:
		*caps = p->root_caps;
		if (policy_host(r) && (r->squash_all ||
		    r->root == POLICY_ROOT_ID))
			return "guest root is squashed";
		return policy_kept(p, c->uid) != NULL ?
		    "its pool has a root of its own" : NULL;
	case CRED_POOL:
		*caps = p->root_caps;
		return policy_pool_root(p, c);
	default:
		return "no such class";
	}
}

/* Could a user of the guest be c, with every id it consists of? */
static const char *
policy_reachable(const struct policy *p, const struct cred *c)
{
	uint32_t i;

	if (cred_acts_root(c->class))
		return NULL;
	if (!idmap_reachable(&p->ids, IDMAP_UID, c->uid))
		return "no guest uid is translated to it";
	if (!idmap_reachable(&p->ids, IDMAP_GID, c->gid))
		return "no guest gid is translated to its group";
	if (p->rules.groups != POLICY_GROUPS_GUEST)
		return NULL;
	for (i = 0; i < c->gid_cnt; i++)
		if (!idmap_reachable(&p->ids, IDMAP_GID, c->gids[i]))
			return "no guest gid is translated to a group of it";
	return NULL;
}

static const char *
policy_walls(const struct policy *p, const struct cred *c)
{
	const struct policy_pool *pool = policy_pool(p, c->uid);

	/* Root of a namespace is kept inside by the kernel. */
	if (p->rules.pool_cnt == 0 || (c->class == CRED_ROOT &&
	    p->rules.root == POLICY_ROOT_USERNS))
		return NULL;
	if (pool == NULL)
		return "its uid is in no pool";
	return policy_pool_gid(pool, c->gid) ? NULL :
	    "its gid is not in its pool";
}

/* The id as the host's databases have it, outside of a namespace. */
static uint32_t
policy_out(const struct policy *p, enum idmap_of of, uint32_t id)
{
	uint32_t out;

	return idspace_out(&p->space[of], id, &out) == 0 ? out : id;
}

/* The host's user, or NULL. */
static const struct groups_user *
policy_user(const struct policy *p, uint32_t uid)
{
	return p->groups == NULL ? NULL :
	    groups_find(p->groups, policy_out(p, IDMAP_UID, uid));
}

/* The groups of the host's user, those that exist for a worker. */
static uint32_t
policy_user_groups(const struct policy *p, uint32_t uid,
    uint32_t list[CRED_GROUPS_MAX])
{
	const struct groups_user *u = policy_user(p, uid);
	uint32_t i, cnt = 0;

	for (i = 0; u != NULL && i < u->cnt; i++) {
		list[cnt] = u->gids[i];
		if (idspace_in(&p->space[IDMAP_GID], u->gids[i],
		    &list[cnt]) == 0)
			cnt++;
	}
	return cnt;
}

/*
 * May c carry gid at all?  A user of the host: if the host's databases have
 * him in that group.  Somebody whom they do not know: if a pool says so, or
 * they do not know the group either.
 */
static int
policy_member(const struct policy *p, const struct cred *c, uint32_t gid)
{
	const struct policy_pool *pool = policy_pool(p, c->uid);
	const struct groups_user *u;

	if (!policy_host(&p->rules) || cred_acts_root(c->class))
		return 1;
	if (p->groups == NULL)
		return 0;
	if ((u = policy_user(p, c->uid)) != NULL)
		return groups_has(u, policy_out(p, IDMAP_GID, gid));
	return pool != NULL ? policy_pool_gid(pool, gid) :
	    !groups_known(p->groups, policy_out(p, IDMAP_GID, gid));
}

/* Supplementary groups as the rules want them. */
static void
policy_groups(const struct policy *p, const struct cred *asked,
    struct cred *c)
{
	const struct policy_pool *pool = policy_pool(p, c->uid);
	uint32_t list[CRED_GROUPS_MAX], i, cnt = asked->gid_cnt;

	c->gid_cnt = 0;
	memset(c->gids, 0, sizeof(c->gids));
	if (p->rules.groups == POLICY_GROUPS_NONE || p->stuck)
		return;
	memcpy(list, asked->gids, sizeof(list));
	if (p->rules.groups == POLICY_GROUPS_HOST)
		cnt = policy_user_groups(p, c->uid, list);
	for (i = 0; i < cnt; i++)
		if (policy_pool_gid(pool, list[i]) &&
		    policy_member(p, c, list[i]))
			cred_add_group(c, list[i]);
}

int
policy_resolve(const struct policy *p, const struct cred *asked,
    struct policy_verdict *v)
{
	struct cred *c = &v->cred;

	memset(v, 0, sizeof(*v));
	if (!cred_valid(asked)) {
		v->why = "malformed";
		return EPERM;
	}
	*c = *asked;
	if (!policy_exists(p, c)) {
		v->why = "an id that its user namespace does not have";
		return EINVAL;
	}
	v->why = policy_class(p, c, &v->caps);
	if (v->why == NULL && policy_named(&p->rules, c)) {
		c->gid_cnt = 0;
		memset(c->gids, 0, sizeof(c->gids));
		return 0;
	}
	if (v->why == NULL)
		v->why = policy_reachable(p, c);
	if (v->why == NULL)
		v->why = policy_walls(p, c);
	if (v->why == NULL && !policy_member(p, c, c->gid))
		v->why = "the host's user is not in that group";
	if (v->why != NULL)
		return EPERM;
	policy_groups(p, asked, c);
	return 0;
}

int
policy_check(const struct policy *p, const struct cred *cred, uint64_t *caps)
{
	struct policy_verdict v;
	int err;

	if ((err = policy_resolve(p, cred, &v)) != 0)
		return err;
	if (!cred_equal(&v.cred, cred))
		return EPERM;
	*caps = v.caps;
	return 0;
}

/* Is everybody with a capability in the namespace of a pool? */
static int
policy_all_kept(const struct policy *p)
{
	uint32_t i;

	for (i = 0; i < p->rules.pool_cnt && p->rules.pools[i].userns; i++)
		continue;
	return i > 0 && i == p->rules.pool_cnt;
}

uint64_t
policy_spawner_caps(const struct policy *p, unsigned int home)
{
	uint64_t caps = JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID) |
	    JAIL_CAP(CAP_SETPCAP) | JAIL_CAP(CAP_KILL);

	if (p->bare)
		return 0;
	if (home != POLICY_HOME_SHARE || !policy_all_kept(p))
		caps |= p->root_caps;
	return caps;
}
