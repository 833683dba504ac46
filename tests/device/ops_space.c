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
 * Knows: what FALLOCATE, LSEEK and COPY_FILE_RANGE must do.
 * Never: how to send them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <linux/falloc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

#define OPS_KEEP	FALLOC_FL_KEEP_SIZE
#define OPS_PUNCH	FALLOC_FL_PUNCH_HOLE

/* What the host's filesystem says to this mode: 0 or an errno. */
static int
ops_probe(struct ops *o, int mode)
{
	char	 data[65536];
	int	 fd, err;

	memset(data, 'p', sizeof(data));
	fd = open(ops_host(o, "probe"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, data, sizeof(data)) == -1)
		tap_bail("cannot write on the host: %s", strerror(errno));
	err = fallocate(fd, mode, 4096, 8192) == -1 ? errno : 0;
	close(fd);
	unlink(ops_host(o, "probe"));
	return err;
}

/* A mode must do through the device what it does on the host. */
static void
ops_mode(struct ops *o, int mode, const char *name)
{
	static char	 data[65536], buf[65536];
	struct fs_file	 f;
	bool		 zero;
	int		 want = ops_probe(o, mode);

	memset(data, 'd', sizeof(data));
	f = ops_file(o, name, data, 65536);
	tap_rc(fs_fallocate(o->fs, &f, (uint32_t)mode, 4096, 8192), -want,
	    "fallocate %s as on the host", name);
	zero = (mode & (FALLOC_FL_ZERO_RANGE | OPS_PUNCH)) != 0;
	if (want == 0 && zero) {
		memset(data + 4096, 0, 8192);
		tap_ok(fs_read(o->fs, &f, 0, buf, 65536) == 65536 &&
		    memcmp(buf, data, 65536) == 0, "%s zeroes the range",
		    name);
	}
	fs_release(o->fs, &f);
}

void
ops_allocate(struct ops *o)
{
	struct fs_file	 f, g;

	f = ops_file(o, "file", "0123456789", 10);
	tap_rc(fs_fallocate(o->fs, &f, 0, 0, 100000), 0, "fallocate");
	tap_is(ops_stat(o, "file").st_size, 100000, "the file is longer");
	tap_ok(ops_stat(o, "file").st_blocks * 512 >= 100000,
	    "and has the space");
	tap_rc(fs_fallocate(o->fs, &f, OPS_KEEP, 0, 200000), 0,
	    "fallocate that keeps the size");
	tap_is(ops_stat(o, "file").st_size, 100000, "it is kept");
	tap_rc(fs_fallocate(o->fs, &f, 0, 0, 0), -EINVAL,
	    "fallocate of nothing");
	tap_rc(fs_fallocate(o->fs, &f, OPS_PUNCH, 0, 4096), -EOPNOTSUPP,
	    "a hole that does not keep the size");
	tap_rc(fs_fallocate(o->fs, &f, 1U << 20, 0, 4096), -EOPNOTSUPP,
	    "an unknown mode");
	fs_fopen(o->fs, f.node, O_RDONLY, &g);
	tap_rc(fs_fallocate(o->fs, &g, 0, 0, 4096), -EBADF,
	    "fallocate by a handle for reading");
	fs_release(o->fs, &g);
	fs_release(o->fs, &f);
	ops_mode(o, OPS_PUNCH | OPS_KEEP, "hole");
	ops_mode(o, FALLOC_FL_ZERO_RANGE, "zero");
	ops_mode(o, FALLOC_FL_ZERO_RANGE | OPS_KEEP, "zerokeep");
	ops_mode(o, FALLOC_FL_COLLAPSE_RANGE, "collapse");
	ops_mode(o, FALLOC_FL_INSERT_RANGE, "insert");
}

void
ops_seek(struct ops *o)
{
	static char	 data[65536];
	struct fs_file	 f;
	uint64_t	 off;
	off_t		 want;
	int		 fd;

	memset(data, 's', sizeof(data));
	f = ops_file(o, "file", data, 65536);
	fs_write(o->fs, &f, 10 << 20, data, 65536);
	fd = open(ops_host(o, "file"), O_RDONLY | O_CLOEXEC);
	want = lseek(fd, 0, SEEK_HOLE);
	tap_rc(fs_lseek(o->fs, &f, 0, SEEK_HOLE, &off), 0, "lseek to a hole");
	tap_is((long long)off, want, "where the host has it");
	want = lseek(fd, 1 << 20, SEEK_DATA);
	tap_rc(fs_lseek(o->fs, &f, 1 << 20, SEEK_DATA, &off), 0,
	    "lseek to data");
	tap_is((long long)off, want, "where the host has it");
	tap_rc(fs_lseek(o->fs, &f, 0, SEEK_DATA, &off), 0, "data at 0");
	tap_is((long long)off, 0, "it is at 0");
	tap_rc(fs_lseek(o->fs, &f, 11 << 20, SEEK_DATA, &off), -ENXIO,
	    "data past the end");
	tap_rc(fs_lseek(o->fs, &f, 11 << 20, SEEK_HOLE, &off), -ENXIO,
	    "a hole past the end");
	tap_rc(fs_lseek(o->fs, &f, 0, 99, &off), -EINVAL,
	    "an unknown whence");
	close(fd);
	fs_release(o->fs, &f);
}

void
ops_copy(struct ops *o)
{
	static char	 data[100000], buf[100000];
	struct fs_file	 f, g;
	size_t		 i;
	int		 rc;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	f = ops_file(o, "from", data, sizeof(data));
	g = ops_file(o, "to", "", 0);
	rc = fs_copy(o->fs, &f, 0, &g, 0, sizeof(data));
	tap_rc(rc, (int)sizeof(data), "copy_file_range");
	rc = fs_read(o->fs, &g, 0, buf, sizeof(buf));
	tap_ok(rc == (int)sizeof(buf) && memcmp(buf, data, sizeof(buf)) == 0,
	    "it is a copy");
	rc = fs_copy(o->fs, &f, 1001, &g, 200003, 5000);
	tap_rc(rc, 5000, "copy_file_range at odd offsets");
	rc = fs_read(o->fs, &g, 200003, buf, 5000);
	tap_ok(rc == 5000 && memcmp(buf, data + 1001, 5000) == 0,
	    "it is a copy");
	tap_is(fs_copy(o->fs, &f, 1000000, &g, 0, 10), 0,
	    "copy from past the end");
	tap_rc(fs_copy(o->fs, &f, 99990, &g, 0, 1000), 10,
	    "copy over the end is short");
	tap_is(fs_copy(o->fs, &f, 0, &g, 0, 0), 0, "copy of nothing");
	tap_rc(fs_copy(o->fs, &f, 0, &f, 5, 10), -EINVAL,
	    "copy of a range onto itself");
	fs_release(o->fs, &g);
	fs_fopen(o->fs, g.node, O_RDONLY, &g);
	tap_rc(fs_copy(o->fs, &f, 0, &g, 0, 10), -EBADF,
	    "copy to a handle for reading");
	fs_release(o->fs, &g);
	fs_release(o->fs, &f);
}
