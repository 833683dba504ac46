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
 * Knows: when a directory is read ahead, and what a worker's answer to that
 * is good for.
 * Never: a worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/op_ahead.c"
#include "transport/reap.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct fs fs;
static struct node dir, child = { .idx = 7, .gen = 2, .fd = -1 };
static struct req *req;
static uint64_t asked_off;
static uint32_t uid;			/* of who asks */
static unsigned int asked, freed, waiting, entered;
static int reply_err, get_none, enter_err;
static struct fuse_entry_out reply;
static size_t reply_len;
static struct {
	struct chan_msg m;
	struct a_ahead a;
	union {
		uint64_t align;
		uint8_t bytes[65536];
	} tail;
	size_t used;
} ans;

void
req_reply(struct req *r, const void *body, size_t len)
{
	assert_ptr_equal(r, req);
	reply_err = 0;
	reply_len = len;
	assert_true(len <= sizeof(reply));
	memcpy(&reply, body, len);
}

void
req_reply_err(struct req *r, int err)
{
	assert_ptr_equal(r, req);
	reply_err = err;
}

void
req_free(struct req *r)
{
	assert_ptr_equal(r, req);
	freed++;
}

int
route_first(const struct req *r, int creates, struct cred *c)
{
	(void)r;
	assert_int_equal(creates, 0);
	cred_set(c, CRED_USER, uid, uid);
	return 0;
}

unsigned int
wlink_waiting(struct wlink *w, const struct cred *cred)
{
	(void)w;
	assert_int_equal(cred->uid, uid);
	return waiting;
}

void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	assert_int_equal(type, Q_AHEAD);
	assert_int_equal(flags, ASK_FINAL);
	cred_set(&r->call.cred, CRED_USER, uid, uid);
	r->call.done = done;
	asked_off = r->call.q.ahead.off;
	asked++;
}

int
ask_attr(int fd, const struct msg_attr *said, struct msg_attr *attr)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return errno;
	*attr = *said;
	attr->mode = S_IFREG | 0640;
	return 0;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

struct node *
node_get(struct node_table *t, uint64_t nodeid)
{
	(void)t;
	assert_true(nodeid == node_id(&child));
	return get_none ? NULL : &child;
}

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

void
node_again(struct node *n)
{
	n->nlookup++;
}

void
node_budget(struct node_table *t, unsigned int fd_max)
{
	(void)t;
	(void)fd_max;
}

int
node_enter(struct node_table *t, struct node_file *f, struct node **n)
{
	(void)t;
	assert_int_equal(f->seal_len, 4);
	assert_memory_equal(f->seal, "SEAL", 4);
	entered++;
	if (enter_err != 0) {
		fd_close(&f->fd);
		return enter_err;
	}
	child.fd = f->fd;
	*n = &child;
	return 0;
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
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(&dir, 0, sizeof(dir));
	fs.base = event_base_new();
	fs.ahead = ahead_table_new(&fs, 1000);
	fs.fd_total = 10000;
	/* A tmpfs: one of those whose times are trusted. */
	dir.fd = open("/dev/shm", O_PATH | O_DIRECTORY);
	dir.nlookup = 1;
	uid = 5;
	asked = freed = waiting = entered = 0;
	get_none = enter_err = 0;
	fdbag_init(&ans.m.fds);
	req = calloc(1, sizeof(*req));
	return dir.fd == -1 || fs.ahead == NULL || req == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ahead_forget_all(fs.ahead);
	assert_int_equal(fs.fd_open, 0);
	fdbag_close(&ans.m.fds);
	close(dir.fd);
	if (child.fd != -1)
		close(child.fd);
	child.fd = -1;
	free(req);
	return 0;
}

/* A LOOKUP that the worker had to answer. */
static void
looked(int err)
{
	static const struct fuse_entry_out found = { .nodeid = 3 };

	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->node[0] = &dir;
	op_ahead_reply(req, err, err == 0 ? &found : NULL);
}

static int
lookup(const char *name)
{
	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->node[0] = &dir;
	reply_err = -1;
	return op_ahead_lookup(req, name);
}

/* The answer to come: of the directory as it is, without names yet. */
static void
answer(uint64_t next, int end)
{
	struct stat st;

	assert_int_equal(fstat(dir.fd, &st), 0);
	fdbag_close(&ans.m.fds);
	memset(&ans.a, 0, sizeof(ans.a));
	ans.a.mtime = st.st_mtim.tv_sec;
	ans.a.mtime_nsec = (uint32_t)st.st_mtim.tv_nsec;
	ans.a.ctime = st.st_ctim.tv_sec;
	ans.a.ctime_nsec = (uint32_t)st.st_ctim.tv_nsec;
	ans.a.next = next;
	ans.a.end = (uint32_t)end;
	ans.m.body = &ans.a;
	ans.m.tail = ans.tail.bytes;
	ans.m.tail_len = ans.used = 0;
}

static void
name(const char *s, int with)
{
	uint8_t *at = ans.tail.bytes + ans.used;
	struct msg_dirent d = { .flags = with ? MSG_DIRENT_NODE : 0,
	    .seal_len = with ? 4 : 0, .attr.ino = 9 };

	d.name_len = (uint16_t)strlen(s);
	d.rec_len = (uint16_t)((sizeof(d) + d.seal_len + d.name_len + 7) &
	    ~7u);
	memcpy(at, &d, sizeof(d));
	memcpy(at + sizeof(d), "SEAL", d.seal_len);
	memcpy(at + sizeof(d) + d.seal_len, s, d.name_len);
	ans.used += d.rec_len;
	ans.m.tail_len = ans.used;
	ans.a.entry_cnt++;
	if (with)
		assert_int_equal(fdbag_put(&ans.m.fds,
		    open("/dev/null", O_PATH)), 0);
}

static void
ask_first(void)
{
	unsigned int i;

	for (i = 0; asked == 0 && i < 100; i++)
		looked(i % 2 ? ENOENT : 0);
	assert_int_equal(asked, 1);
}

static void
test_when(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < AHEAD_FIRST - 1; i++)
		looked(ENOENT);
	for (i = 0; i < 10; i++)
		looked(EACCES);
	assert_int_equal(asked, 0);
	assert_int_equal(freed, AHEAD_FIRST + 9);
	waiting = AHEAD_BESIDE + 1;
	looked(0);
	assert_int_equal(asked, 0);
	waiting = AHEAD_BESIDE;
	looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(reply.nodeid, 3);
	assert_int_equal(req->call.q.ahead.off, 0);
	assert_in_range(req->call.q.ahead.entry_max, AHEAD_LEAST,
	    MSG_AHEAD_MAX);
	/* One at a time. */
	looked(0);
	assert_int_equal(asked, 1);
}

static void
test_not(void **state)
{
	unsigned int i;

	(void)state;
	fs.conf.policy = MSG_POLICY_STRICT;
	for (i = 0; i < 50; i++)
		looked(0);
	fs.conf.policy = 0;
	op_ahead_changes(req, 0);
	fs.quitting = 1;
	for (i = 0; i < 50; i++)
		looked(0);
	fs.quitting = 0;
	/* Who makes files one after another looks each name up before. */
	for (i = 0; i < 50; i++) {
		op_ahead_changes(req, 0);
		looked(ENOENT);
	}
	dir.ahead_shift = 4;
	for (i = 0; i < 50; i++)
		looked(0);
	assert_int_equal(asked, 0);
	looked(0);
	for (i = 0; i < 20; i++)
		looked(0);
	assert_int_equal(asked, 1);
}

static void
test_answer(void **state)
{
	(void)state;
	ask_first();
	answer(77, 0);
	name(".", 0);
	name("known", 1);
	name("secret", 0);
	op_ahead_done(req, 0, &ans.m);
	assert_int_equal(dir.ahead_asked, 0);
	assert_int_equal(lookup("known"), 1);
	assert_int_equal(reply_err, 0);
	assert_int_equal(entered, 1);
	assert_int_equal(reply.attr.mode, S_IFREG | 0640);
	assert_true(reply.nodeid == node_id(&child));
	/* Again by its node, and not at all without one. */
	assert_int_equal(lookup("known"), 1);
	assert_int_equal(entered, 1);
	get_none = 1;
	assert_int_equal(lookup("known"), 0);
	assert_int_equal(lookup("secret"), 0);
	assert_int_equal(lookup("other"), 0);
	/* The rest of it. */
	while (asked == 1)
		looked(ENOENT);
	assert_int_equal(asked_off, 77);
	req->call.q.ahead.off = 77;
	answer(0, 1);
	op_ahead_done(req, 0, &ans.m);
	assert_int_equal(lookup("other"), 1);
	assert_int_equal(reply_err, ENOENT);
	fs.conf.negative.sec = 6;
	assert_int_equal(lookup("other"), 1);
	assert_int_equal(reply_err, 0);
	assert_int_equal(reply.nodeid, 0);
	assert_int_equal(reply.entry_valid, 6);
	uid = 6;
	assert_int_equal(lookup("other"), 0);
	/* Somebody else has to wait until nobody needs it. */
	asked = 0;
	looked(0);
	assert_int_equal(asked, 0);
	assert_non_null(dir.ahead);
	event_base_loopexit(fs.base, &(struct timeval){ 1, 100000 });
	event_base_dispatch(fs.base);
	looked(0);
	assert_int_equal(asked, 1);
	assert_null(dir.ahead);
}

/* Times that are not the directory's, or were of another part of it. */
static void
test_stale(void **state)
{
	(void)state;
	ask_first();
	answer(0, 1);
	ans.a.ctime_nsec ^= 1;
	op_ahead_done(req, 0, &ans.m);
	assert_non_null(dir.ahead);
	assert_int_equal(lookup("other"), 0);
	assert_null(dir.ahead);
	asked = 0;
	ask_first();
	answer(5, 0);
	op_ahead_done(req, 0, &ans.m);
	while (asked == 1)
		looked(ENOENT);
	assert_int_equal(asked_off, 5);
	answer(0, 1);
	ans.a.mtime_nsec ^= 1;
	op_ahead_done(req, 0, &ans.m);
	assert_null(dir.ahead);
	assert_int_equal(dir.ahead_looks, 0);
}

static void
test_refused(void **state)
{
	static const int errs[] = { EAGAIN, EACCES, ENOTSUP, EIO };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		dir.ahead_shift = 0;
		asked = 0;
		ask_first();
		op_ahead_done(req, errs[i], NULL);
		assert_int_equal(dir.ahead_asked, 0);
		assert_int_equal(dir.ahead_looks, 0);
		assert_null(dir.ahead);
		assert_int_equal(dir.ahead_shift,
		    errs[i] == EAGAIN ? 0 : errs[i] == EIO ? 1 :
		    AHEAD_SHIFT_MAX);
	}
}

/* A worker that lies costs its user no more than the truth would. */
static void
test_lies(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		dir.ahead_shift = 0;
		asked = 0;
		ask_first();
		answer(0, 1);
		name("known", 1);
		if (i == 0)
			ans.a.entry_cnt = 5;
		else if (i == 1)
			ans.tail.bytes[sizeof(struct msg_dirent) + 5] = '/';
		else if (i == 2)
			fdbag_close(&ans.m.fds);
		else
			enter_err = ENFILE;
		op_ahead_done(req, 0, &ans.m);
		if (i < 2)
			assert_null(dir.ahead);
		assert_int_equal(lookup("known"), 0);
		op_ahead_changes(req, 0);
	}
	/* The guest forgot it meanwhile. */
	asked = 0;
	ask_first();
	dir.nlookup = 0;
	answer(0, 1);
	op_ahead_done(req, 0, &ans.m);
	assert_null(dir.ahead);
}

#define UNIT(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_when),
		UNIT(test_not),
		UNIT(test_answer),
		UNIT(test_stale),
		UNIT(test_refused),
		UNIT(test_lies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
