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
 * Nodes that a worker keeps: whose they stay when there are more than it has
 * numbers for, when it dies, when their files are removed, and how long.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define KEEP_CNT	300
#define KEEP_MANY	9000	/* more than a worker keeps */
#define KEEP_UID	1000
#define KEEP_IDLE	16	/* descriptors of a worker that keeps little */

static const char *const keep_with[] = { "--inode-file-handles=mandatory",
	NULL };
static const char *const keep_without[] = { "--inode-file-handles=never",
	NULL };

static uint64_t keep_id[KEEP_MANY];

static void
keep_name(char *name, size_t size, unsigned int i)
{
	snprintf(name, size, "file%u", i);
}

static void
keep_make(struct box *b, unsigned int cnt)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < cnt; i++) {
		keep_name(name, sizeof(name), i);
		box_file(b, name, name, strlen(name));
	}
}

static void
keep_lookup(struct box *b, unsigned int cnt, const char *what)
{
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	struct stat st;
	char name[32];

	for (i = 0; i < cnt; i++) {
		keep_name(name, sizeof(name), i);
		if (fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e) != 0 ||
		    stat(daemon_host(&b->d, name), &st) == -1) {
			bad++;
			continue;
		}
		keep_id[i] = e.nodeid;
		bad += e.attr.ino != st.st_ino || e.attr.mode != st.st_mode ||
		    e.attr.size != strlen(name);
	}
	tap_is(bad, 0, "%s: %u are looked up", what, cnt);
}

/* Is file i what its name says, however it is asked? */
static int
keep_right(struct box *b, unsigned int i)
{
	struct fuse_attr_out a;
	struct fs_file f;
	char name[32], buf[64];
	struct stat st;
	int len;

	keep_name(name, sizeof(name), i);
	if (stat(daemon_host(&b->d, name), &st) == -1 ||
	    fs_getattr(&b->fs, keep_id[i], &a) != 0 ||
	    a.attr.ino != st.st_ino ||
	    fs_fopen(&b->fs, keep_id[i], O_RDONLY, &f) != 0)
		return 0;
	len = fs_read(&b->fs, &f, 0, buf, sizeof(buf));
	fs_release(&b->fs, &f);
	return len == (int)strlen(name) && memcmp(buf, name, (size_t)len) == 0;
}

static void
keep_use(struct box *b, unsigned int cnt, const char *what)
{
	unsigned int i, bad = 0;

	for (i = 0; i < cnt; i++)
		bad += !keep_right(b, (i * 1009) % cnt);
	tap_is(bad, 0, "%s: all are what they were", what);
}

static bool
keep_is_root(pid_t pid)
{
	char path[64], line[128];
	int uid = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Uid: %d", &uid) == 1)
			break;
	fclose(f);
	return uid == 0;
}

/* Root's; nobody asks more than one thing at a time. */
static pid_t
keep_transport(struct box *b)
{
	const struct proc_set *set = daemon_procs(&b->d);
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-transpor",
		    15) == 0)
			return set->pid[i];
	tap_bail("there is no transport");
}

static pid_t
keep_worker(struct box *b)
{
	const struct proc_set *set = daemon_procs(&b->d);
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-fsworker",
		    15) == 0 && keep_is_root(set->pid[i]))
			return set->pid[i];
	tap_bail("root has no worker");
}

/* Descriptors of pid, as soon as there are as few as want. */
static int
keep_fds(pid_t pid, int want)
{
	int tries, fds = -1;

	for (tries = 0; tries < 500; tries++) {
		if ((fds = proc_fds(pid)) <= want)
			break;
		usleep(10000);
	}
	return fds;
}

static void
keep_forget(struct box *b, unsigned int cnt)
{
	unsigned int i;

	for (i = 0; i < cnt; i++)
		fs_forget(&b->fs, keep_id[i], 1);
}

/* What is forgotten is closed, without another question. */
static void
keep_closed(struct box *b, const char *what)
{
	struct fuse_attr_out a;
	char name[32];
	unsigned int i, alive = 0;
	pid_t pid;
	int fds;

	fs_lookup(&b->fs, FUSE_ROOT_ID, "none", NULL);
	pid = keep_worker(b);
	fds = keep_fds(pid, KEEP_IDLE);
	tap_ok(fds <= KEEP_IDLE, "%s: nothing is left: %d", what, fds);
	keep_lookup(b, KEEP_CNT, what);
	tap_ok(proc_fds(pid) >= fds + KEEP_CNT / 2,
	    "%s: the worker keeps what it gave: %d", what, proc_fds(pid));
	for (i = 0; i < KEEP_CNT; i++) {
		keep_name(name, sizeof(name), i);
		unlink(daemon_host(&b->d, name));
		alive += fs_getattr(&b->fs, keep_id[i], &a) == 0 &&
		    a.attr.nlink == 0 &&
		    fs_getattr(&b->fs, keep_id[i], &a) == 0 &&
		    a.attr.nlink == 0;
	}
	tap_is(alive, KEEP_CNT, "%s: files without a name are there", what);
	keep_forget(b, KEEP_CNT);
	tap_is(keep_fds(pid, fds), fds, "%s: and gone when forgotten", what);
	tap_rc(fs_getattr(&b->fs, keep_id[0], &a), -EBADF,
	    "%s: for the guest as well", what);
}

/* Everything that is asked of a kept node, by its own and by another user. */
static void
keep_ask(struct box *b)
{
	struct fuse_entry_out file, link;
	struct fuse_attr_out a;
	char buf[64];
	int len;

	if (symlink("target", daemon_host(&b->d, "link")) == -1)
		tap_bail("link: %s", strerror(errno));
	box_file(b, "plain", "x", 1);
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "link", &link), 0, "a link");
	len = fs_readlink(&b->fs, link.nodeid, buf, sizeof(buf));
	tap_ok(len == 6 && memcmp(buf, "target", 6) == 0, "is read");
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "plain", &file), 0, "a file");
	tap_rc(fs_chmod(&b->fs, file.nodeid, 0640), 0, "chmod");
	tap_rc(fs_chown(&b->fs, file.nodeid, KEEP_UID, KEEP_UID), 0, "chown");
	tap_rc(fs_truncate(&b->fs, file.nodeid, 5), 0, "truncate");
	tap_rc(fs_link(&b->fs, file.nodeid, FUSE_ROOT_ID, "other", NULL), 0,
	    "link");
	tap_rc(fs_getattr(&b->fs, file.nodeid, &a), 0, "getattr");
	tap_ok(a.attr.mode == (S_IFREG | 0640) && a.attr.uid == KEEP_UID &&
	    a.attr.size == 5 && a.attr.nlink == 2, "all of it was done");
	fs_cred(&b->fs, KEEP_UID, KEEP_UID);
	tap_rc(fs_chmod(&b->fs, file.nodeid, 0600), 0, "another user's chmod");
	tap_rc(fs_getattr(&b->fs, file.nodeid, &a), 0, "and getattr");
	tap_ok(a.attr.mode == (S_IFREG | 0600), "was done, too");
	fs_cred(&b->fs, 0, 0);
}

/* A directory that is removed is there for whoever is in it. */
static void
keep_removed(struct box *b, const char *what)
{
	struct fuse_entry_out e;
	struct fuse_attr_out a;
	int i, alive = 0;

	tap_rc(fs_mkdir(&b->fs, FUSE_ROOT_ID, "gone", 0755, &e), 0,
	    "%s: mkdir", what);
	tap_rc(fs_rmdir(&b->fs, FUSE_ROOT_ID, "gone"), 0, "%s: rmdir", what);
	for (i = 0; i < 4; i++)
		alive += fs_getattr(&b->fs, e.nodeid, &a) == 0 &&
		    a.attr.ino == e.attr.ino && a.attr.nlink == 0;
	tap_is(alive, 4, "%s: it is there", what);
	tap_rc(fs_forget(&b->fs, e.nodeid, 1), 0, "%s: forgotten", what);
}

/* A new directory has a descriptor when a file was made in it. */
static void
keep_dirs(struct box *b, int handles, const char *what)
{
	struct fuse_entry_out e;
	struct fuse_attr_out a;
	struct fs_file f;
	struct stat st;
	int before;
	pid_t t;

	fs_lookup(&b->fs, FUSE_ROOT_ID, "none", NULL);
	t = keep_transport(b);
	before = proc_fds(t);
	tap_rc(fs_mkdir(&b->fs, FUSE_ROOT_ID, "dir", 0777, &e), 0,
	    "%s: mkdir", what);
	tap_is(proc_fds(t), before + !handles,
	    "%s: the directory comes without descriptor where it may", what);
	tap_rc(fs_create(&b->fs, e.nodeid, "one", 0644, O_RDWR, &f), 0,
	    "%s: a file in it", what);
	tap_is(proc_fds(t), before + 2 + !handles,
	    "%s: now there is one, and the open file", what);
	if (stat(daemon_host(&b->d, "dir"), &st) == -1)
		tap_bail("dir: %s", strerror(errno));
	tap_rc(fs_getattr(&b->fs, e.nodeid, &a), 0, "%s: getattr", what);
	tap_ok(a.attr.ino == st.st_ino && a.attr.mode == st.st_mode &&
	    a.attr.mtime == (uint64_t)st.st_mtim.tv_sec &&
	    a.attr.mtimensec == (uint32_t)st.st_mtim.tv_nsec,
	    "%s: it is true", what);
	fs_release(&b->fs, &f);
	tap_rc(fs_mkdir(&b->fs, e.nodeid, "sub", 0777, &e), 0,
	    "%s: another one in it", what);
	fs_cred(&b->fs, KEEP_UID, KEEP_UID);
	tap_rc(fs_create(&b->fs, e.nodeid, "two", 0644, O_RDWR, &f), 0,
	    "%s: where another user makes a file", what);
	fs_release(&b->fs, &f);
	fs_cred(&b->fs, 0, 0);
	keep_removed(b, what);
}

static void
keep_lost(struct box *b)
{
	pid_t pid = keep_worker(b);
	int tries;

	keep_lookup(b, KEEP_CNT, "death");
	kill(pid, SIGKILL);
	for (tries = 0; tries < 500 && proc_alive(pid); tries++)
		usleep(10000);
	keep_use(b, KEEP_CNT, "death");
}

static void
keep_run(const char *const more[], const char *what)
{
	static struct box b;
	struct box_opts o;

	memset(&o, 0, sizeof(o));
	o.daemon.more = more;
	if (box_start(&b, &o)) {
		keep_dirs(&b, more == keep_with, what);
		keep_make(&b, KEEP_MANY);
		keep_ask(&b);
		keep_lost(&b);
		keep_lookup(&b, KEEP_MANY, what);
		keep_use(&b, KEEP_MANY, what);
		keep_forget(&b, KEEP_MANY);
		fs_destroy(&b.fs);
		fs_init(&b.fs, NULL);
		keep_closed(&b, what);
	}
	box_close(&b);
}

int
main(int argc, char **argv)
{
	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "kept nodes");
		return tap_done();
	}
	keep_run(keep_with, "handles");
	keep_run(keep_without, "no handles");
	return tap_done();
}
