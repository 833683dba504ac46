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

#ifndef VIOFSD_BROKER_POLICY_H
#define VIOFSD_BROKER_POLICY_H

#include <stdint.h>

#include "../common/cred.h"
#include "../common/idmap.h"
#include "../common/idspace.h"

/*
 * Knows: which credential may have a worker, and which capabilities a worker
 * of each class is born with.  Pure functions.
 * Never: I/O, state, or how a credential is taken on.
 */

struct groups;

/* --permissions: whose word on an object is the last one. */
enum policy_perm {
	POLICY_GUEST,		/* the guest's kernel's */
	POLICY_HOST,		/* the host's */
	POLICY_STRICT,		/* the host's, on the way to it as well */
};

/* --groups: where supplementary groups come from. */
enum policy_groups {
	POLICY_GROUPS_GUEST,	/* what the guest sends */
	POLICY_GROUPS_HOST,	/* the host's databases */
	POLICY_GROUPS_NONE,
};

/* --guest-root: what guest root is when the host's word counts. */
enum policy_root {
	POLICY_ROOT_ID,		/* the user root_uid, root_gid, no more */
	POLICY_ROOT_CAPS,	/* uid 0 with root_caps */
	POLICY_ROOT_USERNS,	/* root of the namespace of --uid-map */
};

#define POLICY_POOL_MAX		16
#define POLICY_NOBODY		65534	/* the kernel's overflow id */

/* --pool: host ids that may have a worker, ends included. */
struct policy_pool {
	uint32_t first, last;
	uint32_t gid_first, gid_last;
	uint32_t worker_max;	/* processes at one time, 0 = no limit */
	int userns;		/* those with capabilities are kept in it */
};

/*
 * Where a worker lives: in the share's user namespace, or in that of the pool
 * with this number less one.
 */
#define POLICY_HOME_SHARE	0u
#define POLICY_HOME_CNT		(POLICY_POOL_MAX + 1u)

/* What the options say.  All zero: the guest is trusted, no walls. */
struct policy_rules {
	enum policy_perm perm;
	enum policy_groups groups;
	enum policy_root root;
	int squash_all;			/* everybody is root_uid, root_gid */
	uint32_t root_uid, root_gid;
	uint64_t root_caps;		/* POLICY_ROOT_CAPS */
	uint32_t pool_cnt;
	struct policy_pool pools[POLICY_POOL_MAX];
};

/* What is fixed for a share before anybody is listened to. */
struct policy {
	uint64_t root_caps;	/* of a root worker */
	struct idmap ids;	/* checked; the rules outlive the policy */
	struct idspace space[2];	/* by enum idmap_of */
	int stuck;		/* groups cannot be changed */
	int bare;		/* no namespaces: space is one user */
	struct policy_rules rules;
	const struct groups *groups;	/* outlives the policy; or NULL */
};

/* What a credential comes to. */
struct policy_verdict {
	struct cred cred;	/* what the worker is, with its groups */
	uint64_t caps;		/* exactly */
	const char *why;	/* it is refused, or NULL */
};

/*
 * The policy for a share with these rules and with --modcaps: add to and drop
 * from the root worker's capabilities.  Everything else is as when no option
 * is given.
 */
void	policy_init(struct policy *p, const struct idmap *ids, uint64_t add,
	    uint64_t drop);

/*
 * Workers live in a user namespace with these ids, by enum idmap_of; without
 * it, every id exists.  stuck: nobody has other supplementary groups than we.
 */
void	policy_space(struct policy *p, const struct idspace space[2],
	    int stuck);

/*
 * The rest: what the options say, and the host's groups (NULL where they do
 * not count).  Both must outlive the policy, r is copied.
 */
void	policy_set(struct policy *p, const struct policy_rules *r,
	    const struct groups *g);

/* There are no namespaces: nobody has a capability.  After policy_set(). */
void	policy_bare(struct policy *p);

/* 1 if the host's word is the last one, else 0. */
static inline int
policy_host(const struct policy_rules *r)
{
	return r->perm != POLICY_GUEST;
}

/*
 * May asked have a worker, as what, and with which capabilities?  Supplementary
 * groups become what the rules make of them; nothing else changes.  Nobody ever
 * gets SETUID or SETGID, and SYS_ADMIN only a root worker that was granted it.
 * Returns 0 and v; EPERM and v->why; or EINVAL, also with a reason, if an id
 * does not exist in the user namespace.
 */
int	policy_resolve(const struct policy *p, const struct cred *asked,
	    struct policy_verdict *v);

/*
 * Is cred something that policy_resolve() says, to the last group?  Returns 0
 * with the exact capabilities in *caps; or EPERM or EINVAL as above.
 */
int	policy_check(const struct policy *p, const struct cred *cred,
	    uint64_t *caps);

/* The pool that a host uid lies in, or NULL. */
const struct policy_pool *policy_pool(const struct policy *p, uint32_t uid);

/* Where cred, which policy_check() knows, lives: below POLICY_HOME_CNT. */
unsigned int policy_home(const struct policy *p, const struct cred *cred);

/*
 * Everything that the spawner of a home needs to make workers: ids, and what
 * they may get.
 */
uint64_t policy_spawner_caps(const struct policy *p, unsigned int home);

#endif
