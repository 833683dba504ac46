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
 * Knows: the device with requests in flight: what waits for them, and how it
 * ends.
 * Never: wrong messages (test_vu_msg.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/vu_dev.c"

#include "vuenv.h"

static void
test_ring(void **state)
{
	uint64_t cnt = 0;

	(void)state;
	bring_up();
	assert_true(ready_cnt[1] > 0);
	request(3);
	assert_int_equal(used_idx(), 1);
	assert_int_equal(read(call_fd, &cnt, 8), 8);
	request(4);
	assert_int_equal(used_idx(), 2);
	assert_int_equal(ready_cnt[0] + ready_cnt[2], 0);
	/* A running ring is not to be changed under its feet. */
	assert_int_not_equal(set_state(SET_NUM, 1, NUM * 2), 0);
	assert_int_not_equal(set_state(SET_BASE, 1, 0), 0);
	assert_int_not_equal(set_u64(SET_FEATURES, VU_F_VERSION_1, -1), 0);
	request(5);
	assert_int_equal(used_idx(), 3);
}

static void
test_without_protocol_features(void **state)
{
	uint64_t val = VU_F_VERSION_1;

	(void)state;
	bring_up();
	assert_int_equal(set_state(SET_ENABLE, 1, 0), 0);
	assert_false(vu_ring_running(&dev, 1));
	assert_int_equal(set_u64(SET_FEATURES, val, -1), 0);
	assert_true(vu_ring_running(&dev, 1));
	assert_int_not_equal(set_state(SET_ENABLE, 1, 1), 0);
}

static void
test_get_base_waits(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	request(1);
	assert_int_equal(held_cnt, 2);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_false(answer(GET_BASE, &s, sizeof(s)));
	assert_true(vu_draining(&dev));
	/* Nothing more is popped, nothing more is read. */
	request(2);
	assert_int_equal(held_cnt, 2);
	send_msg(GET_FEATURES, NULL, 0, -1);
	vu_idle(&dev);
	pump();
	assert_false(answer(GET_BASE, &s, sizeof(s)));
	push_held(1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	assert_false(vu_draining(&dev));
	assert_int_equal(s.index, 1);
	assert_int_equal(s.num, 2);
	assert_int_equal(used_idx(), 2);
	assert_false(vu_ring_running(&dev, 1));
	assert_true(answer(GET_FEATURES, &s, 8));
	/* Start again where it was: the third request is there. */
	serve_at_once = 1;
	assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
	pump();
	assert_true(vu_ring_running(&dev, 1));
	assert_int_equal(used_idx(), 3);
}

/* Whoever waits without an end is told to end, once, and that is enough. */
static void
test_drain(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	assert_int_equal(drain_cnt, 0);
	assert_false(vu_draining(&dev));
	drain_ends = 1;
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	assert_int_equal(drain_cnt, 1);
	assert_int_equal(s.num, 1);
	assert_int_equal(used_idx(), 1);
	expect_alive();
}

/* Nothing in flight: nobody is disturbed. */
static void
test_drain_idle(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	bring_up();
	request(0);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	assert_int_equal(drain_cnt, 0);
}

static void
test_memory_waits(void **state)
{
	struct vu_table t = { .cnt = 1 };
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	assert_int_equal(held_cnt, 1);
	t.regions[0] = (struct vu_region){ GPA, LEN, UVA, 0 };
	send_flags(SET_MEM_TABLE, VU_VERSION | VU_NEED_REPLY, &t, 40, &memfd,
	    1);
	assert_false(answer(SET_MEM_TABLE, &val, 8));
	/* Came while it waited; popped when the ring runs again. */
	request(1);
	serve_at_once = 1;
	push_held(1);
	assert_true(answer(SET_MEM_TABLE, &val, 8));
	assert_int_equal(val, 0);
	pump();
	assert_true(vu_ring_running(&dev, 1));
	assert_int_equal(used_idx(), 2);
	/* Another table, without the ring. */
	t.regions[0].uva = UVA + LEN;
	assert_int_equal(set_fds(SET_MEM_TABLE, &t, 40, &memfd, 1), 0);
	assert_false(vu_ring_running(&dev, 1));
	expect_alive();
}

/* The ring goes on with what came while a message waited. */
static void
test_added_memory_waits(void **state)
{
	struct vu_slot slot = { 0, { GPA + LEN, LEN, UVA + LEN, 0 } };
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_flags(ADD_REG, VU_VERSION | VU_NEED_REPLY, &slot, sizeof(slot),
	    &memfd, 1);
	request(1);
	request(2);
	assert_int_equal(held_cnt, 1);
	assert_false(answer(ADD_REG, &val, 8));
	serve_at_once = 1;
	push_held(1);
	assert_true(answer(ADD_REG, &val, 8));
	assert_int_equal(val, 0);
	assert_int_equal(dev.mem.cnt, 2);
	assert_int_equal(used_idx(), 3);
}

static void
test_address_change_waits(void **state)
{
	struct vu_addr a = { .index = 1 };
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	a.desc = UVA + 8 * PAGE;
	a.avail = UVA + 9 * PAGE;
	a.used = UVA + 10 * PAGE;
	send_flags(SET_ADDR, VU_VERSION | VU_NEED_REPLY, &a, sizeof(a), NULL,
	    0);
	assert_false(answer(SET_ADDR, &val, 8));
	push_held(1);
	assert_true(answer(SET_ADDR, &val, 8));
	assert_int_equal(val, 0);
	assert_true(vu_ring_running(&dev, 1));
	assert_ptr_equal(dev.queues[1].ring.desc,
	    gmem_from_user(&dev.mem, a.desc, 1));
}

static void
test_reset_device(void **state)
{
	uint64_t val;

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_flags(RESET_DEVICE, VU_VERSION | VU_NEED_REPLY, NULL, 0, NULL,
	    0);
	assert_int_equal(reset_cnt, 0);
	push_held(1);
	assert_int_equal(reset_cnt, 1);
	assert_true(answer(RESET_DEVICE, &val, 8));
	assert_int_equal(val, 0);
	assert_false(vu_ring_running(&dev, 1));
	assert_int_equal(dev.queues[1].kick_fd, -1);
	expect_alive();
	/* The same connection can set everything up again. */
	serve_at_once = 1;
	memset(guest, 0, LEN);
	bring_up();
	request(0);
	assert_int_equal(used_idx(), 1);
}

static void
test_broken_ring(void **state)
{
	struct vu_state s = { 1, 0 };
	uint64_t cnt;
	int err_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	(void)state;
	bring_up();
	assert_int_equal(set_u64(SET_ERR, 1, err_fd), 0);
	request(NUM);
	assert_int_equal(read(err_fd, &cnt, 8), 8);
	request(0);
	assert_int_equal(used_idx(), 0);
	expect_alive();
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_true(answer(GET_BASE, &s, sizeof(s)));
	memset(guest, 0, LEN);
	assert_int_equal(set_state(SET_BASE, 1, 0), 0);
	assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
	request(0);
	assert_int_equal(used_idx(), 1);
	close(err_fd);
}

static void
test_end_waits(void **state)
{
	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	fd_close(&front);
	pump();
	assert_int_equal(gone_cnt, 0);
	assert_int_equal(reset_cnt, 0);
	push_held(1);
	assert_int_equal(used_idx(), 1);
	expect_gone(1);
	assert_int_equal(reset_cnt, 1);
}

static void
test_stop_while_a_message_waits(void **state)
{
	struct vu_state s = { 1, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	vu_stop(&dev);
	vu_stop(&dev);
	pump();
	assert_int_equal(gone_cnt, 0);
	push_held(1);
	expect_gone(1);
	assert_false(answer(GET_BASE, &s, sizeof(s)));
}

static void
test_stop_after_bad_message(void **state)
{
	struct vu_hdr hdr = { 0, VU_VERSION, 0 };

	(void)state;
	serve_at_once = 0;
	bring_up();
	request(0);
	send_raw(&hdr, sizeof(hdr), NULL, 0);
	pump();
	assert_int_equal(gone_cnt, 0);
	/* It ends for the reason that came first. */
	vu_stop(&dev);
	push_held(1);
	expect_gone(0);
}

/* What cannot be waited for is no connection; nobody waited is no news. */
static void
test_no_event(void **state)
{
	struct vu_state s = { 1, 0 };
	int fd = memfd_create("file", MFD_CLOEXEC), old;

	(void)state;
	vu_resume(-1, 0, &dev);
	vu_event_log(EVENT_LOG_WARN, "heard of");
	vu_event_log(EVENT_LOG_DEBUG, "not heard of");
	serve_at_once = 0;
	bring_up();
	request(0);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	assert_true(vu_draining(&dev));
	/* The socket turns into a file while a message waits. */
	old = dup(dev.fd);
	assert_int_equal(dup2(fd, dev.fd), dev.fd);
	push_held(1);
	expect_gone(0);
	close(old);
	assert_int_equal(vu_start(&dev, fd), ENOMEM);
	assert_int_equal(dev.fd, -1);
}

static void
test_stop_without_connection(void **state)
{
	(void)state;
	fd_close(&front);
	expect_gone(1);
	vu_stop(&dev);
	assert_int_equal(gone_cnt, 1);
	pump();
	assert_int_equal(gone_cnt, 2);
	gone_cnt = 1;
}

static void
test_second_connection(void **state)
{
	unsigned int before = fd_count();
	int fd = dup(call_fd);

	(void)state;
	assert_int_equal(vu_start(&dev, fd), EBUSY);
	assert_int_equal(fd_count(), before);
	expect_alive();
}

/* A front-end that asks and never reads gets its connection closed. */
static void
test_front_end_does_not_read(void **state)
{
	struct vu_hdr hdr = { GET_FEATURES, VU_VERSION, 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 100000 && gone_cnt == 0; i++) {
		if (send(front, &hdr, sizeof(hdr), MSG_NOSIGNAL) == -1)
			break;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	expect_gone(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ring), T(test_without_protocol_features),
		T(test_get_base_waits), T(test_drain), T(test_drain_idle),
		T(test_memory_waits),
		T(test_added_memory_waits),
		T(test_address_change_waits), T(test_reset_device),
		T(test_broken_ring), T(test_end_waits),
		T(test_stop_while_a_message_waits),
		T(test_stop_after_bad_message),
		T(test_no_event),
		T(test_stop_without_connection), T(test_second_connection),
		T(test_front_end_does_not_read),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
