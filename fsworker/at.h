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

#ifndef VIOFSD_FSWORKER_AT_H
#define VIOFSD_FSWORKER_AT_H

#include <limits.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: how a name or a descriptor becomes an open file; whether a
 * descriptor belongs to the share.  The only file with openat*(2).
 * Never: which right a request needs, or an answer.
 *
 * All functions return 0 or a positive errno.  Descriptors that they return
 * are close-on-exec and the caller's.
 */

#define AT_NUMBER_MAX	12	/* room for a descriptor's decimal number */

/*
 * Check that PROC_FD_PROC is what /proc/self/fd is for this process, and make
 * it the working directory; fatal otherwise.  Setup only.
 */
void	at_init(void);

/* The mask bit that makes statx(2) answer the kind of mount id of who. */
unsigned int at_mnt_mask(const struct a_whello *who);

/* 1 if mnt_id is one of the share's mounts, else 0. */
int	at_mnt_ours(const struct a_whello *who, uint64_t mnt_id);

/*
 * Does fd, which came with a question, lie on a mount of the share?  Returns 0
 * with the file's type (S_IF*, inode(7)) in *type, or EBADF, logged; with
 * --permissions strict, for an O_PATH descriptor, also as walk_check().  Where
 * the share has no mounts of its own (MSG_SHARE_BARE) it must also have a name
 * below the shared directory, now or when it was removed.
 */
int	at_claim(const struct a_whello *who, int fd, uint32_t *type);

/*
 * Where the share has no mounts of its own (MSG_SHARE_BARE): is the kernel's
 * name for fd below the shared directory, now or when it was removed?  1 or 0;
 * elsewhere always 1, for the mounts tell.
 */
int	at_below(const struct a_whello *who, int fd);

/*
 * 1 if what at_claim() found of a descriptor is true for as long as it is open:
 * where mounts tell.  0 where the way to a node, or its name, does.
 */
int	at_claim_lasts(const struct a_whello *who);

/* 0, or ENOTDIR unless the type is a directory's. */
int	at_want_dir(uint32_t type);

/*
 * 0 for a regular file; EISDIR for a directory, EBADF for anything else
 * (symlinks, devices, pipes and sockets are never opened).
 */
int	at_want_reg(uint32_t type);

/* at_claim(), and then at_want_dir() or at_want_reg(). */
int	at_claim_dir(const struct a_whello *who, int fd);
int	at_claim_reg(const struct a_whello *who, int fd);

/*
 * Filter open(2) flags that a guest asked for: access mode, O_TRUNC, O_SYNC,
 * O_DSYNC, O_NOATIME, O_DIRECT and what is in also may stay, O_LARGEFILE is
 * dropped, anything else is EINVAL.
 */
int	at_flags(uint32_t asked, uint32_t also, int *flags);

/* 1 if an open with flags may change the file, else 0. */
int	at_flags_write(int flags);

/* O_PATH descriptor of name in dirfd, whatever it is; no link is followed. */
int	at_child(int dirfd, const char *name, int *fd);

/*
 * Create the regular file name in dirfd and open it with flags; EEXIST if
 * there is one.  mode has permission bits only.
 */
int	at_create(int dirfd, const char *name, int flags, uint32_t mode,
	    int *fd);

/*
 * Make a regular file without a name on dirfd's filesystem.  flags has O_WRONLY
 * or O_RDWR; with O_EXCL it cannot get a name later.
 */
int	at_tmpfile(int dirfd, int flags, uint32_t mode, int *fd);

/*
 * The name that the kernel has now for the file behind fd, from the share's
 * root on, with a slash in front.  Returns 0, or errno: ESTALE if it has none
 * or is not below the root, ENAMETOOLONG.
 */
int	at_path(const struct a_whello *who, int fd, char path[PATH_MAX]);

/*
 * Is fd, a directory, the shared directory itself, where no mount begins with
 * it (MSG_SHARE_BARE)?  1 or 0; elsewhere attr_is_top() tells.
 */
int	at_is_top(const struct a_whello *who, int fd);

/*
 * O_PATH descriptor of path, of any length, from the share's root; every
 * directory on it must be open to this worker.  Only with --permissions strict:
 * others do not keep the root, or not for this.
 */
int	at_walk(const char *path, int *fd);

/*
 * O_PATH descriptor of the directory above dirfd.  The root of the share's
 * tree has no mount above it, so the kernel answers the root itself there;
 * callers check the result's provenance all the same.  ESTALE if it is not
 * below a shared directory that has no mount of its own.
 */
int	at_parent(const struct a_whello *who, int dirfd, int *fd);

/*
 * Open the file behind fd once more.  Only for regular files and directories
 * unless flags have O_PATH: at_want_reg() or at_want_dir() has said so.
 */
int	at_reopen(int fd, int flags, int *newfd);

/* The same of a directory, for reading, by its own name in it. */
int	at_reopen_dir(int fd, int *newfd);

/*
 * chmod(2) of what is behind fd, which may be an O_PATH descriptor; EOPNOTSUPP
 * for a symbolic link.
 */
int	at_chmod(int fd, uint32_t mode);

/* The name of fd beneath PROC_FD_PROC; returns buf. */
const char *at_number(int fd, char buf[AT_NUMBER_MAX]);

#endif
