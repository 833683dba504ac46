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
 * INIT, DESTROY and floods: the session as a whole.
 *
 * Knows: what may happen to a session.
 * Never: single requests (the other hostile_*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"

static bool
hostile_init(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_init_out	 out;
	int			 rc;

	rc = fs_init_as(h->fs, (uint32_t)c->arg[0], (uint32_t)c->arg[1],
	    FS_INIT_FLAGS, &out);
	return rc >= 0 || HOSTILE_IS(rc, EPROTO, EINVAL);
}

static bool
hostile_init_flags(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_init_out	 out;
	int			 rc;

	rc = fs_init_as(h->fs, FUSE_KERNEL_VERSION, 45, c->arg[0], &out);
	if (rc < 0)
		return HOSTILE_IS(rc, EPROTO, EINVAL);
	if ((out.flags & ~(uint32_t)c->arg[0]) != 0) {
		tap_diag("flags 0x%x that were not offered",
		    out.flags & ~(uint32_t)c->arg[0]);
		return false;
	}
	return true;
}

/* Again and again, with files open: the old session goes each time. */
static bool
hostile_reinit(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	unsigned		 i;
	char			 buf[8];

	(void)c;
	for (i = 0; i < 50; i++) {
		if (fs_lookup(h->fs, FUSE_ROOT_ID, "file", &e) != 0 ||
		    fs_fopen(h->fs, e.nodeid, O_RDONLY, &f) != 0 ||
		    fs_init(h->fs, NULL) < 0)
			return false;
	}
	return HOSTILE_IS(fs_read(h->fs, &f, 0, buf, 8), EBADF);
}

static bool
hostile_destroyed(struct hostile *h, const struct hostile_case *c)
{
	struct fuse_entry_out	 e;
	char			 buf[8];

	(void)c;
	fs_destroy(h->fs);
	return hostile_refused(fs_read(h->fs, &h->file, 0, buf, 8)) &&
	    hostile_refused(fs_lookup(h->fs, h->dir, "spare", &e)) &&
	    hostile_refused(fs_mkdir(h->fs, h->dir, "new", 0755, &e));
}

static bool
hostile_destroy_twice(struct hostile *h, const struct hostile_case *c)
{
	unsigned	 i;
	int		 rc;

	(void)c;
	for (i = 0; i < 20; i++) {
		rc = fs_destroy(h->fs);
		if (rc <= -4096 && rc != FS_NOREPLY)
			return HOSTILE_IS(rc, FS_NOREPLY);
	}
	return true;
}

/* As many requests in flight as fit, every one of them malformed. */
static bool
hostile_flood(struct hostile *h, const struct hostile_case *c)
{
	struct fs_args		 a = { .opcode = (uint32_t)c->arg[0],
	    .node = FUSE_ROOT_ID, .arg = "abc", .arg_len = 3,
	    .out_len = 256 };
	struct fs_ticket	 t[80];
	unsigned		 i, round;
	int			 rc;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 80; i++) {
			rc = fs_submit(h->fs, &a, &t[i]);
			if (rc != 0)
				return HOSTILE_IS(rc, EINVAL);
		}
		while (i-- > 0) {
			rc = fs_finish(h->fs, &t[i], NULL, 0);
			if (rc != -EINVAL && rc != -ENOSYS)
				return HOSTILE_IS(rc, EINVAL, ENOSYS);
		}
	}
	return true;
}

/* More open files than any guest keeps; all of them can be closed. */
static bool
hostile_many(struct hostile *h, const struct hostile_case *c)
{
	static struct fs_file	 f[3000];
	unsigned		 i, n;
	int			 rc = 0;

	(void)c;
	for (n = 0; n < 3000 && rc == 0; n++)
		rc = fs_fopen(h->fs, h->spare, O_RDONLY, &f[n]);
	if (rc != 0)
		n--;
	for (i = 0; i < n; i++) {
		if (fs_release(h->fs, &f[i]) != 0)
			return false;
	}
	return rc == 0 || HOSTILE_IS(rc, EMFILE, ENFILE);
}

/* A reply of one request counts for another: the same unique for all. */
static bool
hostile_unique(struct hostile *h, const struct hostile_case *c)
{
	struct fs_args		 a = { .opcode = FUSE_STATFS,
	    .node = FUSE_ROOT_ID, .out_len = 80 };
	struct fs_ticket	 t[32];
	unsigned		 i;
	int			 rc;

	for (i = 0; i < 32; i++) {
		h->fs->unique = c->arg[0];
		rc = fs_submit(h->fs, &a, &t[i]);
		if (rc != 0)
			return false;
	}
	for (i = 0; i < 32; i++) {
		rc = fs_finish(h->fs, &t[i], NULL, 0);
		if (rc < 0 && !hostile_refused(rc))
			return false;
	}
	h->fs->unique = 1000000;
	return true;
}

void
hostile_session_cases(void)
{
	static const uint32_t	 version[][2] = { { 0, 0 }, { 6, 40 },
	    { 7, 0 }, { 7, 8 }, { 7, 26 }, { 7, 0xffffffff }, { 8, 0 },
	    { 0x07000000, 0x26000000 }, { 0xffffffff, 0xffffffff } };
	char			 name[96];
	unsigned		 i;

	for (i = 0; i < sizeof(version) / sizeof(version[0]); i++) {
		snprintf(name, sizeof(name), "INIT of version %u.%u",
		    version[i][0], version[i][1]);
		hostile_add(name, hostile_init, HOSTILE_KEEP, version[i][0],
		    version[i][1]);
	}
	hostile_add("INIT with all flags", hostile_init_flags, HOSTILE_KEEP,
	    UINT64_MAX, 0);
	hostile_add("INIT with no flags", hostile_init_flags, HOSTILE_KEEP,
	    0, 0);
	hostile_add("INIT 50 times with open files", hostile_reinit,
	    HOSTILE_KEEP, 0, 0);
	hostile_add("requests after DESTROY", hostile_destroyed,
	    HOSTILE_KEEP, 0, 0);
	hostile_add("DESTROY 20 times", hostile_destroy_twice, HOSTILE_KEEP,
	    0, 0);
	hostile_add("flood of short GETATTR", hostile_flood, HOSTILE_KEEP,
	    FUSE_GETATTR, 0);
	hostile_add("flood of LOOKUP without NUL", hostile_flood,
	    HOSTILE_KEEP, FUSE_LOOKUP, 0);
	hostile_add("flood of unknown opcodes", hostile_flood, HOSTILE_KEEP,
	    4711, 0);
	hostile_add("3000 open files", hostile_many, HOSTILE_KEEP, 0, 0);
	hostile_add("32 requests with the same unique", hostile_unique,
	    HOSTILE_KEEP, 4242, 0);
	hostile_add("32 requests with unique 0", hostile_unique,
	    HOSTILE_KEEP, 0, 0);
}
