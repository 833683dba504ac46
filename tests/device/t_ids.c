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
 * Requests of many users: whose files come out, and whose rights count.
 *
 * Knows: ownership of what is made.
 * Never: operations for their own sake (t_ops.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ids.h"

#define IDS_USERS	64
#define IDS_ROUNDS	6

struct stat
ids_stat(struct box *b, const char *name)
{
	struct stat	 st;

	if (lstat(box_host(b, name), &st) == -1) {
		tap_diag("the host has no %s: %s", name, strerror(errno));
		memset(&st, 0xff, sizeof(st));
	}
	return st;
}

bool
ids_is(struct box *b, const char *name, uint32_t uid, uint32_t gid,
    uint32_t mode)
{
	struct stat	 st = ids_stat(b, name);

	if (st.st_uid == uid && st.st_gid == gid && st.st_mode == mode)
		return true;
	tap_diag("%s is %u:%u 0%o, should be %u:%u 0%o", name, st.st_uid,
	    st.st_gid, st.st_mode, uid, gid, mode);
	return false;
}

void
ids_give(struct box *b, const char *name, uint32_t id, uint32_t mode)
{
	const char	*path = box_host(b, name);

	if (lchown(path, id, id) == -1 || chmod(path, mode) == -1)
		tap_bail("%s: %s", path, strerror(errno));
}

int
ids_file(struct box *b, uint64_t dir, const char *name, uint32_t uid,
    uint32_t gid)
{
	struct fs_file	 f;
	int		 rc;

	fs_cred(&b->fs, uid, gid);
	rc = fs_create(&b->fs, dir, name, 0644, O_RDWR, &f);
	if (rc == 0) {
		rc = fs_write(&b->fs, &f, 0, name, (uint32_t)strlen(name));
		fs_cred(&b->fs, 0, 0);
		fs_release(&b->fs, &f);
	}
	fs_cred(&b->fs, 0, 0);
	return rc < 0 ? rc : 0;
}

/* The same about a file in a directory. */
static bool
ids_in(struct box *b, const char *dir, const char *name,
    const struct stat *want)
{
	char	 path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return ids_is(b, path, want->st_uid, want->st_gid, want->st_mode);
}

/* Everything that makes a file, by one user in a directory for all. */
static void
ids_make(struct box *b, uint32_t uid, uint32_t gid)
{
	struct fuse_entry_out	 e, dir;
	struct fs_file		 f;
	struct fs		*fs = &b->fs;
	struct stat		 want = { .st_uid = uid, .st_gid = gid };
	char			 name[64];

	snprintf(name, sizeof(name), "make%u-%u", uid, gid);
	fs_cred(fs, 0, 0);
	fs_mkdir(fs, FUSE_ROOT_ID, name, 01777, &dir);
	ids_give(b, name, 0, 01777);
	fs_cred(fs, uid, gid);
	tap_rc(fs_create(fs, dir.nodeid, "file", 0640, O_RDWR, &f), 0,
	    "%u:%u creates", uid, gid);
	tap_ok(f.entry.attr.uid == uid && f.entry.attr.gid == gid,
	    "the reply says whose it is");
	tap_rc(fs_mkdir(fs, dir.nodeid, "dir", 0750, &e), 0, "mkdir");
	tap_ok(e.attr.uid == uid && e.attr.gid == gid,
	    "the reply says whose it is");
	tap_rc(fs_mknod(fs, dir.nodeid, "fifo", S_IFIFO | 0600, 0, &e), 0,
	    "mknod");
	tap_rc(fs_mknod(fs, dir.nodeid, "node", S_IFREG | 0604, 0, &e), 0,
	    "mknod of a file");
	tap_rc(fs_symlink(fs, dir.nodeid, "sym", "target", &e), 0,
	    "symlink");
	tap_rc(fs_link(fs, f.node, dir.nodeid, "link", &e), 0, "link");
	fs_release(fs, &f);
	fs_cred(fs, 0, 0);
	want.st_mode = S_IFREG | 0640;
	tap_ok(ids_in(b, name, "file", &want), "the file is its maker's");
	want.st_mode = S_IFDIR | 0750;
	tap_ok(ids_in(b, name, "dir", &want), "the directory");
	want.st_mode = S_IFIFO | 0600;
	tap_ok(ids_in(b, name, "fifo", &want), "the fifo");
	want.st_mode = S_IFREG | 0604;
	tap_ok(ids_in(b, name, "node", &want), "the node");
	want.st_mode = S_IFLNK | 0777;
	tap_ok(ids_in(b, name, "sym", &want), "the symlink");
}

/* A CREATE of each user in flight at the same time, several times over. */
static unsigned
ids_wave(struct box *b, uint64_t dir, unsigned round)
{
	struct {
		struct fuse_create_in	 in;
		char			 name[32];
	}			 arg[IDS_USERS];
	struct {
		struct fuse_entry_out	 e;
		struct fuse_open_out	 o;
	}			 out;
	struct fs_ticket	 t[IDS_USERS];
	struct fs_args		 a = { .opcode = FUSE_CREATE, .node = dir,
	    .out_len = sizeof(out) };
	struct fs_file		 f;
	unsigned		 i, bad = 0;
	int			 rc;

	for (i = 0; i < IDS_USERS; i++) {
		memset(&arg[i], 0, sizeof(arg[i]));
		arg[i].in.flags = O_RDWR | O_EXCL;
		arg[i].in.mode = 0644;
		snprintf(arg[i].name, sizeof(arg[i].name), "u%u-%u", i,
		    round);
		a.arg = &arg[i];
		a.arg_len = sizeof(arg[i].in) + strlen(arg[i].name) + 1;
		fs_cred(&b->fs, 2000 + i, 3000 + i);
		bad += fs_submit(&b->fs, &a, &t[i]) != 0;
	}
	for (i = 0; i < IDS_USERS; i++) {
		rc = fs_finish(&b->fs, &t[i], &out, sizeof(out));
		if (rc != (int)sizeof(out)) {
			tap_diag("user %u: %s", 2000 + i, tap_rcname(rc));
			bad++;
			continue;
		}
		bad += out.e.attr.uid != 2000 + i;
		f.node = out.e.nodeid;
		f.fh = out.o.fh;
		fs_cred(&b->fs, 2000 + i, 3000 + i);
		bad += fs_write(&b->fs, &f, 0, arg[i].name, 2) != 2;
		fs_cred(&b->fs, 0, 0);
		bad += fs_release(&b->fs, &f) != 0;
	}
	return bad;
}

static void
ids_crowd(struct box *b)
{
	struct fuse_entry_out	 dir;
	char			 name[64];
	unsigned		 round, i, bad = 0;

	fs_cred(&b->fs, 0, 0);
	fs_mkdir(&b->fs, FUSE_ROOT_ID, "crowd", 0777, &dir);
	ids_give(b, "crowd", 0, 0777);
	for (round = 0; round < IDS_ROUNDS; round++)
		bad += ids_wave(b, dir.nodeid, round);
	tap_is(bad, 0, "%u users create at the same time", IDS_USERS);
	bad = 0;
	for (round = 0; round < IDS_ROUNDS; round++) {
		for (i = 0; i < IDS_USERS; i++) {
			snprintf(name, sizeof(name), "crowd/u%u-%u", i,
			    round);
			bad += !ids_is(b, name, 2000 + i, 3000 + i,
			    S_IFREG | 0644);
		}
	}
	tap_is(bad, 0, "each of %u files is its maker's",
	    IDS_USERS * IDS_ROUNDS);
	fs_cred(&b->fs, 0, 0);
}

int
main(int argc, char **argv)
{
	const struct box_opts	 o = { .event_idx = true, .indirect = true };
	struct box		 b;

	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("only root can serve other users", "users");
		return tap_done();
	}
	if (box_start(&b, &o)) {
		ids_make(&b, 0, 0);
		ids_make(&b, 1000, 1000);
		ids_make(&b, 1000, 4000);
		ids_make(&b, 0, 1000);
		ids_make(&b, 65534, 65534);
		ids_make(&b, 3000000000U, 4000000000U);
		ids_crowd(&b);
		ids_rights(&b);
		ids_handles(&b);
		ids_setid(&b);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
	if (daemon_kind == DAEMON_OURS)
		ids_steady();
	return tap_done();
}
