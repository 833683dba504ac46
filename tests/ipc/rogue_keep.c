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
 * Knows: nodes that a worker keeps: what is true of them, and every lie about
 * their numbers.
 * Never: what a question does with a node.
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

#define KEEP_PUT(n)	(uint16_t)(MSG_KEEP_PUT | (n))
#define KEEP_USE(n)	(uint16_t)(MSG_KEEP_USE | (n))
#define KEEP_SOME	100	/* of the numbers */

/* LOOKUP of name; fd -1 sends none.  Its errno, or -1. */
static int
rogue_keep_ask(struct rogue *r, const char *name, int fd, uint16_t kept,
    uint32_t give)
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
	out.give = give;
	return worker_ask_tail(&r->w, &out);
}

static int
rogue_keep_rename(struct rogue *r, const int *fds, unsigned int fd_cnt,
    uint16_t one, uint16_t two)
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

/* Wants cnt numbers from first on no more. */
static void
rogue_keep_drop(struct rogue *r, unsigned int first, unsigned int cnt)
{
	struct n_drop n = { cnt, 0 };
	uint16_t nr[MSG_DROP_MAX];
	struct chan_out out;
	unsigned int i;

	for (i = 0; i < cnt && i < MSG_DROP_MAX; i++)
		nr[i] = (uint16_t)(first + i);
	memset(&out, 0, sizeof(out));
	out.type = N_DROP;
	out.body = &n;
	out.tail = nr;
	out.tail_len = i * sizeof(nr[0]);
	if (chan_send(&r->w.chan, &out) != 0)
		tap_diag("DROP is not taken");
	chan_bell(&r->w.chan);
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
		    KEEP_PUT(i % KEEP_SOME), 0) == 0;
	tap_is(good, 1000, "numbers, again and again");
	tap_is(proc_fds(r->w.pid), before + KEEP_SOME,
	    "as many descriptors as numbers that were used");
	rogue_keep_drop(r, 1, KEEP_SOME - 1);
	/* A notice has no answer of its own. */
	tap_rc(rogue_keep_ask(r, "inside", -1, KEEP_USE(0), 0), 0,
	    "most of them are dropped");
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

/*
 * What is looked up is kept as well, and in its stead if this is a worker that
 * can be believed.  alone: files need not be sent.
 */
static void
rogue_keep_given(struct rogue *r, int alone, const char *who)
{
	int before = proc_fds(r->w.pid);
	const struct msg_hdr *h = &r->w.msg.hdr;

	tap_rc(rogue_keep_ask(r, "file", r->dirfd, 0, KEEP_PUT(9)), 0,
	    "%s: a node to be sent and kept", who);
	tap_ok(h->give == KEEP_PUT(9) && h->fd_cnt == 1, "%s: it is", who);
	tap_rc(rogue_keep_ask(r, "none", r->dirfd, 0, KEEP_USE(9)), ENOENT,
	    "%s: one that is not there", who);
	tap_rc(rogue_keep_ask(r, "x", -1, KEEP_USE(9), 0), ENOTDIR,
	    "%s: the number is still the file's", who);
	tap_rc(rogue_keep_ask(r, "file", r->dirfd, 0, KEEP_USE(9)), 0,
	    "%s: a file to be kept only", who);
	tap_ok(h->give == (alone ? KEEP_USE(9) : KEEP_PUT(9)) &&
	    h->fd_cnt == !alone && r->w.msg.tail_len > 0,
	    "%s: it is%s sent", who, alone ? " not" : "");
	tap_rc(rogue_keep_ask(r, "sub", r->dirfd, 0, KEEP_USE(10)), 0,
	    "%s: a directory to be kept only", who);
	tap_ok(h->give == KEEP_PUT(10) && h->fd_cnt == 1,
	    "%s: it is sent and kept", who);
	tap_rc(rogue_keep_ask(r, "inside", -1, KEEP_USE(10), 0), 0,
	    "%s: it can be used", who);
	tap_rc(rogue_keep_ask(r, "sub", r->dirfd, 0, KEEP_USE(11)), 0,
	    "%s: the same directory again", who);
	tap_ok(h->give == KEEP_USE(10) && h->fd_cnt == 0 &&
	    r->w.msg.tail_len == 0, "%s: it is known by its number", who);
	tap_rc(rogue_keep_ask(r, "other", r->dirfd, 0, KEEP_PUT(11)), ENOENT,
	    "%s: another one", who);
	tap_is(proc_fds(r->w.pid), before + 2, "%s: two are kept", who);
	rogue_keep_drop(r, 9, 2);
	rogue_keep_ask(r, "file", r->dirfd, 0, 0);
	tap_is(proc_fds(r->w.pid), before, "%s: until they are dropped", who);
}

/* MKDIR or CREATE in a directory that is kept as 10; its errno, or -1. */
static int
rogue_keep_make(struct rogue *r, uint16_t type, const char *name,
    uint32_t give)
{
	union {
		struct q_mkdir mkdir;
		struct q_create create;
	} q;
	struct chan_out out;

	memset(&q, 0, sizeof(q));
	if (type == Q_MKDIR) {
		q.mkdir.mode = 0755;
		rogue_name(q.mkdir.name, name);
	} else {
		q.create.mode = 0644;
		q.create.flags = O_RDWR;
		q.create.back = 1;
		rogue_name(q.create.name, name);
	}
	memset(&out, 0, sizeof(out));
	out.type = type;
	out.body = &q;
	out.kept[0] = KEEP_USE(10);
	out.give = give;
	return worker_ask_tail(&r->w, &out);
}

static ino_t
rogue_keep_ino(struct rogue *r, unsigned int i)
{
	struct stat st;

	return fstat(fdbag_get(&r->w.msg.fds, i), &st) == 0 ? st.st_ino : 0;
}

/* A directory that is new need not be sent, and comes with a file in it. */
static void
rogue_keep_new(struct rogue *r)
{
	const struct msg_hdr *h = &r->w.msg.hdr;
	uint64_t ino;
	int i;

	tap_rc(rogue_keep_ask(r, "sub", r->dirfd, 0, KEEP_PUT(10)), 0,
	    "a directory to make things in");
	tap_rc(rogue_keep_make(r, Q_MKDIR, "new", KEEP_USE(11)), 0, "mkdir");
	tap_ok(h->give == KEEP_USE(11) && h->fd_cnt == 0 &&
	    r->w.msg.tail_len > 0, "it is not sent");
	ino = ((const struct a_mkdir *)r->w.msg.body)->attr.ino;
	tap_rc(rogue_keep_ask(r, "new", -1, KEEP_USE(10), KEEP_USE(12)), 0,
	    "it is known");
	tap_is(h->give, KEEP_USE(11), "by its number");
	rogue_keep_drop(r, 10, 2);
	tap_rc(rogue_keep_ask(r, "sub", r->dirfd, 0, KEEP_PUT(12)), 0,
	    "the one that it is in");
	tap_rc(rogue_keep_ask(r, "new", -1, KEEP_USE(12), KEEP_USE(10)), 0,
	    "it is looked up");
	tap_ok(h->give == KEEP_PUT(10) && h->fd_cnt == 1, "and sent");
	for (i = 0; i < 2; i++) {
		tap_rc(rogue_keep_make(r, Q_CREATE, "file", KEEP_USE(13 + i)),
		    0, "a file in it");
		tap_ok(h->fd_cnt == 2 && rogue_keep_ino(r, 1) == ino &&
		    rogue_keep_ino(r, 0) != ino, "the directory comes along");
	}
}

/* The same of root's, and where it is not to be believed. */
static void
rogue_keep_root(struct rogue *r)
{
	struct a_whello user = r->who;
	struct cred root;
	unsigned int i;

	cred_set(&root, CRED_ROOT, 0, 0);
	for (i = 0; i < 4; i++) {
		worker_who(&r->tree, &root, &r->who);
		r->who.log_level = 0;
		r->who.flags |= i == 1 ? 0 : MSG_SHARE_HANDLES;
		r->who.flags |= i == 2 ? MSG_SHARE_READONLY : 0;
		r->who.policy |= i == 3 ? MSG_POLICY_STRICT : 0;
		rogue_worker(r);
		if (i == 0) {
			rogue_keep_given(r, 1, "root");
			rogue_keep_new(r);
		}
		tap_rc(rogue_keep_ask(r, "file", r->dirfd, 0, KEEP_USE(1)), 0,
		    "root's worker %u", i);
		tap_is(r->w.msg.hdr.fd_cnt, i != 0,
		    "a descriptor only where one is needed: %u", i);
		worker_stop(&r->w);
	}
	r->who = user;
}

static void
rogue_keep_ended(struct rogue *r, int err, const char *what)
{
	int status = worker_wait(&r->w);

	tap_ok(err == -1 && WIFEXITED(status) && WEXITSTATUS(status) == 1,
	    "%s ends the worker", what);
	worker_stop(&r->w);
}

/* A fresh worker must end by this, with status 1. */
static void
rogue_keep_fatal(struct rogue *r, int fd, uint16_t kept, uint32_t give,
    const char *what)
{
	int err;

	rogue_worker(r);
	err = rogue_keep_ask(r, "file", r->dirfd, KEEP_PUT(1), 0);
	if (err == 0)
		err = rogue_keep_ask(r, "file", fd, kept, give);
	rogue_keep_ended(r, err, what);
}

static void
rogue_keep_undroppable(struct rogue *r, unsigned int first, unsigned int cnt,
    const char *what)
{
	int err;

	rogue_worker(r);
	err = rogue_keep_ask(r, "file", r->dirfd, KEEP_PUT(1), 0);
	rogue_keep_drop(r, first, cnt);
	if (err == 0)
		err = rogue_keep_ask(r, "file", r->dirfd, 0, 0);
	rogue_keep_ended(r, err, what);
}

static void
rogue_keep_lies(struct rogue *r)
{
	rogue_keep_fatal(r, -1, KEEP_USE(2), 0, "a number without node");
	rogue_keep_fatal(r, r->dirfd, KEEP_PUT(WORKER_KEEP_MAX), 0,
	    "a number that it was not told of");
	rogue_keep_fatal(r, r->dirfd, 0, KEEP_PUT(WORKER_KEEP_MAX),
	    "such a number for what it gives");
	rogue_keep_undroppable(r, 2, 1, "dropping what is not kept");
	rogue_keep_undroppable(r, 1, 0, "dropping nothing");
	rogue_keep_undroppable(r, 1, MSG_DROP_MAX, "dropping too much");
	rogue_keep_undroppable(r, WORKER_KEEP_MAX, 1, "dropping beyond");
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
	rogue_keep_given(r, 0, "a user");
	worker_stop(&r->w);
	rogue_keep_root(r);
	rogue_keep_lies(r);
	close(sub);
}
