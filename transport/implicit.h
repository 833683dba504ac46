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

#ifndef VIOFSD_TRANSPORT_IMPLICIT_H
#define VIOFSD_TRANSPORT_IMPLICIT_H

#include <stdint.h>

struct handle;
struct req;

/*
 * Knows: what stands in for the open file of a guest that opens nothing
 * (--no-open, --no-opendir): which requests need one, and how it comes.
 * Never: an open call; workers open, with the rights of whoever comes first.
 */

/* Does the guest send no OPEN (or OPENDIR), and means that by fh?  1 or 0. */
int	implicit_is(const struct req *r, uint64_t fh, int dir);

/*
 * Does r need an open file that is not there yet?  Then 1; it is asked for,
 * and r is started or answered when it comes.  Else 0.
 */
int	implicit_wait(struct req *r);

/* What stands in for fh 0 of r's node i, or NULL; not pinned. */
struct handle *implicit_get(const struct req *r, unsigned int i, int dir);

#endif
