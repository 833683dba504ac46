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
 * Knows: that set-id bits fare on a plain share as they do on the host, for
 * whoever changes a file.
 * Never: what a guest asks for (more_kill.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

enum more_same_op {
	MORE_SAME_WRITE, MORE_SAME_APPEND, MORE_SAME_ALLOCATE,
	MORE_SAME_TRUNCATE, MORE_SAME_OPEN, MORE_SAME_COPY, MORE_SAME_CNT
};

static const char *const	 more_same_names[] = { "write", "append",
    "fallocate", "truncate", "open O_TRUNC", "copy" };

/* What a process of the host does; its exit code is an errno. */
static int
more_same_host(const char *path, enum more_same_op op)
{
	off_t		 from = 0, to = 100;
	int		 fd, rc = 0, flags = O_RDWR;

	if (op == MORE_SAME_OPEN)
		flags |= O_TRUNC;
	else if (op == MORE_SAME_APPEND)
		flags |= O_APPEND;
	fd = open(path, flags | O_CLOEXEC);
	if (fd == -1)
		return errno;
	if (op == MORE_SAME_WRITE || op == MORE_SAME_APPEND)
		rc = write(fd, "x", 1) == 1 ? 0 : -1;
	else if (op == MORE_SAME_ALLOCATE)
		rc = fallocate(fd, 0, 0, 100);
	else if (op == MORE_SAME_TRUNCATE)
		rc = truncate(path, 3);
	else if (op == MORE_SAME_COPY)
		rc = copy_file_range(fd, &from, fd, &to, 5, 0) == 5 ? 0 : -1;
	return rc == -1 ? errno : 0;
}

static int
more_same_fork(const char *path, enum more_same_op op, uint32_t uid)
{
	pid_t	 pid;
	int	 status;

	pid = fork();
	if (pid == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0) {
		if (setgroups(0, NULL) == -1 ||
		    setresgid(uid, uid, uid) == -1 ||
		    setresuid(uid, uid, uid) == -1)
			_exit(255);
		_exit(more_same_host(path, op));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		tap_bail("the host's process did not end");
	return WEXITSTATUS(status);
}

static int
more_same_guest(struct fs *fs, uint64_t node, enum more_same_op op)
{
	struct fuse_write_in	 in = { .size = 1 };
	struct fs_file		 f;
	int			 rc;

	if (op == MORE_SAME_TRUNCATE)
		return fs_truncate(fs, node, 3);
	rc = fs_fopen(fs, node, O_RDWR |
	    (op == MORE_SAME_OPEN ? O_TRUNC : 0), &f);
	if (rc != 0)
		return rc;
	in.fh = f.fh;
	in.flags = op == MORE_SAME_APPEND ? O_APPEND : 0;
	if (op == MORE_SAME_WRITE || op == MORE_SAME_APPEND)
		rc = fs_write_as(fs, &f, &in, "x", 1);
	else if (op == MORE_SAME_ALLOCATE)
		rc = fs_fallocate(fs, &f, 0, 0, 100);
	else if (op == MORE_SAME_COPY)
		rc = fs_copy(fs, &f, 0, &f, 100, 5);
	fs_release(fs, &f);
	return rc < 0 ? rc : 0;
}

static bool
more_same_one(struct box *b, enum more_same_op op, uint32_t uid,
    uint32_t mode)
{
	uint64_t	 n = more_file(b, "got", 1000, mode);
	uint32_t	 got, want;
	int		 err, rc;

	more_file(b, "want", 1000, mode);
	err = more_same_fork(box_host(b, "want"), op, uid);
	fs_cred(&b->fs, uid, uid);
	rc = more_same_guest(&b->fs, n, op);
	fs_cred(&b->fs, 0, 0);
	got = more_mode(b, "got");
	want = more_mode(b, "want");
	unlink(box_host(b, "got"));
	unlink(box_host(b, "want"));
	if (rc == -err && got == want)
		return true;
	tap_diag("%s by %u: 0%o becomes 0%o (%s), on the host 0%o (%s)",
	    more_same_names[op], uid, mode, got, tap_rcname(rc), want,
	    strerror(err));
	return false;
}

void
more_same(void)
{
	static const uint32_t	 uid[] = { 0, 1000, 2000 };
	static const uint32_t	 mode[] = { 06777, 06767, 04777, 04767,
	    02777, 02767, 02766, 0666 };
	struct box		 b;
	unsigned		 op, u, m, bad;

	if (more_start(&b, NULL)) {
		/* The host's processes must get there, too. */
		chmod(b.d.top, 0711);
		for (op = 0; op < MORE_SAME_CNT; op++) {
			for (u = 0; u < 3; u++) {
				bad = 0;
				for (m = 0; m < 8; m++)
					bad += !more_same_one(&b, op, uid[u],
					    mode[m]);
				tap_is(bad, 0, "%s by %u leaves the bits "
				    "that it leaves on the host",
				    more_same_names[op], uid[u]);
			}
		}
	}
	box_close(&b);
}
