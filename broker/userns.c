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
 * Knows: user namespaces that options ask for.
 * Never: which processes live in it.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/fdbag.h"
#include "../common/idmap.h"
#include "../common/jail.h"
#include "../common/log.h"
#include "userns.h"

#define USERNS_LINE	36	/* three numbers, blanks, newline */

static const char *const userns_kind[2] = { "uid", "gid" };

/* Who asked for these ids, for messages. */
static const char *
userns_option(const struct userns *u, enum idmap_of of)
{
	static const char *const maps[2] = { "--uid-map", "--gid-map" };

	return u->option != NULL ? u->option : maps[of];
}

/*
 * The child whose namespace it becomes.  It is looked at in /proc, so it must
 * be dumpable; it has nothing to hide, and ends when the pipe does.
 */
__attribute__((noreturn)) static void
userns_holder(int readyfd, int waitfd)
{
	char c;

	if (unshare(CLONE_NEWUSER) == -1)
		fatal("unshare: no new user namespace");
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1)
		fatal("PR_SET_DUMPABLE");
	if (write(readyfd, "", 1) != 1)
		fatal("pipe");
	close(readyfd);
	_exit(read(waitfd, &c, 1) == 0 ? 0 : 1);
}

static int
userns_open(pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, flags | O_CLOEXEC)) == -1)
		fatal("%s", path);
	return fd;
}

/* The kernel takes a map in one piece, once. */
static void
userns_write(pid_t pid, enum idmap_of of, const struct userns *u)
{
	const struct idspace *s = &u->space[of];
	char text[IDSPACE_RANGE_MAX * USERNS_LINE];
	const char *name = of == IDMAP_UID ? "uid_map" : "gid_map";
	size_t len = 0;
	uint32_t i;
	int fd;

	for (i = 0; i < s->cnt; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%u %u %u\n", s->range[i].inside, s->range[i].outside,
		    s->range[i].cnt);
	fd = userns_open(pid, name, O_WRONLY);
	if (write(fd, text, len) != (ssize_t)len)
		fatal("%s: the kernel refuses the map", userns_option(u, of));
	close(fd);
}

/* newuidmap(1) PID INSIDE OUTSIDE COUNT ..., who may do it for us. */
__attribute__((noreturn)) static void
userns_helper(pid_t pid, enum idmap_of of, const struct idspace *s)
{
	static const char *const dirs[] = { "/usr/bin", "/bin",
	    "/usr/local/bin", "/run/wrappers/bin" };
	char words[IDSPACE_RANGE_MAX * 3 + 1][12], path[64];
	char *argv[IDSPACE_RANGE_MAX * 3 + 3], *envp[1] = { NULL };
	uint32_t i, n = 0;

	argv[0] = path;
	snprintf(words[n++], sizeof(words[0]), "%d", (int)pid);
	for (i = 0; i < s->cnt; i++) {
		snprintf(words[n++], sizeof(words[0]), "%u",
		    s->range[i].inside);
		snprintf(words[n++], sizeof(words[0]), "%u",
		    s->range[i].outside);
		snprintf(words[n++], sizeof(words[0]), "%u", s->range[i].cnt);
	}
	for (i = 0; i < n; i++)
		argv[i + 1] = words[i];
	argv[n + 1] = NULL;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/new%sidmap", dirs[i],
		    of == IDMAP_UID ? "u" : "g");
		execve(path, argv, envp);
	}
	fatal("--%s-map: new%smap(1)", userns_kind[of], userns_kind[of]);
}

static void
userns_ask(pid_t pid, enum idmap_of of, const struct idspace *s)
{
	pid_t helper;
	int status;

	if ((helper = fork()) == -1)
		fatal("fork");
	if (helper == 0)
		userns_helper(pid, of, s);
	if (waitpid(helper, &status, 0) != helper || status != 0)
		fatalx("--%s-map: new%smap(1) refused it; are these ids in "
		    "/etc/sub%s?", userns_kind[of], userns_kind[of],
		    userns_kind[of]);
}

/* The kernel asks this of whoever maps a group of his own. */
static void
userns_deny(pid_t pid)
{
	int fd = userns_open(pid, "setgroups", O_WRONLY);

	if (write(fd, "deny", 4) != 4)
		fatal("setgroups: deny");
	close(fd);
}

static int
userns_is_own(const struct idspace *s, uint32_t own)
{
	return s->cnt == 1 && s->range[0].cnt == 1 &&
	    s->range[0].outside == own;
}

/* Of any ids, and not just of our own. */
static int
userns_may_map(void)
{
	const uint64_t caps = JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID);
	struct jail_identity id;

	jail_observe(&id);
	return geteuid() == 0 && (id.cap_prm & caps) == caps;
}

/* Root writes both; somebody else what is his, and asks for the rest. */
static void
userns_maps(pid_t pid, struct userns *u)
{
	const struct idspace *uids = &u->space[IDMAP_UID];
	const struct idspace *gids = &u->space[IDMAP_GID];
	int any = userns_may_map();

	if (any || userns_is_own(uids, geteuid()))
		userns_write(pid, IDMAP_UID, u);
	else
		userns_ask(pid, IDMAP_UID, uids);
	if (!any && userns_is_own(gids, getegid())) {
		userns_deny(pid);
		u->stuck = 1;
	}
	if (any || u->stuck)
		userns_write(pid, IDMAP_GID, u);
	else
		userns_ask(pid, IDMAP_GID, gids);
}

/* What was not said is virtiofsd's default. */
static void
userns_default(struct idspace *s, uint32_t own)
{
	if (s->cnt != 0)
		return;
	s->range[0].inside = 0;
	s->range[0].outside = own;
	s->range[0].cnt = 1;
	s->cnt = 1;
}

static void
userns_read(const char *path, struct idspace *s)
{
	struct idspace_range r;
	FILE *f;

	s->cnt = 0;
	if ((f = fopen(path, "re")) == NULL)
		fatal("%s", path);
	while (fscanf(f, "%" SCNu32 " %" SCNu32 " %" SCNu32, &r.inside,
	    &r.outside, &r.cnt) == 3)
		if (idspace_add(s, &r) != 0)
			fatalx("%s: more than %d ranges", path,
			    IDSPACE_RANGE_MAX);
	fclose(f);
}

void
userns_here(struct userns *u)
{
	char word[8] = "";
	FILE *f;

	userns_read("/proc/self/uid_map", &u->space[IDMAP_UID]);
	userns_read("/proc/self/gid_map", &u->space[IDMAP_GID]);
	if ((f = fopen("/proc/self/setgroups", "re")) == NULL ||
	    fscanf(f, "%7s", word) != 1)
		fatal("/proc/self/setgroups");
	fclose(f);
	u->stuck = strcmp(word, "deny") == 0;
}

int
userns_make(struct userns *u)
{
	int ready[2], hold[2], status, fd;
	pid_t pid;
	char c;

	userns_default(&u->space[IDMAP_UID], geteuid());
	userns_default(&u->space[IDMAP_GID], getegid());
	if (pipe2(ready, O_CLOEXEC) == -1 || pipe2(hold, O_CLOEXEC) == -1)
		fatal("pipe");
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid == 0) {
		close(ready[0]);
		close(hold[1]);
		userns_holder(ready[1], hold[0]);
	}
	close(ready[1]);
	close(hold[0]);
	/* It said why, if it did not come that far. */
	if (read(ready[0], &c, 1) != 1)
		_exit(1);
	userns_maps(pid, u);
	fd = userns_open(pid, "ns/user", O_RDONLY);
	close(ready[0]);
	close(hold[1]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fatalx("the user namespace's first process failed");
	return fd;
}

void
userns_enter(int *fd)
{
	if (setns(*fd, CLONE_NEWUSER) == -1)
		fatal("setns: user namespace");
	fd_close(fd);
	/* Entering made it what a sysctl says. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("PR_SET_DUMPABLE");
}

void
userns_become_root(int *fd, int stuck)
{
	userns_enter(fd);
	if ((!stuck && setgroups(0, NULL) == -1) || setresgid(0, 0, 0) == -1 ||
	    setresuid(0, 0, 0) == -1)
		fatal("ids in the user namespace");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("PR_SET_DUMPABLE");
}
