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
 * Knows: what the processes below one have cost the host so far.
 * Never: built into the daemon.
 */
#include "config.h"

#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"

#define CPU_PROCS 4096

struct cpu_proc {
	pid_t pid;
	pid_t parent;
	int inside;
};

static int
cpu_parent(pid_t pid, pid_t *parent)
{
	char path[64], line[512], *p;
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	ok = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	/* The name in brackets may hold anything. */
	p = ok ? strrchr(line, ')') : NULL;
	return p != NULL && sscanf(p, ") %*c %d", parent) == 1;
}

static size_t
cpu_list(struct cpu_proc *procs)
{
	struct dirent *e;
	DIR *dir;
	size_t cnt = 0;
	int parent;

	dir = opendir("/proc");
	if (dir == NULL)
		err(2, "/proc");
	while ((e = readdir(dir)) != NULL && cnt < CPU_PROCS) {
		procs[cnt].pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (procs[cnt].pid <= 0 ||
		    !cpu_parent(procs[cnt].pid, &parent))
			continue;
		procs[cnt].parent = parent;
		procs[cnt++].inside = 0;
	}
	closedir(dir);
	return cnt;
}

/* Marks root and all below it; parents may stand after their children. */
static void
cpu_mark(struct cpu_proc *procs, size_t cnt, pid_t root)
{
	size_t i, j;
	int more = 1;

	for (i = 0; i < cnt; i++)
		procs[i].inside = procs[i].pid == root;
	while (more) {
		more = 0;
		for (i = 0; i < cnt; i++)
			for (j = 0; j < cnt && !procs[i].inside; j++)
				if (procs[j].inside &&
				    procs[j].pid == procs[i].parent)
					procs[i].inside = more = 1;
	}
}

static void
cpu_threads(pid_t pid, struct cpu_cost *cost)
{
	char path[PATH_MAX];
	struct dirent *e;
	unsigned long long ns, wait_ns, slices;
	DIR *dir;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat",
		    (int)pid, e->d_name);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fscanf(f, "%llu %llu %llu", &ns, &wait_ns, &slices) == 3) {
			cost->ns += ns;
			cost->switches += slices;
		}
		fclose(f);
	}
	if (dir != NULL)
		closedir(dir);
}

void
cpu_cost(pid_t root, struct cpu_cost *cost)
{
	struct cpu_proc *procs;
	size_t i, cnt;

	memset(cost, 0, sizeof(*cost));
	procs = calloc(CPU_PROCS, sizeof(*procs));
	if (procs == NULL)
		err(2, "memory");
	cnt = cpu_list(procs);
	cpu_mark(procs, cnt, root);
	for (i = 0; i < cnt; i++)
		if (procs[i].inside)
			cpu_threads(procs[i].pid, cost);
	free(procs);
}
