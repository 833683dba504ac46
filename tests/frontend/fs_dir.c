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
 * Knows: the FUSE requests on open directories and the entries they return.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <string.h>

#include "fs.h"

int
fs_opendir(struct fs *fs, uint64_t node, struct fs_file *f)
{
	struct fuse_open_out	 out;
	struct fuse_open_in	 in = { .flags = O_DIRECTORY };
	struct fs_args		 a = { .opcode = FUSE_OPENDIR, .node = node,
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
fs_releasedir(struct fs *fs, const struct fs_file *f)
{
	struct fuse_release_in	 in = { .fh = f->fh };
	struct fs_args		 a = { .opcode = FUSE_RELEASEDIR,
	    .node = f->node, .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_fsyncdir(struct fs *fs, const struct fs_file *f, bool data_only)
{
	struct fuse_fsync_in	 in = { .fh = f->fh,
	    .fsync_flags = data_only ? FUSE_FSYNC_FDATASYNC : 0 };
	struct fs_args		 a = { .opcode = FUSE_FSYNCDIR,
	    .node = f->node, .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

static int
fs_list(struct fs *fs, const struct fs_file *f, struct fs_args *a,
    struct fuse_read_in *in)
{
	in->fh = f->fh;
	in->size = (uint32_t)a->out_len;
	a->node = f->node;
	a->arg = in;
	a->arg_len = sizeof(*in);
	return fs_call(fs, a);
}

int
fs_readdir(struct fs *fs, const struct fs_file *f, uint64_t off, void *buf,
    uint32_t len)
{
	struct fuse_read_in	 in = { .offset = off };
	struct fs_args		 a = { .opcode = FUSE_READDIR, .out = buf,
	    .out_len = len };

	return fs_list(fs, f, &a, &in);
}

int
fs_readdirplus(struct fs *fs, const struct fs_file *f, uint64_t off,
    void *buf, uint32_t len)
{
	struct fuse_read_in	 in = { .offset = off };
	struct fs_args		 a = { .opcode = FUSE_READDIRPLUS,
	    .out = buf, .out_len = len };

	return fs_list(fs, f, &a, &in);
}

int
fs_nextent(const void *buf, size_t len, size_t *pos, bool plus,
    struct fs_dirent *e)
{
	const uint8_t		*p = (const uint8_t *)buf + *pos;
	size_t			 left = len - *pos, need;
	struct fuse_dirent	 d;

	memset(e, 0, sizeof(*e));
	if (left == 0)
		return 0;
	need = (plus ? sizeof(e->entry) : 0) + FUSE_NAME_OFFSET;
	if (left < need)
		return FS_BADREPLY;
	if (plus)
		memcpy(&e->entry, p, sizeof(e->entry));
	p += need - FUSE_NAME_OFFSET;
	memcpy(&d, p, FUSE_NAME_OFFSET);
	if (d.namelen == 0 || d.namelen > 255 || left - need < d.namelen)
		return FS_BADREPLY;
	need = FUSE_DIRENT_ALIGN(need + d.namelen);
	if (left < need)
		return FS_BADREPLY;
	memcpy(e->name, p + FUSE_NAME_OFFSET, d.namelen);
	e->ino = d.ino;
	e->off = d.off;
	e->type = d.type;
	*pos += need;
	return 1;
}
