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
 * Knows: a guest that tries to leave its share by every way that it has, and
 * that nothing outside was touched.
 * Never: which walls there are; the environment's VIOFSD_WALL names the one
 * that the daemon has no more, and this checks that it has it no more.
 *
 * escape [SWAPS]
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/fs_more.h"
#include "../frontend/tap.h"
#include "escape.h"

#define ESCAPE_SWAPS	4000

static struct escape escape;

void
escape_saw(struct escape *e, uint64_t ino, const char *what)
{
	if (!outside_has(&e->out, ino))
		return;
	e->seen++;
	tap_diag("%s: answered about outside", what);
}

/* What the host puts into its share before the guest looks at it. */
static void
escape_plant(struct escape *e)
{
	char proc[160];

	snprintf(proc, sizeof(proc), "/proc/self/root%s", e->out.path);
	if (mkdir(box_host(&e->b, "dir"), 0777) == -1 ||
	    symlink("../outside", box_host(&e->b, "dirlink")) == -1 ||
	    symlink("../outside/secret", box_host(&e->b, "filelink")) == -1 ||
	    symlink(e->out.path, box_host(&e->b, "abslink")) == -1 ||
	    symlink(proc, box_host(&e->b, "proclink")) == -1 ||
	    symlink("victim", box_host(&e->b, "link")) == -1)
		tap_bail("links: %s", strerror(errno));
	box_file(&e->b, "victim", "v", 1);
	box_file(&e->b, "dir/inner", "i", 1);
}

/* A line of a file in /proc of the first process of the daemon so titled. */
static bool
escape_proc(struct escape *e, const char *file, const char *text)
{
	const struct proc_set *s = daemon_procs(&e->b.d);
	char path[64], line[512];
	bool all = s->cnt > 0, has;
	unsigned int i;
	FILE *f;

	for (i = 0; i < s->cnt && all; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", s->pid[i], file);
		if ((f = fopen(path, "re")) == NULL)
			return false;
		has = false;
		while (fgets(line, sizeof(line), f) != NULL)
			has |= strncmp(line, text, strlen(text)) == 0;
		fclose(f);
		all = has;
	}
	return all;
}

static bool
escape_rooted(struct escape *e)
{
	const struct proc_set *s = daemon_procs(&e->b.d);
	char path[64];
	unsigned int i;

	for (i = 0; i < s->cnt; i++) {
		snprintf(path, sizeof(path), "/proc/%d/root/etc", s->pid[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Is a directory that the broker keeps on a mount that the host has? */
static bool
escape_attached(struct escape *e)
{
	char path[64], line[512], mounts[65536];
	unsigned int fd, id, flags, mine = 0;
	size_t len;
	FILE *f;

	if ((f = fopen("/proc/self/mountinfo", "re")) == NULL)
		tap_bail("mountinfo: %s", strerror(errno));
	mounts[0] = '\n';
	len = fread(mounts + 1, 1, sizeof(mounts) - 2, f);
	mounts[len + 1] = '\0';
	fclose(f);
	for (fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%u",
		    e->b.d.pid, fd);
		if ((f = fopen(path, "re")) == NULL)
			continue;
		id = flags = 0;
		while (fgets(line, sizeof(line), f) != NULL) {
			sscanf(line, "flags: %o", &flags);
			sscanf(line, "mnt_id: %u", &id);
		}
		fclose(f);
		snprintf(line, sizeof(line), "\n%u ", id);
		mine += (flags & O_PATH) != 0 && strstr(mounts, line) != NULL;
	}
	return mine > 0;
}

/* Is this one of the walls, separated by commas, that are gone? */
static bool
escape_lacks(const char *walls, const char *wall)
{
	return strstr(walls, wall) != NULL;
}

/* Is the wall that is said to be gone, gone, and every other there? */
static void
escape_proof(struct escape *e, const char *wall)
{
	bool bare = escape_lacks(wall, "bare"), followed;
	struct fuse_entry_out en;
	int rc;

	rc = fs_lookup(&e->b.fs, FUSE_ROOT_ID, "dir/inner", &en);
	tap_is(rc >= 0, escape_lacks(wall, "names"),
	    "%s: a name may have a slash", wall);
	rc = fs_lookup(&e->b.fs, FUSE_ROOT_ID, "link", &en);
	followed = rc == -ELOOP || (rc >= 0 && !S_ISLNK(en.attr.mode));
	tap_is(followed, escape_lacks(wall, "resolve"),
	    "%s: a link is followed, as far as the mount lets it", wall);
	tap_is(escape_proc(e, "status", "Seccomp:\t0"),
	    escape_lacks(wall, "filter"), "%s: no process has a filter", wall);
	tap_is(escape_rooted(e), bare || escape_lacks(wall, "root"),
	    "%s: the root is not empty", wall);
	tap_is(escape_attached(e), bare || escape_lacks(wall, "tree"),
	    "%s: the share is the host's own mount", wall);
}

static void
escape_try(struct escape *e, const char *wall)
{
	escape_proof(e, wall);
	escape_names(e);
	tap_ok(outside_intact(&e->out), "%s: names", wall);
	escape_forged(e);
	tap_ok(outside_intact(&e->out), "%s: numbers made up", wall);
	escape_swaps(e);
	tap_ok(outside_intact(&e->out), "%s: swaps", wall);
	escape_foreign(e);
	tap_ok(outside_intact(&e->out), "%s: descriptors", wall);
	tap_is(e->seen, 0, "%s: no answer about outside, %u tries", wall,
	    e->tries);
}

/* Without any wall a guest leaves, and it is noticed: the tests can fail. */
static void
escape_leave(struct escape *e)
{
	escape_names(e);
	tap_ok(!outside_intact(&e->out), "all: names lead outside");
	tap_ok(e->seen > 0, "all: answers are about outside");
}

int
main(int argc, char **argv)
{
	static const char *const more[] = { "--xattr", NULL };
	struct box_opts o = { .queues = 2, .daemon = { .more = more } };
	const char *wall = getenv("VIOFSD_WALL");
	struct escape *e = &escape;

	wall = wall == NULL || *wall == '\0' ? "none" : wall;
	e->swaps = argc > 1 ? strtoul(argv[1], NULL, 10) : ESCAPE_SWAPS;
	daemon_args(1, argv);
	if (geteuid() != 0) {
		tap_skip("needs root", "escape");
		return tap_done();
	}
	if (box_start(&e->b, &o)) {
		outside_make(&e->out, e->b.d.top);
		escape_plant(e);
		if (escape_lacks(wall, "all"))
			escape_leave(e);
		else
			escape_try(e, wall);
		outside_remove(&e->out);
	}
	box_close(&e->b);
	return tap_done();
}
