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
 * Knows: what the options --cache and --readonly change, and submounts.
 * Never: how to send requests.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

struct ops_cache_row {
	const char	*policy;
	uint64_t	 valid;		/* seconds */
	uint32_t	 file, dir;	/* open flags */
	uint32_t	 plus;		/* INIT flags about READDIRPLUS */
};

static const struct ops_cache_row	 ops_caches[] = {
	{ "never", 0, FOPEN_DIRECT_IO, 0, 0 },
	{ "metadata", 86400, FOPEN_DIRECT_IO,
	    FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE,
	    FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO },
	{ "auto", 1, 0, 0, FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO },
	{ "always", 86400, FOPEN_KEEP_CACHE,
	    FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE,
	    FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO },
};

static void
ops_cache_one(const struct ops_cache_row *row)
{
	struct box_opts		 o = { .daemon.cache = row->policy };
	struct fuse_attr_out	 a;
	struct fs_file		 f;
	struct box		 b;

	o.no_init = true;
	if (!box_start(&b, &o))
		goto out;
	tap_rc(fs_init_as(&b.fs, FUSE_KERNEL_VERSION,
	    FUSE_KERNEL_MINOR_VERSION, FS_INIT_FLAGS | FUSE_READDIRPLUS_AUTO,
	    &b.init), 0, "cache %s: init", row->policy);
	tap_rc(fs_create(&b.fs, FUSE_ROOT_ID, "f", 0644, O_RDWR, &f), 0,
	    "cache %s: create", row->policy);
	/* Has a writer's close something to tell?  That is up to the host. */
	tap_is(f.flags & ~(uint32_t)FOPEN_NOFLUSH, row->file,
	    "cache %s: flags of create", row->policy);
	tap_is((long long)f.entry.entry_valid, (long long)row->valid,
	    "cache %s: entry timeout", row->policy);
	tap_is((long long)f.entry.attr_valid, (long long)row->valid,
	    "cache %s: attribute timeout", row->policy);
	fs_release(&b.fs, &f);
	fs_fopen(&b.fs, f.node, O_RDONLY, &f);
	tap_is(f.flags, row->file | FOPEN_NOFLUSH, "cache %s: flags of open",
	    row->policy);
	fs_release(&b.fs, &f);
	fs_opendir(&b.fs, FUSE_ROOT_ID, &f);
	tap_is(f.flags, row->dir, "cache %s: flags of opendir", row->policy);
	fs_releasedir(&b.fs, &f);
	tap_rc(fs_getattr(&b.fs, FUSE_ROOT_ID, &a), 0, "cache %s: getattr",
	    row->policy);
	tap_is((long long)a.attr_valid, (long long)row->valid,
	    "cache %s: timeout of getattr", row->policy);
	tap_is(b.init.flags & (FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO),
	    row->plus, "cache %s: readdirplus in INIT", row->policy);
out:
	box_close(&b);
}

void
ops_cache(void)
{
	unsigned	 i;

	for (i = 0; i < sizeof(ops_caches) / sizeof(ops_caches[0]); i++) {
		if (daemon_kind == DAEMON_C &&
		    strcmp(ops_caches[i].policy, "metadata") == 0)
			tap_skip("the C daemon has no such policy",
			    "cache metadata");
		else
			ops_cache_one(&ops_caches[i]);
	}
}

static void
ops_readonly_names(struct fs *fs)
{
	const uint64_t		 r = FUSE_ROOT_ID;
	struct fuse_entry_out	 e;

	tap_rc(fs_mkdir(fs, r, "new", 0755, &e), -EROFS, "readonly: mkdir");
	tap_rc(fs_mknod(fs, r, "new", S_IFREG | 0644, 0, &e), -EROFS,
	    "readonly: mknod");
	tap_rc(fs_symlink(fs, r, "new", "x", &e), -EROFS,
	    "readonly: symlink");
	fs_lookup(fs, r, "file", &e);
	tap_rc(fs_link(fs, e.nodeid, r, "new", &e), -EROFS, "readonly: link");
	tap_rc(fs_unlink(fs, r, "file"), -EROFS, "readonly: unlink");
	tap_rc(fs_rmdir(fs, r, "dir"), -EROFS, "readonly: rmdir");
	tap_rc(fs_rename(fs, r, "file", r, "new"), -EROFS,
	    "readonly: rename");
	tap_rc(fs_rename2(fs, r, "file", r, "dir", RENAME_EXCHANGE), -EROFS,
	    "readonly: rename2");
}

static void
ops_readonly_files(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	struct fs		*fs = &b->fs;
	char			 buf[16];

	fs_lookup(fs, FUSE_ROOT_ID, "file", &e);
	tap_rc(fs_chmod(fs, e.nodeid, 0600), -EROFS, "readonly: chmod");
	tap_rc(fs_chown(fs, e.nodeid, 1, 1), -EROFS, "readonly: chown");
	tap_rc(fs_truncate(fs, e.nodeid, 0), -EROFS, "readonly: truncate");
	tap_rc(fs_fopen(fs, e.nodeid, O_RDWR, &f), -EROFS,
	    "readonly: open for writing");
	tap_rc(fs_fopen(fs, e.nodeid, O_WRONLY, &f), -EROFS,
	    "readonly: open for writing only");
	tap_rc(fs_create(fs, FUSE_ROOT_ID, "new", 0644, O_RDWR, &f), -EROFS,
	    "readonly: create");
	tap_rc(fs_fopen(fs, e.nodeid, O_RDONLY, &f), 0,
	    "readonly: open for reading");
	tap_rc(fs_read(fs, &f, 0, buf, 16), 4, "readonly: read");
	tap_ok(memcmp(buf, "data", 4) == 0, "readonly: the data");
	tap_ok(fs_write(fs, &f, 0, "x", 1) < 0, "readonly: write fails");
	tap_ok(fs_fallocate(fs, &f, 0, 0, 100) < 0,
	    "readonly: fallocate fails");
	tap_rc(fs_fsync(fs, &f, false), 0, "readonly: fsync");
	fs_release(fs, &f);
	tap_rc(fs_opendir(fs, FUSE_ROOT_ID, &f), 0, "readonly: opendir");
	fs_releasedir(fs, &f);
	tap_rc(fs_statfs(fs, FUSE_ROOT_ID, NULL), 0, "readonly: statfs");
	tap_is(access(box_host(b, "file"), F_OK), 0, "readonly: file stays");
	tap_is(access(box_host(b, "new"), F_OK), -1, "readonly: none is new");
}

void
ops_readonly(void)
{
	struct box_opts	 o = { .daemon.readonly = true };
	struct box	 b;
	int		 err;

	if (daemon_kind == DAEMON_C) {
		tap_skip("the C daemon cannot do that", "readonly");
		return;
	}
	box_open(&b, &o);
	box_file(&b, "file", "data", 4);
	mkdir(box_host(&b, "dir"), 0755);
	err = box_launch(&b);
	if (err == 0)
		err = box_negotiate(&b);
	if (err == 0)
		err = box_setup(&b);
	tap_is(err, 0, "readonly: start");
	if (err == 0) {
		fs_init(&b.fs, NULL);
		ops_readonly_names(&b.fs);
		ops_readonly_files(&b);
	}
	box_close(&b);
}

static void
ops_submount(struct box *b)
{
	struct fuse_entry_out	 m, f;
	struct fs_file		 file;
	struct fs		*fs = &b->fs;

	tap_rc(fs_lookup(fs, FUSE_ROOT_ID, "mnt", &m), 0,
	    "submount: lookup");
	tap_ok((m.attr.flags & FUSE_ATTR_SUBMOUNT) != 0,
	    "submount: it is announced");
	tap_rc(fs_lookup(fs, m.nodeid, "inside", &f), 0,
	    "submount: lookup in it");
	tap_ok((f.attr.flags & FUSE_ATTR_SUBMOUNT) == 0,
	    "submount: a file in it is none");
	fs_create(fs, FUSE_ROOT_ID, "file", 0644, O_RDWR, &file);
	tap_rc(fs_rename(fs, FUSE_ROOT_ID, "file", m.nodeid, "file"),
	    -EXDEV, "submount: rename into it");
	tap_rc(fs_link(fs, file.node, m.nodeid, "file", &f), -EXDEV,
	    "submount: link into it");
	tap_rc(fs_rmdir(fs, FUSE_ROOT_ID, "mnt"), -EBUSY,
	    "submount: rmdir of it");
	tap_rc(fs_mkdir(fs, m.nodeid, "dir", 0755, &f), 0,
	    "submount: mkdir in it");
	fs_release(fs, &file);
}

void
ops_mount(void)
{
	const struct box_opts	 o = { .event_idx = true };
	struct box		 b;
	int			 err;

	box_open(&b, &o);
	if (daemon_mount(&b.d) != 0) {
		tap_skip("this user may not mount", "submount");
		box_close(&b);
		return;
	}
	box_file(&b, "mnt/inside", "x", 1);
	err = box_launch(&b);
	if (err == 0)
		err = box_negotiate(&b);
	if (err == 0)
		err = box_setup(&b);
	tap_is(err, 0, "submount: start");
	if (err == 0) {
		fs_init(&b.fs, NULL);
		ops_submount(&b);
	}
	box_close(&b);
}
