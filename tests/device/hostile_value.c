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
 * Flags, modes, ids and handles that no guest kernel sends.
 *
 * Knows: which values an opcode may refuse.
 * Never: sizes and offsets (hostile_size.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

/* OPEN with each flag alone and with all of them. */
static bool
hostile_open_flags(struct hostile *h, const struct hostile_case *c)
{
	struct fs_file	 f;
	uint32_t	 flags;
	unsigned	 bit;
	int		 rc;

	(void)c;
	for (bit = 0; bit <= 32; bit++) {
		flags = bit == 32 ? UINT32_MAX : 1U << bit;
		rc = fs_fopen(h->fs, h->spare, flags, &f);
		if (rc == 0)
			rc = fs_release(h->fs, &f);
		else if (!hostile_refused(rc))
			return false;
		if (rc <= -4096)
			return false;
	}
	return true;
}

/* A directory opened so that it would make a nameless file. */
static bool
hostile_open_tmpfile(struct hostile *h, const struct hostile_case *c)
{
	struct fs_file	 f;

	(void)c;
	return hostile_refused(fs_fopen(h->fs, h->dir, O_TMPFILE | O_RDWR,
	    &f)) && hostile_refused(fs_fopen(h->fs, h->dir,
	    O_TMPFILE | O_WRONLY | O_EXCL, &f));
}

static bool
hostile_create_flags(struct hostile *h, const struct hostile_case *c)
{
	struct fs_file	 f;
	uint32_t	 flags;
	unsigned	 bit;
	bool		 good = true;
	int		 rc;

	(void)c;
	for (bit = 0; good && bit <= 32; bit++) {
		flags = bit == 32 ? UINT32_MAX : 1U << bit;
		rc = fs_create(h->fs, h->dir, "new", 0600, flags, &f);
		if (rc == 0)
			fs_release(h->fs, &f);
		else
			good = hostile_refused(rc);
		unlink(box_host(h->b, "dir/new"));
	}
	return good;
}

/* Modes with bits of another type of file, or all bits. */
static bool
hostile_modes(struct hostile *h, const struct hostile_case *c)
{
	static const uint32_t	 mode[] = { UINT32_MAX, 0xffff, S_IFDIR,
	    S_IFLNK | 0777, 0xf000, 0x3000, 0x80000000 };
	struct fs_file		 f;
	struct fuse_entry_out	 e;
	unsigned		 i;
	int			 rc = 0;

	(void)c;
	for (i = 0; i < sizeof(mode) / sizeof(mode[0]); i++) {
		rc = fs_mknod(h->fs, h->dir, "new", mode[i], 0, &e);
		if (rc <= -4096)
			break;
		remove(box_host(h->b, "dir/new"));
		rc = fs_mkdir(h->fs, h->dir, "new", mode[i], &e);
		if (rc <= -4096)
			break;
		remove(box_host(h->b, "dir/new"));
		rc = fs_create(h->fs, h->dir, "new", mode[i], O_RDWR, &f);
		if (rc <= -4096)
			break;
		remove(box_host(h->b, "dir/new"));
	}
	return rc > -4096;
}

/* MKNOD of what is made by other opcodes. */
static bool
hostile_mknod_type(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_entry_out	 e;

	return HOSTILE_IS(fs_mknod(h->fs, h->dir, "new",
	    (uint32_t)c->arg[0] | 0755, 0, &e), EINVAL, EPERM);
}

/* SETATTR with unknown bits, alone and with all others. */
static bool
hostile_setattr(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_setattr_in	 in;
	int			 rc;

	memset(&in, 0xff, sizeof(in));
	in.valid = (uint32_t)c->arg[0];
	in.fh = h->file.fh;
	rc = fs_setattr(h->fs, h->spare, &in, NULL);
	return rc == 0 || hostile_refused(rc);
}

static bool
hostile_nsec(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_ATIME | FATTR_MTIME };

	in.atimensec = in.mtimensec = (uint32_t)c->arg[0];
	return HOSTILE_IS(fs_setattr(h->fs, h->spare, &in, NULL), EINVAL);
}

/* An id that the system calls take for "leave it". */
static bool
hostile_nobody(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	bool			 good;

	fs_cred(h->fs, (uint32_t)c->arg[0], (uint32_t)c->arg[1]);
	good = hostile_refused(fs_mkdir(h->fs, h->dir, "new", 0755, &e)) &&
	    hostile_refused(fs_create(h->fs, h->dir, "new", 0644, O_RDWR,
	    &f)) && hostile_refused(fs_symlink(h->fs, h->dir, "new", "x",
	    &e));
	fs_cred(h->fs, 0, 0);
	return good;
}

static bool
hostile_release_twice(struct hostile *h, const struct hostile_case *c)
{
	char	 buf[8];

	(void)c;
	return fs_release(h->fs, &h->file) == 0 &&
	    HOSTILE_IS(fs_release(h->fs, &h->file), EBADF) &&
	    HOSTILE_IS(fs_read(h->fs, &h->file, 0, buf, 8), EBADF);
}

/* Handles by the thousand that were never given out. */
static bool
hostile_guess(struct hostile *h, const struct hostile_case *c)
{
	struct fs_file	 f = h->file;
	uint64_t	 i;
	char		 buf[8];
	int		 rc;

	for (i = 0; i < 500; i++) {
		f.fh = c->arg[0] + i;
		if (f.fh == h->file.fh)
			continue;
		rc = fs_read(h->fs, &f, 0, buf, 8);
		if (rc != -EBADF)
			return HOSTILE_IS(rc, EBADF);
	}
	return true;
}

/* A directory's handle used as a file's and the other way round. */
static bool
hostile_kinds(struct hostile *h, const struct hostile_case *c)
{
	struct fs_file	 d;
	char		 buf[64];
	bool		 good;

	(void)c;
	if (fs_opendir(h->fs, h->dir, &d) != 0)
		return false;
	good = hostile_refused(fs_read(h->fs, &d, 0, buf, 64)) &&
	    hostile_refused(fs_write(h->fs, &d, 0, "x", 1)) &&
	    hostile_refused(fs_fallocate(h->fs, &d, 0, 0, 10)) &&
	    hostile_refused(fs_copy(h->fs, &d, 0, &h->file, 0, 10)) &&
	    hostile_refused(fs_readdir(h->fs, &h->file, 0, buf, 64)) &&
	    hostile_refused(fs_readdirplus(h->fs, &h->file, 0, buf, 64));
	fs_releasedir(h->fs, &d);
	return good;
}

static bool
hostile_whence(struct hostile *h, const struct hostile_case *c)
{
	return HOSTILE_IS(fs_lseek(h->fs, &h->file, 0, (uint32_t)c->arg[0],
	    NULL), EINVAL);
}

static bool
hostile_copy_flags(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_copy_file_range_in	 in = { .fh_in = h->file.fh,
	    .nodeid_out = h->file.node, .fh_out = h->file.fh,
	    .off_out = 8192, .len = 10, .flags = c->arg[0] };

	return HOSTILE_IS(hostile_call(h, FUSE_COPY_FILE_RANGE,
	    h->file.node, &in, sizeof(in), 8), EINVAL);
}

static bool
hostile_fallocate_mode(struct hostile *h, const struct hostile_case *c)
{
	return HOSTILE_IS(fs_fallocate(h->fs, &h->file, (uint32_t)c->arg[0],
	    0, 4096), EOPNOTSUPP, EINVAL, EPERM);
}

/* Write flags nobody has defined, with and without the write cache. */
static bool
hostile_write_flags(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_write_in	 in = { .fh = h->file.fh, .size = 4,
	    .write_flags = (uint32_t)c->arg[0],
	    .lock_owner = UINT64_MAX, .flags = (uint32_t)c->arg[1] };
	int			 rc;

	rc = fs_write_as(h->fs, &h->file, &in, "abcd", 4);
	return rc == 4 || hostile_refused(rc);
}

struct hostile_values {
	const char	*name;
	hostile_run	*run;
	uint64_t	 arg[HOSTILE_ARGS];
};

static const struct hostile_values	 hostile_rows[] = {
	{ "OPEN with every flag", hostile_open_flags, { 0, 0 } },
	{ "OPEN of a directory with O_TMPFILE", hostile_open_tmpfile,
	    { 0, 0 } },
	{ "CREATE with every flag", hostile_create_flags, { 0, 0 } },
	{ "modes with all bits and wrong types", hostile_modes, { 0, 0 } },
	{ "MKNOD of a directory", hostile_mknod_type, { S_IFDIR, 0 } },
	{ "MKNOD of a symlink", hostile_mknod_type, { S_IFLNK, 0 } },
	{ "MKNOD of an unknown type", hostile_mknod_type, { 0xf000, 0 } },
	{ "SETATTR with all bits", hostile_setattr, { 0xffffffff, 0 } },
	{ "SETATTR with unknown bits", hostile_setattr, { 0xfffff000, 0 } },
	{ "SETATTR with an owner of -1", hostile_setattr,
	    { FATTR_UID | FATTR_GID, 0 } },
	{ "SETATTR with 10^9 nanoseconds", hostile_nsec, { 1000000000, 0 } },
	{ "SETATTR with UTIME_NOW for nanoseconds", hostile_nsec,
	    { (1 << 30) - 1, 0 } },
	{ "SETATTR with UTIME_OMIT for nanoseconds", hostile_nsec,
	    { (1 << 30) - 2, 0 } },
	{ "SETATTR with 2^32-1 nanoseconds", hostile_nsec,
	    { 0xffffffff, 0 } },
	{ "caller of uid -1", hostile_nobody, { 0xffffffff, 1000 } },
	{ "caller of gid -1", hostile_nobody, { 1000, 0xffffffff } },
	{ "caller of uid and gid -1", hostile_nobody,
	    { 0xffffffff, 0xffffffff } },
	{ "RELEASE twice", hostile_release_twice, { 0, 0 } },
	{ "handles from 0 on", hostile_guess, { 0, 0 } },
	{ "handles from 2^32 on", hostile_guess, { 1ULL << 32, 0 } },
	{ "handles up to 2^64-1", hostile_guess, { UINT64_MAX - 499, 0 } },
	{ "handles of the wrong kind", hostile_kinds, { 0, 0 } },
	{ "LSEEK with whence 5", hostile_whence, { 5, 0 } },
	{ "LSEEK with whence 2^32-1", hostile_whence, { 0xffffffff, 0 } },
	{ "COPY_FILE_RANGE with flag 1", hostile_copy_flags, { 1, 0 } },
	{ "COPY_FILE_RANGE with flag 2^32", hostile_copy_flags,
	    { 1ULL << 32, 0 } },
	{ "COPY_FILE_RANGE with all flags", hostile_copy_flags,
	    { UINT64_MAX, 0 } },
	{ "FALLOCATE with mode 0x80000000", hostile_fallocate_mode,
	    { 0x80000000, 0 } },
	{ "FALLOCATE with all modes", hostile_fallocate_mode,
	    { 0xffffffff, 0 } },
	{ "WRITE with all flags", hostile_write_flags,
	    { 0xffffffff, 0xffffffff } },
	{ "WRITE with unknown flags", hostile_write_flags,
	    { 0xfffffff8, 0 } },
};

void
hostile_value_cases(void)
{
	const struct hostile_values	*r;
	unsigned			 i;

	for (i = 0; i < sizeof(hostile_rows) / sizeof(hostile_rows[0]);
	    i++) {
		r = &hostile_rows[i];
		hostile_add(r->name, r->run, HOSTILE_KEEP, r->arg[0],
		    r->arg[1]);
	}
}
