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

#ifndef VIOFSD_FUZZ_POLENV_H
#define VIOFSD_FUZZ_POLENV_H

/*
 * A policy by one byte of the input, and a host with one user.  Included once,
 * behind broker/policy.c.
 */

#define POLENV_HANDLES 0x01 /* file handles: the broker's business */
#define POLENV_HOST 0x02
#define POLENV_POOLS 0x04 /* the second is kept, unless groups are stuck */
#define POLENV_STUCK 0x08
#define POLENV_RULES 0x10
#define POLENV_GROUPS 0x20 /* the host's */
#define POLENV_SQUASH 0x40
#define POLENV_CAPS 0x80 /* guest root has some */

const struct groups_user *
groups_find(const struct groups *g, uint32_t uid)
{
	static const struct groups_user user = {
	    .uid = 1001, .cnt = 2, .gids = {1001, 1005}};

	(void)g;
	return uid == user.uid ? &user : NULL;
}

int
groups_has(const struct groups_user *u, uint32_t gid)
{
	return gid == u->gids[0] || gid == u->gids[1];
}

int
groups_known(const struct groups *g, uint32_t gid)
{
	(void)g;
	return gid == 1005;
}

/* The home of the pool that is kept, or the share's. */
static unsigned int
polenv_kept(const struct policy *p)
{
	return p->rules.pool_cnt > 1 && p->rules.pools[1].userns ?
	    2 : POLICY_HOME_SHARE;
}

static void
polenv_begin(struct policy *p, uint8_t how)
{
	static const struct idmap_rule rules[] = {
	    {IDMAP_UID, IDMAP_GUEST, 1000, 2000, 10},
	    {IDMAP_GID, IDMAP_GUEST, 1000, 2000, 10},
	};
	static const struct idspace space[2];
	static const struct groups groups;
	struct idmap ids = {rules, (how & POLENV_RULES) ? 2 : 0};
	struct policy_rules r;

	memset(&r, 0, sizeof(r));
	r.perm = (how & POLENV_HOST) ? POLICY_HOST : POLICY_GUEST;
	r.groups = (how & POLENV_GROUPS) ? POLICY_GROUPS_HOST :
					   POLICY_GROUPS_GUEST;
	r.squash_all = (how & POLENV_SQUASH) != 0;
	r.root = (how & POLENV_CAPS) ? POLICY_ROOT_CAPS : POLICY_ROOT_ID;
	r.root_caps = JAIL_CAP(CAP_CHOWN);
	r.root_uid = r.root_gid = POLICY_NOBODY;
	if (how & POLENV_POOLS) {
		r.pool_cnt = 2;
		r.pools[0] = (struct policy_pool){1000, 1010, 1000, 1010, 2,
		    0};
		r.pools[1] = (struct policy_pool){2000, 2100, 0, 65535, 0,
		    (how & POLENV_STUCK) == 0};
	}
	policy_init(p, &ids, 0, 0);
	policy_space(p, space, (how & POLENV_STUCK) != 0);
	policy_set(p, &r, &groups);
}

#endif
