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

#ifndef VIOFSD_TRANSPORT_OP_DIR_H
#define VIOFSD_TRANSPORT_OP_DIR_H

struct req;

/*
 * Knows: which open directories need no descriptor before they are read, and
 * how they get one.
 * Never: an open call; an entry (op_list.c, op_plus.c).
 *
 * Whoever lists a directory mostly reads it to its end at once.  Then nobody
 * but a worker has had it open, and that while it answered (MSG_LIST_OPEN).
 * The directory's node keeps its descriptor as long.
 */

/*
 * Go on with r in next(), once the open directory r->handle[0] has a descriptor
 * or its request needs none; what was in r->call is gone.  r is answered if
 * none can be had.
 */
void	op_dir_open(struct req *r, void (*next)(struct req *r));

/*
 * A worker says that fd is r's directory, opened.  Returns 0, or ESTALE if it
 * is another one; owns fd.
 */
int	op_dir_opened(struct req *r, int fd);

#endif
