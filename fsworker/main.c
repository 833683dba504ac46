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
 * Knows: how a worker starts: the steps of common/proc.h, and the jail that
 * the broker's answer asks for.
 * Never: a request (serve.c), a capability to gain.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../common/chan.h"
#include "../common/caps.h"
#include "../common/frozen.h"
#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "../common/sandbox.h"
#include "../common/sandbox_fsworker.h"

#include "at.h"
#include "follow.h"
#include "serve.h"

#define MAIN_NOFILE	512	/* 4 * MSG_DIRPLUS_MAX, and what is kept */

/* What the broker said, for good. */
struct main_fixed {
	struct a_whello who;
	struct rules rules;
};

static FROZEN(struct main_fixed) main_fixed;
static struct chan_msg main_msg;

static void
main_check_share(const struct a_whello *who)
{
	uint32_t i;

	if ((who->flags & ~MSG_SHARE_FLAGS) != 0 ||
	    (who->policy & ~MSG_POLICY_ALL) != 0)
		fatalx("hello: unknown flags");
	if (who->log_level > LOG_LEVEL_DEBUG || who->seccomp > SANDBOX_TRAP)
		fatalx("hello: log level %u, filter action %u", who->log_level,
		    who->seccomp);
	if (who->keep_max > MSG_KEEP_MAX)
		fatalx("hello: %u nodes to keep", who->keep_max);
	if (who->mount_cnt == 0 || who->mount_cnt > MSG_MOUNTS_MAX ||
	    who->unique_ids > 1)
		fatalx("hello: %u mounts", who->mount_cnt);
	for (i = who->mount_cnt; i < MSG_MOUNTS_MAX; i++)
		if (who->mounts[i] != 0)
			fatalx("hello: mounts beyond their number");
	if (!cred_valid(&who->cred))
		fatalx("hello: not a credential");
}

/*
 * The kernel gives the lowest numbers, so that everything is where the filter
 * wants it.  Returns the descriptor of the share's root.
 */
static int
main_claim(struct fdbag *fds, int ring[MRING_FDS])
{
	int rootfd, i;

	if (fdbag_take(fds, 0) != FSWORKER_FD_TRANSPORT)
		fatalx("hello: stray descriptors");
	if ((rootfd = fdbag_take(fds, 1)) != FSWORKER_FD_ROOT)
		fatalx("hello: stray descriptors");
	for (i = 0; i < MRING_FDS; i++)
		if ((ring[i] = fdbag_take(fds, 2 + (unsigned int)i)) !=
		    FSWORKER_FD_RING + i)
			fatalx("hello: stray descriptors");
	proc_claim(FSWORKER_FD_TRANSPORT, S_IFSOCK, "a socket");
	proc_claim(rootfd, S_IFDIR, "a directory");
	return rootfd;
}

/*
 * Say hello; the answer goes to *who and *rules, the channel to the transport
 * to FSWORKER_FD_TRANSPORT and its ring to ring.  Returns the descriptor of
 * the share's root.
 */
static int
main_hello(struct chan *broker, struct a_whello *who, struct rules *rules,
    int ring[MRING_FDS])
{
	struct q_whello q;
	struct chan_out out;
	int rootfd, err;

	memset(&out, 0, sizeof(out));
	memcpy(q.build_id, msg_build_id, sizeof(q.build_id));
	out.type = Q_WHELLO;
	out.body = &q;
	if ((err = chan_send(broker, &out)) == 0)
		while ((err = chan_recv(broker, &main_msg)) == EAGAIN)
			continue;
	if (err == EPROTO)
		fatalx("hello: %s", broker->why);
	if (err != 0)
		fatalx("hello: %s", strerror(err));
	if (main_msg.hdr.type != A_WHELLO || main_msg.hdr.err != 0)
		fatalx("hello: refused");
	memcpy(who, main_msg.body, sizeof(*who));
	main_check_share(who);
	if (rules_parse(rules, who, main_msg.tail, main_msg.tail_len) != 0)
		fatalx("hello: rules");
	rootfd = main_claim(&main_msg.fds, ring);
	if (at_claim_dir(who, rootfd) != 0)
		fatalx("hello: the root is not on the share's mounts");
	return rootfd;
}

/*
 * A running worker has nothing to hear from the broker, and never looks:
 * the kernel ends it (SIGIO, default action) when something arrives or the
 * broker goes, at no cost for each request.
 */
static void
main_watch(const struct chan *broker)
{
	struct pollfd pfd = { .fd = broker->fd, .events = POLLIN };
	int flags;

	if (fcntl(broker->fd, F_SETOWN, getpid()) == -1 ||
	    (flags = fcntl(broker->fd, F_GETFL)) == -1 ||
	    fcntl(broker->fd, F_SETFL, flags | O_ASYNC) == -1)
		fatal("O_ASYNC");
	if (poll(&pfd, 1, 0) != 0)
		fatalx("the broker spoke out of turn or is gone");
}

/* Where there is no mount of the share's own, nothing else keeps us in it. */
static int
main_landlock(const struct a_whello *who, int rootfd)
{
	int abi;

	if ((who->flags & MSG_SHARE_BARE) == 0)
		return landlock_enter(rootfd);
	abi = landlock_enter_bare(rootfd, -1,
	    (who->flags & MSG_SHARE_READONLY) != 0);
	if (abi == 0)
		fatalx("no Landlock");
	return abi;
}

/* Give up what is left and read back that it is gone. */
static void
main_jail(const struct a_whello *who, int rootfd, struct n_wready *ready)
{
	struct jail_identity id;
	struct cred want = who->cred;

	jail_observe(&id);
	caps_keep(who->caps, id.cap_bnd);
	jail_limits(MAIN_NOFILE + who->keep_max, 1, RLIM_INFINITY);
	jail_no_new_privs();
	proc_die_with_parent();
	ready->landlock = (uint32_t)main_landlock(who, rootfd);
	/* Strict: every node is walked to from here; bare: has its name. */
	if ((who->policy & MSG_POLICY_STRICT) == 0 &&
	    (who->flags & MSG_SHARE_BARE) == 0)
		fd_close(&rootfd);
	if (who->flags & MSG_SHARE_OWN_GROUPS)
		jail_own_groups(&want);
	jail_verify(&want, who->caps);
	ready->userns = jail_userns(PROC_FD_PROC, "../ns/user");
	jail_observe(&id);
	ready->ruid = id.ruid;
	ready->euid = id.euid;
	ready->suid = id.suid;
	ready->fsuid = id.fsuid;
	ready->rgid = id.rgid;
	ready->egid = id.egid;
	ready->sgid = id.sgid;
	ready->fsgid = id.fsgid;
	ready->groups = id.groups;
	ready->cap_eff = id.cap_eff;
	ready->cap_prm = id.cap_prm;
	ready->cap_inh = id.cap_inh;
	ready->cap_bnd = id.cap_bnd;
	ready->cap_amb = id.cap_amb;
	ready->no_new_privs = id.no_new_privs;
	ready->dumpable = id.dumpable;
}

static void
main_ready(struct chan *broker, const struct n_wready *ready)
{
	struct chan_out out;
	int err;

	memset(&out, 0, sizeof(out));
	out.type = N_WREADY;
	out.body = ready;
	if ((err = chan_send(broker, &out)) != 0)
		fatalx("ready: %s", strerror(err));
}

static void
main_channel(struct chan *c, int ring[MRING_FDS])
{
	int err;

	chan_init(c, FSWORKER_FD_TRANSPORT, MSG_FSWORKER, MSG_TRANSPORT, 0);
	chan_phase(c, MSG_PHASE_RUN);
	if ((err = chan_ring(c, ring, MRING_WORKER, 1)) != 0)
		fatalx("ring: %s", strerror(err));
}

int
main(void)
{
	struct main_fixed *fixed = &main_fixed.v;
	struct n_wready ready;
	struct chan broker, transport;
	char role[CRED_STR_MAX + 2] = "W ";
	int rootfd, ring[MRING_FDS];

	proc_init("W", PROC_FD_PROC + 1);
#ifdef VIOFSD_INSTRUMENTED
	fatalx("this build is for tests: no sanitizer fits in the sandbox");
#endif
	/* A host's RLIMIT_FSIZE is the guest's EFBIG, not our end. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		fatal("SIGXFSZ");
	proc_claim(PROC_FD_BROKER, S_IFSOCK, "a socket");
	proc_claim(PROC_FD_PROC, S_IFDIR, "a directory");
	at_init();
	chan_init(&broker, PROC_FD_BROKER, MSG_FSWORKER, MSG_BROKER, 0);
	rootfd = main_hello(&broker, &fixed->who, &fixed->rules, ring);
	frozen_set(&main_fixed, sizeof(main_fixed));
	cred_str(&fixed->who.cred, role + 2);
	log_init(role);
	log_set_level(fixed->who.log_level);
	main_channel(&transport, ring);
	memset(&ready, 0, sizeof(ready));
	main_jail(&fixed->who, rootfd, &ready);
	follow_init();
	main_watch(&broker);
	sandbox_reserve();
	sandbox_enter(&sandbox_fsworker, 1,
	    (enum sandbox_action)fixed->who.seccomp);
	main_ready(&broker, &ready);
	return serve(&transport, &fixed->who, &fixed->rules);
}
