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
 * Knows: that no worker ever has other rights than it was born with, whatever
 * is asked of it.
 * Never: what comes of a request (ids_rights.c, ids_setid.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/fs_more.h"
#include "../frontend/proc.h"
#include "ids.h"

#define STEADY_REQUESTS	10000
#define STEADY_WORKERS	64
#define STEADY_NAMES	12
#define STEADY_DIRS	3
#define STEADY_SAID	512
#define STEADY_GROUPS	32	/* FUSE_EXT_GROUPS */

/* A worker, and what the kernel said of its rights at first. */
struct steady_worker {
	pid_t	 pid;
	int	 fd;
	char	 said[STEADY_SAID];
};

struct steady {
	struct box		*b;
	struct steady_worker	 worker[STEADY_WORKERS];
	unsigned		 cnt, seen, bad;
	uint64_t		 dir[STEADY_DIRS];
	char			 name[8], other[8];
};

static unsigned
steady_below(unsigned limit)
{
	return (unsigned)random() % limit;
}

static int
steady_proc(pid_t pid, const char *file)
{
	char	 path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* What /proc/PID/status says of rights and threads; false if it is gone. */
static bool
steady_status(int fd, char *said, unsigned *filters)
{
	static const char *const	 keep[] = { "Uid:", "Gid:", "Groups:",
	    "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:",
	    "NoNewPrivs:", "Threads:" };
	char				 buf[4096], *line, *end;
	size_t				 len = 0;
	ssize_t				 n;
	unsigned			 i;

	n = pread(fd, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	if (strstr(buf, "\nState:\tZ") != NULL)
		return false;
	for (line = buf; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		sscanf(line, "Seccomp_filters: %u", filters);
		for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
			if (strncmp(line, keep[i], strlen(keep[i])) == 0)
				len += (size_t)snprintf(said + len,
				    STEADY_SAID - len, "%s\n", line);
		}
	}
	return true;
}

/* Its title says for whom it is: are its ids these, and has a user's none? */
static bool
steady_title(const char *title, const char *said)
{
	unsigned	 uid, gid, u[4], g[4], i;
	char		 class[16];
	const char	*at;
	bool		 good;

	if (sscanf(title, "viofsd: worker %15s %u:%u", class, &uid, &gid) != 3)
		return false;
	at = strstr(said, "Uid:");
	good = at != NULL && sscanf(at, "Uid: %u %u %u %u Gid: %u %u %u %u",
	    &u[0], &u[1], &u[2], &u[3], &g[0], &g[1], &g[2], &g[3]) == 8;
	for (i = 0; i < 4; i++)
		good = good && u[i] == uid && g[i] == gid;
	if (strcmp(class, "user") == 0)
		good = good && strstr(said, "CapPrm:\t0000000000000000\n") &&
		    strstr(said, "CapEff:\t0000000000000000\n") &&
		    strstr(said, "CapBnd:\t0000000000000000\n");
	return good && strstr(said, "CapAmb:\t0000000000000000\n") != NULL &&
	    strstr(said, "Threads:\t1\n") != NULL;
}

/*
 * A process that is a worker, and is done with its start: it has one filter
 * more than the spawner, which it got last.
 */
static void
steady_add(struct steady *s, pid_t pid, unsigned filters)
{
	struct steady_worker	*w = &s->worker[s->cnt];
	char			 title[128] = "";
	unsigned		 own = 0;
	int			 fd;

	fd = steady_proc(pid, "cmdline");
	if (fd == -1)
		return;
	if (read(fd, title, sizeof(title) - 1) <= 0)
		title[0] = '\0';
	close(fd);
	if (strncmp(title, "viofsd: worker ", 15) != 0 ||
	    s->cnt == STEADY_WORKERS)
		return;
	w->pid = pid;
	w->fd = steady_proc(pid, "status");
	if (w->fd == -1)
		return;
	if (!steady_status(w->fd, w->said, &own) || own <= filters) {
		close(w->fd);
		return;
	}
	if (!steady_title(title, w->said)) {
		tap_diag("%s:\n%s", title, w->said);
		s->bad++;
	}
	s->cnt++;
	s->seen++;
}

/* Look for workers that are new. */
static void
steady_find(struct steady *s)
{
	const struct proc_set	*all = daemon_procs(&s->b->d);
	char			 said[STEADY_SAID];
	unsigned		 i, j, filters = 0;
	int			 fd;

	for (i = 0; i < all->cnt; i++) {
		fd = steady_proc(all->pid[i], "status");
		if (fd == -1)
			continue;
		if (strcmp(proc_name(all->pid[i]), "viofsd-spawner") == 0)
			steady_status(fd, said, &filters);
		close(fd);
	}
	for (i = 0; i < all->cnt; i++) {
		for (j = 0; j < s->cnt; j++)
			if (s->worker[j].pid == all->pid[i])
				break;
		if (j == s->cnt)
			steady_add(s, all->pid[i], filters);
	}
}

/* Are all of them what they were?  Those that ended are forgotten. */
static void
steady_look(struct steady *s)
{
	struct steady_worker	*w;
	char			 said[STEADY_SAID];
	unsigned		 i, own;

	for (i = 0; i < s->cnt; i++) {
		w = &s->worker[i];
		if (!steady_status(w->fd, said, &own)) {
			close(w->fd);
			*w = s->worker[--s->cnt];
			i--;
		} else if (strcmp(said, w->said) != 0) {
			tap_diag("was:\n%sis:\n%s", w->said, said);
			s->bad++;
		}
	}
}

/* Something new, with groups or without. */
static int
steady_make(struct steady *s, uint64_t dir)
{
	static const uint32_t	 op[] = { FUSE_CREATE, FUSE_MKNOD, FUSE_MKDIR,
	    FUSE_SYMLINK, FUSE_TMPFILE };
	static const uint32_t	 mode[] = { 0644, 0600, 02755, 04711 };
	uint32_t		 ext[4] = { 16, STEADY_GROUPS, 1, 0 };
	struct fs_make		 m = { .dir = dir, .name = s->name,
	    .target = "target", .flags = O_RDWR };
	struct fs_file		 f;
	int			 rc;

	m.opcode = op[steady_below(sizeof(op) / sizeof(op[0]))];
	m.mode = mode[steady_below(sizeof(mode) / sizeof(mode[0]))];
	if (m.opcode == FUSE_MKNOD)
		m.mode |= steady_below(2) ? S_IFREG : S_IFIFO;
	else if (m.opcode != FUSE_MKDIR)
		m.mode |= S_IFREG;
	if (steady_below(2)) {
		ext[3] = 3000 + steady_below(2);
		m.ext = ext;
		m.ext_len = sizeof(ext);
	}
	rc = fs_make(&s->b->fs, &m, &f);
	if (rc == 0 && (m.opcode == FUSE_CREATE || m.opcode == FUSE_TMPFILE))
		fs_release(&s->b->fs, &f);
	return rc;
}

/* What can be asked about a file that is open. */
static int
steady_open(struct steady *s, uint64_t node)
{
	struct fs	*fs = &s->b->fs;
	struct fs_file	 f;
	char		 buf[4096];
	int		 rc;

	rc = fs_fopen(fs, node, steady_below(2) ? O_RDWR : O_RDONLY, &f);
	if (rc == 0) {
		fs_write(fs, &f, 0, "x", 1);
		fs_fallocate(fs, &f, 0, 0, 10);
		return fs_release(fs, &f);
	}
	if (fs_opendir(fs, node, &f) != 0)
		return rc;
	fs_readdirplus(fs, &f, 0, buf, sizeof(buf));
	return fs_releasedir(fs, &f);
}

/* What can be asked about a file that has a number. */
static int
steady_node(struct steady *s, uint64_t node)
{
	struct fs		*fs = &s->b->fs;
	struct fs_statx_out	 sx;
	char			 buf[64];

	switch (steady_below(10)) {
	case 0:
		return fs_chmod(fs, node, random() & 07777);
	case 1:
		return fs_chown(fs, node, 1000 + steady_below(2),
		    1000 + steady_below(2));
	case 2:
		return fs_truncate(fs, node, steady_below(10000));
	case 3:
		return fs_setxattr(fs, node, "user.x", "value", 5, 0);
	case 4:
		return fs_getxattr(fs, node, "user.x", buf, sizeof(buf));
	case 5:
		return fs_removexattr(fs, node, "user.x");
	case 6:
		return fs_access(fs, node, steady_below(8));
	case 7:
		return fs_statx(fs, node, NULL, 0x7ff, &sx);
	case 8:
		return fs_readlink(fs, node, buf, sizeof(buf));
	default:
		return steady_open(s, node);
	}
}

/* One request, or a few, of somebody; most can be done and some cannot. */
static int
steady_ask(struct steady *s)
{
	static const uint32_t	 id[][2] = { { 0, 0 }, { 1000, 1000 },
	    { 1000, 4000 }, { 1001, 1001 }, { 65534, 65534 }, { 0, 1000 } };
	struct fs		*fs = &s->b->fs;
	struct fuse_entry_out	 e;
	unsigned		 i = steady_below(sizeof(id) / sizeof(id[0]));
	uint64_t		 dir = s->dir[steady_below(STEADY_DIRS)];
	int			 rc;

	fs_cred(fs, id[i][0], id[i][1]);
	snprintf(s->name, sizeof(s->name), "n%u", steady_below(STEADY_NAMES));
	snprintf(s->other, sizeof(s->other), "n%u",
	    steady_below(STEADY_NAMES));
	switch (steady_below(8)) {
	case 0:
	case 1:
		return steady_make(s, dir);
	case 2:
		return steady_below(2) ? fs_unlink(fs, dir, s->name) :
		    fs_rmdir(fs, dir, s->name);
	case 3:
		return fs_rename2(fs, dir, s->name,
		    s->dir[steady_below(STEADY_DIRS)], s->other,
		    steady_below(2) ? RENAME_EXCHANGE : 0);
	default:
		rc = fs_lookup(fs, dir, s->name, &e);
		if (rc != 0)
			return rc;
		if (steady_below(8) == 0)
			return fs_link(fs, e.nodeid,
			    s->dir[steady_below(STEADY_DIRS)], s->other, NULL);
		return steady_node(s, e.nodeid);
	}
}

/* For all, for root alone, and for a group whose files are the group's. */
static void
steady_dirs(struct steady *s)
{
	static const uint32_t	 mode[STEADY_DIRS] = { 01777, 0755, 02775 };
	struct fuse_entry_out	 e;
	char			 name[16];
	unsigned		 i;

	for (i = 0; i < STEADY_DIRS; i++) {
		snprintf(name, sizeof(name), "steady%u", i);
		fs_mkdir(&s->b->fs, FUSE_ROOT_ID, name, 0755, &e);
		s->dir[i] = e.nodeid;
		if (chown(box_host(s->b, name), 0, i == 2 ? 3000 : 0) == -1 ||
		    chmod(box_host(s->b, name), mode[i]) == -1)
			tap_bail("%s", name);
	}
}

static void
steady_mix(struct box *b)
{
	static struct steady	 s;
	unsigned		 i, lost = 0;
	int			 rc;

	s.b = b;
	steady_dirs(&s);
	srandom(1);
	for (i = 0; i < STEADY_REQUESTS && lost == 0 && s.bad == 0; i++) {
		rc = steady_ask(&s);
		if (rc <= FS_TIMEOUT && rc >= FS_BROKEN) {
			tap_diag("request %u: %s", i, tap_rcname(rc));
			lost++;
		}
		if (i % 100 == 0)
			steady_find(&s);
		steady_look(&s);
	}
	for (i = 0; i < s.cnt; i++)
		close(s.worker[i].fd);
	tap_is(lost, 0, "%d random requests are answered", STEADY_REQUESTS);
	tap_ok(s.seen >= 8, "by %u workers", s.seen);
	tap_is(s.bad, 0, "each has the rights it was born with, all the time");
}

void
ids_steady(void)
{
	static const char *const	 more[] = { "--xattr", NULL };
	const struct box_opts		 o = { .daemon = { .more = more } };
	struct box			 b;

	if (box_start(&b, &o))
		steady_mix(&b);
	box_close(&b);
}
