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
 * Knows: what the processes of a daemon with pools are, as the host's procfs
 * has it, and what the kernel lets somebody do in the namespace of one.
 * Never: what is asked of the daemon.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"
#include "pools.h"

#define POOLS_CAPS	0x8800001bull	/* of root workers */
#define POOLS_IDS	0x1e0ull	/* SETUID SETGID SETPCAP KILL */

/* First line of a file of /proc/PID, blanks as one, or "". */
static const char *
pools_line(pid_t pid, const char *name, char buf[256])
{
	char	 path[64], word[3][32];
	FILE	*f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	buf[0] = '\0';
	if ((f = fopen(path, "r")) == NULL)
		return buf;
	if (strcmp(name, "cmdline") == 0) {
		if (fgets(buf, 256, f) == NULL)
			buf[0] = '\0';
	} else if (fscanf(f, "%31s %31s %31s", word[0], word[1], word[2]) == 3)
		snprintf(buf, 256, "%s %s %s", word[0], word[1], word[2]);
	fclose(f);
	return buf;
}

pid_t
pools_pid(struct box *b, const char *title)
{
	struct proc_set	 s = *daemon_procs(&b->d);
	char		 buf[256];
	unsigned	 i;

	for (i = 0; i < s.cnt; i++)
		if (strcmp(pools_line(s.pid[i], "cmdline", buf), title) == 0)
			return s.pid[i];
	return -1;
}

static unsigned long long
pools_caps(pid_t pid)
{
	unsigned long long	 caps = ~0ull;
	char			 path[64], line[128];
	FILE			*f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return caps;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "CapPrm:", 7) == 0)
			caps = strtoull(line + 7, NULL, 16);
	fclose(f);
	return caps;
}

void
pools_map(struct box *b, const char *title, const char *map,
    unsigned long long caps)
{
	pid_t	 pid = pools_pid(b, title);
	char	 uids[256], gids[256];

	pools_line(pid, "uid_map", uids);
	pools_line(pid, "gid_map", gids);
	tap_ok(strcmp(uids, map) == 0 && strcmp(gids, map) == 0,
	    "%s: map is %s, %s", title, uids, gids);
	tap_ok(pools_caps(pid) == caps, "%s: capabilities are %llx", title,
	    pools_caps(pid));
}

void
pools_maps(struct box *b)
{
	char	 here[256];

	pools_line(getpid(), "uid_map", here);
	pools_map(b, "viofsd: worker pool 41000:41000", "41000 41000 100",
	    POOLS_CAPS);
	pools_map(b, "viofsd: worker creator 41002:41002", "41000 41000 100",
	    2);
	pools_map(b, "viofsd: worker pool 0:0", "0 0 1", POOLS_CAPS);
	pools_map(b, "viofsd: worker user 41002:41002", here, 0);
	pools_map(b, "viofsd: spawner pool 41000-41099", "41000 41000 100",
	    POOLS_CAPS | POOLS_IDS);
	/* Nobody outside of them can make anybody who has one over files. */
	pools_map(b, "viofsd: spawner", here, POOLS_IDS);
	tap_is(pools_pid(b, "viofsd: worker root 0:0"), -1,
	    "there is no other root");
}

/*
 * In the namespace of the root worker, without any filter, Landlock or limit
 * of capabilities: what did somebody get who took over all of it?
 */
static int
pools_taken(struct box *b, pid_t pid)
{
	char	 path[64];
	int	 fd, got = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	if (chdir(b->d.share) == -1 || (fd = open(path, O_RDONLY)) == -1 ||
	    setns(fd, CLONE_NEWUSER) == -1 ||
	    setresgid(POOLS_FIRST, POOLS_FIRST, POOLS_FIRST) == -1 ||
	    setresuid(POOLS_FIRST, POOLS_FIRST, POOLS_FIRST) == -1)
		return 100;
	if (open("many/0", O_RDWR) == -1)
		return 101;
	got += open("b", O_RDONLY) != -1;
	got += open("b", O_WRONLY) != -1;
	got += chmod("b", 0666) != -1;
	got += chown("b", POOLS_FIRST, POOLS_FIRST) != -1;
	got += chown("many/0", POOLS_B, (gid_t)-1) != -1;
	got += unlink("bd/in") != -1;
	got += open("bd/new", O_WRONLY | O_CREAT, 0600) != -1;
	got += mknod("many/c", S_IFCHR | 0600, 0x103) != -1;
	got += setresuid(POOLS_B, POOLS_B, POOLS_B) != -1;
	got += setresuid(0, 0, 0) != -1;
	return got;
}

void
pools_take_over(struct box *b)
{
	struct fuse_entry_out	 dir;
	pid_t			 root, pid;
	int			 status;

	pools_file(b, FUSE_ROOT_ID, "b", POOLS_B);
	fs_mkdir(&b->fs, FUSE_ROOT_ID, "bd", 0700, &dir);
	pools_file(b, dir.nodeid, "in", POOLS_B);
	root = pools_pid(b, "viofsd: worker pool 41000:41000");
	if ((pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0)
		_exit(pools_taken(b, root));
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	tap_is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
	    "all capabilities of the namespace do nothing outside the range");
}
