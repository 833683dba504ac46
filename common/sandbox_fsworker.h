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

#ifndef VIOFSD_COMMON_SANDBOX_FSWORKER_H
#define VIOFSD_COMMON_SANDBOX_FSWORKER_H

#include "../common/sandbox.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452	/* Linux 6.6, the same on all machines */
#endif

/*
 * Knows: the system calls of a worker.  They are here because the spawner's
 * filter, which its children inherit, must allow them as well.
 * Never: another process's calls.
 */

/* Where the channel to the transport is; see common/proc.h for the others. */
#define FSWORKER_FD_TRANSPORT	5
#define FSWORKER_FD_ROOT	6	/* not kept, but for strict and bare */
#define FSWORKER_FD_RING	7	/* memory, our bell, the transport's */
#define FSWORKER_FD_BELL	9	/* the one that wakes the transport */

/* What a worker may call while it serves: its own filter. */
extern const struct sandbox_table sandbox_fsworker;

/* What it calls besides between execve(2) and its own filter. */
extern const struct sandbox_table sandbox_fsworker_start;

#endif
