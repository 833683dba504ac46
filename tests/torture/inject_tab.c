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
 * Knows: how each system call fails when there is too little of something.
 * Never: who makes it.
 */

#include "config.h"

#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>

#include "../../common/sandbox_fsworker.h"

#include "inject.h"

static const struct {
	long nr;
	int err;
} inject_tab[] = {
	{ SYS_accept4, EMFILE },
	{ SYS_brk, ENOMEM },
	{ SYS_capset, EPERM },
	{ SYS_clone, EAGAIN },
	{ SYS_clone3, EAGAIN },
	{ SYS_close, EIO },
	{ SYS_close_range, EINVAL },
	{ SYS_copy_file_range, EIO },
	{ SYS_dup, EMFILE },
	{ SYS_dup2, EMFILE },
	{ SYS_dup3, EMFILE },
	{ SYS_epoll_ctl, ENOMEM },
	{ SYS_epoll_pwait, EINTR },
	{ SYS_epoll_wait, EINTR },
	{ SYS_execveat, ENOMEM },
	{ SYS_faccessat2, EIO },
	{ SYS_fallocate, ENOSPC },
	{ SYS_fchdir, EIO },
	{ SYS_fchmod, EIO },
	{ SYS_fchmodat, EIO },
	{ SYS_fchmodat2, EIO },
	{ SYS_fchown, EIO },
	{ SYS_fchownat, EIO },
	{ SYS_fcntl, ENOLCK },
	{ SYS_fdatasync, EIO },
	{ SYS_fgetxattr, EIO },
	{ SYS_flistxattr, EIO },
	{ SYS_flock, ENOLCK },
	{ SYS_fremovexattr, EIO },
	{ SYS_fsetxattr, ENOSPC },
	{ SYS_fstat, EIO },
	{ SYS_fstatfs, EIO },
	{ SYS_fsync, EIO },
	{ SYS_ftruncate, EIO },
	{ SYS_getdents64, EIO },
	{ SYS_getsockopt, ENOBUFS },
	{ SYS_getxattr, EIO },
	{ SYS_inotify_add_watch, ENOSPC },
	{ SYS_inotify_init1, EMFILE },
	{ SYS_ioctl, EIO },
	{ SYS_kill, EPERM },
	{ SYS_landlock_add_rule, ENOMEM },
	{ SYS_landlock_create_ruleset, ENOMEM },
	{ SYS_landlock_restrict_self, E2BIG },
	{ SYS_lgetxattr, EIO },
	{ SYS_linkat, EIO },
	{ SYS_listxattr, EIO },
	{ SYS_lseek, EIO },
	{ SYS_mkdirat, ENOSPC },
	{ SYS_mknodat, ENOSPC },
	{ SYS_mmap, ENOMEM },
	{ SYS_mprotect, ENOMEM },
	{ SYS_mremap, ENOMEM },
	{ SYS_munmap, ENOMEM },
	{ SYS_name_to_handle_at, EIO },
	{ SYS_newfstatat, EIO },
	{ SYS_open_by_handle_at, EMFILE },
	{ SYS_openat, EMFILE },
	{ SYS_openat2, EMFILE },
	{ SYS_pidfd_send_signal, EPERM },
	{ SYS_poll, EINTR },
	{ SYS_ppoll, EINTR },
	{ SYS_prctl, EINVAL },
	{ SYS_preadv2, EIO },
	{ SYS_pwrite64, EIO },
	{ SYS_pwritev2, EIO },
	{ SYS_read, EINTR },
	{ SYS_readlinkat, EIO },
	{ SYS_recvmsg, EINTR },
	{ SYS_removexattr, EIO },
	{ SYS_renameat2, EIO },
	{ SYS_seccomp, ENOMEM },
	{ SYS_sendmsg, ENOBUFS },
	{ SYS_setgroups, ENOMEM },
	{ SYS_setresgid, EPERM },
	{ SYS_setresuid, EAGAIN },
	{ SYS_setrlimit, EPERM },
	{ SYS_prlimit64, EPERM },
	{ SYS_setsockopt, ENOBUFS },
	{ SYS_setxattr, ENOSPC },
	{ SYS_socketpair, EMFILE },
	{ SYS_statx, EIO },
	{ SYS_symlinkat, ENOSPC },
	{ SYS_syncfs, EIO },
	{ SYS_timerfd_create, EMFILE },
	{ SYS_unlinkat, EIO },
	{ SYS_utimensat, EIO },
	{ SYS_wait4, EINTR },
	{ SYS_waitid, EINTR },
	{ SYS_write, EAGAIN },
	{ SYS_writev, EAGAIN },
};

int
inject_errno(long nr)
{
	size_t i;

	for (i = 0; i < sizeof(inject_tab) / sizeof(inject_tab[0]); i++)
		if (inject_tab[i].nr == nr)
			return inject_tab[i].err;
	return 0;
}

int
inject_real(long nr)
{
	return nr == SYS_close || nr == SYS_munmap || nr == SYS_close_range;
}
