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

#ifndef VIOFSD_COMMON_MSG_FILE_H
#define VIOFSD_COMMON_MSG_FILE_H

#include <stdint.h>

/*
 * Knows: bodies of the messages between transport and fsworker: files, names,
 * attributes.  Included by msg.h alone, whose limits it uses.
 * Never: host types on the wire or holes in a struct.
 */

#define MSG_ATTR_MOUNT_ROOT	0x0001u	/* root of a submount */

struct msg_attr {
	uint64_t ino;
	uint64_t size;
	uint64_t blocks;	/* of 512 bytes */
	int64_t atime, mtime, ctime;
	uint32_t atime_nsec, mtime_nsec, ctime_nsec;
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid, gid;
	uint32_t rdev_major, rdev_minor;
	uint32_t dev_major, dev_minor;
	uint32_t blksize;
	uint64_t mnt_id;
	uint32_t flags;		/* MSG_ATTR_* */
	uint32_t zero;
};

struct q_lookup {
	char name[MSG_NAME_MAX];
};

struct a_lookup {
	struct msg_attr attr;
};

struct q_readlink {
	uint32_t zero;
};

struct a_readlink {
	uint32_t zero;
};

struct q_open {
	uint32_t flags;		/* O_* of the guest, already filtered; with
				 * O_APPEND the file has it if it must */
	uint32_t kill;		/* 1: truncation drops set-id bits */
};

struct a_open {
	uint32_t zero;
};

struct q_opendir {
	uint32_t zero;
};

struct a_opendir {
	uint32_t zero;
};

/*
 * The tail of a question that makes a file is [target of a symlink][name of
 * the security label's attribute][its value], without NULs; labels come only
 * with MSG_SHARE_LABEL.  umask is what the guest did not apply itself.
 */
struct q_create {
	uint32_t flags;
	uint32_t mode;
	uint32_t umask;
	uint32_t label_name_len, label_len;
	uint32_t kill;		/* 1: truncation drops set-id bits */
	uint32_t back;		/* 1: send the directory, if it is kept */
	char name[MSG_NAME_MAX];
};

/* [0] O_PATH node, [1] open file, [2] the directory or none */
struct a_create {
	struct msg_attr attr;
};

struct q_mknod {
	uint32_t mode;
	uint32_t rdev_major, rdev_minor;
	uint32_t umask;
	uint32_t label_name_len, label_len;
	char name[MSG_NAME_MAX];
};

struct a_mknod {
	struct msg_attr attr;
};

struct q_mkdir {
	uint32_t mode;
	uint32_t umask;
	uint32_t label_name_len, label_len;
	char name[MSG_NAME_MAX];
};

struct a_mkdir {
	struct msg_attr attr;
};

struct q_symlink {
	uint32_t target_len;	/* 1..MSG_PATH_MAX */
	uint32_t zero;
	uint32_t label_name_len, label_len;
	char name[MSG_NAME_MAX];
};

struct a_symlink {
	struct msg_attr attr;
};

struct q_link {
	char name[MSG_NAME_MAX];
};

struct a_link {
	struct msg_attr attr;
};

struct q_unlink {
	char name[MSG_NAME_MAX];
};

struct a_unlink {
	uint32_t zero;
};

struct q_rmdir {
	char name[MSG_NAME_MAX];
};

struct a_rmdir {
	uint32_t zero;
};

struct q_rename {
	uint32_t flags;		/* RENAME_NOREPLACE, EXCHANGE, WHITEOUT */
	uint32_t zero;
	char oldname[MSG_NAME_MAX];
	char newname[MSG_NAME_MAX];
};

struct a_rename {
	uint32_t zero;
};

/* q_setattr.valid */
#define MSG_SET_MODE		0x0001u
#define MSG_SET_UID		0x0002u
#define MSG_SET_GID		0x0004u
#define MSG_SET_SIZE		0x0008u
#define MSG_SET_ATIME		0x0010u
#define MSG_SET_MTIME		0x0020u
#define MSG_SET_ATIME_NOW	0x0040u
#define MSG_SET_MTIME_NOW	0x0080u
#define MSG_SET_HANDLE		0x0100u	/* the descriptor is an open file */
#define MSG_SET_KILL		0x0200u	/* a new size drops set-id bits */
#define MSG_SET_VALID		0x03ffu

struct q_setattr {
	uint32_t valid;		/* MSG_SET_* */
	uint32_t mode;		/* permission bits, 07777 */
	uint32_t uid, gid;
	uint64_t size;		/* 0..2^63 - 1 */
	int64_t atime, mtime;
	uint32_t atime_nsec, mtime_nsec;
};

struct a_setattr {
	struct msg_attr attr;
};

#define MSG_LIST_SEALED		0x0001u	/* a seal may do for a descriptor */
#define MSG_LIST_OPEN		0x0002u	/* of a node, which is opened for it */
#define MSG_LIST_NAMES		0x0004u	/* nodes of directories alone */
#define MSG_LIST_END		0x0001u	/* no entry comes after these */
#define MSG_LIST_MORE		0x0002u	/* MSG_LIST_OPEN: the directory comes */

/* What an entry takes of the guest's room. */
#define MSG_LIST_ROOM(name_len)	(((size_t)(name_len) + 152 + 7) & ~(size_t)7)

struct q_readdirplus {
	uint64_t off;		/* cookie of getdents64(2), 0 = start */
	uint32_t size;		/* most bytes of records wanted */
	uint32_t entry_max;	/* most wanted, 1..MSG_DIRPLUS_MAX, see below */
	uint32_t flags;		/* MSG_LIST_* */
	uint32_t room;		/* the guest's for them, 0 = any, see below */
};

/*
 * Descriptors: O_PATH nodes of the records with MSG_DIRENT_NODE, in order; with
 * MSG_LIST_MORE, last, the directory, open: it was not read to its end.  With
 * MSG_LIST_OPEN entry_max leaves room for that one.
 */
struct a_readdirplus {
	uint32_t entry_cnt;
	uint32_t flags;		/* MSG_LIST_END or MSG_LIST_MORE */
};

#define MSG_DIRENT_NODE		0x01u	/* attr and a descriptor are present */
#define MSG_DIRENT_SEALED	0x02u	/* attr and seal, and no descriptor */
#define MSG_DIRENT_OPEN		0x04u	/* AHEAD: it is open; there is a seal */

/* One entry in the tail; the next one starts rec_len bytes further. */
struct msg_dirent {
	struct msg_attr attr;	/* all zero without one of these flags */
	uint64_t off;		/* cookie of the entry after this one */
	uint64_t ino;
	uint16_t rec_len;	/* header, name and NUL padding; 8-aligned */
	uint16_t name_len;	/* 1..255 */
	uint8_t type;		/* DT_* */
	uint8_t flags;		/* MSG_DIRENT_* */
	uint16_t seal_len;	/* bytes of the seal, 0 = none */
	/* the seal, then char name[name_len], padded with NUL to 8 */
};

struct q_syncfs {
	uint32_t zero;
};

struct a_syncfs {
	uint32_t zero;
};

#define MSG_WRITE_APPEND	0x0001u	/* at the end, off is ignored */

struct q_write {
	uint64_t off;
	uint32_t flags;		/* MSG_WRITE_* */
	uint32_t zero;
};

struct a_write {
	uint32_t done_len;
	uint32_t zero;
};

struct q_fallocate {
	uint64_t off;
	uint64_t len;
	uint32_t mode;
	uint32_t zero;
};

struct a_fallocate {
	uint32_t zero;
};

struct q_copy {
	uint64_t from_off;
	uint64_t to_off;
	uint64_t len;
};

struct a_copy {
	uint64_t done_len;
};

struct q_setxattr {
	uint32_t flags;		/* XATTR_CREATE, XATTR_REPLACE */
	uint32_t kill_sgid;	/* 1: an ACL that drops set-gid, as fuse.h */
	char name[MSG_NAME_MAX];
};

struct a_setxattr {
	uint32_t zero;
};

struct q_getxattr {
	uint32_t size;		/* room, 0: only the size is wanted */
	uint32_t zero;
	char name[MSG_NAME_MAX];
};

struct a_getxattr {
	uint32_t size;		/* of the value */
	uint32_t zero;
};

struct q_listxattr {
	uint32_t size;
	uint32_t zero;
};

struct a_listxattr {
	uint32_t size;
	uint32_t zero;
};

struct q_removexattr {
	char name[MSG_NAME_MAX];
};

struct a_removexattr {
	uint32_t zero;
};

struct q_statx {
	uint32_t mask;		/* STATX_* */
	uint32_t flags;		/* AT_STATX_* */
};

struct a_statx {
	struct msg_attr attr;
	int64_t btime;
	uint32_t btime_nsec;
	uint32_t mask;		/* what is valid */
	uint64_t attributes;	/* STATX_ATTR_* */
	uint64_t attributes_mask;
};

struct q_access {
	uint32_t mask;		/* R_OK | W_OK | X_OK, or F_OK */
	uint32_t zero;
};

struct a_access {
	uint32_t zero;
};

struct q_tmpfile {
	uint32_t flags;
	uint32_t mode;
	uint32_t umask;
	uint32_t label_name_len, label_len;
	uint32_t zero;
};

struct a_tmpfile {
	struct msg_attr attr;
};

struct q_parent {
	uint32_t zero;
};

struct a_parent {
	struct msg_attr attr;
};

struct q_self {
	uint32_t zero;
};

struct a_self {
	struct msg_attr attr;
};

#define MSG_AHEAD_NODES	0x0001u	/* with descriptors, */
#define MSG_AHEAD_OPEN	0x0002u	/* and files open for reading, if they may */
#define MSG_AHEAD_ATTR	0x0004u	/* of files seal and attributes may do */

struct q_ahead {
	uint64_t off;		/* cookie of getdents64(2), 0 = start */
	uint32_t entry_max;	/* most entries wanted, 1..MSG_AHEAD_MAX, or */
				/* MSG_AHEAD_NAMES without MSG_AHEAD_NODES */
	uint32_t flags;		/* MSG_AHEAD_* */
};

/*
 * Records and descriptors are those of A_READDIRPLUS; MSG_DIRENT_SEALED comes
 * with MSG_AHEAD_ATTR alone.  Without it only ino, type, mount and device count
 * of attr.  What failed once the directory is watched is told beside its
 * number.
 */
struct a_ahead {
	uint64_t next;		/* cookie of the entry after the last one */
	int32_t wd;		/* watch descriptor, if off was 0, else 0 */
	uint32_t entry_cnt;
	uint32_t end;		/* 1: there is none, else 0 */
	uint32_t err;		/* nothing but wd counts, or 0 */
};

/*
 * What the instance is to tell of, see inotify(7): names that come and go,
 * and who may search the directory, by IN_ATTRIB without a name.  With
 * MSG_AHEAD_ATTR also of what changes a file's attributes.  Nobody takes from a
 * watch what somebody else has asked for.
 */
#define MSG_WATCH_MASK	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
			IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_MASK_ADD)
#define MSG_WATCH_ATTR	(MSG_WATCH_MASK | IN_MODIFY)

struct n_watch {
	uint64_t zero;
};

/* The tail is cnt numbers of nodes that are kept, 16 bits each. */
struct n_drop {
	uint32_t cnt;		/* 1..MSG_DROP_MAX */
	uint32_t zero;
};

#define MSG_IOCTL_HANDLE	0x0001u	/* the descriptor is an open file */

struct q_ioctl {
	uint32_t cmd;
	uint32_t flags;		/* MSG_IOCTL_* */
	uint32_t out_size;	/* room for what comes back */
	uint32_t zero;
};

struct a_ioctl {
	uint32_t result;
	uint32_t zero;
};

#endif
