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
 * Knows: that a worker of each class, in its jail and behind its filter, can
 * do every verb with every variant that makes another system call.
 * Never: what must be refused (rogue_*.c), every errno (tests/unit).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "worker.h"

#define OPS_UID		1234
#define OPS_GID		2345
#define OPS_GROUP	3456

/* The worker of one class at work. */
struct ops {
	struct wtree tree;
	struct worker w;
	const char *class;
	uint32_t uid, gid;
	int dir;		/* the share's root, O_PATH */
	int file, fileopen;	/* "f": node, open */
	int again;		/* "g": open */
};

static const struct {
	const char *name;
	enum cred_class class;
	uint32_t uid;
} ops_classes[] = {
	{ "user", CRED_USER, OPS_UID },
	{ "creator", CRED_CREATOR, OPS_UID },
	{ "root", CRED_ROOT, 0 },
};

static void
ops_name(char name[MSG_NAME_MAX], const char *text)
{
	memset(name, 0, MSG_NAME_MAX);
	memcpy(name, text, strlen(text));
}

static int
ops_take(struct ops *o, unsigned int i)
{
	return fdbag_take(&o->w.msg.fds, i);
}

static void
ops_ok(const struct ops *o, int err, const char *what)
{
	tap_rc(err == -1 ? -EPIPE : -err, 0, "%s: %s", o->class, what);
}

static int
ops_stat(const struct ops *o, const char *name, struct stat *st)
{
	return fstatat(o->tree.sharefd, name, st, AT_SYMLINK_NOFOLLOW);
}

/* Is name there, of this mode, and does it belong to the worker's ids? */
static void
ops_made(const struct ops *o, const char *name, uint32_t mode)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (ops_stat(o, name, &st) == -1)
		tap_diag("%s: %s", name, strerror(errno));
	tap_ok(st.st_mode == mode && st.st_uid == o->uid &&
	    st.st_gid == o->gid, "%s: %s has mode %o and the caller's ids",
	    o->class, name, mode);
}

static void
ops_create(struct ops *o)
{
	struct q_create q;

	memset(&q, 0, sizeof(q));
	ops_name(q.name, "f");
	q.flags = O_RDWR;
	q.mode = 0640;
	ops_ok(o, worker_ask(&o->w, Q_CREATE, &q, &o->dir, 1), "CREATE");
	o->file = ops_take(o, 0);
	o->fileopen = ops_take(o, 1);
	tap_is(write(o->fileopen, "12345678", 8), 8,
	    "%s: the new file can be written", o->class);
	q.flags = O_RDONLY;
	ops_ok(o, worker_ask(&o->w, Q_CREATE, &q, &o->dir, 1),
	    "CREATE of what exists");
	ops_name(q.name, "g");
	q.flags = O_RDWR | O_EXCL;
	ops_ok(o, worker_ask(&o->w, Q_CREATE, &q, &o->dir, 1),
	    "CREATE with O_EXCL");
	o->again = ops_take(o, 1);
	ops_made(o, "f", S_IFREG | 0640);
}

static void
ops_make(struct ops *o)
{
	struct q_mknod qn;
	struct q_mkdir qd;
	struct q_symlink qs;
	struct chan_out out;

	memset(&qn, 0, sizeof(qn));
	ops_name(qn.name, "pipe");
	qn.mode = S_IFIFO | 0620;
	ops_ok(o, worker_ask(&o->w, Q_MKNOD, &qn, &o->dir, 1), "MKNOD");
	ops_made(o, "pipe", S_IFIFO | 0620);
	memset(&qd, 0, sizeof(qd));
	ops_name(qd.name, "dir");
	qd.mode = 0750;
	ops_ok(o, worker_ask(&o->w, Q_MKDIR, &qd, &o->dir, 1), "MKDIR");
	ops_made(o, "dir", S_IFDIR | 0750);
	memset(&qs, 0, sizeof(qs));
	ops_name(qs.name, "link");
	qs.target_len = 9;
	memset(&out, 0, sizeof(out));
	out.type = Q_SYMLINK;
	out.body = &qs;
	out.fds = &o->dir;
	out.fd_cnt = 1;
	out.tail = "../target";
	out.tail_len = 9;
	ops_ok(o, worker_ask_tail(&o->w, &out), "SYMLINK");
	ops_made(o, "link", S_IFLNK | 0777);
}

static void
ops_find(struct ops *o)
{
	struct q_lookup ql;
	struct q_readlink qr = { 0 };
	int node;

	memset(&ql, 0, sizeof(ql));
	ops_name(ql.name, "link");
	ops_ok(o, worker_ask(&o->w, Q_LOOKUP, &ql, &o->dir, 1), "LOOKUP");
	node = ops_take(o, 0);
	ops_ok(o, worker_ask(&o->w, Q_READLINK, &qr, &node, 1), "READLINK");
	tap_ok(o->w.msg.tail_len == 9 &&
	    memcmp(o->w.msg.tail, "../target", 9) == 0,
	    "%s: the target is right", o->class);
	close(node);
}

/* Entries of the last listing that have a seal and no descriptor. */
static unsigned int
ops_sealed(const struct chan_msg *m)
{
	const struct msg_dirent *d;
	unsigned int cnt = 0;
	size_t pos;

	for (pos = 0; pos < m->tail_len; pos += d->rec_len) {
		d = (const void *)((const char *)m->tail + pos);
		cnt += d->flags == MSG_DIRENT_SEALED && d->seal_len > 0;
	}
	return cnt;
}

static void
ops_open(struct ops *o)
{
	struct q_open q = { O_RDWR | O_SYNC | O_NOATIME, 0 };
	struct q_opendir qd = { 0 };
	struct q_readdirplus ql = { 0, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, 0, 0 };
	const struct a_readdirplus *al;
	struct q_syncfs qs = { 0 };
	unsigned int sealed;
	int fd;

	ops_ok(o, worker_ask(&o->w, Q_OPEN, &q, &o->file, 1), "OPEN");
	ops_ok(o, worker_ask(&o->w, Q_OPENDIR, &qd, &o->dir, 1), "OPENDIR");
	fd = ops_take(o, 0);
	ops_ok(o, worker_ask(&o->w, Q_READDIRPLUS, &ql, &fd, 1),
	    "READDIRPLUS");
	al = o->w.msg.body;
	tap_ok(al != NULL && al->entry_cnt == o->w.msg.fds.cnt + 2,
	    "%s: all entries but two have a node", o->class);
	ql.flags = MSG_LIST_SEALED;
	ops_ok(o, worker_ask(&o->w, Q_READDIRPLUS, &ql, &fd, 1),
	    "READDIRPLUS where seals may do");
	al = o->w.msg.body;
	sealed = ops_sealed(&o->w.msg);
	tap_ok(al != NULL && al->entry_cnt == o->w.msg.fds.cnt + sealed + 2,
	    "%s: all entries but two have a node or a seal", o->class);
	tap_ok(sealed == 0 || strcmp(o->class, "root") == 0,
	    "%s: seals alone come from root's worker", o->class);
	close(fd);
	ql.flags = MSG_LIST_OPEN;
	ql.entry_max = MSG_DIRPLUS_MAX - 1;
	ops_ok(o, worker_ask(&o->w, Q_READDIRPLUS, &ql, &o->dir, 1),
	    "READDIRPLUS of a node");
	al = o->w.msg.body;
	tap_ok(al != NULL && al->flags == MSG_LIST_END &&
	    al->entry_cnt == o->w.msg.fds.cnt + 2,
	    "%s: it is not open any more", o->class);
	ops_ok(o, worker_ask(&o->w, Q_SYNCFS, &qs, &o->dir, 1), "SYNCFS");
}

static void
ops_setattr(struct ops *o)
{
	struct q_setattr q;
	struct stat st;
	int i;

	for (i = 0; i < 2; i++) {
		memset(&q, 0, sizeof(q));
		q.valid = MSG_SET_MODE | MSG_SET_UID | MSG_SET_GID |
		    MSG_SET_SIZE | MSG_SET_ATIME | MSG_SET_MTIME |
		    (i == 1 ? MSG_SET_HANDLE : 0);
		q.mode = 0606;
		q.uid = o->uid;
		q.gid = OPS_GROUP;
		q.size = (uint64_t)(5 + i);
		q.atime = q.mtime = 1000 + i;
		ops_ok(o, worker_ask(&o->w, Q_SETATTR, &q, i == 1 ?
		    &o->fileopen : &o->file, 1), i == 1 ?
		    "SETATTR of an open file" : "SETATTR");
		memset(&st, 0, sizeof(st));
		ops_stat(o, "f", &st);
		tap_ok(st.st_mode == (S_IFREG | 0606) && st.st_size == 5 + i &&
		    st.st_gid == OPS_GROUP && st.st_mtime == 1000 + i &&
		    st.st_atime == 1000 + i, "%s: all of it is set", o->class);
	}
}

static void
ops_data(struct ops *o)
{
	struct q_write q = { 0, MSG_WRITE_APPEND, 0 };
	struct q_fallocate qf = { 0, 100, 0, 0 };
	struct q_copy qc = { 0, 0, 100 };
	struct chan_out out;
	struct stat st;
	int fds[2] = { o->fileopen, o->again };

	memset(&out, 0, sizeof(out));
	out.type = Q_WRITE;
	out.body = &q;
	out.fds = &o->fileopen;
	out.fd_cnt = 1;
	out.tail = "more";
	out.tail_len = 4;
	ops_ok(o, worker_ask_tail(&o->w, &out), "WRITE at the end");
	q.flags = 0;
	ops_ok(o, worker_ask_tail(&o->w, &out), "WRITE at the start");
	ops_ok(o, worker_ask(&o->w, Q_FALLOCATE, &qf, &o->fileopen, 1),
	    "FALLOCATE");
	ops_ok(o, worker_ask(&o->w, Q_COPY, &qc, fds, 2), "COPY");
	memset(&st, 0, sizeof(st));
	ops_stat(o, "g", &st);
	tap_is(st.st_size, 100, "%s: all of it is copied", o->class);
}

static void
ops_change(struct ops *o)
{
	struct q_link ql;
	struct q_rename qm;
	int fds[2] = { o->file, o->dir }, dirs[2] = { o->dir, o->dir };
	struct stat st;

	memset(&ql, 0, sizeof(ql));
	ops_name(ql.name, "hard");
	ops_ok(o, worker_ask(&o->w, Q_LINK, &ql, fds, 2), "LINK");
	memset(&st, 0, sizeof(st));
	ops_stat(o, "hard", &st);
	tap_is(st.st_nlink, 2, "%s: two names", o->class);
	memset(&qm, 0, sizeof(qm));
	ops_name(qm.oldname, "hard");
	ops_name(qm.newname, "g");
	ops_ok(o, worker_ask(&o->w, Q_RENAME, &qm, dirs, 2), "RENAME");
	ops_name(qm.oldname, "g");
	ops_name(qm.newname, "pipe");
	qm.flags = RENAME_EXCHANGE;
	ops_ok(o, worker_ask(&o->w, Q_RENAME, &qm, dirs, 2),
	    "RENAME as an exchange");
	memset(&st, 0, sizeof(st));
	ops_stat(o, "g", &st);
	tap_ok(S_ISFIFO(st.st_mode), "%s: they have changed places",
	    o->class);
}

static void
ops_remove(struct ops *o)
{
	static const char *const names[] = { "f", "g", "pipe", "link" };
	struct q_unlink qu;
	struct q_rmdir qr;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memset(&qu, 0, sizeof(qu));
		ops_name(qu.name, names[i]);
		ops_ok(o, worker_ask(&o->w, Q_UNLINK, &qu, &o->dir, 1),
		    "UNLINK");
		tap_ok(ops_stat(o, names[i], &st) == -1 && errno == ENOENT,
		    "%s: %s is gone", o->class, names[i]);
	}
	memset(&qr, 0, sizeof(qr));
	ops_name(qr.name, "dir");
	ops_ok(o, worker_ask(&o->w, Q_RMDIR, &qr, &o->dir, 1), "RMDIR");
}

/* A directory that is closed to the user but not to DAC_OVERRIDE. */
static void
ops_closed(struct ops *o, enum cred_class class)
{
	struct q_mkdir q;
	struct stat st;
	int dir, want = class == CRED_USER ? -EACCES : 0;

	if (mkdirat(o->tree.sharefd, "closed", 0700) == -1 ||
	    (dir = openat(o->tree.sharefd, "closed", O_PATH)) == -1)
		tap_bail("closed: %s", strerror(errno));
	memset(&q, 0, sizeof(q));
	ops_name(q.name, "new");
	q.mode = 0755;
	tap_rc(-worker_ask(&o->w, Q_MKDIR, &q, &dir, 1), want,
	    "%s: MKDIR in root's directory", o->class);
	if (want == 0)
		ops_made(o, "closed/new", S_IFDIR | 0755);
	else
		tap_ok(ops_stat(o, "closed/new", &st) == -1,
		    "%s: nothing was made", o->class);
	close(dir);
	unlinkat(o->tree.sharefd, "closed/new", AT_REMOVEDIR);
	unlinkat(o->tree.sharefd, "closed", AT_REMOVEDIR);
}

static void
ops_class(struct ops *o, unsigned int i)
{
	struct a_whello who;
	struct cred cred;
	int status;

	o->class = ops_classes[i].name;
	o->uid = ops_classes[i].uid;
	o->gid = OPS_GID;
	cred_set(&cred, ops_classes[i].class, o->uid, o->gid);
	cred_add_group(&cred, OPS_GROUP);
	worker_who(&o->tree, &cred, &who);
	who.flags |= MSG_SHARE_HANDLES;
	if (worker_start(&o->w, &o->tree, &who, &who) != 0)
		tap_bail("%s: does not start", o->class);
	tap_ok(o->w.ready.euid == o->uid && o->w.ready.egid == o->gid &&
	    o->w.ready.groups.gid_cnt == 1 && o->w.ready.cap_eff == who.caps &&
	    o->w.ready.cap_prm == who.caps && o->w.ready.cap_inh == 0 &&
	    o->w.ready.cap_amb == 0 && o->w.ready.cap_bnd == who.caps,
	    "%s: exactly this identity", o->class);
	ops_create(o);
	ops_make(o);
	ops_find(o);
	ops_open(o);
	ops_setattr(o);
	ops_data(o);
	ops_change(o);
	ops_remove(o);
	ops_closed(o, ops_classes[i].class);
	fd_close(&o->file);
	fd_close(&o->fileopen);
	fd_close(&o->again);
	chan_close(&o->w.chan);
	status = worker_wait(&o->w);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: exit 0",
	    o->class);
	worker_stop(&o->w);
}

int
main(void)
{
	static struct ops o;
	const char *why;
	unsigned int i;

	if (!wtree_possible(&why)) {
		tap_skip(why, "worker operations");
		return tap_done();
	}
	wtree_make(&o.tree, OPS_UID);
	o.dir = o.tree.sharefd;
	for (i = 0; i < sizeof(ops_classes) / sizeof(ops_classes[0]); i++)
		ops_class(&o, i);
	wtree_remove(&o.tree);
	return tap_done();
}
