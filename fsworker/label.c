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

/*
 * Knows: where a label is in a tail.
 * Never: what a label means.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "label.h"
#include "xattr.h"

int
label_take(const struct serve_req *req, size_t at, uint32_t name_len,
    uint32_t value_len, struct label *l)
{
	const char *name;
	int err;

	memset(l, 0, sizeof(*l));
	if (at > req->asked_len ||
	    (uint64_t)name_len + value_len != req->asked_len - at)
		return EINVAL;
	if (name_len == 0)
		return value_len == 0 ? 0 : EINVAL;
	if ((req->who->flags & MSG_SHARE_LABEL) == 0)
		return EINVAL;
	name = (const char *)req->asked + at;
	l->value = name + name_len;
	l->len = value_len;
	if ((err = xattr_host_name(req, name, name_len, l->name)) != 0)
		return err;
	return xattr_denied(req, l->name) ? EPERM : 0;
}

int
label_set(const struct label *l, int fd)
{
	if (l->name[0] == '\0')
		return 0;
	return xattr_set(fd, l->name, l->value, l->len, 0);
}
