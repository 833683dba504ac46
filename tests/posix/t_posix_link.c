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
 * Knows: link counts, files without a name, and files that lose theirs.
 * Never: renames.
 */

#include "posix.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct stat	 st;
static char		 buf[64];

static long long
links(int fd)
{
	return fstat(fd, &st) == 0 ? (long long)st.st_nlink : -1;
}

static void
group_count(void)
{
	char	 name[16];
	int	 i;

	px_file("f", "text", 0644);
	GIVES(1, px_nlink("f"));
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		OK(link("f", name));
		GIVES(i + 2, px_nlink("f"));
		GIVES(i + 2, px_nlink(name));
		GIVES(px_ino("f"), px_ino(name));
	}
	OK(chmod("l3", 0600));
	GIVES(0600, px_mode("f"));
	px_file("l4", "changed", 0644);
	TRUE(px_holds("f", "changed"));
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		OK(unlink(name));
		GIVES(20 - i, px_nlink("f"));
	}
	OK(mkfifo("p", 0644));
	OK(link("p", "p2"));
	GIVES(2, px_nlink("p"));
	OK(symlink("f", "s"));
	OK(link("s", "s2"));
	GIVES(2, px_nlink("s"));
	GIVES(1, px_nlink("f"));
	OK(unlink("p"));
	GIVES(1, px_nlink("p2"));
	GIVES(S_IFIFO, px_type("p2"));
}

static void
group_dirs(void)
{
	char	 name[16];
	int	 i;

	px_dir("d", 0755);
	if (!px_can("dir-links"))
		return;
	GIVES(2, px_nlink("d"));
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		OK(mkdir(name, 0755));
		GIVES(i + 3, px_nlink("d"));
		GIVES(2, px_nlink(name));
	}
	px_file("d/f", "text", 0644);
	GIVES(12, px_nlink("d"));
	FAILS(EEXIST, mkdir("d/3", 0755));
	GIVES(12, px_nlink("d"));
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		OK(rmdir(name));
		GIVES(11 - i, px_nlink("d"));
	}
}

/* A file whose last name has gone is as good as any other until it closes. */
static void
group_unlinked(void)
{
	int	 fd, ro;

	px_file("f", "some text", 0644);
	fd = px_open("f", O_RDWR);
	ro = px_open("f", O_RDONLY);
	OK(unlink("f"));
	FAILS(ENOENT, stat("f", &st));
	GIVES(0, links(fd));
	GIVES(0, links(ro));
	GIVES(9, st.st_size);
	GIVES(4, pread(fd, buf, 4, 5));
	GIVES(0, memcmp(buf, "text", 4));
	GIVES(6, pwrite(fd, "words!", 6, 5));
	GIVES(11, pread(ro, buf, sizeof(buf), 0));
	GIVES(0, memcmp(buf, "some words!", 11));
	OK(ftruncate(fd, 4));
	GIVES(0, links(ro));
	GIVES(4, st.st_size);
	OK(ftruncate(fd, 100));
	GIVES(100, pread(ro, buf, sizeof(buf), 0) + pread(ro, buf, 36, 64));
	OK(fchmod(fd, 0600));
	OK(fchown(ro, PX_ALICE, PX_BOB));
	OK(futimens(fd, (struct timespec[2]){ { 5, 0 }, { 6, 0 } }));
	OK(fstat(ro, &st));
	GIVES(0100600, st.st_mode);
	GIVES(PX_ALICE, st.st_uid);
	GIVES(PX_BOB, st.st_gid);
	GIVES(6, st.st_mtim.tv_sec);
	OK(fsync(fd));
	OK(posix_fallocate(fd, 0, 5000) == 0 ? 0 : -1);
	GIVES(0, links(fd));
	GIVES(5000, st.st_size);
	FAILS(ENOENT, linkat(fd, "", AT_FDCWD, "back", AT_EMPTY_PATH));
	px_file("f", "another", 0644);
	GIVES(7, px_size("f"));
	GIVES(0, links(fd));
	TRUE(px_ino("f") != (long long)st.st_ino);
	OK(close(fd));
	GIVES(0, links(ro));
	GIVES(4, pread(ro, buf, 4, 0));
	GIVES(0, memcmp(buf, "some", 4));
	OK(close(ro));
}

/* The last name goes while a child still has the file. */
static void
group_inherited(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT);

	OK(unlink("f"));
	GIVES(4, write(fd, "text", 4));
	if (px_as(&px_carol)) {
		GIVES(4, pread(fd, buf, sizeof(buf), 0));
		GIVES(4, write(fd, "more", 4));
		OK(ftruncate(fd, 6));
		OK(close(fd));
		px_end();
	}
	GIVES(6, pread(fd, buf, sizeof(buf), 0));
	GIVES(0, memcmp(buf, "textmo", 6));
	OK(close(fd));
	fd = px_open("f", O_RDWR | O_CREAT | O_EXCL);
	OK(link("f", "g"));
	OK(unlink("f"));
	GIVES(1, links(fd));
	OK(unlink("g"));
	GIVES(0, links(fd));
	OK(close(fd));
}

static void
link_back(int fd, const char *name)
{
	char	 path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
}

static void
group_tmpfile(void)
{
	int	 fd;

	if (!px_can("tmpfile"))
		return;
	px_dir("d", 0755);
	FAILS(ENOTDIR, open("/proc/self/exe", O_RDWR | O_TMPFILE, 0600));
	FAILS(EINVAL, open("d", O_RDONLY | O_TMPFILE, 0600));
	OK(fd = open("d", O_RDWR | O_TMPFILE, 0640));
	GIVES(0, links(fd));
	GIVES(0100640, st.st_mode);
	GIVES(0, st.st_size);
	GIVES(8, write(fd, "no name!", 8));
	GIVES(8, pread(fd, buf, sizeof(buf), 0));
	GIVES(0, memcmp(buf, "no name!", 8));
	OK(ftruncate(fd, 7));
	OK(rmdir("d"));
	px_dir("d", 0755);
	OK(close(fd));
	OK(fd = open("d", O_WRONLY | O_TMPFILE, 0600));
	GIVES(4, write(fd, "text", 4));
	link_back(fd, "d/named");
	TRUE(px_holds("d/named", "text"));
	GIVES(1, px_nlink("d/named"));
	GIVES(1, links(fd));
	link_back(fd, "again");
	GIVES(2, links(fd));
	OK(unlink("d/named"));
	OK(unlink("again"));
	GIVES(0, links(fd));
	OK(close(fd));
	OK(fd = open("d", O_RDWR | O_TMPFILE | O_EXCL, 0600));
	FAILS(ENOENT, linkat(fd, "", AT_FDCWD, "excl", AT_EMPTY_PATH));
	OK(close(fd));
	OK(fd = open("d", O_RDWR | O_TMPFILE, 0600));
	OK(linkat(fd, "", AT_FDCWD, "empty", AT_EMPTY_PATH));
	GIVES(1, px_nlink("empty"));
	OK(close(fd));
	px_dir("open", 0777);
	if (px_as(&px_alice)) {
		FAILS(EACCES, open("d", O_RDWR | O_TMPFILE, 0600));
		OK(fd = open("open", O_RDWR | O_TMPFILE, 0));
		GIVES(4, write(fd, "hers", 4));
		link_back(fd, "open/hers");
		GIVES(PX_ALICE, px_uid("open/hers"));
		GIVES(4, px_size("open/hers"));
		OK(close(fd));
		px_end();
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "count", group_count },
		{ "dirs", group_dirs },
		{ "unlinked", group_unlinked },
		{ "inherited", group_inherited },
		{ "tmpfile", group_tmpfile },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
