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
 * Knows: flock(2) locks that guests and the host share.
 * Never: waiting for one (more_lock_wait.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

static const char *const	 more_flock_on[] = { "--flock", NULL };

static int
more_flock_host(struct box *b, int op)
{
	int	 fd, err = 0;

	fd = open(box_host(b, "file"), O_RDWR | O_CLOEXEC);
	if (fd == -1)
		tap_bail("file: %s", strerror(errno));
	if (flock(fd, op | LOCK_NB) == -1)
		err = errno;
	close(fd);
	return err;
}

static int
more_flock_set(struct box *b, const struct fs_file *f, uint32_t type)
{
	struct fs_lock	 l = more_whole(7, type);

	l.flock = true;
	return fs_setlk(&b->fs, f, &l);
}

/* Two handles of one guest, and the host. */
static void
more_flock_handles(struct box *b, struct fs_file *f, struct fs_file *g)
{
	struct fuse_release_in	 in = { .fh = g->fh,
	    .release_flags = FUSE_RELEASE_FLOCK_UNLOCK };
	int			 fd;

	tap_rc(more_flock_set(b, f, F_WRLCK), 0, "lock");
	tap_is(more_flock_host(b, LOCK_SH), EWOULDBLOCK,
	    "the host does not get it");
	tap_rc(more_flock_set(b, g, F_WRLCK), -EAGAIN,
	    "nor another handle, of the same owner");
	tap_rc(more_flock_set(b, f, F_RDLCK), 0, "share it");
	tap_is(more_flock_host(b, LOCK_SH), 0, "the host shares it");
	tap_is(more_flock_host(b, LOCK_EX), EWOULDBLOCK, "no more than that");
	tap_rc(more_flock_set(b, g, F_RDLCK), 0, "another handle, too");
	tap_rc(more_flock_set(b, f, F_UNLCK), 0, "the first lets go");
	tap_is(more_flock_host(b, LOCK_EX), EWOULDBLOCK,
	    "the second has it still");
	tap_rc(fs_flush_as(&b->fs, g, 7), 0, "FLUSH");
	tap_is(more_flock_host(b, LOCK_EX), EWOULDBLOCK,
	    "is nothing to a flock");
	tap_rc(fs_release_as(&b->fs, g, &in), 0, "RELEASE");
	tap_is(more_flock_host(b, LOCK_EX), 0, "is the end of it");
	fd = open(box_host(b, "file"), O_RDWR | O_CLOEXEC);
	tap_is(flock(fd, LOCK_EX), 0, "the host locks");
	tap_rc(more_flock_set(b, f, F_RDLCK), -EAGAIN, "the guest cannot");
	close(fd);
	tap_rc(more_flock_set(b, f, F_RDLCK), 0, "until it lets go");
	tap_rc(more_flock_set(b, f, 9), -EINVAL, "no type of lock");
}

/* The other kind of lock is another matter. */
static void
more_flock_other(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = more_whole(7, F_WRLCK);

	tap_rc(more_flock_set(b, f, F_WRLCK), 0, "lock");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0,
	    "a POSIX lock does not mind");
	tap_rc(fs_setlk(&b->fs, f, &l), -ENOSYS,
	    "a POSIX lock without --posix-lock");
	tap_rc(more_flock_set(b, f, F_UNLCK), 0, "unlock");
}

static void
more_flock_two(struct box *a, const struct fs_file *fa)
{
	struct fs_file	 fb;
	struct box	 b;

	if (more_start_with(&b, a, more_flock_on)) {
		fs_fopen(&b.fs, more_node_of(&b, "file"), O_RDONLY, &fb);
		tap_rc(more_flock_set(a, fa, F_WRLCK), 0,
		    "the first guest locks");
		tap_rc(more_flock_set(&b, &fb, F_RDLCK), -EAGAIN,
		    "the second does not");
		tap_rc(more_flock_set(a, fa, F_UNLCK), 0, "the first ends");
		tap_rc(more_flock_set(&b, &fb, F_WRLCK), 0,
		    "the second locks, reading only");
		tap_is(box_hangup(&b), 0, "it goes away");
		tap_rc(more_flock_set(a, fa, F_WRLCK), 0,
		    "the first locks again");
	}
	box_close(&b);
}

void
more_flock(void)
{
	struct fs_file	 f, g;
	struct box	 b;

	if (more_start(&b, more_flock_on)) {
		tap_is(b.init.flags & (FUSE_FLOCK_LOCKS | FUSE_POSIX_LOCKS),
		    FUSE_FLOCK_LOCKS, "--flock is negotiated");
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDWR, &f);
		fs_fopen(&b.fs, f.node, O_RDWR, &g);
		more_flock_handles(&b, &f, &g);
		more_flock_other(&b, &f);
		more_flock_two(&b, &f);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
