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
 * Names no guest kernel sends, at every place where an opcode has a name.
 *
 * Knows: where names stand in requests.
 * Never: anything else about them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

struct hostile_bad {
	const char	*what;
	const char	*bytes;		/* NULL: len times 'n' and a NUL */
	uint32_t	 len;		/* all bytes, the NUL too */
	int		 err[3];
};

static const struct hostile_bad	 hostile_bads[] = {
	{ "without NUL", "abcdef", 6, { EINVAL } },
	{ "empty", "", 1, { EINVAL, ENOENT } },
	{ ".", ".", 2, { EINVAL } },
	{ "..", "..", 3, { EINVAL } },
	{ "dir/spare", "dir/spare", 10, { EINVAL } },
	{ "/etc/passwd", "/etc/passwd", 12, { EINVAL } },
	{ "../victim", "../victim", 10, { EINVAL } },
	{ "dir/../../victim", "dir/../../victim", 17, { EINVAL } },
	{ "spare/", "spare/", 7, { EINVAL } },
	{ "with a NUL inside", "ab\0cd", 6, { EINVAL } },
	{ "of 256 bytes", NULL, 256, { ENAMETOOLONG, EINVAL } },
	{ "of 4096 bytes", NULL, 4096, { ENAMETOOLONG, EINVAL } },
};

/* An opcode, its fixed part, and which of its names is bad. */
struct hostile_place {
	const char	*what;
	uint32_t	 opcode;
	uint32_t	 arg_len;
	uint32_t	 mode;		/* at byte mode_at of the fixed part */
	uint32_t	 mode_at;
	const char	*before;	/* a good name before the bad one */
	const char	*after;		/* and behind it */
};

static const struct hostile_place	 hostile_places[] = {
	{ "LOOKUP", FUSE_LOOKUP, 0, 0, 0, NULL, NULL },
	{ "MKDIR", FUSE_MKDIR, 8, 0755, 0, NULL, NULL },
	{ "MKNOD", FUSE_MKNOD, 16, S_IFREG | 0644, 0, NULL, NULL },
	{ "SYMLINK", FUSE_SYMLINK, 0, 0, 0, NULL, "target" },
	{ "UNLINK", FUSE_UNLINK, 0, 0, 0, NULL, NULL },
	{ "RMDIR", FUSE_RMDIR, 0, 0, 0, NULL, NULL },
	{ "RENAME from", FUSE_RENAME, 8, 0, 0, NULL, "new" },
	{ "RENAME to", FUSE_RENAME, 8, 0, 0, "spare", NULL },
	{ "RENAME2 from", FUSE_RENAME2, 16, 0, 8, NULL, "new" },
	{ "RENAME2 to", FUSE_RENAME2, 16, 0, 8, "spare", NULL },
	{ "LINK", FUSE_LINK, 8, 0, 0, NULL, NULL },
	{ "CREATE", FUSE_CREATE, 16, 0644, 4, NULL, NULL },
};

static size_t
hostile_put(uint8_t *buf, size_t at, const char *name)
{
	if (name == NULL)
		return at;
	memcpy(buf + at, name, strlen(name) + 1);
	return at + strlen(name) + 1;
}

static size_t
hostile_put_bad(uint8_t *buf, size_t at, const struct hostile_bad *bad)
{
	if (bad->bytes != NULL) {
		memcpy(buf + at, bad->bytes, bad->len);
	} else {
		memset(buf + at, 'n', bad->len);
		buf[at + bad->len] = '\0';
		return at + bad->len + 1;
	}
	return at + bad->len;
}

/*
 * A guest that may export the share looks these two up: they lead to the
 * directory itself and the one above, and nowhere else.
 */
static bool
hostile_dots(struct hostile *h, const char *name, uint64_t want)
{
	struct fuse_entry_out	 e;
	int			 rc = fs_lookup(h->fs, h->dir, name, &e);

	if (rc != 0)
		return HOSTILE_IS(rc, EINVAL);
	if (e.nodeid != want)
		tap_diag("%s leads to node %llu", name,
		    (unsigned long long)e.nodeid);
	fs_forget(h->fs, e.nodeid, 1);
	return e.nodeid == want;
}

static bool
hostile_name(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_place	*p = &hostile_places[c->arg[0]];
	const struct hostile_bad	*bad = &hostile_bads[c->arg[1]];
	struct fs_args			 a = { .opcode = p->opcode,
	    .node = h->dir };
	static uint8_t			 arg[64], names[8192];
	size_t				 len;
	uint64_t			 node;
	uint32_t			 flags = O_RDWR;

	if (p->opcode == FUSE_LOOKUP && strcmp(bad->what, ".") == 0)
		return hostile_dots(h, ".", h->dir);
	if (p->opcode == FUSE_LOOKUP && strcmp(bad->what, "..") == 0)
		return hostile_dots(h, "..", FUSE_ROOT_ID);
	memset(arg, 0, sizeof(arg));
	node = p->opcode == FUSE_LINK ? h->spare : h->dir;
	if (p->opcode == FUSE_LINK || p->opcode == FUSE_RENAME ||
	    p->opcode == FUSE_RENAME2)
		memcpy(arg, &node, sizeof(node));
	if (p->mode != 0)
		memcpy(arg + p->mode_at, &p->mode, sizeof(p->mode));
	if (p->opcode == FUSE_CREATE)
		memcpy(arg, &flags, sizeof(flags));
	len = hostile_put(names, 0, p->before);
	len = hostile_put_bad(names, len, bad);
	/* Without its NUL it would swallow the name behind it. */
	if (c->arg[1] != 0)
		len = hostile_put(names, len, p->after);
	a.arg = arg;
	a.arg_len = p->arg_len;
	a.data = names;
	a.data_len = len;
	a.out_len = 256;
	return hostile_among(fs_call(h->fs, &a), bad->err);
}

/* Targets of symlinks are not names, but have their own limits. */
static bool
hostile_target(struct hostile *h, const struct hostile_case *c)
{
	static char	 data[9000];
	struct fs_args	 a = { .opcode = FUSE_SYMLINK, .node = h->dir,
	    .data = data, .out_len = 256 };

	memset(data, 't', sizeof(data));
	memcpy(data, "new", 4);
	if (c->arg[1] != 0)
		data[4 + c->arg[0]] = '\0';
	a.data_len = 4 + c->arg[0] + (c->arg[1] != 0);
	return HOSTILE_IS(fs_call(h->fs, &a), EINVAL, ENOENT, ENAMETOOLONG);
}

static bool
hostile_target_nul(struct hostile *h, const struct hostile_case *c)
{
	struct fs_args	 a = { .opcode = FUSE_SYMLINK, .node = h->dir,
	    .data = "new\0ta\0rget", .data_len = 12, .out_len = 256 };

	(void)c;
	return HOSTILE_IS(fs_call(h->fs, &a), EINVAL);
}

/* A name in a directory that is a file, a symlink, or gone. */
static bool
hostile_parent(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_entry_out	 e;

	(void)c;
	return HOSTILE_IS(fs_mkdir(h->fs, h->file.node, "new", 0755, &e),
	    ENOTDIR) &&
	    HOSTILE_IS(fs_rename(h->fs, h->dir, "spare", h->file.node, "x"),
	    ENOTDIR) &&
	    HOSTILE_IS(fs_link(h->fs, h->spare, h->file.node, "x", &e),
	    ENOTDIR);
}

void
hostile_name_cases(void)
{
	char		 name[96];
	unsigned	 i, j;

	for (i = 0; i < sizeof(hostile_places) / sizeof(hostile_places[0]);
	    i++) {
		for (j = 0; j < sizeof(hostile_bads) /
		    sizeof(hostile_bads[0]); j++) {
			snprintf(name, sizeof(name), "%s: name %s",
			    hostile_places[i].what, hostile_bads[j].what);
			hostile_add(name, hostile_name, HOSTILE_KEEP, i, j);
		}
	}
	hostile_add("SYMLINK: empty target", hostile_target, HOSTILE_KEEP, 0,
	    1);
	hostile_add("SYMLINK: target without NUL", hostile_target,
	    HOSTILE_KEEP, 9, 0);
	hostile_add("SYMLINK: target of 4096 bytes", hostile_target,
	    HOSTILE_KEEP, 4096, 1);
	hostile_add("SYMLINK: target of 8000 bytes", hostile_target,
	    HOSTILE_KEEP, 8000, 1);
	hostile_add("SYMLINK: target with a NUL inside", hostile_target_nul,
	    HOSTILE_KEEP, 0, 0);
	hostile_add("names in what is no directory", hostile_parent,
	    HOSTILE_KEEP, 0, 0);
}
