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
 * Knows: what GETATTR, SETATTR and STATFS must do.
 * Never: how to send them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ops.h"

static void
ops_statfs(struct ops *o)
{
	struct fuse_kstatfs	 st;
	struct statvfs		 vfs;

	tap_rc(fs_statfs(o->fs, o->dir, &st), 0, "statfs");
	statvfs(ops_host(o, "."), &vfs);
	tap_is((long long)st.blocks, (long long)vfs.f_blocks,
	    "statfs: blocks");
	tap_is(st.bsize, (long long)vfs.f_bsize, "statfs: block size");
	tap_is(st.frsize, (long long)vfs.f_frsize, "statfs: fragment size");
	tap_is((long long)st.files, (long long)vfs.f_files, "statfs: files");
	tap_is(st.namelen, (long long)vfs.f_namemax, "statfs: name length");
	tap_rc(fs_statfs(o->fs, 888888, &st), -EBADF,
	    "statfs of a node that never was");
}

void
ops_attr(struct ops *o)
{
	struct fuse_entry_out	 e;
	struct fuse_attr_out	 a;
	struct fs_file		 f;

	f = ops_file(o, "file", "0123456789", 10);
	tap_rc(fs_getattr(o->fs, f.node, &a), 0, "getattr of a file");
	tap_ok(ops_same(o, &a.attr, "file"), "getattr: attributes");
	tap_ok(a.attr_valid == 1 && a.attr_valid_nsec == 0,
	    "getattr: valid for a second with cache auto");
	tap_rc(fs_fgetattr(o->fs, &f, &a), 0, "getattr by handle");
	tap_ok(ops_same(o, &a.attr, "file"), "the same attributes");
	tap_rc(fs_getattr(o->fs, o->dir, &a), 0, "getattr of a directory");
	tap_ok(ops_same(o, &a.attr, "."), "getattr: attributes");
	fs_symlink(o->fs, o->dir, "sym", "to/somewhere", &e);
	tap_rc(fs_getattr(o->fs, e.nodeid, &a), 0, "getattr of a symlink");
	tap_ok(ops_same(o, &a.attr, "sym") && a.attr.size == 12,
	    "getattr: attributes");
	fs_mknod(o->fs, o->dir, "fifo", S_IFIFO | 0600, 0, &e);
	tap_rc(fs_getattr(o->fs, e.nodeid, &a), 0, "getattr of a fifo");
	tap_ok(ops_same(o, &a.attr, "fifo"), "getattr: attributes");
	tap_rc(fs_getattr(o->fs, FUSE_ROOT_ID, &a), 0, "getattr of the root");
	tap_rc(fs_getattr(o->fs, 777777, &a), -EBADF,
	    "getattr of a node that never was");
	box_file(o->b, "attr/file", "changed by the host", 19);
	tap_rc(fs_getattr(o->fs, f.node, &a), 0, "getattr after the host");
	tap_is((long long)a.attr.size, 19, "it sees what the host did");
	fs_release(o->fs, &f);
	ops_statfs(o);
}

static void
ops_size(struct ops *o, struct fs_file *f)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_SIZE | FATTR_FH };
	struct fuse_attr_out	 a;
	char			 buf[16];

	tap_rc(fs_truncate(o->fs, f->node, 4), 0, "setattr: shorter");
	tap_is(ops_stat(o, "file").st_size, 4, "the host sees 4 bytes");
	tap_rc(fs_truncate(o->fs, f->node, 10), 0, "setattr: longer");
	tap_rc(fs_read(o->fs, f, 0, buf, 16), 10, "read of 10 bytes");
	tap_ok(memcmp(buf, "0123\0\0\0\0\0\0", 10) == 0, "the new are zero");
	in.fh = f->fh;
	in.size = 2;
	tap_rc(fs_setattr(o->fs, f->node, &in, &a), 0, "setattr by handle");
	tap_is(ops_stat(o, "file").st_size, 2, "the host sees 2 bytes");
	tap_is((long long)a.attr.size, 2, "the reply too");
	tap_rc(fs_truncate(o->fs, o->dir, 0), -EISDIR,
	    "setattr of a directory's size");
	tap_rc(fs_truncate(o->fs, f->node, 1ULL << 63), -EINVAL,
	    "setattr: size of 2^63");
	tap_rc(fs_truncate(o->fs, f->node, UINT64_MAX), -EINVAL,
	    "setattr: size of 2^64-1");
	tap_is(ops_stat(o, "file").st_size, 2, "they changed nothing");
}

void
ops_setattr(struct ops *o)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_MODE | FATTR_UID |
	    FATTR_GID | FATTR_SIZE, .mode = 0444, .uid = 12, .gid = 34 };
	struct fuse_attr_out	 a;
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct stat		 st;

	f = ops_file(o, "file", "0123456789", 10);
	tap_rc(fs_chmod(o->fs, f.node, 0751), 0, "setattr: mode");
	tap_is(ops_stat(o, "file").st_mode, S_IFREG | 0751, "it is set");
	tap_rc(fs_chmod(o->fs, f.node, S_IFREG | 06755), 0,
	    "setattr: mode with set-id bits");
	tap_is(ops_stat(o, "file").st_mode, S_IFREG | 06755, "they are set");
	tap_rc(fs_chown(o->fs, f.node, 1234, 5678), 0, "setattr: owner");
	st = ops_stat(o, "file");
	tap_ok(st.st_uid == 1234 && st.st_gid == 5678, "owner and group");
	tap_rc(fs_chown(o->fs, f.node, UINT32_MAX, 77), 0, "setattr: group");
	st = ops_stat(o, "file");
	tap_ok(st.st_uid == 1234 && st.st_gid == 77, "the group alone");
	fs_symlink(o->fs, o->dir, "sym", "file", &e);
	tap_rc(fs_chown(o->fs, e.nodeid, 55, 66), 0, "owner of a symlink");
	tap_ok(ops_stat(o, "sym").st_uid == 55 &&
	    ops_stat(o, "file").st_uid == 1234,
	    "the link's is set, not the target's");
	ops_size(o, &f);
	in.size = 1;
	tap_rc(fs_setattr(o->fs, f.node, &in, &a), 0,
	    "setattr of mode, owner and size at once");
	tap_ok(ops_same(o, &a.attr, "file"), "the reply is the host's stat");
	st = ops_stat(o, "file");
	tap_ok(st.st_mode == (S_IFREG | 0444) && st.st_uid == 12 &&
	    st.st_gid == 34 && st.st_size == 1, "all of it is set");
	tap_rc(fs_chmod(o->fs, 666666, 0644), -EBADF,
	    "setattr of a node that never was");
	in.valid = 0;
	tap_rc(fs_setattr(o->fs, f.node, &in, &a), 0, "setattr of nothing");
	tap_ok(ops_same(o, &a.attr, "file"), "it is a getattr");
	fs_release(o->fs, &f);
}

static void
ops_settimes(struct ops *o, uint64_t node, const char *name)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_ATIME | FATTR_MTIME,
	    .atime = 1000000001, .atimensec = 123456789,
	    .mtime = 1500000002, .mtimensec = 987654321 };
	struct fuse_attr_out	 a;
	struct stat		 st;

	tap_rc(fs_setattr(o->fs, node, &in, &a), 0, "%s: both times", name);
	st = ops_stat(o, name);
	tap_ok(st.st_atim.tv_sec == 1000000001 &&
	    st.st_atim.tv_nsec == 123456789 &&
	    st.st_mtim.tv_sec == 1500000002 &&
	    st.st_mtim.tv_nsec == 987654321, "%s: to the nanosecond", name);
	tap_ok(ops_same(o, &a.attr, name), "%s: the reply says so", name);
	in.valid = FATTR_MTIME | FATTR_MTIME_NOW;
	tap_rc(fs_setattr(o->fs, node, &in, &a), 0, "%s: mtime now", name);
	st = ops_stat(o, name);
	tap_ok(st.st_mtim.tv_sec > 1500000002 &&
	    st.st_atim.tv_sec == 1000000001,
	    "%s: mtime is new, atime old", name);
	in.valid = FATTR_ATIME;
	in.atime = (uint64_t)-5;
	tap_rc(fs_setattr(o->fs, node, &in, &a), 0,
	    "%s: a time before 1970", name);
	tap_is(ops_stat(o, name).st_atim.tv_sec, -5, "%s: it is set", name);
	in.atime = 5;
	in.atimensec = 1000000000;
	tap_rc(fs_setattr(o->fs, node, &in, &a), -EINVAL,
	    "%s: nanoseconds over 999999999", name);
}

void
ops_times(struct ops *o)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;

	f = ops_file(o, "file", "x", 1);
	ops_settimes(o, f.node, "file");
	fs_release(o->fs, &f);
	fs_mkdir(o->fs, o->dir, "dir", 0755, &e);
	ops_settimes(o, e.nodeid, "dir");
	fs_symlink(o->fs, o->dir, "sym", "nowhere", &e);
	ops_settimes(o, e.nodeid, "sym");
	fs_mknod(o->fs, o->dir, "fifo", S_IFIFO | 0600, 0, &e);
	ops_settimes(o, e.nodeid, "fifo");
}
