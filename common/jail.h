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

#ifndef VIOFSD_COMMON_JAIL_H
#define VIOFSD_COMMON_JAIL_H

#include <stdint.h>

#include "../common/cred.h"

/*
 * Knows: how a process gives up privilege, and how it reads back that it
 * did.  Every step is fatal on failure; setup only.
 * Never: namespaces and mounts (broker/root.c, broker/tree.c), system call
 * filters (common/sandbox.c), capability changes (common/caps.c).
 */

/* Identity as the kernel reports it now. */
struct jail_identity {
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	struct cred groups;	/* gid_cnt and gids, sorted */
	uint64_t cap_eff, cap_prm, cap_inh, cap_bnd, cap_amb;
	uint32_t no_new_privs;
	uint32_t dumpable;
};

/* Bit of one capability (CAP_* of capabilities(7)) in a set. */
#define JAIL_CAP(cap)	(1ULL << (cap))

/*
 * Resource limits: at most nofile descriptors, no process or thread beyond
 * nproc_zero ? none : unchanged, no file larger than fsize (RLIM_INFINITY =
 * unchanged), no core.
 */
void	jail_limits(uint64_t nofile, int nproc_zero, uint64_t fsize);

/* No process or thread beyond those there are: for who has started all. */
void	jail_no_process(void);

/* Set no_new_privs (and, where the kernel has it, deny W+X memory). */
void	jail_no_new_privs(void);

/* Read everything back by system calls, not from a library's memory. */
void	jail_observe(struct jail_identity *id);

/*
 * The user namespace of this process, as the number of its inode, nsfs's; name
 * is that of its ns/user in a procfs, from dirfd on.  0 if the kernel has no
 * such thing.
 */
uint64_t jail_userns(int dirfd, const char *name);

/* The supplementary groups of this process, where nobody may change them. */
void	jail_own_groups(struct cred *c);

/*
 * Fatal unless this process is exactly uid:gid in all four ids with the
 * groups of want, has exactly caps, no_new_privs set, is not dumpable, and
 * (when uid is not 0 or CAP_SETUID is gone) cannot become another user.
 */
void	jail_verify(const struct cred *want, uint64_t caps);

#endif
