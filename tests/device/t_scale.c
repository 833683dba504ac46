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
 * Many nodes and many open files.  SCALE_NODES in the environment says how
 * many nodes; tests/torture/scale.sh takes far more than "make check" does.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define SCALE_NODES	60000
#define SCALE_NODES_MAX	4000000
#define SCALE_DIR	1000		/* files in a directory */
#define SCALE_STEP	7919u		/* prime: an order that suits nobody */
#define SCALE_OPENS	5000		/* nodes that are opened in the end */
#define SCALE_BATCH	50000		/* forgotten at once */
#define SCALE_LIMIT	4096		/* --rlimit-nofile */
#define SCALE_KEPT	768		/* of these, see viofsd(8) */
#define SCALE_FILES	15000		/* open at once by default */
#define SCALE_BYTES	512		/* of memory for a node, at most */

/* Of a limit of n descriptors may be open files, see viofsd(8). */
#define SCALE_QUOTA(n)	(((n) - SCALE_KEPT) / 10 * 8)

static unsigned		 scale_cnt = SCALE_NODES;
static uint64_t		*scale_id, *scale_ino, *scale_dirs;

static double
scale_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A number from a file of the transport's in /proc, behind a word. */
static long
scale_proc(struct box *b, const char *file, const char *word)
{
	const struct proc_set	*set = daemon_procs(&b->d);
	char			 path[64], line[256];
	long			 val = -1;
	unsigned		 i;
	FILE			*f;

	for (i = 0; i < set->cnt; i++) {
		if (strcmp(proc_name(set->pid[i]), "viofsd-transpor") != 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)set->pid[i],
		    file);
		if ((f = fopen(path, "re")) == NULL)
			tap_bail("%s: %s", path, strerror(errno));
		while (fgets(line, sizeof(line), f) != NULL) {
			if (strncmp(line, word, strlen(word)) == 0)
				val = strtol(line + strlen(word), NULL, 10);
		}
		fclose(f);
	}
	return val;
}

static const char *
scale_dir(unsigned i)
{
	static char	 name[32];

	snprintf(name, sizeof(name), "dir%u", i / SCALE_DIR);
	return name;
}

static const char *
scale_name(unsigned i)
{
	static char	 name[32];

	snprintf(name, sizeof(name), "file%u", i);
	return name;
}

static void
scale_make(struct box *b)
{
	struct stat	 st;
	unsigned	 i;
	int		 dir = -1, fd;

	for (i = 0; i < scale_cnt; i++) {
		if (i % SCALE_DIR == 0) {
			if (dir != -1)
				close(dir);
			mkdir(daemon_host(&b->d, scale_dir(i)), 0755);
			dir = open(daemon_host(&b->d, scale_dir(i)),
			    O_PATH | O_DIRECTORY);
		}
		fd = openat(dir, scale_name(i), O_CREAT | O_WRONLY, 0644);
		if (fd == -1 || fstat(fd, &st) == -1)
			tap_bail("%s: %s", scale_name(i), strerror(errno));
		scale_ino[i] = st.st_ino;
		close(fd);
	}
	close(dir);
}

static void
scale_lookup(struct box *b)
{
	struct fuse_entry_out	 e;
	uint64_t		 dir = 0;
	unsigned		 i, bad = 0;

	for (i = 0; i < scale_cnt; i++) {
		if (i % SCALE_DIR == 0) {
			bad += fs_lookup(&b->fs, FUSE_ROOT_ID, scale_dir(i),
			    &e) != 0;
			dir = scale_dirs[i / SCALE_DIR] = e.nodeid;
		}
		if (fs_lookup(&b->fs, dir, scale_name(i), &e) != 0) {
			bad++;
			continue;
		}
		scale_id[i] = e.nodeid;
		bad += e.attr.ino != scale_ino[i];
	}
	tap_is(bad, 0, "%u lookups under %u descriptors", scale_cnt,
	    SCALE_LIMIT);
}

/* Every node, in an order in which each has to be opened again. */
static void
scale_getattr(struct box *b)
{
	struct fuse_attr_out	 a;
	unsigned		 i, k = 0, bad = 0;

	for (i = 0; i < scale_cnt; i++) {
		k = (k + SCALE_STEP) % scale_cnt;
		bad += fs_getattr(&b->fs, scale_id[k], &a) != 0 ||
		    a.attr.ino != scale_ino[k];
	}
	tap_is(bad, 0, "each of %u nodes has its attributes", scale_cnt);
}

static void
scale_open(struct box *b)
{
	struct fuse_attr_out	 a;
	struct fs_file		 f;
	unsigned		 i, k = 0, bad = 0;

	for (i = 0; i < SCALE_OPENS; i++) {
		k = (k + scale_cnt / SCALE_OPENS * SCALE_STEP) % scale_cnt;
		if (fs_fopen(&b->fs, scale_id[k], O_RDONLY, &f) != 0) {
			bad++;
			continue;
		}
		bad += fs_fgetattr(&b->fs, &f, &a) != 0 ||
		    a.attr.ino != scale_ino[k];
		fs_release(&b->fs, &f);
	}
	tap_is(bad, 0, "%u of them open as their files", SCALE_OPENS);
}

static void
scale_forget(struct box *b)
{
	static struct fuse_forget_one one[SCALE_BATCH];
	struct fuse_attr_out	 a;
	unsigned		 i, n = 0, bad = 0;

	for (i = 0; i < scale_cnt; i++) {
		one[n].nodeid = scale_id[i];
		one[n++].nlookup = 1;
		if (n < SCALE_BATCH && i + 1 < scale_cnt)
			continue;
		bad += fs_batch_forget(&b->fs, n, one, n) != 0;
		n = 0;
	}
	for (i = 0; i * SCALE_DIR < scale_cnt; i++)
		bad += fs_forget(&b->fs, scale_dirs[i], 1) != 0;
	for (i = 0; i < scale_cnt; i += 97)
		bad += fs_getattr(&b->fs, scale_id[i], &a) == 0;
	tap_is(bad, 0, "all are forgotten");
}

/* What a guest that looks at everything leaves behind. */
static void
scale_nodes(void)
{
	static const char *const more[] = { "--rlimit-nofile", "4096", NULL };
	struct box_opts		 o = { .daemon.more = more };
	struct box		 b;
	double			 t[5];
	long			 base, full, left;

	if (!box_start(&b, &o)) {
		box_close(&b);
		return;
	}
	scale_make(&b);
	base = scale_proc(&b, "status", "RssAnon:");
	t[0] = scale_now();
	scale_lookup(&b);
	t[1] = scale_now();
	full = scale_proc(&b, "status", "RssAnon:") - base;
	tap_ok(base > 0 && full * 1024 < (long)scale_cnt * SCALE_BYTES,
	    "%ld bytes of memory for each", full * 1024 / (long)scale_cnt);
	scale_getattr(&b);
	t[2] = scale_now();
	scale_open(&b);
	t[3] = scale_now();
	scale_forget(&b);
	t[4] = scale_now();
	tap_diag("%.1f us for a lookup, %.1f for a getattr, %.1f for open, "
	    "getattr, release, %.2f for a forget",
	    (t[1] - t[0]) / scale_cnt * 1e6, (t[2] - t[1]) / scale_cnt * 1e6,
	    (t[3] - t[2]) / SCALE_OPENS * 1e6, (t[4] - t[3]) / scale_cnt * 1e6);
	left = scale_proc(&b, "status", "RssAnon:") - base;
	tap_ok(left < full / 4 + 256, "%ld of %ld KiB stay", left, full);
	scale_lookup(&b);
	left = scale_proc(&b, "status", "RssAnon:") - base;
	tap_ok(left < full + full / 8,
	    "%ld KiB are in use when they come again", left);
	box_close(&b);
}

/* Open n files, or as many as can be; returns the first error. */
static int
scale_fill(struct box *b, struct fs_file *f, unsigned n, unsigned *opened)
{
	struct fuse_entry_out	 e;
	char			 name[32];
	unsigned		 i;
	int			 rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		snprintf(name, sizeof(name), "file%u", i % SCALE_DIR);
		rc = fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e);
		if (rc == 0)
			rc = fs_fopen(&b->fs, e.nodeid, O_RDWR, &f[i]);
	}
	*opened = rc == 0 ? i : i - 1;
	return rc;
}

/* All of them are what they should be: each file counts its writes. */
static void
scale_filled(struct box *b, const struct fs_file *f, unsigned n)
{
	struct fuse_attr_out	 a;
	unsigned		 i, bad = 0, want;

	for (i = 0; i < n; i++)
		bad += fs_write(&b->fs, &f[i], i / SCALE_DIR, "x", 1) != 1;
	for (i = 0; i < n && i < SCALE_DIR; i++) {
		want = (n - i + SCALE_DIR - 1) / SCALE_DIR;
		bad += fs_fgetattr(&b->fs, &f[i], &a) != 0 ||
		    a.attr.size != want;
	}
	tap_is(bad, 0, "%u open files can be written", n);
}

static void
scale_empty(struct box *b, const struct fs_file *f, unsigned n)
{
	unsigned	 i, bad = 0;

	for (i = 0; i < n; i++)
		bad += fs_release(&b->fs, &f[i]) != 0;
	tap_is(bad, 0, "%u open files are closed", n);
}

static bool
scale_files_start(struct box *b, const struct box_opts *o)
{
	unsigned	 i;

	if (!box_start(b, o)) {
		box_close(b);
		return false;
	}
	for (i = 0; i < SCALE_DIR; i++)
		box_file(b, scale_name(i), "", 0);
	return true;
}

/* Many, as long as the limit that this test was started with allows it. */
static void
scale_default(struct fs_file *f)
{
	const struct box_opts	 o = { 0 };
	struct box		 b;
	unsigned		 n;
	long			 limit;

	if (!scale_files_start(&b, &o))
		return;
	limit = scale_proc(&b, "limits", "Max open files");
	if (SCALE_QUOTA(limit) < SCALE_FILES) {
		tap_skip("the limit of descriptors is lower",
		    "%u open files", SCALE_FILES);
	} else {
		tap_rc(scale_fill(&b, f, SCALE_FILES, &n), 0,
		    "%u open files under %ld descriptors", SCALE_FILES, limit);
		scale_filled(&b, f, n);
		scale_empty(&b, f, n);
	}
	box_close(&b);
}

/* Opening fails before it has done anything. */
static void
scale_refused(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fs_file		 x;
	struct stat		 st;

	box_file(b, "full", "0123456789", 10);
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "full", &e), 0, "lookup");
	tap_rc(fs_opendir(&b->fs, FUSE_ROOT_ID, &x), -ENFILE,
	    "a directory counts like a file");
	tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, "more", 0644, O_RDWR, &x),
	    -ENFILE, "and so does a new file");
	tap_ok(access(box_host(b, "more"), F_OK) == -1, "which is not made");
	tap_rc(fs_fopen(&b->fs, e.nodeid, O_RDWR | O_TRUNC, &x), -ENFILE,
	    "opening with O_TRUNC");
	tap_ok(stat(box_host(b, "full"), &st) == 0 && st.st_size == 10,
	    "leaves the file its content");
	tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, "full", 0644,
	    O_RDWR | O_TRUNC, &x), -ENFILE, "and with O_CREAT, too");
	tap_ok(stat(box_host(b, "full"), &st) == 0 && st.st_size == 10,
	    "leaves the file its content");
}

/* Beyond the quota opening fails, and nothing else. */
static void
scale_quota(struct fs_file *f)
{
	static const char *const more[] = { "--rlimit-nofile", "4096", NULL };
	const struct box_opts	 o = { .daemon.more = more };
	struct fuse_entry_out	 e;
	struct fuse_attr_out	 a;
	struct fs_file		 x;
	struct box		 b;
	unsigned		 n, i, bad = 0;

	if (!scale_files_start(&b, &o))
		return;
	tap_rc(scale_fill(&b, f, SCALE_FILES, &n), -ENFILE,
	    "opening without end");
	tap_is(n, SCALE_QUOTA(SCALE_LIMIT), "files are open then");
	scale_refused(&b);
	for (i = 0; i < SCALE_DIR; i++)
		bad += fs_lookup(&b.fs, FUSE_ROOT_ID, scale_name(i), &e) != 0 ||
		    fs_getattr(&b.fs, e.nodeid, &a) != 0;
	tap_is(bad, 0, "names and attributes are served as ever");
	tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "dir", 0755, &e), 0, "mkdir");
	scale_filled(&b, f, n);
	fs_release(&b.fs, &f[n - 1]);
	tap_rc(fs_opendir(&b.fs, FUSE_ROOT_ID, &x), 0,
	    "one closed is one to open");
	fs_releasedir(&b.fs, &x);
	scale_empty(&b, f, n - 1);
	tap_rc(scale_fill(&b, f, n, &n), 0, "all can be opened again");
	box_close(&b);
}

int
main(int argc, char **argv)
{
	const char	*env = getenv("SCALE_NODES");
	struct fs_file	*f;

	daemon_args(argc, argv);
	if (env != NULL)
		scale_cnt = (unsigned)strtoul(env, NULL, 10);
	if (scale_cnt < SCALE_OPENS || scale_cnt > SCALE_NODES_MAX)
		tap_bail("SCALE_NODES is %u to %u", SCALE_OPENS,
		    SCALE_NODES_MAX);
	scale_id = calloc(scale_cnt, sizeof(*scale_id));
	scale_ino = calloc(scale_cnt, sizeof(*scale_ino));
	f = calloc(SCALE_FILES, sizeof(*f));
	scale_dirs = calloc(scale_cnt / SCALE_DIR + 1,
	    sizeof(*scale_dirs));
	if (scale_dirs == NULL || scale_id == NULL || scale_ino == NULL ||
	    f == NULL)
		tap_bail("memory");
	scale_nodes();
	scale_default(f);
	scale_quota(f);
	free(scale_dirs);
	free(scale_id);
	free(scale_ino);
	free(f);
	return tap_done();
}
