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

#ifndef VIOFSD_BROKER_SPAWNER_H
#define VIOFSD_BROKER_SPAWNER_H

#include <stdint.h>

#include "../common/sandbox.h"
#include "policy.h"

/*
 * Knows: the spawner, first process of a pid namespace, parent of all workers
 * in it: those of one home.  It is started by fork, the only one without exec:
 * its code is the broker's, its powers are not.
 * Never: guest, transport, share; it obeys the broker and nobody else.
 */

struct spawner_conf {
	const struct policy *policy;	/* stays the caller's */
	unsigned int home;	/* policy_home() of its workers */
	int nullfd;
	int usernsfd;		/* to live in, -1 = where it starts */
	int exefd;		/* viofsd-fsworker */
	int chanfd;		/* the spawner's end */
	int terminal;		/* for launch_leave() */
	int rootfd;		/* of the share, for Landlock; used if bare */
	int readonly;
	uint64_t nofile;	/* limit for it and the workers */
	enum sandbox_action action;
};

/*
 * Fork the spawner into a new pid namespace, unless the policy is bare.  The
 * broker must be in its own other namespaces and empty root already.  All
 * descriptors stay the caller's; after this, whatever else the caller forks
 * would be in that namespace too.  Returns a pidfd; fatal on failure.
 */
int	spawner_start(const struct spawner_conf *sc);

#endif
