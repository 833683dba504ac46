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

#ifndef VIOFSD_BROKER_TREE_H
#define VIOFSD_BROKER_TREE_H

#include <limits.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: the share as a detached tree of mounts, the ids of its mounts, and its
 * files by handle.
 * Never: processes, or the broker's own root (root.c).
 */

/* How a handle is opened, for the filter. */
#define TREE_OPEN_FLAGS	(O_PATH | O_NOFOLLOW | O_CLOEXEC)

struct tree {
	int fd;			/* owns the clone: open as long as it is used */
	int rootfd;		/* O_PATH of its root, to be handed out */
	uint32_t mount_cnt;
	uint32_t unique_ids;	/* 1: STATX_MNT_ID_UNIQUE, 0: STATX_MNT_ID */
	uint64_t mounts[MSG_MOUNTS_MAX];	/* [0] is the root's */
	/* by number of the mount: open in it, for handles; or -1 */
	int mount_fds[MSG_MOUNTS_MAX];
};

/*
 * Clone the directory path with every mount below it into a detached tree
 * that is nosuid, nodev, noexec, nosymfollow and private, and read-only if
 * asked; then find out the ids of its mounts and, with handles, open the root
 * of each.  Fatal on failure.
 */
void	tree_clone(struct tree *t, const char *path, int readonly,
	    int handles);

/*
 * Without a clone: the directory path where it is, on the host's mounts with
 * the host's flags.  Its files are those on mounts that are there now.  Fatal
 * on failure.
 */
void	tree_here(struct tree *t, const char *path);

/*
 * Do file handles work for the root of the share?  Returns 0, EOPNOTSUPP
 * where the filesystem has none, or another errno of name_to_handle_at(2) or
 * open_by_handle_at(2).
 */
int	tree_has_handles(const struct tree *t);

/* Handles are not wanted after all. */
void	tree_close_mounts(struct tree *t);

/*
 * Open the file of a seal that was checked, O_PATH, for the caller to close.
 * Returns 0 and *fd, ESTALE (no such file any more, or no such mount in the
 * share), or another errno of open_by_handle_at(2).  Needs
 * CAP_DAC_READ_SEARCH.
 */
int	tree_open(const struct tree *t, const struct msg_seal *seal, int *fd);

/*
 * Can users of this host reach the directory path, not through the share but
 * where it really is, with set-uid files in force: its mount is not nosuid,
 * and no directory on the way is closed to them?  1 or 0; fatal if it cannot
 * be looked at.
 */
int	tree_suid_counts(const char *path);

/*
 * The mount point of one line of mountinfo (proc(5)), relative to the
 * directory share, if it lies strictly below it.  Returns 1 and fills rel, or
 * 0 (elsewhere, the share itself, or not a line of that form).
 */
int	tree_mountinfo(const char *line, const char *share,
	    char rel[PATH_MAX]);

#endif
