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
 * Knows: the form of a record of a worker's listing.
 * Never: whether it is believed.
 */

#include "config.h"

#include <string.h>

#include "dirent.h"

const char *
dirent_next(const uint8_t **tail, size_t *left, struct msg_dirent *d)
{
	const char *name;

	if (*left < sizeof(*d))
		return NULL;
	memcpy(d, *tail, sizeof(*d));
	if (d->rec_len < sizeof(*d) || d->rec_len > *left ||
	    d->rec_len % 8 != 0 || d->name_len == 0 ||
	    d->name_len >= MSG_NAME_MAX ||
	    (size_t)d->seal_len + d->name_len > d->rec_len - sizeof(*d))
		return NULL;
	name = (const char *)*tail + sizeof(*d) + d->seal_len;
	if (memchr(name, '/', d->name_len) != NULL ||
	    memchr(name, '\0', d->name_len) != NULL)
		return NULL;
	*tail += d->rec_len;
	*left -= d->rec_len;
	return name;
}
