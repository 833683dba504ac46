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
 * Knows: the one place that decides under which credential a request runs.
 * Never: ids from anywhere but the request's header and its extension.
 */

#include "config.h"

#include <errno.h>

#include "../common/log.h"
#include "ext.h"
#include "fs.h"
#include "handle.h"
#include "req.h"
#include "route.h"

/* The guest's ids as the host knows them; the broker checks them again. */
static int
route_host_ids(const struct req *r, uint32_t *uid, uint32_t *gid)
{
	int err;

	if ((err = idmap_to_host(&r->fs->ids, IDMAP_UID, r->in.uid,
	    uid)) == 0)
		err = idmap_to_host(&r->fs->ids, IDMAP_GID, r->in.gid, gid);
	if (err != 0)
		log_guest(LOG_KEY_AUDIT, "audit: share %s: guest uid %u gid %u "
		    "refused: forbidden by the map of ids", r->fs->conf.name,
		    r->in.uid, r->in.gid);
	return err;
}

static int
route_groups(const struct req *r, struct cred *c)
{
	struct cred guest;
	uint32_t gid, i;
	int err;

	if ((r->fs->session.flags & FUSE_CREATE_SUPP_GROUP) == 0)
		return 0;
	cred_set(&guest, CRED_USER, 0, 0);
	if ((err = ext_groups(r, &guest)) != 0 ||
	    (r->fs->conf.policy & MSG_POLICY_GROUPS) == 0)
		return err;
	for (i = 0; i < guest.gid_cnt; i++)
		if ((err = idmap_to_host(&r->fs->ids, IDMAP_GID,
		    guest.gids[i], &gid)) != 0 ||
		    (err = cred_add_group(c, gid)) != 0)
			return err;
	return 0;
}

/* Ids that are nobody's: 1, or 0, or EINVAL where there must be some. */
static int
route_no_ids(const struct req *r, int creates, int *none)
{
	*none = r->in.uid == FUSE_PROTO_INVALID_ID ||
	    r->in.gid == FUSE_PROTO_INVALID_ID;
	if (*none && (creates ||
	    (r->fs->session.flags & FUSE_PROTO_ALLOW_IDMAP) == 0))
		return EINVAL;
	return 0;
}

/* The pool of the host's uid that has a root of its own, or NULL. */
static const struct msg_pool *
route_pool(const struct req *r, uint32_t uid)
{
	const struct a_hello *conf = &r->fs->conf;
	uint32_t i;

	for (i = 0; i < conf->pool_cnt; i++)
		if (uid >= conf->pools[i].first && uid <= conf->pools[i].last)
			return &conf->pools[i];
	return NULL;
}

/*
 * Root, for the host's user uid: of its pool, if the kernel keeps it there.
 * Where nobody but who started viofsd has workers, root is that user.
 */
static void
route_as_root(const struct req *r, uint32_t uid, struct cred *c)
{
	const struct a_hello *conf = &r->fs->conf;
	const struct msg_pool *pool = route_pool(r, uid);

	if (pool != NULL)
		cred_set(c, CRED_POOL, pool->first, pool->gid);
	else if ((conf->flags & MSG_SHARE_BARE) == 0)
		cred_set(c, CRED_ROOT, 0, 0);
	else
		cred_set(c, conf->root_uid == 0 ? CRED_ROOT : CRED_USER,
		    conf->root_uid, conf->root_gid);
}

/* Guest root where the host's word is the last one. */
static void
route_squashed(const struct req *r, uint32_t gid, struct cred *c)
{
	const struct a_hello *conf = &r->fs->conf;
	const struct msg_pool *pool = NULL;
	uint32_t uid;

	if (idmap_to_host(&r->fs->ids, IDMAP_UID, 0, &uid) == 0)
		pool = route_pool(r, uid);
	if ((conf->policy & MSG_POLICY_ROOT) == 0)
		cred_set(c, CRED_USER, conf->root_uid, conf->root_gid);
	else if (pool != NULL)
		cred_set(c, CRED_POOL, uid, gid != 0 ? gid : pool->gid);
	else
		cred_set(c, CRED_ROOT, conf->root_uid,
		    gid != 0 ? gid : conf->root_gid);
}

/* Whoever root is, the host decides what he may: there is no other try. */
static int
route_host(const struct req *r, int creates, struct cred *c)
{
	uint32_t uid, gid;
	int err, none;

	if ((err = route_no_ids(r, creates, &none)) != 0)
		return err;
	if (none || (r->fs->conf.policy & MSG_POLICY_SQUASH) != 0) {
		route_squashed(r, 0, c);
		return 0;
	}
	if ((err = route_host_ids(r, &uid, &gid)) != 0)
		return err;
	if (uid != 0 && (r->in.uid != 0 ||
	    (r->fs->conf.policy & MSG_POLICY_ROOT) == 0))
		cred_set(c, CRED_USER, uid, gid);
	else
		route_squashed(r, creates ? gid : 0, c);
	if (creates && (err = route_groups(r, c)) != 0)
		return err;
	return cred_valid(c) ? 0 : EINVAL;
}

int
route_first(const struct req *r, int creates, struct cred *c)
{
	uint32_t uid, gid;
	int err, none;

	if (r->fs->conf.policy & MSG_POLICY_HOST)
		return route_host(r, creates, c);
	if ((err = route_no_ids(r, creates, &none)) != 0)
		return err;
	if (none) {
		route_as_root(r, 0, c);
		return 0;
	}
	if ((err = route_host_ids(r, &uid, &gid)) != 0)
		return err;
	/* Guest root acts as the share's root, whatever owns its files. */
	if (r->in.uid == 0 && !creates)
		route_as_root(r, uid, c);
	else if (uid == 0)
		cred_set(c, route_pool(r, 0) != NULL ? CRED_POOL : CRED_ROOT,
		    0, gid);
	else
		cred_set(c, CRED_USER, uid, gid);
	if (creates && (err = route_groups(r, c)) != 0)
		return err;
	return cred_valid(c) ? 0 : EINVAL;
}

/*
 * Whose root?  That of who opened the file, else of the caller; of no pool for
 * a caller without ids, or without one of the host's.
 */
static uint32_t
route_root_of(const struct req *r, const struct handle *h)
{
	uint32_t uid;

	if (r->fs->conf.pool_cnt == 0)
		return 0;
	if (h != NULL)
		return h->uid;
	return r->in.uid == FUSE_PROTO_INVALID_ID || idmap_to_host(&r->fs->ids,
	    IDMAP_UID, r->in.uid, &uid) != 0 ? 0 : uid;
}

int
route_root(const struct req *r, struct cred *c)
{
	const struct handle *h;

	h = r->handle[1] != NULL ? r->handle[1] : r->handle[0];
	if ((r->fs->conf.policy & MSG_POLICY_HOST) == 0) {
		route_as_root(r, route_root_of(r, h), c);
		return 0;
	}
	if (h == NULL)
		return route_first(r, 0, c);
	cred_set(c, (enum cred_class)h->class, h->uid, h->gid);
	return 0;
}

int
route_retry(const struct req *r, int err, struct cred *c)
{
	if (err != EACCES && err != EPERM)
		return 0;
	if ((r->fs->conf.flags & MSG_SHARE_TRUST_GUEST) == 0 ||
	    r->call.retried || r->call.final ||
	    r->call.cred.class != CRED_USER)
		return 0;
	if (r->call.creates) {
		*c = r->call.cred;
		c->class = CRED_CREATOR;
		/* ... who would have no capability then, and so is the same. */
		return (r->fs->conf.flags & MSG_SHARE_BARE) == 0;
	}
	route_as_root(r, r->call.cred.uid, c);
	return !cred_equal(c, &r->call.cred);
}
