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
 * Knows: openat(2), openat2(2) and the procfs directory that makes another
 * open file out of a descriptor, or lets its mode be changed; provenance of
 * descriptors.
 * Never: a path of more than one component to open except in at_walk(); ".."
 * except in at_parent().
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "../common/sandbox_fsworker.h"

#include "at.h"
#include "walk.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE	0x00004000U	/* Linux 6.8 */
#endif

/* As the kernel counts it; the libc says 0 where off_t is 64 bits wide. */
#ifdef __aarch64__
#define AT_O_LARGEFILE	0400000u
#else
#define AT_O_LARGEFILE	0100000u
#endif

#define AT_FLAGS	((uint32_t)(O_ACCMODE | O_TRUNC | O_SYNC | O_DSYNC | \
			    O_NOATIME | O_DIRECT))

static enum {
	AT_CHMOD_ASK,
	AT_CHMOD_EMPTY,		/* by the descriptor alone */
	AT_CHMOD_NUMBER,	/* by its name in procfs */
} at_chmod_how;

void
at_init(void)
{
	char number[AT_NUMBER_MAX];
	struct statx mine, there;
	struct statfs fs;

	if (fstatfs(PROC_FD_PROC, &fs) == -1)
		fatal("descriptor %d", PROC_FD_PROC);
	if (fs.f_type != PROC_SUPER_MAGIC)
		fatalx("descriptor %d is not procfs", PROC_FD_PROC);
	if (statx(PROC_FD_BROKER, "", AT_EMPTY_PATH, STATX_INO, &mine) == -1 ||
	    statx(PROC_FD_PROC, at_number(PROC_FD_BROKER, number), 0,
	    STATX_INO, &there) == -1)
		fatal("descriptor %d is not /proc/self/fd", PROC_FD_PROC);
	if (mine.stx_ino != there.stx_ino ||
	    mine.stx_dev_major != there.stx_dev_major ||
	    mine.stx_dev_minor != there.stx_dev_minor)
		fatalx("descriptor %d is another process's", PROC_FD_PROC);
	/* For the calls that have no descriptor in front of the name. */
	if (fchdir(PROC_FD_PROC) == -1)
		fatal("descriptor %d", PROC_FD_PROC);
}

unsigned int
at_mnt_mask(const struct a_whello *who)
{
	return who->unique_ids ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;
}

int
at_mnt_ours(const struct a_whello *who, uint64_t mnt_id)
{
	uint32_t i;

	for (i = 0; i < who->mount_cnt; i++)
		if (who->mounts[i] == mnt_id)
			return 1;
	return 0;
}

/*
 * Must the way to fd be walked?  An open file is a right by itself, and only
 * workers open any.
 */
static int
at_walked(const struct a_whello *who, int fd)
{
	return (who->policy & MSG_POLICY_STRICT) != 0 &&
	    (fcntl(fd, F_GETFL) & O_PATH) != 0;
}

/* As the kernel names it, from this process's root on. */
static int
at_link(int fd, char path[PATH_MAX])
{
	char number[AT_NUMBER_MAX];
	ssize_t n;

	n = readlinkat(PROC_FD_PROC, at_number(fd, number), path,
	    PATH_MAX - 1);
	if (n == -1)
		return errno;
	path[n] = '\0';
	return path[0] == '/' ? 0 : ESTALE;
}

/*
 * Mounts of one's own end at the share's root, and so do names in them; those
 * of the host do not.
 */
int
at_path(const struct a_whello *who, int fd, char path[PATH_MAX])
{
	static char root[PATH_MAX];
	size_t len;
	int err;

	if ((err = at_link(fd, path)) != 0 ||
	    (who->flags & MSG_SHARE_BARE) == 0)
		return err;
	if ((err = at_link(FSWORKER_FD_ROOT, root)) != 0)
		return err;
	len = strlen(root);
	if (len == 1)
		return 0;
	if (strncmp(path, root, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/'))
		return ESTALE;
	memmove(path, path + len, strlen(path + len) + 1);
	if (path[0] == '\0')
		memcpy(path, "/", 2);
	return 0;
}

int
at_below(const struct a_whello *who, int fd)
{
	static char path[PATH_MAX];

	return (who->flags & MSG_SHARE_BARE) == 0 ||
	    at_path(who, fd, path) == 0;
}

int
at_is_top(const struct a_whello *who, int fd)
{
	static char path[PATH_MAX];

	return (who->flags & MSG_SHARE_BARE) != 0 &&
	    at_path(who, fd, path) == 0 && path[1] == '\0';
}

int
at_claim(const struct a_whello *who, int fd, uint32_t *type)
{
	unsigned int mask = STATX_TYPE | at_mnt_mask(who);
	unsigned int more = 0;
	struct statx stx;

	if (at_walked(who, fd))
		more = WALK_MASK;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, mask | more,
	    &stx) == -1 || (stx.stx_mask & mask) != mask ||
	    !at_mnt_ours(who, stx.stx_mnt_id) || !at_below(who, fd)) {
		log_guest(LOG_KEY_WORKER,
		    "refused a descriptor from outside the share");
		return EBADF;
	}
	*type = stx.stx_mode & S_IFMT;
	return more != 0 ? walk_check(who, fd, &stx) : 0;
}

int
at_claim_lasts(const struct a_whello *who)
{
	return (who->policy & MSG_POLICY_STRICT) == 0 &&
	    (who->flags & MSG_SHARE_BARE) == 0;
}

int
at_want_dir(uint32_t type)
{
	return type == S_IFDIR ? 0 : ENOTDIR;
}

int
at_want_reg(uint32_t type)
{
	return type == S_IFREG ? 0 : type == S_IFDIR ? EISDIR : EBADF;
}

int
at_claim_dir(const struct a_whello *who, int fd)
{
	uint32_t type;
	int err;

	err = at_claim(who, fd, &type);
	return err != 0 ? err : at_want_dir(type);
}

int
at_claim_reg(const struct a_whello *who, int fd)
{
	uint32_t type;
	int err;

	err = at_claim(who, fd, &type);
	return err != 0 ? err : at_want_reg(type);
}

int
at_flags(uint32_t asked, uint32_t also, int *flags)
{
	asked &= ~AT_O_LARGEFILE;
	if ((asked & ~(AT_FLAGS | also)) != 0)
		return EINVAL;
	if ((asked & O_ACCMODE) == O_ACCMODE)
		return EINVAL;
	*flags = (int)asked;
	return 0;
}

int
at_flags_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
}

static int
at_open(int dirfd, const char *name, struct open_how *how, int *fd)
{
	how->flags |= O_NOFOLLOW | O_CLOEXEC;
	how->resolve |= RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
	*fd = (int)syscall(SYS_openat2, dirfd, name, how, sizeof(*how));
	return *fd == -1 ? errno : 0;
}

int
at_child(int dirfd, const char *name, int *fd)
{
	struct open_how how = { O_PATH, 0, RESOLVE_BENEATH };

	return at_open(dirfd, name, &how, fd);
}

int
at_walk(const char *path, int *fd)
{
	struct open_how how = { O_PATH, 0, RESOLVE_BENEATH };

	return at_open(FSWORKER_FD_ROOT, path, &how, fd);
}

int
at_parent(const struct a_whello *who, int dirfd, int *fd)
{
	struct open_how how = { O_PATH | O_DIRECTORY, 0, 0 };
	int err;

	if ((err = at_open(dirfd, "..", &how, fd)) != 0)
		return err;
	/* The host may have moved dirfd since it was looked at. */
	if (at_below(who, *fd))
		return 0;
	fd_close(fd);
	return ESTALE;
}

int
at_create(int dirfd, const char *name, int flags, uint32_t mode, int *fd)
{
	struct open_how how = { 0, mode, RESOLVE_BENEATH };

	how.flags = (uint64_t)(flags | O_CREAT | O_EXCL | O_NOCTTY);
	return at_open(dirfd, name, &how, fd);
}

int
at_tmpfile(int dirfd, int flags, uint32_t mode, int *fd)
{
	struct open_how how = { 0, mode, RESOLVE_BENEATH };

	how.flags = (uint64_t)(flags | O_TMPFILE);
	return at_open(dirfd, ".", &how, fd);
}

int
at_reopen(int fd, int flags, int *newfd)
{
	char number[AT_NUMBER_MAX];

	*newfd = openat(PROC_FD_PROC, at_number(fd, number),
	    flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY));
	return *newfd == -1 ? errno : 0;
}

int
at_reopen_dir(int fd, int *newfd)
{
	const int flags = O_RDONLY | O_DIRECTORY;
	struct open_how how = { (uint64_t)flags, 0, RESOLVE_BENEATH };
	int err;

	/* Whoever may read a directory need not be able to search it. */
	err = at_open(fd, ".", &how, newfd);
	return err == EACCES ? at_reopen(fd, flags, newfd) : err;
}

/* Linux 6.6 and newer; asked in a way that changes nothing. */
static int
at_chmod_has(void)
{
	if (at_chmod_how == AT_CHMOD_ASK)
		at_chmod_how = syscall(SYS_fchmodat2, INT_MAX, "", 0,
		    AT_EMPTY_PATH) == -1 && errno == EBADF ? AT_CHMOD_EMPTY :
		    AT_CHMOD_NUMBER;
	return at_chmod_how == AT_CHMOD_EMPTY;
}

int
at_chmod(int fd, uint32_t mode)
{
	char number[AT_NUMBER_MAX];
	int r;

	if (at_chmod_has())
		r = (int)syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH);
	else
		r = fchmodat(PROC_FD_PROC, at_number(fd, number), mode, 0);
	return r == -1 ? errno : 0;
}

const char *
at_number(int fd, char buf[AT_NUMBER_MAX])
{
	snprintf(buf, AT_NUMBER_MAX, "%d", fd);
	return buf;
}
