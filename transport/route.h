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

#ifndef VIOFSD_TRANSPORT_ROUTE_H
#define VIOFSD_TRANSPORT_ROUTE_H

#include "../common/cred.h"

struct req;

/*
 * Knows: the one place that decides under which credential a request runs.
 * Broker and workers enforce what is allowed; this only asks.
 * Never: ids from anywhere but the request's header and its extension.
 */

/*
 * The credential for r's first try.  creates: the operation makes a file, so
 * its group matters and the guest's supplementary group extension counts.
 * Guest root, and ids that an idmapped mount could not express, use the root
 * worker, which is the pool's for users of one that is kept in a user
 * namespace.  Ids are the host's, as the share's map says.  Returns 0; EINVAL
 * for a malformed extension, or for an id of -1 where there can be none; EPERM
 * for an id that the map forbids.  Where the host's word is the last one,
 * guest root is what the share says, and all others are themselves.
 */
int	route_first(const struct req *r, int creates, struct cred *c);

/*
 * Whose worker does what carries a handle, or what is not the caller's own
 * affair?  The root worker's, or that of the pool of who opened it; where the
 * host's word is the last one, that of the user who opened the handle, and
 * without one the caller's.  Returns 0 or as route_first().
 */
int	route_root(const struct req *r, struct cred *c);

/*
 * The host said err to r.  May it be tried again with privilege, and as
 * whom?  Creating operations keep the caller's ids.  Returns 1 and *c, or 0.
 */
int	route_retry(const struct req *r, int err, struct cred *c);

#endif
