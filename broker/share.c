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
 * Knows: what the options of the share are on the wire.
 * Never: a descriptor, or who asks.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "../common/xattrmap.h"
#include "broker.h"
#include "share.h"

#define SHARE_NSEC	1000000000LL	/* in a second */
#define SHARE_AUTO	1		/* seconds; virtiofsd's values */
#define SHARE_ALWAYS	86400

/*
 * The host's kernel drops security.capability when a file changes; under
 * another name it does not, and we must.
 */
static int
share_caps_mapped(const struct conf *c)
{
	static struct xattrmap map;
	char name[XATTRMAP_NAME_MAX + 1], err[XATTRMAP_ERR_MAX];

	if (c->xattrmap == NULL || xattrmap_parse(&map, c->xattrmap,
	    strlen(c->xattrmap), err) != 0)
		return 0;
	return xattrmap_client(&map, "security.capability", name) == 0 &&
	    strcmp(name, "security.capability") != 0;
}

uint32_t
share_flags(const struct conf *c, int handles)
{
	const struct {
		int on;
		uint32_t flag;
	} map[] = {
		{ !policy_host(&c->rules), MSG_SHARE_TRUST_GUEST },
		{ c->readonly, MSG_SHARE_READONLY },
		{ c->tag != NULL, MSG_SHARE_TAG },
		{ c->submounts, MSG_SHARE_SUBMOUNTS },
		{ c->xattr, MSG_SHARE_XATTR },
		{ c->posix_acl, MSG_SHARE_POSIX_ACL },
		{ c->security_label, MSG_SHARE_LABEL },
		{ c->killpriv_v2, MSG_SHARE_KILLPRIV_V2 },
		{ c->writeback, MSG_SHARE_WRITEBACK },
		{ c->direct_io, MSG_SHARE_DIRECT_IO },
		{ c->allow_mmap || c->cache == MSG_CACHE_NEVER,
		    MSG_SHARE_ALLOW_MMAP },
		{ c->allow_idmap, MSG_SHARE_ALLOW_IDMAP },
		{ c->no_readdirplus, MSG_SHARE_NO_PLUS },
		{ c->preserve_noatime, MSG_SHARE_NOATIME },
		{ c->flock, MSG_SHARE_FLOCK },
		{ c->posix_lock, MSG_SHARE_POSIX_LOCK },
		{ c->no_readdir, MSG_SHARE_NO_READDIR },
		{ c->no_open, MSG_SHARE_NO_OPEN },
		{ c->no_opendir, MSG_SHARE_NO_OPENDIR },
		{ c->seal_size, MSG_SHARE_SEAL_SIZE },
		{ share_caps_mapped(c), MSG_SHARE_CAPS_MAPPED },
		{ handles, MSG_SHARE_HANDLES },
		{ handles && c->handles == CONF_HANDLES_MANDATORY,
		    MSG_SHARE_HANDLES_ONLY },
	};
	uint32_t flags = 0;
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].on)
			flags |= map[i].flag;
	return flags;
}

uint32_t
share_rules(const struct conf *c)
{
	const struct policy_rules *r = &c->rules;
	uint32_t rules = c->deny;

	if (r->groups == POLICY_GROUPS_GUEST)
		rules |= MSG_POLICY_GROUPS;
	if (!policy_host(r))
		return rules;
	rules |= MSG_POLICY_HOST;
	if (r->perm == POLICY_STRICT)
		rules |= MSG_POLICY_STRICT;
	if (r->squash_all)
		rules |= MSG_POLICY_SQUASH;
	else if (r->root != POLICY_ROOT_ID)
		rules |= MSG_POLICY_ROOT;
	return rules;
}

/* The first of the options that was given, else what the policy says. */
static struct msg_timeout
share_timeout(int64_t first, int64_t second, int64_t third, int64_t policy)
{
	struct msg_timeout t;
	int64_t ns = policy * SHARE_NSEC;

	if (first != CONF_TIMEOUT_UNSET)
		ns = first;
	else if (second != CONF_TIMEOUT_UNSET)
		ns = second;
	else if (third != CONF_TIMEOUT_UNSET)
		ns = third;
	t.sec = (uint32_t)(ns / SHARE_NSEC);
	t.nsec = (uint32_t)(ns % SHARE_NSEC);
	return t;
}

void
share_timeouts(const struct conf *c, struct a_hello *a)
{
	int64_t policy = SHARE_ALWAYS;

	if (c->cache == MSG_CACHE_NEVER)
		policy = 0;
	else if (c->cache == MSG_CACHE_AUTO)
		policy = SHARE_AUTO;
	a->entry = share_timeout(CONF_TIMEOUT_UNSET, c->timeout_entry,
	    c->timeout, policy);
	a->attr = share_timeout(CONF_TIMEOUT_UNSET, c->timeout_attr,
	    c->timeout, policy);
	a->dir_entry = share_timeout(c->timeout_dir_entry, c->timeout_entry,
	    c->timeout, policy);
	a->dir_attr = share_timeout(c->timeout_dir_attr, c->timeout_attr,
	    c->timeout, policy);
	a->negative = share_timeout(CONF_TIMEOUT_UNSET, c->timeout_negative,
	    CONF_TIMEOUT_UNSET, 0);
}

uint64_t
share_walk_ns(const struct conf *c)
{
	struct a_hello a;

	share_timeouts(c, &a);
	return (uint64_t)a.entry.sec * (uint64_t)SHARE_NSEC + a.entry.nsec;
}

void
share_tail(struct broker *b)
{
	const struct conf *c = b->conf;
	size_t map_len = c->xattrmap != NULL ? strlen(c->xattrmap) : 0;

	b->idmap_len = c->idmap_cnt * sizeof(c->idmap[0]);
	b->tail_len = b->idmap_len + map_len;
	if (b->tail_len > MSG_TAIL_MAX)
		fatalx("--translate-uid, --translate-gid and --xattrmap are "
		    "too long together");
	if (b->tail_len == 0)
		return;
	if ((b->tail = malloc(b->tail_len)) == NULL)
		fatal("memory");
	memcpy(b->tail, c->idmap, b->idmap_len);
	if (map_len != 0)
		memcpy(b->tail + b->idmap_len, c->xattrmap, map_len);
}
