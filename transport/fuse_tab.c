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
 * Knows: every opcode that is served, as data.
 * Never: how it is served.
 */

#include "config.h"

#include <stddef.h>

#include "fuse_proto.h"
#include "fuse_tab.h"
#include "op.h"

#define ENTRY		sizeof(struct fuse_entry_out)
#define NAME		2u	/* one byte and NUL */
#define C		FUSE_ROW_CHANGES
#define W		(FUSE_ROW_WRITES | C)
#define PROTO(OP, in, out, flags, fn) \
	[FUSE_PROTO_##OP] = { #OP, FUSE_PROTO_##OP, in, out, flags, fn }
#define ROW(OP, in, out, flags, fn) \
	[FUSE_##OP] = { #OP, FUSE_##OP, in, out, flags, fn }

static const struct fuse_row fuse_rows[] = {
	ROW(LOOKUP, 1, ENTRY, 0, op_lookup),
	ROW(FORGET, sizeof(struct fuse_forget_in), 0,
	    FUSE_ROW_NOREPLY | FUSE_ROW_PREINIT, op_forget),
	ROW(GETATTR, sizeof(struct fuse_getattr_in),
	    sizeof(struct fuse_attr_out), 0, op_getattr),
	ROW(SETATTR, sizeof(struct fuse_setattr_in),
	    sizeof(struct fuse_attr_out), W, op_setattr),
	ROW(READLINK, 0, 0, 0, op_readlink),
	ROW(SYMLINK, 1 + NAME, ENTRY, W, op_symlink),
	ROW(MKNOD, sizeof(struct fuse_mknod_in) + 1, ENTRY, W, op_mknod),
	ROW(MKDIR, sizeof(struct fuse_mkdir_in) + 1, ENTRY, W, op_mkdir),
	ROW(UNLINK, 1, 0, W, op_unlink),
	ROW(RMDIR, 1, 0, W, op_rmdir),
	ROW(RENAME, sizeof(struct fuse_rename_in) + 2, 0, W, op_rename),
	ROW(LINK, sizeof(struct fuse_link_in) + 1, ENTRY, W, op_link),
	ROW(OPEN, sizeof(struct fuse_open_in), sizeof(struct fuse_open_out),
	    C, op_open),
	ROW(READ, sizeof(struct fuse_read_in), 0, 0, op_read),
	ROW(WRITE, sizeof(struct fuse_write_in),
	    sizeof(struct fuse_write_out), W, op_write),
	ROW(STATFS, 0, sizeof(struct fuse_statfs_out), 0, op_statfs),
	ROW(RELEASE, sizeof(struct fuse_release_in), 0, 0, op_release),
	ROW(FSYNC, sizeof(struct fuse_fsync_in), 0, 0, op_fsync),
	ROW(FLUSH, sizeof(struct fuse_flush_in), 0, 0, op_flush),
	ROW(INIT, 16, sizeof(struct fuse_init_out), FUSE_ROW_PREINIT,
	    op_init),
	ROW(OPENDIR, sizeof(struct fuse_open_in),
	    sizeof(struct fuse_open_out), 0, op_opendir),
	ROW(READDIR, sizeof(struct fuse_read_in), 0, 0, op_readdir),
	ROW(RELEASEDIR, sizeof(struct fuse_release_in), 0, 0, op_releasedir),
	ROW(FSYNCDIR, sizeof(struct fuse_fsync_in), 0, 0, op_fsyncdir),
	ROW(CREATE, sizeof(struct fuse_create_in) + 1,
	    ENTRY + sizeof(struct fuse_open_out), W, op_create),
	ROW(INTERRUPT, sizeof(struct fuse_interrupt_in), 0,
	    FUSE_ROW_NOREPLY | FUSE_ROW_PREINIT, op_interrupt),
	ROW(DESTROY, 0, 0, FUSE_ROW_PREINIT, op_destroy),
	ROW(BATCH_FORGET, sizeof(struct fuse_batch_forget_in), 0,
	    FUSE_ROW_NOREPLY | FUSE_ROW_PREINIT, op_batch_forget),
	ROW(FALLOCATE, sizeof(struct fuse_fallocate_in), 0, W, op_fallocate),
	ROW(READDIRPLUS, sizeof(struct fuse_read_in), 0, 0, op_readdirplus),
	ROW(RENAME2, sizeof(struct fuse_rename2_in) + 2, 0, W, op_rename2),
	ROW(LSEEK, sizeof(struct fuse_lseek_in),
	    sizeof(struct fuse_lseek_out), 0, op_lseek),
	ROW(COPY_FILE_RANGE, sizeof(struct fuse_copy_file_range_in),
	    sizeof(struct fuse_write_out), W, op_copy_file_range),
	ROW(SETXATTR, FUSE_COMPAT_SETXATTR_IN_SIZE + 1, 0, W, op_setxattr),
	ROW(GETXATTR, sizeof(struct fuse_getxattr_in) + 1, 0, 0, op_getxattr),
	ROW(LISTXATTR, sizeof(struct fuse_getxattr_in), 0, 0, op_listxattr),
	ROW(REMOVEXATTR, 1, 0, W, op_removexattr),
	ROW(GETLK, sizeof(struct fuse_lk_in), sizeof(struct fuse_lk_out), 0,
	    op_getlk),
	ROW(SETLK, sizeof(struct fuse_lk_in), 0, 0, op_setlk),
	ROW(SETLKW, sizeof(struct fuse_lk_in), 0, 0, op_setlk),
	ROW(ACCESS, sizeof(struct fuse_access_in), 0, 0, op_access),
	ROW(IOCTL, sizeof(struct fuse_ioctl_in),
	    sizeof(struct fuse_ioctl_out), C, op_ioctl),
	ROW(TMPFILE, sizeof(struct fuse_create_in),
	    ENTRY + sizeof(struct fuse_open_out), W, op_tmpfile),
	PROTO(STATX, sizeof(struct fuse_proto_statx_in),
	    sizeof(struct fuse_proto_statx_out), 0, op_statx),
	PROTO(COPY_64, sizeof(struct fuse_copy_file_range_in),
	    sizeof(struct fuse_proto_copy_out), W, op_copy_file_range_64),
	ROW(SYNCFS, sizeof(struct fuse_syncfs_in), 0, 0, op_syncfs),
};

const struct fuse_row *
fuse_row(uint32_t opcode)
{
	if (opcode >= sizeof(fuse_rows) / sizeof(fuse_rows[0]) ||
	    fuse_rows[opcode].op == NULL)
		return NULL;
	return &fuse_rows[opcode];
}
