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
 * Knows: the errors of each call that do not come from looking up a path.
 * Never: permissions, renames, locks and attributes, which have their own.
 */

#include "posix.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char		 buf[4096];
static struct stat	 st;

static void
group_open(void)
{
	px_file("file", "text", 0644);
	px_dir("dir", 0755);
	px_link("tofile", "file");
	px_link("todir", "dir");
	if (mkfifo("fifo", 0644) != 0)
		px_bail("fifo");
	FAILS(EISDIR, open("dir", O_WRONLY));
	FAILS(EISDIR, open("dir", O_RDWR));
	FAILS(EISDIR, open("dir", O_WRONLY | O_TRUNC));
	FAILS(EISDIR, open("dir", O_RDONLY | O_CREAT, 0644));
	FAILS(EISDIR, creat("dir", 0644));
	FAILS(EEXIST, open("dir", O_RDWR | O_CREAT | O_EXCL, 0644));
	FAILS(ENOTDIR, open("file", O_RDONLY | O_DIRECTORY));
	FAILS(ENOTDIR, open("tofile", O_RDONLY | O_DIRECTORY));
	FAILS(ENOTDIR, open("todir", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	FAILS(ELOOP, open("tofile", O_RDONLY | O_NOFOLLOW));
	FAILS(ELOOP, open("tofile", O_WRONLY | O_CREAT | O_NOFOLLOW, 0644));
	FAILS(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
	OK(close(open("fifo", O_RDONLY | O_NONBLOCK)));
	FAILS(EINVAL, open("dir", O_RDONLY | __O_TMPFILE | O_DIRECTORY, 0600));
	FAILS(EISDIR, open("newdir/", O_WRONLY | O_CREAT, 0644));
	FAILS(EINVAL, open("file2", O_RDWR | O_CREAT | O_DIRECTORY, 0644));
	OK(close(open("todir", O_RDONLY | O_DIRECTORY)));
	OK(close(open("tofile", O_RDWR | O_CREAT, 0644)));
}

static void
group_special(void)
{
	int	 s;

	FAILS(EPERM, mknod("dir", S_IFDIR | 0755, 0));
	FAILS(EINVAL, mknod("link", S_IFLNK | 0777, 0));
	OK(mknod("fifo", S_IFIFO | 0640, 0));
	GIVES(S_IFIFO, px_type("fifo"));
	GIVES(0640, px_mode("fifo"));
	OK(mknod("socket", S_IFSOCK | 0600, 0));
	GIVES(S_IFSOCK, px_type("socket"));
	FAILS(ENXIO, s = open("socket", O_RDWR));
	OK(mknod("regular", S_IFREG | 0604, 0));
	GIVES(0604, px_mode("regular"));
	GIVES(0, px_size("regular"));
	OK(mknod("plain", 0600, 0));
	GIVES(S_IFREG, px_type("plain"));
	OK(mknod("null", S_IFCHR | 0666, 0x103));
	GIVES(S_IFCHR, px_type("null"));
	OK(stat("null", &st));
	GIVES(0x103, st.st_rdev);
	OK(mknod("block", S_IFBLK | 0600, 0x70003));
	GIVES(S_IFBLK, px_type("block"));
	OK(stat("block", &st));
	GIVES(0x70003, st.st_rdev);
	if (px_can("device")) {
		OK(s = open("null", O_RDWR));
		GIVES(4, write(s, "text", 4));
		GIVES(0, read(s, buf, 4));
		OK(close(s));
	}
	px_dir("open", 0777);
	if (px_as(&px_alice)) {
		FAILS(EACCES, mknod("fifo2", S_IFIFO | 0600, 0));
		FAILS(EPERM, mknod("open/null", S_IFCHR | 0600, 0x103));
		FAILS(EPERM, mknod("open/block", S_IFBLK | 0600, 0x70003));
		OK(mknod("open/fifo", S_IFIFO | 0600, 0));
		OK(mknod("open/socket", S_IFSOCK | 0600, 0));
		px_end();
	}
}

/* Descriptors that are bad, or not good for this. */
static void
group_descriptor(void)
{
	struct timespec	 ts[2] = { { .tv_nsec = UTIME_NOW } };
	int		 bad = 999, r, w, d, p;

	px_file("file", "some text", 0644);
	px_dir("dir", 0755);
	r = px_open("file", O_RDONLY);
	w = px_open("file", O_WRONLY);
	d = px_open("dir", O_RDONLY | O_DIRECTORY);
	p = px_open("file", O_PATH);
	FAILS(EBADF, read(bad, buf, 1));
	FAILS(EBADF, close(bad));
	FAILS(EBADF, write(r, "a", 1));
	FAILS(EBADF, pwrite(r, "a", 1, 0));
	FAILS(EBADF, read(w, buf, 1));
	FAILS(EBADF, pread(w, buf, 1, 0));
	FAILS(EINVAL, ftruncate(r, 0));
	FAILS(EBADF, fallocate(r, 0, 0, 1));
	GIVES(EBADF, posix_fallocate(r, 0, 1));
	FAILS(EISDIR, read(d, buf, 1));
	FAILS(EBADF, write(d, "a", 1));
	FAILS(EINVAL, ftruncate(d, 0));
	OK(fsync(d));
	OK(fdatasync(d));
	OK(fsync(r));
	OK(fsync(w));
	OK(fchmod(r, 0600));
	OK(fchown(r, 0, 0));
	OK(futimens(r, NULL));
	OK(fchmod(d, 0700));
	FAILS(EBADF, read(p, buf, 1));
	FAILS(EBADF, write(p, "a", 1));
	FAILS(EBADF, ftruncate(p, 0));
	FAILS(EBADF, fchmod(p, 0644));
	FAILS(EBADF, fchown(p, 0, 0));
	FAILS(EBADF, fsync(p));
	FAILS(EBADF, lseek(p, 0, SEEK_SET));
	OK(fstat(p, &st));
	OK(utimensat(p, "", ts, AT_EMPTY_PATH));
	FAILS(ENOTDIR, openat(r, "x", O_RDONLY));
	FAILS(ENOTDIR, mkdirat(p, "x", 0755));
	FAILS(EBADF, openat(bad, "x", O_RDONLY));
	FAILS(ENOENT, openat(d, "x", O_RDONLY));
	OK(close(openat(d, "x", O_RDWR | O_CREAT, 0644)));
	OK(unlinkat(d, "x", 0));
	FAILS(EISDIR, unlinkat(AT_FDCWD, "dir", 0));
	FAILS(ENOTDIR, unlinkat(AT_FDCWD, "file", AT_REMOVEDIR));
	FAILS(EINVAL, unlinkat(AT_FDCWD, "file", 0x1));
	close(r);
	close(w);
	close(d);
	close(p);
}

static void
group_offset(void)
{
	struct iovec	 iov = { .iov_base = buf, .iov_len = 4 };
	int		 fd;

	px_file("file", "some text", 0644);
	fd = px_open("file", O_RDWR);
	FAILS(EINVAL, pread(fd, buf, 1, -1));
	FAILS(EINVAL, pwrite(fd, buf, 1, -1));
	FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
	FAILS(EINVAL, lseek(fd, -100, SEEK_END));
	FAILS(EINVAL, lseek(fd, 0, 77));
	FAILS(EINVAL, ftruncate(fd, -1));
	FAILS(EINVAL, truncate("file", -1));
	FAILS(EINVAL, fallocate(fd, 0, 0, 0));
	FAILS(EINVAL, fallocate(fd, 0, -1, 1));
	FAILS(EINVAL, fallocate(fd, 0, 0, -1));
	FAILS(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
	FAILS(EFBIG, fallocate(fd, 0, INT64_MAX - 1, 2));
	if (px_can("size-known"))
		FAILS(EFBIG, pwrite(fd, "a", 1, INT64_MAX - 1));
	GIVES(9, lseek(fd, 0, SEEK_END));
	GIVES(100, lseek(fd, 100, SEEK_SET));
	GIVES(0, read(fd, buf, 10));
	GIVES(0, pread(fd, buf, 10, 1000000));
	GIVES(0, read(fd, buf, 0));
	GIVES(0, write(fd, buf, 0));
	GIVES(9, px_size("file"));
	GIVES(2, pread(fd, buf, 10, 7));
	GIVES(0, preadv(fd, &iov, 0, 0));
	GIVES(4, preadv(fd, &iov, 1, 5));
	GIVES(0, memcmp(buf, "text", 4));
	close(fd);
}

/* A limit on the size of files. */
static void
group_limit(void)
{
	struct rlimit	 rl = { 8192, 8192 };
	int		 fd, status;
	pid_t		 pid;

	px_file("file", "", 0666);
	if (px_as(&px_alice)) {
		signal(SIGXFSZ, SIG_IGN);
		OK(setrlimit(RLIMIT_FSIZE, &rl));
		OK(fd = open("file", O_RDWR));
		GIVES(4096, write(fd, buf, 4096));
		FAILS(EFBIG, pwrite(fd, buf, 10, 8192));
		FAILS(EFBIG, ftruncate(fd, 8193));
		FAILS(EFBIG, truncate("file", 10000));
		FAILS(EFBIG, fallocate(fd, 0, 0, 8193));
		GIVES(4096, px_size("file"));
		GIVES(92, pwrite(fd, buf, 4096, 8100));
		GIVES(8192, px_size("file"));
		OK(ftruncate(fd, 8192));
		px_end();
	}
	pid = px_fork(&px_alice);
	if (pid == 0) {
		/* Whoever started us may ignore it. */
		signal(SIGXFSZ, SIG_DFL);
		OK(setrlimit(RLIMIT_FSIZE, &rl));
		fd = px_open("file", O_WRONLY);
		if (pwrite(fd, buf, 10, 8192) != 0)
			px_end();
		px_end();
	}
	TRUE(waitpid(pid, &status, 0) == pid);
	TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
}

static void
group_dir(void)
{
	int	 d;

	px_dir("dir", 0755);
	px_dir("dir/sub", 0755);
	px_dir("empty", 0755);
	px_file("file", "text", 0644);
	px_link("todir", "empty");
	FAILS(ENOTEMPTY, rmdir("dir"));
	FAILS(EINVAL, rmdir("empty/."));
	FAILS(ENOTEMPTY, rmdir("dir/sub/.."));
	FAILS(ENOTDIR, rmdir("file"));
	FAILS(ENOTDIR, rmdir("todir"));
	FAILS(ENOTDIR, rmdir("todir/"));
	FAILS(EISDIR, unlink("dir"));
	FAILS(EISDIR, unlink("empty"));
	FAILS(ENOTDIR, unlink("todir/"));
	FAILS(EEXIST, mkdir("todir", 0755));
	FAILS(EEXIST, mkdir("/", 0755));
	FAILS(EISDIR, truncate("dir", 0));
	FAILS(EPERM, link("dir", "dir2"));
	FAILS(EINVAL, readlink("file", buf, sizeof(buf)));
	FAILS(EINVAL, readlink("dir", buf, sizeof(buf)));
	FAILS(EINVAL, readlink("todir", buf, 0));
	GIVES(2, readlink("todir", buf, 2));
	GIVES(5, readlink("todir", buf, 5));
	GIVES(5, readlink("todir", buf, sizeof(buf)));
	GIVES(0, memcmp(buf, "empty", 5));
	d = px_open("empty", O_RDONLY | O_DIRECTORY);
	OK(rmdir("empty"));
	FAILS(ENOENT, rmdir("empty"));
	FAILS(ENOENT, openat(d, "x", O_RDWR | O_CREAT, 0644));
	FAILS(ENOENT, mkdirat(d, "x", 0755));
	FAILS(ENOENT, symlinkat("x", d, "x"));
	FAILS(ENOENT, linkat(AT_FDCWD, "file", d, "x", 0));
	FAILS(ENOENT, renameat(AT_FDCWD, "file", d, "x"));
	FAILS(ENOENT, openat(d, "x", O_RDONLY));
	OK(fstat(d, &st));
	TRUE(S_ISDIR(st.st_mode));
	GIVES(0, st.st_nlink);
	OK(fchmod(d, 0700));
	close(d);
}

static void
group_link(void)
{
	px_file("file", "text", 0644);
	px_file("other", "else", 0644);
	px_link("tofile", "file");
	OK(link("file", "two"));
	FAILS(EEXIST, link("file", "two"));
	FAILS(EEXIST, link("file", "file"));
	FAILS(EXDEV, link("/proc/self/status", "x"));
	FAILS(EXDEV, rename("file", "/proc/x"));
	FAILS(ENOENT, linkat(AT_FDCWD, "", AT_FDCWD, "three", 0));
	FAILS(EINVAL, linkat(AT_FDCWD, "file", AT_FDCWD, "three", 0x1));
	OK(link("tofile", "linklink"));
	GIVES(S_IFLNK, px_type("linklink"));
	GIVES(px_ino("tofile"), px_ino("linklink"));
	OK(linkat(AT_FDCWD, "tofile", AT_FDCWD, "three", AT_SYMLINK_FOLLOW));
	GIVES(px_ino("file"), px_ino("three"));
	FAILS(EEXIST, link("file", "two/"));
	FAILS(ENOENT, link("file", "new/"));
	FAILS(EEXIST, symlink("a", "two"));
}

static void
group_time(void)
{
	struct timespec	 ts[2] = { { 0, 1000000000 }, { 0, 0 } };

	px_file("file", "text", 0644);
	FAILS(EINVAL, utimensat(AT_FDCWD, "file", ts, 0));
	ts[0].tv_nsec = -1;
	FAILS(EINVAL, utimensat(AT_FDCWD, "file", ts, 0));
	ts[0].tv_nsec = 0;
	FAILS(EINVAL, utimensat(AT_FDCWD, "file", ts, 0x1));
	OK(utimensat(AT_FDCWD, "file", ts, 0));
	ts[0].tv_nsec = ts[1].tv_nsec = UTIME_OMIT;
	OK(utimensat(AT_FDCWD, "file", ts, 0));
	FAILS(EINVAL, access("file", 8));
	FAILS(EINVAL, faccessat(AT_FDCWD, "file", R_OK, 0x1));
	FAILS(EINVAL, fchownat(AT_FDCWD, "file", 0, 0, 0x1));
	OK(fchownat(AT_FDCWD, "file", (uid_t)-1, (gid_t)-1, 0));
}

/* A program that somebody has open for writing, and one that runs. */
static void
group_busy(void)
{
	char	 self[4096], *argv[] = { self, NULL };
	ssize_t	 len;
	int	 fd, in;

	px_at("busy: a program open for writing");
	in = px_open("/proc/self/exe", O_RDONLY);
	fd = px_open("program", O_WRONLY | O_CREAT);
	while ((len = read(in, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)len) != len)
			px_bail("copy");
	OK(fchmod(fd, 0755));
	FAILS(ETXTBSY, execv("./program", argv));
	OK(close(fd));
	OK(chmod("program", 0644));
	FAILS(EACCES, execv("./program", argv));
	px_file("text", "nothing to run", 0755);
	FAILS(ENOEXEC, execv("./text", argv));
	FAILS(EACCES, execv(".", argv));
	close(in);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "open", group_open },
		{ "special", group_special },
		{ "descriptor", group_descriptor },
		{ "offset", group_offset },
		{ "limit", group_limit },
		{ "dir", group_dir },
		{ "link", group_link },
		{ "time", group_time },
		{ "busy", group_busy },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
