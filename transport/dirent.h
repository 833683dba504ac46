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

#ifndef VIOFSD_TRANSPORT_DIRENT_H
#define VIOFSD_TRANSPORT_DIRENT_H

#include <stddef.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: the form of a record of a worker's listing.
 * Never: whether it is believed.
 */

/*
 * The record at *tail, of which *left bytes are there; both move behind it.
 * *d is a copy.  Returns its name, d->name_len bytes without slash or NUL, and
 * d->seal_len bytes of seal in front of it; NULL if it is no record.
 */
const char *dirent_next(const uint8_t **tail, size_t *left,
	    struct msg_dirent *d);

#endif
