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

#ifndef VIOFSD_COMMON_SANDBOX_H
#define VIOFSD_COMMON_SANDBOX_H

#include <sys/syscall.h>

#include <stddef.h>
#include <stdint.h>

/*
 * Knows: how a table of rows becomes a loaded seccomp filter.
 * Never: which calls a process needs; the rows are in each process's
 * sandbox_tab.c (and sandbox_fsworker.c, which two processes share).
 */

enum sandbox_action {
	SANDBOX_KILL,		/* the process, at once */
	SANDBOX_LOG,		/* allow and log: debugging only */
	SANDBOX_TRAP,		/* SIGSYS: debugging only */
};

enum sandbox_op {
	SANDBOX_ANY = 0,	/* no test */
	SANDBOX_EQ,		/* argument == value */
	SANDBOX_LE,		/* argument <= value */
	SANDBOX_MASKED_EQ,	/* (argument & mask) == value */
};

#define SANDBOX_ARG_CNT	3

struct sandbox_arg {
	uint8_t index;		/* 0..5 */
	uint8_t op;		/* enum sandbox_op */
	uint64_t value;
	uint64_t mask;
};

/*
 * One allowed call.  All args must hold; several rows for one call are
 * alternatives.  With err != 0 the call is not made but fails with err.
 */
struct sandbox_row {
	int nr;			/* SYS_* */
	int err;
	struct sandbox_arg arg[SANDBOX_ARG_CNT];
	const char *name;	/* "openat2" */
	const char *reason;	/* "file.c: why", never NULL */
};

struct sandbox_table {
	const struct sandbox_row *rows;
	size_t row_cnt;
};

/* Row helpers, so that a table reads as one. */
#define SB_ALLOW(call, why) \
	{ .nr = SYS_##call, .name = #call, .reason = why }
#define SB_ARG(call, why, ...) \
	{ .nr = SYS_##call, .name = #call, .reason = why, \
	    .arg = { __VA_ARGS__ } }
#define SB_ERRNO(call, e, why) \
	{ .nr = SYS_##call, .err = e, .name = #call, .reason = why }
#define SB_IS(i, v)		{ i, SANDBOX_EQ, v, 0 }
#define SB_UPTO(i, v)		{ i, SANDBOX_LE, v, 0 }
#define SB_MASK(i, m, v)	{ i, SANDBOX_MASKED_EQ, v, m }

/*
 * Have the heap hold all that making a filter takes, and keep it for good:
 * libseccomp 2.5 does not notice each malloc(3) that fails, and then loads a
 * filter that lacks rows, never ends, or crashes.  After this none fails.  For
 * processes that are made while memory may be short.  Fatal without memory.
 */
void	sandbox_reserve(void);

/*
 * Load the union of the tables for all threads and all they start; whatever
 * is in no row gets action.  no_new_privs must be set already.  Fatal on any
 * failure; afterwards the filter is read back (prctl(2), PR_GET_SECCOMP).
 */
void	sandbox_enter(const struct sandbox_table *tables, size_t table_cnt,
	    enum sandbox_action action);

#endif
