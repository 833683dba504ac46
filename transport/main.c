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
 * Knows: how the transport starts, in the named steps of common/proc.h, and
 * which connection it serves.
 * Never: a path; after sandbox_enter() also no new right of any kind.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "../common/sandbox.h"
#include "ahead.h"
#include "ask.h"
#include "batch.h"
#include "blink.h"
#include "dispatch.h"
#include "fs.h"
#include "handle.h"
#include "iopool.h"
#include "kind.h"
#include "lock.h"
#include "node.h"
#include "op.h"
#include "req.h"
#include "sandbox_tab.h"
#include "spare.h"
#include "sysfd.h"
#include "vu.h"
#include "watch.h"
#include "wlink.h"

#define MAIN_MMAP_FROM	(128 * 1024)	/* bytes; chunks of nodes are more */
#define MAIN_FD_RESERVE	768	/* memory slots, channels, messages */
#define MAIN_FD_MIN	1024
#define MAIN_FD_OPEN	8	/* tenths of the rest that may be open files */
#define MAIN_FD_AHEAD	5	/* part of the rest that is read ahead */
#define MAIN_FD_SPARE	16	/* part of it that is open for nobody */
#define MAIN_FD_LOCK	1	/* tenths that may be for locks */
#define MAIN_LOCK_MAX	4096	/* of those, so that a search stays short */
#define MAIN_FD_GROW	65536	/* of the table, before there are threads */
#define MAIN_REQ_SPARE	64
#define MAIN_QUEUES	17	/* hiprio and 16 request queues */

struct server {
	struct fs fs;
	struct vu_dev dev;
	int listenfd;
	struct event *ev_accept;
};

static void
main_accept(int fd, short what, void *arg)
{
	struct server *s = arg;
	int conn, err;

	(void)what;
	conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (conn == -1) {
		if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED)
			log_warn("accept");
		return;
	}
	if ((err = vu_start(&s->dev, conn)) != 0) {
		errno = err;
		log_warn("front-end refused");
		return;
	}
	log_info("front-end connected");
	event_del(s->ev_accept);
}

/* A wait for a lock or a dead server may last for ever: EINTR, EIO. */
static void
main_drain(void *arg)
{
	struct server *s = arg;

	op_lock_cancel(&s->fs);
	wlink_drain(s->fs.wlink);
	dispatch_flush(&s->fs);
}

static void
main_reset(void *arg)
{
	struct server *s = arg;

	op_sess_reset(&s->fs);
}

/*
 * A front-end that leaves ends the daemon, as with virtiofsd; one that was
 * thrown out for what it sent does not.
 */
static void
main_gone(void *arg, int clean)
{
	struct server *s = arg;

	if (clean || s->fs.quitting) {
		log_info("front-end gone, leaving");
		_exit(0);
	}
	log_warnx("front-end thrown out, waiting for another");
	event_add(s->ev_accept, NULL);
}

static void
main_quit(void *arg)
{
	struct server *s = arg;

	s->fs.quitting = 1;
	event_del(s->ev_accept);
	vu_stop(&s->dev);
}

static void
main_ring(void *arg, unsigned int idx)
{
	struct server *s = arg;

	dispatch_ring(&s->fs, idx);
}

static void
main_worker(void *arg, void *cookie, int err, uint32_t worker_id,
    struct fdbag *fds)
{
	struct server *s = arg;

	wlink_worker(&s->fs, cookie, err, worker_id, fds);
}

static void
main_opened(void *arg, void *cookie, int err, int fd)
{
	struct server *s = arg;

	ask_opened(&s->fs, cookie, err, fd);
}

static const struct vu_ops main_vu_ops = {
	.ring_ready = main_ring,
	.drain = main_drain,
	.reset = main_reset,
	.gone = main_gone,
};

static const struct blink_ops main_blink_ops = {
	.worker = main_worker,
	.opened = main_opened,
	.quit = main_quit,
};

static void
main_root_attr(const struct server *s, int rootfd, struct msg_attr *a)
{
	struct stat st;

	if (sysfd_stat(rootfd, &st) == -1)
		fatal("share root");
	if (!S_ISDIR(st.st_mode))
		fatalx("share root is no directory");
	memset(a, 0, sizeof(*a));
	a->ino = st.st_ino;
	a->mode = st.st_mode;
	a->dev_major = major(st.st_dev);
	a->dev_minor = minor(st.st_dev);
	a->mnt_id = s->fs.conf.root_mnt_id;
}

/* Does close(2) have nothing to tell of what was written to the share? */
static int
main_root_local(const struct msg_attr *root, unsigned long magic)
{
	/* A number of its own, or memory: no server is behind it. */
	return root->dev_major != 0 || magic == TMPFS_MAGIC ||
	    magic == BTRFS_SUPER_MAGIC;
}

/*
 * Can a directory that was closed be read on at an offset, whatever was removed
 * meanwhile?  Before Linux 6.6 a tmpfs counts the entries in front.
 */
static int
main_root_cookies(unsigned long magic)
{
	unsigned int major, minor;
	struct utsname u;

	if (magic != TMPFS_MAGIC)
		return kind_ours(magic);
	return uname(&u) == 0 &&
	    sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 6));
}

/* A table that grows under threads stops them for milliseconds each time. */
static void
main_grow_fds(const struct server *s)
{
	unsigned int top = s->fs.conf.nofile;

	if (top > MAIN_FD_GROW)
		top = MAIN_FD_GROW;
	if (dup2(STDERR_FILENO, (int)top - 1) == -1)
		fatal("descriptor table of %u", top);
	close((int)top - 1);
}

static void
main_acquire(struct server *s, int rootfd)
{
	struct fs *fs = &s->fs;
	struct msg_attr root;
	struct statfs st;
	unsigned int locks;

	if (fs->conf.nofile < MAIN_FD_MIN)
		fatalx("%u descriptors are too few, %u are the least",
		    fs->conf.nofile, MAIN_FD_MIN);
	fs->fd_total = fs->conf.nofile - MAIN_FD_RESERVE;
	main_root_attr(s, rootfd, &root);
	fs->dev_major = root.dev_major;
	fs->dev_minor = root.dev_minor;
	fs->magic = fstatfs(rootfd, &st) == 0 ? (unsigned long)st.f_type : 0;
	fs->local = main_root_local(&root, fs->magic);
	fs->cookies = main_root_cookies(fs->magic);
	main_grow_fds(s);
	/* Said once it stays, so what nodes give back is the host's again. */
	mallopt(M_MMAP_THRESHOLD, MAIN_MMAP_FROM);
	fs->base = event_base_new();
	if (fs->base == NULL)
		fatalx("event loop");
	fs->dev = &s->dev;
	fs->reqs = req_pool_new(MAIN_REQ_SPARE);
	fs->nodes = node_table_new(fs, rootfd, &root, fs->fd_total);
	fs->handles = handle_table_new(fs, fs->fd_total / 10 * MAIN_FD_OPEN);
	locks = fs->fd_total / 10 * MAIN_FD_LOCK;
	fs->locks = lock_table_new(fs, locks < MAIN_LOCK_MAX ? locks :
	    MAIN_LOCK_MAX);
	/* Nobody is told of what the host mounts over a name. */
	if ((fs->conf.flags & MSG_SHARE_BARE) == 0)
		fs->watch = watch_new(fs);
	fs->ahead = ahead_table_new(fs, fs->fd_total / MAIN_FD_AHEAD);
	fs->spares = spare_set_new(fs, fs->fd_total / MAIN_FD_SPARE);
	fs->batches = batch_set_new(fs, op_list_old, fs);
	fs->wlink = wlink_new(fs);
	fs->resume = event_new(fs->base, -1, 0, dispatch_resume, fs);
	if (fs->reqs == NULL || fs->nodes == NULL || fs->handles == NULL ||
	    fs->locks == NULL || fs->batches == NULL ||
	    fs->ahead == NULL || fs->spares == NULL ||
	    fs->wlink == NULL || fs->resume == NULL)
		fatalx("memory");
}

static void
main_jail(const struct server *s)
{
	uint32_t flags = s->fs.conf.flags;
	struct jail_identity id;
	struct cred self;

	jail_limits(s->fs.conf.nofile, 0, RLIM_INFINITY);
	jail_no_new_privs();
	if (landlock_enter(-1) == 0) {
		if (flags & MSG_SHARE_BARE)
			fatalx("no Landlock");
		log_warnx("this kernel has no Landlock");
	}
	jail_observe(&id);
	/* Without CAP_SETPCAP nobody can cut the bounding set. */
	if ((id.cap_bnd != 0 && (flags & MSG_SHARE_BARE) == 0) ||
	    ((id.euid == 0 || id.egid == 0) &&
	    (flags & MSG_SHARE_ONE_USER) == 0))
		fatalx("the transport was started with privilege");
	cred_set(&self, CRED_USER, id.euid, id.egid);
	if (flags & MSG_SHARE_OWN_GROUPS)
		jail_own_groups(&self);
	jail_verify(&self, 0);
}

static void
main_events(struct server *s)
{
	struct vu_config conf;

	memset(&conf, 0, sizeof(conf));
	conf.queue_max = MAIN_QUEUES;
	conf.num_request_queues = s->fs.conf.queue_cnt;
	if (s->fs.conf.flags & MSG_SHARE_TAG)
		conf.tag = s->fs.conf.tag;
	vu_init(&s->dev, s->fs.base, &conf, &main_vu_ops, s);
	blink_start(s->fs.blink, s->fs.base, &main_blink_ops, s);
	s->ev_accept = event_new(s->fs.base, s->listenfd,
	    EV_READ | EV_PERSIST, main_accept, s);
	if (s->ev_accept == NULL || event_add(s->ev_accept, NULL) == -1)
		fatalx("event for the listening socket");
}

int
main(void)
{
	struct server *s;
	int rootfd;

	proc_init("T", PROC_FD_BROKER + 1);
	proc_die_with_parent();
	proc_claim(PROC_FD_BROKER, S_IFSOCK, "the broker's socket");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("memory");
	s->fs.blink = blink_hello(PROC_FD_BROKER, &s->fs.conf, &s->fs.ids,
	    &s->listenfd, &rootfd);
	log_set_level(s->fs.conf.log_level);
	proc_claim(s->listenfd, S_IFSOCK, "the vhost-user socket");
	main_acquire(s, rootfd);
	main_jail(s);
	main_events(s);
	s->fs.iopool = iopool_start(s->fs.base, s->fs.conf.io_thread_cnt,
	    dispatch_io_done);
	jail_no_process();
	sandbox_enter(&sandbox_transport, 1, s->fs.conf.seccomp);
	event_base_dispatch(s->fs.base);
	fatalx("the event loop ended");
}
