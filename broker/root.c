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
 * Knows: namespaces, and the empty read-only root.
 * Never: the share.
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

#include "../common/log.h"
#include "root.h"

void
root_mounts(void)
{
	if (unshare(CLONE_NEWNS) == -1)
		fatal("unshare: no new mount namespace");
}

int
root_proc(void)
{
	int fd;

	fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		fatal("/proc");
	return fd;
}

void
root_unshare(void)
{
	if (unshare(ROOT_NAMESPACES) == -1)
		fatal("unshare: no new namespaces");
}

static void
root_option(int fs, const char *key, const char *value)
{
	if (fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) == -1)
		fatal("tmpfs: %s=%s", key, value);
}

/* An empty tmpfs: one page, one inode beside the root, never written. */
static int
root_tmpfs(void)
{
	int fs, mnt;

	if ((fs = fsopen("tmpfs", FSOPEN_CLOEXEC)) == -1)
		fatal("tmpfs");
	root_option(fs, "source", "viofsd");
	root_option(fs, "size", "4k");
	root_option(fs, "nr_inodes", "2");
	root_option(fs, "mode", "0555");
	if (fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) == -1 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		fatal("tmpfs");
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY |
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mnt == -1)
		fatal("tmpfs: fsmount");
	close(fs);
	return mnt;
}

/* Read back: nothing there, and nothing can be put there. */
static void
root_verify(void)
{
	struct statvfs vfs;
	struct dirent *de;
	DIR *dir;

	if (statvfs("/", &vfs) == -1)
		fatal("the new root");
	if ((vfs.f_flag & ST_RDONLY) == 0)
		fatalx("the new root is writable");
	if ((dir = opendir("/")) == NULL)
		fatal("the new root");
	errno = 0;
	while ((de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.')
			fatalx("the new root is not empty");
	if (errno != 0)
		fatal("the new root");
	closedir(dir);
}

void
root_stay(void)
{
	if (chdir("/") == -1)
		fatal("chdir");
}

void
root_empty(void)
{
	int mnt;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		fatal("/: private propagation");
	mnt = root_tmpfs();
	if (move_mount(mnt, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == -1)
		fatal("tmpfs: move_mount");
	/* Old root lands on top of the new one, and is detached there. */
	if (fchdir(mnt) == -1 ||
	    syscall(SYS_pivot_root, ".", ".") == -1)
		fatal("pivot_root");
	if (umount2(".", MNT_DETACH) == -1)
		fatal("detaching the old root");
	if (chdir("/") == -1)
		fatal("chdir");
	close(mnt);
	root_verify();
}
