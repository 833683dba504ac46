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
 * Knows: descriptors and what is behind them: memory, bells, sets of sockets
 * to watch; a clock.
 * Never: what sockets carry (fake_sock.c).
 */

#include "config.h"

#include <errno.h>
#include <stdarg.h>

#include "fake.h"
#include "fake_int.h"

#define FAKE_SPARE 64
#define FAKE_MESSAGE 2048 /* bytes that most have room for */

static struct {
	struct fake_thing *thing; /* NULL: free */
	int travels;
} fds[FAKE_MAX];
static unsigned int open_cnt, travel_cnt, lowest, top;
static struct fake_thing *things, *spare_things;
static struct fake_message *spare_messages;
static struct timespec now;
static void *spare[FAKE_SPARE];
static unsigned int spare_cnt;
static size_t spare_len;

/* Nobody else has a pointer to a thing or a message: they are used again. */
struct fake_thing *
fake_thing_new(enum fake_kind kind)
{
	struct fake_thing *t = spare_things;

	if (t != NULL)
		spare_things = t->all;
	else
		t = malloc(sizeof(*t));
	FUZZ_MUST(t != NULL);
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->last = &t->first;
	t->room = FAKE_QUEUE_MAX;
	t->all = things;
	things = t;
	return t;
}

/* The thing of a descriptor, which must be open and nobody else's. */
struct fake_thing *
fake_thing_of(int fd)
{
	FUZZ_MUST(fd >= FAKE_BASE && fd < FAKE_BASE + FAKE_MAX);
	FUZZ_MUST(fds[fd - FAKE_BASE].thing != NULL);
	FUZZ_MUST(!fds[fd - FAKE_BASE].travels);
	return fds[fd - FAKE_BASE].thing;
}

int
fake_thing_fd(struct fake_thing *t)
{
	unsigned int i;

	for (i = lowest; i < FAKE_MAX && fds[i].thing != NULL; i++)
		continue;
	FUZZ_MUST(i < FAKE_MAX);
	lowest = i + 1;
	if (top <= i)
		top = i + 1;
	fds[i].thing = t;
	fds[i].travels = 0;
	t->refs++;
	open_cnt++;
	return FAKE_BASE + (int)i;
}

void
fake_travel(int fd, int travels)
{
	if (fd < FAKE_BASE || fds[fd - FAKE_BASE].travels == travels)
		return;
	fds[fd - FAKE_BASE].travels = travels;
	if (travels)
		travel_cnt++;
	else
		travel_cnt--;
}

struct fake_message *
fake_message_new(size_t len)
{
	size_t room = len < FAKE_MESSAGE ? FAKE_MESSAGE : len;
	struct fake_message *m = spare_messages;

	if (m != NULL && room == FAKE_MESSAGE) {
		spare_messages = m->next;
	} else {
		m = malloc(sizeof(*m) + room);
		FUZZ_MUST(m != NULL);
		m->room = room;
	}
	m->next = NULL;
	m->len = 0;
	m->fd_cnt = 0;
	return m;
}

void
fake_message_drop(struct fake_message *m)
{
	unsigned int i;

	for (i = 0; i < m->fd_cnt; i++) {
		fake_travel(m->fds[i], 0);
		fake_close(m->fds[i]);
	}
	if (m->room == FAKE_MESSAGE) {
		m->next = spare_messages;
		spare_messages = m;
	} else
		free(m);
}

/* Memory of one size is wanted all the time: some is kept. */
static void
memory_free(struct fake_thing *t)
{
	if (t->memory == NULL)
		return;
	if (spare_cnt < FAKE_SPARE && (spare_cnt == 0 || spare_len == t->len)) {
		spare_len = t->len;
		spare[spare_cnt++] = t->memory;
	} else
		free(t->memory);
	t->memory = NULL;
}

static void *
memory_new(size_t len)
{
	if (spare_cnt == 0 || len != spare_len)
		return calloc(1, len);
	return memset(spare[--spare_cnt], 0, len);
}

/* What remains of a thing is freed at the end only. */
static void
thing_unref(struct fake_thing *t)
{
	struct fake_message *m;
	struct fake_watched *w;

	if (--t->refs > 0)
		return;
	if (t->peer != NULL)
		t->peer->peer = NULL;
	while ((m = t->first) != NULL) {
		t->first = m->next;
		fake_message_drop(m);
	}
	while ((w = t->watched) != NULL) {
		t->watched = w->next;
		free(w);
	}
	memory_free(t);
	t->last = &t->first;
	t->queued = 0;
}

void
fake_begin(void)
{
	now.tv_sec = 1000;
	now.tv_nsec = 0;
	fake_events_begin();
}

void
fake_end(void)
{
	struct fake_thing *t;
	unsigned int i;

	for (i = 0; i < top && open_cnt > 0; i++)
		if (fds[i].thing != NULL && !fds[i].travels)
			fake_close(FAKE_BASE + (int)i);
	/* A socket that travels to itself is left over. */
	for (t = things; t != NULL; t = t->all)
		if (t->refs > 0) {
			t->refs = 1;
			thing_unref(t);
		}
	while ((t = things) != NULL) {
		things = t->all;
		t->all = spare_things;
		spare_things = t;
	}
	memset(fds, 0, top * sizeof(fds[0]));
	open_cnt = travel_cnt = lowest = top = 0;
	fake_events_end();
}

unsigned int
fake_held(void)
{
	return open_cnt - travel_cnt;
}

int
fake_fd(mode_t type)
{
	struct fake_thing *t = fake_thing_new(KIND_PLAIN);

	t->type = type;
	return fake_thing_fd(t);
}

int
fake_readable(int fd)
{
	struct fake_thing *t = fake_thing_of(fd);
	struct epoll_event ev;

	switch (t->kind) {
	case KIND_SOCKET:
		return t->queued > 0 || t->peer == NULL;
	case KIND_BELL:
		if (t->rung == 0)
			return 0;
		t->rung = 0; /* its edge, nobody reads it */
		return 1;
	case KIND_WATCH:
		return fake_epoll_wait(fd, &ev, 1, 0) == 1;
	default:
		return 0;
	}
}

int
fake_close(int fd)
{
	struct fake_thing *t, *w;
	struct fake_watched **at, *one;

	if (fd < FAKE_BASE)
		return close(fd);
	t = fake_thing_of(fd);
	/* An epoll(7) set forgets what is closed. */
	for (w = things; t->watches > 0 && w != NULL; w = w->all)
		for (at = &w->watched; (one = *at) != NULL;)
			if (one->fd == fd) {
				*at = one->next;
				free(one);
				t->watches--;
			} else
				at = &one->next;
	fds[fd - FAKE_BASE].thing = NULL;
	if ((unsigned int)(fd - FAKE_BASE) < lowest)
		lowest = (unsigned int)(fd - FAKE_BASE);
	open_cnt--;
	thing_unref(t);
	return 0;
}

int
fake_dup(int fd)
{
	int copy;

	if (fd >= FAKE_BASE)
		return fake_thing_fd(fake_thing_of(fd));
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FUZZ_MUST(copy != -1);
	return copy;
}

int
fake_fcntl(int fd, int cmd, ...)
{
	struct fake_thing *t;
	va_list ap;
	int arg;

	va_start(ap, cmd);
	arg = cmd == F_GETFL || cmd == F_GET_SEALS ? 0 : va_arg(ap, int);
	va_end(ap);
	if (fd < FAKE_BASE)
		return fcntl(fd, cmd, arg);
	t = fake_thing_of(fd);
	switch (cmd) {
	case F_GETFL:
		return t->flags;
	case F_SETFL:
		t->flags = arg;
		return 0;
	case F_DUPFD_CLOEXEC:
		return fake_dup(fd);
	case F_ADD_SEALS:
		t->seals |= arg;
		return 0;
	case F_GET_SEALS:
		errno = EINVAL;
		return t->kind == KIND_MEMORY ? t->seals : -1;
	default:
		FUZZ_MUST(cmd == F_SETOWN);
		return 0;
	}
}

/* ---- memory and bells ---- */

int
fake_memfd(const char *name, unsigned int flags)
{
	(void)name;
	(void)flags;
	return fake_thing_fd(fake_thing_new(KIND_MEMORY));
}

int
fake_ftruncate(int fd, off_t len)
{
	struct fake_thing *t = fake_thing_of(fd);

	FUZZ_MUST(t->kind == KIND_MEMORY && t->memory == NULL);
	t->memory = memory_new((size_t)len);
	FUZZ_MUST(t->memory != NULL);
	t->len = (size_t)len;
	return 0;
}

void *
fake_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	struct fake_thing *t = fake_thing_of(fd);

	FUZZ_MUST(at == NULL && off == 0 && flags == MAP_SHARED &&
	    prot == (PROT_READ | PROT_WRITE));
	FUZZ_MUST(t->kind == KIND_MEMORY && len == t->len);
	t->refs++;
	return t->memory;
}

int
fake_munmap(void *at, size_t len)
{
	struct fake_thing *t;

	for (t = things; t != NULL && t->memory != at; t = t->all)
		continue;
	FUZZ_MUST(t != NULL && t->len == len);
	thing_unref(t);
	return 0;
}

int
fake_eventfd(unsigned int val, int flags)
{
	(void)val;
	(void)flags;
	return fake_thing_fd(fake_thing_new(KIND_BELL));
}

ssize_t
fake_write(int fd, const void *buf, size_t len)
{
	struct fake_thing *t;

	if (fd < FAKE_BASE)
		return write(fd, buf, len);
	t = fake_thing_of(fd);
	t->rung = 1;
	return (ssize_t)len;
}

/* fstat(2), and signals to processes, of which there are none. */
long
fake_syscall(long nr, ...)
{
	struct fake_thing *t;
	struct stat *st;
	va_list ap;
	int fd;

	if (nr != SYS_fstat)
		return 0;
	va_start(ap, nr);
	fd = va_arg(ap, int);
	st = va_arg(ap, struct stat *);
	va_end(ap);
	if (fd < FAKE_BASE)
		return fstat(fd, st);
	t = fake_thing_of(fd);
	memset(st, 0, sizeof(*st));
	st->st_mode = t->type;
	st->st_size = (off_t)t->len;
	return 0;
}

/* ---- epoll(7), for the ends of sockets ---- */

int
fake_epoll_create(int flags)
{
	(void)flags;
	return fake_thing_fd(fake_thing_new(KIND_WATCH));
}

int
fake_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct fake_thing *t = fake_thing_of(epfd);
	struct fake_watched *w;

	FUZZ_MUST(t->kind == KIND_WATCH && op == EPOLL_CTL_ADD);
	FUZZ_MUST(ev->events == EPOLLRDHUP);
	w = calloc(1, sizeof(*w));
	FUZZ_MUST(w != NULL);
	fake_thing_of(fd)->watches++;
	w->fd = fd;
	w->data = ev->data;
	w->next = t->watched;
	t->watched = w;
	return 0;
}

int
fake_epoll_wait(int epfd, struct epoll_event *ev, int max, int ms)
{
	struct fake_watched *w = fake_thing_of(epfd)->watched;

	FUZZ_MUST(max == 1 && ms == 0);
	while (w != NULL && !fake_hungup(w->fd))
		w = w->next;
	if (w == NULL)
		return 0;
	ev->events = EPOLLRDHUP;
	ev->data = w->data;
	return 1;
}

int
fake_clock(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = now;
	return 0;
}

void
fake_sleep(unsigned int sec)
{
	now.tv_sec += sec;
}
