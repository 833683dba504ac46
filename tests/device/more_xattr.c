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
 * Knows: extended attributes without a map.
 * Never: maps (more_map.c), access control lists (more_acl.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/xattr.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_VALUE_MAX	65536

static const char *const	 more_xattr_on[] = { "--xattr", NULL };

static void
more_xattr_off(void)
{
	char		 buf[64];
	struct box	 b;
	uint64_t	 f;

	if (more_start(&b, NULL)) {
		f = more_file(&b, "file", 0, 0644);
		tap_rc(fs_setxattr(&b.fs, f, "user.a", "1", 1, 0), -ENOSYS,
		    "without --xattr: set");
		tap_rc(fs_getxattr(&b.fs, f, "user.a", buf, 64), -ENOSYS,
		    "without --xattr: get");
		tap_rc(fs_listxattr(&b.fs, f, buf, 64), -ENOSYS,
		    "without --xattr: list");
		tap_rc(fs_removexattr(&b.fs, f, "user.a"), -ENOSYS,
		    "without --xattr: remove");
	}
	box_close(&b);
}

/* Set, get, list, remove of one attribute of one file. */
static void
more_xattr_basic(struct box *b, const char *name, const char *attr)
{
	uint64_t	 n = more_node_of(b, name);
	struct fs	*fs = &b->fs;
	char		 buf[256];
	int		 rc;

	tap_rc(fs_setxattr(fs, n, attr, "value", 5, 0), 0, "%s: set %s",
	    name, attr);
	tap_ok(more_has(b, name, attr, "value"), "%s: the host has it", name);
	tap_rc(fs_getxattr(fs, n, attr, NULL, 0), 5, "%s: its size", name);
	rc = fs_getxattr(fs, n, attr, buf, sizeof(buf));
	tap_ok(rc == 5 && memcmp(buf, "value", 5) == 0, "%s: get", name);
	tap_rc(fs_getxattr(fs, n, attr, buf, 5), 5, "%s: get, exact", name);
	tap_rc(fs_getxattr(fs, n, attr, buf, 4), -ERANGE,
	    "%s: get, too small", name);
	rc = fs_listxattr(fs, n, buf, sizeof(buf));
	tap_ok(rc == (int)strlen(attr) + 1 && strcmp(buf, attr) == 0,
	    "%s: list", name);
	tap_rc(fs_listxattr(fs, n, NULL, 0), (int)strlen(attr) + 1,
	    "%s: size of the list", name);
	tap_rc(fs_listxattr(fs, n, buf, 3), -ERANGE,
	    "%s: list, too small", name);
	tap_rc(fs_removexattr(fs, n, attr), 0, "%s: remove", name);
	tap_ok(more_has(b, name, attr, NULL), "%s: the host lost it", name);
	tap_rc(fs_removexattr(fs, n, attr), -ENODATA, "%s: remove again",
	    name);
	tap_rc(fs_getxattr(fs, n, attr, buf, sizeof(buf)), -ENODATA,
	    "%s: get of none", name);
	tap_rc(fs_listxattr(fs, n, buf, sizeof(buf)), 0, "%s: empty list",
	    name);
}

static void
more_xattr_types(struct box *b)
{
	uint64_t	 n;

	more_file(b, "file", 0, 0644);
	if (mkdir(box_host(b, "dir"), 0755) == -1 ||
	    mkfifo(box_host(b, "fifo"), 0644) == -1 ||
	    symlink("file", box_host(b, "sym")) == -1)
		tap_bail("cannot make files: %s", strerror(errno));
	more_xattr_basic(b, "file", "user.test");
	more_xattr_basic(b, "dir", "user.test");
	n = more_node_of(b, "sym");
	tap_rc(fs_setxattr(&b->fs, n, "user.test", "v", 1, 0), -EPERM,
	    "a symlink has no user attributes");
	tap_ok(more_has(b, "file", "user.test", NULL),
	    "and what it points to gets none");
	tap_rc(fs_getxattr(&b->fs, n, "user.test", NULL, 0), -ENODATA,
	    "get from a symlink");
	n = more_node_of(b, "fifo");
	tap_rc(fs_setxattr(&b->fs, n, "user.test", "v", 1, 0), -EPERM,
	    "a fifo has no user attributes");
	tap_rc(fs_listxattr(&b->fs, n, NULL, 0), 0, "list of a fifo");
}

static void
more_xattr_flags(struct box *b)
{
	uint64_t	 n = more_file(b, "flags", 0, 0644);
	struct fs	*fs = &b->fs;

	tap_rc(fs_setxattr(fs, n, "user.a", "1", 1, XATTR_REPLACE), -ENODATA,
	    "replace of none");
	tap_rc(fs_setxattr(fs, n, "user.a", "1", 1, XATTR_CREATE), 0,
	    "create");
	tap_rc(fs_setxattr(fs, n, "user.a", "2", 1, XATTR_CREATE), -EEXIST,
	    "create again");
	tap_ok(more_has(b, "flags", "user.a", "1"), "it stays");
	tap_rc(fs_setxattr(fs, n, "user.a", "2", 1, XATTR_REPLACE), 0,
	    "replace");
	tap_ok(more_has(b, "flags", "user.a", "2"), "it changed");
	tap_rc(fs_setxattr(fs, n, "user.a", "3", 1, 4), -EINVAL,
	    "an unknown flag");
	tap_rc(fs_setxattr(fs, n, "user.a", "", 0, 0), 0, "an empty value");
	tap_rc(fs_getxattr(fs, n, "user.a", NULL, 0), 0, "its size");
	tap_rc(fs_setxattr(fs, n, "nonsense", "1", 1, 0), -EOPNOTSUPP,
	    "a name without a prefix");
	tap_rc(fs_setxattr(fs, n, "user.", "1", 1, 0), -EINVAL,
	    "a prefix alone");
	tap_rc(fs_setxattr(fs, n, "", "1", 1, 0), -EINVAL, "no name");
}

static void
more_xattr_names(struct box *b)
{
	uint64_t	 n = more_file(b, "names", 0, 0644);
	struct fs	*fs = &b->fs;
	char		 name[300];

	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[255] = '\0';
	tap_rc(fs_setxattr(fs, n, name, "v", 1, 0), 0,
	    "a name of 255 bytes");
	tap_ok(more_has(b, "names", name, "v"), "the host has it");
	tap_rc(fs_removexattr(fs, n, name), 0, "remove it");
	name[255] = 'n';
	name[256] = '\0';
	tap_rc(fs_setxattr(fs, n, name, "v", 1, 0), -ERANGE,
	    "a name of 256 bytes: set");
	tap_rc(fs_getxattr(fs, n, name, NULL, 0), -ERANGE, "get");
	tap_rc(fs_removexattr(fs, n, name), -ERANGE, "remove");
	tap_rc(fs_setxattr(fs, n, "user.a/b\n", "v", 1, 0), 0,
	    "a name with a slash and a newline");
	tap_ok(more_has(b, "names", "user.a/b\n", "v"), "the host has it");
}

/* As large as the host's filesystem takes them. */
static void
more_xattr_large(struct box *b)
{
	static char	 value[MORE_VALUE_MAX + 1], back[MORE_VALUE_MAX];
	uint64_t	 n = more_file(b, "large", 0, 0644);
	struct fs	*fs = &b->fs;
	int		 want, rc;

	memset(value, 'x', sizeof(value));
	value[MORE_VALUE_MAX - 1] = 'y';
	want = setxattr(box_host(b, "large"), "user.big", value,
	    MORE_VALUE_MAX, 0) == -1 ? -errno : 0;
	removexattr(box_host(b, "large"), "user.big");
	tap_rc(fs_setxattr(fs, n, "user.big", value, MORE_VALUE_MAX, 0),
	    want, "a value of 64 KiB, as on the host");
	rc = fs_setxattr(fs, n, "user.big", value, 3000, 0);
	tap_rc(rc, 0, "a value of 3000 bytes");
	if (want == 0)
		fs_setxattr(fs, n, "user.big", value, MORE_VALUE_MAX, 0);
	rc = fs_getxattr(fs, n, "user.big", back, sizeof(back));
	tap_is(rc, want == 0 ? MORE_VALUE_MAX : 3000, "get it");
	tap_ok(rc > 0 && memcmp(back, value, (size_t)rc) == 0, "the bytes");
	tap_rc(fs_setxattr(fs, n, "user.big", value, MORE_VALUE_MAX + 1, 0),
	    -E2BIG, "a byte more than 64 KiB");
}

/* A list of many names, each once. */
static void
more_xattr_many(struct box *b)
{
	static char	 list[16384];
	uint64_t	 n = more_file(b, "many", 0, 0644);
	char		 name[32];
	unsigned	 i, cnt = 0;
	int		 rc, at;

	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "user.name%u", i);
		more_give(b, "many", name, "v");
	}
	rc = fs_listxattr(&b->fs, n, list, sizeof(list));
	for (at = 0; at < rc; at += (int)strlen(list + at) + 1)
		cnt++;
	tap_is(cnt, 60, "a list of 60 names");
	tap_rc(fs_listxattr(&b->fs, n, NULL, 0), rc, "its size");
}

/* Who may: the owner, the group by the mode, root everything. */
static void
more_xattr_rights(struct box *b)
{
	uint64_t	 n = more_file(b, "mine", 1000, 0600);
	struct fs	*fs = &b->fs;

	fs_cred(fs, 1000, 1000);
	tap_rc(fs_setxattr(fs, n, "user.a", "1", 1, 0), 0, "the owner sets");
	tap_rc(fs_setxattr(fs, n, "trusted.a", "1", 1, 0), -EPERM,
	    "a user sets no trusted attribute");
	fs_cred(fs, 0, 0);
	tap_rc(fs_setxattr(fs, n, "user.b", "1", 1, 0), 0, "root sets");
	tap_ok(more_has(b, "mine", "trusted.a", NULL), "the host has none");
}

/* ACLs are not there without --posix-acl, whatever the host has. */
static void
more_xattr_acl_hidden(struct box *b)
{
	static const char	 acl[] = "\2\0\0\0" "\1\0\6\0\377\377\377\377"
	    "\2\0\4\0\350\3\0\0" "\4\0\4\0\377\377\377\377"
	    "\20\0\4\0\377\377\377\377" "\40\0\4\0\377\377\377\377";
	uint64_t		 n = more_file(b, "acl", 0, 0644);
	struct fs		*fs = &b->fs;
	char			 buf[256];

	if (lsetxattr(box_host(b, "acl"), "system.posix_acl_access", acl,
	    sizeof(acl) - 1, 0) == -1)
		tap_bail("an ACL on the host: %s", strerror(errno));
	tap_rc(fs_getxattr(fs, n, "system.posix_acl_access", buf, 256),
	    -EOPNOTSUPP, "without --posix-acl: get");
	tap_rc(fs_setxattr(fs, n, "system.posix_acl_access", acl,
	    sizeof(acl) - 1, 0), -EOPNOTSUPP, "without --posix-acl: set");
	tap_rc(fs_removexattr(fs, n, "system.posix_acl_default"),
	    -EOPNOTSUPP, "without --posix-acl: remove");
	tap_rc(fs_listxattr(fs, n, buf, sizeof(buf)), 0,
	    "without --posix-acl: list");
	tap_rc(fs_getxattr(fs, n, "system.posix_acl", buf, 256), -EOPNOTSUPP,
	    "the start of the name is another name");
}

void
more_xattr(void)
{
	struct box	 b;

	more_xattr_off();
	if (more_start(&b, more_xattr_on)) {
		more_xattr_types(&b);
		more_xattr_flags(&b);
		more_xattr_names(&b);
		more_xattr_large(&b);
		more_xattr_many(&b);
		more_xattr_rights(&b);
		more_xattr_acl_hidden(&b);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
