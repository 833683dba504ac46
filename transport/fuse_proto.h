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

#ifndef VIOFSD_TRANSPORT_FUSE_PROTO_H
#define VIOFSD_TRANSPORT_FUSE_PROTO_H

#include <linux/fuse.h>

#include <stdint.h>

/*
 * Knows: the FUSE protocol as the Linux client speaks it (linux/fuse.h);
 * what is newer than the distribution's header stands here.
 * Never: anything but constants and layouts.
 */

#define FUSE_PROTO_MINOR	38	/* what we implement */
#define FUSE_PROTO_MINOR_MIN	27	/* below: EPROTO */
#define FUSE_PROTO_MINOR_NOFLUSH 35	/* knows FOPEN_NOFLUSH */

#define FUSE_PROTO_MAX_WRITE	(1024 * 1024)
#define FUSE_PROTO_MAX_PAGES	256

/*
 * Since Linux 6.13 (7.41) a guest's fs.fuse.max_pages_limit allows more; the
 * guest takes the least of that, of this and of what its queue has room for.
 */
#define FUSE_PROTO_MINOR_HUGE	41
#define FUSE_PROTO_HUGE_WRITE	(4 * 1024 * 1024)
#define FUSE_PROTO_HUGE_PAGES	1024

/* Since 7.38, missing in older headers. */
#ifndef FUSE_CREATE_SUPP_GROUP
#define FUSE_CREATE_SUPP_GROUP	(1ULL << 34)
#endif
#define FUSE_PROTO_ALLOW_IDMAP	(1ULL << 40)	/* 7.42 */

#define FUSE_PROTO_ALLOW_MMAP	(1ULL << 36)	/* 7.39 */

#define FUSE_PROTO_STATX	52	/* 7.39 */
#define FUSE_PROTO_COPY_64	53	/* 7.45 */

struct fuse_proto_sx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t reserved;
};

/* struct statx as the protocol has it. */
struct fuse_proto_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare0;
	uint64_t ino, size, blocks, attributes_mask;
	struct fuse_proto_sx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t spare2[14];
};

struct fuse_proto_statx_in {
	uint32_t getattr_flags, reserved;
	uint64_t fh;
	uint32_t sx_flags, sx_mask;
};

struct fuse_proto_statx_out {
	uint64_t attr_valid;
	uint32_t attr_valid_nsec, flags;
	uint64_t spare[2];
	struct fuse_proto_statx stat;
};

struct fuse_proto_copy_out {
	uint64_t bytes_copied;
};

_Static_assert(sizeof(struct fuse_proto_statx) == 256, "fuse_statx");
_Static_assert(sizeof(struct fuse_proto_statx_out) == 288, "fuse_statx_out");

#define FUSE_PROTO_EXT_GROUPS	32	/* fuse_ext_type */

/* Header of one extension; size covers it and is a multiple of 8. */
struct fuse_proto_ext {
	uint32_t size;
	uint32_t type;
};

#define FUSE_PROTO_INVALID_ID	UINT32_MAX	/* idmapped mounts, 7.42 */

_Static_assert(sizeof(struct fuse_in_header) == 40, "fuse_in_header");
_Static_assert(sizeof(struct fuse_out_header) == 16, "fuse_out_header");
_Static_assert(sizeof(struct fuse_entry_out) == 128, "fuse_entry_out");
_Static_assert(sizeof(struct fuse_attr_out) == 104, "fuse_attr_out");
_Static_assert(sizeof(struct fuse_init_out) == 64, "fuse_init_out");
_Static_assert(sizeof(struct fuse_write_in) == 40, "fuse_write_in");

#endif
