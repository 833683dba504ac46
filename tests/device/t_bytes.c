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
 * Knows: that names, targets and values are bytes: 255 of them from 0x80 to
 * 0xff, in no encoding, through every way that a name takes, and again after
 * the guest has mounted anew.
 * Never: what else these operations do (t_ops.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"

#define BYTES_HALF	128		/* bytes from 0x80 to 0xff */
#define BYTES_NAME	255
#define BYTES_TARGET	4095
#define BYTES_VALUE	1024
#define BYTES_USER	1000
#define BYTES_ATTR	"user.\xff\x80\xc0\xaf\xfe"

struct bytes_row {
	const char	*name, *cache;
	const char	*more[4];
};

static const struct bytes_row bytes_rows[] = {
	{ "auto", "auto", { "--xattr", NULL } },
	{ "never", "never", { "--xattr", NULL } },
	{ "strict", "auto", { "--xattr", "--permissions", "strict", NULL } },
};

/* The files of one run: where they are, and what they are called. */
struct bytes {
	struct box	*b;
	struct fs	*fs;
	const char	*row;
	uint64_t	 dir;
	unsigned	 seen[BYTES_HALF];
};

/* Every byte from 0x80 on, another of them first in each name. */
static const char *
bytes_name(unsigned nr, unsigned step)
{
	static char	 name[4][BYTES_NAME + 1];
	static unsigned	 next;
	char		*p = name[next++ % 4];
	unsigned	 i;

	for (i = 0; i < BYTES_NAME; i++)
		p[i] = (char)(0x80 + (nr + i * step) % BYTES_HALF);
	return p;
}

static const char *
bytes_file(unsigned nr)
{
	return bytes_name(nr, 1);
}

static const char *
bytes_renamed(unsigned nr)
{
	return bytes_name(nr, 3);
}

static bool
bytes_there(struct bytes *t, const char *name)
{
	char		 path[2 * BYTES_NAME + 3];
	struct stat	 st;

	snprintf(path, sizeof(path), "%s/%s", bytes_file(0), name);
	return lstat(box_host(t->b, path), &st) == 0;
}

static void
bytes_create(struct bytes *t)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	unsigned		 i, bad = 0;

	tap_rc(fs_mkdir(t->fs, FUSE_ROOT_ID, bytes_file(0), 0755, &e), 0,
	    "%s: mkdir", t->row);
	t->dir = e.nodeid;
	for (i = 0; i < BYTES_HALF; i++) {
		if (fs_create(t->fs, t->dir, bytes_file(i), 0644, O_RDWR,
		    &f) != 0 || fs_write(t->fs, &f, 0, bytes_file(i),
		    BYTES_NAME) != BYTES_NAME)
			bad++;
		else
			fs_release(t->fs, &f);
		bad += !bytes_there(t, bytes_file(i));
	}
	tap_is(bad, 0, "%s: %d files are made by names of bytes", t->row,
	    BYTES_HALF);
	tap_rc(fs_create(t->fs, t->dir, bytes_file(1), 0644, O_RDWR | O_EXCL,
	    &f), -EEXIST, "%s: a second one of the same bytes", t->row);
}

/* Each is found by all its bytes, and by no others. */
static void
bytes_lookup(struct bytes *t, const char *(*called)(unsigned))
{
	struct fuse_entry_out	 e;
	char			 name[BYTES_NAME + 2], buf[BYTES_NAME];
	struct fs_file		 f;
	unsigned		 i, bad = 0, near = 0;

	for (i = 0; i < BYTES_HALF; i++) {
		snprintf(name, sizeof(name), "%s", called(i));
		if (fs_lookup(t->fs, t->dir, name, &e) != 0 ||
		    fs_fopen(t->fs, e.nodeid, O_RDONLY, &f) != 0) {
			bad++;
			continue;
		}
		bad += fs_read(t->fs, &f, 0, buf, sizeof(buf)) != BYTES_NAME ||
		    memcmp(buf, bytes_file(i), BYTES_NAME) != 0;
		fs_release(t->fs, &f);
		name[BYTES_NAME - 1] = (char)(name[BYTES_NAME - 1] ^ 0x40);
		near += fs_lookup(t->fs, t->dir, name, &e) != -ENOENT;
		name[BYTES_NAME - 1] = '\0';
		near += fs_lookup(t->fs, t->dir, name, &e) != -ENOENT;
	}
	tap_is(bad, 0, "%s: each is looked up, opened and read", t->row);
	tap_is(near, 0, "%s: no other bytes find one", t->row);
	memset(name, 0xff, BYTES_NAME + 1);
	name[BYTES_NAME + 1] = '\0';
	tap_rc(fs_lookup(t->fs, t->dir, name, &e), -ENAMETOOLONG,
	    "%s: 256 bytes are too many", t->row);
}

/* One answer's entries; what is none of ours is bad. */
static uint64_t
bytes_batch(struct bytes *t, const void *buf, int len, bool plus,
    unsigned *bad)
{
	struct fuse_entry_out	 e;
	struct fs_dirent	 ent;
	uint64_t		 off = 0;
	size_t			 pos = 0;
	unsigned		 nr;
	int			 more;

	while ((more = fs_nextent(buf, (size_t)len, &pos, plus, &ent)) == 1) {
		off = ent.off;
		if (strcmp(ent.name, ".") == 0 || strcmp(ent.name, "..") == 0)
			continue;
		nr = (unsigned char)ent.name[0] - 0x80u;
		if (nr >= BYTES_HALF ||
		    strcmp(ent.name, bytes_renamed(nr)) != 0) {
			(*bad)++;
			continue;
		}
		t->seen[nr]++;
		if (!plus || ent.entry.nodeid == 0)
			continue;
		*bad += fs_lookup(t->fs, t->dir, ent.name, &e) != 0 ||
		    e.nodeid != ent.entry.nodeid;
		fs_forget(t->fs, ent.entry.nodeid, 1);
	}
	*bad += more != 0;
	return off;
}

static void
bytes_list(struct bytes *t, bool plus)
{
	static char	 buf[16384];
	struct fs_file	 d;
	uint64_t	 off = 0;
	unsigned	 i, bad = 0;
	int		 rc;

	memset(t->seen, 0, sizeof(t->seen));
	if ((rc = fs_opendir(t->fs, t->dir, &d)) != 0)
		tap_bail("opendir: %s", tap_rcname(rc));
	while ((rc = plus ?
	    fs_readdirplus(t->fs, &d, off, buf, sizeof(buf)) :
	    fs_readdir(t->fs, &d, off, buf, sizeof(buf))) > 0)
		off = bytes_batch(t, buf, rc, plus, &bad);
	fs_releasedir(t->fs, &d);
	for (i = 0; i < BYTES_HALF; i++)
		bad += t->seen[i] != 1;
	tap_ok(rc == 0 && bad == 0, "%s: %s lists each once, byte by byte",
	    t->row, plus ? "READDIRPLUS" : "READDIR");
}

static void
bytes_rename(struct bytes *t)
{
	struct fuse_entry_out	 e;
	unsigned		 i, bad = 0;

	for (i = 0; i < BYTES_HALF; i++) {
		bad += fs_rename(t->fs, t->dir, bytes_file(i), t->dir,
		    bytes_renamed(i)) != 0;
		bad += fs_lookup(t->fs, t->dir, bytes_file(i), &e) != -ENOENT;
		bad += bytes_there(t, bytes_file(i)) ||
		    !bytes_there(t, bytes_renamed(i));
	}
	tap_is(bad, 0, "%s: each is renamed", t->row);
}

/* All bytes that there are, but the one that ends a string. */
static void
bytes_any(char *p, unsigned len)
{
	unsigned	 i;

	for (i = 0; i < len; i++)
		p[i] = (char)(0xff - i % 0xff);
	p[len] = '\0';
}

static void
bytes_symlink(struct bytes *t, bool make)
{
	static char		 want[BYTES_TARGET + 1], got[8192];
	struct fuse_entry_out	 e;
	int			 rc;

	bytes_any(want, BYTES_TARGET);
	if (make)
		tap_rc(fs_symlink(t->fs, FUSE_ROOT_ID, bytes_file(1), want,
		    &e), 0, "%s: symlink to %d bytes", t->row, BYTES_TARGET);
	if ((rc = fs_lookup(t->fs, FUSE_ROOT_ID, bytes_file(1), &e)) == 0)
		rc = fs_readlink(t->fs, e.nodeid, got, sizeof(got));
	tap_ok(rc == BYTES_TARGET && memcmp(got, want, BYTES_TARGET) == 0,
	    "%s: readlink gives the same (%s)", t->row, tap_rcname(rc));
}

/* A value has the zero, too. */
static void
bytes_xattr(struct bytes *t, bool make)
{
	char			 want[BYTES_VALUE + 1], got[2 * BYTES_VALUE];
	struct fuse_entry_out	 e;
	int			 rc;

	bytes_any(want, BYTES_VALUE);
	want[0] = want[BYTES_VALUE / 2] = '\0';
	if ((rc = fs_lookup(t->fs, t->dir, bytes_renamed(7), &e)) != 0)
		tap_bail("lookup: %s", tap_rcname(rc));
	if (make)
		tap_rc(fs_setxattr(t->fs, e.nodeid, BYTES_ATTR, want,
		    BYTES_VALUE, 0), 0, "%s: setxattr", t->row);
	rc = fs_getxattr(t->fs, e.nodeid, BYTES_ATTR, got, sizeof(got));
	tap_ok(rc == BYTES_VALUE && memcmp(got, want, BYTES_VALUE) == 0,
	    "%s: getxattr gives the same (%s)", t->row, tap_rcname(rc));
	rc = fs_listxattr(t->fs, e.nodeid, got, sizeof(got));
	tap_ok(rc == sizeof(BYTES_ATTR) && strcmp(got, BYTES_ATTR) == 0,
	    "%s: listxattr gives the name (%s)", t->row, tap_rcname(rc));
}

static bool
bytes_remount(struct bytes *t)
{
	struct fuse_entry_out	 e;

	fs_destroy(t->fs);
	if (!tap_rc(fs_init(t->fs, &t->b->init), 0, "%s: remount", t->row) ||
	    !tap_rc(fs_lookup(t->fs, FUSE_ROOT_ID, bytes_file(0), &e), 0,
	    "%s: the directory is there", t->row))
		return false;
	t->dir = e.nodeid;
	return true;
}

static void
bytes_remove(struct bytes *t)
{
	unsigned	 i, bad = 0;

	for (i = 0; i < BYTES_HALF; i++)
		bad += fs_unlink(t->fs, t->dir, bytes_renamed(i)) != 0 ||
		    bytes_there(t, bytes_renamed(i));
	tap_is(bad, 0, "%s: each is unlinked", t->row);
	tap_rc(fs_rmdir(t->fs, FUSE_ROOT_ID, bytes_file(0)), 0, "%s: rmdir",
	    t->row);
	tap_rc(fs_unlink(t->fs, FUSE_ROOT_ID, bytes_file(1)), 0,
	    "%s: unlink of the symlink", t->row);
	tap_is(t->fs->bad_reply, 0, "%s: no reply broke the protocol",
	    t->row);
}

static void
bytes_run(const struct bytes_row *row)
{
	const struct box_opts	 o = { .daemon = { .cache = row->cache,
				    .more = row->more } };
	struct box		 b;
	struct bytes		 t = { .b = &b, .fs = &b.fs,
				    .row = row->name };

	if (!box_start(&b, &o))
		goto out;
	if (chmod(b.d.share, 0777) == -1)
		tap_bail("%s: %s", b.d.share, strerror(errno));
	fs_cred(&b.fs, BYTES_USER, BYTES_USER);
	bytes_create(&t);
	bytes_lookup(&t, bytes_file);
	bytes_rename(&t);
	bytes_list(&t, false);
	bytes_list(&t, true);
	bytes_symlink(&t, true);
	bytes_xattr(&t, true);
	if (bytes_remount(&t)) {
		bytes_lookup(&t, bytes_renamed);
		bytes_list(&t, true);
		bytes_list(&t, false);
		bytes_symlink(&t, false);
		bytes_xattr(&t, false);
	}
	bytes_remove(&t);
out:
	box_close(&b);
}

int
main(int argc, char **argv)
{
	unsigned	 i;

	daemon_args(argc, argv);
	if (geteuid() != 0) {
		tap_skip("only root can serve other users", "bytes");
		return tap_done();
	}
	for (i = 0; i < sizeof(bytes_rows) / sizeof(bytes_rows[0]); i++)
		bytes_run(&bytes_rows[i]);
	return tap_done();
}
