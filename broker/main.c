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
 * Knows: the order in which the broker starts.
 * Never: how a step is done.
 */

#include "config.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

#include "../common/caps.h"
#include "../common/frozen.h"
#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "bare.h"
#include "broker.h"
#include "launch.h"
#include "policy.h"
#include "sandbox_tab.h"
#include "security.h"
#include "serve.h"
#include "setup.h"
#include "socket.h"
#include "title.h"
#include "userns.h"
#include "worker.h"

#define MAIN_NOFILE	1024	/* broker: three for each worker, and ours */
#define MAIN_MOUNTS	128	/* mounts of the share that are among them */

/* What is fixed before anybody is listened to, for good. */
struct main_fixed {
	struct conf conf;
	struct policy policy;
	struct groups groups;	/* what the policy points to */
};

static struct broker broker;
static FROZEN(struct main_fixed) main_fixed;

/* Only the broker may be started without these; its children never are. */
static void
main_std_fds(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
		continue;
	if (fd != -1)
		close(fd);
}

/* Root is nobody but root; others become root of a user namespace later. */
static void
main_identity(void)
{
	struct userns here;

#ifdef VIOFSD_INSTRUMENTED
	fatalx("this build is for tests and does not serve: no sanitizer fits "
	    "into the sandbox");
#endif
	if (geteuid() != 0)
		return;
	userns_here(&here);
	/* Groups that root came with are not wanted, if they can be left. */
	if ((!here.stuck && setgroups(0, NULL) == -1 && errno != EPERM) ||
	    setresgid(0, 0, 0) == -1 || setresuid(0, 0, 0) == -1)
		fatal("ids");
}

/* What is there for root, or for somebody who can have no namespaces. */
static int
main_security(const struct conf *conf)
{
	int bare = bare_needed(conf);

	if (geteuid() != 0 && !bare)
		fatalx("--print-security: must be run as root");
	return security_print(stdout, bare);
}

/* Step 3: the one descriptor that may have been handed over. */
static void
main_claim(struct broker *b)
{
	b->listenfd = b->lockfd = -1;
	if (b->conf->fd != -1)
		b->listenfd = socket_inherit((int)b->conf->fd);
	else if (close_range(STDERR_FILENO + 1, UINT_MAX, 0) == -1)
		fatal("close_range");
}

/*
 * Step 5.  KILL is for the transport, also when we are killed ourselves;
 * DAC_READ_SEARCH is what open_by_handle_at(2) asks for.
 */
static void
main_jail(struct broker *b)
{
	uint64_t caps = b->bare ? 0 : JAIL_CAP(CAP_KILL);
	uint64_t nofile = MAIN_NOFILE;
	struct cred self;

	if (b->handles)
		caps |= JAIL_CAP(CAP_DAC_READ_SEARCH);
	if (b->handles && b->tree.mount_cnt > MAIN_MOUNTS)
		nofile += b->tree.mount_cnt;
	jail_limits(nofile, 0, RLIM_INFINITY);
	if (!b->bare)
		caps_keep(caps, caps);
	jail_no_new_privs();
	b->landlock = (uint32_t)landlock_enter_supervisor();
	if (b->landlock == 0 && b->bare)
		fatalx("no Landlock");
	if (b->landlock == 0)
		log_warnx("this kernel has no Landlock; namespaces and filters "
		    "stand alone");
	cred_set(&self, CRED_ROOT, 0, 0);
	if (b->userns.stuck)
		self = b->own_groups;
	jail_verify(&self, caps);
}

/* Children inherit it; those that become something else lose it. */
static void
main_freeze(struct broker *b)
{
	struct main_fixed *f = &main_fixed.v;

	if (b->policy->groups != NULL) {
		f->groups = *b->policy->groups;
		f->groups.users = frozen_copy(f->groups.users,
		    f->groups.user_cnt * sizeof(*f->groups.users));
		f->groups.gids = frozen_copy(f->groups.gids,
		    f->groups.gid_cnt * sizeof(*f->groups.gids));
		f->policy.groups = &f->groups;
	}
	frozen_set(&main_fixed, sizeof(main_fixed));
}

static void
main_filter(const struct broker *b)
{
	struct sandbox_table tables[2];

	tables[0] = sandbox_tab_broker;
	tables[1] = sandbox_tab_handles;
	sandbox_enter(tables, b->handles ? 2 : 1, b->action);
}

/*
 * May our session have a terminal?  There is none only if the kernel says so,
 * tty(4).
 */
static int
main_terminal(void)
{
	int fd;

	if ((fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)) == -1)
		return errno != ENXIO;
	close(fd);
	return 1;
}

int
main(int argc, char *argv[])
{
	struct broker *b = &broker;
	struct conf *conf = &main_fixed.v.conf;
	struct setup setup;
	int readyfd = -1;

	main_std_fds();
	proc_init("B", UINT_MAX);
	title_init(argc, argv);
	conf_load(conf, argc, argv);
	main_identity();
	if (conf->print_security)
		return main_security(conf);
	setup.conf = conf;
	b->conf = conf;
	b->policy = &main_fixed.v.policy;
	main_claim(b);
	if ((setup.nullfd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		fatal("/dev/null");
	if (conf->daemonize)
		readyfd = launch_background(setup.nullfd);
	setup.terminal = main_terminal();
	setup_acquire(b, &setup);
	main_freeze(b);
	setup_children(b, &setup);
	worker_init(b);
	serve_init(b);
	main_jail(b);
	main_filter(b);
	serve_hello(b);
	log_info("serving %s as %s, transport uid %u, %u mount%s%s",
	    conf->shared_dir, b->name, setup.ids.uid, b->tree.mount_cnt,
	    b->tree.mount_cnt == 1 ? "" : "s",
	    conf->readonly ? ", read-only" : "");
	launch_serving(&readyfd);
	return serve_loop(b);
}
