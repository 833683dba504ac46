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
 * Knows: that a directory which is looked at is read ahead, and that nobody
 * can tell: what is on the host now is what a guest finds, with the worker
 * stopped where it need not be asked.
 * Never: how fast that is.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define AHEAD_FILES	50
#define AHEAD_MANY	300
#define AHEAD_NODES	12	/* of a directory, and that were looked up */
#define AHEAD_RACES	200
#define AHEAD_STORM	9000	/* twice as many changes; 16384 are queued */
#define AHEAD_USER	1000

struct ahead_test {
	struct box b;
	uint64_t mnt;		/* of a tmpfs in the share */
	uint64_t dir;		/* a directory of it, ... */
	char host[200];		/* ... and where that is */
	pid_t worker;		/* of who asks now */
};

static const char *
ahead_path(const struct ahead_test *t, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", t->host, name);
	return path;
}

/* Sparse: the tmpfs is a small one. */
static void
ahead_make(const struct ahead_test *t, const char *name)
{
	int fd = open(ahead_path(t, name), O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (fd == -1 || ftruncate(fd, 4) == -1)
		tap_bail("%s: %s", name, strerror(errno));
	close(fd);
}

/* A new directory with cnt files, as it looks to a guest that just came. */
static void
ahead_dir(struct ahead_test *t, const char *name, unsigned int cnt)
{
	struct fuse_entry_out e;
	unsigned int i;
	char file[32];

	snprintf(t->host, sizeof(t->host), "%s/%s",
	    box_host(&t->b, "mnt"), name);
	if (mkdir(t->host, 0755) == -1)
		tap_bail("%s: %s", t->host, strerror(errno));
	for (i = 0; i < cnt; i++) {
		snprintf(file, sizeof(file), "file%u", i);
		ahead_make(t, file);
	}
	tap_rc(fs_lookup(&t->b.fs, t->mnt, name, &e), 0, "directory %s", name);
	t->dir = e.nodeid;
}

static void
ahead_owner(const struct ahead_test *t, uid_t uid, mode_t mode)
{
	if (chown(t->host, uid, uid) == -1 || chmod(t->host, mode) == -1)
		tap_bail("%s: %s", t->host, strerror(errno));
}

/* The youngest worker. */
static pid_t
ahead_worker(struct ahead_test *t)
{
	const struct proc_set *set = daemon_procs(&t->b.d);
	pid_t last = -1;
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-fsworke", 14) == 0)
			last = set->pid[i];
	return last;
}

/*
 * Look up names that are not there and, if files is not 0, others that are
 * until the directory is read ahead.  A worker answers in order, so that a
 * later answer comes after that.
 */
static void
ahead_warm(struct ahead_test *t, unsigned int cnt, int files)
{
	struct fuse_entry_out e;
	char name[32];
	unsigned int i;
	int rc;

	for (i = 0; i < cnt; i++) {
		snprintf(name, sizeof(name), files && i % 2 ? "file%u" :
		    "nobody%u", i);
		fs_lookup(&t->b.fs, t->dir, name, &e);
	}
	rc = fs_chmod(&t->b.fs, t->mnt, 0755);
	tap_ok(rc == 0 || rc == -EPERM, "the worker answers");
	t->worker = ahead_worker(t);
}

static int
ahead_look(struct ahead_test *t, const char *name, struct fuse_entry_out *e)
{
	memset(e, 0, sizeof(*e));
	return fs_lookup(&t->b.fs, t->dir, name, e);
}

/* A file as the host has just left it. */
static int
ahead_changed(struct ahead_test *t, const char *name)
{
	struct fuse_entry_out e;

	return ahead_look(t, name, &e) == 0 && e.attr.size == 77 &&
	    (e.attr.mode & 07777) == 0600;
}

/*
 * All that is there, and what is not, while nobody can be asked.  A descriptor
 * says what is now; without one the worker does of what has changed.
 */
static void
ahead_known(struct ahead_test *t, const char *dir, uint32_t uid)
{
	struct fuse_entry_out e, again;
	unsigned int i, bad = 0;
	char name[32];

	ahead_dir(t, dir, AHEAD_FILES);
	ahead_owner(t, uid, 0755);
	fs_cred(&t->b.fs, uid, uid);
	ahead_warm(t, 16, 1);
	if (truncate(ahead_path(t, "file7"), 77) == -1 ||
	    chmod(ahead_path(t, "file7"), 0600) == -1)
		tap_bail("file7: %s", strerror(errno));
	kill(t->worker, SIGSTOP);
	for (i = 8; i < AHEAD_FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += ahead_look(t, name, &e) != 0 ||
		    ahead_look(t, name, &again) != 0 ||
		    e.nodeid != again.nodeid || e.attr.size != 4 ||
		    (e.attr.mode & 07777) != 0644 || e.attr_valid > 1;
	}
	tap_is(bad, 0, "the names of %s are known to %u", dir, uid);
	if (uid != 0)
		tap_ok(ahead_changed(t, "file7"), "so is what has changed");
	tap_rc(ahead_look(t, "none", &e), -ENOENT, "so is what is not there");
	t->b.fs.timeout = 300;
	tap_is(ahead_look(t, "FILE1", &e), FS_TIMEOUT,
	    "another spelling is not");
	kill(t->worker, SIGCONT);
	t->b.fs.timeout = 10000;
	tap_rc(ahead_look(t, "FILE2", &e), -ENOENT, "the host knows it");
	tap_rc(ahead_look(t, "file3", &e), 0, "and still file3");
	tap_is(e.attr.ino == again.attr.ino, 0, "which is not the last one");
	tap_ok(ahead_changed(t, "file7"), "what has changed is of now");
	fs_cred(&t->b.fs, 0, 0);
}

/*
 * What was said of files by whoever does what to them, and at once; file13 to
 * file19 have been said and not looked up before.
 */
static void
ahead_said(struct ahead_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e, early;
	struct fs_file f;
	char from[600];
	int fd;

	ahead_dir(t, "said", AHEAD_FILES);
	tap_rc(ahead_look(t, "file15", &early), 0, "a file is looked up early");
	ahead_warm(t, 12, 1);
	kill(t->worker, SIGSTOP);
	tap_rc(ahead_look(t, "file13", &e), 0, "a file is known");
	kill(t->worker, SIGCONT);
	fd = open(ahead_path(t, "file13"), O_WRONLY | O_APPEND);
	tap_is(write(fd, "x", 1), 1, "the host writes to it");
	tap_rc(ahead_look(t, "file13", &e), 0, "look");
	tap_is((long long)e.attr.size, 5, "it has one byte more");
	tap_is(fchmod(fd, 0604), 0, "the host changes its mode");
	close(fd);
	tap_rc(ahead_look(t, "file13", &e), 0, "look");
	tap_is(e.attr.mode & 07777, 0604, "it is of now");
	tap_rc(ahead_look(t, "file14", &e), 0, "another one");
	tap_rc(fs_fopen(fs, e.nodeid, O_RDWR, &f), 0, "is opened");
	tap_is(fs_write(fs, &f, 4, "yy", 2), 2, "and written to");
	tap_rc(fs_release(fs, &f), 0, "and closed");
	tap_rc(ahead_look(t, "file14", &e), 0, "look");
	tap_is((long long)e.attr.size, 6, "it has two bytes more");
	tap_rc(fs_link(fs, early.nodeid, t->mnt, "linked", &e), 0,
	    "that one is linked elsewhere");
	tap_rc(ahead_look(t, "file15", &e), 0, "look");
	tap_is(e.attr.nlink, 2, "has two names");
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file16"));
	if (link(from, ahead_path(t, "more16")) == -1)
		tap_bail("%s: %s", from, strerror(errno));
	tap_rc(ahead_look(t, "file16", &e), 0, "one that the host links");
	fd = open(ahead_path(t, "more16"), O_WRONLY | O_APPEND);
	tap_is(write(fd, "zzz", 3), 3, "and writes to by its other name");
	close(fd);
	usleep(1000000);
	tap_rc(ahead_look(t, "file16", &e), 0, "look a second later");
	tap_is((long long)e.attr.size, 7, "it has three bytes more");
	tap_is(e.attr.nlink, 2, "and two names");
}

/* The host changes names; all that did not change stays known. */
static void
ahead_host(struct ahead_test *t)
{
	char from[600];
	struct fuse_entry_out e;

	ahead_dir(t, "host", AHEAD_FILES);
	ahead_warm(t, 32, 1);
	kill(t->worker, SIGSTOP);
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file5"));
	if (rename(from, ahead_path(t, "other5")) == -1 ||
	    unlink(ahead_path(t, "file6")) == -1)
		tap_bail("rename: %s", strerror(errno));
	tap_rc(ahead_look(t, "file8", &e), 0, "what did not change is known");
	tap_rc(ahead_look(t, "none", &e), -ENOENT, "and what is missing");
	tap_rc(ahead_look(t, "file6", &e), -ENOENT, "what was removed is gone");
	t->b.fs.timeout = 300;
	tap_is(ahead_look(t, "other5", &e), FS_TIMEOUT,
	    "the new name is asked about");
	kill(t->worker, SIGCONT);
	t->b.fs.timeout = 10000;
	tap_rc(ahead_look(t, "file5", &e), -ENOENT, "the old name is gone");
	tap_rc(ahead_look(t, "other5", &e), 0, "and is there");
	if (truncate(ahead_path(t, "file9"), 99) == -1)
		tap_bail("file9: %s", strerror(errno));
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file9"));
	if (renameat2(AT_FDCWD, from, AT_FDCWD, ahead_path(t, "file10"),
	    RENAME_EXCHANGE) == -1)
		tap_bail("exchange: %s", strerror(errno));
	tap_rc(ahead_look(t, "file10", &e), 0, "two that are exchanged");
	tap_is((long long)e.attr.size, 99, "are the other one's");
	tap_rc(ahead_look(t, "file9", &e), 0, "both of them");
	tap_is((long long)e.attr.size, 4, "and of now");
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file11"));
	if (renameat2(AT_FDCWD, from, AT_FDCWD, ahead_path(t, "file12"),
	    RENAME_WHITEOUT) == -1)
		tap_bail("whiteout: %s", strerror(errno));
	tap_rc(ahead_look(t, "file11", &e), 0, "a whiteout is there");
	tap_ok(S_ISCHR(e.attr.mode), "a device");
}

/* Is name, which is known, the file of this inode number now? */
static void
ahead_is(struct ahead_test *t, const char *name, uint64_t ino, const char *what)
{
	struct fuse_entry_out e;

	tap_rc(ahead_look(t, name, &e), 0, "%s", what);
	tap_is((long long)e.attr.ino, (long long)ino, "and is the one moved");
}

/* A name that is known becomes another file's, with and without its node. */
static void
ahead_over(struct ahead_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e[6];
	char from[600], name[32];
	unsigned int i;

	ahead_dir(t, "over", AHEAD_FILES);
	ahead_warm(t, 16, 1);
	for (i = 20; i < 26; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		tap_rc(ahead_look(t, name, &e[i - 20]), 0, "%s", name);
	}
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file20"));
	if (rename(from, ahead_path(t, "file30")) == -1)
		tap_bail("%s: %s", from, strerror(errno));
	ahead_is(t, "file30", e[0].attr.ino, "the host moves over a name");
	snprintf(from, sizeof(from), "%s", ahead_path(t, "file21"));
	if (rename(from, ahead_path(t, "file22")) == -1)
		tap_bail("%s: %s", from, strerror(errno));
	ahead_is(t, "file22", e[1].attr.ino, "and over one with a node");
	tap_rc(fs_rename(fs, t->dir, "file23", t->dir, "file31"), 0,
	    "the guest does");
	ahead_is(t, "file31", e[3].attr.ino, "the name is there");
	tap_rc(fs_rename(fs, t->dir, "file24", t->dir, "file25"), 0,
	    "over one with a node");
	ahead_is(t, "file25", e[4].attr.ino, "the name is there");
	tap_rc(ahead_look(t, "file20", &e[0]), -ENOENT, "what was moved");
	tap_rc(ahead_look(t, "file21", &e[0]), -ENOENT, "is not there");
	tap_rc(ahead_look(t, "file23", &e[0]), -ENOENT, "any more");
	tap_rc(ahead_look(t, "file24", &e[0]), -ENOENT, "under its old name");
}

/* Many changes, and more than the kernel tells of. */
static void
ahead_storm(struct ahead_test *t)
{
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	char name[32];

	ahead_dir(t, "storm", AHEAD_FILES);
	ahead_warm(t, 16, 1);
	for (i = 0; i < AHEAD_RACES; i++) {
		snprintf(name, sizeof(name), "late%u", i);
		bad += ahead_look(t, name, &e) != -ENOENT;
		ahead_make(t, name);
		bad += ahead_look(t, name, &e) != 0;
		if (unlink(ahead_path(t, name)) == -1)
			tap_bail("%s: %s", name, strerror(errno));
		bad += ahead_look(t, name, &e) != -ENOENT;
	}
	tap_is(bad, 0, "what the host makes is there at once, %d times",
	    AHEAD_RACES);
	for (i = 0; i < AHEAD_STORM; i++) {
		ahead_make(t, "wind");
		unlink(ahead_path(t, "wind"));
	}
	ahead_make(t, "calm");
	tap_rc(ahead_look(t, "calm", &e), 0, "what is there after %d changes",
	    2 * AHEAD_STORM);
	tap_rc(ahead_look(t, "wind", &e), -ENOENT, "and what is not");
	tap_rc(ahead_look(t, "file7", &e), 0, "and what did not change");
}

/* The guest's own changes, each of which its later lookups must see. */
static void
ahead_guest(struct ahead_test *t)
{
	struct fs_file f;
	struct fuse_entry_out e;
	struct fs *fs = &t->b.fs;

	ahead_dir(t, "guest", AHEAD_FILES);
	ahead_warm(t, 16, 1);
	tap_rc(fs_unlink(fs, t->dir, "file1"), 0, "unlink");
	tap_rc(ahead_look(t, "file1", &e), -ENOENT, "it is gone");
	tap_rc(fs_create(fs, t->dir, "new", 0644, O_RDWR, &f), 0, "create");
	tap_rc(ahead_look(t, "new", &e), 0, "it is there");
	tap_is((long long)e.nodeid, (long long)f.node, "the same node");
	tap_rc(fs_rename(fs, t->dir, "file2", t->dir, "file3"), 0, "rename");
	tap_rc(ahead_look(t, "file2", &e), -ENOENT, "the old name is gone");
	tap_rc(ahead_look(t, "file3", &e), 0, "the new one is there");
	tap_rc(fs_mkdir(fs, t->dir, "file1", 0755, &e), 0, "mkdir");
	tap_rc(ahead_look(t, "file1", &e), 0, "it is there");
	tap_ok(S_ISDIR(e.attr.mode), "a directory now");
	tap_rc(fs_release(fs, &f), 0, "release");
	tap_rc(fs_unlink(fs, t->dir, "file4"), 0, "unlink another one");
	kill(t->worker, SIGSTOP);
	tap_rc(ahead_look(t, "file4", &e), -ENOENT, "what went is known");
	tap_rc(ahead_look(t, "next", &e), -ENOENT, "and what was never there");
	kill(t->worker, SIGCONT);
}

/* Who makes files looks for each first: its names alone are read. */
static void
ahead_fresh(struct ahead_test *t, pid_t transport)
{
	struct fuse_entry_out e, sub;
	struct fs *fs = &t->b.fs;
	struct fs_file f;
	unsigned int i, bad = 0;
	char name[32];
	int before;

	ahead_dir(t, "fresh", 1);
	tap_rc(fs_mkdir(fs, t->dir, "sub", 0755, &sub), 0, "a new directory");
	t->dir = sub.nodeid;
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "made%u", i);
		bad += ahead_look(t, name, &e) != -ENOENT ||
		    fs_create(fs, t->dir, name, 0644, O_RDWR, &f) != 0 ||
		    fs_release(fs, &f) != 0;
	}
	tap_is(bad, 0, "files are made in it");
	before = proc_fds(transport);
	kill(t->worker, SIGSTOP);
	tap_rc(ahead_look(t, "made8", &e), -ENOENT, "the next one is missing");
	kill(t->worker, SIGCONT);
	tap_is(proc_fds(transport), before, "no descriptor waits for it");
}

/* More than one answer holds, and descriptors that go away again. */
static void
ahead_many(struct ahead_test *t, pid_t transport)
{
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	int before, full, after, tries;
	char name[32];

	ahead_dir(t, "many", AHEAD_MANY);
	ahead_owner(t, AHEAD_USER, 0755);
	fs_cred(&t->b.fs, AHEAD_USER, AHEAD_USER);
	ahead_look(t, "nobody", &e);
	before = proc_fds(transport);
	for (i = 0; i < 8; i++)
		ahead_warm(t, 16, 1);
	full = proc_fds(transport);
	tap_ok(full >= before + AHEAD_MANY - 16, "%d descriptors more wait",
	    full - before);
	kill(t->worker, SIGSTOP);
	for (i = 0; i < AHEAD_MANY; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += ahead_look(t, name, &e) != 0 ||
		    fs_forget(&t->b.fs, e.nodeid, 1) != 0;
	}
	kill(t->worker, SIGCONT);
	tap_is(bad, 0, "%d names are known", AHEAD_MANY);
	ahead_dir(t, "unused", AHEAD_FILES);
	ahead_owner(t, AHEAD_USER, 0755);
	ahead_warm(t, 16, 1);
	for (tries = 0; tries < 100; tries++) {
		after = proc_fds(transport);
		if (after <= before + AHEAD_NODES)
			break;
		usleep(100000);
	}
	tap_ok(after <= before + AHEAD_NODES, "what nobody asked for is closed: %d, %d",
	    after, before);
	fs_cred(&t->b.fs, 0, 0);
}

/* A list that takes it from AHEAD_USER, with the same mode as before. */
static void
ahead_acl(const struct ahead_test *t)
{
	struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} e[5];
	} acl = { 2, { { 1, 7, UINT32_MAX }, { 2, 0, AHEAD_USER },
	    { 4, 5, UINT32_MAX }, { 16, 5, UINT32_MAX },
	    { 32, 5, UINT32_MAX } } };

	if (setxattr(t->host, "system.posix_acl_access", &acl, sizeof(acl),
	    0) == -1)
		tap_bail("%s: %s", t->host, strerror(errno));
}

/* What one user knows is nobody else's, and his rights are those of now. */
static void
ahead_rights(struct ahead_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e;

	fs_cred(fs, AHEAD_USER, AHEAD_USER);
	ahead_dir(t, "rights", AHEAD_FILES);
	ahead_owner(t, AHEAD_USER, 0700);
	ahead_warm(t, 16, 1);
	kill(t->worker, SIGSTOP);
	tap_rc(ahead_look(t, "file4", &e), 0, "the owner looks");
	tap_rc(ahead_look(t, "none", &e), -ENOENT, "and at what is missing");
	fs_cred(fs, AHEAD_USER + 1, AHEAD_USER + 1);
	tap_rc(ahead_look(t, "file4", &e), -EACCES, "another one may not");
	tap_rc(ahead_look(t, "none", &e), -EACCES, "nor at what is missing");
	kill(t->worker, SIGCONT);
	fs_cred(fs, AHEAD_USER, AHEAD_USER);
	ahead_owner(t, 0, 0700);
	tap_rc(ahead_look(t, "file5", &e), -EACCES, "and now nor may he");
	tap_rc(ahead_look(t, "none", &e), -EACCES, "nor at what is missing");
	ahead_owner(t, 0, 0711);
	ahead_warm(t, 16, 1);
	tap_rc(ahead_look(t, "file5", &e), 0, "one that he may only search");
	tap_rc(ahead_look(t, "none", &e), -ENOENT, "has what it has");
	ahead_owner(t, 0, 0755);
	ahead_warm(t, 16, 1);
	tap_rc(ahead_look(t, "file6", &e), 0, "one that all may search");
	ahead_acl(t);
	tap_rc(ahead_look(t, "file7", &e), -EACCES, "but not he");
	tap_rc(ahead_look(t, "none", &e), -EACCES, "nor at what is missing");
	ahead_owner(t, AHEAD_USER, 0644);
	ahead_warm(t, 16, 1);
	tap_rc(ahead_look(t, "none", &e), -EACCES, "one that he may only list");
	fs_cred(fs, 0, 0);
}

/* A worker that dies over it costs nobody an answer. */
static void
ahead_killed(struct ahead_test *t)
{
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	char name[32];

	ahead_dir(t, "killed", AHEAD_FILES);
	ahead_warm(t, 1, 0);
	kill(t->worker, SIGSTOP);
	t->b.fs.timeout = 100;
	bad += ahead_look(t, "none", &e) != FS_TIMEOUT;
	kill(t->worker, SIGKILL);
	t->b.fs.timeout = 10000;
	for (i = 0; i < AHEAD_FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += ahead_look(t, name, &e) != 0;
	}
	tap_is(bad, 0, "a worker is killed");
}

static void
ahead_all(struct ahead_test *t, const char *mode)
{
	const char *const more[] = { "--permissions", mode, NULL };
	struct box_opts o;
	struct fuse_entry_out e;
	pid_t transport = -1;
	unsigned int i;

	memset(&o, 0, sizeof(o));
	o.daemon.more = more;
	box_open(&t->b, &o);
	if (!tap_is(daemon_mount(&t->b.d), 0, "mount a tmpfs") ||
	    !tap_is(box_launch(&t->b), 0, "start, permissions %s", mode) ||
	    !tap_is(box_negotiate(&t->b), 0, "handshake") ||
	    !tap_is(box_setup(&t->b), 0, "memory and rings") ||
	    !tap_rc(fs_init(&t->b.fs, &t->b.init), 0, "INIT"))
		return;
	fs_cred(&t->b.fs, 0, 0);
	tap_rc(fs_lookup(&t->b.fs, FUSE_ROOT_ID, "mnt", &e), 0, "the tmpfs");
	t->mnt = e.nodeid;
	for (i = 0; i < daemon_procs(&t->b.d)->cnt; i++)
		if (strncmp(proc_name(t->b.d.seen.pid[i]), "viofsd-transpo",
		    14) == 0)
			transport = t->b.d.seen.pid[i];
	if (strcmp(mode, "guest") != 0) {
		ahead_known(t, "seen", AHEAD_USER);
		ahead_many(t, transport);
		ahead_rights(t);
		return;
	}
	ahead_known(t, "known", 0);
	ahead_said(t);
	ahead_host(t);
	ahead_over(t);
	ahead_storm(t);
	ahead_guest(t);
	ahead_fresh(t, transport);
	ahead_killed(t);
}

int
main(int argc, char **argv)
{
	static struct ahead_test t;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "read ahead");
		return tap_done();
	}
	ahead_all(&t, "guest");
	box_close(&t.b);
	ahead_all(&t, "host");
	box_close(&t.b);
	return tap_done();
}
