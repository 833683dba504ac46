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
 * Knows: how files are made, looked at and removed for the checks.
 * Never: what is right and what is wrong.
 */

#include "posix.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIELD(expr) \
	struct stat	 st; \
\
	if (lstat(name, &st) != 0) \
		return -1; \
	return (long long)(expr)

long long
px_mode(const char *name)
{
	FIELD(st.st_mode & 07777);
}

long long
px_type(const char *name)
{
	FIELD(st.st_mode & S_IFMT);
}

long long
px_nlink(const char *name)
{
	FIELD(st.st_nlink);
}

long long
px_size(const char *name)
{
	FIELD(st.st_size);
}

long long
px_uid(const char *name)
{
	FIELD(st.st_uid);
}

long long
px_gid(const char *name)
{
	FIELD(st.st_gid);
}

long long
px_ino(const char *name)
{
	FIELD(st.st_ino);
}

void
px_file(const char *name, const char *text, mode_t mode)
{
	int	 fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t	 len = strlen(text);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, mode) != 0 || close(fd) != 0)
		px_bail("cannot make %s", name);
}

void
px_dir(const char *name, mode_t mode)
{
	if (mkdir(name, 0700) != 0 || chmod(name, mode) != 0)
		px_bail("cannot make %s", name);
}

void
px_own(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	if (lchown(name, uid, gid) != 0 ||
	    (px_type(name) != S_IFLNK && chmod(name, mode) != 0))
		px_bail("cannot give away %s", name);
}

void
px_link(const char *name, const char *target)
{
	if (symlink(target, name) != 0)
		px_bail("cannot make %s", name);
}

int
px_open(const char *name, int flags)
{
	int	 fd = open(name, flags | O_CLOEXEC, 0644);

	if (fd == -1)
		px_bail("cannot open %s", name);
	return fd;
}

static void
remove_below(const char *name)
{
	struct dirent	*e;
	DIR		*d = opendir(name);

	if (d == NULL || fchdir(dirfd(d)) != 0)
		px_bail("cannot enter %s", name);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			px_remove(e->d_name);
	closedir(d);
}

void
px_remove(const char *name)
{
	int	 fd;

	if (unlink(name) == 0 || errno == ENOENT)
		return;
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		px_bail("cannot open .");
	remove_below(name);
	if (fchdir(fd) != 0 || close(fd) != 0 || rmdir(name) != 0)
		px_bail("cannot remove %s", name);
}

bool
px_holds(const char *name, const char *text)
{
	char	 buf[4096];
	size_t	 len = strlen(text);
	int	 fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t	 got;

	if (fd == -1)
		return false;
	got = read(fd, buf, sizeof(buf));
	close(fd);
	return got == (ssize_t)len && memcmp(buf, text, len) == 0;
}

void
px_tick(void)
{
	struct timespec	 ts = { .tv_nsec = 15000000 };

	nanosleep(&ts, NULL);
}

const char *
px_long(size_t len, char c)
{
	static char	*buf[2];
	static unsigned	 turn;
	char		*p = realloc(buf[turn % 2], len + 1);

	if (p == NULL)
		px_bail("no memory");
	buf[turn++ % 2] = p;
	memset(p, c, len);
	p[len] = '\0';
	return p;
}
