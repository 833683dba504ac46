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

#ifndef VIOFSD_BROKER_BROKER_H
#define VIOFSD_BROKER_BROKER_H

#include <stdint.h>

#include <bsd/sys/queue.h>

#include "../common/chan.h"
#include "../common/sandbox.h"
#include "conf.h"
#include "groups.h"
#include "policy.h"
#include "rate.h"
#include "tree.h"
#include "userns.h"

/*
 * Knows: the state of the running broker, which its event handlers share.
 * Never: functions.
 */

struct event;
struct event_base;
struct reply;
struct worker;

/* Where workers live, and the spawner there; by policy_home(). */
struct home {
	struct broker *broker;
	int used;		/* else nothing of it is there */
	uint64_t userns;	/* inode of its user namespace, 0 = no such */
	int pidfd;		/* of the spawner */
	struct chan chan;
	struct event *ev;	/* for chan */
};

TAILQ_HEAD(reply_head, reply);
TAILQ_HEAD(worker_head, worker);

struct broker {
	/* fixed before anybody is listened to */
	const struct conf *conf;
	const char *name;	/* tag or socket, for the log and titles */
	enum sandbox_action action;
	uint32_t nofile;	/* the transport's limit */
	uint32_t keep_max;	/* nodes that a worker keeps */
	uint32_t landlock;	/* ABI in force, 0 = none */
	struct tree tree;
	struct policy *policy;	/* frozen, as conf is */
	struct userns userns;	/* what workers and transport live in */
	int bare;		/* no namespaces */
	uint64_t bound;		/* bounding set that nobody could cut */
	uint32_t userns_flags;	/* MSG_SHARE_ONE_USER, _OWN_GROUPS, _BARE */
	struct cred own_groups;	/* if they are stuck */
	struct groups groups;	/* what policy looks at */
	uint32_t rules;		/* MSG_POLICY_* */
	int handles;		/* file handles are opened */
	uint8_t seal_key[MSG_KEY_LEN];
	uint8_t *tail;		/* share_tail(): of A_WHELLO, and its */
	size_t tail_len;
	size_t idmap_len;	/* first part, of A_HELLO */
	int listenfd;		/* -1 once the transport has it */
	int lockfd;		/* holds the pid file, or -1 */
	int transport_pidfd;

	/* conversations */
	struct chan transport;
	struct home home[POLICY_HOME_CNT];
	struct reply_head replies;	/* not sent yet, reply.c */
	struct worker_head workers;	/* worker.c */
	uint32_t worker_cnt;
	uint32_t worker_last;	/* id given last */
	struct rate worker_rate;

	/* the loop, serve.c */
	struct event_base *base;
	struct event *transport_ev;
	struct event *transport_write_ev;
	struct event *grace_ev;
	int draining;		/* a signal asked us to end */
	int status;		/* what to exit with */
};

#endif
