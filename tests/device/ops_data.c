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
 * Knows: what reading and writing must do.
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

#define OPS_MIB		(1U << 20)
#define OPS_SHADOW	(3U * OPS_MIB)

static uint8_t	 ops_shadow[OPS_SHADOW], ops_buf[OPS_SHADOW];

/* The same numbers in every run. */
static uint32_t
ops_rand(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void
ops_noise(uint8_t *p, size_t len, uint32_t seed)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)ops_rand(&seed);
}

/* The file on the host is exactly the first len bytes of the shadow. */
static bool
ops_host_is(struct ops *o, const char *name, size_t len)
{
	ssize_t	 n;
	int	 fd;

	fd = open(ops_host(o, name), O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, ops_buf, sizeof(ops_buf));
	close(fd);
	return n == (ssize_t)len && memcmp(ops_buf, ops_shadow, len) == 0;
}

struct ops_extent {
	uint32_t	 off, len;
};

static const struct ops_extent	 ops_odd[] = {
	{ 0, 1 }, { 1, 1 }, { 3, 7 }, { 4095, 2 }, { 4096, 4096 },
	{ 4097, 4095 }, { 511, 1025 }, { 65535, 65537 }, { 100001, 131071 },
	{ 1048575, 2 }, { 1048577, 12345 }, { 0, 16384 }, { 777777, 99999 },
};

static void
ops_odd_writes(struct ops *o, const struct fs_file *f, size_t *size)
{
	const struct ops_extent	*x;
	unsigned		 i;
	int			 rc;

	for (i = 0; i < sizeof(ops_odd) / sizeof(ops_odd[0]); i++) {
		x = &ops_odd[i];
		ops_noise(ops_shadow + x->off, x->len, i + 1);
		rc = fs_write(o->fs, &f[i % 2], x->off, ops_shadow + x->off,
		    x->len);
		tap_rc(rc, (int)x->len, "write of %u bytes at %u", x->len,
		    x->off);
		if (x->off + x->len > *size)
			*size = x->off + x->len;
	}
}

static void
ops_odd_reads(struct ops *o, const struct fs_file *f, size_t size)
{
	const struct ops_extent	*x;
	unsigned		 i;
	uint32_t		 want;
	int			 rc;

	for (i = 0; i < sizeof(ops_odd) / sizeof(ops_odd[0]); i++) {
		x = &ops_odd[i];
		want = x->off + x->len > size ? (uint32_t)size - x->off :
		    x->len;
		memset(ops_buf, 0, x->len);
		rc = fs_read(o->fs, &f[i % 2], x->off, ops_buf, x->len);
		tap_ok(rc == (int)want &&
		    memcmp(ops_buf, ops_shadow + x->off, want) == 0,
		    "read of %u bytes at %u", x->len, x->off);
	}
	tap_rc(fs_read(o->fs, f, size - 5, ops_buf, 100), 5,
	    "read over the end is short");
	memset(ops_buf, 1, 8);
	tap_is(fs_read(o->fs, f, size, ops_buf, 100), 0,
	    "read at the end gives nothing");
	tap_is(fs_read(o->fs, f, size + 1000000, ops_buf, 100), 0,
	    "read past the end gives nothing");
	tap_is(fs_read(o->fs, f, 0, ops_buf, 0), 0, "read of nothing");
}

/* Many small random writes and reads, in several shapes of descriptors. */
static void
ops_random(struct ops *o, const struct fs_file *f, uint32_t seg_len)
{
	uint32_t	 state = seg_len + 99, off, len;
	unsigned	 i, bad = 0;

	o->fs->seg_len = seg_len;
	for (i = 0; i < 200; i++) {
		off = ops_rand(&state) % (OPS_MIB * 2);
		len = 1 + ops_rand(&state) % 9000;
		if (ops_rand(&state) & 1) {
			ops_noise(ops_shadow + off, len, state);
			bad += fs_write(o->fs, f, off, ops_shadow + off,
			    len) != (int)len;
		} else {
			bad += fs_read(o->fs, f, off, ops_buf, len) !=
			    (int)len ||
			    memcmp(ops_buf, ops_shadow + off, len) != 0;
		}
	}
	o->fs->seg_len = 0;
	tap_is(bad, 0, "200 random reads and writes in segments of %u",
	    seg_len);
}

void
ops_data(struct ops *o)
{
	struct fs_file	 f[2];
	size_t		 size = 0;

	memset(ops_shadow, 0, sizeof(ops_shadow));
	f[0] = ops_file(o, "file", "", 0);
	tap_rc(fs_fopen(o->fs, f[0].node, O_RDWR, &f[1]), 0, "second open");
	ops_odd_writes(o, f, &size);
	tap_ok(ops_host_is(o, "file", size), "the host reads the same");
	ops_odd_reads(o, f, size);
	tap_rc(fs_truncate(o->fs, f[0].node, OPS_SHADOW), 0, "3 MiB");
	ops_random(o, &f[0], 0);
	ops_random(o, &f[1], 4096);
	ops_random(o, &f[0], 509);
	o->fs->indirect = false;
	ops_random(o, &f[0], 1024);
	o->fs->indirect = true;
	tap_ok(ops_host_is(o, "file", OPS_SHADOW),
	    "the host reads the same in the end");
	tap_rc(fs_release(o->fs, &f[0]), 0, "release");
	tap_rc(fs_read(o->fs, &f[1], 0, ops_buf, 10), 10,
	    "the other descriptor stays");
	tap_rc(fs_release(o->fs, &f[1]), 0, "release of the other");
}

void
ops_big(struct ops *o)
{
	static const uint32_t	 seg[] = { 0, 4096, 65536 };
	struct fs_file		 f;
	unsigned		 i;
	int			 rc;

	f = ops_file(o, "file", "", 0);
	for (i = 0; i < sizeof(seg) / sizeof(seg[0]); i++) {
		ops_noise(ops_shadow, OPS_MIB, 1000 + i);
		o->fs->seg_len = seg[i];
		rc = fs_write(o->fs, &f, 0, ops_shadow, OPS_MIB);
		tap_rc(rc, OPS_MIB, "write of 1 MiB in segments of %u",
		    seg[i]);
		memset(ops_buf, 0, OPS_MIB);
		rc = fs_read(o->fs, &f, 0, ops_buf, OPS_MIB);
		tap_ok(rc == OPS_MIB &&
		    memcmp(ops_buf, ops_shadow, OPS_MIB) == 0,
		    "read of 1 MiB in segments of %u", seg[i]);
		o->fs->seg_len = 0;
	}
	tap_ok(ops_host_is(o, "file", OPS_MIB), "the host reads the same");
	tap_rc(fs_write(o->fs, &f, 5ULL << 32, "sparse", 6), 6,
	    "write at 20 GiB");
	tap_is(ops_stat(o, "file").st_size, (5LL << 32) + 6,
	    "the file is sparse");
	rc = fs_read(o->fs, &f, 5ULL << 32, ops_buf, 100);
	tap_ok(rc == 6 && memcmp(ops_buf, "sparse", 6) == 0, "read there");
	rc = fs_read(o->fs, &f, 1ULL << 32, ops_buf, 4096);
	memset(ops_shadow, 0, 4096);
	tap_ok(rc == 4096 && memcmp(ops_buf, ops_shadow, 4096) == 0,
	    "read of the hole");
	fs_release(o->fs, &f);
}

void
ops_append(struct ops *o)
{
	struct fuse_write_in	 in;
	struct fs_file		 f, g;
	char			 buf[32];

	f = ops_file(o, "file", "0123456789", 10);
	tap_rc(fs_fopen(o->fs, f.node, O_WRONLY | O_APPEND, &g), 0,
	    "open with O_APPEND");
	memset(&in, 0, sizeof(in));
	in.fh = g.fh;
	in.offset = 3;
	in.size = 3;
	in.flags = O_WRONLY | O_APPEND;
	tap_rc(fs_write_as(o->fs, &g, &in, "end", 3), 3,
	    "write at 3 with O_APPEND");
	tap_is(ops_stat(o, "file").st_size, 13, "it went to the end");
	tap_rc(fs_read(o->fs, &f, 0, buf, 32), 13, "read");
	tap_ok(memcmp(buf, "0123456789end", 13) == 0, "nothing is lost");
	tap_rc(fs_write(o->fs, &f, 3, "xyz", 3), 3,
	    "write at 3 by a handle without O_APPEND");
	fs_read(o->fs, &f, 0, buf, 32);
	tap_ok(memcmp(buf, "012xyz6789end", 13) == 0, "it went to 3");
	fs_release(o->fs, &f);
	fs_release(o->fs, &g);
}

void
ops_unlinked(struct ops *o)
{
	struct fuse_attr_out	 a;
	struct fs_file		 f;
	char			 buf[32];

	f = ops_file(o, "file", "still here", 10);
	tap_rc(fs_unlink(o->fs, o->dir, "file"), 0, "unlink while open");
	tap_rc(fs_read(o->fs, &f, 0, buf, 32), 10, "read of it");
	tap_ok(memcmp(buf, "still here", 10) == 0, "the data is there");
	tap_rc(fs_write(o->fs, &f, 10, " yes", 4), 4, "write to it");
	tap_rc(fs_fgetattr(o->fs, &f, &a), 0, "getattr by handle");
	tap_ok(a.attr.nlink == 0 && a.attr.size == 14, "no link, 14 bytes");
	tap_rc(fs_getattr(o->fs, f.node, &a), 0, "getattr by node");
	tap_is(a.attr.nlink, 0, "no link");
	tap_rc(fs_truncate(o->fs, f.node, 3), 0, "truncate by node");
	tap_rc(fs_read(o->fs, &f, 0, buf, 32), 3, "3 bytes are left");
	tap_rc(fs_chmod(o->fs, f.node, 0600), 0, "chmod by node");
	tap_rc(fs_release(o->fs, &f), 0, "release");
	tap_rc(fs_getattr(o->fs, f.node, &a), 0, "the node outlives it");
	tap_rc(fs_forget(o->fs, f.node, 1), 0, "forget");
	tap_rc(fs_getattr(o->fs, f.node, &a), -EBADF, "the node is gone");
}

void
ops_sync(struct ops *o)
{
	struct fs_file	 f, d, no;

	f = ops_file(o, "file", "x", 1);
	no = f;
	no.fh = 0x5555555555ULL;
	tap_rc(fs_flush(o->fs, &f), 0, "flush");
	tap_rc(fs_fsync(o->fs, &f, false), 0, "fsync");
	tap_rc(fs_fsync(o->fs, &f, true), 0, "fdatasync");
	tap_rc(fs_flush(o->fs, &no), -EBADF, "flush of no handle");
	tap_rc(fs_fsync(o->fs, &no, false), -EBADF, "fsync of no handle");
	tap_rc(fs_opendir(o->fs, o->dir, &d), 0, "opendir");
	tap_rc(fs_fsyncdir(o->fs, &d, false), 0, "fsyncdir");
	tap_rc(fs_fsyncdir(o->fs, &d, true), 0, "fsyncdir of data");
	tap_rc(fs_releasedir(o->fs, &d), 0, "releasedir");
	tap_rc(fs_fsyncdir(o->fs, &d, false), -EBADF, "fsyncdir after it");
	tap_rc(fs_syncfs(o->fs, FUSE_ROOT_ID), 0, "syncfs");
	tap_rc(fs_syncfs(o->fs, 555555), -EBADF, "syncfs of no node");
	fs_release(o->fs, &f);
}
