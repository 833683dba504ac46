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
 * Knows: the three kinds of locks, who stands in whose way, and what ends one.
 * Never: what is in the files.
 */

#include "posix.h"

#include <sys/file.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct flock
range(short type, off_t start, off_t len)
{
	struct flock	 fl = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = start, .l_len = len };

	return fl;
}

static int
lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock	 fl = range(type, start, len);

	return fcntl(fd, cmd, &fl);
}

/* The type of what stands in the way of a lock to write. */
static int
way(int fd, int cmd, off_t start, off_t len)
{
	struct flock	 fl = range(F_WRLCK, start, len);

	return fcntl(fd, cmd, &fl) == -1 ? -1 : fl.l_type;
}

static void
group_posix(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT), other, ro;

	ro = px_open("f", O_RDONLY);
	OK(lock(fd, F_SETLK, F_WRLCK, 0, 10));
	OK(lock(fd, F_SETLK, F_RDLCK, 20, 10));
	OK(lock(fd, F_SETLK, F_WRLCK, 40, 0));
	FAILS(EBADF, lock(ro, F_SETLK, F_WRLCK, 100, 1));
	FAILS(EINVAL, lock(fd, F_SETLK, 77, 0, 1));
	FAILS(EINVAL, lock(fd, F_SETLK, F_WRLCK, -1, 1));
	GIVES(F_UNLCK, way(fd, F_GETLK, 0, 0));
	OK(other = open("f", O_RDWR));
	if (px_as(NULL)) {
		other = px_open("f", O_RDWR);
		FAILS(EAGAIN, lock(other, F_SETLK, F_WRLCK, 5, 1));
		FAILS(EAGAIN, lock(other, F_SETLK, F_RDLCK, 9, 1));
		FAILS(EAGAIN, lock(fd, F_SETLK, F_WRLCK, 0, 0));
		OK(lock(other, F_SETLK, F_WRLCK, 10, 10));
		OK(lock(other, F_SETLK, F_RDLCK, 20, 10));
		FAILS(EAGAIN, lock(other, F_SETLK, F_WRLCK, 29, 1));
		OK(lock(other, F_SETLK, F_WRLCK, 30, 10));
		FAILS(EAGAIN, lock(other, F_SETLK, F_RDLCK, 1000000, 1));
		GIVES(F_WRLCK, way(other, F_GETLK, 0, 5));
		GIVES(F_RDLCK, way(other, F_GETLK, 20, 5));
		GIVES(F_UNLCK, way(other, F_GETLK, 10, 5));
		px_end();
	}
	/* What the child had has gone with it. */
	OK(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	OK(lock(fd, F_SETLK, F_UNLCK, 5, 1));
	if (px_as(NULL)) {
		FAILS(EAGAIN, lock(other, F_SETLK, F_WRLCK, 4, 1));
		OK(lock(other, F_SETLK, F_WRLCK, 5, 1));
		FAILS(EAGAIN, lock(other, F_SETLK, F_WRLCK, 6, 1));
		px_end();
	}
	/* Any close of the file by the owner ends them all. */
	OK(close(ro));
	if (px_as(NULL)) {
		OK(lock(other, F_SETLK, F_WRLCK, 0, 0));
		px_end();
	}
	close(other);
	close(fd);
}

static void
group_change(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT);

	OK(lock(fd, F_SETLK, F_WRLCK, 0, 100));
	OK(lock(fd, F_SETLK, F_RDLCK, 0, 100));
	if (px_as(NULL)) {
		OK(lock(fd, F_SETLK, F_RDLCK, 0, 100));
		FAILS(EAGAIN, lock(fd, F_SETLK, F_WRLCK, 50, 1));
		px_end();
	}
	OK(lock(fd, F_SETLK, F_WRLCK, 0, 50));
	if (px_as(NULL)) {
		FAILS(EAGAIN, lock(fd, F_SETLK, F_RDLCK, 49, 1));
		OK(lock(fd, F_SETLK, F_RDLCK, 50, 50));
		px_end();
	}
	OK(lock(fd, F_SETLK, F_UNLCK, 0, 0));
	if (px_as(NULL)) {
		OK(lock(fd, F_SETLK, F_WRLCK, 0, 0));
		px_end();
	}
	close(fd);
}

static void
group_ofd(void)
{
	int	 a = px_open("f", O_RDWR | O_CREAT), b, c;

	b = px_open("f", O_RDWR);
	OK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	FAILS(EAGAIN, lock(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	FAILS(EAGAIN, lock(b, F_OFD_SETLK, F_RDLCK, 5, 1));
	FAILS(EAGAIN, lock(b, F_SETLK, F_RDLCK, 5, 1));
	OK(lock(b, F_OFD_SETLK, F_WRLCK, 10, 10));
	GIVES(F_WRLCK, way(b, F_OFD_GETLK, 0, 1));
	GIVES(F_UNLCK, way(a, F_OFD_GETLK, 0, 1));
	/* They belong to the open file, whoever has it. */
	if (px_as(NULL)) {
		OK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 5));
		FAILS(EAGAIN, lock(b, F_OFD_SETLK, F_WRLCK, 0, 5));
		px_end();
	}
	/* Another descriptor of the file may close. */
	c = px_open("f", O_RDWR);
	OK(close(c));
	FAILS(EAGAIN, lock(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	OK(c = dup(a));
	OK(close(a));
	FAILS(EAGAIN, lock(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	OK(close(c));
	OK(lock(b, F_OFD_SETLK, F_WRLCK, 0, 10));
	OK(lock(b, F_OFD_SETLK, F_UNLCK, 0, 0));
	close(b);
}

static void
group_flock(void)
{
	int	 a = px_open("f", O_RDWR | O_CREAT), b, c;

	b = px_open("f", O_RDONLY);
	OK(flock(a, LOCK_SH));
	OK(flock(b, LOCK_SH));
	FAILS(EAGAIN, flock(a, LOCK_EX | LOCK_NB));
	OK(flock(b, LOCK_UN));
	OK(flock(a, LOCK_EX | LOCK_NB));
	FAILS(EAGAIN, flock(b, LOCK_SH | LOCK_NB));
	FAILS(EAGAIN, flock(b, LOCK_EX | LOCK_NB));
	OK(flock(a, LOCK_EX));
	FAILS(EINVAL, flock(a, 0));
	OK(c = dup(a));
	OK(close(a));
	FAILS(EAGAIN, flock(b, LOCK_SH | LOCK_NB));
	if (px_as(NULL)) {
		FAILS(EAGAIN, flock(b, LOCK_SH | LOCK_NB));
		OK(flock(c, LOCK_SH));
		px_end();
	}
	OK(flock(b, LOCK_SH | LOCK_NB));
	OK(close(c));
	OK(flock(b, LOCK_EX | LOCK_NB));
	OK(close(b));
	a = px_open("f", O_RDWR);
	OK(flock(a, LOCK_EX | LOCK_NB));
	OK(flock(a, LOCK_UN));
	close(a);
}

/* A child that waits for what the parent has, and gets it when it may. */
static void
wait_for(int kind)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT), up[2];
	char	 c = 'x';
	pid_t	 pid;

	if (pipe2(up, O_CLOEXEC) != 0)
		px_bail("pipe");
	OK(kind == 2 ? flock(fd, LOCK_EX) : lock(fd, kind == 1 ?
	    F_OFD_SETLK : F_SETLK, F_WRLCK, 0, 0));
	pid = px_fork(NULL);
	if (pid == 0) {
		int	 mine = px_open("f", O_RDWR);

		if (write(up[1], "w", 1) != 1)
			px_bail("write");
		OK(kind == 2 ? flock(mine, LOCK_EX) : lock(mine, kind == 1 ?
		    F_OFD_SETLKW : F_SETLKW, F_WRLCK, 0, 0));
		if (write(up[1], "g", 1) != 1)
			px_bail("write");
		px_end();
	}
	TRUE(read(up[0], &c, 1) == 1 && c == 'w');
	px_tick();
	px_tick();
	OK(fcntl(up[0], F_SETFL, O_NONBLOCK));
	FAILS(EAGAIN, read(up[0], &c, 1));
	OK(kind == 2 ? flock(fd, LOCK_UN) : lock(fd, kind == 1 ?
	    F_OFD_SETLK : F_SETLK, F_UNLCK, 0, 0));
	TRUE(px_wait(pid));
	TRUE(read(up[0], &c, 1) == 1 && c == 'g');
	close(up[0]);
	close(up[1]);
	close(fd);
}

static void
group_wait(void)
{
	px_at("waiting for a POSIX lock");
	wait_for(0);
	px_at("waiting for a lock of an open file");
	wait_for(1);
	px_at("waiting for flock(2)");
	wait_for(2);
}

static void
woken(int sig)
{
	(void)sig;
}

static void
group_signal(void)
{
	struct sigaction sa = { .sa_handler = woken };
	int		 fd = px_open("f", O_RDWR | O_CREAT), mine;

	if (!px_can("lock-signal"))
		return;
	OK(lock(fd, F_SETLK, F_WRLCK, 0, 0));
	if (px_as(NULL)) {
		sigaction(SIGALRM, &sa, NULL);
		mine = px_open("f", O_RDWR);
		ualarm(100000, 100000);
		FAILS(EINTR, lock(mine, F_SETLKW, F_WRLCK, 0, 0));
		px_end();
	}
	OK(lock(fd, F_SETLK, F_UNLCK, 0, 0));
	OK(flock(fd, LOCK_EX));
	if (px_as(NULL)) {
		sigaction(SIGALRM, &sa, NULL);
		mine = px_open("f", O_RDWR);
		ualarm(100000, 100000);
		FAILS(EINTR, flock(mine, LOCK_SH));
		px_end();
	}
	close(fd);
}

/* A holder that is killed holds nothing. */
static void
group_killed(void)
{
	int	 fd = px_open("f", O_RDWR | O_CREAT), up[2], status;
	char	 c;
	pid_t	 pid;

	if (pipe2(up, O_CLOEXEC) != 0)
		px_bail("pipe");
	pid = px_fork(NULL);
	if (pid == 0) {
		int	 mine = px_open("f", O_RDWR);

		OK(lock(mine, F_SETLK, F_WRLCK, 0, 10));
		OK(lock(mine, F_OFD_SETLK, F_WRLCK, 20, 10));
		OK(flock(mine, LOCK_EX));
		if (write(up[1], "h", 1) != 1)
			px_bail("write");
		for (;;)
			pause();
	}
	TRUE(read(up[0], &c, 1) == 1);
	FAILS(EAGAIN, lock(fd, F_SETLK, F_WRLCK, 0, 10));
	FAILS(EAGAIN, lock(fd, F_SETLK, F_WRLCK, 20, 10));
	FAILS(EAGAIN, flock(fd, LOCK_SH | LOCK_NB));
	OK(kill(pid, SIGKILL));
	GIVES(pid, waitpid(pid, &status, 0));
	OK(lock(fd, F_SETLKW, F_WRLCK, 0, 10));
	OK(lock(fd, F_OFD_SETLKW, F_WRLCK, 20, 10));
	OK(flock(fd, LOCK_EX));
	close(up[0]);
	close(up[1]);
	close(fd);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "posix", group_posix },
		{ "change", group_change },
		{ "ofd", group_ofd },
		{ "flock", group_flock },
		{ "wait", group_wait },
		{ "signal", group_signal },
		{ "killed", group_killed },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
