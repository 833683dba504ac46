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
 * Knows: which credential may have a worker, and with which capabilities.
 * Never: I/O, state, or how a credential is taken on.
 */

#include "config.h"

#include <errno.h>
#include <linux/capability.h>

#include "../common/jail.h"
#include "policy.h"

#define POLICY_USER_CAPS	0ULL
#define POLICY_CREATOR_CAPS	JAIL_CAP(CAP_DAC_OVERRIDE)
#define POLICY_ROOT_CAPS \
	(JAIL_CAP(CAP_CHOWN) | JAIL_CAP(CAP_DAC_OVERRIDE) | \
	JAIL_CAP(CAP_FOWNER) | JAIL_CAP(CAP_FSETID) | \
	JAIL_CAP(CAP_MKNOD) | JAIL_CAP(CAP_SETFCAP))

int
policy_check(const struct cred *cred, uint64_t *caps)
{
	if (!cred_valid(cred))
		return EPERM;
	switch (cred->class) {
	case CRED_USER:
		*caps = POLICY_USER_CAPS;
		return 0;
	case CRED_CREATOR:
		*caps = POLICY_CREATOR_CAPS;
		return 0;
	case CRED_ROOT:
		*caps = POLICY_ROOT_CAPS;
		return 0;
	default:
		return EPERM;
	}
}

uint64_t
policy_spawner_caps(void)
{
	return JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID) |
	    JAIL_CAP(CAP_SETPCAP) | JAIL_CAP(CAP_KILL) |
	    POLICY_CREATOR_CAPS | POLICY_ROOT_CAPS;
}
