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
 * Knows: what RENAME and RENAME2 must do.
 * Never: how to send them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

/* Files a and b, directories d (empty), e (with a file x in it). */
static void
ops_tree(struct ops *o, struct fuse_entry_out *d, struct fuse_entry_out *e)
{
	struct ops	 in = *o;
	struct fs_file	 f;
	char		 name[64];

	f = ops_file(o, "a", "aaa", 3);
	fs_release(o->fs, &f);
	f = ops_file(o, "b", "bb", 2);
	fs_release(o->fs, &f);
	fs_mkdir(o->fs, o->dir, "d", 0755, d);
	fs_mkdir(o->fs, o->dir, "e", 0755, e);
	snprintf(name, sizeof(name), "%s/e", o->name);
	in.dir = e->nodeid;
	in.name = name;
	f = ops_file(&in, "x", "", 0);
	fs_release(o->fs, &f);
}

static void
ops_rename_errors(struct ops *o, uint64_t d, uint64_t e)
{
	struct fuse_entry_out	 a;

	fs_lookup(o->fs, o->dir, "a", &a);
	tap_rc(fs_rename(o->fs, o->dir, "none", o->dir, "z"), -ENOENT,
	    "rename of nothing");
	tap_rc(fs_rename(o->fs, o->dir, "a", o->dir, "d"), -EISDIR,
	    "rename of a file over a directory");
	tap_rc(fs_rename(o->fs, o->dir, "d", o->dir, "a"), -ENOTDIR,
	    "rename of a directory over a file");
	tap_rc(fs_rename(o->fs, o->dir, "d", o->dir, "e"), -ENOTEMPTY,
	    "rename over a directory that is not empty");
	tap_rc(fs_rename(o->fs, o->dir, "d", d, "in"), -EINVAL,
	    "rename of a directory into itself");
	tap_rc(fs_rename(o->fs, o->dir, "b", a.nodeid, "z"), -ENOTDIR,
	    "rename into a file");
	tap_rc(fs_rename(o->fs, a.nodeid, "b", o->dir, "z"), -ENOTDIR,
	    "rename out of a file");
	tap_rc(fs_rename(o->fs, o->dir, "b", 999999, "z"), -EBADF,
	    "rename into a node that never was");
	tap_ok(ops_exists(o, "a") && ops_exists(o, "b") &&
	    ops_exists(o, "d") && ops_exists(o, "e/x"),
	    "nothing has moved so far");
	tap_rc(fs_rename(o->fs, e, "x", e, "x"), 0,
	    "rename of a name to itself");
}

void
ops_rename(struct ops *o)
{
	struct fuse_entry_out	 d, e, a, n;
	struct fuse_attr_out	 at;

	ops_tree(o, &d, &e);
	ops_rename_errors(o, d.nodeid, e.nodeid);
	fs_lookup(o->fs, o->dir, "a", &a);
	tap_rc(fs_rename(o->fs, o->dir, "a", o->dir, "c"), 0, "rename");
	tap_ok(!ops_exists(o, "a") && ops_stat(o, "c").st_size == 3,
	    "rename: the host sees it");
	tap_rc(fs_lookup(o->fs, o->dir, "c", &n), 0, "lookup of the new name");
	tap_is((long long)n.nodeid, (long long)a.nodeid, "the node stays");
	tap_rc(fs_getattr(o->fs, a.nodeid, &at), 0, "and can be used");
	tap_rc(fs_rename(o->fs, o->dir, "c", o->dir, "b"), 0,
	    "rename over a file");
	tap_ok(!ops_exists(o, "c") && ops_stat(o, "b").st_size == 3,
	    "it has replaced the other");
	tap_rc(fs_rename(o->fs, o->dir, "b", d.nodeid, "b"), 0,
	    "rename to another directory");
	tap_ok(!ops_exists(o, "b") && ops_exists(o, "d/b"), "it is there");
	tap_rc(fs_rename(o->fs, d.nodeid, "b", o->dir, "b"), 0, "and back");
	fs_mkdir(o->fs, o->dir, "empty", 0755, &n);
	tap_rc(fs_rename(o->fs, o->dir, "e", o->dir, "empty"), 0,
	    "rename of a directory over an empty one");
	tap_ok(!ops_exists(o, "e") && ops_exists(o, "empty/x"), "it is it");
	fs_symlink(o->fs, o->dir, "s", "b", &n);
	tap_rc(fs_rename(o->fs, o->dir, "s", o->dir, "t"), 0,
	    "rename of a symlink");
	tap_ok(S_ISLNK(ops_stat(o, "t").st_mode) && ops_exists(o, "b"),
	    "the link has moved, not its target");
}

static void
ops_whiteout(struct ops *o)
{
	struct stat	 st;
	int		 fd;

	fd = open(ops_host(o, "p1"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	if (renameat2(AT_FDCWD, ops_host(o, "p1"), AT_FDCWD,
	    ops_host(o, "p2"), RENAME_WHITEOUT) == -1) {
		tap_skip("the host's filesystem has no whiteouts",
		    "rename2 with WHITEOUT");
		return;
	}
	tap_rc(fs_rename2(o->fs, o->dir, "b", o->dir, "w", RENAME_WHITEOUT),
	    0, "rename2 with WHITEOUT");
	st = ops_stat(o, "b");
	tap_ok(S_ISCHR(st.st_mode) && st.st_rdev == 0 && ops_exists(o, "w"),
	    "it leaves a whiteout");
}

void
ops_rename_flags(struct ops *o)
{
	struct fuse_entry_out	 d, e;
	unsigned		 bit;
	char			 name[32];

	ops_tree(o, &d, &e);
	tap_rc(fs_rename2(o->fs, o->dir, "a", o->dir, "b", RENAME_NOREPLACE),
	    -EEXIST, "rename2 with NOREPLACE over a file");
	tap_rc(fs_rename2(o->fs, o->dir, "a", o->dir, "n", RENAME_NOREPLACE),
	    0, "rename2 with NOREPLACE");
	tap_ok(!ops_exists(o, "a") && ops_exists(o, "n"), "it has moved");
	tap_rc(fs_rename2(o->fs, o->dir, "n", o->dir, "b", RENAME_EXCHANGE),
	    0, "rename2 with EXCHANGE");
	tap_ok(ops_stat(o, "n").st_size == 2 && ops_stat(o, "b").st_size == 3,
	    "they have changed places");
	tap_rc(fs_rename2(o->fs, o->dir, "n", o->dir, "e", RENAME_EXCHANGE),
	    0, "rename2 with EXCHANGE of a file and a directory");
	tap_ok(ops_exists(o, "n/x"), "they have changed places");
	tap_rc(fs_rename2(o->fs, o->dir, "b", o->dir, "none",
	    RENAME_EXCHANGE), -ENOENT, "rename2 with EXCHANGE with nothing");
	tap_rc(fs_rename2(o->fs, o->dir, "b", o->dir, "q",
	    RENAME_EXCHANGE | RENAME_NOREPLACE), -EINVAL,
	    "rename2 with EXCHANGE and NOREPLACE");
	for (bit = 3; bit < 32; bit += 7) {
		snprintf(name, sizeof(name), "bit%u", bit);
		tap_rc(fs_rename2(o->fs, o->dir, "b", o->dir, name,
		    1U << bit), -EINVAL, "rename2 with unknown flag %u", bit);
		tap_ok(!ops_exists(o, name), "nothing has moved");
	}
	tap_rc(fs_rename2(o->fs, o->dir, "b", o->dir, "z", 0), 0,
	    "rename2 without flags");
	tap_rc(fs_rename(o->fs, o->dir, "z", o->dir, "b"), 0, "and back");
	ops_whiteout(o);
}
