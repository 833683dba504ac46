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
 * Knows: what readdir(3) shows, while the directory changes, too.
 * Never: who may read a directory.
 */

#include "posix.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ALL = 600,		/* numbers that there can be */
	MANY = 250
};

static DIR *
enter(const char *name)
{
	DIR	*d = opendir(name);

	if (d == NULL)
		px_bail("opendir %s", name);
	return d;
}

/* The number of a name nNUMBER, -1 for others. */
static int
number(const char *name)
{
	char	*end;
	long	 n;

	if (name[0] != 'n')
		return -1;
	n = strtol(name + 1, &end, 10);
	return *end == '\0' && n >= 0 && n < ALL ? (int)n : -1;
}

static void
make(const char *dir, int from, int to)
{
	char	 name[32];
	int	 i;

	for (i = from; i < to; i++) {
		snprintf(name, sizeof(name), "%s/n%d", dir, i);
		if (mknod(name, S_IFREG | 0644, 0) != 0)
			px_bail("mknod %s", name);
	}
}

/* Read on; count each name. */
static int
read_on(DIR *d, int *seen, int max)
{
	struct dirent	*e;
	int		 n = 0, i;

	while (n < max && (e = readdir(d)) != NULL) {
		n++;
		if ((i = number(e->d_name)) != -1)
			seen[i]++;
	}
	return n;
}

/* How many of the names from to to were not seen just once. */
static int
wrong(const int *seen, int from, int to)
{
	int	 bad = 0, i;

	for (i = from; i < to; i++)
		bad += seen[i] != 1;
	return bad;
}

static void
group_types(void)
{
	static const struct {
		const char	*name;
		unsigned char	 type;
	} want[] = {
		{ "file", DT_REG }, { "dir", DT_DIR }, { "link", DT_LNK },
		{ "fifo", DT_FIFO }, { ".", DT_DIR }, { "..", DT_DIR },
	};
	struct dirent	*e;
	size_t		 i;
	int		 found[PX_CNT(want)] = { 0 }, others = 0;
	DIR		*d;

	px_dir("d", 0755);
	px_file("d/file", "", 0644);
	px_dir("d/dir", 0755);
	px_link("d/link", "file");
	OK(mkfifo("d/fifo", 0644));
	d = enter("d");
	while ((e = readdir(d)) != NULL) {
		char	 path[300];

		for (i = 0; i < PX_CNT(want); i++)
			if (strcmp(e->d_name, want[i].name) == 0)
				break;
		if (i == PX_CNT(want)) {
			others++;
			continue;
		}
		found[i]++;
		TRUE(e->d_type == want[i].type || e->d_type == DT_UNKNOWN);
		snprintf(path, sizeof(path), "d/%s", e->d_name);
		GIVES(px_ino(path), e->d_ino);
	}
	closedir(d);
	GIVES(0, others);
	for (i = 0; i < PX_CNT(want); i++)
		GIVES(1, found[i]);
}

static void
group_empty(void)
{
	static int	 seen[ALL];
	DIR		*d, *gone;

	px_dir("d", 0755);
	d = enter("d");
	GIVES(2, read_on(d, seen, MANY));
	errno = 0;
	TRUE(readdir(d) == NULL && errno == 0);
	make("d", 0, 1);
	rewinddir(d);
	GIVES(3, read_on(d, seen, MANY));
	GIVES(1, seen[0]);
	OK(unlink("d/n0"));
	rewinddir(d);
	GIVES(2, read_on(d, seen, MANY));
	gone = enter("d");
	OK(rmdir("d"));
	GIVES(0, read_on(gone, seen, MANY));
	rewinddir(d);
	GIVES(0, read_on(d, seen, MANY));
	closedir(gone);
	closedir(d);
}

static void
group_many(void)
{
	static int	 seen[ALL];
	DIR		*d, *other;
	int		 half;

	px_dir("d", 0755);
	make("d", 0, MANY);
	d = enter("d");
	GIVES(MANY + 2, read_on(d, seen, ALL));
	GIVES(0, wrong(seen, 0, MANY));
	memset(seen, 0, sizeof(seen));
	rewinddir(d);
	/* Two streams do not disturb each other. */
	half = read_on(d, seen, MANY / 2);
	other = enter("d");
	GIVES(MANY + 2, read_on(other, (int[ALL]){ 0 }, ALL));
	closedir(other);
	GIVES(MANY + 2, half + read_on(d, seen, ALL));
	GIVES(0, wrong(seen, 0, MANY));
	closedir(d);
}

static void
group_seek(void)
{
	static char	 names[MANY + 2][16];
	static long	 at[MANY + 3];
	struct dirent	*e;
	int		 n = 0, i, bad = 0;
	DIR		*d;

	px_dir("d", 0755);
	make("d", 0, MANY);
	d = enter("d");
	at[0] = telldir(d);
	while (n < MANY + 2 && (e = readdir(d)) != NULL) {
		snprintf(names[n], sizeof(names[n]), "%.15s", e->d_name);
		at[++n] = telldir(d);
	}
	GIVES(MANY + 2, n);
	for (i = n - 1; i >= 0; i -= 7) {
		seekdir(d, at[i]);
		e = readdir(d);
		if (e == NULL || strcmp(e->d_name, names[i]) != 0)
			bad++;
	}
	GIVES(0, bad);
	seekdir(d, at[n]);
	TRUE(readdir(d) == NULL);
	seekdir(d, at[0]);
	TRUE((e = readdir(d)) != NULL && strcmp(e->d_name, names[0]) == 0);
	closedir(d);
}

/* What stays is shown once, whatever else comes and goes meanwhile. */
static void
group_change(void)
{
	static int	 seen[ALL];
	char		 name[32], to[32];
	DIR		*d;
	int		 i, n;

	px_dir("d", 0755);
	make("d", 0, 400);
	d = enter("d");
	n = read_on(d, seen, 100);
	GIVES(100, n);
	/* Every other name of the last half goes, and others come. */
	for (i = 200; i < 400; i += 2) {
		snprintf(name, sizeof(name), "d/n%d", i);
		OK(unlink(name));
	}
	make("d", 400, 500);
	for (i = 201; i < 300; i += 2) {
		snprintf(name, sizeof(name), "d/n%d", i);
		snprintf(to, sizeof(to), "d/m%d", i);
		OK(rename(name, to));
	}
	read_on(d, seen, ALL);
	GIVES(0, wrong(seen, 0, 200));
	for (i = 200, n = 0; i < ALL; i++)
		n += seen[i] > 1;
	GIVES(0, n);
	for (i = 301, n = 0; i < 400; i += 2)
		n += seen[i] != 1;
	GIVES(0, n);
	memset(seen, 0, sizeof(seen));
	rewinddir(d);
	GIVES(2 + 200 + 100 + 100, read_on(d, seen, ALL));
	GIVES(0, wrong(seen, 0, 200));
	GIVES(0, wrong(seen, 400, 500));
	closedir(d);
}

/* Everything is removed while it is being read: rm -r. */
static void
group_remove(void)
{
	struct dirent	*e;
	int		 removed = 0;
	DIR		*d;

	px_dir("d", 0755);
	make("d", 0, MANY);
	d = enter("d");
	while ((e = readdir(d)) != NULL)
		if (number(e->d_name) != -1) {
			if (unlinkat(dirfd(d), e->d_name, 0) != 0)
				break;
			removed++;
		}
	GIVES(MANY, removed);
	closedir(d);
	OK(rmdir("d"));
}

/* A child makes and removes names all the time. */
static void
group_busy(void)
{
	static int	 seen[ALL];
	int		 i, bad = 0, down[2];
	char		 c;
	DIR		*d;
	pid_t		 pid;

	px_dir("d", 0755);
	make("d", 0, 150);
	if (pipe2(down, O_CLOEXEC | O_NONBLOCK) != 0)
		px_bail("pipe");
	pid = px_fork(NULL);
	if (pid == 0) {
		close(down[1]);
		while (read(down[0], &c, 1) == -1) {
			px_file("d/come", "", 0644);
			if (rename("d/come", "d/go") != 0 ||
			    unlink("d/go") != 0)
				px_bail("rename");
		}
		px_end();
	}
	for (i = 0; i < 10; i++) {
		d = enter("d");
		memset(seen, 0, sizeof(seen));
		read_on(d, seen, ALL);
		bad += wrong(seen, 0, 150);
		closedir(d);
	}
	close(down[1]);
	TRUE(px_wait(pid));
	close(down[0]);
	GIVES(0, bad);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "types", group_types },
		{ "empty", group_empty },
		{ "many", group_many },
		{ "seek", group_seek },
		{ "change", group_change },
		{ "remove", group_remove },
		{ "busy", group_busy },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
