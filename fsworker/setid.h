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

#ifndef VIOFSD_FSWORKER_SETID_H
#define VIOFSD_FSWORKER_SETID_H

#include "serve.h"

/*
 * Knows: when set-id bits go.
 * Never: who asked.
 */

/*
 * Clear the set-uid bit of the file behind fd, and the set-gid bit if its
 * group may execute it: what the kernel does when somebody without
 * CAP_FSETID changes a file.  Only root's workers have that and do it here;
 * for others the kernel has done it.  Returns 0 or the errno of at_chmod().
 */
int	setid_kill(const struct serve_req *req, int fd);

/* Clear the set-gid bit, whoever this worker is. */
int	setid_kill_gid(int fd);

#endif
