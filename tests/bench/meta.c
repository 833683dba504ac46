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
 * Knows: the loads on names and attributes.
 * Never: built into the daemon.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

/* File i of the job; other is the name that it is renamed to. */
static void
meta_path(char *path, const struct bench_job *job, const char *kind,
    unsigned long i)
{
	snprintf(path, PATH_MAX, "%s/%s%lu", job->dir, kind, i);
}

static void
meta_each(struct bench_job *job, const char *kind,
    int (*op)(const char *path))
{
	char path[PATH_MAX];
	unsigned long i;
	uint64_t start;

	for (i = 0; i < job->cnt; i++) {
		meta_path(path, job, kind, i);
		start = bench_now();
		if (op(path) == -1)
			err(2, "%s", path);
		job->lat_ns[i] = bench_now() - start;
	}
}

static int
meta_op_create(const char *path)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd == -1 ? -1 : close(fd);
}

static int
meta_op_fill(const char *path)
{
	static const char buf[4096];
	int fd, ok;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	ok = write(fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf);
	return close(fd) == -1 || !ok ? -1 : 0;
}

static int
meta_op_mkdir(const char *path)
{
	return mkdir(path, 0755);
}

static int
meta_op_stat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static int
meta_op_missing(const char *path)
{
	struct stat st;

	return lstat(path, &st) == -1 && errno == ENOENT ? 0 : -1;
}

static int
meta_op_chmod(const char *path)
{
	return chmod(path, 0600);
}

static int
meta_op_rename(const char *path)
{
	char other[PATH_MAX + 2];

	snprintf(other, sizeof(other), "%s.r", path);
	return rename(path, other);
}

static int
meta_op_read(const char *path)
{
	char buf[8192];
	int fd;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, buf, sizeof(buf));
	return close(fd) == -1 || n == -1 ? -1 : 0;
}

static void
meta_files(struct bench_job *job)
{
	meta_each(job, "f", meta_op_fill);
}

static void
meta_create(struct bench_job *job)
{
	meta_each(job, "f", meta_op_create);
}

static void
meta_mkdir(struct bench_job *job)
{
	meta_each(job, "d", meta_op_mkdir);
}

static void
meta_stat(struct bench_job *job)
{
	meta_each(job, "f", meta_op_stat);
}

static void
meta_missing(struct bench_job *job)
{
	meta_each(job, "none", meta_op_missing);
}

static void
meta_chmod(struct bench_job *job)
{
	meta_each(job, "f", meta_op_chmod);
}

static void
meta_rename(struct bench_job *job)
{
	meta_each(job, "f", meta_op_rename);
}

static void
meta_read(struct bench_job *job)
{
	meta_each(job, "f", meta_op_read);
}

static void
meta_unlink(struct bench_job *job)
{
	meta_each(job, "f", unlink);
}

/* Each operation is an entry of the list, whose time is the last one's. */
static void
meta_list(struct bench_job *job, int attributes)
{
	struct dirent *e;
	struct stat st;
	DIR *dir;
	unsigned long i = 0;
	uint64_t start = bench_now();

	dir = opendir(job->dir);
	if (dir == NULL)
		err(2, "%s", job->dir);
	while ((e = readdir(dir)) != NULL && i < job->cnt) {
		if (e->d_name[0] == '.')
			continue;
		if (attributes && fstatat(dirfd(dir), e->d_name, &st,
				      AT_SYMLINK_NOFOLLOW) == -1)
			err(2, "%s", e->d_name);
		job->lat_ns[i++] = bench_now() - start;
		start = bench_now();
	}
	if (i != job->cnt)
		errx(2, "%lu of %lu entries", i, job->cnt);
	closedir(dir);
}

static void
meta_readdir(struct bench_job *job)
{
	meta_list(job, 0);
}

static void
meta_list_long(struct bench_job *job)
{
	meta_list(job, 1);
}

static void
meta_names(struct bench_job *job)
{
	meta_each(job, "f", meta_op_create);
}

/* Where more files are than a daemon may have descriptors. */
static void
meta_names_there(struct bench_job *job)
{
	struct bench_job other = *job;

	other.dir = job->there;
	meta_names(&other);
}

const struct bench_load bench_meta[] = {
    {"create", 1000, 0, NULL, meta_create},
    {"mkdir", 1000, 0, NULL, meta_mkdir},
    {"stat", 2000, 1, meta_names, meta_stat},
    {"missing", 2000, 0, NULL, meta_missing},
    {"chmod", 1000, 0, meta_names, meta_chmod},
    {"open-read", 1000, 1, meta_files, meta_read},
    {"rename", 1000, 0, meta_names, meta_rename},
    {"unlink", 1000, 0, meta_names, meta_unlink},
    {"readdir", 20000, 1, meta_names_there, meta_readdir},
    {"list", 5000, 1, meta_names, meta_list_long},
    {NULL, 0, 0, NULL, NULL}};
