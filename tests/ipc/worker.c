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
 * Knows: how to be broker and transport for one real viofsd-fsworker.
 * Never: what is being tested.
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../common/proc.h"
#include "../../common/sandbox.h"
#include "../frontend/tap.h"
#include "worker.h"

#define WORKER_WAIT_MS	5000

static char wtree_path[64];

int
wtree_possible(const char **why)
{
	int fd;

#ifdef VIOFSD_INSTRUMENTED
	*why = "a worker with a sanitizer refuses to serve";
	return 0;
#endif
	if (getuid() != 0) {
		*why = "needs root";
		return 0;
	}
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd == -1) {
		*why = "needs CAP_SYS_ADMIN for open_tree";
		return 0;
	}
	close(fd);
	return 1;
}

static int
wtree_unlink(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
wtree_atexit(void)
{
	if (wtree_path[0] != '\0')
		nftw(wtree_path, wtree_unlink, 16, FTW_DEPTH | FTW_PHYS);
	wtree_path[0] = '\0';
}

static void
wtree_clone(struct wtree *t)
{
	struct statx stx;

	t->sharefd = (int)syscall(SYS_open_tree, t->rootfd, "share",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (t->sharefd == -1 || statx(t->sharefd, "", AT_EMPTY_PATH,
	    STATX_MNT_ID, &stx) == -1)
		tap_bail("open_tree: %s", strerror(errno));
	t->mnt_id = stx.stx_mnt_id;
}

void
wtree_make(struct wtree *t, uid_t uid)
{
	const char *dir = getenv("TMPDIR");

	snprintf(t->root, sizeof(t->root), "%s/viofsd-ipc.XXXXXX",
	    dir == NULL ? "/tmp" : dir);
	if (mkdtemp(t->root) == NULL)
		tap_bail("%s: %s", t->root, strerror(errno));
	snprintf(wtree_path, sizeof(wtree_path), "%s", t->root);
	atexit(wtree_atexit);
	t->rootfd = open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->rootfd == -1 || fchmod(t->rootfd, 0755) == -1 ||
	    mkdirat(t->rootfd, "share", 0755) == -1 ||
	    fchownat(t->rootfd, "share", uid, uid, 0) == -1)
		tap_bail("%s/share: %s", t->root, strerror(errno));
	t->plainfd = openat(t->rootfd, "share", O_PATH | O_CLOEXEC);
	wtree_clone(t);
}

void
wtree_plain(struct wtree *t)
{
	struct statx stx;

	fd_close(&t->sharefd);
	t->sharefd = fcntl(t->plainfd, F_DUPFD_CLOEXEC, 0);
	if (t->sharefd == -1 || statx(t->sharefd, "", AT_EMPTY_PATH,
	    STATX_MNT_ID, &stx) == -1)
		tap_bail("share: %s", strerror(errno));
	t->mnt_id = stx.stx_mnt_id;
}

void
wtree_remove(struct wtree *t)
{
	fd_close(&t->sharefd);
	fd_close(&t->plainfd);
	fd_close(&t->rootfd);
	wtree_atexit();
}

void
worker_who(const struct wtree *t, const struct cred *cred,
    struct a_whello *who)
{
	memset(who, 0, sizeof(*who));
	who->cred = *cred;
	if (cred->class == CRED_ROOT)
		who->caps = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE |
		    1ULL << CAP_FOWNER | 1ULL << CAP_FSETID |
		    1ULL << CAP_MKNOD | 1ULL << CAP_SETFCAP;
	if (cred->class == CRED_CREATOR)
		who->caps = 1ULL << CAP_DAC_OVERRIDE;
	who->flags = MSG_SHARE_TRUST_GUEST;
	who->log_level = LOG_LEVEL_ERR;
	who->seccomp = SANDBOX_KILL;
	who->mount_cnt = 1;
	who->mounts[0] = t->mnt_id;
	who->keep_max = WORKER_KEEP_MAX;
}

/* Let capabilities of a user who is not root live through exec. */
static void
worker_ambient(uint64_t caps)
{
	struct __user_cap_header_struct hdr = {
		_LINUX_CAPABILITY_VERSION_3, 0,
	};
	struct __user_cap_data_struct data[2];
	unsigned int cap;

	memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = data[0].inheritable =
	    (uint32_t)caps;
	data[1].effective = data[1].permitted = data[1].inheritable =
	    (uint32_t)(caps >> 32);
	if (syscall(SYS_capset, &hdr, data) == -1)
		_exit(106);
	for (cap = 0; cap < 64; cap++)
		if ((caps & 1ULL << cap) != 0 && prctl(PR_CAP_AMBIENT,
		    PR_CAP_AMBIENT_RAISE, cap, 0, 0) == -1)
			_exit(107);
}

/* In the child: give up everything but cred and caps. */
static void
worker_drop(const struct cred *c, uint64_t caps)
{
	gid_t gids[CRED_GROUPS_MAX];
	unsigned int cap, i;

	for (cap = 0; cap < 64; cap++)
		if ((caps & 1ULL << cap) == 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
		    errno != EINVAL)
			_exit(101);
	for (i = 0; i < c->gid_cnt; i++)
		gids[i] = c->gids[i];
	if (prctl(PR_SET_KEEPCAPS, c->uid != 0, 0, 0, 0) == -1 ||
	    setgroups(c->gid_cnt, gids) == -1 ||
	    setresgid(c->gid, c->gid, c->gid) == -1 ||
	    setresuid(c->uid, c->uid, c->uid) == -1)
		_exit(102);
	if (c->uid != 0)
		worker_ambient(caps);
}

static void
worker_child(const struct a_whello *who, int channel, const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)"viofsd: worker", NULL };
	char *const envp[] = { NULL };
	int procfd, exefd, null;

	null = open("/dev/null", O_RDWR);
	exefd = open(path, O_PATH);
	procfd = open("/proc/self/fd", O_PATH | O_DIRECTORY);
	if (null == -1 || exefd == -1 || procfd == -1)
		_exit(103);
	exefd = fcntl(exefd, F_DUPFD_CLOEXEC, 20);
	procfd = fcntl(procfd, F_DUPFD_CLOEXEC, 20);
	channel = fcntl(channel, F_DUPFD_CLOEXEC, 20);
	if (dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(channel, PROC_FD_BROKER) == -1 ||
	    dup2(procfd, PROC_FD_PROC) == -1)
		_exit(104);
	worker_drop(&who->cred, who->caps);
	syscall(SYS_execveat, exefd, "", argv, envp, AT_EMPTY_PATH);
	_exit(105);
}

static const void *worker_tail;
static size_t worker_tail_len;

void
worker_rules(const void *tail, size_t tail_len)
{
	worker_tail = tail;
	worker_tail_len = tail_len;
}

/* The broker's half of hello.  Returns 0 or -1. */
static int
worker_hello(struct worker *w, const struct wtree *t,
    const struct a_whello *who, int theirs, const int ring[MRING_FDS])
{
	struct chan b;
	struct chan_out out;
	int fds[2 + MRING_FDS], ok;

	fds[0] = theirs;
	fds[1] = t->sharefd;
	memcpy(fds + 2, ring, sizeof(fds) - 2 * sizeof(int));
	chan_init(&b, w->broker, MSG_BROKER, MSG_FSWORKER, 0);
	if (chan_recv(&b, &w->msg) != 0 || w->msg.hdr.type != Q_WHELLO)
		return -1;
	memset(&out, 0, sizeof(out));
	out.type = A_WHELLO;
	out.id = w->msg.hdr.id;
	out.body = who;
	out.tail = worker_tail;
	out.tail_len = worker_tail_len;
	out.fds = fds;
	out.fd_cnt = 2 + MRING_FDS;
	ok = memcmp(w->msg.body, msg_build_id, MSG_BUILD_ID) == 0;
	if (!ok || chan_send(&b, &out) != 0)
		return -1;
	chan_phase(&b, MSG_PHASE_READY);
	if (chan_recv(&b, &w->msg) != 0)
		return -1;
	memcpy(&w->ready, w->msg.body, sizeof(w->ready));
	return 0;
}

int
worker_start(struct worker *w, const struct wtree *t,
    const struct a_whello *born, const struct a_whello *told)
{
	const char *dir = getenv("VIOFSD_LIBEXECDIR");
	char path[4096];
	int b[2], c[2], ring[MRING_FDS], err;

	snprintf(path, sizeof(path), "%s/viofsd-fsworker",
	    dir == NULL ? "." : dir);
	if (chan_pair(b) != 0 || chan_pair(c) != 0 || mring_make(ring) != 0)
		tap_bail("channels: %s", strerror(errno));
	memset(w, 0, sizeof(*w));
	if ((w->pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (w->pid == 0)
		worker_child(born, b[1], path);
	close(b[1]);
	w->broker = b[0];
	chan_init(&w->chan, c[0], MSG_TRANSPORT, MSG_FSWORKER, 0);
	chan_phase(&w->chan, MSG_PHASE_RUN);
	err = worker_hello(w, t, told, c[1], ring);
	close(c[1]);
	if (chan_ring(&w->chan, ring, MRING_TRANSPORT, 1) != 0)
		tap_bail("ring");
	return err;
}

int
worker_ask_tail(struct worker *w, const struct chan_out *out)
{
	struct chan_out o = *out;

	fdbag_close(&w->msg.fds);
	o.id = ++w->id;
	if (chan_send(&w->chan, &o) != 0)
		return -1;
	if (chan_recv(&w->chan, &w->msg) != 0)
		return -1;
	if (w->msg.hdr.type != o.type + 1 || w->msg.hdr.id != w->id)
		return -1;
	return (int)w->msg.hdr.err;
}

int
worker_ask(struct worker *w, uint16_t type, const void *body, const int *fds,
    unsigned int fd_cnt)
{
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = type;
	out.body = body;
	out.fds = fds;
	out.fd_cnt = fd_cnt;
	return worker_ask_tail(w, &out);
}

int
worker_raw(struct worker *w, const void *bytes, size_t len, const int *fds,
    unsigned int fd_cnt)
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
	if (fd_cnt > 0) {
		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * fd_cnt);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * fd_cnt);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * fd_cnt);
	}
	if (sendmsg(w->chan.fd, &mh, MSG_NOSIGNAL) == -1)
		return errno;
	mring_put_elsewhere(&w->chan.ring);
	chan_bell(&w->chan);
	return 0;
}

int
worker_wait(struct worker *w)
{
	const struct timespec tick = { 0, 1000000 };
	int status, i;

	for (i = 0; i < WORKER_WAIT_MS; i++) {
		if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
			w->pid = -1;
			return status;
		}
		ppoll(NULL, 0, &tick, NULL);
	}
	return -1;
}

void
worker_stop(struct worker *w)
{
	fdbag_close(&w->msg.fds);
	chan_close(&w->chan);
	if (w->pid > 0 && worker_wait(w) == -1) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
	}
	w->pid = -1;
	fd_close(&w->broker);
}
