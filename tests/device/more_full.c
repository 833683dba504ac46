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
 * Knows: a share without file handles whose descriptors for known files are
 * used up: nothing is made that the guest could not be told about.
 * Never: open files (t_scale).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "more.h"

#define FULL_FILES	300	/* 1024 - 768 descriptors are fewer */

#ifndef FUSE_TMPFILE
#define FUSE_TMPFILE	51
#endif

static const struct fs_make	 full_kinds[] = {
	{ .opcode = FUSE_CREATE, .name = "create", .mode = S_IFREG | 0644,
	    .flags = O_RDWR },
	{ .opcode = FUSE_TMPFILE, .name = "", .mode = S_IFREG | 0644,
	    .flags = O_RDWR },
	{ .opcode = FUSE_MKNOD, .name = "mknod", .mode = S_IFIFO | 0644 },
	{ .opcode = FUSE_MKDIR, .name = "mkdir", .mode = 0755 },
	{ .opcode = FUSE_SYMLINK, .name = "symlink", .target = "to" },
};

#define FULL_KINDS	(sizeof(full_kinds) / sizeof(full_kinds[0]))

/* Look files up until that fails; *rc is how, *last the last that did not. */
static unsigned
full_fill(struct box *b, int *rc, uint64_t *last)
{
	struct fuse_entry_out	 e;
	char			 name[16];
	unsigned		 i;

	*rc = 0;
	for (i = 0; i < FULL_FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		box_file(b, name, "", 0);
		if ((*rc = fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e)) != 0)
			break;
		*last = e.nodeid;
	}
	return i;
}

static int
full_make(struct box *b, unsigned kind, struct fs_file *f)
{
	struct fs_make	 m = full_kinds[kind];

	m.dir = FUSE_ROOT_ID;
	return fs_make(&b->fs, &m, f);
}

/* Each is refused, and works when one known file is forgotten for it. */
static void
full_kind(struct box *b, unsigned kind, uint64_t *last)
{
	const char	*name = full_kinds[kind].name;
	unsigned	 had = more_count(b);
	struct fs_file	 f;

	if (!tap_rc(full_make(b, kind, &f), -ENFILE, "opcode %u without room",
	    full_kinds[kind].opcode))
		return;
	tap_is(more_count(b), had, "and nothing is made");
	fs_forget(&b->fs, *last, 1);
	if (!tap_rc(full_make(b, kind, &f), 0, "the same with room"))
		return;
	tap_is(more_count(b), had + (name[0] != '\0'), "it is made");
	*last = f.entry.nodeid;
	if (full_kinds[kind].flags != 0)
		fs_release(&b->fs, &f);
	tap_rc(fs_getattr(&b->fs, *last, NULL), 0, "and known");
}

static void
full_never(void)
{
	static const char *const line[] = { "--inode-file-handles=never",
	    "--rlimit-nofile=1024", NULL };
	unsigned	 i;
	uint64_t	 last = 0;
	struct box	 b;
	int		 rc;

	if (more_start(&b, line)) {
		i = full_fill(&b, &rc, &last);
		tap_rc(rc, -ENFILE, "lookup of file %u of %u", i, FULL_FILES);
		tap_rc(fs_link(&b.fs, last, FUSE_ROOT_ID, "link", NULL), 0,
		    "a link needs no room");
		fs_forget(&b.fs, last, 1);
		for (i = 0; i < FULL_KINDS; i++)
			full_kind(&b, i, &last);
		tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "mkdir", 0755, NULL),
		    -ENFILE, "what is there already needs room, too");
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}

/* With handles there is always one to spare. */
static void
full_prefer(void)
{
	static const char *const line[] = { "--rlimit-nofile=1024", NULL };
	struct fs_file	 f;
	uint64_t	 last;
	unsigned	 i;
	struct box	 b;
	int		 rc;

	if (more_start(&b, line)) {
		full_fill(&b, &rc, &last);
		tap_rc(rc, 0, "all %u files with handles", FULL_FILES);
		for (i = 0; rc == 0 && i < FULL_KINDS; i++) {
			tap_rc(full_make(&b, i, &f), 0, "opcode %u",
			    full_kinds[i].opcode);
			if (full_kinds[i].flags != 0)
				fs_release(&b.fs, &f);
		}
	}
	box_close(&b);
}

void
more_full(void)
{
	full_never();
	full_prefer();
}
