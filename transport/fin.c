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
 * Knows: how to walk the private copy of a request's arguments.
 * Never: guest memory.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "../common/msg.h"
#include "fin.h"
#include "req.h"

void
fin_init(struct fin *f, const struct req *r)
{
	f->at = r->args;
	f->left = r->args_len - r->ext_len;
}

int
fin_take(struct fin *f, void *dst, size_t len)
{
	if (f->left < len)
		return EINVAL;
	memcpy(dst, f->at, len);
	f->at += len;
	f->left -= len;
	return 0;
}

int
fin_string(struct fin *f, const char **str, size_t *len, size_t max)
{
	const uint8_t *nul;

	if (f->left == 0 || (nul = memchr(f->at, '\0', f->left)) == NULL)
		return EINVAL;
	*str = (const char *)f->at;
	*len = (size_t)(nul - f->at);
	f->left -= *len + 1;
	f->at = nul + 1;
	if (*len == 0)
		return ENOENT;
	return *len > max ? ENAMETOOLONG : 0;
}

int
fin_name(struct fin *f, char *name)
{
	const char *str;
	size_t len;
	int err;

	err = fin_string(f, &str, &len, MSG_NAME_MAX - 1);
	if (err != 0)
		return err == ENOENT ? EINVAL : err;
	memcpy(name, str, len);
	memset(name + len, 0, MSG_NAME_MAX - len);
	return msg_name_check(name);
}

int
fin_done(const struct fin *f)
{
	return f->left == 0 ? 0 : EINVAL;
}
