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
 * Knows: what --allow-idmap serves: requests without ids, from mounts whose
 * ids the guest's kernel maps.
 * Never: ids that the host maps (more_ids.c).
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

#define MORE_NO_ID	UINT32_MAX

static const char *const	 more_idmap_on[] = { "--allow-idmap", NULL };

/* How many of the daemon's processes have this in their titles. */
static unsigned
more_idmap_titles(struct box *b, const char *what)
{
	const struct proc_set	*p = daemon_procs(&b->d);
	char			 path[64], line[256];
	unsigned		 i, cnt = 0;
	FILE			*f;

	for (i = 0; i < p->cnt; i++) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline",
		    (int)p->pid[i]);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(line, sizeof(line), f) != NULL)
			cnt += strstr(line, what) != NULL;
		fclose(f);
	}
	return cnt;
}

/* What acts on files that are there needs no ids. */
static void
more_idmap_acts(struct box *b, uint32_t uid, uint32_t gid)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct stat		 st;
	uint64_t		 n;
	char			 buf[16];

	more_file(b, "file", 4242, 0600);
	fs_cred(&b->fs, uid, gid);
	n = more_node_of(b, "file");
	tap_rc(fs_fopen(&b->fs, n, O_RDWR, &f), 0, "%d:%d opens a file of "
	    "somebody's", (int)uid, (int)gid);
	tap_rc(fs_read(&b->fs, &f, 0, buf, sizeof(buf)), 7, "reads");
	tap_rc(fs_write(&b->fs, &f, 0, "C", 1), 1, "writes");
	tap_rc(fs_release(&b->fs, &f), 0, "closes");
	tap_rc(fs_chmod(&b->fs, n, 0644), 0, "changes its mode");
	tap_rc(fs_chown(&b->fs, n, 4243, 4244), 0, "its owner");
	tap_rc(fs_truncate(&b->fs, n, 3), 0, "its length");
	tap_rc(fs_link(&b->fs, n, FUSE_ROOT_ID, "second", &e), 0, "links");
	tap_rc(fs_rename(&b->fs, FUSE_ROOT_ID, "second", FUSE_ROOT_ID,
	    "third"), 0, "renames");
	st = more_stat(b, "third");
	tap_ok(st.st_uid == 4243 && st.st_gid == 4244 && st.st_size == 3 &&
	    (st.st_mode & 07777) == 0644, "the host sees it all");
	tap_rc(fs_opendir(&b->fs, FUSE_ROOT_ID, &f), 0, "opens a directory");
	tap_rc(fs_releasedir(&b->fs, &f), 0, "closes it");
	tap_rc(fs_unlink(&b->fs, FUSE_ROOT_ID, "third"), 0, "removes");
	tap_rc(fs_unlink(&b->fs, FUSE_ROOT_ID, "file"), 0, "and again");
	fs_cred(&b->fs, 0, 0);
	tap_is(more_count(b), 0, "nothing is left");
}

/* What is made must be somebody's. */
static void
more_idmap_makes(struct box *b)
{
	static const struct {
		const char	*name;
		uint32_t	 opcode, mode;
	} op[] = {
		{ "create", FUSE_CREATE, S_IFREG | 0640 },
		{ "mknod", FUSE_MKNOD, S_IFREG | 0640 },
		{ "mkdir", FUSE_MKDIR, 0750 },
		{ "symlink", FUSE_SYMLINK, 0777 },
		{ "tmpfile", FUSE_TMPFILE, S_IFREG | 0640 },
	};
	static const uint32_t	 none[][2] = { { MORE_NO_ID, MORE_NO_ID },
	    { MORE_NO_ID, 1000 }, { 1000, MORE_NO_ID } };
	struct fs_make		 m;
	struct fs_file		 f;
	struct stat		 st;
	unsigned		 i, k;

	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++) {
		m = (struct fs_make){ .opcode = op[i].opcode,
		    .dir = FUSE_ROOT_ID, .name = op[i].name,
		    .target = "target", .mode = op[i].mode,
		    .flags = O_RDWR };
		for (k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
			fs_cred(&b->fs, none[k][0], none[k][1]);
			tap_rc(fs_make(&b->fs, &m, &f), -EINVAL,
			    "%s by %d:%d", op[i].name, (int)none[k][0],
			    (int)none[k][1]);
		}
		fs_cred(&b->fs, 1000, 1001);
		if (!tap_rc(fs_make(&b->fs, &m, &f), 0, "%s by 1000:1001",
		    op[i].name) || op[i].opcode == FUSE_TMPFILE)
			continue;
		st = more_stat(b, op[i].name);
		tap_ok(st.st_uid == 1000 && st.st_gid == 1001, "its owner");
	}
	fs_cred(&b->fs, 0, 0);
	tap_is(more_count(b), 4, "nothing else was made");
}

static void
more_idmap_off(void)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct box		 b;
	uint64_t		 n;

	if (more_start(&b, more_idmap_on)) {
		tap_ok((b.init.flags2 & (FS_ALLOW_IDMAP >> 32)) == 0,
		    "not offered to a guest that does not know it");
		n = more_file(&b, "file", 0, 0666);
		fs_cred(&b.fs, MORE_NO_ID, MORE_NO_ID);
		tap_rc(fs_lookup(&b.fs, FUSE_ROOT_ID, "file", &e), -EINVAL,
		    "which may not look up without ids");
		tap_rc(fs_fopen(&b.fs, n, O_RDONLY, &f), -EINVAL,
		    "nor open");
		tap_rc(fs_unlink(&b.fs, FUSE_ROOT_ID, "file"), -EINVAL,
		    "nor remove");
		fs_cred(&b.fs, 0, 0);
		tap_ok(more_exists(&b, "file"), "the file is there");
	}
	box_close(&b);
}

void
more_idmap(void)
{
	struct fuse_init_out	 out;
	struct box		 b;

	more_idmap_off();
	if (more_start_bare(&b, more_idmap_on)) {
		chmod(b.d.share, 0777);
		tap_rc(fs_init_as(&b.fs, 7, 38, FS_INIT_FLAGS |
		    FS_ALLOW_IDMAP, &out), 0, "a guest with idmapped mounts");
		tap_ok((out.flags2 & (FS_ALLOW_IDMAP >> 32)) != 0,
		    "is told that it may");
		more_idmap_acts(&b, MORE_NO_ID, MORE_NO_ID);
		more_idmap_acts(&b, MORE_NO_ID, 1000);
		more_idmap_acts(&b, 1000, MORE_NO_ID);
		tap_is(more_idmap_titles(&b, ": worker root 0:0"), 1,
		    "the root worker did it");
		tap_is(more_idmap_titles(&b, ": worker"), 1, "alone");
		more_idmap_makes(&b);
		tap_is(more_idmap_titles(&b, ": worker user 1000:1001"), 1,
		    "creations have a worker of their ids");
	}
	box_close(&b);
}
