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
 * Listings for a guest that chooses when it wants to know more than names: who
 * does not look at the files that he lists is told their names alone, until he
 * looks at one.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define LEAN_DIRS	30
#define LEAN_FILES	10

struct lean_box {
	struct box	 b;
	uint64_t	 dir[LEAN_DIRS];
	unsigned int	 names, files, dirs;	/* told; with their nodes */
	char		 bare[256];		/* a file without */
};

static void
lean_fill(struct lean_box *l)
{
	struct fuse_entry_out e;
	unsigned int i, j;
	char name[64];

	for (i = 0; i < LEAN_DIRS; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		if (mkdir(box_host(&l->b, name), 0755) == -1)
			tap_bail("%s: %s", name, strerror(errno));
		for (j = 0; j < LEAN_FILES; j++) {
			snprintf(name, sizeof(name), "d%u/f%u", i, j);
			box_file(&l->b, name, "", 0);
		}
		snprintf(name, sizeof(name), "d%u/sub", i);
		if (mkdir(box_host(&l->b, name), 0755) == -1)
			tap_bail("%s: %s", name, strerror(errno));
		snprintf(name, sizeof(name), "d%u", i);
		tap_rc(fs_lookup(&l->b.fs, FUSE_ROOT_ID, name, &e), 0, "%s",
		    name);
		l->dir[i] = e.nodeid;
	}
}

/* List directory i to its end, as often as it takes; returns 0 or an error. */
static int
lean_list(struct lean_box *l, unsigned int i)
{
	static uint8_t page[8192];
	struct fs_file d;
	struct fs_dirent e;
	uint64_t off = 0;
	size_t pos;
	int len;

	l->names = l->files = l->dirs = 0;
	l->bare[0] = '\0';
	if ((len = fs_opendir(&l->b.fs, l->dir[i], &d)) != 0)
		return len;
	while ((len = fs_readdirplus(&l->b.fs, &d, off, page,
	    sizeof(page))) > 0)
		for (pos = 0; fs_nextent(page, (size_t)len, &pos, true,
		    &e) == 1; off = e.off) {
			l->names++;
			if (e.entry.nodeid != 0)
				fs_forget(&l->b.fs, e.entry.nodeid, 1);
			l->dirs += e.entry.nodeid != 0 && e.name[0] == 's';
			l->files += e.entry.nodeid != 0 && e.name[0] == 'f';
			if (e.entry.nodeid == 0 && e.name[0] == 'f')
				snprintf(l->bare, sizeof(l->bare), "%s",
				    e.name);
		}
	fs_releasedir(&l->b.fs, &d);
	return len;
}

static int
lean_look(struct lean_box *l, unsigned int i, const char *name)
{
	struct fuse_entry_out e;
	int rc;

	if ((rc = fs_lookup(&l->b.fs, l->dir[i], name, &e)) == 0)
		fs_forget(&l->b.fs, e.nodeid, 1);
	return rc;
}

/* Nothing is looked at. */
static void
lean_quiet(struct lean_box *l)
{
	unsigned int i, all = 0, none = 0, bad = 0;

	for (i = 0; i < LEAN_DIRS; i++) {
		bad += lean_list(l, i) != 0 || l->dirs != 1 ||
		    l->names != LEAN_FILES + 3;
		all += l->files == LEAN_FILES;
		none += l->files == 0;
	}
	tap_is(bad, 0, "all names come, and directories with their nodes");
	tap_ok(all > 0, "files as well, at first: %u", all);
	tap_ok(none > LEAN_DIRS / 2, "and then not: %u", none);
	/* What is not there, and directories, are not looked at. */
	tap_rc(lean_look(l, 3, "sub"), 0, "look at a directory");
	tap_rc(lean_look(l, 3, "none"), -ENOENT, "and at nothing");
	bad = lean_list(l, 4) != 0 || l->files != 0;
	tap_is(bad, 0, "that changes nothing");
	tap_rc(lean_look(l, 4, "f1"), 0, "look at a file");
	bad = lean_list(l, 5) != 0 || l->files != LEAN_FILES;
	tap_is(bad, 0, "and files have nodes again");
}

/* All that has no node is looked at. */
static void
lean_looks(struct lean_box *l)
{
	unsigned int i, looks = 0, bad = 0;

	for (i = 0; i < 4 * LEAN_DIRS; i++) {
		bad += lean_list(l, i % LEAN_DIRS) != 0 ||
		    l->files + 1 < LEAN_FILES || l->dirs != 1;
		if (l->bare[0] != '\0') {
			bad += lean_look(l, i % LEAN_DIRS, l->bare) != 0;
			looks++;
		}
	}
	tap_is(bad, 0, "all come with their nodes, but one");
	tap_ok(looks > 0 && looks < 10, "and that seldom: %u", looks);
}

/* A guest that remembers for long is told all. */
static void
lean_long(void)
{
	static struct lean_box l;
	struct box_opts o;
	unsigned int i, bad = 0;

	memset(&o, 0, sizeof(o));
	o.no_init = true;
	o.daemon.cache = "always";
	if (box_start(&l.b, &o)) {
		tap_rc(fs_init_as(&l.b.fs, 7, 38, FS_INIT_FLAGS |
		    FUSE_READDIRPLUS_AUTO, &l.b.init), 0, "always: init");
		lean_fill(&l);
		for (i = 0; i < LEAN_DIRS; i++)
			bad += lean_list(&l, i) != 0 || l.files != LEAN_FILES;
		tap_is(bad, 0, "always: files have nodes");
	}
	box_close(&l.b);
}

int
main(int argc, char **argv)
{
	static struct lean_box l;
	struct box_opts o;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("other daemons always tell all", "lean");
		return tap_done();
	}
	memset(&o, 0, sizeof(o));
	o.no_init = true;
	if (box_start(&l.b, &o)) {
		tap_rc(fs_init_as(&l.b.fs, 7, 38, FS_INIT_FLAGS |
		    FUSE_READDIRPLUS_AUTO, &l.b.init), 0, "init");
		lean_fill(&l);
		lean_quiet(&l);
		lean_looks(&l);
	}
	box_close(&l.b);
	lean_long();
	return tap_done();
}
