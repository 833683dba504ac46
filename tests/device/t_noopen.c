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
 * A guest that opens nothing: --no-open and --no-opendir.
 *
 * Knows: requests with fh 0, and how many open files they may cost.
 * Never: guests that open (t_ops).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define NO_OPEN		((uint64_t)FUSE_NO_OPEN_SUPPORT)
#define NO_OPENDIR	((uint64_t)FUSE_NO_OPENDIR_SUPPORT)
#define NO_FILES	400		/* more than may be open, see below */

static const char	*no_line[] = { "--no-open", "--no-opendir",
    "--cache=always", "--rlimit-nofile=1024", "--writeback", NULL };

static bool
no_start(struct box *b, const char *const *line, uint64_t flags, uint64_t on)
{
	struct fuse_init_out	 out;
	uint64_t		 got;

	if (!more_start_bare(b, line))
		return false;
	tap_rc(fs_init_as(&b->fs, 7, 38, (FS_INIT_FLAGS &
	    ~(NO_OPEN | NO_OPENDIR)) | flags, &out), 0,
	    "INIT");
	got = out.flags & (FUSE_NO_OPEN_SUPPORT | FUSE_NO_OPENDIR_SUPPORT |
	    FUSE_ATOMIC_O_TRUNC);
	return tap_is((long long)got, (long long)on, "what the guest is told");
}

static void
no_file(struct box *b)
{
	struct fs_file			 f = { 0 }, none;
	struct fuse_setattr_in		 s = { 0 };
	struct fs			*fs = &b->fs;
	char				 buf[8] = "";
	struct stat			 st;

	box_file(b, "old", "hello", 5);
	f.node = more_node_of(b, "old");
	tap_rc(fs_fopen(fs, f.node, O_RDONLY, &none), -ENOSYS, "OPEN");
	tap_rc(fs_read(fs, &f, 0, buf, 5), 5, "READ with fh 0");
	tap_ok(memcmp(buf, "hello", 5) == 0, "what the file has");
	tap_rc(fs_write(fs, &f, 5, "more", 4), 4, "WRITE with fh 0");
	tap_rc(fs_fallocate(fs, &f, 0, 0, 100), 0, "FALLOCATE");
	tap_rc(fs_lseek(fs, &f, 0, SEEK_DATA, NULL), -ENOSYS,
	    "LSEEK, with a write-back cache");
	tap_rc(fs_fsync(fs, &f, false), 0, "FSYNC");
	tap_rc(fs_flush(fs, &f), 0, "FLUSH");
	tap_rc(fs_copy(fs, &f, 0, &f, 200, 5), 5, "COPY_FILE_RANGE");
	tap_rc(fs_release(fs, &f), 0, "RELEASE");
	s.valid = FATTR_SIZE | FATTR_FH;
	s.size = 3;
	tap_rc(fs_setattr(fs, f.node, &s, NULL), 0, "SETATTR with fh 0");
	tap_ok(stat(box_host(b, "old"), &st) == 0 && st.st_size == 3,
	    "the host's file has that size");
	f.fh = 1ULL << 32;
	tap_rc(fs_read(fs, &f, 0, buf, 5), -EBADF, "another fh is none");
	f.node = 77;
	f.fh = 0;
	tap_rc(fs_read(fs, &f, 0, buf, 5), -EBADF, "no node");
}

static void
no_create(struct box *b)
{
	struct fs_file	 f;
	char		 buf[8] = "";

	fs_cred(&b->fs, 1000, 1000);
	if (tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, "new", 0600, O_WRONLY, &f),
	    0, "CREATE")) {
		tap_is((long long)f.fh, 0, "its fh is 0, too");
		tap_rc(fs_write(&b->fs, &f, 0, "text", 4), 4, "WRITE");
		tap_rc(fs_read(&b->fs, &f, 0, buf, 4), 4, "READ");
		tap_rc(fs_release(&b->fs, &f), 0, "RELEASE");
	}
	fs_cred(&b->fs, 0, 0);
}

static void
no_dir(struct box *b)
{
	struct fs_file	 d = { .node = FUSE_ROOT_ID };
	char		 buf[4096];

	tap_rc(fs_opendir(&b->fs, FUSE_ROOT_ID, &d), -ENOSYS, "OPENDIR");
	d.node = FUSE_ROOT_ID;
	d.fh = 0;
	tap_ok(fs_readdir(&b->fs, &d, 0, buf, sizeof(buf)) > 100,
	    "READDIR with fh 0");
	tap_ok(fs_readdirplus(&b->fs, &d, 0, buf, sizeof(buf)) > 100,
	    "READDIRPLUS with fh 0");
	tap_rc(fs_fsyncdir(&b->fs, &d, false), 0, "FSYNCDIR");
	tap_rc(fs_releasedir(&b->fs, &d), 0, "RELEASEDIR");
	tap_rc(fs_read(&b->fs, &d, 0, buf, 10), -EBADF,
	    "a directory is no file");
	d.node = more_node_of(b, "old");
	tap_rc(fs_readdir(&b->fs, &d, 0, buf, sizeof(buf)), -EBADF,
	    "a file is no directory");
}

/* 1024 descriptors are some 200 open files: the oldest must have gone. */
static void
no_many(struct box *b)
{
	struct fs_file	 f = { 0 };
	uint64_t	 nodes[NO_FILES];
	char		 name[16], buf[4];
	int		 i, good = 0;

	for (i = 0; i < NO_FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		box_file(b, name, name, strlen(name));
		nodes[i] = more_node_of(b, name);
		f.node = nodes[i];
		good += fs_read(&b->fs, &f, 0, buf, 2) == 2;
		good += fs_write(&b->fs, &f, 0, "x", 1) == 1;
	}
	f.node = nodes[0];
	good += fs_read(&b->fs, &f, 0, buf, 2) == 2 && buf[0] == 'x';
	tap_is(good, 2 * NO_FILES + 1, "more files than may be open");
	for (i = 0; i < NO_FILES; i++)
		fs_forget(&b->fs, nodes[i], 1);
	tap_rc(fs_read(&b->fs, &f, 0, buf, 2), -EBADF, "forgotten");
	tap_rc(fs_getattr(&b->fs, FUSE_ROOT_ID, NULL), 0, "and well");
}

/* Who is in the guest is asked with each request, by its flags. */
static void
no_append_write(struct box *b, uint64_t node)
{
	struct fs_file		 f = { .node = node };
	struct fuse_write_in	 in = { .size = 3, .flags = O_APPEND };
	struct stat		 st;
	char			 buf[16] = "";

	tap_rc(fs_write_as(&b->fs, &f, &in, "one", 3), 3,
	    "append to an append-only file");
	tap_rc(fs_write(&b->fs, &f, 1, "two", 3), -EPERM,
	    "write into the middle of it");
	in.write_flags = FUSE_WRITE_CACHE;
	tap_rc(fs_write_as(&b->fs, &f, &in, "two", 3), -EPERM,
	    "a page of a mapping");
	in.write_flags = 0;
	tap_rc(fs_write_as(&b->fs, &f, &in, "end", 3), 3, "append again");
	tap_rc(fs_truncate(&b->fs, node, 1), -EPERM, "truncate");
	tap_rc(fs_read(&b->fs, &f, 0, buf, sizeof(buf)), 11, "read");
	tap_ok(memcmp(buf, "hellooneend", 11) == 0, "what was appended");
	if (!more_append_set(b, "log", false))
		tap_bail("log stays append-only");
	tap_rc(fs_write(&b->fs, &f, 1, "two", 3), 3,
	    "write into it when it no longer is");
	tap_rc(fs_write_as(&b->fs, &f, &in, "end", 3), 3, "and append");
	tap_ok(stat(box_host(b, "log"), &st) == 0 && st.st_size == 14,
	    "the host's file has that size");
}

static void
no_append(void)
{
	const char	*line[] = { "--no-open", "--cache=always", NULL };
	struct fs_file	 f = { 0 };
	struct box	 b;
	uint64_t	 n, off;

	if (no_start(&b, line, NO_OPEN, (long long)NO_OPEN)) {
		box_file(&b, "log", "hello", 5);
		n = more_node_of(&b, "log");
		if (!more_append_set(&b, "log", true))
			tap_skip("the host's filesystem has no such files",
			    "append-only");
		else
			no_append_write(&b, n);
		f.node = n;
		tap_rc(fs_lseek(&b.fs, &f, 0, SEEK_DATA, &off), 0,
		    "LSEEK with fh 0");
	}
	box_close(&b);
}

/* A guest, or a share, that opens after all. */
static void
no_without(void)
{
	const char	*line[] = { NULL };
	struct fs_file	 f = { 0 };
	struct box	 b;
	char		 buf[4];

	if (no_start(&b, line, NO_OPEN | NO_OPENDIR, FUSE_ATOMIC_O_TRUNC)) {
		box_file(&b, "old", "hello", 5);
		f.node = more_node_of(&b, "old");
		tap_rc(fs_read(&b.fs, &f, 0, buf, 1), -EBADF,
		    "fh 0 is none without the option");
	}
	box_close(&b);
	if (no_start(&b, no_line, 0, FUSE_ATOMIC_O_TRUNC)) {
		box_file(&b, "old", "hello", 5);
		f.node = more_node_of(&b, "old");
		tap_rc(fs_read(&b.fs, &f, 0, buf, 1), -EBADF,
		    "fh 0 is none for a guest that did not offer it");
		tap_rc(fs_fopen(&b.fs, f.node, O_RDONLY, &f), 0, "OPEN");
	}
	box_close(&b);
}

int
main(int argc, char **argv)
{
	struct box	 b;

	daemon_args(argc, argv);
	if (geteuid() != 0 || daemon_kind != DAEMON_OURS) {
		tap_skip("only root, and only our options", "no open");
		return tap_done();
	}
	if (no_start(&b, no_line, NO_OPEN | NO_OPENDIR, (long long)(NO_OPEN |
	    NO_OPENDIR))) {
		chmod(b.d.share, 0777);
		no_file(&b);
		no_create(&b);
		no_dir(&b);
		no_many(&b);
	}
	box_close(&b);
	no_append();
	no_without();
	return tap_done();
}
