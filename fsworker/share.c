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

#include "share.h"

#define SHARE_CAPS	"security.capability"

/* What the kernel does to the real one must be done to another by us. */
static void
share_caps(struct share *s)
{
	if (xattrmap_client(&s->names, SHARE_CAPS, s->caps_name) != 0 ||
	    strcmp(s->caps_name, SHARE_CAPS) == 0)
		s->caps_name[0] = '\0';
}

int
share_parse(struct share *s, const struct a_whello *who, const void *tail,
    size_t tail_len)
{
	char why[XATTRMAP_ERR_MAX];
	size_t rules_len;
	uint32_t which;

	memset(s, 0, sizeof(*s));
	if (who->idmap_cnt > IDMAP_RULE_MAX)
		return EINVAL;
	rules_len = who->idmap_cnt * sizeof(s->rules[0]);
	if (tail_len < rules_len || tail_len - rules_len !=
	    who->xattrmap_len)
		return EINVAL;
	if (rules_len > 0)
		memcpy(s->rules, tail, rules_len);
	s->ids.rules = s->rules;
	s->ids.cnt = who->idmap_cnt;
	if (idmap_check(&s->ids, &which) != 0)
		return EINVAL;
	if (who->xattrmap_len > 0 && xattrmap_parse(&s->names,
	    (const char *)tail + rules_len, who->xattrmap_len, why) != 0)
		return EINVAL;
	share_caps(s);
	return 0;
}
