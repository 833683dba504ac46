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

#ifndef VIOFSD_FSWORKER_W_ATTR_H
#define VIOFSD_FSWORKER_W_ATTR_H

#include "serve.h"

/*
 * Knows: SETATTR.
 * Never: a name, or who may do it (the kernel decides, with one exception
 * that is explained at its place).
 */

/*
 * takes [node], or with MSG_SET_HANDLE [open file or directory].  Unknown
 * bits, modes beyond 07777, ids of 2^32 - 1, sizes beyond 2^63 - 1 and
 * nanoseconds from 10^9 on are EINVAL; a size is for regular files: EISDIR
 * for a directory, else EINVAL; a mode is not for symlinks: EOPNOTSUPP.
 * An id that the guest may not use is EPERM.  A new size drops file
 * capabilities and, with MSG_SET_KILL, set-id bits also as root.
 * The steps go in the order size's open, owner, mode, size, times, so that
 * what is refused has changed nothing.
 */
int	on_setattr(struct serve_req *req, const struct q_setattr *q,
	    struct a_setattr *a);

#endif
