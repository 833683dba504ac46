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
 * Knows: the system calls of broker and spawner, one row each, with the
 * reason.
 * Never: code.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "../common/mring.h"
#include "../common/proc.h"
#include "../common/sandbox_fsworker.h"
#include "sandbox_tab.h"
#include "spawn_child.h"
#include "tree.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* Memory of malloc(3): private, never executable. */
#define MMAP_PROT	(PROT_READ | PROT_WRITE)
#define MMAP_FLAGS	(MAP_PRIVATE | MAP_ANONYMOUS)

/* What fork(3) of this C library asks for, and nothing more. */
#define FORK_FLAGS	(CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD)

static const struct sandbox_row broker_rows[] = {
	/* channels */
	SB_ARG(recvmsg, "chan.c: messages", SB_IS(2, MSG_CMSG_CLOEXEC)),
	SB_ARG(sendmsg, "chan.c: messages", SB_IS(2, MSG_NOSIGNAL)),
	SB_ARG(socketpair, "worker.c: channels for a worker",
	    SB_IS(0, AF_UNIX), SB_IS(1, SOCK_SEQPACKET | SOCK_CLOEXEC),
	    SB_IS(2, 0)),
	SB_ARG(memfd_create, "mring.c: a ring for a worker, never executable",
	    SB_IS(1, MRING_MEMFD)),
	SB_ARG(memfd_create, "mring.c: the same [unseen: before Linux 6.3]",
	    SB_IS(1, MRING_MEMFD_OLD)),
	SB_ARG(eventfd2, "mring.c: its bells", SB_IS(0, 0),
	    SB_IS(1, EFD_CLOEXEC | EFD_NONBLOCK)),
	SB_ALLOW(ftruncate, "mring.c: its size"),
	SB_ARG(fcntl, "mring.c: which stays", SB_IS(1, F_ADD_SEALS)),
	SB_ARG(getsockopt, "chan.c: is it a seqpacket socket",
	    SB_IS(1, SOL_SOCKET), SB_IS(2, SO_TYPE)),
	SB_ARG(fcntl, "chan.c: not blocking", SB_IS(1, F_GETFL)),
	SB_ARG(fcntl, "chan.c: not blocking", SB_IS(1, F_SETFL)),
	SB_ALLOW(close, "worker.c: channels of workers that ended"),

	/* the loop */
	SB_ALLOW(epoll_ctl, "serve.c: who is listened to"),
	SB_ALLOW(epoll_wait, "serve.c: the loop"),
	SB_ALLOW(poll, "serve.c: first messages, ends of processes"),
	SB_ARG(write, "serve.c: libevent's signal handler tells its loop",
	    SB_IS(2, 1)),
	SB_ARG(read, "serve.c: libevent's loop hears of a signal",
	    SB_IS(2, 1024)),
	SB_ALLOW(rt_sigreturn, "serve.c: after a signal"),
	SB_ALLOW(restart_syscall, "serve.c: waiting on after SIGCONT "
	    "[unseen: stopped in poll(2), not in the loop]"),
	SB_ALLOW(clock_gettime, "worker.c: time [unseen: the vDSO tells it]"),

	/* processes */
	SB_ARG(waitid, "serve.c: how a child ended", SB_IS(0, P_PIDFD)),
	SB_ARG(pidfd_send_signal, "serve.c: ending a child",
	    SB_IS(1, SIGKILL), SB_IS(2, 0), SB_IS(3, 0)),
	SB_ALLOW(exit_group, "main.c: the end"),

	/* memory and log */
	SB_ALLOW(brk, "worker.c: calloc(3) "
	    "[unseen: the heap of the start is large enough for a test]"),
	SB_ARG(mmap, "worker.c: calloc(3) [unseen: as brk(2)]",
	    SB_IS(2, MMAP_PROT), SB_IS(3, MMAP_FLAGS)),
	SB_ALLOW(munmap, "worker.c: free(3) [unseen: as brk(2)]"),
	SB_ARG(write, "log.c: one line", SB_IS(0, STDERR_FILENO)),
	SB_ARG(prctl, "sandbox.c: read the filter back",
	    SB_IS(0, PR_GET_SECCOMP)),
};

const struct sandbox_table sandbox_tab_broker = {
	broker_rows, NITEMS(broker_rows),
};

static const struct sandbox_row broker_handle_rows[] = {
	SB_ARG(open_by_handle_at, "tree.c: a file by its sealed handle",
	    SB_IS(2, TREE_OPEN_FLAGS)),
};

const struct sandbox_table sandbox_tab_handles = {
	broker_handle_rows, NITEMS(broker_handle_rows),
};

static const struct sandbox_row spawner_rows[] = {
	/* serving the broker */
	SB_ARG(recvmsg, "chan.c: the broker's messages",
	    SB_IS(0, PROC_FD_BROKER), SB_IS(2, MSG_CMSG_CLOEXEC)),
	SB_ARG(sendmsg, "chan.c: answers and ends of workers",
	    SB_IS(0, PROC_FD_BROKER), SB_IS(2, MSG_NOSIGNAL)),
	SB_ALLOW(poll, "spawner.c: the loop"),
	SB_ALLOW(restart_syscall, "spawner.c: waiting on after SIGCONT"),
	SB_ARG(read, "spawner.c: SIGCHLD", SB_IS(0, SPAWNER_FD_CNT)),
	SB_ARG(clone, "spawner.c: a worker", SB_IS(0, FORK_FLAGS)),
	SB_ARG(wait4, "spawner.c: ends of workers", SB_IS(2, WNOHANG),
	    SB_IS(3, 0)),
	SB_ARG(kill, "spawner.c: ending a worker", SB_IS(1, SIGKILL)),
	SB_ALLOW(getpid, "spawner.c: SREADY"),
	SB_ALLOW(close, "fdbag.c: the child's channel"),
	SB_ARG(write, "log.c: one line [unseen: a kill(2) that fails, or a "
	    "worker that starts as all ends]", SB_IS(0, STDERR_FILENO)),
	SB_ALLOW(exit_group, "spawner.c: the end"),

	/* a child, until it is a worker */
	SB_ALLOW(set_robust_list, "spawner.c: C library, after a fork"),
	SB_ALLOW(rt_sigprocmask, "spawn_child.c: no signal is blocked"),
	SB_ARG(openat, "spawn_child.c: its /proc/self/fd",
	    SB_IS(0, SPAWNER_FD_PROC),
	    SB_IS(2, O_PATH | O_DIRECTORY | O_CLOEXEC)),
	{ .nr = SYS_openat, .err = ENOENT, .name = "openat",
	    .reason = "jail.c: libcap-ng looks for /proc/PID/status",
	    .arg = { SB_MASK(0, UINT32_MAX, (uint32_t)AT_FDCWD),
	    SB_IS(2, O_RDONLY | O_CLOEXEC) } },
	SB_ARG(fcntl, "fdmap.c: copies", SB_IS(1, F_DUPFD_CLOEXEC)),
	SB_ALLOW(dup3, "fdmap.c: copies"),
	SB_ALLOW(close_range, "fdmap.c: everything else"),
	SB_ALLOW(setgroups, "spawn_child.c: the credential"),
	SB_ALLOW(setresgid, "spawn_child.c: the credential"),
	SB_ALLOW(setresuid, "spawn_child.c: the credential"),
	SB_ALLOW(capget, "jail.c: read back"),
	SB_ALLOW(capset, "jail.c: exactly what the class has"),
	SB_ALLOW(getresuid, "jail.c: read back"),
	SB_ALLOW(getresgid, "jail.c: read back"),
	SB_ALLOW(getgroups, "jail.c: read back"),
	SB_ARG(setfsuid, "jail.c: read back", SB_MASK(0, UINT32_MAX,
	    UINT32_MAX)),
	SB_ARG(setfsgid, "jail.c: read back", SB_MASK(0, UINT32_MAX,
	    UINT32_MAX)),
	SB_ARG(prctl, "jail.c: bounding set", SB_IS(0, PR_CAPBSET_READ)),
	SB_ARG(prctl, "jail.c: bounding set", SB_IS(0, PR_CAPBSET_DROP)),
	SB_ARG(prctl, "spawn_child.c: ambient set", SB_IS(0, PR_CAP_AMBIENT)),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_GET_NO_NEW_PRIVS)),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_GET_DUMPABLE)),
	SB_ARG(prctl, "spawn_child.c: a creator's capability",
	    SB_IS(0, PR_SET_KEEPCAPS)),
	SB_ARG(prctl, "proc.c: die with the parent",
	    SB_IS(0, PR_SET_PDEATHSIG), SB_IS(1, SIGKILL)),
	SB_ARG(execveat, "spawn_child.c: viofsd-fsworker",
	    SB_IS(0, PROC_FD_PROC + 1), SB_IS(4, AT_EMPTY_PATH)),
};

const struct sandbox_table sandbox_tab_spawner = {
	spawner_rows, NITEMS(spawner_rows),
};
