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
 * Knows: two file systems in memory, one of them the share.
 * Never: what is done to it.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>

#include "common/proc.h"
#include "common/sandbox_fsworker.h"
#include "fuzz.h"
#include "sharenv.h"

#define BUF_LEN 4096

static int fds[SHARENV_CNT];
static int share = -1, foreign = -1;
static int made; /* the share's files, as they are at first */
static struct stat foreign_before[2];

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	FUZZ_MUST(fd != -1);
	FUZZ_MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Whoever is not root is so in a namespace of his own: one thread only. */
__attribute__((constructor)) static void
enter_namespace(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	char map[64];

	if (uid == 0) {
		FUZZ_MUST(unshare(CLONE_NEWNS) == 0 || errno == EPERM);
		return;
	}
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return;
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
}

/* Small, so that nothing can fill the machine.  -1 if that is not allowed. */
static int
make_fs(void)
{
	int fs, mnt = -1;

	if ((fs = fsopen("tmpfs", FSOPEN_CLOEXEC)) == -1)
		return -1;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "size", "1m", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "200", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mnt = fsmount(fs, FSMOUNT_CLOEXEC,
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(fs);
	return mnt;
}

const char *
fuzz_unable(void)
{
	int mnt = make_fs();

	if (mnt == -1)
		return "neither root nor a user namespace";
	close(mnt);
	return NULL;
}

/* Put fd where a worker has it. */
static void
place(int fd, int where)
{
	FUZZ_MUST(fd != -1 && dup3(fd, where, O_CLOEXEC) == where);
}

uint64_t
sharenv_mnt_of(int fd)
{
	struct statx stx;

	FUZZ_MUST(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0);
	return stx.stx_mnt_id;
}

uint64_t
sharenv_mnt(void)
{
	return sharenv_mnt_of(share);
}

void
sharenv_setup(void)
{
	int pair[2], mnt, i;

	umask(0);
	/* Nothing of ours is where a worker's descriptors are. */
	for (i = 0; i < 16; i++)
		FUZZ_MUST(open("/dev/null", O_RDWR | O_CLOEXEC) != -1);
	mnt = make_fs();
	share = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mnt = make_fs();
	foreign = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_MUST(share != -1 && foreign != -1);
	fds[FOREIGN_DIR] = foreign;
	fds[FOREIGN_FILE] = openat(foreign, "f", O_RDWR | O_CREAT | O_CLOEXEC,
	    0666);
	FUZZ_MUST(fds[FOREIGN_FILE] != -1);
	FUZZ_MUST(fstat(foreign, &foreign_before[0]) == 0 &&
	    fstat(fds[FOREIGN_FILE], &foreign_before[1]) == 0);
	FUZZ_MUST(pipe2(pair, O_CLOEXEC | O_NONBLOCK) == 0);
	fds[FOREIGN_PIPE] = pair[1];
	fds[FOREIGN_WATCH] = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	FUZZ_MUST(fds[FOREIGN_WATCH] != -1);
	place(open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC),
	    PROC_FD_PROC);
	place(share, FSWORKER_FD_ROOT);
}

static int
at(int dirfd, const char *name, int flags)
{
	int fd = openat(dirfd, name, flags | O_CLOEXEC, 0666);

	FUZZ_MUST(fd != -1);
	return fd;
}

void
sharenv_begin(void)
{
	if (made) {
		FUZZ_MUST(lseek(fds[SHARE_LIST], 0, SEEK_SET) == 0);
		return;
	}
	made = 1;
	FUZZ_MUST(mkdirat(share, "dir", 0777) == 0);
	fds[SHARE_ROOT] = at(share, ".", O_PATH);
	fds[SHARE_DIR] = at(share, "dir", O_PATH);
	close(at(fds[SHARE_DIR], "a", O_RDONLY | O_CREAT));
	close(at(fds[SHARE_DIR], "b", O_RDONLY | O_CREAT));
	fds[SHARE_OPEN] = at(share, "file", O_RDWR | O_CREAT);
	FUZZ_MUST(pwrite(fds[SHARE_OPEN], "text", 4, 0) == 4);
	fds[SHARE_FILE] = at(share, "file", O_PATH);
	fds[SHARE_LIST] = at(share, ".", O_RDONLY);
	FUZZ_MUST(symlinkat("file", share, "link") == 0);
	fds[SHARE_LINK] = at(share, "link", O_PATH | O_NOFOLLOW);
	FUZZ_MUST(mkfifoat(share, "fifo", 0666) == 0);
	fds[SHARE_FIFO] = at(share, "fifo", O_PATH);
	FUZZ_MUST(mkdirat(share, "gone", 0777) == 0);
	fds[SHARE_GONE] = at(share, "gone", O_PATH);
	FUZZ_MUST(unlinkat(share, "gone", AT_REMOVEDIR) == 0);
}

int
sharenv_fd(enum sharenv_file file)
{
	return fds[file];
}

/* An ioctl(2) may have made it immutable. */
static void
loosen(int dirfd, const char *name, int type)
{
	int fd, none = 0;

	if (type != DT_DIR && type != DT_REG)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	ioctl(fd, FS_IOC_SETFLAGS, &none);
	close(fd);
}

struct entry { /* getdents64(2) */
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

static void
empty(int dirfd)
{
	_Alignas(8) char buf[BUF_LEN];
	const struct entry *d;
	long n, i;
	int sub;

	while ((n = syscall(SYS_getdents64, dirfd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i += d->len) {
			d = (const void *)(buf + i);
			if (strcmp(d->name, ".") == 0 ||
			    strcmp(d->name, "..") == 0)
				continue;
			if (unlinkat(dirfd, d->name, 0) == 0)
				continue;
			loosen(dirfd, d->name, d->type);
			if (d->type != DT_DIR) {
				FUZZ_MUST(unlinkat(dirfd, d->name, 0) == 0);
				continue;
			}
			sub = at(dirfd, d->name, O_RDONLY | O_DIRECTORY);
			empty(sub);
			close(sub);
			FUZZ_MUST(unlinkat(dirfd, d->name,
				      AT_REMOVEDIR) == 0);
		}
	FUZZ_MUST(n == 0);
}

static void
same(const struct stat *a, int fd)
{
	struct stat st;

	FUZZ_MUST(fstat(fd, &st) == 0);
	FUZZ_MUST(a->st_ctim.tv_sec == st.st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == st.st_ctim.tv_nsec &&
	    a->st_size == st.st_size && a->st_nlink == st.st_nlink);
}

void
sharenv_end(int changed)
{
	int none = 0, i;

	same(&foreign_before[0], foreign);
	same(&foreign_before[1], fds[FOREIGN_FILE]);
	if (!changed)
		return;
	made = 0;
	ioctl(share, FS_IOC_SETFLAGS, &none);
	FUZZ_MUST(lseek(share, 0, SEEK_SET) == 0);
	empty(share);
	for (i = SHARE_ROOT; i < FOREIGN_DIR; i++)
		close(fds[i]);
	FUZZ_MUST(fchmod(share, 0777) == 0 && fchown(share, 0, 0) == 0);
}
