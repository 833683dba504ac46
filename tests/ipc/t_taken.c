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
 * Knows: how a daemon is started whose transport is taken.c, with namespaces
 * and where there are none, and that what that could do is what
 * docs/THREATS.md says.
 * Never: what it tries.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/daemon.h"
#include "../frontend/tap.h"
#include "taken.h"

#define TAKEN_LINES	64
#define TAKEN_WAIT	60000	/* ms */
#define TAKEN_FDS	7

/* Where the document has its lists; the second, what differs there. */
#define TAKEN_JAILED	"## What a taken-over transport can do\n"
#define TAKEN_BARE	"## Without namespaces\n"

struct taken_lists {
	char text[TAKEN_LINES][160];
	unsigned int cnt;
};

static char taken_dir[64];
static const char *const taken_files[] = {
	"viofsd-transport", "viofsd-fsworker", "viofsd", "lacks", "bare",
};

/* The broker opens no helper behind a link. */
static void
taken_copy(const char *name, const char *program)
{
	const char *build = getenv("top_builddir");
	char from[256], to[128], buf[65536];
	ssize_t n;
	int in, out;

	snprintf(from, sizeof(from), "%s/%s", build == NULL ? "." : build,
	    program);
	snprintf(to, sizeof(to), "%s/%s", taken_dir, name);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (in == -1 || out == -1)
		tap_bail("%s, %s: %s", from, to, strerror(errno));
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			tap_bail("%s: %s", to, strerror(errno));
	close(in);
	close(out);
}

static void
taken_helpers(void)
{
	snprintf(taken_dir, sizeof(taken_dir), "/tmp/viofsd-taken.XXXXXX");
	if (mkdtemp(taken_dir) == NULL || chmod(taken_dir, 0755) == -1)
		tap_bail("%s: %s", taken_dir, strerror(errno));
	taken_copy("viofsd-transport", "tests/ipc/taken");
	taken_copy("viofsd-fsworker", "viofsd-fsworker");
	setenv("VIOFSD_LIBEXECDIR", taken_dir, 1);
}

/* From now on it is a user's behind a container's filter: no namespaces. */
static void
taken_bare(void)
{
	static const char calls[] = "clone3,unshare,setns,mount,open_tree,"
	    "mount_setattr,fsopen,pivot_root";
	char path[128];
	FILE *f;

	taken_copy("viofsd", "viofsd");
	taken_copy("lacks", "tests/sandbox/lacks");
	snprintf(path, sizeof(path), "%s/bare", taken_dir);
	if ((f = fopen(path, "wxe")) == NULL)
		tap_bail("%s: %s", path, strerror(errno));
	fprintf(f, "#!/bin/sh\nexec setpriv --reuid %d --regid %d "
	    "--clear-groups --no-new-privs %s/lacks %s %s/viofsd "
	    "--sandbox none \"$@\"\n", TAKEN_BARE_UID, TAKEN_BARE_UID,
	    taken_dir, calls, taken_dir);
	if (fchmod(fileno(f), 0755) == -1 || fclose(f) != 0)
		tap_bail("%s: %s", path, strerror(errno));
	setenv("VIOFSD", path, 1);
}

static void
taken_clean(void)
{
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(taken_files) / sizeof(taken_files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", taken_dir,
		    taken_files[i]);
		unlink(path);
	}
	rmdir(taken_dir);
}

static void
taken_file(const struct daemon *d, const char *name, mode_t mode, uid_t uid)
{
	int fd = open(daemon_host(d, name), O_RDWR | O_CREAT | O_CLOEXEC,
	    mode);

	if (fd == -1 || write(fd, "text", 4) != 4 || fchmod(fd, mode) == -1 ||
	    fchown(fd, uid, uid) == -1)
		tap_bail("%s: %s", name, strerror(errno));
	close(fd);
}

/* The user's; beside it is what the user may read, on the same mount. */
static void
taken_share(struct daemon *d, uid_t uid)
{
	taken_file(d, "file", 0644, uid);
	taken_file(d, "secret", 0600, 0);
	if (symlink("/etc/passwd", daemon_host(d, "link")) == -1 ||
	    mknod(daemon_host(d, "null"), S_IFCHR, makedev(1, 3)) == -1 ||
	    chmod(daemon_host(d, "null"), 0666) == -1 ||
	    mkdir(daemon_host(d, "../beside"), 0755) == -1 ||
	    daemon_mount(d) != 0)
		tap_bail("share: %s", strerror(errno));
	taken_file(d, "../beside/passwd", 0644, uid);
	taken_file(d, "mnt/sealed", 0600, 0);
	if (chown(d->top, uid, uid) == -1)
		tap_bail("%s: %s", d->top, strerror(errno));
}

static int
taken_connect(struct daemon *d)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, tries;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", d->sock);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (tries = 0; tries < 300; tries++) {
		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			return fd;
		usleep(100000);
	}
	daemon_show_log(d);
	tap_bail("%s: %s", d->sock, strerror(errno));
}

/* What a front-end has and a share has not, or has by another mount. */
static int
taken_front_end(struct daemon *d, bool bare)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(TAKEN_FDS * sizeof(int))];
	} ctl;
	char text[] = "fds";
	struct iovec iov = { text, 3 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.bytes, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
	int fds[TAKEN_FDS], conn = taken_connect(d), i;

	fds[0] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[1] = open("/etc", O_PATH | O_CLOEXEC);
	fds[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[3] = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[4] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	fds[5] = open(daemon_host(d, "../beside"), O_PATH | O_CLOEXEC);
	/* Without namespaces the share is where it is on the host. */
	fds[6] = open(bare ? d->top : d->share, O_PATH | O_CLOEXEC);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	if (sendmsg(conn, &mh, MSG_NOSIGNAL) == -1)
		tap_bail("descriptors: %s", strerror(errno));
	for (i = 0; i < TAKEN_FDS; i++)
		close(fds[i]);
	return conn;
}

static void
taken_add(struct taken_lists *l, const char *could, const char *what)
{
	unsigned int i;
	char text[160];

	snprintf(text, sizeof(text), "%s %.*s", could,
	    (int)strcspn(what, "\n"), what);
	for (i = 0; i < l->cnt; i++)
		if (strcmp(l->text[i], text) == 0)
			return;
	if (l->cnt == TAKEN_LINES)
		tap_bail("too many lines");
	snprintf(l->text[l->cnt++], sizeof(l->text[0]), "%s", text);
}

/* What the transport reported. */
static void
taken_report(const struct daemon *d, struct taken_lists *l)
{
	FILE *f = fopen(d->log, "re");
	char line[1024], *at;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if ((at = strstr(line, "taken could not: ")) != NULL)
			taken_add(l, "-", at + 17);
		else if ((at = strstr(line, "taken could: ")) != NULL)
			taken_add(l, "+", at + 13);
	}
	if (f != NULL)
		fclose(f);
}

/* What the document says: the lists below the two introductions. */
static void
taken_document(struct taken_lists *l, const char *section)
{
	const char *src = getenv("top_srcdir"), *could = NULL;
	char path[256], line[1024];
	int here = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/THREATS.md",
	    src == NULL ? "." : src);
	if ((f = fopen(path, "re")) == NULL)
		tap_bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			here = strcmp(line, section) == 0;
		else if (strncmp(line, "It can", 6) == 0)
			could = strncmp(line, "It cannot", 9) == 0 ? "-" : "+";
		else if (here && could != NULL && strncmp(line, "- ", 2) == 0)
			taken_add(l, could, line + 2);
	}
	fclose(f);
}

/* One daemon with this part to play; how it ended. */
static void
taken_run(struct daemon *d, const char *part, bool bare,
    struct taken_lists *l)
{
	static const char *const jailed[] = { "--seccomp", "trap",
		"--translate-uid", "forbid-guest:1234:1", "--translate-gid",
		"forbid-guest:1234:1", NULL };
	static const char *const plain[] = { "--seccomp", "trap", NULL };
	struct daemon_opts o = { .tag = part,
		.more = bare ? plain : jailed };
	int conn = -1, status;

	daemon_start(d, &o);
	if (strcmp(part, "asks") == 0)
		conn = taken_front_end(d, bare);
	status = daemon_wait(d, TAKEN_WAIT);
	if (strcmp(part, "seal") == 0 && status > 0)
		taken_add(l, "-", "make up a handle");
	if (strcmp(part, "spawn") == 0 && status > 0)
		taken_add(l, "-", "speak to the spawner through the broker");
	if (!tap_ok(status >= 0 && daemon_leftover(d, 10000) == 0,
	    "%s%s: everybody ends with it", part,
	    bare ? ", no namespaces" : ""))
		daemon_show_log(d);
	taken_report(d, l);
	if (conn != -1)
		close(conn);
	daemon_stop(d);
}

static bool
taken_has(const struct taken_lists *l, const char *text)
{
	unsigned int i;

	for (i = 0; i < l->cnt; i++)
		if (strcmp(l->text[i], text) == 0)
			return true;
	return false;
}

/* Add what differ says nothing about. */
static void
taken_else(struct taken_lists *differ, const struct taken_lists *usual)
{
	char other[160];
	unsigned int i;

	for (i = 0; i < usual->cnt; i++) {
		snprintf(other, sizeof(other), "%c%s",
		    usual->text[i][0] == '+' ? '-' : '+', usual->text[i] + 1);
		if (!tap_ok(!taken_has(differ, usual->text[i]),
		    "said once: %s", usual->text[i]) ||
		    taken_has(differ, other))
			continue;
		taken_add(differ, usual->text[i][0] == '+' ? "+" : "-",
		    usual->text[i] + 2);
	}
}

static void
taken_compare(const struct taken_lists *real, const struct taken_lists *doc)
{
	unsigned int i;

	for (i = 0; i < real->cnt; i++) {
		tap_diag("%s %s", real->text[i][0] == '+' ? "it could" :
		    "it could not", real->text[i] + 2);
		tap_ok(taken_has(doc, real->text[i]), "THREATS.md says: %s",
		    real->text[i]);
	}
	for (i = 0; i < doc->cnt; i++)
		tap_ok(taken_has(real, doc->text[i]), "it is so: %s",
		    doc->text[i]);
	tap_ok(real->cnt > 20, "the lists are long enough");
}

/* All parts, on a share of uid's. */
static void
taken_play(struct taken_lists *real, uid_t uid, bool bare)
{
	static struct daemon d;

	daemon_open(&d);
	taken_share(&d, uid);
	taken_run(&d, "calls", bare, real);
	taken_run(&d, "asks", bare, real);
	taken_run(&d, "seal", bare, real);
	taken_run(&d, "spawn", bare, real);
	daemon_close(&d);
}

static bool
taken_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

int
main(int argc, char **argv)
{
	static struct taken_lists real, doc, bare, differ;

	daemon_args(argc, argv);
	taken_helpers();
	atexit(taken_clean);
	taken_play(&real, TAKEN_UID, false);
	taken_document(&doc, TAKEN_JAILED);
	taken_compare(&real, &doc);
	if (!taken_landlock()) {
		tap_skip("this kernel has no Landlock", "without namespaces");
		return tap_done();
	}
	taken_bare();
	taken_play(&bare, TAKEN_BARE_UID, true);
	taken_document(&differ, TAKEN_BARE);
	taken_else(&differ, &doc);
	taken_compare(&bare, &differ);
	return tap_done();
}
