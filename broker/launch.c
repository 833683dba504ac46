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
 * Knows: how the transport is started: its namespaces, its ids, its exec; and
 * how the broker itself goes to the background.
 * Never: what it is told afterwards.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "../common/caps.h"
#include "../common/fdbag.h"
#include "../common/jail.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "fdmap.h"
#include "launch.h"
#include "limit.h"
#include "root.h"
#include "userns.h"

/*
 * Nobody's ids, and then the share's user namespace, so that files show the
 * ids that workers see.  The user that it became need not exist there: that
 * keeps it apart from every user of the share.
 */
static void
launch_ids(const struct launch *l)
{
	uint64_t caps = JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID);
	int usernsfd = l->usernsfd;

	/* There is nothing left to give up. */
	if (l->bare)
		return;
	if (usernsfd == -1)
		caps_keep(caps, 0);
	else if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		fatal("PR_SET_KEEPCAPS");
	if ((!l->stuck && setgroups(0, NULL) == -1) ||
	    setresgid(l->gid, l->gid, l->gid) == -1 ||
	    setresuid(l->uid, l->uid, l->uid) == -1)
		fatal("ids %u:%u", l->uid, l->gid);
	if (usernsfd != -1) {
		caps_keep(JAIL_CAP(CAP_SYS_ADMIN) | JAIL_CAP(CAP_SETPCAP),
		    JAIL_CAP(CAP_SYS_ADMIN));
		userns_enter(&usernsfd);
	}
	caps_keep(0, 0);
}

void
launch_leave(int terminal)
{
	if (terminal && setsid() == -1)
		fatal("setsid");
	if (!terminal && setpgid(0, 0) == -1)
		fatal("setpgid");
}

__attribute__((noreturn)) static void
launch_child(const struct launch *l)
{
	char title[128], *argv[2], *envp[1] = { NULL };
	int src[PROC_FD_BROKER + 2];

	log_init("T start");
	strlcpy(title, l->title, sizeof(title));
	argv[0] = title;
	argv[1] = NULL;
	if (!l->bare)
		root_empty();
	launch_leave(l->terminal);
	src[0] = src[1] = l->nullfd;
	src[2] = STDERR_FILENO;
	src[PROC_FD_BROKER] = l->chanfd;
	src[PROC_FD_BROKER + 1] = l->exefd;
	limit_apply(l->nofile);
	launch_ids(l);
	fdmap(src, PROC_FD_BROKER + 2, PROC_FD_BROKER + 1);
	jail_no_new_privs();
	proc_die_with_parent();
	syscall(SYS_execveat, PROC_FD_BROKER + 1, "", argv, envp,
	    AT_EMPTY_PATH);
	fatal("viofsd-transport");
}

pid_t
launch_fork(uint64_t namespaces, int *pidfd)
{
	struct clone_args ca;
	pid_t pid;

	*pidfd = -1;
	memset(&ca, 0, sizeof(ca));
	ca.flags = CLONE_PIDFD | namespaces;
	ca.pidfd = (uintptr_t)pidfd;
	ca.exit_signal = SIGCHLD;
	if (namespaces != 0) {
		pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
		if (pid == -1)
			fatal("clone3: no new namespaces");
		return pid;
	}
	/* Containers that allow no namespace may not allow clone3(2) at all. */
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid != 0 &&
	    (*pidfd = (int)syscall(SYS_pidfd_open, pid, 0)) == -1)
		fatal("pidfd_open");
	return pid;
}

int
launch_transport(const struct launch *l)
{
	int pidfd;

	if (launch_fork(l->bare ? 0 : CLONE_NEWPID | ROOT_NAMESPACES,
	    &pidfd) == 0)
		launch_child(l);
	return pidfd;
}

/* Stay until the daemon serves, or does not. */
__attribute__((noreturn)) static void
launch_wait(int fd)
{
	ssize_t n;
	char c;

	while ((n = read(fd, &c, sizeof(c))) == -1 && errno == EINTR)
		continue;
	_exit(n == 1 ? 0 : 1);
}

int
launch_background(int nullfd)
{
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) == -1)
		fatal("pipe");
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid != 0) {
		close(ready[1]);
		launch_wait(ready[0]);
	}
	close(ready[0]);
	if (setsid() == -1)
		fatal("setsid");
	if (dup2(nullfd, STDIN_FILENO) == -1 ||
	    dup2(nullfd, STDOUT_FILENO) == -1)
		fatal("/dev/null");
	return ready[1];
}

void
launch_serving(int *readyfd)
{
	if (*readyfd == -1)
		return;
	/* Who waited may be gone; the service is there all the same. */
	if (write(*readyfd, "", 1) == -1)
		log_warn("the process that was started");
	fd_close(readyfd);
}
