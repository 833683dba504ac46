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

#ifndef VIOFSD_FUZZ_BROKERENV_H
#define VIOFSD_FUZZ_BROKERENV_H

/*
 * The broker with what is around it made up, and its peers' ends of the
 * channels.  Included once, behind common/chan.c on fake descriptors.
 */

#include "tests/fuzz/over.h"
#include "tests/fuzz/rawmsg.h"

static int broker_poll(const struct pollfd *p, nfds_t cnt, int ms);
static int broker_waitid(siginfo_t *si);
/* Giving up is for its start alone. */
#define fatalx(...) over_fatal(__VA_ARGS__)
#define poll(p, cnt, ms) broker_poll(p, cnt, ms)
#define waitid(t, id, si, how) broker_waitid(si)
#include "broker/on_spawner.c"
#include "broker/on_transport.c"
#include "broker/on_worker.c"
#include "broker/reply.c"
#include "broker/serve.c"
#include "broker/worker.c"
#undef fatalx
#include "broker/ended.c"
#include "broker/policy.c"
#include "broker/rate.c"

#include "tests/fuzz/polenv.h"
#include "tests/fuzz/homeenv.h"

#define MNT_ID 77u
#define LANDLOCK 3u
#define MODEL_MAX 64

/* A worker, as whoever started it knows it. */
struct model {
	uint32_t id;
	int fd; /* its end of the channel to the broker */
	struct cred cred;
	uint64_t caps;
	int honest; /* said what it was born as */
	int told;   /* the transport got its channel */
};

static struct conf conf;
static struct model models[MODEL_MAX];
static unsigned int model_cnt;
static struct chan transport; /* its end */
static struct chan_msg msg;
static int status; /* of the process that ended */
static int handle_err;
static struct raw raw;

/* ---- what the broker calls ---- */

static int
broker_poll(const struct pollfd *p, nfds_t cnt, int ms)
{
	FUZZ_MUST(cnt == 1 && ms >= 0);
	return p->fd == b.transport_pidfd || p->fd == home_of(0)->pidfd ||
	    p->fd == home_of(1)->pidfd ?
	    status != -1 :
	    fake_queued(p->fd) > 0 || fake_hungup(p->fd);
}

static int
broker_waitid(siginfo_t *si)
{
	si->si_pid = 2;
	si->si_code = (status & 0x100) ? CLD_KILLED : CLD_EXITED;
	si->si_status = status & 0xff;
	return 0;
}

uint32_t
share_flags(const struct conf *c, int handles)
{
	(void)c;
	return handles ? MSG_SHARE_HANDLES : 0;
}

uint64_t
share_walk_ns(const struct conf *c)
{
	(void)c;
	return 1;
}

void
share_timeouts(const struct conf *c, struct a_hello *a)
{
	(void)c;
	(void)a;
}

/* No handle is opened that no worker sealed. */
int
tree_open(const struct tree *t, const struct msg_seal *seal, int *fd)
{
	FUZZ_MUST(b.handles && seal_check(seal, b.seal_key));
	FUZZ_MUST(seal->len > 0 && seal->len <= MSG_HANDLE_MAX);
	if (seal->mnt_id != t->mounts[0])
		return ESTALE;
	if (handle_err == 0)
		*fd = fake_fd(S_IFREG);
	return handle_err;
}

/* ---- begin and end ---- */

static void
begin(uint8_t how)
{
	int pair[2];

	fake_begin();
	memset(&b, 0, sizeof(b));
	model_cnt = 0;
	status = -1;
	polenv_begin(&policy, how);
	b.policy = &policy;
	b.userns.stuck = policy.stuck;
	cred_set(&b.own_groups, CRED_USER, 1, 1);
	cred_add_group(&b.own_groups, 1234);
	b.conf = &conf;
	b.name = "fuzz";
	b.landlock = LANDLOCK;
	b.handles = how & POLENV_HANDLES;
	b.tree.mount_cnt = 1;
	b.tree.mounts[0] = MNT_ID;
	b.tree.rootfd = fake_fd(S_IFREG);
	b.listenfd = fake_fd(S_IFREG);
	b.transport_pidfd = fake_eventfd(0, 0);
	memset(b.seal_key, 7, sizeof(b.seal_key));
	FUZZ_MUST(chan_pair(pair) == 0);
	chan_init(&b.transport, pair[0], MSG_BROKER, MSG_TRANSPORT, 1);
	chan_init(&transport, pair[1], MSG_TRANSPORT, MSG_BROKER, 1);
	chan_phase(&transport, MSG_PHASE_RUN);
	begin_spawners();
	worker_init(&b);
	serve_init(&b);
}

/* Everybody goes; then nothing is left. */
static void
end(void)
{
	struct worker *w;
	struct reply *r;
	unsigned int i;

	fd_close(&transport.fd);
	for (i = 0; i < 2; i++) {
		fd_close(&spawners[i].fd);
		chan_close(&home_of(i)->chan);
		fd_close(&home_of(i)->pidfd);
	}
	for (i = 0; i < model_cnt; i++)
		fd_close(&models[i].fd);
	chan_close(&b.transport);
	while ((w = TAILQ_FIRST(&b.workers)) != NULL)
		worker_forget(w, 0);
	FUZZ_MUST(b.worker_cnt == 0);
	while ((r = TAILQ_FIRST(&b.replies)) != NULL) {
		TAILQ_REMOVE(&b.replies, r, entry);
		reply_close(r);
		free(r);
	}
	fd_close(&b.tree.rootfd);
	fd_close(&b.listenfd);
	fd_close(&b.transport_pidfd);
	FUZZ_MUST(fake_held() == 0);
	fake_end();
}

#endif
