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
 * Knows: what the groups are good for that a guest's kernel sends along with
 * what it makes (FUSE_CREATE_SUPP_GROUP).
 * Never: groups that the host chooses (t_policy.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_TEAM	3000		/* the group that owns "team" */
#define MORE_GROUPS	32		/* as many as a worker can have */
#define MORE_EXT_GROUPS	32		/* FUSE_EXT_GROUPS of 7.38 */
#define MORE_EXT_WORDS	64
#define MORE_BROKEN	40

/* Nobody but members may enter "team", and nobody gets past that. */
static const char *const	 more_groups_on[] = {
    "--modcaps=-dac_override", NULL };

static const struct more_groups_op {
	const char	*name;
	uint32_t	 opcode;
	uint32_t	 mode;
} more_groups_ops[] = {
	{ "create", FUSE_CREATE, S_IFREG | 0640 },
	{ "mknod", FUSE_MKNOD, S_IFREG | 0640 },
	{ "fifo", FUSE_MKNOD, S_IFIFO | 0640 },
	{ "mkdir", FUSE_MKDIR, 0750 },
	{ "symlink", FUSE_SYMLINK, 0777 },
};
#define MORE_GROUPS_OPS	(sizeof(more_groups_ops) / sizeof(more_groups_ops[0]))

/* An extension as 32-bit words. */
struct more_ext {
	uint32_t	 word[MORE_EXT_WORDS];
	uint32_t	 cnt;
};

static struct fs_make
more_groups_make(const struct more_groups_op *op, uint64_t dir,
    const struct more_ext *x)
{
	struct fs_make	 m = { .opcode = op->opcode, .dir = dir,
	    .name = op->name, .target = "target", .mode = op->mode,
	    .flags = O_RDWR | O_EXCL };

	if (x != NULL) {
		m.ext = x->word;
		m.ext_len = x->cnt * (uint32_t)sizeof(x->word[0]);
	}
	return m;
}

/* cnt groups, the last of them MORE_TEAM, the others nobody's. */
static struct more_ext
more_groups_list(uint32_t cnt)
{
	struct more_ext	 x = { .word = { 0, MORE_EXT_GROUPS, cnt } };
	uint32_t	 i;

	for (i = 0; i < cnt; i++)
		x.word[3 + i] = i == cnt - 1 ? MORE_TEAM : 50000 + i;
	x.cnt = (3 + cnt + 1) & ~1u;
	x.word[0] = x.cnt * (uint32_t)sizeof(x.word[0]);
	return x;
}

/* A directory of the host that is root's and the team's. */
static uint64_t
more_groups_dir(struct box *b, const char *name, uint32_t mode)
{
	const char	*path = box_host(b, name);

	if (mkdir(path, 0700) == -1 || chown(path, 0, MORE_TEAM) == -1 ||
	    chmod(path, mode) == -1)
		tap_bail("%s: %s", path, strerror(errno));
	return more_node_of(b, name);
}

static void
more_groups_drop(struct box *b, const struct more_groups_op *op,
    const struct fs_file *f, const char *dir)
{
	char	 path[64];

	if (op->opcode == FUSE_CREATE)
		fs_release(&b->fs, f);
	fs_forget(&b->fs, f->node, 1);
	snprintf(path, sizeof(path), "%s/%s", dir, op->name);
	if (unlink(box_host(b, path)) == -1)
		rmdir(box_host(b, path));
}

/* Each operation that makes something, where only members may. */
static void
more_groups_each(struct box *b, uint64_t dir, uint32_t cnt)
{
	const struct more_groups_op	*op;
	const struct more_ext		 x = more_groups_list(cnt);
	struct fs_make			 m;
	struct fs_file			 f;
	struct stat			 st;
	char				 path[64];

	for (op = more_groups_ops; op < more_groups_ops + MORE_GROUPS_OPS;
	    op++) {
		m = more_groups_make(op, dir, &x);
		fs_cred(&b->fs, 1000, 1000);
		if (tap_rc(fs_make(&b->fs, &m, &f), 0, "%s as a member, "
		    "%u groups", op->name, cnt)) {
			snprintf(path, sizeof(path), "team/%s", op->name);
			st = more_stat(b, path);
			tap_ok(st.st_uid == 1000 && st.st_gid == 1000,
			    "it is 1000:1000's");
			more_groups_drop(b, op, &f, "team");
		}
		m = more_groups_make(op, dir, NULL);
		tap_rc(fs_make(&b->fs, &m, &f), -EACCES, "%s without groups",
		    op->name);
		fs_cred(&b->fs, 0, 0);
	}
}

static void
more_groups_tmpfile(struct box *b, uint64_t dir)
{
	const struct more_groups_op	 op = { "tmpfile", FUSE_TMPFILE,
	    S_IFREG | 0640 };
	const struct more_ext		 x = more_groups_list(1);
	struct fs_make			 m = more_groups_make(&op, dir, &x);
	struct fs_file			 f;

	m.flags = O_RDWR;
	fs_cred(&b->fs, 1000, 1000);
	if (tap_rc(fs_make(&b->fs, &m, &f), 0, "tmpfile as a member"))
		fs_release(&b->fs, &f);
	m = more_groups_make(&op, dir, NULL);
	m.flags = O_RDWR;
	tap_rc(fs_make(&b->fs, &m, &f), -EACCES, "tmpfile without groups");
	fs_cred(&b->fs, 0, 0);
}

/*
 * In a set-gid directory the file gets its group.  The kernel takes the
 * set-gid bit of an executable away from who is not in that group.
 */
static void
more_groups_setgid(struct box *b)
{
	static const struct more_groups_op	 tool = { "tool", FUSE_CREATE,
	    S_IFREG | S_ISGID | 0755 };
	static const struct more_groups_op	 sub = { "sub", FUSE_MKDIR,
	    0755 };
	const struct more_ext			 x = more_groups_list(1);
	uint64_t	 dir = more_groups_dir(b, "setgid", 02777);
	struct fs_make	 m = more_groups_make(&tool, dir, &x);
	struct fs_file	 f;

	fs_cred(&b->fs, 1000, 1000);
	tap_rc(fs_make(&b->fs, &m, &f), 0, "a member, a set-gid directory");
	tap_is(more_stat(b, "setgid/tool").st_gid, MORE_TEAM, "its group");
	tap_is(more_mode(b, "setgid/tool"), 02755, "the bit stays");
	more_groups_drop(b, &tool, &f, "setgid");
	m = more_groups_make(&tool, dir, NULL);
	tap_rc(fs_make(&b->fs, &m, &f), 0, "the same without groups");
	tap_is(more_stat(b, "setgid/tool").st_gid, MORE_TEAM, "its group");
	tap_is(more_mode(b, "setgid/tool"), 0755, "the bit goes");
	more_groups_drop(b, &tool, &f, "setgid");
	m = more_groups_make(&sub, dir, &x);
	tap_rc(fs_make(&b->fs, &m, &f), 0, "a directory there");
	tap_is(more_stat(b, "setgid/sub").st_gid, MORE_TEAM, "its group");
	tap_is(more_mode(b, "setgid/sub"), 02755, "it is set-gid, too");
	more_groups_drop(b, &sub, &f, "setgid");
	fs_cred(&b->fs, 0, 0);
}

/* Groups that cannot be: EINVAL, and nothing is made. */
static const struct more_ext	 more_groups_bad[] = {
	{ { 8, MORE_EXT_GROUPS }, 2 },
	{ { 16, MORE_EXT_GROUPS, 2, MORE_TEAM }, 4 },
	{ { 16, MORE_EXT_GROUPS, UINT32_MAX, MORE_TEAM }, 4 },
	{ { 16, MORE_EXT_GROUPS, 1u << 30, MORE_TEAM }, 4 },
	{ { 24, MORE_EXT_GROUPS, 1, MORE_TEAM }, 4 },
	{ { 12, MORE_EXT_GROUPS, 1, MORE_TEAM }, 4 },
	{ { 4, MORE_EXT_GROUPS, 1, MORE_TEAM }, 4 },
	{ { 0, MORE_EXT_GROUPS, 1, MORE_TEAM }, 4 },
	{ { UINT32_MAX, MORE_EXT_GROUPS, 1, MORE_TEAM }, 4 },
	{ { 16, MORE_EXT_GROUPS, 1, MORE_TEAM, 16 }, 6 },
	{ { 16, MORE_EXT_GROUPS, 1, UINT32_MAX }, 4 },
};
#define MORE_BADS	(sizeof(more_groups_bad) / sizeof(more_groups_bad[0]))

static void
more_groups_broken(struct box *b, uint64_t dir)
{
	const struct more_groups_op	*op;
	struct more_ext			 many;
	struct fs_make			 m;
	struct fs_file			 f;
	unsigned			 i, bad = 0;
	int				 rc, fds = 0;

	many = more_groups_list(MORE_GROUPS + 1);
	fs_cred(&b->fs, 1000, 1000);
	for (i = 0; i < MORE_BROKEN * MORE_BADS; i++) {
		op = &more_groups_ops[i % MORE_GROUPS_OPS];
		m = more_groups_make(op, dir, &more_groups_bad[i % MORE_BADS]);
		rc = fs_make(&b->fs, &m, &f);
		if (rc != -EINVAL && bad++ == 0)
			tap_diag("%s with list %zu: %s", op->name,
			    i % MORE_BADS, tap_rcname(rc));
		if (i == MORE_BADS)
			fds = proc_fds_all(daemon_procs(&b->d));
	}
	tap_is(bad, 0, "lists of groups that are none are refused");
	for (op = more_groups_ops; op < more_groups_ops + MORE_GROUPS_OPS;
	    op++) {
		m = more_groups_make(op, dir, &many);
		tap_rc(fs_make(&b->fs, &m, &f), -EINVAL, "%s: too many groups",
		    op->name);
	}
	fs_cred(&b->fs, 0, 0);
	tap_is(more_stat(b, "team").st_nlink, 2, "no directory is left");
	tap_is(rmdir(box_host(b, "team")), 0, "nor anything else");
	tap_ok(more_settled(b, fds), "no descriptor either");
}

/* A guest that did not ask for it is not listened to. */
static void
more_groups_off(void)
{
	const struct more_ext	 x = more_groups_list(1);
	struct fs_make		 m;
	struct fs_file		 f;
	struct box		 b;
	uint64_t		 dir;

	if (more_start_bare(&b, more_groups_on)) {
		tap_rc(fs_init_as(&b.fs, 7, 38,
		    FS_INIT_FLAGS & ~FS_CREATE_SUPP_GROUP, NULL), 0,
		    "a guest that sends no groups");
		dir = more_groups_dir(&b, "team", 0770);
		m = more_groups_make(&more_groups_ops[0], dir, &x);
		fs_cred(&b.fs, 1000, 1000);
		tap_rc(fs_make(&b.fs, &m, &f), -EACCES,
		    "and sends some all the same");
		fs_cred(&b.fs, 0, 0);
	}
	box_close(&b);
}

void
more_groups(void)
{
	struct box	 b;
	uint64_t	 dir;

	if (more_start(&b, more_groups_on)) {
		chmod(b.d.share, 0755);
		tap_ok((b.init.flags2 & (FS_CREATE_SUPP_GROUP >> 32)) != 0,
		    "groups are asked for");
		dir = more_groups_dir(&b, "team", 0770);
		more_groups_each(&b, dir, 1);
		more_groups_each(&b, dir, 5);
		more_groups_each(&b, dir, MORE_GROUPS);
		more_groups_tmpfile(&b, dir);
		more_groups_setgid(&b);
		more_groups_broken(&b, dir);
	}
	box_close(&b);
	more_groups_off();
}
