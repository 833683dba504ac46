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

#ifndef VIOFSD_BROKER_LIMIT_H
#define VIOFSD_BROKER_LIMIT_H

#include <stdint.h>

/*
 * Knows: how many descriptors each process may hold, with virtiofsd's rule for
 * the one that counts, the transport.
 * Never: other limits (common/jail.c).
 */

/*
 * The limit for the transport.  asked is --rlimit-nofile: a number that must be
 * possible (fatal otherwise), 0 to leave the limit, or CONF_NOFILE_DEFAULT for
 * the smaller of 1000000 and fs.nr_open, which falls back to the hard limit
 * with a warning.  The hard limit of this process is raised if need be, never
 * lowered.
 */
uint64_t limit_nofile(int64_t asked);

/*
 * The limit for spawner and workers, whatever the transport's is; fatal if
 * the host does not allow what they need.
 */
uint64_t limit_helpers(void);

/* How many nodes a worker may keep, if that is its limit. */
uint32_t limit_keep(uint64_t helpers);

/* Put a limit in force for this process and what it starts; fatal. */
void	limit_apply(uint64_t nofile);

#endif
