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

#ifndef VIOFSD_COMMON_TRUST_H
#define VIOFSD_COMMON_TRUST_H

#include <stdint.h>

/*
 * Knows: whose word on a file counts where no descriptor shows what it is.
 * Worker and transport must agree on it.  Pure functions.
 * Never: which files that is about (fsworker/give.c, transport/op_plus.c).
 */

/*
 * Does that of a worker of class (enum cred_class), on a share with these
 * flags (MSG_SHARE_*) and policy (MSG_POLICY_*)?  One that acts for root of
 * the whole share could make true what it says, if the share is not read-only;
 * what it names must be found again, by a handle, and where the way to a file
 * counts nobody is believed.  Root of a pool sees no ids but the pool's.
 * Returns 1 or 0.
 */
int	trust_word(uint32_t class, uint32_t flags, uint32_t policy);

#endif
