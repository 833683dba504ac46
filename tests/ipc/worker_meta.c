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
 * Knows: that a worker of each class, in its jail and behind its filter,
 * serves attributes, labels, ioctls, seals and nodes without a name.
 * Never: every errno (tests/unit), names and data (worker_ops.c).
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/idmap.h"
#include "../../common/seal.h"
#include "../frontend/tap.h"
#include "worker.h"

#define META_UID	1234
#define META_GID	2345
#define META_MAP	":map:trusted.:user.v.:"
#define META_LABEL	"trusted.label"
#define META_HOST_LABEL	"user.v.trusted.label"

/* The worker of one class at work. */
struct meta {
	struct wtree tree;
	struct worker w;
	struct a_whello who;
	const char *class;
	uint32_t uid;
	int dir;		/* the share's root, O_PATH */
	int file, fileopen;	/* "f": node, open */
};

static const struct {
	const char *name;
	enum cred_class class;
	uint32_t uid;
} meta_classes[] = {
	{ "user", CRED_USER, META_UID },
	{ "creator", CRED_CREATOR, META_UID },
	{ "root", CRED_ROOT, 0 },
};

static void
meta_name(char name[MSG_NAME_MAX], const char *text)
{
	memset(name, 0, MSG_NAME_MAX);
	memcpy(name, text, strlen(text));
}

static int
meta_ask(struct meta *m, uint16_t type, const void *body, int fd,
    const char *tail)
{
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = type;
	out.body = body;
	out.fds = &fd;
	out.fd_cnt = 1;
	out.tail = tail;
	out.tail_len = strlen(tail);
	return worker_ask_tail(&m->w, &out);
}

static void
meta_is(const struct meta *m, int err, int want, const char *what)
{
	tap_rc(err == -1 ? -EPIPE : -err, -want, "%s: %s", m->class, what);
}

static int
meta_tail_is(const struct meta *m, const char *text, size_t len)
{
	return m->w.msg.tail_len == len &&
	    memcmp(m->w.msg.tail, text, len) == 0;
}

/* A name of the share as a path for calls that have no descriptor. */
static const char *
meta_path(const struct meta *m, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/share/%s", m->tree.root, name);
	return path;
}

static void
meta_file(struct meta *m)
{
	struct q_create q;

	memset(&q, 0, sizeof(q));
	meta_name(q.name, "f");
	q.flags = O_RDWR;
	q.mode = 0666;
	q.umask = 026;
	meta_is(m, meta_ask(m, Q_CREATE, &q, m->dir, ""), 0,
	    "CREATE with a umask");
	m->file = fdbag_take(&m->w.msg.fds, 0);
	m->fileopen = fdbag_take(&m->w.msg.fds, 1);
}

static void
meta_xattr(struct meta *m, int fd, const char *what)
{
	struct q_setxattr qs;
	struct q_getxattr qg;
	struct q_listxattr ql = { 64, 0 };
	struct q_removexattr qr;

	memset(&qs, 0, sizeof(qs));
	memset(&qg, 0, sizeof(qg));
	memset(&qr, 0, sizeof(qr));
	meta_name(qs.name, "trusted.t");
	meta_name(qg.name, "trusted.t");
	meta_name(qr.name, "trusted.t");
	qg.size = 16;
	tap_diag("%s: %s", m->class, what);
	meta_is(m, meta_ask(m, Q_SETXATTR, &qs, fd, "value"), 0, "SETXATTR");
	meta_is(m, meta_ask(m, Q_GETXATTR, &qg, fd, ""), 0, "GETXATTR");
	tap_ok(meta_tail_is(m, "value", 5), "%s: the value is right",
	    m->class);
	meta_is(m, meta_ask(m, Q_LISTXATTR, &ql, fd, ""), 0, "LISTXATTR");
	tap_ok(meta_tail_is(m, "trusted.t", 10), "%s: the list is right",
	    m->class);
	meta_is(m, meta_ask(m, Q_REMOVEXATTR, &qr, fd, ""), 0,
	    "REMOVEXATTR");
	meta_is(m, meta_ask(m, Q_GETXATTR, &qg, fd, ""), ENODATA,
	    "GETXATTR of what is gone");
}

static void
meta_statx(struct meta *m)
{
	static const uint32_t flags[] = {
		0, AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC,
	};
	struct q_statx q = { STATX_BASIC_STATS | STATX_BTIME, 0 };
	const struct a_statx *a;
	struct statx stx;
	size_t i;

	memset(&stx, 0, sizeof(stx));
	statx(m->file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME,
	    &stx);
	for (i = 0; i < 3; i++) {
		q.flags = flags[i];
		meta_is(m, meta_ask(m, Q_STATX, &q, m->file, ""), 0, "STATX");
		a = m->w.msg.body;
		tap_ok(a != NULL && a->attr.ino == stx.stx_ino &&
		    a->btime == stx.stx_btime.tv_sec &&
		    a->attr.mode == (S_IFREG | 0640),
		    "%s: inode, birth time and masked mode are right",
		    m->class);
	}
}

static void
meta_access(struct meta *m)
{
	struct q_access q = { R_OK | W_OK, 0 };
	int fd, denied = m->uid == 0 || m->who.caps != 0 ? 0 : EACCES;

	meta_is(m, meta_ask(m, Q_ACCESS, &q, m->file, ""), 0,
	    "ACCESS to its own file");
	q.mask = X_OK;
	meta_is(m, meta_ask(m, Q_ACCESS, &q, m->file, ""), EACCES,
	    "ACCESS to execute it");
	fchmod(m->fileopen, 0740);
	meta_is(m, meta_ask(m, Q_ACCESS, &q, m->file, ""), 0,
	    "ACCESS to execute it with the bit set");
	meta_is(m, meta_ask(m, Q_ACCESS, &q, m->dir, ""), 0,
	    "ACCESS to search the share");
	fd = openat(m->tree.sharefd, "secret", O_RDONLY | O_CREAT, 0600);
	q.mask = R_OK;
	meta_is(m, meta_ask(m, Q_ACCESS, &q, fd, ""), denied,
	    "ACCESS to root's file");
	close(fd);
	unlinkat(m->tree.sharefd, "secret", 0);
}

static void
meta_tmpfile(struct meta *m)
{
	struct q_tmpfile q;
	struct q_link ql;
	struct stat st;
	int fds[2] = { -1, m->dir };

	memset(&q, 0, sizeof(q));
	q.flags = O_RDWR;
	q.mode = 0644;
	meta_is(m, meta_ask(m, Q_TMPFILE, &q, m->dir, ""), 0, "TMPFILE");
	fds[0] = fdbag_take(&m->w.msg.fds, 0);
	memset(&ql, 0, sizeof(ql));
	meta_name(ql.name, "linked");
	meta_is(m, worker_ask(&m->w, Q_LINK, &ql, fds, 2), 0,
	    "LINK of a file without a name");
	memset(&st, 0, sizeof(st));
	fstatat(m->tree.sharefd, "linked", &st, 0);
	tap_ok(st.st_nlink == 1 && st.st_uid == m->uid &&
	    st.st_mode == (S_IFREG | 0644), "%s: now it has one", m->class);
	unlinkat(m->tree.sharefd, "linked", 0);
	close(fds[0]);
}

static void
meta_ioctl(struct meta *m)
{
	struct q_ioctl q = { FS_IOC_GETFLAGS, MSG_IOCTL_HANDLE, 4, 0 };
	struct chan_out out;
	uint32_t flags = 0;

	if (ioctl(m->fileopen, FS_IOC_GETFLAGS, &flags) == -1) {
		tap_skip("TMPDIR has no inode flags", "%s: IOCTL", m->class);
		return;
	}
	meta_is(m, meta_ask(m, Q_IOCTL, &q, m->fileopen, ""), 0,
	    "IOCTL that reads flags");
	tap_is((long long)m->w.msg.tail_len, 4, "%s: they come back",
	    m->class);
	q.cmd = FS_IOC_FSGETXATTR;
	q.out_size = sizeof(struct fsxattr);
	meta_is(m, meta_ask(m, Q_IOCTL, &q, m->fileopen, ""), 0,
	    "IOCTL that reads them in the long form");
	q.cmd = FS_IOC_SETFLAGS;
	q.out_size = 0;
	memset(&out, 0, sizeof(out));
	out.type = Q_IOCTL;
	out.body = &q;
	out.fds = &m->fileopen;
	out.fd_cnt = 1;
	out.tail = &flags;
	out.tail_len = sizeof(flags);
	flags |= FS_NODUMP_FL;
	meta_is(m, worker_ask_tail(&m->w, &out), 0,
	    "IOCTL that sets the owner's flag");
	flags |= FS_IMMUTABLE_FL;
	meta_is(m, worker_ask_tail(&m->w, &out), EPERM,
	    "IOCTL that would make the file immutable");
	q.cmd = FIFREEZE;
	meta_is(m, meta_ask(m, Q_IOCTL, &q, m->fileopen, "abcd"), ENOTTY,
	    "IOCTL that is not on the list");
}

/* The root is its own parent; a directory that has left has none. */
static void
meta_parent(struct meta *m)
{
	struct q_parent q = { 0 };
	struct q_self qs = { 0 };
	const struct a_parent *a;
	struct stat st, root;
	int sub, err;

	fstat(m->dir, &root);
	mkdirat(m->tree.sharefd, "sub", 0755);
	sub = openat(m->tree.sharefd, "sub", O_PATH);
	meta_is(m, meta_ask(m, Q_PARENT, &q, sub, ""), 0, "PARENT");
	a = m->w.msg.body;
	tap_ok(a != NULL && a->attr.ino == root.st_ino,
	    "%s: it is the share's root", m->class);
	meta_is(m, meta_ask(m, Q_PARENT, &q, m->dir, ""), 0,
	    "PARENT of the root");
	a = m->w.msg.body;
	memset(&st, 0, sizeof(st));
	if (m->w.msg.fds.cnt == 1)
		fstat(m->w.msg.fds.fds[0], &st);
	tap_ok(a != NULL && a->attr.ino == root.st_ino &&
	    st.st_ino == root.st_ino, "%s: it is the root again", m->class);
	meta_is(m, meta_ask(m, Q_SELF, &qs, sub, ""), 0, "SELF");
	if (renameat(m->tree.plainfd, "sub", m->tree.rootfd, "left") == -1)
		tap_bail("rename: %s", strerror(errno));
	err = meta_ask(m, Q_PARENT, &q, sub, "");
	meta_is(m, err, ENOENT, "PARENT of a directory that left the share");
	close(sub);
	unlinkat(m->tree.rootfd, "left", AT_REMOVEDIR);
}

static void
meta_seal(struct meta *m)
{
	struct q_lookup q;
	struct msg_seal seal;
	const struct a_lookup *a;
	struct file_handle none;
	int mnt;

	memset(&none, 0, sizeof(none));
	if (name_to_handle_at(m->file, "", &none, &mnt, AT_EMPTY_PATH) == -1 &&
	    errno == EOPNOTSUPP) {
		tap_skip("TMPDIR has no file handles", "%s: seal", m->class);
		return;
	}
	memset(&q, 0, sizeof(q));
	meta_name(q.name, "f");
	meta_is(m, meta_ask(m, Q_LOOKUP, &q, m->dir, ""), 0, "LOOKUP");
	a = m->w.msg.body;
	memset(&seal, 0, sizeof(seal));
	if (m->w.msg.tail_len <= sizeof(seal))
		memcpy(&seal, m->w.msg.tail, m->w.msg.tail_len);
	tap_ok(a != NULL && m->w.msg.tail_len == MSG_SEAL_LEN(seal.len) &&
	    seal.mnt_id == a->attr.mnt_id &&
	    seal_check(&seal, m->who.seal_key), "%s: it has a seal",
	    m->class);
	m->who.seal_key[0] ^= 1;
	tap_ok(!seal_check(&seal, m->who.seal_key),
	    "%s: of this share's key", m->class);
	m->who.seal_key[0] ^= 1;
}

/* Is the label on what was made, and nothing else in the directory? */
static void
meta_labelled(struct meta *m, const char *name, int err)
{
	char value[8];
	ssize_t n;

	meta_is(m, err, 0, name);
	n = lgetxattr(meta_path(m, name), META_HOST_LABEL, value,
	    sizeof(value));
	tap_ok(n == 4 && memcmp(value, "blue", 4) == 0,
	    "%s: %s has its label", m->class, name);
	if (unlinkat(m->tree.sharefd, name, 0) == -1)
		unlinkat(m->tree.sharefd, name, AT_REMOVEDIR);
}

static void
meta_labels(struct meta *m)
{
	const uint32_t len = sizeof(META_LABEL) - 1;
	struct q_create qc;
	struct q_mkdir qd;
	struct q_mknod qn;
	struct q_symlink qs;

	memset(&qc, 0, sizeof(qc));
	memset(&qd, 0, sizeof(qd));
	memset(&qn, 0, sizeof(qn));
	memset(&qs, 0, sizeof(qs));
	qc.label_name_len = qd.label_name_len = qn.label_name_len =
	    qs.label_name_len = len;
	qc.label_len = qd.label_len = qn.label_len = qs.label_len = 4;
	qc.flags = O_RDWR | O_EXCL;
	qc.mode = 0600;
	meta_name(qc.name, "lfile");
	meta_labelled(m, "lfile", meta_ask(m, Q_CREATE, &qc, m->dir,
	    META_LABEL "blue"));
	qd.mode = 0700;
	meta_name(qd.name, "ldir");
	meta_labelled(m, "ldir", meta_ask(m, Q_MKDIR, &qd, m->dir,
	    META_LABEL "blue"));
	qn.mode = S_IFREG | 0600;
	meta_name(qn.name, "lnode");
	meta_labelled(m, "lnode", meta_ask(m, Q_MKNOD, &qn, m->dir,
	    META_LABEL "blue"));
	/* The kernel has no user.* there: then there is no symlink either. */
	qs.target_len = 1;
	meta_name(qs.name, "llink");
	meta_is(m, meta_ask(m, Q_SYMLINK, &qs, m->dir, "t" META_LABEL
	    "blue"), EPERM, "SYMLINK whose label the kernel refuses");
	tap_ok(faccessat(m->tree.sharefd, "llink", F_OK,
	    AT_SYMLINK_NOFOLLOW) == -1, "%s: it is not there", m->class);
}

static void
meta_idmap(struct meta *m)
{
	struct q_setattr q;
	struct stat st;

	fchmod(m->fileopen, 06755);
	memset(&q, 0, sizeof(q));
	q.valid = MSG_SET_UID;
	q.uid = 500;
	meta_is(m, meta_ask(m, Q_SETATTR, &q, m->file, ""), EPERM,
	    "SETATTR to an id that is forbidden");
	/* The guest calls META_UID 77. */
	q.uid = 77;
	q.valid = MSG_SET_UID | MSG_SET_KILL | MSG_SET_SIZE;
	meta_is(m, meta_ask(m, Q_SETATTR, &q, m->file, ""), 0,
	    "SETATTR to an id as the guest calls it");
	memset(&st, 0, sizeof(st));
	fstat(m->fileopen, &st);
	tap_ok(st.st_uid == META_UID && (st.st_mode & 06000) == 0,
	    "%s: it is the host's, and no set-id bit is left", m->class);
}

static void
meta_who(struct meta *m, unsigned int i, char tail[512], size_t *tail_len)
{
	const struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_GUEST, 77, META_UID, 1 },
		{ IDMAP_UID, IDMAP_FORBID_GUEST, 500, 0, 1 },
	};
	struct cred cred;

	m->class = meta_classes[i].name;
	m->uid = meta_classes[i].uid;
	cred_set(&cred, meta_classes[i].class, m->uid, META_GID);
	worker_who(&m->tree, &cred, &m->who);
	m->who.flags |= MSG_SHARE_XATTR | MSG_SHARE_LABEL | MSG_SHARE_HANDLES;
	m->who.idmap_cnt = 2;
	m->who.xattrmap_len = sizeof(META_MAP) - 1;
	memset(m->who.seal_key, 5, sizeof(m->who.seal_key));
	memcpy(tail, rules, sizeof(rules));
	memcpy(tail + sizeof(rules), META_MAP, sizeof(META_MAP) - 1);
	*tail_len = sizeof(rules) + sizeof(META_MAP) - 1;
}

static void
meta_class(struct meta *m, unsigned int i)
{
	char tail[512];
	size_t tail_len;

	meta_who(m, i, tail, &tail_len);
	worker_rules(tail, tail_len);
	if (worker_start(&m->w, &m->tree, &m->who, &m->who) != 0)
		tap_bail("%s: does not start", m->class);
	worker_rules(NULL, 0);
	meta_file(m);
	meta_xattr(m, m->file, "a node");
	meta_xattr(m, m->fileopen, "an open file");
	meta_xattr(m, m->dir, "a directory");
	meta_statx(m);
	meta_access(m);
	meta_tmpfile(m);
	meta_ioctl(m);
	meta_parent(m);
	meta_seal(m);
	meta_labels(m);
	meta_idmap(m);
	fd_close(&m->file);
	fd_close(&m->fileopen);
	worker_stop(&m->w);
	unlinkat(m->tree.sharefd, "f", 0);
}

int
main(void)
{
	static struct meta m;
	const char *why;
	unsigned int i;

	if (!wtree_possible(&why)) {
		tap_skip(why, "worker attributes");
		return tap_done();
	}
	wtree_make(&m.tree, META_UID);
	m.dir = m.tree.sharefd;
	if (fsetxattr(m.tree.rootfd, "user.probe", "", 0, 0) == -1) {
		tap_skip("TMPDIR has no user.* attributes", "worker attributes");
		wtree_remove(&m.tree);
		return tap_done();
	}
	for (i = 0; i < sizeof(meta_classes) / sizeof(meta_classes[0]); i++)
		meta_class(&m, i);
	wtree_remove(&m.tree);
	return tap_done();
}
