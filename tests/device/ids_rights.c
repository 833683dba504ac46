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
 * Knows: whose rights count: the caller's first, and then those of a guest
 * that checks permissions itself, as with virtiofsd.
 * Never: set-id bits (ids_setid.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ids.h"

/* A directory where only root may write. */
static void
ids_closed(struct box *b)
{
	struct fuse_entry_out	 dir, e;
	struct fs		*fs = &b->fs;

	fs_cred(fs, 0, 0);
	fs_mkdir(fs, FUSE_ROOT_ID, "closed", 0755, &dir);
	tap_rc(ids_file(b, dir.nodeid, "file", 1000, 1000), 0,
	    "the guest has checked: create in a directory of root's");
	tap_ok(ids_is(b, "closed/file", 1000, 1000, S_IFREG | 0644),
	    "the file is its maker's");
	fs_cred(fs, 1000, 1000);
	tap_rc(fs_mkdir(fs, dir.nodeid, "dir", 0750, &e), 0, "mkdir");
	tap_ok(ids_is(b, "closed/dir", 1000, 1000, S_IFDIR | 0750),
	    "the directory is its maker's");
	tap_rc(fs_mknod(fs, dir.nodeid, "fifo", S_IFIFO | 0600, 0, &e), 0,
	    "mknod");
	tap_ok(ids_is(b, "closed/fifo", 1000, 1000, S_IFIFO | 0600),
	    "the fifo is its maker's");
	tap_rc(fs_symlink(fs, dir.nodeid, "sym", "x", &e), 0, "symlink");
	tap_ok(ids_is(b, "closed/sym", 1000, 1000, S_IFLNK | 0777),
	    "the symlink is its maker's");
	fs_lookup(fs, dir.nodeid, "file", &e);
	tap_rc(fs_link(fs, e.nodeid, dir.nodeid, "link", &e), 0, "link");
	tap_rc(fs_rename(fs, dir.nodeid, "link", dir.nodeid, "moved"), 0,
	    "rename");
	tap_rc(fs_unlink(fs, dir.nodeid, "moved"), 0, "unlink");
	tap_rc(fs_rmdir(fs, dir.nodeid, "dir"), 0, "rmdir");
	fs_cred(fs, 0, 0);
}

/* A file and a directory of somebody else's, closed to all others. */
static void
ids_foreign(struct box *b)
{
	struct fuse_setattr_in	 now = { .valid = FATTR_MTIME |
	    FATTR_MTIME_NOW };
	struct fuse_entry_out	 e, dir;
	struct fs_file		 f;
	struct fs		*fs = &b->fs;
	char			 buf[16];

	fs_cred(fs, 0, 0);
	fs_mkdir(fs, FUSE_ROOT_ID, "private", 0700, &dir);
	ids_give(b, "private", 2222, 0700);
	box_file(b, "private/file", "secret", 6);
	ids_give(b, "private/file", 2222, 0600);
	fs_cred(fs, 1000, 1000);
	tap_rc(fs_lookup(fs, dir.nodeid, "file", &e), 0,
	    "the guest has checked: lookup behind a closed directory");
	tap_rc(fs_fopen(fs, e.nodeid, O_RDWR, &f), 0,
	    "open of a closed file of another's");
	tap_rc(fs_read(fs, &f, 0, buf, 16), 6, "read of it");
	tap_rc(fs_write(fs, &f, 6, "!", 1), 1, "write to it");
	fs_release(fs, &f);
	tap_rc(fs_opendir(fs, dir.nodeid, &f), 0,
	    "opendir of another's directory");
	tap_ok(fs_readdir(fs, &f, 0, buf, 0) <= 0, "it can be asked");
	fs_releasedir(fs, &f);
	tap_rc(fs_chmod(fs, e.nodeid, 0640), 0, "chmod");
	tap_rc(fs_truncate(fs, e.nodeid, 3), 0, "truncate");
	tap_rc(fs_setattr(fs, e.nodeid, &now, NULL), 0, "times");
	tap_rc(fs_chown(fs, e.nodeid, 1000, 1000), 0, "chown");
	tap_ok(ids_is(b, "private/file", 1000, 1000, S_IFREG | 0640),
	    "all of it was done");
	fs_cred(fs, 0, 0);
}

static void
ids_root(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fs		*fs = &b->fs;

	tap_rc(ids_file(b, FUSE_ROOT_ID, "mine", 1000, 1000), 0,
	    "a file of 1000's");
	fs_lookup(fs, FUSE_ROOT_ID, "mine", &e);
	tap_rc(fs_chown(fs, e.nodeid, 1234, 4321), 0, "chown by root");
	tap_ok(ids_is(b, "mine", 1234, 4321, S_IFREG | 0644), "it is done");
	tap_rc(fs_chmod(fs, e.nodeid, 0), 0, "chmod to 0 by root");
	tap_rc(ids_file(b, FUSE_ROOT_ID, "mine", 0, 0), 0,
	    "root writes to a file of mode 0");
	fs_cred(fs, 1234, 4321);
	tap_rc(fs_chmod(fs, e.nodeid, 0600), 0, "chmod by the owner");
	tap_ok(ids_is(b, "mine", 1234, 4321, S_IFREG | 0600), "it is done");
	fs_cred(fs, 0, 0);
}

void
ids_rights(struct box *b)
{
	ids_closed(b);
	ids_foreign(b);
	ids_root(b);
}

/*
 * The kernel sends write-back, RELEASE and FORGET with ids of zero, and may
 * send any ids with a handle: they act on the handle.
 */
void
ids_handles(struct box *b)
{
	struct fs_file	 f, g;
	struct fs	*fs = &b->fs;
	char		 buf[16];

	fs_cred(fs, 1000, 1000);
	fs_create(fs, FUSE_ROOT_ID, "handle", 0600, O_RDWR, &f);
	fs_cred(fs, 0, 0);
	tap_rc(fs_write(fs, &f, 0, "0123456789", 10), 10,
	    "write with ids of zero by 1000's handle");
	tap_ok(ids_is(b, "handle", 1000, 1000, S_IFREG | 0600),
	    "the file stays 1000's");
	fs_cred(fs, 5555, 5555);
	tap_rc(fs_read(fs, &f, 0, buf, 16), 10,
	    "read with another's ids by 1000's handle");
	tap_rc(fs_fallocate(fs, &f, 0, 0, 20), 0, "fallocate");
	tap_rc(fs_flush(fs, &f), 0, "flush");
	tap_rc(fs_fsync(fs, &f, false), 0, "fsync");
	fs_cred(fs, 0, 0);
	fs_fopen(fs, f.node, O_RDONLY, &g);
	tap_rc(fs_write(fs, &g, 0, "x", 1), -EBADF,
	    "write by root by a handle for reading");
	tap_rc(fs_release(fs, &g), 0, "release with ids of zero");
	tap_rc(fs_release(fs, &f), 0, "release of 1000's with ids of zero");
	fs_cred(fs, 1000, 1000);
	fs_mkdir(fs, FUSE_ROOT_ID, "handles", 0700, NULL);
	fs_opendir(fs, FUSE_ROOT_ID, &f);
	fs_cred(fs, 0, 0);
	tap_rc(fs_releasedir(fs, &f), 0, "releasedir with ids of zero");
	fs_cred(fs, 0, 0);
}
