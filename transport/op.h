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

#ifndef VIOFSD_TRANSPORT_OP_H
#define VIOFSD_TRANSPORT_OP_H

#include <stdint.h>

#include "req.h"

/*
 * The operations, one function per FUSE opcode; dispatch.c has checked header,
 * lengths and room for the fixed reply, and fuse_tab.c names them.  Each ends
 * its request exactly once.  op_x_done() takes the worker's answer to op_x().
 */

/* op_sess.c */
void	op_init(struct req *r);
void	op_destroy(struct req *r);
void	op_forget(struct req *r);
void	op_batch_forget(struct req *r);
void	op_interrupt(struct req *r);
void	op_statfs(struct req *r);
void	op_sess_reset(struct fs *fs);

/* op_name.c */
void	op_lookup(struct req *r);
void	op_readlink(struct req *r);
void	op_mknod(struct req *r);
void	op_mkdir(struct req *r);
void	op_symlink(struct req *r);
void	op_link(struct req *r);
void	op_unlink(struct req *r);
void	op_rmdir(struct req *r);
void	op_rename(struct req *r);
void	op_rename2(struct req *r);

/*
 * op_known.c: answer a LOOKUP of name from what is known of the directory
 * already: 1, or 0 if the worker has to be asked.  The guest gave a file one
 * more name, of which nobody tells in its directory.
 */
int	op_known_lookup(struct req *r, const char *name);
void	op_known_linked(struct fs *fs);

/*
 * op_ahead.c: reply to a LOOKUP, and then read ahead if that is worth while;
 * out is NULL with an errno.
 */
void	op_ahead_reply(struct req *r, int err,
	    const struct fuse_entry_out *out);

/* The same: r opens node[0] for reading, soon after it was looked up or not. */
void	op_ahead_opened(struct req *r);

/* op_xattr.c */
void	op_setxattr(struct req *r);
void	op_getxattr(struct req *r);
void	op_listxattr(struct req *r);
void	op_removexattr(struct req *r);

/* op_misc.c */
void	op_statx(struct req *r);
void	op_access(struct req *r);
void	op_ioctl(struct req *r);

/* op_lock.c */
void	op_getlk(struct req *r);
void	op_setlk(struct req *r);
void	op_lock_cancel(struct fs *fs);
void	op_lock_interrupt(struct fs *fs, uint64_t unique);

/* op_open.c */
void	op_open(struct req *r);
void	op_create(struct req *r);
void	op_tmpfile(struct req *r);
void	op_release(struct req *r);
void	op_flush(struct req *r);
void	op_opendir(struct req *r);
void	op_releasedir(struct req *r);

/* op_io.c */
void	op_read(struct req *r);
void	op_write(struct req *r);

/* op_file.c */
void	op_fsync(struct req *r);
void	op_fsyncdir(struct req *r);
void	op_fallocate(struct req *r);
void	op_lseek(struct req *r);
void	op_copy_file_range(struct req *r);
void	op_copy_file_range_64(struct req *r);
void	op_syncfs(struct req *r);

/* op_attr.c */
void	op_getattr(struct req *r);
void	op_setattr(struct req *r);

/* op_list.c */
void	op_readdir(struct req *r);
void	op_readdirplus(struct req *r);
void	op_list_old(int fd, short what, void *arg);

#endif
