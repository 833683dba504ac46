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

#ifndef VIOFSD_TRANSPORT_SLOW_H
#define VIOFSD_TRANSPORT_SLOW_H

#include <stdint.h>

/*
 * Knows: which devices made a call wait lately, by the time that calls took:
 * for what Linux does not try without sleeping, which are most writes.
 * Never: what was called.  All of it is a hint.
 */

#define SLOW_NS		5000000	/* so slow: not for want of a processor */
#define SLOW_CALLS	32	/* as many must be fast until that is over */

struct node;

/* Some devices; one that falls on another's place takes it. */
struct slow {
	struct slow_dev {
		uint32_t major, minor;
		uint32_t left;	/* calls that must be fast, 0: none */
	} dev[8];
};

/* Nanoseconds of a clock that only runs on; any thread. */
int64_t	slow_clock(void);

/* A call for a file on n's device took ns; event thread. */
void	slow_took(struct slow *s, const struct node *n, int64_t ns);

/* Would a call for n better be made by an I/O thread?  Event thread. */
int	slow_is(const struct slow *s, const struct node *n);

#endif
