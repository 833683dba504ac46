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
 * Knows: the form of the tail of A_WHELLO.
 * Never: what a rule is good for.
 */

#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "rules.h"

#define RULES_CAPS	"security.capability"

/* What the kernel does to the real one must be done to another by us. */
static void
rules_caps(struct rules *r)
{
	if (xattrmap_client(&r->names, RULES_CAPS, r->caps_name) != 0 ||
	    strcmp(r->caps_name, RULES_CAPS) == 0)
		r->caps_name[0] = '\0';
}

int
rules_parse(struct rules *r, const struct a_whello *who, const void *tail,
    size_t tail_len)
{
	char why[XATTRMAP_ERR_MAX];
	size_t rules_len;
	uint32_t which;

	memset(r, 0, sizeof(*r));
	if (who->idmap_cnt > IDMAP_RULE_MAX)
		return EINVAL;
	rules_len = who->idmap_cnt * sizeof(r->id_rules[0]);
	if (tail_len < rules_len || tail_len - rules_len !=
	    who->xattrmap_len)
		return EINVAL;
	if (rules_len > 0)
		memcpy(r->id_rules, tail, rules_len);
	r->ids.rules = r->id_rules;
	r->ids.cnt = who->idmap_cnt;
	if (idmap_check(&r->ids, &which) != 0)
		return EINVAL;
	if (who->xattrmap_len > 0 && xattrmap_parse(&r->names,
	    (const char *)tail + rules_len, who->xattrmap_len, why) != 0)
		return EINVAL;
	rules_caps(r);
	return 0;
}
