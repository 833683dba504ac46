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
 * Knows: directories that a worker keeps: what is true of them, and every lie
 * about their numbers.
 * Never: what a question does with a directory.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/proc.h"
#include "../frontend/tap.h"
#include "rogue.h"

#define KEEP_PUT(n)	(uint8_t)(MSG_KEEP_PUT | (n))
#define KEEP_USE(n)	(uint8_t)(MSG_KEEP_USE | (n))
#define KEEP_DROP(n)	(uint8_t)(MSG_KEEP_DROP | (n))

/* LOOKUP of name; fd -1 sends none.  Its errno, or -1. */
static int
rogue_keep_ask(struct rogue *r, const char *name, int fd, uint8_t kept,
    uint8_t more)
{
	struct q_lookup q;
	struct chan_out out;

	memset(&q, 0, sizeof(q));
	rogue_name(q.name, name);
	memset(&out, 0, sizeof(out));
	out.type = Q_LOOKUP;
	out.body = &q;
	out.fds = &fd;
	out.fd_cnt = fd != -1;
	out.kept[0] = kept;
	out.kept[1] = more;
	return worker_ask_tail(&r->w, &out);
}

static int
rogue_keep_rename(struct rogue *r, const int *fds, unsigned int fd_cnt,
    uint8_t one, uint8_t two)
{
	struct q_rename q;
	struct chan_out out;

	memset(&q, 0, sizeof(q));
	rogue_name(q.oldname, "one");
	rogue_name(q.newname, "two");
	memset(&out, 0, sizeof(out));
	out.type = Q_RENAME;
	out.body = &q;
	out.fds = fds;
	out.fd_cnt = fd_cnt;
	out.kept[0] = one;
	out.kept[1] = two;
	return worker_ask_tail(&r->w, &out);
}

static void
rogue_keep_true(struct rogue *r, int sub)
{
	int before = proc_fds(r->w.pid), i, good = 0;

	tap_rc(rogue_keep_ask(r, "inside", sub, KEEP_PUT(3), 0), 0,
	    "a directory that is to be kept is there already");
	tap_rc(rogue_keep_ask(r, "inside", -1, KEEP_USE(3), 0), 0,
	    "a directory that is kept need not be sent");
	tap_rc(rogue_keep_ask(r, "inside", r->dirfd, KEEP_PUT(3), 0), ENOENT,
	    "another directory under the same number");
	tap_rc(rogue_keep_ask(r, "sub", -1, KEEP_USE(3), 0), 0,
	    "the number is that one's now");
	tap_rc(rogue_keep_ask(r, "sub", r->dirfd, 0, 0), 0,
	    "one that is sent and not kept");
	tap_is(proc_fds(r->w.pid), before + 1, "one descriptor is kept");
	for (i = 0; i < 1000; i++)
		good += rogue_keep_ask(r, "inside", sub,
		    KEEP_PUT(i % MSG_KEEP_MAX), 0) == 0;
	tap_is(good, 1000, "every number, again and again");
	tap_is(proc_fds(r->w.pid), before + (int)MSG_KEEP_MAX,
	    "as many descriptors as there are numbers");
	for (i = 1; i < (int)MSG_KEEP_MAX; i++)
		rogue_keep_ask(r, "inside", -1, KEEP_USE(0), KEEP_DROP(i));
	tap_is(proc_fds(r->w.pid), before + 1, "what is dropped is closed");
	tap_rc(rogue_keep_ask(r, "inside", -1, KEEP_USE(0), 0), 0,
	    "what is not dropped is kept");
}

static void
rogue_keep_two(struct rogue *r, int sub)
{
	int fds[2] = { r->dirfd, sub };

	mkdirat(sub, "one", 0777);
	tap_rc(rogue_keep_rename(r, &sub, 1, KEEP_PUT(5), KEEP_USE(5)), 0,
	    "a directory that is sent and used twice");
	renameat(sub, "two", r->dirfd, "one");
	tap_rc(rogue_keep_rename(r, fds, 2, KEEP_PUT(5), KEEP_PUT(6)), 0,
	    "two directories, the first under the other's number");
	renameat(sub, "two", r->dirfd, "one");
	tap_rc(rogue_keep_rename(r, NULL, 0, KEEP_USE(5), KEEP_USE(6)), 0,
	    "two directories that are kept");
	renameat(sub, "two", sub, "one");
	tap_rc(rogue_keep_rename(r, fds, 1, KEEP_USE(6), 0), 0,
	    "one that is kept, one that is sent");
	unlinkat(r->dirfd, "two", AT_REMOVEDIR);
}

/* Foreign directories are refused each time, whichever way they come. */
static void
rogue_keep_foreign(struct rogue *r)
{
	tap_rc(rogue_keep_ask(r, "canary", r->out.dirfd, KEEP_PUT(7), 0),
	    EBADF, "a directory outside is to be kept");
	tap_rc(rogue_keep_ask(r, "canary", -1, KEEP_USE(7), 0), EBADF,
	    "a directory outside is kept");
	tap_rc(rogue_keep_ask(r, "file", r->tree.plainfd, KEEP_PUT(8), 0),
	    EBADF, "the share on another mount is to be kept");
	tap_rc(rogue_keep_ask(r, "file", -1, KEEP_USE(8), 0), EBADF,
	    "the share on another mount is kept");
	tap_ok(canary_intact(&r->out), "nothing outside changed");
}

/* A fresh worker must end by this, with status 1. */
static void
rogue_keep_fatal(struct rogue *r, int fd, uint8_t kept, uint8_t more,
    const char *what)
{
	int status, err;

	rogue_worker(r);
	err = rogue_keep_ask(r, "file", r->dirfd, KEEP_PUT(1), 0);
	if (err == 0)
		err = rogue_keep_ask(r, "file", fd, kept, more);
	status = worker_wait(&r->w);
	tap_ok(err == -1 && WIFEXITED(status) && WEXITSTATUS(status) == 1,
	    "%s ends the worker", what);
	worker_stop(&r->w);
}

static void
rogue_keep_lies(struct rogue *r)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	rogue_keep_fatal(r, -1, KEEP_USE(2), 0, "a number without directory");
	rogue_keep_fatal(r, -1, KEEP_USE(1), KEEP_DROP(2),
	    "dropping what is not kept");
	rogue_keep_fatal(r, -1, KEEP_USE(1), KEEP_DROP(1),
	    "dropping what is used");
	rogue_keep_fatal(r, r->filefd, KEEP_PUT(2), 0, "a file to be kept");
	rogue_keep_fatal(r, null, KEEP_PUT(1), 0, "a device to be kept");
	close(null);
}

void
rogue_keep(struct rogue *r)
{
	int sub;

	if (mkdirat(r->dirfd, "sub", 0777) == -1 ||
	    (sub = openat(r->dirfd, "sub", O_PATH | O_CLOEXEC)) == -1 ||
	    mkdirat(sub, "inside", 0777) == -1 ||
	    fchmodat(r->dirfd, "sub", 0777, 0) == -1)
		tap_bail("sub: %s", strerror(errno));
	rogue_worker(r);
	rogue_keep_true(r, sub);
	rogue_keep_two(r, sub);
	rogue_keep_foreign(r);
	worker_stop(&r->w);
	rogue_keep_lies(r);
	close(sub);
}
