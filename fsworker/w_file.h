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

#ifndef VIOFSD_FSWORKER_W_FILE_H
#define VIOFSD_FSWORKER_W_FILE_H

#include "serve.h"

/*
 * Knows: requests that open what is there already, and the few that touch
 * file data (the transport does the rest itself).
 * Never: a name.
 *
 * All are handlers as serve.h describes them.  The descriptors must be
 * regular files of the share unless it says otherwise: EISDIR for a
 * directory, EBADF for everything else.  On a read-only share what writes is
 * EROFS.
 */

/*
 * What else goes with the contents if fd has just been opened with O_TRUNC:
 * file capabilities, and with kill set-id bits.  Returns 0 or an errno.
 */
int	w_file_opened(const struct serve_req *req, int fd, int flags,
	    uint32_t kill);

/*
 * gives [open file]; flags beyond those of at_flags() are EINVAL.  A truncation
 * with q->kill drops set-id bits, also as root.
 */
int	on_open(struct serve_req *req, const struct q_open *q,
	    struct a_open *a);

/* takes [directory], ENOTDIR for others; gives [open directory] */
int	on_opendir(struct serve_req *req, const struct q_opendir *q,
	    struct a_opendir *a);

/*
 * The tail is the data; nothing clears set-id bits if the worker is root, but
 * WRITE, FALLOCATE and COPY all drop the guest's file capabilities.
 */
int	on_write(struct serve_req *req, const struct q_write *q,
	    struct a_write *a);
int	on_fallocate(struct serve_req *req, const struct q_fallocate *q,
	    struct a_fallocate *a);

/* takes [from, to] */
int	on_copy(struct serve_req *req, const struct q_copy *q,
	    struct a_copy *a);

/* takes [file or directory], EINVAL for others */
int	on_syncfs(struct serve_req *req, const struct q_syncfs *q,
	    struct a_syncfs *a);

#endif
