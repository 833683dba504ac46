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
 * Knows: requests of these options whose lengths and numbers are false.
 * Never: such requests of the plain operations (hostile_*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "more.h"

#define MORE_RANDOM	4000

static const char *const	 more_lie_on[] = { "--xattr",
    "--security-label", "--modcaps=+sys_admin", "--posix-lock", "--flock",
    NULL };

/* A request with these bytes as its arguments and so much room. */
static int
more_lie_call(struct box *b, uint32_t opcode, uint64_t node,
    const void *arg, size_t len)
{
	struct fs_args	 a = { .opcode = opcode, .node = node, .arg = arg,
	    .arg_len = len, .out_len = 64 };

	return fs_call(&b->fs, &a);
}

static void
more_lie_xattr(struct box *b, uint64_t n)
{
	struct {
		uint32_t	 size, flags;
		char		 data[16];
	}	 set = { 6, 0, "user.a\0value" };
	struct {
		uint32_t	 size, padding;
		char		 name[8];
	}	 get = { 65536, 0, "user.a" };

	tap_rc(more_lie_call(b, FUSE_SETXATTR, n, &set, 20), -EINVAL,
	    "setxattr: the value is shorter than it says");
	set.size = UINT32_MAX;
	tap_rc(more_lie_call(b, FUSE_SETXATTR, n, &set, 20), -E2BIG,
	    "setxattr: a value of 4 GiB");
	set.size = 4;
	tap_rc(more_lie_call(b, FUSE_SETXATTR, n, &set, 20), -EINVAL,
	    "setxattr: the value is longer than it says");
	tap_rc(more_lie_call(b, FUSE_SETXATTR, n, &set, 14), -EINVAL,
	    "setxattr: a name that does not end");
	tap_rc(more_lie_call(b, FUSE_SETXATTR, n, &set, 7), -EINVAL,
	    "setxattr: half the arguments");
	tap_rc(more_lie_call(b, FUSE_GETXATTR, n, &get, sizeof(get)),
	    -EINVAL, "getxattr: more than there is room for");
	tap_rc(more_lie_call(b, FUSE_LISTXATTR, n, &get, 8), -EINVAL,
	    "listxattr: more than there is room for");
	get.size = 32;
	tap_rc(more_lie_call(b, FUSE_GETXATTR, n, &get, 14), -EINVAL,
	    "getxattr: a name that does not end");
	tap_rc(more_lie_call(b, FUSE_REMOVEXATTR, n, "user.a", 6), -EINVAL,
	    "removexattr: a name that does not end");
	tap_rc(more_lie_call(b, FUSE_REMOVEXATTR, n, "user.a\0x", 9),
	    -EINVAL, "removexattr: something behind the name");
}

static void
more_lie_ioctl(struct box *b, const struct fs_file *f)
{
	struct {
		struct fuse_ioctl_in	 in;
		uint32_t		 arg[4];
	}	 x = { .in = { .fh = f->fh, .cmd = FS_IOC_SETFLAGS,
	    .in_size = 64 } };

	tap_rc(more_lie_call(b, FUSE_IOCTL, f->node, &x, sizeof(x)),
	    -EINVAL, "ioctl: less than it says");
	x.in.in_size = UINT32_MAX;
	tap_rc(more_lie_call(b, FUSE_IOCTL, f->node, &x, sizeof(x)),
	    -EINVAL, "ioctl: 4 GiB");
	x.in.in_size = 4;
	tap_rc(more_lie_call(b, FUSE_IOCTL, f->node, &x, sizeof(x)),
	    -EINVAL, "ioctl: more than it says");
	x.in.cmd = FS_IOC_GETFLAGS;
	x.in.in_size = 0;
	x.in.out_size = 4096;
	tap_rc(more_lie_call(b, FUSE_IOCTL, f->node, &x, sizeof(x.in)),
	    -EINVAL, "ioctl: an answer that there is no room for");
	x.in.out_size = 4;
	x.in.flags = FUSE_IOCTL_DIR;
	tap_rc(more_lie_call(b, FUSE_IOCTL, f->node, &x, sizeof(x.in)),
	    -EBADF, "ioctl: a file as a directory");
	x.in.flags = 0;
	tap_rc(more_lie_call(b, FUSE_IOCTL, FUSE_ROOT_ID, &x, sizeof(x.in)),
	    -EBADF, "ioctl: another node's handle");
}

/* An extension that breaks a rule; size and type as they stand. */
static int
more_lie_ext_call(struct box *b, const uint32_t *ext, unsigned cnt,
    uint16_t ext_len)
{
	struct {
		struct fuse_mkdir_in	 in;
		char			 name[8];
		uint32_t		 ext[16];
	}			 x = { { 0755, 0 }, "lying..", { 0 } };
	struct fuse_entry_out	 e;
	struct fs_args		 a = { .opcode = FUSE_MKDIR,
	    .node = FUSE_ROOT_ID, .arg = &x, .out = &e,
	    .out_len = sizeof(e), .ext_len = ext_len };

	memcpy(x.ext, ext, cnt * sizeof(*ext));
	a.arg_len = sizeof(x.in) + sizeof(x.name) + cnt * sizeof(*ext);
	return fs_call(&b->fs, &a);
}

static void
more_lie_ext(struct box *b)
{
	static const struct {
		const char	*what;
		uint32_t	 ext[8];
		unsigned	 cnt;
		uint16_t	 len;
	}		 row[] = {
		{ "more extensions than bytes", { 16, 1 }, 4, 9000 },
		{ "more than half the bytes", { 16, 1 }, 4, 5 },
		{ "a size of 0", { 0, 1 }, 4, 2 },
		{ "a size of 4", { 4, 1 }, 4, 2 },
		{ "an odd size", { 15, 1 }, 4, 2 },
		{ "a size beyond the end", { 24, 1 }, 4, 2 },
		{ "a size of 4 GiB", { 0xfffffff8, 1 }, 4, 2 },
		{ "2^32 - 1 groups", { 16, 32, UINT32_MAX, 5 }, 4, 2 },
		{ "a group more than there is", { 16, 32, 2, 5 }, 4, 2 },
		{ "groups without a count", { 8, 32 }, 2, 1 },
		{ "a context of 4 GiB",
		    { 24, 1, UINT32_MAX, 0, 0x61, 0 }, 6, 3 },
		{ "a context without a name",
		    { 24, 1, 4, 0, 0, 0 }, 6, 3 },
		{ "a name that does not end",
		    { 24, 1, 4, 0, 0x61616161, 0x61616161 }, 6, 3 },
		{ "half a context", { 16, 1, 4, 0 }, 4, 2 },
	};
	unsigned	 i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		tap_rc(more_lie_ext_call(b, row[i].ext, row[i].cnt,
		    row[i].len), -EINVAL, "extension: %s", row[i].what);
	tap_ok(!more_exists(b, "lying.."), "none of them made anything");
}

/* Whatever the bytes are, there is an answer and the daemon lives. */
static void
more_lie_random(struct box *b, uint64_t n)
{
	static const uint32_t	 opcode[] = { FUSE_SETXATTR, FUSE_GETXATTR,
	    FUSE_LISTXATTR, FUSE_REMOVEXATTR, FUSE_GETLK, FUSE_SETLK,
	    FUSE_ACCESS, FUSE_IOCTL, FUSE_TMPFILE, FS_STATX, FS_COPY_64,
	    FUSE_CREATE, FUSE_SYMLINK, FUSE_SETATTR };
	uint8_t			 buf[160];
	struct fs_args		 a = { .arg = buf, .out_len = 300 };
	unsigned		 i, j, bad = 0;
	int			 rc;

	srandom(1);
	for (i = 0; i < MORE_RANDOM; i++) {
		for (j = 0; j < sizeof(buf); j++)
			buf[j] = random() % 3 ? 0 : (uint8_t)random();
		a.opcode = opcode[(unsigned long)random() %
		    (sizeof(opcode) / sizeof(opcode[0]))];
		a.node = random() % 2 ? n : FUSE_ROOT_ID;
		a.arg_len = (size_t)random() % sizeof(buf);
		a.ext_len = random() % 4 ? 0 : (uint16_t)(random() % 16);
		fs_cred(&b->fs, random() % 2 ? 0 : 1000, 1000);
		rc = fs_call(&b->fs, &a);
		if (rc == FS_LOST || rc == FS_TIMEOUT || rc == FS_BROKEN ||
		    rc == FS_NOREPLY || rc == FS_BADREPLY) {
			tap_diag("opcode %u: %s", a.opcode, tap_rcname(rc));
			bad++;
			break;
		}
	}
	fs_cred(&b->fs, 0, 0);
	tap_is(bad, 0, "%d random requests are answered", MORE_RANDOM);
}

void
more_lie(void)
{
	struct proc_set	 before;
	struct fs_file	 f;
	struct box	 b;
	uint64_t	 n;

	if (more_start(&b, more_lie_on)) {
		n = more_file(&b, "file", 0, 0644);
		fs_fopen(&b.fs, n, O_RDWR, &f);
		before = *daemon_procs(&b.d);
		more_lie_xattr(&b, n);
		more_lie_ioctl(&b, &f);
		more_lie_ext(&b);
		more_lie_random(&b, n);
		tap_rc(fs_getattr(&b.fs, n, NULL), 0, "the file is served");
		tap_ok(proc_all_alive(&before, NULL),
		    "no process of the daemon has ended");
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
