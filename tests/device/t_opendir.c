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
 * Directories that root opens and that are opened when they are read: a guest
 * sees what it would have seen of one that was open all the time.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/fs_more.h"
#include "tests/frontend/tap.h"

#define OPENDIR_FEW	20
#define OPENDIR_MANY	400
#define OPENDIR_PAGE	8192
#define OPENDIR_OPEN	200	/* directories at the same time */

/* A directory of the share, and how often each of its files was seen. */
struct opendir {
	struct box	 b;
	uint64_t	 dir;
	struct fs_file	 d;
	uint64_t	 off;
	uint8_t		 page[OPENDIR_PAGE];
	unsigned int	 seen[OPENDIR_MANY];
	unsigned int	 nodes;
};

static void
opendir_signal(struct opendir *o, int sig)
{
	const struct proc_set *s = daemon_procs(&o->b.d);
	unsigned int i;

	for (i = 0; i < s->cnt; i++)
		if (strcmp(proc_name(s->pid[i]), "viofsd-fsworker") == 0)
			kill(s->pid[i], sig);
}

static int
opendir_fds(struct opendir *o)
{
	const struct proc_set *s = daemon_procs(&o->b.d);
	unsigned int i;

	for (i = 0; i < s->cnt; i++)
		if (strncmp(proc_name(s->pid[i]), "viofsd-transpor", 15) == 0)
			return proc_fds(s->pid[i]);
	tap_bail("no transport");
}

/* Make a directory of cnt files and look it up. */
static void
opendir_fill(struct opendir *o, const char *dir, unsigned int cnt)
{
	struct fuse_entry_out e;
	unsigned int i;
	char name[64];

	if (mkdir(box_host(&o->b, dir), 0755) == -1)
		tap_bail("%s: %s", dir, strerror(errno));
	for (i = 0; i < cnt; i++) {
		snprintf(name, sizeof(name), "%s/f%03u", dir, i);
		box_file(&o->b, name, "", 0);
	}
	tap_rc(fs_lookup(&o->b.fs, FUSE_ROOT_ID, dir, &e), 0, "%s", dir);
	o->dir = e.nodeid;
}

static void
opendir_begin(struct opendir *o, const char *what)
{
	memset(o->seen, 0, sizeof(o->seen));
	o->off = 0;
	o->nodes = 0;
	tap_rc(fs_opendir(&o->b.fs, o->dir, &o->d), 0, "%s: open", what);
}

static void
opendir_parse(struct opendir *o, int len, bool plus)
{
	struct fs_dirent e;
	size_t pos = 0;
	unsigned int i;

	while (len > 0 && fs_nextent(o->page, (size_t)len, &pos, plus,
	    &e) == 1) {
		o->off = e.off;
		if (sscanf(e.name, "f%u", &i) == 1 && i < OPENDIR_MANY)
			o->seen[i]++;
		if (plus && e.entry.nodeid != 0) {
			o->nodes++;
			fs_forget(&o->b.fs, e.entry.nodeid, 1);
		}
	}
}

/* Read on, one page or to the end; the last answer. */
static int
opendir_read(struct opendir *o, bool plus, bool all)
{
	int len;

	do {
		len = plus ? fs_readdirplus(&o->b.fs, &o->d, o->off, o->page,
		    sizeof(o->page)) : fs_readdir(&o->b.fs, &o->d, o->off,
		    o->page, sizeof(o->page));
		opendir_parse(o, len, plus);
	} while (all && len > 0);
	return len;
}

/* Each of the first cnt files was seen once, and nothing else. */
static void
opendir_end(struct opendir *o, unsigned int cnt, const char *what)
{
	unsigned int i, bad = 0;

	for (i = 0; i < OPENDIR_MANY; i++)
		bad += o->seen[i] != (i < cnt);
	tap_is(bad, 0, "%s: each entry comes once", what);
	tap_rc(fs_releasedir(&o->b.fs, &o->d), 0, "%s: close", what);
}

/* Nobody is asked, and no descriptor is held, until it is read. */
static void
opendir_unread(struct opendir *o)
{
	struct fs_file d[OPENDIR_OPEN];
	unsigned int i, cnt, bad = 0;
	int before, after, timeout = o->b.fs.timeout;

	before = opendir_fds(o);
	opendir_signal(o, SIGSTOP);
	o->b.fs.timeout = 3000;
	for (cnt = 0; cnt < OPENDIR_OPEN && bad == 0; cnt++)
		bad += fs_opendir(&o->b.fs, o->dir, &d[cnt]) != 0;
	after = opendir_fds(o);
	for (i = 0; i < cnt && bad == 0; i++)
		bad += fs_releasedir(&o->b.fs, &d[i]) != 0;
	o->b.fs.timeout = timeout;
	opendir_signal(o, SIGCONT);
	tap_is(bad, 0, "directories are opened and closed without a worker");
	tap_ok(after < before + OPENDIR_OPEN / 2,
	    "and without descriptors: %d, %d", before, after);
	opendir_begin(o, "few");
	before = opendir_fds(o);
	tap_rc(opendir_read(o, true, true), 0, "few: read to the end");
	tap_ok(o->nodes > 0, "few: with nodes");
	tap_ok(opendir_fds(o) <= before + (int)o->nodes,
	    "few: nothing is left open");
	opendir_end(o, OPENDIR_FEW, "few");
}

/* What needs it open gets it. */
static void
opendir_others(struct opendir *o)
{
	struct fs_ioctl io = { .cmd = FS_IOC_GETFLAGS, .out_len = 8 };
	long host = 0, guest = 0;
	int fd, want, rc;

	opendir_begin(o, "READDIR");
	tap_rc(opendir_read(o, false, true), 0, "READDIR to the end");
	opendir_end(o, OPENDIR_FEW, "READDIR");
	opendir_begin(o, "FSYNCDIR");
	tap_rc(fs_fsyncdir(&o->b.fs, &o->d, false), 0, "FSYNCDIR");
	tap_rc(opendir_read(o, true, true), 0, "and READDIRPLUS");
	opendir_end(o, OPENDIR_FEW, "FSYNCDIR");
	opendir_begin(o, "IOCTL");
	fd = open(box_host(&o->b, "few"), O_RDONLY | O_DIRECTORY);
	want = ioctl(fd, FS_IOC_GETFLAGS, &host) == -1 ? -errno : 0;
	close(fd);
	io.flags = FUSE_IOCTL_DIR;
	io.out = &guest;
	rc = fs_ioctl(&o->b.fs, &o->d, &io);
	tap_ok((rc < 0) == (want < 0) && (int)host == (int)guest,
	    "IOCTL answers what the host does: %d, %d", rc, want);
	tap_rc(opendir_read(o, false, true), 0, "and READDIR");
	opendir_end(o, OPENDIR_FEW, "IOCTL");
}

/* From the beginning again, and from a place in between. */
static void
opendir_rewound(struct opendir *o)
{
	uint64_t middle;

	opendir_begin(o, "again");
	tap_rc(opendir_read(o, true, true), 0, "again: read to the end");
	box_file(&o->b, "few/f020", "", 0);
	memset(o->seen, 0, sizeof(o->seen));
	o->off = 0;
	tap_rc(opendir_read(o, true, true), 0, "again: from the beginning");
	opendir_end(o, OPENDIR_FEW + 1, "again");
	unlink(box_host(&o->b, "few/f020"));
	opendir_begin(o, "middle");
	tap_ok(fs_readdirplus(&o->b.fs, &o->d, 0, o->page, 1024) > 0,
	    "middle: a small page");
	opendir_parse(o, fs_readdirplus(&o->b.fs, &o->d, 0, o->page, 1024),
	    true);
	middle = o->off;
	tap_rc(opendir_read(o, true, true), 0, "middle: the rest");
	o->off = middle;
	memset(o->seen, 0, sizeof(o->seen));
	tap_rc(opendir_read(o, true, true), 0, "middle: the rest again");
	o->off = 0;
	opendir_parse(o, fs_readdirplus(&o->b.fs, &o->d, 0, o->page, 1024),
	    true);
	opendir_end(o, OPENDIR_FEW, "middle");
}

/* Open by root, read by who may not. */
static void
opendir_other(struct opendir *o)
{
	if (chmod(box_host(&o->b, "few"), 0700) == -1)
		tap_bail("chmod: %s", strerror(errno));
	opendir_begin(o, "another user");
	fs_cred(&o->b.fs, 1000, 1000);
	tap_rc(opendir_read(o, true, true), 0,
	    "another user reads what root has opened");
	tap_is(o->nodes, 0, "and looks nothing up");
	opendir_end(o, OPENDIR_FEW, "another user");
	fs_cred(&o->b.fs, 0, 0);
	chmod(box_host(&o->b, "few"), 0755);
}

/* A directory that is removed is open still, and has nothing any more. */
static void
opendir_removed(struct opendir *o)
{
	struct fs_file d;

	opendir_fill(o, "gone", 0);
	opendir_begin(o, "gone");
	d = o->d;
	opendir_begin(o, "gone, again");
	tap_rc(fs_rmdir(&o->b.fs, FUSE_ROOT_ID, "gone"), 0, "gone: remove");
	tap_rc(opendir_read(o, true, true), -ENOENT, "gone: READDIRPLUS");
	tap_rc(opendir_read(o, false, true), -ENOENT, "gone: READDIR");
	opendir_end(o, 0, "gone");
	tap_rc(fs_fsyncdir(&o->b.fs, &d, false), 0, "gone: FSYNCDIR");
	tap_rc(fs_releasedir(&o->b.fs, &d), 0, "gone: close");
}

/* Workers die before, while and after it is read. */
static void
opendir_killed(struct opendir *o)
{
	struct fuse_read_in in = { .size = sizeof(o->page) };
	struct fs_args a = { .opcode = FUSE_READDIRPLUS, .arg = &in,
	    .arg_len = sizeof(in), .out_len = sizeof(o->page) };
	struct fs_ticket t;
	int len;

	opendir_begin(o, "killed");
	opendir_signal(o, SIGKILL);
	tap_ok(opendir_read(o, true, false) > 0, "killed before");
	opendir_signal(o, SIGKILL);
	tap_rc(opendir_read(o, true, true), 0, "killed after a page");
	opendir_end(o, OPENDIR_MANY, "killed");
	opendir_begin(o, "killed at work");
	opendir_signal(o, SIGSTOP);
	in.fh = o->d.fh;
	a.node = o->dir;
	fs_submit(&o->b.fs, &a, &t);
	usleep(20000);
	opendir_signal(o, SIGKILL);
	len = fs_finish(&o->b.fs, &t, o->page, sizeof(o->page));
	tap_ok(len > 0, "killed at work: %d", len);
	opendir_parse(o, len, true);
	tap_rc(opendir_read(o, true, true), 0, "killed at work: the rest");
	opendir_end(o, OPENDIR_MANY, "killed at work");
}

/* As far as it was read it is gone: nothing of the rest is missed. */
static void
opendir_emptied(struct opendir *o)
{
	unsigned int i, done = 0, bad = 0;
	char name[16];
	int len;

	opendir_begin(o, "emptied");
	while ((len = opendir_read(o, true, false)) > 0)
		for (i = 0; i < OPENDIR_MANY; i++)
			if (o->seen[i] == 1) {
				snprintf(name, sizeof(name), "f%03u", i);
				bad += fs_unlink(&o->b.fs, o->dir, name) != 0;
				o->seen[i]++;
				done++;
			}
	tap_rc(len, 0, "emptied: read to the end");
	tap_is(bad, 0, "emptied: each is removed");
	tap_is(done, OPENDIR_MANY, "emptied: none was missed");
	tap_rc(fs_releasedir(&o->b.fs, &o->d), 0, "emptied: close");
}

/* Where offsets may change directories are opened at once. */
static bool
opendir_there(struct opendir *o)
{
	unsigned int major, minor;
	struct statfs st;
	struct utsname u;

	if (statfs(box_host(&o->b, "."), &st) == -1 || uname(&u) == -1 ||
	    sscanf(u.release, "%u.%u", &major, &minor) != 2)
		tap_bail("%s", strerror(errno));
	return st.f_type == EXT4_SUPER_MAGIC || st.f_type == XFS_SUPER_MAGIC ||
	    st.f_type == BTRFS_SUPER_MAGIC || (st.f_type == TMPFS_MAGIC &&
	    (major > 6 || (major == 6 && minor >= 6)));
}

int
main(int argc, char **argv)
{
	static struct opendir o;
	struct box_opts opts;

	daemon_args(argc, argv);
	if (daemon_kind != DAEMON_OURS) {
		tap_skip("about viofsd's own processes", "opendir");
		return tap_done();
	}
	memset(&opts, 0, sizeof(opts));
	if (box_start(&o.b, &opts)) {
		opendir_fill(&o, "few", OPENDIR_FEW);
		if (opendir_there(&o))
			opendir_unread(&o);
		else
			tap_skip("this filesystem's offsets may change",
			    "without a descriptor");
		opendir_others(&o);
		opendir_rewound(&o);
		opendir_other(&o);
		opendir_removed(&o);
		opendir_fill(&o, "many", OPENDIR_MANY);
		opendir_killed(&o);
		opendir_emptied(&o);
	}
	box_close(&o.b);
	return tap_done();
}
