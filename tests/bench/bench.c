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
 * Knows: how one load runs in several processes, and what is said of it.
 *   viofsd-bench [-p PROCESSES] [-d DEPTH] [-n COUNT] [-u] [-w HOSTDIR]
 *       [-c PID] [-k] LOAD DIRECTORY [COMMAND...]
 * prints the operations, the seconds from the first to the last, the median
 * and the 99th percentile of one operation in microseconds, and what an
 * operation cost the processes below PID: microseconds on a processor and
 * times put on one.  -u: each process is a user of its own.  -w: DIRECTORY as
 * the host has it, walked after the caches were dropped, so that only the
 * client is cold.  -k: the directories are there and as they should be.
 * The load "run" is a command and its arguments, done in DIRECTORY.
 * Never: built into the daemon.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "cpu.h"

#define BENCH_UID 30000 /* of the first process with -u */
#define BENCH_PROCS 256

/* All that the processes share. */
struct bench_run {
	const struct bench_load *load;
	const char *top;
	const char *warm;
	unsigned long cnt;
	unsigned int procs;
	unsigned int depth;
	int users;
	int keep;    /* nothing is made ready */
	pid_t payer; /* whose costs are counted, or 0 */
	struct cpu_cost before;
	struct cpu_cost after;
	int ready[2]; /* a byte from each process that is */
	int go[2];    /* closed when all may run */
	uint64_t *lat_ns;
	uint64_t *ends; /* start and end of each process */
};

static void
usage(void)
{
	fprintf(stderr, "usage: viofsd-bench [-p processes] [-d depth] "
			"[-n count] [-u] [-w hostdir]\n\t[-c pid] [-k] load directory [command ...]\n");
	exit(2);
}

uint64_t
bench_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(2, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int
bench_open(const struct bench_job *job, const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", job->dir, name);
	fd = open(path, flags | O_CLOEXEC, 0644);
	if (fd == -1)
		err(2, "%s", path);
	return fd;
}

static const struct bench_load *
bench_find(const char *name)
{
	const struct bench_load *l;

	for (l = bench_data; l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	for (l = bench_meta; l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	for (l = bench_commands; l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	errx(2, "no load '%s'", name);
}

static unsigned long
bench_number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 || n > max)
		errx(2, "'%s' is not a number from 1 to %lu", text, max);
	return n;
}

static void *
bench_shared(size_t len)
{
	void *p;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	if (p == MAP_FAILED)
		err(2, "memory");
	return p;
}

static int
bench_touch(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)path;
	(void)st;
	(void)type;
	(void)where;
	return 0;
}

/* Names and attributes leave the caches, and come back on the host alone. */
static void
bench_cool(const struct bench_run *run)
{
	int fd;

	fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, "2", 1) != 1)
		err(2, "caches are not dropped");
	close(fd);
	if (run->warm != NULL)
		nftw(run->warm, bench_touch, 64, FTW_PHYS);
}

static void
bench_user(unsigned int i)
{
	uid_t id = BENCH_UID + i;

	if (setresgid(id, id, id) == -1 || setresuid(id, id, id) == -1)
		err(2, "user %u", (unsigned int)id);
}

/* Waits until all are ready; one that fails before lets all others go. */
static void
bench_meet(struct bench_run *run)
{
	char c = 0;

	close(run->ready[0]);
	close(run->go[1]);
	if (write(run->ready[1], &c, 1) != 1)
		err(2, "ready");
	close(run->ready[1]);
	if (read(run->go[0], &c, 1) != 1)
		exit(2);
}

static void
bench_process(struct bench_run *run, unsigned int i)
{
	char dir[PATH_MAX], there[PATH_MAX];
	struct bench_job job = {.dir = dir, .there = dir, .cnt = run->cnt,
	    .depth = run->depth, .seed = i * 1000 + 1};

	job.lat_ns = run->lat_ns + i * run->cnt;
	snprintf(dir, sizeof(dir), "%s/p%u", run->top, i);
	if (run->warm != NULL) {
		snprintf(there, sizeof(there), "%s/p%u", run->warm, i);
		job.there = there;
	}
	if (run->users)
		bench_user(i);
	if (run->load->prepare != NULL && !run->keep)
		run->load->prepare(&job);
	bench_meet(run);
	run->ends[2 * i] = bench_now();
	run->load->run(&job);
	run->ends[2 * i + 1] = bench_now();
}

static void
bench_children(struct bench_run *run)
{
	pid_t parent = getpid(), pid;
	unsigned int i;

	for (i = 0; i < run->procs; i++) {
		pid = fork();
		if (pid == -1)
			err(2, "fork");
		if (pid == 0) {
			/* Nobody measures what a killed load still does. */
			if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
			    getppid() != parent)
				exit(2);
			bench_process(run, i);
			exit(0);
		}
	}
}

static void
bench_wait(const struct bench_run *run)
{
	unsigned int i;
	int status;

	for (i = 0; i < run->procs; i++)
		if (wait(&status) == -1 || status != 0)
			exit(2);
}

static void
bench_dirs(const struct bench_run *run)
{
	char dir[PATH_MAX];
	unsigned int i;

	for (i = 0; i < run->procs; i++) {
		snprintf(dir, sizeof(dir), "%s/p%u", run->top, i);
		if (mkdir(dir, 0755) == -1)
			err(2, "%s", dir);
		if (run->users &&
		    chown(dir, BENCH_UID + i, BENCH_UID + i) == -1)
			err(2, "%s", dir);
	}
}

static int
bench_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What one of cnt cost; a process that left took its past along. */
static double
bench_share(uint64_t before, uint64_t after, unsigned long cnt)
{
	return after < before ? 0 : (double)(after - before) / (double)cnt;
}

static void
bench_say(const struct bench_run *run)
{
	unsigned long all = run->cnt * run->procs;
	uint64_t first = UINT64_MAX, last = 0;
	unsigned int i;

	for (i = 0; i < run->procs; i++) {
		if (run->ends[2 * i] < first)
			first = run->ends[2 * i];
		if (run->ends[2 * i + 1] > last)
			last = run->ends[2 * i + 1];
	}
	qsort(run->lat_ns, all, sizeof(*run->lat_ns), bench_order);
	printf("%lu %.6f %.1f %.1f %.2f %.2f\n", all,
	    (double)(last - first) / 1e9,
	    (double)run->lat_ns[all / 2] / 1e3,
	    (double)run->lat_ns[all - 1 - all / 100] / 1e3,
	    bench_share(run->before.ns, run->after.ns, all) / 1e3,
	    bench_share(run->before.switches, run->after.switches, all));
}

static void
bench_go(struct bench_run *run)
{
	char bytes[BENCH_PROCS] = {0};
	unsigned int i;
	int failed = 0;

	if (pipe(run->ready) == -1 || pipe(run->go) == -1)
		err(2, "pipe");
	bench_children(run);
	close(run->ready[1]);
	close(run->go[0]);
	for (i = 0; i < run->procs; i++)
		failed |= read(run->ready[0], bytes, 1) != 1;
	if (failed)
		errx(2, "a process was not ready");
	if (run->load->cold)
		bench_cool(run);
	if (run->payer != 0)
		cpu_cost(run->payer, &run->before);
	if (write(run->go[1], bytes, run->procs) != (ssize_t)run->procs)
		err(2, "go");
	bench_wait(run);
	if (run->payer != 0)
		cpu_cost(run->payer, &run->after);
}

static void
bench_options(struct bench_run *run, int argc, char *argv[])
{
	int c;

	while ((c = getopt(argc, argv, "+c:d:kn:p:uw:")) != -1) {
		switch (c) {
		case 'c':
			run->payer = (pid_t)bench_number(optarg, INT_MAX);
			break;
		case 'p':
			run->procs = bench_number(optarg, BENCH_PROCS);
			break;
		case 'd':
			run->depth = bench_number(optarg, 256);
			break;
		case 'k':
			run->keep = 1;
			break;
		case 'n':
			run->cnt = bench_number(optarg, 10000000);
			break;
		case 'u':
			run->users = 1;
			break;
		case 'w':
			run->warm = optarg;
			break;
		default:
			usage();
		}
	}
}

int
main(int argc, char *argv[])
{
	struct bench_run run = {.procs = 1, .depth = 1};

	bench_options(&run, argc, argv);
	if (argc - optind < 2)
		usage();
	run.load = bench_find(argv[optind]);
	run.top = argv[optind + 1];
	bench_command = argv + optind + 2;
	if ((run.load->run == bench_commands[0].run) !=
	    (bench_command[0] != NULL))
		usage();
	if (run.cnt == 0)
		run.cnt = run.load->cnt;
	run.lat_ns = bench_shared(run.cnt * run.procs * sizeof(uint64_t));
	run.ends = bench_shared(2 * run.procs * sizeof(uint64_t));
	if (!run.keep)
		bench_dirs(&run);
	bench_go(&run);
	bench_say(&run);
	return 0;
}
