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
 * Directories that are read on in advance: a guest that lists page by page
 * gets the next one from a worker that need not work for it any more, and sees
 * what it would have seen without that.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define LISTING_CNT	400
#define LISTING_PAGE	4096
#define LISTING_TRIES	20
#define LISTING_SOON	10000	/* us: a worker has done what it was asked */

/* A directory of the share that is being listed. */
struct listing {
	struct box	 b;
	uint64_t	 dir;
	struct fs_file	 d;
	uint64_t	 off;
	uint8_t		 page[LISTING_PAGE];
	int		 len;
	struct fs_dirent first;		/* of the page */
	unsigned int	 cnt, nodes;	/* ... and how many there are */
	char		 names[LISTING_PAGE];
};

/* Names of a page, or of the directory itself, in a row. */
static void
listing_name(char *names, const char *name)
{
	size_t len = strlen(names);

	snprintf(names + len, LISTING_PAGE - len, "%s/", name);
}

static void
listing_parse(struct listing *l)
{
	struct fs_dirent e;
	size_t pos = 0;

	l->cnt = l->nodes = 0;
	l->names[0] = '\0';
	while (l->len > 0 && fs_nextent(l->page, (size_t)l->len, &pos, true,
	    &e) == 1) {
		if (l->cnt++ == 0)
			l->first = e;
		l->nodes += e.entry.nodeid != 0;
		l->off = e.off;
		listing_name(l->names, e.name);
	}
}

static int
listing_next(struct listing *l)
{
	l->len = fs_readdirplus(&l->b.fs, &l->d, l->off, l->page,
	    sizeof(l->page));
	listing_parse(l);
	return l->len;
}

/* Open it, and read two pages: that is in a row. */
static bool
listing_begin(struct listing *l)
{
	l->off = 0;
	return fs_opendir(&l->b.fs, l->dir, &l->d) == 0 &&
	    listing_next(l) > 0 && listing_next(l) > 0;
}

/* The first cnt names behind l->off, as the host has them; 0: all. */
static void
listing_host(struct listing *l, unsigned int cnt, char *names)
{
	_Alignas(struct dirent64) char raw[4096];
	const struct dirent64 *e;
	unsigned int seen = 0;
	long n, pos;
	int fd;

	names[0] = '\0';
	fd = open(box_host(&l->b, "d"), O_RDONLY | O_DIRECTORY);
	if (fd == -1 || lseek(fd, (off_t)l->off, SEEK_SET) == -1)
		tap_bail("the directory: %s", strerror(errno));
	while ((n = syscall(SYS_getdents64, fd, raw, sizeof(raw))) > 0)
		for (pos = 0; pos < n; pos += e->d_reclen) {
			e = (const void *)(raw + pos);
			if (seen++ < cnt)
				listing_name(names, e->d_name);
		}
	close(fd);
}

static void
listing_signal(struct listing *l, int sig)
{
	const struct proc_set *s = daemon_procs(&l->b.d);
	unsigned int i;

	for (i = 0; i < s->cnt; i++)
		if (strcmp(proc_name(s->pid[i]), "viofsd-fsworker") == 0)
			kill(s->pid[i], sig);
}

/* The next page while no worker works; if it does not come, with them. */
static bool
listing_without(struct listing *l)
{
	struct fuse_read_in in = { .fh = l->d.fh, .offset = l->off,
	    .size = sizeof(l->page) };
	struct fs_args a = { .opcode = FUSE_READDIRPLUS, .node = l->dir,
	    .arg = &in, .arg_len = sizeof(in), .out_len = sizeof(l->page) };
	struct fs_ticket t;
	int timeout = l->b.fs.timeout;
	bool came;

	usleep(LISTING_SOON);
	listing_signal(l, SIGSTOP);
	l->b.fs.timeout = 300;
	fs_submit(&l->b.fs, &a, &t);
	l->len = fs_finish(&l->b.fs, &t, l->page, sizeof(l->page));
	came = l->len != FS_TIMEOUT;
	listing_signal(l, SIGCONT);
	l->b.fs.timeout = timeout;
	if (!came)
		l->len = fs_finish(&l->b.fs, &t, l->page, sizeof(l->page));
	return came;
}

/* Read the last page, behind which the host has nothing. */
static bool
listing_last(struct listing *l)
{
	char names[LISTING_PAGE];

	do {
		if (listing_next(l) <= 0)
			return false;
		listing_host(l, 1, names);
	} while (names[0] != '\0');
	return true;
}

/* On a busy machine what is kept may be too old before we are there. */
static void
listing_early(struct listing *l)
{
	unsigned int i, page = 0, end = 0, bad = 0;

	for (i = 0; i < LISTING_TRIES && (page == 0 || end == 0); i++) {
		bad += !listing_begin(l);
		page += listing_without(l);
		listing_parse(l);
		bad += l->nodes == 0 || !listing_last(l);
		end += listing_without(l);
		bad += l->len != 0;
		fs_releasedir(&l->b.fs, &l->d);
	}
	tap_is(bad, 0, "pages come");
	tap_ok(page > 0, "one comes while no worker works");
	tap_ok(end > 0, "so does the end");
}

/* Exactly what is there, exactly once, and each is one lookup. */
static void
listing_all(struct listing *l, uint32_t uid)
{
	static unsigned int seen[LISTING_CNT];
	struct fuse_attr_out a;
	struct fs_dirent e;
	unsigned int i, bad = 0;
	size_t pos;

	fs_cred(&l->b.fs, uid, uid);
	memset(seen, 0, sizeof(seen));
	l->off = 0;
	tap_rc(fs_opendir(&l->b.fs, l->dir, &l->d), 0, "opendir by %u", uid);
	while (listing_next(l) > 0)
		for (pos = 0; fs_nextent(l->page, (size_t)l->len, &pos, true,
		    &e) == 1;) {
			if (sscanf(e.name, "f%u", &i) != 1)
				continue;
			if (i < LISTING_CNT)
				seen[i]++;
			fs_forget(&l->b.fs, e.entry.nodeid, 1);
			bad += fs_getattr(&l->b.fs, e.entry.nodeid, &a) !=
			    -EBADF;
		}
	tap_is(l->len, 0, "the end is reached by %u", uid);
	for (i = 0; i < LISTING_CNT; i++)
		bad += seen[i] != 1;
	tap_is(bad, 0, "each entry comes once, and is one lookup");
	fs_releasedir(&l->b.fs, &l->d);
	fs_cred(&l->b.fs, 0, 0);
}

enum listing_change {
	LISTING_CHMOD,
	LISTING_WRITE,
	LISTING_UNLINK,
	LISTING_CREATE,
	LISTING_HOST,
	LISTING_CHANGES,
};

/* Change what is the first of the third page; returns 0 or an error. */
static int
listing_change(struct listing *l, enum listing_change how, const char *name,
    const struct fs_file *f)
{
	char path[LISTING_PAGE + 8];

	switch (how) {
	case LISTING_CHMOD:
		return fs_chmod(&l->b.fs, f->node, 0600);
	case LISTING_WRITE:
		return fs_write(&l->b.fs, f, 0, "changed", 7) != 7;
	case LISTING_UNLINK:
		return fs_unlink(&l->b.fs, l->dir, name);
	case LISTING_CREATE:
		return fs_mkdir(&l->b.fs, l->dir, "made", 0755, NULL);
	default:
		/* Nobody can know; it is seen when the page is too old. */
		snprintf(path, sizeof(path), "d/%s", name);
		if (chmod(box_host(&l->b, path), 0640) == -1)
			return errno;
		usleep(200000);
		return 0;
	}
}

static bool
listing_changed(struct listing *l, enum listing_change how)
{
	char names[LISTING_PAGE];

	listing_host(l, l->cnt, names);
	switch (how) {
	case LISTING_CHMOD:
		return l->first.entry.attr.mode == (S_IFREG | 0600);
	case LISTING_WRITE:
		return l->first.entry.attr.size == 7;
	case LISTING_HOST:
		return l->first.entry.attr.mode == (S_IFREG | 0640);
	default:
		return strcmp(l->names, names) == 0;
	}
}

/* Between two pages something happens to the second one. */
static void
listing_between(struct listing *l, enum listing_change how, const char *what)
{
	struct fuse_entry_out e;
	struct fs_file f;
	char name[LISTING_PAGE];
	uint64_t off;

	listing_begin(l);
	listing_host(l, 1, name);
	name[strcspn(name, "/")] = '\0';
	fs_releasedir(&l->b.fs, &l->d);
	tap_rc(fs_lookup(&l->b.fs, l->dir, name, &e), 0, "%s: look", what);
	tap_rc(fs_fopen(&l->b.fs, e.nodeid, O_RDWR, &f), 0, "%s: open", what);
	tap_ok(listing_begin(l), "%s: two pages", what);
	usleep(LISTING_SOON);
	tap_is(listing_change(l, how, name, &f), 0, "%s: change", what);
	off = l->off;
	tap_ok(listing_next(l) > 0, "%s: the next page", what);
	l->off = off;
	tap_ok(listing_changed(l, how), "%s: it is seen", what);
	fs_releasedir(&l->b.fs, &l->d);
	fs_release(&l->b.fs, &f);
}

/* What root may look at is no answer to somebody who may not. */
static void
listing_other(struct listing *l)
{
	tap_ok(listing_begin(l), "two pages by root");
	tap_ok(l->nodes > 0, "with nodes");
	usleep(LISTING_SOON);
	fs_cred(&l->b.fs, 1000, 1000);
	tap_ok(listing_next(l) > 0, "the next page by somebody else");
	tap_is(l->nodes, 0, "without");
	fs_cred(&l->b.fs, 0, 0);
	fs_releasedir(&l->b.fs, &l->d);
}

static int
listing_fds(struct listing *l)
{
	const struct proc_set *s = daemon_procs(&l->b.d);
	unsigned int i;

	for (i = 0; i < s->cnt; i++)
		if (strncmp(proc_name(s->pid[i]), "viofsd-transpor", 15) == 0)
			return proc_fds(s->pid[i]);
	return -1;
}

static void
listing_dir(struct listing *l, const char *dir)
{
	struct fuse_entry_out e;

	tap_rc(fs_lookup(&l->b.fs, FUSE_ROOT_ID, dir, &e), 0, "%s", dir);
	l->dir = e.nodeid;
}

/* A new session, in which nothing but the directory was looked up. */
static void
listing_again(struct listing *l)
{
	tap_rc(fs_destroy(&l->b.fs), 0, "destroy");
	tap_rc(fs_init(&l->b.fs, &l->b.init), 0, "init");
	listing_dir(l, "d");
}

/* Closed, or never gone on with, while a page is on its way or there. */
static void
listing_left(struct listing *l)
{
	struct fs_file left[LISTING_TRIES];
	unsigned int i, bad = 0, tries;
	int before, after = -1;

	listing_again(l);
	before = listing_fds(l);
	fs_cred(&l->b.fs, 1000, 1000);		/* who gets descriptors */
	for (i = 0; i < 10 * LISTING_TRIES; i++) {
		bad += !listing_begin(l);
		bad += fs_releasedir(&l->b.fs, &l->d) != 0;
	}
	tap_is(bad, 0, "directories are closed early");
	for (i = bad = 0; i < LISTING_TRIES; i++) {
		bad += !listing_begin(l);
		left[i] = l->d;
	}
	tap_is(bad, 0, "others are left open");
	listing_again(l);
	/* There may be more workers, of some descriptors each. */
	for (tries = 0; tries < 500 && (after == -1 || after > before + 32);
	    tries++) {
		usleep(10000);
		after = listing_fds(l);
	}
	tap_ok(before > 0 && after <= before + 32,
	    "all descriptors are closed: %d, %d", before, after);
	tap_rc(fs_readdirplus(&l->b.fs, &left[0], 0, l->page,
	    sizeof(l->page)), -EBADF, "no handle is left");
	fs_cred(&l->b.fs, 0, 0);
}

/* A worker that dies with a page takes nothing along. */
static void
listing_killed(struct listing *l)
{
	unsigned int i, bad = 0;
	char names[LISTING_PAGE];

	for (i = 0; i < 3; i++) {
		bad += !listing_begin(l);
		listing_signal(l, SIGKILL);
		listing_host(l, 10, names);
		bad += listing_next(l) <= 0;
		bad += strncmp(l->names, names, strlen(names)) != 0;
		fs_releasedir(&l->b.fs, &l->d);
	}
	tap_is(bad, 0, "pages come when workers die");
}

static void
listing_fill(struct listing *l, const char *dir, mode_t mode)
{
	unsigned int i;
	char name[32];

	if (mkdir(box_host(&l->b, dir), 0755) == -1 ||
	    chmod(box_host(&l->b, dir), mode) == -1)
		tap_bail("%s: %s", dir, strerror(errno));
	for (i = 0; i < LISTING_CNT; i++) {
		snprintf(name, sizeof(name), "%s/f%03u", dir, i);
		box_file(&l->b, name, "", 0);
	}
	listing_dir(l, dir);
}

int
main(int argc, char **argv)
{
	static const char *const what[LISTING_CHANGES] = { "chmod", "write",
		"unlink", "mkdir", "chmod by the host" };
	static struct listing l;
	struct box_opts o;
	unsigned int i;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "listing");
		return tap_done();
	}
	memset(&o, 0, sizeof(o));
	if (box_start(&l.b, &o)) {
		listing_fill(&l, "closed", 0744);
		listing_other(&l);
		listing_fill(&l, "d", 0755);
		listing_all(&l, 0);
		listing_all(&l, 1000);
		listing_early(&l);
		for (i = 0; i < LISTING_CHANGES; i++)
			listing_between(&l, (enum listing_change)i, what[i]);
		listing_killed(&l);
		listing_left(&l);
	}
	box_close(&l.b);
	return tap_done();
}
