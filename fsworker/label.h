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

#ifndef VIOFSD_FSWORKER_LABEL_H
#define VIOFSD_FSWORKER_LABEL_H

#include "serve.h"

/*
 * Knows: the security label that comes with a question that makes a file.
 * Never: what a label means.
 */

struct label {
	char name[XATTRMAP_NAME_MAX + 1];	/* the host's, "" = no label */
	const void *value;
	size_t len;
};

/*
 * The label behind the first at bytes of the question's tail, of which it is
 * the rest.  Returns 0; EINVAL if the lengths do not fit, or there is a label
 * although the share has none; or as xattr_host_name().
 */
int	label_take(const struct serve_req *req, size_t at, uint32_t name_len,
	    uint32_t value_len, struct label *l);

/* Put l, if there is one, on the file behind fd.  0 or as setxattr(2). */
int	label_set(const struct label *l, int fd);

#endif
