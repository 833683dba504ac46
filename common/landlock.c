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
 * Knows: the landlock(7) system calls and what each ABI added.
 * Never: a decision what to do where the kernel has no Landlock.
 */

#include "config.h"

#include <sys/syscall.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../common/landlock.h"
#include "../common/log.h"

/*
 * The kernel's structures, restated because the distribution's header is
 * older than the kernels we run on; a shorter size is always accepted.
 */
struct ll_ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct ll_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

#define LL_CREATE_RULESET_VERSION	1u
#define LL_RULE_PATH_BENEATH		1
#define LL_FS_EXECUTE			0x0001ULL
#define LL_FS_READ_FILE			0x0004ULL
#define LL_FS_READ_DIR			0x0008ULL
#define LL_FS_IOCTL_DEV			0x8000ULL
#define LL_NET_TCP_ALL			0x3ULL
#define LL_SCOPE_ABSTRACT_UNIX		0x1ULL
#define LL_SCOPE_SIGNAL			0x2ULL

/* How many filesystem rights the ABI has: bits 0..n-1, ABI 1 first. */
static const unsigned int ll_fs_bits[] = { 13, 14, 15, 15, 16 };

static uint64_t
landlock_fs(int abi)
{
	unsigned int n = sizeof(ll_fs_bits) / sizeof(ll_fs_bits[0]);

	if ((unsigned int)abi < n)
		n = (unsigned int)abi;
	return (1ULL << ll_fs_bits[n - 1]) - 1;
}

/* What is allowed in spite of it, beneath each of two descriptors. */
struct ll_allow {
	int rootfd, exefd;	/* -1: nothing */
	uint64_t root;		/* rights, those that there are */
};

static void
landlock_allow(int ruleset, uint64_t rights, int fd)
{
	struct ll_beneath rule;

	if (fd == -1)
		return;
	rule.allowed = rights;
	rule.fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LL_RULE_PATH_BENEATH,
	    &rule, 0) == -1)
		fatal("landlock_add_rule");
}

int
landlock_abi(void)
{
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LL_CREATE_RULESET_VERSION);
	if (abi == -1 && errno != ENOSYS && errno != EOPNOTSUPP)
		fatal("landlock_create_ruleset");
	return abi == -1 ? 0 : (int)abi;
}

static int
landlock_apply(const struct ll_allow *allow, uint64_t scoped)
{
	struct ll_ruleset attr;
	size_t len = sizeof(attr.fs);
	int ruleset, abi;

	if ((abi = landlock_abi()) == 0)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.fs = landlock_fs(abi);
	if (abi >= 4) {
		attr.net = LL_NET_TCP_ALL;
		len = sizeof(attr.fs) + sizeof(attr.net);
	}
	if (abi >= 6) {
		attr.scoped = scoped;
		len = sizeof(attr);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, len, 0);
	if (ruleset == -1)
		fatal("landlock_create_ruleset");
	landlock_allow(ruleset, attr.fs & allow->root, allow->rootfd);
	landlock_allow(ruleset, LL_FS_EXECUTE | LL_FS_READ_FILE, allow->exefd);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) == -1)
		fatal("landlock_restrict_self");
	close(ruleset);
	return abi;
}

int
landlock_enter(int rootfd)
{
	const struct ll_allow allow = { rootfd, -1, UINT64_MAX };

	return landlock_apply(&allow, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL);
}

int
landlock_enter_supervisor(void)
{
	const struct ll_allow allow = { -1, -1, 0 };

	return landlock_apply(&allow, LL_SCOPE_ABSTRACT_UNIX);
}

int
landlock_enter_bare(int rootfd, int exefd, int readonly)
{
	struct ll_allow allow = { rootfd, exefd,
	    ~(LL_FS_EXECUTE | LL_FS_IOCTL_DEV) };

	if (readonly)
		allow.root = LL_FS_READ_FILE | LL_FS_READ_DIR;
	return landlock_apply(&allow, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL);
}
