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

#include "../../broker/sandbox_tab.h"
#include "../../common/sandbox.h"
#include "../../common/sandbox_fsworker.h"
#include "../../transport/sandbox_tab.h"
#include "../frontend/tap.h"

#define PROBE_CALLS	512	/* numbers tried */
#define PROBE_ARGS	6
#define PROBE_TABLES	3
#define PROBE_SECONDS	10	/* a try that hangs ends by SIGALRM */

/* Newer x86-64 kernels let these pass every filter: they are no calls. */
#define PROBE_URETPROBE	335
#define PROBE_UPROBE	336

struct probe_set {
	const char *name;
	const struct sandbox_table *table[PROBE_TABLES];
};

static const struct probe_set probe_sets[] = {
	{ "transport", { &sandbox_transport } },
	{ "fsworker", { &sandbox_fsworker } },
	{ "broker", { &sandbox_tab_broker } },
	{ "spawner", { &sandbox_tab_spawner, &sandbox_fsworker,
	    &sandbox_fsworker_start } },
};

/* The child has its filter and is about to call; shared with it. */
static volatile int *probe_reached;

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

/* What the rows mean, said a second time. */
static int
probe_fits(const struct sandbox_row *row, const uint64_t *arg)
{
	const struct sandbox_arg *a;
	unsigned int i;
	uint64_t v;

	for (i = 0; i < SANDBOX_ARG_CNT; i++) {
		a = &row->arg[i];
		v = arg[a->index];
		if ((a->op == SANDBOX_EQ && v != a->value) ||
		    (a->op == SANDBOX_LE && v > a->value) ||
		    (a->op == SANDBOX_MASKED_EQ && (v & a->mask) != a->value))
			return 0;
	}
	return 1;
}

/* Does any row of the set name the call, and let it through? */
static int
probe_allowed(const struct probe_set *s, int nr, const uint64_t *arg)
{
	const struct sandbox_row *row;
	unsigned int t;
	size_t i;

	for (t = 0; t < PROBE_TABLES && s->table[t] != NULL; t++)
		for (i = 0; i < s->table[t]->row_cnt; i++) {
			row = &s->table[t]->rows[i];
			if (row->nr == nr &&
			    (arg == NULL || probe_fits(row, arg)))
				return 1;
		}
	return 0;
}

_Noreturn static void
probe_child(const struct probe_set *s, int nr, const uint64_t *a)
{
	struct sandbox_table tables[PROBE_TABLES];
	struct rlimit none = { 0, 0 };
	unsigned int cnt;

	for (cnt = 0; cnt < PROBE_TABLES && s->table[cnt] != NULL; cnt++)
		tables[cnt] = *s->table[cnt];
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSYS, SIG_DFL);
	alarm(PROBE_SECONDS);
	close_range(3, UINT_MAX, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		_exit(1);
	sandbox_enter(tables, cnt, SANDBOX_KILL);
	*probe_reached = 1;
	syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	for (;;)
		syscall(SYS_exit_group, 0);
}

/* The signal that ended the try, 0 if none did, -1 if it was not made. */
static int
probe_try(const struct probe_set *s, int nr, const uint64_t *arg)
{
	int status;
	pid_t pid;

	*probe_reached = 0;
	if ((pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0)
		probe_child(s, nr, arg);
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	if (!*probe_reached)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
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
probe_unlisted(const struct probe_set *s)
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
probe_listed(const struct probe_set *s)
{
	const struct sandbox_row *row;
	uint64_t arg[PROBE_ARGS];
	unsigned int t;
	int sig, good = 1;
	size_t i;

	for (t = 0; t < PROBE_TABLES && s->table[t] != NULL; t++)
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
probe_near_miss(const struct probe_set *s, const struct sandbox_row *row,
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
probe_arguments(const struct probe_set *s)
{
	const struct sandbox_row *row;
	unsigned int t, k;
	int good = 1;
	size_t i;

	for (t = 0; t < PROBE_TABLES && s->table[t] != NULL; t++)
		for (i = 0; i < s->table[t]->row_cnt; i++) {
			row = &s->table[t]->rows[i];
			for (k = 0; k < SANDBOX_ARG_CNT; k++)
				if (row->arg[k].op != SANDBOX_ANY)
					good &= probe_near_miss(s, row, k);
		}
	tap_ok(good, "%s: no row lets other arguments through", s->name);
}

/* Calls that no process may have, whatever its table says. */
static void
probe_never(const struct probe_set *s)
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
		SYS_memfd_create, SYS_personality, SYS_setuid, SYS_setgid,
		SYS_setreuid, SYS_setregid,
	};
	unsigned int i;
	int good = 1;

	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (probe_allowed(s, never[i], NULL)) {
			good = 0;
			tap_diag("%s has a row for %s", s->name,
			    probe_name(never[i]));
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
	for (i = 0; i < sizeof(probe_sets) / sizeof(probe_sets[0]); i++) {
		probe_unlisted(&probe_sets[i]);
		probe_listed(&probe_sets[i]);
		probe_arguments(&probe_sets[i]);
		probe_never(&probe_sets[i]);
	}
	return tap_done();
}
