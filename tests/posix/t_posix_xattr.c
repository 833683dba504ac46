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
 * Knows: extended attributes.
 * Never: those that are access control lists (t_posix_acl.c).
 */

#include "posix.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char	 buf[XATTR_SIZE_MAX + 16];

/* Whether the list of names holds this one. */
static bool
lists(const char *file, const char *name)
{
	ssize_t		 len = llistxattr(file, buf, sizeof(buf));
	const char	*p;

	for (p = buf; len > 0 && p < buf + len; p += strlen(p) + 1)
		if (strcmp(p, name) == 0)
			return true;
	return false;
}

static void
values(const char *file, const char *name)
{
	FAILS(ENODATA, getxattr(file, name, buf, sizeof(buf)));
	FAILS(ENODATA, removexattr(file, name));
	FAILS(ENODATA, setxattr(file, name, "a", 1, XATTR_REPLACE));
	OK(setxattr(file, name, "value", 5, 0));
	GIVES(5, getxattr(file, name, NULL, 0));
	GIVES(5, getxattr(file, name, buf, 5));
	TRUE(memcmp(buf, "value", 5) == 0);
	FAILS(ERANGE, getxattr(file, name, buf, 4));
	FAILS(EEXIST, setxattr(file, name, "b", 1, XATTR_CREATE));
	OK(setxattr(file, name, "longer value", 12, XATTR_REPLACE));
	GIVES(12, getxattr(file, name, buf, sizeof(buf)));
	OK(setxattr(file, name, "", 0, 0));
	GIVES(0, getxattr(file, name, buf, sizeof(buf)));
	TRUE(lists(file, name));
	OK(setxattr(file, name, "a\0b", 3, 0));
	GIVES(3, getxattr(file, name, buf, sizeof(buf)));
	TRUE(memcmp(buf, "a\0b", 3) == 0);
	OK(removexattr(file, name));
	TRUE(!lists(file, name));
	OK(setxattr(file, name, "new", 3, XATTR_CREATE));
	OK(removexattr(file, name));
}

static void
group_user(void)
{
	if (!px_can("xattr"))
		return;
	px_file("f", "text", 0644);
	px_dir("d", 0755);
	px_at("of a file");
	values("f", "user.name");
	px_at("of a directory");
	values("d", "user.name");
	if (px_can("trusted")) {
		px_at("trusted of a file");
		values("f", "trusted.name");
		px_at("security of a file");
		values("f", "security.viofsd-test");
	}
}

static void
group_errors(void)
{
	char	 name[300];
	int	 fd;

	if (!px_can("xattr"))
		return;
	px_file("f", "text", 0666);
	px_link("l", "f");
	OK(mkfifo("p", 0666));
	snprintf(name, sizeof(name), "user.%s", px_long(250, 'n'));
	OK(setxattr("f", name, "a", 1, 0));
	GIVES(1, getxattr("f", name, buf, sizeof(buf)));
	OK(removexattr("f", name));
	snprintf(name, sizeof(name), "user.%s", px_long(251, 'n'));
	FAILS(ERANGE, setxattr("f", name, "a", 1, 0));
	FAILS(ERANGE, getxattr("f", name, buf, sizeof(buf)));
	FAILS(ERANGE, setxattr("f", "", "a", 1, 0));
	FAILS(E2BIG, setxattr("f", "user.a", buf, XATTR_SIZE_MAX + 1, 0));
	FAILS(EINVAL, setxattr("f", "user.a", "a", 1, 8));
	FAILS(EINVAL, setxattr("f", "user.", "a", 1, 0));
	FAILS(EOPNOTSUPP, setxattr("f", "none.a", "a", 1, 0));
	FAILS(EOPNOTSUPP, setxattr("f", "a", "a", 1, 0));
	FAILS(EOPNOTSUPP, getxattr("f", "none.a", buf, 1));
	FAILS(EPERM, lsetxattr("l", "user.a", "a", 1, 0));
	FAILS(EPERM, setxattr("p", "user.a", "a", 1, 0));
	FAILS(ENODATA, getxattr("p", "user.a", buf, 1));
	OK(setxattr("l", "user.a", "via", 3, 0));
	GIVES(3, getxattr("f", "user.a", buf, sizeof(buf)));
	fd = px_open("f", O_RDONLY);
	OK(fsetxattr(fd, "user.b", "b", 1, 0));
	GIVES(1, fgetxattr(fd, "user.b", buf, sizeof(buf)));
	TRUE(flistxattr(fd, buf, sizeof(buf)) >= 14);
	OK(fremovexattr(fd, "user.b"));
	FAILS(ENODATA, fgetxattr(fd, "user.b", buf, sizeof(buf)));
	OK(unlink("f"));
	GIVES(3, fgetxattr(fd, "user.a", buf, sizeof(buf)));
	OK(fsetxattr(fd, "user.c", "c", 1, 0));
	close(fd);
	fd = px_open("p", O_PATH);
	FAILS(EBADF, fgetxattr(fd, "user.a", buf, 1));
	close(fd);
}

static void
group_list(void)
{
	char	 name[32];
	ssize_t	 len;
	int	 i;

	if (!px_can("xattr"))
		return;
	px_file("f", "text", 0644);
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "user.number-%02d", i);
		OK(setxattr("f", name, "v", 1, XATTR_CREATE));
	}
	len = listxattr("f", NULL, 0);
	TRUE(len >= 30 * 15);
	GIVES(len, listxattr("f", buf, (size_t)len));
	FAILS(ERANGE, listxattr("f", buf, (size_t)len - 1));
	FAILS(ERANGE, listxattr("f", buf, 1));
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "user.number-%02d", i);
		TRUE(lists("f", name));
	}
	OK(removexattr("f", "user.number-07"));
	TRUE(!lists("f", "user.number-07"));
	GIVES(len - 15, listxattr("f", NULL, 0));
	/* They stay with the file under another name. */
	OK(rename("f", "g"));
	TRUE(lists("g", "user.number-08"));
	OK(link("g", "h"));
	OK(setxattr("h", "user.number-08", "two", 3, 0));
	GIVES(3, getxattr("g", "user.number-08", buf, sizeof(buf)));
}

static void
group_rights(void)
{
	if (!px_can("xattr"))
		return;
	px_file("rw", "text", 0666);
	px_file("ro", "text", 0644);
	px_file("no", "text", 0600);
	OK(setxattr("rw", "user.a", "a", 1, 0));
	OK(setxattr("ro", "user.a", "a", 1, 0));
	OK(setxattr("no", "user.a", "a", 1, 0));
	if (px_can("trusted"))
		OK(setxattr("rw", "trusted.a", "a", 1, 0));
	px_dir("sticky", 01777);
	if (px_as(&px_alice)) {
		GIVES(1, getxattr("rw", "user.a", buf, sizeof(buf)));
		GIVES(1, getxattr("ro", "user.a", buf, sizeof(buf)));
		FAILS(EACCES, getxattr("no", "user.a", buf, sizeof(buf)));
		OK(setxattr("rw", "user.a", "bb", 2, 0));
		FAILS(EACCES, setxattr("ro", "user.a", "bb", 2, 0));
		FAILS(EACCES, setxattr("no", "user.a", "bb", 2, 0));
		FAILS(EACCES, removexattr("ro", "user.a"));
		OK(removexattr("rw", "user.a"));
		FAILS(EPERM, setxattr("rw", "trusted.b", "b", 1, 0));
		FAILS(ENODATA, getxattr("rw", "trusted.a", buf, sizeof(buf)));
		TRUE(!lists("rw", "trusted.a"));
		FAILS(EPERM, removexattr("rw", "trusted.a"));
		FAILS(EPERM, setxattr("rw", "security.a", "b", 1, 0));
		FAILS(EPERM, setxattr("sticky", "user.a", "b", 1, 0));
		px_end();
	}
	TRUE(!lists("rw", "user.a"));
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "user", group_user },
		{ "errors", group_errors },
		{ "list", group_list },
		{ "rights", group_rights },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
