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
 * Knows: what a credential is, how two are compared and printed.
 * Never: who may have one, or how one is taken on.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/cred.h"

void
cred_set(struct cred *c, enum cred_class class, uint32_t uid, uint32_t gid)
{
	memset(c, 0, sizeof(*c));
	c->class = class;
	c->uid = uid;
	c->gid = gid;
}

int
cred_add_group(struct cred *c, uint32_t gid)
{
	uint32_t i;

	for (i = 0; i < c->gid_cnt && c->gids[i] < gid; i++)
		continue;
	if (i < c->gid_cnt && c->gids[i] == gid)
		return 0;
	if (c->gid_cnt == CRED_GROUPS_MAX)
		return E2BIG;
	memmove(&c->gids[i + 1], &c->gids[i],
	    (c->gid_cnt - i) * sizeof(c->gids[0]));
	c->gids[i] = gid;
	c->gid_cnt++;
	return 0;
}

int
cred_valid(const struct cred *c)
{
	uint32_t i;

	if (c->class >= CRED_CLASS_CNT || c->gid_cnt > CRED_GROUPS_MAX)
		return 0;
	if (c->uid == UINT32_MAX || c->gid == UINT32_MAX)
		return 0;
	if (c->class != CRED_POOL &&
	    (c->class == CRED_ROOT) != (c->uid == 0))
		return 0;
	for (i = 0; i < c->gid_cnt; i++) {
		if (c->gids[i] == UINT32_MAX)
			return 0;
		if (i > 0 && c->gids[i] <= c->gids[i - 1])
			return 0;
	}
	for (; i < CRED_GROUPS_MAX; i++)
		if (c->gids[i] != 0)
			return 0;
	return 1;
}

int
cred_equal(const struct cred *a, const struct cred *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int
cred_acts_root(uint32_t class)
{
	return class == CRED_ROOT || class == CRED_POOL;
}

uint32_t
cred_hash(const struct cred *c)
{
	const uint32_t *w = (const uint32_t *)c;
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < 4 + (size_t)c->gid_cnt; i++) {
		h = (h ^ w[i]) * 16777619u;
		h ^= h >> 15;
	}
	return h;
}

const char *
cred_str(const struct cred *c, char buf[CRED_STR_MAX])
{
	static const char *const name[CRED_CLASS_CNT] = {
		"user", "creator", "root", "pool",
	};
	const char *class = c->class < CRED_CLASS_CNT ? name[c->class] : "?";

	if (c->gid_cnt > 0)
		snprintf(buf, CRED_STR_MAX, "%s %u:%u+%u", class, c->uid,
		    c->gid, c->gid_cnt);
	else
		snprintf(buf, CRED_STR_MAX, "%s %u:%u", class, c->uid, c->gid);
	return buf;
}
