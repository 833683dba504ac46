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

#ifndef VIOFSD_FSWORKER_W_IOCTL_H
#define VIOFSD_FSWORKER_W_IOCTL_H

#include "serve.h"

/*
 * Knows: IOCTL: the list of the commands that a guest may use; what the flags
 * of a directory say of its names.
 * Never: a device; the rows of common/sandbox_fsworker.c say the same.
 */

/*
 * takes [open file or directory]: EBADF without MSG_IOCTL_HANDLE, and if it
 * is O_PATH.  The tail is the argument, the tail of the answer what the
 * command leaves there, at most q->out_size bytes.  Commands that are not on
 * the list, and other kinds of files, are ENOTTY; an argument that is too
 * short is EINVAL; a change is EROFS on a read-only share and EPERM where it
 * touches the project, by which the host counts its quota.  Everything else
 * is the kernel's answer to this worker's credential.
 */
int	on_ioctl(struct serve_req *req, const struct q_ioctl *q,
	    struct a_ioctl *a);

/*
 * Does each name in the open directory fd stand for itself alone, and stay
 * what it is?  1, or 0 if names are folded (casefold) or encrypted.
 */
int	w_ioctl_plain(int fd);

#endif
