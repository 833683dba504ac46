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
 * Knows: the share as a detached tree of mounts, the ids of its mounts, and its
 * files by handle.
 * Never: processes, or the broker's own root.
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "tree.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE	0x4000u	/* since Linux 6.8 */
#endif

#define TREE_FLAGS	(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | \
	MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW)

/* Field number n (from 0) of line, not terminated. */
static const char *
tree_field(const char *line, unsigned int n, size_t *len)
{
	while (n-- > 0) {
		if ((line = strchr(line, ' ')) == NULL)
			return NULL;
		line++;
	}
	*len = strcspn(line, " \n");
	return *len > 0 ? line : NULL;
}

/* Undo the octal escapes of space, tab, newline and backslash. */
static int
tree_unescape(const char *src, size_t len, char dst[PATH_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (n == PATH_MAX - 1)
			return 0;
		if (src[i] == '\\') {
			if (len - i < 4 || src[i + 1] < '0' ||
			    src[i + 1] > '3' || src[i + 2] < '0' ||
			    src[i + 2] > '7' || src[i + 3] < '0' ||
			    src[i + 3] > '7')
				return 0;
			dst[n++] = (char)((src[i + 1] - '0') << 6 |
			    (src[i + 2] - '0') << 3 | (src[i + 3] - '0'));
			i += 3;
		} else
			dst[n++] = src[i];
	}
	dst[n] = '\0';
	return 1;
}

int
tree_mountinfo(const char *line, const char *share, char rel[PATH_MAX])
{
	char point[PATH_MAX];
	const char *field, *below;
	size_t len, share_len;

	/* id, parent, device, root, mount point */
	if ((field = tree_field(line, 4, &len)) == NULL ||
	    !tree_unescape(field, len, point))
		return 0;
	share_len = strlen(share);
	if (strcmp(share, "/") == 0)
		share_len = 0;
	if (strncmp(point, share, share_len) != 0 || point[share_len] != '/')
		return 0;
	below = point + share_len + 1;
	if (*below == '\0')
		return 0;
	memcpy(rel, below, strlen(below) + 1);
	return 1;
}

static uint64_t
tree_mount_id(int fd, uint32_t *unique)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
	    STATX_MNT_ID_UNIQUE, &sx) == 0 &&
	    (sx.stx_mask & STATX_MNT_ID_UNIQUE) != 0) {
		*unique = 1;
		return sx.stx_mnt_id;
	}
	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID,
	    &sx) == -1)
		fatal("statx of the share");
	if ((sx.stx_mask & STATX_MNT_ID) == 0)
		fatalx("this kernel tells no mount ids (Linux 5.8 or newer)");
	*unique = 0;
	return sx.stx_mnt_id;
}

/*
 * open_by_handle_at(2) wants a descriptor that is really open, and a mount of
 * one file has no directory.  Anything else, which opening could wake up, is
 * not opened: its handle is then stale.
 */
static int
tree_reopen(int pathfd)
{
	char self[64];
	struct stat st;

	if (fstat(pathfd, &st) == -1)
		fatal("--shared-dir");
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", pathfd);
	return open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
tree_add(struct tree *t, uint64_t id, int pathfd, int handles)
{
	uint32_t i;

	for (i = 0; i < t->mount_cnt; i++)
		if (t->mounts[i] == id)
			return;
	if (t->mount_cnt == MSG_MOUNTS_MAX)
		fatalx("--shared-dir: more than %u mounts in the share",
		    MSG_MOUNTS_MAX);
	t->mount_fds[t->mount_cnt] = handles ? tree_reopen(pathfd) : -1;
	t->mounts[t->mount_cnt++] = id;
}

/*
 * Find what is mounted at rel inside the clone.  A mount that another one
 * hides, or that came after the clone, is not there: its files are then not of
 * the share, which is the safe side.
 */
static void
tree_add_below(struct tree *t, const char *rel, int handles)
{
	struct open_how how;
	uint32_t unique;
	int fd;

	memset(&how, 0, sizeof(how));
	how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
	fd = (int)syscall(SYS_openat2, t->rootfd, rel, &how, sizeof(how));
	if (fd == -1) {
		log_debug("mount '%s' is not reachable in the share", rel);
		return;
	}
	tree_add(t, tree_mount_id(fd, &unique), fd, handles);
	close(fd);
}

static void
tree_find_mounts(struct tree *t, const char *share, int handles)
{
	char rel[PATH_MAX], *line = NULL;
	size_t size = 0;
	FILE *f;

	tree_add(t, tree_mount_id(t->rootfd, &t->unique_ids), t->rootfd,
	    handles);
	if ((f = fopen("/proc/self/mountinfo", "re")) == NULL)
		fatal("/proc/self/mountinfo");
	while (getline(&line, &size, f) != -1)
		if (tree_mountinfo(line, share, rel))
			tree_add_below(t, rel, handles);
	if (ferror(f))
		fatal("/proc/self/mountinfo");
	free(line);
	fclose(f);
}

static void
tree_seal(int fd, int readonly)
{
	struct mount_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.attr_set = TREE_FLAGS | (readonly ? MOUNT_ATTR_RDONLY : 0);
	attr.propagation = MS_PRIVATE;
	if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
	    sizeof(attr)) == -1)
		fatal("--shared-dir: mount_setattr");
}

/* Open the directory and say where it is. */
static int
tree_dir(const char *path, char share[PATH_MAX])
{
	char link[64];
	ssize_t len;
	int dirfd;

	dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1) {
		if (errno == ENOTDIR)
			fatalx("--shared-dir: '%s' is not a directory", path);
		fatal("--shared-dir: '%s'", path);
	}
	/* Where the kernel says it is, whatever links led there. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	len = readlink(link, share, PATH_MAX - 1);
	if (len == -1 || share[0] != '/')
		fatal("--shared-dir: '%s' has no path", path);
	share[len] = '\0';
	return dirfd;
}

void
tree_here(struct tree *t, const char *path)
{
	char share[PATH_MAX];

	memset(t, 0, sizeof(*t));
	t->fd = -1;
	t->rootfd = tree_dir(path, share);
	tree_find_mounts(t, share, 0);
}

void
tree_clone(struct tree *t, const char *path, int readonly, int handles)
{
	char share[PATH_MAX];
	int dirfd;

	memset(t, 0, sizeof(*t));
	dirfd = tree_dir(path, share);
	t->fd = open_tree(dirfd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
	    AT_EMPTY_PATH | AT_RECURSIVE);
	if (t->fd == -1)
		fatal("--shared-dir: '%s': open_tree", path);
	close(dirfd);
	tree_seal(t->fd, readonly);
	t->rootfd = openat(t->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->rootfd == -1)
		fatal("--shared-dir: '%s': clone", path);
	tree_find_mounts(t, share, handles);
	log_debug("the share has %u mounts, %s ids", t->mount_cnt,
	    t->unique_ids ? "unique" : "reusable");
}

union tree_handle {
	struct file_handle h;
	char room[sizeof(struct file_handle) + MSG_HANDLE_MAX];
};

int
tree_open(const struct tree *t, const struct msg_seal *seal, int *fd)
{
	union tree_handle u;
	uint32_t i;

	for (i = 0; i < t->mount_cnt && t->mounts[i] != seal->mnt_id; i++)
		continue;
	if (i == t->mount_cnt || t->mount_fds[i] == -1)
		return ESTALE;
	u.h.handle_bytes = seal->len;
	u.h.handle_type = seal->type;
	memcpy(u.room + sizeof(u.h), seal->handle, seal->len);
	*fd = open_by_handle_at(t->mount_fds[i], &u.h, TREE_OPEN_FLAGS);
	return *fd == -1 ? errno : 0;
}

int
tree_has_handles(const struct tree *t)
{
	struct stat root, st;
	struct msg_seal seal;
	union tree_handle u;
	int fd, err, id;

	u.h.handle_bytes = MSG_HANDLE_MAX;
	if (name_to_handle_at(t->rootfd, "", &u.h, &id, AT_EMPTY_PATH) == -1)
		return errno;
	memset(&seal, 0, sizeof(seal));
	seal.mnt_id = t->mounts[0];
	seal.type = u.h.handle_type;
	seal.len = u.h.handle_bytes;
	memcpy(seal.handle, u.room + sizeof(u.h), seal.len);
	if ((err = tree_open(t, &seal, &fd)) != 0)
		return err;
	if (fstat(t->rootfd, &root) == -1 || fstat(fd, &st) == -1)
		fatal("--shared-dir");
	fd_close(&fd);
	return root.st_dev == st.st_dev && root.st_ino == st.st_ino ?
	    0 : ESTALE;
}

void
tree_close_mounts(struct tree *t)
{
	uint32_t i;

	for (i = 0; i < t->mount_cnt; i++)
		fd_close(&t->mount_fds[i]);
}

/* Is fd, or a directory above it, closed to everybody but its owner root? */
static int
tree_closed(int fd)
{
	struct stat st, above;
	int up, closed = 0;

	if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1 ||
	    fstat(fd, &st) == -1)
		fatal("--shared-dir");
	for (;;) {
		closed = st.st_uid == 0 &&
		    (st.st_mode & (S_IXGRP | S_IXOTH)) == 0;
		if (closed)
			break;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up == -1 || fstat(up, &above) == -1)
			fatal("--shared-dir: ..");
		fd_close(&fd);
		fd = up;
		if (above.st_dev == st.st_dev && above.st_ino == st.st_ino)
			break;
		st = above;
	}
	fd_close(&fd);
	return closed;
}

int
tree_suid_counts(const char *path)
{
	struct statvfs vfs;
	int fd, counts;

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fstatvfs(fd, &vfs) == -1)
		fatal("--shared-dir: '%s'", path);
	counts = (vfs.f_flag & ST_NOSUID) == 0 && !tree_closed(fd);
	fd_close(&fd);
	return counts;
}
