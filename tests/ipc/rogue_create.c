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
 * Knows: lies in answer to a CREATE in a directory that has no descriptor yet:
 * about the file, what was opened, and the directory, which is to come along.
 * Never: other lies.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

#define NEW		"made/file"
#define CREATE_SEAL	8	/* bytes of a handle */
#define CREATE_PIPE	"pipe"	/* instead of a name: that */

/* What is said; names are those of the share. */
struct create_lie {
	const char *name;
	const char *node;	/* sent, or NULL: it is kept and not sent */
	const char *file;	/* open, or NULL: nothing is */
	const char *dir;	/* comes along, or NULL: nothing does */
	uint32_t seal_len;
	uint32_t mode;		/* another one, or 0 */
	uint32_t flags;
	uint32_t ino, dev;	/* this much more than it is */
	const char *said;	/* whose attributes, or NULL: of the new file */
	int rc;			/* what the guest is told */
	int data;		/* what it is told when it reads then, */
	int known;		/* and is the directory known from then on? */
};

/* A guest's request on its way. */
struct create_try {
	struct fs_ticket ticket;
	uint64_t dir;
	struct fs_file f;
};

/* Root's, and the same for all: those that are lost make the others wait. */
static struct rworker create_w;
static int create_pipe[2];

/* A descriptor of name, or of the pipe; -1 without. */
static int
create_fd(const char *name, int flags)
{
	if (name == NULL)
		return -1;
	if (strcmp(name, CREATE_PIPE) == 0)
		return dup(create_pipe[0]);
	return openat(evil.sharefd, name, flags | O_CLOEXEC);
}

static bool
create_send(struct create_try *t, const struct fs_args *a, uint16_t verb)
{
	int type;

	fs_cred(&evil.b.fs, 0, 0);
	if (fs_submit(&evil.b.fs, a, &t->ticket) < 0 ||
	    (create_w.chan.fd == -1 && rtrans_grant(&evil, &create_w, 0) != 0))
		return false;
	while ((type = rworker_question(&create_w)) == N_DROP)
		;
	return type == verb;
}

/* An answer about the node of name, with cnt descriptors. */
static void
create_answer(const char *name, const struct create_lie *l, const int *fds,
    unsigned int cnt)
{
	struct {
		struct msg_hdr hdr;
		struct a_create a;
		struct msg_seal seal;
	} m;

	memset(&m, 0, sizeof(m));
	close(rworker_attr(&evil, name, &m.a.attr));
	m.a.attr.ino += l->ino;
	m.a.attr.dev_minor += l->dev;
	m.a.attr.flags = l->flags;
	if (l->mode != 0)
		m.a.attr.mode = l->mode;
	m.hdr.type = create_w.msg.hdr.type + 1;
	m.hdr.id = create_w.msg.hdr.id;
	m.hdr.fd_cnt = (uint16_t)cnt;
	m.hdr.give = MSG_KEEP_NR(create_w.msg.hdr.give) |
	    (l->node == NULL ? MSG_KEEP_USE : MSG_KEEP_PUT);
	m.hdr.len = (uint32_t)offsetof(typeof(m), seal);
	if (l->seal_len > 0)
		m.hdr.len += (uint32_t)MSG_SEAL_LEN(l->seal_len);
	m.seal.len = l->seal_len;
	rworker_raw(&create_w, &m, m.hdr.len, fds, cnt);
}

/* A directory that the worker made and keeps. */
static bool
create_dir(struct create_try *t)
{
	static const struct create_lie truth = { .seal_len = CREATE_SEAL };
	struct fuse_mkdir_in in = { .mode = 0755 };
	struct fs_args a = { .opcode = FUSE_MKDIR, .node = FUSE_ROOT_ID };
	struct fuse_entry_out e;

	a.arg = &in;
	a.arg_len = sizeof(in);
	a.data = "made";
	a.data_len = 5;
	a.out_len = sizeof(e);
	if (!create_send(t, &a, Q_MKDIR))
		return false;
	create_answer("made", &truth, NULL, 0);
	if (fs_finish(&evil.b.fs, &t->ticket, &e, sizeof(e)) < 0)
		return false;
	t->dir = e.nodeid;
	return true;
}

/* The answer to a CREATE in it; FS_LOST if that is not asked as it should. */
static int
create_lied(struct create_try *t, const struct create_lie *l)
{
	struct fuse_create_in in = { .flags = O_RDWR, .mode = S_IFREG | 0600 };
	struct fs_args a = { .opcode = FUSE_CREATE, .node = t->dir };
	struct {
		struct fuse_entry_out e;
		struct fuse_open_out o;
	} out;
	int fds[3], rc;
	unsigned int cnt = 0;

	a.arg = &in;
	a.arg_len = sizeof(in);
	a.data = "file";
	a.data_len = 5;
	a.out_len = sizeof(out);
	if (!create_send(t, &a, Q_CREATE) ||
	    ((const struct q_create *)create_w.msg.body)->back != 1)
		return FS_LOST;
	fds[cnt] = create_fd(l->node, O_PATH);
	cnt += fds[cnt] != -1;
	fds[cnt] = create_fd(l->file, O_RDONLY);
	cnt += fds[cnt] != -1;
	fds[cnt] = create_fd(l->dir, O_PATH);
	cnt += fds[cnt] != -1;
	create_answer(l->said == NULL ? NEW : l->said, l, fds, cnt);
	while (cnt > 0)
		close(fds[--cnt]);
	rc = fs_finish(&evil.b.fs, &t->ticket, &out, sizeof(out));
	t->f.node = out.e.nodeid;
	t->f.fh = out.o.fh;
	return rc;
}

/* Can the transport say itself what the directory is, and is that true? */
static bool
create_known(struct create_try *t, int known)
{
	struct fuse_getattr_in in = { 0 };
	struct fs_args a = { .opcode = FUSE_GETATTR, .node = t->dir };
	struct fuse_attr_out out;
	struct stat st;

	if (known)
		return fs_getattr(&evil.b.fs, t->dir, &out) >= 0 &&
		    stat(box_host(&evil.b, "made"), &st) == 0 &&
		    out.attr.ino == st.st_ino &&
		    out.attr.mode == st.st_mode;
	a.arg = &in;
	a.arg_len = sizeof(in);
	a.out_len = sizeof(out);
	if (!create_send(t, &a, Q_STATX))
		return false;
	rworker_error(&create_w, ENOTDIR);
	return fs_finish(&evil.b.fs, &t->ticket, &out, sizeof(out)) ==
	    -ENOTDIR;
}

static void
create_try(const struct create_lie *l)
{
	struct create_try t = { 0 };
	int rc = FS_LOST, data = 0;
	char buf[8];
	bool good;

	good = create_dir(&t);
	if (good)
		rc = create_lied(&t, l);
	good = good && (l->rc == 0 ? rc >= 0 : rc == l->rc);
	if (rc >= 0) {
		data = fs_read(&evil.b.fs, &t.f, 0, buf, 4);
		good = good && data == l->data;
	}
	if (good && !create_known(&t, l->known)) {
		tap_diag("the directory is %sknown", l->known ? "un" : "");
		good = false;
	}
	if (rc >= 0) {
		fs_release(&evil.b.fs, &t.f);
		fs_forget(&evil.b.fs, t.f.node, 1);
	}
	if (t.dir != 0)
		fs_forget(&evil.b.fs, t.dir, 1);
	if (!good)
		tap_diag("CREATE: %s, read: %s", tap_rcname(rc),
		    tap_rcname(data));
	tap_ok(good, "a CREATE answered with %s", l->name);
}

static const struct create_lie lies[] = {
	{ "the truth", NULL, NEW, "made", CREATE_SEAL, .data = 4,
	    .known = 1 },
	{ "the truth, and the file sent", NEW, NEW, "made", 0, .data = 4,
	    .known = 1 },
	{ "no directory", NULL, NEW, NULL, CREATE_SEAL, .data = 4 },
	{ "no directory, and the file sent", NEW, NEW, NULL, 0,
	    .data = 4 },
	{ "another directory", NULL, NEW, "else", CREATE_SEAL, .data = 4 },
	{ "another directory, and the file sent", NEW, NEW, "else", 0,
	    .data = 4 },
	{ "the file as the directory", NULL, NEW, NEW, CREATE_SEAL,
	    .data = 4 },
	{ "a pipe as the directory", NULL, NEW, CREATE_PIPE, CREATE_SEAL,
	    .data = 4 },
	{ "nothing open", NULL, NULL, NULL, CREATE_SEAL, .rc = -EIO },
	{ "the file sent and nothing open", NEW, NULL, NULL, CREATE_SEAL,
	    .rc = -EIO },
	{ "a directory opened", NULL, "made", NULL, CREATE_SEAL,
	    .data = -EISDIR },
	{ "a pipe opened", NULL, CREATE_PIPE, NULL, CREATE_SEAL,
	    .data = -ESPIPE },
	{ "a directory that is not sent", NULL, NEW, "made", CREATE_SEAL,
	    .mode = S_IFDIR | 0755, .rc = -EIO },
	{ "a device that is not sent", NULL, NEW, "made", CREATE_SEAL,
	    .mode = S_IFCHR | 0666, .rc = -EIO },
	{ "a mount that is not sent", NULL, NEW, "made", CREATE_SEAL,
	    .flags = MSG_ATTR_MOUNT_ROOT, .rc = -EIO },
	{ "what has no handle and is not sent", NULL, NEW, "made", 0,
	    .rc = -EIO },
	{ "another inode number", NEW, NEW, "made", 0, .ino = 7,
	    .rc = -EIO },
	{ "another file", "else/file", NEW, "made", 0, .rc = -EIO },
	{ "a directory that is sent", "else", NEW, "made", 0, .rc = -EIO },
	{ "a directory, and says so", "else", "else", "made", 0,
	    .said = "else", .data = -EISDIR, .known = 1 },
	{ "another device", NEW, NEW, "made", 0, .dev = 7, .rc = -EIO },
	{ "a pipe as the file", CREATE_PIPE, NEW, "made", 0, .rc = -EIO },
};

void
evil_creates(void)
{
	unsigned int i;

	if (mkdir(box_host(&evil.b, "made"), 0755) == -1 ||
	    mkdir(box_host(&evil.b, "else"), 0755) == -1 ||
	    pipe2(create_pipe, O_CLOEXEC) == -1)
		tap_bail("share: %s", strerror(errno));
	create_w.chan.fd = -1;
	box_file(&evil.b, NEW, "text", 4);
	box_file(&evil.b, "else/file", "other", 5);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		create_try(&lies[i]);
	rworker_close(&create_w);
	tap_ok(evil_healthy(), "nothing is left of new files");
	close(create_pipe[0]);
	close(create_pipe[1]);
}
