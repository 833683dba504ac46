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
 * Knows: what is remembered of a directory, for how long, and what is left of
 * it when names come and go.
 * Never: a worker; the kernel's events.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void *fake_calloc(size_t cnt, size_t len);

#include "common/fdbag.h"
#define calloc fake_calloc
#include "transport/ahead.c"
#undef calloc

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FDS 200

static struct fs fs;
static struct node dir[3];
static const struct cred who = {.class = CRED_USER, .uid = 7, .gid = 8};
static const struct msg_attr seen = {
    .ino = 33,
    .mnt_id = 34,
    .dev_major = 35,
    .dev_minor = 36,
    .flags = MSG_ATTR_MOUNT_ROOT,
    .size = 37,
};
static unsigned int budget, closed, left, reads;
static int no_memory, read_forgets;

static void *
fake_calloc(size_t cnt, size_t len)
{
	return no_memory ? NULL : calloc(cnt, len);
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	budget = fd_max;
}

void
reap_close(struct fs *f, int *fd)
{
	assert_ptr_equal(f, &fs);
	assert_int_not_equal(*fd, -1);
	closed++;
	fd_close(fd);
}

void
watch_leave(struct watch *w, struct ahead *a)
{
	assert_ptr_equal(w, fs.watch);
	assert_ptr_equal(a->dir->ahead, a);
	left++;
}

void
watch_read(struct watch *w)
{
	assert_ptr_equal(w, fs.watch);
	reads++;
	if (read_forgets)
		ahead_forget_all(fs.ahead);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(dir, 0, sizeof(dir));
	fs.fd_total = 1000;
	fs.fd_open = 100;
	fs.watch = (struct watch *)(void *)dir;
	closed = left = reads = 0;
	budget = 900;
	no_memory = read_forgets = 0;
	fs.base = event_base_new();
	fs.ahead = ahead_table_new(&fs, FDS);
	return fs.base == NULL || fs.ahead == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ahead_forget_all(fs.ahead);
	assert_int_equal(fs.fd_open, 100);
	assert_int_equal(budget, 900);
	assert_int_equal(fs.ahead->fd_cnt, 0);
	assert_int_equal(fs.ahead->name_cnt, 0);
	event_free(fs.ahead->ev);
	free(fs.ahead);
	event_base_free(fs.base);
	return 0;
}

/* A name with a seal in front; as many bytes of that as it has. */
static int
add(struct ahead *a, const char *name, int with)
{
	int fd = with ? open("/dev/null", O_RDONLY) : -1, err;
	struct msg_dirent d = {.seal_len = 5, .attr = seen};
	unsigned int had = fs.ahead->fd_cnt;
	char record[300];

	d.name_len = (uint16_t)strlen(name);
	snprintf(record, sizeof(record), "SEALS%s", name);
	err = ahead_add(fs.ahead, a, record + 5, d.name_len, &d, &fd);
	/* Taken and counted, or neither. */
	assert_int_equal(fs.ahead->fd_cnt - had, with && fd == -1);
	assert_true(err == 0 || (fd != -1) == with);
	fd_close(&fd);
	return err;
}

/* How many of these there are, asked for one by one. */
static unsigned int
count(const struct ahead *a)
{
	const struct ahead_name *n;
	unsigned int i, cnt = 0;

	for (i = 0; i < AHEAD_BUCKETS; i++)
		for (n = a->bucket[i]; n != NULL; n = n->next)
			cnt++;
	assert_int_equal(cnt, a->name_cnt);
	return cnt;
}

static struct ahead *
begin(unsigned int i)
{
	struct ahead *a = ahead_begin(fs.ahead, &dir[i], &who);

	assert_non_null(a);
	assert_ptr_equal(dir[i].ahead, a);
	return a;
}

static void
test_names(void **state)
{
	struct ahead *a = begin(0);
	struct ahead_name *n;
	char name[MSG_NAME_MAX];
	unsigned int i;
	int fd;

	(void)state;
	assert_true(cred_equal(&a->cred, &who));
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		assert_int_equal(add(a, name, i < 20), 0);
	}
	memset(name, 'x', 255);
	name[255] = '\0';
	assert_int_equal(add(a, name, 0), 0);
	assert_non_null(ahead_find(a, name));
	assert_int_equal(count(a), 1001);
	assert_int_equal(fs.fd_open, 120);
	assert_int_equal(budget, 880);
	n = ahead_find(a, "name7");
	assert_non_null(n);
	assert_int_equal(n->seal_len, 5);
	assert_memory_equal(ahead_seal(n), "SEALS", 5);
	fd = ahead_take(fs.ahead, a, n);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	close(fd);
	assert_int_equal(n->fd, -1);
	assert_int_equal(fs.fd_open, 119);
	assert_int_equal(budget, 881);
	n = ahead_find(a, "name700");
	assert_non_null(n);
	assert_int_equal(n->fd, -1);
	assert_int_equal(n->seal_len, 0);
	assert_null(ahead_find(a, "name1000"));
	assert_null(ahead_find(a, "name"));
	assert_null(ahead_find(a, "NAME7"));
	assert_null(ahead_find(a, ""));
	ahead_forget(fs.ahead, &dir[0]);
	assert_null(dir[0].ahead);
	assert_int_equal(closed, 19);
	assert_int_equal(left, 1);
	ahead_forget(fs.ahead, &dir[0]);
	assert_int_equal(left, 1);
}

/* Who it is, and nothing that may have changed since. */
static void
test_who(void **state)
{
	struct ahead *a = begin(0);
	struct msg_attr attr, want = seen;

	(void)state;
	assert_int_equal(add(a, "x", 1), 0);
	memset(&attr, 0xff, sizeof(attr));
	ahead_who(ahead_find(a, "x"), &attr);
	want.size = 0;
	assert_memory_equal(&attr, &want, sizeof(want));
}

/* What is missing is only known of all, and of plain letters. */
static void
test_none(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	assert_int_equal(add(a, "Makefile", 0), 0);
	assert_int_equal(ahead_none(a, "other"), 0);
	a->whole = 1;
	assert_int_equal(ahead_none(a, "other"), 1);
	assert_int_equal(ahead_none(a, "Makefile"), 0);
	assert_int_equal(ahead_none(a, "makefile"), 0);
	assert_int_equal(ahead_none(a, "MAKEFILE"), 0);
	assert_int_equal(ahead_none(a, "Makefile2"), 1);
	assert_int_equal(ahead_none(a, "\xc3\xa9"), 0);
	assert_int_equal(ahead_none(a, "other\xc3"), 0);
}

/* Names of one bucket are not the same, be they as long or not. */
static void
test_none_bucket(void **state)
{
	struct ahead *a = begin(0);
	char name[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * AHEAD_BUCKETS; i++) {
		snprintf(name, sizeof(name), "p%u", 1000 + i);
		assert_int_equal(add(a, name, 0), 0);
	}
	a->whole = 1;
	for (i = 0; i < 2 * AHEAD_BUCKETS; i++) {
		snprintf(name, sizeof(name), "q%u", 1000 + i);
		assert_int_equal(ahead_none(a, name), 1);
		snprintf(name, sizeof(name), "p%u", 10000 + i);
		assert_int_equal(ahead_none(a, name), 1);
		assert_null(ahead_find(a, name));
		snprintf(name, sizeof(name), "P%u", 1000 + i);
		assert_int_equal(ahead_none(a, name), 0);
		assert_null(ahead_find(a, name));
	}
}

/* ... and no more of what came, whoever writes it how. */
static void
test_none_news(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	a->whole = 1;
	ahead_news(fs.ahead, a, "Come", 0);
	assert_int_equal(ahead_none(a, "Come"), 0);
	assert_int_equal(ahead_none(a, "come"), 0);
	assert_int_equal(ahead_none(a, "other"), 1);
	ahead_news(fs.ahead, a, "Come", 1);
	assert_int_equal(ahead_none(a, "Come"), 1);
	ahead_news(fs.ahead, a, "never", 1);
	assert_int_equal(ahead_none(a, "never"), 1);
	dir[0].ahead_asked = 1;
	ahead_news(fs.ahead, a, "never", 1);
	assert_int_equal(ahead_none(a, "never"), 0);
	assert_int_equal(ahead_none(a, "NEVER"), 0);
	assert_int_equal(ahead_none(a, "other"), 1);
}

/* A name that is there already, in each state that it may have. */
static void
test_add_again(void **state)
{
	struct ahead *a = begin(0);
	struct ahead_name *n;
	int fd;

	(void)state;
	assert_int_equal(add(a, "bare", 0), 0);
	assert_int_equal(add(a, "bare", 0), 0);
	assert_int_equal(fs.fd_open, 100);
	assert_int_equal(add(a, "bare", 1), 0);
	n = ahead_find(a, "bare");
	assert_int_not_equal(n->fd, -1);
	assert_memory_equal(ahead_seal(n), "SEALS", 5);
	assert_int_equal(n->ino, 33);
	/* What it stands for is known. */
	fd = n->fd;
	assert_int_equal(add(a, "bare", 1), 0);
	assert_int_equal(add(a, "bare", 0), 0);
	assert_ptr_equal(ahead_find(a, "bare"), n);
	assert_int_equal(n->fd, fd);
	assert_int_equal(fs.fd_open, 101);
	/* It was asked for. */
	close(ahead_take(fs.ahead, a, n));
	n->nodeid = 99;
	assert_int_equal(add(a, "bare", 1), 0);
	assert_int_equal(n->fd, -1);
	assert_true(n->nodeid == 99);
	/* It has changed since the worker was asked. */
	ahead_news(fs.ahead, a, "bare", 0);
	assert_int_equal(add(a, "bare", 1), 0);
	assert_int_equal(n->fd, -1);
	assert_true(n->nodeid == 0);
	assert_int_equal(n->lost, 1);
	assert_int_equal(count(a), 1);
	assert_int_equal(closed, 0);
	assert_int_equal(fs.fd_open, 100);
}

/* Lengths that do not fit are a lie. */
static void
test_add_long(void **state)
{
	struct ahead *a = begin(0);
	struct msg_dirent d = {.seal_len = UINT8_MAX};
	char record[600];
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	memset(record, 'r', sizeof(record));
	d.seal_len = UINT8_MAX + 1;
	assert_int_equal(ahead_add(fs.ahead, a, record + 256, 9, &d, &fd), EIO);
	d.seal_len = 0;
	assert_int_equal(ahead_add(fs.ahead, a, record, 256, &d, &fd), EIO);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(count(a), 0);
	d.seal_len = UINT8_MAX;
	assert_int_equal(ahead_add(fs.ahead, a, record + 255, 255, &d, &fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(count(a), 1);
	assert_int_equal(a->fd_cnt, 1);
	/* Without a descriptor there is no seal. */
	d.seal_len = UINT8_MAX + 1;
	assert_int_equal(ahead_add(fs.ahead, a, record, 9, &d, &fd), 0);
	assert_int_equal(count(a), 2);
}

enum { ABSENT,
	BARE,
	WITH,
	NODE,
	LOST };

/* What news make of a name, by what was known of it. */
static const struct {
	int was, gone, asked;
	int there; /* afterwards, and then lost */
	unsigned int closed;
} news[] = {
    {ABSENT, 0, 0, 1, 0},
    {ABSENT, 0, 1, 1, 0},
    {ABSENT, 1, 0, 0, 0},
    {ABSENT, 1, 1, 1, 0},
    {BARE, 0, 0, 1, 0},
    {BARE, 0, 1, 1, 0},
    {BARE, 1, 0, 0, 0},
    {BARE, 1, 1, 1, 0},
    {WITH, 0, 0, 1, 1},
    {WITH, 0, 1, 1, 1},
    {WITH, 1, 0, 0, 1},
    {WITH, 1, 1, 1, 1},
    {NODE, 0, 0, 1, 0},
    {NODE, 0, 1, 1, 0},
    {NODE, 1, 0, 0, 0},
    {NODE, 1, 1, 1, 0},
    {LOST, 0, 0, 1, 0},
    {LOST, 0, 1, 1, 0},
    {LOST, 1, 0, 0, 0},
    {LOST, 1, 1, 1, 0},
};

/* "name", in that state, among others of the same bucket. */
static void
make(struct ahead *a, int was)
{
	struct ahead_name *n;

	assert_int_equal(add(a, "NAME", 1), 0);
	if (was != ABSENT)
		assert_int_equal(add(a, "name", was == WITH || was == NODE), 0);
	assert_int_equal(add(a, "Name", 1), 0);
	if (was == NODE) {
		n = ahead_find(a, "name");
		close(ahead_take(fs.ahead, a, n));
		n->nodeid = 99;
	} else if (was == LOST)
		ahead_news(fs.ahead, a, "name", 0);
}

static void
test_news(void **state)
{
	const struct ahead_name *n;
	struct ahead *a;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
		a = begin(0);
		dir[0].ahead_asked = 0;
		make(a, news[i].was);
		dir[0].ahead_asked = news[i].asked != 0;
		closed = 0;
		ahead_news(fs.ahead, a, "name", news[i].gone);
		assert_int_equal(closed, news[i].closed);
		n = ahead_find(a, "name");
		assert_int_equal(n != NULL, news[i].there);
		if (n != NULL) {
			assert_int_equal(n->lost, 1);
			assert_int_equal(n->fd, -1);
			assert_true(n->nodeid == 0);
		}
		assert_int_equal(count(a), 2u + (n != NULL));
		assert_int_equal(fs.fd_open, 102);
		assert_int_equal(budget, 898);
		assert_int_equal(ahead_find(a, "NAME")->lost, 0);
		assert_int_not_equal(ahead_find(a, "Name")->fd, -1);
	}
}

/* A worker that was asked before must not bring back what has gone. */
static void
test_news_old(void **state)
{
	struct ahead *a = begin(0);

	(void)state;
	dir[0].ahead_asked = 1;
	ahead_news(fs.ahead, a, "gone", 1);
	assert_int_equal(add(a, "gone", 1), 0);
	assert_int_equal(ahead_find(a, "gone")->lost, 1);
	assert_int_equal(ahead_find(a, "gone")->fd, -1);
	/* Who is asked after it sees what is so. */
	dir[0].ahead_asked = 0;
	ahead_news(fs.ahead, a, "gone", 1);
	assert_null(ahead_find(a, "gone"));
	assert_int_equal(add(a, "gone", 1), 0);
	assert_int_equal(ahead_find(a, "gone")->lost, 0);
	assert_int_not_equal(ahead_find(a, "gone")->fd, -1);
}

/* Names of one bucket: whichever goes, the others stay. */
static void
test_news_bucket(void **state)
{
	static const char *const names[] = {"abc", "abC", "aBc", "ABC"};
	struct ahead *a;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		a = begin(0);
		for (k = 0; k < 4; k++)
			assert_int_equal(add(a, names[k], 0), 0);
		ahead_news(fs.ahead, a, names[i], 1);
		assert_int_equal(count(a), 3);
		for (k = 0; k < 4; k++)
			assert_int_equal(ahead_find(a, names[k]) == NULL,
			    k == i);
	}
}

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
	assert_true(evtimer_pending(fs.ahead->ev, NULL));
	ahead_late(-1, 0, fs.ahead);
	ahead_used(fs.ahead, a);
	ahead_late(-1, 0, fs.ahead);
	assert_non_null(dir[0].ahead);
	assert_null(dir[1].ahead);
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

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_names),
	    UNIT(test_who),
	    UNIT(test_none),
	    UNIT(test_none_bucket),
	    UNIT(test_none_news),
	    UNIT(test_add_again),
	    UNIT(test_add_long),
	    UNIT(test_news),
	    UNIT(test_news_old),
	    UNIT(test_news_bucket),
	    UNIT(test_news_full),
	    UNIT(test_no_memory),
	    UNIT(test_room),
	    UNIT(test_room_names),
	    UNIT(test_room_dirs),
	    UNIT(test_fds_max),
	    UNIT(test_learn),
	    UNIT(test_late),
	    UNIT(test_begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
