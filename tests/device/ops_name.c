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
 * Knows: what the operations on names must do.
 * Never: how to send them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

#define OPS_NODE_NONE	0x7fffffff12345678ULL

void
ops_lookup(struct ops *o)
{
	struct fuse_entry_out	 e, again;
	struct fs_file		 f;
	char			 name[300];

	f = ops_file(o, "file", "abc", 3);
	tap_rc(fs_lookup(o->fs, o->dir, "file", &e), 0, "lookup of a file");
	tap_ok(ops_same(o, &e.attr, "file"), "lookup: attributes");
	tap_is((long long)e.nodeid, (long long)f.node,
	    "lookup: node of the create");
	fs_lookup(o->fs, o->dir, "file", &again);
	tap_is((long long)again.nodeid, (long long)e.nodeid,
	    "lookup: the same node each time");
	tap_ok(e.entry_valid == 1 && e.attr_valid == 1 &&
	    e.entry_valid_nsec == 0 && e.attr_valid_nsec == 0,
	    "lookup: valid for a second with cache auto");
	tap_rc(fs_lookup(o->fs, o->dir, "none", &e), -ENOENT,
	    "lookup of nothing");
	tap_rc(fs_lookup(o->fs, f.node, "x", &e), -ENOTDIR,
	    "lookup in a file");
	tap_rc(fs_lookup(o->fs, OPS_NODE_NONE, "x", &e), -EBADF,
	    "lookup in a node that never was");
	tap_rc(fs_lookup(o->fs, 0, "x", &e), -EBADF, "lookup in node 0");
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	tap_rc(fs_lookup(o->fs, o->dir, name, &e), -ENOENT,
	    "lookup of 255 bytes");
	ops_file(o, name, "", 0);
	tap_rc(fs_lookup(o->fs, o->dir, name, &e), 0,
	    "lookup of 255 bytes that are there");
	tap_rc(fs_lookup(o->fs, o->dir, "\xff\xfe\n\\", &e), -ENOENT,
	    "lookup of bytes that are no text");
	tap_rc(fs_mkdir(o->fs, o->dir, "\xff\xfe\n\\", 0755, &e), 0,
	    "mkdir of bytes that are no text");
	tap_ok(ops_exists(o, "\xff\xfe\n\\"), "they reached the host");
	fs_release(o->fs, &f);
}

static void
ops_mknod(struct ops *o)
{
	struct fuse_entry_out	 e;

	tap_rc(fs_mknod(o->fs, o->dir, "reg", S_IFREG | 0640, 0, &e), 0,
	    "mknod of a file");
	tap_ok(ops_same(o, &e.attr, "reg"), "mknod: attributes");
	tap_is(ops_stat(o, "reg").st_mode, S_IFREG | 0640, "mknod: mode");
	tap_rc(fs_mknod(o->fs, o->dir, "reg", S_IFREG | 0640, 0, &e),
	    -EEXIST, "mknod over a file");
	tap_rc(fs_mknod(o->fs, o->dir, "fifo", S_IFIFO | 0600, 0, &e), 0,
	    "mknod of a fifo");
	tap_is(ops_stat(o, "fifo").st_mode, S_IFIFO | 0600, "it is one");
	tap_rc(fs_mknod(o->fs, o->dir, "sock", S_IFSOCK | 0600, 0, &e), 0,
	    "mknod of a socket");
	tap_is(ops_stat(o, "sock").st_mode, S_IFSOCK | 0600, "it is one");
	if (mknod(ops_host(o, "probe"), S_IFCHR | 0600, makedev(1, 3)) == -1) {
		tap_skip("the host lets root make no device",
		    "mknod of a device");
		return;
	}
	tap_rc(fs_mknod(o->fs, o->dir, "chr", S_IFCHR | 0600, 0x103, &e), 0,
	    "mknod of a character device");
	tap_ok(ops_same(o, &e.attr, "chr") &&
	    ops_stat(o, "chr").st_rdev == makedev(1, 3), "it is 1:3");
	tap_rc(fs_mknod(o->fs, o->dir, "blk", S_IFBLK | 0600, 0x700, &e), 0,
	    "mknod of a block device");
	tap_is(ops_stat(o, "blk").st_mode, S_IFBLK | 0600, "it is one");
	tap_rc(fs_mknod(o->fs, o->dir, "white", S_IFCHR, 0, &e), 0,
	    "mknod of a whiteout");
}

static void
ops_create(struct ops *o)
{
	struct fs_file	 f, g;

	tap_rc(fs_create(o->fs, o->dir, "new", 0640, O_RDWR, &f), 0,
	    "create");
	tap_ok(ops_same(o, &f.entry.attr, "new"), "create: attributes");
	tap_is(ops_stat(o, "new").st_mode, S_IFREG | 0640, "create: mode");
	tap_rc(fs_create(o->fs, o->dir, "new", 0600, O_RDWR | O_EXCL, &g),
	    -EEXIST, "create with O_EXCL over a file");
	fs_write(o->fs, &f, 0, "12345", 5);
	tap_rc(fs_create(o->fs, o->dir, "new", 0600, O_RDWR, &g), 0,
	    "create without O_EXCL opens what is there");
	tap_is((long long)g.node, (long long)f.node, "it is the same node");
	tap_is(ops_stat(o, "new").st_mode, S_IFREG | 0640,
	    "its mode is left alone");
	tap_is(ops_stat(o, "new").st_size, 5, "its content too");
	fs_release(o->fs, &g);
	tap_rc(fs_create(o->fs, o->dir, "new", 0600, O_RDWR | O_TRUNC, &g),
	    0, "create with O_TRUNC");
	tap_is(ops_stat(o, "new").st_size, 0, "it is empty now");
	fs_release(o->fs, &g);
	fs_release(o->fs, &f);
	tap_rc(fs_create(o->fs, f.node, "x", 0600, O_RDWR, &g), -ENOTDIR,
	    "create in a file");
	tap_rc(fs_create(o->fs, o->dir, "dir", 0600, O_RDWR, &g), -EISDIR,
	    "create over a directory");
}

void
ops_make(struct ops *o)
{
	struct fuse_entry_out	 e, gone;

	tap_rc(fs_mkdir(o->fs, o->dir, "dir", 0750, &e), 0, "mkdir");
	tap_ok(ops_same(o, &e.attr, "dir"), "mkdir: attributes");
	tap_is(ops_stat(o, "dir").st_mode, S_IFDIR | 0750, "mkdir: mode");
	tap_rc(fs_mkdir(o->fs, o->dir, "dir", 0750, &e), -EEXIST,
	    "mkdir over a directory");
	tap_rc(fs_mkdir(o->fs, e.nodeid, "x", 0750, &e), -EBADF,
	    "mkdir in node 0, which a failed mkdir returns");
	tap_rc(fs_mkdir(o->fs, o->dir, "sticky", 01777, &e), 0,
	    "mkdir with the sticky bit");
	tap_is(ops_stat(o, "sticky").st_mode, S_IFDIR | 01777, "it is there");
	ops_create(o);
	ops_mknod(o);
	fs_lookup(o->fs, o->dir, "reg", &e);
	tap_rc(fs_mkdir(o->fs, e.nodeid, "x", 0755, &gone), -ENOTDIR,
	    "mkdir in a file");
	fs_mkdir(o->fs, o->dir, "gone", 0755, &gone);
	rmdir(ops_host(o, "gone"));
	tap_rc(fs_mkdir(o->fs, gone.nodeid, "x", 0755, &e), -ENOENT,
	    "mkdir in a directory that is gone");
	tap_rc(fs_symlink(o->fs, gone.nodeid, "x", "y", &e), -ENOENT,
	    "symlink in it");
	tap_rc(fs_mknod(o->fs, gone.nodeid, "x", S_IFREG | 0600, 0, &e),
	    -ENOENT, "mknod in it");
}

static void
ops_readlink(struct ops *o)
{
	struct fuse_entry_out	 e;
	static char		 target[4100], buf[8192];
	int			 rc;

	tap_rc(fs_symlink(o->fs, o->dir, "sym", "../any/thing", &e), 0,
	    "symlink");
	tap_ok(ops_same(o, &e.attr, "sym"), "symlink: attributes");
	rc = fs_readlink(o->fs, e.nodeid, buf, sizeof(buf));
	tap_ok(rc == 12 && memcmp(buf, "../any/thing", 12) == 0, "readlink");
	tap_rc(fs_symlink(o->fs, o->dir, "sym", "x", &e), -EEXIST,
	    "symlink over something");
	memset(target, 't', sizeof(target));
	target[4095] = '\0';
	tap_rc(fs_symlink(o->fs, o->dir, "long", target, &e), 0,
	    "symlink to 4095 bytes");
	rc = fs_readlink(o->fs, e.nodeid, buf, sizeof(buf));
	tap_ok(rc == 4095 && memcmp(buf, target, 4095) == 0,
	    "readlink of 4095 bytes");
	rc = fs_readlink(o->fs, o->dir, buf, sizeof(buf));
	tap_ok(rc == -EINVAL || rc == -ENOENT,
	    "readlink of a directory (%s)", tap_rcname(rc));
	fs_lookup(o->fs, o->dir, "sym", &e);
	tap_rc(fs_lookup(o->fs, e.nodeid, "x", NULL), -ENOTDIR,
	    "lookup in a symlink");
}

void
ops_links(struct ops *o)
{
	struct fuse_entry_out	 e, dir;
	struct fs_file		 f;
	struct stat		 st;

	ops_readlink(o);
	f = ops_file(o, "one", "x", 1);
	tap_rc(fs_link(o->fs, f.node, o->dir, "two", &e), 0, "link");
	tap_is((long long)e.nodeid, (long long)f.node, "link: the same node");
	tap_is(e.attr.nlink, 2, "link: two links");
	tap_ok(ops_same(o, &e.attr, "two"), "link: attributes");
	tap_rc(fs_link(o->fs, f.node, o->dir, "two", &e), -EEXIST,
	    "link over something");
	tap_rc(fs_link(o->fs, f.node, f.node, "x", &e), -ENOTDIR,
	    "link in a file");
	fs_mkdir(o->fs, o->dir, "dir", 0755, &dir);
	tap_rc(fs_link(o->fs, dir.nodeid, o->dir, "dirlink", &e), -EPERM,
	    "link of a directory");
	tap_rc(fs_link(o->fs, OPS_NODE_NONE, o->dir, "x", &e), -EBADF,
	    "link of a node that never was");
	fs_symlink(o->fs, o->dir, "s1", "target", &e);
	tap_rc(fs_link(o->fs, e.nodeid, o->dir, "s2", &e), 0,
	    "link of a symlink");
	st = ops_stat(o, "s2");
	tap_ok(S_ISLNK(st.st_mode) && st.st_nlink == 2, "it is a symlink");
	fs_release(o->fs, &f);
}

void
ops_remove(struct ops *o)
{
	struct fuse_entry_out	 dir, e;
	struct fs_file		 f;

	f = ops_file(o, "file", "x", 1);
	fs_mkdir(o->fs, o->dir, "dir", 0755, &dir);
	fs_mkdir(o->fs, dir.nodeid, "sub", 0755, &e);
	tap_rc(fs_unlink(o->fs, o->dir, "none"), -ENOENT,
	    "unlink of nothing");
	tap_rc(fs_rmdir(o->fs, o->dir, "none"), -ENOENT, "rmdir of nothing");
	tap_rc(fs_unlink(o->fs, o->dir, "dir"), -EISDIR,
	    "unlink of a directory");
	tap_rc(fs_rmdir(o->fs, o->dir, "file"), -ENOTDIR, "rmdir of a file");
	tap_rc(fs_rmdir(o->fs, o->dir, "dir"), -ENOTEMPTY,
	    "rmdir of a directory that is not empty");
	tap_rc(fs_unlink(o->fs, f.node, "x"), -ENOTDIR, "unlink in a file");
	tap_rc(fs_unlink(o->fs, o->dir, "file"), 0, "unlink");
	tap_ok(!ops_exists(o, "file"), "unlink: it is gone");
	tap_rc(fs_lookup(o->fs, o->dir, "file", &e), -ENOENT,
	    "lookup of what was unlinked");
	tap_rc(fs_rmdir(o->fs, dir.nodeid, "sub"), 0, "rmdir of the inner");
	tap_rc(fs_rmdir(o->fs, o->dir, "dir"), 0, "rmdir of the outer");
	tap_ok(!ops_exists(o, "dir"), "rmdir: it is gone");
	fs_symlink(o->fs, o->dir, "sym", "nowhere", &e);
	tap_rc(fs_unlink(o->fs, o->dir, "sym"), 0, "unlink of a symlink");
	tap_ok(!ops_exists(o, "sym"), "it is gone");
	fs_release(o->fs, &f);
}
