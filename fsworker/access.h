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

#ifndef VIOFSD_FSWORKER_ACCESS_H
#define VIOFSD_FSWORKER_ACCESS_H

#include "../common/msg.h"

/*
 * Knows: how the kernel decides who may execute a regular file.
 * Never: reading, writing and directories: the kernel is asked.
 */

/*
 * May this worker's credential do all of want (R_OK, W_OK, X_OK) with the
 * regular file behind fd?  The share's mounts are noexec, so the kernel
 * answers no for X_OK and everybody; the guest wants to know what mode and ACL
 * say (path_resolution(7), acl(5)).  A superuser is asked about X_OK alone.
 * Returns 0, EACCES, or the errno of what had to be read.
 */
int	access_exec(const struct a_whello *who, int fd, uint32_t want);

#endif
