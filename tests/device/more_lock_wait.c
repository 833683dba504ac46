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
 * Knows: waiting for locks, and how locks end.
 * Never: what conflicts with what (more_lock.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "more.h"

#define MORE_WAITERS	8

static const char *const	 more_locks_on[] = { "--posix-lock",
    "--flock", NULL };

/* Whether the reply to a request is there after this many milliseconds. */
static bool
more_wait_done(struct box *b, const struct fs_ticket *t, long ms)
{
	const struct timespec	 ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
	ring_collect(&b->q[t->queue]);
	return b->q[t->queue].chain[t->head].done;
}

static void
more_wait_host(struct box *b, const struct fs_file *f, bool flock_it)
{
	struct fuse_attr_out	 a;
	struct fs_ticket	 t;
	struct fs_lock		 l = more_whole(1, F_WRLCK);
	const char		*what = flock_it ? "flock" : "setlkw";
	int			 fd;

	l.flock = flock_it;
	fd = open(box_host(b, "file"), O_RDWR | O_CLOEXEC);
	if (fd == -1 || flock(fd, flock_it ? LOCK_EX : LOCK_UN) == -1)
		tap_bail("the host cannot lock: %s", strerror(errno));
	if (!flock_it) {
		close(fd);
		fd = more_host_hold(b, "file", F_WRLCK, 0, 0);
	}
	tap_rc(fs_setlkw(&b->fs, f, &l, &t), 0, "%s", what);
	tap_ok(!more_wait_done(b, &t, 300), "%s waits for the host", what);
	tap_rc(fs_getattr(&b->fs, f->node, &a), 0,
	    "other requests are served meanwhile");
	tap_rc(fs_getattr(&b->fs, FUSE_ROOT_ID, &a), 0, "any of them");
	close(fd);
	tap_rc(fs_finish(&b->fs, &t, NULL, 0), 0,
	    "%s has it when the host lets go", what);
	l.type = F_UNLCK;
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "unlock");
	tap_rc(fs_setlkw(&b->fs, f, &l, &t), 0, "%s to unlock", what);
	tap_rc(fs_finish(&b->fs, &t, NULL, 0), 0, "does not wait");
}

static void
more_wait_interrupt(struct box *b, const struct fs_file *f)
{
	struct fs_lock		 l = more_whole(1, F_WRLCK);
	struct fs_ticket	 t;
	int			 fd;

	fd = more_host_hold(b, "file", F_WRLCK, 0, 0);
	fs_setlkw(&b->fs, f, &l, &t);
	more_wait_done(b, &t, 100);
	tap_rc(fs_interrupt(&b->fs, t.unique + 1), 0,
	    "an interrupt of something else");
	tap_ok(!more_wait_done(b, &t, 100), "it still waits");
	tap_rc(fs_interrupt(&b->fs, t.unique), 0, "an interrupt");
	tap_rc(fs_finish(&b->fs, &t, NULL, 0), -EINTR, "ends the wait");
	/* A new owner's file has to be opened first, which takes time. */
	l.owner = 77;
	fs_setlkw_quiet(&b->fs, f, &l, &t);
	tap_rc(fs_interrupt(&b->fs, t.unique), 0, "an interrupt at once");
	b->fs.timeout = 3000;
	tap_rc(fs_finish(&b->fs, &t, NULL, 0), -EINTR,
	    "ends the wait as well");
	b->fs.timeout = 20000;
	close(fd);
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0,
	    "nobody has the lock");
	tap_rc(fs_interrupt(&b->fs, t.unique), 0,
	    "an interrupt of what is done");
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "the next lock is not ended");
	fs_flush_as(&b->fs, f, 77);
	fs_flush_as(&b->fs, f, 1);
}

/* All who wait for reading get it at once when the writer lets go. */
static void
more_wait_many(struct box *b, const struct fs_file *f)
{
	struct fs_lock		 l = more_whole(1, F_WRLCK);
	struct fs_ticket	 t[MORE_WAITERS], other;
	struct fs_file		 fc;
	struct box		 c;
	unsigned		 i, bad = 0;

	if (!more_start_with(&c, b, more_locks_on))
		goto out;
	fs_fopen(&c.fs, more_node_of(&c, "file"), O_RDWR, &fc);
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "owner 1 locks");
	l.type = F_RDLCK;
	tap_rc(fs_setlkw(&c.fs, &fc, &l, &other), 0,
	    "another guest waits to read");
	for (i = 0; i < MORE_WAITERS; i++) {
		l.owner = 10 + i;
		bad += fs_setlkw(&b->fs, f, &l, &t[i]) != 0;
	}
	tap_is(bad, 0, "%d owners wait to read", MORE_WAITERS);
	tap_ok(!more_wait_done(&c, &other, 200), "nobody may");
	fs_flush_as(&b->fs, f, 1);
	tap_rc(fs_finish(&c.fs, &other, NULL, 0), 0, "the other guest may");
	for (i = 0; i < MORE_WAITERS; i++)
		bad += fs_finish(&b->fs, &t[i], NULL, 0) != 0;
	tap_is(bad, 0, "all may");
	tap_is(more_host_lock(b, "file", F_RDLCK, 0, 0), 0, "the host, too");
	for (i = 0; i < MORE_WAITERS; i++)
		fs_flush_as(&b->fs, f, 10 + i);
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), EAGAIN,
	    "one is left");
	fs_flush_as(&c.fs, &fc, 1);
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0, "none is left");
out:
	box_close(&c);
}

void
more_lock_wait(void)
{
	struct fs_file	 f;
	struct box	 b;

	if (more_start(&b, more_locks_on)) {
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDWR, &f);
		more_wait_host(&b, &f, false);
		more_wait_host(&b, &f, true);
		more_wait_interrupt(&b, &f);
		more_wait_many(&b, &f);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}

/* How the session ends decides nothing: all locks end with it. */
static void
more_lock_session(struct box *b, int how)
{
	static const char *const	 what[] = { "RELEASE", "DESTROY",
	    "a second INIT", "a reset of the device" };
	struct fuse_release_in		 in = {
	    .release_flags = FUSE_RELEASE_FLUSH, .lock_owner = 1 };
	struct fs_lock			 l = { .owner = 1, .end = 9,
	    .type = F_WRLCK };
	struct fs_ticket		 t = { .queue = 1 };
	struct fs_file			 f;
	int				 fd = -1;

	fs_fopen(&b->fs, more_file(b, "file", 0, 0644), O_RDWR, &f);
	tap_rc(fs_setlk(&b->fs, &f, &l), 0, "%s: a lock", what[how]);
	if (how > 0) {
		fd = more_host_hold(b, "file", F_WRLCK, 10, 10);
		l.start = l.end = 12;
		fs_setlkw(&b->fs, &f, &l, &t);
		tap_ok(!more_wait_done(b, &t, 50), "one waits");
	}
	if (how == 0) {
		in.fh = f.fh;
		tap_rc(fs_release_as(&b->fs, &f, &in), 0, "release");
	} else if (how == 1) {
		tap_rc(fs_destroy(&b->fs), 0, "destroy");
	} else if (how == 2) {
		tap_rc(fs_init(&b->fs, NULL), 0, "init");
	} else {
		tap_is(box_reset(b), 0, "reset");
	}
	if (how == 1 || how == 2)
		tap_rc(fs_finish(&b->fs, &t, NULL, 0), -EINTR,
		    "the waiting one ends");
	if (how != 0)
		fs_init(&b->fs, NULL);
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 10), 0,
	    "%s: the lock is gone", what[how]);
	close(fd);
	tap_rc(fs_getattr(&b->fs, FUSE_ROOT_ID, NULL), 0, "it serves on");
	unlink(box_host(b, "file"));
}

/* The guest is gone, with a lock, and waiting for another. */
static void
more_lock_hangup(void)
{
	struct fs_lock		 l = { .owner = 1, .end = 9,
	    .type = F_WRLCK };
	struct fs_ticket	 t;
	struct fs_file		 f;
	struct box		 b;
	int			 fd;

	if (more_start(&b, more_locks_on)) {
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDWR, &f);
		tap_rc(fs_setlk(&b.fs, &f, &l), 0, "hangup: a lock");
		l.flock = true;
		tap_rc(fs_setlk(&b.fs, &f, &l), 0, "hangup: a flock");
		fd = more_host_hold(&b, "file", F_WRLCK, 10, 10);
		l = (struct fs_lock){ .owner = 2, .start = 10, .end = 19,
		    .type = F_WRLCK };
		tap_rc(fs_setlkw(&b.fs, &f, &l, &t), 0, "hangup: a wait");
		tap_ok(!more_wait_done(&b, &t, 50), "it waits");
		tap_is(box_hangup(&b), 0, "the guest ends");
		tap_is(daemon_leftover(&b.d, 5000), 0,
		    "and with it the daemon");
		tap_is(more_host_lock(&b, "file", F_WRLCK, 0, 10), 0,
		    "the lock is gone");
		tap_is(flock(fd, LOCK_EX | LOCK_NB), 0, "the flock is gone");
		close(fd);
	}
	box_close(&b);
}

void
more_lock_end(void)
{
	struct box	 b;
	int		 how;

	if (more_start(&b, more_locks_on)) {
		for (how = 0; how < 4; how++)
			more_lock_session(&b, how);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
	more_lock_hangup();
}
