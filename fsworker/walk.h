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

#ifndef VIOFSD_FSWORKER_WALK_H
#define VIOFSD_FSWORKER_WALK_H

#include "../common/msg.h"

struct statx;

/*
 * Knows: with --permissions strict, whether this worker's user could have come
 * to a node by its name, and for how long an answer is believed.
 * Never: trust in where the transport has a node from.
 */

/* What of statx(2) a node is recognized by. */
#define WALK_MASK \
	(STATX_INO | STATX_BTIME | STATX_NLINK | STATX_UID)

/*
 * May the worker act on the node behind the O_PATH descriptor fd, of which
 * statx(2) said stx (with WALK_MASK)?  The kernel says what the node's name is
 * now, and the whole name is walked from the share's root with the worker's own
 * rights.  A file without any name is its owner's.  Returns 0; EACCES if a
 * directory on the way is closed; ESTALE if the name leads elsewhere; or
 * another errno of readlinkat(2) or openat2(2), ENAMETOOLONG for one.
 */
int	walk_check(const struct a_whello *who, int fd,
	    const struct statx *stx);

/* The worker has found the node behind fd itself, in a directory it may use. */
void	walk_found(const struct a_whello *who, int fd);

#endif
