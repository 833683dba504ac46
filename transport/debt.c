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
 * Knows: what a trip to the broker costs, in descriptors, and how long that
 * matters.
 * Never: a file.
 */

#include "config.h"

#include <time.h>

#include "debt.h"
#include "fs.h"
#include "node.h"

#define DEBT_COST	16	/* descriptors */
#define DEBT_MAX	4096
#define DEBT_LONG	1	/* seconds after which nobody remembers */

static int64_t
debt_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec;
}

void
debt_trip(struct fs *fs, const struct node *n)
{
	struct fs_debt *d = &fs->debt[n->said ? DEBT_LOOK : DEBT_LIST];

	if (!n->listed)
		return;
	d->when = debt_now();
	if (d->left < DEBT_MAX)
		d->left += DEBT_COST;
}

void
debt_pay(struct fs *fs, enum debt_kind kind)
{
	if (fs->debt[kind].left > 0)
		fs->debt[kind].left--;
}

int
debt_due(struct fs *fs, enum debt_kind kind)
{
	struct fs_debt *d = &fs->debt[kind];

	if (d->left > 0 && debt_now() - d->when > DEBT_LONG)
		d->left = 0;
	return d->left > 0;
}
