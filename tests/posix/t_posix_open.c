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
 * Knows: what the flags of open(2) do to what is opened.
 * Never: the errors that a path gives.
 */

#include "posix.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct stat	 st;
static char		 buf[64];

static void
group_create(void)
{
	long long	 ino;
	int		 fd;

	OK(fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0640));
	GIVES(0640, px_mode("new"));
	GIVES(4, write(fd, "text", 4));
	OK(close(fd));
	ino = px_ino("new");
	FAILS(EEXIST, open("new", O_RDWR | O_CREAT | O_EXCL, 0640));
	OK(fd = open("new", O_RDWR | O_CREAT, 0777));
	OK(close(fd));
	GIVES(0640, px_mode("new"));
	GIVES(ino, px_ino("new"));
	TRUE(px_holds("new", "text"));
	OK(fd = open("new", O_WRONLY | O_TRUNC));
	GIVES(0, px_size("new"));
	GIVES(ino, px_ino("new"));
	GIVES(2, write(fd, "ab", 2));
	OK(close(fd));
	OK(fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0600));
	GIVES(0, px_size("new"));
	GIVES(0640, px_mode("new"));
	OK(close(fd));
	px_link("dangling", "made");
	FAILS(EEXIST, open("dangling", O_RDWR | O_CREAT | O_EXCL, 0644));
	OK(fd = open("dangling", O_RDWR | O_CREAT, 0644));
	OK(close(fd));
	GIVES(S_IFREG, px_type("made"));
	GIVES(S_IFLNK, px_type("dangling"));
	OK(fd = open("ro", O_RDWR | O_CREAT | O_EXCL, 0444));
	GIVES(4, write(fd, "text", 4));
	OK(close(fd));
	GIVES(0444, px_mode("ro"));
}

/* Truncating an open file shows through the other descriptors. */
static void
group_trunc(void)
{
	int	 a, b;

	px_file("f", "some longer text", 0644);
	a = px_open("f", O_RDWR);
	GIVES(16, read(a, buf, sizeof(buf)));
	b = px_open("f", O_RDWR | O_TRUNC);
	GIVES(0, pread(a, buf, sizeof(buf), 0));
	OK(fstat(a, &st));
	GIVES(0, st.st_size);
	GIVES(4, write(b, "text", 4));
	GIVES(4, pread(a, buf, sizeof(buf), 0));
	GIVES(3, write(a, "end", 3));
	OK(fstat(b, &st));
	GIVES(19, st.st_size);
	memset(buf, 'x', sizeof(buf));
	GIVES(19, pread(b, buf, sizeof(buf), 0));
	GIVES(0, memcmp(buf, "text\0\0\0\0\0\0\0\0\0\0\0\0end", 19));
	OK(ftruncate(a, 2));
	OK(ftruncate(b, 6));
	GIVES(6, pread(a, buf, sizeof(buf), 0));
	GIVES(0, memcmp(buf, "te\0\0\0\0", 6));
	close(a);
	close(b);
}

static void
group_path(void)
{
	int	 fd, other;

	px_file("f", "text", 0000);
	px_link("l", "f");
	px_dir("d", 0755);
	px_file("d/f", "text", 0644);
	OK(fd = open("f", O_PATH));
	OK(fstat(fd, &st));
	GIVES(4, st.st_size);
	FAILS(EBADF, read(fd, buf, 1));
	GIVES(O_PATH, fcntl(fd, F_GETFL) & O_PATH);
	OK(close(fd));
	OK(fd = open("l", O_PATH | O_NOFOLLOW));
	OK(fstat(fd, &st));
	TRUE(S_ISLNK(st.st_mode));
	GIVES(1, readlinkat(fd, "", buf, sizeof(buf)));
	OK(close(fd));
	OK(fd = open("d", O_PATH));
	OK(other = openat(fd, "f", O_RDONLY));
	GIVES(4, read(other, buf, sizeof(buf)));
	OK(close(other));
	OK(fchdir(fd));
	GIVES(4, px_size("f"));
	OK(chdir(".."));
	OK(close(fd));
	if (px_as(&px_alice)) {
		OK(fd = open("f", O_PATH));
		OK(fstat(fd, &st));
		FAILS(EACCES, open("f", O_RDONLY));
		px_end();
	}
}

/* Four processes append lines: none is lost, none is torn. */
enum {
	WRITERS = 4, LINES = 100
};

static void
append_lines(int who)
{
	char	 line[32];
	int	 fd = px_open("log", O_WRONLY | O_APPEND), i, len;

	for (i = 0; i < LINES; i++) {
		len = snprintf(line, sizeof(line), "%d %04d padding\n", who, i);
		if (write(fd, line, (size_t)len) != len)
			px_bail("append");
	}
	close(fd);
}

static void
check_lines(void)
{
	int	 next[WRITERS] = { 0 }, who, i, good = 0;
	FILE	*f = fopen("log", "r");
	char	 line[32], *end;

	if (f == NULL)
		px_bail("fopen");
	while (fgets(line, sizeof(line), f) != NULL) {
		who = (int)strtol(line, &end, 10);
		i = (int)strtol(end, &end, 10);
		if (who >= 0 && who < WRITERS && next[who] == i &&
		    strcmp(end, " padding\n") == 0) {
			next[who]++;
			good++;
		}
	}
	fclose(f);
	GIVES(WRITERS * LINES, good);
}

static void
group_append(void)
{
	pid_t	 pids[WRITERS];
	int	 fd, i;

	px_file("f", "start", 0644);
	fd = px_open("f", O_RDWR | O_APPEND);
	GIVES(1, write(fd, "1", 1));
	GIVES(0, lseek(fd, 0, SEEK_SET));
	GIVES(1, write(fd, "2", 1));
	GIVES(7, lseek(fd, 0, SEEK_CUR));
	GIVES(1, pwrite(fd, "3", 1, 0));
	TRUE(px_holds("f", "start123"));
	OK(truncate("f", 2));
	GIVES(1, write(fd, "4", 1));
	TRUE(px_holds("f", "st4"));
	OK(fcntl(fd, F_SETFL, 0));
	GIVES(1, pwrite(fd, "5", 1, 0));
	TRUE(px_holds("f", "5t4"));
	OK(fcntl(fd, F_SETFL, O_APPEND));
	GIVES(0, lseek(fd, 0, SEEK_SET));
	GIVES(1, write(fd, "6", 1));
	TRUE(px_holds("f", "5t46"));
	OK(close(fd));
	px_file("log", "", 0666);
	for (i = 0; i < WRITERS; i++) {
		pids[i] = px_fork(NULL);
		if (pids[i] == 0) {
			append_lines(i);
			px_end();
		}
	}
	for (i = 0; i < WRITERS; i++)
		TRUE(px_wait(pids[i]));
	GIVES(WRITERS * LINES * 15, px_size("log"));
	check_lines();
}

/* Blocks that go past the memory, next to what goes through it. */
static void
group_direct(void)
{
	char	*block;
	int	 d, fd;

	if (!px_can("direct"))
		return;
	if (posix_memalign((void **)&block, 4096, 8192) != 0)
		px_bail("no memory");
	memset(block, 'd', 8192);
	OK(d = open("f", O_RDWR | O_CREAT | O_DIRECT, 0644));
	fd = px_open("f", O_RDWR);
	GIVES(8192, write(d, block, 8192));
	GIVES(8192, px_size("f"));
	GIVES(1, pread(fd, buf, 1, 8191));
	TRUE(buf[0] == 'd');
	GIVES(3, pwrite(fd, "abc", 3, 4096));
	GIVES(4096, pread(d, block, 4096, 4096));
	GIVES(0, memcmp(block, "abcd", 4));
	memset(block, 'e', 4096);
	GIVES(4096, pwrite(d, block, 4096, 4096));
	GIVES(3, pread(fd, buf, 3, 4096));
	GIVES(0, memcmp(buf, "eee", 3));
	GIVES(0, pread(d, block, 4096, 8192));
	OK(ftruncate(fd, 5000));
	GIVES(904, pread(d, block, 4096, 4096));
	free(block);
	close(d);
	close(fd);
}

static void
group_sync(void)
{
	int	 fd;

	OK(fd = open("f", O_RDWR | O_CREAT | O_SYNC, 0644));
	GIVES(4, write(fd, "text", 4));
	OK(close(fd));
	OK(fd = open("f", O_RDWR | O_DSYNC | O_APPEND));
	GIVES(4, write(fd, "more", 4));
	OK(close(fd));
	TRUE(px_holds("f", "textmore"));
	OK(fd = open("f", O_RDONLY | O_NOATIME));
	GIVES(8, read(fd, buf, sizeof(buf)));
	OK(close(fd));
	OK(fd = open("f", O_RDONLY | O_NONBLOCK | O_NOCTTY));
	GIVES(8, read(fd, buf, sizeof(buf)));
	OK(syncfs(fd));
	OK(close(fd));
	if (px_as(&px_alice)) {
		FAILS(EPERM, open("f", O_RDONLY | O_NOATIME));
		px_end();
	}
}

/* Two processes make the same file at once: one of them succeeds. */
static void
group_race(void)
{
	int	 i, k, made, status;
	pid_t	 pids[4];
	char	 name[16];

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		for (k = 0; k < 4; k++) {
			pids[k] = px_fork(NULL);
			if (pids[k] == 0)
				_exit(open(name, O_RDWR | O_CREAT | O_EXCL,
				    0644) == -1 ? 1 : 0);
		}
		made = 0;
		for (k = 0; k < 4; k++)
			if (waitpid(pids[k], &status, 0) == pids[k] &&
			    WIFEXITED(status) && WEXITSTATUS(status) == 0)
				made++;
		GIVES(1, made);
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "create", group_create },
		{ "trunc", group_trunc },
		{ "path", group_path },
		{ "append", group_append },
		{ "direct", group_direct },
		{ "sync", group_sync },
		{ "race", group_race },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
