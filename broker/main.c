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

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/caps.h"
#include "../common/jail.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/proc.h"
#include "broker.h"
#include "helper.h"
#include "launch.h"
#include "limit.h"
#include "root.h"
#include "sandbox_tab.h"
#include "serve.h"
#include "socket.h"
#include "spawner.h"
#include "title.h"
#include "worker.h"

#define MAIN_NOFILE	1024	/* broker: three for each worker, and ours */
#define MAIN_CHILD_NOFILE 4096	/* spawner and workers */

static struct broker broker;

/* What is acquired and given to children, and closed afterwards. */
struct main_setup {
	struct helper_set helpers;
	struct conf_ids ids;
	int nullfd;
	int transportfd;	/* children's ends of the channels */
	int spawnerfd;
	char title[64];
};

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

/* Why this program would rather not serve. */
static void
main_refuse(void)
{
#ifdef VIOFSD_INSTRUMENTED
	fatalx("this build is for tests and does not serve: no sanitizer fits "
	    "into the sandbox");
#endif
	if (geteuid() != 0)
		fatalx("must be started as root");
}

/* What was asked for that is never given. */
static void
main_policy_notes(struct broker *b)
{
	const struct conf *c = b->conf;

	if (c->sandbox != CONF_SANDBOX_NAMESPACE ||
	    c->seccomp == CONF_SECCOMP_NONE)
		log_info("the complete jail and filters are used whatever "
		    "--sandbox and --seccomp say");
	b->action = SANDBOX_KILL;
	if (c->seccomp == CONF_SECCOMP_LOG)
		b->action = SANDBOX_LOG;
	if (c->seccomp == CONF_SECCOMP_TRAP)
		b->action = SANDBOX_TRAP;
	if (b->action != SANDBOX_KILL)
		log_warnx("--seccomp log and trap are for debugging");
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

/* Step 4, first half: everything that needs the host's root. */
static void
main_acquire(struct broker *b, struct main_setup *s)
{
	const struct conf *c = b->conf;
	gid_t gid = SOCKET_NO_GROUP;

	if (setgroups(0, NULL) == -1 || setresgid(0, 0, 0) == -1 ||
	    setresuid(0, 0, 0) == -1)
		fatal("ids");
	if (c->syslog) {
		socket_syslog();
		log_init("B");
	}
	main_policy_notes(b);
	if (c->socket_group != NULL)
		gid = conf_group(c->socket_group);
	if ((s->nullfd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		fatal("/dev/null");
	tree_clone(&b->tree, c->shared_dir, c->readonly);
	helper_open(&s->helpers);
	if (c->socket_path != NULL)
		b->listenfd = socket_listen(c->socket_path, gid, &b->lockfd);
	b->nofile = (uint32_t)limit_nofile(c->rlimit_nofile);
	conf_transport_ids(&s->ids);
	b->name = c->tag != NULL ? c->tag :
	    c->socket_path != NULL ? c->socket_path : "inherited socket";
	snprintf(s->title, sizeof(s->title), "viofsd: transport %.36s",
	    c->tag != NULL ? c->tag : c->socket_path != NULL &&
	    strrchr(c->socket_path, '/') != NULL ?
	    strrchr(c->socket_path, '/') + 1 : b->name);
}

static int
main_channel(struct chan *c, enum msg_party peer)
{
	int pair[2], err;

	if ((err = chan_pair(pair)) != 0)
		fatalx("socketpair: %s", strerror(err));
	chan_init(c, pair[0], MSG_BROKER, peer, 1);
	return pair[1];
}

/* Step 4, second half: the children, and leaving the host. */
static void
main_children(struct broker *b, struct main_setup *s)
{
	struct launch l;
	struct spawner_conf sc;

	s->transportfd = main_channel(&b->transport, MSG_TRANSPORT);
	s->spawnerfd = main_channel(&b->spawner, MSG_SPAWNER);
	l.exefd = s->helpers.transportfd;
	l.nullfd = s->nullfd;
	l.chanfd = s->transportfd;
	l.uid = s->ids.uid;
	l.gid = s->ids.gid;
	l.title = s->title;
	b->transport_pidfd = launch_transport(&l);
	root_unshare();
	root_empty();
	sc.nullfd = s->nullfd;
	sc.exefd = s->helpers.fsworkerfd;
	sc.chanfd = s->spawnerfd;
	sc.nofile = b->nofile < MAIN_CHILD_NOFILE ?
	    b->nofile : MAIN_CHILD_NOFILE;
	sc.action = b->action;
	b->spawner_pidfd = spawner_start(&sc);
	fd_close(&s->nullfd);
	fd_close(&s->transportfd);
	fd_close(&s->spawnerfd);
	fd_close(&s->helpers.transportfd);
	fd_close(&s->helpers.fsworkerfd);
}

/* Step 5.  KILL is for the transport, also when we are killed ourselves. */
static void
main_jail(struct broker *b)
{
	uint64_t caps = JAIL_CAP(CAP_KILL);
	struct cred self;

	jail_limits(b->nofile < MAIN_NOFILE ? b->nofile : MAIN_NOFILE, 0,
	    RLIM_INFINITY);
	caps_keep(caps, caps);
	jail_no_new_privs();
	b->landlock = (uint32_t)landlock_enter_supervisor();
	if (b->landlock == 0)
		log_warnx("this kernel has no Landlock; namespaces and filters "
		    "stand alone");
	cred_set(&self, CRED_ROOT, 0, 0);
	jail_verify(&self, caps);
}

int
main(int argc, char *argv[])
{
	struct broker *b = &broker;
	static struct conf conf;
	struct main_setup setup;

	main_std_fds();
	proc_init("B", UINT_MAX);
	title_init(argc, argv);
	conf_load(&conf, argc, argv);
	main_refuse();
	b->conf = &conf;
	main_claim(b);
	main_acquire(b, &setup);
	main_children(b, &setup);
	worker_init(b);
	serve_init(b);
	main_jail(b);
	sandbox_enter(&sandbox_tab_broker, 1, b->action);
	serve_hello(b);
	log_info("serving %s as %s, transport uid %u, %u mount%s%s",
	    conf.shared_dir, b->name, setup.ids.uid, b->tree.mount_cnt,
	    b->tree.mount_cnt == 1 ? "" : "s",
	    conf.readonly ? ", read-only" : "");
	return serve_loop(b);
}
