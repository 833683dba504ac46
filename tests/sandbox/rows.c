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
 * Knows: which rows of the tables are used while a test runs: it traces the
 * daemon's processes, under their own filters, and compares every call with
 * the rows of the process that makes it.
 * Never: a test's result, but for its exit status.
 *
 * rows RECORD PROGRAM ARGS...	runs PROGRAM, adds what it saw to RECORD
 * rows -r RECORD		tells which rows were not seen; exit 1 if any
 *				of these does not say why: [unseen: REASON]
 *
 * PROGRAM starts the daemon by the environment's VIOFSD, which is this program
 * again: it loads a filter that stops at every call, and becomes the daemon.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>
#include <bsd/string.h>

#include "sets.h"

#define ROWS_DAEMON	"VIOFSD_ROWS_DAEMON"
#define ROWS_PIDS	4194304		/* the most that Linux has */
#define ROWS_MAX	128		/* of one table */
#define ROWS_TABLES	6

enum rows_kind {
	ROWS_NONE,		/* no filter of its own yet */
	ROWS_TRANSPORT,
	ROWS_FSWORKER,
	ROWS_BROKER,
	ROWS_SPAWNER,		/* also its children until they are workers */
};

struct rows_table {
	const char *name;
	const struct sandbox_table *table;
	enum rows_kind kind;
};

static const struct rows_table rows_tables[ROWS_TABLES] = {
	{ "transport", &sandbox_transport, ROWS_TRANSPORT },
	{ "fsworker", &sandbox_fsworker, ROWS_FSWORKER },
	{ "broker", &sandbox_tab_broker, ROWS_BROKER },
	{ "broker-handles", &sandbox_tab_handles, ROWS_BROKER },
	{ "spawner", &sandbox_tab_spawner, ROWS_SPAWNER },
	{ "fsworker-start", &sandbox_fsworker_start, ROWS_SPAWNER },
};

static unsigned long long rows_seen[ROWS_TABLES][ROWS_MAX];

/* A process is looked at again whenever anybody loaded a filter. */
static unsigned int rows_epoch = 1;
static struct {
	unsigned int epoch;
	enum rows_kind kind;
} rows_task[ROWS_PIDS];

static int
rows_status(pid_t tid, unsigned int *filters, unsigned int *depth)
{
	char path[64], line[512];
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	*filters = *depth = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "NSpid:", 6) == 0)
			for (p = line; *p != '\0'; p++)
				*depth += *p == '\t';
		if (strncmp(line, "Seccomp_filters:", 16) == 0)
			*filters = (unsigned int)strtoul(line + 16, NULL, 10);
	}
	fclose(f);
	return 0;
}

/* One filter is ours; a worker inherits the spawner's. */
static enum rows_kind
rows_look(pid_t tid)
{
	static unsigned int depth;
	char path[64], exe[PATH_MAX];
	unsigned int filters, its;
	const char *base;
	ssize_t n;

	if (depth == 0 && rows_status(getpid(), &filters, &depth) == -1)
		err(2, "/proc/self/status");
	snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) == -1 ||
	    rows_status(tid, &filters, &its) == -1 || filters < 2)
		return ROWS_NONE;
	exe[n] = '\0';
	base = strrchr(exe, '/') == NULL ? exe : strrchr(exe, '/') + 1;
	if (strcmp(base, "viofsd-transport") == 0)
		return ROWS_TRANSPORT;
	if (strcmp(base, "viofsd-fsworker") == 0)
		return filters > 2 ? ROWS_FSWORKER : ROWS_SPAWNER;
	if (strcmp(base, "viofsd") == 0)
		return its > depth ? ROWS_SPAWNER : ROWS_BROKER;
	return ROWS_NONE;
}

static void
rows_call(pid_t tid, int nr, const uint64_t *arg)
{
	const struct sandbox_table *t;
	unsigned int i;
	size_t k;

	if (rows_task[tid].epoch != rows_epoch) {
		rows_task[tid].kind = rows_look(tid);
		rows_task[tid].epoch = rows_epoch;
	}
	if (nr == SYS_seccomp || nr == SYS_execveat || nr == SYS_execve)
		rows_epoch++;
	for (i = 0; i < ROWS_TABLES; i++) {
		t = rows_tables[i].table;
		if (rows_tables[i].kind != rows_task[tid].kind)
			continue;
		for (k = 0; k < t->row_cnt; k++)
			if (t->rows[k].nr == nr && set_fits(&t->rows[k], arg))
				rows_seen[i][k]++;
	}
}

/* What a stopped task is to go on with: a signal, or nothing. */
static int
rows_stop(pid_t tid, int status)
{
	struct __ptrace_syscall_info info;
	int event = status >> 16;

	if (event == PTRACE_EVENT_SECCOMP) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info),
		    &info) > 0 && info.op == PTRACE_SYSCALL_INFO_SECCOMP &&
		    tid < ROWS_PIDS)
			rows_call(tid, (int)info.seccomp.nr,
			    (const uint64_t *)info.seccomp.args);
		return 0;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE)
		rows_epoch++;	/* numbers are used again */
	return event != 0 ? 0 : WSTOPSIG(status);
}

/* Until the program and all it started have ended; the program's status. */
static int
rows_loop(pid_t program)
{
	int status, code = 2;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) != -1 || errno == EINTR) {
		if (tid == -1)
			continue;
		if (!WIFSTOPPED(status)) {
			if (tid == program)
				code = WIFEXITED(status) ?
				    WEXITSTATUS(status) : 2;
			continue;
		}
		/* A stop by SIGSTOP lasts until SIGCONT. */
		if (status >> 16 == PTRACE_EVENT_STOP &&
		    WSTOPSIG(status) != SIGTRAP)
			ptrace(PTRACE_LISTEN, tid, 0, 0);
		else
			ptrace(PTRACE_CONT, tid, 0,
			    (long)rows_stop(tid, status));
	}
	return code;
}

static int
rows_run(char *argv[])
{
	const char *daemon = getenv("VIOFSD");
	char self[PATH_MAX], c;
	int go[2];
	ssize_t n;
	pid_t pid;

	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) == -1)
		err(2, "/proc/self/exe");
	self[n] = '\0';
	if (daemon == NULL || pipe(go) == -1 || (pid = fork()) == -1)
		errx(2, "VIOFSD is not set, or no more processes");
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(2);
		close(go[0]);
		setenv(ROWS_DAEMON, daemon, 1);
		setenv("VIOFSD", self, 1);
		execvp(argv[0], argv);
		err(2, "%s", argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK |
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) == -1)
		err(2, "ptrace");
	if (write(go[1], "", 1) != 1)
		err(2, "pipe");
	close(go[0]);
	close(go[1]);
	return rows_loop(pid);
}

/* The daemon, stopped at every call that its own filter lets through. */
_Noreturn static void
rows_daemon(const char *path, char *argv[])
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	struct sock_fprog prog = { 1, &all };

	unsetenv(ROWS_DAEMON);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == -1)
		err(2, "a filter that traces");
	execv(path, argv);
	err(2, "%s", path);
}

static void
rows_load(const char *path)
{
	unsigned long long cnt;
	unsigned int t, k;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL) {
		if (errno != ENOENT)
			err(2, "%s", path);
		return;
	}
	while (fscanf(f, "%u %u %llu\n", &t, &k, &cnt) == 3)
		if (t < ROWS_TABLES && k < ROWS_MAX)
			rows_seen[t][k] += cnt;
	fclose(f);
}

static void
rows_save(const char *path)
{
	unsigned int t, k;
	FILE *f;

	if ((f = fopen(path, "we")) == NULL)
		err(2, "%s", path);
	for (t = 0; t < ROWS_TABLES; t++)
		for (k = 0; k < ROWS_MAX; k++)
			if (rows_seen[t][k] != 0)
				fprintf(f, "%u %u %llu\n", t, k,
				    rows_seen[t][k]);
	if (fclose(f) != 0)
		err(2, "%s", path);
}

static int
rows_report(void)
{
	const struct sandbox_row *r;
	unsigned int t, seen, code = 0;
	size_t k;

	for (t = 0; t < ROWS_TABLES; t++) {
		seen = 0;
		for (k = 0; k < rows_tables[t].table->row_cnt; k++) {
			r = &rows_tables[t].table->rows[k];
			seen += rows_seen[t][k] != 0;
			/* A call that the filter answers does not stop. */
			if (rows_seen[t][k] != 0 || r->err != 0)
				continue;
			if (strstr(r->reason, "[unseen: ") == NULL)
				code = 1;
			printf("%s %s: %s, %s\n",
			    strstr(r->reason, "[unseen: ") == NULL ?
			    "NOT USED" : "excused", rows_tables[t].name,
			    r->name, r->reason);
		}
		printf("%s: %u of %zu rows seen\n", rows_tables[t].name, seen,
		    rows_tables[t].table->row_cnt);
	}
	return (int)code;
}

int
main(int argc, char *argv[])
{
	const char *daemon;
	int code;

	if ((daemon = getenv(ROWS_DAEMON)) != NULL)
		rows_daemon(daemon, argv);
	if (argc == 3 && strcmp(argv[1], "-r") == 0) {
		rows_load(argv[2]);
		return rows_report();
	}
	if (argc < 3)
		errx(2, "usage: rows RECORD PROGRAM ARGS... | rows -r RECORD");
	rows_load(argv[1]);
	code = rows_run(argv + 2);
	rows_save(argv[1]);
	return code;
}
