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

#ifndef VIOFSD_BROKER_POLICY_H
#define VIOFSD_BROKER_POLICY_H

#include <stdint.h>

#include "../common/cred.h"
#include "../common/idmap.h"
#include "../common/idspace.h"

/*
 * Knows: which credential may have a worker, and which capabilities a worker
 * of each class is born with.  Pure functions.
 * Never: I/O, state, or how a credential is taken on.
 */

/* What is fixed for a share before anybody is listened to. */
struct policy {
	uint64_t root_caps;	/* of a root worker */
	struct idmap ids;	/* checked; the rules outlive the policy */
	const struct idspace *space;	/* by enum idmap_of, outlive it */
};

/*
 * The policy for a share with these rules and with --modcaps: add to and drop
 * from the root worker's capabilities.
 */
void	policy_init(struct policy *p, const struct idmap *ids, uint64_t add,
	    uint64_t drop);

/*
 * Workers live in a user namespace with these ids, by enum idmap_of; without
 * it, every id exists.
 */
void	policy_space(struct policy *p, const struct idspace space[2]);

/*
 * May cred have a worker, and with which capabilities?  The share trusts its
 * guest's own permission checks ("permissions guest"), so every well-formed
 * credential may, except that a guest's user must consist of ids which some
 * guest id is translated to.
 * Nobody ever gets SETUID or SETGID, and SYS_ADMIN
 * only a root worker that was granted it.  Returns 0 with the exact set in
 * *caps; EPERM; or EINVAL if an id does not exist in the user namespace.
 */
int	policy_check(const struct policy *p, const struct cred *cred,
	    uint64_t *caps);

/* Everything the spawner needs to make workers: ids, and what they may get. */
uint64_t policy_spawner_caps(const struct policy *p);

#endif
