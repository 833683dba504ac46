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

#ifndef VIOFSD_FSWORKER_W_NAME_H
#define VIOFSD_FSWORKER_W_NAME_H

#include "serve.h"

/*
 * Knows: requests that name something in a directory that is there, and
 * READLINK.
 * Never: file data.
 *
 * All are handlers as serve.h describes them.  A bad name is EINVAL or
 * ENAMETOOLONG, a descriptor that is no directory of the share ENOTDIR or
 * EBADF; on a read-only share all but LOOKUP and READLINK are EROFS.
 * Everything else is the kernel's errno.
 */

/*
 * What every name and its directory must pass: descriptor i of the question
 * into *dirfd.  The second one is for what changes the directory.
 */
int	w_name_dir(const struct serve_req *req, unsigned int i,
	    const char *name, int *dirfd);
int	w_name_change(const struct serve_req *req, unsigned int i,
	    const char *name, int *dirfd);

/* gives [O_PATH node]; a symlink is answered, not followed */
int	on_lookup(struct serve_req *req, const struct q_lookup *q,
	    struct a_lookup *a);

/* takes [node, directory] */
int	on_link(struct serve_req *req, const struct q_link *q,
	    struct a_link *a);
int	on_unlink(struct serve_req *req, const struct q_unlink *q,
	    struct a_unlink *a);
int	on_rmdir(struct serve_req *req, const struct q_rmdir *q,
	    struct a_rmdir *a);

/* takes [old directory, new directory] */
int	on_rename(struct serve_req *req, const struct q_rename *q,
	    struct a_rename *a);

/* takes [symlink], EINVAL for others; the tail of the answer is the target */
int	on_readlink(struct serve_req *req, const struct q_readlink *q,
	    struct a_readlink *a);

#endif
