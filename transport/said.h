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

#ifndef VIOFSD_TRANSPORT_SAID_H
#define VIOFSD_TRANSPORT_SAID_H

#include "req.h"

/*
 * Knows: what of a worker's answer about a node is true: what its descriptor
 * says (ask_attr()), or what a worker says that acts for root and has kept the
 * descriptor.
 * Never: the question.
 */

/*
 * A worker says that *said is r->node[i], or r->handle[i], which it was asked
 * about.  Fill *attr with what is true.  Returns 0 or errno.
 */
int	said_of(const struct req *r, unsigned int i,
	    const struct msg_attr *said, struct msg_attr *attr);

/*
 * Enter the node that answer m introduces, said to have attributes said; what
 * is true of it is in *attr.  *next is the number of m's first descriptor
 * behind it.  Returns 0 or errno.
 */
int	said_enter(struct req *r, struct chan_msg *m,
	    const struct msg_attr *said, struct msg_attr *attr,
	    struct node **out, unsigned int *next);

#endif
