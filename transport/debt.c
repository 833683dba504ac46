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
	if (!n->listed)
		return;
	fs->debt.when = debt_now();
	if (fs->debt.left < DEBT_MAX)
		fs->debt.left += DEBT_COST;
}

void
debt_pay(struct fs *fs)
{
	if (fs->debt.left > 0)
		fs->debt.left--;
}

int
debt_due(struct fs *fs)
{
	if (fs->debt.left > 0 && debt_now() - fs->debt.when > DEBT_LONG)
		fs->debt.left = 0;
	return fs->debt.left > 0;
}
