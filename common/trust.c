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
 * Knows: whose word on a file counts where no descriptor shows what it is.
 * Never: which files that is about.
 */

#include "config.h"

#include "../common/cred.h"
#include "../common/msg.h"
#include "../common/trust.h"

int
trust_word(uint32_t class, uint32_t flags, uint32_t policy)
{
	return class == CRED_ROOT &&
	    (flags & (MSG_SHARE_HANDLES | MSG_SHARE_READONLY)) ==
	    MSG_SHARE_HANDLES && (policy & MSG_POLICY_STRICT) == 0;
}
