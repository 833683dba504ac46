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
 * Knows: what the broker takes from the host while it can, in which order.
 * Never: a message.
 */

#include "config.h"

#include <sys/random.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/jail.h"
#include "../common/log.h"
#include "bare.h"
#include "broker.h"
#include "home.h"
#include "launch.h"
#include "limit.h"
#include "policy.h"
#include "root.h"
#include "setup.h"
#include "share.h"
#include "socket.h"
#include "spawner.h"

/* What was asked for that is never given. */
static void
setup_notes(struct broker *b)
{
	const struct conf *c = b->conf;

	if ((c->sandbox != CONF_SANDBOX_NAMESPACE && !b->bare) ||
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

/* Workers are made by a spawner that can give only what we have. */
static void
setup_policy(struct broker *b, uint64_t have)
{
	const struct conf *c = b->conf;
	const struct idmap ids = { c->idmap, c->idmap_cnt };
	unsigned int cap;

	policy_init(b->policy, &ids, c->caps_add, c->caps_drop);
	policy_space(b->policy, b->userns.space, b->userns.stuck);
	/* Asked before the root goes away; nobody can look again later. */
	if (policy_host(&c->rules) || c->rules.groups == POLICY_GROUPS_HOST)
		groups_load(&b->groups, &c->rules);
	policy_set(b->policy, &c->rules, &b->groups);
	if (b->bare)
		policy_bare(b->policy);
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if ((c->caps_add | c->rules.root_caps) & ~have & JAIL_CAP(cap))
			fatalx("%s: viofsd was started without %s",
			    c->caps_add & JAIL_CAP(cap) ? "--modcaps" :
			    "--guest-root", conf_cap_name(cap));
	if (b->policy->root_caps & JAIL_CAP(CAP_SYS_ADMIN))
		log_warnx("root workers have CAP_SYS_ADMIN: only their system "
		    "call filter is between it and the host");
}

/* File handles, if the options, our capabilities and the share allow. */
static void
setup_handles(struct broker *b, uint64_t have)
{
	const struct conf *c = b->conf;
	const char *why = NULL;
	int err;

	if (c->handles == CONF_HANDLES_NEVER)
		return;
	if (c->caps_drop & JAIL_CAP(CAP_DAC_READ_SEARCH))
		why = "--modcaps=-dac_read_search";
	else if ((have & JAIL_CAP(CAP_DAC_READ_SEARCH)) == 0)
		why = "CAP_DAC_READ_SEARCH is missing";
	else if ((err = tree_has_handles(&b->tree)) != 0)
		why = err == EOPNOTSUPP ? "its filesystem has none" :
		    strerror(err);
	if (why == NULL) {
		b->handles = 1;
		return;
	}
	if (c->handles == CONF_HANDLES_MANDATORY)
		fatalx("--inode-file-handles=mandatory: '%s' cannot be shared "
		    "by file handles: %s", c->shared_dir, why);
	log_warnx("no file handles for %s, nodes take a descriptor each: %s",
	    c->shared_dir, why);
	tree_close_mounts(&b->tree);
}

/*
 * Which ids the namespace shall have: those asked for, or all that there are
 * for root who may give them away, though he may not mount; else one's own.
 */
static void
setup_userns_ids(const struct conf *c, uint64_t have, struct userns *u)
{
	const uint64_t maps = JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID) |
	    JAIL_CAP(CAP_SETFCAP);
	int of;

	if (geteuid() == 0 && (have & maps) == maps && !u->stuck &&
	    c->space[IDMAP_UID].cnt == 0 && c->space[IDMAP_GID].cnt == 0) {
		for (of = IDMAP_UID; of <= IDMAP_GID; of++)
			idspace_within(&u->space[of]);
		return;
	}
	u->space[IDMAP_UID] = c->space[IDMAP_UID];
	u->space[IDMAP_GID] = c->space[IDMAP_GID];
}

/*
 * The user namespace of transport and workers: the one that we are in, another
 * that root asks for, or one that everything is in of an ordinary user's, or of
 * a root's who may not mount.
 */
static void
setup_userns(struct broker *b, struct setup *s)
{
	const struct conf *c = b->conf;
	struct userns *u = &b->userns;
	struct jail_identity id;
	int root;

	s->usernsfd = -1;
	userns_here(u);
	s->here = *u;
	jail_observe(&id);
	root = geteuid() == 0 && (id.cap_prm & JAIL_CAP(CAP_SYS_ADMIN)) != 0;
	/* Root of a namespace that whoever made it gave no mounts. */
	if (root && !idspace_same(&u->space[IDMAP_UID]))
		root_mounts();
	if (root && idspace_same(&c->space[IDMAP_UID]) &&
	    idspace_same(&c->space[IDMAP_GID]))
		return;
	setup_userns_ids(c, id.cap_prm, u);
	s->usernsfd = userns_make(u);
	if (root)
		return;
	userns_become_root(&s->usernsfd, u->stuck);
	root_mounts();
	s->here = *u;
}

/* The transport's ids, if they exist where it starts, or the next best. */
static void
setup_transport_ids(struct broker *b, struct setup *s)
{
	conf_transport_ids(&s->ids);
	if (!idspace_has(&s->here.space[IDMAP_UID], s->ids.uid))
		s->ids.uid = idspace_last(&s->here.space[IDMAP_UID]);
	if (!idspace_has(&s->here.space[IDMAP_GID], s->ids.gid))
		s->ids.gid = idspace_last(&s->here.space[IDMAP_GID]);
	if (s->ids.uid == 0 || s->ids.gid == 0) {
		b->userns_flags |= MSG_SHARE_ONE_USER;
		log_warnx("there is but one id: transport and workers are the "
		    "same user");
	}
	if (!b->userns.stuck)
		return;
	b->userns_flags |= MSG_SHARE_OWN_GROUPS;
	cred_set(&b->own_groups, CRED_ROOT, 0, 0);
	jail_own_groups(&b->own_groups);
	if (b->own_groups.gid_cnt != 0)
		log_warnx("all processes keep the supplementary groups of who "
		    "started viofsd: they cannot be changed here");
}

/* Is host id 0 nobody's in the guest, so that a set-uid file is no root's? */
static int
setup_shifted(const struct broker *b)
{
	uint32_t id;
	int of;

	for (of = IDMAP_UID; of <= IDMAP_GID; of++)
		if (idspace_in(&b->userns.space[of], 0, &id) == 0 &&
		    idmap_reachable(&b->policy->ids, (enum idmap_of)of, id))
			return 0;
	return 1;
}

/* Set-id files of the guest's that would be in force on the host. */
static void
setup_suid(struct broker *b)
{
	const struct conf *c = b->conf;

	b->rules = share_rules(c);
	if (c->readonly || c->host_suid == CONF_HOST_SUID_YES ||
	    (b->rules & MSG_POLICY_NO_SETID) != 0 ||
	    !tree_suid_counts(c->shared_dir))
		return;
	if (c->host_suid == CONF_HOST_SUID_WARN)
		log_warnx("users of this host can run set-uid files that the "
		    "guest makes: mount %s nosuid, or close a directory above "
		    "it (mode 0700)", c->shared_dir);
	else if (!setup_shifted(b)) {
		log_warnx("set-id files and file capabilities are refused, for "
		    "they would count on this host: mount %s nosuid, close a "
		    "directory above it (mode 0700), or say --host-suid yes",
		    c->shared_dir);
		b->rules |= MSG_POLICY_NO_SETID;
	}
}

static void
setup_share(struct broker *b)
{
	const struct conf *c = b->conf;
	struct jail_identity id;

	jail_observe(&id);
	setup_policy(b, id.cap_prm);
	if (b->bare)
		tree_here(&b->tree, c->shared_dir);
	else
		tree_clone(&b->tree, c->shared_dir, c->readonly,
		    c->handles != CONF_HANDLES_NEVER);
	setup_handles(b, id.cap_prm);
	if (getrandom(b->seal_key, sizeof(b->seal_key), 0) !=
	    (ssize_t)sizeof(b->seal_key))
		fatal("getrandom");
	share_tail(b);
	setup_suid(b);
}

void
setup_acquire(struct broker *b, struct setup *s)
{
	const struct conf *c = b->conf;
	gid_t gid = SOCKET_NO_GROUP;

	if (c->syslog) {
		socket_syslog();
		log_init("B");
	}
	b->bare = bare_needed(c);
	setup_notes(b);
	if (c->socket_group != NULL)
		gid = conf_group(c->socket_group);
	helper_open(&s->helpers);
	if (b->bare)
		bare_enter(b, s);
	else
		setup_userns(b, s);
	setup_share(b);
	b->nofile = (uint32_t)limit_nofile(c->rlimit_nofile);
	s->helper_nofile = limit_helpers();
	b->keep_max = limit_keep(s->helper_nofile);
	if (!b->bare)
		setup_transport_ids(b, s);
	home_make(b, s);
	/* Behind what may be refused, for the socket would stay. */
	if (c->socket_path != NULL)
		b->listenfd = socket_listen(c->socket_path, gid, &b->lockfd);
	b->name = c->tag != NULL ? c->tag :
	    c->socket_path != NULL ? c->socket_path : "inherited socket";
	snprintf(s->title, sizeof(s->title), "viofsd: transport %.36s",
	    c->tag != NULL ? c->tag : c->socket_path != NULL &&
	    strrchr(c->socket_path, '/') != NULL ?
	    strrchr(c->socket_path, '/') + 1 : b->name);
}

static int
setup_channel(struct chan *c, enum msg_party peer)
{
	int pair[2], err;

	if ((err = chan_pair(pair)) != 0)
		fatalx("socketpair: %s", strerror(err));
	chan_init(c, pair[0], MSG_BROKER, peer, 1);
	return pair[1];
}

/* With the broker's descriptors, which it closes at once. */
static void
setup_spawner(struct broker *b, const struct setup *s, unsigned int nr)
{
	struct spawner_conf sc;
	struct home *h = &b->home[nr];

	sc.policy = b->policy;
	sc.home = nr;
	sc.nullfd = s->nullfd;
	sc.usernsfd = s->homefd[nr];
	sc.exefd = s->helpers.fsworkerfd;
	sc.chanfd = setup_channel(&h->chan, MSG_SPAWNER);
	sc.terminal = s->terminal;
	sc.rootfd = b->tree.rootfd;
	sc.readonly = b->conf->readonly;
	sc.nofile = s->helper_nofile;
	sc.action = b->action;
	h->pidfd = spawner_start(&sc);
	fd_close(&sc.chanfd);
}

void
setup_children(struct broker *b, struct setup *s)
{
	struct launch l;
	unsigned int i;

	s->transportfd = setup_channel(&b->transport, MSG_TRANSPORT);
	l.exefd = s->helpers.transportfd;
	l.nullfd = s->nullfd;
	l.usernsfd = s->usernsfd;
	l.chanfd = s->transportfd;
	l.stuck = b->userns.stuck;
	l.terminal = s->terminal;
	l.bare = b->bare;
	l.uid = s->ids.uid;
	l.gid = s->ids.gid;
	l.nofile = b->nofile;
	l.title = s->title;
	b->transport_pidfd = launch_transport(&l);
	if (!b->bare)
		root_unshare();
	for (i = 0; i < POLICY_HOME_CNT; i++)
		if (b->home[i].used)
			setup_spawner(b, s, i);
	if (b->bare)
		root_stay();
	else
		root_empty();
	fd_close(&s->nullfd);
	for (i = 0; i < POLICY_HOME_CNT; i++)
		fd_close(&s->homefd[i]);
	fd_close(&s->transportfd);
	fd_close(&s->helpers.transportfd);
	fd_close(&s->helpers.fsworkerfd);
}
