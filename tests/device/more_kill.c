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
 * Knows: what becomes of set-id bits with --killpriv-v2 and without.
 * Never: other bits, other options (ids_setid.c has the plain share).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

static const char *const	 more_kill_on[] = { "--killpriv-v2", NULL };

enum more_kill_op {
	MORE_KILL_WRITE, MORE_KILL_OPEN, MORE_KILL_SIZE, MORE_KILL_CREATE,
	MORE_KILL_CHOWN
};

static const char *const	 more_kill_names[] = {
	"write", "open O_TRUNC", "truncate", "create O_TRUNC", "chown"
};

struct more_kill_row {
	enum more_kill_op	 op;
	uint32_t		 uid;
	bool			 kill;
	uint32_t		 before, after;
};

static const struct more_kill_row	 more_kills[] = {
	/* What has all rights keeps the bits, unless it says not to. */
	{ MORE_KILL_WRITE, 0, false, 06755, 06755 },
	{ MORE_KILL_WRITE, 0, true, 06755, 0755 },
	{ MORE_KILL_OPEN, 0, false, 06755, 06755 },
	{ MORE_KILL_OPEN, 0, true, 06755, 0755 },
	{ MORE_KILL_SIZE, 0, false, 06755, 06755 },
	{ MORE_KILL_SIZE, 0, true, 06755, 0755 },
	{ MORE_KILL_CREATE, 0, false, 06755, 06755 },
	{ MORE_KILL_CREATE, 0, true, 06755, 0755 },
	/* The owner loses them; the host's kernel does it in any case. */
	{ MORE_KILL_WRITE, 1000, true, 06755, 0755 },
	{ MORE_KILL_OPEN, 1000, true, 06755, 0755 },
	{ MORE_KILL_SIZE, 1000, true, 06755, 0755 },
	{ MORE_KILL_CREATE, 1000, true, 06755, 0755 },
	{ MORE_KILL_WRITE, 1000, false, 06755, 0755 },
	{ MORE_KILL_OPEN, 1000, false, 06755, 0755 },
	/* Set-gid without group-execute is for whoever is in the group. */
	{ MORE_KILL_WRITE, 0, true, 06745, 0745 },
	{ MORE_KILL_WRITE, 0, false, 02745, 02745 },
	{ MORE_KILL_WRITE, 1000, false, 02745, 02745 },
	{ MORE_KILL_WRITE, 1000, false, 06745, 02745 },
	{ MORE_KILL_OPEN, 0, true, 06745, 02745 },
	{ MORE_KILL_SIZE, 0, true, 06745, 02745 },
	{ MORE_KILL_CREATE, 0, true, 06745, 02745 },
	{ MORE_KILL_WRITE, 1000, true, 06745, 02745 },
	{ MORE_KILL_SIZE, 1000, true, 06745, 02745 },
	{ MORE_KILL_SIZE, 0, true, 02755, 0755 },
	{ MORE_KILL_WRITE, 0, true, 0644, 0644 },
	/* A new owner: always. */
	{ MORE_KILL_CHOWN, 0, false, 06755, 0755 },
	{ MORE_KILL_CHOWN, 0, true, 06755, 0755 },
};

static int
more_kill_write(struct fs *fs, uint64_t node, bool kill)
{
	struct fuse_write_in	 in = { .size = 1,
	    .write_flags = kill ? FUSE_WRITE_KILL_SUIDGID : 0 };
	struct fs_file		 f;
	int			 rc;

	rc = fs_fopen(fs, node, O_RDWR, &f);
	if (rc != 0)
		return rc;
	in.fh = f.fh;
	rc = fs_write_as(fs, &f, &in, "x", 1);
	fs_release(fs, &f);
	return rc == 1 ? 0 : rc;
}

static int
more_kill_trunc(struct fs *fs, uint64_t node, bool kill, bool create)
{
	const uint32_t		 flag = kill ? FUSE_OPEN_KILL_SUIDGID : 0;
	struct fuse_open_in	 in = { O_RDWR | O_TRUNC, flag };
	struct fs_make		 m = { .opcode = FUSE_CREATE,
	    .dir = FUSE_ROOT_ID, .name = "file", .mode = S_IFREG | 0644,
	    .flags = O_RDWR | O_TRUNC, .open_flags = flag };
	struct fs_file		 f;
	int			 rc;

	rc = create ? fs_make(fs, &m, &f) : fs_fopen_as(fs, node, &in, &f);
	if (rc == 0)
		fs_release(fs, &f);
	return rc;
}

static int
more_kill_setattr(struct fs *fs, uint64_t node, bool kill, bool own)
{
	struct fuse_setattr_in	 in = { .size = 3, .uid = 2000, .gid = 2000 };

	in.valid = own ? FATTR_UID | FATTR_GID : FATTR_SIZE;
	if (kill)
		in.valid |= FATTR_KILL_SUIDGID;
	return fs_setattr(fs, node, &in, NULL);
}

static int
more_kill_do(struct fs *fs, uint64_t node, const struct more_kill_row *row)
{
	switch (row->op) {
	case MORE_KILL_WRITE:
		return more_kill_write(fs, node, row->kill);
	case MORE_KILL_OPEN:
		return more_kill_trunc(fs, node, row->kill, false);
	case MORE_KILL_CREATE:
		return more_kill_trunc(fs, node, row->kill, true);
	case MORE_KILL_SIZE:
		return more_kill_setattr(fs, node, row->kill, false);
	default:
		return more_kill_setattr(fs, node, row->kill, true);
	}
}

static void
more_kill_row(struct box *b, const struct more_kill_row *row)
{
	uint64_t	 n = more_file(b, "file", 1000, row->before);
	int		 rc;

	fs_cred(&b->fs, row->uid, row->uid);
	rc = more_kill_do(&b->fs, n, row);
	fs_cred(&b->fs, 0, 0);
	tap_rc(rc, 0, "%s by %u with%s kill", more_kill_names[row->op],
	    row->uid, row->kill ? "" : "out");
	tap_is(more_mode(b, "file"), row->after, "0%o becomes 0%o",
	    row->before, row->after);
	unlink(box_host(b, "file"));
}

void
more_kill(void)
{
	struct box	 b;
	unsigned	 i;

	if (more_start(&b, NULL))
		tap_is(b.init.flags & FUSE_HANDLE_KILLPRIV_V2, 0,
		    "without --killpriv-v2 it is not offered");
	box_close(&b);
	if (more_start(&b, more_kill_on)) {
		tap_ok((b.init.flags & FUSE_HANDLE_KILLPRIV_V2) != 0,
		    "with --killpriv-v2 it is");
		chmod(b.d.share, 0777);
		for (i = 0; i < sizeof(more_kills) / sizeof(more_kills[0]);
		    i++)
			more_kill_row(&b, &more_kills[i]);
	}
	box_close(&b);
	if (more_start_bare(&b, more_kill_on)) {
		tap_rc(fs_init_as(&b.fs, 7, 38,
		    FS_INIT_FLAGS & ~(uint64_t)FUSE_HANDLE_KILLPRIV_V2,
		    NULL), 0, "a guest that cannot do it is served");
		tap_ok(daemon_logged(&b.d, 0, "--killpriv-v2"),
		    "the log says so");
	}
	box_close(&b);
}
