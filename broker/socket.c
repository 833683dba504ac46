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
 * Knows: the vhost-user listening socket, made or inherited, its pid file,
 * and the connection to syslog.
 * Never: a connected peer.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/log.h"
#include "socket.h"

#define SOCKET_FD	3
#define SOCKET_BACKLOG	1	/* one front-end */

static int
socket_option(int fd, int name)
{
	socklen_t len;
	int value;

	len = sizeof(value);
	if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1)
		fatal("--fd %d", fd);
	return value;
}

int
socket_inherit(int fd)
{
	if (socket_option(fd, SO_DOMAIN) != AF_UNIX ||
	    socket_option(fd, SO_TYPE) != SOCK_STREAM)
		fatalx("--fd %d is no UNIX stream socket", fd);
	if (socket_option(fd, SO_ACCEPTCONN) != 1)
		fatalx("--fd %d is not listening", fd);
	if (fd != SOCKET_FD && dup2(fd, SOCKET_FD) == -1)
		fatal("--fd %d", fd);
	if (fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC) == -1)
		fatal("--fd %d", fd);
	if (syscall(SYS_close_range, SOCKET_FD + 1, ~0U, 0) == -1)
		fatal("close_range");
	return SOCKET_FD;
}

/*
 * The file stays when its daemon ends; what counts is the lock.  It is looked
 * at again after locking because someone may have removed it in between.
 */
static int
socket_lock(const char *path)
{
	char name[PATH_MAX + 8], pid[16];
	struct stat mine, there;
	int fd, n;

	snprintf(name, sizeof(name), "%s.pid", path);
	for (;;) {
		fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
		if (fd == -1)
			fatal("%s", name);
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			if (errno == EWOULDBLOCK)
				fatalx("%s is locked: another instance "
				    "serves on this socket", name);
			fatal("%s", name);
		}
		if (fstat(fd, &mine) == -1)
			fatal("%s", name);
		if (lstat(name, &there) == 0 &&
		    mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
			break;
		close(fd);
	}
	if (!S_ISREG(mine.st_mode))
		fatalx("%s is not a regular file", name);
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (fchmod(fd, 0600) == -1 || ftruncate(fd, 0) == -1 ||
	    pwrite(fd, pid, (size_t)n, 0) != n)
		fatal("%s", name);
	return fd;
}

/* Is there a socket at path?  Anything else there is fatal. */
static int
socket_exists(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno != ENOENT)
			fatal("%s", path);
		return 0;
	}
	if (!S_ISSOCK(st.st_mode))
		fatalx("%s exists and is not a socket", path);
	return 1;
}

/*
 * Fill sa for path; one that does not fit goes through a descriptor of its
 * directory, which the caller closes after bind(2).
 */
static int
socket_address(const char *path, struct sockaddr_un *sa)
{
	char dir[PATH_MAX];
	const char *name;
	size_t len;
	int fd = -1, n;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	len = strlen(path);
	if (len < sizeof(sa->sun_path)) {
		memcpy(sa->sun_path, path, len);
		return -1;
	}
	snprintf(dir, sizeof(dir), "%s", path);
	name = path;
	if (strrchr(path, '/') != NULL) {
		name = strrchr(path, '/') + 1;
		dir[name - path] = '\0';
	} else
		snprintf(dir, sizeof(dir), ".");
	if ((fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		fatal("%s", dir);
	n = snprintf(sa->sun_path, sizeof(sa->sun_path),
	    "/proc/self/fd/%d/%s", fd, name);
	if (n < 0 || (size_t)n >= sizeof(sa->sun_path))
		fatalx("--socket-path: the name '%s' is too long", name);
	return fd;
}

int
socket_listen(const char *path, gid_t gid, int *lockfd)
{
	struct sockaddr_un sa;
	mode_t old;
	int fd, dirfd;

	/* Looked at twice: a wrong path must not cost a lock file either. */
	socket_exists(path);
	*lockfd = socket_lock(path);
	if (socket_exists(path) && unlink(path) == -1)
		fatal("%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		fatal("socket");
	dirfd = socket_address(path, &sa);
	old = umask(gid == SOCKET_NO_GROUP ? 0077 : 0007);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		fatal("%s", path);
	umask(old);
	if (gid != SOCKET_NO_GROUP &&
	    fchownat(dirfd == -1 ? AT_FDCWD : dirfd,
	    dirfd == -1 ? path : strrchr(sa.sun_path, '/') + 1, (uid_t)-1,
	    gid, AT_SYMLINK_NOFOLLOW) == -1)
		fatal("%s: group", path);
	fd_close(&dirfd);
	if (listen(fd, SOCKET_BACKLOG) == -1)
		fatal("%s", path);
	return fd;
}

void
socket_syslog(void)
{
	struct sockaddr_un sa = { AF_UNIX, "/dev/log" };
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		fatal("--syslog: %s", sa.sun_path);
	if (dup2(fd, STDERR_FILENO) == -1)
		fatal("--syslog");
	close(fd);
}
