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
 * Knows: the few system calls that guest scripts need and busybox has no
 * word for.  One static binary, called by a subcommand.
 * Never: built into the daemon; it only runs inside test guests.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB		(1024 * 1024)
#define MAX_GROUPS	32
#define LOAD_ERRNO	256

struct load {
	unsigned long	ops;
	unsigned long	errs[LOAD_ERRNO];
};

static unsigned long
number(const char *s)
{
	unsigned long	 n;
	char		*end;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno != 0 || *s == '\0' || *end != '\0')
		errx(2, "not a number: %s", s);
	return n;
}

static void
become(uid_t uid, gid_t gid, const gid_t *groups, size_t groups_cnt)
{
	if (setgroups(groups_cnt, groups) == -1)
		err(2, "setgroups");
	if (setresgid(gid, gid, gid) == -1)
		err(2, "setresgid");
	if (setresuid(uid, uid, uid) == -1)
		err(2, "setresuid");
}

/* as UID GID[,GROUP...] COMMAND [ARG...] */
static int
cmd_as(char **argv)
{
	gid_t	 groups[MAX_GROUPS];
	size_t	 groups_cnt = 0;
	uid_t	 uid = number(argv[0]);
	char	*p = argv[1], *word;

	while ((word = strsep(&p, ",")) != NULL) {
		if (groups_cnt == MAX_GROUPS)
			errx(2, "too many groups");
		groups[groups_cnt++] = number(word);
	}
	become(uid, groups[0], groups + 1, groups_cnt - 1);
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}

/* fill SEED MIB: the same pseudo-random bytes each time, to stdout. */
static int
cmd_fill(char **argv)
{
	uint64_t	*block, x = number(argv[0]) * 2 + 1;
	unsigned long	 mib = number(argv[1]);
	size_t		 i, done;
	ssize_t		 n;

	if ((block = malloc(MIB)) == NULL)
		err(2, "malloc");
	for (; mib > 0; mib--) {
		for (i = 0; i < MIB / sizeof(*block); i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			block[i] = x;
		}
		for (done = 0; done < MIB; done += n) {
			n = write(1, (char *)block + done, MIB - done);
			if (n <= 0)
				err(1, "write");
		}
	}
	free(block);
	if (fsync(1) == -1 && errno != EINVAL && errno != EROFS)
		err(1, "fsync");
	return 0;
}

/* mmap FILE: writes through a shared mapping and reads it back by pread. */
static int
cmd_mmap(char **argv)
{
	const size_t	 len = 3 * 4096 + 100;
	char		*map, buf[64];
	size_t		 i;
	int		 fd;

	fd = open(argv[0], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || ftruncate(fd, len) == -1)
		err(1, "%s", argv[0]);
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < len; i++)
		map[i] = 'a' + i % 26;
	if (msync(map, len, MS_SYNC) == -1 || munmap(map, len) == -1)
		err(1, "msync");
	if (pread(fd, buf, sizeof(buf), 8192) != (ssize_t)sizeof(buf))
		err(1, "pread");
	for (i = 0; i < sizeof(buf); i++) {
		if (buf[i] != (char)('a' + (8192 + i) % 26))
			errx(1, "wrong byte at %zu", 8192 + i);
	}
	if (close(fd) == -1)
		err(1, "close");
	return 0;
}

/* holes FILE: "data hole" offsets of the first extent and the blocks used. */
static int
cmd_holes(char **argv)
{
	struct stat	 st;
	off_t		 data, hole;
	int		 fd;

	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		err(1, "%s", argv[0]);
	data = lseek(fd, 0, SEEK_DATA);
	hole = lseek(fd, 0, SEEK_HOLE);
	printf("data %lld hole %lld size %lld blocks %lld\n", (long long)data,
	    (long long)hole, (long long)st.st_size, (long long)st.st_blocks);
	return 0;
}

/* rename exchange|noreplace|replace FROM TO */
static int
cmd_rename(char **argv)
{
	unsigned int	flags = 0;

	if (strcmp(argv[0], "exchange") == 0)
		flags = RENAME_EXCHANGE;
	else if (strcmp(argv[0], "noreplace") == 0)
		flags = RENAME_NOREPLACE;
	if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], flags) == -1)
		err(1, "rename %s to %s", argv[1], argv[2]);
	return 0;
}

static int
swarm_child(const char *dir, uid_t uid, unsigned long files)
{
	char		 path[PATH_MAX];
	unsigned long	 i;
	int		 fd;

	become(uid, uid, NULL, 0);
	for (i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "%s/u%u-%lu", dir, uid, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (fd == -1) {
			warn("%s", path);
			return 1;
		}
		if (write(fd, path, 8) != 8 || close(fd) == -1) {
			warn("%s", path);
			return 1;
		}
	}
	snprintf(path, sizeof(path), "%s/d%u-0", dir, uid);
	if (mkdir(path, 0750) == -1) {
		warn("%s", path);
		return 1;
	}
	return 0;
}

/* swarm DIR FIRST_UID UIDS FILES: so many users create files at once. */
static int
cmd_swarm(char **argv)
{
	uid_t		 uid, first = number(argv[1]);
	uid_t		 last = first + number(argv[2]);
	unsigned long	 files = number(argv[3]);
	int		 status, bad = 0;

	for (uid = first; uid < last; uid++) {
		switch (fork()) {
		case -1:
			err(2, "fork");
		case 0:
			_exit(swarm_child(argv[0], uid, files));
		}
	}
	for (uid = first; uid < last; uid++) {
		if (wait(&status) == -1)
			err(2, "wait");
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bad++;
	}
	printf("%d of %u users failed\n", bad, last - first);
	return bad != 0;
}

static void
load_note(struct load *l, int ret)
{
	l->ops++;
	if (ret != -1)
		return;
	l->errs[errno < LOAD_ERRNO ? errno : 0]++;
}

static void
load_round(struct load *l, const char *a, const char *b)
{
	struct stat	st;
	char		buf[512];
	int		fd;

	memset(buf, 'x', sizeof(buf));
	fd = open(a, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	load_note(l, fd);
	if (fd != -1) {
		load_note(l, write(fd, buf, sizeof(buf)));
		load_note(l, pread(fd, buf, sizeof(buf), 0));
		load_note(l, close(fd));
		load_note(l, stat(a, &st));
		load_note(l, rename(a, b));
	}
	if (access(b, F_OK) == 0)
		load_note(l, unlink(b));
}

/*
 * load DIR SECONDS: one user's create, write, read, stat, rename and unlink
 * in a loop; at the end how many went well and which errors were seen.
 */
static int
cmd_load(char **argv)
{
	static struct load	 l;
	char			 a[PATH_MAX], b[PATH_MAX];
	time_t			 end;
	size_t			 i;

	snprintf(a, sizeof(a), "%s/a%u-%d", argv[0], getuid(), getpid());
	snprintf(b, sizeof(b), "%s/b%u-%d", argv[0], getuid(), getpid());
	end = time(NULL) + number(argv[1]);
	while (time(NULL) < end)
		load_round(&l, a, b);
	printf("uid %u ops %lu", getuid(), l.ops);
	for (i = 0; i < LOAD_ERRNO; i++) {
		if (l.errs[i] != 0)
			printf(" %s %lu", strerrorname_np(i), l.errs[i]);
	}
	printf("\n");
	return 0;
}

static const struct cmd {
	const char	*name;
	int		 args_cnt;
	int		(*run)(char **);
} cmds[] = {
	{ "as",		3,	cmd_as },
	{ "fill",	2,	cmd_fill },
	{ "holes",	1,	cmd_holes },
	{ "load",	2,	cmd_load },
	{ "mmap",	1,	cmd_mmap },
	{ "rename",	3,	cmd_rename },
	{ "swarm",	4,	cmd_swarm },
};

int
main(int argc, char **argv)
{
	size_t	i;

	for (i = 0; argc > 1 && i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		if (strcmp(argv[1], cmds[i].name) == 0 &&
		    argc - 2 >= cmds[i].args_cnt)
			return cmds[i].run(argv + 2);
	}
	errx(2, "usage: guesttool as|fill|holes|load|mmap|rename|swarm ...");
}
