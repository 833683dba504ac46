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
 * Knows: the grammar of --translate-uid and its like, virtiofsd's, and of
 * --uid-map.
 * Never: what becomes of an id.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf_opt.h"

#define CONF_IDS_FIELDS	4

/* "guest:0:100:10" cut at its separator: a word, then numbers. */
struct conf_ids_rule {
	char word[16];
	uint32_t n[CONF_IDS_FIELDS];
	unsigned int cnt;
};

static int
conf_ids_number(const char *s, size_t len, uint32_t *out)
{
	char digits[12];
	int64_t n;

	if (len >= sizeof(digits))
		return EINVAL;
	memcpy(digits, s, len);
	digits[len] = '\0';
	if (conf_number(digits, UINT32_MAX, &n) != 0)
		return EINVAL;
	*out = (uint32_t)n;
	return 0;
}

/* Numbers with sep between; trailing: and behind the last as well. */
static int
conf_ids_numbers(const char *s, char sep, int trailing,
    struct conf_ids_rule *r)
{
	const char *end;

	r->cnt = 0;
	for (;;) {
		end = strchrnul(s, sep);
		if (r->cnt == CONF_IDS_FIELDS || conf_ids_number(s,
		    (size_t)(end - s), &r->n[r->cnt++]) != 0)
			return EINVAL;
		if (*end == '\0')
			return trailing ? EINVAL : 0;
		s = end + 1;
		if (trailing && *s == '\0')
			return 0;
	}
}

static int
conf_ids_split(const char *value, struct conf_ids_rule *r)
{
	size_t len = 0;

	while (isalnum((unsigned char)value[len]) || value[len] == '-' ||
	    value[len] == '_')
		len++;
	if (len == 0 || len >= sizeof(r->word) || value[len] == '\0')
		return EINVAL;
	memcpy(r->word, value, len);
	r->word[len] = '\0';
	return conf_ids_numbers(value + len + 1, value[len], 0, r);
}

static int
conf_ids_add(struct conf *c, const struct idmap_rule *rule)
{
	struct idmap map = { c->idmap, c->idmap_cnt + 1 };
	uint32_t which;

	if (c->idmap_cnt == IDMAP_RULE_MAX)
		return EINVAL;
	c->idmap[c->idmap_cnt] = *rule;
	if (idmap_check(&map, &which) != 0)
		return EINVAL;
	c->idmap_cnt++;
	return 0;
}

static int
conf_ids_store(struct conf *c, enum idmap_of of,
    const struct conf_ids_rule *r)
{
	static const struct {
		const char *word;
		enum idmap_kind kind;
		unsigned int cnt;
	} kinds[] = {
		{ "guest", IDMAP_GUEST, 3 },
		{ "host", IDMAP_HOST, 3 },
		{ "squash-guest", IDMAP_SQUASH_GUEST, 3 },
		{ "squash-host", IDMAP_SQUASH_HOST, 3 },
		{ "forbid-guest", IDMAP_FORBID_GUEST, 2 },
		{ "map", IDMAP_GUEST, 3 },
	};
	struct idmap_rule rule;
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasecmp(kinds[i].word, r->word) == 0 &&
		    kinds[i].cnt == r->cnt)
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return EINVAL;
	rule.of = of;
	rule.kind = kinds[i].kind;
	rule.first = r->n[0];
	rule.to = r->cnt == 3 ? r->n[1] : 0;
	rule.cnt = r->n[r->cnt - 1];
	if ((err = conf_ids_add(c, &rule)) != 0 ||
	    strcasecmp(r->word, "map") != 0)
		return err;
	rule.kind = IDMAP_HOST;
	rule.first = r->n[1];
	rule.to = r->n[0];
	return conf_ids_add(c, &rule);
}

int
conf_translate(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	struct conf_ids_rule r;

	if (conf_ids_split(value, &r) != 0)
		return conf_refuse(opt, value, err);
	if (conf_ids_store(c, (enum idmap_of)opt->min, &r) == 0)
		return 0;
	conf_refuse(opt, value, err);
	snprintf(err + strlen(err), CONF_ERR_MAX - strlen(err),
	    "; ranges may not meet, nor contain 4294967295");
	return EINVAL;
}

int
conf_userns_map(struct conf *c, const struct conf_opt *opt,
    const char *value, char err[CONF_ERR_MAX])
{
	struct conf_ids_rule r;
	struct idspace_range range;

	if (value[0] == '\0' || isalnum((unsigned char)value[0]) ||
	    conf_ids_numbers(value + 1, value[0], 1, &r) != 0 || r.cnt != 3)
		return conf_refuse(opt, value, err);
	range.inside = r.n[0];
	range.outside = r.n[1];
	range.cnt = r.n[2];
	if (idspace_add(&c->space[opt->min], &range) == 0)
		return 0;
	conf_refuse(opt, value, err);
	snprintf(err + strlen(err), CONF_ERR_MAX - strlen(err),
	    "; ranges are not empty, may not meet, nor contain 4294967295");
	return EINVAL;
}
