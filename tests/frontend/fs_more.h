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

#ifndef VIOFSD_FRONTEND_FS_MORE_H
#define VIOFSD_FRONTEND_FS_MORE_H

#include "fs.h"

/*
 * The requests that a share serves only when it was asked to, or that newer
 * kernels send.  As in fs.h: a length or 0, or a negative errno.
 */

/* Bits that Linux 6.1's header does not have. */
#define FS_CREATE_SUPP_GROUP	(1ULL << 34)
#define FS_ALLOW_MMAP		(1ULL << 36)
#define FS_ALLOW_IDMAP		(1ULL << 40)
#define FS_STATX		52
#define FS_COPY_64		53

/* --- extended attributes --- */

int	fs_setxattr(struct fs *, uint64_t node, const char *name,
	    const void *value, uint32_t len, uint32_t flags);
/* setxattr_flags: FUSE_SETXATTR_ACL_KILL_SGID. */
int	fs_setxattr_ext(struct fs *, uint64_t node, const char *name,
	    const struct fuse_setxattr_in *, const void *value);
/* size 0: returns the size of the value. */
int	fs_getxattr(struct fs *, uint64_t node, const char *name, void *buf,
	    uint32_t size);
int	fs_listxattr(struct fs *, uint64_t node, char *buf, uint32_t size);
int	fs_removexattr(struct fs *, uint64_t node, const char *name);

/* --- what makes files, with all it may carry --- */

struct fs_make {
	uint32_t	 opcode;	/* CREATE MKNOD MKDIR SYMLINK TMPFILE */
	uint64_t	 dir;
	const char	*name;
	const char	*target;	/* of a symlink */
	uint32_t	 mode;
	uint32_t	 umask;
	uint32_t	 flags;		/* of open(2) */
	uint32_t	 open_flags;	/* FUSE_OPEN_KILL_SUIDGID */
	const char	*label_name;	/* NULL: no extension */
	const void	*label;
	uint32_t	 label_len;
	uint32_t	 ext_lie;	/* added to the extension's size */
	bool		 ext_old;	/* no total_extlen, as before 7.38 */
	const void	*ext;		/* instead of the label, as it is */
	uint32_t	 ext_len;	/* its bytes, a multiple of 8 */
};

/* f->entry is what was made; fh only after CREATE and TMPFILE. */
int	fs_make(struct fs *, const struct fs_make *, struct fs_file *);

int	fs_fopen_as(struct fs *, uint64_t node, const struct fuse_open_in *,
	    struct fs_file *);

/* --- the rest --- */

struct fs_sx_time {
	int64_t		 sec;
	uint32_t	 nsec;
	int32_t		 reserved;
};

struct fs_statx {		/* struct fuse_statx of 7.39 */
	uint32_t		 mask, blksize;
	uint64_t		 attributes;
	uint32_t		 nlink, uid, gid;
	uint16_t		 mode, spare0;
	uint64_t		 ino, size, blocks, attributes_mask;
	struct fs_sx_time	 atime, btime, ctime, mtime;
	uint32_t		 rdev_major, rdev_minor;
	uint32_t		 dev_major, dev_minor;
	uint64_t		 spare2[14];
};

struct fs_statx_out {
	uint64_t		 attr_valid;
	uint32_t		 attr_valid_nsec, flags;
	uint64_t		 spare[2];
	struct fs_statx		 stat;
};

/* f may be NULL. */
int	fs_statx(struct fs *, uint64_t node, const struct fs_file *f,
	    uint32_t mask, struct fs_statx_out *);
int	fs_access(struct fs *, uint64_t node, uint32_t mask);

/*
 * in_len and out_len as the kernel takes them from the command; returns the
 * bytes of the answer behind its result, which goes to *result.
 */
struct fs_ioctl {
	uint32_t	 cmd;
	uint32_t	 flags;		/* FUSE_IOCTL_DIR */
	const void	*in;
	uint32_t	 in_len;
	void		*out;
	uint32_t	 out_len;
	int32_t		 result;
};

int	fs_ioctl(struct fs *, const struct fs_file *, struct fs_ioctl *);

/* Returns 0; what was copied goes to *done. */
int	fs_copy_64(struct fs *, const struct fuse_copy_file_range_in *,
	    uint64_t from_node, uint64_t *done);

/*
 * READ and WRITE of one page at off, with a page of guest memory for it, as
 * the kernel sends them for O_DIRECT.
 */
#define FS_PAGE		4096u

int	fs_read_page(struct fs *, const struct fs_file *, uint64_t off,
	    void *page);
int	fs_write_page(struct fs *, const struct fs_file *, uint64_t off,
	    const void *page);

/* --- locks --- */

struct fs_lock {
	uint64_t	 owner;
	uint64_t	 start, end;	/* end inclusive */
	uint32_t	 type;		/* F_RDLCK ... */
	bool		 flock;
};

int	fs_getlk(struct fs *, const struct fs_file *, const struct fs_lock *,
	    struct fuse_file_lock *);
int	fs_setlk(struct fs *, const struct fs_file *,
	    const struct fs_lock *);
/* Only put it on the queue; fs_finish() waits for the lock. */
int	fs_setlkw(struct fs *, const struct fs_file *,
	    const struct fs_lock *, struct fs_ticket *);
/* The same, and the device learns of it with the next request. */
int	fs_setlkw_quiet(struct fs *, const struct fs_file *,
	    const struct fs_lock *, struct fs_ticket *);
int	fs_flush_as(struct fs *, const struct fs_file *, uint64_t owner);
int	fs_release_as(struct fs *, const struct fs_file *,
	    const struct fuse_release_in *);

#endif
