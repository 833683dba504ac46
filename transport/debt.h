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

#ifndef VIOFSD_TRANSPORT_DEBT_H
#define VIOFSD_TRANSPORT_DEBT_H

#include "fs.h"

struct node;

/*
 * Knows: whether files may be introduced without a descriptor.  One that is
 * opened later is a trip to the broker, and costs what many descriptors do; a
 * guest that opens all it lists has no more than its share of such trips.
 * Never: a file.  Event thread only.
 */

/* n needed a descriptor; if it was introduced without, that has to be paid. */
void	debt_trip(struct fs *fs, const struct node *n);

/* A file came with one. */
void	debt_pay(struct fs *fs, enum debt_kind kind);

/* Is there something to pay, by a trip that was not long ago?  1 or 0. */
int	debt_due(struct fs *fs, enum debt_kind kind);

#endif
