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
 * Knows: what --xattrmap does to names, and that capabilities of programs
 * are dropped under every map.
 * Never: the language of the maps (tests/unit/test_xattrmap.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_CAPS	"security.capability"

/* struct vfs_cap_data, revision 2, cap_net_raw+ep */
#define MORE_CAPS_LEN	20
static const uint8_t	 more_caps[MORE_CAPS_LEN] = { 1, 0, 0, 2, 0, 32 };

/* What becomes of one name under one map; NULL: it does not get there. */
struct more_map_row {
	const char	*map;
	const char	*guest, *host;
	int		 set, get;	/* results; get 0: the value */
	bool		 listed;
};

#define MAP_ALL		":map::user.virtiofs.:"
#define MAP_TRUSTED	":map:trusted.:user.virtiofs.:"
#define MAP_OVERLAY	":prefix:all:trusted.:user.virtiofs.:" \
			":bad:all:trusted.:trusted.::ok:all:::"
#define MAP_MANUAL	"/prefix/all/trusted./user.virtiofs./ " \
			"/bad/server//trusted./ " \
			"/bad/client/user.virtiofs.// /ok/all///"
#define MAP_HIDE	":unsupported:all:security.:security.::ok:all:::"
#define MAP_BAD		":bad:all:security.:security.::ok:all:::"

static const struct more_map_row	 more_maps[] = {
	{ MAP_ALL, "user.a", "user.virtiofs.user.a", 0, 0, true },
	{ MAP_ALL, "trusted.a", "user.virtiofs.trusted.a", 0, 0, true },
	{ MAP_ALL, "security.a", "user.virtiofs.security.a", 0, 0, true },
	{ MAP_TRUSTED, "trusted.overlay.opaque",
	    "user.virtiofs.trusted.overlay.opaque", 0, 0, true },
	{ MAP_TRUSTED, "user.a", "user.a", 0, 0, true },
	{ MAP_TRUSTED, "user.virtiofs.x", NULL, -EPERM, -ENODATA, false },
	{ MAP_OVERLAY, "trusted.a", "user.virtiofs.trusted.a", 0, 0, true },
	{ MAP_OVERLAY, "user.a", "user.a", 0, 0, true },
	{ MAP_MANUAL, "trusted.a", "user.virtiofs.trusted.a", 0, 0, true },
	{ MAP_MANUAL, "user.virtiofs.x", NULL, -EPERM, -ENODATA, false },
	{ MAP_HIDE, "security.a", NULL, -EOPNOTSUPP, -EOPNOTSUPP, false },
	{ MAP_HIDE, "user.a", "user.a", 0, 0, true },
	{ MAP_BAD, "security.a", NULL, -EPERM, -ENODATA, false },
};

static bool
more_map_lists(struct box *b, uint64_t node, const char *name)
{
	char	 list[1024];
	int	 rc, at;

	rc = fs_listxattr(&b->fs, node, list, sizeof(list));
	for (at = 0; at < rc; at += (int)strlen(list + at) + 1) {
		if (strcmp(list + at, name) == 0)
			return true;
	}
	return false;
}

static void
more_map_row(struct box *b, const struct more_map_row *row)
{
	uint64_t	 n = more_file(b, "file", 0, 0644);
	struct fs	*fs = &b->fs;
	char		 buf[16];
	int		 rc;

	tap_rc(fs_setxattr(fs, n, row->guest, "val", 3, 0), row->set,
	    "%s: set %s", row->map, row->guest);
	if (row->host != NULL)
		tap_ok(more_has(b, "file", row->host, "val"),
		    "the host has %s", row->host);
	rc = fs_getxattr(fs, n, row->guest, buf, sizeof(buf));
	if (row->get == 0)
		tap_ok(rc == 3 && memcmp(buf, "val", 3) == 0, "get it");
	else
		tap_rc(rc, row->get, "get it");
	tap_is(more_map_lists(b, n, row->guest), row->listed, "list it");
	tap_ok(row->host == NULL || strcmp(row->host, row->guest) == 0 ||
	    !more_map_lists(b, n, row->host), "nobody sees the host's name");
	if (row->host == NULL)
		return;
	tap_rc(fs_removexattr(fs, n, row->guest), 0, "remove it");
	tap_ok(more_has(b, "file", row->host, NULL), "the host lost it");
}

/* Names that the host's own programs gave. */
static void
more_map_foreign(struct box *b, const struct more_map_row *row)
{
	uint64_t	 n = more_file(b, "foreign", 0, 0644);

	more_give(b, "foreign", "trusted.own", "x");
	more_give(b, "foreign", "user.own", "x");
	if (strcmp(row->map, MAP_HIDE) != 0 && strcmp(row->map, MAP_BAD) != 0)
		tap_ok(!more_map_lists(b, n, "trusted.own"),
		    "%s: the host's trusted.* is hidden", row->map);
	tap_is(more_map_lists(b, n, "user.own"),
	    strcmp(row->map, MAP_ALL) != 0, "the host's user.*");
	more_give(b, "foreign", "user.virtiofs.", "x");
	tap_ok(!more_map_lists(b, n, ""), "a prefix alone is no name");
}

static void
more_map_rows(void)
{
	const char	*options[] = { "--xattrmap", NULL, NULL };
	const char	*last = "";
	struct box	 b;
	unsigned	 i;
	bool		 on = false;

	for (i = 0; i < sizeof(more_maps) / sizeof(more_maps[0]); i++) {
		if (strcmp(more_maps[i].map, last) != 0) {
			if (i > 0)
				box_close(&b);
			last = options[1] = more_maps[i].map;
			on = more_start(&b, options);
			if (on)
				more_map_foreign(&b, &more_maps[i]);
		}
		if (on)
			more_map_row(&b, &more_maps[i]);
	}
	box_close(&b);
}

/* Give a file capabilities on the host, under the name of the map. */
static uint64_t
more_caps_file(struct box *b, const char *host, uint32_t mode)
{
	uint64_t	 n = more_file(b, "caps", 1000, mode);

	if (lsetxattr(box_host(b, "caps"), host, more_caps, MORE_CAPS_LEN,
	    0) == -1)
		tap_bail("%s: %s", host, strerror(errno));
	return n;
}

/* The guest's root does it once more. */
static void
more_caps_again(struct box *b, uint64_t node)
{
	const uint32_t	 uid = b->fs.uid;

	b->fs.uid = 0;
	tap_rc(fs_setxattr(&b->fs, node, MORE_CAPS, more_caps, MORE_CAPS_LEN,
	    0), 0, "set capabilities again");
	b->fs.uid = uid;
}

static bool
more_caps_gone(struct box *b, const char *host)
{
	return lgetxattr(box_host(b, "caps"), host, NULL, 0) == -1 &&
	    errno == ENODATA;
}

static void
more_caps_write(struct box *b, const char *host, uint32_t uid)
{
	struct fs	*fs = &b->fs;
	struct fs_file	 f;
	uint64_t	 n;

	unlink(box_host(b, "caps"));
	n = more_caps_file(b, host, 0666);
	fs_cred(fs, uid, uid);
	tap_rc(fs_fopen(fs, n, O_RDWR, &f), 0, "%s: open by %u", host, uid);
	tap_ok(!more_caps_gone(b, host), "opening does not drop it");
	tap_rc(fs_write(fs, &f, 0, "x", 1), 1, "write by %u", uid);
	tap_ok(more_caps_gone(b, host), "%s is dropped by a write by %u",
	    host, uid);
	more_caps_again(b, n);
	tap_rc(fs_fallocate(fs, &f, 0, 0, 100), 0, "fallocate");
	tap_ok(more_caps_gone(b, host), "%s is dropped by fallocate", host);
	fs_release(fs, &f);
	fs_cred(fs, 0, 0);
}

static void
more_caps_cut(struct box *b, const char *host, uint32_t uid)
{
	uint64_t	 n = more_caps_file(b, host, 0666);
	struct fs	*fs = &b->fs;
	struct fs_file	 f;

	fs_cred(fs, uid, uid);
	tap_rc(fs_truncate(fs, n, 3), 0, "%s: truncate by %u", host, uid);
	tap_ok(more_caps_gone(b, host), "%s is dropped by truncate", host);
	more_caps_file(b, host, 0666);
	tap_rc(fs_fopen(fs, n, O_WRONLY | O_TRUNC, &f), 0, "open O_TRUNC");
	tap_ok(more_caps_gone(b, host), "%s is dropped by O_TRUNC", host);
	fs_release(fs, &f);
	more_caps_file(b, host, 0666);
	tap_rc(fs_create(fs, FUSE_ROOT_ID, "caps", 0644, O_RDWR | O_TRUNC,
	    &f), 0, "create O_TRUNC");
	tap_ok(more_caps_gone(b, host), "%s is dropped by CREATE O_TRUNC",
	    host);
	fs_release(fs, &f);
	fs_cred(fs, 0, 0);
	more_caps_file(b, host, 0755);
	tap_rc(fs_chown(fs, n, 2000, 2000), 0, "chown");
	tap_ok(more_caps_gone(b, host), "%s is dropped by chown", host);
	more_caps_file(b, host, 0755);
	tap_rc(fs_chmod(fs, n, 0700), 0, "chmod");
	tap_ok(!more_caps_gone(b, host), "%s is not dropped by chmod", host);
}

static void
more_caps_map(const char *map, const char *host)
{
	const char	*options[] = { "--xattrmap", map, NULL };
	struct box	 b;
	uint64_t	 n;

	if (more_start(&b, options)) {
		n = more_file(&b, "set", 0, 0644);
		tap_rc(fs_setxattr(&b.fs, n, MORE_CAPS, more_caps,
		    MORE_CAPS_LEN, 0), 0, "%s: set capabilities", map);
		tap_is(lgetxattr(box_host(&b, "set"), host, NULL, 0),
		    MORE_CAPS_LEN, "the host has %s", host);
		chmod(b.d.share, 0777);
		more_caps_write(&b, host, 0);
		more_caps_write(&b, host, 1000);
		more_caps_cut(&b, host, 0);
		more_caps_cut(&b, host, 1000);
	}
	box_close(&b);
}

void
more_map(void)
{
	more_map_rows();
	more_caps_map(":ok:all:::", MORE_CAPS);
	more_caps_map(MAP_ALL, "user.virtiofs." MORE_CAPS);
	more_caps_map(MAP_TRUSTED, MORE_CAPS);
	more_caps_map(MAP_OVERLAY, MORE_CAPS);
	more_caps_map(":map:security.:user.virtiofs.:",
	    "user.virtiofs." MORE_CAPS);
}
