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
 * Knows: that mappings and calls see the same file.
 * Never: times.
 */

#include "posix.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE	4096

static char	 buf[4 * PAGE];

static char *
map(int fd, int prot, int flags, size_t len)
{
	char	*p = mmap(NULL, len, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		px_bail("mmap");
	return p;
}

static void
group_shared(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT), other;
	char	*p, *q;

	OK(ftruncate(fd, 3 * PAGE));
	other = px_open("f", O_RDWR);
	p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 3 * PAGE);
	q = map(other, PROT_READ, MAP_SHARED, 3 * PAGE);
	GIVES(0, p[PAGE]);
	GIVES(5, pwrite(fd, "hello", 5, PAGE));
	TRUE(memcmp(p + PAGE, "hello", 5) == 0);
	TRUE(memcmp(q + PAGE, "hello", 5) == 0);
	memcpy(p + PAGE, "world", 5);
	TRUE(memcmp(q + PAGE, "world", 5) == 0);
	GIVES(5, pread(fd, buf, 5, PAGE));
	TRUE(memcmp(buf, "world", 5) == 0);
	GIVES(5, pread(other, buf, 5, PAGE));
	TRUE(memcmp(buf, "world", 5) == 0);
	GIVES(3, pwrite(other, "abc", 3, 2 * PAGE - 1));
	TRUE(memcmp(p + 2 * PAGE - 1, "abc", 3) == 0);
	if (px_as(&px_carol)) {
		memcpy(p, "child", 5);
		px_end();
	}
	TRUE(memcmp(q, "child", 5) == 0);
	OK(msync(p, 3 * PAGE, MS_SYNC));
	OK(msync(p, 3 * PAGE, MS_ASYNC));
	OK(munmap(p, 3 * PAGE));
	OK(close(fd));
	OK(close(other));
	TRUE(memcmp(q, "child", 5) == 0);
	OK(munmap(q, 3 * PAGE));
	fd = px_open("f", O_RDONLY);
	GIVES(3 * PAGE, read(fd, buf, sizeof(buf)));
	TRUE(memcmp(buf, "child", 5) == 0);
	TRUE(memcmp(buf + PAGE, "world", 5) == 0);
	OK(close(fd));
}

static void
group_private(void)
{
	int	 fd;
	char	*p;

	px_file("f", "some text", 0644);
	fd = px_open("f", O_RDONLY);
	p = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, PAGE);
	TRUE(memcmp(p, "some text", 9) == 0);
	memcpy(p, "mine", 4);
	TRUE(px_holds("f", "some text"));
	OK(munmap(p, PAGE));
	FAILS(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) ==
	    MAP_FAILED ? -1 : 0);
	close(fd);
	fd = px_open("f", O_WRONLY);
	FAILS(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) ==
	    MAP_FAILED ? -1 : 0);
	close(fd);
	fd = px_open(".", O_RDONLY | O_DIRECTORY);
	FAILS(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) ==
	    MAP_FAILED ? -1 : 0);
	close(fd);
}

/* Behind the last page of a file there is nothing; behind its end, zeros. */
static void
touch(const char *p, bool dies, const char *name)
{
	volatile char	 c;
	int		 status;
	pid_t		 pid = px_fork(NULL);

	if (pid == 0) {
		c = *p;
		(void)c;
		px_end();
	}
	GIVES(pid, waitpid(pid, &status, 0));
	px_true(dies ? WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS :
	    WIFEXITED(status) && WEXITSTATUS(status) == 0, name);
}

static void
group_end(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT);
	char	*p;

	memset(buf, 'x', sizeof(buf));
	GIVES(3 * PAGE, write(fd, buf, 3 * PAGE));
	p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 4 * PAGE);
	touch(p + 2 * PAGE, false, "the last page is there");
	touch(p + 3 * PAGE, true, "SIGBUS behind it");
	OK(ftruncate(fd, PAGE + 10));
	touch(p + PAGE + 9, false, "the last byte after a truncation");
	GIVES('x', p[PAGE + 9]);
	GIVES(0, p[PAGE + 10]);
	GIVES(0, p[2 * PAGE - 1]);
	touch(p + 2 * PAGE, true, "SIGBUS behind what was cut off");
	OK(ftruncate(fd, 3 * PAGE));
	GIVES(0, p[PAGE + 10]);
	GIVES(0, p[2 * PAGE]);
	touch(p + 2 * PAGE, false, "longer again");
	p[PAGE + 100] = 'y';
	OK(ftruncate(fd, PAGE + 50));
	OK(ftruncate(fd, 2 * PAGE));
	GIVES(1, pread(fd, buf, 1, PAGE + 100));
	GIVES(0, buf[0]);
	GIVES(0, p[PAGE + 100]);
	OK(truncate("f", 0));
	touch(p, true, "SIGBUS in an empty file");
	OK(munmap(p, 4 * PAGE));
	close(fd);
}

static void
group_gone(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT);
	char	*p;

	GIVES(9, write(fd, "some text", 9));
	p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE);
	OK(unlink("f"));
	OK(close(fd));
	TRUE(memcmp(p, "some text", 9) == 0);
	p[0] = 'S';
	OK(msync(p, PAGE, MS_SYNC));
	GIVES('S', p[0]);
	OK(munmap(p, PAGE));
}

static void
group_punch(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT);
	char	*p;

	if (!px_can("punch"))
		return;
	memset(buf, 'x', sizeof(buf));
	GIVES(4 * PAGE, write(fd, buf, 4 * PAGE));
	p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 4 * PAGE);
	GIVES('x', p[PAGE]);
	p[PAGE + 1] = 'y';
	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE,
	    PAGE));
	GIVES(0, p[PAGE]);
	GIVES(0, p[PAGE + 1]);
	GIVES('x', p[2 * PAGE]);
	p[PAGE] = 'z';
	GIVES(1, pread(fd, buf, 1, PAGE));
	GIVES('z', buf[0]);
	OK(munmap(p, 4 * PAGE));
	close(fd);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "shared", group_shared },
		{ "private", group_private },
		{ "end", group_end },
		{ "gone", group_gone },
		{ "punch", group_punch },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
