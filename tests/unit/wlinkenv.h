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

#ifndef VIOFSD_TEST_WLINKENV_H
#define VIOFSD_TEST_WLINKENV_H

/*
 * Knows: workers that a test plays, and the broker that grants them; includes
 * wlink.c, wlink_lazy.c, wlink_settle.c and wlink_supply.c.
 * Never: a test.
 */

#include <time.h>

static time_t now_sec = 1000;

static inline int
fake_clock(struct timespec *ts)
{
	ts->tv_sec = now_sec;
	ts->tv_nsec = 0;
	return 0;
}

#define clock_gettime(id, ts)	((void)(id), fake_clock(ts))
#include "transport/wlink_supply.c"
#include "transport/wlink_lazy.c"
#include "transport/wlink_settle.c"
#include "transport/wlink.c"
#include "transport/node.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define ASKS	64u
#define REQS	64u

struct ask {
	void *cookie;
	struct cred cred;
};

/* Our end of a worker's channel. */
struct peer {
	struct chan chan;
	uint32_t id;
};

static struct fs fs;
static struct req reqs[REQS];
static int result[REQS];	/* -1: not done */
static unsigned int done_cnt[REQS];
static struct ask asks[ASKS];
static unsigned int ask_cnt;
static uint32_t put_id[ASKS];
static unsigned int put_cnt;
static int wget_err;
static uint32_t next_worker;
static struct chan_msg msg;
static unsigned int fds_before;
static unsigned int home_cnt;
static uint8_t call_lazy;	/* nobody waits for answers */
static struct node plain_node;
static struct node *call_node;	/* of questions, or NULL */

int
blink_wget(struct blink *b, const struct cred *cred, void *cookie)
{
	(void)b;
	if (wget_err != 0)
		return wget_err;
	assert_true(ask_cnt < ASKS);
	asks[ask_cnt].cred = *cred;
	asks[ask_cnt++].cookie = cookie;
	return 0;
}

void
blink_wput(struct blink *b, uint32_t worker_id)
{
	(void)b;
	assert_true(put_cnt < ASKS);
	put_id[put_cnt++] = worker_id;
}

void
dispatch_flush(struct fs *f)
{
	assert_ptr_equal(f, &fs);
	wlink_settle(f->wlink);
}

/* The broker opened what no worker has. */
void
ask_home(struct req *r)
{
	home_cnt++;
	r->node[0]->fd = open("/", O_PATH | O_CLOEXEC);
	wlink_call(fs.wlink, r);
}

static inline unsigned int
fd_count(void)
{
	unsigned int n = 0;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static inline void
done(struct req *r, int err, struct chan_msg *m)
{
	unsigned int i = (unsigned int)(r - reqs);

	assert_true((m == NULL) == (err != 0));
	result[i] = err;
	done_cnt[i]++;
	assert_int_equal(done_cnt[i], 1);
}

static inline void
call_as(unsigned int i, uint32_t uid, int repeatable)
{
	struct req *r = &reqs[i];

	memset(&r->call, 0, sizeof(r->call));
	r->node[0] = call_node == NULL ? &plain_node : call_node;
	r->fs = &fs;
	cred_set(&r->call.cred, uid == 0 ? CRED_ROOT : CRED_USER, uid, uid);
	r->call.type = Q_UNLINK;
	r->call.fd_cnt = 1;
	r->call.repeatable = (uint8_t)repeatable;
	r->call.lazy = call_lazy;
	r->call.q.unlink.name[0] = (char)('a' + i);
	r->call.done = done;
	result[i] = -1;
	done_cnt[i] = 0;
	wlink_call(fs.wlink, r);
	wlink_settle(fs.wlink);
}

static inline void
spin(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		event_base_loop(fs.base, EVLOOP_NONBLOCK);
}

/* Let timers of some milliseconds run out. */
static inline void
spin_long(void)
{
	unsigned int i;

	for (i = 0; i < 12; i++) {
		usleep(5000);
		spin();
	}
}

/* The broker grants ask i. */
static inline struct peer *
grant(unsigned int i)
{
	struct peer *w = calloc(1, sizeof(*w));
	int fds[2], ring[MRING_FDS], k;
	struct fdbag bag;

	assert_non_null(w);
	assert_true(i < ask_cnt && asks[i].cookie != NULL);
	assert_int_equal(chan_pair(fds), 0);
	assert_int_equal(mring_make(ring), 0);
	fdbag_init(&bag);
	fdbag_put(&bag, fds[0]);
	for (k = 0; k < MRING_FDS; k++)
		fdbag_put(&bag, dup(ring[k]));
	chan_init(&w->chan, fds[1], MSG_FSWORKER, MSG_TRANSPORT, 1);
	chan_phase(&w->chan, MSG_PHASE_RUN);
	assert_int_equal(chan_ring(&w->chan, ring, MRING_WORKER, 0), 0);
	w->id = ++next_worker;
	wlink_worker(&fs, asks[i].cookie, 0, w->id, &bag);
	fdbag_close(&bag);
	asks[i].cookie = NULL;
	return w;
}

/* ... or the oldest one that waits. */
static inline struct peer *
grant_next(void)
{
	unsigned int i = 0;

	while (i < ask_cnt && asks[i].cookie == NULL)
		i++;
	return grant(i);
}

/* The broker refuses ask i. */
static inline void
refuse(unsigned int i, int err)
{
	void *cookie = asks[i].cookie;
	struct fdbag none;

	assert_true(i < ask_cnt && cookie != NULL);
	asks[i].cookie = NULL;
	fdbag_init(&none);
	wlink_worker(&fs, cookie, err, 0, &none);
}

static inline void
gone(struct peer *w)
{
	chan_close(&w->chan);
	free(w);
	spin();
}

/* The next question, its first letter being the request's number; -1. */
static inline int
question(struct peer *w)
{
	const struct q_unlink *q;

	if (chan_recv(&w->chan, &msg) != 0)
		return -1;
	fdbag_close(&msg.fds);
	q = msg.body;
	assert_int_equal(msg.hdr.type, Q_UNLINK);
	return q->name[0] - 'a';
}

static inline void
answer_id(struct peer *w, uint32_t id, uint16_t type, int err)
{
	struct a_unlink a;
	struct chan_out out;

	memset(&a, 0, sizeof(a));
	memset(&out, 0, sizeof(out));
	out.type = type;
	out.id = id;
	out.err = (uint32_t)err;
	out.body = &a;
	assert_int_equal(chan_send(&w->chan, &out), 0);
	chan_bell(&w->chan);
	spin();
}

/* Take one question, answer it; returns whose it was. */
static inline int
serve(struct peer *w, int err)
{
	int i = question(w);

	assert_int_not_equal(i, -1);
	answer_id(w, msg.hdr.id, A_UNLINK, err);
	return i;
}

static inline void
send_junk(struct peer *w, const void *junk, size_t len)
{
	assert_int_not_equal(send(w->chan.fd, junk, len, 0), -1);
	mring_put_elsewhere(&w->chan.ring);
	chan_bell(&w->chan);
}

/* Has the transport closed its end? */
static inline int
closed(struct peer *w)
{
	struct pollfd p = { w->chan.fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) == 1;
}

static inline void
refuse_all(void)
{
	unsigned int i;

	for (i = 0; i < ask_cnt; i++)
		if (asks[i].cookie != NULL)
			refuse(i, EIO);
}

static inline int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	fds_before = fd_count();
	fs.base = event_base_new();
	fs.conf.worker_max = 32;
	fs.conf.keep_max = 64;
	memset(&plain_node, 0, sizeof(plain_node));
	plain_node.fd = STDIN_FILENO;
	fs.conf.flags = MSG_SHARE_TRUST_GUEST;
	fs.wlink = wlink_new(&fs);
	ask_cnt = put_cnt = next_worker = 0;
	call_lazy = 0;
	wget_err = 0;
	log_set_level(LOG_LEVEL_OFF);
	return fs.wlink == NULL ? -1 : 0;
}

/* Everything may be given back: no pool, no descriptor stays. */
static inline int
teardown(void **state)
{
	(void)state;
	now_sec += 1000;
	refuse_all();
	wlink_idle(-1, 0, fs.wlink);
	spin();
	assert_int_equal(fs.wlink->worker_cnt, 0);
	assert_int_equal(fs.wlink->pool_cnt, 0);
	event_free(fs.wlink->ev_idle);
	event_free(fs.wlink->ev_retry);
	event_free(fs.wlink->ev_drain);
	event_free(fs.wlink->ev_drop);
	event_free(fs.wlink->ev_lazy);
	event_free(fs.wlink->ev_gone);
	close(fs.wlink->gonefd);
	free(fs.wlink);
	event_base_free(fs.base);
	assert_int_equal(fd_count(), fds_before);
	return 0;
}

#endif
