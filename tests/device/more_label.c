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
 * Knows: what --security-label does with the label of each new file.
 * Never: attributes otherwise (more_xattr.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_LABEL	"security.selinux"
#define MORE_VALUE	"system_u:object_r:test_t"
#define MORE_FAILURES	40

static const char *const	 more_label_cap[] = { "--security-label",
    "--modcaps=+sys_admin", NULL };
static const char *const	 more_label_map[] = { "--security-label",
    "--xattrmap=:map::user.virtiofs.:", NULL };

static const struct more_label_op {
	const char	*name;
	uint32_t	 opcode;
	uint32_t	 mode;
	bool		 user;		/* user.* can be on such a file */
} more_label_ops[] = {
	{ "create", FUSE_CREATE, S_IFREG | 0644, true },
	{ "mknod", FUSE_MKNOD, S_IFREG | 0644, true },
	{ "fifo", FUSE_MKNOD, S_IFIFO | 0644, false },
	{ "mkdir", FUSE_MKDIR, 0755, true },
	{ "symlink", FUSE_SYMLINK, 0777, false },
};
#define MORE_LABEL_OPS	(sizeof(more_label_ops) / sizeof(more_label_ops[0]))

static struct fs_make
more_label_make(const struct more_label_op *op)
{
	struct fs_make	 m = { .opcode = op->opcode, .dir = FUSE_ROOT_ID,
	    .name = op->name, .target = "target", .mode = op->mode,
	    .flags = O_RDWR | O_EXCL, .label_name = MORE_LABEL,
	    .label = MORE_VALUE, .label_len = sizeof(MORE_VALUE) - 1 };

	return m;
}

static void
more_label_drop(struct box *b, const char *name)
{
	if (unlink(box_host(b, name)) == -1)
		rmdir(box_host(b, name));
}

static void
more_label_end(struct box *b, const struct fs_file *f, uint32_t opcode)
{
	if (opcode == FUSE_CREATE || opcode == FUSE_TMPFILE)
		fs_release(&b->fs, f);
	fs_forget(&b->fs, f->node, 1);
}

/* Every operation that makes a file sets the label of host's name. */
static void
more_label_each(struct box *b, const char *host, uint32_t uid, bool all)
{
	const struct more_label_op	*op;
	struct fs_make			 m;
	struct fs_file			 f;
	int				 rc;

	for (op = more_label_ops; op < more_label_ops + MORE_LABEL_OPS;
	    op++) {
		m = more_label_make(op);
		fs_cred(&b->fs, uid, uid);
		rc = fs_make(&b->fs, &m, &f);
		fs_cred(&b->fs, 0, 0);
		if (!all && !op->user) {
			tap_rc(rc, -EPERM, "%s by %u: no such label",
			    op->name, uid);
			tap_ok(!more_exists(b, op->name), "nothing is left");
			continue;
		}
		tap_rc(rc, 0, "%s by %u with a label", op->name, uid);
		if (rc != 0)
			continue;
		tap_ok(more_has(b, op->name, host, MORE_VALUE),
		    "%s: the host has the label", op->name);
		tap_is(more_stat(b, op->name).st_uid, uid, "its owner");
		tap_is(more_stat(b, op->name).st_nlink,
		    op->opcode == FUSE_MKDIR ? 2 : 1, "its links");
		more_label_end(b, &f, op->opcode);
		more_label_drop(b, op->name);
	}
	tap_is(more_count(b), 0, "nothing else is in the directory");
}

/* CREATE of what is there opens it and leaves its label alone. */
static void
more_label_existing(struct box *b, const char *host)
{
	struct fs_make	 m = more_label_make(&more_label_ops[0]);
	struct fs_file	 f;

	more_file(b, "create", 0, 0644);
	more_give(b, "create", host, "old");
	tap_rc(fs_make(&b->fs, &m, &f), -EEXIST, "a label with O_EXCL");
	m.flags = O_RDWR;
	tap_rc(fs_make(&b->fs, &m, &f), 0, "a label without O_EXCL");
	tap_ok(more_has(b, "create", host, "old"), "the label stays");
	fs_release(&b->fs, &f);
	more_label_drop(b, "create");
	m.label_name = NULL;
	tap_rc(fs_make(&b->fs, &m, &f), 0, "no label");
	tap_ok(more_has(b, "create", host, NULL), "so there is none");
	fs_release(&b->fs, &f);
	more_label_drop(b, "create");
}

/* Kernels before 7.38 do not say how long the extension is. */
static void
more_label_old(struct box *b, const char *host)
{
	const struct more_label_op	*op;
	struct fs_make			 m;
	struct fs_file			 f;

	for (op = more_label_ops; op < more_label_ops + MORE_LABEL_OPS;
	    op++) {
		if (!op->user)
			continue;
		m = more_label_make(op);
		m.ext_old = true;
		tap_rc(fs_make(&b->fs, &m, &f), 0, "%s: the old form",
		    op->name);
		tap_ok(more_has(b, op->name, host, MORE_VALUE),
		    "the host has the label");
		more_label_end(b, &f, op->opcode);
		more_label_drop(b, op->name);
	}
}

static void
more_label_tmpfile(struct box *b, const char *host)
{
	struct fs_make		 m = more_label_make(&more_label_ops[0]);
	struct fuse_entry_out	 e;
	struct fs_file		 f;

	m.opcode = FUSE_TMPFILE;
	m.flags = O_RDWR;
	tap_rc(fs_make(&b->fs, &m, &f), 0, "tmpfile with a label");
	tap_rc(fs_link(&b->fs, f.node, FUSE_ROOT_ID, "linked", &e), 0,
	    "link it");
	tap_ok(more_has(b, "linked", host, MORE_VALUE),
	    "the host has the label");
	fs_release(&b->fs, &f);
	more_label_drop(b, "linked");
}

/* A label that cannot be set, or is none: no file and no descriptor stays. */
static void
more_label_failures(struct box *b)
{
	const struct more_label_op	*op;
	struct fs_make			 m;
	struct fs_file			 f;
	unsigned			 i, bad = 0;
	int				 fds = 0;

	for (i = 0; i <= MORE_FAILURES; i++) {
		op = &more_label_ops[i % MORE_LABEL_OPS];
		m = more_label_make(op);
		m.label_name = "nonsense";
		bad += fs_make(&b->fs, &m, &f) != -EOPNOTSUPP;
		m = more_label_make(op);
		m.ext_lie = 64;
		bad += fs_make(&b->fs, &m, &f) != -EINVAL;
		m = more_label_make(op);
		m.label_name = "";
		bad += fs_make(&b->fs, &m, &f) != -EINVAL;
		if (i == 0)
			fds = proc_fds_all(daemon_procs(&b->d));
	}
	tap_is(bad, 0, "labels that cannot be set");
	tap_is(more_count(b), 0, "they leave no file");
	tap_ok(more_settled(b, fds), "they leave no descriptor");
}

static void
more_label_init(void)
{
	struct fuse_init_out	 out;
	struct box		 b;

	if (more_start_bare(&b, more_label_cap)) {
		tap_rc(fs_init_as(&b.fs, 7, 38,
		    FS_INIT_FLAGS & ~FUSE_SECURITY_CTX, NULL), -EPROTO,
		    "a guest without security contexts");
		tap_rc(fs_init(&b.fs, &out), 0, "a guest with them");
		tap_ok((out.flags2 & (FUSE_SECURITY_CTX >> 32)) != 0,
		    "it is told");
	}
	box_close(&b);
}

static void
more_label_off(void)
{
	struct fs_make	 m = more_label_make(&more_label_ops[0]);
	struct fs_file	 f;
	struct box	 b;

	if (more_start(&b, NULL)) {
		tap_ok((b.init.flags2 & (FUSE_SECURITY_CTX >> 32)) == 0,
		    "without --security-label it is not offered");
		tap_rc(fs_make(&b.fs, &m, &f), 0, "an extension is skipped");
		tap_ok(more_has(&b, "create", MORE_LABEL, NULL),
		    "no label is set");
	}
	box_close(&b);
}

void
more_label(void)
{
	struct box	 b;

	more_label_init();
	more_label_off();
	if (more_start(&b, more_label_cap)) {
		chmod(b.d.share, 0777);
		more_label_each(&b, MORE_LABEL, 0, true);
		more_label_existing(&b, MORE_LABEL);
		more_label_old(&b, MORE_LABEL);
		more_label_tmpfile(&b, MORE_LABEL);
		more_label_failures(&b);
		more_label_each(&b, MORE_LABEL, 1000, true);
	}
	box_close(&b);
	if (more_start(&b, more_label_map)) {
		chmod(b.d.share, 0777);
		more_label_each(&b, "user.virtiofs." MORE_LABEL, 0, false);
		more_label_each(&b, "user.virtiofs." MORE_LABEL, 1000,
		    false);
	}
	box_close(&b);
}
