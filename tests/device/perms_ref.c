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
 * Knows: what the host's kernel says to a process of somebody's ids.
 * Never: the daemon.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "perms.h"

#define PERMS_HOSTS	64

/* One process for each identity. */
struct perms_child {
	uint32_t	 uid, gid;
	pid_t		 pid;
	int		 fd;
};

/* What it is asked. */
struct perms_ask {
	struct perms_op	 op;
	bool		 walk;
};

static struct perms_child	 perms_children[PERMS_HOSTS];
static unsigned			 perms_child_cnt;
static int			 perms_root = -1;

static const char *
perms_number(int fd, char buf[32])
{
	snprintf(buf, 32, "/proc/self/fd/%d", fd);
	return buf;
}

static int
perms_reopen(int fd, int flags)
{
	char	 num[32];

	return open(perms_number(fd, num), flags | O_NONBLOCK | O_CLOEXEC);
}

static int
perms_ref_open(int fd, uint32_t flags, uint64_t *sum)
{
	char	 buf[256];
	ssize_t	 n = 0;
	int	 open_fd;

	if ((open_fd = perms_reopen(fd, (int)flags)) == -1)
		return errno;
	if ((flags & O_ACCMODE) != O_WRONLY &&
	    (n = pread(open_fd, buf, sizeof(buf), 0)) > 0)
		*sum = perms_sum(*sum, buf, (size_t)n);
	if ((flags & O_ACCMODE) != O_RDONLY)
		n = pwrite(open_fd, "w", 1, 3);
	close(open_fd);
	return n == -1 ? EIO : 0;
}

/* As the daemon does it: new, or there, a regular file, and opened. */
static int
perms_ref_create(int dir, const struct perms_op *op)
{
	struct stat	 st;
	int		 fd, node;

	fd = openat(dir, op->name, (int)(op->b | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC), op->a);
	if (fd == -1 && errno == EEXIST && (op->b & O_EXCL) == 0) {
		node = openat(dir, op->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (node == -1)
			return errno;
		if (fstat(node, &st) == -1 || !S_ISREG(st.st_mode)) {
			close(node);
			return EBADF;
		}
		fd = perms_reopen(node, (int)op->b & O_ACCMODE);
		close(node);
	}
	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

static int
perms_ref_readdir(int fd, uint64_t *sum)
{
	struct dirent	*e;
	DIR		*d;
	int		 open_fd;

	if ((open_fd = perms_reopen(fd, O_RDONLY | O_DIRECTORY)) == -1)
		return errno;
	if ((d = fdopendir(open_fd)) == NULL)
		return errno;
	while ((e = readdir(d)) != NULL)
		*sum += perms_sum(1, e->d_name, strlen(e->d_name));
	closedir(d);
	return 0;
}

static int
perms_ref_xattr(int fd, const struct perms_op *op, uint64_t *sum)
{
	char	 buf[1024], num[32];
	ssize_t	 n;

	perms_number(fd, num);
	switch (op->kind) {
	case PERMS_GETXATTR:
		n = getxattr(num, op->name, buf, sizeof(buf));
		if (n > 0)
			*sum = perms_sum(*sum, buf, (size_t)n);
		break;
	case PERMS_SETXATTR:
		n = setxattr(num, op->name, op->name2, strlen(op->name2),
		    (int)op->a);
		break;
	case PERMS_DELXATTR:
		n = removexattr(num, op->name);
		break;
	default:
		n = listxattr(num, buf, sizeof(buf));
		break;
	}
	return n == -1 ? errno : 0;
}

static int
perms_ref_attr(int fd, const struct perms_op *op)
{
	const struct timespec	 now[2] = { { 0, UTIME_NOW },
				    { 0, UTIME_NOW } };
	const struct timespec	 then[2] = { { 1000, 0 }, { 2000, 0 } };
	char			 num[32];
	int			 rc, wfd;

	switch (op->kind) {
	case PERMS_CHMOD:
		rc = chmod(perms_number(fd, num), op->a);
		break;
	case PERMS_CHOWN:
		rc = fchownat(fd, "", op->a, op->b, AT_EMPTY_PATH);
		break;
	case PERMS_TIMES:
		rc = utimensat(fd, "", op->a ? now : then, AT_EMPTY_PATH);
		break;
	case PERMS_ACCESS:
		rc = (int)syscall(SYS_faccessat2, fd, "", op->a,
		    AT_EACCESS | AT_EMPTY_PATH);
		break;
	default:
		if ((wfd = perms_reopen(fd, O_WRONLY)) == -1)
			return errno;
		rc = ftruncate(wfd, op->a);
		close(wfd);
		break;
	}
	return rc == -1 ? errno : 0;
}

static int
perms_ref_name(int dir, int dir2, const struct perms_op *op)
{
	char	 num[32];
	int	 rc;

	switch (op->kind) {
	case PERMS_LOOKUP:
		rc = openat(dir, op->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (rc != -1)
			close(rc);
		break;
	case PERMS_MKDIR:
		rc = mkdirat(dir, op->name, op->a);
		break;
	case PERMS_MKNOD:
		rc = mknodat(dir, op->name, op->a, 0);
		break;
	case PERMS_SYMLINK:
		rc = symlinkat("to", dir, op->name);
		break;
	case PERMS_UNLINK:
		rc = unlinkat(dir, op->name, 0);
		break;
	case PERMS_RMDIR:
		rc = unlinkat(dir, op->name, AT_REMOVEDIR);
		break;
	case PERMS_RENAME:
		rc = (int)syscall(SYS_renameat2, dir, op->name, dir2,
		    op->name2, op->a);
		break;
	default:
		rc = linkat(AT_FDCWD, perms_number(dir, num), dir2, op->name2,
		    AT_SYMLINK_FOLLOW);
		break;
	}
	return rc == -1 ? errno : 0;
}

static int
perms_ref_do(const struct perms_op *op, int fd, int fd2, uint64_t *sum)
{
	char	 buf[256];
	ssize_t	 n;

	switch (op->kind) {
	case PERMS_OPEN:
		return perms_ref_open(fd, op->a, sum);
	case PERMS_CREATE:
		return perms_ref_create(fd, op);
	case PERMS_READDIR:
		return perms_ref_readdir(fd, sum);
	case PERMS_READLINK:
		if ((n = readlinkat(fd, "", buf, sizeof(buf))) == -1)
			return errno;
		*sum = perms_sum(*sum, buf, (size_t)n);
		return 0;
	case PERMS_GETXATTR:
	case PERMS_SETXATTR:
	case PERMS_DELXATTR:
	case PERMS_LISTXATTR:
		return perms_ref_xattr(fd, op, sum);
	case PERMS_CHMOD:
	case PERMS_CHOWN:
	case PERMS_TIMES:
	case PERMS_ACCESS:
	case PERMS_TRUNCATE:
		return perms_ref_attr(fd, op);
	default:
		return perms_ref_name(fd, fd2, op);
	}
}

static int
perms_find(const char *path)
{
	return openat(perms_root, *path == '\0' ? "." : path,
	    O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static bool
perms_two(const struct perms_op *op)
{
	return op->kind == PERMS_RENAME || op->kind == PERMS_LINK;
}

/* Both descriptors; 0, or an errno of the way there. */
static int
perms_open_both(const struct perms_op *op, int fd[2])
{
	if ((fd[0] = perms_find(op->path)) == -1)
		return errno;
	if (perms_two(op) && (fd[1] = perms_find(op->path2)) == -1)
		return errno;
	return 0;
}

static void
perms_close_both(int fd[2])
{
	if (fd[0] != -1)
		close(fd[0]);
	if (fd[1] != -1)
		close(fd[1]);
}

/* A question with the descriptors that root has opened, if it has. */
static ssize_t
perms_recv(int sock, struct perms_ask *ask, int fd[2])
{
	char		 ctl[CMSG_SPACE(2 * sizeof(int))];
	struct iovec	 iov = { ask, sizeof(*ask) };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl, .msg_controllen = sizeof(ctl) };
	struct cmsghdr	*c;
	ssize_t		 n;

	fd[0] = fd[1] = -1;
	n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	if (n > 0 && (c = CMSG_FIRSTHDR(&m)) != NULL)
		memcpy(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return n;
}

static void
perms_send(int sock, struct perms_ask *ask, const int fd[2])
{
	char		 ctl[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec	 iov = { ask, sizeof(*ask) };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t		 cnt = fd[0] == -1 ? 0 : fd[1] == -1 ? 1 : 2;
	struct cmsghdr	*c;

	if (cnt > 0) {
		m.msg_control = ctl;
		m.msg_controllen = CMSG_SPACE(cnt * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fd, cnt * sizeof(int));
	}
	if (sendmsg(sock, &m, 0) != (ssize_t)sizeof(*ask))
		tap_bail("a process of the host: %s", strerror(errno));
}

__attribute__((noreturn)) static void
perms_child_run(const struct perms_who *w, int sock)
{
	struct perms_result	 res;
	struct perms_ask	 ask;
	int			 fd[2];

	umask(022);	/* as the requests say */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgroups(w->group_cnt, w->groups) == -1 ||
	    setresgid(w->run_gid, w->run_gid, w->run_gid) == -1 ||
	    setresuid(w->run_uid, w->run_uid, w->run_uid) == -1)
		_exit(1);
	while (perms_recv(sock, &ask, fd) == (ssize_t)sizeof(ask)) {
		memset(&res, 0, sizeof(res));
		if (ask.walk)
			res.err = perms_open_both(&ask.op, fd);
		if (res.err == 0)
			res.err = perms_ref_do(&ask.op, fd[0], fd[1],
			    &res.sum);
		perms_close_both(fd);
		if (write(sock, &res, sizeof(res)) != (ssize_t)sizeof(res))
			break;
	}
	_exit(0);
}

static struct perms_child *
perms_child(const struct perms_who *w)
{
	struct perms_child	*c = perms_children;
	int			 pair[2];

	for (; c < perms_children + perms_child_cnt; c++)
		if (c->uid == w->run_uid && c->gid == w->run_gid)
			return c;
	if (perms_child_cnt == PERMS_HOSTS)
		tap_bail("too many identities");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		tap_bail("socketpair: %s", strerror(errno));
	perms_child_cnt++;
	c->uid = w->run_uid;
	c->gid = w->run_gid;
	c->fd = pair[0];
	fflush(stdout);
	if ((c->pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (c->pid == 0)
		perms_child_run(w, pair[1]);
	close(pair[1]);
	return c;
}

void
perms_host(const struct perms_who *w, const struct perms_op *op, bool walk,
    struct perms_result *res)
{
	struct perms_ask	 ask = { *op, walk };
	struct perms_child	*c = perms_child(w);
	int			 fd[2] = { -1, -1 };

	if (!walk && (res->err = perms_open_both(op, fd)) != 0)
		tap_bail("%s: %s", op->path, strerror(res->err));
	perms_send(c->fd, &ask, fd);
	perms_close_both(fd);
	if (read(c->fd, res, sizeof(*res)) != (ssize_t)sizeof(*res))
		tap_bail("a process of the host is gone");
}

void
perms_host_start(const char *top)
{
	perms_root = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (perms_root == -1)
		tap_bail("%s: %s", top, strerror(errno));
}

void
perms_host_end(void)
{
	struct perms_child	*c = perms_children;

	for (; c < perms_children + perms_child_cnt; c++) {
		close(c->fd);
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	perms_child_cnt = 0;
	close(perms_root);
}
