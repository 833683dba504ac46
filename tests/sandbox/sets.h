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

#ifndef VIOFSD_SANDBOX_SETS_H
#define VIOFSD_SANDBOX_SETS_H

/*
 * Knows: which tables make up the filter of which process.
 * Never: what a table says.
 */

#include <stdint.h>

#include "../../broker/sandbox_tab.h"
#include "../../common/sandbox.h"
#include "../../common/sandbox_fsworker.h"
#include "../../transport/sandbox_tab.h"

#define SET_TABLES	3

struct set {
	const char *name;
	unsigned int table_cnt;
	const struct sandbox_table *table[SET_TABLES];
};

#define SET_CNT	5

static const struct set sets[SET_CNT] = {
	{ "transport", 1, { &sandbox_transport } },
	{ "fsworker", 1, { &sandbox_fsworker } },
	{ "broker", 1, { &sandbox_tab_broker } },
	{ "broker-handles", 2, { &sandbox_tab_broker, &sandbox_tab_handles } },
	{ "spawner", 3, { &sandbox_tab_spawner, &sandbox_fsworker,
	    &sandbox_fsworker_start } },
};

/* Does a call with these six arguments fit the row?  Said a second time. */
static inline int
set_fits(const struct sandbox_row *row, const uint64_t *arg)
{
	const struct sandbox_arg *a;
	unsigned int i;
	uint64_t v;

	for (i = 0; i < SANDBOX_ARG_CNT; i++) {
		a = &row->arg[i];
		v = arg[a->index];
		if ((a->op == SANDBOX_EQ && v != a->value) ||
		    (a->op == SANDBOX_LE && v > a->value) ||
		    (a->op == SANDBOX_MASKED_EQ && (v & a->mask) != a->value))
			return 0;
	}
	return 1;
}

#endif
