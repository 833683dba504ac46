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

#ifndef VIOFSD_HOSTMOUNT_STATS_H
#define VIOFSD_HOSTMOUNT_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "opcode.h"

/* Four slices of each power of two, of nanoseconds. */
#define STATS_SLICE_CNT	(64 * 4)

struct stats_op {
	uint64_t	 cnt;
	uint64_t	 err_cnt;		/* answered with an error */
	uint64_t	 max;			/* nanoseconds */
	uint32_t	 slice[STATS_SLICE_CNT];
};

/* How often and how fast; one thread writes, any may read. */
struct stats {
	struct stats_op	 op[OPCODE_CNT];
};

/* Now, in nanoseconds of the monotonic clock. */
int64_t	stats_now(void);

/* Count an operation that was sent at start; opcode 0 collects the unknown. */
void	stats_add(struct stats *, uint32_t opcode, int64_t start, bool failed);

/* Add what from has counted. */
void	stats_merge(struct stats *, const struct stats *from);

/* A table of every operation that was ever seen. */
void	stats_print(const struct stats *, FILE *);

#endif
