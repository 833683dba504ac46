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
 * Knows: the system calls of a worker, one row each, with the reason.
 * Never: how rows become a filter (sandbox.c).
 *
 * The filter cannot see into a struct open_how or a name.  What stands behind
 * it: an empty root, Landlock beneath the share, the user's own ids.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <unistd.h>

#include "../common/msg.h"
#include "../common/proc.h"
#include "../common/sandbox_fsworker.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE	65	/* Linux 6.3 */
#define PR_GET_MDWE	66
#endif

#ifndef SYS_mseal
#define SYS_mseal	462	/* Linux 6.10 */
#endif

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* A descriptor: not AT_FDCWD, not any other negative number. */
#define SB_FD(i)	SB_UPTO(i, INT_MAX)

/* One command; only the lower half of the argument counts. */
#define SB_IOCTL(cmd, why) \
	SB_ARG(ioctl, why, SB_FD(0), SB_MASK(1, UINT_MAX, (unsigned int)(cmd)))

static const struct sandbox_row fsworker_rows[] = {
	/* channels and log */
	SB_ARG(recvmsg, "chan.c: questions",
	    SB_IS(0, FSWORKER_FD_TRANSPORT), SB_IS(2, MSG_CMSG_CLOEXEC)),
	SB_ARG(sendmsg, "chan.c: answers",
	    SB_IS(0, FSWORKER_FD_TRANSPORT), SB_IS(2, MSG_NOSIGNAL)),
	SB_ARG(sendmsg, "main.c: WREADY",
	    SB_IS(0, PROC_FD_BROKER), SB_IS(2, MSG_NOSIGNAL)),
	SB_ALLOW(epoll_wait, "chan.c: sleep until there is a question"),
	SB_ARG(write, "mring.c: wake the transport",
	    SB_IS(0, FSWORKER_FD_BELL), SB_IS(2, 8)),
	SB_ARG(sched_setaffinity, "follow.c: the transport's processor, or any "
	    "[unseen: with a tracer everything takes too long for it]",
	    SB_IS(0, 0)),
	SB_ALLOW(munmap, "mring.c: the end of the ring"),
	SB_ARG(ppoll, "serve.c: wait while the transport fetches descriptors "
	    "[unseen: needs a transport that does not]",
	    SB_IS(0, 0), SB_IS(1, 0)),
	SB_ARG(write, "log.c: one line [unseen: there is nothing to say unless "
	    "a process of ours has been taken over]",
	    SB_IS(0, STDERR_FILENO)),
	SB_ALLOW(clock_gettime, "log.c: token buckets, follow.c "
	    "[unseen: the vDSO tells the time]"),
	SB_ALLOW(close, "fdbag.c: every descriptor is closed"),
	SB_ARG(prctl, "sandbox.c: read the filter back",
	    SB_IS(0, PR_GET_SECCOMP)),
	SB_ALLOW(exit_group, "main.c: the end"),

	/* finding and opening */
	SB_ARG(openat2, "at.c: one name beneath a directory", SB_FD(0),
	    SB_IS(3, 24)),
	SB_ARG(fcntl, "at.c: is it open, or only a node?", SB_FD(0),
	    SB_IS(1, F_GETFL)),
	SB_ARG(openat, "at.c: another open file of a descriptor",
	    SB_IS(0, PROC_FD_PROC)),
	SB_ARG(statx, "attr.c: attributes", SB_FD(0), SB_IS(2, AT_EMPTY_PATH)),
	SB_ARG(statx, "at.c: provenance", SB_FD(0),
	    SB_IS(2, AT_EMPTY_PATH | AT_STATX_DONT_SYNC)),
	SB_ARG(statx, "w_node.c: STATX that waits for a server", SB_FD(0),
	    SB_IS(2, AT_EMPTY_PATH | AT_STATX_FORCE_SYNC)),
	SB_ARG(statx, "attr.c: an entry of a directory", SB_FD(0),
	    SB_IS(2, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)),
	SB_ARG(name_to_handle_at, "give.c: what a seal is made of", SB_FD(0),
	    SB_IS(4, AT_EMPTY_PATH)),
	SB_ARG(name_to_handle_at, "give.c: ... for an entry of a directory",
	    SB_FD(0), SB_IS(4, 0)),
	SB_ARG(faccessat2, "w_node.c: ACCESS", SB_FD(0), SB_UPTO(2, 7),
	    SB_IS(3, AT_EACCESS | AT_EMPTY_PATH)),

	/* names */
	SB_ARG(umask, "make.c: what the guest has not applied",
	    SB_UPTO(0, 0777)),
	SB_ARG(mknodat, "make.c: MKNOD", SB_FD(0)),
	SB_ARG(mkdirat, "make.c: MKDIR", SB_FD(0)),
	SB_ARG(symlinkat, "make.c: SYMLINK", SB_FD(1)),
	SB_ARG(linkat, "w_name.c: LINK, make.c: the name comes last", SB_IS(0, PROC_FD_PROC), SB_FD(2),
	    SB_IS(4, AT_SYMLINK_FOLLOW)),
	SB_ARG(unlinkat, "w_name.c: UNLINK, make.c: no label, no file", SB_FD(0), SB_IS(2, 0)),
	SB_ARG(unlinkat, "w_name.c: RMDIR, make.c: as above", SB_FD(0), SB_IS(2, AT_REMOVEDIR)),
	SB_ARG(renameat2, "w_name.c: RENAME, make.c: the name comes last",
	    SB_FD(0), SB_FD(2)),
	SB_ARG(readlinkat, "w_name.c: READLINK, at.c: the way to a node",
	    SB_FD(0)),

	/* attributes */
	SB_ARG(fchmodat2, "at.c: mode", SB_FD(0), SB_IS(3, AT_EMPTY_PATH)),
	SB_ARG(fchmodat, "at.c: mode [unseen: before Linux 6.6]",
	    SB_IS(0, PROC_FD_PROC)),
	SB_ALLOW(fchmod, "w_attr.c: mode of an open file"),
	SB_ARG(fchownat, "w_attr.c: owner", SB_FD(0),
	    SB_IS(4, AT_EMPTY_PATH)),
	SB_ALLOW(fchown, "w_attr.c: owner of an open file"),
	SB_ALLOW(ftruncate, "w_attr.c: size"),
	SB_ARG(utimensat, "w_attr.c: times", SB_FD(0),
	    SB_IS(3, AT_EMPTY_PATH)),
	SB_ARG(utimensat, "w_attr.c: times of an open file", SB_FD(0),
	    SB_IS(1, 0), SB_IS(3, 0)),

	/*
	 * Extended attributes: a number beneath the working directory, which
	 * is /proc/self/fd, because f*xattr(2) refuse O_PATH descriptors.
	 */
	SB_ALLOW(setxattr, "xattr.c: SETXATTR and labels"),
	SB_ALLOW(getxattr, "xattr.c: GETXATTR"),
	SB_ALLOW(listxattr, "xattr.c: LISTXATTR"),
	SB_ALLOW(removexattr, "xattr.c: REMOVEXATTR, file capabilities"),

	/* ioctl(2): regular files and directories only, w_ioctl.c */
	SB_IOCTL(FS_IOC_GETFLAGS, "w_ioctl.c: lsattr(1)"),
	SB_IOCTL(FS_IOC_SETFLAGS, "w_ioctl.c: chattr(1), the owner's flags"),
	SB_IOCTL(FS_IOC_FSGETXATTR, "w_ioctl.c: the same, and extent sizes"),
	SB_IOCTL(FS_IOC_FSSETXATTR, "w_ioctl.c: the same, but no project"),
	SB_IOCTL(FS_IOC_GETVERSION, "w_ioctl.c: generation of an inode"),
	SB_IOCTL(FS_IOC_MEASURE_VERITY, "w_ioctl.c: digest of the contents"),
	SB_IOCTL(FS_IOC_GET_ENCRYPTION_POLICY, "w_ioctl.c: no key in it"),
	SB_IOCTL(FS_IOC_GET_ENCRYPTION_POLICY_EX, "w_ioctl.c: no key in it"),

	/* the transport's instance: one cannot be made, read or emptied */
	SB_ARG(inotify_add_watch, "w_ahead.c: names of a directory, and "
	    "changes of its files", SB_FD(0),
	    SB_MASK(2, ~(uint64_t)IN_MODIFY, MSG_WATCH_MASK)),

	/* contents */
	SB_ARG(lseek, "w_list.c: cookie", SB_IS(2, SEEK_SET)),
	SB_ALLOW(getdents64, "w_list.c: READDIRPLUS"),
	SB_ALLOW(pwritev2, "w_file.c: WRITE"),
	SB_ALLOW(fallocate, "w_file.c: FALLOCATE"),
	SB_ARG(copy_file_range, "w_file.c: COPY", SB_IS(5, 0)),
	SB_ALLOW(syncfs, "w_file.c: SYNCFS"),
};

const struct sandbox_table sandbox_fsworker = {
	fsworker_rows, NITEMS(fsworker_rows),
};

/* In the order in which they happen. */
static const struct sandbox_row fsworker_start_rows[] = {
	/* libc, before main() */
	SB_ALLOW(brk, "libc: heap"),
	SB_ARG(mmap, "libc: heap "
	    "[unseen: something is mapped behind brk(2)'s]",
	    SB_MASK(2, PROT_EXEC, 0),
	    SB_IS(3, MAP_PRIVATE | MAP_ANONYMOUS)),
	SB_ALLOW(munmap, "libc: heap [unseen: as mmap(2)]"),
	SB_ARG(mprotect, "libc: relocations become read-only",
	    SB_MASK(2, PROT_EXEC, 0)),
	SB_ALLOW(arch_prctl, "libc: thread pointer"),
	SB_ALLOW(set_tid_address, "libc: threads"),
	SB_ALLOW(set_robust_list, "libc: threads"),
	SB_ALLOW(rseq, "libc: threads"),
	SB_ALLOW(readlink, "libc: its own name, not to be found"),
	SB_ALLOW(getrandom, "libc: seed of the heap"),
	SB_ARG(openat, "libcap-ng: cap_last_cap, not to be found",
	    SB_MASK(0, UINT_MAX, (unsigned int)AT_FDCWD),
	    SB_IS(2, O_RDONLY)),
	SB_ARG(prctl, "libcap-ng: state of the process",
	    SB_IS(0, PR_GET_SECUREBITS)),

	/* steps 1 to 3 and hello */
	SB_ARG(fcntl, "proc.c: are 0-2 open?", SB_IS(1, F_GETFD)),
	SB_ALLOW(getsockopt, "log.c: form of the lines, chan.c: socket type"),
	SB_ARG(newfstatat, "proc.c: type of a descriptor", SB_FD(0),
	    SB_IS(3, AT_EMPTY_PATH)),
	SB_ARG(ioctl, "log.c: form of the lines [unseen: on a terminal]",
	    SB_IS(0, STDERR_FILENO), SB_IS(1, TCGETS)),
	SB_ALLOW(close_range, "proc.c: stray descriptors"),
	SB_ALLOW(rt_sigaction, "proc.c: default actions"),
	SB_ALLOW(rt_sigprocmask, "proc.c: nothing blocked"),
	SB_ARG(prctl, "proc.c: not dumpable", SB_IS(0, PR_SET_DUMPABLE)),
	SB_ARG(prlimit64, "jail.c: limits", SB_IS(0, 0)),
	SB_ALLOW(fstatfs, "at.c: is this procfs?"),
	SB_ARG(fchdir, "at.c: the working directory", SB_IS(0, PROC_FD_PROC)),
	SB_ARG(statx, "at.c: is this our /proc/self/fd?; jail.c: ns/user",
	    SB_IS(0, PROC_FD_PROC), SB_IS(2, 0)),
	SB_ARG(fcntl, "chan.c: blocking socket", SB_IS(1, F_GETFL)),
	SB_ARG(fcntl, "chan.c: blocking socket", SB_IS(1, F_SETFL)),
	SB_ARG(fcntl, "mring.c: is it sealed?", SB_IS(1, F_GET_SEALS)),
	SB_ALLOW(fstat, "mring.c: its size"),
	SB_ARG(mmap, "mring.c: the ring", SB_IS(2, PROT_READ | PROT_WRITE),
	    SB_IS(3, MAP_SHARED), SB_IS(4, FSWORKER_FD_RING)),
	SB_ALLOW(epoll_create1, "chan.c: to sleep"),
	SB_ALLOW(epoll_ctl, "chan.c: on socket and bell"),
	SB_ARG(recvmsg, "chan.c: answer to hello", SB_IS(0, PROC_FD_BROKER),
	    SB_IS(2, MSG_CMSG_CLOEXEC)),

	/* the jail and what is read back */
	SB_ALLOW(getresuid, "jail.c: read back"),
	SB_ALLOW(getresgid, "jail.c: read back"),
	SB_ALLOW(setfsuid, "jail.c: read back"),
	SB_ALLOW(setfsgid, "jail.c: read back"),
	SB_ALLOW(getgroups, "jail.c: read back"),
	SB_ALLOW(setresuid, "jail.c: must fail"),
	SB_ALLOW(setgroups, "jail.c: must fail"),
	SB_ALLOW(capget, "jail.c: read back"),
	SB_ALLOW(capset, "jail.c: what is left"),
	SB_ALLOW(gettid, "libcap-ng: whose capabilities"),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_CAPBSET_READ)),
	SB_ARG(prctl, "jail.c: ambient set", SB_IS(0, PR_CAP_AMBIENT)),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_GET_NO_NEW_PRIVS)),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_GET_DUMPABLE)),
	SB_ARG(prctl, "jail.c: no_new_privs", SB_IS(0, PR_SET_NO_NEW_PRIVS)),
	SB_ARG(prctl, "jail.c: no W+X memory", SB_IS(0, PR_SET_MDWE)),
	SB_ARG(prctl, "jail.c: read back", SB_IS(0, PR_GET_MDWE)),
	SB_ARG(prctl, "proc.c: die with the parent",
	    SB_IS(0, PR_SET_PDEATHSIG)),
	SB_ARG(mseal, "frozen.c: what the broker said", SB_IS(2, 0)),
	SB_ALLOW(landlock_create_ruleset, "landlock.c: the share alone"),
	SB_ALLOW(landlock_add_rule, "landlock.c: the share alone"),
	SB_ALLOW(landlock_restrict_self, "landlock.c: the share alone"),
	SB_ARG(sched_getaffinity, "follow.c: processors that we may use",
	    SB_IS(0, 0)),
	SB_ALLOW(getpid, "main.c: who gets SIGIO"),
	SB_ARG(fcntl, "main.c: who gets SIGIO", SB_IS(1, F_SETOWN)),
	SB_ALLOW(poll, "main.c: has the broker gone meanwhile?"),
	SB_ALLOW(seccomp, "sandbox.c: its own filter"),
};

const struct sandbox_table sandbox_fsworker_start = {
	fsworker_start_rows, NITEMS(fsworker_start_rows),
};
