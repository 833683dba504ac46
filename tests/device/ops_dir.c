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
 * Knows: what listing a directory must give.
 * Never: how to send requests.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

#define OPS_ENTRIES	1000
#define OPS_ROUNDS	5000

/* What was seen of file0000 .. file0999, "." and "..". */
struct ops_seen {
	unsigned	 file[OPS_ENTRIES];
	unsigned	 dot, dotdot, other, total;
	uint64_t	 cookie[OPS_ENTRIES + 2];
};

static void
ops_see(struct ops_seen *s, const struct fs_dirent *e)
{
	unsigned	 n;
	char		 end;

	if (s->total < OPS_ENTRIES + 2)
		s->cookie[s->total] = e->off;
	s->total++;
	if (strcmp(e->name, ".") == 0)
		s->dot++;
	else if (strcmp(e->name, "..") == 0)
		s->dotdot++;
	else if (sscanf(e->name, "file%4u%c", &n, &end) == 1 &&
	    n < OPS_ENTRIES)
		s->file[n]++;
	else
		s->other++;
}

/* One reply's entries; returns the cookie of the last, or 0 at the end. */
static uint64_t
ops_batch(struct ops_seen *s, const void *buf, int len, bool plus, bool *bad)
{
	struct fs_dirent	 e;
	uint64_t		 last = 0;
	size_t			 pos = 0;
	int			 more;

	while ((more = fs_nextent(buf, (size_t)len, &pos, plus, &e)) == 1) {
		ops_see(s, &e);
		last = e.off;
	}
	if (more != 0)
		*bad = true;
	return last;
}

static void
ops_fill(struct ops *o)
{
	char	 name[64];
	int	 i, fd;

	for (i = 0; i < OPS_ENTRIES; i++) {
		snprintf(name, sizeof(name), "file%04d", i);
		fd = open(ops_host(o, name), O_WRONLY | O_CREAT | O_CLOEXEC,
		    0644);
		if (fd == -1)
			tap_bail("%s: %s", name, strerror(errno));
		close(fd);
	}
}

/* List everything from a cookie with buffers of this size. */
static int
ops_list(struct ops *o, const struct fs_file *d, struct ops_seen *s,
    uint64_t from, uint32_t size)
{
	static uint8_t	 buf[1 << 20];
	uint64_t	 off = from;
	bool		 bad = false;
	unsigned	 round;
	int		 rc;

	memset(s, 0, sizeof(*s));
	for (round = 0; round < OPS_ROUNDS; round++) {
		rc = fs_readdir(o->fs, d, off, buf, size);
		if (rc <= 0)
			return rc;
		off = ops_batch(s, buf, rc, false, &bad);
		if (bad)
			return FS_BADREPLY;
	}
	return -ELOOP;
}

static bool
ops_complete(const struct ops_seen *s)
{
	unsigned	 i, bad = 0;

	for (i = 0; i < OPS_ENTRIES; i++)
		bad += s->file[i] != 1;
	if (bad > 0 || s->other > 0)
		tap_diag("%u of %u entries seen, %u not exactly once, "
		    "%u unknown", s->total, OPS_ENTRIES + 2, bad, s->other);
	return bad == 0 && s->other == 0;
}

void
ops_readdir(struct ops *o)
{
	static const uint32_t	 size[] = { 64, 128, 600, 4096, 32768,
	    1 << 20 };
	static struct ops_seen	 s;
	struct fs_file		 d;
	uint8_t			 buf[64];
	unsigned		 i;

	ops_fill(o);
	tap_rc(fs_opendir(o->fs, o->dir, &d), 0, "opendir");
	tap_is(d.flags, 0, "no open flags with cache auto");
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		tap_rc(ops_list(o, &d, &s, 0, size[i]), 0,
		    "readdir with buffers of %u", size[i]);
		tap_ok(ops_complete(&s), "every file is listed once");
		tap_ok(s.dot == 1 && s.dotdot == 1, "so are . and ..");
	}
	tap_rc(fs_readdir(o->fs, &d, 0, buf, 16), -EINVAL,
	    "readdir with no room for an entry");
	fs_releasedir(o->fs, &d);
}

/* Every cookie leads to exactly what came after it. */
void
ops_resume(struct ops *o)
{
	static struct ops_seen	 all, s;
	struct fs_file		 d, again;
	unsigned		 i, bad = 0;

	ops_fill(o);
	fs_opendir(o->fs, o->dir, &d);
	tap_rc(ops_list(o, &d, &all, 0, 32768), 0, "first listing");
	tap_is(all.total, OPS_ENTRIES + 2, "it is complete");
	for (i = 0; i < all.total && i < OPS_ENTRIES; i += 37) {
		if (ops_list(o, &d, &s, all.cookie[i], 8192) < 0 ||
		    s.total != all.total - i - 1 ||
		    (s.total > 0 && s.cookie[0] != all.cookie[i + 1]))
			bad++;
	}
	tap_is(bad, 0, "a cookie resumes right after its entry");
	tap_rc(fs_opendir(o->fs, o->dir, &again), 0, "opendir again");
	ops_list(o, &again, &s, all.cookie[500], 8192);
	tap_is(s.total, all.total - 501, "by another handle too");
	unlink(ops_host(o, "file0000"));
	tap_rc(ops_list(o, &d, &s, 0, 32768), 0,
	    "listing from the start after a change");
	tap_is(s.file[0], 0, "it does not have the unlinked file");
	tap_is(s.total, OPS_ENTRIES + 1, "but all others");
	fs_releasedir(o->fs, &d);
	fs_releasedir(o->fs, &again);
}

/* Forget what READDIRPLUS looked up; counts entries that are wrong. */
static unsigned
ops_plus_batch(struct ops *o, const void *buf, int len, struct ops_seen *s,
    uint64_t *off)
{
	struct fuse_attr_out	 a;
	struct fs_dirent	 e;
	unsigned		 bad = 0;
	size_t			 pos = 0;
	bool			 dots;

	while (fs_nextent(buf, (size_t)len, &pos, true, &e) == 1) {
		ops_see(s, &e);
		*off = e.off;
		dots = strcmp(e.name, ".") == 0 || strcmp(e.name, "..") == 0;
		if (dots) {
			bad += e.entry.nodeid != 0;
			continue;
		}
		bad += !ops_same(o, &e.entry.attr, e.name);
		bad += e.ino != e.entry.attr.ino;
		bad += fs_getattr(o->fs, e.entry.nodeid, &a) != 0;
		/* One lookup was counted: one forget ends the node. */
		fs_forget(o->fs, e.entry.nodeid, 1);
		bad += fs_getattr(o->fs, e.entry.nodeid, &a) != -EBADF;
	}
	return bad;
}

void
ops_plus(struct ops *o)
{
	static const uint32_t	 size[] = { 256, 1000, 4096, 65536 };
	static struct ops_seen	 s;
	static uint8_t		 buf[65536];
	struct fs_file		 d;
	unsigned		 i, bad;
	uint64_t		 off;
	int			 rc;

	ops_fill(o);
	fs_opendir(o->fs, o->dir, &d);
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		memset(&s, 0, sizeof(s));
		off = 0;
		bad = 0;
		while ((rc = fs_readdirplus(o->fs, &d, off, buf,
		    size[i])) > 0 && s.total <= OPS_ROUNDS)
			bad += ops_plus_batch(o, buf, rc, &s, &off);
		tap_is(rc, 0, "readdirplus with buffers of %u", size[i]);
		tap_is(bad, 0, "each entry is a lookup, counted once");
		tap_ok(ops_complete(&s), "every file is listed once");
	}
	fs_releasedir(o->fs, &d);
}

void
ops_dirhandle(struct ops *o)
{
	struct fuse_entry_out	 e;
	struct fs_file		 d, f;
	uint8_t			 buf[4096];
	int			 rc;

	tap_rc(fs_opendir(o->fs, o->dir, &d), 0, "opendir");
	tap_rc(fs_mkdir(o->fs, o->dir, "sub", 0755, &e), 0, "mkdir");
	f = d;
	f.node = e.nodeid;
	tap_rc(fs_readdir(o->fs, &f, 0, buf, 4096), -EBADF,
	    "readdir by another node's handle");
	tap_rc(fs_readdirplus(o->fs, &f, 0, buf, 4096), -EBADF,
	    "readdirplus by another node's handle");
	tap_rc(fs_releasedir(o->fs, &f), -EBADF,
	    "releasedir by another node's handle");
	tap_rc(fs_releasedir(o->fs, &d), 0, "releasedir");
	tap_rc(fs_readdir(o->fs, &d, 0, buf, 4096), -EBADF,
	    "readdir by a stale handle");
	tap_rc(fs_releasedir(o->fs, &d), -EBADF, "releasedir again");
	fs_opendir(o->fs, e.nodeid, &f);
	tap_rc(fs_rmdir(o->fs, o->dir, "sub"), 0, "rmdir while open");
	rc = fs_readdir(o->fs, &f, 0, buf, 4096);
	tap_ok(rc >= 0 || rc == -ENOENT, "readdir of what is gone (%s)",
	    tap_rcname(rc));
	tap_rc(fs_releasedir(o->fs, &f), 0, "releasedir of it");
	f = ops_file(o, "file", "x", 1);
	rc = fs_readdir(o->fs, &f, 0, buf, 4096);
	tap_ok(rc == -ENOTDIR || rc == -EBADF,
	    "readdir by a file's handle (%s)", tap_rcname(rc));
	fs_release(o->fs, &f);
}
