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
 * Knows: what is left of what is remembered of a directory when names come
 * and go.
 * Never: a worker; the kernel's events; how much is remembered
 * (test_ahead_room.c).
 */

#include "config.h"

#include "namesenv.h"

#define NAMES 512

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
	for (i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "p%u", 1000 + i);
		assert_int_equal(add(a, name, 0), 0);
	}
	a->whole = 1;
	for (i = 0; i < NAMES; i++) {
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

/* The attributes of a file that has this name alone. */
static int
add_said(struct ahead *a, const char *name, uint32_t nlink, uint8_t flags)
{
	struct msg_dirent d = {.seal_len = 5, .attr = seen, .flags = flags};
	char record[300];
	int fd = -1;

	d.name_len = (uint16_t)strlen(name);
	d.attr.nlink = nlink;
	snprintf(record, sizeof(record), "SEALS%s", name);
	return ahead_add(fs.ahead, a, record + 5, d.name_len, &d, &fd);
}

static void
test_add_said(void **state)
{
	struct ahead *a = begin(0);
	struct ahead_name *n;
	struct msg_attr attr;

	(void)state;
	a->asked.mono = 77;
	assert_int_equal(add_said(a, "one", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(add_said(a, "two", 2, MSG_DIRENT_SEALED), 0);
	assert_int_equal(add_said(a, "name", 1, 0), 0);
	assert_int_equal(ahead_said(ahead_find(a, "two"), &attr), 0);
	assert_int_equal(ahead_said(ahead_find(a, "name"), &attr), 0);
	n = ahead_find(a, "one");
	assert_int_equal(ahead_said(n, &attr), 1);
	assert_int_equal(attr.size, 37);
	assert_memory_equal(ahead_seal(n), "SEALS", 5);
	assert_true(n->asked.mono == 77);
	assert_int_equal(fs.fd_open, 100);
	/* What is known now is better than a name, and newer than before. */
	a->asked.mono = 78;
	assert_int_equal(add_said(a, "name", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(ahead_said(ahead_find(a, "name"), &attr), 1);
	assert_int_equal(add_said(a, "one", 1, MSG_DIRENT_SEALED), 0);
	assert_true(ahead_find(a, "one")->asked.mono == 78);
	/* A descriptor knows more. */
	assert_int_equal(add(a, "one", 1), 0);
	n = ahead_find(a, "one");
	assert_int_not_equal(n->fd, -1);
	assert_int_equal(ahead_said(n, &attr), 0);
	assert_int_equal(add_said(a, "one", 1, MSG_DIRENT_SEALED), 0);
	assert_ptr_equal(ahead_find(a, "one"), n);
	assert_int_equal(count(a), 3);
}

/* Something about a file changes: what was said of it is out of date. */
static void
test_touched(void **state)
{
	struct ahead *a = begin(0);
	struct msg_attr attr;
	struct ahead_name *n;

	(void)state;
	assert_int_equal(add_said(a, "said", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(add_said(a, "other", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(add(a, "with", 1), 0);
	ahead_find(a, "said")->nodeid = 5;
	ahead_touched(fs.ahead, a, "said");
	ahead_touched(fs.ahead, a, "with");
	ahead_touched(fs.ahead, a, "never");
	n = ahead_find(a, "said");
	assert_int_equal(ahead_said(n, &attr), 0);
	assert_int_equal(n->lost, 0);
	assert_true(n->nodeid == 5);
	assert_int_not_equal(ahead_find(a, "with")->fd, -1);
	assert_int_equal(ahead_said(ahead_find(a, "other"), &attr), 1);
	assert_null(ahead_find(a, "never"));
	/* An answer that is on its way may be from before. */
	dir[0].ahead_asked = 1;
	ahead_touched(fs.ahead, a, "other");
	ahead_touched(fs.ahead, a, "with");
	ahead_touched(fs.ahead, a, "never");
	assert_int_equal(add_said(a, "other", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(add_said(a, "never", 1, MSG_DIRENT_SEALED), 0);
	assert_int_equal(ahead_said(ahead_find(a, "other"), &attr), 0);
	assert_int_equal(ahead_said(ahead_find(a, "never"), &attr), 0);
	assert_int_not_equal(ahead_find(a, "with")->fd, -1);
	assert_int_equal(count(a), 4);
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
	    UNIT(test_add_said),
	    UNIT(test_touched),
	    UNIT(test_add_long),
	    UNIT(test_news),
	    UNIT(test_news_old),
	    UNIT(test_news_bucket),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
