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
 * Knows: how to make a call of a traced process fail.
 * Never: which one; that is in the shared page.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

#define TASK_MAX	512
#define INT3		0xccL

/* A thread. */
struct task {
	pid_t pid, tgid;		/* pid 0: free */
	enum inject_role role;
	int shut;			/* its own filter is loaded */
	int fails;			/* with err, at its end */
	int err;
	struct user_regs_struct saved;
	uintptr_t point[INJECT_POINTS];	/* a process's first has them */
	uint32_t first[INJECT_POINTS];	/* bytes that are there really */
};

static struct inject *sh;
static struct task tasks[TASK_MAX];
static pid_t broker_pid;

static struct task *
task_find(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < TASK_MAX; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	return NULL;
}

static int
task_status(pid_t pid, const char *field)
{
	char path[64], line[128];
	int val = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			val = (int)strtol(line + strlen(field), NULL, 10);
	fclose(f);
	return val;
}

/* A new one has what its process, or its parent, has. */
static struct task *
task_new(pid_t pid)
{
	struct task *t = task_find(0), *from;
	int tgid = task_status(pid, "Tgid:");

	if (t == NULL)
		exit(2);
	memset(t, 0, sizeof(*t));
	from = task_find(tgid != pid ? tgid : task_status(pid, "PPid:"));
	if (from != NULL) {
		memcpy(t->point, from->point, sizeof(t->point));
		memcpy(t->first, from->first, sizeof(t->first));
	}
	t->role = from == NULL ? INJECT_BROKER : from->role;
	if (from != NULL && tgid == pid && from->role == INJECT_BROKER)
		t->role = INJECT_SPAWNER;
	t->shut = from != NULL && (tgid != pid || t->role != INJECT_SPAWNER);
	t->pid = pid;
	t->tgid = tgid;
	return t;
}

static void
task_exec(struct task *t)
{
	char path[64], exe[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	memset(t->point, 0, sizeof(t->point));
	t->shut = 0;
	if (strstr(exe, "viofsd-transport") != NULL) {
		t->role = INJECT_TRANSPORT;
	} else if (strstr(exe, "viofsd-fsworker") != NULL) {
		t->role = INJECT_WORKER;
		sh->workers++;
	}
	sh->pid[t->role] = t->pid;
}

/* ---- memory ---- */

/*
 * What compilers begin functions with is done by hand here, as other threads
 * are at work in the same code: endbr64, a push, or a copy to %rax, %rbx or
 * %rbp.  Returns its length, 0 for anything else.
 */
static unsigned int
task_first(pid_t pid, struct user_regs_struct *r, uint32_t code)
{
	unsigned long long *reg[16] = { &r->rax, &r->rcx, &r->rdx, &r->rbx,
		&r->rsp, &r->rbp, &r->rsi, &r->rdi, &r->r8, &r->r9, &r->r10,
		&r->r11, &r->r12, &r->r13, &r->r14, &r->r15 };
	uint8_t byte[4];
	unsigned int n;

	memcpy(byte, &code, sizeof(byte));
	if (code == 0xfa1e0ff3)
		return 4;
	/* mov between two of the first eight */
	if (byte[0] == 0x48 && byte[1] == 0x89 && byte[2] >= 0xc0) {
		*reg[byte[2] & 7] = *reg[byte[2] >> 3 & 7];
		return 3;
	}
	n = byte[0] == 0x41 ? 1 : 0;
	if ((byte[n] & 0xf8) != 0x50)
		return 0;
	r->rsp -= 8;
	ptrace(PTRACE_POKEDATA, pid, r->rsp, *reg[8 * n + (byte[n] & 7)]);
	return n + 1;
}

/* When the filter is loaded the process is what it stays. */
static void
task_watch(struct task *t)
{
	unsigned int i;
	long word;

	if (inject_points(t->pid, t->point) == 0)
		return;
	for (i = 0; i < INJECT_POINTS; i++) {
		if (t->point[i] == 0)
			continue;
		errno = 0;
		word = ptrace(PTRACE_PEEKTEXT, t->pid, t->point[i], NULL);
		if (errno != 0)
			t->point[i] = 0;
		/* It may be the copy of a process that is watched. */
		if (errno != 0 || (word & 0xffL) == INT3)
			continue;
		t->first[i] = (uint32_t)word;
		ptrace(PTRACE_POKETEXT, t->pid, t->point[i],
		    (word & ~0xffL) | INT3);
		sh->points++;
	}
}

static int
task_counts(const struct task *t, enum inject_kind kind)
{
	return sh->armed && sh->role == t->role && sh->kind == kind &&
	    ++sh->count == sh->index && !sh->hit;
}

/* At a point: go on behind what is there, or back to the caller with NULL. */
static int
task_trap(struct task *t)
{
	struct user_regs_struct r;
	const struct task *p = task_find(t->tgid);
	unsigned int i, len;

	if (p == NULL || ptrace(PTRACE_GETREGS, t->pid, NULL, &r) == -1)
		return 0;
	for (i = 0; i < INJECT_POINTS; i++)
		if (p->point[i] != 0 && r.rip == p->point[i] + 1)
			break;
	if (i == INJECT_POINTS)
		return 0;
	if (task_counts(t, INJECT_MEMORY)) {
		sh->hit = 1;
		sh->hit_nr = (int32_t)i;
		sh->hit_filter = !p->shut;
		sh->hit_err = ENOMEM;
		r.rip = (unsigned long long)ptrace(PTRACE_PEEKDATA, t->pid,
		    r.rsp, NULL);
		r.rsp += 8;
		r.rax = 0;
	} else {
		len = task_first(t->pid, &r, p->first[i]);
		if (len == 0)
			exit(3);
		r.rip += len - 1;
	}
	ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
	return 1;
}

/* ---- system calls ---- */

/*
 * A write(2) of 1 to an eventfd fails in one way only: EAGAIN, its counter
 * being full.  Then it is readable and its reader awake, or about to be, as
 * after a write that was done; one that is suppressed with the counter at 0
 * would be a lost wake-up, which the kernel never makes.  So it is done, and
 * said to have failed.  Writes to anything else, such as the log, are not.
 */
static int
task_rings(const struct task *t, const struct user_regs_struct *r)
{
	static const char name[] = "anon_inode:[eventfd]";
	char path[64], what[sizeof(name)];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)t->tgid,
	    (int)r->rdi);
	n = readlink(path, what, sizeof(what));
	return n == (ssize_t)strlen(name) && memcmp(what, name, (size_t)n) == 0;
}

/* Something harmless that every filter allows is done in its stead. */
static void
task_enter(struct task *t)
{
	struct user_regs_struct r;
	long nr;

	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &r) == -1)
		return;
	nr = (long)r.orig_rax;
	if (nr == SYS_seccomp)
		task_watch(t);
	if (nr == SYS_seccomp && r.rdi == SECCOMP_SET_MODE_FILTER &&
	    r.rdx != 0) {
		t->shut = 1;
		sh->pid[t->role] = t->tgid;
	}
	if (inject_errno(nr) == 0 || !task_counts(t, INJECT_CALL))
		return;
	sh->hit = 1;
	sh->hit_nr = (int32_t)nr;
	sh->hit_err = inject_errno(nr);
	if (nr == SYS_brk) {
		r.rdi = 0;		/* the old end is how it says no */
		ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
		return;
	}
	t->fails = 1;
	t->err = inject_errno(nr);
	t->saved = r;
	if (inject_real(nr) || (nr == SYS_write && task_rings(t, &r)))
		return;
	r.orig_rax = SYS_close;
	r.rdi = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
}

static void
task_leave(struct task *t)
{
	struct user_regs_struct r;

	if (!t->fails)
		return;
	t->fails = 0;
	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &r) == -1)
		return;
	r.rdi = t->saved.rdi;
	r.rax = (unsigned long long)(long)-t->err;
	ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
}

/* ---- stops ---- */

static void
task_ended(struct task *t, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (t->pid == t->tgid && t->role == INJECT_WORKER)
		sh->workers--;
	/* How workers are ended, and end when the broker speaks to them. */
	if (sig == SIGKILL || sig == SIGTERM || sig == SIGIO)
		sig = 0;
	if (t->pid == t->tgid && sig != 0 && !t->shut &&
	    (t->role == INJECT_WORKER || t->pid != sh->pid[t->role])) {
		sh->stillborn++;
	} else if (t->pid == t->tgid && sig != 0) {
		sh->crashes++;
		sh->crash_role = t->role;
		sh->crash_signal = (uint32_t)sig;
	}
	t->pid = 0;
}

/* Returns the signal to go on with. */
static int
task_stopped(struct task *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	struct __ptrace_syscall_info info = { .op = 0 };

	if (sig == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			task_enter(t);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			task_leave(t);
		return 0;
	}
	if (event == PTRACE_EVENT_EXEC) {
		task_exec(t);
		return 0;
	}
	if (event != 0)
		return 0;
	if (sig == SIGTRAP && task_trap(t))
		return 0;
	return sig == SIGSTOP ? 0 : sig;
}

static int
inject_loop(void)
{
	struct task *t;
	int status, sig;
	pid_t pid;

	for (;;) {
		if ((pid = waitpid(-1, &status, __WALL)) == -1) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		if ((t = task_find(pid)) == NULL)
			t = task_new(pid);
		if (WIFSTOPPED(status)) {
			sig = task_stopped(t, status);
			ptrace(PTRACE_SYSCALL, pid, NULL, (long)sig);
			continue;
		}
		task_ended(t, status);
		if (pid == broker_pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
	}
}

static void
inject_forward(int sig)
{
	kill(broker_pid, sig);
}

int
main(int argc, char **argv)
{
	const char *file = getenv("INJECT_FILE"), *path;
	int fd, status;

	(void)argc;
	path = getenv("INJECT_VIOFSD");
	if (file == NULL || path == NULL ||
	    (fd = open(file, O_RDWR | O_CLOEXEC)) == -1)
		return 2;
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	if (sh == MAP_FAILED || (broker_pid = fork()) == -1)
		return 2;
	if (broker_pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(path, argv);
		_exit(127);
	}
	signal(SIGTERM, inject_forward);
	waitpid(broker_pid, &status, 0);
	task_new(broker_pid)->role = INJECT_BROKER;
	ptrace(PTRACE_SETOPTIONS, broker_pid, NULL, PTRACE_O_EXITKILL |
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_SYSCALL, broker_pid, NULL, NULL);
	return inject_loop();
}
