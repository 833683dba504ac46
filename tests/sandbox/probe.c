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
 * Knows: how to try every system call there is under each process's filter.
 * Never: what a process does with a call.
 *
 * One child per try, for a filter cannot be taken off.  A call that no row
 * names must end the child with SIGSYS; one that fits a row must not; one
 * that only nearly fits a row must.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "../frontend/tap.h"
#include "sets.h"

#define PROBE_CALLS	1024	/* numbers tried; the kernel has some 470 */
#define PROBE_CALLS_32	512	/* numbers tried of the 32-bit kernel's */
#define PROBE_X32	0x40000000
#define PROBE_ARGS	6
#define PROBE_SECONDS	10	/* a try that hangs ends by SIGALRM */

/* Newer x86-64 kernels let these pass every filter: they are no calls. */
#define PROBE_URETPROBE	335
#define PROBE_UPROBE	336

/* The child has its filter and is about to call; shared with it. */
static volatile int *probe_reached;

/* A try: a number, by which gate, with which arguments. */
struct probe_call {
	long nr;
	int gate32;		/* int $0x80, the 32-bit kernel's numbers */
	const uint64_t *arg;
};

#ifdef __x86_64__
static void
probe_gate32(long nr)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(0), "c"(0),
	    "d"(0), "S"(0), "D"(0) : "memory", "r8", "r9", "r10", "r11");
}

/* Does the kernel have that gate at all?  Without it, SIGSEGV. */
static int
probe_has_gate32(void)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0) {
		probe_gate32(20);	/* getpid(2) */
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}
#endif

static const char *
probe_name(int nr)
{
	static char buf[64];
	char *name;

	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	snprintf(buf, sizeof(buf), "%s (%d)", name != NULL ? name : "?", nr);
	free(name);
	return buf;
}

/* Does any row of the set name the call, and let it through? */
static int
probe_allowed(const struct set *s, int nr, const uint64_t *arg)
{
	const struct sandbox_row *row;
	unsigned int t;
	size_t i;

	for (t = 0; t < s->table_cnt; t++)
		for (i = 0; i < s->table[t]->row_cnt; i++) {
			row = &s->table[t]->rows[i];
			if (row->nr == nr &&
			    (arg == NULL || set_fits(row, arg)))
				return 1;
		}
	return 0;
}

_Noreturn static void
probe_child(const struct set *s, const struct probe_call *c)
{
	struct sandbox_table tables[SET_TABLES];
	struct rlimit none = { 0, 0 };
	const uint64_t *a = c->arg;
	unsigned int i;

	for (i = 0; i < s->table_cnt; i++)
		tables[i] = *s->table[i];
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSYS, SIG_DFL);
	alarm(PROBE_SECONDS);
	close_range(3, UINT_MAX, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		_exit(1);
	sandbox_enter(tables, s->table_cnt, SANDBOX_KILL);
	*probe_reached = 1;
#ifdef __x86_64__
	if (c->gate32)
		probe_gate32(c->nr);
	else
#endif
		syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	for (;;)
		syscall(SYS_exit_group, 0);
}

/* The signal that ended the try, 0 if none did, -1 if it was not made. */
static int
probe_make(const struct set *s, const struct probe_call *c)
{
	int status;
	pid_t pid;

	*probe_reached = 0;
	if ((pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0)
		probe_child(s, c);
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	if (!*probe_reached)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int
probe_try(const struct set *s, long nr, const uint64_t *arg)
{
	struct probe_call c = { nr, 0, arg };

	return probe_make(s, &c);
}

/* Arguments with which a call that passes does no harm: it fails. */
static void
probe_args(const struct sandbox_row *row, uint64_t *arg)
{
	const struct sandbox_arg *a;
	unsigned int i;

	for (i = 0; i < PROBE_ARGS; i++)
		arg[i] = UINT64_MAX;
	if (row->nr == SYS_kill || row->nr == SYS_tgkill)
		arg[0] = arg[1] = INT_MAX;	/* nobody, not everybody */
	if (row->nr == SYS_clone)
		arg[1] = 0;			/* the same stack */
	for (i = 0; i < SANDBOX_ARG_CNT; i++) {
		a = &row->arg[i];
		if (a->op != SANDBOX_ANY)
			arg[a->index] = a->value;
	}
}

static void
probe_unlisted(const struct set *s)
{
	static const uint64_t zero[PROBE_ARGS];
	int nr, sig, good = 1, cnt = 0;

	for (nr = 0; nr < PROBE_CALLS; nr++) {
		if (probe_allowed(s, nr, NULL) ||
		    nr == PROBE_URETPROBE || nr == PROBE_UPROBE)
			continue;
		cnt++;
		if ((sig = probe_try(s, nr, zero)) == SIGSYS)
			continue;
		good = 0;
		tap_diag("%s: %s is in no row, but signal is %d", s->name,
		    probe_name(nr), sig);
	}
	tap_ok(good && cnt > PROBE_CALLS / 2,
	    "%s: every call without a row kills", s->name);
}

static void
probe_listed(const struct set *s)
{
	const struct sandbox_row *row;
	uint64_t arg[PROBE_ARGS];
	unsigned int t;
	int sig, good = 1;
	size_t i;

	for (t = 0; t < s->table_cnt; t++)
		for (i = 0; i < s->table[t]->row_cnt; i++) {
			row = &s->table[t]->rows[i];
			probe_args(row, arg);
			sig = probe_try(s, row->nr, arg);
			if (sig != SIGSYS && sig != SIGALRM && sig != -1)
				continue;
			good = 0;
			tap_diag("%s: %s, %s: signal %d", s->name, row->name,
			    row->reason, sig);
		}
	tap_ok(good, "%s: every row lets its call through", s->name);
}

/* One argument that is tested, changed so that no row fits any more. */
static int
probe_near_miss(const struct set *s, const struct sandbox_row *row,
    unsigned int i)
{
	static const uint64_t flip[] = { 1, 1ULL << 20, 1ULL << 40,
	    1ULL << 63 };
	uint64_t arg[PROBE_ARGS];
	unsigned int k;
	int sig, good = 1;

	for (k = 0; k < sizeof(flip) / sizeof(flip[0]); k++) {
		probe_args(row, arg);
		arg[row->arg[i].index] ^= flip[k];
		if (probe_allowed(s, row->nr, arg))
			continue;
		if ((sig = probe_try(s, row->nr, arg)) == SIGSYS)
			continue;
		good = 0;
		tap_diag("%s: %s, %s: argument %u may be %llx: signal %d",
		    s->name, row->name, row->reason, row->arg[i].index,
		    (unsigned long long)arg[row->arg[i].index], sig);
	}
	return good;
}

static void
probe_arguments(const struct set *s)
{
	const struct sandbox_row *row;
	unsigned int t, k;
	int good = 1;
	size_t i;

	for (t = 0; t < s->table_cnt; t++)
		for (i = 0; i < s->table[t]->row_cnt; i++) {
			row = &s->table[t]->rows[i];
			for (k = 0; k < SANDBOX_ARG_CNT; k++)
				if (row->arg[k].op != SANDBOX_ANY)
					good &= probe_near_miss(s, row, k);
		}
	tap_ok(good, "%s: no row lets other arguments through", s->name);
}

/*
 * The same machine has other calls: the x32 numbers, what no table of the
 * kernel holds, and the 32-bit kernel's by another gate.
 */
static void
probe_others(const struct set *s)
{
	static const uint64_t zero[PROBE_ARGS];
	static const long odd[] = { -1, INT_MAX, INT_MIN, PROBE_X32 - 1,
	    4096, 65536, 1L << 24 };
	unsigned int i;
	int nr, sig, good = 1;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if ((sig = probe_try(s, odd[i], zero)) != SIGSYS) {
			good = 0;
			tap_diag("%s: number %ld: signal %d", s->name, odd[i],
			    sig);
		}
	tap_ok(good, "%s: numbers that are no call's kill", s->name);
#ifdef __x86_64__
	for (good = 1, nr = 0; nr < PROBE_CALLS; nr++)
		if ((sig = probe_try(s, nr | PROBE_X32, zero)) != SIGSYS) {
			good = 0;
			tap_diag("%s: x32 %d: signal %d", s->name, nr, sig);
		}
	tap_ok(good, "%s: every x32 call kills", s->name);
	if (!probe_has_gate32()) {
		tap_skip("the kernel has no such gate",
		    "%s: every 32-bit call kills", s->name);
		return;
	}
	for (good = 1, nr = 0; nr < PROBE_CALLS_32; nr++) {
		struct probe_call c = { nr, 1, zero };

		if ((sig = probe_make(s, &c)) != SIGSYS) {
			good = 0;
			tap_diag("%s: int 0x80, %d: signal %d", s->name, nr,
			    sig);
		}
	}
	tap_ok(good, "%s: every 32-bit call kills", s->name);
#endif
}

/* Calls that no process may have, whatever its table says. */
static void
probe_never(const struct set *s)
{
	static const int never[] = {
		SYS_execve, SYS_ptrace, SYS_process_vm_readv,
		SYS_process_vm_writev, SYS_mount, SYS_umount2, SYS_open_tree,
		SYS_move_mount, SYS_fsopen, SYS_pivot_root, SYS_chroot,
		SYS_setns, SYS_unshare, SYS_clone3, SYS_fork, SYS_vfork,
		SYS_open, SYS_creat, SYS_socket, SYS_connect, SYS_bind,
		SYS_listen, SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd,
		SYS_perf_event_open, SYS_keyctl, SYS_add_key,
		SYS_init_module, SYS_finit_module, SYS_kexec_load,
		SYS_reboot, SYS_open_by_handle_at, SYS_pidfd_getfd,
		SYS_personality, SYS_setuid, SYS_setgid, SYS_setreuid,
		SYS_setregid,
	};
	unsigned int i;
	int good = 1;

	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (never[i] == SYS_open_by_handle_at &&
		    s->table[s->table_cnt - 1] == &sandbox_tab_handles)
			continue;
		if (probe_allowed(s, never[i], NULL)) {
			good = 0;
			tap_diag("%s has a row for %s", s->name,
			    probe_name(never[i]));
		}
	}
	tap_ok(good, "%s: none of the calls that nobody may have", s->name);
}

int
main(void)
{
	unsigned int i;

#ifdef VIOFSD_INSTRUMENTED
	tap_skip("no sanitizer fits into a filter", "every system call");
	return tap_done();
#endif
	probe_reached = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (probe_reached == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	for (i = 0; i < SET_CNT; i++) {
		probe_unlisted(&sets[i]);
		probe_listed(&sets[i]);
		probe_arguments(&sets[i]);
		probe_others(&sets[i]);
		probe_never(&sets[i]);
	}
	return tap_done();
}
