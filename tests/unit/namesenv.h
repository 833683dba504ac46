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

#ifndef VIOFSD_UNIT_NAMESENV_H
#define VIOFSD_UNIT_NAMESENV_H

/*
 * Knows: what stands for nodes, the watch and a lack of memory while the real
 * ahead.c is at work.
 * Never: a case.  Each program includes it once; it is all static.
 */

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
#include "transport/ahead_name.c"
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
	assert_int_equal(fs.ahead->attr_cnt, 0);
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

	for (i = 0; i < a->names.bucket_cnt; i++)
		for (n = a->names.bucket[i]; n != NULL; n = n->next)
			cnt++;
	assert_int_equal(cnt, a->names.cnt);
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

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
