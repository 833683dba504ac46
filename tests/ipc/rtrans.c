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
 * Knows: how to be broker, workers and guest for one real viofsd-transport.
 * Never: what is being tested.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../common/proc.h"
#include "../../common/sandbox.h"
#include "../frontend/tap.h"
#include "rtrans.h"

#define RTRANS_WAIT_MS	5000
#define RTRANS_SOON_MS	200
#define RTRANS_NOFILE	4096	/* that there may be */
#define RTRANS_NONE_AHEAD 1024	/* too few for reading ahead */
#define RTRANS_NOBODY	65534
#define RTRANS_UID	3000

int rtrans_ahead;
uint32_t rtrans_keep_max;
static struct rtrans *rtrans_running;

/* Also when a test gives up. */
static void
rtrans_atexit(void)
{
	if (rtrans_running != NULL)
		rtrans_stop(rtrans_running);
}

/* In the child: nothing but the transport's place. */
static void
rtrans_child(const struct rtrans *t, int channel, const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)"viofsd: transport", NULL };
	char *const envp[] = { NULL };
	struct rlimit l = { RTRANS_NOFILE, RTRANS_NOFILE };
	int null, log, exe;
	unsigned int cap;

	null = open("/dev/null", O_RDWR);
	log = open(t->b.d.log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	exe = fcntl(open(path, O_PATH), F_DUPFD_CLOEXEC, 20);
	channel = fcntl(channel, F_DUPFD_CLOEXEC, 20);
	if (null == -1 || log == -1 || exe == -1 ||
	    setrlimit(RLIMIT_NOFILE, &l) == -1)
		_exit(101);
	if (dup2(null, 0) == -1 || dup2(null, 1) == -1 || dup2(log, 2) == -1 ||
	    dup2(channel, PROC_FD_BROKER) == -1)
		_exit(102);
	for (cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
		    errno != EINVAL)
			_exit(103);
	if (setgroups(0, NULL) == -1 ||
	    setresgid(RTRANS_NOBODY, RTRANS_NOBODY, RTRANS_NOBODY) == -1 ||
	    setresuid(RTRANS_NOBODY, RTRANS_NOBODY, RTRANS_NOBODY) == -1)
		_exit(104);
	syscall(SYS_execveat, exe, "", argv, envp, AT_EMPTY_PATH);
	_exit(105);
}

static int
rtrans_listen(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 1) == -1)
		tap_bail("%s: %s", path, strerror(errno));
	return fd;
}

static void
rtrans_hello(struct rtrans *t)
{
	struct statx stx;
	struct chan_out out;
	int fds[2];

	t->sharefd = open(t->b.d.share, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->sharefd == -1 || statx(t->sharefd, "", AT_EMPTY_PATH,
	    STATX_MNT_ID, &stx) == -1)
		tap_bail("%s: %s", t->b.d.share, strerror(errno));
	t->conf.cache = MSG_CACHE_AUTO;
	t->conf.io_thread_cnt = 2;
	t->conf.worker_max = 8;
	t->conf.nofile = rtrans_ahead ? RTRANS_NOFILE : RTRANS_NONE_AHEAD;
	t->conf.keep_max = rtrans_keep_max;
	t->conf.log_level = LOG_LEVEL_INFO;
	t->conf.seccomp = SANDBOX_KILL;
	t->conf.root_mnt_id = stx.stx_mnt_id;
	fds[0] = rtrans_listen(t->b.d.sock);
	fds[1] = t->sharefd;
	if (chan_recv(&t->broker, &t->msg) != 0 ||
	    t->msg.hdr.type != Q_HELLO)
		tap_bail("the transport says no hello");
	memset(&out, 0, sizeof(out));
	out.type = A_HELLO;
	out.id = t->msg.hdr.id;
	out.body = &t->conf;
	out.fds = fds;
	out.fd_cnt = 2;
	if (chan_send(&t->broker, &out) != 0)
		tap_bail("the transport is gone before it began");
	close(fds[0]);
	chan_phase(&t->broker, MSG_PHASE_RUN);
}

static void
rtrans_guest(struct rtrans *t)
{
	int err, rc;

	if ((err = vhost_connect(&t->b.v, t->b.d.sock, 5000)) != 0 ||
	    (err = box_negotiate(&t->b)) != 0 ||
	    (err = box_setup(&t->b)) != 0)
		tap_bail("handshake: %s", strerror(err));
	if ((rc = fs_init(&t->b.fs, &t->b.init)) < 0)
		tap_bail("FUSE INIT: %s", tap_rcname(rc));
	t->fds = proc_fds(t->pid);
	if (t->fds <= 0)
		tap_bail("descriptors of the transport cannot be counted");
}

void
rtrans_start(struct rtrans *t)
{
	rtrans_start_as(t, MSG_SHARE_TRUST_GUEST, 0);
}

void
rtrans_start_as(struct rtrans *t, uint32_t flags, uint32_t policy)
{
	const char *dir = getenv("VIOFSD_LIBEXECDIR");
	struct box_opts o;
	char path[4096];
	int pair[2];

	memset(t, 0, sizeof(*t));
	memset(&o, 0, sizeof(o));
	t->conf.flags = flags;
	t->conf.policy = policy;
	t->next_uid = RTRANS_UID;
	box_open(&t->b, &o);
	t->broker.fd = t->sharefd = -1;
	rtrans_running = t;
	atexit(rtrans_atexit);
	snprintf(path, sizeof(path), "%s/viofsd-transport",
	    dir == NULL ? "." : dir);
	if (access(path, X_OK) == -1 || chan_pair(pair) != 0)
		tap_bail("%s: %s", path, strerror(errno));
	if ((t->pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (t->pid == 0)
		rtrans_child(t, pair[1], path);
	close(pair[1]);
	chan_init(&t->broker, pair[0], MSG_BROKER, MSG_TRANSPORT, 0);
	rtrans_hello(t);
	rtrans_guest(t);
}

void
rtrans_stop(struct rtrans *t)
{
	rtrans_running = NULL;
	chan_close(&t->broker);
	if (t->pid > 0) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
	}
	fd_close(&t->sharefd);
	box_close(&t->b);
}

uint32_t
rtrans_uid(struct rtrans *t)
{
	return t->next_uid++;
}

static int
rtrans_readable(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* Make w the worker that the question in t->msg is about. */
static void
rtrans_give(struct rtrans *t, struct rworker *w)
{
	struct a_wget a = { 0, 0 };
	struct chan_out out;
	int pair[2], fds[1 + MRING_FDS];

	if (chan_pair(pair) != 0 || mring_make(fds + 1) != 0)
		tap_bail("channel: %s", strerror(errno));
	fds[0] = pair[1];
	chan_init(&w->chan, pair[0], MSG_FSWORKER, MSG_TRANSPORT, 1);
	chan_phase(&w->chan, MSG_PHASE_RUN);
	w->id = a.worker_id = ++t->next_worker;
	memset(&out, 0, sizeof(out));
	out.type = A_WGET;
	out.id = t->msg.hdr.id;
	out.body = &a;
	out.fds = fds;
	out.fd_cnt = 1 + MRING_FDS;
	if (chan_send(&t->broker, &out) != 0)
		tap_bail("the transport is gone");
	close(pair[1]);
	if (chan_ring(&w->chan, fds + 1, MRING_WORKER, 0) != 0)
		tap_bail("ring");
}

static void
rtrans_put(struct rtrans *t)
{
	const struct n_wput *n = t->msg.body;

	if (n->worker_id < RTRANS_WORKERS)
		t->put[n->worker_id] = 1;
}

static int
rtrans_grant_within(struct rtrans *t, struct rworker *w, uint32_t uid, int ms)
{
	const struct q_wget *q;

	w->chan.fd = -1;
	w->watchfd = -1;
	fdbag_init(&w->msg.fds);
	while (rtrans_readable(t->broker.fd, ms)) {
		if (chan_recv(&t->broker, &t->msg) != 0)
			return -1;
		if (t->msg.hdr.type == N_WPUT) {
			rtrans_put(t);
			continue;
		}
		q = t->msg.body;
		if (t->msg.hdr.type != Q_WGET || q->cred.uid != uid)
			return -1;
		rtrans_give(t, w);
		return 0;
	}
	return -1;
}

int
rtrans_grant(struct rtrans *t, struct rworker *w, uint32_t uid)
{
	return rtrans_grant_within(t, w, uid, RTRANS_WAIT_MS);
}

int
rtrans_grant_soon(struct rtrans *t, struct rworker *w, uint32_t uid)
{
	return rtrans_grant_within(t, w, uid, RTRANS_SOON_MS);
}

unsigned int
rtrans_drain(struct rtrans *t)
{
	unsigned int asked = 0;

	while (rtrans_readable(t->broker.fd, 0)) {
		if (chan_recv(&t->broker, &t->msg) != 0)
			break;
		if (t->msg.hdr.type == N_WPUT)
			rtrans_put(t);
		else
			asked++;
	}
	return asked;
}

int
rtrans_at_rest(struct rtrans *t)
{
	const struct timespec tick = { 0, 5000000 };
	int i, now = -1;

	for (i = 0; i < RTRANS_WAIT_MS / 5; i++) {
		if (waitpid(t->pid, NULL, WNOHANG) == t->pid)
			tap_bail("the transport is gone");
		if ((now = proc_fds(t->pid)) <= t->fds)
			return 1;
		nanosleep(&tick, NULL);
	}
	tap_diag("%d descriptors, not %d", now, t->fds);
	return 0;
}

/* The bell, or the other end closed; an old bell rings once too often. */
static int
rworker_wait(struct rworker *w)
{
	struct pollfd p[2] = {
		{ w->chan.ring.bell_in, POLLIN, 0 },
		{ w->chan.fd, POLLRDHUP, 0 },
	};
	uint64_t cnt;

	if (mring_arm(&w->chan.ring))
		return 0;
	if (poll(p, 2, RTRANS_WAIT_MS) < 1 || p[0].revents == 0)
		return -1;
	return read(p[0].fd, &cnt, sizeof(cnt)) == sizeof(cnt) ? 0 : -1;
}

int
rworker_question(struct rworker *w)
{
	int err;

	fdbag_close(&w->msg.fds);
	w->msg.body = NULL;
	for (;;) {
		while ((err = chan_recv(&w->chan, &w->msg)) == EAGAIN)
			if (rworker_wait(w) != 0)
				return -1;
		if (err != 0 || w->msg.hdr.type != N_WATCH)
			return err == 0 ? w->msg.hdr.type : -1;
		fd_close(&w->watchfd);
		w->watchfd = fdbag_take(&w->msg.fds, 0);
	}
}

int
rworker_raw(struct rworker *w, const void *bytes, size_t len, const int *fds,
    unsigned int cnt)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 253)];
	} ctl;
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr mh;
	struct cmsghdr *cm;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (cnt > 0) {
		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * cnt);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * cnt);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * cnt);
	}
	if (sendmsg(w->chan.fd, &mh, MSG_NOSIGNAL) == -1)
		return errno;
	mring_put_elsewhere(&w->chan.ring);
	chan_bell(&w->chan);
	return 0;
}

void
rworker_answer(struct rworker *w, const void *body, const int *fds,
    unsigned int cnt)
{
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = w->msg.hdr.type + 1;
	out.id = w->msg.hdr.id;
	out.body = body;
	out.fds = fds;
	out.fd_cnt = cnt;
	chan_send(&w->chan, &out);
	chan_bell(&w->chan);
}

void
rworker_error(struct rworker *w, int err)
{
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = w->msg.hdr.type + 1;
	out.id = w->msg.hdr.id;
	out.err = (uint32_t)err;
	chan_send(&w->chan, &out);
	chan_bell(&w->chan);
}

int
rworker_attr(const struct rtrans *t, const char *name, struct msg_attr *a)
{
	struct statx s;
	int fd;

	memset(a, 0, sizeof(*a));
	fd = openat(t->sharefd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS,
	    &s) == -1)
		tap_bail("%s: %s", name, strerror(errno));
	a->ino = s.stx_ino;
	a->size = s.stx_size;
	a->mode = s.stx_mode;
	a->nlink = s.stx_nlink;
	a->uid = s.stx_uid;
	a->gid = s.stx_gid;
	a->dev_major = s.stx_dev_major;
	a->dev_minor = s.stx_dev_minor;
	a->mnt_id = t->conf.root_mnt_id;
	return fd;
}

void
rworker_lookup(struct rtrans *t, struct rworker *w)
{
	const struct q_lookup *q = w->msg.body;
	struct a_lookup a;
	int fd;

	if (q == NULL)
		return;
	fd = rworker_attr(t, q->name, &a.attr);
	rworker_answer(w, &a, &fd, 1);
	close(fd);
}

void
rworker_close(struct rworker *w)
{
	fdbag_close(&w->msg.fds);
	fd_close(&w->watchfd);
	chan_close(&w->chan);
}
