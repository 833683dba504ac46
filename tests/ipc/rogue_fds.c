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
 * Knows: descriptors that are not the share's, at every place of every
 * question; what a user's worker may not do to others' files.
 * Never: names.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue.h"

struct rogue_foreign {
	const char *what;
	int fd;
};

#define FOREIGN_MAX	20

static unsigned int
rogue_open_files(const struct rogue *r, struct rogue_foreign *f)
{
	unsigned int n = 0;

	f[n++] = (struct rogue_foreign){ "a directory outside",
	    fcntl(r->out.dirfd, F_DUPFD_CLOEXEC, 0) };
	f[n++] = (struct rogue_foreign){ "a directory outside, O_PATH",
	    openat(r->out.dirfd, ".", O_PATH | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a file outside",
	    fcntl(r->out.filefd, F_DUPFD_CLOEXEC, 0) };
	f[n++] = (struct rogue_foreign){ "a file outside, O_PATH",
	    openat(r->out.dirfd, "canary", O_PATH | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a link outside, O_PATH",
	    openat(r->out.dirfd, "clink", O_PATH | O_NOFOLLOW | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a pipe outside, O_PATH",
	    openat(r->out.dirfd, "cpipe", O_PATH | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "the directory above, O_PATH",
	    fcntl(r->tree.rootfd, F_DUPFD_CLOEXEC, 0) };
	f[n++] = (struct rogue_foreign){ "the host's root, O_PATH",
	    open("/", O_PATH | O_CLOEXEC) };
	if (r->who.flags & MSG_SHARE_BARE)
		return n;
	f[n++] = (struct rogue_foreign){ "the share on another mount",
	    openat(r->tree.plainfd, ".", O_RDONLY | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "the share on another mount, O_PATH",
	    fcntl(r->tree.plainfd, F_DUPFD_CLOEXEC, 0) };
	f[n++] = (struct rogue_foreign){ "the share's file on another mount",
	    openat(r->tree.plainfd, "file", O_RDWR | O_CLOEXEC) };
	return n;
}

static unsigned int
rogue_open_odd(const struct rogue *r, struct rogue_foreign *f)
{
	unsigned int n = 0;
	int pair[2];

	f[n++] = (struct rogue_foreign){ "a device",
	    open("/dev/null", O_RDWR | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a device, O_PATH",
	    open("/dev/null", O_PATH | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "procfs",
	    open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a procfs file",
	    open("/proc/self/comm", O_RDWR | O_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "a memfd",
	    memfd_create("rogue", MFD_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "an eventfd",
	    eventfd(0, EFD_CLOEXEC) };
	f[n++] = (struct rogue_foreign){ "its own channel",
	    fcntl(r->w.chan.fd, F_DUPFD_CLOEXEC, 0) };
	if (pipe2(pair, O_CLOEXEC) == -1)
		tap_bail("pipe: %s", strerror(errno));
	f[n++] = (struct rogue_foreign){ "a pipe's end", pair[0] };
	f[n++] = (struct rogue_foreign){ "a pipe's other end", pair[1] };
	return n;
}

static void
rogue_foreign_verb(struct rogue *r, uint16_t type,
    const struct rogue_foreign *f)
{
	struct rogue_ask a;
	unsigned int i;

	rogue_question(r, type, &a);
	for (i = 0; i < a.fd_cnt; i++) {
		rogue_question(r, type, &a);
		a.fds[i] = f->fd;
		tap_rc(-rogue_send(r, &a), -EBADF, "%s [%u]: %s",
		    msg_row(type)->name, i, f->what);
	}
}

void
rogue_fds(struct rogue *r)
{
	struct rogue_foreign f[FOREIGN_MAX];
	unsigned int cnt, i, row;

	cnt = rogue_open_files(r, f);
	cnt += rogue_open_odd(r, f + cnt);
	for (i = 0; i < cnt; i++) {
		if (f[i].fd == -1)
			tap_bail("%s: %s", f[i].what, strerror(errno));
		for (row = 0; row < msg_row_cnt; row++)
			if (msg_rows[row].to == MSG_FSWORKER &&
			    msg_rows[row].from == MSG_TRANSPORT &&
			    msg_rows[row].type != N_WATCH)
				rogue_foreign_verb(r, msg_rows[row].type,
				    &f[i]);
		close(f[i].fd);
	}
	rogue_healthy(r, "foreign descriptors");
}

static void
rogue_rights_node(struct rogue *r, int node)
{
	struct rogue_ask a;

	rogue_question(r, Q_OPEN, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's file is not opened");
	a.body.open.flags = O_RDONLY;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's file is not read");
	rogue_question(r, Q_SETATTR, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -EPERM, "root's file keeps its mode");
	a.body.setattr.valid = MSG_SET_SIZE;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's file keeps its size");
	a.body.setattr.valid = MSG_SET_UID;
	a.body.setattr.uid = ROGUE_UID;
	tap_rc(-rogue_send(r, &a), -EPERM, "root's file keeps its owner");
	a.fds[0] = r->filefd;
	a.body.setattr.uid = 0;
	tap_rc(-rogue_send(r, &a), -EPERM, "its own file is not given away");
}

/* A worker has the rights of its user, whoever asks. */
void
rogue_rights(struct rogue *r)
{
	struct rogue_ask a;
	int fd, node;

	fd = openat(r->tree.sharefd, "secret", O_RDWR | O_CREAT | O_CLOEXEC,
	    0600);
	node = openat(r->tree.sharefd, "secret", O_PATH | O_CLOEXEC);
	if (fd == -1 || node == -1)
		tap_bail("secret: %s", strerror(errno));
	rogue_rights_node(r, node);
	/* An open descriptor of the share is authority; O_PATH is not. */
	rogue_question(r, Q_WRITE, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -EBADF, "O_PATH is not written to");
	rogue_question(r, Q_COPY, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -EBADF, "O_PATH is not copied from");
	rogue_question(r, Q_READDIRPLUS, &a);
	a.fds[0] = r->tree.sharefd;
	tap_rc(-rogue_send(r, &a), -EBADF, "O_PATH is not listed");
	rogue_question(r, Q_MKNOD, &a);
	a.body.mknod.mode = S_IFBLK | 0666;
	a.body.mknod.rdev_major = 8;
	tap_rc(-rogue_send(r, &a), -EPERM, "no device node is made");
	close(node);
	close(fd);
	rogue_healthy(r, "what is not permitted");
}
