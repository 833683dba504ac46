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
 * Knows: questions about nodes that workers keep: whom they go to.
 * Never: a number's life, which is test_wkeep.c's.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/wlinkenv.h"

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

/* What one worker keeps another one that is there has to be sent, too. */
static void
test_each(void **state)
{
	struct node dir = { .idx = 5, .gen = 1, .mode = S_IFDIR | 0755 };
	struct peer *w[2];
	unsigned int i;

	(void)state;
	call_node = &dir;
	dir.fd = open("/", O_PATH | O_CLOEXEC);
	for (i = 0; i < 2; i++) {
		call_as(i, 1000 + i, 1);
		w[i] = grant(i);
		assert_int_equal(serve(w[i], 0), i);
		assert_int_equal(msg.hdr.kept[0], MSG_KEEP_PUT);
	}
	for (i = 0; i < 2; i++) {
		call_as(2 + i, 1000 + i, 1);
		assert_int_equal(serve(w[i], 0), 2 + i);
		assert_int_equal(msg.hdr.kept[0], MSG_KEEP_USE);
		gone(w[i]);
	}
	close(dir.fd);
	call_node = NULL;
}

/* A node that nobody has is opened, and asked about then. */
static void
test_homeless(void **state)
{
	struct node file = { .idx = 5, .fd = -1, .mode = S_IFREG | 0644 };
	struct peer *w;

	(void)state;
	call_node = &file;
	call_as(0, 0, 1);
	assert_int_equal(home_cnt, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	assert_int_equal(msg.hdr.kept[0], MSG_KEEP_PUT);
	/* Now the worker has it, and nobody else need. */
	close(file.fd);
	file.fd = -1;
	call_as(1, 0, 1);
	assert_int_equal(home_cnt, 1);
	assert_int_equal(serve(w, 0), 1);
	assert_int_equal(msg.hdr.kept[0], MSG_KEEP_USE);
	/* Another user's has not. */
	call_as(2, 1000, 1);
	assert_int_equal(home_cnt, 2);
	close(file.fd);
	file.fd = -1;
	/* And none when it is gone, with the question inside. */
	call_as(3, 0, 1);
	gone(w);
	assert_int_equal(home_cnt, 3);
	w = grant_next();
	refuse_all();
	gone(w);
	close(file.fd);
	call_node = NULL;
}

/* What a node leaves behind is dropped, once, and without a question. */
static void
test_dropped(void **state)
{
	struct node file = { .idx = 5, .mode = S_IFREG | 0644 };
	struct peer *w;

	(void)state;
	call_node = &file;
	file.fd = open("/dev/null", O_PATH | O_CLOEXEC);
	call_as(0, 0, 1);
	w = grant(0);
	assert_int_equal(serve(w, 0), 0);
	wkeep_forget(&file);
	assert_int_equal(fs.kept_gone, 1);
	wlink_settle(fs.wlink);
	spin_long();
	assert_int_equal(chan_recv(&w->chan, &msg), 0);
	assert_int_equal(msg.hdr.type, N_DROP);
	assert_int_equal(((const struct n_drop *)msg.body)->cnt, 1);
	assert_int_equal(msg.tail_len, sizeof(uint16_t));
	assert_int_equal(fs.kept_gone, 0);
	wlink_settle(fs.wlink);
	spin_long();
	assert_int_equal(chan_recv(&w->chan, &msg), EAGAIN);
	gone(w);
	close(file.fd);
	call_node = NULL;
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_kept),
		UNIT(test_each),
		UNIT(test_homeless),
		UNIT(test_dropped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
