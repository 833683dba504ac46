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
 * Knows: what may be had from a broker and from workers by asking, and what
 * may be done with it.
 * Never: messages that are wrong in form; matrix.c has those.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "../../common/cred.h"
#include "../../transport/sysfd.h"
#include "taken.h"

#define ASK_FLOOD	600	/* more than there may ever be workers */
#define ASK_CLIMB	20

static const char *const ask_tricks[] = {
	"..", ".", "", "../file", "/etc/passwd", "mnt/file", "link",
};

/* A worker born with this credential; its errno. */
static int
ask_worker(struct taken *t, const struct cred *cred, struct chan *c)
{
	struct q_wget q;
	struct chan_out out = { .type = Q_WGET, .body = &q };
	int ring[MRING_FDS], err;
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->fd = -1;
	q.cred = *cred;
	err = taken_ask(t, &t->broker, &out);
	if (err == 0) {
		chan_init(c, fdbag_take(&t->msg.fds, 0), MSG_TRANSPORT,
		    MSG_FSWORKER, 1);
		chan_phase(c, MSG_PHASE_RUN);
		for (i = 0; i < MRING_FDS; i++)
			ring[i] = fdbag_take(&t->msg.fds, 1 + i);
		if (chan_ring(c, ring, MRING_TRANSPORT, 0) != 0)
			taken_note("no ring", 0);
	}
	return err;
}

static int
ask_class(struct taken *t, enum cred_class class, uint32_t uid,
    struct chan *c)
{
	struct cred cred;

	cred_set(&cred, class, uid, uid);
	return ask_worker(t, &cred, c);
}

/* Nobody who answers is an error, too. */
static int
ask_failed(int err)
{
	return err > 0 ? -err : -EPIPE;
}

/* LOOKUP; the node's descriptor or -errno. */
static int
ask_lookup(struct taken *t, struct chan *c, int dirfd, const char *name)
{
	struct q_lookup q = { .name = "" };
	struct chan_out out = { .type = Q_LOOKUP, .body = &q,
		.fds = &dirfd, .fd_cnt = 1 };
	int err;

	memcpy(q.name, name, strlen(name));
	err = c->fd == -1 ? -1 : taken_ask(t, c, &out);
	return err == 0 ? fdbag_take(&t->msg.fds, 0) : ask_failed(err);
}

static int
ask_open(struct taken *t, struct chan *c, int fd, uint32_t flags)
{
	struct q_open q = { .flags = flags };
	struct chan_out out = { .type = Q_OPEN, .body = &q, .fds = &fd,
		.fd_cnt = 1 };
	int err = c->fd == -1 ? -1 : taken_ask(t, c, &out);

	return err == 0 ? fdbag_take(&t->msg.fds, 0) : ask_failed(err);
}

/* Ids are nothing that it may choose beyond what a guest may. */
static void
ask_workers(struct taken *t, struct chan *user, struct chan *root)
{
	struct cred cred;
	struct chan c;
	bool could;

	taken_say(ask_class(t, CRED_USER, t->uid, user) == 0 &&
	    ask_class(t, CRED_CREATOR, t->uid, &c) == 0,
	    "have a worker of any user that a guest may be");
	chan_close(&c);
	taken_say(ask_class(t, CRED_ROOT, 0, root) == 0,
	    "have a root worker of this share");
	could = ask_class(t, CRED_USER, TAKEN_FORBIDDEN, &c) == 0 ||
	    ask_class(t, CRED_CREATOR, TAKEN_FORBIDDEN, &c) == 0;
	cred_set(&cred, CRED_USER, t->uid, t->uid);
	cred_add_group(&cred, TAKEN_FORBIDDEN);
	could |= ask_worker(t, &cred, &c) == 0;
	taken_say(could, "have a worker with an id that no guest may have");
	cred_set(&cred, CRED_ROOT, t->uid, t->uid);
	could = ask_worker(t, &cred, &c) == 0;
	cred_set(&cred, CRED_USER, 0, 0);
	could |= ask_worker(t, &cred, &c) == 0;
	cred_set(&cred, (enum cred_class)CRED_CLASS_CNT, t->uid, t->uid);
	could |= ask_worker(t, &cred, &c) == 0;
	cred_set(&cred, CRED_POOL, t->uid, t->uid);
	could |= ask_worker(t, &cred, &c) == 0;
	cred_set(&cred, CRED_USER, t->uid, t->uid);
	cred.gid_cnt = CRED_GROUPS_MAX + 1;
	could |= ask_worker(t, &cred, &c) == 0;
	taken_say(could, "have a worker of a credential made up");
}

static void
ask_files(struct taken *t, struct chan *user, struct chan *root)
{
	char text[] = "taken";
	struct iovec iov = { text, 5 };
	struct stat st;
	int node, fd;

	node = ask_lookup(t, user, t->rootfd, "file");
	fd = ask_open(t, user, node, O_RDWR);
	taken_say(fd >= 0 && pwritev2(fd, &iov, 1, 0, 0) == 5,
	    "have that user's files opened, and read and write them");
	close(fd);
	close(node);
	node = ask_lookup(t, user, t->rootfd, "secret");
	fd = ask_open(t, user, node, O_RDONLY);
	taken_say(fd >= 0, "have a file opened that the user may not open");
	fd = ask_open(t, root, node, O_RDONLY);
	taken_say(fd >= 0, "have what root may have of the share");
	close(fd);
	chan_close(user);
	taken_say(sysfd_stat(node, &st) == 0,
	    "keep descriptors after their worker is gone");
	close(node);
	if (ask_class(t, CRED_USER, t->uid, user) != 0)
		taken_note("no second worker", 0);
}

/* Whatever root may make of it, nobody opens it. */
static void
ask_device(struct taken *t, struct chan *user, struct chan *root)
{
	struct q_mknod q = { .mode = S_IFCHR | 0666, .rdev_major = 1,
		.rdev_minor = 3, .name = "device" };
	struct chan_out out = { .type = Q_MKNOD, .body = &q,
		.fds = &t->rootfd, .fd_cnt = 1 };
	int node = -1, fd;

	if (root->fd != -1 && taken_ask(t, root, &out) == 0)
		node = fdbag_take(&t->msg.fds, 0);
	taken_say(node >= 0, "have device nodes made by the root worker");
	fd = ask_open(t, root, node, O_RDWR);
	node = ask_lookup(t, user, t->rootfd, "null");
	taken_say(fd >= 0 || ask_open(t, user, node, O_RDWR) >= 0 ||
	    ask_open(t, root, node, O_RDWR) >= 0, "have a device opened");
}

static bool
ask_same(int a, int b)
{
	struct stat x, y;

	return sysfd_stat(a, &x) == 0 && sysfd_stat(b, &y) == 0 &&
	    x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static bool
ask_out(struct taken *t, struct chan *c)
{
	struct q_parent q = { .zero = 0 };
	struct chan_out out = { .type = Q_PARENT, .body = &q,
		.fds = &t->rootfd, .fd_cnt = 1 };
	bool could = false;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(ask_tricks) / sizeof(ask_tricks[0]); i++) {
		fd = ask_lookup(t, c, t->rootfd, ask_tricks[i]);
		if (fd < 0)
			continue;
		/* A link is found, as a link. */
		if (strcmp(ask_tricks[i], "link") != 0 ||
		    ask_open(t, c, fd, O_RDONLY) >= 0 ||
		    ask_lookup(t, c, fd, "passwd") >= 0)
			could = true;
		close(fd);
	}
	for (i = 0; i < ASK_CLIMB && c->fd != -1 &&
	    taken_ask(t, c, &out) == 0; i++)
		if (!ask_same(fdbag_get(&t->msg.fds, 0), t->rootfd))
			could = true;
	return could;
}

/* Descriptors that only a front-end could have brought. */
static void
ask_foreign(struct taken *t, struct chan *user, struct chan *root)
{
	bool could = false, read_it = false;
	struct iovec iov;
	char buf[64];
	unsigned int i;

	iov.iov_base = buf;
	iov.iov_len = sizeof(buf);
	for (i = 0; i < t->foreign_cnt; i++) {
		could |= ask_lookup(t, user, t->foreign[i], "passwd") >= 0;
		could |= ask_lookup(t, root, t->foreign[i], "passwd") >= 0;
		could |= ask_open(t, user, t->foreign[i], O_RDONLY) >= 0;
		could |= ask_open(t, root, t->foreign[i], O_RDONLY) >= 0;
		read_it |= preadv2(t->foreign[i], &iov, 1, 0, 0) > 0;
	}
	taken_say(read_it, "read a file that the front-end opened for it");
	taken_say(could || t->foreign_cnt == 0,
	    "make a worker act on what is not of the share");
	taken_say(ask_out(t, user) || ask_out(t, root),
	    "make a worker leave the share");
}

/* The seal that came with a node, and the node by it. */
static void
ask_seal(struct taken *t, struct chan *user)
{
	struct q_hopen q = { .seal = { .len = 0 } };
	struct chan_out out = { .type = Q_HOPEN, .body = &q };
	struct iovec iov = { &q, 1 };
	int dir, node, fd = -1;

	dir = ask_lookup(t, user, t->rootfd, "mnt");
	node = ask_lookup(t, user, dir, "sealed");
	if (node >= 0 && t->msg.tail_len > 0) {
		memcpy(&q.seal, t->msg.tail, t->msg.tail_len);
		if (taken_ask(t, &t->broker, &out) == 0)
			fd = fdbag_get(&t->msg.fds, 0);
	}
	taken_say(fd >= 0 && ask_same(fd, node),
	    "have a file found again by a handle that a worker sealed");
	taken_say(fd >= 0 && (pwritev2(fd, &iov, 1, 0, 0) == 1 ||
	    preadv2(fd, &iov, 1, 0, 0) == 1),
	    "read or write what was found so");
	close(node);
	close(dir);
}

/* Workers until there are no more. */
static void
ask_flood(struct taken *t)
{
	unsigned int i, granted = 0;
	struct chan c;
	int err;

	for (i = 0; i < ASK_FLOOD; i++) {
		err = ask_class(t, CRED_USER, t->bare ? t->uid : 100000 + i,
		    &c);
		if (err != 0)
			break;
		granted++;
	}
	taken_note("workers of a flood", (int)granted);
	taken_say(granted == ASK_FLOOD, "have workers without end");
	/* Some time later there may be one more, but not for ever. */
	for (i = 0, err = 0; i < ASK_FLOOD && err == 0; i++)
		err = ask_class(t, CRED_USER, t->uid, &c);
	taken_say(err > 0, "go on asking for workers, and be refused");
}

void
taken_asks(struct taken *t)
{
	struct chan user, root;

	ask_workers(t, &user, &root);
	ask_files(t, &user, &root);
	ask_device(t, &user, &root);
	ask_foreign(t, &user, &root);
	ask_seal(t, &user);
	/* Nothing above was refused because there was nobody any more. */
	taken_say(ask_lookup(t, &user, t->rootfd, "file") >= 0 &&
	    (t->bare || ask_lookup(t, &root, t->rootfd, "file") >= 0),
	    "ask its workers as much as it likes");
	ask_flood(t);
}

void
taken_fatal(struct taken *t, const char *which)
{
	struct q_hopen q = { .seal = { .mnt_id = 1, .type = 1, .len = 8 } };
	struct q_spawn s = { .worker_id = 1 };
	struct chan_out out = { .type = Q_HOPEN, .body = &q };

	if (strcmp(which, "spawn") == 0) {
		struct {
			struct msg_hdr hdr;
			struct q_spawn s;
		} m = { .hdr = { .type = Q_SPAWN, .len = sizeof(m) }, .s = s };

		if (write(t->broker.fd, &m, sizeof(m)) == -1 ||
		    chan_recv(&t->broker, &t->msg) != 0)
			return;
		taken_say(true, "speak to the spawner through the broker");
	} else if (taken_ask(t, &t->broker, &out) != -1) {
		taken_say(true, "make up a handle");
	}
}
