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
 * Knows: what --writeback, --allow-direct-io, --preserve-noatime,
 * --seal-size and --no-readdir do to open files.
 * Never: timeouts (more_time.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/proc.h"
#include "more.h"

/*
 * The flags of the file that pid has open, -1 if it has none by that path.
 * A file that the daemon's mount shows differs in the mount only.
 */
static int
more_open_flags_of(pid_t pid, const struct stat *want)
{
	char		 path[64], line[128];
	struct stat	 st;
	unsigned	 fd;
	int		 flags = -1, got;
	FILE		*f;

	for (fd = 0; fd < 256 && flags == -1; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)pid, fd);
		if (stat(path, &st) == -1 || st.st_ino != want->st_ino ||
		    st.st_dev != want->st_dev)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%u", (int)pid,
		    fd);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		while (fgets(line, sizeof(line), f) != NULL) {
			if (sscanf(line, "flags: %o", &got) == 1 &&
			    (got & O_PATH) == 0)
				flags = got;
		}
		fclose(f);
	}
	return flags;
}

/* The flags with which the daemon has a file of the share open. */
static int
more_open_flags(struct box *b, const char *name)
{
	const struct proc_set	*s = daemon_procs(&b->d);
	struct stat		 st = more_stat(b, name);
	unsigned		 i;
	int			 flags = -1;

	for (i = 0; i < s->cnt && flags == -1; i++)
		flags = more_open_flags_of(s->pid[i], &st);
	if (flags == -1)
		tap_diag("nobody has %s open", name);
	return flags;
}

/* Open (or create) with these flags; what of them the host sees. */
static int
more_open_host(struct box *b, const char *name, uint32_t flags, bool create)
{
	struct fs_file	 f;
	int		 rc, host;

	if (create)
		rc = fs_create(&b->fs, FUSE_ROOT_ID, name, 0644, flags, &f);
	else
		rc = fs_fopen(&b->fs, more_node_of(b, name), flags, &f);
	if (!tap_rc(rc, 0, "%s %s with 0%o", create ? "create" : "open",
	    name, flags))
		return -1;
	host = more_open_flags(b, name);
	fs_release(&b->fs, &f);
	return host;
}

static void
more_open_plain(void)
{
	struct box	 b;

	if (more_start(&b, NULL)) {
		more_file(&b, "file", 0, 0644);
		tap_is(more_open_host(&b, "file", O_WRONLY | O_APPEND,
		    false) & (O_ACCMODE | O_APPEND), O_WRONLY,
		    "O_APPEND is not for the host");
		tap_is(more_open_host(&b, "file", O_RDWR | O_DIRECT, false) &
		    O_DIRECT, 0, "no O_DIRECT without --allow-direct-io");
		tap_is(more_open_host(&b, "new", O_RDWR | O_DIRECT, true) &
		    O_DIRECT, 0, "nor for a new file");
		tap_is(more_open_host(&b, "new", O_RDWR | O_DIRECT, true) &
		    O_DIRECT, 0, "nor for CREATE of an old one");
		/* What was open for reading may be so for a while. */
		more_file(&b, "read", 0, 0644);
		tap_is(more_open_host(&b, "read", O_RDONLY | O_NOATIME,
		    false) & O_NOATIME, 0,
		    "no O_NOATIME without --preserve-noatime");
		tap_is(more_open_host(&b, "file", O_RDWR | O_SYNC, false) &
		    O_SYNC, O_SYNC, "O_SYNC is");
	}
	box_close(&b);
}

static void
more_open_direct(void)
{
	static const char *const	 on[] = { "--allow-direct-io",
	    "--preserve-noatime", NULL };
	struct box			 b;

	if (more_start(&b, on)) {
		more_file(&b, "file", 0, 0644);
		tap_is(more_open_host(&b, "file", O_RDWR | O_DIRECT, false) &
		    O_DIRECT, O_DIRECT, "O_DIRECT with --allow-direct-io");
		tap_is(more_open_host(&b, "new", O_RDWR | O_DIRECT, true) &
		    O_DIRECT, O_DIRECT, "for a new file");
		tap_is(more_open_host(&b, "new", O_RDWR | O_DIRECT, true) &
		    O_DIRECT, O_DIRECT, "for CREATE of an old one");
		tap_is(more_open_host(&b, "file", O_RDONLY | O_NOATIME,
		    false) & O_NOATIME, O_NOATIME,
		    "O_NOATIME with --preserve-noatime");
	}
	box_close(&b);
}

/* Both ways for whole blocks; what the host refuses is EINVAL. */
static void
more_open_direct_io(void)
{
	static const char *const	 on[] = { "--allow-direct-io", NULL };
	static char			 block[4096], back[4096];
	struct fs_file			 f;
	struct box			 b;
	int				 fd;

	if (more_start(&b, on)) {
		memset(block, 'd', sizeof(block));
		tap_rc(fs_create(&b.fs, FUSE_ROOT_ID, "direct", 0644,
		    O_RDWR | O_DIRECT, &f), 0, "create with O_DIRECT");
		tap_rc(fs_write_page(&b.fs, &f, 4096, block), 4096,
		    "a whole block is written");
		tap_rc(fs_read_page(&b.fs, &f, 4096, back), 4096,
		    "and read");
		tap_ok(memcmp(block, back, 4096) == 0, "the same");
		fd = open(box_host(&b, "direct"), O_RDONLY | O_CLOEXEC);
		tap_ok(fd != -1 && pread(fd, back, 4096, 4096) == 4096 &&
		    memcmp(block, back, 4096) == 0, "the host has it");
		close(fd);
		fs_release(&b.fs, &f);
	}
	box_close(&b);
}

static void
more_open_writeback(void)
{
	static const char *const	 on[] = { "--writeback", NULL };
	struct fs_file			 f;
	struct box			 b;
	uint64_t			 n;
	char				 buf[8];

	if (more_start(&b, on)) {
		tap_ok((b.init.flags & FUSE_WRITEBACK_CACHE) != 0,
		    "--writeback is negotiated");
		n = more_file(&b, "file", 1000, 0600);
		tap_is(more_open_host(&b, "file", O_WRONLY | O_APPEND,
		    false) & (O_ACCMODE | O_APPEND), O_RDWR,
		    "a file for writing can be read");
		tap_is(more_open_host(&b, "new", O_WRONLY | O_APPEND, true) &
		    (O_ACCMODE | O_APPEND), O_RDWR, "a new one as well");
		tap_is(more_open_host(&b, "file", O_RDONLY, false) &
		    O_ACCMODE, O_RDONLY, "one for reading is for reading");
		fs_cred(&b.fs, 1000, 1000);
		tap_rc(fs_fopen(&b.fs, n, O_WRONLY, &f), 0,
		    "open for writing");
		tap_rc(fs_read(&b.fs, &f, 0, buf, 8), 7, "the page is read");
		tap_rc(fs_lseek(&b.fs, &f, 0, SEEK_HOLE, NULL), -ENOSYS,
		    "the guest looks for holes itself");
		fs_release(&b.fs, &f);
		chmod(box_host(&b, "file"), 0200);
		tap_rc(fs_fopen(&b.fs, n, O_WRONLY, &f), 0,
		    "open of a file that its owner may only write");
		fs_release(&b.fs, &f);
		fs_cred(&b.fs, 0, 0);
	}
	box_close(&b);
	if (more_start(&b, NULL))
		tap_is(b.init.flags & FUSE_WRITEBACK_CACHE, 0,
		    "without --writeback it is not offered");
	box_close(&b);
}

/*
 * The time of a change comes after the file is gone for good: nobody has it,
 * for the workers that kept it are not there any more.
 */
static void
more_open_removed(void)
{
	static const char *const	 on[] = { "--writeback", NULL };
	const struct fuse_setattr_in	 in = { .mtime = 5,
	    .valid = FATTR_MTIME | FATTR_CTIME };
	const struct proc_set		*all;
	struct fs_file			 f;
	struct box			 b;
	unsigned			 i;

	if (more_start(&b, on)) {
		fs_create(&b.fs, FUSE_ROOT_ID, "gone", 0644, O_RDWR, &f);
		fs_release(&b.fs, &f);
		tap_rc(fs_unlink(&b.fs, FUSE_ROOT_ID, "gone"), 0, "unlink");
		all = daemon_procs(&b.d);
		for (i = 0; i < all->cnt; i++)
			if (strncmp(proc_name(all->pid[i]), "viofsd-fsworker",
			    15) == 0)
				kill(all->pid[i], SIGKILL);
		tap_rc(fs_setattr(&b.fs, f.node, &in, NULL), 0,
		    "the time of what is gone is no error");
	}
	box_close(&b);
}

/* A page that the guest writes back goes where it belongs. */
static void
more_open_cached_write(void)
{
	static const char *const	 on[] = { "--writeback", NULL };
	struct fuse_write_in		 in = { .size = 3, .flags = O_APPEND,
	    .write_flags = FUSE_WRITE_CACHE };
	struct fs_file			 f;
	struct box			 b;
	char				 buf[16];

	if (more_start(&b, on)) {
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644),
		    O_WRONLY | O_APPEND, &f);
		in.fh = f.fh;
		tap_rc(fs_write_as(&b.fs, &f, &in, "new", 3), 3,
		    "a page of a file open for appending");
		tap_rc(fs_read(&b.fs, &f, 0, buf, 16), 7,
		    "the file is no longer");
		tap_ok(memcmp(buf, "newtent", 7) == 0, "and changed");
		fs_release(&b.fs, &f);
	}
	box_close(&b);
}

static void
more_open_sealed(struct box *b)
{
	uint64_t		 n = more_file(b, "file", 0, 0644);
	struct fuse_write_in	 in = { .size = 1, .flags = O_APPEND };
	struct fs		*fs = &b->fs;
	struct fs_file		 f;

	tap_rc(fs_truncate(fs, n, 3), -EPERM, "sealed: truncate");
	tap_rc(fs_fopen(fs, n, O_WRONLY | O_TRUNC, &f), -EPERM,
	    "sealed: O_TRUNC");
	tap_rc(fs_fopen(fs, n, O_RDWR, &f), 0, "sealed: open");
	tap_rc(fs_write(fs, &f, 0, "CONTENT", 7), 7,
	    "sealed: write what is there");
	tap_rc(fs_write(fs, &f, 6, "xy", 2), -EPERM,
	    "sealed: write past the end");
	in.fh = f.fh;
	tap_rc(fs_write_as(fs, &f, &in, "x", 1), -EPERM, "sealed: append");
	tap_rc(fs_fallocate(fs, &f, 0, 0, 8), -EPERM, "sealed: fallocate");
	tap_rc(fs_fallocate(fs, &f, FALLOC_FL_KEEP_SIZE, 0, 8), 0,
	    "sealed: fallocate that keeps the size");
	tap_rc(fs_fallocate(fs, &f, FALLOC_FL_INSERT_RANGE, 0, 4096), -EPERM,
	    "sealed: insert");
	tap_rc(fs_copy(fs, &f, 0, &f, 7, 3), -EPERM, "sealed: copy");
	tap_rc(fs_chmod(fs, n, 0600), 0, "sealed: chmod");
	fs_release(fs, &f);
	tap_is(more_stat(b, "file").st_size, 7, "sealed: the size");
}

static void
more_open_no_readdir(struct box *b)
{
	struct fs_file	 f;
	char		 buf[4096];

	more_file(b, "listed", 0, 0644);
	tap_rc(fs_opendir(&b->fs, FUSE_ROOT_ID, &f), 0,
	    "--no-readdir: opendir");
	tap_rc(fs_readdir(&b->fs, &f, 0, buf, sizeof(buf)), 0,
	    "--no-readdir: nothing is listed");
	tap_rc(fs_readdirplus(&b->fs, &f, 0, buf, sizeof(buf)), 0,
	    "--no-readdir: nor with attributes");
	fs_releasedir(&b->fs, &f);
}

void
more_open(void)
{
	static const char *const	 seal[] = { "--seal-size",
	    "--no-readdir", NULL };
	struct box			 b;

	more_open_plain();
	more_open_direct();
	more_open_direct_io();
	more_open_writeback();
	more_open_removed();
	more_open_cached_write();
	if (more_start(&b, seal)) {
		more_open_sealed(&b);
		more_open_no_readdir(&b);
	}
	box_close(&b);
}
