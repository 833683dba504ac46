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
 * Knows: walls of the transport, when they are removed.
 * Never: those of the others (gone_any.c).
 */

#include "config.h"

#include "../../transport/ahead.h"
#include "gone.h"

int	__real_ahead_none(const struct ahead *a, const char *name);
int	__wrap_ahead_none(const struct ahead *a, const char *name);

/* Where names are not checked, those who stand behind have to refuse them. */
int
__wrap_ahead_none(const struct ahead *a, const char *name)
{
	return gone("names") ? 0 : __real_ahead_none(a, name);
}
