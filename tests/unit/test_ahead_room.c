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
 * Knows: how much is remembered of directories, and for how long.
 * Never: a worker; the kernel's events; what becomes of a single name
 * (test_ahead.c).
 */

#include "config.h"

#include "namesenv.h"

static void
fill(struct ahead *a)
{
	unsigned int i;
	char name[16];

	for (i = 0; fs.ahead->name_cnt < AHEAD_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "fill%u", i);
		assert_int_equal(add(a, name, 0), 0);
	}
}

/* A name that cannot be remembered may not be said to be missing. */
static void
test_news_full(void **state)
{
	struct ahead *a = begin(0), *b = begin(1);

	(void)state;
	fill(a);
	a->whole = b->whole = 1;
	/* There is room for what is known. */
	ahead_news(fs.ahead, a, "fill7", 0);
	assert_int_equal(ahead_find(a, "fill7")->lost, 1);
	ahead_news(fs.ahead, b, "unknown", 1);
	assert_int_equal(add(b, "more", 0), ENOSPC);
	assert_ptr_equal(dir[1].ahead, b);
	ahead_news(fs.ahead, b, "come", 0);
	assert_null(dir[1].ahead);
	/* It is not to blame; who has so many is. */
	assert_int_equal(dir[1].ahead_shift, 0);
	assert_ptr_equal(dir[0].ahead, a);
	dir[0].ahead_asked = 1;
	ahead_news(fs.ahead, a, "unknown", 1);
	assert_null(dir[0].ahead);
	assert_int_equal(dir[0].ahead_shift, AHEAD_SHIFT_MAX);
	assert_int_equal(left, 2);
}

static void
test_no_memory(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	assert_int_equal(add(a, "bare", 0), 0);
	no_memory = 1;
	assert_null(ahead_table_new(&fs, FDS));
	assert_null(ahead_begin(fs.ahead, &dir[1], &who));
	assert_null(dir[1].ahead);
	assert_int_equal(add(a, "x", 1), ENOMEM);
	assert_int_equal(add(a, "x", 0), ENOMEM);
	assert_null(ahead_find(a, "x"));
	/* Nothing that is known takes any. */
	ahead_news(fs.ahead, a, "bare", 0);
	ahead_news(fs.ahead, a, "never", 1);
	ahead_news(fs.ahead, a, "bare", 1);
	assert_int_equal(count(a), 0);
	assert_ptr_equal(dir[0].ahead, a);
	ahead_news(fs.ahead, a, "come", 0);
	assert_null(dir[0].ahead);
	no_memory = 0;
	begin(0);
	no_memory = 1;
	/* What was known is forgotten first. */
	assert_null(ahead_begin(fs.ahead, &dir[0], &who));
	assert_null(dir[0].ahead);
}

/* What is not in use makes room, and nothing else. */
static void
test_room(void **state)
{
	struct ahead *a[3];
	char name[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		a[i] = begin(i);
	assert_int_equal(ahead_space(fs.ahead, FDS, 1), 1);
	assert_int_equal(ahead_space(fs.ahead, FDS + 1, 1), 0);
	for (i = 0; i < FDS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(add(a[i % 2], name, 1), 0);
	}
	assert_int_equal(add(a[2], "x", 1), ENOSPC);
	assert_null(ahead_find(a[2], "x"));
	assert_int_equal(add(a[2], "x", 0), 0);
	/* The name alone is known already, and stays so. */
	assert_int_equal(add(a[2], "x", 1), ENOSPC);
	assert_int_equal(add(a[2], "x", 0), 0);
	assert_non_null(ahead_find(a[2], "x"));
	assert_int_equal(ahead_space(fs.ahead, 1, 1), 0);
	assert_int_equal(ahead_space(fs.ahead, 1, 0), 1);
	assert_int_equal(ahead_space(fs.ahead, 0, 1), 1);
	fs.ahead->round++;
	ahead_used(fs.ahead, a[0]);
	assert_int_equal(ahead_in_use(fs.ahead, a[0]), 1);
	assert_int_equal(ahead_in_use(fs.ahead, a[2]), 0);
	/* No more than is needed goes, who was used last as the last. */
	assert_int_equal(ahead_space(fs.ahead, FDS / 2, 1), 1);
	assert_null(dir[1].ahead);
	assert_non_null(dir[0].ahead);
	assert_non_null(dir[2].ahead);
	assert_int_equal(fs.fd_open, 100 + FDS / 2);
	assert_int_equal(ahead_space(fs.ahead, FDS / 2 + 1, 1), 0);
	assert_null(dir[2].ahead);
	assert_non_null(dir[0].ahead);
	fs.ahead->round++;
	assert_int_equal(ahead_space(fs.ahead, FDS, 1), 1);
	assert_null(dir[0].ahead);
	assert_int_equal(closed, FDS);
}

static void
test_room_names(void **state)
{
	struct ahead *a = begin(0), *b = begin(1);

	(void)state;
	assert_int_equal(add(b, "one", 0), 0);
	assert_int_equal(ahead_space(fs.ahead, AHEAD_NAMES_MAX, 0), 0);
	fill(a);
	assert_int_equal(add(a, "last", 0), ENOSPC);
	assert_int_equal(add(a, "last", 1), ENOSPC);
	assert_int_equal(ahead_space(fs.ahead, 1, 0), 0);
	assert_int_equal(ahead_space(fs.ahead, 1, 1), 0);
	/* A descriptor for what is known takes no room for a name. */
	assert_int_equal(add(a, "fill5", 1), 0);
	assert_int_equal(ahead_find(a, "fill5")->lost, 0);
	fs.ahead->round++;
	ahead_used(fs.ahead, a);
	assert_int_equal(ahead_space(fs.ahead, 1, 0), 1);
	assert_null(dir[1].ahead);
	assert_int_equal(ahead_space(fs.ahead, 2, 0), 0);
	assert_non_null(dir[0].ahead);
	assert_int_equal(add(a, "last", 0), 0);
	fs.ahead->round++;
	assert_int_equal(ahead_space(fs.ahead, AHEAD_NAMES_MAX, 0), 1);
	assert_null(dir[0].ahead);
}

/* Of empty directories, too, there are not more than that. */
static void
test_room_dirs(void **state)
{
	struct node *many = calloc(AHEAD_DIRS_MAX, sizeof(*many));
	unsigned int i;

	(void)state;
	assert_non_null(many);
	for (i = 0; i < AHEAD_DIRS_MAX; i++) {
		assert_int_equal(ahead_space(fs.ahead, 0, 0), 1);
		assert_non_null(ahead_begin(fs.ahead, &many[i], &who));
	}
	assert_int_equal(ahead_space(fs.ahead, 0, 0), 0);
	fs.ahead->round++;
	ahead_used(fs.ahead, many[0].ahead);
	assert_int_equal(ahead_space(fs.ahead, 0, 0), 1);
	assert_non_null(many[0].ahead);
	assert_null(many[1].ahead);
	assert_non_null(many[2].ahead);
	ahead_forget_all(fs.ahead);
	assert_int_equal(fs.ahead->dir_cnt, 0);
	free(many);
}

/* Of attributes there are fewer; names alone do not mind. */
static void
test_attrs_max(void **state)
{
	struct msg_dirent d = {.seal_len = 4, .flags = MSG_DIRENT_SEALED,
	    .attr.nlink = 1};
	struct ahead *a = begin(0);
	unsigned int i;
	char name[32];
	int fd = -1;

	(void)state;
	for (i = 0; i <= AHEAD_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "SEALn%06u", i);
		assert_int_equal(ahead_room(fs.ahead, 1), i < AHEAD_ATTRS_MAX);
		assert_int_equal(ahead_add(fs.ahead, a, name + 4, 7, &d, &fd),
		    i < AHEAD_ATTRS_MAX ? 0 : ENOSPC);
	}
	assert_int_equal(add(a, "name", 0), 0);
	/* One goes, and there is room for one. */
	ahead_news(fs.ahead, a, "n000000", 1);
	assert_int_equal(ahead_room(fs.ahead, 2), 0);
	assert_int_equal(ahead_add(fs.ahead, a, name + 4, 7, &d, &fd), 0);
	assert_int_equal(count(a), AHEAD_ATTRS_MAX + 1);
}

/* However many files there may be, these are so many. */
static void
test_fds_max(void **state)
{
	struct ahead_table *t = ahead_table_new(&fs, AHEAD_FDS_MAX + 1);

	(void)state;
	assert_non_null(t);
	assert_int_equal(ahead_space(t, AHEAD_FDS_MAX, 1), 1);
	assert_int_equal(ahead_space(t, AHEAD_FDS_MAX + 1, 1), 0);
	event_free(t->ev);
	free(t);
}

/* Of got entries used were asked for: what is learned of that. */
static unsigned int
learn(unsigned int got, unsigned int used, int nodes)
{
	struct ahead *a = begin(0);

	a->got = got;
	a->nodes = nodes;
	while (used-- > 0)
		ahead_used(fs.ahead, a);
	ahead_forget(fs.ahead, &dir[0]);
	return dir[0].ahead_shift;
}

/* A directory of which little is used is not read soon again. */
static void
test_learn(void **state)
{
	unsigned int round;

	(void)state;
	for (round = 1; round <= AHEAD_SHIFT_MAX + 2; round++)
		assert_int_equal(learn(30, 1, 1),
		    round < AHEAD_SHIFT_MAX ? round : AHEAD_SHIFT_MAX);
	assert_int_equal(learn(0, 0, 1), AHEAD_SHIFT_MAX);
	assert_int_equal(learn(29, 7, 1), AHEAD_SHIFT_MAX);
	assert_int_equal(learn(28, 7, 1), 0);
	/* Names cost less. */
	assert_int_equal(learn(33, 1, 0), 1);
	assert_int_equal(learn(32, 1, 0), 0);
	/* A few are no waste, but for nothing. */
	assert_int_equal(learn(AHEAD_FEW, 1, 1), 0);
	assert_int_equal(learn(AHEAD_FEW + 1, 1, 1), 1);
	assert_int_equal(learn(AHEAD_FEW, 0, 1), 2);
	assert_int_equal(learn(1, 0, 0), 3);
}

/* Two rounds without use, and the timer has no reason to run again. */
static void
test_late(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	begin(1);
	dir[0].ahead_aged = dir[1].ahead_aged = 1;
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	ahead_late(-1, 0, fs.ahead);
	ahead_used(fs.ahead, a);
	ahead_late(-1, 0, fs.ahead);
	assert_non_null(dir[0].ahead);
	assert_null(dir[1].ahead);
	/* Who looks at it then may do so once. */
	assert_int_equal(dir[0].ahead_aged, 1);
	assert_int_equal(dir[1].ahead_aged, 0);
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	event_del(fs.ahead->ev);
	/* Events do not wait for who asks next. */
	assert_int_equal(reads, 2);
	ahead_late(-1, 0, fs.ahead);
	assert_null(dir[0].ahead);
	assert_false(evtimer_pending(fs.ahead->ev, NULL));
	begin(0);
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	event_del(fs.ahead->ev);
	read_forgets = 1;
	ahead_late(-1, 0, fs.ahead);
	assert_null(dir[0].ahead);
	assert_false(evtimer_pending(fs.ahead->ev, NULL));
}

/* The same directory anew. */
static void
test_begin(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	assert_int_equal(add(a, "x", 1), 0);
	begin(1);
	a = begin(0);
	assert_int_equal(left, 1);
	assert_int_equal(closed, 1);
	assert_null(ahead_find(a, "x"));
	assert_int_equal(a->whole + a->read + a->full + a->nodes, 0);
	assert_int_equal(ahead_in_use(fs.ahead, a), 1);
	ahead_forget_all(fs.ahead);
	assert_null(dir[0].ahead);
	assert_null(dir[1].ahead);
	assert_int_equal(left, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_news_full),
	    UNIT(test_no_memory),
	    UNIT(test_room),
	    UNIT(test_room_names),
	    UNIT(test_room_dirs),
	    UNIT(test_attrs_max),
	    UNIT(test_fds_max),
	    UNIT(test_learn),
	    UNIT(test_late),
	    UNIT(test_begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
