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
 * Knows: the FUSE requests about extended attributes, locks and the like.
 * Never: how a request travels (fs.c), which ones carry labels (fs_make.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs_more.h"

int
fs_setxattr_ext(struct fs *fs, uint64_t node, const char *name,
    const struct fuse_setxattr_in *in, const void *value)
{
	static uint8_t	 buf[(1 << 20) + 512];
	size_t		 len = strlen(name) + 1;
	struct fs_args	 a = { .opcode = FUSE_SETXATTR, .node = node,
	    .arg = in, .arg_len = sizeof(*in), .data = buf };

	if (len + in->size > sizeof(buf))
		return FS_BADREPLY;
	memcpy(buf, name, len);
	if (in->size > 0)
		memcpy(buf + len, value, in->size);
	a.data_len = len + in->size;
	return fs_call(fs, &a);
}

/* In the long form when ACLs were negotiated is the caller's affair. */
int
fs_setxattr(struct fs *fs, uint64_t node, const char *name,
    const void *value, uint32_t len, uint32_t flags)
{
	static uint8_t	 buf[(1 << 20) + 512];
	struct {
		uint32_t	 size;
		uint32_t	 flags;
	}		 in = { len, flags };
	size_t		 name_len = strlen(name) + 1;
	struct fs_args	 a = { .opcode = FUSE_SETXATTR, .node = node,
	    .arg = &in, .arg_len = sizeof(in), .data = buf };

	if (name_len + len > sizeof(buf))
		return FS_BADREPLY;
	memcpy(buf, name, name_len);
	if (len > 0)
		memcpy(buf + name_len, value, len);
	a.data_len = name_len + len;
	return fs_call(fs, &a);
}

/* GETXATTR and LISTXATTR: the bytes, or with size 0 how many there are. */
static int
fs_xattr_read(struct fs *fs, struct fs_args *a, void *buf, uint32_t size)
{
	struct fuse_getxattr_out	 out;
	struct fuse_getxattr_in		 in = { .size = size };
	int				 rc;

	a->arg = &in;
	a->arg_len = sizeof(in);
	a->out = size == 0 ? (void *)&out : buf;
	a->out_len = size == 0 ? sizeof(out) : size;
	rc = fs_call(fs, a);
	if (rc < 0 || size > 0)
		return rc;
	return rc == (int)sizeof(out) ? (int)out.size : FS_BADREPLY;
}

int
fs_getxattr(struct fs *fs, uint64_t node, const char *name, void *buf,
    uint32_t size)
{
	struct fs_args	 a = { .opcode = FUSE_GETXATTR, .node = node,
	    .data = name, .data_len = strlen(name) + 1 };

	return fs_xattr_read(fs, &a, buf, size);
}

int
fs_listxattr(struct fs *fs, uint64_t node, char *buf, uint32_t size)
{
	struct fs_args	 a = { .opcode = FUSE_LISTXATTR, .node = node };

	return fs_xattr_read(fs, &a, buf, size);
}

int
fs_removexattr(struct fs *fs, uint64_t node, const char *name)
{
	struct fs_args	 a = { .opcode = FUSE_REMOVEXATTR, .node = node,
	    .data = name, .data_len = strlen(name) + 1 };

	return fs_call(fs, &a);
}

int
fs_statx(struct fs *fs, uint64_t node, const struct fs_file *f,
    uint32_t mask, struct fs_statx_out *out)
{
	struct {
		uint32_t	 getattr_flags, reserved;
		uint64_t	 fh;
		uint32_t	 sx_flags, sx_mask;
	}		 in = { 0, 0, 0, 0, mask };
	struct fs_args	 a = { .opcode = FS_STATX, .node = node, .arg = &in,
	    .arg_len = sizeof(in), .out = out, .out_len = sizeof(*out) };
	int		 rc;

	if (f != NULL) {
		in.getattr_flags = FUSE_GETATTR_FH;
		in.fh = f->fh;
	}
	memset(out, 0, sizeof(*out));
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	return rc == (int)sizeof(*out) ? 0 : FS_BADREPLY;
}

int
fs_access(struct fs *fs, uint64_t node, uint32_t mask)
{
	struct fuse_access_in	 in = { .mask = mask };
	struct fs_args		 a = { .opcode = FUSE_ACCESS, .node = node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_ioctl(struct fs *fs, const struct fs_file *f, struct fs_ioctl *c)
{
	static uint8_t		 buf[FS_SMALL_LEN / 2];
	struct fuse_ioctl_out	 out;
	struct fuse_ioctl_in	 in = { .fh = f->fh, .cmd = c->cmd,
	    .flags = c->flags, .in_size = c->in_len,
	    .out_size = c->out_len };
	struct fs_args		 a = { .opcode = FUSE_IOCTL, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .data = c->in,
	    .data_len = c->in_len, .out = buf,
	    .out_len = sizeof(out) + c->out_len };
	int			 rc;

	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	if (rc < (int)sizeof(out))
		return FS_BADREPLY;
	memcpy(&out, buf, sizeof(out));
	c->result = out.result;
	if (rc > (int)sizeof(out))
		memcpy(c->out, buf + sizeof(out), (size_t)rc - sizeof(out));
	return rc - (int)sizeof(out);
}

int
fs_copy_64(struct fs *fs, const struct fuse_copy_file_range_in *in,
    uint64_t from_node, uint64_t *done)
{
	struct fs_args	 a = { .opcode = FS_COPY_64, .node = from_node,
	    .arg = in, .arg_len = sizeof(*in), .out = done,
	    .out_len = sizeof(*done) };
	int		 rc;

	*done = 0;
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	return rc == (int)sizeof(*done) ? 0 : FS_BADREPLY;
}

static struct fuse_lk_in
fs_lock_in(const struct fs_file *f, const struct fs_lock *l)
{
	struct fuse_lk_in	 in = { .fh = f->fh, .owner = l->owner,
	    .lk = { l->start, l->end, l->type, 77 },
	    .lk_flags = l->flock ? FUSE_LK_FLOCK : 0 };

	return in;
}

int
fs_getlk(struct fs *fs, const struct fs_file *f, const struct fs_lock *l,
    struct fuse_file_lock *out)
{
	struct fuse_lk_in	 in = fs_lock_in(f, l);
	struct fs_args		 a = { .opcode = FUSE_GETLK, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .out = out,
	    .out_len = sizeof(*out) };
	int			 rc;

	memset(out, 0, sizeof(*out));
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	return rc == (int)sizeof(*out) ? 0 : FS_BADREPLY;
}

int
fs_setlk(struct fs *fs, const struct fs_file *f, const struct fs_lock *l)
{
	struct fuse_lk_in	 in = fs_lock_in(f, l);
	struct fs_args		 a = { .opcode = FUSE_SETLK, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_setlkw_quiet(struct fs *fs, const struct fs_file *f,
    const struct fs_lock *l, struct fs_ticket *t)
{
	struct fuse_lk_in	 in = fs_lock_in(f, l);
	struct fs_args		 a = { .opcode = FUSE_SETLKW, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_start(fs, &a, t);
}

int
fs_setlkw(struct fs *fs, const struct fs_file *f, const struct fs_lock *l,
    struct fs_ticket *t)
{
	int	 rc;

	rc = fs_setlkw_quiet(fs, f, l, t);
	if (rc == 0)
		ring_kick(&fs->q[t->queue], false);
	return rc;
}

int
fs_flush_as(struct fs *fs, const struct fs_file *f, uint64_t owner)
{
	struct fuse_flush_in	 in = { .fh = f->fh, .lock_owner = owner };
	struct fs_args		 a = { .opcode = FUSE_FLUSH, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_call(fs, &a);
}

int
fs_release_as(struct fs *fs, const struct fs_file *f,
    const struct fuse_release_in *in)
{
	struct fs_args	 a = { .opcode = FUSE_RELEASE, .node = f->node,
	    .arg = in, .arg_len = sizeof(*in) };

	return fs_call(fs, &a);
}
