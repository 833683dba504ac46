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
 * Knows: statx(2) into struct msg_attr.
 * Never: a name, except in attr_entry().
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "at.h"
#include "attr.h"

static void
attr_fill(struct msg_attr *attr, const struct statx *stx)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = stx->stx_ino;
	attr->size = stx->stx_size;
	attr->blocks = stx->stx_blocks;
	attr->atime = stx->stx_atime.tv_sec;
	attr->mtime = stx->stx_mtime.tv_sec;
	attr->ctime = stx->stx_ctime.tv_sec;
	attr->atime_nsec = stx->stx_atime.tv_nsec;
	attr->mtime_nsec = stx->stx_mtime.tv_nsec;
	attr->ctime_nsec = stx->stx_ctime.tv_nsec;
	attr->mode = stx->stx_mode;
	attr->nlink = stx->stx_nlink;
	attr->uid = stx->stx_uid;
	attr->gid = stx->stx_gid;
	attr->rdev_major = stx->stx_rdev_major;
	attr->rdev_minor = stx->stx_rdev_minor;
	attr->dev_major = stx->stx_dev_major;
	attr->dev_minor = stx->stx_dev_minor;
	attr->blksize = stx->stx_blksize;
	attr->mnt_id = stx->stx_mnt_id;
}

/* What statx(2) said, if it is of one of the share's mounts. */
static int
attr_take(const struct a_whello *who, const struct statx *stx,
    struct msg_attr *attr)
{
	if ((stx->stx_mask & at_mnt_mask(who)) == 0 ||
	    !at_mnt_ours(who, stx->stx_mnt_id))
		return EXDEV;
	attr_fill(attr, stx);
	/* The share's own root is one too, but nobody's submount. */
	if ((stx->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 &&
	    stx->stx_mnt_id != who->mounts[0])
		attr->flags |= MSG_ATTR_MOUNT_ROOT;
	return 0;
}

int
attr_stat(const struct a_whello *who, int fd, int sync, struct statx *stx,
    struct msg_attr *attr)
{
	if (statx(fd, "", AT_EMPTY_PATH | sync, STATX_BASIC_STATS |
	    STATX_BTIME | at_mnt_mask(who), stx) == -1)
		return errno;
	return attr_take(who, stx, attr);
}

int
attr_entry(const struct a_whello *who, int dirfd, const char *name,
    struct msg_attr *attr)
{
	struct statx stx;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
	    STATX_BASIC_STATS | at_mnt_mask(who), &stx) == -1)
		return errno;
	return attr_take(who, &stx, attr);
}

int
attr_get(const struct a_whello *who, int fd, struct msg_attr *attr)
{
	struct statx stx;

	return !at_below(who, fd) ? EXDEV : attr_stat(who, fd, 0, &stx, attr);
}

int
attr_is_top(const struct a_whello *who, const struct statx *stx)
{
	return (stx->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 &&
	    stx->stx_mnt_id == who->mounts[0];
}
