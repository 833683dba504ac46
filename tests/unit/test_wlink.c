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

#include "tests/unit/wlinkenv.h"

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

/* Nor is who takes no questions, though none is with him. */
static void
test_idle_full(void **state)
{
	char junk[1024] = "";
	struct wpool *p;
	struct peer *w;
	int fd;

	(void)state;
	fs.conf.keep_max = 0;		/* questions go by the socket */
	call_as(0, 1000, 0);
	w = grant(0);
	serve(w, 0);
	p = wlink_pool(fs.wlink, &reqs[0].call.cred);
	fd = TAILQ_FIRST(&p->workers)->chan.fd;
	while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0 ||
	    send(fd, junk, 1, MSG_DONTWAIT) > 0)
		continue;
	call_as(1, 1000, 0);
	assert_int_equal(question(w), -1);
	assert_int_equal(p->todo_cnt, 1);
	now_sec += WLINK_IDLE;
	wlink_idle(-1, 0, fs.wlink);
	assert_int_equal(put_cnt, 0);
	while (recv(w->chan.fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
		continue;
	spin();
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(result[1], 0);
	gone(w);
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
		UNIT(test_idle_full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
