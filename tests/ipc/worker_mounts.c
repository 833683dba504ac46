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
 * Knows: a share of two mounts: where one ends, what may cross, and that a
 * mount point stays one.
 * Never: descriptors from outside (rogue_fds.c).
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "worker.h"

#define MOUNTS_UID	1234

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE	0x00004000U	/* Linux 6.8 */
#endif

#ifndef AT_RECURSIVE
#define AT_RECURSIVE		0x8000
#endif

struct mounts {
	struct wtree tree;
	struct a_whello who;
	struct worker w;
	int sub;		/* node of the mount point */
};

/* Mount id of name in the share, 0 if the kernel has not this kind. */
static uint64_t
mounts_id(const struct mounts *m, const char *name, unsigned int mask)
{
	struct statx stx;

	if (statx(m->tree.sharefd, name, AT_EMPTY_PATH, mask, &stx) == -1)
		tap_bail("statx: %s", strerror(errno));
	return stx.stx_mask & mask ? stx.stx_mnt_id : 0;
}

/* A tmpfs in the share, and a clone of both; the old clone is of no use. */
static void
mounts_make(struct mounts *m)
{
	char path[128];

	wtree_make(&m->tree, MOUNTS_UID);
	if (mkdirat(m->tree.rootfd, "share/sub", 0777) == -1)
		tap_bail("sub: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/share/sub", m->tree.root);
	if (mount("viofsd-test", path, "tmpfs", 0, "mode=777") == -1)
		tap_bail("mount %s: %s", path, strerror(errno));
	close(m->tree.sharefd);
	m->tree.sharefd = (int)syscall(SYS_open_tree, m->tree.rootfd, "share",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (m->tree.sharefd == -1)
		tap_bail("open_tree: %s", strerror(errno));
	m->tree.mnt_id = mounts_id(m, "", STATX_MNT_ID);
}

static int
mounts_lookup(struct mounts *m, int dirfd, const char *name)
{
	struct q_lookup q;

	memset(&q, 0, sizeof(q));
	memcpy(q.name, name, strlen(name));
	return worker_ask(&m->w, Q_LOOKUP, &q, &dirfd, 1);
}

static int
mounts_rename(struct mounts *m, const int dirs[2], const char *from,
    const char *to, uint32_t flags)
{
	struct q_rename q;

	memset(&q, 0, sizeof(q));
	q.flags = flags;
	memcpy(q.oldname, from, strlen(from));
	memcpy(q.newname, to, strlen(to));
	return worker_ask(&m->w, Q_RENAME, &q, dirs, 2);
}

static int
mounts_there(const struct mounts *m)
{
	struct stat st, sub;

	return fstat(m->tree.rootfd, &st) == 0 &&
	    fstatat(m->tree.rootfd, "share/sub", &sub, 0) == 0 &&
	    st.st_dev != sub.st_dev;
}

static void
mounts_attr(struct mounts *m, uint64_t want)
{
	const struct a_lookup *a;

	tap_rc(-mounts_lookup(m, m->tree.sharefd, "sub"), 0,
	    "the mount point is found");
	a = m->w.msg.body;
	tap_ok(a != NULL && a->attr.mnt_id == want &&
	    a->attr.flags == MSG_ATTR_MOUNT_ROOT,
	    "it is the root of its own mount");
	m->sub = fdbag_take(&m->w.msg.fds, 0);
}

static void
mounts_cross(struct mounts *m)
{
	int dirs[2] = { m->tree.sharefd, m->sub }, fds[2];
	struct q_create q = { .flags = O_RDWR, .mode = 0600, .name = "f" };
	struct q_link ql = { .name = "hard" };

	tap_rc(-worker_ask(&m->w, Q_CREATE, &q, &m->sub, 1), 0,
	    "a file is made on the submount");
	fds[0] = fdbag_take(&m->w.msg.fds, 0);
	fds[1] = m->tree.sharefd;
	tap_rc(-worker_ask(&m->w, Q_LINK, &ql, fds, 2), -EXDEV,
	    "no hard link leaves the mount");
	close(fds[0]);
	dirs[0] = m->sub;
	dirs[1] = m->tree.sharefd;
	tap_rc(-mounts_rename(m, dirs, "f", "f", 0), -EXDEV,
	    "no rename leaves the mount");
}

/* Up from the submount's root, and from the share's own. */
static void
mounts_parent(struct mounts *m)
{
	const int from[2] = { m->sub, m->tree.sharefd };
	struct q_parent q = { 0 };
	const struct a_parent *a;
	struct stat root;
	int i;

	memset(&root, 0, sizeof(root));
	fstat(m->tree.sharefd, &root);
	for (i = 0; i < 2; i++) {
		tap_rc(-worker_ask(&m->w, Q_PARENT, &q, &from[i], 1), 0,
		    "PARENT of the %s", i == 0 ? "submount" : "share");
		a = m->w.msg.body;
		tap_ok(a != NULL && a->attr.ino == root.st_ino &&
		    a->attr.mnt_id == m->who.mounts[0] && a->attr.flags == 0,
		    "it is the share's root");
	}
}

/* Whatever would take the host's mount away, or put it elsewhere. */
static void
mounts_keep(struct mounts *m)
{
	int dirs[2] = { m->tree.sharefd, m->tree.sharefd };
	struct q_rmdir qr = { .name = "sub" };
	struct q_unlink qu = { .name = "sub" };
	struct q_mkdir qd = { .mode = 0777, .name = "other" };

	tap_rc(-worker_ask(&m->w, Q_RMDIR, &qr, dirs, 1), -EBUSY,
	    "RMDIR of a mount point");
	tap_rc(-worker_ask(&m->w, Q_UNLINK, &qu, dirs, 1), -EBUSY,
	    "UNLINK of a mount point");
	tap_rc(-mounts_rename(m, dirs, "sub", "gone", 0), -EBUSY,
	    "RENAME of a mount point");
	tap_rc(-worker_ask(&m->w, Q_MKDIR, &qd, dirs, 1), 0, "MKDIR beside");
	tap_rc(-mounts_rename(m, dirs, "other", "sub", 0), -EBUSY,
	    "RENAME over a mount point");
	tap_rc(-mounts_rename(m, dirs, "other", "sub", RENAME_EXCHANGE),
	    -EBUSY, "exchange with a mount point");
	tap_ok(mounts_there(m), "the host's mount is still there");
	unlinkat(m->tree.sharefd, "other", AT_REMOVEDIR);
}

/* The same share, but the worker was not told of its second mount. */
static void
mounts_unknown(struct mounts *m)
{
	struct q_opendir q = { 0 };

	tap_rc(-mounts_lookup(m, m->tree.sharefd, "sub"), -EXDEV,
	    "a mount that is not the share's is not entered");
	tap_rc(-mounts_lookup(m, m->sub, "f"), -EBADF,
	    "nothing is found on it");
	tap_rc(-worker_ask(&m->w, Q_OPENDIR, &q, &m->sub, 1), -EBADF,
	    "it is not opened");
}

static void
mounts_start(struct mounts *m)
{
	if (worker_start(&m->w, &m->tree, &m->who, &m->who) != 0)
		tap_bail("the worker does not start");
}

static void
mounts_kind(struct mounts *m, unsigned int mask, const char *kind)
{
	uint64_t root = mounts_id(m, "", mask), sub = mounts_id(m, "sub", mask);

	if (root == 0) {
		tap_skip("the kernel has no such ids", "%s mount ids", kind);
		return;
	}
	tap_diag("%s mount ids", kind);
	m->who.unique_ids = mask == STATX_MNT_ID_UNIQUE;
	m->who.mounts[0] = root;
	m->who.mounts[1] = sub;
	m->who.mount_cnt = 2;
	mounts_start(m);
	mounts_attr(m, sub);
	mounts_cross(m);
	mounts_parent(m);
	mounts_keep(m);
	worker_stop(&m->w);
	m->who.mounts[1] = 0;
	m->who.mount_cnt = 1;
	mounts_start(m);
	mounts_unknown(m);
	worker_stop(&m->w);
	fd_close(&m->sub);
}

int
main(void)
{
	static struct mounts m;
	struct cred cred;
	const char *why;
	char path[128];

	if (!wtree_possible(&why)) {
		tap_skip(why, "mounts of a share");
		return tap_done();
	}
	/* Nobody else sees the mount, and it goes with us. */
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		tap_bail("mount namespace: %s", strerror(errno));
	mounts_make(&m);
	cred_set(&cred, CRED_USER, MOUNTS_UID, MOUNTS_UID);
	worker_who(&m.tree, &cred, &m.who);
	m.who.log_level = 0;
	mounts_kind(&m, STATX_MNT_ID, "old");
	mounts_kind(&m, STATX_MNT_ID_UNIQUE, "unique");
	snprintf(path, sizeof(path), "%s/share/sub", m.tree.root);
	umount2(path, MNT_DETACH);
	wtree_remove(&m.tree);
	return tap_done();
}
