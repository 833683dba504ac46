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
 * Knows: which directories are told whole, what is said of them, and what the
 * transport hears of them afterwards.
 * Never: the loop or the jail.
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <unistd.h>

#include "../../fsworker/serve.h"
#include "../../fsworker/attr.h"
#include "../../fsworker/w_list.h"

static int fake_ioctl(int fd, unsigned long cmd, void *arg);
static int fake_add(int fd, const char *path, uint32_t mask);
static int fake_attr(const struct a_whello *who, int fd, struct msg_attr *attr);
static int fake_list(struct serve_req *req, int fd, const struct q_ahead *q,
    struct a_ahead *a);
static off_t fake_lseek(int fd, off_t off, int whence);

/* What may be there, so that no compiler looks for what is not filled in. */
static int (*volatile fake)(int, unsigned long, void *) = fake_ioctl;

#define ioctl fake
#include "../../fsworker/w_ioctl.c"
#undef ioctl
#define inotify_add_watch fake_add
#define attr_get fake_attr
#define w_list_names fake_list
#define lseek fake_lseek
#include "../../fsworker/w_ahead.c"
#undef lseek
#undef w_list_names
#undef attr_get
#undef inotify_add_watch

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>

#include "wenv.h"

#define TEST_FILES 100
#define TEST_USER 1000

static struct wenv *env;
static int flags_err, flags_now;
static int events; /* the transport's end of the instance */
static uint64_t size_now;
static int size_err, add_err, list_err, seek_err;
static off_t sought;
static unsigned int add_cnt;
static uint32_t mask_now;
static void (*add_before)(void), (*add_after)(void);

static int
fake_ioctl(int fd, unsigned long cmd, void *arg)
{
	int *flags = arg;

	(void)fd;
	assert_int_equal(cmd, FS_IOC_GETFLAGS);
	*flags = flags_now;
	errno = flags_err;
	return flags_err == 0 ? 0 : -1;
}

static int
fake_add(int fd, const char *path, uint32_t mask)
{
	int wd;

	add_cnt++;
	assert_int_equal(mask, mask_now);
	if (add_err != 0) {
		errno = add_err;
		return -1;
	}
	if (add_before != NULL)
		add_before();
	wd = inotify_add_watch(fd, path, mask);
	if (add_after != NULL)
		add_after();
	return wd;
}

static int
fake_attr(const struct a_whello *who, int fd, struct msg_attr *attr)
{
	int err = attr_get(who, fd, attr);

	if (size_now != 0)
		attr->size = size_now;
	return size_err != 0 ? size_err : err;
}

/* It may fail in the middle. */
static int
fake_list(struct serve_req *req, int fd, const struct q_ahead *q,
    struct a_ahead *a)
{
	struct a_ahead b;
	int err;

	if (list_err == 0)
		return w_list_names(req, fd, q, a);
	err = w_list_names(req, fd, q, &b);
	req->tail_len = 0;
	return err != 0 ? err : list_err;
}

static off_t
fake_lseek(int fd, off_t off, int whence)
{
	sought = off;
	errno = seek_err;
	return seek_err != 0 ? -1 : lseek(fd, off, whence);
}

/* What the transport sends, with fd. */
static int
give(int fd, uint64_t zero)
{
	const struct n_watch n = {zero};
	struct chan_msg m;
	int err;

	fdbag_init(&m.fds);
	assert_int_equal(fdbag_put(&m.fds, dup(fd)), 0);
	m.body = (const void *)&n;
	err = w_ahead_watch(&m);
	fdbag_close(&m.fds);
	return err;
}

static int
setup(void **state)
{
	flags_err = flags_now = 0;
	size_now = 0;
	size_err = add_err = list_err = seek_err = 0;
	add_before = add_after = NULL;
	add_cnt = 0;
	mask_now = MSG_WATCH_MASK;
	w_ahead_fd = -1;
	/* It has numbers of its own, which must not be this one. */
	if (wenv_setup(state) != 0)
		return -1;
	events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (events == -1)
		return -1;
	env = *state;
	return give(events, 0);
}

static int
teardown(void **state)
{
	fd_close(&w_ahead_fd);
	close(events);
	return wenv_teardown(state);
}

static void
files(struct wenv *e)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < TEST_FILES; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		wenv_file(e, name, "x");
	}
}

static int
ask(struct wenv *e, int fd, uint64_t off, uint32_t max, struct a_ahead *a)
{
	struct q_ahead q = {.off = off, .entry_max = max};

	memset(a, 0, sizeof(*a));
	return on_ahead(wenv_req(e, fd, -1), &q, a);
}

static int
ask_nodes(struct wenv *e, int fd, uint64_t off, uint32_t max,
    struct a_ahead *a)
{
	struct q_ahead q = {off, max, MSG_AHEAD_NODES};

	memset(a, 0, sizeof(*a));
	return on_ahead(wenv_req(e, fd, -1), &q, a);
}

/* How many directories the instance watches. */
static unsigned int
watched(void)
{
	unsigned int cnt = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", events);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		cnt += strncmp(line, "inotify wd:", 11) == 0;
	fclose(f);
	return cnt;
}

/* The next event is this one, of wd; a name of "" is the directory. */
static void
heard(int32_t wd, uint32_t mask, const char *name)
{
	static union {
		struct inotify_event e;
		char bytes[4096];
	} buf;
	static ssize_t len, pos;
	const struct inotify_event *e;

	if (pos >= len) {
		pos = 0;
		len = read(events, &buf, sizeof(buf));
	}
	if (mask == 0) {
		assert_true(len == -1 && errno == EAGAIN);
		len = 0;
		return;
	}
	assert_true(len > pos);
	e = (const void *)(buf.bytes + pos);
	pos += (ssize_t)(sizeof(*e) + e->len);
	assert_int_equal(e->wd, wd);
	assert_int_equal(e->mask & ~(uint32_t)IN_ISDIR, mask);
	assert_string_equal(e->len == 0 ? "" : e->name, name);
}

/* Count the names of an answer, whose nodes, if any, are what they say. */
static void
look(struct wenv *e, const struct a_ahead *a, int nodes,
    unsigned char seen[TEST_FILES])
{
	const char *pos = e->req.tail;
	const struct msg_dirent *d;
	char name[MSG_NAME_MAX];
	unsigned int i, n, fds = 0;
	struct stat st;

	for (i = 0; i < a->entry_cnt; i++, pos += d->rec_len) {
		d = (const void *)pos;
		memset(name, 0, sizeof(name));
		memcpy(name, pos + sizeof(*d) + d->seal_len, d->name_len);
		if (name[0] == '.' || !nodes)
			assert_int_equal(d->flags, 0);
		if (name[0] == '.')
			continue;
		assert_int_equal(sscanf(name, "f%u", &n), 1);
		seen[n]++;
		if (!nodes)
			continue;
		assert_int_equal(d->flags, MSG_DIRENT_NODE);
		assert_int_equal(fstat(e->req.give.fds[fds++], &st), 0);
		assert_int_equal(st.st_ino, d->attr.ino);
		assert_int_equal(st.st_dev >> 8 & 0xfff, d->attr.dev_major);
		assert_int_equal(d->attr.mode & S_IFMT, S_IFREG);
		assert_int_equal(d->attr.mnt_id, e->who.mounts[0]);
	}
	assert_int_equal(fds, e->req.give.cnt);
	assert_ptr_equal(pos, (const char *)e->req.tail + e->req.tail_len);
}

/* All of it, max names at a time, each name once. */
static void
whole(struct wenv *e, int nodes, uint32_t max)
{
	unsigned char seen[TEST_FILES] = {0};
	int dir = wenv_node(e, ".");
	unsigned int i, calls = 0;
	struct a_ahead a = {0};
	uint64_t off = 0;
	int32_t wd = 0;
	int err;

	do {
		err = nodes ? ask_nodes(e, dir, off, max, &a) :
			      ask(e, dir, off, max, &a);
		assert_int_equal(err, 0);
		assert_true(a.entry_cnt <= max);
		assert_int_equal(a.err, 0);
		look(e, &a, nodes, seen);
		if (off == 0)
			wd = a.wd;
		else
			assert_int_equal(a.wd, 0);
		off = a.next;
	} while (!a.end && ++calls < 20);
	assert_int_equal(a.end, 1);
	assert_true(wd > 0);
	for (i = 0; i < TEST_FILES; i++)
		assert_int_equal(seen[i], 1);
}

/* In parts, and as much as may be at once. */
static void
twice(struct wenv *e, int nodes, uint32_t max)
{
	files(e);
	whole(e, nodes, 30);
	whole(e, nodes, max);
	assert_int_equal(watched(), 1);
	assert_int_equal(add_cnt, 2);
}

static void
test_whole(void **state)
{
	twice(*state, 1, MSG_AHEAD_MAX);
}

/* Without descriptors there are more at once. */
static void
test_names(void **state)
{
	twice(*state, 0, MSG_AHEAD_NAMES);
}

static void
change(struct wenv *e)
{
	wenv_file(e, "one", "x");
	assert_int_equal(renameat(e->share, "one", e->share, "two"), 0);
	assert_int_equal(unlinkat(e->share, "two", 0), 0);
	assert_int_equal(mkdirat(e->share, "sub", 0700), 0);
	assert_int_equal(fchmod(e->share, 0711), 0);
}

/* Whoever has the number hears of all that happens to names, and of rights. */
static void
test_events(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, "."), sub;
	struct a_ahead a, b;

	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	heard(0, 0, "");
	change(e);
	heard(a.wd, IN_CREATE, "one");
	heard(a.wd, IN_MOVED_FROM, "one");
	heard(a.wd, IN_MOVED_TO, "two");
	heard(a.wd, IN_DELETE, "two");
	heard(a.wd, IN_CREATE, "sub");
	heard(a.wd, IN_ATTRIB, "");
	heard(0, 0, "");
	/* The same again, and another one. */
	assert_int_equal(ask_nodes(e, dir, 0, 64, &b), 0);
	assert_int_equal(b.wd, a.wd);
	sub = wenv_node(e, "sub");
	assert_int_equal(ask(e, sub, 0, 64, &b), 0);
	assert_int_not_equal(b.wd, a.wd);
	assert_int_equal(watched(), 2);
	wenv_file(e, "sub/x", "x");
	heard(b.wd, IN_CREATE, "x");
	heard(0, 0, "");
}

static void
make_before(void)
{
	wenv_file(env, "f1", "x");
}

static void
make_after(void)
{
	wenv_file(env, "f2", "x");
}

/* What changes between the two is in the answer, and heard of as well. */
static void
test_order(void **state)
{
	unsigned char seen[TEST_FILES] = {0};
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	add_before = make_before;
	add_after = make_after;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	look(e, &a, 0, seen);
	assert_int_equal(seen[1], 1);
	assert_int_equal(seen[2], 1);
	heard(a.wd, IN_CREATE, "f2");
	heard(0, 0, "");
}

/* Whoever goes on is watching already, or will find that he is not. */
static void
test_next(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a, b;

	files(e);
	assert_int_equal(ask(e, dir, 0, 10, &a), 0);
	assert_int_equal(a.end, 0);
	assert_int_equal(inotify_rm_watch(events, a.wd), 0);
	heard(a.wd, IN_IGNORED, "");
	assert_int_equal(ask(e, dir, a.next, 10, &b), 0);
	assert_int_equal(b.entry_cnt, 10);
	assert_int_equal(b.wd, 0);
	assert_int_equal(watched(), 0);
	assert_int_equal(add_cnt, 1);
}

/* Each way out leaves the worker what it had. */
static void
test_closed(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, "."), before, after;
	struct a_ahead a;

	files(e);
	assert_int_equal(ask(e, dir, 0, 10, &a), 0);
	before = dup(dir);
	close(before);
	assert_int_equal(ask(e, dir, 0, 10, &a), 0);
	assert_int_equal(ask(e, dir, a.next, 10, &a), 0);
	seek_err = EINVAL;
	assert_int_equal(ask(e, dir, a.next, 10, &a), EINVAL);
	assert_int_equal(e->req.tail_len, 0);
	assert_int_equal(ask(e, dir, INT64_MAX, 10, &a), EINVAL);
	assert_int_equal(sought, INT64_MAX);
	flags_now = FS_CASEFOLD_FL;
	assert_int_equal(ask(e, dir, 0, 10, &a), ENOTSUP);
	after = dup(dir);
	close(after);
	assert_int_equal(after, before);
}

static void
test_instance(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, "."), had = w_ahead_fd;
	struct a_ahead a;

	/* One is enough. */
	assert_int_equal(give(events, 0), EPROTO);
	assert_int_equal(w_ahead_fd, had);
	assert_int_equal(fcntl(had, F_GETFD) == -1, 0);
	fd_close(&w_ahead_fd);
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	assert_int_equal(a.wd, 0);
	assert_int_equal(add_cnt, 0);
	assert_int_equal(give(events, 1), EPROTO);
	assert_int_equal(give(events, UINT64_MAX), EPROTO);
	assert_int_equal(w_ahead_fd, -1);
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	assert_int_equal(give(events, 0), 0);
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	assert_int_equal(watched(), 1);
}

static void
test_large(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	size_now = W_AHEAD_SIZE + 1;
	assert_int_equal(ask(e, dir, 0, 64, &a), EFBIG);
	assert_int_equal(ask_nodes(e, dir, 0, 64, &a), EFBIG);
	assert_int_equal(add_cnt, 0);
	size_now = W_AHEAD_SIZE;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	size_err = EIO;
	assert_int_equal(ask(e, dir, 0, 64, &a), EIO);
	assert_int_equal(add_cnt, 1);
}

/* The filter lets no worker have another mask, so this is all it can add. */
static void
test_only_directories(void **state)
{
	struct wenv *e = *state;
	char path[256];

	wenv_file(e, "file", "x");
	snprintf(path, sizeof(path), "%s/file", e->path);
	assert_int_equal(inotify_add_watch(events, path, MSG_WATCH_MASK), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_true(inotify_add_watch(events, e->path, MSG_WATCH_MASK) > 0);
}

/* No watch is to be had, and so there is no answer. */
static void
test_no_watch(void **state)
{
	static const int errs[] = {ENOSPC, ENOMEM, EACCES};
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;
	unsigned int i;

	for (i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		add_err = errs[i];
		assert_int_equal(ask(e, dir, 0, 64, &a), errs[i]);
		assert_int_equal(e->req.tail_len, 0);
	}
}

/* Once it is watched the number is told, whatever else there is to tell. */
static void
test_failed(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a, b;

	files(e);
	assert_int_equal(ask_nodes(e, dir, 0, 20, &a), 0);
	assert_true(e->req.give.cnt > 0);
	list_err = EIO;
	assert_int_equal(ask_nodes(e, dir, 0, 20, &b), 0);
	assert_int_equal(b.err, EIO);
	assert_int_equal(b.wd, a.wd);
	assert_int_equal(b.entry_cnt, 0);
	assert_int_equal(e->req.give.cnt, 0);
	/* There is none to be told later. */
	assert_int_equal(ask_nodes(e, dir, a.next, 20, &b), EIO);
}

static void
test_folded(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_now = FS_CASEFOLD_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	flags_now = FS_ENCRYPT_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	flags_now = FS_NOATIME_FL;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_err = ENOTTY;
	assert_int_equal(ask(e, dir, 0, 64, &a), 0);
	flags_err = EIO;
	assert_int_equal(ask(e, dir, 0, 64, &a), ENOTSUP);
	assert_int_equal(add_cnt, 3);
}

static void
test_refused(void **state)
{
	struct wenv *e = *state;
	struct q_ahead q = {.entry_max = 1, .flags = MSG_AHEAD_ATTR << 1};
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	wenv_file(e, "file", "x");
	assert_int_equal(ask(e, dir, 0, 0, &a), EINVAL);
	assert_int_equal(ask_nodes(e, dir, 0, 0, &a), EINVAL);
	assert_int_equal(ask(e, dir, 0, MSG_AHEAD_NAMES + 1, &a), EINVAL);
	assert_int_equal(ask_nodes(e, dir, 0, MSG_AHEAD_MAX + 1, &a), EINVAL);
	assert_int_equal(ask(e, dir, UINT64_MAX, 1, &a), EINVAL);
	assert_int_equal(ask(e, dir, (uint64_t)INT64_MAX + 1, 1, &a), EINVAL);
	assert_int_equal(on_ahead(wenv_req(e, dir, -1), &q, &a), EINVAL);
	q.flags = MSG_AHEAD_OPEN;
	assert_int_equal(on_ahead(wenv_req(e, dir, -1), &q, &a), EINVAL);
	q.flags = MSG_AHEAD_ATTR;
	assert_int_equal(on_ahead(wenv_req(e, dir, -1), &q, &a), EINVAL);
	assert_int_equal(ask(e, wenv_node(e, "file"), 0, 1, &a), ENOTDIR);
	assert_int_equal(ask(e, wenv_foreign(), 0, 1, &a), EBADF);
	assert_int_equal(add_cnt, 0);
}

/* The records of "." as q wants them, by name, with what is there. */
static void
ask_attr(struct wenv *e, uint32_t flags, struct a_ahead *a)
{
	struct q_ahead q = {.entry_max = 64, .flags = flags};

	memset(a, 0, sizeof(*a));
	assert_int_equal(on_ahead(wenv_req(e, wenv_node(e, "."), -1), &q, a),
	    0);
	assert_int_equal(a->err, 0);
	assert_int_equal(a->end, 1);
}

static struct msg_dirent
record(const struct wenv *e, const struct a_ahead *a, const char *name)
{
	const char *pos = e->req.tail;
	const struct msg_dirent *d;
	unsigned int i;

	for (i = 0; i < a->entry_cnt; i++, pos += d->rec_len) {
		d = (const void *)pos;
		if (d->name_len == strlen(name) &&
		    memcmp(pos + sizeof(*d) + d->seal_len, name,
			d->name_len) == 0)
			return *d;
	}
	fail_msg("%s", name);
	abort();
}

/* Of a file all attributes and the seal, and no descriptor. */
static void
test_attr(void **state)
{
	struct wenv *e = *state;
	struct a_ahead a, b;
	struct msg_dirent d;
	struct stat st;

	wenv_file(e, "file", "text");
	assert_int_equal(mkdirat(e->share, "sub", 0700), 0);
	assert_int_equal(symlinkat("file", e->share, "link"), 0);
	assert_int_equal(fstatat(e->share, "file", &st, 0), 0);
	e->who.cred.class = CRED_ROOT;
	e->who.flags |= MSG_SHARE_HANDLES;
	mask_now = MSG_WATCH_ATTR;
	ask_attr(e, MSG_AHEAD_NODES | MSG_AHEAD_ATTR, &a);
	assert_int_equal(e->req.give.cnt, 2);
	assert_int_equal(record(e, &a, "sub").flags, MSG_DIRENT_NODE);
	assert_int_equal(record(e, &a, "link").flags, MSG_DIRENT_NODE);
	d = record(e, &a, "file");
	assert_int_equal(d.flags, MSG_DIRENT_SEALED);
	assert_true(d.seal_len > 32);
	assert_int_equal(d.attr.ino, st.st_ino);
	assert_int_equal(d.attr.mode, st.st_mode);
	assert_int_equal(d.attr.nlink, 1);
	assert_int_equal(d.attr.size, 4);
	assert_int_equal(d.attr.ctime_nsec, st.st_ctim.tv_nsec);
	/* What changes them is heard of, */
	wenv_file(e, "file", "longer");
	assert_int_equal(fchmodat(e->share, "file", 0600, 0), 0);
	heard(a.wd, IN_MODIFY, "file");
	heard(a.wd, IN_ATTRIB, "file");
	heard(0, 0, "");
	/* ... whoever else asks for less. */
	mask_now = MSG_WATCH_MASK;
	ask_attr(e, 0, &b);
	assert_int_equal(b.wd, a.wd);
	wenv_file(e, "file", "more");
	heard(a.wd, IN_MODIFY, "file");
	heard(0, 0, "");
}

/* Not by somebody whose word does not do, who has descriptors. */
static void
test_attr_not(void **state)
{
	struct wenv *e = *state;
	struct a_ahead a;

	wenv_file(e, "file", "text");
	e->who.cred.class = CRED_USER;
	e->who.flags |= MSG_SHARE_HANDLES;
	mask_now = MSG_WATCH_ATTR;
	ask_attr(e, MSG_AHEAD_NODES | MSG_AHEAD_ATTR, &a);
	assert_int_equal(record(e, &a, "file").flags, MSG_DIRENT_NODE);
	e->who.cred.class = CRED_ROOT;
	e->who.flags |= MSG_SHARE_READONLY;
	ask_attr(e, MSG_AHEAD_NODES | MSG_AHEAD_ATTR, &a);
	assert_int_equal(record(e, &a, "file").flags, MSG_DIRENT_NODE);
}

/* As a user without rights of its own. */
static int
ask_as_user(struct wenv *e, int dir, struct a_ahead *a)
{
	int err;

	assert_int_equal(seteuid(TEST_USER), 0);
	err = ask(e, dir, 0, 64, a);
	assert_int_equal(seteuid(0), 0);
	return err;
}

/* Who may list and not search must not hear that nothing is there. */
static void
test_not_searched(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(e->path, TEST_USER, TEST_USER), 0);
	assert_int_equal(ask_as_user(e, dir, &a), 0);
	assert_int_equal(add_cnt, 1);
	assert_int_equal(chmod(e->path, 0644), 0);
	assert_int_equal(ask_as_user(e, dir, &a), EACCES);
	assert_int_equal(add_cnt, 1);
}

static void
shut(void)
{
	assert_int_equal(fchmod(env->share, 0600), 0);
}

/* Nor who may search no more, which no event would tell of. */
static void
test_shut(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(e->path, TEST_USER, TEST_USER), 0);
	add_before = shut;
	assert_int_equal(ask_as_user(e, dir, &a), 0);
	assert_int_equal(a.err, EACCES);
	assert_true(a.wd > 0);
	assert_int_equal(a.entry_cnt, 0);
	assert_int_equal(e->req.tail_len, 0);
	assert_int_equal(add_cnt, 1);
}

/* Another user's directory would get another atime. */
static void
test_atime(void **state)
{
	struct wenv *e = *state;
	int dir = wenv_node(e, ".");
	struct a_ahead a;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(e->path, 0755), 0);
	assert_int_equal(ask_as_user(e, dir, &a), EPERM);
	assert_int_equal(add_cnt, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_whole),
	    UNIT(test_names),
	    UNIT(test_events),
	    UNIT(test_order),
	    UNIT(test_next),
	    UNIT(test_closed),
	    UNIT(test_instance),
	    UNIT(test_large),
	    UNIT(test_only_directories),
	    UNIT(test_no_watch),
	    UNIT(test_failed),
	    UNIT(test_folded),
	    UNIT(test_not_searched),
	    UNIT(test_shut),
	    UNIT(test_atime),
	    UNIT(test_attr),
	    UNIT(test_attr_not),
	    UNIT(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
