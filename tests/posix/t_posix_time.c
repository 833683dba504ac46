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
 * Knows: which call changes which of the three times of a file.
 * Never: who may set them.
 */

#include "posix.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	A = 1, M = 2, C = 4
};

static struct stat	 before, before_dir;

static const char *
letters(unsigned which)
{
	static char	 text[4][4];
	static int	 turn;
	char		*p = text[turn++ % 4], *start = p;

	if (which & A)
		*p++ = 'a';
	if (which & M)
		*p++ = 'm';
	if (which & C)
		*p++ = 'c';
	*p = '\0';
	return start;
}

static bool
differ(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec || a->tv_nsec != b->tv_nsec;
}

static unsigned
changes(const char *name, const struct stat *old)
{
	struct stat	 st;
	unsigned	 which = 0;

	if (lstat(name, &st) != 0)
		px_bail("lstat %s", name);
	if (differ(&st.st_atim, &old->st_atim))
		which |= A;
	if (differ(&st.st_mtim, &old->st_mtim))
		which |= M;
	if (differ(&st.st_ctim, &old->st_ctim))
		which |= C;
	return which;
}

/* Long ago, and access before change, so that reading has to count. */
static void
age(const char *name, struct stat *st)
{
	struct timespec	 ts[2] = { { 1000, 5 }, { 2000, 7 } };

	if (utimensat(AT_FDCWD, name, ts, AT_SYMLINK_NOFOLLOW) != 0 ||
	    lstat(name, st) != 0)
		px_bail("cannot age %s", name);
	px_tick();
}

static void
start(const char *name)
{
	age(name, &before);
	age("dir", &before_dir);
}

static void
changed(const char *name, unsigned want, unsigned want_dir, const char *what)
{
	unsigned	 got = changes(name, &before);
	unsigned	 got_dir = changes("dir", &before_dir);
	char		 text[128];

	snprintf(text, sizeof(text), "%s changes %s of it, %s of its directory",
	    what, letters(want), letters(want_dir));
	if (!px_true(got == want && got_dir == want_dir, text)) {
		snprintf(text, sizeof(text), "which gave %s and %s",
		    letters(got), letters(got_dir));
		px_true(false, text);
	}
}

#define STEP(name, want, want_dir, call) do { \
	start(name); \
	OK(call); \
	changed((name), (want), (want_dir), #call); \
} while (0)

static void
group_data(void)
{
	char	 buf[16];
	int	 fd;

	px_dir("dir", 0755);
	px_file("dir/f", "some text", 0644);
	fd = px_open("dir/f", O_RDWR);
	STEP("dir/f", 0, 0, close(open("dir/f", O_RDWR)));
	STEP("dir/f", 0, 0, read(fd, buf, 0));
	STEP("dir/f", 0, 0, pwrite(fd, buf, 0, 0));
	STEP("dir/f", M | C, 0, pwrite(fd, "x", 1, 0));
	STEP("dir/f", M | C, 0, pwrite(fd, "x", 1, 100));
	STEP("dir/f", M | C, 0, ftruncate(fd, 5));
	STEP("dir/f", M | C, 0, ftruncate(fd, 50));
	STEP("dir/f", M | C, 0, ftruncate(fd, 50));
	STEP("dir/f", M | C, 0, truncate("dir/f", 9));
	STEP("dir/f", M | C, 0, close(open("dir/f", O_WRONLY | O_TRUNC)));
	STEP("dir/f", M | C, 0, close(open("dir/f", O_WRONLY | O_TRUNC)));
	STEP("dir/f", M | C, 0, write(fd, "new text", 8));
	STEP("dir/f", 0, 0, fsync(fd));
	if (px_can("fallocate")) {
		STEP("dir/f", M | C, 0, fallocate(fd, 0, 0, 8192));
		STEP("dir/f", M | C, 0, fallocate(fd, FALLOC_FL_KEEP_SIZE,
		    0, 16384));
	}
	if (px_can("punch"))
		STEP("dir/f", M | C, 0, fallocate(fd, FALLOC_FL_KEEP_SIZE |
		    FALLOC_FL_PUNCH_HOLE, 4096, 4096));
	close(fd);
}

static void
group_read(void)
{
	char		 buf[64];
	int		 fd;
	DIR		*d;

	px_dir("dir", 0755);
	px_file("dir/f", "some text", 0644);
	px_link("dir/l", "f");
	fd = px_open("dir/f", O_RDONLY);
	d = opendir("dir");
	if (d == NULL)
		px_bail("opendir");
	if (!px_can("atime"))
		return;
	STEP("dir/f", A, 0, read(fd, buf, 5));
	if (px_can("cached-atime"))
		STEP("dir/f", A, 0, pread(fd, buf, 5, 1));
	STEP("dir/l", A, 0, readlink("dir/l", buf, sizeof(buf)));
	start("dir/f");
	TRUE(readdir(d) != NULL);
	changed("dir/f", 0, A, "readdir");
	start("dir/f");
	OK(close(open("dir/f", O_RDONLY)));
	changed("dir/f", 0, 0, "open to read");
	closedir(d);
	close(fd);
}

static void
group_inode(void)
{
	px_dir("dir", 0755);
	px_file("dir/f", "some text", 0644);
	px_link("dir/l", "f");
	STEP("dir/f", C, 0, chmod("dir/f", 0600));
	STEP("dir/f", C, 0, chmod("dir/f", 0600));
	STEP("dir/f", C, 0, chown("dir/f", 1, 1));
	STEP("dir/l", C, 0, lchown("dir/l", 1, 1));
	STEP("dir/f", C, M | C, link("dir/f", "dir/g"));
	STEP("dir/f", C, M | C, unlink("dir/g"));
	STEP("dir/f", C, M | C, rename("dir/f", "dir/g") == 0 &&
	    rename("dir/g", "dir/f") == 0 ? 0 : -1);
	if (px_can("xattr")) {
		STEP("dir/f", C, 0, setxattr("dir/f", "user.a", "b", 1, 0));
		STEP("dir/f", C, 0, removexattr("dir/f", "user.a"));
		STEP("dir/f", 0, 0, setxattr("dir/f", "user.a", "b", 1,
		    XATTR_REPLACE) == -1 ? 0 : -1);
	}
	STEP("dir/f", 0, 0, chmod("dir/missing", 0600) == -1 ? 0 : -1);
	STEP("dir/f", 0, 0, access("dir/f", R_OK));
	STEP("dir/f", 0, 0, link("dir/f", "dir/l") == -1 ? 0 : -1);
}

static void
group_dir(void)
{
	px_dir("dir", 0755);
	px_dir("two", 0755);
	px_file("file", "some text", 0644);
	STEP("file", 0, M | C, close(open("dir/a", O_RDWR | O_CREAT, 0644)));
	STEP("file", 0, 0, close(open("dir/a", O_RDWR | O_CREAT, 0644)));
	STEP("file", 0, M | C, mkdir("dir/b", 0755));
	STEP("file", 0, M | C, symlink("x", "dir/c"));
	STEP("file", 0, M | C, mkfifo("dir/d", 0644));
	STEP("file", 0, M | C, unlink("dir/a"));
	STEP("file", 0, M | C, unlink("dir/c"));
	STEP("file", 0, M | C, rmdir("dir/b"));
	STEP("two", M | C, M | C, rename("dir/d", "two/d"));
	STEP("two", M | C, M | C, rename("two/d", "dir/d"));
	STEP("two", 0, M | C, rename("dir/d", "dir/e"));
	STEP("file", 0, 0, mkdir("dir/e", 0755) == -1 ? 0 : -1);
	STEP("file", 0, 0, rmdir("dir") == -1 ? 0 : -1);
}

/* All times of what is new are now, and no times lie in the future. */
static void
group_new(void)
{
	struct timespec	 from, to;
	struct stat	 st;
	int		 i;

	if (!px_can("one-clock"))
		return;
	px_tick();
	clock_gettime(CLOCK_REALTIME_COARSE, &from);
	px_file("f", "", 0644);
	px_dir("d", 0755);
	px_link("l", "f");
	px_tick();
	clock_gettime(CLOCK_REALTIME, &to);
	for (i = 0; i < 3; i++) {
		OK(lstat(i == 0 ? "f" : i == 1 ? "d" : "l", &st));
		TRUE(st.st_atim.tv_sec > from.tv_sec ||
		    (st.st_atim.tv_sec == from.tv_sec &&
		    st.st_atim.tv_nsec >= from.tv_nsec));
		TRUE(st.st_mtim.tv_sec < to.tv_sec ||
		    (st.st_mtim.tv_sec == to.tv_sec &&
		    st.st_mtim.tv_nsec <= to.tv_nsec));
		TRUE(st.st_ctim.tv_sec >= from.tv_sec);
		TRUE(st.st_ctim.tv_sec <= to.tv_sec);
	}
}

static bool
times_are(const char *name, long long a, long long an, long long m,
    long long mn)
{
	struct stat	 st;

	return lstat(name, &st) == 0 && st.st_atim.tv_sec == a &&
	    st.st_atim.tv_nsec == an && st.st_mtim.tv_sec == m &&
	    st.st_mtim.tv_nsec == mn;
}

static void
group_set(void)
{
	struct timespec	 ts[2] = {
		{ 1234567, 123456789 }, { 7654321, 987654321 }
	};
	struct timespec	 omit[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	struct timespec	 now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	int		 fd;

	px_dir("dir", 0755);
	px_file("file", "text", 0644);
	px_link("link", "file");
	fd = px_open("file", O_RDONLY);
	OK(utimensat(AT_FDCWD, "file", ts, 0));
	TRUE(times_are("file", 1234567, 123456789, 7654321, 987654321));
	STEP("file", 0, 0, utimensat(AT_FDCWD, "file", omit, 0));
	STEP("file", A | M | C, 0, utimensat(AT_FDCWD, "file", now, 0));
	STEP("file", A | M | C, 0, utimensat(AT_FDCWD, "file", NULL, 0));
	STEP("file", A | M | C, 0, futimens(fd, ts));
	TRUE(times_are("file", 1234567, 123456789, 7654321, 987654321));
	omit[0].tv_nsec = UTIME_NOW;
	STEP("file", A | C, 0, utimensat(AT_FDCWD, "file", omit, 0));
	omit[0].tv_nsec = UTIME_OMIT;
	omit[1].tv_nsec = UTIME_NOW;
	STEP("file", M | C, 0, utimensat(AT_FDCWD, "file", omit, 0));
	omit[1] = ts[0];
	STEP("file", M | C, 0, utimensat(AT_FDCWD, "file", omit, 0));
	OK(utimensat(AT_FDCWD, "file", ts, 0));
	omit[1].tv_nsec = UTIME_OMIT;
	omit[0].tv_sec = 5;
	omit[0].tv_nsec = 6;
	OK(utimensat(AT_FDCWD, "file", omit, 0));
	TRUE(times_are("file", 5, 6, 7654321, 987654321));
	STEP("link", A | M | C, 0, utimensat(AT_FDCWD, "link", ts,
	    AT_SYMLINK_NOFOLLOW));
	TRUE(times_are("link", 1234567, 123456789, 7654321, 987654321));
	STEP("file", A | M | C, 0, utimensat(AT_FDCWD, "link", ts, 0));
	ts[0].tv_sec = -1000;
	ts[1].tv_sec = 4000000000;
	OK(utimensat(AT_FDCWD, "file", ts, 0));
	TRUE(times_are("file", -1000, 123456789, 4000000000, 987654321));
	ts[0].tv_sec = ts[0].tv_nsec = 0;
	ts[1] = ts[0];
	OK(utimensat(AT_FDCWD, "dir", ts, 0));
	TRUE(times_are("dir", 0, 0, 0, 0));
	close(fd);
}

static void
group_map(void)
{
	char	*p;
	int	 fd;

	px_dir("dir", 0755);
	px_file("dir/f", "some text", 0644);
	fd = px_open("dir/f", O_RDWR);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	OK(p == MAP_FAILED ? -1 : 0);
	start("dir/f");
	p[0] = 'x';
	OK(msync(p, 4096, MS_SYNC));
	TRUE((changes("dir/f", &before) & (M | C)) == (M | C));
	OK(munmap(p, 4096));
	close(fd);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "data", group_data },
		{ "read", group_read },
		{ "inode", group_inode },
		{ "dir", group_dir },
		{ "new", group_new },
		{ "set", group_set },
		{ "map", group_map },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
