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

#ifndef VIOFSD_FSWORKER_W_MAKE_H
#define VIOFSD_FSWORKER_W_MAKE_H

#include "serve.h"

/*
 * Knows: requests that make a file of some kind.
 * Never: file data.
 *
 * All are handlers as serve.h describes them.  A bad name is EINVAL or
 * ENAMETOOLONG, a descriptor that is no directory of the share ENOTDIR or
 * EBADF; on a read-only share all are EROFS.  The kernel applies q->umask, or
 * instead the directory's default ACL.
 *
 * With a security label nobody finds the name before the file behind it has
 * the label, and nothing is left if it cannot get it: a regular file is made
 * without a name (O_TMPFILE), everything else under one that nobody knows
 * (".viofsd-" and digits), which a listing may show for a moment and which
 * stays if the worker is killed just then.  Filesystems without
 * RENAME_NOREPLACE have no such step: there the file is for a moment to be
 * found without its label.
 */

/*
 * gives [O_PATH node, open file].  O_CREAT is implied; without O_EXCL a
 * regular file that exists already is opened (and not labelled), EISDIR or
 * EBADF for others.  A truncation with q->kill drops set-id bits.
 */
int	on_create(struct serve_req *req, const struct q_create *q,
	    struct a_create *a);

/* gives [O_PATH node, open file]; with O_EXCL it cannot be linked later */
int	on_tmpfile(struct serve_req *req, const struct q_tmpfile *q,
	    struct a_tmpfile *a);

/* gives [O_PATH node]; EIO if the name was taken over before the node was */
int	on_mknod(struct serve_req *req, const struct q_mknod *q,
	    struct a_mknod *a);
int	on_mkdir(struct serve_req *req, const struct q_mkdir *q,
	    struct a_mkdir *a);

/* the tail starts with the target: 1..4095 bytes without NUL, else EINVAL */
int	on_symlink(struct serve_req *req, const struct q_symlink *q,
	    struct a_symlink *a);

#endif
