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
 * Every FUSE operation with its results and its errors, compared with what
 * the host sees in the shared directory.
 *
 * Knows: the parts and the helpers they share.
 * Never: a single operation (ops_*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ops.h"

const char *
ops_host(struct ops *o, const char *name)
{
	static char	 path[4][PATH_MAX];
	static unsigned	 next;
	char		*p = path[next++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", box_host(o->b, o->name), name);
	return p;
}

struct stat
ops_stat(struct ops *o, const char *name)
{
	struct stat	 st;

	if (lstat(ops_host(o, name), &st) == -1)
		tap_bail("the host has no %s/%s: %s", o->name, name,
		    strerror(errno));
	return st;
}

bool
ops_exists(struct ops *o, const char *name)
{
	struct stat	 st;

	return lstat(ops_host(o, name), &st) == 0;
}

static bool
ops_eq(const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	tap_diag("%s: device says %llu, host %llu", what,
	    (unsigned long long)got, (unsigned long long)want);
	return false;
}

bool
ops_same(struct ops *o, const struct fuse_attr *a, const char *name)
{
	struct stat	 st = ops_stat(o, name);
	bool		 same = true;

	same &= ops_eq("ino", a->ino, st.st_ino);
	same &= ops_eq("size", a->size, (uint64_t)st.st_size);
	same &= ops_eq("blocks", a->blocks, (uint64_t)st.st_blocks);
	same &= ops_eq("mode", a->mode, st.st_mode);
	same &= ops_eq("nlink", a->nlink, st.st_nlink);
	same &= ops_eq("uid", a->uid, st.st_uid);
	same &= ops_eq("gid", a->gid, st.st_gid);
	same &= ops_eq("rdev", a->rdev, st.st_rdev);
	same &= ops_eq("blksize", a->blksize, (uint64_t)st.st_blksize);
	same &= ops_eq("mtime", a->mtime, (uint64_t)st.st_mtim.tv_sec);
	same &= ops_eq("mtimensec", a->mtimensec,
	    (uint64_t)st.st_mtim.tv_nsec);
	same &= ops_eq("ctime", a->ctime, (uint64_t)st.st_ctim.tv_sec);
	same &= ops_eq("ctimensec", a->ctimensec,
	    (uint64_t)st.st_ctim.tv_nsec);
	same &= ops_eq("atime", a->atime, (uint64_t)st.st_atim.tv_sec);
	return same;
}

struct fs_file
ops_file(struct ops *o, const char *name, const void *data, uint32_t len)
{
	struct fs_file	 f;
	int		 rc;

	rc = fs_create(o->fs, o->dir, name, 0644, O_RDWR, &f);
	if (rc != 0)
		tap_bail("cannot create %s/%s: %s", o->name, name,
		    tap_rcname(rc));
	if (len > 0 && fs_write(o->fs, &f, 0, data, len) != (int)len)
		tap_bail("cannot write to %s/%s", o->name, name);
	return f;
}

static void
ops_part(struct box *b, const char *name, void (*run)(struct ops *))
{
	struct fuse_entry_out	 e;
	struct ops		 o = { .b = b, .fs = &b->fs, .name = name };
	int			 rc;

	fs_cred(&b->fs, 0, 0);
	rc = fs_mkdir(&b->fs, FUSE_ROOT_ID, name, 0755, &e);
	if (!tap_rc(rc, 0, "%s: directory", name))
		return;
	o.dir = e.nodeid;
	run(&o);
}

static void
ops_all(struct box *b)
{
	ops_part(b, "lookup", ops_lookup);
	ops_part(b, "make", ops_make);
	ops_part(b, "links", ops_links);
	ops_part(b, "remove", ops_remove);
	ops_part(b, "rename", ops_rename);
	ops_part(b, "renameflags", ops_rename_flags);
	ops_part(b, "attr", ops_attr);
	ops_part(b, "setattr", ops_setattr);
	ops_part(b, "times", ops_times);
	ops_part(b, "data", ops_data);
	ops_part(b, "big", ops_big);
	if (daemon_kind == DAEMON_OURS)
		ops_part(b, "huge", ops_huge);
	ops_part(b, "append", ops_append);
	ops_part(b, "open", ops_open);
	ops_part(b, "handles", ops_handles);
	ops_part(b, "unlinked", ops_unlinked);
	ops_part(b, "allocate", ops_allocate);
	ops_part(b, "seek", ops_seek);
	ops_part(b, "copy", ops_copy);
	ops_part(b, "sync", ops_sync);
	ops_part(b, "readdir", ops_readdir);
	ops_part(b, "resume", ops_resume);
	ops_part(b, "plus", ops_plus);
	ops_part(b, "dirhandle", ops_dirhandle);
}

int
main(int argc, char **argv)
{
	const struct box_opts	 o = { .event_idx = true, .indirect = true,
	    .mem_len = 128 << 20, .regions = 2 };
	struct box		 b;

	daemon_args(argc, argv);
	if (box_start(&b, &o)) {
		ops_all(&b);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
		tap_is(b.q[1].lost_irq, 0, "no notification was lost");
	}
	box_close(&b);
	ops_cache();
	ops_readonly();
	ops_mount();
	return tap_done();
}
