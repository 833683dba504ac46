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
 * Knows: a token bucket.
 * Never: a clock.
 */

#include "config.h"

#include <errno.h>

#include "rate.h"

void
rate_init(struct rate *r, uint32_t burst, uint32_t per_sec, uint64_t now_ms)
{
	r->burst = burst;
	r->per_sec = per_sec;
	r->milli = (uint64_t)burst * 1000;
	r->last_ms = now_ms;
}

int
rate_take(struct rate *r, uint64_t now_ms)
{
	uint64_t full = (uint64_t)r->burst * 1000, gone;

	/* A clock that stands still or goes back gives nothing. */
	gone = now_ms > r->last_ms ? now_ms - r->last_ms : 0;
	r->last_ms = now_ms;
	if (gone >= full)
		gone = full;
	r->milli += gone * r->per_sec;
	if (r->milli > full)
		r->milli = full;
	if (r->milli < 1000)
		return EAGAIN;
	r->milli -= 1000;
	return 0;
}
