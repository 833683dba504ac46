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
 * Knows: one request of each opcode that a share serves, with all options on.
 * Never: that one of them works.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/fs_more.h"
#include "fault.h"

#define ROOT		FUSE_ROOT_ID
#define SCRIPT_NAMES	4	/* w0 to w3 */

static struct fault_round *round_now;

/* Returns whether it worked. */
static bool
said(int rc)
{
	round_now->requests++;
	if (rc >= 0)
		return true;
	if (rc > -512)
		return false;
	if (round_now->silent++ == 0)
		round_now->first = rc;
	return false;
}

static const char *
script_path(const struct box *b, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/work/%s", b->d.share, name);
	return path;
}

/* What uid made must be his. */
static void
owned(struct box *b, const char *name, uint32_t uid)
{
	struct stat st;

	if (lstat(script_path(b, name), &st) == 0 &&
	    (st.st_uid != uid || st.st_gid != uid))
		round_now->wrong++;
}

static void
script_data(struct fs *fs, struct fs_file *f)
{
	struct fs_lock lock = { .owner = 7, .end = 9, .type = F_WRLCK };
	struct fs_lock flock = { .owner = 7, .type = F_WRLCK, .flock = true };
	struct fuse_copy_file_range_in copy = { .len = 100, .fh_in = f->fh,
		.nodeid_out = f->node, .fh_out = f->fh, .off_out = 8192 };
	struct fs_ioctl io = { .cmd = FS_IOC_GETFLAGS };
	struct fuse_file_lock lk;
	struct fuse_attr_out attr;
	struct fs_ticket ticket;
	struct fs_statx_out sx;
	char buf[4096];
	uint32_t flags = 0;
	uint64_t val;

	memset(buf, 'a', sizeof(buf));
	said(fs_write(fs, f, 0, buf, sizeof(buf)));
	said(fs_read(fs, f, 0, buf, sizeof(buf)));
	said(fs_fgetattr(fs, f, &attr));
	said(fs_statx(fs, f->node, f, 0xfff, &sx));
	said(fs_fallocate(fs, f, 0, 0, 8192));
	said(fs_lseek(fs, f, 0, SEEK_DATA, &val));
	said(fs_copy(fs, f, 0, f, 4096, 100));
	said(fs_copy_64(fs, &copy, f->node, &val));
	io.out = &flags;
	io.out_len = sizeof(flags);
	said(fs_ioctl(fs, f, &io));
	said(fs_setlk(fs, f, &lock));
	said(fs_getlk(fs, f, &lock, &lk));
	if (said(fs_setlkw(fs, f, &flock, &ticket)))
		said(fs_finish(fs, &ticket, NULL, 0));
	said(fs_flush_as(fs, f, 7));
	said(fs_fsync(fs, f, true));
	said(fs_fsync(fs, f, false));
	said(fs_truncate(fs, f->node, 10));
}

static void
script_dir(struct fs *fs, uint64_t dir)
{
	struct fs_file d;
	char buf[4096];

	if (!said(fs_opendir(fs, dir, &d)))
		return;
	said(fs_readdir(fs, &d, 0, buf, sizeof(buf)));
	said(fs_readdirplus(fs, &d, 0, buf, sizeof(buf)));
	said(fs_fsyncdir(fs, &d, false));
	said(fs_releasedir(fs, &d));
}

static void
script_attr(struct fs *fs, uint64_t node)
{
	struct fuse_attr_out attr;
	struct fuse_kstatfs st;
	char buf[256];

	said(fs_getattr(fs, node, &attr));
	said(fs_chmod(fs, node, 0640));
	said(fs_chown(fs, node, 0, 0));		/* nobody but root may */
	said(fs_access(fs, node, R_OK | W_OK));
	said(fs_setxattr(fs, node, "user.a", "value", 5, 0));
	said(fs_getxattr(fs, node, "user.a", buf, sizeof(buf)));
	said(fs_listxattr(fs, node, buf, sizeof(buf)));
	said(fs_removexattr(fs, node, "user.a"));
	said(fs_statfs(fs, node, &st));
	said(fs_syncfs(fs, node));
}

static void
script_names(struct box *b, uint64_t dir, uint32_t uid)
{
	struct fs *fs = &b->fs;
	struct fuse_entry_out e;
	char buf[64];

	if (said(fs_mkdir(fs, dir, "d", 0755, NULL)))
		owned(b, "d", uid);
	if (said(fs_mknod(fs, dir, "p", S_IFIFO | 0644, 0, NULL)))
		owned(b, "p", uid);
	if (said(fs_symlink(fs, dir, "l", "target", &e))) {
		owned(b, "l", uid);
		said(fs_readlink(fs, e.nodeid, buf, sizeof(buf)));
	}
	if (said(fs_lookup(fs, dir, "p", &e)))
		said(fs_link(fs, e.nodeid, dir, "h", NULL));
	said(fs_lookup(fs, dir, ".", NULL));
	said(fs_lookup(fs, dir, "..", NULL));
	said(fs_lookup(fs, dir, "none", NULL));
	said(fs_rename(fs, dir, "h", dir, "i"));
	said(fs_rename2(fs, dir, "i", dir, "j", RENAME_NOREPLACE));
	said(fs_unlink(fs, dir, "j"));
	said(fs_unlink(fs, dir, "l"));
	said(fs_unlink(fs, dir, "p"));
	said(fs_rmdir(fs, dir, "d"));
}

static void
script_files(struct box *b, uint64_t dir, uint32_t uid)
{
	struct fs_make tmp = { .opcode = FUSE_TMPFILE, .dir = dir, .name = "",
		.mode = 0600, .flags = O_RDWR };
	struct fs *fs = &b->fs;
	struct fs_file f, g;

	if (said(fs_make(fs, &tmp, &f)))
		said(fs_release(fs, &f));
	if (!said(fs_create(fs, dir, "f", 0644, O_RDWR, &f)))
		return;
	owned(b, "f", uid);
	script_data(fs, &f);
	script_attr(fs, f.node);
	if (said(fs_fopen(fs, f.node, O_RDWR, &g)))
		said(fs_release(fs, &g));
	said(fs_flush(fs, &f));
	said(fs_release(fs, &f));
	said(fs_forget(fs, f.node, 1));
	said(fs_unlink(fs, dir, "f"));
}

/* The host makes name, or removes it; what is said of it is of now. */
static void
script_changed(struct box *b, uint64_t dir, const char *name, bool there)
{
	char path[64];
	int fd, rc;

	snprintf(path, sizeof(path), "w/%s", name);
	if (there) {
		fd = open(script_path(b, path), O_WRONLY | O_CREAT, 0644);
		if (fd == -1)
			return;
		close(fd);
	} else if (unlink(script_path(b, path)) == -1)
		return;
	rc = fs_lookup(&b->fs, dir, name, NULL);
	said(rc);
	if (there ? rc == -ENOENT : rc >= 0)
		round_now->stale++;
}

/* A user's own directory, which is read ahead, while the host changes it. */
static void
script_ahead(struct box *b, uint64_t dir)
{
	struct fs *fs = &b->fs;
	struct fuse_entry_out e;
	char name[16];
	unsigned int i;

	if (!said(fs_mkdir(fs, dir, "w", 0755, &e)))
		return;
	for (i = 0; i < SCRIPT_NAMES; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		script_changed(b, e.nodeid, name, true);
		said(fs_lookup(fs, e.nodeid, "none", NULL));
	}
	script_changed(b, e.nodeid, "w0", false);
	script_changed(b, e.nodeid, "w0", true);
	for (i = 0; i < SCRIPT_NAMES; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		said(fs_lookup(fs, e.nodeid, name, NULL));
		script_changed(b, e.nodeid, name, false);
	}
	said(fs_rmdir(fs, dir, "w"));
}

static void
script_clean(struct box *b)
{
	static const char *const name[] = { "f", "d", "p", "l", "h", "i",
		"j", "w/w0", "w/w1", "w/w2", "w/w3", "w" };
	const char *path;
	unsigned int i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		path = script_path(b, name[i]);
		if (unlink(path) == -1 && errno != ENOENT)
			rmdir(path);
	}
}

void
fault_script(struct box *b, struct fault_round *r)
{
	struct fuse_forget_one one = { .nodeid = 1, .nlookup = 1 };
	static uint32_t round;
	const uint32_t uids[] = { 1000, 2000 + round++ };
	struct fuse_entry_out e;
	struct fs *fs = &b->fs;
	uint32_t uid, i;

	memset(r, 0, sizeof(*r));
	round_now = r;
	for (i = 0; i < 2; i++) {
		uid = uids[i];
		fs_cred(fs, uid, uid);
		if (!said(fs_lookup(fs, ROOT, "work", &e)))
			continue;
		script_files(b, e.nodeid, uid);
		script_names(b, e.nodeid, uid);
		script_dir(fs, e.nodeid);
		script_ahead(b, e.nodeid);
		script_clean(b);
	}
	fs_cred(fs, 0, 0);
	said(fs_interrupt(fs, 12345));
	said(fs_batch_forget(fs, 1, &one, 1));
	said(fs_destroy(fs));
	said(fs_init(fs, NULL));
}
