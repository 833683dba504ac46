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
 * Knows: how latencies are counted, summed up and shown.
 * Never: what was counted.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <time.h>

#include "stats.h"

int64_t
stats_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static uint64_t
stats_load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void
stats_store(uint64_t *p, uint64_t val)
{
	__atomic_store_n(p, val, __ATOMIC_RELAXED);
}

/* Power of two and the two bits behind it. */
static unsigned
stats_slice(uint64_t ns)
{
	unsigned	 top;

	if (ns < 4)
		return (unsigned)ns;
	top = 63 - (unsigned)__builtin_clzll(ns);
	return top * 4 + (unsigned)((ns >> (top - 2)) & 3);
}

/* The largest time of a slice. */
static uint64_t
stats_edge(unsigned slice)
{
	unsigned	 top = slice / 4;

	if (slice < 8)
		return slice;
	return ((4 + (uint64_t)(slice & 3) + 1) << (top - 2)) - 1;
}

void
stats_add(struct stats *s, uint32_t opcode, int64_t start, bool failed)
{
	struct stats_op	*op = &s->op[opcode < OPCODE_CNT ? opcode : 0];
	int64_t		 now = stats_now();
	uint64_t	 ns = now > start ? (uint64_t)(now - start) : 0;
	uint32_t	*slice = &op->slice[stats_slice(ns)];

	stats_store(&op->cnt, op->cnt + 1);
	__atomic_store_n(slice, *slice + 1, __ATOMIC_RELAXED);
	if (failed)
		stats_store(&op->err_cnt, op->err_cnt + 1);
	if (ns > op->max)
		stats_store(&op->max, ns);
}

void
stats_merge(struct stats *s, const struct stats *from)
{
	const struct stats_op	*f;
	struct stats_op		*op;
	uint64_t		 max;
	unsigned		 i, k;

	for (i = 0; i < OPCODE_CNT; i++) {
		f = &from->op[i];
		op = &s->op[i];
		op->cnt += stats_load(&f->cnt);
		op->err_cnt += stats_load(&f->err_cnt);
		max = stats_load(&f->max);
		if (max > op->max)
			op->max = max;
		for (k = 0; k < STATS_SLICE_CNT; k++)
			op->slice[k] += __atomic_load_n(&f->slice[k],
			    __ATOMIC_RELAXED);
	}
}

/* The time that percent of the operations did not exceed. */
static uint64_t
stats_percentile(const struct stats_op *op, unsigned percent)
{
	uint64_t	 sum = 0, want = 0;
	unsigned	 k;

	for (k = 0; k < STATS_SLICE_CNT; k++)
		want += op->slice[k];
	want = (want * percent + 99) / 100;
	for (k = 0; k < STATS_SLICE_CNT; k++) {
		sum += op->slice[k];
		if (sum >= want)
			break;
	}
	return stats_edge(k) < op->max ? stats_edge(k) : op->max;
}

static void
stats_row(const struct stats_op *op, uint32_t opcode, FILE *to)
{
	const char	*name = opcode_name(opcode);

	fprintf(to, "%-16s %10llu %8llu %10.1f %10.1f %10.1f\n",
	    name != NULL ? name : "(other)", (unsigned long long)op->cnt,
	    (unsigned long long)op->err_cnt,
	    (double)stats_percentile(op, 50) / 1000,
	    (double)stats_percentile(op, 99) / 1000,
	    (double)op->max / 1000);
}

void
stats_print(const struct stats *s, FILE *to)
{
	uint32_t	 i;

	fprintf(to, "%-16s %10s %8s %10s %10s %10s\n", "operation", "count",
	    "errors", "p50 us", "p99 us", "max us");
	for (i = 0; i < OPCODE_CNT; i++)
		if (s->op[i].cnt > 0)
			stats_row(&s->op[i], i, to);
	fflush(to);
}
