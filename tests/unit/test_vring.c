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
 * Knows: the available and used ring, kicks, interrupts, start and stop.
 * Never: how descriptors are chained (test_vring_chain.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/gmem.c"
#include "transport/vring.c"
#include "transport/vring_chain.c"

#include "ringenv.h"

static void
test_plain(void **state)
{
	(void)state;
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_ptr_equal(chain.vring, &ring);
	assert_int_equal(chain.head, 2);
	assert_int_equal(chain.in_cnt, 1);
	assert_int_equal(chain.out_cnt, 1);
	assert_int_equal(chain.in_len, 40);
	assert_int_equal(chain.out_len, 16);
	assert_ptr_equal(chain.iov[0].iov_base, guest(DATA + PAGE));
	assert_ptr_equal(chain.iov[1].iov_base, guest(DATA + PAGE + 2048));
	assert_int_equal(vring_inflight(&ring), 1);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_push(&ring, 2, 11);
	assert_int_equal(vring_inflight(&ring), 0);
	assert_int_equal(used->idx, 1);
	assert_int_equal(used->ring[0].id, 2);
	assert_int_equal(used->ring[0].len, 11);
}

static void
test_bad_heads(void **state)
{
	(void)state;
	publish(NUM);
	expect_broken();
	publish(65535);
	expect_broken();
	avail[1] = NUM + 1;
	expect_broken();
	avail[1] = 65535;
	expect_broken();
}

static void
test_more_than_descriptors(void **state)
{
	unsigned int i;

	(void)state;
	put(&desc[0], DATA, 8, 0, 0);
	for (i = 0; i < NUM; i++) {
		publish(0);
		assert_int_equal(vring_pop(&ring, &chain), 0);
	}
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	publish(0);
	assert_int_equal(vring_pop(&ring, &chain), EPROTO);
	assert_int_equal(vring_inflight(&ring), NUM);
	/* What was popped before can still be given back. */
	for (i = 0; i < NUM; i++)
		vring_push(&ring, 0, 0);
	assert_int_equal(used->idx, NUM);
}

static void
test_index_wrap(void **state)
{
	unsigned int i;

	(void)state;
	vring_stop(&ring);
	start(NUM, 1, 65530);
	for (i = 0; i < 20; i++) {
		publish_plain(i % 4);
		assert_int_equal(vring_pop(&ring, &chain), 0);
		vring_push(&ring, chain.head, i);
		assert_int_equal(used->ring[(65530 + i) % NUM].len, i);
	}
	assert_int_equal(used->idx, (uint16_t)(65530 + 20));
	assert_int_equal(vring_stop(&ring), (uint16_t)(65530 + 20));
}

static void
test_largest_ring(void **state)
{
	uint16_t *av;
	struct vring_setup s;

	(void)state;
	vring_stop(&ring);
	/* 512 KiB of descriptors: put the other parts behind them. */
	s = layout(VRING_NUM_MAX, 1);
	s.addr.avail = UVA + GPA + 0x80000;
	s.addr.used = UVA + GPA + LEN;
	memset(guest(GPA), 0, LEN);
	assert_int_equal(vring_start(&ring, &s), 0);
	av = guest(GPA + 0x80000);
	put(&desc[32767], GPA + 0xc0000, 8, 0, 0);
	av[2] = 32767;
	__atomic_store_n(&av[1], 1, __ATOMIC_RELEASE);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(chain.head, 32767);
	vring_push(&ring, 32767, 0);
}

static void
test_check(void **state)
{
	struct vring_setup s = layout(NUM, 1);
	uint64_t end = UVA + GPA + LEN;
	uint32_t n;

	(void)state;
	assert_int_equal(vring_check(&mem, &s), 0);
	for (n = 0; n < 70000; n++) {
		s.num = n;
		if (n == 0 || n > 32768 || (n & (n - 1)) != 0)
			assert_int_equal(vring_check(&mem, &s), EINVAL);
	}
	s = layout(NUM, 1);
	s.addr.desc += 8;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	s = layout(NUM, 1);
	s.addr.avail += 1;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	s = layout(NUM, 1);
	s.addr.used += 2;
	assert_int_equal(vring_check(&mem, &s), EINVAL);
	/* Each part fits exactly, and is one unit too long. */
	s = layout(NUM, 1);
	s.addr.desc = end - NUM * 16;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.desc += 16;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s = layout(NUM, 1);
	s.addr.avail = end - (3 + NUM) * 2;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.avail += 2;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s = layout(NUM, 1);
	s.addr.used = end - 4 - NUM * 8 - 4;
	assert_int_equal(vring_check(&mem, &s), 0);
	s.addr.used += 4;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
	s.addr.used = 0;
	assert_int_equal(vring_check(&mem, &s), EFAULT);
}

static void
test_kicks_by_flag(void **state)
{
	(void)state;
	vring_stop(&ring);
	start(NUM, 0, 0);
	assert_int_equal(used->flags, 0);
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(used->flags, VRING_NO_NOTIFY);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(used->flags, VRING_NO_NOTIFY);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	assert_int_equal(used->flags, 0);
	vring_push(&ring, 0, 0);
	vring_push(&ring, 2, 0);
}

static void
test_kicks_by_event_idx(void **state)
{
	const uint16_t *event = (const uint16_t *)&used->ring[NUM];

	(void)state;
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(*event, 0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	assert_int_equal(*event, 0);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	assert_int_equal(*event, 2);
	assert_int_equal(used->flags, 0);
	vring_push(&ring, 0, 0);
	vring_push(&ring, 2, 0);
}

static void
serve(uint16_t n)
{
	publish_plain(n);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
}

static void
test_interrupts_by_flag(void **state)
{
	(void)state;
	vring_stop(&ring);
	start(NUM, 0, 0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	serve(0);
	serve(1);
	vring_notify(&ring);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	avail[0] = VRING_NO_INTERRUPT;
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	avail[0] = 0;
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
}

static void
test_interrupts_by_event_idx(void **state)
{
	uint16_t *event = &avail[2 + NUM];

	(void)state;
	/* NO_INTERRUPT means nothing here. */
	avail[0] = VRING_NO_INTERRUPT;
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	*event = 3;		/* tell me when the fourth is used */
	serve(0);
	vring_notify(&ring);
	serve(1);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
	*event = 6;		/* is inside the next batch */
	serve(0);
	serve(1);
	serve(2);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 1);
}

static void
test_hold(void **state)
{
	(void)state;
	publish_plain(0);
	vring_hold(&ring, 1);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_hold(&ring, 0);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
}

static void
test_stop(void **state)
{
	(void)state;
	publish_plain(0);
	publish_plain(1);
	assert_int_equal(vring_pop(&ring, &chain), 0);
	vring_push(&ring, chain.head, 0);
	/* Pushed, not yet told: stopping tells. */
	assert_int_equal(vring_stop(&ring), 1);
	assert_int_equal(raised(call_fd), 1);
	assert_int_equal(vring_running(&ring), 0);
	assert_int_equal(vring_pop(&ring, &chain), EAGAIN);
	vring_notify(&ring);
	vring_set_call(&ring, dup(call_fd));
	assert_int_equal(raised(call_fd), 0);
}

static void
test_new_call_descriptor(void **state)
{
	(void)state;
	vring_set_call(&ring, dup(call_fd));
	assert_int_equal(raised(call_fd), 1);
	vring_set_call(&ring, -1);
	serve(0);
	vring_notify(&ring);
	assert_int_equal(raised(call_fd), 0);
}

static void
test_truncated_memory(void **state)
{
	(void)state;
	assert_int_equal(gmem_guard(&mem), 0);
	publish_plain(0);
	atomic_store(&gmem_is_broken, 1);
	assert_int_equal(vring_pop(&ring, &chain), EPROTO);
	assert_int_equal(raised(err_fd), 1);
	gmem_clear(&mem);
}

/* ---- several threads give back ---- */

#define PUSHERS	3
#define PER	4000

static int pusher_pipe[2];

static void *
pusher(void *arg)
{
	uint16_t head;

	(void)arg;
	while (read(pusher_pipe[0], &head, sizeof(head)) == sizeof(head) &&
	    head < NUM) {
		vring_push(&ring, head, head);
		vring_notify(&ring);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	const uint16_t last = NUM;
	pthread_t threads[PUSHERS];
	unsigned int i;

	(void)state;
	assert_int_equal(pipe(pusher_pipe), 0);
	for (i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pusher,
		    NULL), 0);
	for (i = 0; i < PER; i++) {
		while (vring_inflight(&ring) == NUM / 2)
			sched_yield();
		publish_plain(i % (NUM / 2));
		assert_int_equal(vring_pop(&ring, &chain), 0);
		assert_int_equal(write(pusher_pipe[1], &chain.head,
		    sizeof(chain.head)), sizeof(chain.head));
	}
	for (i = 0; i < PUSHERS; i++)
		assert_int_equal(write(pusher_pipe[1], &last, sizeof(last)),
		    sizeof(last));
	for (i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(vring_inflight(&ring), 0);
	assert_int_equal(used->idx, PER);
	close(pusher_pipe[0]);
	close(pusher_pipe[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_bad_heads), T(test_more_than_descriptors),
		T(test_index_wrap), T(test_largest_ring), T(test_check),
		T(test_kicks_by_flag), T(test_kicks_by_event_idx),
		T(test_interrupts_by_flag), T(test_interrupts_by_event_idx),
		T(test_hold), T(test_stop), T(test_new_call_descriptor),
		T(test_truncated_memory), T(test_threads),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
