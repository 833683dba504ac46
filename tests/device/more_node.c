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
 * Knows: TMPFILE, STATX, ACCESS, COPY_FILE_RANGE_64 and the lookups of a
 * guest that exports the share.
 * Never: options that change them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "more.h"

static void
more_tmpfile_by(struct box *b, uint32_t uid)
{
	struct fs_make		 m = { .opcode = FUSE_TMPFILE,
	    .dir = FUSE_ROOT_ID, .name = "#ignored", .flags = O_RDWR,
	    .mode = S_IFREG | 0640 };
	struct fuse_attr_out	 a;
	struct fuse_entry_out	 e;
	struct fs		*fs = &b->fs;
	struct fs_file		 f;
	char			 name[32], buf[8];

	snprintf(name, sizeof(name), "linked-%u", uid);
	fs_cred(fs, uid, uid);
	if (!tap_rc(fs_make(fs, &m, &f), 0, "tmpfile by %u", uid))
		return;
	tap_is(f.entry.attr.nlink, 0, "it has no name");
	tap_is(f.entry.attr.uid, uid, "its owner");
	tap_is(more_count(b), 0, "the host shows none");
	tap_rc(fs_write(fs, &f, 0, "tmp", 3), 3, "write");
	tap_rc(fs_read(fs, &f, 0, buf, 8), 3, "read");
	tap_rc(fs_getattr(fs, f.node, &a), 0, "getattr");
	tap_is((long long)a.attr.size, 3, "its size");
	tap_rc(fs_link(fs, f.node, FUSE_ROOT_ID, name, &e), 0,
	    "link it into place");
	tap_is((long long)e.nodeid, (long long)f.node, "the same node");
	tap_is(e.attr.nlink, 1, "it has a name");
	tap_is(more_stat(b, name).st_size, 3, "the host has the file");
	tap_is(more_mode(b, name), 0640, "its mode");
	tap_is(more_stat(b, name).st_uid, uid, "its owner");
	fs_release(fs, &f);
	unlink(box_host(b, name));
	fs_cred(fs, 0, 0);
}

void
more_tmpfile(void)
{
	struct fs_make		 m = { .opcode = FUSE_TMPFILE,
	    .dir = FUSE_ROOT_ID, .name = "x", .flags = O_RDWR | O_EXCL,
	    .mode = S_IFREG | 0600 };
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct box		 b;

	if (more_start(&b, NULL)) {
		chmod(b.d.share, 0777);
		more_tmpfile_by(&b, 0);
		more_tmpfile_by(&b, 1000);
		tap_rc(fs_make(&b.fs, &m, &f), 0, "tmpfile with O_EXCL");
		tap_rc(fs_link(&b.fs, f.node, FUSE_ROOT_ID, "x", &e),
		    -ENOENT, "it can never have a name");
		fs_release(&b.fs, &f);
		m.flags = O_RDONLY;
		tap_rc(fs_make(&b.fs, &m, &f), -EINVAL,
		    "tmpfile for reading only");
		m.flags = O_RDWR;
		m.dir = more_file(&b, "file", 0, 0644);
		tap_rc(fs_make(&b.fs, &m, &f), -ENOTDIR,
		    "tmpfile in a file");
	}
	box_close(&b);
}

static bool
more_time_is(const struct fs_sx_time *got, const struct statx_timestamp *want)
{
	return got->sec == want->tv_sec && got->nsec == want->tv_nsec;
}

static void
more_statx_one(struct box *b, const char *name, const struct fs_file *f)
{
	struct fs_statx_out	 out;
	struct statx		 st;

	if (statx(AT_FDCWD, box_host(b, name), AT_SYMLINK_NOFOLLOW,
	    STATX_BASIC_STATS | STATX_BTIME, &st) == -1)
		tap_bail("statx of %s: %s", name, strerror(errno));
	tap_rc(fs_statx(&b->fs, more_node_of(b, name), f,
	    STATX_BASIC_STATS | STATX_BTIME, &out), 0, "statx of %s%s", name,
	    f == NULL ? "" : " by its handle");
	tap_is(out.stat.mask & (STATX_BASIC_STATS | STATX_BTIME),
	    st.stx_mask & (STATX_BASIC_STATS | STATX_BTIME), "what is known");
	tap_ok(more_time_is(&out.stat.btime, &st.stx_btime), "birth time");
	tap_ok(more_time_is(&out.stat.mtime, &st.stx_mtime) &&
	    more_time_is(&out.stat.ctime, &st.stx_ctime) &&
	    more_time_is(&out.stat.atime, &st.stx_atime), "other times");
	tap_ok(out.stat.ino == st.stx_ino && out.stat.size == st.stx_size &&
	    out.stat.blocks == st.stx_blocks &&
	    out.stat.mode == st.stx_mode && out.stat.nlink == st.stx_nlink &&
	    out.stat.uid == st.stx_uid && out.stat.gid == st.stx_gid &&
	    out.stat.blksize == st.stx_blksize, "attributes");
	tap_is((long long)out.attr_valid, 1, "its timeout");
}

static void
more_statx_all(struct box *b)
{
	struct fs_statx_out	 out;
	struct fs_file		 f;

	more_file(b, "statx", 1000, 04755);
	more_statx_one(b, "statx", NULL);
	fs_fopen(&b->fs, more_node_of(b, "statx"), O_RDONLY, &f);
	more_statx_one(b, "statx", &f);
	fs_release(&b->fs, &f);
	if (symlink("statx", box_host(b, "sym")) == -1 ||
	    mkdir(box_host(b, "sdir"), 01777) == -1)
		tap_bail("cannot make files: %s", strerror(errno));
	more_statx_one(b, "sym", NULL);
	more_statx_one(b, "sdir", NULL);
	tap_rc(fs_statx(&b->fs, 999999, NULL, STATX_BASIC_STATS, &out),
	    -EBADF, "statx of no node");
}

/* The kernel picks exactly one class of bits; we must not add them up. */
static void
more_access_modes(struct box *b)
{
	static const struct {
		uint32_t	 mode, uid, gid, mask;
		int		 rc;
	}			 row[] = {
		{ 0604, 1000, 1, R_OK, 0 },
		{ 0604, 1000, 1, R_OK | W_OK, 0 },
		{ 0604, 1000, 1, X_OK, -EACCES },
		{ 0604, 2000, 1000, R_OK, -EACCES },
		{ 0604, 2000, 2000, R_OK, 0 },
		{ 0604, 2000, 2000, W_OK, -EACCES },
		{ 0044, 1000, 1000, R_OK, -EACCES },
		{ 0044, 2000, 1000, R_OK, 0 },
		{ 0000, 0, 0, R_OK | W_OK, 0 },
		{ 0000, 0, 0, X_OK, -EACCES },
		{ 0001, 0, 0, X_OK, 0 },
		{ 0000, 1000, 1000, 0, 0 },
	};
	uint64_t		 n = more_file(b, "access", 1000, 0644);
	unsigned		 i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		chmod(box_host(b, "access"), row[i].mode);
		fs_cred(&b->fs, row[i].uid, row[i].gid);
		tap_rc(fs_access(&b->fs, n, row[i].mask), row[i].rc,
		    "access %o of 0%o by %u:%u", row[i].mask, row[i].mode,
		    row[i].uid, row[i].gid);
	}
	fs_cred(&b->fs, 0, 0);
	tap_rc(fs_access(&b->fs, n, 8), -EINVAL, "access with another bit");
	tap_rc(fs_access(&b->fs, 999999, R_OK), -EBADF, "access of no node");
}

static void
more_copy(struct box *b)
{
	struct fuse_copy_file_range_in	 in = { .len = 7 };
	struct fs			*fs = &b->fs;
	struct fs_file			 from, to;
	uint64_t			 done;
	char				 buf[16];

	fs_fopen(fs, more_file(b, "from", 0, 0644), O_RDONLY, &from);
	fs_create(fs, FUSE_ROOT_ID, "to", 0644, O_RDWR, &to);
	in.fh_in = from.fh;
	in.fh_out = to.fh;
	in.nodeid_out = to.node;
	in.off_out = 2;
	tap_rc(fs_copy_64(fs, &in, from.node, &done), 0,
	    "copy with a wide answer");
	tap_is((long long)done, 7, "bytes copied");
	tap_rc(fs_read(fs, &to, 0, buf, 16), 9, "read the copy");
	tap_ok(memcmp(buf, "\0\0content", 9) == 0, "its bytes");
	in.len = UINT64_MAX;
	tap_rc(fs_copy_64(fs, &in, from.node, &done), 0,
	    "copy of all there is");
	tap_is((long long)done, 7, "bytes copied");
	in.len = 1;
	in.flags = 1;
	tap_rc(fs_copy_64(fs, &in, from.node, &done), -EINVAL,
	    "copy with a flag");
	fs_release(fs, &from);
	fs_release(fs, &to);
}

/* "." and ".." revive a node of a file handle and find where it was. */
static void
more_export(struct box *b)
{
	struct fuse_entry_out	 dir, sub, e;
	struct fs		*fs = &b->fs;
	uint64_t		 file;

	fs_mkdir(fs, FUSE_ROOT_ID, "export", 0755, &dir);
	fs_mkdir(fs, dir.nodeid, "sub", 0755, &sub);
	file = more_file(b, "exported", 0, 0644);
	tap_rc(fs_lookup(fs, sub.nodeid, ".", &e), 0, "lookup of \".\"");
	tap_is((long long)e.nodeid, (long long)sub.nodeid, "the same node");
	tap_rc(fs_lookup(fs, file, ".", &e), 0, "of a file");
	tap_is((long long)e.nodeid, (long long)file, "the same node");
	tap_rc(fs_lookup(fs, sub.nodeid, "..", &e), 0, "lookup of \"..\"");
	tap_is((long long)e.nodeid, (long long)dir.nodeid, "the parent");
	tap_rc(fs_lookup(fs, dir.nodeid, "..", &e), 0, "and its parent");
	tap_is((long long)e.nodeid, FUSE_ROOT_ID, "the root");
	tap_rc(fs_lookup(fs, FUSE_ROOT_ID, "..", &e), 0,
	    "the parent of the root");
	tap_is((long long)e.nodeid, FUSE_ROOT_ID, "is the root");
	tap_rc(fs_lookup(fs, FUSE_ROOT_ID, ".", &e), 0, "the root's \".\"");
	tap_is((long long)e.nodeid, FUSE_ROOT_ID, "is the root");
	tap_rc(fs_lookup(fs, file, "..", &e), -ENOTDIR, "\"..\" of a file");
	tap_ok((b->init.flags & FUSE_EXPORT_SUPPORT) != 0,
	    "the guest is told that it may");
	/* Nobody but an exporting guest may use these names. */
	tap_rc(fs_mkdir(fs, FUSE_ROOT_ID, "..", 0755, &e), -EINVAL,
	    "mkdir of \"..\"");
	tap_ok(fs_unlink(fs, sub.nodeid, "..") < 0, "unlink of \"..\"");
}

static void
more_export_off(void)
{
	struct fuse_entry_out	 e;
	struct box		 b;

	if (more_start_bare(&b, NULL)) {
		tap_rc(fs_init_as(&b.fs, 7, 38,
		    FS_INIT_FLAGS & ~(uint64_t)FUSE_EXPORT_SUPPORT, NULL), 0,
		    "a guest that does not export");
		tap_ok(fs_lookup(&b.fs, FUSE_ROOT_ID, "..", &e) < 0,
		    "does not look up \"..\"");
		tap_ok(fs_lookup(&b.fs, FUSE_ROOT_ID, ".", &e) < 0,
		    "nor \".\"");
	}
	box_close(&b);
}

void
more_node(void)
{
	struct box	 b;

	more_export_off();
	if (more_start(&b, NULL)) {
		more_statx_all(&b);
		more_access_modes(&b);
		more_copy(&b);
		more_export(&b);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
