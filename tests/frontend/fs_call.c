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
 * Knows: the FUSE requests about the session as a whole.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs.h"

int
fs_init_as(struct fs *fs, uint32_t major, uint32_t minor, uint64_t flags,
    struct fuse_init_out *out)
{
	struct fuse_init_out	 scratch;
	struct fuse_init_in	 in;
	struct fs_args		 a;
	int			 rc;

	memset(&in, 0, sizeof(in));
	in.major = major;
	in.minor = minor;
	in.max_readahead = 128 * 1024;
	in.flags = (uint32_t)flags;
	in.flags2 = (uint32_t)(flags >> 32);
	if (out == NULL)
		out = &scratch;
	memset(out, 0, sizeof(*out));
	a = (struct fs_args){ .opcode = FUSE_INIT, .arg = &in,
	    .arg_len = sizeof(in), .out = out, .out_len = sizeof(*out) };
	rc = fs_call(fs, &a);
	return rc;
}

int
fs_init(struct fs *fs, struct fuse_init_out *out)
{
	return fs_init_as(fs, FUSE_KERNEL_VERSION, FUSE_KERNEL_MINOR_VERSION,
	    FS_INIT_FLAGS, out);
}

int
fs_destroy(struct fs *fs)
{
	struct fs_args	 a = { .opcode = FUSE_DESTROY };

	return fs_call(fs, &a);
}

int
fs_forget(struct fs *fs, uint64_t node, uint64_t cnt)
{
	struct fuse_forget_in	 in = { cnt };
	struct fs_args		 a = { .opcode = FUSE_FORGET, .node = node,
	    .arg = &in, .arg_len = sizeof(in), .no_reply = true };
	unsigned		 queue = fs->queue;
	int			 rc;

	fs->queue = FS_HIPRIO;
	rc = fs_call(fs, &a);
	fs->queue = queue;
	return rc;
}

int
fs_batch_forget(struct fs *fs, uint32_t cnt,
    const struct fuse_forget_one *list, uint32_t list_cnt)
{
	struct fuse_batch_forget_in	 in = { cnt, 0 };
	struct fs_args			 a = { .opcode = FUSE_BATCH_FORGET,
	    .arg = &in, .arg_len = sizeof(in), .data = list,
	    .data_len = list_cnt * sizeof(*list), .no_reply = true };
	unsigned			 queue = fs->queue;
	int				 rc;

	fs->queue = FS_HIPRIO;
	rc = fs_call(fs, &a);
	fs->queue = queue;
	return rc;
}

int
fs_interrupt(struct fs *fs, uint64_t unique)
{
	struct fuse_interrupt_in	 in = { unique };
	struct fs_args			 a = { .opcode = FUSE_INTERRUPT,
	    .arg = &in, .arg_len = sizeof(in), .no_reply = true };

	return fs_call(fs, &a);
}

int
fs_statfs(struct fs *fs, uint64_t node, struct fuse_kstatfs *st)
{
	struct fuse_statfs_out	 out;
	struct fs_args		 a = { .opcode = FUSE_STATFS, .node = node,
	    .out = &out, .out_len = sizeof(out) };
	int			 rc;

	memset(&out, 0, sizeof(out));
	rc = fs_call(fs, &a);
	if (st != NULL)
		*st = out.st;
	return rc;
}

int
fs_syncfs(struct fs *fs, uint64_t node)
{
	struct fuse_syncfs_in	 in = { 0 };
	struct fs_args		 a = { .opcode = FUSE_SYNCFS, .node = node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}
