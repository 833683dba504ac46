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

#ifndef VIOFSD_FSWORKER_RULES_H
#define VIOFSD_FSWORKER_RULES_H

#include <stddef.h>

#include "../common/idmap.h"
#include "../common/msg.h"
#include "../common/xattrmap.h"

/*
 * Knows: the rules of the share: which ids and attribute names stand for
 * which, as the tail of the broker's hello says.
 * Never: a question.
 */

struct rules {
	struct idmap ids;		/* points to id_rules */
	struct idmap_rule id_rules[IDMAP_RULE_MAX];
	struct xattrmap names;
	/* Where the guest's security.capability is kept, "" if not elsewhere. */
	char caps_name[XATTRMAP_NAME_MAX + 1];
};

/*
 * Read the tail of an A_WHELLO into r, which must not be moved afterwards.
 * Returns 0, or EINVAL if it does not fit who or has a wrong rule.
 */
int	rules_parse(struct rules *r, const struct a_whello *who,
	    const void *tail, size_t tail_len);

#endif
