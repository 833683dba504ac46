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
 * Knows: trusted attributes where root workers have CAP_SYS_ADMIN, under
 * their own names and under those of a map.
 * Never: other maps (more_map.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/xattr.h>

#include <errno.h>
#include <string.h>

#include "more.h"

/* One guest's name on every kind of file, and what the host calls it. */
struct more_trust_row {
	const char	*options[3];
	const char	*guest, *host;
	int		 set;		/* result */
	bool		 foreign;	/* the host's own ones are shown */
};

#define TRUST_MAP	"--xattrmap=:map::trusted.viofsd.:"

static const struct more_trust_row	 more_trust_rows[] = {
	{ { "--xattr", "--modcaps=+sys_admin" },
	    "trusted.a", "trusted.a", 0, true },
	{ { TRUST_MAP, "--modcaps=+sys_admin" },
	    "trusted.a", "trusted.viofsd.trusted.a", 0, false },
	{ { TRUST_MAP, "--modcaps=+sys_admin" },
	    "user.a", "trusted.viofsd.user.a", 0, false },
	{ { TRUST_MAP, "--modcaps=+sys_admin" },
	    "security.a", "trusted.viofsd.security.a", 0, false },
	{ { "--xattr" }, "trusted.a", "trusted.a", -EPERM, false },
	{ { TRUST_MAP }, "user.a", "trusted.viofsd.user.a", -EPERM, false },
};

/* Exactly these bytes are the list of the node's attributes. */
static bool
more_trust_lists(struct box *b, uint64_t node, const char *want, size_t len)
{
	char	 list[256];
	int	 rc;

	rc = fs_listxattr(&b->fs, node, list, sizeof(list));
	if (rc == (int)len && memcmp(list, want, len) == 0)
		return true;
	tap_diag("list: %s", rc > 0 ? list : tap_rcname(rc));
	return false;
}

static void
more_trust_node(struct box *b, const struct more_trust_row *row,
    const char *name)
{
	uint64_t	 n = more_node_of(b, name);
	struct fs	*fs = &b->fs;
	char		 buf[16];

	tap_rc(fs_setxattr(fs, n, row->guest, "val", 3, 0), row->set,
	    "%s %s: set %s of the %s", row->options[0],
	    row->options[1] != NULL ? row->options[1] : "", row->guest, name);
	tap_ok(more_has(b, name, row->host, row->set == 0 ? "val" : NULL),
	    "the host's %s", row->host);
	if (row->set != 0)
		return;
	tap_ok(fs_getxattr(fs, n, row->guest, buf, sizeof(buf)) == 3 &&
	    memcmp(buf, "val", 3) == 0, "get it");
	tap_ok(more_trust_lists(b, n, row->guest, strlen(row->guest) + 1),
	    "list it and no other");
	tap_rc(fs_setxattr(fs, n, row->guest, "x", 1, XATTR_CREATE), -EEXIST,
	    "it is there already");
	tap_rc(fs_removexattr(fs, n, row->guest), 0, "remove it");
	tap_ok(more_has(b, name, row->host, NULL), "the host lost it");
}

/* What the host gave and what it did not give through a map. */
static void
more_trust_foreign(struct box *b, const struct more_trust_row *row)
{
	uint64_t	 n = more_file(b, "foreign", 1000, 0644);
	char		 buf[16];
	int		 rc;

	more_give(b, "foreign", "trusted.own", "x");
	rc = fs_getxattr(&b->fs, n, "trusted.own", buf, sizeof(buf));
	tap_is(rc, row->foreign ? 1 : -ENODATA, "the host's own attribute");
	tap_ok(more_trust_lists(b, n, "trusted.own", row->foreign ? 12 : 0),
	    "and in the list");
}

void
more_trust(void)
{
	static const char *const names[] = { "file", "dir", "symlink",
	    "fifo" };
	const struct more_trust_row	*row;
	struct fuse_entry_out		 e;
	struct box			 b;
	unsigned			 i, k;

	for (i = 0; i < sizeof(more_trust_rows) / sizeof(*row); i++) {
		row = &more_trust_rows[i];
		if (more_start(&b, row->options)) {
			more_file(&b, "file", 1000, 0600);
			fs_mkdir(&b.fs, FUSE_ROOT_ID, "dir", 0700, &e);
			fs_symlink(&b.fs, FUSE_ROOT_ID, "symlink", "x", &e);
			fs_mknod(&b.fs, FUSE_ROOT_ID, "fifo", S_IFIFO | 0600,
			    0, &e);
			for (k = 0; k < 4; k++)
				more_trust_node(&b, row, names[k]);
			more_trust_foreign(&b, row);
		}
		box_close(&b);
	}
}
