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
 * Knows: the FUSE requests about attributes.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs.h"

static int
fs_attr(struct fs *fs, struct fs_args *a, struct fuse_attr_out *out)
{
	struct fuse_attr_out	 scratch;
	int			 rc;

	if (out == NULL)
		out = &scratch;
	memset(out, 0, sizeof(*out));
	a->out = out;
	a->out_len = sizeof(*out);
	rc = fs_call(fs, a);
	if (rc >= 0 && rc != (int)sizeof(*out))
		return FS_BADREPLY;
	return rc < 0 ? rc : 0;
}

int
fs_getattr(struct fs *fs, uint64_t node, struct fuse_attr_out *out)
{
	struct fuse_getattr_in	 in = { 0 };
	struct fs_args		 a = { .opcode = FUSE_GETATTR, .node = node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_attr(fs, &a, out);
}

int
fs_fgetattr(struct fs *fs, const struct fs_file *f, struct fuse_attr_out *out)
{
	struct fuse_getattr_in	 in = { .getattr_flags = FUSE_GETATTR_FH,
	    .fh = f->fh };
	struct fs_args		 a = { .opcode = FUSE_GETATTR,
	    .node = f->node, .arg = &in, .arg_len = sizeof(in) };

	return fs_attr(fs, &a, out);
}

int
fs_setattr(struct fs *fs, uint64_t node, const struct fuse_setattr_in *in,
    struct fuse_attr_out *out)
{
	struct fs_args	 a = { .opcode = FUSE_SETATTR, .node = node,
	    .arg = in, .arg_len = sizeof(*in) };

	return fs_attr(fs, &a, out);
}

int
fs_chmod(struct fs *fs, uint64_t node, uint32_t mode)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_MODE, .mode = mode };

	return fs_setattr(fs, node, &in, NULL);
}

int
fs_chown(struct fs *fs, uint64_t node, uint32_t uid, uint32_t gid)
{
	struct fuse_setattr_in	 in = { .uid = uid, .gid = gid };

	in.valid = (uid == UINT32_MAX ? 0 : FATTR_UID) |
	    (gid == UINT32_MAX ? 0 : FATTR_GID);
	return fs_setattr(fs, node, &in, NULL);
}

int
fs_truncate(struct fs *fs, uint64_t node, uint64_t size)
{
	struct fuse_setattr_in	 in = { .valid = FATTR_SIZE, .size = size };

	return fs_setattr(fs, node, &in, NULL);
}
