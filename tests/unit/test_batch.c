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
 * Knows: for how long, for whom and how many batches are kept.
 * Never: a record.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

static long now_ms = 5000;

static inline int
fake_clock(struct timespec *ts)
{
	ts->tv_sec = now_ms / 1000;
	ts->tv_nsec = now_ms % 1000 * 1000000;
	return 0;
}

#define clock_gettime(id, ts)	((void)(id), fake_clock(ts))
#include "transport/batch.c"

#include <fcntl.h>
#include <unistd.h>

#define HANDLES	(BATCH_MAX + 1)
#define OFF	77u

static struct fs fs;
static struct handle handles[HANDLES];
static struct req req[HANDLES];
static unsigned int budget, old_cnt;

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	budget = fd_max;
}

static void
old(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	old_cnt++;
	batch_expire(((struct fs *)arg)->batches);
}

static void
share(void)
{
	if (fs.batches != NULL) {
		event_free(fs.batches->ev);
		free(fs.batches);
	}
	fs.batches = batch_set_new(&fs, old, &fs);
	assert_non_null(fs.batches);
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(handles, 0, sizeof(handles));
	memset(req, 0, sizeof(req));
	fs.base = event_base_new();
	fs.fd_total = 32 * BATCH_FDS;
	fs.conf.entry.sec = fs.conf.attr.sec = 1;
	fs.conf.dir_entry.sec = fs.conf.dir_attr.sec = 1;
	for (i = 0; i < HANDLES; i++) {
		handles[i].open = 1;
		req[i].fs = &fs;
		req[i].handle[0] = &handles[i];
		req[i].in.uid = req[i].in.gid = 1000;
		req[i].call.lazy = 1;
	}
	old_cnt = 0;
	share();
	return 0;
}

/* Nothing is counted when nothing is there. */
static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(fs.batches->cnt, 0);
	assert_int_equal(fs.batches->fds, 0);
	assert_int_equal(fs.fd_open, 0);
	event_free(fs.batches->ev);
	free(fs.batches);
	fs.batches = NULL;
	event_base_free(fs.base);
	return 0;
}

static struct batch *
ask(unsigned int i, unsigned int fds)
{
	req[i].since = batch_stamp(&fs);
	return batch_new(&req[i], OFF, fds);
}

/* Some bytes and descriptors come for handle i. */
static int
come(unsigned int i, unsigned int fds, unsigned int cnt)
{
	static const uint8_t bytes[] = "records";
	struct batch_part p;
	struct fdbag bag;
	int err;

	memset(&p, 0, sizeof(p));
	fdbag_init(&bag);
	while (fds-- > 0)
		fdbag_put(&bag, open("/", O_PATH | O_CLOEXEC));
	p.tail = bytes;
	p.left = sizeof(bytes);
	p.cnt = cnt;
	p.fds = &bag;
	p.off = OFF;
	p.end = cnt == 0;
	err = batch_fill(handles[i].batch, &p);
	fdbag_close(&bag);
	return err;
}

static void
test_keep(void **state)
{
	struct batch *b;

	(void)state;
	b = ask(0, 2);
	assert_non_null(b);
	assert_int_equal(fs.fd_open, 0);
	assert_null(batch_get(&req[0], OFF));	/* it is on its way */
	assert_ptr_equal(handles[0].batch, b);
	assert_null(ask(0, 0));
	assert_int_equal(come(0, 2, 3), 0);
	assert_int_equal(fs.fd_open, 2);
	assert_int_equal(budget, fs.fd_total - 2);
	assert_ptr_equal(batch_get(&req[0], OFF), b);
	assert_memory_equal(b->part.tail, "records", 8);
	assert_false(batch_ends(&handles[0], OFF));
	b->part.fd_at = 1;
	batch_used(b);
	assert_int_equal(fs.fd_open, 1);
	assert_int_equal(handles[0].dir_alone, 0);
	batch_free(b);
	assert_int_equal(budget, fs.fd_total);
	assert_null(batch_get(&req[0], OFF));
}

static void
test_end(void **state)
{
	(void)state;
	ask(0, 0);
	assert_false(batch_ends(&handles[0], OFF));
	assert_int_equal(come(0, 0, 0), 0);
	assert_true(batch_ends(&handles[0], OFF));
	assert_false(batch_ends(&handles[0], OFF + 1));
	fs.changes++;
	assert_false(batch_ends(&handles[0], OFF));
	batch_drop(&handles[0]);
}

/* Each of these, and what was kept is no more, and no more is asked. */
static void
test_no_use(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 7; i++) {
		handles[0].dir_alone = 0;
		assert_non_null(ask(0, 1));
		assert_int_equal(come(0, 1, 1), 0);
		req[1].handle[0] = &handles[0];
		req[1].in.uid = req[1].in.gid = 1000;
		switch (i) {
		case 0:
			req[1].in.uid = 1001;
			break;
		case 1:
			req[1].in.gid = 0;
			break;
		case 2:
			req[1].in.uid = req[1].in.gid = 0;
			break;
		case 3:
			fs.changes++;
			break;
		case 4:
			now_ms += BATCH_MS + 1;
			break;
		case 5:
			req[1].in.uid = UINT32_MAX;
			break;
		default:
			break;
		}
		assert_null(batch_get(&req[1], i == 6 ? OFF + 1 : OFF));
		assert_null(handles[0].batch);
		assert_int_equal(handles[0].dir_alone, 1);
		assert_int_equal(fs.fd_open, 0);
	}
}

/* The same, while it is on its way. */
static void
test_too_late(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		handles[0].open = 1;
		assert_non_null(ask(0, 1));
		switch (i) {
		case 0:
			fs.changes++;
			break;
		case 1:
			now_ms += BATCH_MS + 1;
			break;
		case 2:
			handles[0].open = 0;
			batch_drop(&handles[0]);
			assert_non_null(handles[0].batch);
			break;
		default:
			break;
		}
		/* More descriptors than were asked for do no good either. */
		assert_int_not_equal(come(0, i == 3 ? 2 : 1, 1), 0);
		assert_null(handles[0].batch);
	}
	/* Just in time. */
	assert_non_null(ask(0, 1));
	now_ms += BATCH_MS;
	assert_int_equal(come(0, 1, 1), 0);
	assert_non_null(batch_get(&req[0], OFF));
	batch_drop(&handles[0]);
}

static void
test_how_many(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < BATCH_MAX; i++)
		assert_non_null(ask(i, 0));
	assert_null(ask(BATCH_MAX, 0));
	for (i = 0; i < BATCH_MAX; i++)
		batch_free(handles[i].batch);
	/* 32 descriptors are one part of so many. */
	assert_null(ask(0, 33));
	assert_non_null(ask(0, 30));
	assert_null(ask(1, 3));
	assert_non_null(ask(1, 2));
	assert_null(ask(2, 1));
	assert_int_equal(come(0, 29, 29), 0);
	assert_non_null(ask(2, 1));
	for (i = 0; i < 3; i++)
		batch_free(handles[i].batch);
}

/* Where a guest believes nothing for long, nothing is old. */
static void
test_where(void **state)
{
	struct a_hello good = fs.conf;
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		fs.conf = good;
		switch (i) {
		case 0:
			fs.conf.policy = MSG_POLICY_STRICT;
			break;
		case 1:
			fs.conf.cache = MSG_CACHE_NEVER;
			break;
		case 2:
			fs.conf.entry.sec = 0;
			break;
		case 3:
			fs.conf.attr.sec = 0;
			break;
		case 4:
			fs.conf.dir_entry.sec = 0;
			break;
		case 5:
			fs.conf.dir_attr.sec = 0;
			fs.conf.dir_attr.nsec = BATCH_MS * 1000000 - 1;
			break;
		case 6:
			fs.conf.attr.sec = 0;
			fs.conf.attr.nsec = BATCH_MS * 1000000;
			break;
		default:
			break;
		}
		share();
		assert_true((ask(0, 0) != NULL) == (i >= 6));
		if (i >= 6)
			batch_free(handles[0].batch);
	}
}

/* What is old goes by itself; then there is no timer any more. */
static void
test_expire(void **state)
{
	(void)state;
	assert_false(event_pending(fs.batches->ev, EV_TIMEOUT, NULL));
	ask(0, 1);
	assert_int_equal(come(0, 1, 1), 0);
	ask(1, 1);
	now_ms += BATCH_MS / 2;
	ask(2, 0);
	assert_int_equal(come(2, 0, 1), 0);
	assert_true(event_pending(fs.batches->ev, EV_TIMEOUT, NULL));
	now_ms += BATCH_MS / 2 + 1;
	batch_expire(fs.batches);
	assert_null(handles[0].batch);
	assert_int_equal(handles[0].dir_alone, 1);
	assert_int_equal(fs.fd_open, 0);
	/* Whatever is still on its way is waited for. */
	assert_non_null(handles[1].batch);
	assert_int_equal(req[1].call.lazy, 0);
	assert_non_null(handles[2].batch);
	while (old_cnt == 0)
		event_base_loop(fs.base, EVLOOP_ONCE);
	assert_non_null(handles[2].batch);
	assert_true(event_pending(fs.batches->ev, EV_TIMEOUT, NULL));
	now_ms += BATCH_MS;
	while (old_cnt == 1)
		event_base_loop(fs.base, EVLOOP_ONCE);
	assert_null(handles[2].batch);
	assert_false(event_pending(fs.batches->ev, EV_TIMEOUT, NULL));
	batch_free(handles[1].batch);
}

static void
test_hurry(void **state)
{
	(void)state;
	batch_hurry(&handles[0]);
	ask(0, 0);
	batch_hurry(&handles[0]);
	assert_int_equal(req[0].call.lazy, 0);
	assert_int_equal(come(0, 0, 1), 0);
	batch_hurry(&handles[0]);
	batch_drop(&handles[0]);
	assert_null(handles[0].batch);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_keep), T(test_end), T(test_no_use), T(test_too_late),
		T(test_how_many), T(test_where), T(test_expire), T(test_hurry),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
