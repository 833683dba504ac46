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
 * Knows: mknodat(2), mkdirat(2), symlinkat(2), and the ways to give a file a
 * label before it has its name.
 * Never: a question's form; openat(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../common/proc.h"

#include "at.h"
#include "make.h"

#define MAKE_RETRY	8	/* names that somebody else had the idea for */
#define MAKE_HIDDEN_MAX	48

/* The system call alone. */
static int
make_call(struct make *m, const char *name)
{
	const uint32_t perm = m->mode & 07777;
	int r;

	if (m->open)
		return at_create(m->dirfd, name, m->flags, perm, &m->fd);
	switch (m->mode & S_IFMT) {
	case S_IFDIR:
		r = mkdirat(m->dirfd, name, perm);
		break;
	case S_IFLNK:
		r = symlinkat(m->target, m->dirfd, name);
		break;
	default:
		r = mknodat(m->dirfd, name, m->mode, m->dev);
		break;
	}
	return r == -1 ? errno : 0;
}

static int
make_call_masked(struct make *m, const char *name)
{
	int err;

	if (m->umask == 0)
		return make_call(m, name);
	umask(m->umask);
	err = make_call(m, name);
	umask(0);
	return err;
}

static void
make_undo(struct make *m, const char *name)
{
	fd_close(&m->fd);
	unlinkat(m->dirfd, name, S_ISDIR(m->mode) ? AT_REMOVEDIR : 0);
}

/*
 * What will get a label must be of the type that was made, ours and new,
 * whoever moves names about in the directory.
 */
static int
make_ours(const struct make *m)
{
	struct statx stx;

	if (m->label.name[0] == '\0')
		return 0;
	if (statx(m->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == -1)
		return errno;
	return (stx.stx_mode & S_IFMT) == (m->mode & S_IFMT) &&
	    stx.stx_uid == m->req->who->cred.uid &&
	    stx.stx_nlink <= (S_ISDIR(m->mode) ? 2u : 1u) ? 0 : EIO;
}

/* Make it under a name, and label it; *made says whether to undo it. */
static int
make_at(struct make *m, const char *name, int *made)
{
	int err;

	*made = 0;
	if ((err = make_call_masked(m, name)) != 0)
		return err;
	*made = 1;
	if (m->fd == -1 && (err = at_child(m->dirfd, name, &m->fd)) != 0)
		return err == ENOENT ? EIO : err;
	if ((err = make_ours(m)) != 0) {
		*made = 0;
		return err;
	}
	return label_set(&m->label, m->fd);
}

static void
make_hidden(char name[MAKE_HIDDEN_MAX])
{
	static unsigned int cnt;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(name, MAKE_HIDDEN_MAX, ".viofsd-%llx%08lx%x",
	    (unsigned long long)now.tv_sec, now.tv_nsec, cnt++);
}

/* Labelled under a hidden name, then moved: EINVAL where that cannot be. */
static int
make_aside(struct make *m)
{
	char name[MAKE_HIDDEN_MAX];
	int i, made = 0, err = EEXIST;

	for (i = 0; i < MAKE_RETRY && err == EEXIST; i++) {
		make_hidden(name);
		err = make_at(m, name, &made);
	}
	if (err == 0 && syscall(SYS_renameat2, m->dirfd, name, m->dirfd,
	    m->name, RENAME_NOREPLACE) == -1)
		err = errno;
	if (err != 0 && made)
		make_undo(m, name);
	return err;
}

int
make_nameless(struct make *m)
{
	int flags = m->flags, err;

	m->fd = -1;
	/* The kernel makes none for reading only. */
	if ((flags & O_ACCMODE) == O_RDONLY)
		flags |= O_RDWR;
	umask(m->umask);
	err = at_tmpfile(m->dirfd, flags, m->mode & 07777, &m->fd);
	umask(0);
	if (err == 0)
		err = label_set(&m->label, m->fd);
	if (err != 0)
		fd_close(&m->fd);
	return err;
}

/* A regular file that gets its name last. */
static int
make_linked(struct make *m)
{
	char number[AT_NUMBER_MAX];
	int fd, err;

	if ((err = make_nameless(m)) != 0)
		return err;
	if ((m->flags & O_ACCMODE) == O_RDONLY) {
		err = at_reopen(m->fd, m->flags, &fd);
		fd_close(&m->fd);
		if (err != 0)
			return err;
		m->fd = fd;
	}
	if (linkat(PROC_FD_PROC, at_number(m->fd, number), m->dirfd, m->name,
	    AT_SYMLINK_FOLLOW) == 0)
		return 0;
	err = errno;
	fd_close(&m->fd);
	return err;
}

static int
make_labelled(struct make *m)
{
	int fd, err;

	if (at_child(m->dirfd, m->name, &fd) == 0) {
		fd_close(&fd);
		return EEXIST;
	}
	if (m->open) {
		err = make_linked(m);
		if (err != EOPNOTSUPP && err != EISDIR && err != ENOENT)
			return err;
	}
	return make_aside(m);
}

int
make_new(struct make *m)
{
	int made, err;

	m->fd = -1;
	if (m->label.name[0] != '\0') {
		err = make_labelled(m);
		if (err != EINVAL)
			return err;
	}
	err = make_at(m, m->name, &made);
	if (err != 0 && made && m->label.name[0] != '\0')
		make_undo(m, m->name);
	else if (err != 0)
		fd_close(&m->fd);
	return err;
}
