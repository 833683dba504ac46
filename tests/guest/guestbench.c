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
 * Knows: how long file operations take in a test guest, for bench.sh.
 * Never: built into the daemon; it only runs inside test guests.
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB	(1024 * 1024)

static double
now(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(2, "clock_gettime");
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
path_make(char *path, const char *dir, unsigned long i)
{
	snprintf(path, PATH_MAX, "%s/f%lu", dir, i);
}

/* Seconds for cnt times op on the files of dir. */
static double
meta_phase(const char *dir, unsigned long cnt, int (*op)(const char *))
{
	char		path[PATH_MAX];
	unsigned long	i;
	double		start = now();

	for (i = 0; i < cnt; i++) {
		path_make(path, dir, i);
		if (op(path) == -1)
			err(1, "%s", path);
	}
	return now() - start;
}

static int
op_create(const char *path)
{
	int	fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd == -1 ? -1 : close(fd);
}

static int
op_stat(const char *path)
{
	struct stat	st;

	return stat(path, &st);
}

static int
op_unlink(const char *path)
{
	return unlink(path);
}

/* The guest's caches go, so that what follows asks the daemon. */
static void
drop_caches(void)
{
	int	fd;

	sync();
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, "3", 1) != 1 || close(fd) == -1)
		err(2, "drop_caches");
}

/* meta DIR COUNT: microseconds each for create, stat and unlink. */
static void
bench_meta(const char *dir, unsigned long cnt)
{
	printf("create %.2f\n", meta_phase(dir, cnt, op_create) / cnt * 1e6);
	drop_caches();
	printf("stat %.2f\n", meta_phase(dir, cnt, op_stat) / cnt * 1e6);
	printf("unlink %.2f\n", meta_phase(dir, cnt, op_unlink) / cnt * 1e6);
}

/* seq FILE MIB: MiB/s of sequential write (with fsync) and cold read. */
static void
bench_seq(const char *path, unsigned long mib)
{
	unsigned long	 i;
	double		 start;
	char		*buf;
	int		 fd;

	if ((buf = calloc(1, MIB)) == NULL)
		err(2, "calloc");
	memset(buf, 0x5a, MIB);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1)
		err(1, "%s", path);
	start = now();
	for (i = 0; i < mib; i++) {
		if (write(fd, buf, MIB) != MIB)
			err(1, "write");
	}
	if (fsync(fd) == -1)
		err(1, "fsync");
	printf("write %.1f\n", mib / (now() - start));
	drop_caches();
	if (lseek(fd, 0, SEEK_SET) == -1)
		err(1, "lseek");
	start = now();
	for (i = 0; i < mib; i++) {
		if (read(fd, buf, MIB) != MIB)
			err(1, "read");
	}
	printf("read %.1f\n", mib / (now() - start));
	close(fd);
	unlink(path);
	free(buf);
}

int
main(int argc, char **argv)
{
	unsigned long	cnt;

	if (argc != 4 || (cnt = strtoul(argv[3], NULL, 10)) == 0)
		errx(2, "usage: guestbench meta DIR COUNT | seq FILE MIB");
	if (strcmp(argv[1], "meta") == 0)
		bench_meta(argv[2], cnt);
	else
		bench_seq(argv[2], cnt);
	return 0;
}
