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
 * Knows: the spawner, first process of the jail's pid namespace, parent of
 * all workers; the only place that forks and reaps them.
 * Never: guest, transport, share; it obeys the broker and nobody else.
 */

#include "config.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/chan.h"
#include "../common/caps.h"
#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "../common/sandbox_fsworker.h"
#include "bare.h"
#include "fdmap.h"
#include "launch.h"
#include "policy.h"
#include "root.h"
#include "sandbox_tab.h"
#include "spawn_child.h"
#include "spawner.h"
#include "title.h"
#include "userns.h"
#include "worker.h"

struct spawner_proc {
	pid_t pid;		/* 0 = free */
	uint32_t worker_id;
};

struct spawner {
	struct chan broker;
	const struct policy *policy;	/* frozen before the fork */
	unsigned int home;
	int sigfd;
	struct spawner_proc procs[WORKER_MAX];
};

static struct spawner spawner;
static struct chan_msg spawner_msg;

/* A procfs of this pid namespace with nothing in it but processes. */
static int
spawner_procfs(void)
{
	int fs, mnt;

	if ((fs = fsopen("proc", FSOPEN_CLOEXEC)) == -1)
		fatal("procfs");
	if (fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) == -1 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		fatal("procfs: subset=pid");
	mnt = fsmount(fs, FSMOUNT_CLOEXEC,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(fs);
	if (mnt != -1)
		return mnt;
	if (errno != EPERM)
		fatal("procfs: fsmount");
	/* A container that hides parts of its own lets nobody have another. */
	log_warnx("no procfs of its own for the jail: workers reopen their "
	    "files through the container's");
	return root_proc();
}

static void
spawner_signals(struct spawner *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		fatal("sigprocmask");
	s->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->sigfd == -1)
		fatal("signalfd");
}

/*
 * An empty root needs no Landlock.  Without one, this is what keeps us from all
 * files but the share's, which workers open in a domain that they inherit, and
 * the one program that we start.
 */
static void
spawner_bare(const struct spawner_conf *sc)
{
	jail_no_new_privs();
	if (landlock_enter_bare(sc->rootfd, sc->exefd, sc->readonly) == 0)
		fatalx("no Landlock");
}

/*
 * No Landlock here: a domain is inherited, and none could hold both the
 * share, which workers open files in, and the executable, which is outside.
 */
static void
spawner_jail(const struct policy *policy, const struct spawner_conf *sc)
{
	uint64_t caps = policy_spawner_caps(policy, sc->home);
	struct jail_identity id;
	struct cred self;

	jail_limits(sc->nofile, 0, RLIM_INFINITY);
	if (!policy->bare)
		caps_keep(caps, caps);
	jail_no_new_privs();
	proc_die_with_parent();
	cred_set(&self, CRED_ROOT, 0, 0);
	/* Root of the host need not exist there: then it is nobody. */
	if (sc->home != POLICY_HOME_SHARE) {
		jail_observe(&id);
		cred_set(&self, CRED_POOL, id.euid, id.egid);
	}
	if (policy->bare)
		bare_self(policy->space, &self);
	if (policy->stuck)
		jail_own_groups(&self);
	jail_verify(&self, caps);
}

/* A filter is inherited, so the workers' rows are part of this one. */
static void
spawner_filter(enum sandbox_action action)
{
	struct sandbox_table tables[3];

	tables[0] = sandbox_tab_spawner;
	tables[1] = sandbox_fsworker;
	tables[2] = sandbox_fsworker_start;
	sandbox_enter(tables, 3, action);
}

static void
spawner_send(struct spawner *s, const struct chan_out *out)
{
	int err;

	while ((err = chan_send(&s->broker, out)) == EAGAIN)
		continue;
	if (err == EPIPE)
		_exit(0);	/* the broker is gone, and so are all workers */
	if (err != 0) {
		errno = err;
		fatal("broker");
	}
}

static void
spawner_ready(struct spawner *s, uint64_t userns)
{
	struct jail_identity id;
	struct n_sready n;
	struct chan_out out;

	jail_observe(&id);
	memset(&n, 0, sizeof(n));
	n.cap_eff = id.cap_eff;
	n.cap_prm = id.cap_prm;
	n.cap_inh = id.cap_inh;
	n.no_new_privs = id.no_new_privs;
	n.pid = (uint32_t)getpid();
	n.userns = userns;
	memset(&out, 0, sizeof(out));
	out.type = N_SREADY;
	out.body = &n;
	spawner_send(s, &out);
	chan_phase(&s->broker, MSG_PHASE_RUN);
}

static struct spawner_proc *
spawner_find(struct spawner *s, uint32_t worker_id)
{
	unsigned int i;

	for (i = 0; i < WORKER_MAX; i++)
		if (s->procs[i].pid != 0 &&
		    s->procs[i].worker_id == worker_id)
			return &s->procs[i];
	return NULL;
}

/* Start a worker, or say why not.  The broker's policy is asked again. */
static int
spawner_fork(struct spawner *s, const struct q_spawn *q, int chanfd,
    pid_t *pid)
{
	struct spawner_proc *p = NULL;
	uint64_t caps;
	unsigned int i;

	if (policy_check(s->policy, &q->cred, &caps) != 0 ||
	    policy_home(s->policy, &q->cred) != s->home)
		return EPERM;
	if (spawner_find(s, q->worker_id) != NULL)
		return EEXIST;
	for (i = 0; i < WORKER_MAX && p == NULL; i++)
		if (s->procs[i].pid == 0)
			p = &s->procs[i];
	if (p == NULL)
		return EAGAIN;
	if ((*pid = fork()) == -1)
		return errno;
	if (*pid == 0)
		spawn_child(q, caps, chanfd, s->policy);
	p->pid = *pid;
	p->worker_id = q->worker_id;
	return 0;
}

static void
on_spawn(struct spawner *s, const struct chan_msg *m)
{
	struct chan_out out;
	struct a_spawn a;
	pid_t pid = 0;

	memset(&out, 0, sizeof(out));
	memset(&a, 0, sizeof(a));
	out.type = A_SPAWN;
	out.id = m->hdr.id;
	out.err = (uint32_t)spawner_fork(s, m->body, fdbag_get(&m->fds, 0),
	    &pid);
	a.pid = (uint32_t)pid;
	out.body = &a;
	spawner_send(s, &out);
}

static void
on_skill(struct spawner *s, const struct chan_msg *m)
{
	const struct n_skill *n = m->body;
	struct spawner_proc *p;

	/* It may have ended by itself just now; it is not reaped yet then. */
	if ((p = spawner_find(s, n->worker_id)) != NULL &&
	    kill(p->pid, SIGKILL) == -1)
		log_warn("killing worker %u", n->worker_id);
}

static void
spawner_dispatch(struct spawner *s, const struct chan_msg *m)
{
	switch (m->hdr.type) {
#define BROKER_SPAWNER_Q(V, v) \
	case Q_##V: \
		on_##v(s, m); \
		break;
#define BROKER_SPAWNER_N(V, v) \
	case N_##V: \
		on_##v(s, m); \
		break;
#include "rows.h"
	default:
		fatalx("broker: message %u", m->hdr.type);
	}
}

static void
spawner_reap(struct spawner *s)
{
	struct signalfd_siginfo si;
	struct chan_out out;
	struct n_wexit n;
	unsigned int i;
	int status;
	pid_t pid;

	while (read(s->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < WORKER_MAX && s->procs[i].pid != pid; i++)
			continue;
		if (i == WORKER_MAX)
			continue;
		s->procs[i].pid = 0;
		memset(&n, 0, sizeof(n));
		n.worker_id = s->procs[i].worker_id;
		n.status = (uint32_t)status;
		memset(&out, 0, sizeof(out));
		out.type = N_WEXIT;
		out.body = &n;
		spawner_send(s, &out);
	}
}

static void
spawner_loop(struct spawner *s)
{
	struct pollfd pfd[2];
	int err;

	memset(pfd, 0, sizeof(pfd));
	pfd[0].fd = s->broker.fd;
	pfd[1].fd = s->sigfd;
	pfd[0].events = pfd[1].events = POLLIN;
	for (;;) {
		if (poll(pfd, 2, -1) == -1 && errno != EINTR)
			fatal("poll");
		if (pfd[1].revents != 0)
			spawner_reap(s);
		if (pfd[0].revents == 0)
			continue;
		if ((err = chan_recv(&s->broker, &spawner_msg)) == EPIPE)
			_exit(0);
		if (err == EAGAIN)
			continue;
		if (err != 0)
			fatalx("broker: %s", s->broker.why);
		spawner_dispatch(s, &spawner_msg);
		fdbag_close(&spawner_msg.fds);
	}
}

/*
 * Of a pool's it stays nobody: users of the host are in the pool, and could
 * end a process of their own.
 */
static void
spawner_userns(const struct spawner *s, int usernsfd)
{
	if (usernsfd == -1)
		return;
	if (s->home == POLICY_HOME_SHARE)
		userns_become_root(&usernsfd, s->policy->stuck);
	else
		userns_enter(&usernsfd);
}

/* Which one, if there are several. */
static void
spawner_title(const struct spawner_conf *sc)
{
	const struct policy_pool *pool = sc->policy->rules.pools;
	char title[64] = "viofsd: spawner";

	if (sc->home != POLICY_HOME_SHARE) {
		pool += sc->home - 1;
		snprintf(title, sizeof(title), "viofsd: spawner pool %u-%u",
		    pool->first, pool->last);
	}
	title_set(title, "viofsd-spawner");
}

__attribute__((noreturn)) static void
spawner_main(const struct spawner_conf *sc)
{
	struct spawner *s = &spawner;
	int src[SPAWNER_FD_CNT], usernsfd = sc->usernsfd;
	int bare = sc->policy->bare;
	uint64_t userns;

	log_init("S");
	s->policy = sc->policy;
	s->home = sc->home;
	spawner_title(sc);
	launch_leave(sc->terminal);
	src[0] = src[1] = sc->nullfd;
	src[2] = STDERR_FILENO;
	src[PROC_FD_BROKER] = sc->chanfd;
	src[SPAWNER_FD_PROC] = bare ? root_proc() : spawner_procfs();
	src[SPAWNER_FD_EXE] = sc->exefd;
	/* The procfs is mounted with the broker's rights, beside the host's. */
	if (!bare)
		root_empty();
	spawner_userns(s, usernsfd);
	userns = jail_userns(src[SPAWNER_FD_PROC], "self/ns/user");
	if (bare)
		spawner_bare(sc);
	fdmap(src, SPAWNER_FD_CNT, 3);
	spawner_signals(s);
	chan_init(&s->broker, PROC_FD_BROKER, MSG_SPAWNER, MSG_BROKER, 0);
	spawner_jail(s->policy, sc);
	spawner_filter(sc->action);
	spawner_ready(s, userns);
	spawner_loop(s);
	_exit(0);
}

int
spawner_start(const struct spawner_conf *sc)
{
	int pidfd;

	if (launch_fork(sc->policy->bare ? 0 : CLONE_NEWPID | CLONE_NEWNS,
	    &pidfd) == 0)
		spawner_main(sc);
	return pidfd;
}
