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
 * Knows: what a transport that was taken over can do with the instance that
 * AHEAD adds to.
 * Never: an event.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue.h"

static void
rogue_watch_send(struct rogue *r, int fd, uint64_t zero)
{
	const struct n_watch n = { zero };
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = N_WATCH;
	out.body = &n;
	out.fds = &fd;
	out.fd_cnt = 1;
	if (chan_send(&r->w.chan, &out) != 0)
		tap_diag("WATCH is not taken");
	chan_bell(&r->w.chan);
}

/* AHEAD of dirfd; its errno, or -1.  *wd as the answer says. */
static int
rogue_watch_ask(struct rogue *r, int dirfd, int *wd)
{
	const struct q_ahead q = { .entry_max = 16 };
	int err = worker_ask(&r->w, Q_AHEAD, &q, &dirfd, 1);

	*wd = err == 0 ? ((const struct a_ahead *)r->w.msg.body)->wd : 0;
	return err;
}

static void
rogue_watch_foreign(struct rogue *r, int fd, const char *what)
{
	int wd;

	rogue_worker(r);
	rogue_watch_send(r, fd, 0);
	tap_rc(rogue_watch_ask(r, r->dirfd, &wd), EINVAL,
	    "%s as what to add to", what);
	tap_rc(rogue_watch_ask(r, r->out.dirfd, &wd), EBADF,
	    "and a directory outside");
	worker_stop(&r->w);
}

static void
rogue_watch_true(struct rogue *r, int fd)
{
	int wd;

	rogue_worker(r);
	tap_rc(rogue_watch_ask(r, r->dirfd, &wd), ENOTSUP,
	    "nothing is read ahead that cannot be watched");
	rogue_watch_send(r, fd, 0);
	tap_rc(rogue_watch_ask(r, r->dirfd, &wd), 0, "it can be now");
	tap_rc(inotify_rm_watch(fd, wd), 0, "by that number");
	tap_rc(rogue_watch_ask(r, r->out.dirfd, &wd), EBADF,
	    "a directory outside cannot");
	worker_stop(&r->w);
}

/* The worker must end by this, with status 1. */
static void
rogue_watch_fatal(struct rogue *r, int fd, unsigned int times, uint64_t zero,
    const char *what)
{
	int wd, err, status;

	rogue_worker(r);
	while (times-- > 0)
		rogue_watch_send(r, fd, zero);
	err = rogue_watch_ask(r, r->dirfd, &wd);
	status = worker_wait(&r->w);
	tap_ok(err == -1 && WIFEXITED(status) && WEXITSTATUS(status) == 1,
	    "%s ends the worker", what);
	worker_stop(&r->w);
}

void
rogue_watch(struct rogue *r)
{
	int fd = inotify_init1(IN_CLOEXEC), null;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1 || null == -1)
		tap_bail("inotify: %s", strerror(errno));
	rogue_watch_true(r, fd);
	rogue_watch_foreign(r, null, "a device");
	rogue_watch_foreign(r, r->out.dirfd, "a directory outside");
	rogue_watch_fatal(r, fd, 2, 0, "a second instance");
	rogue_watch_fatal(r, fd, 1, 1, "an instance with a body");
	close(fd);
	close(null);
}
