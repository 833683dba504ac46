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
 * Knows: how a process gives up privilege and reads back that it did.
 * Never: namespaces, mounts, system call filters.
 */

#include "config.h"

#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "../common/jail.h"
#include "../common/log.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE		65
#define PR_GET_MDWE		66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static void
jail_limit(__rlimit_resource_t what, uint64_t value, const char *name)
{
	struct rlimit want = { value, value }, got;

	if (setrlimit(what, &want) == -1 || getrlimit(what, &got) == -1)
		fatal("%s", name);
	if (got.rlim_cur != value || got.rlim_max != value)
		fatalx("%s not in force", name);
}

void
jail_limits(uint64_t nofile, int nproc_zero, uint64_t fsize)
{
	jail_limit(RLIMIT_NOFILE, nofile, "RLIMIT_NOFILE");
	jail_limit(RLIMIT_CORE, 0, "RLIMIT_CORE");
	if (nproc_zero)
		jail_no_process();
	if (fsize != RLIM_INFINITY)
		jail_limit(RLIMIT_FSIZE, fsize, "RLIMIT_FSIZE");
}

void
jail_no_process(void)
{
	jail_limit(RLIMIT_NPROC, 0, "RLIMIT_NPROC");
}

void
jail_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("PR_SET_NO_NEW_PRIVS");
	/* Since Linux 6.3; older kernels answer EINVAL. */
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == -1) {
		if (errno != EINVAL)
			fatal("PR_SET_MDWE");
	} else if (prctl(PR_GET_MDWE, 0, 0, 0, 0) != PR_MDWE_REFUSE_EXEC_GAIN)
		fatalx("memory may still be written and executed");
}

static void
jail_observe_caps(struct jail_identity *id)
{
	struct __user_cap_header_struct hdr;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int cap;
	int r;

	memset(&hdr, 0, sizeof(hdr));
	hdr.version = _LINUX_CAPABILITY_VERSION_3;
	if (syscall(SYS_capget, &hdr, data) == -1)
		fatal("capget");
	id->cap_eff = (uint64_t)data[1].effective << 32 | data[0].effective;
	id->cap_prm = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	id->cap_inh = (uint64_t)data[1].inheritable << 32 |
	    data[0].inheritable;
	id->cap_bnd = id->cap_amb = 0;
	/* The kernel answers EINVAL past its own last capability. */
	for (cap = 0; cap < 64; cap++) {
		if ((r = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) == -1)
			break;
		if (r == 1)
			id->cap_bnd |= JAIL_CAP(cap);
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0,
		    0) == 1)
			id->cap_amb |= JAIL_CAP(cap);
	}
}

void
jail_observe(struct jail_identity *id)
{
	gid_t groups[CRED_GROUPS_MAX];
	int cnt, i;

	memset(id, 0, sizeof(*id));
	if (getresuid(&id->ruid, &id->euid, &id->suid) == -1 ||
	    getresgid(&id->rgid, &id->egid, &id->sgid) == -1)
		fatal("getresuid");
	/* An invalid id changes nothing and answers the current one. */
	id->fsuid = (uint32_t)setfsuid((uid_t)-1);
	id->fsgid = (uint32_t)setfsgid((gid_t)-1);
	if ((cnt = getgroups(CRED_GROUPS_MAX, groups)) == -1)
		fatal("getgroups");
	for (i = 0; i < cnt; i++)
		if (cred_add_group(&id->groups, groups[i]) != 0)
			fatalx("too many groups");
	jail_observe_caps(id);
	id->no_new_privs = (uint32_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	id->dumpable = (uint32_t)prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

uint64_t
jail_userns(int dirfd, const char *name)
{
	struct statx stx;

	if (statx(dirfd, name, 0, STATX_INO, &stx) == 0)
		return stx.stx_ino;
	if (errno != ENOENT)
		fatal("%s", name);
	return 0;
}

void
jail_own_groups(struct cred *c)
{
	struct jail_identity id;

	jail_observe(&id);
	c->gid_cnt = id.groups.gid_cnt;
	memcpy(c->gids, id.groups.gids, sizeof(c->gids));
}

/* The drop is real only if there is no way back. */
static void
jail_try_back(const struct cred *want)
{
	uid_t other = want->uid == 0 ? 1 : 0;

	/* EINVAL: this user namespace has no such user at all. */
	if (setresuid(other, other, other) != -1 ||
	    (errno != EPERM && errno != EINVAL))
		fatalx("user %u could become user %u", want->uid, other);
	if (setgroups(0, NULL) != -1 || errno != EPERM)
		fatalx("user %u could change its groups", want->uid);
}

void
jail_verify(const struct cred *want, uint64_t caps)
{
	struct jail_identity id;

	jail_observe(&id);
	if (id.ruid != want->uid || id.euid != want->uid ||
	    id.suid != want->uid || id.fsuid != want->uid)
		fatalx("user is %u/%u/%u/%u, not %u", id.ruid, id.euid,
		    id.suid, id.fsuid, want->uid);
	if (id.rgid != want->gid || id.egid != want->gid ||
	    id.sgid != want->gid || id.fsgid != want->gid)
		fatalx("group is %u/%u/%u/%u, not %u", id.rgid, id.egid,
		    id.sgid, id.fsgid, want->gid);
	if (id.groups.gid_cnt != want->gid_cnt ||
	    memcmp(id.groups.gids, want->gids, sizeof(want->gids)) != 0)
		fatalx("supplementary groups differ");
	if (id.cap_eff != caps || id.cap_prm != caps || id.cap_inh != 0 ||
	    id.cap_amb != 0)
		fatalx("capabilities are %" PRIx64 ", not %" PRIx64,
		    id.cap_prm, caps);
	if (id.no_new_privs != 1 || id.dumpable != 0)
		fatalx("no_new_privs %u, dumpable %u", id.no_new_privs,
		    id.dumpable);
	if ((caps & JAIL_CAP(CAP_SETUID)) == 0)
		jail_try_back(want);
}
