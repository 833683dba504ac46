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
 * Knows: what INIT agrees on, and what there is before and after it.
 * Never: how the rings came up.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "session.h"

/* Offered whatever the options are, as virtiofsd does. */
#define SESSION_ALWAYS	(FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | \
	FUSE_BIG_WRITES | FUSE_AUTO_INVAL_DATA | FUSE_ASYNC_DIO | \
	FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES)

/* Need an option, or can not be had over a virtqueue at all. */
#define SESSION_NEVER	(FUSE_POSIX_LOCKS | FUSE_FILE_OPS | \
	FUSE_DONT_MASK | FUSE_SPLICE_WRITE | FUSE_SPLICE_MOVE | \
	FUSE_SPLICE_READ | FUSE_FLOCK_LOCKS | FUSE_WRITEBACK_CACHE | \
	FUSE_NO_OPEN_SUPPORT | FUSE_HANDLE_KILLPRIV | FUSE_POSIX_ACL | \
	FUSE_ABORT_ERROR | FUSE_NO_OPENDIR_SUPPORT | FUSE_SETXATTR_EXT | \
	FUSE_INIT_RESERVED)

static void
session_numbers(struct box *b)
{
	const struct fuse_init_out	*i = &b->init;

	tap_is(i->major, FUSE_KERNEL_VERSION, "INIT: major");
	tap_ok(i->minor >= 31 && i->minor <= 45, "INIT: minor is 7.%u",
	    i->minor);
	tap_is(i->max_readahead, 128 * 1024, "INIT: read-ahead is echoed");
	tap_is(i->max_write, 1 << 20, "INIT: writes of 1 MiB");
	tap_is(i->max_pages, 256, "INIT: 256 pages");
	tap_is(i->time_gran, 1, "INIT: times to the nanosecond");
	tap_is(i->map_alignment, 0, "INIT: no DAX");
	tap_ok(i->max_background == 0 ||
	    i->congestion_threshold <= i->max_background,
	    "INIT: background %u, congestion %u", i->max_background,
	    i->congestion_threshold);
	tap_is(i->flags & SESSION_ALWAYS, SESSION_ALWAYS,
	    "INIT: the flags every daemon has");
	tap_is(i->flags & SESSION_NEVER, 0,
	    "INIT: no flag that needs an option");
	if (daemon_kind != DAEMON_C)
		tap_is(i->flags & FUSE_SUBMOUNTS, FUSE_SUBMOUNTS,
		    "INIT: submounts are announced");
}

/* What was not offered is not in the reply. */
static void
session_subset(struct box *b)
{
	struct fuse_init_out	 out;
	uint64_t		 flags, got;
	unsigned		 bit, bad = 0;

	for (bit = 0; bit < 64; bit++) {
		flags = 1ULL << bit | FUSE_INIT_EXT;
		if (fs_init_as(&b->fs, 7, 45, flags, &out) < 0)
			bad++;
		got = out.flags | (uint64_t)out.flags2 << 32;
		if ((got & ~flags) != 0) {
			tap_diag("offered 0x%llx, got 0x%llx",
			    (unsigned long long)flags,
			    (unsigned long long)got);
			bad++;
		}
	}
	tap_is(bad, 0, "INIT: the reply has no flag that was not offered");
	tap_rc(fs_init_as(&b->fs, 7, 45, 0, &out), 0, "INIT without flags");
	tap_is(out.flags, 0, "INIT without flags: none in the reply");
	session_works(b, "INIT without flags");
	tap_rc(fs_init_as(&b->fs, 7, 38, UINT32_MAX & ~FUSE_INIT_EXT, &out),
	    0, "INIT without INIT_EXT");
	tap_is(out.flags2, 0, "INIT without INIT_EXT: no second word");
}

/* Only from 7.41 on a guest's administrator can ask for larger requests. */
static void
session_sizes(struct box *b, uint32_t minor, uint32_t pages)
{
	struct fuse_init_out	 out;

	tap_rc(fs_init_as(&b->fs, 7, minor, FS_INIT_FLAGS, &out), 0,
	    "INIT of version 7.%u", minor);
	tap_is(out.max_pages, pages, "7.%u: pages of a request", minor);
	tap_is(out.max_write, pages * 4096, "7.%u: bytes of a write", minor);
	tap_rc(fs_init_as(&b->fs, 7, minor, FS_INIT_FLAGS &
	    ~(uint64_t)FUSE_MAX_PAGES, &out), 0, "INIT without MAX_PAGES");
	tap_is(out.max_write, 1 << 20, "without MAX_PAGES: 1 MiB");
	session_works(b, "other sizes");
}

/* Older and newer kernels. */
static void
session_versions(struct box *b)
{
	struct fuse_init_out	 out;
	uint32_t		 minor, bad = 0;

	tap_rc(fs_init_as(&b->fs, 7, 20, FS_INIT_FLAGS, &out), -EPROTO,
	    "INIT of version 7.20 is too old");
	tap_rc(fs_init_as(&b->fs, 6, 40, FS_INIT_FLAGS, &out), -EPROTO,
	    "INIT of version 6.40");
	tap_rc(fs_init_as(&b->fs, 7, 45, FS_INIT_FLAGS, &out), 0,
	    "INIT of version 7.45");
	tap_ok(out.major == 7 && out.minor <= 45, "it agrees on 7.%u",
	    out.minor);
	session_works(b, "version 7.45");
	tap_rc(fs_init_as(&b->fs, 7, 31, FS_INIT_FLAGS, &out), 0,
	    "INIT of version 7.31");
	session_works(b, "version 7.31");
	if (daemon_kind != DAEMON_OURS)
		return;
	for (minor = 0; minor <= 50; minor++) {
		bad += fs_init_as(&b->fs, 7, minor, FS_INIT_FLAGS, &out) !=
		    (minor < 27 ? -EPROTO : (int)sizeof(out));
	}
	tap_is(bad, 0, "INIT of 7.0 to 7.50: refused below 7.27");
	session_works(b, "version 7.50");
	session_sizes(b, 40, 256);
	session_sizes(b, 41, 1024);
}

/* A kernel of the next major version asks, and asks again with ours. */
static void
session_newer(struct box *b)
{
	struct fuse_init_out	 out;
	int			 rc;

	tap_rc(fs_init_as(&b->fs, 8, 0, FS_INIT_FLAGS, &out), 0,
	    "INIT of version 8");
	tap_is(out.major, FUSE_KERNEL_VERSION,
	    "it is told our major to try again");
	rc = fs_getattr(&b->fs, FUSE_ROOT_ID, NULL);
	tap_ok(rc < 0 && rc > -4096, "there is no session yet (%s)",
	    tap_rcname(rc));
}

/* A guest that boots again starts with INIT and knows nothing. */
static void
session_again(struct box *b)
{
	struct fuse_entry_out	 e;
	struct fuse_attr_out	 a;
	struct fs_file		 f;
	char			 buf[8];

	fs_init(&b->fs, NULL);
	fs_create(&b->fs, FUSE_ROOT_ID, "old", 0644, O_RDWR, &f);
	tap_rc(fs_init(&b->fs, NULL), 0, "INIT again");
	tap_rc(fs_read(&b->fs, &f, 0, buf, 8), -EBADF,
	    "INIT again: the old handle is gone");
	tap_rc(fs_getattr(&b->fs, f.node, &a), -EBADF,
	    "INIT again: the old node is gone");
	tap_rc(fs_lookup(&b->fs, FUSE_ROOT_ID, "old", &e), 0,
	    "INIT again: the file is not");
	fs_create(&b->fs, FUSE_ROOT_ID, "old", 0644, O_RDWR, &f);
	fs_destroy(&b->fs);
	tap_ok(fs_read(&b->fs, &f, 0, buf, 8) < 0,
	    "DESTROY: no handle is left");
	tap_ok(fs_getattr(&b->fs, FUSE_ROOT_ID, &a) < 0,
	    "DESTROY: not even the root");
	tap_rc(fs_init(&b->fs, NULL), 0, "INIT after DESTROY");
	tap_rc(fs_getattr(&b->fs, f.node, &a), -EBADF,
	    "INIT after DESTROY: the old node is gone");
	session_works(b, "INIT after DESTROY");
}

static void
session_unknown(struct box *b)
{
	static const uint32_t	 op[] = { FUSE_GETLK, FUSE_SETLK,
	    FUSE_SETLKW, FUSE_SETXATTR, FUSE_GETXATTR, FUSE_LISTXATTR,
	    FUSE_REMOVEXATTR, FUSE_BMAP, FUSE_POLL, FUSE_NOTIFY_REPLY,
	    FUSE_SETUPMAPPING, FUSE_REMOVEMAPPING, 54, 99, 4095, CUSE_INIT,
	    65536, UINT32_MAX };
	uint8_t			 zero[128];
	struct fs_args		 a = { .node = FUSE_ROOT_ID, .arg = zero,
	    .arg_len = sizeof(zero), .out_len = 256 };
	unsigned		 i;

	memset(zero, 0, sizeof(zero));
	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++) {
		a.opcode = op[i];
		tap_rc(fs_call(&b->fs, &a), -ENOSYS, "opcode %u", op[i]);
	}
	session_works(b, "after unknown opcodes");
}

void
session_init(void)
{
	const struct box_opts	 before = { .event_idx = true,
	    .no_init = true };
	struct fuse_attr_out	 a;
	struct fuse_entry_out	 e;
	struct box		 b;

	if (!box_start(&b, &before))
		goto out;
	tap_ok(fs_getattr(&b.fs, FUSE_ROOT_ID, &a) < 0 &&
	    fs_lookup(&b.fs, FUSE_ROOT_ID, "x", &e) < 0 &&
	    fs_mkdir(&b.fs, FUSE_ROOT_ID, "x", 0755, &e) < 0,
	    "nothing is served before INIT");
	tap_ok(fs_forget(&b.fs, FUSE_ROOT_ID, 1) == 0,
	    "FORGET before INIT does no harm");
	session_newer(&b);
	tap_rc(fs_init(&b.fs, &b.init), 0, "INIT");
	session_numbers(&b);
	session_subset(&b);
	session_versions(&b);
	session_again(&b);
	session_unknown(&b);
	tap_is(box_hangup(&b), 0, "exit code at the end");
out:
	box_close(&b);
}
