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

#ifndef VIOFSD_UNIT_AHEADENV_H
#define VIOFSD_UNIT_AHEADENV_H

/*
 * Knows: what stands for workers, nodes and the watch while the real
 * op_ahead.c is at work; and questions and answers.
 * Never: a case.  Each program includes it once; it is all static.
 */

#include <sys/vfs.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/ahead.h"

static int fake_fstatfs(int fd, struct statfs *st);
static int fake_space(struct ahead_table *t, unsigned int cnt, int fds);
static int fake_room(const struct ahead_table *t, unsigned int cnt);
static int fake_in_use(const struct ahead_table *t, const struct ahead *a);
static struct ahead *fake_begin(struct ahead_table *t, struct node *n,
    const struct cred *cred);
static int fake_add(struct ahead_table *t, struct ahead *a, const char *name,
    size_t len, const struct msg_dirent *d, int *fd);

#define fstatfs fake_fstatfs
#define ahead_space fake_space
#define ahead_room fake_room
#define ahead_in_use fake_in_use
#define ahead_begin fake_begin
#define ahead_add fake_add
#include "transport/op_ahead.c"
#include "transport/op_known.c"
#undef fstatfs
#undef ahead_space
#undef ahead_room
#undef ahead_in_use
#undef ahead_begin
#undef ahead_add
#include "transport/reap.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UID 5	/* of who asks, mostly */
#define FOUND 3	/* the node that looked() tells the guest of */
#define WD 11	/* of the directory, as a worker says */
#define ASKED 99 /* what spare_now() says */
#define SINCE 7 /* what watch_ask() returns */

static struct fs fs;
static struct event_base *base; /* these two: once */
static struct ahead_table *table;
static struct node dir, seen, child = {.idx = 7, .gen = 2, .fd = -1};
static struct req *req;
static uint32_t uid, class;
static int64_t now;
static unsigned int asked, freed, waiting, entered;
static unsigned int spares;
static int may_open;
static int reply_err, get_none, enter_err, route_err, attr_err;
static int no_room, spaced, space, space_takes, in_use, no_begin, add_err;
static unsigned int add_left; /* names before add_err */
static struct fuse_entry_out reply;
static unsigned long magic; /* of the filesystem, or 0: it does not say */

/* The watch, and what it was asked. */
static struct {
	unsigned int asks, ends, told, joins, leaves, reads;
	int told_err, join_err;
	void (*news)(void); /* at the next reading */
} w;

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
	assert_int_equal(len, sizeof(reply));
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
	cred_set(c, class, uid, uid);
	return route_err;
}

unsigned int
wlink_waiting(struct wlink *l, const struct cred *cred)
{
	(void)l;
	assert_int_equal(cred->uid, uid);
	return waiting;
}

void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	assert_int_equal(type, Q_AHEAD);
	assert_int_equal(flags, ASK_FINAL);
	assert_int_equal(r->call.lazy, 1);
	assert_int_equal(dir.ahead_asked, 1);
	cred_set(&r->call.cred, class, uid, uid);
	r->call.done = done;
	asked++;
}

int
ask_attr(int fd, const struct msg_attr *said, struct msg_attr *attr)
{
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	*attr = *said;
	attr->mode = S_IFREG | 0640;
	return attr_err;
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
	if (nodeid == node_id(&dir))
		return &dir;
	if (nodeid == FOUND)
		return &seen;
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
	assert_int_equal(f->kept, 0);
	entered++;
	if (enter_err != 0) {
		fd_close(&f->fd);
		return enter_err;
	}
	fd_close(&child.fd);
	child.fd = f->fd;
	child.mode = f->attr->mode;
	*n = &child;
	return 0;
}

int
spare_may(const struct fs *f, const struct node *n, const struct cred *c)
{
	assert_ptr_equal(f, &fs);
	assert_ptr_equal(n, &dir);
	assert_int_equal(c->uid, uid);
	return may_open;
}

void
spare_now(struct spare_when *when)
{
	when->real = when->mono = now;
}

int
spare_look(const struct node *n)
{
	return n->fd;
}

void
spare_put(struct spare_set *s, struct node *n, int *fd,
    const struct spare_who *who, const struct spare_when *when)
{
	assert_ptr_equal(s, fs.spares);
	assert_ptr_equal(n, &child);
	assert_int_equal(who->class, CRED_USER);
	assert_int_equal(who->uid, UID);
	assert_int_equal(who->gid, UID);
	assert_true(when->real == ASKED && when->mono == ASKED);
	assert_int_not_equal(fcntl(*fd, F_GETFD), -1);
	spares++;
	fd_close(fd);
}

void
reap_close(struct fs *f, int *fd)
{
	(void)f;
	fd_close(fd);
}

uint64_t
watch_ask(struct watch *watch)
{
	assert_ptr_equal(watch, fs.watch);
	w.asks++;
	return SINCE;
}

void
watch_ask_end(struct watch *watch)
{
	assert_ptr_equal(watch, fs.watch);
	w.ends++;
	assert_true(w.ends <= w.asks);
}

int
watch_join(struct watch *watch, int32_t wd, struct ahead *a, uint64_t since)
{
	assert_ptr_equal(watch, fs.watch);
	/* While the number may not be removed. */
	assert_int_equal(w.asks, w.ends + 1);
	if (wd < 1)
		return EIO;
	if (a == NULL) {
		w.told++;
		return w.told_err;
	}
	assert_true(since == SINCE);
	assert_null(a->watched);
	assert_int_equal(a->names.cnt, 0);
	w.joins++;
	if (w.join_err == 0)
		a->watched = (struct watch_dir *)(uintptr_t)wd;
	return w.join_err;
}

int
watch_is(const struct ahead *a, int32_t wd)
{
	return (uintptr_t)a->watched == (uintptr_t)wd;
}

void
watch_leave(struct watch *watch, struct ahead *a)
{
	assert_ptr_equal(watch, fs.watch);
	w.leaves += a->watched != NULL;
	a->watched = NULL;
}

void
watch_read(struct watch *watch)
{
	void (*news)(void) = w.news;

	assert_ptr_equal(watch, fs.watch);
	w.reads++;
	w.news = NULL;
	if (news != NULL)
		news();
}

static int
fake_fstatfs(int fd, struct statfs *st)
{
	assert_int_equal(fd, dir.fd);
	memset(st, 0, sizeof(*st));
	st->f_type = (__fsword_t)magic;
	return magic == 0 ? -1 : 0;
}

static int
fake_space(struct ahead_table *t, unsigned int cnt, int fds)
{
	assert_ptr_equal(t, fs.ahead);
	assert_true(cnt <= (fds ? MSG_AHEAD_MAX : MSG_AHEAD_NAMES));
	spaced = fds;
	if (space_takes)
		ahead_forget(t, &dir);
	return space;
}

static int
fake_room(const struct ahead_table *t, unsigned int cnt)
{
	assert_ptr_equal(t, fs.ahead);
	assert_int_equal(cnt, MSG_AHEAD_MAX);
	return !no_room;
}

static int
fake_in_use(const struct ahead_table *t, const struct ahead *a)
{
	assert_ptr_equal(t, fs.ahead);
	assert_ptr_equal(a, dir.ahead);
	return in_use;
}

static struct ahead *
fake_begin(struct ahead_table *t, struct node *n, const struct cred *cred)
{
	return no_begin ? NULL : ahead_begin(t, n, cred);
}

static int
fake_add(struct ahead_table *t, struct ahead *a, const char *name,
    size_t len, const struct msg_dirent *d, int *fd)
{
	if (add_err != 0 && add_left-- == 0)
		return add_err;
	return ahead_add(t, a, name, len, d, fd);
}

static int
setup(void **state)
{
	(void)state;
	child.nlookup = 0;
	memset(&fs, 0, sizeof(fs));
	memset(&dir, 0, sizeof(dir));
	memset(&seen, 0, sizeof(seen));
	dir.idx = 70;
	memset(&w, 0, sizeof(w));
	if (base == NULL)
		base = event_base_new();
	fs.base = base;
	if (table == NULL)
		table = ahead_table_new(&fs, 1000);
	fs.ahead = table;
	fs.watch = (struct watch *)(void *)&w;
	fs.fd_total = 10000;
	/* Not the share's own. */
	fs.dev_major = 8;
	fs.dev_minor = 1;
	magic = EXT4_SUPER_MAGIC;
	dir.fd = open("/", O_PATH | O_DIRECTORY);
	dir.nlookup = 1;
	uid = UID;
	class = CRED_USER;
	now = ASKED;
	asked = freed = waiting = entered = add_left = 0;
	get_none = enter_err = route_err = attr_err = 0;
	no_begin = add_err = space_takes = no_room = 0;
	spares = 0;
	may_open = 1;
	space = in_use = 1;
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
	assert_int_equal(w.joins == 0 || w.join_err != 0, w.leaves == 0);
	fdbag_close(&ans.m.fds);
	fd_close(&dir.fd);
	fd_close(&child.fd);
	free(req);
	return 0;
}

/* A LOOKUP that the worker had to answer. */
static void
looked(int err)
{
	static const struct fuse_entry_out found = {.nodeid = FOUND};
	unsigned int had = asked, gone = freed;

	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->node[0] = &dir;
	reply_err = -1;
	op_ahead_reply(req, err, err == 0 ? &found : NULL);
	/* Answered in any case, and either asks on or ends. */
	assert_int_equal(reply_err, err);
	assert_int_equal(asked - had + freed - gone, 1);
}

static int
lookup(const char *name)
{
	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->node[0] = &dir;
	reply_err = -1;
	return op_known_lookup(req, name);
}

/* The answer to come, without names yet. */
static void
answer(uint64_t next, int end)
{
	fdbag_close(&ans.m.fds);
	memset(&ans.a, 0, sizeof(ans.a));
	ans.a.wd = req->call.q.ahead.off == 0 ? WD : 0;
	ans.a.next = next;
	ans.a.end = (uint32_t)end;
	ans.m.body = &ans.a;
	ans.m.tail = ans.tail.bytes;
	ans.m.tail_len = ans.used = 0;
}

static struct msg_dirent *
name_record(const char *s, struct msg_dirent d)
{
	uint8_t *at = ans.tail.bytes + ans.used;

	d.name_len = (uint16_t)strlen(s);
	d.rec_len = (uint16_t)((sizeof(d) + d.seal_len + d.name_len + 7) &
	    ~7u);
	memcpy(at, &d, sizeof(d));
	memcpy(at + sizeof(d), "SEAL", d.seal_len);
	memcpy(at + sizeof(d) + d.seal_len, s, d.name_len);
	ans.used += d.rec_len;
	ans.m.tail_len = ans.used;
	ans.a.entry_cnt++;
	return (struct msg_dirent *)(void *)at;
}

static void
name(const char *s, int with)
{
	const struct msg_dirent d = {.flags = with ? MSG_DIRENT_NODE : 0,
	    .seal_len = with ? 4 : 0,
	    .attr.ino = 9};

	name_record(s, d);
	if (with)
		assert_int_equal(fdbag_put(&ans.m.fds,
				     open("/dev/null", O_PATH)),
		    0);
}

/* The one that was just added is open, with or without its seal. */
static inline void
name_open(int sealed)
{
	struct msg_dirent *d = (struct msg_dirent *)(void *)ans.tail.bytes;

	assert_int_equal(ans.a.entry_cnt, 1);
	d->flags |= MSG_DIRENT_OPEN;
	if (!sealed)
		d->seal_len = 0;
}

/* It comes: nothing is out any more, whatever it is. */
static void
done(int err)
{
	unsigned int had = freed;

	assert_int_equal(dir.ahead_asked, 1);
	op_ahead_done(req, err, err == 0 ? &ans.m : NULL);
	assert_int_equal(dir.ahead_asked, 0);
	assert_int_equal(freed, had + 1);
	assert_int_equal(w.asks, w.ends);
	asked = 0;
}

/* Names are asked for, or nodes. */
static inline void
want_names(void)
{
	assert_int_equal(asked, 0);
	while (asked == 0 && dir.ahead_looks < 4000)
		looked(ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags, 0);
}

static void
want_nodes(void)
{
	assert_int_equal(asked, 0);
	while (asked == 0 && dir.ahead_looks < 4000)
		looked(0);
	assert_int_equal(asked, 1);
	assert_int_equal(req->call.q.ahead.flags, MSG_AHEAD_NODES);
}

static void
is_missing(const char *s)
{
	assert_int_equal(lookup(s), 1);
	assert_int_equal(reply_err, ENOENT);
}

static void
is_found(const char *s)
{
	assert_int_equal(lookup(s), 1);
	assert_int_equal(reply_err, 0);
	assert_true(reply.nodeid == node_id(&child));
	assert_int_equal(reply.attr.mode, S_IFREG | 0640);
}

/* More of both, and nobody is asked. */
static inline void
many(void)
{
	unsigned int i;

	for (i = 0; i < 50; i++)
		looked(i % 2 ? 0 : ENOENT);
	assert_int_equal(asked, 0);
}

#endif
