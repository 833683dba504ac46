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
 * Knows: that who is asked for names ahead has got the watch before, once.
 * Never: an event.
 */

#include "config.h"

#include <sys/inotify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/wlinkenv.h"

static struct watch *instance;

static int
setup_watch(void **state)
{
	int err;

	if (instance == NULL && (instance = watch_new(&fs)) == NULL)
		return -1;
	err = setup(state);
	fs.watch = instance;
	return err;
}

/* A question of this type. */
static void
call_type(unsigned int i, uint16_t type)
{
	struct req *r = &reqs[i];

	memset(&r->call, 0, sizeof(r->call));
	r->node[0] = &plain_node;
	r->fs = &fs;
	cred_set(&r->call.cred, CRED_USER, 1000, 1000);
	r->call.type = type;
	r->call.fd_cnt = 1;
	r->call.repeatable = 1;
	r->call.q.ahead.entry_max = i + 1;
	r->call.done = done;
	result[i] = -1;
	done_cnt[i] = 0;
	wlink_call(fs.wlink, r);
	wlink_settle(fs.wlink);
}

/* The worker hears this next; of the watch, with the instance. */
static void
hears(struct peer *w, uint16_t type)
{
	int wd;

	assert_int_equal(chan_recv(&w->chan, &msg), 0);
	assert_int_equal(msg.hdr.type, type);
	if (type == N_WATCH) {
		assert_int_equal(msg.fds.cnt, 1);
		wd = inotify_add_watch(msg.fds.fds[0], "/", MSG_WATCH_MASK);
		assert_int_equal(inotify_rm_watch(watch_fd(instance), wd), 0);
		assert_int_equal(((const struct n_watch *)msg.body)->zero, 0);
	}
	fdbag_close(&msg.fds);
}

static void
answers(struct peer *w, unsigned int i)
{
	const struct a_ahead a = {.wd = 1};
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = A_AHEAD;
	out.id = msg.hdr.id;
	out.body = &a;
	assert_int_equal(chan_send(&w->chan, &out), 0);
	chan_bell(&w->chan);
	spin();
	assert_int_equal(result[i], 0);
}

static void
nothing(struct peer *w)
{
	assert_int_equal(chan_recv(&w->chan, &msg), EAGAIN);
}

/* Before the first question, and no other one. */
static void
test_once(void **state)
{
	struct peer *w;

	(void)state;
	call_as(0, 1000, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	call_type(1, Q_AHEAD);
	hears(w, N_WATCH);
	hears(w, Q_AHEAD);
	answers(w, 1);
	call_type(2, Q_AHEAD);
	hears(w, Q_AHEAD);
	answers(w, 2);
	call_as(3, 1000, 1);
	assert_int_equal(serve(w, 0), 3);
	nothing(w);
	gone(w);
}

/* Another worker has not heard of it. */
static void
test_each(void **state)
{
	struct peer *w;

	(void)state;
	call_type(0, Q_AHEAD);
	w = grant(0);
	hears(w, N_WATCH);
	hears(w, Q_AHEAD);
	answers(w, 0);
	call_type(1, Q_AHEAD);
	hears(w, Q_AHEAD);
	gone(w);
	w = grant_next();
	hears(w, N_WATCH);
	hears(w, Q_AHEAD);
	answers(w, 1);
	nothing(w);
	gone(w);
}

/* Whoever has no room for it is told as soon as there is some. */
static void
test_full(void **state)
{
	struct msg_hdr junk = {.len = sizeof(junk)};
	unsigned int watches = 0;
	struct worker *k;
	struct peer *w;
	int err;

	(void)state;
	call_as(0, 1000, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	/* Nobody reads these; the socket, not the ring, is full then. */
	k = TAILQ_FIRST(&wlink_pool(fs.wlink, &reqs[0].call.cred)->workers);
	while (send(k->chan.fd, &junk, sizeof(junk), MSG_DONTWAIT) != -1)
		continue;
	call_type(1, Q_AHEAD);
	assert_int_equal(result[1], -1);
	while (recv(w->chan.fd, &junk, sizeof(junk), MSG_DONTWAIT) != -1)
		continue;
	spin_long();
	while ((err = chan_recv(&w->chan, &msg)) == 0 &&
	    msg.hdr.type == N_WATCH) {
		watches++;
		fdbag_close(&msg.fds);
	}
	assert_int_equal(err, 0);
	assert_int_equal(watches, 1);
	assert_int_equal(msg.hdr.type, Q_AHEAD);
	fdbag_close(&msg.fds);
	answers(w, 1);
	gone(w);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup_watch, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_once),
	    UNIT(test_each),
	    UNIT(test_full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
