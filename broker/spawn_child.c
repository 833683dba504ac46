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
 * Knows: how a child of the spawner becomes a worker: descriptors, ids,
 * capabilities, exec.  Runs under the spawner's filter.
 * Never: who asked, or what the worker does.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <cap-ng.h>

#include "../common/caps.h"
#include "../common/jail.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "fdmap.h"
#include "policy.h"
#include "spawn_child.h"

#define SPAWN_FD_EXE	(PROC_FD_PROC + 1)

static void
spawn_child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		fatal("sigprocmask");
}

static void
spawn_child_fds(int chanfd)
{
	int src[SPAWN_FD_EXE + 1];

	/* Its own, so that it reopens its own descriptors and no others'. */
	src[PROC_FD_PROC] = openat(SPAWNER_FD_PROC, "self/fd",
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (src[PROC_FD_PROC] == -1)
		fatal("self/fd");
	src[0] = STDIN_FILENO;
	src[1] = STDOUT_FILENO;
	src[2] = STDERR_FILENO;
	src[PROC_FD_BROKER] = chanfd;
	src[SPAWN_FD_EXE] = SPAWNER_FD_EXE;
	fdmap(src, SPAWN_FD_EXE + 1, SPAWN_FD_EXE);
}

/* What outlives the exec of somebody who is not root: ambient ones. */
static void
spawn_child_ambient(uint64_t caps)
{
	unsigned int cap;
	int r;

	capng_clear(CAPNG_SELECT_ALL);
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (caps & JAIL_CAP(cap))
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE |
			    CAPNG_PERMITTED | CAPNG_INHERITABLE, cap);
	if ((r = capng_apply(CAPNG_SELECT_CAPS)) != 0)
		fatalx("capabilities not reduced (%d)", r);
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if ((caps & JAIL_CAP(cap)) && prctl(PR_CAP_AMBIENT,
		    PR_CAP_AMBIENT_RAISE, cap, 0, 0) == -1)
			fatal("PR_CAP_AMBIENT_RAISE");
}

static void
spawn_child_ids(const struct cred *cred, uint64_t caps,
    const struct policy *policy)
{
	/* We are that user, without a capability, and cannot be another. */
	if (policy->bare)
		return;
	caps_keep(caps | JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID), caps);
	/* Cleared again by the exec. */
	if (caps != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		fatal("PR_SET_KEEPCAPS");
	if (!policy->stuck && setgroups(cred->gid_cnt, cred->gids) == -1)
		fatal("setgroups");
	if (setresgid(cred->gid, cred->gid, cred->gid) == -1)
		fatal("setresgid");
	if (setresuid(cred->uid, cred->uid, cred->uid) == -1)
		fatal("setresuid");
	if (caps != 0 && cred->uid != 0)
		spawn_child_ambient(caps);
	else
		caps_keep(caps, caps);
}

void
spawn_child(const struct q_spawn *q, uint64_t caps, int chanfd,
    const struct policy *policy)
{
	char who[CRED_STR_MAX], title[CRED_STR_MAX + 32], *argv[2];
	char *envp[1] = { NULL };

	cred_str(&q->cred, who);
	snprintf(title, sizeof(title), "W start %s", who);
	log_init(title);
	snprintf(title, sizeof(title), "viofsd: worker %s", who);
	argv[0] = title;
	argv[1] = NULL;
	spawn_child_signals();
	spawn_child_fds(chanfd);
	spawn_child_ids(&q->cred, caps, policy);
	proc_die_with_parent();
	syscall(SYS_execveat, SPAWN_FD_EXE, "", argv, envp, AT_EMPTY_PATH);
	fatal("viofsd-fsworker");
}
