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
 * Shares whose host has the last word, one option after the other.
 *
 * Knows: who may do what, and what is said when somebody may not.
 * Never: all operations (t_perms.c), or the guest's word (t_ids.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"

/* Users that no host has; 5000 is outside of every pool here. */
#define POLICY_A	2501
#define POLICY_B	2502
#define POLICY_OUT	5000
#define POLICY_NOBODY	65534

static bool
policy_start(struct box *b, const char *const *more)
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

/* Create a file as somebody; its node, or 0 with *rc. */
static uint64_t
policy_file(struct box *b, uint64_t dir, const char *name, uint32_t id,
    uint32_t mode, int *rc)
{
	struct fs_file	 f;

	fs_cred(&b->fs, id, id);
	if ((*rc = fs_create(&b->fs, dir, name, mode, O_RDWR, &f)) != 0)
		return 0;
	fs_write(&b->fs, &f, 0, "secret", 6);
	fs_cred(&b->fs, 0, 0);
	fs_release(&b->fs, &f);
	return f.node;
}

static void
policy_owner(struct box *b, const char *name, uint32_t uid, uint32_t gid,
    const char *what)
{
	struct stat	 st;

	if (lstat(box_host(b, name), &st) == -1)
		st.st_uid = st.st_gid = (uid_t)-1;
	tap_ok(st.st_uid == uid && st.st_gid == gid, "%s: %u:%u", what, uid,
	    gid);
}

static int
policy_open(struct box *b, uint64_t node, uint32_t id, uint32_t flags)
{
	struct fs_file	 f;
	int		 rc;

	fs_cred(&b->fs, id, id);
	if ((rc = fs_fopen(&b->fs, node, flags, &f)) == 0)
		fs_release(&b->fs, &f);
	return rc;
}

/* No second try, for nobody, and guest root is nobody. */
static void
policy_host(void)
{
	static const char *const	 more[] = { "--permissions", "host",
					    NULL };
	struct box			 b;
	uint64_t			 n;
	int				 rc;

	if (!policy_start(&b, more))
		return;
	n = policy_file(&b, FUSE_ROOT_ID, "a", POLICY_A, 0600, &rc);
	tap_rc(rc, 0, "host: a user creates");
	policy_owner(&b, "a", POLICY_A, POLICY_A, "host: it is his");
	tap_rc(policy_open(&b, n, POLICY_A, O_RDWR), 0, "host: he opens it");
	tap_rc(policy_open(&b, n, POLICY_B, O_RDONLY), -EACCES,
	    "host: another does not");
	tap_rc(policy_open(&b, n, 0, O_RDONLY), -EACCES,
	    "host: nor does guest root");
	fs_cred(&b.fs, 0, 0);
	tap_rc(fs_chown(&b.fs, n, 0, 0), -EPERM, "host: root cannot chown");
	tap_rc(fs_unlink(&b.fs, FUSE_ROOT_ID, "a"), 0,
	    "host: who may write to the directory removes");
	policy_file(&b, FUSE_ROOT_ID, "r", 0, 0644, &rc);
	policy_owner(&b, "r", POLICY_NOBODY, POLICY_NOBODY,
	    "host: what root makes is nobody's");
	fs_cred(&b.fs, POLICY_A, 0);
	tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "d", 0755, NULL), -EPERM,
	    "host: root's group is not for others");
	tap_ok(daemon_logged(&b.d, 0, "audit: share ") &&
	    daemon_logged(&b.d, 0, "uid 2501 gid 0"), "host: the log says so");
	box_close(&b);
}

/* What the kernel sends without ids, or with another's, by a handle. */
static void
policy_handles(void)
{
	static const char *const	 more[] = { "--permissions", "host",
					    "--writeback", NULL };
	struct fuse_setattr_in		 in = { .valid = FATTR_FH |
					    FATTR_MTIME, .mtime = 77 };
	struct fuse_write_in		 w = { .size = 4,
					    .write_flags = FUSE_WRITE_CACHE };
	struct fs_file			 f;
	struct stat			 st;
	struct box			 b;

	if (!policy_start(&b, more))
		return;
	fs_cred(&b.fs, POLICY_A, POLICY_A);
	tap_rc(fs_create(&b.fs, FUSE_ROOT_ID, "f", 0600, O_RDWR, &f), 0,
	    "handles: create");
	fs_cred(&b.fs, 0, 0);
	in.fh = w.fh = f.fh;
	tap_rc(fs_write_as(&b.fs, &f, &w, "back", 4), 4,
	    "handles: write-back without ids");
	tap_rc(fs_setattr(&b.fs, f.node, &in, NULL), 0,
	    "handles: times of the kernel's are the opener's affair");
	tap_ok(stat(box_host(&b, "f"), &st) == 0 && st.st_mtime == 77,
	    "handles: they are set");
	in.valid = FATTR_FH | FATTR_SIZE;
	in.size = 2;
	tap_rc(fs_setattr(&b.fs, f.node, &in, NULL), 0, "handles: size");
	in.valid = FATTR_FH | FATTR_MODE;
	in.mode = 0666;
	tap_rc(fs_setattr(&b.fs, f.node, &in, NULL), -EPERM,
	    "handles: a mode is not the kernel's affair");
	tap_rc(fs_fsync(&b.fs, &f, false), 0, "handles: fsync");
	if (lchown(box_host(&b, "f"), POLICY_B, POLICY_B) == -1)
		tap_bail("chown: %s", strerror(errno));
	in.valid = FATTR_FH | FATTR_MTIME;
	in.mtime = 99;
	tap_rc(fs_setattr(&b.fs, f.node, &in, NULL), 0,
	    "handles: times of a file that is another's by now");
	tap_ok(stat(box_host(&b, "f"), &st) == 0 && st.st_mtime != 99,
	    "handles: stay the host's");
	tap_rc(fs_release(&b.fs, &f), 0, "handles: release without ids");
	box_close(&b);
}

/* One finds, another would use: a file behind a closed directory. */
static void
policy_closed(const char *mode, int want)
{
	const char *const	 more[] = { "--permissions", mode, "--timeout",
				    "0", NULL };
	struct fuse_entry_out	 dir, e;
	struct fuse_attr_out	 attr;
	struct box		 b;
	uint64_t		 n;
	int			 rc;

	if (!policy_start(&b, more))
		return;
	fs_cred(&b.fs, POLICY_A, POLICY_A);
	fs_mkdir(&b.fs, FUSE_ROOT_ID, "dir", 0700, &dir);
	n = policy_file(&b, dir.nodeid, "file", POLICY_A, 0644, &rc);
	tap_rc(policy_open(&b, n, POLICY_B, O_RDONLY), want,
	    "%s: a readable file behind another's closed directory", mode);
	tap_rc(fs_getattr(&b.fs, n, &attr), want, "%s: its attributes", mode);
	tap_rc(fs_access(&b.fs, n, R_OK), want, "%s: access", mode);
	tap_rc(fs_link(&b.fs, n, FUSE_ROOT_ID, "link", &e), want == 0 ?
	    -EPERM : want, "%s: a link to it", mode);
	tap_rc(fs_lookup(&b.fs, dir.nodeid, "file", &e), -EACCES,
	    "%s: a name in the directory", mode);
	fs_cred(&b.fs, POLICY_A, POLICY_A);
	tap_rc(fs_link(&b.fs, n, FUSE_ROOT_ID, "link", &e), 0,
	    "%s: the owner gives it a name outside", mode);
	fs_cred(&b.fs, POLICY_B, POLICY_B);
	fs_lookup(&b.fs, FUSE_ROOT_ID, "link", &e);
	tap_rc(policy_open(&b, n, POLICY_B, O_RDONLY), 0,
	    "%s: by that name it can be reached", mode);
	tap_rc(policy_open(&b, n, POLICY_A, O_RDWR), 0,
	    "%s: the owner opens it", mode);
	box_close(&b);
}

static void
policy_root(void)
{
	static const char *const	 id[] = { "--permissions", "host",
					    "--guest-root", "2601:2602", NULL };
	static const char *const	 caps[] = { "--permissions", "host",
					    "--guest-root",
					    "caps:chown+dac_override", NULL };
	static const char *const	 all[] = { "--permissions", "strict",
					    "--squash-all", "2701:2702", NULL };
	struct box			 b;
	uint64_t			 n;
	int				 rc;

	if (policy_start(&b, id)) {
		policy_file(&b, FUSE_ROOT_ID, "f", 0, 0644, &rc);
		policy_owner(&b, "f", 2601, 2602, "guest-root: a chosen user");
		box_close(&b);
	}
	if (policy_start(&b, caps)) {
		n = policy_file(&b, FUSE_ROOT_ID, "f", POLICY_A, 0600, &rc);
		tap_rc(policy_open(&b, n, 0, O_RDWR), 0,
		    "guest-root: dac_override opens");
		fs_cred(&b.fs, 0, 0);
		tap_rc(fs_chmod(&b.fs, n, 0644), -EPERM,
		    "guest-root: no fowner, no chmod");
		tap_rc(fs_chown(&b.fs, n, POLICY_B, POLICY_B), 0,
		    "guest-root: chown");
		box_close(&b);
	}
	if (policy_start(&b, all)) {
		policy_file(&b, FUSE_ROOT_ID, "f", POLICY_A, 0600, &rc);
		policy_owner(&b, "f", 2701, 2702, "squash-all: a user");
		policy_file(&b, FUSE_ROOT_ID, "g", 0, 0600, &rc);
		policy_owner(&b, "g", 2701, 2702, "squash-all: root");
		box_close(&b);
	}
}

/* Root of a range: the kernel keeps him there. */
static void
policy_userns(void)
{
	static const char *const	 more[] = { "--permissions", "host",
					    "--guest-root", "userns",
					    "--uid-map", ":0:100000:65536:",
					    "--gid-map", ":0:100000:65536:",
					    NULL };
	struct fuse_entry_out		 e;
	struct box			 b;
	uint64_t			 n;
	int				 rc;

	if (!policy_start(&b, more))
		return;
	n = policy_file(&b, FUSE_ROOT_ID, "f", 0, 0600, &rc);
	tap_rc(rc, 0, "userns: root creates");
	policy_owner(&b, "f", 100000, 100000, "userns: it is the range's");
	fs_cred(&b.fs, 0, 0);
	tap_rc(fs_chown(&b.fs, n, 5, 6), 0, "userns: chown inside");
	policy_owner(&b, "f", 100005, 100006, "userns: it is the range's");
	tap_rc(policy_open(&b, n, 0, O_RDWR), 0, "userns: root overrides");
	box_file(&b, "host", "x", 1);
	if (chmod(box_host(&b, "host"), 0600) == -1)
		tap_bail("chmod: %s", strerror(errno));
	fs_cred(&b.fs, 0, 0);
	fs_lookup(&b.fs, FUSE_ROOT_ID, "host", &e);
	tap_rc(policy_open(&b, e.nodeid, 0, O_RDONLY), -EACCES,
	    "userns: a file of the host's root is not his");
	fs_cred(&b.fs, 0, 0);
	tap_ok(fs_chown(&b.fs, e.nodeid, 0, 0) < 0, "userns: nor to have");
	tap_ok(fs_chmod(&b.fs, e.nodeid, 0666) < 0, "userns: nor to change");
	box_close(&b);
}

static void
policy_pools(void)
{
	static const char *const	 more[] = { "--permissions", "host",
					    "--pool", "2500-2599,workers=2",
					    "--pool", "2600-2600,gids=42-43",
					    NULL };
	struct fs_file			 f;
	struct box			 b;
	uint32_t			 i;
	int				 rc, bad = 0;

	if (!policy_start(&b, more))
		return;
	policy_file(&b, FUSE_ROOT_ID, "in", POLICY_A, 0644, &rc);
	tap_rc(rc, 0, "pool: a user of one");
	policy_file(&b, FUSE_ROOT_ID, "out", POLICY_OUT, 0644, &rc);
	tap_rc(rc, -EPERM, "pool: a user of none");
	tap_ok(daemon_logged(&b.d, 0, "uid 5000 gid 5000") &&
	    daemon_logged(&b.d, 0, "its uid is in no pool"),
	    "pool: the log says so");
	fs_cred(&b.fs, POLICY_A, POLICY_OUT);
	tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "d", 0755, NULL), -EPERM,
	    "pool: a group of none");
	fs_cred(&b.fs, 2600, 42);
	rc = fs_create(&b.fs, FUSE_ROOT_ID, "g", 0644, O_RDWR, &f);
	tap_rc(rc, 0, "pool: a group that the pool gives");
	policy_file(&b, FUSE_ROOT_ID, "r", 0, 0644, &rc);
	tap_rc(rc, 0, "pool: who is squashed needs none");
	/* More users than workers: each has his turn. */
	for (i = 2510; i < 2526; i++) {
		fs_cred(&b.fs, i, i);
		bad += fs_access(&b.fs, FUSE_ROOT_ID, R_OK) != 0;
	}
	tap_is(bad, 0, "pool: sixteen users share two workers");
	box_close(&b);
}

static void
policy_deny(const char *perm, uint32_t id)
{
	const char *const	 more[] = { "--permissions", perm, "--deny",
				    "devices,setid,hardlinks", "--xattr",
				    NULL };
	static const uint32_t	 caps[5] = { 0x02000001, 1, 0, 0, 0 };
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct box		 b;
	uint64_t		 n;
	int			 rc;

	if (!policy_start(&b, more))
		return;
	n = policy_file(&b, FUSE_ROOT_ID, "f", id, 0644, &rc);
	fs_cred(&b.fs, id, id);
	tap_rc(fs_mknod(&b.fs, FUSE_ROOT_ID, "c", S_IFCHR | 0600, 0x103, &e),
	    -EPERM, "deny, %s %u: a device", perm, id);
	tap_rc(fs_create(&b.fs, FUSE_ROOT_ID, "s", 04755, O_RDWR, &f),
	    -EPERM, "deny, %s %u: a set-user-ID file", perm, id);
	tap_rc(fs_mknod(&b.fs, FUSE_ROOT_ID, "s", S_IFREG | 02755, 0, &e),
	    -EPERM, "deny, %s %u: a set-group-ID file", perm, id);
	tap_rc(fs_chmod(&b.fs, n, 04755), -EPERM, "deny, %s %u: the bit",
	    perm, id);
	tap_rc(fs_chmod(&b.fs, n, 0600), 0, "deny, %s %u: another mode", perm,
	    id);
	tap_rc(fs_setxattr(&b.fs, n, "security.capability", caps, 20, 0),
	    -EPERM, "deny, %s %u: a file capability", perm, id);
	tap_rc(fs_mkdir(&b.fs, FUSE_ROOT_ID, "d", 02755, NULL), 0,
	    "deny, %s %u: a set-group-ID directory is none", perm, id);
	tap_rc(fs_link(&b.fs, n, FUSE_ROOT_ID, "l", &e), 0,
	    "deny, %s %u: a link to one's own file", perm, id);
	box_file(&b, "other", "x", 1);
	if (lchown(box_host(&b, "other"), 2800, 2800) == -1)
		tap_bail("chown: %s", strerror(errno));
	fs_cred(&b.fs, id, id);
	fs_lookup(&b.fs, FUSE_ROOT_ID, "other", &e);
	tap_rc(fs_link(&b.fs, e.nodeid, FUSE_ROOT_ID, "m", &e), -EPERM,
	    "deny, %s %u: a link to another's", perm, id);
	box_close(&b);
}

/* Command lines that mean nothing. */
static void
policy_refused(void)
{
	static const char *const	 rows[][5] = {
		{ "--squash-all", "1:1" },
		{ "--guest-root", "squash" },
		{ "--permissions", "host", "--squash-all", "0:1" },
		{ "--permissions", "host", "--guest-root", "userns" },
		{ "--permissions", "host", "--modcaps", "+sys_admin" },
		{ "--permissions", "host", "--guest-root", "caps:setuid" },
		{ "--pool", "9-8" },
		{ "--pool", "1-2", "--pool", "2-3" },
		{ "--deny", "everything" },
		{ "--permissions", "strict", "--inode-file-handles",
		    "mandatory" },
	};
	struct daemon_opts	 o = { 0 };
	struct daemon		 d;
	unsigned		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&d, 0, sizeof(d));
		daemon_open(&d);
		o.more = rows[i];
		daemon_start(&d, &o);
		tap_is(daemon_wait(&d, 10000), 1, "refused: %s %s ...",
		    rows[i][0], rows[i][1]);
		daemon_close(&d);
	}
}

int
main(int argc, char **argv)
{
	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("only root can serve other users", "users");
		return tap_done();
	}
	policy_host();
	policy_handles();
	policy_closed("host", 0);
	policy_closed("strict", -EACCES);
	policy_root();
	policy_userns();
	policy_pools();
	policy_deny("host", POLICY_A);
	policy_deny("guest", POLICY_A);
	policy_deny("guest", 0);
	policy_refused();
	return tap_done();
}
