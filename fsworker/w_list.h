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

#ifndef VIOFSD_FSWORKER_W_LIST_H
#define VIOFSD_FSWORKER_W_LIST_H

#include "serve.h"

/*
 * Knows: READDIRPLUS: the kernel's directory records into struct msg_dirent.
 * Never: anything but one component.
 */

/*
 * takes [open directory], EBADF if it is O_PATH; moves its offset.  The tail
 * of the answer has the records, at most q->size bytes and q->entry_max of
 * them; none means the end.  EINVAL if not even one fits.  An entry whose
 * lookup fails, "." and ".." come without MSG_DIRENT_NODE.  gives the O_PATH
 * nodes of the others in order.  Where seals are mandatory and an entry
 * cannot have one, the errno of that.
 */
int	on_readdirplus(struct serve_req *req, const struct q_readdirplus *q,
	    struct a_readdirplus *a);

/*
 * The same records of the open directory dirfd from its offset on, as many as
 * q says at most; with MSG_AHEAD_NODES all with their nodes, of whose
 * attributes who the file is may be all that is there, without it none.
 * Fills in a but for its watch.  ENOTSUP if an entry has a name that cannot
 * be told.
 */
int	w_list_names(struct serve_req *req, int dirfd,
	    const struct q_ahead *q, struct a_ahead *a);

#endif
