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
 * Knows: a worker that answers, lies, dies, or never comes; we play it and the
 * broker.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

static time_t now_sec = 1000;

static int
fake_clock(struct timespec *ts)
{
	ts->tv_sec = now_sec;
	ts->tv_nsec = 0;
	return 0;
}

#define clock_gettime(id, ts)	((void)(id), fake_clock(ts))
#include "transport/wlink_supply.c"
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

static unsigned int
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

static void
done(struct req *r, int err, struct chan_msg *m)
{
	unsigned int i = (unsigned int)(r - reqs);

	assert_true((m == NULL) == (err != 0));
	result[i] = err;
	done_cnt[i]++;
	assert_int_equal(done_cnt[i], 1);
}

static void
call_as(unsigned int i, uint32_t uid, int repeatable)
{
	struct req *r = &reqs[i];

	memset(&r->call, 0, sizeof(r->call));
	r->node[0] = call_node;
	r->fs = &fs;
	cred_set(&r->call.cred, uid == 0 ? CRED_ROOT : CRED_USER, uid, uid);
	r->call.type = Q_UNLINK;
	r->call.fd_cnt = 1;
	r->call.fds[0] = call_node == NULL ? STDIN_FILENO : call_node->fd;
	r->call.repeatable = (uint8_t)repeatable;
	r->call.q.unlink.name[0] = (char)('a' + i);
	r->call.done = done;
	result[i] = -1;
	done_cnt[i] = 0;
	wlink_call(fs.wlink, r);
	wlink_settle(fs.wlink);
}

static void
spin(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		event_base_loop(fs.base, EVLOOP_NONBLOCK);
}

/* Let timers of some milliseconds run out. */
static void
spin_long(void)
{
	unsigned int i;

	for (i = 0; i < 12; i++) {
		usleep(5000);
		spin();
	}
}

/* The broker grants ask i. */
static struct peer *
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
static struct peer *
grant_next(void)
{
	unsigned int i = 0;

	while (i < ask_cnt && asks[i].cookie == NULL)
		i++;
	return grant(i);
}

/* The broker refuses ask i. */
static void
refuse(unsigned int i, int err)
{
	void *cookie = asks[i].cookie;
	struct fdbag none;

	assert_true(i < ask_cnt && cookie != NULL);
	asks[i].cookie = NULL;
	fdbag_init(&none);
	wlink_worker(&fs, cookie, err, 0, &none);
}

static void
gone(struct peer *w)
{
	chan_close(&w->chan);
	free(w);
	spin();
}

/* The next question, its first letter being the request's number; -1. */
static int
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

static void
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
static int
serve(struct peer *w, int err)
{
	int i = question(w);

	assert_int_not_equal(i, -1);
	answer_id(w, msg.hdr.id, A_UNLINK, err);
	return i;
}

static void
send_junk(struct peer *w, const void *junk, size_t len)
{
	assert_int_not_equal(send(w->chan.fd, junk, len, 0), -1);
	mring_put_elsewhere(&w->chan.ring);
	chan_bell(&w->chan);
}

/* Has the transport closed its end? */
static int
closed(struct peer *w)
{
	struct pollfd p = { w->chan.fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) == 1;
}

static void
refuse_all(void)
{
	unsigned int i;

	for (i = 0; i < ask_cnt; i++)
		if (asks[i].cookie != NULL)
			refuse(i, EIO);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	fds_before = fd_count();
	fs.base = event_base_new();
	fs.conf.worker_max = 32;
	fs.conf.flags = MSG_SHARE_TRUST_GUEST;
	fs.wlink = wlink_new(&fs);
	ask_cnt = put_cnt = next_worker = 0;
	wget_err = 0;
	log_set_level(LOG_LEVEL_OFF);
	return fs.wlink == NULL ? -1 : 0;
}

/* Everything may be given back: no pool, no descriptor stays. */
static int
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
	event_free(fs.wlink->ev_gone);
	close(fs.wlink->gonefd);
	free(fs.wlink);
	event_base_free(fs.base);
	assert_int_equal(fd_count(), fds_before);
	return 0;
}

static void
test_one(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 1);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asks[0].cred.uid, 1000);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	assert_int_equal(result[0], 0);
	/* The same worker again, and another for another user. */
	call_as(1, 1000, 1);
	call_as(2, 1001, 1);
	assert_int_equal(ask_cnt, 2);
	assert_int_equal(asks[1].cred.uid, 1001);
	assert_int_equal(serve(w, ENOENT), 1);
	assert_int_equal(result[1], ENOENT);
	refuse(1, EIO);
	assert_int_equal(result[2], EIO);
	gone(w);
}

static void
test_window(void **state)
{
	struct peer *w[WLINK_PER_CRED];
	unsigned int i, seen = 0, k;
	int q;

	(void)state;
	for (i = 0; i < 40; i++)
		call_as(i, 1000, 1);
	assert_int_equal(ask_cnt, WLINK_PER_CRED);
	w[0] = grant(0);
	for (i = 0; question(w[0]) != -1; i++)
		continue;
	assert_int_equal(i, WLINK_WINDOW);
	for (k = 1; k < WLINK_PER_CRED; k++)
		w[k] = grant(k);
	assert_int_equal(ask_cnt, WLINK_PER_CRED);
	for (i = 0; i < WLINK_WINDOW; i++)
		answer_id(w[0], i, A_UNLINK, 0);
	for (k = 0; k < WLINK_PER_CRED * 40; k++) {
		q = question(w[k % WLINK_PER_CRED]);
		if (q == -1)
			continue;
		answer_id(w[k % WLINK_PER_CRED], msg.hdr.id, A_UNLINK, 0);
	}
	for (i = 0; i < 40; i++)
		seen += done_cnt[i];
	assert_int_equal(seen, 40);
	assert_int_equal(put_cnt, 0);
	for (k = 0; k < WLINK_PER_CRED; k++)
		gone(w[k]);
}

static void
test_privileged_retry(void **state)
{
	struct peer *user, *root;

	(void)state;
	call_as(0, 1000, 0);
	user = grant(0);
	assert_int_equal(serve(user, EACCES), 0);
	assert_int_equal(result[0], -1);
	assert_int_equal(ask_cnt, 2);
	assert_int_equal(asks[1].cred.class, CRED_ROOT);
	root = grant(1);
	assert_int_equal(serve(root, 0), 0);
	assert_int_equal(result[0], 0);
	/* Once only. */
	call_as(1, 1000, 0);
	serve(user, EPERM);
	serve(root, EACCES);
	assert_int_equal(result[1], EACCES);
	/* Not where the host's permissions count. */
	fs.conf.flags = 0;
	call_as(2, 1000, 0);
	serve(user, EACCES);
	assert_int_equal(result[2], EACCES);
	gone(user);
	gone(root);
}

static void
test_death_repeatable(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 1);
	call_as(1, 1000, 0);
	w = grant(0);
	gone(w);
	assert_int_equal(put_cnt, 1);
	/* Only the first was inside; both go to a fresh one, in order. */
	w = grant_next();
	assert_int_equal(serve(w, 0), 0);
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(result[0] | result[1], 0);
	gone(w);
}

static void
test_death_not_repeatable(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	call_as(1, 1000, 0);
	call_as(2, 1000, 1);
	w = grant(0);
	gone(w);
	assert_int_equal(result[0], EIO);
	assert_int_equal(result[1], -1);
	w = grant_next();
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(serve(w, 0), 2);
	gone(w);
}

static void
test_poison(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 1);
	call_as(1, 1000, 1);
	w = grant(0);
	gone(w);
	assert_int_equal(result[0], -1);
	w = grant_next();
	gone(w);
	assert_int_equal(result[0], EIO);	/* it killed two */
	assert_int_equal(result[1], -1);
	w = grant_next();
	assert_int_equal(serve(w, 0), 1);
	gone(w);
}

static void
test_death_after_answer(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	call_as(1, 1000, 0);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	gone(w);
	assert_int_equal(result[0], 0);
	assert_int_equal(result[1], EIO);
}

static void
test_death_idle(void **state)
{
	unsigned int before;
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	w = grant(0);
	serve(w, 0);
	before = ask_cnt;
	gone(w);
	assert_int_equal(ask_cnt, before);
	assert_int_equal(put_cnt, 1);
	assert_int_equal(fs.wlink->worker_cnt, 0);
}

/* Each lie costs the worker; the question goes to an honest one. */
static void
test_lies(void **state)
{
	static const uint8_t junk[5000];
	struct peer *w;
	uint32_t id;
	unsigned int i;

	(void)state;
	for (i = 0; i < 7; i++) {
		call_as(0, 1000 + i, 1);
		call_as(1, 1000 + i, 1);
		w = grant_next();
		assert_int_equal(question(w), 0);
		id = msg.hdr.id;
		if (i == 0)		/* out of order */
			answer_id(w, id + 1, A_UNLINK, 0);
		else if (i == 1)	/* an id from nowhere */
			answer_id(w, id + 1000, A_UNLINK, 0);
		else if (i == 2)	/* another answer, same shape */
			answer_id(w, id, A_RMDIR, 0);
		else if (i == 3)	/* no errno */
			answer_id(w, id, A_UNLINK, 4096);
		else if (i == 4)	/* no message at all */
			send_junk(w, junk, 3);
		else if (i == 5)	/* too long */
			send_junk(w, junk, sizeof(junk));
		else			/* of length 0 */
			send_junk(w, junk, 0);
		spin();
		assert_int_equal(put_cnt, i + 1);
		assert_int_equal(put_id[i], w->id);
		assert_int_equal(result[0], -1);
		gone(w);
		w = grant_next();
		assert_int_equal(serve(w, 0), 0);
		assert_int_equal(serve(w, 0), 1);
		refuse_all();
		now_sec += WLINK_IDLE;
		wlink_idle(-1, 0, fs.wlink);
		put_cnt = i + 1;
		gone(w);
	}
}

/* Twice the same answer: the second one is nobody's. */
static void
test_answer_twice(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	w = grant(0);
	serve(w, 0);
	answer_id(w, msg.hdr.id, A_UNLINK, 0);
	assert_int_equal(done_cnt[0], 1);
	assert_int_equal(put_cnt, 1);
	gone(w);
}

static void
test_broker_busy(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	refuse(0, EAGAIN);
	assert_int_equal(result[0], -1);
	spin_long();
	assert_int_equal(ask_cnt, 2);
	w = grant(1);
	serve(w, 0);
	assert_int_equal(result[0], 0);
	gone(w);
}

static void
test_broker_full(void **state)
{
	struct peer *w;

	(void)state;
	wget_err = EAGAIN;
	call_as(0, 1000, 0);
	call_as(1, 1001, 0);
	spin_long();
	assert_int_equal(ask_cnt, 0);
	wget_err = 0;
	spin_long();
	assert_int_equal(ask_cnt, 2);
	w = grant(0);
	serve(w, 0);
	gone(w);
	w = grant(1);
	serve(w, 0);
	assert_int_equal(result[0] | result[1], 0);
	gone(w);
}

/* A credential that may not be: no privileged retry makes up for it. */
static void
test_broker_refuses(void **state)
{
	(void)state;
	call_as(0, 1000, 0);
	call_as(1, 1000, 0);
	refuse(0, EPERM);
	assert_int_equal(result[0], EPERM);
	assert_int_equal(result[1], EPERM);
	assert_int_equal(asks[ask_cnt - 1].cred.class, CRED_USER);
	call_as(2, 1001, 0);
	refuse(ask_cnt - 1, ENOMEM);
	assert_int_equal(result[2], EIO);
}

static void
test_eviction(void **state)
{
	struct peer *w, *v;

	(void)state;
	fs.conf.worker_max = 2;
	call_as(0, 1000, 0);
	w = grant(0);
	serve(w, 0);
	now_sec++;
	call_as(1, 1001, 0);
	v = grant(1);
	serve(v, 0);
	call_as(2, 1002, 0);		/* the one idle for longest goes */
	assert_int_equal(ask_cnt, 3);
	assert_int_equal(put_cnt, 1);
	assert_int_equal(put_id[0], w->id);
	assert_true(closed(w));
	gone(w);
	w = grant(2);
	assert_int_equal(fs.wlink->worker_cnt, 2);
	serve(w, 0);
	gone(w);
	gone(v);
}

static void
test_eviction_waits(void **state)
{
	struct peer *w;

	(void)state;
	fs.conf.worker_max = 1;
	call_as(0, 1000, 0);
	w = grant(0);
	call_as(1, 1001, 0);		/* the only worker is at work */
	spin_long();
	assert_int_equal(ask_cnt, 1);
	serve(w, 0);
	spin_long();
	assert_int_equal(ask_cnt, 2);
	gone(w);
	w = grant(1);
	assert_int_equal(serve(w, 0), 1);
	gone(w);
}

/* One request at a time, each killing its worker: the pool pauses. */
static void
test_crash_pause(void **state)
{
	struct peer *w;
	unsigned int i;

	(void)state;
	for (i = 0; i <= WLINK_CRASHES; i++) {
		call_as(i, 1000, 0);
		assert_int_equal(ask_cnt, i + 1);
		w = grant(i);
		gone(w);
		assert_int_equal(result[i], EIO);
	}
	call_as(20, 1000, 0);
	assert_int_equal(result[20], EIO);
	assert_int_equal(ask_cnt, i);	/* nobody was asked for */
	call_as(21, 1001, 0);		/* others are not concerned */
	assert_int_equal(ask_cnt, i + 1);
	w = grant(i);
	serve(w, 0);
	gone(w);
	now_sec += WLINK_CRASH_TIME + 1;
	call_as(22, 1000, 0);
	assert_int_equal(ask_cnt, i + 2);
	w = grant(i + 1);
	serve(w, 0);
	assert_int_equal(result[22], 0);
	gone(w);
}

static void
test_idle(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 0);
	w = grant(0);
	serve(w, 0);
	now_sec += WLINK_IDLE - 1;
	wlink_idle(-1, 0, fs.wlink);
	assert_int_equal(put_cnt, 0);
	now_sec++;
	wlink_idle(-1, 0, fs.wlink);
	assert_int_equal(put_cnt, 1);
	assert_true(closed(w));
	assert_int_equal(fs.wlink->pool_cnt, 0);
	gone(w);
	/* Busy for however long is not idle. */
	call_as(1, 1000, 0);
	w = grant(1);
	now_sec += 10 * WLINK_IDLE;
	wlink_idle(-1, 0, fs.wlink);
	assert_int_equal(put_cnt, 1);
	serve(w, 0);
	assert_int_equal(result[1], 0);
	gone(w);
}

/* What one worker keeps the next one has never seen. */
static void
test_kept(void **state)
{
	struct node dir = { .idx = 5, .gen = 1, .mode = S_IFDIR | 0755 };
	struct peer *w;

	(void)state;
	call_node = &dir;
	dir.fd = open("/", O_PATH | O_CLOEXEC);
	call_as(0, 1000, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	assert_int_equal(msg.hdr.kept[0], MSG_KEEP_PUT);
	call_as(1, 1000, 1);
	assert_int_equal(question(w), 1);
	assert_int_equal(msg.hdr.kept[0], MSG_KEEP_USE);
	gone(w);
	w = grant_next();
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(msg.hdr.kept[0], MSG_KEEP_PUT);
	assert_int_equal(result[1], 0);
	gone(w);
	close(dir.fd);
	call_node = NULL;
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_one),
		UNIT(test_window),
		UNIT(test_privileged_retry),
		UNIT(test_death_repeatable),
		UNIT(test_death_not_repeatable),
		UNIT(test_poison),
		UNIT(test_death_after_answer),
		UNIT(test_death_idle),
		UNIT(test_lies),
		UNIT(test_answer_twice),
		UNIT(test_broker_busy),
		UNIT(test_broker_full),
		UNIT(test_broker_refuses),
		UNIT(test_eviction),
		UNIT(test_eviction_waits),
		UNIT(test_crash_pause),
		UNIT(test_idle),
		UNIT(test_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
