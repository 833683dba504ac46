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
 * Knows: what --translate-uid and --translate-gid do to ids on their way in
 * and out.
 * Never: rights otherwise (t_ids.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_SHIFT	100000

static bool
more_ids_owner(struct box *b, const char *name, uint32_t uid, uint32_t gid)
{
	struct stat	 st = more_stat(b, name);

	if (st.st_uid == uid && st.st_gid == gid)
		return true;
	tap_diag("%s is %u:%u, should be %u:%u", name, st.st_uid, st.st_gid,
	    uid, gid);
	return false;
}

static bool
more_ids_shown(uint32_t got_uid, uint32_t got_gid, uint32_t uid,
    uint32_t gid)
{
	if (got_uid == uid && got_gid == gid)
		return true;
	tap_diag("shown as %u:%u, should be %u:%u", got_uid, got_gid, uid,
	    gid);
	return false;
}

/* Everything that shows attributes shows the guest's ids. */
static void
more_ids_attrs(struct box *b, const char *name, uint32_t uid, uint32_t gid)
{
	struct fs_statx_out	 sx;
	struct fuse_attr_out	 a;
	struct fs_dirent	 d;
	struct fs_file		 f;
	uint64_t		 n = more_node_of(b, name);
	char			 buf[4096];
	size_t			 at = 0;
	int			 rc;

	tap_rc(fs_getattr(&b->fs, n, &a), 0, "%s: getattr", name);
	tap_ok(more_ids_shown(a.attr.uid, a.attr.gid, uid, gid), "its ids");
	tap_rc(fs_statx(&b->fs, n, NULL, STATX_BASIC_STATS, &sx), 0,
	    "%s: statx", name);
	tap_ok(more_ids_shown(sx.stat.uid, sx.stat.gid, uid, gid),
	    "its ids");
	fs_opendir(&b->fs, FUSE_ROOT_ID, &f);
	rc = fs_readdirplus(&b->fs, &f, 0, buf, sizeof(buf));
	memset(&d, 0xff, sizeof(d));
	while (rc > 0 && fs_nextent(buf, (size_t)rc, &at, true, &d) == 1 &&
	    strcmp(d.name, name) != 0)
		continue;
	tap_ok(strcmp(d.name, name) == 0 &&
	    more_ids_shown(d.entry.attr.uid, d.entry.attr.gid, uid, gid),
	    "%s: in a listing", name);
	fs_releasedir(&b->fs, &f);
}

static void
more_ids_make(struct box *b, const char *name, uint32_t uid, uint32_t host)
{
	struct fs_file	 f;

	fs_cred(&b->fs, uid, uid);
	tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, name, 0644, O_RDWR, &f), 0,
	    "%u creates", uid);
	fs_cred(&b->fs, 0, 0);
	tap_ok(more_ids_owner(b, name, host, host), "it is %u's there",
	    host);
	fs_release(&b->fs, &f);
}

static void
more_ids_map(void)
{
	static const char *const	 on[] = {
	    "--translate-uid", "map:0:100000:65536",
	    "--translate-gid=MAP:0:100000:65536", NULL };
	struct fuse_entry_out		 e;
	struct fs_file			 f;
	struct box			 b;

	if (more_start(&b, on)) {
		chmod(b.d.share, 0777);
		more_ids_make(&b, "root", 0, MORE_SHIFT);
		more_ids_attrs(&b, "root", 0, 0);
		more_ids_make(&b, "user", 1000, MORE_SHIFT + 1000);
		more_ids_attrs(&b, "user", 1000, 1000);
		more_file(&b, "host", MORE_SHIFT + 5, 0600);
		more_ids_attrs(&b, "host", 5, 5);
		more_file(&b, "foreign", 70000, 0644);
		more_ids_attrs(&b, "foreign", 70000, 70000);
		tap_rc(fs_chown(&b.fs, more_node_of(&b, "host"), 7, 8), 0,
		    "chown");
		tap_ok(more_ids_owner(&b, "host", MORE_SHIFT + 7,
		    MORE_SHIFT + 8), "the host's ids");
		fs_cred(&b.fs, 7, 7);
		tap_rc(fs_access(&b.fs, more_node_of(&b, "host"), R_OK), 0,
		    "the guest's 7 may read it");
		tap_rc(fs_fopen(&b.fs, more_node_of(&b, "host"), O_RDWR, &f),
		    0, "and opens it");
		fs_release(&b.fs, &f);
		tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "dir", 0755, &e), 0,
		    "and makes a directory");
		tap_ok(more_ids_shown(e.attr.uid, e.attr.gid, 7, 7),
		    "which is its own");
		fs_cred(&b.fs, 0, 0);
	}
	box_close(&b);
}

static void
more_ids_squash(void)
{
	static const char *const	 on[] = {
	    "--translate-uid=squash-guest:0:5000:70000",
	    "--translate-gid=squash-guest:0:5000:70000",
	    "--translate-uid=squash-host:4000:77:2000",
	    "--translate-gid=squash-host:4000:77:2000", NULL };
	struct box			 b;

	if (more_start(&b, on)) {
		chmod(b.d.share, 0777);
		more_ids_make(&b, "root", 0, 5000);
		more_ids_make(&b, "user", 1000, 5000);
		more_ids_attrs(&b, "user", 77, 77);
		more_file(&b, "other", 4321, 0644);
		more_ids_attrs(&b, "other", 77, 77);
		tap_rc(fs_chown(&b.fs, more_node_of(&b, "other"), 9, 9), 0,
		    "chown");
		tap_ok(more_ids_owner(&b, "other", 5000, 5000),
		    "the host's ids");
	}
	box_close(&b);
}

/* Ids that may not be used: nobody acts as them and nothing becomes theirs. */
static void
more_ids_forbid(void)
{
	static const char *const	 on[] = {
	    "--translate-uid=forbid-guest:2000:10",
	    "--translate-gid=forbid-guest:3000:1", NULL };
	struct fuse_entry_out		 e;
	struct fs_file			 f;
	struct box			 b;
	uint64_t			 n;

	if (more_start(&b, on)) {
		chmod(b.d.share, 0777);
		n = more_file(&b, "file", 0, 0666);
		fs_cred(&b.fs, 2005, 1);
		tap_rc(fs_create(&b.fs, FUSE_ROOT_ID, "new", 0644, O_RDWR,
		    &f), -EPERM, "a forbidden user creates");
		tap_rc(fs_lookup(&b.fs, FUSE_ROOT_ID, "file", &e), -EPERM,
		    "and looks up");
		tap_rc(fs_fopen(&b.fs, n, O_RDONLY, &f), -EPERM, "and opens");
		fs_cred(&b.fs, 1, 3000);
		tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "new", 0755, &e),
		    -EPERM, "a forbidden group makes a directory");
		fs_cred(&b.fs, 0, 0);
		tap_rc(fs_chown(&b.fs, n, 2003, UINT32_MAX), -EPERM,
		    "a file becomes a forbidden user's");
		tap_rc(fs_chown(&b.fs, n, UINT32_MAX, 3000), -EPERM,
		    "or a forbidden group's");
		tap_ok(more_ids_owner(&b, "file", 0, 0), "it stays root's");
		tap_ok(!more_exists(&b, "new"), "nothing was made");
		more_ids_make(&b, "first", 1999, 1999);
		more_ids_make(&b, "after", 2010, 2010);
	}
	box_close(&b);
}

void
more_ids(void)
{
	more_ids_map();
	more_ids_squash();
	more_ids_forbid();
}
