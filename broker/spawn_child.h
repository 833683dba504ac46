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

#ifndef VIOFSD_BROKER_SPAWN_CHILD_H
#define VIOFSD_BROKER_SPAWN_CHILD_H

#include "../common/msg.h"

struct policy;

/*
 * Knows: how a child of the spawner becomes a worker: descriptors, ids,
 * capabilities, exec.
 * Never: who asked, or what the worker does.
 */

/* Descriptors of the spawner, the same in every one. */
#define SPAWNER_FD_PROC		4	/* root of the jail's procfs */
#define SPAWNER_FD_EXE		5	/* viofsd-fsworker */
#define SPAWNER_FD_CNT		6

/*
 * In a child of the spawner: take on the credential of q with exactly the
 * capabilities caps, keep chanfd as channel to the broker, and exec the
 * worker.  Never returns.
 */
__attribute__((noreturn))
void	spawn_child(const struct q_spawn *q, uint64_t caps, int chanfd,
	    const struct policy *policy);

#endif
