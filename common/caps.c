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
 * Knows: every capability change, all of them through libcap-ng.
 * Never: a decision who may keep what.
 */

#include "config.h"

#include <sys/prctl.h>

#include <linux/capability.h>

#include <cap-ng.h>

#include "../common/caps.h"
#include "../common/jail.h"
#include "../common/log.h"

static void
caps_update(capng_type_t type, uint64_t set)
{
	unsigned int cap;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (set & JAIL_CAP(cap))
			if (capng_update(CAPNG_ADD, type, cap) == -1)
				fatalx("capability %u unknown", cap);
}

void
caps_keep(uint64_t keep, uint64_t bound)
{
	struct jail_identity id;
	int r;

	capng_clear(CAPNG_SELECT_ALL);
	caps_update(CAPNG_EFFECTIVE | CAPNG_PERMITTED, keep);
	caps_update(CAPNG_BOUNDING_SET, bound);
	jail_observe(&id);
	/* The library refuses to touch a set that needs no change. */
	if (id.cap_bnd != bound &&
	    (r = capng_apply(CAPNG_SELECT_BOUNDS)) != 0)
		fatalx("capability bounding set not reduced (%d)", r);
	if ((r = capng_apply(CAPNG_SELECT_CAPS)) != 0)
		fatalx("capabilities not reduced (%d)", r);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		fatal("PR_CAP_AMBIENT_CLEAR_ALL");
}

void
caps_none(void)
{
	struct jail_identity id;

	jail_observe(&id);
	caps_keep(0, id.cap_eff & JAIL_CAP(CAP_SETPCAP) ? 0 : id.cap_bnd);
}
