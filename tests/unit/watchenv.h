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

#ifndef VIOFSD_UNIT_WATCHENV_H
#define VIOFSD_UNIT_WATCHENV_H

/*
 * Knows: directories of a scratch directory that are watched by the real
 * watch.c, for the real ahead.c; what is heard of them.
 * Never: a case.
 */

#include <sys/inotify.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/fdbag.h"
#include "transport/ahead.h"
#include "transport/fs.h"
#include "transport/node.h"
#include "transport/reap.h"

static void *fake_calloc(size_t cnt, size_t len);
static int fake_init(int flags);
static ssize_t fake_read(int fd, void *buf, size_t len);
static void fake_news(struct ahead_table *t, struct ahead *a, const char *name,
    int gone);
static void fake_touched(struct ahead_table *t, struct ahead *a,
    const char *name);

#define calloc fake_calloc
#define inotify_init1 fake_init
#define read fake_read
#define ahead_news fake_news
#define ahead_touched fake_touched
#include "transport/watch.c"
#undef calloc
#undef inotify_init1
#undef read
#undef ahead_news
#undef ahead_touched

#define DIRS 3
#define NEWS_MAX 1024

static struct fs fs;
static struct event_base *base; /* these two: once */
static struct ahead_table *table;
static struct watch *w;
static struct node dir[DIRS];
static const struct cred who = {.class = CRED_USER, .uid = 7, .gid = 8};
static char path[128];
static int top; /* the directory of that path */
static int no_memory, init_err;
static unsigned int reads;
static ssize_t (*read_as)(void *buf, size_t len);
static struct {
	struct ahead *a;
	int gone;
	char name[32];
} news[NEWS_MAX];
static unsigned int news_cnt, news_next;
static unsigned int touched_cnt;
static char touched[32];
static struct ahead *no_room; /* is forgotten when it hears of something */

static void *
fake_calloc(size_t cnt, size_t len)
{
	return no_memory ? NULL : calloc(cnt, len);
}

static int
fake_init(int flags)
{
	errno = init_err;
	return init_err != 0 ? -1 : inotify_init1(flags);
}

static ssize_t
fake_read(int fd, void *buf, size_t len)
{
	reads++;
	return read_as != NULL ? read_as(buf, len) : read(fd, buf, len);
}

static void
fake_touched(struct ahead_table *t, struct ahead *a, const char *name)
{
	assert_ptr_equal(t, fs.ahead);
	assert_ptr_equal(a->dir->ahead, a);
	snprintf(touched, sizeof(touched), "%s", name);
	touched_cnt++;
	ahead_touched(t, a, name);
}

static void
fake_news(struct ahead_table *t, struct ahead *a, const char *name, int gone)
{
	struct watch_dir *d;

	assert_ptr_equal(t, fs.ahead);
	assert_ptr_equal(a->dir->ahead, a);
	assert_true(news_cnt < NEWS_MAX);
	news[news_cnt].a = a;
	news[news_cnt].gone = gone;
	snprintf(news[news_cnt].name, sizeof(news[0].name), "%s", name);
	news_cnt++;
	if (a != no_room) {
		ahead_news(t, a, name, gone);
		return;
	}
	/* More of it may be to come. */
	d = a->watched;
	ahead_forget(t, a->dir);
	assert_ptr_equal(watch_find(w, d->wd), d);
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	(void)fd_max;
}

void
reap_close(struct fs *f, int *fd)
{
	(void)f;
	fd_close(fd);
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	unsigned int i;

	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(dir, 0, sizeof(dir));
	for (i = 0; i < DIRS; i++)
		dir[i].ahead_looks = dir[i].ahead_found = 9;
	no_memory = init_err = 0;
	news_cnt = news_next = reads = touched_cnt = 0;
	read_as = NULL;
	no_room = NULL;
	if (base == NULL)
		base = event_base_new();
	fs.base = base;
	fs.fd_total = 100;
	if (table == NULL)
		table = ahead_table_new(&fs, 10);
	fs.ahead = table;
	fs.watch = w = watch_new(&fs);
	snprintf(path, sizeof(path), "%s/viofsd-unit.XXXXXX",
	    tmp != NULL ? tmp : "/dev/shm");
	if (mkdtemp(path) == NULL)
		return -1;
	top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return top == -1 || fs.ahead == NULL || w == NULL ? -1 : 0;
}

static int
remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	no_memory = 0;
	read_as = NULL;
	ahead_forget_all(fs.ahead);
	close(top);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(w->asked, 0);
	assert_int_equal(w->reading, 0);
	/* Nobody listens, and so nothing is kept. */
	assert_int_equal(w->idle_cnt, 0);
	assert_true(TAILQ_EMPTY(&w->idle));
	for (i = 0; i < WATCH_BUCKETS; i++)
		assert_true(LIST_EMPTY(&w->dir[i]));
	close(w->fd);
	free(w);
	return 0;
}

/* As a worker does. */
static int32_t
add(const char *name)
{
	char full[256];
	int32_t wd;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	if (name[0] != '.')
		assert_int_equal(mkdirat(top, name, 0700), 0);
	wd = inotify_add_watch(watch_fd(w), full, MSG_WATCH_MASK);
	assert_true(wd > 0);
	return wd;
}

/* How often wd is in the kernel's list of the instance; for 0, how many are. */
static unsigned int
watched(int32_t wd)
{
	unsigned int cnt = 0, is;
	char name[64], line[256];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", w->fd);
	f = fopen(name, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "inotify wd:%x ", &is) == 1)
			cnt += wd == 0 || is == (unsigned int)wd;
	fclose(f);
	return cnt;
}

/* dir[i] hears of wd, if the answer to a question of then is in time. */
static int
join(unsigned int i, int32_t wd, uint64_t since)
{
	struct ahead *a = ahead_begin(fs.ahead, &dir[i], &who);
	int err;

	assert_non_null(a);
	assert_int_equal(watch_join(w, wd, NULL, 0), 0);
	assert_int_equal(watch_is(a, wd), 0);
	err = watch_join(w, wd, a, since);
	assert_int_equal(watch_is(a, wd), err == 0);
	if (err != 0)
		ahead_forget(fs.ahead, &dir[i]);
	else
		a->whole = 1;
	return err;
}

/* From question to answer. */
static int32_t
join_new(unsigned int i, const char *name)
{
	uint64_t since = watch_ask(w);
	int32_t wd = add(name);

	assert_int_equal(join(i, wd, since), 0);
	watch_ask_end(w);
	assert_int_equal(watched(wd), 1);
	return wd;
}

static void
touch(const char *name)
{
	int fd = openat(top, name, O_WRONLY | O_CREAT, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
}

/* The next news are these, of dir[i]. */
static void
heard(unsigned int i, int gone, const char *name)
{
	assert_true(news_next < news_cnt);
	assert_ptr_equal(news[news_next].a, dir[i].ahead);
	assert_int_equal(news[news_next].gone, gone);
	assert_string_equal(news[news_next].name, name);
	news_next++;
}

static void
heard_all(void)
{
	assert_int_equal(news_next, news_cnt);
}

/* An event that no directory had. */
static void
event(int32_t wd, uint32_t mask, const char *name)
{
	union {
		struct inotify_event e;
		char bytes[sizeof(struct inotify_event) + 32];
	} buf;

	memset(&buf, 0, sizeof(buf));
	buf.e.wd = wd;
	buf.e.mask = mask;
	if (name != NULL) {
		buf.e.len = 16;
		snprintf(buf.bytes + sizeof(buf.e), 16, "%s", name);
	}
	w->reading = 1;
	watch_event(w, &buf.e);
	w->reading = 0;
	watch_sweep(w);
}

#endif
