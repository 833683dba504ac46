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
 * Knows: for every question that a worker is asked, a request of the guest
 * that leads to it.
 * Never: an answer to it that is a lie (rogue_every.c).
 *
 * A new row of common/msg.def without an entry here is a test that fails.
 */

#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

#include "rogue_every.h"

#define NAMES(text)	text, sizeof(text)

const struct every everys[] = {
	{ Q_LOOKUP, FUSE_LOOKUP, BEFORE_ROOT, AFTER_NODE, 1, NAMES("file") },
	{ Q_READLINK, FUSE_READLINK, BEFORE_LINK, AFTER_NOTHING, 1, NULL, 0 },
	{ Q_OPEN, FUSE_OPEN, BEFORE_FILE, AFTER_FILE, 1, NULL, 0 },
	{ Q_OPENDIR, FUSE_OPENDIR, BEFORE_ROOT, AFTER_DIR, 1, NULL, 0 },
	{ Q_CREATE, FUSE_CREATE, BEFORE_ROOT, AFTER_BOTH, 0, NAMES("new") },
	{ Q_MKNOD, FUSE_MKNOD, BEFORE_ROOT, AFTER_NODE, 0, NAMES("new") },
	{ Q_MKDIR, FUSE_MKDIR, BEFORE_ROOT, AFTER_NODE, 0, NAMES("new") },
	{ Q_SYMLINK, FUSE_SYMLINK, BEFORE_ROOT, AFTER_NODE, 0,
	    NAMES("new\0to") },
	{ Q_LINK, FUSE_LINK, BEFORE_FILE, AFTER_NODE, 0, NAMES("new") },
	{ Q_UNLINK, FUSE_UNLINK, BEFORE_ROOT, AFTER_NOTHING, 0,
	    NAMES("file") },
	{ Q_RMDIR, FUSE_RMDIR, BEFORE_ROOT, AFTER_NOTHING, 0, NAMES("dir") },
	{ Q_RENAME, FUSE_RENAME, BEFORE_ROOT, AFTER_NOTHING, 0,
	    NAMES("file\0new") },
	{ Q_SETATTR, FUSE_SETATTR, BEFORE_FILE, AFTER_NOTHING, 1, NULL, 0 },
	{ Q_READDIRPLUS, FUSE_READDIRPLUS, BEFORE_DIR, AFTER_LIST, 1, NULL,
	    0 },
	{ Q_SYNCFS, FUSE_SYNCFS, BEFORE_ROOT, AFTER_NOTHING, 1, NULL, 0 },
	{ Q_WRITE, FUSE_WRITE, BEFORE_OPEN, AFTER_NOTHING, 1, "data", 4 },
	{ Q_FALLOCATE, FUSE_FALLOCATE, BEFORE_OPEN, AFTER_NOTHING, 0, NULL,
	    0 },
	{ Q_COPY, FUSE_COPY_FILE_RANGE, BEFORE_OPEN, AFTER_NOTHING, 0, NULL,
	    0 },
	{ Q_SETXATTR, FUSE_SETXATTR, BEFORE_FILE, AFTER_NOTHING, 1,
	    NAMES("user.a\0val") },
	{ Q_GETXATTR, FUSE_GETXATTR, BEFORE_FILE, AFTER_NOTHING, 1,
	    NAMES("user.a") },
	{ Q_LISTXATTR, FUSE_LISTXATTR, BEFORE_FILE, AFTER_NOTHING, 1, NULL,
	    0 },
	{ Q_REMOVEXATTR, FUSE_REMOVEXATTR, BEFORE_FILE, AFTER_NOTHING, 0,
	    NAMES("user.a") },
	{ Q_STATX, FS_STATX, BEFORE_FILE, AFTER_NOTHING, 1, NULL, 0 },
	{ Q_ACCESS, FUSE_ACCESS, BEFORE_FILE, AFTER_NOTHING, 1, NULL, 0 },
	{ Q_TMPFILE, FUSE_TMPFILE, BEFORE_ROOT, AFTER_BOTH, 0, NAMES("") },
	{ Q_IOCTL, FUSE_IOCTL, BEFORE_OPEN, AFTER_NOTHING, 0, NULL, 0 },
	{ Q_PARENT, FUSE_LOOKUP, BEFORE_ROOT, AFTER_NODE, 1, NAMES("..") },
	{ Q_SELF, FUSE_LOOKUP, BEFORE_FILE, AFTER_NODE, 1, NAMES(".") },
};

const unsigned int every_cnt = sizeof(everys) / sizeof(everys[0]);

static void
every_fill_open(struct every_try *t)
{
	switch (t->e->verb) {
	case Q_WRITE:
		t->in.write.fh = t->f.fh;
		t->in.write.size = 4;
		break;
	case Q_FALLOCATE:
		t->in.fallocate.fh = t->f.fh;
		t->in.fallocate.length = 4096;
		break;
	case Q_COPY:
		t->in.copy.fh_in = t->in.copy.fh_out = t->f.fh;
		t->in.copy.nodeid_out = t->f.node;
		t->in.copy.off_out = 4096;
		t->in.copy.len = 4;
		break;
	case Q_IOCTL:
		t->in.ioctl.fh = t->f.fh;
		t->in.ioctl.cmd = FS_IOC_GETFLAGS;
		t->in.ioctl.out_size = sizeof(int);
		break;
	case Q_READDIRPLUS:
		t->in.read.fh = t->f.fh;
		t->in.read.size = EVERY_ROOM / 2;
		break;
	default:
		break;
	}
}

static void
every_fill(struct every_try *t)
{
	switch (t->e->verb) {
	case Q_CREATE:
	case Q_TMPFILE:
		t->in.create.flags = O_RDWR |
		    (t->e->verb == Q_CREATE ? O_EXCL : 0);
		t->in.create.mode = S_IFREG | 0600;
		break;
	case Q_MKNOD:
		t->in.mknod.mode = S_IFIFO | 0600;
		break;
	case Q_MKDIR:
		t->in.mkdir.mode = 0700;
		break;
	case Q_LINK:
		t->in.link.oldnodeid = t->f.node;
		break;
	case Q_RENAME:
		t->in.rename.newdir = FUSE_ROOT_ID;
		break;
	case Q_SETATTR:
		t->in.setattr.valid = FATTR_MODE;
		t->in.setattr.mode = S_IFREG | 0600;
		break;
	case Q_SETXATTR:
		t->in.setxattr[0] = 4;
		break;
	case Q_GETXATTR:
	case Q_LISTXATTR:
		t->in.getxattr.size = 64;
		break;
	case Q_STATX:
		t->in.statx[5] = STATX_BASIC_STATS;
		break;
	case Q_ACCESS:
		t->in.access.mask = R_OK;
		break;
	default:
		every_fill_open(t);
		break;
	}
}

/* Bytes of the fixed part. */
static size_t
every_arg_len(const struct every_try *t)
{
	switch (t->e->verb) {
	case Q_OPEN:
	case Q_OPENDIR:
		return sizeof(t->in.open);
	case Q_CREATE:
	case Q_TMPFILE:
		return sizeof(t->in.create);
	case Q_MKNOD:
		return sizeof(t->in.mknod);
	case Q_MKDIR:
		return sizeof(t->in.mkdir);
	case Q_LINK:
		return sizeof(t->in.link);
	case Q_RENAME:
		return sizeof(t->in.rename);
	case Q_SETATTR:
		return sizeof(t->in.setattr);
	case Q_READDIRPLUS:
		return sizeof(t->in.read);
	case Q_SYNCFS:
		return sizeof(t->in.syncfs);
	case Q_WRITE:
		return sizeof(t->in.write);
	case Q_FALLOCATE:
		return sizeof(t->in.fallocate);
	case Q_COPY:
		return sizeof(t->in.copy);
	case Q_SETXATTR:
		return sizeof(t->in.setxattr);
	case Q_GETXATTR:
	case Q_LISTXATTR:
		return sizeof(t->in.getxattr);
	case Q_STATX:
		return sizeof(t->in.statx);
	case Q_ACCESS:
		return sizeof(t->in.access);
	case Q_IOCTL:
		return sizeof(t->in.ioctl);
	default:
		return 0;
	}
}

/* Send a request; its question must be the next that the worker hears. */
static bool
every_send(struct every_try *t, const struct fs_args *a, uint16_t verb)
{
	fs_cred(&evil.b.fs, t->uid, t->uid);
	if (fs_submit(&evil.b.fs, a, &t->ticket) < 0)
		return false;
	if (!t->granted && rtrans_grant(&evil, &t->w, t->uid) != 0)
		return false;
	t->granted = true;
	return rworker_question(&t->w) == verb;
}

static bool
every_node(struct every_try *t, const char *name)
{
	struct fs_args a = { .opcode = FUSE_LOOKUP, .node = FUSE_ROOT_ID };
	struct fuse_entry_out e;
	struct a_lookup ok;
	int fd;

	a.data = name;
	a.data_len = strlen(name) + 1;
	a.out_len = sizeof(e);
	if (!every_send(t, &a, Q_LOOKUP))
		return false;
	fd = rworker_attr(&evil, name, &ok.attr);
	rworker_answer(&t->w, &ok, &fd, 1);
	close(fd);
	if (fs_finish(&evil.b.fs, &t->ticket, &e, sizeof(e)) < 0)
		return false;
	t->f.node = e.nodeid;
	return true;
}

static bool
every_open(struct every_try *t, int dir)
{
	struct fs_args a = { .opcode = dir ? FUSE_OPENDIR : FUSE_OPEN };
	struct fuse_open_in in = { .flags = dir ? O_RDONLY : O_RDWR };
	struct fuse_open_out out;
	struct a_open ok = { 0 };
	int fd;

	a.node = t->f.node;
	a.arg = &in;
	a.arg_len = sizeof(in);
	a.out_len = sizeof(out);
	if (!every_send(t, &a, dir ? Q_OPENDIR : Q_OPEN))
		return false;
	fd = open(dir ? evil.b.d.share : box_host(&evil.b, "setgid"),
	    (dir ? O_RDONLY | O_DIRECTORY : O_RDWR) | O_CLOEXEC);
	rworker_answer(&t->w, &ok, &fd, 1);
	close(fd);
	if (fs_finish(&evil.b.fs, &t->ticket, &out, sizeof(out)) < 0)
		return false;
	t->f.fh = out.fh;
	return true;
}

static bool
every_prepare(struct every_try *t)
{
	switch (t->e->before) {
	case BEFORE_FILE:
		return every_node(t, "setgid");
	case BEFORE_LINK:
		return every_node(t, "link");
	case BEFORE_OPEN:
		return every_node(t, "setgid") && every_open(t, 0);
	case BEFORE_DIR:
		return every_open(t, 1);
	default:
		return true;
	}
}

bool
every_ask(struct every_try *t, const struct every *e)
{
	struct fs_args a = { .opcode = e->opcode };

	memset(t, 0, sizeof(*t));
	t->e = e;
	t->uid = rtrans_uid(&evil);
	t->w.chan.fd = -1;
	t->f.node = FUSE_ROOT_ID;
	if (!every_prepare(t))
		return false;
	every_fill(t);
	a.node = e->verb == Q_LINK ? FUSE_ROOT_ID : t->f.node;
	a.arg = &t->in;
	a.arg_len = every_arg_len(t);
	a.data = e->names;
	a.data_len = e->names_len;
	a.out_len = EVERY_ROOM;
	return every_send(t, &a, e->verb);
}

void
every_undo(struct every_try *t, int rc, const uint8_t *out)
{
	struct fs_file f = t->f;
	struct fuse_entry_out e;
	struct fuse_open_out o;
	struct fs_dirent d;
	size_t pos = 0;

	memcpy(&e, out, sizeof(e));
	memcpy(&o, out + (t->e->after == AFTER_BOTH ? sizeof(e) : 0),
	    sizeof(o));
	if (rc >= 0 && t->e->after == AFTER_BOTH)
		f.node = e.nodeid;
	f.fh = o.fh;
	if (rc >= 0 && (t->e->after == AFTER_FILE ||
	    t->e->after == AFTER_BOTH))
		fs_release(&evil.b.fs, &f);
	if (rc >= 0 && t->e->after == AFTER_DIR)
		fs_releasedir(&evil.b.fs, &f);
	while (rc > 0 && t->e->after == AFTER_LIST &&
	    fs_nextent(out, (size_t)rc, &pos, true, &d) == 1)
		if (d.entry.nodeid != 0)
			fs_forget(&evil.b.fs, d.entry.nodeid, 1);
	if (rc >= 0 && e.nodeid != 0 &&
	    (t->e->after == AFTER_NODE || t->e->after == AFTER_BOTH))
		fs_forget(&evil.b.fs, e.nodeid, 1);
	if (t->e->before == BEFORE_OPEN)
		fs_release(&evil.b.fs, &t->f);
	if (t->e->before == BEFORE_DIR)
		fs_releasedir(&evil.b.fs, &t->f);
	if (t->f.node != FUSE_ROOT_ID && t->f.node != 0)
		fs_forget(&evil.b.fs, t->f.node, 1);
}
