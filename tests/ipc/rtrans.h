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

#ifndef VIOFSD_IPC_RTRANS_H
#define VIOFSD_IPC_RTRANS_H

#include <sys/types.h>

#include <stdint.h>

#include "../../common/chan.h"
#include "../frontend/box.h"

/*
 * Knows: how to be broker, workers and guest for one real viofsd-transport.
 * Never: what is being tested.
 */

#define RTRANS_WORKERS	1024

struct rtrans {
	struct box b;		/* the guest; its daemon is never started */
	pid_t pid;
	struct chan broker;
	struct chan_msg msg;
	int sharefd;		/* O_PATH */
	struct a_hello conf;
	uint32_t next_worker;
	uint32_t next_uid;
	uint8_t put[RTRANS_WORKERS];	/* by id: given back */
	int fds;		/* descriptors of the transport at rest */
};

/* Our end of a worker's channel; receiving gives up after 5 s. */
struct rworker {
	struct chan chan;
	struct chan_msg msg;	/* the question */
	uint32_t id;
	int watchfd;		/* the transport's, once it has sent it */
};

/* May a transport read directories ahead, from now on?  0. */
extern int rtrans_ahead;

/* How many numbers for nodes a transport is told of, from now on; 0. */
extern uint32_t rtrans_keep_max;

/* Start the transport as the broker does, and a guest; bails out. */
void	rtrans_start(struct rtrans *t);

/* The same with these MSG_SHARE_* and MSG_POLICY_* flags. */
void	rtrans_start_as(struct rtrans *t, uint32_t flags, uint32_t policy);

/* End it and remove what there was. */
void	rtrans_stop(struct rtrans *t);

/* A user nobody has used yet: his pool of workers is empty. */
uint32_t rtrans_uid(struct rtrans *t);

/*
 * Wait up to 5 s for the transport to ask for a worker of uid, and give it
 * w.  Returns 0, or -1 if it does not ask.
 */
int	rtrans_grant(struct rtrans *t, struct rworker *w, uint32_t uid);

/* The same within 0.2 s: where it is right if it does not ask. */
int	rtrans_grant_soon(struct rtrans *t, struct rworker *w, uint32_t uid);

/* Take what the transport has to say without waiting; returns WGETs seen. */
unsigned int rtrans_drain(struct rtrans *t);

/* Alive, and after at most 5 s with no more descriptors than at rest? */
int	rtrans_at_rest(struct rtrans *t);

/* The next question: its type, or -1.  A N_WATCH is taken on the way. */
int	rworker_question(struct rworker *w);

/* Any bytes with cnt descriptors; returns 0 or errno. */
int	rworker_raw(struct rworker *w, const void *bytes, size_t len,
	    const int *fds, unsigned int cnt);

/* A right answer to the question in w->msg. */
void	rworker_answer(struct rworker *w, const void *body, const int *fds,
	    unsigned int cnt);
void	rworker_error(struct rworker *w, int err);

/* What is true of a file of the share; returns its O_PATH descriptor. */
int	rworker_attr(const struct rtrans *t, const char *name,
	    struct msg_attr *a);

/* Answer a LOOKUP truly. */
void	rworker_lookup(struct rtrans *t, struct rworker *w);

void	rworker_close(struct rworker *w);

#endif
