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

#ifndef VIOFSD_IPC_ROGUE_H
#define VIOFSD_IPC_ROGUE_H

#include "../../common/msg.h"
#include "canary.h"
#include "worker.h"

/*
 * Knows: what the parts of the rogue transport share.
 * Never: a verdict; each part prints its own.
 */

#define ROGUE_UID	1234	/* of the worker; no such user is needed */

/* What a question to a worker has: bodies of all verbs. */
union rogue_body {
	uint64_t align;
#define ROGUE_TRANSPORT_BROKER(row)
#define ROGUE_FSWORKER_BROKER(row)
#define ROGUE_BROKER_SPAWNER(row)
#define ROGUE_TRANSPORT_FSWORKER(row)	row
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	ROGUE_##from##_##to(struct q_##v v;)
#define MSG(V, v, num, from, to, f, t, ph, text)
#include "../../common/msg.def"
#undef RPC
#undef MSG
	char bytes[MSG_BODY_MAX];
};

/* One question that would do harm if the descriptors were believed. */
struct rogue_ask {
	uint16_t type;
	unsigned int fd_cnt;
	int fds[2];
	const char *tail;
	union rogue_body body;
};

struct rogue {
	struct wtree tree;
	struct canary out;	/* beside the share */
	struct a_whello who;
	struct worker w;
	int dirfd, filefd;	/* in the share, through the clone */
};

/* Put text, shorter than the field, into a name field. */
void	rogue_name(char name[MSG_NAME_MAX], const char *text);

/* The question of this type, with descriptors of the share. */
void	rogue_question(const struct rogue *r, uint16_t type,
	    struct rogue_ask *a);

/* Its answer's errno, -1 if the worker is gone. */
int	rogue_send(struct rogue *r, const struct rogue_ask *a);

/* Start a worker for r->who, bail out if that fails. */
void	rogue_worker(struct rogue *r);

/* One line: the worker lives and has no more descriptors than at start. */
void	rogue_healthy(struct rogue *r, const char *after);

/* The parts. */
void	rogue_names(struct rogue *r);
void	rogue_fds(struct rogue *r);
void	rogue_links(struct rogue *r);
void	rogue_meta(struct rogue *r);
void	rogue_rights(struct rogue *r);
void	rogue_messages(struct rogue *r);
void	rogue_hello(struct rogue *r);
void	rogue_flood(struct rogue *r);
void	rogue_race(struct rogue *r);
void	rogue_random(struct rogue *r);
void	rogue_keep(struct rogue *r);
void	rogue_watch(struct rogue *r);
void	rogue_cpu(struct rogue *r);

#endif
