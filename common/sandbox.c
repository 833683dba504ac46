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
 * Knows: how a table of rows becomes a loaded seccomp filter.
 * Never: which calls a process needs.
 */

#include "config.h"

#include <sys/prctl.h>

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "../common/log.h"
#include "../common/sandbox.h"

/*
 * Twice what the largest table takes (test_sandbox.c), in pieces that are too
 * small for malloc(3) to map each of them by itself.
 */
#define SANDBOX_PIECES		4
#define SANDBOX_PIECE_LEN	65536

void
sandbox_reserve(void)
{
	/* Else a compiler may see that nobody needs them. */
	void *volatile piece[SANDBOX_PIECES];
	unsigned int i;

	/* Nothing is given back: that is brk(2), which the filter kills for. */
	if (mallopt(M_TRIM_THRESHOLD, INT_MAX) != 1)
		fatalx("mallopt");
	for (i = 0; i < SANDBOX_PIECES; i++)
		if ((piece[i] = malloc(SANDBOX_PIECE_LEN)) == NULL)
			fatal("memory for the seccomp filter");
	for (i = 0; i < SANDBOX_PIECES; i++)
		free(piece[i]);
}

static uint32_t
sandbox_default(enum sandbox_action action)
{
	switch (action) {
	case SANDBOX_LOG:
		return SCMP_ACT_LOG;
	case SANDBOX_TRAP:
		return SCMP_ACT_TRAP;
	default:
		return SCMP_ACT_KILL_PROCESS;
	}
}

static void
sandbox_add(scmp_filter_ctx ctx, const struct sandbox_row *row)
{
	struct scmp_arg_cmp cmp[SANDBOX_ARG_CNT];
	unsigned int n = 0, i;
	uint32_t act;
	int r;

	memset(cmp, 0, sizeof(cmp));
	for (i = 0; i < SANDBOX_ARG_CNT; i++) {
		if (row->arg[i].op == SANDBOX_ANY)
			continue;
		cmp[n].arg = row->arg[i].index;
		cmp[n].datum_a = row->arg[i].value;
		switch (row->arg[i].op) {
		case SANDBOX_LE:
			cmp[n].op = SCMP_CMP_LE;
			break;
		case SANDBOX_MASKED_EQ:
			cmp[n].op = SCMP_CMP_MASKED_EQ;
			cmp[n].datum_a = row->arg[i].mask;
			cmp[n].datum_b = row->arg[i].value;
			break;
		default:
			cmp[n].op = SCMP_CMP_EQ;
			break;
		}
		n++;
	}
	act = row->err != 0 ? SCMP_ACT_ERRNO(row->err) : SCMP_ACT_ALLOW;
	if ((r = seccomp_rule_add_array(ctx, act, row->nr, n, cmp)) != 0) {
		errno = -r;
		fatal("seccomp row %s", row->name);
	}
}

/* The union of the tables, as the library has it before it is loaded. */
static scmp_filter_ctx
sandbox_make(const struct sandbox_table *tables, size_t table_cnt,
    enum sandbox_action action)
{
	scmp_filter_ctx ctx;
	size_t t, i;
	int r;

	if ((ctx = seccomp_init(sandbox_default(action))) == NULL)
		fatalx("seccomp_init");
	if ((r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0 ||
	    (r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    (r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) != 0) {
		errno = -r;
		fatal("seccomp_attr_set");
	}
	for (t = 0; t < table_cnt; t++)
		for (i = 0; i < tables[t].row_cnt; i++)
			sandbox_add(ctx, &tables[t].rows[i]);
	return ctx;
}

void
sandbox_enter(const struct sandbox_table *tables, size_t table_cnt,
    enum sandbox_action action)
{
	scmp_filter_ctx ctx;
	int r;

	ctx = sandbox_make(tables, table_cnt, action);
	if ((r = seccomp_load(ctx)) != 0) {
		errno = -r;
		fatal("seccomp_load");
	}
	seccomp_release(ctx);
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2)
		fatalx("the seccomp filter is not in force");
}
