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

#ifndef VIOFSD_BROKER_SANDBOX_TAB_H
#define VIOFSD_BROKER_SANDBOX_TAB_H

#include "../common/sandbox.h"

/*
 * Knows: the system calls of broker and spawner.
 * Never: code.
 */

/* What the broker calls while it serves. */
extern const struct sandbox_table sandbox_tab_broker;

/* What the broker calls as well where handles are opened. */
extern const struct sandbox_table sandbox_tab_handles;

/*
 * What the spawner calls while it serves and its children until execve(2);
 * the worker's tables are added to it, for a filter is inherited.
 */
extern const struct sandbox_table sandbox_tab_spawner;

#endif
