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
 * Knows: what is opened while nobody can be asked: files that were open a
 * moment ago, or that were opened ahead, by who may open them now.
 * Never: how the transport remembers them.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/fs_more.h"
#include "tests/frontend/tap.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC	0x58465342
#endif

#define SPARE_FILES	30
#define SPARE_USER	1000
#define SPARE_REST	50000	/* us, after which a file is not new */

struct spare_test {
	struct box b;
	uint64_t dir;
	char host[200];		/* where that is */
	pid_t worker;		/* of who asks now */
};

/* Does the share lie where files are kept open at all? */
static int
spare_there(const struct spare_test *t)
{
	struct statfs st;

	if (statfs(t->host, &st) == -1)
		tap_bail("%s: %s", t->host, strerror(errno));
	return st.f_type == EXT4_SUPER_MAGIC || st.f_type == TMPFS_MAGIC ||
	    st.f_type == XFS_SUPER_MAGIC ||
	    (unsigned long)st.f_type == BTRFS_SUPER_MAGIC;
}

static const char *
spare_path(const struct spare_test *t, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", t->host, name);
	return path;
}

static void
spare_own(const struct spare_test *t, const char *name, mode_t mode)
{
	if (chown(spare_path(t, name), SPARE_USER, SPARE_USER) == -1 ||
	    chmod(spare_path(t, name), mode) == -1)
		tap_bail("%s: %s", name, strerror(errno));
}

/* A directory of the user's, with files that have been there for a while. */
static void
spare_dir(struct spare_test *t, const char *name)
{
	struct fuse_entry_out e;
	unsigned int i;
	char file[32];
	int fd;

	snprintf(t->host, sizeof(t->host), "%s", box_host(&t->b, name));
	if (mkdir(t->host, 0755) == -1)
		tap_bail("%s: %s", t->host, strerror(errno));
	for (i = 0; i < SPARE_FILES; i++) {
		snprintf(file, sizeof(file), "file%u", i);
		fd = open(spare_path(t, file), O_WRONLY | O_CREAT, 0600);
		if (fd == -1 || write(fd, file, strlen(file)) == -1)
			tap_bail("%s: %s", file, strerror(errno));
		close(fd);
		spare_own(t, file, 0600);
	}
	spare_own(t, ".", 0755);
	usleep(SPARE_REST);
	tap_rc(fs_lookup(&t->b.fs, FUSE_ROOT_ID, name, &e), 0, "directory %s",
	    name);
	t->dir = e.nodeid;
}

static int
spare_uid(pid_t pid)
{
	char path[64], line[128];
	int uid = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Uid: %d", &uid) == 1)
			break;
	fclose(f);
	return uid;
}

/* The user's worker. */
static pid_t
spare_worker(struct spare_test *t)
{
	const struct proc_set *set = daemon_procs(&t->b.d);
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-fsworke",
		    14) == 0 && spare_uid(set->pid[i]) == SPARE_USER)
			return set->pid[i];
	tap_bail("no worker");
	return -1;
}

static pid_t
spare_transport(struct spare_test *t)
{
	const struct proc_set *set = daemon_procs(&t->b.d);
	unsigned int i;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-transpo", 14) == 0)
			return set->pid[i];
	return -1;
}

/* Look it up, open it, read its name in it, close it: 0 or an error. */
static int
spare_read(struct spare_test *t, const char *name)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e;
	char buf[32];
	struct fs_file f;
	int rc, len;

	if ((rc = fs_lookup(fs, t->dir, name, &e)) != 0 ||
	    (rc = fs_fopen(fs, e.nodeid, O_RDONLY, &f)) != 0)
		return rc;
	len = fs_read(fs, &f, 0, buf, sizeof(buf));
	rc = fs_release(fs, &f);
	if (rc == 0 && (len != (int)strlen(name) ||
	    memcmp(buf, name, strlen(name)) != 0))
		rc = -EIO;
	return rc;
}

static int
spare_open(struct spare_test *t, uint64_t node, uint32_t flags)
{
	struct fs_file f;
	int rc;

	rc = fs_fopen(&t->b.fs, node, flags, &f);
	return rc != 0 ? rc : fs_release(&t->b.fs, &f);
}

/* Is what is open a terminal?  Some languages want to know each time. */
static int
spare_terminal(struct spare_test *t, uint64_t node)
{
	char buf[64] = { 0 };
	struct fs_ioctl c = { .cmd = 0x5401 /* TCGETS */, .in = buf,
	    .out = buf, .in_len = 16, .out_len = 16 };
	struct fs_file f;
	int rc;

	if ((rc = fs_fopen(&t->b.fs, node, O_RDONLY, &f)) != 0)
		return rc;
	rc = fs_ioctl(&t->b.fs, &f, &c);
	fs_release(&t->b.fs, &f);
	return rc;
}

/* Opened again by who had it open, and by nobody else. */
static void
spare_again(struct spare_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_attr_out attr;
	struct fuse_entry_out e;

	spare_dir(t, "again");
	fs_cred(fs, SPARE_USER, SPARE_USER);
	tap_rc(fs_lookup(fs, t->dir, "file1", &e), 0, "a file");
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "is opened");
	t->worker = spare_worker(t);
	kill(t->worker, SIGSTOP);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "and again by nobody");
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "and again");
	tap_rc(fs_getattr(fs, e.nodeid, &attr), 0, "and looked at");
	tap_rc(spare_terminal(t, e.nodeid), -ENOTTY, "and no terminal");
	fs_cred(fs, SPARE_USER + 1, SPARE_USER + 1);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), -EACCES, "another user");
	fs_cred(fs, SPARE_USER, SPARE_USER);
	kill(t->worker, SIGCONT);
	spare_own(t, "file1", 0400);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "one that is for reading");
	tap_rc(spare_open(t, e.nodeid, O_RDWR), -EACCES, "is not written to");
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "but read");
	spare_own(t, "file1", 0000);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), -EACCES,
	    "and not when its mode says no");
	spare_own(t, "file1", 0600);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "it has changed just now");
	spare_own(t, "file1", 0000);
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), -EACCES, "and so it has now");
	fs_cred(fs, 0, 0);
}

/* Who opens what he looks up finds the next ones open. */
static void
spare_ahead(struct spare_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	char name[32];

	spare_dir(t, "ahead");
	fs_cred(fs, SPARE_USER, SPARE_USER);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += spare_read(t, name) != 0;
	}
	/* A worker answers in order: it has read ahead now. */
	bad += fs_lookup(fs, FUSE_ROOT_ID, "none", &e) != -ENOENT;
	tap_is(bad, 0, "three files are read");
	t->worker = spare_worker(t);
	spare_own(t, "file9", 0000);
	kill(t->worker, SIGSTOP);
	for (i = 3; i < 9; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += spare_read(t, name) != 0;
	}
	tap_is(bad, 0, "and others while nobody can be asked");
	tap_rc(fs_lookup(fs, t->dir, "file9", &e), 0, "one has changed");
	fs_cred(fs, SPARE_USER + 1, SPARE_USER + 1);
	tap_rc(fs_lookup(fs, t->dir, "file10", &e), 0, "another user looks");
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), -EACCES, "and may not read");
	fs_cred(fs, SPARE_USER, SPARE_USER);
	kill(t->worker, SIGCONT);
	tap_rc(spare_read(t, "file9"), -EACCES, "what has changed is asked for");
	tap_rc(spare_read(t, "file10"), 0, "and not what another one tried");
	fs_cred(fs, 0, 0);
}

/* Other uses of what has no other descriptor than that. */
static void
spare_uses(struct spare_test *t)
{
	struct fs *fs = &t->b.fs;
	struct fuse_entry_out e;
	char name[32];
	unsigned int i;

	spare_dir(t, "uses");
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		tap_rc(spare_read(t, name), 0, "read %s", name);
	}
	fs_lookup(fs, FUSE_ROOT_ID, "none", &e);
	tap_rc(fs_lookup(fs, t->dir, "file20", &e), 0, "one that is open");
	tap_rc(fs_chmod(fs, e.nodeid, 0640), 0, "chmod");
	tap_rc(spare_open(t, e.nodeid, O_RDWR), 0, "open for writing");
	tap_rc(fs_link(fs, e.nodeid, t->dir, "link", NULL), 0, "link");
	tap_rc(fs_lookup(fs, t->dir, "file21", &e), 0, "another one");
	tap_rc(fs_truncate(fs, e.nodeid, 3), 0, "truncate");
	tap_rc(spare_open(t, e.nodeid, O_RDONLY), 0, "read it");
	tap_rc(fs_unlink(fs, t->dir, "file22"), 0, "unlink one");
	tap_rc(spare_read(t, "file22"), -ENOENT, "and it is gone");
}

/* What nobody opens any more is closed. */
static void
spare_closed(struct spare_test *t)
{
	pid_t transport = spare_transport(t);
	struct fuse_entry_out e;
	unsigned int i, bad = 0;
	int before, after, tries;
	char name[32];

	spare_dir(t, "closed");
	usleep(SPARE_REST);
	before = proc_fds(transport);
	for (i = 0; i < SPARE_FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		bad += spare_read(t, name) != 0 ||
		    fs_lookup(&t->b.fs, t->dir, name, &e) != 0 ||
		    fs_forget(&t->b.fs, e.nodeid, 2) != 0;
	}
	tap_is(bad, 0, "%d files are read and forgotten", SPARE_FILES);
	for (tries = 0; tries < 100; tries++) {
		if ((after = proc_fds(transport)) <= before)
			break;
		usleep(100000);
	}
	tap_ok(after <= before, "none is left open: %d, %d", before, after);
}

static void
spare_all(struct spare_test *t, const char *mode)
{
	const char *const more[] = { "--permissions", mode, NULL };
	struct box_opts o;

	memset(&o, 0, sizeof(o));
	o.daemon.more = more;
	box_open(&t->b, &o);
	if (!tap_is(box_launch(&t->b), 0, "start, permissions %s", mode) ||
	    !tap_is(box_negotiate(&t->b), 0, "handshake") ||
	    !tap_is(box_setup(&t->b), 0, "memory and rings") ||
	    !tap_rc(fs_init(&t->b.fs, &t->b.init), 0, "INIT"))
		return;
	fs_cred(&t->b.fs, 0, 0);
	snprintf(t->host, sizeof(t->host), "%s", box_host(&t->b, "."));
	if (!spare_there(t)) {
		tap_skip("not on this filesystem", "files are kept open");
		return;
	}
	if (strcmp(mode, "host") == 0) {
		spare_again(t);
		spare_ahead(t);
		return;
	}
	spare_uses(t);
	spare_closed(t);
}

int
main(int argc, char **argv)
{
	static struct spare_test t;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "files kept open");
		return tap_done();
	}
	spare_all(&t, "host");
	box_close(&t.b);
	spare_all(&t, "guest");
	box_close(&t.b);
	return tap_done();
}
