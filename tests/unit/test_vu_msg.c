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
 * Knows: vhost-user messages, right ones and wrong ones of every kind.
 * Never: requests in flight (test_vu_dev.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/vu_msg.c"

#include "vuenv.h"

static void
test_features(void **state)
{
	(void)state;
	assert_int_equal(get_u64(GET_FEATURES), 0x170000000ULL);
	assert_int_equal(get_u64(GET_PROTO), 0xa429);
	negotiate(PF_ALL);
	assert_int_equal(get_u64(GET_QUEUE_NUM), QUEUES);
	assert_int_equal(get_u64(GET_SLOTS), GMEM_REGION_MAX);
	assert_int_equal(set(SET_OWNER, NULL, 0, -1), 0);
	assert_int_equal(set(RESET_OWNER, NULL, 0, -1), 0);
	/* Not offered: LOG_ALL; LOG_SHMFD; CONFIG without a tag. */
	assert_int_not_equal(set_u64(SET_FEATURES, VU_FEATURES | 1ULL << 26,
	    -1), 0);
	assert_int_not_equal(set_u64(SET_PROTO, PF_ALL | 2, -1), 0);
	assert_int_not_equal(set_u64(SET_PROTO, PF_ALL | VU_PF_CONFIG, -1), 0);
	assert_int_equal(dev.features, VU_FEATURES);
	assert_int_equal(dev.proto, PF_ALL);
	expect_alive();
}

static void
test_no_answer_unless_asked(void **state)
{
	uint64_t val = VU_FEATURES, dummy;

	(void)state;
	/* Asked, but REPLY_ACK is not negotiated. */
	send_flags(SET_FEATURES, VU_VERSION | VU_NEED_REPLY, &val, 8, NULL, 0);
	assert_false(answer(SET_FEATURES, &dummy, 8));
	negotiate(PF_ALL);
	send_msg(SET_FEATURES, &val, 8, -1);
	assert_false(answer(SET_FEATURES, &dummy, 8));
	expect_alive();
}

static void
test_split_at_every_byte(void **state)
{
	uint8_t buf[VU_HDR_LEN + 40] = { 0 };
	struct vu_hdr hdr = { SET_MEM_TABLE, VU_VERSION | VU_NEED_REPLY, 40 };
	struct vu_table t = { .cnt = 1 };
	unsigned int cut, later;
	uint64_t val;

	(void)state;
	negotiate(PF_ALL);
	t.regions[0] = (struct vu_region){ GPA, LEN, UVA, 0 };
	memcpy(buf, &hdr, sizeof(hdr));
	memcpy(buf + sizeof(hdr), &t, 40);
	for (cut = 1; cut < sizeof(buf); cut++) {
		/* The descriptor comes with the first or the second part. */
		for (later = 0; later < 2; later++) {
			send_raw(buf, cut, &memfd, !later);
			pump();
			assert_false(answer(SET_MEM_TABLE, &val, 8));
			send_raw(buf + cut, sizeof(buf) - cut, &memfd, later);
			pump();
			assert_true(answer(SET_MEM_TABLE, &val, 8));
			assert_int_equal(val, 0);
		}
	}
	assert_int_equal(dev.mem.cnt, 1);
}

static void
test_many_in_one_packet(void **state)
{
	struct vu_hdr hdrs[50];
	uint64_t val;
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++)
		hdrs[i] = (struct vu_hdr){ GET_FEATURES, VU_VERSION, 0 };
	send_raw(hdrs, sizeof(hdrs), NULL, 0);
	pump();
	for (i = 0; i < 50; i++)
		assert_true(answer(GET_FEATURES, &val, 8));
}

static void
test_fatal_headers(void **state)
{
	const struct {
		struct vu_hdr hdr;
	} *c, cases[] = {
		{ { GET_FEATURES, 0, 0 } },		/* version 0 */
		{ { GET_FEATURES, 2, 0 } },
		{ { GET_FEATURES, 3, 0 } },
		{ { GET_FEATURES, VU_VERSION | VU_REPLY, 0 } },
		{ { SET_FEATURES, VU_VERSION, 4096 } },	/* too long */
		{ { SET_FEATURES, VU_VERSION, 0xffffffff } },
		{ { 0, VU_VERSION, 0 } },		/* no such request */
		{ { 6, VU_VERSION, 0 } },		/* SET_LOG_BASE */
		{ { 22, VU_VERSION, 0 } },		/* IOTLB_MSG */
		{ { 31, VU_VERSION, 0 } },		/* GET_INFLIGHT_FD */
		{ { 0xffffffff, VU_VERSION, 0 } },
		{ { GET_CONFIG, VU_VERSION, 0 } },	/* not negotiated */
		{ { GET_QUEUE_NUM, VU_VERSION, 0 } },
		{ { RESET_DEVICE, VU_VERSION, 0 } },
		{ { GET_SLOTS, VU_VERSION, 0 } },
	};
	unsigned int i, cnt = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (i = 0; i < cnt; i++) {
		c = &cases[i];
		send_raw(&c->hdr, sizeof(c->hdr), NULL, 0);
		expect_gone(0);
		close(front);
		gone_cnt = 0;
		connect_dev();
		expect_alive();
	}
}

/* The answer to a question that can't be answered is the end. */
static void
test_bad_question(void **state)
{
	struct vu_state s = { QUEUES, 0 };

	(void)state;
	negotiate(PF_ALL);
	send_msg(GET_BASE, &s, sizeof(s), -1);
	expect_gone(0);
}

static void
test_eof(void **state)
{
	struct vu_hdr hdr = { SET_FEATURES, VU_VERSION, 8 };
	unsigned int cut;

	(void)state;
	for (cut = 0; cut < sizeof(hdr) + 1; cut++) {
		if (cut > 0)
			send_raw(&hdr, cut < sizeof(hdr) ? cut : sizeof(hdr),
			    &memfd, 1);
		pump();
		fd_close(&front);
		expect_gone(cut == 0);
		gone_cnt = 0;
		connect_dev();
	}
}

/* Every request with every wrong number of descriptors; none may stay. */
static void
test_descriptors(void **state)
{
	static const uint16_t cnts[] = { 1, 2, 7, 8, 9, 100, 253 };
	static const uint32_t reqs[] = { SET_FEATURES, SET_OWNER,
	    SET_MEM_TABLE, SET_NUM, SET_ADDR, SET_BASE, SET_KICK, SET_CALL,
	    SET_ERR, SET_PROTO, SET_ENABLE, SET_BACKEND_FD, ADD_REG, REM_REG,
	    RESET_DEVICE };
	uint8_t body[64] = { 0 };
	uint32_t len;
	int fds[SCM_MAX];
	unsigned int i, j, before;
	uint64_t val;

	(void)state;
	negotiate(PF_ALL);
	/* An empty file is good for nothing. */
	for (i = 0; i < SCM_MAX; i++)
		fds[i] = memfd;
	assert_int_equal(ftruncate(memfd, 0), 0);
	before = fd_count();
	for (i = 0; i < sizeof(reqs) / sizeof(reqs[0]); i++) {
		for (j = 0; j < sizeof(cnts) / sizeof(cnts[0]); j++) {
			len = reqs[i] == SET_OWNER ||
			    reqs[i] == RESET_DEVICE ? 0 :
			    reqs[i] == SET_ADDR || reqs[i] == ADD_REG ||
			    reqs[i] == REM_REG ? 40 : 8;
			val = set_fds(reqs[i], body, len, fds, cnts[j]);
			assert_int_not_equal(val, 0);
			assert_int_equal(fd_count(), before);
		}
	}
	expect_alive();
}

static void
test_descriptors_do_not_pile_up(void **state)
{
	unsigned int i, before = 0;
	int pair[2];

	(void)state;
	bring_up();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (i = 0; i < 500; i++) {
		assert_int_equal(set_u64(SET_KICK, 1, kick_fd), 0);
		assert_int_equal(set_u64(SET_CALL, 1, call_fd), 0);
		assert_int_equal(set_u64(SET_ERR, 1, call_fd), 0);
		assert_int_equal(set(SET_BACKEND_FD, NULL, 0, pair[0]), 0);
		assert_int_equal(set_memory(GPA, LEN), 0);
		if (i == 0)
			before = fd_count();
	}
	assert_int_equal(fd_count(), before);
	close(pair[0]);
	close(pair[1]);
}

/* All messages about a queue with sizes and indices that are wrong. */
static void
test_refused(void **state)
{
	struct vu_addr a = { .index = 1, .flags = 1 };
	uint8_t body[64] = { 1 };

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set_memory(GPA, LEN), 0);
	assert_int_not_equal(set(SET_NUM, body, 7, -1), 0);
	assert_int_not_equal(set(SET_NUM, body, 9, -1), 0);
	assert_int_not_equal(set(SET_FEATURES, body, 0, -1), 0);
	assert_int_not_equal(set(SET_OWNER, body, 8, -1), 0);
	assert_int_not_equal(set_state(SET_NUM, QUEUES, NUM), 0);
	assert_int_not_equal(set_state(SET_NUM, 0x80000001, NUM), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 0), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 9), 0);
	assert_int_not_equal(set_state(SET_NUM, 1, 65536), 0);
	assert_int_not_equal(set_state(SET_BASE, 1, 65536), 0);
	assert_int_not_equal(set_state(SET_BASE, QUEUES, 0), 0);
	assert_int_not_equal(set_state(SET_ENABLE, QUEUES, 1), 0);
	assert_int_not_equal(set_state(SET_ENABLE, 1, 2), 0);
	assert_int_not_equal(set_addr(QUEUES, 0), 0);
	assert_int_equal(set_state(SET_NUM, 1, NUM), 0);
	assert_int_not_equal(set_addr(1, 1), 0);
	assert_int_not_equal(set_addr(1, LEN), 0);
	assert_int_not_equal(set(SET_ADDR, &a, sizeof(a), -1), 0);
	assert_int_equal(dev.queues[1].addr_set, 0);
	assert_int_not_equal(set_u64(SET_KICK, QUEUES, kick_fd), 0);
	assert_int_not_equal(set_u64(SET_KICK, 1, -1), 0);
	assert_int_not_equal(set_u64(SET_KICK, 0x101, kick_fd), 0);
	assert_int_not_equal(set_u64(SET_KICK, 0x201, kick_fd), 0);
	/* Nothing to poll for. */
	assert_int_not_equal(set_u64(SET_KICK, 0x101, -1), 0);
	assert_int_equal(set_u64(SET_CALL, 0x101, -1), 0);
	/* Files are no eventfds. */
	assert_int_not_equal(set_u64(SET_KICK, 1, memfd), 0);
	assert_int_not_equal(set_u64(SET_CALL, 1, memfd), 0);
	assert_int_not_equal(set_u64(SET_ERR, 1, front), 0);
	assert_int_not_equal(set(SET_BACKEND_FD, NULL, 0, memfd), 0);
	assert_int_equal(dev.queues[1].kick_fd, -1);
	expect_alive();
}

static unsigned int
map_count(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned int cnt = 0;
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		cnt += c == '\n';
	fclose(f);
	return cnt;
}

static void
test_memory_refused(void **state)
{
	struct vu_table t = { .cnt = 2 };
	int fds[3] = { memfd, memfd, memfd };
	unsigned int i, before = 0;

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set_memory(GPA, LEN), 0);
	t.regions[0] = (struct vu_region){ 0, PAGE, UVA, 0 };
	t.regions[1] = (struct vu_region){ GPA, PAGE, UVA + GPA, 0 };
	/* Count, descriptors and size contradict each other. */
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 1), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 3), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 40, fds, 2), 0);
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 104, fds, 2), 0);
	t.cnt = 0xffffffff;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2), 0);
	t.cnt = 9;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 264, fds, 3), 0);
	/* The second one overlaps, or is longer than its file. */
	t.cnt = 2;
	t.regions[1].gpa = 0;
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2), 0);
	t.regions[1].gpa = GPA;
	t.regions[1].len = LEN + PAGE;
	for (i = 0; i < 8; i++) {
		assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, 72, fds, 2),
		    0);
		if (i == 0)
			before = map_count();
	}
	assert_int_equal(map_count(), before);
	/* The old table is still there. */
	assert_int_equal(dev.mem.cnt, 1);
	assert_int_equal(dev.mem.regions[0].range.len, LEN);
	expect_alive();
}

static void
test_memory_regions_at_most(void **state)
{
	struct vu_table t = { .cnt = VU_REGION_MAX };
	int fds[VU_REGION_MAX + 1];
	unsigned int i;

	(void)state;
	negotiate(PF_ALL);
	for (i = 0; i <= VU_REGION_MAX; i++)
		fds[i] = memfd;
	for (i = 0; i < VU_REGION_MAX; i++)
		t.regions[i] = (struct vu_region){ GPA + i * PAGE, PAGE,
		    UVA + i * PAGE, i * PAGE };
	assert_int_not_equal(set_fds(SET_MEM_TABLE, &t, sizeof(t), fds,
	    VU_REGION_MAX + 1), 0);
	assert_int_equal(dev.mem.cnt, 0);
	assert_int_equal(set_fds(SET_MEM_TABLE, &t, sizeof(t), fds,
	    VU_REGION_MAX), 0);
	assert_int_equal(dev.mem.cnt, VU_REGION_MAX);
}

static void
test_memory_slots(void **state)
{
	struct vu_slot s = { 0, { GPA, LEN, UVA, 0 } };
	struct vu_slot other = { 0, { GPA + LEN, LEN, UVA + LEN, 0 } };

	(void)state;
	negotiate(PF_ALL);
	assert_int_equal(set(ADD_REG, &s, sizeof(s), memfd), 0);
	assert_int_not_equal(set(ADD_REG, &s, sizeof(s), memfd), 0);
	assert_int_not_equal(set(ADD_REG, &other, sizeof(other), -1), 0);
	assert_int_equal(set(ADD_REG, &other, sizeof(other), memfd), 0);
	assert_int_equal(dev.mem.cnt, 2);
	assert_int_equal(set(REM_REG, &s, sizeof(s), -1), 0);
	assert_int_not_equal(set(REM_REG, &s, sizeof(s), -1), 0);
	assert_int_equal(set(REM_REG, &other, sizeof(other), memfd), 0);
	assert_int_equal(dev.mem.cnt, 0);
}

static void
test_config(void **state)
{
	struct vu_space s = { 0, 40, 0, { 0 } };
	uint32_t num;
	uint8_t none;

	(void)state;
	assert_int_equal(get_u64(GET_PROTO), 0xa629);
	negotiate(PF_ALL | VU_PF_CONFIG);
	memset(s.bytes, 0xff, sizeof(s.bytes));
	send_msg(GET_CONFIG, &s, 12 + 40, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 40));
	assert_string_equal((char *)s.bytes, "share");
	memcpy(&num, s.bytes + VU_TAG_LEN, 4);
	assert_int_equal(num, QUEUES - 1);
	/* A part of it, then the largest with nothing behind the end. */
	s.offset = 2;
	s.size = 2;
	send_msg(GET_CONFIG, &s, 12 + 2, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 2));
	assert_memory_equal(s.bytes, "ar", 2);
	s.offset = 0;
	s.size = 256;
	memset(s.bytes, 0xff, sizeof(s.bytes));
	send_msg(GET_CONFIG, &s, 12 + 256, -1);
	assert_true(answer(GET_CONFIG, &s, 12 + 256));
	assert_int_equal(s.bytes[255], 0);
	/* Errors are answers without payload. */
	s.offset = 1;
	send_msg(GET_CONFIG, &s, 12 + 256, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	s.offset = 0xffffffff;
	s.size = 2;
	send_msg(GET_CONFIG, &s, 12 + 2, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	s.offset = 0;
	s.size = 40;
	send_msg(GET_CONFIG, &s, 12 + 39, -1);
	assert_true(answer(GET_CONFIG, &none, 0));
	assert_int_not_equal(set(SET_CONFIG, &s, 12 + 40, -1), 0);
	expect_alive();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_features), T(test_no_answer_unless_asked),
		T(test_split_at_every_byte), T(test_many_in_one_packet),
		T(test_fatal_headers), T(test_bad_question), T(test_eof),
		T(test_descriptors), T(test_descriptors_do_not_pile_up),
		T(test_refused), T(test_memory_refused),
		T(test_memory_regions_at_most),
		T(test_memory_slots),
		cmocka_unit_test_setup_teardown(test_config, setup_with_tag,
		    teardown),
	};

	/* Most of these tests make the log say so. */
	log_set_level(LOG_LEVEL_OFF);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
