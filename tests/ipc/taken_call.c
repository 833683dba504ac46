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
 * Knows: what a process without walls would do with system calls.
 * Never: messages.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "taken.h"

static volatile sig_atomic_t taken_trapped;

static void
taken_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	taken_trapped = 1;
	uc->uc_mcontext.gregs[REG_RAX] = -1;
}

/* Several calls are one line: each of them must be stopped by the filter. */
struct taken_family {
	const char *what;
	long nr[24];			/* 0 ends it: that is read(2) */
};

static const struct taken_family families[] = {
	{ "open, find or change a file by a name", {
	    SYS_open, SYS_openat, SYS_openat2, SYS_creat, SYS_stat,
	    SYS_newfstatat, SYS_statx, SYS_access, SYS_readlink, SYS_unlink,
	    SYS_rename, SYS_mkdir, SYS_mknod, SYS_symlink, SYS_link,
	    SYS_chmod, SYS_chown, SYS_truncate, SYS_utimensat, SYS_getxattr,
	    SYS_chdir, SYS_inotify_add_watch } },
	{ "make a handle of a file, or open one", {
	    SYS_name_to_handle_at, SYS_open_by_handle_at } },
	{ "start a program, a process or a thread", {
	    SYS_execve, SYS_execveat, SYS_fork, SYS_vfork, SYS_clone,
	    SYS_clone3 } },
	{ "look into, trace or signal another process", {
	    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill,
	    SYS_tkill, SYS_pidfd_open, SYS_pidfd_getfd,
	    SYS_pidfd_send_signal, SYS_rt_sigqueueinfo } },
	{ "change its ids, capabilities, namespaces or mounts", {
	    SYS_setuid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
	    SYS_capset, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2,
	    SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
	    SYS_fsopen, SYS_mount_setattr } },
	{ "make a socket or connect one", {
	    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen } },
	{ "change owner, mode, size or attributes of an open file", {
	    SYS_fchmod, SYS_fchown, SYS_ftruncate, SYS_fsetxattr,
	    SYS_fremovexattr, SYS_ioctl } },
	{ "undo its filter, or use the rest of the kernel", {
	    SYS_seccomp, SYS_bpf, SYS_io_uring_setup, SYS_perf_event_open,
	    SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_init_module,
	    SYS_kexec_load, SYS_fanotify_init, SYS_memfd_create, SYS_shmget,
	    SYS_personality, SYS_setrlimit, SYS_prlimit64, SYS_quotactl,
	    SYS_reboot, SYS_syslog } },
};

static bool
taken_call(long nr, long a, long b, long c)
{
	taken_trapped = 0;
	syscall(nr, a, b, c, 0L, 0L, 0L);
	return taken_trapped == 0;
}

static void
taken_family(const struct taken_family *f)
{
	static const char path[] = "/";
	bool could = false;
	size_t i;

	for (i = 0; i < sizeof(f->nr) / sizeof(f->nr[0]) && f->nr[i] != 0;
	    i++)
		if (taken_call(f->nr[i], (long)path, (long)path, 0)) {
			taken_note("system call", (int)f->nr[i]);
			could = true;
		}
	taken_say(could, f->what);
}

void
taken_calls(void)
{
	struct sigaction sa;
	bool could;
	size_t i;
	void *p;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = taken_sigsys;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		_exit(1);
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		taken_family(&families[i]);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	taken_say(p != MAP_FAILED, "have memory, and keep what it was given");
	could = taken_call(SYS_mprotect, (long)p, 4096,
	    PROT_READ | PROT_EXEC);
	could |= taken_call(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC);
	could |= taken_call(SYS_prctl, PR_SET_DUMPABLE, 1, 0);
	taken_say(could, "run code that was not in its program");
}
