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
 * Knows: how long a device is held to be slow.
 * Never: a system call but the clock.
 */

#include "config.h"

#include <time.h>

#include "node.h"
#include "slow.h"

#define SLOW_DEVS	(sizeof(((struct slow *)0)->dev) / \
			    sizeof(struct slow_dev))

int64_t
slow_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static unsigned int
slow_at(const struct node *n)
{
	return (n->dev_major * 3 + n->dev_minor) % SLOW_DEVS;
}

int
slow_is(const struct slow *s, const struct node *n)
{
	const struct slow_dev *d = &s->dev[slow_at(n)];

	return d->left > 0 && d->major == n->dev_major &&
	    d->minor == n->dev_minor;
}

void
slow_took(struct slow *s, const struct node *n, int64_t ns)
{
	struct slow_dev *d = &s->dev[slow_at(n)];

	if (ns > SLOW_NS) {
		d->major = n->dev_major;
		d->minor = n->dev_minor;
		d->left = SLOW_CALLS;
	} else if (slow_is(s, n))
		d->left--;
}
