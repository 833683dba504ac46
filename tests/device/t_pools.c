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
 * Pools of ids whose workers with capabilities live in a user namespace.
 *
 * Knows: what such a root may do within its range and what the kernel keeps
 * from it, and that it may without the namespace.
 * Never: who has a worker at all (t_policy.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"
#include "pools.h"

#define POOLS_FILES	1500	/* more than there are descriptors for */

static const char *const pools_kept[] = { "--pool", "0-0,userns", "--pool",
    "41000-41099,userns", "--pool", "41100-41199,userns", "--xattr",
    "--rlimit-nofile", "1024", NULL };
static const char *const pools_open[] = { "--pool", "0-0", "--pool",
    "41000-41099", "--pool", "41100-41199", "--xattr", NULL };

/* Who tries, and how his files are called. */
static const struct pools_who {
	uint32_t	 id;
	const char	*name;
} pools_who[] = {
	{ POOLS_A, "a user of another pool" }, { 0, "guest root" },
};

static bool
pools_start(struct box *b, const char *const *more)
{
	const struct box_opts	 o = { .daemon.more = more };

	if (!box_start(b, &o)) {
		box_close(b);
		return false;
	}
	if (chmod(b->d.share, 0777) == -1)
		tap_bail("%s: %s", b->d.share, strerror(errno));
	return true;
}

uint64_t
pools_file(struct box *b, uint64_t dir, const char *name, uint32_t id)
{
	struct fs_file	 f;
	int		 rc;

	fs_cred(&b->fs, id, id);
	if ((rc = fs_create(&b->fs, dir, name, 0600, O_RDWR, &f)) != 0 ||
	    (rc = fs_write(&b->fs, &f, 0, "secret", 6)) != 6)
		tap_bail("%s: %s", name, tap_rcname(rc));
	fs_release(&b->fs, &f);
	return f.node;
}

static int
pools_fopen(struct box *b, uint64_t node, uint32_t id)
{
	struct fs_file	 f;
	int		 rc;

	fs_cred(&b->fs, id, id);
	if ((rc = fs_fopen(&b->fs, node, O_RDWR, &f)) == 0)
		fs_release(&b->fs, &f);
	return rc;
}

static bool
pools_owner(struct box *b, const char *name, uint32_t id)
{
	struct stat	 st;

	return lstat(box_host(b, name), &st) == 0 && st.st_uid == id &&
	    st.st_gid == id;
}

/* A request that root's rights are needed for, on another range's file. */
static void
pools_try(int rc, bool kept, const char *who, const char *what)
{
	if (kept)
		tap_ok(rc == -EACCES || rc == -EPERM || rc == -EINVAL,
		    "kept: %s does not %s (%s)", who, what, tap_rcname(rc));
	else
		tap_rc(rc < 0 ? rc : 0, 0, "not kept: %s does %s", who, what);
}

/* The same requests with the namespaces and without. */
static void
pools_foreign(const struct pools_who *w, bool kept)
{
	struct fuse_entry_out	 dir;
	struct fs_file		 f;
	struct stat		 st;
	struct box		 b;
	uint64_t		 n, own;

	if (!pools_start(&b, kept ? pools_kept : pools_open))
		return;
	n = pools_file(&b, FUSE_ROOT_ID, "b", POOLS_B);
	fs_mkdir(&b.fs, FUSE_ROOT_ID, "bd", 0700, &dir);
	pools_file(&b, dir.nodeid, "in", POOLS_B);
	own = pools_file(&b, FUSE_ROOT_ID, "own", w->id);
	pools_try(pools_fopen(&b, n, w->id), kept, w->name, "open a file");
	fs_cred(&b.fs, w->id, w->id);
	pools_try(fs_truncate(&b.fs, n, 3), kept, w->name, "truncate it");
	pools_try(fs_setxattr(&b.fs, n, "user.x", "x", 1, 0), kept, w->name,
	    "give it an attribute");
	pools_try(fs_chmod(&b.fs, n, 0640), kept, w->name, "change its mode");
	pools_try(fs_create(&b.fs, dir.nodeid, "new", 0600, O_RDWR, &f), kept,
	    w->name, "make a file in a closed directory");
	pools_try(fs_rename(&b.fs, dir.nodeid, "in", dir.nodeid, "in2"), kept,
	    w->name, "rename there");
	pools_try(fs_unlink(&b.fs, dir.nodeid, "in2"), kept, w->name,
	    "remove there");
	pools_try(fs_chown(&b.fs, own, POOLS_B, POOLS_B), kept, w->name,
	    "give a file away");
	pools_try(fs_chown(&b.fs, n, w->id, w->id), kept, w->name,
	    "take a file");
	if (kept) {
		tap_ok(stat(box_host(&b, "b"), &st) == 0 && st.st_size == 6 &&
		    (st.st_mode & 07777) == 0600 &&
		    pools_owner(&b, "b", POOLS_B) &&
		    pools_owner(&b, "own", w->id) &&
		    access(box_host(&b, "bd/in"), F_OK) == 0 &&
		    access(box_host(&b, "bd/new"), F_OK) == -1,
		    "kept: %s changed nothing", w->name);
	} else
		tap_ok(pools_owner(&b, "b", w->id) &&
		    pools_owner(&b, "own", POOLS_B),
		    "not kept: %s changed what it could", w->name);
	box_close(&b);
}

/* All that a root worker is there for, within its range. */
static void
pools_ordinary(struct box *b)
{
	struct fuse_entry_out	 dir, e;
	struct fuse_attr_out	 attr;
	struct fs_file		 f;
	uint64_t		 n;
	char			 buf[8];

	n = pools_file(b, FUSE_ROOT_ID, "a", POOLS_A);
	tap_ok(pools_owner(b, "a", POOLS_A), "range: files are their maker's");
	tap_rc(pools_fopen(b, n, POOLS_A2), 0, "range: root opens");
	fs_cred(&b->fs, POOLS_A2, POOLS_A2);
	tap_rc(fs_chmod(&b->fs, n, 0640), 0, "range: root changes a mode");
	tap_rc(fs_setxattr(&b->fs, n, "user.x", "x", 1, 0), 0,
	    "range: root sets an attribute");
	tap_is(fs_getxattr(&b->fs, n, "user.x", buf, sizeof(buf)), 1,
	    "range: root reads one");
	tap_rc(fs_chown(&b->fs, n, POOLS_LAST, POOLS_FIRST), 0,
	    "range: root changes an owner");
	tap_ok(fs_getattr(&b->fs, n, &attr) == 0 &&
	    attr.attr.uid == POOLS_LAST && attr.attr.gid == POOLS_FIRST,
	    "range: it is as it was said");
	fs_cred(&b->fs, POOLS_A, POOLS_A);
	tap_rc(fs_mkdir(&b->fs, FUSE_ROOT_ID, "d", 0700, &dir), 0,
	    "range: mkdir");
	fs_cred(&b->fs, POOLS_A2, POOLS_A2);
	tap_rc(fs_create(&b->fs, dir.nodeid, "f", 0600, O_RDWR, &f), 0,
	    "range: a creator makes a file in a closed directory");
	tap_ok(pools_owner(b, "d/f", POOLS_A2), "range: it is the creator's");
	fs_release(&b->fs, &f);
	tap_rc(fs_symlink(&b->fs, dir.nodeid, "s", "to", &e), 0,
	    "range: symlink");
	tap_rc(fs_mknod(&b->fs, dir.nodeid, "p", S_IFIFO | 0600, 0, &e), 0,
	    "range: mknod");
	tap_rc(fs_rename(&b->fs, dir.nodeid, "f", dir.nodeid, "g"), 0,
	    "range: root renames");
	tap_rc(fs_lookup(&b->fs, dir.nodeid, "g", &e), 0,
	    "range: root looks up");
	tap_rc(fs_link(&b->fs, e.nodeid, dir.nodeid, "l", &e), 0,
	    "range: root links");
	tap_rc(fs_unlink(&b->fs, dir.nodeid, "l"), 0, "range: root removes");
}

/* What is an id outside stays one, in what the guest is shown. */
static void
pools_shown(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fs_file		 d;
	struct fs_dirent	 ent;
	char			 buf[16384];
	size_t			 at = 0;
	int			 rc, bad = 0;

	box_file(b, "foreign", "x", 1);
	if (lchown(box_host(b, "foreign"), 5, 6) == -1)
		tap_bail("lchown: %s", strerror(errno));
	fs_cred(&b->fs, 0, 0);
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "foreign", &e), 0,
	    "shown: guest root looks up a file of nobody's range");
	tap_ok(e.attr.uid == 5 && e.attr.gid == 6, "shown: its owner");
	if ((rc = fs_opendir(&b->fs, FUSE_ROOT_ID, &d)) != 0)
		tap_bail("opendir: %s", tap_rcname(rc));
	rc = fs_readdirplus(&b->fs, &d, 0, buf, sizeof(buf));
	while (rc > 0 && fs_nextent(buf, (size_t)rc, &at, true, &ent) == 1)
		bad += ent.entry.attr.uid == 65534;
	tap_ok(rc > 0 && bad == 0, "shown: and in a listing");
	fs_releasedir(&b->fs, &d);
}

/* Files that gave their descriptors up, and are opened by handle. */
static void
pools_handles(struct box *b)
{
	struct fuse_entry_out	 dir, e;
	uint64_t		 node[POOLS_FILES];
	char			 name[16];
	unsigned		 i;
	int			 bad = 0;

	fs_cred(&b->fs, POOLS_A, POOLS_A);
	if (fs_mkdir(&b->fs, FUSE_ROOT_ID, "many", 0700, &dir) != 0)
		tap_bail("mkdir");
	for (i = 0; i < POOLS_FILES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		bad += fs_mknod(&b->fs, dir.nodeid, name, S_IFREG | 0600, 0,
		    &e) != 0;
		node[i] = e.nodeid;
	}
	for (i = 0; i < POOLS_FILES; i += 100)
		bad += pools_fopen(b, node[i], POOLS_A2) != 0;
	tap_is(bad, 0, "range: files are opened by handle");
}

/* Without one of the spawners there is no service, and nobody is left. */
static void
pools_end(struct box *b)
{
	pid_t	 pid = pools_pid(b, "viofsd: spawner pool 41000-41099");

	if (pid == -1 || kill(pid, SIGKILL) == -1)
		tap_bail("no spawner of the pool");
	tap_is(daemon_wait(&b->d, 10000), 1, "the end of a pool's spawner is "
	    "that of the daemon");
	tap_is(daemon_leftover(&b->d, 10000), 0, "and of all its processes");
	tap_ok(daemon_logged(&b->d, 0, "the spawner closed its channel"),
	    "the log says so");
}

/* Guest root by --translate-uid, where the host's word is final. */
static void
pools_host(void)
{
	static const char *const	 more[] = { "--permissions", "host",
					    "--guest-root",
					    "caps:chown+dac_override+fowner",
					    "--translate-uid",
					    "map:0:41000:100",
					    "--translate-gid",
					    "map:0:41000:100", "--pool",
					    "41000-41099,userns", NULL };
	struct fs_file			 f;
	struct box			 b;
	uint64_t			 n;
	int				 rc;

	if (!pools_start(&b, more))
		return;
	n = pools_file(&b, FUSE_ROOT_ID, "a", 1);
	tap_ok(pools_owner(&b, "a", POOLS_A), "host: a user's file");
	tap_rc(pools_fopen(&b, n, 2), -EACCES, "host: there is no other try");
	tap_rc(pools_fopen(&b, n, 0), 0, "host: root of the range opens");
	fs_cred(&b.fs, 0, 0);
	rc = fs_create(&b.fs, FUSE_ROOT_ID, "r", 0600, O_RDWR, &f);
	tap_rc(rc, 0, "host: root of the range creates");
	tap_ok(pools_owner(&b, "r", POOLS_FIRST), "host: it is its own");
	tap_rc(fs_chown(&b.fs, n, 5, 5), 0, "host: chown in the range");
	tap_ok(pools_owner(&b, "a", POOLS_FIRST + 5), "host: so it is");
	pools_map(&b, "viofsd: worker pool 41000:41000", "41000 41000 100",
	    0xb);
	box_close(&b);
}

static void
pools_refused(void)
{
	static const char *const	 rows[][7] = {
		{ "--pool", "1000-1999,userns", "--uid-map", ":0:100000:65536:",
		    "--gid-map", ":0:100000:65536:" },
		{ "--pool", "1000-1999,userns", "--permissions", "host" },
		{ "--pool", "1000-1999,userns", "--modcaps", "+sys_admin" },
		{ "--pool", "1000-1999,userns=yes" },
	};
	struct daemon_opts	 o = { 0 };
	struct daemon		 d;
	unsigned		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&d, 0, sizeof(d));
		daemon_open(&d);
		o.more = rows[i];
		daemon_start(&d, &o);
		tap_ok(daemon_wait(&d, 10000) == 1 &&
		    daemon_logged(&d, 0, "--pool"), "refused: %s %s %s",
		    rows[i][0], rows[i][1], rows[i][2] != NULL ? rows[i][2] :
		    "");
		daemon_close(&d);
	}
}

int
main(int argc, char **argv)
{
	struct box	 b;
	unsigned	 i;

	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("only root can serve other users", "pools");
		return tap_done();
	}
	for (i = 0; i < 2; i++) {
		pools_foreign(&pools_who[i], false);
		pools_foreign(&pools_who[i], true);
	}
	if (pools_start(&b, pools_kept)) {
		pools_ordinary(&b);
		pools_shown(&b);
		pools_maps(&b);
		pools_handles(&b);
		pools_take_over(&b);
		pools_end(&b);
		box_close(&b);
	}
	pools_host();
	pools_refused();
	return tap_done();
}
