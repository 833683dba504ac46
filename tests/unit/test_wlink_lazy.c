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
 * Knows: that what nobody waits for wakes nobody, and is not lost.
 * Never: what it is for.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/wlinkenv.h"

/* How often has w's bell been rung? */
static uint64_t
rung(struct peer *w)
{
	struct pollfd p = { w->chan.ring.bell_in, POLLIN, 0 };
	uint64_t cnt = 0;

	if (poll(&p, 1, 0) == 1)
		assert_int_equal(read(p.fd, &cnt, sizeof(cnt)), sizeof(cnt));
	return cnt;
}

/* A worker that has nothing to do. */
static struct peer *
sleeper(void)
{
	struct peer *w;

	call_as(0, 1000, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	rung(w);
	assert_int_equal(mring_arm(&w->chan.ring), 0);
	return w;
}

static void
lazy(unsigned int i)
{
	call_lazy = 1;
	call_as(i, 1000, 1);
	call_lazy = 0;
}

/* It is rung last, and its answer is there when somebody looks. */
static void
test_lazy(void **state)
{
	struct peer *w = sleeper();

	(void)state;
	lazy(1);
	assert_int_equal(rung(w), 0);
	wlink_ring_lazy(fs.wlink);
	assert_int_equal(rung(w), 1);
	wlink_ring_lazy(fs.wlink);
	assert_int_equal(rung(w), 0);
	assert_int_equal(serve(w, 0), 1);
	spin();
	assert_int_equal(result[1], -1);
	wlink_settle(fs.wlink);
	assert_int_equal(result[1], 0);
	gone(w);
}

/* It is fetched even if nothing else happens, and then there is peace. */
static void
test_fetched(void **state)
{
	struct peer *w = sleeper();

	(void)state;
	lazy(1);
	wlink_ring_lazy(fs.wlink);
	spin_long();
	assert_int_equal(result[1], -1);
	assert_true(evtimer_pending(fs.wlink->ev_lazy, NULL));
	assert_int_equal(serve(w, 0), 1);
	spin_long();
	assert_int_equal(result[1], 0);
	assert_false(evtimer_pending(fs.wlink->ev_lazy, NULL));
	gone(w);
}

/* With somebody behind it, everything is as always. */
static void
test_behind(void **state)
{
	struct peer *w = sleeper();

	(void)state;
	lazy(1);
	call_as(2, 1000, 1);
	assert_int_equal(rung(w), 1);
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(result[1], 0);
	assert_int_equal(serve(w, 0), 2);
	assert_int_equal(result[2], 0);
	gone(w);
}

/* Somebody waits for it after all. */
static void
test_hurried(void **state)
{
	struct peer *w = sleeper();

	(void)state;
	lazy(1);
	wlink_ring_lazy(fs.wlink);
	reqs[1].call.lazy = 0;
	wlink_settle(fs.wlink);
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(result[1], 0);
	gone(w);
}

static void
then_another(struct req *r, int err, struct chan_msg *m)
{
	done(r, err, m);
	call_as(3, 1000, 1);
}

/*
 * Two have answered, and what the first one said becomes a question to the
 * second, which was told of its questions before.
 */
static void
test_told_again(void **state)
{
	struct peer *w = sleeper(), *first;

	(void)state;
	call_as(2, 2000, 1);
	first = grant(1);
	reqs[2].call.done = then_another;
	lazy(1);
	wlink_ring_lazy(fs.wlink);
	assert_int_equal(serve(w, 0), 1);
	rung(w);
	assert_int_equal(mring_arm(&w->chan.ring), 0);
	assert_int_equal(serve(first, 0), 2);
	assert_int_equal(result[2], 0);
	assert_int_equal(result[1], 0);
	assert_int_equal(rung(w), 1);
	assert_int_equal(serve(w, 0), 3);
	assert_int_equal(result[3], 0);
	gone(w);
	gone(first);
}

/* A worker that ends with it: before it has answered, and after. */
static void
test_ends(void **state)
{
	struct peer *w = sleeper();

	(void)state;
	lazy(1);
	wlink_ring_lazy(fs.wlink);
	gone(w);
	assert_int_equal(result[1], -1);
	assert_int_equal(ask_cnt, 2);
	w = grant(1);
	wlink_ring_lazy(fs.wlink);
	assert_int_equal(serve(w, 0), 1);
	gone(w);
	assert_int_equal(result[1], 0);
}

/* No worker yet, none ever: it fails like all. */
static void
test_none(void **state)
{
	(void)state;
	lazy(0);
	assert_int_equal(ask_cnt, 1);
	refuse(0, EIO);
	assert_int_equal(result[0], EIO);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_lazy), UNIT(test_fetched), UNIT(test_behind),
		UNIT(test_hurried), UNIT(test_told_again),
		UNIT(test_ends), UNIT(test_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
