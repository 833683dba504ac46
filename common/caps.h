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

#ifndef VIOFSD_COMMON_CAPS_H
#define VIOFSD_COMMON_CAPS_H

#include <stdint.h>

/*
 * Knows: every capability change, all of them through libcap-ng.
 * Never: a decision who may keep what.  The transport does not link this.
 */

/*
 * Keep exactly the capabilities in keep in the permitted and effective sets
 * and exactly those in bound in the bounding set; clear the inheritable and
 * ambient ones.  Needs CAP_SETPCAP while the bounding set shrinks.
 */
void	caps_keep(uint64_t keep, uint64_t bound);

/*
 * Give up every capability, and the bounding set as far as that is possible:
 * whoever has no CAP_SETPCAP cannot, and no_new_privs must stand in for it.
 */
void	caps_none(void);

#endif
