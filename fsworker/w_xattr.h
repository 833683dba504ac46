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

#ifndef VIOFSD_FSWORKER_W_XATTR_H
#define VIOFSD_FSWORKER_W_XATTR_H

#include "serve.h"

/*
 * Knows: SETXATTR, GETXATTR, LISTXATTR, REMOVEXATTR.
 * Never: who may do it (the kernel decides), a file by its name.
 *
 * All are handlers as serve.h describes them and take [node or open file].
 * Names are the guest's; the share's map makes the host's of them.  All are
 * EOPNOTSUPP if the share does not serve attributes, and what changes one is
 * EROFS on a read-only share.  ACLs, as the host keeps them, are EOPNOTSUPP
 * and not listed if the share does not serve ACLs; their ids are translated.
 */

/* the tail is the value */
int	on_setxattr(struct serve_req *req, const struct q_setxattr *q,
	    struct a_setxattr *a);

/*
 * The tail of the answer is the value or the names, each with its NUL, at
 * most q->size bytes, else ERANGE; with size 0 there is no tail.  A name that
 * the map forbids is ENODATA.
 */
int	on_getxattr(struct serve_req *req, const struct q_getxattr *q,
	    struct a_getxattr *a);
int	on_listxattr(struct serve_req *req, const struct q_listxattr *q,
	    struct a_listxattr *a);

int	on_removexattr(struct serve_req *req, const struct q_removexattr *q,
	    struct a_removexattr *a);

#endif
