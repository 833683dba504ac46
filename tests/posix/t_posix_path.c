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
 * Knows: every call that takes a path, and how looking up the path fails.
 * Never: what the calls do with a file that they have found.
 */

#include "posix.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LAST = 1,	/* a link as last component is not followed */
	MAKES = 2,	/* the last component need not be there */
	NEW = 4,	/* and must not */
	DIRS = 8,	/* is for directories alone */
	XATTR = 16,
	TMPFILE = 32
};

struct call {
	const char	*name;
	int		(*run)(const char *path);
	unsigned	 flags;
};

#define CALL(func, expr) \
static int \
func(const char *path) \
{ \
	return (int)(expr); \
}

static struct stat	 st;
static struct statx	 stx;
static struct statfs	 sfs;
static char		 buf[256];
static const struct timespec now[2] = {
	{ .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW }
};

static int
closed(int fd)
{
	return fd == -1 ? -1 : close(fd);
}

static int
call_bind(const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 s = socket(AF_UNIX, SOCK_STREAM, 0), rc, err;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	rc = bind(s, (struct sockaddr *)&sun, sizeof(sun));
	err = errno;
	close(s);
	errno = err;
	return rc;
}

CALL(call_stat, stat(path, &st))
CALL(call_lstat, lstat(path, &st))
CALL(call_statx, statx(AT_FDCWD, path, 0, STATX_ALL, &stx))
CALL(call_statfs, statfs(path, &sfs))
CALL(call_access, access(path, R_OK))
CALL(call_eaccess, faccessat(AT_FDCWD, path, F_OK, AT_EACCESS))
CALL(call_open_r, closed(open(path, O_RDONLY)))
CALL(call_open_w, closed(open(path, O_WRONLY)))
CALL(call_open_nofollow, closed(open(path, O_RDONLY | O_NOFOLLOW)))
CALL(call_open_path, closed(open(path, O_PATH)))
CALL(call_open_trunc, closed(open(path, O_WRONLY | O_TRUNC)))
CALL(call_creat, closed(creat(path, 0644)))
CALL(call_open_creat, closed(open(path, O_RDONLY | O_CREAT, 0644)))
CALL(call_open_excl, closed(open(path, O_RDWR | O_CREAT | O_EXCL, 0644)))
CALL(call_opendir, closed(open(path, O_RDONLY | O_DIRECTORY)))
CALL(call_tmpfile, closed(open(path, O_RDWR | O_TMPFILE, 0644)))
CALL(call_chdir, chdir(path))
CALL(call_mkdir, mkdir(path, 0755))
CALL(call_mkfifo, mkfifo(path, 0644))
CALL(call_mknod, mknod(path, S_IFREG | 0644, 0))
CALL(call_symlink, symlink("target", path))
CALL(call_link_to, link("file", path))
CALL(call_link_from, link(path, "other"))
CALL(call_link_follow, linkat(AT_FDCWD, path, AT_FDCWD, "other",
    AT_SYMLINK_FOLLOW))
CALL(call_unlink, unlink(path))
CALL(call_rmdir, rmdir(path))
CALL(call_rename_from, rename(path, "other"))
CALL(call_rename_to, rename("victim", path))
CALL(call_readlink, readlink(path, buf, sizeof(buf)))
CALL(call_chmod, chmod(path, 0644))
CALL(call_chown, chown(path, 0, 0))
CALL(call_lchown, lchown(path, 0, 0))
CALL(call_truncate, truncate(path, 1))
CALL(call_utimens, utimensat(AT_FDCWD, path, now, 0))
CALL(call_lutimens, utimensat(AT_FDCWD, path, now, AT_SYMLINK_NOFOLLOW))
CALL(call_setxattr, setxattr(path, "user.a", "b", 1, 0))
CALL(call_getxattr, getxattr(path, "user.a", buf, sizeof(buf)))
CALL(call_listxattr, listxattr(path, buf, sizeof(buf)))
CALL(call_removexattr, removexattr(path, "user.a"))
CALL(call_lgetxattr, lgetxattr(path, "trusted.a", buf, sizeof(buf)))
CALL(call_llistxattr, llistxattr(path, buf, sizeof(buf)))

static const struct call calls[] = {
	{ "stat", call_stat, 0 },
	{ "lstat", call_lstat, LAST },
	{ "statx", call_statx, 0 },
	{ "statfs", call_statfs, 0 },
	{ "access", call_access, 0 },
	{ "faccessat AT_EACCESS", call_eaccess, 0 },
	{ "open O_RDONLY", call_open_r, 0 },
	{ "open O_WRONLY", call_open_w, 0 },
	{ "open O_NOFOLLOW", call_open_nofollow, LAST },
	{ "open O_PATH", call_open_path, 0 },
	{ "open O_TRUNC", call_open_trunc, 0 },
	{ "creat", call_creat, MAKES },
	{ "open O_CREAT", call_open_creat, MAKES },
	{ "open O_EXCL", call_open_excl, LAST | MAKES | NEW },
	{ "open O_DIRECTORY", call_opendir, DIRS },
	{ "open O_TMPFILE", call_tmpfile, DIRS | TMPFILE },
	{ "chdir", call_chdir, DIRS },
	{ "mkdir", call_mkdir, LAST | MAKES | NEW },
	{ "mkfifo", call_mkfifo, LAST | MAKES | NEW },
	{ "mknod", call_mknod, LAST | MAKES | NEW },
	{ "symlink", call_symlink, LAST | MAKES | NEW },
	{ "link to", call_link_to, LAST | MAKES | NEW },
	{ "link from", call_link_from, LAST },
	{ "linkat AT_SYMLINK_FOLLOW", call_link_follow, 0 },
	{ "unlink", call_unlink, LAST },
	{ "rmdir", call_rmdir, LAST | DIRS },
	{ "rename from", call_rename_from, LAST },
	{ "rename to", call_rename_to, LAST | MAKES },
	{ "readlink", call_readlink, LAST },
	{ "chmod", call_chmod, 0 },
	{ "chown", call_chown, 0 },
	{ "lchown", call_lchown, LAST },
	{ "truncate", call_truncate, 0 },
	{ "utimensat", call_utimens, 0 },
	{ "utimensat nofollow", call_lutimens, LAST },
	{ "setxattr", call_setxattr, XATTR },
	{ "getxattr", call_getxattr, XATTR },
	{ "listxattr", call_listxattr, XATTR },
	{ "removexattr", call_removexattr, XATTR },
	{ "lgetxattr", call_lgetxattr, LAST | XATTR },
	{ "llistxattr", call_llistxattr, LAST | XATTR },
	{ "bind", call_bind, LAST | MAKES | NEW },
	{ NULL, NULL, 0 }
};

/* Whether this call is to be tried at all. */
static bool
offered(const struct call *c)
{
	if (c->flags & TMPFILE)
		return px_can("tmpfile");
	if (c->flags & XATTR)
		return px_can("xattr");
	return true;
}

/* Each call of which flags are any, with the path, fails with err. */
static void
each(const char *path, int err, unsigned none)
{
	const struct call	*c;
	char			 name[128];

	for (c = calls; c->name != NULL; c++) {
		if (c->flags & none || !offered(c))
			continue;
		/* A socket's name has some bytes, but less than 108. */
		if (c->run == call_bind && (*path == '\0' ||
		    strlen(path) > 100))
			continue;
		snprintf(name, sizeof(name), "%s(%.40s%s)", c->name, path,
		    strlen(path) > 40 ? "..." : "");
		errno = 0;
		px_rc(c->run(path), err, name);
	}
}

static void
set_up(void)
{
	px_file("file", "text", 0666);
	px_file("victim", "text", 0666);
	px_dir("dir", 0755);
	px_link("dangling", "missing");
	px_link("loop", "pool");
	px_link("pool", "loop");
	px_link("self", "self");
	px_link("tofile", "file");
	px_dir("closed", 0666);
	px_file("closed/file", "text", 0666);
	px_dir("closed/dir", 0777);
	px_link("way", "closed/dir");
}

static void
group_parent(void)
{
	set_up();
	px_at("parent missing");
	each("missing/x", ENOENT, 0);
	px_at("parent a dangling link");
	each("dangling/x", ENOENT, 0);
	px_at("parent a file");
	each("file/x", ENOTDIR, 0);
	px_at("parent a link to a file");
	each("tofile/x", ENOTDIR, 0);
	px_at("parent two links in a circle");
	each("loop/x", ELOOP, 0);
	px_at("parent a link to itself");
	each("self/x", ELOOP, 0);
}

static void
group_last(void)
{
	set_up();
	px_at("nothing there");
	each("missing", ENOENT, MAKES);
	each("dir/missing", ENOENT, MAKES);
	px_at("a dangling link");
	each("dangling", ENOENT, LAST | MAKES);
	px_at("links in a circle");
	each("loop", ELOOP, LAST | NEW);
	px_at("no name");
	each("", ENOENT, 0);
}

static void
group_slash(void)
{
	const struct call	*c;
	char			 name[128];
	int			 err;

	set_up();
	px_at("a file as directory");
	each("file/", ENOTDIR, MAKES | NEW);
	each("file/.", ENOTDIR, MAKES | NEW);
	each("tofile/", ENOTDIR, MAKES | NEW);
	px_at("a file where a directory must be");
	for (c = calls; c->name != NULL; c++)
		if (c->flags & DIRS && offered(c)) {
			snprintf(name, sizeof(name), "%s(file)", c->name);
			errno = 0;
			px_rc(c->run("file"), ENOTDIR, name);
		}
	px_at("something is there");
	for (c = calls; c->name != NULL; c++)
		if (c->flags & NEW) {
			err = c->run == call_bind ? EADDRINUSE : EEXIST;
			snprintf(name, sizeof(name), "%s", c->name);
			px_rc(c->run("file"), err, name);
			px_rc(c->run("dir"), err, name);
			px_rc(c->run("dangling"), err, name);
			px_rc(c->run("tofile"), err, name);
			px_rc(c->run("."), err, name);
			px_rc(c->run(".."), err, name);
		}
	GIVES(-1, px_mode("missing"));
}

static void
group_long(void)
{
	char		 path[PATH_MAX + 16];
	const char	*name;
	size_t		 i;

	set_up();
	px_at("a name of 256 bytes");
	each(px_long(NAME_MAX + 1, 'n'), ENAMETOOLONG, 0);
	px_at("a parent of 256 bytes");
	snprintf(path, sizeof(path), "%s/x", px_long(NAME_MAX + 1, 'n'));
	each(path, ENAMETOOLONG, 0);
	px_at("a path of 4096 bytes");
	for (i = 0; i < PATH_MAX - 4; i += 2)
		memcpy(path + i, "./", 2);
	memcpy(path + i, "file", 5);
	each(path, ENAMETOOLONG, 0);
	px_at("a path of 4095 bytes");
	memcpy(path + i - 1, "file", 5);
	path[i - 2] = '/';
	path[i - 3] = '/';
	path[i - 4] = '.';
	OK(stat(path, &st));
	px_at("a name of 255 bytes");
	name = px_long(NAME_MAX, 'n');
	OK(mkdir(name, 0755));
	OK(rename(name, px_long(NAME_MAX, 'm')));
	OK(rmdir(px_long(NAME_MAX, 'm')));
	OK(symlink(name, "longlink"));
	GIVES(NAME_MAX, px_size("longlink"));
	OK(link("file", name));
	OK(unlink(name));
	px_at("the target of a link");
	OK(symlink(px_long(PATH_MAX - 1, 't'), "longest"));
	GIVES(PATH_MAX - 1, readlink("longest", path, sizeof(path)));
	FAILS(ENAMETOOLONG, symlink(px_long(PATH_MAX, 't'), "longer"));
	FAILS(ENAMETOOLONG, stat("longest", &st));
	FAILS(ENOENT, symlink("", "empty"));
}

static void
group_chain(void)
{
	char	 from[16], to[16];
	int	 i;

	px_file("l0", "text", 0644);
	for (i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i - 1);
		px_link(from, to);
	}
	OK(stat("l40", &st));
	FAILS(ELOOP, stat("l41", &st));
	TRUE(px_holds("l40", "text"));
	OK(lstat("l41", &st));
}

static void
group_search(void)
{
	set_up();
	px_at("a directory without search permission");
	if (px_as(&px_alice)) {
		each("closed/file", EACCES, 0);
		each("closed/new", EACCES, 0);
		each("closed/dir/new", EACCES, 0);
		each("way/new", EACCES, 0);
		px_end();
	}
	if (px_as(&px_alice)) {
		OK(open("closed", O_RDONLY | O_DIRECTORY));
		FAILS(EACCES, chdir("closed"));
		FAILS(EACCES, access("closed", X_OK));
		OK(access("closed", R_OK | W_OK));
		px_end();
	}
	OK(stat("closed/dir", &st));
	OK(access("closed", X_OK));
	OK(chmod("closed", 0711));
	if (px_as(&px_alice)) {
		OK(stat("closed/file", &st));
		FAILS(EACCES, open("closed", O_RDONLY | O_DIRECTORY));
		OK(chdir("closed"));
		px_end();
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "parent", group_parent },
		{ "last", group_last },
		{ "slash", group_slash },
		{ "long", group_long },
		{ "chain", group_chain },
		{ "search", group_search },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
