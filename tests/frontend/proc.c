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
 * Knows: how to read the process table.
 * Never: how to find a process by name; everything goes by id.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

struct proc_row {
	pid_t	 pid, parent;
};

static bool
proc_stat(pid_t pid, pid_t *parent, char *state)
{
	char	 path[64], buf[512], *p;
	FILE	*f;
	size_t	 n;
	int	 ppid;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[n] = '\0';
	p = strrchr(buf, ')');
	if (p == NULL || sscanf(p + 1, " %c %d", state, &ppid) != 2)
		return false;
	*parent = ppid;
	return true;
}

bool
proc_alive(pid_t pid)
{
	pid_t	 parent;
	char	 state;

	return proc_stat(pid, &parent, &state) && state != 'Z' &&
	    state != 'X';
}

static unsigned
proc_table(struct proc_row *row, unsigned max)
{
	struct dirent	*e;
	unsigned	 cnt = 0;
	char		 state;
	DIR		*d;

	d = opendir("/proc");
	if (d == NULL)
		return 0;
	while (cnt < max && (e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		row[cnt].pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (proc_stat(row[cnt].pid, &row[cnt].parent, &state) &&
		    state != 'Z' && state != 'X')
			cnt++;
	}
	closedir(d);
	return cnt;
}

bool
proc_has(const struct proc_set *s, pid_t pid)
{
	unsigned	 i;

	for (i = 0; i < s->cnt; i++) {
		if (s->pid[i] == pid)
			return true;
	}
	return false;
}

static void
proc_put(struct proc_set *s, pid_t pid)
{
	if (s->cnt < PROC_MAX && !proc_has(s, pid))
		s->pid[s->cnt++] = pid;
}

void
proc_tree(pid_t root, struct proc_set *s)
{
	static struct proc_row	 row[32768];
	unsigned		 i, cnt, before;

	s->cnt = 0;
	if (root <= 0)
		return;
	cnt = proc_table(row, sizeof(row) / sizeof(row[0]));
	for (i = 0; i < cnt; i++) {
		if (row[i].pid == root)
			proc_put(s, root);
	}
	do {
		before = s->cnt;
		for (i = 0; i < cnt; i++) {
			if (proc_has(s, row[i].parent))
				proc_put(s, row[i].pid);
		}
	} while (s->cnt != before);
}

void
proc_strays(pid_t root, struct proc_set *s)
{
	static struct proc_row	 row[32768];
	unsigned		 i, cnt;

	s->cnt = 0;
	cnt = proc_table(row, sizeof(row) / sizeof(row[0]));
	for (i = 0; i < cnt; i++) {
		if (row[i].parent == getpid() && row[i].pid != root)
			proc_put(s, row[i].pid);
	}
}

bool
proc_all_alive(const struct proc_set *s, pid_t *dead)
{
	unsigned	 i;

	for (i = 0; i < s->cnt; i++) {
		if (!proc_alive(s->pid[i])) {
			if (dead != NULL)
				*dead = s->pid[i];
			return false;
		}
	}
	return true;
}

/* Is descriptor name of the process a directory that is only known? */
static bool
proc_is_kept(pid_t pid, const char *name)
{
	char			path[320], line[64];
	struct stat		st;
	unsigned long		flags = 0;
	FILE			*f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, name);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "flags:", 6) == 0)
			flags = strtoul(line + 6, NULL, 8);
	}
	fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, name);
	return (flags & O_PATH) != 0 && stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode);
}

static int
proc_count(pid_t pid, int kept)
{
	struct dirent	*e;
	char		 path[64];
	DIR		*d;
	int		 cnt = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (kept > 0 && proc_is_kept(pid, e->d_name))
			kept--;
		else
			cnt++;
	}
	closedir(d);
	return cnt;
}

int
proc_fds(pid_t pid)
{
	return proc_count(pid, 0);
}

int
proc_fds_own(pid_t pid)
{
	bool	 worker;

	worker = strncmp(proc_name(pid), "viofsd-fsworker", 15) == 0;
	return proc_count(pid, worker ? PROC_KEPT : 0);
}

int
proc_fds_all(const struct proc_set *s)
{
	unsigned	 i;
	int		 n, sum = 0;

	for (i = 0; i < s->cnt; i++) {
		n = proc_fds_own(s->pid[i]);
		if (n == -1)
			return -1;
		sum += n;
	}
	return sum;
}

const char *
proc_name(pid_t pid)
{
	static char	 name[32];
	char		 path[64];
	FILE		*f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (f == NULL || fgets(name, sizeof(name), f) == NULL)
		snprintf(name, sizeof(name), "?");
	if (f != NULL)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return name;
}
