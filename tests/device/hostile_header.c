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
 * Hostile FUSE headers: lengths that lie, opcodes that are none, requests
 * shorter than their opcode needs.
 *
 * Knows: the smallest request of each opcode.
 * Never: names (hostile_name.c) or values (hostile_value.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

bool
hostile_among(int rc, const int *set)
{
	unsigned	 i;

	for (i = 0; set[i] != 0; i++) {
		if (rc == -set[i] || (set[i] < 0 && rc == set[i]))
			return true;
	}
	tap_diag("answer is %s, should be %s%s", tap_rcname(rc),
	    tap_rcname(set[0] < 0 ? set[0] : -set[0]),
	    set[1] != 0 ? " or the like" : "");
	return false;
}

bool
hostile_refused(int rc)
{
	if (rc < 0 && rc > -4096)
		return true;
	tap_diag("answer is %s, should be an error", tap_rcname(rc));
	return false;
}

struct fuse_in_header
hostile_header(struct hostile *h, uint32_t opcode, size_t payload_len)
{
	struct fuse_in_header	 in;

	memset(&in, 0, sizeof(in));
	in.len = (uint32_t)(sizeof(in) + payload_len);
	in.opcode = opcode;
	in.unique = h->fs->unique;
	in.nodeid = FUSE_ROOT_ID;
	in.pid = 1;
	h->fs->unique += 2;
	return in;
}

int
hostile_call(struct hostile *h, uint32_t opcode, uint64_t node,
    const void *arg, size_t arg_len, size_t out_len)
{
	struct fs_args	 a = { .opcode = opcode, .node = node, .arg = arg,
	    .arg_len = arg_len, .out_len = out_len };

	return fs_call(h->fs, &a);
}

/* Only the first arg[0] bytes of a header. */
static bool
hostile_short(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_in_header	 in = hostile_header(h, FUSE_STATFS, 0);

	return HOSTILE_IS(fs_raw(h->fs, &in, c->arg[0], 4096), FS_NOREPLY,
	    EINVAL);
}

/* A GETATTR whose header claims arg[0] bytes. */
static bool
hostile_len(struct hostile *h, const struct hostile_case *c)
{
	struct {
		struct fuse_in_header	 in;
		struct fuse_getattr_in	 arg;
	}	 m;

	memset(&m, 0, sizeof(m));
	m.in = hostile_header(h, FUSE_GETATTR, sizeof(m.arg));
	m.in.len = (uint32_t)c->arg[0];
	return HOSTILE_IS(fs_raw(h->fs, &m, sizeof(m), 4096), EINVAL);
}

struct hostile_min {
	const char	*name;
	uint32_t	 opcode;
	uint32_t	 len;		/* bytes behind the header */
};

static const struct hostile_min	 hostile_mins[] = {
	{ "LOOKUP", FUSE_LOOKUP, 2 },
	{ "GETATTR", FUSE_GETATTR, sizeof(struct fuse_getattr_in) },
	{ "SETATTR", FUSE_SETATTR, sizeof(struct fuse_setattr_in) },
	{ "SYMLINK", FUSE_SYMLINK, 4 },
	{ "MKNOD", FUSE_MKNOD, sizeof(struct fuse_mknod_in) + 2 },
	{ "MKDIR", FUSE_MKDIR, sizeof(struct fuse_mkdir_in) + 2 },
	{ "UNLINK", FUSE_UNLINK, 2 },
	{ "RMDIR", FUSE_RMDIR, 2 },
	{ "RENAME", FUSE_RENAME, sizeof(struct fuse_rename_in) + 4 },
	{ "RENAME2", FUSE_RENAME2, sizeof(struct fuse_rename2_in) + 4 },
	{ "LINK", FUSE_LINK, sizeof(struct fuse_link_in) + 2 },
	{ "OPEN", FUSE_OPEN, sizeof(struct fuse_open_in) },
	{ "READ", FUSE_READ, sizeof(struct fuse_read_in) },
	{ "WRITE", FUSE_WRITE, sizeof(struct fuse_write_in) },
	{ "RELEASE", FUSE_RELEASE, sizeof(struct fuse_release_in) },
	{ "FSYNC", FUSE_FSYNC, sizeof(struct fuse_fsync_in) },
	{ "FLUSH", FUSE_FLUSH, sizeof(struct fuse_flush_in) },
	{ "OPENDIR", FUSE_OPENDIR, sizeof(struct fuse_open_in) },
	{ "READDIR", FUSE_READDIR, sizeof(struct fuse_read_in) },
	{ "READDIRPLUS", FUSE_READDIRPLUS, sizeof(struct fuse_read_in) },
	{ "RELEASEDIR", FUSE_RELEASEDIR, sizeof(struct fuse_release_in) },
	{ "FSYNCDIR", FUSE_FSYNCDIR, sizeof(struct fuse_fsync_in) },
	{ "CREATE", FUSE_CREATE, sizeof(struct fuse_create_in) + 2 },
	{ "FALLOCATE", FUSE_FALLOCATE, sizeof(struct fuse_fallocate_in) },
	{ "LSEEK", FUSE_LSEEK, sizeof(struct fuse_lseek_in) },
	{ "COPY_FILE_RANGE", FUSE_COPY_FILE_RANGE,
	    sizeof(struct fuse_copy_file_range_in) },
	{ "SYNCFS", FUSE_SYNCFS, sizeof(struct fuse_syncfs_in) },
	{ "ACCESS", FUSE_ACCESS, sizeof(struct fuse_access_in) },
	{ "IOCTL", FUSE_IOCTL, sizeof(struct fuse_ioctl_in) },
	{ "TMPFILE", FUSE_TMPFILE, sizeof(struct fuse_create_in) },
	{ "STATX", 52, 24 },
	{ "COPY_FILE_RANGE_64", 53, sizeof(struct fuse_copy_file_range_in) },
	{ "INIT", FUSE_INIT, 16 },
};

/*
 * Lengths from none to one byte less than the opcode needs.  Empty names and
 * node 0 are in it, too.
 */
static bool
hostile_minimum(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_min	*m = &hostile_mins[c->arg[0]];
	uint8_t				 zero[256];
	uint32_t			 len;
	bool				 good = true;

	memset(zero, 0, sizeof(zero));
	for (len = 0; len < m->len; len += len + 1 < m->len - 1 ?
	    m->len / 3 + 1 : 1) {
		if (!HOSTILE_IS(hostile_call(h, m->opcode, FUSE_ROOT_ID,
		    zero, len, 256), EINVAL, ENOENT, EBADF)) {
			tap_diag("%u bytes instead of %u", len, m->len);
			good = false;
		}
	}
	return good && HOSTILE_IS(hostile_call(h, m->opcode, FUSE_ROOT_ID,
	    zero, m->len - 1, 256), EINVAL, ENOENT, EBADF);
}

/* FORGET, BATCH_FORGET and INTERRUPT have no reply, short or not. */
static bool
hostile_silent(struct hostile *h, const struct hostile_case *c)
{
	uint8_t		 zero[64];
	struct fs_args	 a = { .opcode = (uint32_t)c->arg[0], .arg = zero,
	    .node = FUSE_ROOT_ID, .no_reply = true };
	int		 rc = 0;

	memset(zero, 0, sizeof(zero));
	for (a.arg_len = 0; rc == 0 && a.arg_len < 8; a.arg_len++)
		rc = fs_call(h->fs, &a);
	return rc == 0;
}

static bool
hostile_known(uint32_t opcode)
{
	return (opcode >= 1 && opcode <= 6) ||
	    (opcode >= 8 && opcode <= 18) ||
	    (opcode >= 20 && opcode <= 36) || opcode == 38 ||
	    opcode == 39 || (opcode >= 42 && opcode <= 47) ||
	    (opcode >= 50 && opcode <= 53);
}

static bool
hostile_opcode(struct hostile *h, uint32_t opcode)
{
	uint8_t	 zero[128];

	memset(zero, 0, sizeof(zero));
	if (HOSTILE_IS(hostile_call(h, opcode, FUSE_ROOT_ID, zero,
	    sizeof(zero), 256), ENOSYS))
		return true;
	tap_diag("opcode %u", opcode);
	return false;
}

static bool
hostile_opcodes(struct hostile *h, const struct hostile_case *c)
{
	uint32_t	 op;
	bool		 good = true;

	for (op = (uint32_t)c->arg[0]; op <= c->arg[1] && good; op++) {
		if (!hostile_known(op))
			good = hostile_opcode(h, op);
	}
	return good;
}

static bool
hostile_big_opcode(struct hostile *h, const struct hostile_case *c)
{
	return hostile_opcode(h, (uint32_t)c->arg[0]);
}

/* Every opcode on a node that never was. */
static bool
hostile_node(struct hostile *h, const struct hostile_case *c)
{
	const struct hostile_min	*m;
	uint8_t				 arg[256];
	unsigned			 i;
	bool				 good = true;

	for (i = 0; i < sizeof(hostile_mins) / sizeof(*m); i++) {
		m = &hostile_mins[i];
		if (m->opcode == FUSE_INIT)
			continue;
		memset(arg, 0, sizeof(arg));
		/* Names of one letter at the end of what has names. */
		if (m->len >= 2)
			arg[m->len - 2] = 'n';
		if (m->len >= 4)
			arg[m->len - 4] = 'o';
		if (!hostile_refused(hostile_call(h, m->opcode, c->arg[0],
		    arg, m->len, 256))) {
			tap_diag("opcode %s", m->name);
			good = false;
		}
	}
	return good;
}

/* The header says there are extensions where there are none. */
static bool
hostile_extlen(struct hostile *h, const struct hostile_case *c)
{
	struct fs_args	 a = { .opcode = FUSE_LOOKUP, .node = FUSE_ROOT_ID,
	    .data = "known", .data_len = 6, .ext_len = (uint16_t)c->arg[0],
	    .out_len = sizeof(struct fuse_entry_out) };
	int		 rc;

	rc = fs_call(h->fs, &a);
	return rc == (int)a.out_len || HOSTILE_IS(rc, EINVAL);
}

void
hostile_header_cases(void)
{
	static const uint32_t	 shorts[] = { 1, 4, 8, 15, 16, 32, 39 };
	static const uint32_t	 lens[] = { 0, 1, 39, 40, 55, 57, 0x10000,
	    0x7fffffff, 0x80000000, 0xffffffff };
	char			 name[64];
	unsigned		 i;

	for (i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		snprintf(name, sizeof(name), "header of %u bytes", shorts[i]);
		hostile_add(name, hostile_short, HOSTILE_KEEP, shorts[i], 0);
	}
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		snprintf(name, sizeof(name), "in.len of %u for 56 bytes",
		    lens[i]);
		hostile_add(name, hostile_len, HOSTILE_KEEP, lens[i], 0);
	}
	for (i = 0; i < sizeof(hostile_mins) / sizeof(hostile_mins[0]); i++) {
		snprintf(name, sizeof(name), "%s too short",
		    hostile_mins[i].name);
		hostile_add(name, hostile_minimum, HOSTILE_KEEP, i, 0);
	}
	hostile_add("FORGET too short", hostile_silent, HOSTILE_KEEP,
	    FUSE_FORGET, 0);
	hostile_add("BATCH_FORGET too short", hostile_silent, HOSTILE_KEEP,
	    FUSE_BATCH_FORGET, 0);
	hostile_add("INTERRUPT too short", hostile_silent, HOSTILE_KEEP,
	    FUSE_INTERRUPT, 0);
	hostile_add("opcodes of 16 bits that are none, CUSE_INIT among them",
	    hostile_opcodes, HOSTILE_KEEP, 0, 0xffff);
	hostile_add("byte-swapped INIT", hostile_big_opcode, HOSTILE_KEEP,
	    0x1a000000, 0);
	hostile_add("opcode 2^31", hostile_big_opcode, HOSTILE_KEEP,
	    0x80000000, 0);
	hostile_add("opcode 2^32-1", hostile_big_opcode, HOSTILE_KEEP,
	    0xffffffff, 0);
	hostile_add("node 0 for every opcode", hostile_node, HOSTILE_KEEP, 0,
	    0);
	hostile_add("unknown node for every opcode", hostile_node,
	    HOSTILE_KEEP, 0x123456789, 0);
	hostile_add("node 2^64-1 for every opcode", hostile_node,
	    HOSTILE_KEEP, UINT64_MAX, 0);
	hostile_add("total_extlen of 1", hostile_extlen, HOSTILE_KEEP, 1, 0);
	hostile_add("total_extlen of 65535", hostile_extlen, HOSTILE_KEEP,
	    65535, 0);
}
