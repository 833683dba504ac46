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

#ifndef VIOFSD_FUZZ_LINKENV_H
#define VIOFSD_FUZZ_LINKENV_H

/*
 * The transport's links to broker and workers, with the rest of it made up.
 * Included once, behind common/chan.c on fake descriptors.
 */

#include "tests/fuzz/over.h"
#include "tests/fuzz/rawmsg.h"

__attribute__((noreturn)) static void link_exit(int with);
static void *link_calloc(size_t cnt, size_t len);
#define fatal(...) over_fatal(__VA_ARGS__)
#define fatalx(...) over_fatal(__VA_ARGS__)
#define _exit(with) link_exit(with)
#define calloc(cnt, len) link_calloc(cnt, len)
#include "transport/blink.c"
#undef calloc
#undef fatal
#undef fatalx
#undef _exit
#include "transport/debt.c"
#include "transport/wkeep.c"
#include "transport/wlink.c"
#include "transport/wlink_drain.c"
#include "transport/wlink_lazy.c"
#include "transport/wlink_settle.c"
#include "transport/wlink_supply.c"

#define REQS 64
#define NODES 40
#define PEERS 24
#define ASKED 64

/* Our end of a worker's channel. */
struct peer {
	struct chan chan; /* fd -1: gone */
	int mad;	  /* its ring is no longer one */
};

/* A question of the transport to the broker. */
struct asked {
	uint16_t type;
	uint32_t id;
};

static struct fs fs;
static struct blink *first; /* what blink_hello() made */
static struct idmap ids;
static struct req reqs[REQS];
static int busy[REQS]; /* its done() has to be called */
static struct node nodes[NODES];
static struct handle opened[MSG_KEPT];
static struct peer peers[PEERS];
static unsigned int peer_cnt, asked_cnt;
static struct asked asked[ASKED];
static struct chan broker;
static struct chan_msg msg;
static int draining;
static struct raw raw;

static void
link_exit(int with)
{
	FUZZ_MUST(with == 0 || with == 1);
	over_now();
}

static void *
link_calloc(size_t cnt, size_t len)
{
	void *p = calloc(cnt, len);

	if (first == NULL)
		first = p;
	return p;
}

/* ---- the rest of the transport ---- */

int
vu_draining(const struct vu_dev *d)
{
	(void)d;
	return draining;
}

void
dispatch_flush(struct fs *f)
{
	wlink_settle(f->wlink);
	wlink_ring_lazy(f->wlink);
}

/* As a share that trusts its guest. */
int
route_retry(const struct req *r, int err, struct cred *c)
{
	if ((err != EACCES && err != EPERM) || r->call.retried ||
	    r->call.cred.class != CRED_USER)
		return 0;
	cred_set(c, CRED_ROOT, 0, 0);
	return 1;
}

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

/* Any descriptor is good enough to be sent. */
int
watch_fd(const struct watch *w)
{
	(void)w;
	return nodes[0].fd;
}

/* All nodes have descriptors. */
void
ask_home(struct req *r)
{
	(void)r;
	FUZZ_MUST(0);
}

static void
on_done(struct req *r, int err, struct chan_msg *m)
{
	size_t i = (size_t)(r - reqs);

	FUZZ_MUST(i < REQS && busy[i] && (m == NULL) == (err != 0));
	busy[i] = 0;
	if (m == NULL)
		return;
	FUZZ_MUST(m->hdr.type == r->call.type + 1 && m->row->answer);
	FUZZ_MUST(m->hdr.id == r->call.id && m->body != NULL);
}

static void
on_worker(void *arg, void *cookie, int err, uint32_t worker_id,
    struct fdbag *fds)
{
	FUZZ_MUST(err != 0 || fds->cnt == 1 + MRING_FDS);
	wlink_worker(arg, cookie, err, worker_id, fds);
}

static void
on_opened(void *arg, void *cookie, int err, int fd)
{
	int *waits = cookie;

	(void)arg;
	FUZZ_MUST(*waits == 1 && (fd == -1) == (err != 0));
	*waits = 0;
	fd_close(&fd);
}

static void
on_quit(void *arg)
{
	(void)arg;
}

static const struct blink_ops ops = {on_worker, on_opened, on_quit};

#endif
