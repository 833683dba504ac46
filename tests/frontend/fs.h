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

#ifndef VIOFSD_FRONTEND_FS_H
#define VIOFSD_FRONTEND_FS_H

#include <sys/types.h>

#include <linux/fuse.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"
#include "vhost.h"

/*
 * FUSE requests over virtqueues, as a guest kernel sends them.  Calls return
 * a length or 0, or a negative errno from the daemon, or one of these:
 */
#define FS_TIMEOUT	(-10001)	/* no reply in time */
#define FS_LOST		(-10002)	/* the daemon hung up */
#define FS_BADREPLY	(-10003)	/* reply breaks the FUSE rules */
#define FS_NOREPLY	(-10004)	/* chain came back with length 0 */
#define FS_BROKEN	(-10005)	/* the device signalled a ring error */

#define FS_QUEUE_MAX	5
#define FS_HIPRIO	0
#define FS_SMALL_CNT	96
#define FS_LARGE_CNT	6
#define FS_SMALL_LEN	16384u			/* bytes each way */
#define FS_LARGE_LEN	((1u << 20) + 16384u)
#define FS_SLOT_CNT	(FS_SMALL_CNT + FS_LARGE_CNT)
#define FS_SEG_MAX	600			/* segments of one request */

/*
 * What Linux 6.1 offers on a virtio-fs mount, but READDIRPLUS_AUTO: what comes
 * with a listing would depend on what was looked at before.
 */
#define FS_INIT_FLAGS	0x000000057bffbffbULL

struct fs_slot {
	uint64_t	 tx, rx;	/* guest addresses of the buffers */
	uint64_t	 table;		/* for an indirect table */
	uint32_t	 cap;		/* bytes of each buffer */
	bool		 busy;
};

struct fs {
	struct mem	*mem;
	struct ring	*q;		/* all queues, hiprio first */
	unsigned	 q_cnt;
	struct vhost	*conn;
	uint64_t	 unique;
	uint32_t	 uid, gid, pid;	/* for the next requests */
	unsigned	 queue;		/* for the next requests */
	bool		 indirect;
	uint32_t	 seg_len;	/* cut buffers into this; 0: do not */
	int		 timeout;	/* milliseconds */
	unsigned	 bad_reply;	/* replies that broke a rule */
	struct fs_slot	 slot[FS_SLOT_CNT];
};

/* One request.  All lengths are bytes. */
struct fs_args {
	uint32_t	 opcode;
	uint64_t	 node;
	const void	*arg;		/* fixed part */
	size_t		 arg_len;
	const void	*data;		/* names or data behind it */
	size_t		 data_len;
	void		*out;		/* payload of the reply goes here */
	size_t		 out_len;	/* room for it */
	bool		 no_reply;	/* FORGET and the like */
	uint32_t	 hdr_len;	/* lie for in_header.len; 0: truth */
	uint16_t	 ext_len;	/* in_header.total_extlen */
};

/* A request in flight. */
struct fs_ticket {
	struct fs_slot	*slot;
	uint64_t	 unique;
	uint16_t	 head;
	unsigned	 queue;
	uint32_t	 opcode;
	uint32_t	 room;		/* payload bytes the reply may have */
	bool		 no_reply;
	bool		 any_unique;	/* the request had none to repeat */
};

/* Take buffers out of guest memory. */
void	fs_open(struct fs *, struct mem *, struct ring *q, unsigned q_cnt,
	    struct vhost *);

/* Forget everything in flight (after the rings were reset). */
void	fs_reset(struct fs *);

/* Put a request on its queue; fs_start() does not notify the device. */
int	fs_start(struct fs *, const struct fs_args *, struct fs_ticket *);
int	fs_submit(struct fs *, const struct fs_args *, struct fs_ticket *);

/* Wait for its reply; copies at most out_len bytes of payload to out. */
int	fs_finish(struct fs *, struct fs_ticket *, void *out, size_t out_len);

/* Both. */
int	fs_call(struct fs *, const struct fs_args *);

/*
 * Send len bytes as they are, with room for room bytes of reply (header
 * included); returns what fs_call returns.
 */
int	fs_raw(struct fs *, const void *buf, size_t len, size_t room);

/* The caller of the next requests. */
void	fs_cred(struct fs *, uint32_t uid, uint32_t gid);

/* --- session (fs_call.c) --- */

int	fs_init(struct fs *, struct fuse_init_out *out);
int	fs_init_as(struct fs *, uint32_t major, uint32_t minor,
	    uint64_t flags, struct fuse_init_out *out);
int	fs_destroy(struct fs *);
int	fs_forget(struct fs *, uint64_t node, uint64_t cnt);
int	fs_batch_forget(struct fs *, uint32_t cnt,
	    const struct fuse_forget_one *list, uint32_t list_cnt);
int	fs_interrupt(struct fs *, uint64_t unique);
int	fs_statfs(struct fs *, uint64_t node, struct fuse_kstatfs *);
int	fs_syncfs(struct fs *, uint64_t node);

/* --- names (fs_name.c); e may be NULL --- */

int	fs_lookup(struct fs *, uint64_t dir, const char *name,
	    struct fuse_entry_out *e);
int	fs_mkdir(struct fs *, uint64_t dir, const char *name, uint32_t mode,
	    struct fuse_entry_out *e);
int	fs_mknod(struct fs *, uint64_t dir, const char *name, uint32_t mode,
	    uint32_t rdev, struct fuse_entry_out *e);
int	fs_symlink(struct fs *, uint64_t dir, const char *name,
	    const char *target, struct fuse_entry_out *e);
int	fs_link(struct fs *, uint64_t node, uint64_t dir, const char *name,
	    struct fuse_entry_out *e);
int	fs_unlink(struct fs *, uint64_t dir, const char *name);
int	fs_rmdir(struct fs *, uint64_t dir, const char *name);
int	fs_rename(struct fs *, uint64_t dir, const char *name, uint64_t to,
	    const char *newname);
int	fs_rename2(struct fs *, uint64_t dir, const char *name, uint64_t to,
	    const char *newname, uint32_t flags);
/* Without the terminating NUL in buf; returns its length. */
int	fs_readlink(struct fs *, uint64_t node, char *buf, size_t len);

struct fs_file {
	uint64_t		 node;
	uint64_t		 fh;
	uint32_t		 flags;		/* FOPEN_* */
	struct fuse_entry_out	 entry;		/* after fs_create */
};

int	fs_create(struct fs *, uint64_t dir, const char *name, uint32_t mode,
	    uint32_t flags, struct fs_file *);

/* --- attributes (fs_attr.c) --- */

int	fs_getattr(struct fs *, uint64_t node, struct fuse_attr_out *);
int	fs_fgetattr(struct fs *, const struct fs_file *,
	    struct fuse_attr_out *);
int	fs_setattr(struct fs *, uint64_t node,
	    const struct fuse_setattr_in *, struct fuse_attr_out *);
int	fs_chmod(struct fs *, uint64_t node, uint32_t mode);
int	fs_chown(struct fs *, uint64_t node, uint32_t uid, uint32_t gid);
int	fs_truncate(struct fs *, uint64_t node, uint64_t size);

/* --- open files (fs_file.c) --- */

int	fs_fopen(struct fs *, uint64_t node, uint32_t flags,
	    struct fs_file *);
int	fs_release(struct fs *, const struct fs_file *);
int	fs_read(struct fs *, const struct fs_file *, uint64_t off, void *buf,
	    uint32_t len);
int	fs_write(struct fs *, const struct fs_file *, uint64_t off,
	    const void *buf, uint32_t len);
int	fs_write_as(struct fs *, const struct fs_file *,
	    const struct fuse_write_in *, const void *buf, size_t len);
int	fs_flush(struct fs *, const struct fs_file *);
int	fs_fsync(struct fs *, const struct fs_file *, bool data_only);
int	fs_fallocate(struct fs *, const struct fs_file *, uint32_t mode,
	    uint64_t off, uint64_t len);
int	fs_lseek(struct fs *, const struct fs_file *, uint64_t off,
	    uint32_t whence, uint64_t *out);
int	fs_copy(struct fs *, const struct fs_file *in, uint64_t in_off,
	    const struct fs_file *out, uint64_t out_off, uint64_t len);

/* --- directories (fs_dir.c) --- */

int	fs_opendir(struct fs *, uint64_t node, struct fs_file *);
int	fs_releasedir(struct fs *, const struct fs_file *);
int	fs_fsyncdir(struct fs *, const struct fs_file *, bool data_only);
int	fs_readdir(struct fs *, const struct fs_file *, uint64_t off,
	    void *buf, uint32_t len);
int	fs_readdirplus(struct fs *, const struct fs_file *, uint64_t off,
	    void *buf, uint32_t len);

struct fs_dirent {
	uint64_t	 ino;
	uint64_t	 off;
	uint32_t	 type;
	char		 name[256];
	struct fuse_entry_out	 entry;		/* READDIRPLUS only */
};

/*
 * Take the next entry out of a READDIR (or READDIRPLUS) reply of len bytes
 * at *pos.  Returns 1, 0 at the end, or FS_BADREPLY.
 */
int	fs_nextent(const void *buf, size_t len, size_t *pos, bool plus,
	    struct fs_dirent *);

#endif
