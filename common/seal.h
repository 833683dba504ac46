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

#ifndef VIOFSD_COMMON_SEAL_H
#define VIOFSD_COMMON_SEAL_H

#include "../common/msg.h"

/*
 * Knows: how a file handle is authenticated, so that who keeps it (the
 * transport) cannot mint one.  Only broker and workers have the key.
 * Never: the transport; it does not link this.
 */

/* Put the authenticator over mnt_id, type, len and handle into s->mac. */
void	seal_make(struct msg_seal *s, const uint8_t key[MSG_KEY_LEN]);

/*
 * Was s made with key, and is it well formed (len, NUL padding)?  Takes the
 * same time whatever differs.  1 or 0.
 */
int	seal_check(const struct msg_seal *s, const uint8_t key[MSG_KEY_LEN]);

#endif
