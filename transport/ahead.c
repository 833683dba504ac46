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
 * Knows: what workers said is in directories, before anybody asked.
 * Never: a system call of its own but close(2) and what malloc_trim(3) needs; a
 * message.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "ahead.h"
#include "fs.h"
#include "node.h"
#include "reap.h"
#include "watch.h"

#define AHEAD_ROUND	1	/* seconds; unused for two rounds: forgotten */
#define AHEAD_FEW	8	/* names that are no waste in any case, */
#define AHEAD_GOOD	4	/* or as many for each that was used, */
#define AHEAD_GOOD_NAMES 32	/* or without descriptors */
#define AHEAD_TRIM	4096	/* names, a megabyte or less */

struct ahead_table {
	struct fs *fs;
	TAILQ_HEAD(, ahead) all;	/* used last: at the end */
	unsigned int fd_cnt, fd_max;
	unsigned int name_cnt, attr_cnt, dir_cnt;
	unsigned int freed;		/* names, since memory was given back */
	uint32_t round;
	struct event *ev;
};

static void
ahead_late(int fd, short what, void *arg)
{
	static const struct timeval again = { AHEAD_ROUND, 0 };
	struct ahead_table *t = arg;
	struct ahead *a;

	(void)fd;
	(void)what;
	t->round++;
	watch_read(t->fs->watch);
	while ((a = TAILQ_FIRST(&t->all)) != NULL && t->round - a->when > 1) {
		a->dir->ahead_aged = 0;
		ahead_forget(t, a->dir);
	}
	if (a != NULL)
		event_add(t->ev, &again);
}

struct ahead_table *
ahead_table_new(struct fs *fs, unsigned int fd_max)
{
	struct ahead_table *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->fs = fs;
	t->fd_max = fd_max < AHEAD_FDS_MAX ? fd_max : AHEAD_FDS_MAX;
	TAILQ_INIT(&t->all);
	if ((t->ev = evtimer_new(fs->base, ahead_late, t)) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

/* One descriptor more or less that nodes can have. */
static void
ahead_count(struct ahead_table *t, struct ahead *a, int more)
{
	struct fs *fs = t->fs;

	a->fd_cnt += (unsigned int)more;
	t->fd_cnt += (unsigned int)more;
	fs->fd_open += (unsigned int)more;
	node_budget(fs->nodes, fs->fd_total - fs->fd_open);
}

int
ahead_take(struct ahead_table *t, struct ahead *a, struct ahead_name *n)
{
	int fd = n->fd;

	n->fd = -1;
	ahead_count(t, a, -1);
	return fd;
}

struct ahead *
ahead_begin(struct ahead_table *t, struct node *dir, const struct cred *cred)
{
	static const struct timeval round = { AHEAD_ROUND, 0 };
	struct ahead *a;

	ahead_forget(t, dir);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->dir = dir;
	a->cred = *cred;
	a->when = t->round;
	dir->ahead = a;
	TAILQ_INSERT_TAIL(&t->all, a, entry);
	t->dir_cnt++;
	if (!evtimer_pending(t->ev, NULL))
		event_add(t->ev, &round);
	return a;
}

int
ahead_in_use(const struct ahead_table *t, const struct ahead *a)
{
	return a->when == t->round;
}

static int
ahead_has(const struct ahead_table *t, unsigned int cnt, int fds)
{
	return AHEAD_NAMES_MAX - t->name_cnt >= cnt &&
	    (!fds || t->fd_max - t->fd_cnt >= cnt);
}

int
ahead_room(const struct ahead_table *t, unsigned int cnt)
{
	return AHEAD_ATTRS_MAX - t->attr_cnt >= cnt;
}

int
ahead_space(struct ahead_table *t, unsigned int cnt, int fds)
{
	struct ahead *a;

	while (t->dir_cnt >= AHEAD_DIRS_MAX || !ahead_has(t, cnt, fds)) {
		a = TAILQ_FIRST(&t->all);
		/* Whoever is in use would have to be read again. */
		if (a == NULL || ahead_in_use(t, a))
			return 0;
		ahead_forget(t, a->dir);
	}
	return 1;
}

/* What it stood for is not known any more. */
static void
ahead_blank(struct ahead_table *t, struct ahead *a, struct ahead_name *n)
{
	int fd;

	ahead_old(n);
	if (n->fd != -1) {
		fd = ahead_take(t, a, n);
		reap_close(t->fs, &fd);
	}
}

static void
ahead_free(struct ahead_table *t, struct ahead_name *n)
{
	t->name_cnt--;
	t->attr_cnt -= n->attr;
	t->freed++;
	free(n);
}

static void
ahead_remove(struct ahead_table *t, struct ahead *a, struct ahead_name *n)
{
	ahead_blank(t, a, n);
	ahead_names_take(&a->names, n);
	ahead_free(t, n);
}

/* See ahead_name_new(). */
static struct ahead_name *
ahead_new(struct ahead_table *t, struct ahead *a, const char *name,
    size_t len, size_t seal_len, const struct msg_attr *said)
{
	struct ahead_name *n;

	if ((n = ahead_name_new(name, len, seal_len, said)) == NULL)
		return NULL;
	if (ahead_names_put(&a->names, n) != 0) {
		free(n);
		return NULL;
	}
	t->name_cnt++;
	t->attr_cnt += n->attr;
	return n;
}

int
ahead_add(struct ahead_table *t, struct ahead *a, const char *name,
    size_t len, const struct msg_dirent *d, int *fd)
{
	const struct msg_attr *said = *fd == -1 && d->attr.nlink == 1 &&
	    (d->flags & MSG_DIRENT_SEALED) != 0 ? &d->attr : NULL;
	size_t seal_len = *fd == -1 && said == NULL ? 0 : d->seal_len;
	struct ahead_name *n;

	if (seal_len > UINT8_MAX || len > UINT8_MAX)
		return EIO;
	n = ahead_names_find(&a->names, name, len);
	if (n != NULL && (n->lost || n->nodeid != 0 || n->fd != -1 ||
	    (*fd == -1 && said == NULL)))
		return 0;
	if ((n == NULL && !ahead_has(t, 1, 0)) ||
	    (said != NULL && !ahead_room(t, 1)) ||
	    (*fd != -1 && t->fd_cnt >= t->fd_max))
		return ENOSPC;
	if (n != NULL)
		ahead_remove(t, a, n);
	if ((n = ahead_new(t, a, name, len, seal_len, said)) == NULL)
		return ENOMEM;
	n->ino = d->attr.ino;
	n->mnt_id = d->attr.mnt_id;
	n->dev_major = d->attr.dev_major;
	n->dev_minor = d->attr.dev_minor;
	n->flags = d->attr.flags;
	n->open = (d->flags & MSG_DIRENT_OPEN) != 0;
	n->asked = a->asked;
	n->fd = *fd;
	if (*fd != -1)
		ahead_count(t, a, 1);
	*fd = -1;
	return 0;
}

void
ahead_news(struct ahead_table *t, struct ahead *a, const char *name, int gone)
{
	struct ahead_name *n = ahead_find(a, name);
	struct node *dir = a->dir;

	a->shifted = 1;
	if (gone && !dir->ahead_asked) {
		if (n != NULL)
			ahead_remove(t, a, n);
		return;
	}
	if (n != NULL)
		ahead_blank(t, a, n);
	else if (a->names.cnt >= AHEAD_DIR_MAX) {
		ahead_forget(t, dir);
		dir->ahead_shift = AHEAD_SHIFT_MAX;
		return;
	} else if (!ahead_has(t, 1, 0) ||
	    (n = ahead_new(t, a, name, strlen(name), 0, NULL)) == NULL) {
		ahead_forget(t, dir);
		return;
	}
	n->lost = 1;
}

void
ahead_touched(struct ahead_table *t, struct ahead *a, const char *name)
{
	struct ahead_name *n = ahead_find(a, name);

	/* A descriptor says itself what is now. */
	if (n != NULL && n->fd != -1)
		return;
	if (a->dir->ahead_asked)
		ahead_news(t, a, name, 0);
	else if (n != NULL)
		n->said = 0;
}

struct ahead_name *
ahead_find(const struct ahead *a, const char *name)
{
	return ahead_names_find(&a->names, name, strlen(name));
}

int
ahead_none(const struct ahead *a, const char *name)
{
	size_t len = strlen(name), i;

	if (!a->whole)
		return 0;
	for (i = 0; i < len; i++)
		if (!isascii((unsigned char)name[i]))
			return 0;
	return !ahead_names_fold(&a->names, name, len);
}

void
ahead_used(struct ahead_table *t, struct ahead *a)
{
	a->used++;
	a->when = t->round;
	TAILQ_REMOVE(&t->all, a, entry);
	TAILQ_INSERT_TAIL(&t->all, a, entry);
}

static void
ahead_learn(const struct ahead *a)
{
	struct node *dir = a->dir;

	if (a->got == 0)
		return;
	if (a->used * (a->nodes ? AHEAD_GOOD : AHEAD_GOOD_NAMES) >= a->got)
		dir->ahead_shift = 0;
	else if ((a->got > AHEAD_FEW || a->used == 0) &&
	    dir->ahead_shift < AHEAD_SHIFT_MAX)
		dir->ahead_shift++;
}

void
ahead_forget(struct ahead_table *t, struct node *dir)
{
	struct ahead *a = dir->ahead;
	struct ahead_name *n;

	if (a == NULL)
		return;
	ahead_learn(a);
	watch_leave(t->fs->watch, a);
	while ((n = ahead_names_pop(&a->names)) != NULL) {
		ahead_blank(t, a, n);
		ahead_free(t, n);
	}
	TAILQ_REMOVE(&t->all, a, entry);
	t->dir_cnt--;
	dir->ahead = NULL;
	free(a);
	/* Many small pieces, which would never be the host's again. */
	if (t->dir_cnt == 0 && t->freed >= AHEAD_TRIM) {
		t->freed = 0;
		malloc_trim(0);
	}
}

void
ahead_forget_all(struct ahead_table *t)
{
	struct ahead *a;

	while ((a = TAILQ_FIRST(&t->all)) != NULL)
		ahead_forget(t, a->dir);
}
