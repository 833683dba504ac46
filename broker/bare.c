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
 * Knows: --sandbox none where not even a user namespace can be made.
 * Never: Landlock, or a process.
 */

#include "config.h"

#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "../common/caps.h"
#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "bare.h"
#include "broker.h"
#include "policy.h"
#include "probe.h"
#include "setup.h"

int
bare_needed(const struct conf *c)
{
	struct jail_identity id;

	if (c->sandbox != CONF_SANDBOX_NONE)
		return 0;
	jail_observe(&id);
	if (geteuid() == 0 && (id.cap_prm & JAIL_CAP(CAP_SYS_ADMIN)) != 0)
		return 0;
	return !probe_kernel(PROBE_JAIL);
}

/* What cannot be kept is not served. */
static void
bare_refuse(const struct conf *c)
{
	const char *what = NULL;

	if (c->space[IDMAP_UID].cnt != 0 || c->space[IDMAP_GID].cnt != 0)
		what = "--uid-map and --gid-map";
	else if (c->posix_acl && geteuid() != 0)
		what = "--posix-acl";
	if (what != NULL)
		fatalx("%s: there is no user namespace to be had here", what);
	if (landlock_abi() == 0)
		fatalx("--sandbox none: neither a user namespace nor Landlock "
		    "can be had here");
}

static void
bare_rule(struct conf *c, enum idmap_of of, enum idmap_kind kind,
    const uint32_t ids[2])
{
	struct idmap_rule *r;

	if (c->idmap_cnt == IDMAP_RULE_MAX)
		fatalx("--translate-uid and --translate-gid: too many rules");
	r = &c->idmap[c->idmap_cnt++];
	r->of = (uint32_t)of;
	r->kind = (uint32_t)kind;
	r->first = ids[0];
	r->to = ids[1];
	r->cnt = 1;
}

/*
 * As in a user namespace of one id: the guest's 0 is own, and neither the
 * host's 0 nor the guest's own is anybody.
 */
static void
bare_translate(struct conf *c, enum idmap_of of, uint32_t own)
{
	const uint32_t in[2] = { 0, own }, out[2] = { own, 0 };
	const uint32_t other[2] = { own, POLICY_NOBODY };
	const uint32_t root[2] = { 0, POLICY_NOBODY };
	uint32_t i;

	if (own == 0)
		return;
	for (i = 0; i < c->idmap_cnt; i++)
		if (c->idmap[i].of == (uint32_t)of)
			return;
	bare_rule(c, of, IDMAP_GUEST, in);
	bare_rule(c, of, IDMAP_SQUASH_GUEST, other);
	bare_rule(c, of, IDMAP_HOST, out);
	bare_rule(c, of, IDMAP_SQUASH_HOST, root);
}

static void
bare_space(struct idspace *s, uint32_t own)
{
	memset(s, 0, sizeof(*s));
	s->range[0].inside = s->range[0].outside = own;
	s->range[0].cnt = 1;
	s->cnt = 1;
}

void
bare_self(const struct idspace space[2], struct cred *c)
{
	cred_set(c, CRED_USER, space[IDMAP_UID].range[0].inside,
	    space[IDMAP_GID].range[0].inside);
}

void
bare_enter(struct broker *b, struct setup *s)
{
	struct userns *u = &b->userns;
	struct jail_identity id;

	bare_refuse(s->conf);
	caps_none();
	jail_observe(&id);
	b->bound = id.cap_bnd;
	bare_space(&u->space[IDMAP_UID], id.euid);
	bare_space(&u->space[IDMAP_GID], id.egid);
	u->stuck = 1;
	s->here = *u;
	s->usernsfd = -1;
	s->ids.uid = id.euid;
	s->ids.gid = id.egid;
	bare_self(u->space, &b->own_groups);
	jail_own_groups(&b->own_groups);
	b->userns_flags = MSG_SHARE_BARE | MSG_SHARE_ONE_USER |
	    MSG_SHARE_OWN_GROUPS;
	if (!policy_host(&s->conf->rules)) {
		bare_translate(s->conf, IDMAP_UID, id.euid);
		bare_translate(s->conf, IDMAP_GID, id.egid);
	}
	log_warnx("--sandbox none: no namespace can be had here. Landlock and "
	    "filters stand alone: everything runs as user %u, the share has "
	    "its host's mounts, and a worker that is taken over can change "
	    "attributes of this user's other files", id.euid);
}
