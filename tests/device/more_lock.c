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
 * Knows: POSIX locks that guests and the host share, without waiting.
 * Never: waiting for one (more_lock_wait.c), flock(2) (more_flock.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_OWNERS	300

static const char *const	 more_lock_on[] = { "--posix-lock", NULL };

struct fs_lock
more_whole(uint64_t owner, uint32_t type)
{
	struct fs_lock	 l = { .owner = owner, .end = INT64_MAX,
	    .type = type };

	return l;
}

int
more_host_hold(struct box *b, const char *name, short type, off_t start,
    off_t len)
{
	struct flock	 fl = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = start, .l_len = len };
	int		 fd;

	fd = open(box_host(b, name), O_RDWR | O_CLOEXEC);
	if (fd == -1 || fcntl(fd, F_OFD_SETLK, &fl) == -1)
		tap_bail("the host cannot lock %s: %s", name,
		    strerror(errno));
	return fd;
}

int
more_host_lock(struct box *b, const char *name, short type, off_t start,
    off_t len)
{
	struct flock	 fl = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = start, .l_len = len };
	int		 fd, err = 0;

	fd = open(box_host(b, name), O_RDWR | O_CLOEXEC);
	if (fd == -1)
		tap_bail("%s: %s", name, strerror(errno));
	if (fcntl(fd, F_OFD_SETLK, &fl) == -1)
		err = errno == EACCES ? EAGAIN : errno;
	close(fd);
	return err;
}

/* One guest against the host. */
static void
more_lock_host(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = { .owner = 1, .start = 10, .end = 19,
	    .type = F_WRLCK };
	int		 fd;

	tap_rc(fs_setlk(&b->fs, f, &l), 0, "a write lock of 10 bytes");
	tap_is(more_host_lock(b, "file", F_WRLCK, 15, 1), EAGAIN,
	    "the host does not get one of them");
	tap_is(more_host_lock(b, "file", F_RDLCK, 19, 5), EAGAIN,
	    "nor a read lock that begins there");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 10), 0,
	    "it gets those before");
	tap_is(more_host_lock(b, "file", F_WRLCK, 20, 0), 0,
	    "and those behind");
	l.start = l.end = 12;
	l.type = F_UNLCK;
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "unlock one in the middle");
	tap_is(more_host_lock(b, "file", F_WRLCK, 12, 1), 0,
	    "the host gets that one");
	tap_is(more_host_lock(b, "file", F_WRLCK, 11, 1), EAGAIN,
	    "the one before is locked");
	tap_is(more_host_lock(b, "file", F_WRLCK, 13, 1), EAGAIN,
	    "the one behind, too");
	l = (struct fs_lock){ .owner = 1, .start = 10, .end = 19,
	    .type = F_RDLCK };
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "make it a read lock");
	tap_is(more_host_lock(b, "file", F_RDLCK, 10, 10), 0,
	    "the host reads along");
	fd = more_host_hold(b, "file", F_RDLCK, 15, 1);
	l.type = F_WRLCK;
	tap_rc(fs_setlk(&b->fs, f, &l), -EAGAIN,
	    "with the host reading it cannot be a write lock");
	close(fd);
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "without it can");
	l = more_whole(1, F_UNLCK);
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "unlock all");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0,
	    "the host gets all");
}

static void
more_lock_get(struct box *b, const struct fs_file *f)
{
	struct fuse_file_lock	 out;
	struct fs_lock		 l = { .owner = 1, .start = 5, .end = 24,
	    .type = F_WRLCK };
	int			 fd;

	fd = more_host_hold(b, "file", F_RDLCK, 10, 10);
	tap_rc(fs_getlk(&b->fs, f, &l, &out), 0, "who has a lock?");
	tap_ok(out.type == F_RDLCK && out.start == 10 && out.end == 19,
	    "the host has a read lock of 10 bytes");
	l.type = F_RDLCK;
	tap_rc(fs_getlk(&b->fs, f, &l, &out), 0, "one against reading?");
	tap_is(out.type, F_UNLCK, "nobody");
	close(fd);
	fd = more_host_hold(b, "file", F_WRLCK, 7, 0);
	tap_rc(fs_getlk(&b->fs, f, &l, &out), 0, "one to the end?");
	tap_ok(out.type == F_WRLCK && out.start == 7 && out.end == INT64_MAX,
	    "the host has it");
	close(fd);
	l.type = F_WRLCK;
	fs_setlk(&b->fs, f, &l);
	tap_rc(fs_getlk(&b->fs, f, &l, &out), 0, "one against its owner?");
	tap_is(out.type, F_UNLCK, "nobody");
	l.owner = 2;
	tap_rc(fs_getlk(&b->fs, f, &l, &out), 0, "against another owner?");
	tap_ok(out.type == F_WRLCK && out.start == 5 && out.end == 24,
	    "the first owner has it");
	l = more_whole(1, F_UNLCK);
	fs_setlk(&b->fs, f, &l);
}

static void
more_lock_wrong(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = { .owner = 1, .start = 10, .end = 9,
	    .type = F_WRLCK };
	struct fs_file	 no = { .node = f->node, .fh = 9999 };

	tap_rc(fs_setlk(&b->fs, f, &l), -EINVAL, "an end before the start");
	l.start = UINT64_MAX;
	l.end = UINT64_MAX;
	tap_rc(fs_setlk(&b->fs, f, &l), -EINVAL, "a start beyond 2^63");
	l = more_whole(1, 7);
	tap_rc(fs_setlk(&b->fs, f, &l), -EINVAL, "no type of lock");
	l.type = F_WRLCK;
	tap_rc(fs_setlk(&b->fs, &no, &l), -EBADF, "no handle");
	l.flock = true;
	tap_rc(fs_setlk(&b->fs, f, &l), -ENOSYS, "flock without --flock");
	l = more_whole(99, F_UNLCK);
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "unlock by who has none");
	l = (struct fs_lock){ .owner = 1, .start = INT64_MAX,
	    .end = INT64_MAX, .type = F_WRLCK };
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "the last byte of all");
	tap_is(more_host_lock(b, "file", F_WRLCK, INT64_MAX, 1), EAGAIN,
	    "the host does not get it");
	l = more_whole(1, F_UNLCK);
	fs_setlk(&b->fs, f, &l);
}

/* Two owners of one guest, and FLUSH of one of them. */
static void
more_lock_owners(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = { .owner = 1, .end = 9, .type = F_WRLCK };

	tap_rc(fs_setlk(&b->fs, f, &l), 0, "owner 1 locks");
	l.owner = 2;
	tap_rc(fs_setlk(&b->fs, f, &l), -EAGAIN, "owner 2 does not get it");
	l.start = 10;
	l.end = 19;
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "but what is behind");
	tap_rc(fs_flush_as(&b->fs, f, 1), 0, "owner 1 closes the file");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 10), 0,
	    "its lock is gone");
	tap_is(more_host_lock(b, "file", F_WRLCK, 10, 10), EAGAIN,
	    "owner 2's is not");
	tap_rc(fs_flush_as(&b->fs, f, 2), 0, "owner 2 closes the file");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0, "all is free");
}

/* An owner that no process is: it ends with the open file, without FLUSH. */
static void
more_lock_release(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = { .owner = 7, .end = 9, .type = F_WRLCK };
	struct fs_file	 g;

	tap_rc(fs_fopen(&b->fs, f->node, O_RDWR, &g), 0, "another open file");
	tap_rc(fs_setlk(&b->fs, &g, &l), 0, "it locks");
	l = (struct fs_lock){ .owner = 1, .start = 10, .end = 19,
	    .type = F_WRLCK };
	tap_rc(fs_setlk(&b->fs, &g, &l), 0, "a process locks through it");
	l.start = l.end = 20;
	tap_rc(fs_setlk(&b->fs, f, &l), 0, "and through the first");
	tap_rc(fs_release(&b->fs, &g), 0, "it is closed for good");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 10), 0,
	    "its lock is gone");
	tap_is(more_host_lock(b, "file", F_WRLCK, 10, 11), EAGAIN,
	    "the process has its locks, for it has the first");
	tap_rc(fs_flush_as(&b->fs, f, 1), 0, "until it closes that");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0, "all is free");
}

/* Descriptors come and go with their owners. */
static void
more_lock_many(struct box *b, const struct fs_file *f)
{
	struct fs_lock	 l = { .type = F_WRLCK };
	unsigned	 i, bad = 0;
	int		 fds = proc_fds_all(daemon_procs(&b->d));

	for (i = 1; i <= MORE_OWNERS; i++) {
		l.owner = i * 0x123456789ULL;
		l.start = l.end = i;
		bad += fs_setlk(&b->fs, f, &l) != 0;
	}
	tap_is(bad, 0, "%u owners with a byte each", MORE_OWNERS);
	tap_is(more_host_lock(b, "file", F_WRLCK, 1, MORE_OWNERS), EAGAIN,
	    "the host sees them");
	for (i = 1; i <= MORE_OWNERS; i++)
		bad += fs_flush_as(&b->fs, f, i * 0x123456789ULL) != 0;
	tap_is(bad, 0, "they all close the file");
	tap_is(more_host_lock(b, "file", F_WRLCK, 0, 0), 0, "all is free");
	tap_ok(more_settled(b, fds), "no descriptor is left");
}

/* Two guests on one directory. */
static void
more_lock_two(struct box *a, const struct fs_file *fa)
{
	struct fuse_file_lock	 out;
	struct fs_lock		 l = { .owner = 1, .end = 9,
	    .type = F_WRLCK };
	struct fs_file		 fb;
	struct box		 b;

	if (!more_start_with(&b, a, more_lock_on))
		goto out;
	fs_fopen(&b.fs, more_node_of(&b, "file"), O_RDWR, &fb);
	tap_rc(fs_setlk(&a->fs, fa, &l), 0, "the first guest locks");
	tap_rc(fs_setlk(&b.fs, &fb, &l), -EAGAIN,
	    "the second does not, as the same owner");
	tap_rc(fs_getlk(&b.fs, &fb, &l, &out), 0, "it asks");
	tap_ok(out.type == F_WRLCK && out.start == 0 && out.end == 9,
	    "and is told");
	l.start = 10;
	l.end = 19;
	tap_rc(fs_setlk(&b.fs, &fb, &l), 0, "it gets what is behind");
	l = more_whole(1, F_UNLCK);
	tap_rc(fs_setlk(&b.fs, &fb, &l), 0, "and gives it back");
	tap_is(more_host_lock(a, "file", F_WRLCK, 0, 10), EAGAIN,
	    "the first one's is still there");
	tap_rc(fs_setlk(&a->fs, fa, &l), 0, "the first gives it back");
	l.type = F_WRLCK;
	tap_rc(fs_setlk(&b.fs, &fb, &l), 0, "the second gets all");
	tap_is(box_hangup(&b), 0, "the second guest ends");
	tap_rc(fs_setlk(&a->fs, fa, &l), 0, "the first gets all");
	fs_flush_as(&a->fs, fa, 1);
out:
	box_close(&b);
}

static void
more_lock_off(void)
{
	struct fuse_file_lock	 out;
	struct fs_lock		 l = more_whole(1, F_WRLCK);
	struct fs_file		 f;
	struct box		 b;

	if (more_start(&b, NULL)) {
		tap_is(b.init.flags & (FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS),
		    0, "without options no locks are offered");
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDWR, &f);
		tap_rc(fs_setlk(&b.fs, &f, &l), -ENOSYS, "setlk");
		tap_rc(fs_getlk(&b.fs, &f, &l, &out), -ENOSYS, "getlk");
	}
	box_close(&b);
}

/* A file that nobody may write can be locked for reading. */
static void
more_lock_readonly(void)
{
	static const char *const	 on[] = { "--posix-lock", "--readonly",
	    NULL };
	struct fs_lock			 l = more_whole(1, F_RDLCK);
	struct fs_file			 f;
	struct box			 b;

	if (more_start(&b, on)) {
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDONLY,
		    &f);
		tap_is(f.flags, 0, "a close that ends locks is told");
		tap_rc(fs_setlk(&b.fs, &f, &l), 0, "readonly: a read lock");
		tap_is(more_host_lock(&b, "file", F_WRLCK, 0, 0), EAGAIN,
		    "readonly: the host sees it");
	}
	box_close(&b);
}

void
more_lock(void)
{
	struct fs_file	 f;
	struct box	 b;

	more_lock_off();
	more_lock_readonly();
	if (more_start(&b, more_lock_on)) {
		tap_ok((b.init.flags & FUSE_POSIX_LOCKS) != 0,
		    "--posix-lock is negotiated");
		fs_fopen(&b.fs, more_file(&b, "file", 0, 0644), O_RDWR, &f);
		more_lock_host(&b, &f);
		more_lock_get(&b, &f);
		more_lock_wrong(&b, &f);
		more_lock_owners(&b, &f);
		more_lock_release(&b, &f);
		more_lock_many(&b, &f);
		more_lock_two(&b, &f);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
