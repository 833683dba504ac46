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
 * Knows: how attributes, entries and cache policy look to a FUSE client.
 * Never: guest memory or system calls.
 */

#include "config.h"

#include <sys/sysmacros.h>

#include <string.h>

#include "fout.h"
#include "fs.h"
#include "node.h"

#define FOUT_SEC	1000000000LL
#define FOUT_AGE_MAX	(86400u * 366)	/* seconds that are as good as ever */

/* The protocol carries device numbers in the kernel's 32-bit encoding. */
static uint32_t
fout_dev(uint32_t maj, uint32_t min)
{
	return (min & 0xff) | (maj << 8) | ((min & ~0xffU) << 12);
}

void
fout_attr(const struct fs *fs, struct fuse_attr *out,
    const struct msg_attr *a)
{
	memset(out, 0, sizeof(*out));
	out->ino = a->ino;
	out->size = a->size;
	out->blocks = a->blocks;
	out->atime = (uint64_t)a->atime;
	out->mtime = (uint64_t)a->mtime;
	out->ctime = (uint64_t)a->ctime;
	out->atimensec = a->atime_nsec;
	out->mtimensec = a->mtime_nsec;
	out->ctimensec = a->ctime_nsec;
	out->mode = a->mode;
	out->nlink = a->nlink;
	out->uid = idmap_to_guest(&fs->ids, IDMAP_UID, a->uid);
	out->gid = idmap_to_guest(&fs->ids, IDMAP_GID, a->gid);
	out->rdev = fout_dev(a->rdev_major, a->rdev_minor);
	out->blksize = a->blksize;
}

void
fout_attr_stat(const struct fs *fs, struct fuse_attr *out,
    const struct stat *st)
{
	memset(out, 0, sizeof(*out));
	out->ino = st->st_ino;
	out->size = (uint64_t)st->st_size;
	out->blocks = (uint64_t)st->st_blocks;
	out->atime = (uint64_t)st->st_atim.tv_sec;
	out->mtime = (uint64_t)st->st_mtim.tv_sec;
	out->ctime = (uint64_t)st->st_ctim.tv_sec;
	out->atimensec = (uint32_t)st->st_atim.tv_nsec;
	out->mtimensec = (uint32_t)st->st_mtim.tv_nsec;
	out->ctimensec = (uint32_t)st->st_ctim.tv_nsec;
	out->mode = st->st_mode;
	out->nlink = (uint32_t)st->st_nlink;
	out->uid = idmap_to_guest(&fs->ids, IDMAP_UID, st->st_uid);
	out->gid = idmap_to_guest(&fs->ids, IDMAP_GID, st->st_gid);
	out->rdev = fout_dev(major(st->st_rdev), minor(st->st_rdev));
	out->blksize = (uint32_t)st->st_blksize;
}

/*
 * A write, or anything else that changes contents, takes set-id bits away
 * where the client does not know: set-gid without group-execute by somebody
 * of another group, and any bit once that is left to us.
 */
static int
fout_mode_melts(const struct fs *fs, uint32_t mode)
{
	if (!S_ISREG(mode))
		return 0;
	if (fs->session.flags & FUSE_HANDLE_KILLPRIV_V2)
		return (mode & (S_ISUID | S_ISGID)) != 0;
	return (mode & (S_ISGID | S_IXGRP)) == S_ISGID;
}

static struct msg_timeout
fout_attr_time(const struct fs *fs, uint32_t mode)
{
	static const struct msg_timeout none;

	if (fout_mode_melts(fs, mode))
		return none;
	return S_ISDIR(mode) ? fs->conf.dir_attr : fs->conf.attr;
}

void
fout_attr_out(const struct fs *fs, struct fuse_attr_out *out)
{
	const struct msg_timeout t = fout_attr_time(fs, out->attr.mode);

	out->attr_valid = t.sec;
	out->attr_valid_nsec = t.nsec;
	out->dummy = 0;
}

static int64_t
fout_ns(uint64_t sec, uint32_t nsec)
{
	return (int64_t)(sec < FOUT_AGE_MAX ? sec : FOUT_AGE_MAX) * FOUT_SEC +
	    nsec;
}

int
fout_young(const struct fs *fs, uint32_t mode, int64_t age)
{
	const struct msg_timeout t = fout_attr_time(fs, mode);

	return age < FOUT_SEC && age < fout_ns(t.sec, t.nsec);
}

void
fout_older(struct fuse_entry_out *out, int64_t age)
{
	int64_t left = fout_ns(out->attr_valid, out->attr_valid_nsec) - age;

	if (left < 0)
		left = 0;
	out->attr_valid = (uint64_t)(left / FOUT_SEC);
	out->attr_valid_nsec = (uint32_t)(left % FOUT_SEC);
}

static void
fout_timeouts(const struct fs *fs, struct fuse_entry_out *out, uint32_t mode)
{
	const struct msg_timeout attr = fout_attr_time(fs, mode);
	const struct msg_timeout *entry = S_ISDIR(mode) ? &fs->conf.dir_entry :
	    &fs->conf.entry;

	out->attr_valid = attr.sec;
	out->attr_valid_nsec = attr.nsec;
	out->entry_valid = entry->sec;
	out->entry_valid_nsec = entry->nsec;
}

void
fout_negative(const struct fs *fs, struct fuse_entry_out *out)
{
	memset(out, 0, sizeof(*out));
	out->entry_valid = fs->conf.negative.sec;
	out->entry_valid_nsec = fs->conf.negative.nsec;
}

void
fout_entry(const struct fs *fs, const struct node *parent,
    const struct node *n, const struct msg_attr *a,
    struct fuse_entry_out *out)
{
	memset(out, 0, sizeof(*out));
	out->nodeid = node_id(n);
	fout_timeouts(fs, out, a->mode);
	fout_attr(fs, &out->attr, a);
	if ((fs->session.flags & FUSE_SUBMOUNTS) != 0 && S_ISDIR(a->mode) &&
	    (parent->mnt_id != n->mnt_id ||
	    parent->dev_major != n->dev_major ||
	    parent->dev_minor != n->dev_minor))
		out->attr.flags |= FUSE_ATTR_SUBMOUNT;
}

uint32_t
fout_open_flags(const struct fs *fs, int dir)
{
	switch (fs->conf.cache) {
	case MSG_CACHE_NEVER:
		return dir ? 0 : FOPEN_DIRECT_IO;
	case MSG_CACHE_METADATA:
		return dir ? FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE :
		    FOPEN_DIRECT_IO;
	case MSG_CACHE_ALWAYS:
		return dir ? FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE :
		    FOPEN_KEEP_CACHE;
	default:
		return 0;
	}
}
