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

#ifndef VIOFSD_BROKER_RATE_H
#define VIOFSD_BROKER_RATE_H

#include <stdint.h>

/*
 * Knows: a token bucket.
 * Never: a clock; the caller says what time it is.
 */

struct rate {
	uint32_t burst;		/* tokens when full */
	uint32_t per_sec;	/* tokens gained in a second */
	uint64_t milli;		/* thousandths of a token there are */
	uint64_t last_ms;	/* when that was true */
};

/* A full bucket. */
void	rate_init(struct rate *r, uint32_t burst, uint32_t per_sec,
	    uint64_t now_ms);

/* Take one token.  Returns 0, or EAGAIN if there is none. */
int	rate_take(struct rate *r, uint64_t now_ms);

#endif
