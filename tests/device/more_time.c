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
 * Knows: timeouts of each kind, and what a read-only share refuses beyond
 * the plain operations.
 * Never: what a guest does with a timeout.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

/* Each in milliseconds; negative -1: a missing name is ENOENT. */
struct more_times {
	long	 entry, attr, dir_entry, dir_attr, negative;
};

static long
more_time_ms(uint64_t sec, uint32_t nsec)
{
	return (long)(sec * 1000 + nsec / 1000000);
}

static void
more_time_entry(const struct fuse_entry_out *e, const char *what,
    long entry, long attr)
{
	tap_is(more_time_ms(e->entry_valid, e->entry_valid_nsec), entry,
	    "%s: its name", what);
	tap_is(more_time_ms(e->attr_valid, e->attr_valid_nsec), attr,
	    "%s: its attributes", what);
}

static void
more_time_listed(struct box *b, const struct more_times *t)
{
	struct fs_dirent	 d;
	struct fs_file		 f;
	char			 buf[4096];
	size_t			 at = 0;
	int			 rc;

	fs_opendir(&b->fs, FUSE_ROOT_ID, &f);
	rc = fs_readdirplus(&b->fs, &f, 0, buf, sizeof(buf));
	while (rc > 0 && fs_nextent(buf, (size_t)rc, &at, true, &d) == 1) {
		if (strcmp(d.name, "file") == 0)
			more_time_entry(&d.entry, "a listed file", t->entry,
			    t->attr);
		else if (strcmp(d.name, "dir") == 0)
			more_time_entry(&d.entry, "a listed directory",
			    t->dir_entry, t->dir_attr);
	}
	fs_releasedir(&b->fs, &f);
}

/*
 * Set-gid without group-execute goes when somebody of another group changes
 * the contents, which the guest is not told.
 */
static void
more_time_setid(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fuse_attr_out	 a;
	uint64_t		 n = more_file(b, "setid", 0, 02766);
	struct fs_file		 f;
	struct fs		*fs = &b->fs;

	fs_lookup(fs, FUSE_ROOT_ID, "setid", &e);
	tap_is(more_time_ms(e.attr_valid, e.attr_valid_nsec), 0,
	    "a set-gid file that the group cannot execute: attributes");
	fs_cred(fs, 2000, 2000);
	tap_rc(fs_fopen(fs, n, O_RDWR, &f), 0, "opened by another");
	tap_rc(fs_fallocate(fs, &f, 0, 0, 100), 0, "and made longer");
	fs_release(fs, &f);
	fs_cred(fs, 0, 0);
	fs_getattr(fs, n, &a);
	tap_is(a.attr.mode, S_IFREG | 0766, "it is a plain file");
}

static void
more_time_check(struct box *b, const struct more_times *t)
{
	struct fs_statx_out	 sx;
	struct fuse_entry_out	 e;
	struct fuse_attr_out	 a;
	uint64_t		 n = more_file(b, "file", 0, 0644);
	int			 rc;

	fs_mkdir(&b->fs, FUSE_ROOT_ID, "dir", 0755, &e);
	more_time_entry(&e, "a new directory", t->dir_entry, t->dir_attr);
	fs_lookup(&b->fs, FUSE_ROOT_ID, "file", &e);
	more_time_entry(&e, "a file", t->entry, t->attr);
	fs_lookup(&b->fs, FUSE_ROOT_ID, "dir", &e);
	more_time_entry(&e, "a directory", t->dir_entry, t->dir_attr);
	fs_getattr(&b->fs, n, &a);
	tap_is(more_time_ms(a.attr_valid, a.attr_valid_nsec), t->attr,
	    "getattr of a file");
	fs_getattr(&b->fs, FUSE_ROOT_ID, &a);
	tap_is(more_time_ms(a.attr_valid, a.attr_valid_nsec), t->dir_attr,
	    "getattr of a directory");
	fs_statx(&b->fs, n, NULL, STATX_BASIC_STATS, &sx);
	tap_is(more_time_ms(sx.attr_valid, sx.attr_valid_nsec), t->attr,
	    "statx of a file");
	more_time_listed(b, t);
	more_time_setid(b);
	memset(&e, 0xff, sizeof(e));
	rc = fs_lookup(&b->fs, FUSE_ROOT_ID, "missing", &e);
	if (t->negative == -1) {
		tap_rc(rc, -ENOENT, "a missing name");
		return;
	}
	tap_rc(rc, 0, "a missing name");
	tap_is((long long)e.nodeid, 0, "it has no node");
	tap_is(more_time_ms(e.entry_valid, e.entry_valid_nsec), t->negative,
	    "how long it is missing");
}

void
more_time(void)
{
	static const struct {
		const char		*on[12];
		struct more_times	 t;
	}		 row[] = {
		{ { NULL }, { 1000, 1000, 1000, 1000, -1 } },
		{ { "--timeout-entry", "5.5", "--timeout-attr=0.25",
		    "--timeout-dir-entry=7", "--timeout-dir-attr", "8",
		    "--timeout-negative=3", NULL },
		    { 5500, 250, 7000, 8000, 3000 } },
		{ { "--timeout=2.5", NULL }, { 2500, 2500, 2500, 2500, -1 } },
		{ { "-o", "timeout=0", NULL }, { 0, 0, 0, 0, -1 } },
		{ { "--timeout=9", "--timeout-attr=4", NULL },
		    { 9000, 4000, 9000, 4000, -1 } },
		{ { "--cache=always", "--timeout-negative=.5", NULL },
		    { 86400000, 86400000, 86400000, 86400000, 500 } },
		{ { "--cache=never", "--timeout-dir-entry=6", NULL },
		    { 0, 0, 6000, 0, -1 } },
	};
	struct box	 b;
	unsigned	 i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (more_start(&b, row[i].on))
			more_time_check(&b, &row[i].t);
		box_close(&b);
	}
}

static void
more_readonly_attrs(struct box *b, uint64_t n)
{
	struct fs	*fs = &b->fs;
	char		 buf[16];

	more_give(b, "file", "user.a", "1");
	tap_rc(fs_getxattr(fs, n, "user.a", buf, 16), 1,
	    "readonly: getxattr");
	tap_rc(fs_listxattr(fs, n, buf, 16), 7, "readonly: listxattr");
	tap_rc(fs_setxattr(fs, n, "user.b", "1", 1, 0), -EROFS,
	    "readonly: setxattr");
	tap_rc(fs_removexattr(fs, n, "user.a"), -EROFS,
	    "readonly: removexattr");
	tap_ok(more_has(b, "file", "user.a", "1"), "readonly: it stays");
	tap_rc(fs_access(fs, n, R_OK), 0, "readonly: access for reading");
	tap_rc(fs_access(fs, n, W_OK), -EROFS,
	    "readonly: access for writing");
}

static void
more_readonly_files(struct box *b, uint64_t n)
{
	struct fs_make			 m = { .opcode = FUSE_TMPFILE,
	    .dir = FUSE_ROOT_ID, .name = "x", .flags = O_RDWR,
	    .mode = S_IFREG | 0600 };
	struct fuse_copy_file_range_in	 in = { .len = 1, .nodeid_out = n };
	int				 flags = 0;
	struct fs_ioctl			 c = { .cmd = FS_IOC_GETFLAGS,
	    .out = &flags, .out_len = sizeof(flags) };
	struct stat			 st;
	struct fs_file			 f;
	uint64_t			 done;
	char				 buf[8];

	tap_rc(fs_make(&b->fs, &m, &f), -EROFS, "readonly: tmpfile");
	fs_fopen(&b->fs, n, O_RDONLY, &f);
	st = more_stat(b, "file");
	tap_rc(fs_read(&b->fs, &f, 0, buf, 8), 7, "readonly: read");
	tap_ok(more_stat(b, "file").st_atim.tv_sec == st.st_atim.tv_sec &&
	    more_stat(b, "file").st_atim.tv_nsec == st.st_atim.tv_nsec,
	    "readonly: the time of access stays");
	in.fh_in = in.fh_out = f.fh;
	tap_rc(fs_copy_64(&b->fs, &in, n, &done), -EROFS, "readonly: copy");
	tap_rc(fs_ioctl(&b->fs, &f, &c), 4, "readonly: get flags");
	flags |= FS_NODUMP_FL;
	c = (struct fs_ioctl){ .cmd = FS_IOC_SETFLAGS, .in = &flags,
	    .in_len = sizeof(flags) };
	tap_rc(fs_ioctl(&b->fs, &f, &c), -EROFS, "readonly: set flags");
	fs_release(&b->fs, &f);
}

void
more_readonly(void)
{
	static const char *const	 on[] = { "--xattr", "--readonly",
	    NULL };
	struct box			 b;
	uint64_t			 n;

	if (more_start(&b, on)) {
		n = more_file(&b, "file", 0, 0644);
		more_readonly_attrs(&b, n);
		more_readonly_files(&b, n);
	}
	box_close(&b);
}
