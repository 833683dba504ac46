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
 * Knows: what is heard of real directories, and when a number is given up.
 * Never: a worker; here the program itself adds what is watched.
 */

#include "config.h"

#include "watchenv.h"

static void
test_new(void **state)
{
	(void)state;
	assert_int_equal(fcntl(watch_fd(w), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(watch_fd(w), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	init_err = EMFILE;
	assert_null(watch_new(&fs));
	watch_read(w);
	assert_int_equal(reads, 1);
}

static void
test_names(void **state)
{
	(void)state;
	join_new(0, ".");
	watch_read(w);
	heard_all();
	touch("one");
	assert_int_equal(mkdirat(top, "sub", 0700), 0);
	assert_int_equal(symlinkat("one", top, "link"), 0);
	assert_int_equal(linkat(top, "one", top, "two", 0), 0);
	/* Nothing is heard of before it is read. */
	heard_all();
	watch_read(w);
	heard(0, 0, "one");
	heard(0, 0, "sub");
	heard(0, 0, "link");
	heard(0, 0, "two");
	heard_all();
	assert_int_equal(ahead_none(dir[0].ahead, "sub"), 0);
	assert_int_equal(unlinkat(top, "one", 0), 0);
	assert_int_equal(unlinkat(top, "sub", AT_REMOVEDIR), 0);
	watch_read(w);
	heard(0, 1, "one");
	heard(0, 1, "sub");
	heard_all();
	assert_int_equal(ahead_none(dir[0].ahead, "sub"), 1);
	watch_read(w);
	heard_all();
}

/* What a name stands for changes, and the name does not. */
static void
test_touched(void **state)
{
	char full[256];
	int fd;

	(void)state;
	touch("file");
	join_new(0, ".");
	snprintf(full, sizeof(full), "%s/.", path);
	assert_true(inotify_add_watch(watch_fd(w), full, MSG_WATCH_ATTR) > 0);
	fd = openat(top, "file", O_WRONLY);
	assert_int_equal(write(fd, "x", 1), 1);
	watch_read(w);
	assert_int_equal(touched_cnt, 1);
	assert_string_equal(touched, "file");
	assert_int_equal(fchmod(fd, 0600), 0);
	watch_read(w);
	assert_int_equal(touched_cnt, 2);
	assert_int_equal(ftruncate(fd, 7), 0);
	watch_read(w);
	assert_true(touched_cnt > 2);
	close(fd);
	heard_all();
	assert_non_null(dir[0].ahead);
}

/* What is moved away may be there still. */
static void
test_moved(void **state)
{
	(void)state;
	touch("a");
	touch("b");
	join_new(0, ".");
	join_new(1, "other");
	watch_read(w);
	news_next = news_cnt;
	assert_int_equal(renameat2(top, "a", top, "b", RENAME_EXCHANGE), 0);
	watch_read(w);
	heard(0, 0, "a");
	heard(0, 0, "b");
	heard(0, 0, "b");
	heard(0, 0, "a");
	heard_all();
	assert_int_equal(ahead_none(dir[0].ahead, "a"), 0);
	assert_int_equal(ahead_none(dir[0].ahead, "b"), 0);
	assert_int_equal(renameat(top, "a", top, "other/c"), 0);
	watch_read(w);
	heard(0, 0, "a");
	heard(1, 0, "c");
	heard_all();
}

/* Something else takes its place, of which nothing is said. */
static void
test_whiteout(void **state)
{
	struct stat st;

	(void)state;
	touch("a");
	join_new(0, ".");
	if (renameat2(top, "a", top, "b", RENAME_WHITEOUT) != 0)
		skip();
	assert_int_equal(fstatat(top, "a", &st, AT_SYMLINK_NOFOLLOW), 0);
	watch_read(w);
	assert_int_equal(ahead_none(dir[0].ahead, "a"), 0);
	assert_int_equal(ahead_none(dir[0].ahead, "b"), 0);
	assert_int_equal(ahead_none(dir[0].ahead, "c"), 1);
}

/* Attributes: of a name they are asked for each time, but not who may look. */
static void
test_attributes(void **state)
{
	(void)state;
	touch("file");
	join_new(0, ".");
	join_new(1, "other");
	watch_read(w);
	news_next = news_cnt;
	assert_int_equal(fchmodat(top, "file", 0644, 0), 0);
	watch_read(w);
	heard_all();
	assert_non_null(dir[0].ahead);
	assert_int_equal(fchmod(top, 0711), 0);
	watch_read(w);
	heard_all();
	assert_null(dir[0].ahead);
	assert_int_equal(dir[0].ahead_looks, 0);
	assert_int_equal(dir[0].ahead_found, 0);
	assert_non_null(dir[1].ahead);
	assert_int_equal(dir[1].ahead_looks, 9);
	assert_int_equal(watched(0), 1);
	/* One that is watched itself is heard of by its own number, too. */
	join_new(0, ".");
	assert_int_equal(fchmodat(top, "other", 0711, 0), 0);
	watch_read(w);
	assert_null(dir[1].ahead);
	assert_non_null(dir[0].ahead);
}

/* The directory has gone for good. */
static void
test_removed(void **state)
{
	int32_t wd;

	(void)state;
	wd = join_new(0, "sub");
	join_new(1, ".");
	assert_int_equal(unlinkat(top, "sub", AT_REMOVEDIR), 0);
	assert_int_equal(watched(wd), 0);
	watch_read(w);
	assert_null(dir[0].ahead);
	assert_non_null(dir[1].ahead);
	heard(1, 1, "sub");
	heard_all();
	assert_null(watch_find(w, wd));
	/* ... as has all that was on its filesystem. */
	event(dir[1].ahead->watched->wd, IN_UNMOUNT, NULL);
	assert_null(dir[1].ahead);
}

static void
test_overflow(void **state)
{
	uint64_t before, since;
	int32_t wd;

	(void)state;
	wd = join_new(0, ".");
	join_new(1, "other");
	before = watch_ask(w);
	event(-1, IN_Q_OVERFLOW, NULL);
	assert_null(dir[0].ahead);
	assert_null(dir[1].ahead);
	/* It may have been anything, of any directory. */
	assert_int_equal(join(0, wd, before), EAGAIN);
	assert_int_equal(join(1, add("new"), before), EAGAIN);
	since = watch_ask(w);
	assert_int_equal(join(0, wd, since), 0);
	watch_ask_end(w);
	watch_ask_end(w);
	assert_int_equal(watched(0), 1);
}

/* More than the kernel keeps. */
static void
test_overflow_real(void **state)
{
	unsigned int max = 0, i;
	FILE *f;

	(void)state;
	f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &max), 1);
	fclose(f);
	if (max > 200000)
		skip();
	join_new(0, "quiet");
	join_new(1, ".");
	assert_int_equal(mkdirat(top, "x", 0700), 0);
	for (i = 0; i < max / 4 + 2; i++) {
		assert_int_equal(renameat(top, "x", top, "y"), 0);
		assert_int_equal(renameat(top, "y", top, "x"), 0);
	}
	no_room = dir[1].ahead;
	watch_read(w);
	assert_null(dir[1].ahead);
	assert_null(dir[0].ahead);
	assert_int_equal(watched(0), 0);
}

/* A change that the answer may not know of. */
static void
test_early(void **state)
{
	uint64_t since = watch_ask(w);
	int32_t wd = add(".");

	(void)state;
	touch("early");
	watch_read(w);
	heard_all();
	assert_int_equal(join(0, wd, since), EAGAIN);
	/* Nor at the second try, but by the next question. */
	assert_int_equal(join(0, wd, since), EAGAIN);
	since = watch_ask(w);
	assert_int_equal(join(0, wd, since), 0);
	watch_ask_end(w);
	watch_ask_end(w);
	touch("late");
	watch_read(w);
	heard(0, 0, "late");
	heard_all();
}

/* What is not read when the answer comes is told afterwards. */
static void
test_unread(void **state)
{
	uint64_t since = watch_ask(w);
	int32_t wd = add(".");

	(void)state;
	touch("file");
	assert_int_equal(join(0, wd, since), 0);
	watch_ask_end(w);
	heard_all();
	watch_read(w);
	heard(0, 0, "file");
	heard_all();
}

/* Another directory's changes are none. */
static void
test_early_other(void **state)
{
	uint64_t since;
	int32_t wd;

	(void)state;
	join_new(1, "other");
	since = watch_ask(w);
	wd = add("this");
	touch("other/file");
	watch_read(w);
	heard(1, 0, "file");
	assert_int_equal(join(0, wd, since), 0);
	watch_ask_end(w);
}

static void
test_numbers(void **state)
{
	static const int32_t none[] = {0, -1, INT32_MIN};
	struct ahead *a = ahead_begin(fs.ahead, &dir[0], &who);
	uint64_t since = watch_ask(w);
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(watch_join(w, none[i], NULL, 0), EIO);
		assert_int_equal(watch_join(w, none[i], a, since), EIO);
	}
	no_memory = 1;
	assert_int_equal(watch_join(w, 5, NULL, 0), ENOMEM);
	assert_int_equal(watch_join(w, 5, a, since), ENOMEM);
	assert_int_equal(watch_is(a, 5), 0);
	no_memory = 0;
	/* Nobody else's, although they are in one bucket. */
	assert_int_equal(watch_join(w, 5, a, since), 0);
	assert_int_equal(join(1, 5 + (int32_t)WATCH_BUCKETS, since), 0);
	watch_ask_end(w);
	assert_int_equal(watch_is(a, 5), 1);
	assert_int_equal(watch_is(a, 5 + (int32_t)WATCH_BUCKETS), 0);
	event(5 + (int32_t)WATCH_BUCKETS, IN_CREATE, "x");
	heard(1, 0, "x");
	heard_all();
	/* What never joined has nothing to leave. */
	ahead_begin(fs.ahead, &dir[2], &who);
	watch_leave(w, dir[2].ahead);
	watch_leave(w, a);
	assert_int_equal(watch_is(a, 5), 0);
	assert_null(watch_find(w, 5));
	watch_leave(w, a);
}

/* One directory that two nodes are. */
static void
test_two(void **state)
{
	int32_t wd = join_new(0, ".");

	(void)state;
	assert_int_equal(join_new(1, "."), wd);
	assert_int_equal(watched(0), 1);
	touch("x");
	watch_read(w);
	heard(1, 0, "x");
	heard(0, 0, "x");
	heard_all();
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(watched(wd), 1);
	touch("y");
	watch_read(w);
	heard(1, 0, "y");
	heard_all();
	assert_int_equal(join_new(0, "."), wd);
	assert_int_equal(fchmod(top, 0711), 0);
	watch_read(w);
	assert_null(dir[0].ahead);
	assert_null(dir[1].ahead);
	assert_int_equal(watched(wd), 0);
}

/* A number stays while somebody uses it, or an answer may name it. */
static void
test_given_up(void **state)
{
	int32_t wd = join_new(0, "."), again;

	(void)state;
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(watched(0), 0);
	/* The kernel says that this was the end, and that is all. */
	watch_read(w);
	assert_null(watch_find(w, wd));
	wd = join_new(0, ".");
	watch_ask(w);
	watch_ask(w);
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(watched(wd), 1);
	watch_read(w);
	assert_int_equal(watched(wd), 1);
	watch_ask_end(w);
	assert_int_equal(watched(wd), 1);
	again = add(".");
	assert_int_equal(again, wd);
	assert_int_equal(join(0, again, w->event_cnt), 0);
	watch_ask_end(w);
	assert_int_equal(watched(wd), 1);
	/* An answer that is good for nobody. */
	watch_ask(w);
	again = add("sub");
	assert_int_equal(watch_join(w, again, NULL, 0), 0);
	assert_int_equal(watched(again), 1);
	watch_ask_end(w);
	assert_int_equal(watched(again), 0);
	assert_int_equal(watched(wd), 1);
}

/* The worker that asked for it has died, or did not say so. */
static void
test_unknown(void **state)
{
	uint64_t since;
	int32_t wd;

	(void)state;
	wd = add(".");
	touch("x");
	assert_int_equal(watched(wd), 1);
	watch_read(w);
	assert_int_equal(watched(wd), 0);
	/* While somebody is asked it may be what he will say. */
	since = watch_ask(w);
	wd = add(".");
	touch("y");
	watch_read(w);
	assert_int_equal(watched(wd), 1);
	assert_int_equal(join(0, wd, since), EAGAIN);
	watch_ask_end(w);
	assert_int_equal(watched(wd), 0);
	/* Even that it has gone. */
	watch_read(w);
	since = watch_ask(w);
	wd = add("sub");
	assert_int_equal(unlinkat(top, "sub", AT_REMOVEDIR), 0);
	watch_read(w);
	assert_int_equal(join(0, wd, since), EAGAIN);
	watch_ask_end(w);
	heard_all();
}

/* A worker names what is not there, while another takes long. */
static void
test_made_up(void **state)
{
	uint64_t since;
	int32_t wd, used, i;

	(void)state;
	used = join_new(1, "used");
	since = watch_ask(w);
	wd = add(".");
	assert_int_equal(watch_join(w, wd, NULL, 0), 0);
	for (i = 1; i < WATCH_IDLE - 1; i++)
		assert_int_equal(watch_join(w, 100000 + i, NULL, 0), 0);
	assert_int_equal(watched(wd), 1);
	assert_int_equal(w->idle_cnt, WATCH_IDLE - 1);
	assert_int_equal(watch_join(w, 100000, NULL, 0), 0);
	assert_int_equal(w->idle_cnt, 0);
	assert_int_equal(watched(wd), 0);
	assert_int_equal(watched(used), 1);
	assert_non_null(dir[1].ahead);
	/* The number may be one that is not watched any more. */
	assert_int_equal(join(0, wd, since), EAGAIN);
	since = watch_ask(w);
	wd = add(".");
	assert_int_equal(join(0, wd, since), 0);
	watch_ask_end(w);
	watch_ask_end(w);
	assert_int_equal(watched(0), 2);
}

/* What there is no memory for may have been anything. */
static void
test_no_memory(void **state)
{
	uint64_t since;
	int32_t wd;

	(void)state;
	join_new(0, "known");
	since = watch_ask(w);
	wd = add(".");
	no_memory = 1;
	touch("known/x");
	watch_read(w);
	heard(0, 0, "x");
	touch("unknown");
	watch_read(w);
	no_memory = 0;
	heard_all();
	assert_null(dir[0].ahead);
	assert_int_equal(join(1, wd, since), EAGAIN);
	watch_ask_end(w);
}

/* One buffer after another. */
static void
test_many(void **state)
{
	char name[256];
	unsigned int i;

	(void)state;
	join_new(0, ".");
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		touch(name);
	}
	memset(name, 'n', 255);
	name[255] = '\0';
	touch(name);
	watch_read(w);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		heard(0, 0, name);
	}
	assert_int_equal(news_cnt, 301);
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(ahead_none(dir[0].ahead, name), 0);
	assert_int_equal(reads, (301 * 32 + 256) / 4096 + 1);
}

/* Buffers that the next event does not fit into any more. */
static void
test_many_odd(void **state)
{
	char name[32];
	unsigned int i;

	(void)state;
	join_new(0, ".");
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "seventeen-long%u", i + 100);
		touch(name);
	}
	watch_read(w);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "seventeen-long%u", i + 100);
		heard(0, 0, name);
	}
	heard_all();
	assert_int_equal(reads, 200 / (4096 / 48) + 1);
}

static ssize_t
read_more(void *buf, size_t len)
{
	const struct inotify_event e = {.wd = 1, .mask = IN_ATTRIB, .len = 16};
	size_t pos;

	memset(buf, 'x', len);
	for (pos = 0; pos + 32 <= len; pos += 32) {
		memcpy((char *)buf + pos, &e, sizeof(e));
		memcpy((char *)buf + pos + sizeof(e), "fifteen letters", 16);
	}
	return (ssize_t)pos;
}

/* Whoever is faster than we are is not waited for. */
static void
test_endless(void **state)
{
	uint64_t before;
	int32_t wd;

	(void)state;
	wd = join_new(0, ".");
	before = watch_ask(w);
	read_as = read_more;
	watch_read(w);
	assert_int_equal(reads, WATCH_READS);
	assert_null(dir[0].ahead);
	read_as = NULL;
	assert_int_equal(join(0, wd, before), EAGAIN);
	assert_int_equal(watched(wd), 1);
	watch_ask_end(w);
	assert_int_equal(watched(wd), 0);
}

static ssize_t
read_error(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	errno = EIO;
	return -1;
}

static ssize_t
read_nothing(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	errno = EAGAIN;
	return 0;
}

/* What cannot be read may be anything. */
static void
test_not_read(void **state)
{
	uint64_t before = watch_ask(w);
	int32_t wd;

	(void)state;
	wd = join_new(0, ".");
	read_as = read_error;
	watch_read(w);
	assert_int_equal(reads, 1);
	assert_null(dir[0].ahead);
	assert_int_equal(join(0, wd, before), EAGAIN);
	watch_ask_end(w);
	join_new(0, ".");
	read_as = read_nothing;
	watch_read(w);
	assert_int_equal(reads, 2);
	assert_null(dir[0].ahead);
}

/* One of them is forgotten by what it hears. */
static void
test_forgotten(void **state)
{
	int32_t wd = join_new(0, ".");

	(void)state;
	join_new(1, ".");
	join_new(2, ".");
	no_room = dir[1].ahead;
	touch("x");
	touch("y");
	watch_read(w);
	assert_null(dir[1].ahead);
	assert_int_equal(news_cnt, 5);
	heard(2, 0, "x");
	assert_ptr_equal(news[1].a, no_room);
	news_next++;
	heard(0, 0, "x");
	heard(2, 0, "y");
	heard(0, 0, "y");
	heard_all();
	ahead_forget(fs.ahead, &dir[0]);
	/* The last one, and there is more of it to read. */
	no_room = dir[2].ahead;
	touch("z");
	assert_int_equal(unlinkat(top, "z", 0), 0);
	assert_int_equal(fchmod(top, 0711), 0);
	watch_read(w);
	assert_int_equal(news_cnt, 6);
	assert_null(dir[2].ahead);
	assert_int_equal(watched(wd), 0);
	assert_null(watch_find(w, wd));
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_new),
	    UNIT(test_names),
	    UNIT(test_touched),
	    UNIT(test_moved),
	    UNIT(test_whiteout),
	    UNIT(test_attributes),
	    UNIT(test_removed),
	    UNIT(test_overflow),
	    UNIT(test_overflow_real),
	    UNIT(test_early),
	    UNIT(test_unread),
	    UNIT(test_early_other),
	    UNIT(test_numbers),
	    UNIT(test_two),
	    UNIT(test_given_up),
	    UNIT(test_unknown),
	    UNIT(test_made_up),
	    UNIT(test_no_memory),
	    UNIT(test_many),
	    UNIT(test_many_odd),
	    UNIT(test_endless),
	    UNIT(test_not_read),
	    UNIT(test_forgotten),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
