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
 * Knows: how a daemon under test is started, watched and removed.
 * Never: what it says on its socket.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "tap.h"

#define DAEMON_ARGS	24
#define DAEMON_MAX	4		/* at the same time */
#define DAEMON_C_PATH	"/usr/lib/qemu/virtiofsd"

enum daemon_kind	 daemon_kind = DAEMON_OURS;
bool			 daemon_summary;

static const char	*daemon_prog;
static struct daemon	*daemon_all[DAEMON_MAX];

static const char *
daemon_find_rust(void)
{
	static const char *const	 place[] = {
		"/usr/libexec/virtiofsd", "/usr/lib/virtiofsd",
		"/usr/local/libexec/virtiofsd", "/usr/local/bin/virtiofsd",
		"/usr/bin/virtiofsd",
	};
	unsigned			 i;

	for (i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		if (access(place[i], X_OK) == 0)
			return place[i];
	}
	return place[0];
}

static void
daemon_peer(const char *arg)
{
	if (strcmp(arg, "c") == 0) {
		daemon_kind = DAEMON_C;
		daemon_prog = DAEMON_C_PATH;
	} else if (strcmp(arg, "rust") == 0) {
		daemon_kind = DAEMON_RUST;
		daemon_prog = daemon_find_rust();
	} else {
		daemon_kind = DAEMON_RUST;
		daemon_prog = arg;
	}
}

static void
daemon_cleanup(void)
{
	unsigned	 i;

	for (i = 0; i < DAEMON_MAX; i++) {
		if (daemon_all[i] != NULL)
			daemon_close(daemon_all[i]);
	}
}

/* Not safe in a handler, but better than processes and mounts left over. */
static void
daemon_interrupt(int sig)
{
	exit(128 + sig);
}

void
daemon_args(int argc, char **argv)
{
	static const struct option	 opts[] = {
		{ "peer", required_argument, NULL, 'p' },
		{ "summary", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	int				 c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		if (c == 'p') {
			daemon_peer(optarg);
		} else if (c == 's') {
			daemon_summary = true;
		} else {
			fprintf(stderr, "usage: %s [--peer c|rust|PATH] "
			    "[--summary]\n", argv[0]);
			exit(1);
		}
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, daemon_interrupt);
	signal(SIGTERM, daemon_interrupt);
	atexit(daemon_cleanup);
	umask(022);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		tap_bail("cannot become a reaper: %s", strerror(errno));
}

const char *
daemon_path(void)
{
	const char	*env;

	if (daemon_kind != DAEMON_OURS)
		return daemon_prog;
	env = getenv("VIOFSD");
	return env != NULL ? env : "./viofsd";
}

static void
daemon_register(struct daemon *d)
{
	unsigned	 i;

	for (i = 0; i < DAEMON_MAX; i++) {
		if (daemon_all[i] == NULL) {
			daemon_all[i] = d;
			return;
		}
	}
	tap_bail("too many daemons at the same time");
}

void
daemon_open(struct daemon *d)
{
	const char	*tmp = getenv("TMPDIR");

	memset(d, 0, sizeof(*d));
#ifdef VIOFSD_INSTRUMENTED
	if (daemon_kind == DAEMON_OURS) {
		tap_skip("a sanitizer build does not serve", "all");
		exit(tap_done());
	}
#endif
	daemon_register(d);
	if (access(daemon_path(), X_OK) == -1)
		tap_bail("no daemon at %s: %s", daemon_path(),
		    strerror(errno));
	if (tmp == NULL || strlen(tmp) > 30)
		tmp = "/tmp";
	snprintf(d->top, sizeof(d->top), "%s/viofsd-test-XXXXXX", tmp);
	if (mkdtemp(d->top) == NULL)
		tap_bail("%s: %s", d->top, strerror(errno));
	snprintf(d->share, sizeof(d->share), "%s/share", d->top);
	snprintf(d->sock, sizeof(d->sock), "%s/sock", d->top);
	snprintf(d->log, sizeof(d->log), "%s/log", d->top);
	if (mkdir(d->share, 0755) == -1)
		tap_bail("%s: %s", d->share, strerror(errno));
}

int
daemon_mount(struct daemon *d)
{
	const char	*at = daemon_host(d, "mnt");

	if (mkdir(at, 0755) == -1 || mount("viofsd-test", at, "tmpfs",
	    MS_NOSUID | MS_NODEV, "size=1m") == -1)
		return errno;
	d->mounted = true;
	return 0;
}

static unsigned
daemon_argv_c(const struct daemon *d, const struct daemon_opts *o,
    const char **av)
{
	static char	 sock[128], source[128], cache[32];
	unsigned	 n = 1;

	if (o->readonly || o->tag != NULL)
		tap_bail("the C virtiofsd has no such option");
	snprintf(source, sizeof(source), "source=%s", d->share);
	snprintf(cache, sizeof(cache), "cache=%s", o->cache == NULL ? "auto" :
	    strcmp(o->cache, "never") == 0 ? "none" : o->cache);
	snprintf(sock, sizeof(sock), "--socket-path=%s", d->sock);
	av[n++] = sock;
	av[n++] = "-o";
	av[n++] = source;
	av[n++] = "-o";
	av[n++] = cache;
	return n;
}

static unsigned
daemon_argv(const struct daemon *d, const struct daemon_opts *o,
    const char **av)
{
	static char	 pool[16];
	unsigned	 n = 1, i;

	av[0] = daemon_path();
	if (daemon_kind == DAEMON_C)
		return daemon_argv_c(d, o, av);
	av[n++] = "--socket-path";
	av[n++] = d->sock;
	av[n++] = "--shared-dir";
	av[n++] = d->share;
	if (o->cache != NULL) {
		av[n++] = "--cache";
		av[n++] = o->cache;
	}
	if (o->tag != NULL) {
		av[n++] = "--tag";
		av[n++] = o->tag;
	}
	if (o->readonly)
		av[n++] = "--readonly";
	if (o->pool > 0) {
		snprintf(pool, sizeof(pool), "%d", o->pool);
		av[n++] = "--thread-pool-size";
		av[n++] = pool;
	}
	for (i = 0; o->more != NULL && o->more[i] != NULL &&
	    n < DAEMON_ARGS - 1; i++)
		av[n++] = o->more[i];
	return n;
}

static _Noreturn void
daemon_exec(const struct daemon *d, const char **av, pid_t parent)
{
	int	 null, log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDONLY);
	log = open(d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (null == -1 || log == -1 || dup2(null, 0) == -1 ||
	    dup2(log, 1) == -1 || dup2(log, 2) == -1)
		_exit(127);
	close_range(3, ~0U, 0);
	execv(av[0], (char *const *)(uintptr_t)av);
	_exit(127);
}

void
daemon_start(struct daemon *d, const struct daemon_opts *o)
{
	const char	*av[DAEMON_ARGS];
	pid_t		 parent = getpid();

	memset(av, 0, sizeof(av));
	daemon_argv(d, o, av);
	memset(&d->seen, 0, sizeof(d->seen));
	unlink(d->sock);
	d->pid = fork();
	if (d->pid == -1)
		tap_bail("fork: %s", strerror(errno));
	if (d->pid == 0)
		daemon_exec(d, av, parent);
}

bool
daemon_alive(struct daemon *d)
{
	return d->pid > 0 && proc_alive(d->pid);
}

static void
daemon_nap(void)
{
	const struct timespec	 ts = { 0, 2000000 };

	nanosleep(&ts, NULL);
}

int
daemon_wait(struct daemon *d, int timeout)
{
	int	 status, waited;

	for (waited = 0; waited <= timeout; waited += 2) {
		if (waitpid(d->pid, &status, WNOHANG) == d->pid) {
			d->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
		}
		daemon_nap();
	}
	return -1;
}

const struct proc_set *
daemon_procs(struct daemon *d)
{
	static struct proc_set	 now;
	unsigned		 i;

	proc_tree(d->pid, &now);
	for (i = 0; i < now.cnt; i++) {
		if (!proc_has(&d->seen, now.pid[i]) &&
		    d->seen.cnt < PROC_MAX)
			d->seen.pid[d->seen.cnt++] = now.pid[i];
	}
	return &now;
}

/* Reap what was handed to us of it. */
static void
daemon_reap(const struct daemon *d)
{
	unsigned	 i;

	for (i = 0; i < d->seen.cnt; i++) {
		if (d->seen.pid[i] != d->pid)
			waitpid(d->seen.pid[i], NULL, WNOHANG);
	}
}

int
daemon_leftover(struct daemon *d, int timeout)
{
	unsigned	 i;
	int		 left, waited;

	for (waited = 0;; waited += 2) {
		daemon_reap(d);
		left = 0;
		for (i = 0; i < d->seen.cnt; i++)
			left += proc_alive(d->seen.pid[i]);
		if (left == 0 || waited >= timeout)
			return left;
		daemon_nap();
	}
}

/* A child of this program that another daemon accounts for. */
static bool
daemon_others(const struct daemon *d, pid_t pid)
{
	const struct daemon	*o;
	unsigned		 i;

	for (i = 0; i < DAEMON_MAX; i++) {
		o = daemon_all[i];
		if (o != NULL && o != d &&
		    (o->pid == pid || proc_has(&o->seen, pid)))
			return true;
	}
	return false;
}

/* Its descendants that nobody waits for; returns how many there were. */
static unsigned
daemon_orphans(const struct daemon *d)
{
	struct proc_set	 s;
	unsigned	 i, cnt = 0;

	proc_strays(0, &s);
	for (i = 0; i < s.cnt; i++) {
		if (daemon_others(d, s.pid[i]))
			continue;
		kill(s.pid[i], SIGKILL);
		waitpid(s.pid[i], NULL, WNOHANG);
		cnt++;
	}
	return cnt;
}

void
daemon_stop(struct daemon *d)
{
	unsigned	 i;
	int		 waited;

	if (d->pid > 0)
		daemon_procs(d);
	for (i = 0; i < d->seen.cnt; i++) {
		if (proc_alive(d->seen.pid[i]))
			kill(d->seen.pid[i], SIGKILL);
	}
	if (d->pid > 0) {
		kill(d->pid, SIGKILL);
		waitpid(d->pid, NULL, 0);
	}
	d->pid = 0;
	for (waited = 0; waited < 500; waited++) {
		daemon_reap(d);
		if (daemon_orphans(d) == 0)
			break;
		daemon_nap();
	}
	memset(&d->seen, 0, sizeof(d->seen));
}

void
daemon_show_log(struct daemon *d)
{
	char	 line[1024];
	FILE	*f;
	off_t	 end, from;

	f = fopen(d->log, "re");
	if (f == NULL)
		return;
	fseeko(f, 0, SEEK_END);
	end = ftello(f);
	from = end - d->log_shown > 8192 ? end - 8192 : d->log_shown;
	fseeko(f, from, SEEK_SET);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		tap_diag("log: %s", line);
	}
	d->log_shown = end;
	fclose(f);
}

bool
daemon_logged(struct daemon *d, off_t from, const char *text)
{
	char	 line[2048];
	bool	 found = false;
	FILE	*f;

	f = fopen(d->log, "re");
	if (f == NULL)
		return false;
	fseeko(f, from, SEEK_SET);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, text) != NULL;
	fclose(f);
	return found;
}

static int
daemon_unlink(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void
daemon_close(struct daemon *d)
{
	unsigned	 i;

	daemon_stop(d);
	if (d->mounted)
		umount2(daemon_host(d, "mnt"), MNT_DETACH);
	if (d->top[0] != '\0')
		nftw(d->top, daemon_unlink, 16,
		    FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	for (i = 0; i < DAEMON_MAX; i++) {
		if (daemon_all[i] == d)
			daemon_all[i] = NULL;
	}
	memset(d, 0, sizeof(*d));
}

const char *
daemon_host(const struct daemon *d, const char *name)
{
	static char	 path[4][PATH_MAX];
	static unsigned	 next;
	char		*p = path[next++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", d->share, name);
	return p;
}
