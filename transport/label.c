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
 * Knows: the tail of a question that makes a file.
 * Never: which labels are allowed.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ext.h"
#include "fs.h"
#include "label.h"
#include "req.h"

int
label_tail(struct req *r, const char *target, size_t target_len,
    uint32_t *name_len, uint32_t *value_len)
{
	struct ext_label label;
	size_t total;
	int err;

	if ((err = ext_label(r, &label)) != 0)
		return err;
	*name_len = (uint32_t)label.name_len;
	*value_len = (uint32_t)label.value_len;
	r->call.tail = target;
	r->call.tail_len = target_len;
	if (label.name == NULL)
		return 0;
	total = target_len + label.name_len + label.value_len;
	if (total > MSG_TAIL_MAX)
		return EINVAL;
	if ((r->buf = malloc(total)) == NULL)
		return ENOMEM;
	if (target_len > 0)
		memcpy(r->buf, target, target_len);
	memcpy(r->buf + target_len, label.name, label.name_len);
	memcpy(r->buf + target_len + label.name_len, label.value,
	    label.value_len);
	r->call.tail = r->buf;
	r->call.tail_len = total;
	return 0;
}

uint32_t
label_umask(const struct req *r, uint32_t umask)
{
	return (r->fs->session.flags & FUSE_DONT_MASK) ? umask & 0777 : 0;
}
