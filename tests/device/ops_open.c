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
 * Knows: what can be opened, how, and what a handle is good for.
 * Never: how to send requests.
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

static void
ops_open_special(struct ops *o)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;

	fs_mknod(o->fs, o->dir, "fifo", S_IFIFO | 0666, 0, &e);
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDONLY, &f), -EBADF,
	    "open of a fifo");
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDWR, &f), -EBADF,
	    "open of a fifo for writing");
	fs_mknod(o->fs, o->dir, "sock", S_IFSOCK | 0666, 0, &e);
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDWR, &f), -EBADF,
	    "open of a socket");
	fs_symlink(o->fs, o->dir, "sym", "file", &e);
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDONLY, &f), -EBADF,
	    "open of a symlink");
	fs_symlink(o->fs, o->dir, "loop", "loop", &e);
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDONLY, &f), -EBADF,
	    "open of a symlink to itself");
	if (mknod(ops_host(o, "null"), S_IFCHR | 0666, makedev(1, 3)) == -1) {
		tap_skip("the host lets root make no device",
		    "open of a device");
		return;
	}
	tap_rc(fs_lookup(o->fs, o->dir, "null", &e), 0, "lookup of a device");
	tap_rc(fs_fopen(o->fs, e.nodeid, O_RDWR, &f), -EBADF,
	    "open of a device");
	tap_rc(fs_create(o->fs, o->dir, "null", 0600, O_RDWR, &f), -EBADF,
	    "create over a device");
	tap_rc(fs_create(o->fs, o->dir, "fifo", 0600, O_RDWR, &f), -EBADF,
	    "create over a fifo");
}

void
ops_open(struct ops *o)
{
	struct fs_file	 f, g;
	char		 buf[16];

	f = ops_file(o, "file", "0123456789", 10);
	tap_rc(fs_fopen(o->fs, f.node, O_RDONLY, &g), 0, "open for reading");
	tap_is(g.flags, FOPEN_NOFLUSH, "no FLUSH with cache auto");
	tap_rc(fs_write(o->fs, &g, 0, "x", 1), -EBADF, "write by it");
	tap_rc(fs_read(o->fs, &g, 0, buf, 10), 10, "read by it");
	fs_release(o->fs, &g);
	tap_rc(fs_fopen(o->fs, f.node, O_WRONLY, &g), 0, "open for writing");
	tap_rc(fs_read(o->fs, &g, 0, buf, 10), -EBADF, "read by it");
	tap_rc(fs_write(o->fs, &g, 0, "x", 1), 1, "write by it");
	fs_release(o->fs, &g);
	tap_rc(fs_fopen(o->fs, f.node, O_RDWR | O_TRUNC, &g), 0,
	    "open with O_TRUNC");
	tap_is(ops_stat(o, "file").st_size, 0, "the file is empty");
	fs_release(o->fs, &g);
	tap_rc(fs_fopen(o->fs, o->dir, O_RDWR, &g), -EISDIR,
	    "open of a directory for writing");
	tap_rc(fs_opendir(o->fs, f.node, &g), -ENOTDIR,
	    "opendir of a file");
	tap_rc(fs_fopen(o->fs, 444444, O_RDONLY, &g), -EBADF,
	    "open of a node that never was");
	tap_rc(fs_opendir(o->fs, 444444, &g), -EBADF,
	    "opendir of a node that never was");
	fs_release(o->fs, &f);
	ops_open_special(o);
}

/* Everything a handle can be used for, with one that is not valid. */
static void
ops_bad_handle(struct ops *o, const struct fs_file *good,
    const struct fs_file *bad, const char *what)
{
	char	 buf[8];

	tap_rc(fs_read(o->fs, bad, 0, buf, 8), -EBADF, "%s: read", what);
	tap_rc(fs_write(o->fs, bad, 0, "x", 1), -EBADF, "%s: write", what);
	tap_rc(fs_flush(o->fs, bad), -EBADF, "%s: flush", what);
	tap_rc(fs_fsync(o->fs, bad, false), -EBADF, "%s: fsync", what);
	tap_rc(fs_fallocate(o->fs, bad, 0, 0, 100), -EBADF,
	    "%s: fallocate", what);
	tap_rc(fs_lseek(o->fs, bad, 0, SEEK_DATA, NULL), -EBADF,
	    "%s: lseek", what);
	tap_rc(fs_copy(o->fs, bad, 0, good, 0, 1), -EBADF,
	    "%s: copy from it", what);
	tap_rc(fs_copy(o->fs, good, 0, bad, 0, 1), -EBADF,
	    "%s: copy to it", what);
	tap_rc(fs_readdir(o->fs, bad, 0, buf, 8), -EBADF,
	    "%s: readdir", what);
	tap_rc(fs_release(o->fs, bad), -EBADF, "%s: release", what);
}

void
ops_handles(struct ops *o)
{
	struct fs_file	 f, g, bad;
	char		 buf[8];
	int		 rc;

	f = ops_file(o, "one", "11111111", 8);
	g = ops_file(o, "two", "22222222", 8);
	tap_ok(f.fh != g.fh, "two files have two handles");
	bad = f;
	bad.fh = 0xfedcba9876543210ULL;
	ops_bad_handle(o, &f, &bad, "no handle");
	bad.fh = UINT64_MAX;
	ops_bad_handle(o, &f, &bad, "handle -1");
	bad.fh = g.fh;
	ops_bad_handle(o, &f, &bad, "handle of another node");
	tap_rc(fs_release(o->fs, &g), 0, "release");
	ops_bad_handle(o, &f, &g, "stale handle");
	tap_rc(fs_read(o->fs, &f, 0, buf, 8), 8, "the good one still works");
	tap_ok(memcmp(buf, "11111111", 8) == 0, "nothing was written to it");
	tap_rc(fs_release(o->fs, &f), 0, "release of it");
	tap_rc(fs_opendir(o->fs, o->dir, &g), 0, "opendir");
	rc = fs_read(o->fs, &g, 0, buf, 8);
	tap_ok(rc == -EISDIR || rc == -EBADF,
	    "read of a directory handle (%s)", tap_rcname(rc));
	fs_releasedir(o->fs, &g);
}
