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
 * Knows: the FUSE requests on open files.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs.h"

int
fs_fopen(struct fs *fs, uint64_t node, uint32_t flags, struct fs_file *f)
{
	struct fuse_open_out	 out;
	struct fuse_open_in	 in = { .flags = flags };
	struct fs_args		 a = { .opcode = FUSE_OPEN, .node = node,
	    .arg = &in, .arg_len = sizeof(in), .out = &out,
	    .out_len = sizeof(out) };
	int			 rc;

	memset(f, 0, sizeof(*f));
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	if (rc != (int)sizeof(out))
		return FS_BADREPLY;
	f->node = node;
	f->fh = out.fh;
	f->flags = out.open_flags;
	return 0;
}

int
fs_release(struct fs *fs, const struct fs_file *f)
{
	struct fuse_release_in	 in = { .fh = f->fh };
	struct fs_args		 a = { .opcode = FUSE_RELEASE,
	    .node = f->node, .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_read(struct fs *fs, const struct fs_file *f, uint64_t off, void *buf,
    uint32_t len)
{
	struct fuse_read_in	 in = { .fh = f->fh, .offset = off,
	    .size = len };
	struct fs_args		 a = { .opcode = FUSE_READ, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .out = buf, .out_len = len };

	return fs_call(fs, &a);
}

int
fs_write_as(struct fs *fs, const struct fs_file *f,
    const struct fuse_write_in *w, const void *buf, size_t len)
{
	struct fuse_write_out	 out = { 0, 0 };
	struct fs_args		 a = { .opcode = FUSE_WRITE, .node = f->node,
	    .arg = w, .arg_len = sizeof(*w), .data = buf, .data_len = len,
	    .out = &out, .out_len = sizeof(out) };
	int			 rc;

	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	if (rc != (int)sizeof(out) || out.size > len)
		return FS_BADREPLY;
	return (int)out.size;
}

int
fs_write(struct fs *fs, const struct fs_file *f, uint64_t off,
    const void *buf, uint32_t len)
{
	struct fuse_write_in	 in = { .fh = f->fh, .offset = off,
	    .size = len };

	return fs_write_as(fs, f, &in, buf, len);
}

int
fs_flush(struct fs *fs, const struct fs_file *f)
{
	struct fuse_flush_in	 in = { .fh = f->fh };
	struct fs_args		 a = { .opcode = FUSE_FLUSH, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_fsync(struct fs *fs, const struct fs_file *f, bool data_only)
{
	struct fuse_fsync_in	 in = { .fh = f->fh,
	    .fsync_flags = data_only ? FUSE_FSYNC_FDATASYNC : 0 };
	struct fs_args		 a = { .opcode = FUSE_FSYNC, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_fallocate(struct fs *fs, const struct fs_file *f, uint32_t mode,
    uint64_t off, uint64_t len)
{
	struct fuse_fallocate_in	 in = { .fh = f->fh, .offset = off,
	    .length = len, .mode = mode };
	struct fs_args			 a = { .opcode = FUSE_FALLOCATE,
	    .node = f->node, .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_lseek(struct fs *fs, const struct fs_file *f, uint64_t off,
    uint32_t whence, uint64_t *out)
{
	struct fuse_lseek_out	 res = { 0 };
	struct fuse_lseek_in	 in = { .fh = f->fh, .offset = off,
	    .whence = whence };
	struct fs_args		 a = { .opcode = FUSE_LSEEK, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .out = &res,
	    .out_len = sizeof(res) };
	int			 rc;

	rc = fs_call(fs, &a);
	if (rc >= 0 && out != NULL)
		*out = res.offset;
	return rc < 0 ? rc : 0;
}

int
fs_copy(struct fs *fs, const struct fs_file *from, uint64_t in_off,
    const struct fs_file *to, uint64_t out_off, uint64_t len)
{
	struct fuse_write_out		 out = { 0, 0 };
	struct fuse_copy_file_range_in	 in = { .fh_in = from->fh,
	    .off_in = in_off, .nodeid_out = to->node, .fh_out = to->fh,
	    .off_out = out_off, .len = len };
	struct fs_args			 a = { .node = from->node,
	    .opcode = FUSE_COPY_FILE_RANGE, .arg = &in,
	    .arg_len = sizeof(in), .out = &out, .out_len = sizeof(out) };
	int				 rc;

	rc = fs_call(fs, &a);
	return rc < 0 ? rc : (int)out.size;
}
