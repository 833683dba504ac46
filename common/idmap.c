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
 * Knows: --translate-uid and --translate-gid as rules.
 * Never: who asks.
 */

#include "config.h"

#include <errno.h>

#include "../common/idmap.h"

static int
idmap_from_guest(const struct idmap_rule *r)
{
	return r->kind == IDMAP_GUEST || r->kind == IDMAP_SQUASH_GUEST ||
	    r->kind == IDMAP_FORBID_GUEST;
}

static int
idmap_has(const struct idmap_rule *r, uint32_t id)
{
	return id >= r->first && id - r->first < r->cnt;
}

static int
idmap_overlap(const struct idmap_rule *a, const struct idmap_rule *b)
{
	return a->of == b->of && idmap_from_guest(a) == idmap_from_guest(b) &&
	    (idmap_has(a, b->first) || idmap_has(b, a->first));
}

/* 2^32 - 1 means "unchanged" to the kernel and is nobody's id. */
static int
idmap_range_ok(uint32_t first, uint32_t cnt)
{
	return cnt > 0 && cnt <= UINT32_MAX - first;
}

static int
idmap_rule_ok(const struct idmap_rule *r)
{
	if (r->of > IDMAP_GID || r->kind >= IDMAP_KIND_CNT)
		return 0;
	/* "All from here on" may include what is nobody's. */
	if (r->kind == IDMAP_FORBID_GUEST)
		return r->to == 0 && r->cnt > 0 &&
		    r->cnt - 1 <= UINT32_MAX - r->first;
	if (!idmap_range_ok(r->first, r->cnt))
		return 0;
	if (r->kind == IDMAP_GUEST || r->kind == IDMAP_HOST)
		return idmap_range_ok(r->to, r->cnt);
	return r->to != UINT32_MAX;
}

int
idmap_check(const struct idmap *m, uint32_t *which)
{
	uint32_t i, j;

	for (i = 0; i < m->cnt; i++) {
		*which = i;
		if (!idmap_rule_ok(&m->rules[i]))
			return EINVAL;
		for (j = 0; j < i; j++)
			if (idmap_overlap(&m->rules[i], &m->rules[j]))
				return EINVAL;
	}
	return 0;
}

static const struct idmap_rule *
idmap_find(const struct idmap *m, enum idmap_of of, int guest, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < m->cnt; i++)
		if (m->rules[i].of == (uint32_t)of &&
		    idmap_from_guest(&m->rules[i]) == guest &&
		    idmap_has(&m->rules[i], id))
			return &m->rules[i];
	return NULL;
}

int
idmap_to_host(const struct idmap *m, enum idmap_of of, uint32_t guest,
    uint32_t *host)
{
	const struct idmap_rule *r = idmap_find(m, of, 1, guest);

	if (r == NULL)
		*host = guest;
	else if (r->kind == IDMAP_FORBID_GUEST)
		return EPERM;
	else if (r->kind == IDMAP_SQUASH_GUEST)
		*host = r->to;
	else
		*host = r->to + (guest - r->first);
	return 0;
}

uint32_t
idmap_to_guest(const struct idmap *m, enum idmap_of of, uint32_t host)
{
	const struct idmap_rule *r = idmap_find(m, of, 0, host);

	if (r == NULL)
		return host;
	if (r->kind == IDMAP_SQUASH_HOST)
		return r->to;
	return r->to + (host - r->first);
}

int
idmap_reachable(const struct idmap *m, enum idmap_of of, uint32_t host)
{
	const struct idmap_rule *r;
	uint32_t i;

	/* A guest id without a rule stays what it is. */
	if (idmap_find(m, of, 1, host) == NULL)
		return 1;
	for (i = 0; i < m->cnt; i++) {
		r = &m->rules[i];
		if (r->of != (uint32_t)of)
			continue;
		if (r->kind == IDMAP_SQUASH_GUEST && r->to == host)
			return 1;
		if (r->kind == IDMAP_GUEST && host >= r->to &&
		    host - r->to < r->cnt)
			return 1;
	}
	return 0;
}
