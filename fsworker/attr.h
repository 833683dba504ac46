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

#ifndef VIOFSD_FSWORKER_ATTR_H
#define VIOFSD_FSWORKER_ATTR_H

#include "../common/msg.h"

struct statx;

/*
 * Knows: how what statx(2) says becomes a struct msg_attr.
 * Never: a name, except in attr_entry().
 */

/*
 * Attributes of the file behind fd, O_PATH or open.  Returns 0; EXDEV if the
 * file is on a mount that the share does not consist of, or not at_below(); or
 * the errno of statx(2).
 */
int	attr_get(const struct a_whello *who, int fd, struct msg_attr *attr);

/*
 * The same, and everything that statx(2) said, with the birth time, in *stx.
 * sync is 0, AT_STATX_FORCE_SYNC or AT_STATX_DONT_SYNC.
 */
int	attr_stat(const struct a_whello *who, int fd, int sync,
	    struct statx *stx, struct msg_attr *attr);

/*
 * The same of one entry, not followed, of the directory dirfd.  Another look
 * may find another file: only what was opened stays the same.
 */
int	attr_entry(const struct a_whello *who, int dirfd, const char *name,
	    struct msg_attr *attr);

/* Is what attr_stat() has looked at the share's root?  1 or 0. */
int	attr_is_top(const struct a_whello *who, const struct statx *stx);

#endif
