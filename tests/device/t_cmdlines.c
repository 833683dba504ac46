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
 * The command lines with which managers of virtual machines start virtiofsd,
 * unchanged: each starts a daemon, which serves and ends.
 *
 * Knows: who starts it how.
 * Never: what an option does (t_more, tests/unit/test_conf*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

#define CMD_WORDS	32
#define CMD_LINE	1024
#define CMD_WAIT	10000		/* milliseconds */

/* %d is the directory, %s the socket, ",," one comma of its name. */
static const struct cmd {
	const char	*who;
	const char	*line;
} cmds[] = {
	{ "libvirt, with separate options",
	    "--fd=27 --shared-dir %d --cache always --sandbox chroot --xattr "
	    "--thread-pool-size=8 --rlimit-nofile=4096 --log-level debug" },
	{ "libvirt, the least",
	    "--fd=27 --shared-dir %d --cache never --sandbox namespace" },
	{ "libvirt with <idmap>",
	    "--fd=27 --shared-dir %d --uid-map=:0:0:4294967295: "
	    "--gid-map=:0:0:4294967295:" },
	{ "libvirt with <idmap> of two entries",
	    "--fd=27 --shared-dir %d --uid-map=:0:1000:1: "
	    "--uid-map=:1:100000:65536: --gid-map=:0:1000:1: "
	    "--gid-map=:1:100000:65536:" },
	{ "libvirt, before",
	    "--fd=27 -o source=%d,cache=always,sandbox=chroot,xattr,flock,"
	    "no_posix_lock -d" },
	{ "libvirt, before, with locks",
	    "--fd=27 -o source=%d,cache=none,no_xattr,no_flock,posix_lock "
	    "--thread-pool-size=0" },
	{ "Incus with a shift",
	    "--fd=3 --cache=metadata --shared-dir=%d "
	    "--translate-uid=map:0:1000000:1000000000 "
	    "--translate-uid=forbid-guest:1000000000:3294967295 "
	    "--translate-gid=map:0:1000000:1000000000 "
	    "--translate-gid=forbid-guest:1000000000:3294967295" },
	{ "Incus with lists",
	    "--fd=3 --cache=never --shared-dir=%d --posix-acl" },
	{ "Incus with lists if the guest can",
	    "--fd=3 --cache=always --shared-dir=%d --posix-acl=auto" },
	{ "Proxmox",
	    "--fd=5 --shared-dir=%d --xattr --posix-acl --announce-submounts "
	    "--allow-direct-io --cache=auto --writeback --syslog" },
	{ "Proxmox, the least",
	    "--fd=5 --shared-dir=%d --announce-submounts --cache=auto "
	    "--syslog" },
	{ "systemd-vmspawn",
	    "--shared-dir %d --xattr --fd 3 --no-announce-submounts" },
	{ "systemd-vmspawn with private users",
	    "--shared-dir %d --xattr --fd 3 --no-announce-submounts "
	    "--uid-map :0:524288:65536: --gid-map :0:524288:65536:" },
	{ "Kata",
	    "--syslog --cache=auto --shared-dir=%d --fd=3" },
	{ "Kata with handles",
	    "--syslog --cache=always --shared-dir=%d --fd=3 "
	    "--inode-file-handles=prefer --announce-submounts" },
	{ "Kata in Rust, before 3.31",
	    "--socket-path %s --shared-dir %d --cache never --sandbox none "
	    "--seccomp none --thread-pool-size=1" },
	{ "virtme-ng",
	    "--syslog --no-announce-submounts --socket-path %s --shared-dir "
	    "%d --sandbox none" },
	{ "Cloud Hypervisor's documentation",
	    "--log-level error --socket-path=%s --shared-dir=%d "
	    "--cache=never --thread-pool-size=4" },
	{ "crosvm's and mkosi's front-ends",
	    "--socket-path %s --shared-dir %d --tag mnt --xattr --cache "
	    "metadata --sandbox chroot --inode-file-handles=never" },
	{ "QEMU's documentation of the daemon in C",
	    "--socket-path=%s -o source=%d -o cache=auto,timeout=5,"
	    "allow_root" },
	{ "the daemon in C, in the background",
	    "--socket-path=%s -o source=%d --daemonize -o cache=always" },
};

struct cmd_run {
	char		 line[CMD_LINE];
	const char	*av[CMD_WORDS + 2];
	int		 want_fd;	/* where --fd is, or -1 */
	int		 sockfd;	/* listening, or -1 */
	int		 logfd;		/* what --syslog says arrives here */
	bool		 background;
};

/* A socket at path, of our making as a manager's. */
static int
cmd_socket(const char *path, int type)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	int			 fd;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 1) == -1))
		tap_bail("socket %s: %s", path, strerror(errno));
	return fd;
}

static void
cmd_expand(const char *line, const struct daemon *d, char *out)
{
	const char	*p;
	size_t		 len = 0;

	for (p = line; *p != '\0' && len < CMD_LINE - 1; p++) {
		if (p[0] == '%' && (p[1] == 'd' || p[1] == 's')) {
			p++;
			len += (size_t)snprintf(out + len, CMD_LINE - len,
			    "%s", *p == 'd' ? d->share : d->sock);
		} else
			out[len++] = *p;
	}
	if (len >= CMD_LINE)
		tap_bail("a long line");
	out[len] = '\0';
}

static void
cmd_prepare(struct cmd_run *r, const struct cmd *c, const struct daemon *d)
{
	const char	*fd;
	char		*word, *save = NULL, path[128];
	unsigned	 n = 1;

	memset(r, 0, sizeof(*r));
	r->want_fd = r->sockfd = r->logfd = -1;
	r->background = strstr(c->line, "--daemonize") != NULL;
	fd = strstr(c->line, "--fd");
	if (fd != NULL) {
		r->want_fd = (int)strtol(fd + strlen("--fd="), NULL, 10);
		r->sockfd = cmd_socket(d->sock, SOCK_STREAM);
	}
	if (strstr(c->line, "--syslog") != NULL) {
		snprintf(path, sizeof(path), "%s/syslog", d->top);
		r->logfd = cmd_socket(path, SOCK_DGRAM);
	}
	cmd_expand(c->line, d, r->line);
	r->av[0] = daemon_path();
	for (word = strtok_r(r->line, " ", &save); word != NULL && n <=
	    CMD_WORDS; word = strtok_r(NULL, " ", &save))
		r->av[n++] = word;
}

/*
 * A /dev of its own, in which the log is our socket.  All that we have may be
 * in /dev/shm, which stays.
 */
static bool
cmd_dev(const struct daemon *d)
{
	char	 path[128];
	int	 shm;

	snprintf(path, sizeof(path), "%s/syslog", d->top);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return false;
	shm = open_tree(AT_FDCWD, "/dev/shm", OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC);
	return mount("viofsd-test", "/dev", "tmpfs", 0, "size=1m") == 0 &&
	    mkdir("/dev/shm", 0755) == 0 &&
	    (shm == -1 || move_mount(shm, "", AT_FDCWD, "/dev/shm",
	    MOVE_MOUNT_F_EMPTY_PATH) == 0) &&
	    mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0 &&
	    mknod("/dev/log", S_IFREG | 0666, 0) == 0 &&
	    mount(path, "/dev/log", NULL, MS_BIND, NULL) == 0;
}

static _Noreturn void
cmd_exec(const struct cmd_run *r, const struct daemon *d, pid_t parent)
{
	int	 log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	log = open(d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log == -1 || dup2(log, 1) == -1 || dup2(log, 2) == -1)
		_exit(127);
	if (r->logfd != -1 && !cmd_dev(d))
		_exit(126);
	if (r->want_fd != -1 && (r->want_fd == r->sockfd ?
	    fcntl(r->sockfd, F_SETFD, 0) : dup2(r->sockfd, r->want_fd)) == -1)
		_exit(127);
	execv(r->av[0], (char *const *)(uintptr_t)r->av);
	_exit(127);
}

/* A manager has nothing but the status, and what is in the guest. */
static void
cmd_serves(struct box *b, const struct cmd *c)
{
	struct fuse_entry_out	 e;
	struct fs_file		 f;
	char			 buf[8] = "";
	int			 err;

	err = box_connect(b);
	if (err == 0)
		err = box_negotiate(b);
	if (err == 0)
		err = box_setup(b);
	if (!tap_is(err, 0, "%s: connected", c->who))
		return;
	tap_rc(fs_init(&b->fs, &b->init), 0, "%s: INIT", c->who);
	tap_rc(fs_mkdir(&b->fs, FUSE_ROOT_ID, "dir", 0755, &e), 0, "mkdir");
	if (tap_rc(fs_create(&b->fs, FUSE_ROOT_ID, "file", 0644, O_RDWR, &f),
	    0, "create")) {
		tap_rc(fs_write(&b->fs, &f, 0, "text", 4), 4, "write");
		tap_rc(fs_read(&b->fs, &f, 0, buf, 4), 4, "read");
	}
	tap_ok(access(box_host(b, "file"), F_OK) == 0 &&
	    access(box_host(b, "dir"), F_OK) == 0, "the host has both");
}

static void
cmd_background(struct box *b, const struct cmd *c)
{
	int	 left;

	daemon_procs(&b->d);
	vhost_close(&b->v);
	left = daemon_leftover(&b->d, CMD_WAIT);
	tap_is(left, 0, "%s: ends with its guest", c->who);
}

static bool
cmd_logged(const struct cmd_run *r)
{
	char	 line[512];
	bool	 found = false;
	ssize_t	 n;

	for (;;) {
		n = recv(r->logfd, line, sizeof(line) - 1, MSG_DONTWAIT);
		if (n <= 0)
			return found;
		line[n] = '\0';
		if (strstr(line, "front-end") != NULL)
			found = true;
	}
}

static void
cmd_run(const struct cmd *c)
{
	const struct box_opts	 o = { .event_idx = true };
	struct cmd_run		 r;
	struct box		 b;
	pid_t			 parent = getpid();

	box_open(&b, &o);
	/* A map has its own users, who must be able to write there. */
	if (chmod(b.d.share, 0777) == -1)
		tap_bail("%s: %s", b.d.share, strerror(errno));
	cmd_prepare(&r, c, &b.d);
	b.d.pid = fork();
	if (b.d.pid == -1)
		tap_bail("fork: %s", strerror(errno));
	if (b.d.pid == 0)
		cmd_exec(&r, &b.d, parent);
	if (r.sockfd != -1)
		close(r.sockfd);
	if (r.background)
		tap_is(daemon_wait(&b.d, CMD_WAIT), 0,
		    "%s: returns when it serves", c->who);
	cmd_serves(&b, c);
	if (r.background)
		cmd_background(&b, c);
	else
		tap_is(box_hangup(&b), 0, "%s: exit status", c->who);
	if (r.logfd != -1) {
		tap_ok(cmd_logged(&r), "%s: the log has it", c->who);
		close(r.logfd);
	}
	box_close(&b);
}

/* What libvirt asks first, whatever else is on the line. */
static void
cmd_capabilities(void)
{
	const char		*more[] = { "--print-capabilities", "--fd=77",
	    NULL };
	const struct daemon_opts o = { .more = more };
	struct daemon		 d;

	daemon_open(&d);
	daemon_start(&d, &o);
	tap_is(daemon_wait(&d, CMD_WAIT), 0, "--print-capabilities");
	tap_ok(daemon_logged(&d, 0, "\"type\": \"fs\"") &&
	    daemon_logged(&d, 0, "\"separate-options\""),
	    "a filesystem with separate options");
	daemon_close(&d);
}

int
main(int argc, char **argv)
{
	unsigned	 i;

	daemon_args(argc, argv);
	if (geteuid() != 0 || daemon_kind != DAEMON_OURS) {
		tap_skip("only root, and only our options", "command lines");
		return tap_done();
	}
	cmd_capabilities();
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		cmd_run(&cmds[i]);
	return tap_done();
}
