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
 * Knows: who keeps set-id bits, and what a set-gid directory does.
 * Never: other rights (ids_rights.c).
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

/* A file of 1000's with this mode, written to by uid; what is left of it. */
static uint32_t
ids_written(struct box *b, uint32_t mode, uint32_t uid, uint32_t flags)
{
	struct fuse_write_in	 in = { .size = 1, .write_flags = flags };
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct fs		*fs = &b->fs;
	int			 rc;

	box_file(b, "suid", "content", 7);
	ids_give(b, "suid", 1000, mode);
	fs_cred(fs, uid, uid);
	rc = fs_lookup(fs, FUSE_ROOT_ID, "suid", &e);
	if (rc == 0)
		rc = fs_fopen(fs, e.nodeid, O_RDWR, &f);
	if (rc == 0) {
		in.fh = f.fh;
		rc = fs_write_as(fs, &f, &in, "x", 1);
		fs_release(fs, &f);
	}
	fs_cred(fs, 0, 0);
	if (rc != 1)
		tap_diag("write by %u: %s", uid, tap_rcname(rc));
	return ids_stat(b, "suid").st_mode & 07777;
}

static void
ids_killed(struct box *b)
{
	tap_is(ids_written(b, 06755, 0, 0), 06755,
	    "root's write keeps set-id bits");
	tap_is(ids_written(b, 06755, 1000, FUSE_WRITE_KILL_SUIDGID), 0755,
	    "1000's write drops them");
	tap_is(ids_written(b, 04755, 1000, FUSE_WRITE_KILL_SUIDGID), 0755,
	    "set-uid alone");
	tap_is(ids_written(b, 02755, 1000, FUSE_WRITE_KILL_SUIDGID), 0755,
	    "set-gid alone");
	tap_is(ids_written(b, 0644, 0, 0), 0644, "other bits stay");
}

static void
ids_changed(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fs		*fs = &b->fs;

	box_file(b, "chown", "x", 1);
	ids_give(b, "chown", 0, 06755);
	fs_cred(fs, 0, 0);
	fs_lookup(fs, FUSE_ROOT_ID, "chown", &e);
	tap_rc(fs_chown(fs, e.nodeid, 1000, 1000), 0, "chown by root");
	tap_ok(ids_is(b, "chown", 1000, 1000, S_IFREG | 0755),
	    "a new owner gets no set-id bits");
	fs_cred(fs, 1000, 1000);
	tap_rc(fs_chmod(fs, e.nodeid, 06711), 0, "chmod by the owner");
	tap_ok(ids_is(b, "chown", 1000, 1000, S_IFREG | 06711),
	    "who may set set-id bits");
	fs_cred(fs, 0, 0);
}

/* New files get the directory's group, new directories its bit, too. */
static void
ids_setgid_in(struct box *b, const char *name, uint32_t uid, uint32_t gid)
{
	struct fuse_entry_out	 dir, e;
	struct fs		*fs = &b->fs;
	struct fs_file		 f;
	char			 path[64];

	fs_cred(fs, 0, 0);
	fs_mkdir(fs, FUSE_ROOT_ID, name, 0777, &dir);
	ids_give(b, name, 7777, 02777);
	tap_rc(ids_file(b, dir.nodeid, "file", uid, gid), 0,
	    "set-gid directory: create as %u:%u", uid, gid);
	snprintf(path, sizeof(path), "%s/file", name);
	tap_ok(ids_is(b, path, uid, 7777, S_IFREG | 0644),
	    "the file has the directory's group");
	fs_cred(fs, uid, gid);
	tap_rc(fs_mkdir(fs, dir.nodeid, "dir", 0755, &e), 0, "mkdir");
	snprintf(path, sizeof(path), "%s/dir", name);
	tap_ok(ids_is(b, path, uid, 7777, S_IFDIR | 02755),
	    "the directory has the bit, too");
	tap_rc(fs_symlink(fs, dir.nodeid, "sym", "x", &e), 0, "symlink");
	snprintf(path, sizeof(path), "%s/sym", name);
	tap_ok(ids_is(b, path, uid, 7777, S_IFLNK | 0777),
	    "the symlink has the group");
	/*
	 * A file with the set-gid bit in a group its maker is not in would
	 * be a way into the group (CVE-2022-0358, CVE-2018-13405).
	 */
	if (uid != 0) {
		tap_rc(fs_create(fs, dir.nodeid, "sgid", 02755, O_RDWR, &f),
		    0, "create with the set-gid bit");
		snprintf(path, sizeof(path), "%s/sgid", name);
		tap_ok(ids_is(b, path, uid, 7777, S_IFREG | 0755),
		    "the bit is dropped");
		fs_release(fs, &f);
	}
	fs_cred(fs, 0, 0);
}

void
ids_setid(struct box *b)
{
	ids_killed(b);
	ids_changed(b);
	ids_setgid_in(b, "sgid-user", 1000, 1000);
	ids_setgid_in(b, "sgid-root", 0, 0);
}
