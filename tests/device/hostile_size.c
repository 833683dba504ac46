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
 * Sizes and offsets at and past every limit, and replies without room.
 *
 * Knows: where requests carry sizes and offsets.
 * Never: other values (hostile_value.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

/* Any errno the kernel has for an offset out of range; nothing read. */
static bool
hostile_limit(int rc)
{
	return rc == 0 || HOSTILE_IS(rc, EINVAL, EFBIG, EOVERFLOW, ENXIO,
	    ENOENT, ENOSPC, EOPNOTSUPP, ENODEV);
}

static bool
hostile_read(struct hostile *h, const struct hostile_case *c)
{
	char	 buf[64];

	return hostile_limit(fs_read(h->fs, &h->file, c->arg[0], buf, 64));
}

static bool
hostile_write(struct hostile *h, const struct hostile_case *c)
{
	return hostile_limit(fs_write(h->fs, &h->file, c->arg[0], "0123", 4));
}

static bool
hostile_list_at(struct hostile *h, uint32_t opcode, uint64_t off)
{
	struct fuse_read_in	 in = { .offset = off, .size = 4096 };
	struct fs_file		 d;
	int			 rc;

	if (fs_opendir(h->fs, h->dir, &d) != 0)
		return false;
	in.fh = d.fh;
	rc = hostile_call(h, opcode, h->dir, &in, sizeof(in), 4096);
	fs_releasedir(h->fs, &d);
	/* Where a cookie past the end leads is the filesystem's choice. */
	return rc >= 0 || hostile_limit(rc);
}

static bool
hostile_readdir(struct hostile *h, const struct hostile_case *c)
{
	return hostile_list_at(h, FUSE_READDIR, c->arg[0]);
}

static bool
hostile_readdirplus(struct hostile *h, const struct hostile_case *c)
{
	return hostile_list_at(h, FUSE_READDIRPLUS, c->arg[0]);
}

static bool
hostile_lseek(struct hostile *h, const struct hostile_case *c)
{
	return hostile_limit(fs_lseek(h->fs, &h->file, c->arg[0], SEEK_DATA,
	    NULL)) && hostile_limit(fs_lseek(h->fs, &h->file, c->arg[0],
	    SEEK_HOLE, NULL));
}

static bool
hostile_fallocate(struct hostile *h, const struct hostile_case *c)
{
	return hostile_limit(fs_fallocate(h->fs, &h->file, 0, c->arg[0],
	    1)) && hostile_refused(fs_fallocate(h->fs, &h->file, 0, 0,
	    c->arg[0])) && hostile_refused(fs_fallocate(h->fs, &h->file, 0,
	    c->arg[0], c->arg[0]));
}

static bool
hostile_copy(struct hostile *h, const struct hostile_case *c)
{
	const struct fs_file	*f = &h->file;

	return hostile_limit(fs_copy(h->fs, f, c->arg[0], f, 0, 10)) &&
	    hostile_limit(fs_copy(h->fs, f, 0, f, c->arg[0], 10));
}

/* A length far past the end copies what is there, or nothing. */
static bool
hostile_copy_len(struct hostile *h, const struct hostile_case *c)
{
	int	 rc;

	rc = fs_copy(h->fs, &h->file, 0, &h->file, 8192, c->arg[0]);
	return (rc > 0 && rc <= (int)HOSTILE_DATA) || hostile_limit(rc);
}

static bool
hostile_truncate(struct hostile *h, const struct hostile_case *c)
{
	return hostile_limit(fs_truncate(h->fs, h->file.node, c->arg[0]));
}

/* READ of arg[0] bytes into room for arg[1]. */
static bool
hostile_read_room(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_read_in	 in = { .fh = h->file.fh,
	    .size = (uint32_t)c->arg[0] };
	int			 rc;

	rc = hostile_call(h, FUSE_READ, h->file.node, &in, sizeof(in),
	    c->arg[1]);
	return (rc >= 0 && (uint64_t)rc <= c->arg[1]) ||
	    HOSTILE_IS(rc, EINVAL, E2BIG, ENOMEM, EIO);
}

static bool
hostile_readdir_room(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_read_in	 in = { .size = (uint32_t)c->arg[0] };
	static const uint32_t	 op[] = { FUSE_READDIR, FUSE_READDIRPLUS };
	struct fs_file		 d;
	unsigned		 i;
	int			 rc;
	bool			 good = true;

	if (fs_opendir(h->fs, h->dir, &d) != 0)
		return false;
	in.fh = d.fh;
	for (i = 0; i < 2; i++) {
		rc = hostile_call(h, op[i], h->dir, &in, sizeof(in),
		    c->arg[1]);
		good &= (rc >= 0 && (uint64_t)rc <= c->arg[1]) ||
		    HOSTILE_IS(rc, EINVAL, E2BIG, ENOMEM, EIO);
	}
	fs_releasedir(h->fs, &d);
	return good;
}

/* WRITE that claims arg[0] bytes and has arg[1]. */
static bool
hostile_write_size(struct hostile *h, const struct hostile_case *c)
{
	static uint8_t		 data[8192];
	struct fuse_write_in	 in = { .fh = h->file.fh,
	    .size = (uint32_t)c->arg[0] };
	uint64_t		 least;
	int			 rc;

	least = c->arg[0] < c->arg[1] ? c->arg[0] : c->arg[1];
	rc = fs_write_as(h->fs, &h->file, &in, data, c->arg[1]);
	return (rc >= 0 && (uint64_t)rc <= least) ||
	    HOSTILE_IS(rc, EINVAL, EIO);
}

/*
 * A request that makes, opens or looks something up, with arg[1] bytes for
 * the whole reply: what cannot be told must not stay either.
 */
static bool
hostile_room(struct hostile *h, const struct hostile_case *c)
{
	struct {
		struct fuse_in_header	 in;
		uint8_t			 rest[64];
	}	 m;
	size_t	 len = 0;
	int	 rc;

	memset(&m, 0, sizeof(m));
	switch (c->arg[0]) {
	case FUSE_LOOKUP:
		memcpy(m.rest, "known", 6);
		len = 6;
		break;
	case FUSE_OPEN:
		len = sizeof(struct fuse_open_in);
		break;
	case FUSE_GETATTR:
		len = sizeof(struct fuse_getattr_in);
		break;
	case FUSE_INIT:
		m.rest[0] = FUSE_KERNEL_VERSION;
		m.rest[4] = 38;
		len = sizeof(struct fuse_init_in);
		break;
	default:
		break;
	}
	m.in = hostile_header(h, (uint32_t)c->arg[0], len);
	if (c->arg[0] == FUSE_OPEN)
		m.in.nodeid = h->spare;
	rc = fs_raw(h->fs, &m, sizeof(m.in) + len, c->arg[1]);
	return HOSTILE_IS(rc, FS_NOREPLY, EINVAL, EIO, E2BIG, ENOMEM,
	    ERANGE, ENOBUFS, EMSGSIZE);
}

static void
hostile_room_cases(void)
{
	static const struct {
		const char	*name;
		uint32_t	 opcode;
	}			 row[] = { { "GETATTR", FUSE_GETATTR },
	    { "LOOKUP", FUSE_LOOKUP }, { "OPEN", FUSE_OPEN },
	    { "STATFS", FUSE_STATFS }, { "INIT", FUSE_INIT } };
	static const uint32_t	 room[] = { 0, 1, 15, 16, 17, 23 };
	char			 name[96];
	unsigned		 i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (j = 0; j < sizeof(room) / sizeof(room[0]); j++) {
			snprintf(name, sizeof(name),
			    "%s with %u bytes for the reply", row[i].name,
			    room[j]);
			hostile_add(name, hostile_room, HOSTILE_KEEP,
			    row[i].opcode, room[j]);
		}
	}
}

struct hostile_sizes {
	const char	*name;
	hostile_run	*run;
	uint64_t	 arg[HOSTILE_ARGS];
};

static const struct hostile_sizes	 hostile_pairs[] = {
	{ "READ of 2^32-1 into 4096", hostile_read_room,
	    { 0xffffffff, 4096 } },
	{ "READ of 2^31 into 4096", hostile_read_room, { 1U << 31, 4096 } },
	{ "READ of 4096 into 100", hostile_read_room, { 4096, 100 } },
	{ "READ of 4096 into nothing", hostile_read_room, { 4096, 0 } },
	{ "READ of 2 MiB into 1 MiB", hostile_read_room,
	    { 2 << 20, 1 << 20 } },
	{ "READDIR of 2^32-1 into 4096", hostile_readdir_room,
	    { 0xffffffff, 4096 } },
	{ "READDIR of 4096 into 40", hostile_readdir_room, { 4096, 40 } },
	{ "READDIR of 4096 into nothing", hostile_readdir_room,
	    { 4096, 0 } },
	{ "READDIR of nothing", hostile_readdir_room, { 0, 4096 } },
	{ "WRITE of 4096 with 100", hostile_write_size, { 4096, 100 } },
	{ "WRITE of 100 with 4096", hostile_write_size, { 100, 4096 } },
	{ "WRITE of 2^32-1 with 100", hostile_write_size,
	    { 0xffffffff, 100 } },
	{ "WRITE of 100 with nothing", hostile_write_size, { 100, 0 } },
	{ "WRITE of nothing with 100", hostile_write_size, { 0, 100 } },
	{ "COPY_FILE_RANGE of 2^64-1", hostile_copy_len, { UINT64_MAX, 0 } },
	{ "COPY_FILE_RANGE of 2^63", hostile_copy_len, { 1ULL << 63, 0 } },
};

void
hostile_size_cases(void)
{
	static const struct {
		const char	*name;
		hostile_run	*run;
	}			 row[] = { { "READ", hostile_read },
	    { "WRITE", hostile_write }, { "READDIR", hostile_readdir },
	    { "READDIRPLUS", hostile_readdirplus },
	    { "LSEEK", hostile_lseek }, { "FALLOCATE", hostile_fallocate },
	    { "COPY_FILE_RANGE", hostile_copy },
	    { "SETATTR size", hostile_truncate } };
	static const uint64_t	 off[] = { INT64_MAX, 1ULL << 63,
	    UINT64_MAX - 3, UINT64_MAX };
	char			 name[96];
	unsigned		 i, j;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (j = 0; j < sizeof(off) / sizeof(off[0]); j++) {
			snprintf(name, sizeof(name), "%s at 0x%llx",
			    row[i].name, (unsigned long long)off[j]);
			hostile_add(name, row[i].run, HOSTILE_KEEP, off[j],
			    0);
		}
	}
	for (i = 0; i < sizeof(hostile_pairs) / sizeof(hostile_pairs[0]);
	    i++)
		hostile_add(hostile_pairs[i].name, hostile_pairs[i].run,
		    HOSTILE_KEEP, hostile_pairs[i].arg[0],
		    hostile_pairs[i].arg[1]);
	hostile_room_cases();
}
