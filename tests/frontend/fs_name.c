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
 * Knows: the FUSE requests that carry names.
 * Never: how a request travels (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <limits.h>
#include <string.h>

#include "fs.h"

/* A request with a fixed part and one or two names, answered by an entry. */
static int
fs_entry(struct fs *fs, struct fs_args *a, const char *first,
    const char *second, struct fuse_entry_out *e)
{
	static char	 names[2 * PATH_MAX + 1024];
	size_t		 len;
	int		 rc;

	len = strlen(first) + 1;
	memcpy(names, first, len);
	if (second != NULL) {
		memcpy(names + len, second, strlen(second) + 1);
		len += strlen(second) + 1;
	}
	a->data = names;
	a->data_len = len;
	a->out = e;
	a->out_len = e == NULL ? 0 : sizeof(*e);
	if (e != NULL)
		memset(e, 0, sizeof(*e));
	rc = fs_call(fs, a);
	if (rc >= 0 && rc != (int)a->out_len)
		return FS_BADREPLY;
	return rc < 0 ? rc : 0;
}

static int
fs_newentry(struct fs *fs, struct fs_args *a, const char *first,
    const char *second, struct fuse_entry_out *e)
{
	struct fuse_entry_out	 scratch;

	return fs_entry(fs, a, first, second, e != NULL ? e : &scratch);
}

int
fs_lookup(struct fs *fs, uint64_t dir, const char *name,
    struct fuse_entry_out *e)
{
	struct fs_args	 a = { .opcode = FUSE_LOOKUP, .node = dir };

	return fs_newentry(fs, &a, name, NULL, e);
}

int
fs_mkdir(struct fs *fs, uint64_t dir, const char *name, uint32_t mode,
    struct fuse_entry_out *e)
{
	struct fuse_mkdir_in	 in = { mode, 022 };
	struct fs_args		 a = { .opcode = FUSE_MKDIR, .node = dir,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_newentry(fs, &a, name, NULL, e);
}

int
fs_mknod(struct fs *fs, uint64_t dir, const char *name, uint32_t mode,
    uint32_t rdev, struct fuse_entry_out *e)
{
	struct fuse_mknod_in	 in = { .mode = mode, .rdev = rdev,
	    .umask = 022 };
	struct fs_args		 a = { .opcode = FUSE_MKNOD, .node = dir,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_newentry(fs, &a, name, NULL, e);
}

int
fs_symlink(struct fs *fs, uint64_t dir, const char *name, const char *target,
    struct fuse_entry_out *e)
{
	struct fs_args	 a = { .opcode = FUSE_SYMLINK, .node = dir };

	return fs_newentry(fs, &a, name, target, e);
}

int
fs_link(struct fs *fs, uint64_t node, uint64_t dir, const char *name,
    struct fuse_entry_out *e)
{
	struct fuse_link_in	 in = { node };
	struct fs_args		 a = { .opcode = FUSE_LINK, .node = dir,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_newentry(fs, &a, name, NULL, e);
}

int
fs_unlink(struct fs *fs, uint64_t dir, const char *name)
{
	struct fs_args	 a = { .opcode = FUSE_UNLINK, .node = dir };

	return fs_entry(fs, &a, name, NULL, NULL);
}

int
fs_rmdir(struct fs *fs, uint64_t dir, const char *name)
{
	struct fs_args	 a = { .opcode = FUSE_RMDIR, .node = dir };

	return fs_entry(fs, &a, name, NULL, NULL);
}

int
fs_rename(struct fs *fs, uint64_t dir, const char *name, uint64_t to,
    const char *newname)
{
	struct fuse_rename_in	 in = { to };
	struct fs_args		 a = { .opcode = FUSE_RENAME, .node = dir,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_entry(fs, &a, name, newname, NULL);
}

int
fs_rename2(struct fs *fs, uint64_t dir, const char *name, uint64_t to,
    const char *newname, uint32_t flags)
{
	struct fuse_rename2_in	 in = { .newdir = to, .flags = flags };
	struct fs_args		 a = { .opcode = FUSE_RENAME2, .node = dir,
	    .arg = &in, .arg_len = sizeof(in) };

	return fs_entry(fs, &a, name, newname, NULL);
}

int
fs_readlink(struct fs *fs, uint64_t node, char *buf, size_t len)
{
	struct fs_args	 a = { .opcode = FUSE_READLINK, .node = node,
	    .out = buf, .out_len = len };

	return fs_call(fs, &a);
}

int
fs_create(struct fs *fs, uint64_t dir, const char *name, uint32_t mode,
    uint32_t flags, struct fs_file *f)
{
	struct {
		struct fuse_entry_out	 entry;
		struct fuse_open_out	 open;
	}			 out;
	struct fuse_create_in	 in = { .flags = flags, .mode = mode,
	    .umask = 022 };
	struct fs_args		 a = { .opcode = FUSE_CREATE, .node = dir,
	    .arg = &in, .arg_len = sizeof(in), .data = name,
	    .data_len = strlen(name) + 1, .out = &out,
	    .out_len = sizeof(out) };
	int			 rc;

	memset(&out, 0, sizeof(out));
	memset(f, 0, sizeof(*f));
	rc = fs_call(fs, &a);
	if (rc < 0)
		return rc;
	if (rc != (int)sizeof(out))
		return FS_BADREPLY;
	f->node = out.entry.nodeid;
	f->fh = out.open.fh;
	f->flags = out.open.open_flags;
	f->entry = out.entry;
	return 0;
}
