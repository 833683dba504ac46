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
 * Knows: a ring's two sides, and a side that writes into the memory what it
 * must not.
 * Never: a channel.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/mring.c"

#include <sys/resource.h>

#include <poll.h>
#include <stdio.h>

static struct mring a, b; /* side 0 and side 1 */
static char got[MRING_SLOT_LEN];
static size_t got_len;

static int
setup(void **state)
{
	int fds[MRING_FDS], other[MRING_FDS], i;

	(void)state;
	if (mring_make(fds) != 0)
		return -1;
	for (i = 0; i < MRING_FDS; i++)
		other[i] = dup(fds[i]);
	return mring_map(&a, fds, 0) | mring_map(&b, other, 1);
}

static int
teardown(void **state)
{
	(void)state;
	mring_unmap(&a);
	mring_unmap(&b);
	return 0;
}

static void
put(struct mring *r, const char *text)
{
	assert_true(mring_room(r));
	memcpy(mring_begin(r), text, strlen(text) + 1);
	mring_put(r, strlen(text) + 1);
}

static int
take(struct mring *r)
{
	memset(got, 0, sizeof(got));
	return mring_take(r, got, &got_len);
}

static int
rung(const struct mring *r)
{
	struct pollfd p = {r->bell_in, POLLIN, 0};
	uint64_t cnt;

	if (poll(&p, 1, 0) != 1)
		return 0;
	return read(r->bell_in, &cnt, sizeof(cnt)) == sizeof(cnt);
}

static void
test_order(void **state)
{
	unsigned int i, k;
	char text[16];

	(void)state;
	/* More than once around, both ways. */
	for (i = 0; i < 5; i++) {
		for (k = 0; k < MRING_SLOTS; k++) {
			snprintf(text, sizeof(text), "a %u %u", i, k);
			put(&a, text);
		}
		assert_false(mring_room(&a));
		put(&b, "back");
		for (k = 0; k < MRING_SLOTS; k++) {
			assert_int_equal(mring_waiting(&b), MRING_SLOTS - k);
			snprintf(text, sizeof(text), "a %u %u", i, k);
			assert_int_equal(take(&b), 0);
			assert_string_equal(got, text);
			assert_int_equal(got_len, strlen(text) + 1);
		}
		assert_int_equal(mring_waiting(&b), 0);
		assert_int_equal(take(&b), EAGAIN);
		assert_int_equal(take(&a), 0);
		assert_string_equal(got, "back");
	}
	mring_put_elsewhere(&a);
	assert_int_equal(take(&b), 0);
	assert_int_equal(got_len, 0);
}

static void
test_bell(void **state)
{
	unsigned int i;

	(void)state;
	/* Nobody sleeps. */
	put(&a, "x");
	mring_bell(&a);
	assert_false(rung(&b));
	/* There is something already. */
	assert_int_equal(mring_arm(&b), 1);
	assert_int_equal(take(&b), 0);
	assert_int_equal(mring_arm(&b), 0);
	mring_bell(&a);
	assert_false(rung(&b));
	/* Once for two, and not again. */
	put(&a, "y");
	put(&a, "z");
	assert_false(rung(&b));
	mring_bell(&a);
	assert_true(rung(&b));
	put(&a, "z");
	mring_bell(&a);
	assert_false(rung(&b));
	/* Without being told to after some. */
	while (take(&b) == 0)
		continue;
	assert_int_equal(mring_arm(&b), 0);
	for (i = 0; i < MRING_BELL_EACH; i++)
		put(&a, "w");
	assert_true(rung(&b));
	mring_disarm(&b);
}

/* Where the peer is: told with what is new, and whatever it says is taken. */
static void
test_where(void **state)
{
	uint32_t cpu;
	uint64_t when;

	(void)state;
	mring_where(&b, &cpu, &when);
	assert_int_equal(cpu, 0);
	assert_int_equal(when, 0);
	put(&a, "x");
	mring_here(&a, 3, 77);
	mring_bell(&a);
	mring_here(&a, 4, 78);
	mring_where(&b, &cpu, &when);
	assert_int_equal(cpu, 3);
	assert_int_equal(when, 77);
	mring_where(&a, &cpu, &when);
	assert_int_equal(cpu, 0);
	put(&a, "y");
	mring_here(&a, MRING_NO_CPU, UINT64_MAX);
	mring_where(&b, &cpu, &when);
	assert_int_equal(cpu, MRING_NO_CPU);
	assert_true(when == UINT64_MAX);
}

/* The other side owns the memory as much as we do. */
static void
test_hostile(void **state)
{
	(void)state;
	put(&a, "x");
	a.out->head = a.out_head + MRING_SLOTS;
	assert_int_equal(take(&b), EPROTO);
	a.out->head = a.out_head - 2;
	assert_int_equal(take(&b), EPROTO);
	a.out->head = a.out_head;
	a.out->slot[0].len = MRING_SLOT_LEN + 1;
	assert_int_equal(take(&b), EPROTO);
	a.out->slot[0].len = UINT32_MAX;
	assert_int_equal(take(&b), EPROTO);
	a.out->slot[0].len = 2;
	assert_int_equal(take(&b), 0);
	/* What it says of our own direction does not move us. */
	a.in->head = 77;
	put(&b, "still here");
	assert_int_equal(b.out_head, 1);
	assert_int_equal(a.in->head, 1);
	a.in->tail = 1 - MRING_SLOTS;
	assert_false(mring_room(&b));
	a.in->tail = 2;
	assert_false(mring_room(&b));
	a.in->tail = 1;
	assert_true(mring_room(&b));
	/* A bell that it has filled does not stop us. */
	a.in->asleep = 1;
	assert_int_equal(write(b.bell_out, &(uint64_t){UINT64_MAX - 1}, 8),
	    8);
	put(&b, "y");
	mring_bell(&b);
	assert_true(rung(&a));
}

static int
refused(int mem)
{
	int fds[MRING_FDS] = {mem, dup(STDIN_FILENO), dup(STDIN_FILENO)};
	struct mring r;
	int err = mring_map(&r, fds, 0);

	assert_int_equal(fds[0] & fds[1] & fds[2], -1);
	return err;
}

/* Memory that could shrink, or does not hold a ring. */
static void
test_memory(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(refused(dup(STDIN_FILENO)), EINVAL);
	fd = memfd_create("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, MRING_SEALS), 0);
	assert_int_equal(refused(fd), EINVAL);
	fd = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, sizeof(struct mring_mem)), 0);
	assert_int_equal(refused(dup(fd)), EINVAL);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, MRING_SEALS & ~F_SEAL_SHRINK),
	    0);
	assert_int_equal(refused(fd), EINVAL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* With room for none, one, and two of the three descriptors. */
static void
test_no_descriptors(void **state)
{
	int fds[MRING_FDS], next = dup(STDERR_FILENO);
	struct rlimit old, few;
	unsigned int i;

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	for (i = 0; i < MRING_FDS; i++) {
		few.rlim_cur = (rlim_t)next + i;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		assert_int_equal(mring_make(fds), EMFILE);
		assert_int_equal(fds[0] & fds[1] & fds[2], -1);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(dup(STDERR_FILENO), next);
	close(next);
}

/* What cannot be rung is a line in the log; a ring ends once. */
static void
test_no_bell(void **state)
{
	(void)state;
	assert_int_equal(mring_arm(&b), 0);
	fd_close(&a.bell_out);
	put(&a, "unheard");
	mring_bell(&a);
	assert_int_equal(take(&b), 0);
	assert_string_equal(got, "unheard");
	mring_unmap(&a);
	mring_unmap(&a);
	assert_null(a.mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_order),
	    CASE(test_bell),
	    CASE(test_where),
	    CASE(test_hostile),
	    CASE(test_memory),
	    CASE(test_no_descriptors),
	    CASE(test_no_bell),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
