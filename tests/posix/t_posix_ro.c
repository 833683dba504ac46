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
 * Knows: what fails on a file system that is mounted or shared read-only.
 * Never: anything that is to be left behind.
 */

#include "posix.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The harness cannot make a directory here, so that this program has a main()
 * of its own: t_posix_ro [-x LIST] WRITABLE READONLY, two ways to one
 * directory.
 */
static const char	*ro;
static char		 buf[64];
static struct stat	 st;

static void
set_up(void)
{
	px_file("file", "some text", 0666);
	px_file("program", "some text", 0777);
	px_dir("dir", 0777);
	px_file("dir/below", "text", 0666);
	px_dir("empty", 0777);
	px_link("link", "file");
	if (mkfifo("fifo", 0666) != 0)
		px_bail("fifo");
}

/* The same name below the other way. */
static void
go(void)
{
	char	 here[4096];
	char	*name;

	if (getcwd(here, sizeof(here)) == NULL ||
	    (name = strstr(here, "/px.")) == NULL)
		px_bail("getcwd");
	set_up();
	if (chdir(ro) != 0 || chdir(name + 1) != 0)
		px_bail("%s%s", ro, name);
}

static void
group_write(void)
{
	int	 fd;

	go();
	FAILS(EROFS, open("file", O_WRONLY));
	FAILS(EROFS, open("file", O_RDWR));
	FAILS(EROFS, open("file", O_RDWR | O_CREAT, 0644));
	FAILS(EROFS, open("file", O_RDONLY | O_TRUNC));
	FAILS(EROFS, open("new", O_RDWR | O_CREAT, 0644));
	FAILS(EROFS, open("new", O_RDWR | O_CREAT | O_EXCL, 0644));
	FAILS(EEXIST, open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
	FAILS(EROFS, open(".", O_RDWR | O_TMPFILE, 0644));
	FAILS(EROFS, creat("file", 0644));
	FAILS(EISDIR, open("dir", O_WRONLY));
	FAILS(ENOENT, open("new", O_RDWR));
	FAILS(EROFS, truncate("file", 0));
	if (px_can("ro-known")) {
		FAILS(EROFS, access("file", W_OK));
		FAILS(EROFS, access("dir", W_OK));
	}
	OK(access("program", R_OK | X_OK));
	OK(fd = open("file", O_RDONLY));
	GIVES(9, read(fd, buf, sizeof(buf)));
	FAILS(EBADF, write(fd, "x", 1));
	OK(fsync(fd));
	FAILS(EROFS, fchmod(fd, 0600));
	FAILS(EROFS, fchown(fd, 1, 1));
	FAILS(EROFS, futimens(fd, NULL));
	OK(close(fd));
	OK(fd = open("fifo", O_RDWR | O_NONBLOCK));
	GIVES(1, write(fd, "x", 1));
	OK(close(fd));
}

static void
group_names(void)
{
	DIR	*d;

	go();
	FAILS(EROFS, mkdir("new", 0755));
	FAILS(EEXIST, mkdir("dir", 0755));
	FAILS(EROFS, mknod("new", S_IFREG | 0644, 0));
	FAILS(EROFS, mkfifo("new", 0644));
	FAILS(EROFS, symlink("x", "new"));
	FAILS(EEXIST, symlink("x", "file"));
	FAILS(EROFS, link("file", "new"));
	FAILS(EROFS, unlink("file"));
	FAILS(EROFS, unlink("link"));
	FAILS(EROFS, rmdir("empty"));
	FAILS(EROFS, rmdir("dir"));
	FAILS(EROFS, rename("file", "new"));
	FAILS(EROFS, rename("file", "dir/new"));
	FAILS(EROFS, rename("empty", "dir"));
	FAILS(EROFS, renameat2(AT_FDCWD, "file", AT_FDCWD, "dir",
	    RENAME_EXCHANGE));
	OK(stat("link", &st));
	GIVES(4, readlink("link", buf, sizeof(buf)));
	OK((d = opendir("dir")) == NULL ? -1 : 0);
	TRUE(readdir(d) != NULL);
	closedir(d);
}

static void
group_attributes(void)
{
	go();
	FAILS(EROFS, chmod("file", 0600));
	FAILS(EROFS, chmod("dir", 0700));
	FAILS(EROFS, chown("file", 1, 1));
	FAILS(EROFS, lchown("link", 1, 1));
	FAILS(EROFS, utimensat(AT_FDCWD, "file", NULL, 0));
	FAILS(EROFS, utimensat(AT_FDCWD, "link", NULL, AT_SYMLINK_NOFOLLOW));
	if (px_can("xattr")) {
		FAILS(EROFS, setxattr("file", "user.a", "b", 1, 0));
		FAILS(EROFS, removexattr("file", "user.a"));
		FAILS(ENODATA, getxattr("file", "user.a", buf, 1));
	}
	if (px_as(&px_carol)) {
		FAILS(EROFS, open("file", O_WRONLY));
		FAILS(EROFS, mkdir("dir/new", 0755));
		FAILS(EROFS, unlink("dir/below"));
		OK(close(open("file", O_RDONLY)));
		px_end();
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "write", group_write },
		{ "names", group_names },
		{ "attributes", group_attributes },
		{ NULL, NULL }
	};

	if (argc < 3 || argv[argc - 1][0] != '/')
		return px_main(1, argv, groups);
	ro = argv[argc - 1];
	return px_main(argc - 1, argv, groups);
}
