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
 * Knows: every system call that the transport may make, and why.
 * Never: a call that takes a path, makes a process or gains a right.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <fcntl.h>

#include "sandbox_tab.h"

#define NO_EXEC		SB_MASK(2, PROT_EXEC, 0)

static const struct sandbox_row rows[] = {
	/* files: on descriptors that a worker opened */
	SB_ALLOW(preadv2, "op_io.c: READ into guest memory"),
	SB_ALLOW(pwritev2, "op_io.c: WRITE from guest memory"),
	SB_ALLOW(fstat, "sysfd.h: GETATTR; type of a descriptor"),
	SB_ALLOW(fstatfs, "op_sess.c: STATFS"),
	SB_ALLOW(getdents64, "op_list.c: READDIR"),
	SB_ALLOW(lseek, "op_list.c: READDIR offset; op_file.c: LSEEK"),
	SB_ALLOW(fsync, "op_file.c: FSYNC, FSYNCDIR"),
	SB_ALLOW(fdatasync, "op_file.c: FSYNC of data"),
	SB_ALLOW(fallocate, "op_file.c: FALLOCATE"),
	SB_ALLOW(copy_file_range, "op_file.c: COPY_FILE_RANGE"),
	SB_ARG(fcntl, "op_lock.c: POSIX locks", SB_IS(1, F_OFD_SETLK)),
	SB_ARG(fcntl, "op_lock.c: GETLK", SB_IS(1, F_OFD_GETLK)),
	SB_ALLOW(flock, "op_lock.c: flock(2) locks"),
	SB_ALLOW(dup, "op_open.c: FLUSH is a close of a copy"),
	SB_ALLOW(close, "reap.c: RELEASE, FORGET; every descriptor"),

	SB_ALLOW(inotify_rm_watch, "watch.c: a directory that nobody looks at"),

	/* channels, the vhost-user socket, eventfds, the log */
	SB_ALLOW(recvmsg, "chan.c: messages; vu_msg.c: vhost-user"),
	SB_ALLOW(sendmsg, "chan.c: messages; vu_msg.c: vhost-user replies"),
	SB_ALLOW(read, "iopool.c: wake-ups; watch.c: what changes"),
	SB_ALLOW(write, "vring.c: interrupts; mring.c: bells; log.c: lines"),
	SB_ALLOW(accept4, "main.c: the front-end's connection"),
	SB_ARG(getsockopt, "chan.c: type of a worker's channel",
	    SB_IS(1, SOL_SOCKET), SB_IS(2, SO_TYPE)),
	SB_ARG(fcntl, "chan.c, op_open.c: flags of a file", SB_IS(1, F_GETFL)),
	SB_ARG(fcntl, "chan.c: blocking or not", SB_IS(1, F_SETFL)),

	/* the event loop */
	SB_ALLOW(epoll_wait, "main.c: libevent's loop"),
	SB_ALLOW(epoll_ctl, "main.c: libevent's events"),
	SB_ALLOW(sched_yield,
	    "wlink_settle.c: a worker answers before we sleep"),
	SB_ALLOW(getcpu,
	    "wlink_settle.c: our processor [unseen: the vDSO tells it]"),
	SB_ALLOW(clock_gettime,
	    "wlink_supply.c: time [unseen: the vDSO tells it]"),

	/* memory: never executable */
	SB_ARG(mmap, "gmem.c: guest memory; mring.c; malloc(3)", NO_EXEC),
	SB_ARG(fcntl, "mring.c: is it sealed?", SB_IS(1, F_GET_SEALS)),
	SB_ALLOW(munmap, "gmem.c: guest memory; malloc(3)"),
	SB_ALLOW(mremap, "main.c: libevent grows its table "
	    "[unseen: needs more than 16384 descriptors]"),
	SB_ARG(mprotect, "iopool.c: malloc(3) arenas", NO_EXEC),
	SB_ALLOW(brk, "req.c: malloc(3)"),
	SB_ALLOW(madvise, "req.c: free(3) of a thread's arena "
	    "[unseen: needs many large requests at once]"),

	/* threads and the end */
	SB_ALLOW(futex, "iopool.c: locks and conditions"),
	SB_ALLOW(rt_sigreturn, "gmem.c: return from the SIGBUS handler "
	    "[unseen: the front-end cuts guest memory; tests/unit/test_gmem.c]"),
	SB_ALLOW(rt_sigaction, "gmem.c: SIGBUS elsewhere is fatal "
	    "[unseen: its end; tests/unit/test_gmem.c]"),
	SB_ARG(prctl, "sandbox.c: is the filter in force?",
	    SB_IS(0, PR_GET_SECCOMP)),
	SB_ALLOW(exit_group, "main.c: the end"),
};

const struct sandbox_table sandbox_transport = {
	rows, sizeof(rows) / sizeof(rows[0])
};
