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
 * Knows: rings that never become empty, and what else must go on then.
 * Never: a request that does anything.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define iopool_reap fake_reap
#include "transport/dispatch.c"

#include "transport/wlink_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANG	10		/* seconds until a hang is one */

static struct fs fs;
static struct wlink workers;	/* none is due */
static struct vring rings[2];
static unsigned int left[2];	/* requests in each ring */
static unsigned int pushed[2];
static struct fuse_in_header in;
static uint8_t out[64];
static unsigned int other_cnt, served_before, reaped;

struct vring *
vu_ring(struct vu_dev *d, unsigned int idx)
{
	(void)d;
	return idx < 2 ? &rings[idx] : NULL;
}

int
vu_ring_running(struct vu_dev *d, unsigned int idx)
{
	(void)d;
	return idx < 2;
}

int
vu_draining(const struct vu_dev *d)
{
	(void)d;
	return 0;
}

void
fake_reap(struct iopool *p)
{
	(void)p;
	reaped++;
}

void
vu_idle(struct vu_dev *d)
{
	(void)d;
}

void
vring_notify(struct vring *v)
{
	(void)v;
}

int
vring_pop(struct vring *v, struct vring_chain *c)
{
	unsigned int i = v == &rings[1];

	if (left[i] == 0)
		return EAGAIN;
	if (left[i] != UINT32_MAX)
		left[i]--;
	c->head = 0;
	c->vring = v;
	c->in_cnt = c->out_cnt = 1;
	c->in_len = sizeof(in);
	c->out_len = sizeof(out);
	c->iov[0].iov_base = &in;
	c->iov[0].iov_len = sizeof(in);
	c->iov[1].iov_base = out;
	c->iov[1].iov_len = sizeof(out);
	return 0;
}

void
vring_push(struct vring *v, uint16_t head, uint32_t len)
{
	assert_int_equal(head, 0);
	assert_int_equal(len, sizeof(struct fuse_out_header));
	pushed[v == &rings[1]]++;
}

/* What is not about rings: a worker, the broker, the front-end. */
static void
on_other(evutil_socket_t fd, short what, void *arg)
{
	char byte;

	(void)what;
	(void)arg;
	assert_int_equal(read(fd, &byte, 1), 1);
	other_cnt++;
	served_before = pushed[1];
	left[1] = 0;
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(pushed, 0, sizeof(pushed));
	memset(left, 0, sizeof(left));
	other_cnt = 0;
	TAILQ_INIT(&workers.due);
	workers.fs = &fs;
	fs.wlink = &workers;
	fs.base = event_base_new();
	fs.reqs = req_pool_new(0);
	fs.resume = event_new(fs.base, -1, 0, dispatch_resume, &fs);
	memset(&in, 0, sizeof(in));
	in.len = sizeof(in);
	in.opcode = 4000;		/* ENOSYS */
	alarm(HANG);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	alarm(0);
	assert_int_equal(req_live(&fs), 0);
	event_free(fs.resume);
	event_base_free(fs.base);
	free(fs.reqs);
	return 0;
}

static void
test_all_served(void **state)
{
	(void)state;
	left[0] = 5;
	left[1] = 5000;
	reaped = 0;
	dispatch_ring(&fs, 1);
	assert_int_equal(reaped, 1);
	while (event_base_loop(fs.base, EVLOOP_ONCE) == 0)
		continue;
	assert_int_equal(pushed[0], 5);
	assert_int_equal(pushed[1], 5000);
	assert_int_equal(fs.stalled, 0);
}

static void
test_endless(void **state)
{
	struct event *ev;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	ev = event_new(fs.base, fds[0], EV_READ | EV_PERSIST, on_other, NULL);
	assert_int_equal(event_add(ev, NULL), 0);
	left[1] = UINT32_MAX;
	dispatch_ring(&fs, 1);
	assert_true(pushed[1] >= 1000);
	assert_int_equal(write(fds[1], "x", 1), 1);
	while (other_cnt == 0)
		assert_int_equal(event_base_loop(fs.base, EVLOOP_ONCE), 0);
	/* Soon, and the ring goes on until it is empty. */
	assert_true(served_before <= 20000);
	event_del(ev);
	while (event_base_loop(fs.base, EVLOOP_ONCE) == 0)
		continue;
	assert_int_equal(fs.stalled, 0);
	event_free(ev);
	close(fds[0]);
	close(fds[1]);
}

/* A hiprio ring that never ends leaves the others their turn, too. */
static void
test_endless_hiprio(void **state)
{
	unsigned int i;

	(void)state;
	left[0] = UINT32_MAX;
	left[1] = 5000;
	dispatch_ring(&fs, 0);
	for (i = 0; i < 100 && left[1] > 0; i++)
		assert_int_equal(event_base_loop(fs.base, EVLOOP_ONCE), 0);
	assert_int_equal(pushed[1], 5000);
	left[0] = 0;
	while (event_base_loop(fs.base, EVLOOP_ONCE) == 0)
		continue;
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_served),
		T(test_endless),
		T(test_endless_hiprio),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
