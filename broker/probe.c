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
 * Knows: how to find out whether this kernel has a mechanism, by using it in
 * a child that then ends.
 * Never: who uses it (security.c).
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/frozen.h"
#include "../common/log.h"
#include "../common/sandbox.h"
#include "probe.h"
#include "root.h"
#include "sandbox_tab.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE		65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE	0x00004000U
#endif

#define PROBE_LL_VERSION	1u	/* landlock_create_ruleset(2) */

/* Each ends its process: status 0 if the mechanism is there. */
static int
probe_unshare(long flags)
{
	return unshare((int)flags) == -1;
}

static int
probe_root(long unused)
{
	(void)unused;
	root_unshare();
	root_empty();
	return 0;
}

/* In one write, which is how the kernel wants it. */
static int
probe_write(const char *path, const char *text)
{
	ssize_t len = (ssize_t)strlen(text);
	int fd;

	return (fd = open(path, O_WRONLY | O_CLOEXEC)) == -1 ||
	    write(fd, text, (size_t)len) != len;
}

static int
probe_tree(long unused)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID |
	    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW,
	    .propagation = MS_PRIVATE };
	int fd;

	(void)unused;
	fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
	    AT_RECURSIVE);
	return fd == -1 || mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE,
	    &attr, sizeof(attr)) == -1;
}

/* All of it, for somebody who has no right yet but to be himself. */
static int
probe_jail(long unused)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	/* Our own files in /proc are ours only so. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 ||
	    unshare(CLONE_NEWUSER) == -1 ||
	    probe_write("/proc/self/setgroups", "deny") ||
	    probe_write("/proc/self/uid_map", uids) ||
	    probe_write("/proc/self/gid_map", gids) ||
	    unshare(CLONE_NEWPID | ROOT_NAMESPACES) == -1)
		return 1;
	return probe_tree(unused) || probe_root(unused);
}

static int
probe_procfs(long unused)
{
	int fs;

	(void)unused;
	return (fs = fsopen("proc", FSOPEN_CLOEXEC)) == -1 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) == -1 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1;
}

static int
probe_openat2(long unused)
{
	struct open_how how = { .flags = O_PATH, .resolve = RESOLVE_BENEATH |
	    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS };

	(void)unused;
	return syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how)) == -1;
}

static int
probe_mnt_id(long unused)
{
	struct statx stx;

	(void)unused;
	return statx(AT_FDCWD, "/", 0, STATX_MNT_ID_UNIQUE, &stx) == -1 ||
	    (stx.stx_mask & STATX_MNT_ID_UNIQUE) == 0;
}

static int
probe_landlock(long abi)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    PROBE_LL_VERSION) < abi;
}

/* The broker's own filter, which lets this process end. */
static int
probe_seccomp(long unused)
{
	(void)unused;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return 1;
	sandbox_enter(&sandbox_tab_broker, 1, SANDBOX_KILL);
	return 0;
}

static int
probe_nnp(long unused)
{
	(void)unused;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1;
}

static int
probe_mdwe(long unused)
{
	(void)unused;
	return prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == -1;
}

static int
probe_mseal(long unused)
{
	static FROZEN(char) page;

	(void)unused;
	return !frozen_set(&page, sizeof(page));
}

static int
probe_close_range(long unused)
{
	(void)unused;
	return close_range(STDERR_FILENO + 1, UINT_MAX, 0) == -1;
}

static int
probe_pidfd(long unused)
{
	(void)unused;
	return syscall(SYS_pidfd_open, getpid(), 0) == -1;
}

static const struct {
	int (*use)(long arg);
	long arg;
} probes[PROBE_CNT] = {
	[PROBE_MNT] = { probe_unshare, CLONE_NEWNS },
	[PROBE_PID] = { probe_unshare, CLONE_NEWPID },
	[PROBE_NET] = { probe_unshare, CLONE_NEWNET },
	[PROBE_IPC] = { probe_unshare, CLONE_NEWIPC },
	[PROBE_UTS] = { probe_unshare, CLONE_NEWUTS },
	[PROBE_CGROUP] = { probe_unshare, CLONE_NEWCGROUP },
	[PROBE_USER] = { probe_unshare, CLONE_NEWUSER },
	[PROBE_JAIL] = { probe_jail, 0 },
	[PROBE_ROOT] = { probe_root, 0 },
	[PROBE_TREE] = { probe_tree, 0 },
	[PROBE_PROCFS] = { probe_procfs, 0 },
	[PROBE_OPENAT2] = { probe_openat2, 0 },
	[PROBE_MNT_ID] = { probe_mnt_id, 0 },
	[PROBE_LL_FS] = { probe_landlock, 1 },
	[PROBE_LL_REFER] = { probe_landlock, 2 },
	[PROBE_LL_TRUNCATE] = { probe_landlock, 3 },
	[PROBE_LL_NET] = { probe_landlock, 4 },
	[PROBE_LL_IOCTL] = { probe_landlock, 5 },
	[PROBE_LL_SCOPE] = { probe_landlock, 6 },
	[PROBE_SECCOMP] = { probe_seccomp, 0 },
	[PROBE_NNP] = { probe_nnp, 0 },
	[PROBE_MDWE] = { probe_mdwe, 0 },
	[PROBE_MSEAL] = { probe_mseal, 0 },
	[PROBE_CLOSE_RANGE] = { probe_close_range, 0 },
	[PROBE_PIDFD] = { probe_pidfd, 0 },
};

int
probe_kernel(enum probe what)
{
	int status;
	pid_t pid;

	if (probes[what].use == NULL)
		return 1;
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid == 0) {
		/* What it says while it fails is the table's to say. */
		log_set_level(LOG_LEVEL_OFF);
		_exit(probes[what].use(probes[what].arg));
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			fatal("waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
