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
 * Knows: the operations as FUSE requests of somebody's ids, on nodes that
 * whoever could has looked up: a guest may claim to be anybody.
 * Never: the host's answers.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../frontend/fs_more.h"
#include "perms.h"

#define PERMS_NODES	256

struct perms_node {
	char		 path[PERMS_PATH];
	uint64_t	 id, cnt;	/* lookups to give back */
	bool		 linked;	/* it has other names */
};

static struct perms_node	 perms_nodes[PERMS_NODES];
static unsigned			 perms_node_cnt;
static const struct perms_who	*perms_finders;
static unsigned			 perms_finder_cnt;

void
perms_guest_finders(const struct perms_who *w, unsigned cnt)
{
	perms_finders = w;
	perms_finder_cnt = cnt;
}

void
perms_guest_forget(struct fs *fs)
{
	struct perms_node	*n = perms_nodes;

	for (; n < perms_nodes + perms_node_cnt; n++)
		fs_forget(fs, n->id, n->cnt);
	perms_node_cnt = 0;
}

static struct perms_node *
perms_known(const char *path)
{
	unsigned	 i;

	for (i = 0; i < perms_node_cnt; i++)
		if (strcmp(perms_nodes[i].path, path) == 0)
			return &perms_nodes[i];
	return NULL;
}

/* Anybody at all, beginning with somebody. */
static int
perms_find_name(struct fs *fs, uint64_t dir, const char *name,
    struct fuse_entry_out *e)
{
	unsigned		 first = perms_rand(perms_finder_cnt), i;
	const struct perms_who	*w;
	int			 rc = -ENOENT;

	for (i = 0; i < perms_finder_cnt; i++) {
		w = &perms_finders[(first + i) % perms_finder_cnt];
		fs_cred(fs, w->uid, w->gid);
		if ((rc = fs_lookup(fs, dir, name, e)) == 0)
			return 0;
	}
	return rc;
}

/*
 * The node of a path, however it can be had; false if it cannot.  The way to a
 * file of several names is the one that was looked up last.
 */
static bool
perms_node(struct fs *fs, const char *path, uint64_t *id)
{
	char			 part[PERMS_PATH], *slash;
	struct fuse_entry_out	 e;
	struct perms_node	*n;
	uint64_t		 dir;

	*id = FUSE_ROOT_ID;
	if (*path == '\0')
		return true;
	if ((n = perms_known(path)) != NULL && !n->linked) {
		*id = n->id;
		return true;
	}
	snprintf(part, PERMS_PATH, "%s", path);
	if ((slash = strrchr(part, '/')) != NULL)
		*slash = '\0';
	if (!perms_node(fs, slash != NULL ? part : "", &dir) ||
	    perms_find_name(fs, dir, slash != NULL ? slash + 1 : part,
	    &e) != 0)
		return false;
	*id = e.nodeid;
	if (n != NULL) {
		n->cnt++;
		return true;
	}
	if (perms_node_cnt == PERMS_NODES)
		return false;
	n = &perms_nodes[perms_node_cnt++];
	snprintf(n->path, PERMS_PATH, "%s", path);
	n->id = *id;
	n->cnt = 1;
	n->linked = !S_ISDIR(e.attr.mode) && e.attr.nlink > 1;
	return true;
}

/* What was made or found on the way is given back. */
static int
perms_entry(struct fs *fs, int rc, const struct fuse_entry_out *e)
{
	if (rc == 0)
		fs_forget(fs, e->nodeid, 1);
	return rc;
}

static int
perms_fuse_open(struct fs *fs, uint64_t node, uint32_t flags, uint64_t *sum)
{
	struct fs_file	 f;
	char		 buf[256];
	int		 rc, n = 0;

	if ((rc = fs_fopen(fs, node, flags, &f)) != 0)
		return rc;
	if ((flags & O_ACCMODE) != O_WRONLY &&
	    (n = fs_read(fs, &f, 0, buf, sizeof(buf))) > 0)
		*sum = perms_sum(*sum, buf, (size_t)n);
	if ((flags & O_ACCMODE) != O_RDONLY)
		n = fs_write(fs, &f, 3, "w", 1);
	/* As the kernel: on the handle, and by nobody. */
	fs_cred(fs, 0, 0);
	fs_release(fs, &f);
	return n < 0 ? -EIO : 0;
}

static int
perms_fuse_create(struct fs *fs, uint64_t dir, const struct perms_op *op)
{
	struct fs_file	 f;
	int		 rc;

	rc = fs_create(fs, dir, op->name, op->a, op->b, &f);
	if (rc == 0) {
		fs_cred(fs, 0, 0);
		fs_release(fs, &f);
		fs_forget(fs, f.node, 1);
	}
	return rc;
}

static int
perms_fuse_readdir(struct fs *fs, uint64_t node, uint64_t *sum)
{
	struct fs_dirent	 d;
	struct fs_file		 f;
	static char		 buf[16384];
	bool			 plus = perms_rand(2) == 0;
	uint64_t		 off = 0;
	size_t			 pos;
	int			 rc, n;

	if ((rc = fs_opendir(fs, node, &f)) != 0)
		return rc;
	while ((n = plus ? fs_readdirplus(fs, &f, off, buf, sizeof(buf)) :
	    fs_readdir(fs, &f, off, buf, sizeof(buf))) > 0)
		for (pos = 0; fs_nextent(buf, (size_t)n, &pos, plus,
		    &d) == 1; off = d.off) {
			*sum += perms_sum(1, d.name, strlen(d.name));
			if (plus && d.entry.nodeid != 0)
				fs_forget(fs, d.entry.nodeid, 1);
		}
	fs_cred(fs, 0, 0);
	fs_releasedir(fs, &f);
	return n;
}

static int
perms_fuse_attr(struct fs *fs, uint64_t node, const struct perms_op *op)
{
	struct fuse_setattr_in	 in = { .atime = 1000, .mtime = 2000 };

	switch (op->kind) {
	case PERMS_CHMOD:
		return fs_chmod(fs, node, op->a);
	case PERMS_CHOWN:
		in.uid = op->a;
		in.gid = op->b;
		in.valid = (op->a != UINT32_MAX ? FATTR_UID : 0) |
		    (op->b != UINT32_MAX ? FATTR_GID : 0);
		break;
	case PERMS_TIMES:
		in.valid = FATTR_ATIME | FATTR_MTIME;
		if (op->a)
			in.valid |= FATTR_ATIME_NOW | FATTR_MTIME_NOW;
		break;
	case PERMS_ACCESS:
		return fs_access(fs, node, op->a);
	default:
		return fs_truncate(fs, node, op->a);
	}
	return fs_setattr(fs, node, &in, NULL);
}

static int
perms_fuse_xattr(struct fs *fs, uint64_t node, const struct perms_op *op,
    uint64_t *sum)
{
	struct fuse_setxattr_in	 in = { 0 };
	char			 buf[1024];
	int			 n;

	switch (op->kind) {
	case PERMS_GETXATTR:
		n = fs_getxattr(fs, node, op->name, buf, sizeof(buf));
		if (n > 0)
			*sum = perms_sum(*sum, buf, (size_t)n);
		return n < 0 ? n : 0;
	case PERMS_SETXATTR:
		in.size = (uint32_t)strlen(op->name2);
		in.flags = op->a;
		return fs_setxattr_ext(fs, node, op->name, &in, op->name2);
	case PERMS_DELXATTR:
		return fs_removexattr(fs, node, op->name);
	default:
		n = fs_listxattr(fs, node, buf, sizeof(buf));
		return n < 0 ? n : 0;
	}
}

static int
perms_fuse_name(struct fs *fs, uint64_t dir, uint64_t dir2,
    const struct perms_op *op)
{
	struct fuse_entry_out	 e;

	switch (op->kind) {
	case PERMS_LOOKUP:
		return perms_entry(fs, fs_lookup(fs, dir, op->name, &e), &e);
	case PERMS_MKDIR:
		return perms_entry(fs, fs_mkdir(fs, dir, op->name, op->a,
		    &e), &e);
	case PERMS_MKNOD:
		return perms_entry(fs, fs_mknod(fs, dir, op->name, op->a, 0,
		    &e), &e);
	case PERMS_SYMLINK:
		return perms_entry(fs, fs_symlink(fs, dir, op->name, "to",
		    &e), &e);
	case PERMS_UNLINK:
		return fs_unlink(fs, dir, op->name);
	case PERMS_RMDIR:
		return fs_rmdir(fs, dir, op->name);
	case PERMS_RENAME:
		return fs_rename2(fs, dir, op->name, dir2, op->name2, op->a);
	default:
		return perms_entry(fs, fs_link(fs, dir, dir2, op->name2, &e),
		    &e);
	}
}

static int
perms_fuse_do(struct fs *fs, const uint64_t node[2],
    const struct perms_op *op, uint64_t *sum)
{
	char	 buf[256];
	int	 n;

	switch (op->kind) {
	case PERMS_OPEN:
		return perms_fuse_open(fs, node[0], op->a, sum);
	case PERMS_CREATE:
		return perms_fuse_create(fs, node[0], op);
	case PERMS_READDIR:
		return perms_fuse_readdir(fs, node[0], sum);
	case PERMS_READLINK:
		n = fs_readlink(fs, node[0], buf, sizeof(buf));
		if (n > 0)
			*sum = perms_sum(*sum, buf, (size_t)n);
		return n < 0 ? n : 0;
	case PERMS_GETXATTR:
	case PERMS_SETXATTR:
	case PERMS_DELXATTR:
	case PERMS_LISTXATTR:
		return perms_fuse_xattr(fs, node[0], op, sum);
	case PERMS_CHMOD:
	case PERMS_CHOWN:
	case PERMS_TIMES:
	case PERMS_ACCESS:
	case PERMS_TRUNCATE:
		return perms_fuse_attr(fs, node[0], op);
	default:
		return perms_fuse_name(fs, node[0], node[1], op);
	}
}

bool
perms_guest(struct fs *fs, const struct perms_who *w,
    const struct perms_op *op, struct perms_result *res)
{
	uint64_t	 node[2] = { 0, 0 };
	int		 rc;

	if (!perms_node(fs, op->path, &node[0]) ||
	    ((op->kind == PERMS_RENAME || op->kind == PERMS_LINK) &&
	    !perms_node(fs, op->path2, &node[1])))
		return false;
	memset(res, 0, sizeof(*res));
	fs_cred(fs, w->uid, w->gid);
	rc = perms_fuse_do(fs, node, op, &res->sum);
	fs_cred(fs, 0, 0);
	if (rc < -10000)
		tap_bail("%s: no answer (%d)", perms_names[op->kind], rc);
	res->err = -rc;
	return true;
}
