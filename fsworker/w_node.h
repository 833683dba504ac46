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

#ifndef VIOFSD_FSWORKER_W_NODE_H
#define VIOFSD_FSWORKER_W_NODE_H

#include "serve.h"

/*
 * Knows: requests about one node that neither open it nor change it.
 * Never: a name.
 *
 * All are handlers as serve.h describes them.
 */

/*
 * takes [node or open file].  Flags beyond AT_STATX_FORCE_SYNC and
 * AT_STATX_DONT_SYNC are EINVAL.  What describes the host's mounts rather
 * than the file is not among the attributes.
 */
int	on_statx(struct serve_req *req, const struct q_statx *q,
	    struct a_statx *a);

/*
 * takes [node or open file]; 0, EACCES, EROFS or whatever faccessat2(2) says
 * of this worker's credential
 */
int	on_access(struct serve_req *req, const struct q_access *q,
	    struct a_access *a);

/* No handler: what faccessat2(2) says of this worker, 0 or errno. */
int	w_node_access(int fd, int mask);

/*
 * takes [directory]; gives [the one above], or the directory itself if it is
 * the share's root.  ENOENT if it has been moved out of the share.
 */
int	on_parent(struct serve_req *req, const struct q_parent *q,
	    struct a_parent *a);

/* takes [node or open file]; gives [O_PATH node] of the same file */
int	on_self(struct serve_req *req, const struct q_self *q,
	    struct a_self *a);

#endif
