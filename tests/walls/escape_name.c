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
 * Knows: names, numbers and descriptors that lead out of a share.
 * Never: races (escape_swap.c).
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/fs_more.h"
#include "../frontend/tap.h"
#include "escape.h"

#define NAMES_MAX	32
#define FORGED_CNT	64

/*
 * All of these lead to the tree beside the share and to nothing else: without
 * walls they are followed, and what they name is destroyed.
 * Names as a guest sends them; %s is that tree.
 */
static char names[NAMES_MAX][160];

static unsigned int
names_make(const struct escape *e)
{
	static const char *const form[] = {
		"..", ".", "", "/", "../outside", "../outside/secret",
		"../outside/new", "../../../../../..%s/secret", "%s", "%s/secret",
		"%s/new", "/%s/secret", "%s/dir/../secret", "dir/..",
		"dir/../..", "dir/../../outside/secret",
		"dir/../../outside/new", "dirlink", "dirlink/secret",
		"dirlink/new", "filelink", "abslink", "abslink/new",
		"./../outside/secret", "dir//../../outside/new",
		"/proc/self/root%s/secret", "/proc/self/cwd/../outside/new",
		"proclink", "proclink/secret", "%s/dir/inner",
	};
	unsigned int i;

	for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(names[i], sizeof(names[i]), form[i], e->out.path);
#pragma GCC diagnostic pop
	}
	return i;
}

/* What is found is tried: read, written, cut, changed. */
static void
names_found(struct escape *e, const struct fuse_entry_out *en,
    const char *name)
{
	struct fs *fs = &e->b.fs;
	struct fs_file f;
	char buf[4096];

	escape_saw(e, en->attr.ino, name);
	if (en->attr.ino == 0 || S_ISDIR(en->attr.mode)) {
		if (fs_opendir(fs, en->nodeid, &f) >= 0) {
			fs_readdirplus(fs, &f, 0, buf, sizeof(buf));
			fs_releasedir(fs, &f);
		}
		return;
	}
	if (fs_fopen(fs, en->nodeid, O_RDWR | O_TRUNC, &f) >= 0) {
		fs_write(fs, &f, 0, "escaped", 7);
		fs_release(fs, &f);
	}
	fs_chmod(fs, en->nodeid, 04777);
	fs_chown(fs, en->nodeid, 0, 0);
	fs_truncate(fs, en->nodeid, 0);
	fs_setxattr(fs, en->nodeid, "user.escaped", "1", 1, 0);
	fs_readlink(fs, en->nodeid, buf, sizeof(buf));
}

static void
names_one(struct escape *e, uint64_t dir, uint64_t file, const char *name)
{
	struct fs *fs = &e->b.fs;
	struct fuse_entry_out en;
	struct fs_file f;

	e->tries++;
	if (fs_lookup(fs, dir, name, &en) >= 0)
		names_found(e, &en, name);
	if (fs_create(fs, dir, name, 0666, O_RDWR, &f) >= 0) {
		names_found(e, &f.entry, name);
		fs_release(fs, &f);
	}
	if (fs_mkdir(fs, dir, name, 0777, &en) >= 0)
		names_found(e, &en, name);
	if (fs_mknod(fs, dir, name, S_IFREG | 0666, 0, &en) >= 0)
		names_found(e, &en, name);
	if (fs_symlink(fs, dir, name, e->out.path, &en) >= 0)
		names_found(e, &en, name);
	if (fs_link(fs, file, dir, name, &en) >= 0)
		names_found(e, &en, name);
	fs_rename(fs, dir, "victim", dir, name);
	fs_rename(fs, dir, name, dir, "stolen");
	fs_rename2(fs, dir, name, dir, "victim", 2);	/* RENAME_EXCHANGE */
	fs_unlink(fs, dir, name);
	fs_rmdir(fs, dir, name);
}

void
escape_names(struct escape *e)
{
	unsigned int cnt = names_make(e), i, k;
	struct fuse_entry_out dir, file;
	int rc;
	static const uint32_t who[] = { 0, 1000 };

	for (k = 0; k < 2; k++)
		for (i = 0; i < cnt; i++) {
			/* As before, for the last name may have moved it. */
			box_file(&e->b, "victim", "v", 1);
			mkdir(box_host(&e->b, "dir"), 0777);
			chmod(box_host(&e->b, "dir"), 0777);
			fs_cred(&e->b.fs, who[k], who[k]);
			if ((rc = fs_lookup(&e->b.fs, FUSE_ROOT_ID, "dir",
			    &dir)) < 0 || (rc = fs_lookup(&e->b.fs,
			    FUSE_ROOT_ID, "victim", &file)) < 0) {
				daemon_show_log(&e->b.d);
				tap_bail("the share is not there any more: "
				    "%s", tap_rcname(rc));
			}
			names_one(e, FUSE_ROOT_ID, file.nodeid, names[i]);
			names_one(e, dir.nodeid, file.nodeid, names[i]);
		}
	fs_cred(&e->b.fs, 0, 0);
}

/* Nodes and handles that were never given. */
void
escape_forged(struct escape *e)
{
	struct fs *fs = &e->b.fs;
	struct fuse_attr_out a;
	struct fuse_entry_out en;
	struct fs_file f;
	char buf[64];
	uint64_t id;
	unsigned int i;

	for (i = 0; i < FORGED_CNT; i++) {
		id = i < 32 ? 1000 + i : ~0ULL << i;
		e->tries++;
		if (fs_getattr(fs, id, &a) >= 0)
			escape_saw(e, a.attr.ino, "a node made up");
		if (fs_lookup(fs, id, "secret", &en) >= 0)
			escape_saw(e, en.attr.ino, "below a node made up");
		f.node = FUSE_ROOT_ID;
		f.fh = id;
		fs_read(fs, &f, 0, buf, sizeof(buf));
		fs_write(fs, &f, 0, "escaped", 7);
		fs_readdir(fs, &f, 0, buf, sizeof(buf));
		fs_fallocate(fs, &f, 0, 0, 4096);
		if (fs_fopen(fs, id, O_RDWR | O_TRUNC, &f) >= 0)
			fs_release(fs, &f);
	}
}

/* Descriptors of a front-end, in every message that may carry one. */
void
escape_foreign(struct escape *e)
{
	static const uint32_t kinds[] = { VHOST_SET_MEM_TABLE,
	    VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR,
	    VHOST_SET_LOG_FD, VHOST_ADD_MEM_REG };
	struct vhost_hdr hdr;
	struct fuse_entry_out en;
	unsigned int i, k;
	uint64_t idx[64] = { 0 };
	int fds[4];

	fds[0] = open(e->out.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fds[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[2] = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fds[3] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (k = 0; k < 4; k++) {
			memset(&hdr, 0, sizeof(hdr));
			hdr.request = kinds[i];
			hdr.flags = 1;
			hdr.size = 8;
			e->tries++;
			if (vhost_send_fds(&e->b.v, &hdr, idx, &fds[k],
			    1) != 0)
				break;
			/* Below whatever number it has there now. */
			if (fs_lookup(&e->b.fs, FUSE_ROOT_ID, "secret",
			    &en) >= 0)
				escape_saw(e, en.attr.ino, "by a descriptor");
		}
	for (k = 0; k < 4; k++)
		close(fds[k]);
}
