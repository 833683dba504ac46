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
 * Knows: the FUSE requests that make files, with everything in them.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs_more.h"

#define FS_MAKE_LEN	8192

/* The request behind its header: the fixed part, strings, the label. */
struct fs_make_buf {
	uint8_t		 data[FS_MAKE_LEN];
	size_t		 len;
};

static void
fs_make_add(struct fs_make_buf *b, const void *data, size_t len)
{
	if (len > 0 && b->len + len <= sizeof(b->data))
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void
fs_make_fixed(const struct fs_make *m, struct fs_make_buf *b)
{
	struct fuse_create_in	 create = { .flags = m->flags,
	    .mode = m->mode, .umask = m->umask,
	    .open_flags = m->open_flags };
	struct fuse_mknod_in	 mknod = { .mode = m->mode,
	    .umask = m->umask };
	struct fuse_mkdir_in	 mkdir = { m->mode, m->umask };

	if (m->opcode == FUSE_CREATE || m->opcode == FUSE_TMPFILE)
		fs_make_add(b, &create, sizeof(create));
	else if (m->opcode == FUSE_MKNOD)
		fs_make_add(b, &mknod, sizeof(mknod));
	else if (m->opcode == FUSE_MKDIR)
		fs_make_add(b, &mkdir, sizeof(mkdir));
	fs_make_add(b, m->name, strlen(m->name) + 1);
	if (m->opcode == FUSE_SYMLINK)
		fs_make_add(b, m->target, strlen(m->target) + 1);
}

/*
 * What was given as it is, or struct fuse_secctx_header with one context,
 * padded to 8 bytes.
 */
static size_t
fs_make_ext(const struct fs_make *m, struct fs_make_buf *b)
{
	static const uint8_t		 zero[8];
	struct fuse_secctx_header	 head = { 0, 1 };
	struct fuse_secctx		 ctx = { m->label_len, 0 };
	size_t				 name_len, len, pad;

	fs_make_add(b, m->ext, m->ext_len);
	if (m->label_name == NULL)
		return m->ext_len;
	name_len = strlen(m->label_name) + 1;
	len = sizeof(head) + sizeof(ctx) + name_len + m->label_len;
	pad = (8 - len % 8) % 8;
	head.size = (uint32_t)(len + pad) + m->ext_lie;
	fs_make_add(b, &head, sizeof(head));
	fs_make_add(b, &ctx, sizeof(ctx));
	fs_make_add(b, m->label_name, name_len);
	fs_make_add(b, m->label, m->label_len);
	fs_make_add(b, zero, pad);
	return len + pad;
}

int
fs_make(struct fs *fs, const struct fs_make *m, struct fs_file *f)
{
	static struct fs_make_buf	 b;
	struct {
		struct fuse_entry_out	 entry;
		struct fuse_open_out	 open;
	}				 out;
	struct fs_args			 a = { .opcode = m->opcode,
	    .node = m->dir, .data = b.data, .out = &out };
	bool				 opens;
	int				 rc;

	opens = m->opcode == FUSE_CREATE || m->opcode == FUSE_TMPFILE;
	b.len = 0;
	fs_make_fixed(m, &b);
	a.ext_len = (uint16_t)(fs_make_ext(m, &b) / 8);
	if (m->ext_old)
		a.ext_len = 0;
	if (b.len > sizeof(b.data))
		return FS_BADREPLY;
	a.data_len = b.len;
	a.out_len = opens ? sizeof(out) : sizeof(out.entry);
	memset(f, 0, sizeof(*f));
	memset(&out, 0, sizeof(out));
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	if (rc != (int)a.out_len)
		return FS_BADREPLY;
	f->node = out.entry.nodeid;
	f->entry = out.entry;
	f->fh = out.open.fh;
	f->flags = out.open.open_flags;
	return 0;
}

int
fs_fopen_as(struct fs *fs, uint64_t node, const struct fuse_open_in *in,
    struct fs_file *f)
{
	struct fuse_open_out	 out;
	struct fs_args		 a = { .opcode = FUSE_OPEN, .node = node,
	    .arg = in, .arg_len = sizeof(*in), .out = &out,
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
