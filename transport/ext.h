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

#ifndef VIOFSD_TRANSPORT_EXT_H
#define VIOFSD_TRANSPORT_EXT_H

#include <stddef.h>

#include "../common/cred.h"
#include "fin.h"

struct req;

/*
 * Knows: what a request that makes a file may carry behind its arguments:
 * supplementary groups and a security label (struct fuse_ext_header,
 * fuse_secctx_header).
 * Never: what is done with them.
 */

/* Pointers into the request; name is NULL when there is no label. */
struct ext_label {
	const char *name;
	size_t name_len;	/* 1..255, without NUL */
	const void *value;
	size_t value_len;
};

/*
 * Guests before 7.38 do not say how long their extensions are: what f has
 * left is one, if labels were negotiated.
 */
void	ext_rest(struct req *r, struct fin *f);

/* Add the groups that came along to c.  Returns 0, or EINVAL. */
int	ext_groups(const struct req *r, struct cred *c);

/* The label that came along.  Returns 0, or EINVAL. */
int	ext_label(const struct req *r, struct ext_label *label);

#endif
