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
 * Knows: the grammar of --guest-root, --squash-all, --pool and --deny, and
 * what those and --permissions make of each other.
 * Never: who may have a worker (policy.c).
 */

#include "config.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "../common/jail.h"
#include "../common/msg.h"
#include "conf_opt.h"

#define CONF_POLICY_WORD	64	/* longest word of any of them */

/* Cut the next word off *s, up to sep; returns what ended it, -1 if long. */
static int
conf_policy_word(const char **s, char sep, char word[CONF_POLICY_WORD])
{
	const char *end = strchrnul(*s, sep);
	size_t len = (size_t)(end - *s);

	if (len >= CONF_POLICY_WORD)
		return -1;
	memcpy(word, *s, len);
	word[len] = '\0';
	*s = *end == '\0' ? end : end + 1;
	return *end;
}

static int
conf_policy_id(const char *word, uint32_t *id)
{
	int64_t n;

	if (conf_number(word, UINT32_MAX - 1, &n) != 0)
		return EINVAL;
	*id = (uint32_t)n;
	return 0;
}

/* "UID:GID", neither of them root's. */
static int
conf_policy_ids(const char *value, uint32_t *uid, uint32_t *gid)
{
	char word[CONF_POLICY_WORD];

	if (conf_policy_word(&value, ':', word) != ':' ||
	    conf_policy_id(word, uid) != 0 || conf_policy_id(value, gid) != 0)
		return EINVAL;
	return *uid == 0 || *gid == 0 ? EINVAL : 0;
}

/* "FIRST-LAST" or a single id. */
static int
conf_policy_range(const char *value, uint32_t *first, uint32_t *last)
{
	char word[CONF_POLICY_WORD];
	int end;

	if ((end = conf_policy_word(&value, '-', word)) == -1 ||
	    conf_policy_id(word, first) != 0)
		return EINVAL;
	*last = *first;
	if (end == '-' && conf_policy_id(value, last) != 0)
		return EINVAL;
	return *last < *first ? EINVAL : 0;
}

/* Names of capabilities joined by '+'. */
static int
conf_policy_caps(struct conf *c, const struct conf_opt *opt,
    const char *value, char *err)
{
	char word[CONF_POLICY_WORD];
	int end, e;

	do {
		if ((end = conf_policy_word(&value, '+', word)) == -1)
			return conf_refuse(opt, value, err);
		if ((e = conf_cap_bit(opt, word, &c->rules.root_caps,
		    err)) != 0)
			return e;
	} while (end != '\0');
	return 0;
}

int
conf_guest_root(struct conf *c, const struct conf_opt *opt,
    const char *value, char err[CONF_ERR_MAX])
{
	struct policy_rules *r = &c->rules;

	c->guest_root = 1;
	r->root = POLICY_ROOT_ID;
	if (strcmp(value, "squash") == 0)
		return 0;
	if (strcmp(value, "userns") == 0) {
		r->root = POLICY_ROOT_USERNS;
		return 0;
	}
	if (strncmp(value, "caps:", 5) == 0) {
		r->root = POLICY_ROOT_CAPS;
		return conf_policy_caps(c, opt, value + 5, err);
	}
	if (conf_policy_ids(value, &r->root_uid, &r->root_gid) != 0)
		return conf_refuse(opt, value, err);
	return 0;
}

int
conf_squash_all(struct conf *c, const struct conf_opt *opt,
    const char *value, char err[CONF_ERR_MAX])
{
	c->rules.squash_all = 1;
	if (conf_policy_ids(value, &c->all_uid, &c->all_gid) != 0)
		return conf_refuse(opt, value, err);
	return 0;
}

/* What may follow the range of a pool. */
static int
conf_policy_pool_word(struct policy_pool *p, const char *word)
{
	int64_t n;

	if (strcmp(word, "userns") == 0) {
		p->userns = 1;
		return 0;
	}
	if (strncmp(word, "gids=", 5) == 0)
		return conf_policy_range(word + 5, &p->gid_first,
		    &p->gid_last);
	if (strncmp(word, "workers=", 8) != 0 ||
	    conf_number(word + 8, UINT32_MAX, &n) != 0 || n == 0)
		return EINVAL;
	p->worker_max = (uint32_t)n;
	return 0;
}

static int
conf_policy_pool(struct conf *c, const char *value)
{
	struct policy_rules *r = &c->rules;
	struct policy_pool p = { 0 };
	char word[CONF_POLICY_WORD];
	uint32_t i;
	int end;

	if ((end = conf_policy_word(&value, ',', word)) == -1 ||
	    conf_policy_range(word, &p.first, &p.last) != 0)
		return EINVAL;
	p.gid_first = p.first;
	p.gid_last = p.last;
	while (end == ',')
		if ((end = conf_policy_word(&value, ',', word)) == -1 ||
		    conf_policy_pool_word(&p, word) != 0)
			return EINVAL;
	for (i = 0; i < r->pool_cnt; i++)
		if (p.first <= r->pools[i].last &&
		    r->pools[i].first <= p.last)
			return EINVAL;
	if (r->pool_cnt == POLICY_POOL_MAX)
		return EINVAL;
	r->pools[r->pool_cnt++] = p;
	return 0;
}

int
conf_pool(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	return conf_policy_pool(c, value) == 0 ? 0 :
	    conf_refuse(opt, value, err);
}

int
conf_deny(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	static const struct {
		const char *word;
		uint32_t flag;
	} words[] = {
		{ "devices", MSG_POLICY_NO_DEVICES },
		{ "setid", MSG_POLICY_NO_SETID },
		{ "hardlinks", MSG_POLICY_NO_LINKS },
	};
	char word[CONF_POLICY_WORD];
	const char *s = value;
	size_t i;
	int end;

	do {
		end = conf_policy_word(&s, ',', word);
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (end != -1 && strcmp(word, words[i].word) == 0)
				break;
		if (i == sizeof(words) / sizeof(words[0]))
			return conf_refuse(opt, value, err);
		c->deny |= words[i].flag;
	} while (end != '\0');
	return 0;
}

/* What only the host's own answer gives a meaning to. */
static const char *
conf_check_host_only(const struct conf *c)
{
	const struct policy_rules *r = &c->rules;

	if (r->squash_all)
		return "--squash-all needs --permissions host or strict";
	if (c->guest_root)
		return "--guest-root needs --permissions host or strict";
	return NULL;
}

/* The namespaces of pools, which are for workers with capabilities. */
static const char *
conf_check_userns(const struct conf *c)
{
	const struct policy_rules *r = &c->rules;
	uint32_t i;

	for (i = 0; i < r->pool_cnt && !r->pools[i].userns; i++)
		continue;
	if (i == r->pool_cnt)
		return NULL;
	if (policy_host(r) && r->root != POLICY_ROOT_CAPS)
		return "--pool ...,userns keeps root: it needs --permissions "
		    "guest or --guest-root caps:LIST";
	if ((c->caps_add | r->root_caps) & JAIL_CAP(CAP_SYS_ADMIN))
		return "--pool ...,userns: there is no sys_admin in a user "
		    "namespace";
	return NULL;
}

const char *
conf_check_policy(const struct conf *c)
{
	const struct policy_rules *r = &c->rules;
	const char *why;

	if ((why = conf_check_userns(c)) != NULL)
		return why;
	if (!policy_host(r))
		return conf_check_host_only(c);
	if (r->squash_all && c->guest_root)
		return "--squash-all and --guest-root exclude each other";
	if ((c->caps_add | c->caps_drop) != 0)
		return "--modcaps is for --permissions guest; use "
		    "--guest-root caps:LIST";
	if (r->root == POLICY_ROOT_USERNS &&
	    (idspace_same(&c->space[IDMAP_UID]) ||
	    idspace_same(&c->space[IDMAP_GID])))
		return "--guest-root userns needs --uid-map and --gid-map";
	/* An open by nobody would have to be made by root. */
	if (c->no_open || c->no_opendir)
		return "--no-open and --no-opendir are for --permissions guest";
	/* A handle that was opened again has no name to be walked to. */
	if (r->perm == POLICY_STRICT && c->handles == CONF_HANDLES_MANDATORY)
		return "--permissions strict and "
		    "--inode-file-handles=mandatory exclude each other";
	return NULL;
}

void
conf_imply_policy(struct conf *c)
{
	struct policy_rules *r = &c->rules;

	r->perm = (enum policy_perm)c->permissions;
	r->groups = (enum policy_groups)c->groups;
	if (c->groups == CONF_GROUPS_UNSET)
		r->groups = policy_host(r) ? POLICY_GROUPS_HOST :
		    POLICY_GROUPS_GUEST;
	if (r->squash_all) {
		r->root_uid = c->all_uid;
		r->root_gid = c->all_gid;
	} else if (policy_host(r) && r->root == POLICY_ROOT_ID &&
	    r->root_uid == 0) {
		r->root_uid = r->root_gid = POLICY_NOBODY;
	}
	if (c->host_suid == CONF_HOST_SUID_WARN && policy_host(r))
		c->host_suid = CONF_HOST_SUID_NO;
	if (r->perm == POLICY_STRICT && c->handles == CONF_HANDLES_PREFER)
		c->handles = CONF_HANDLES_NEVER;
}
