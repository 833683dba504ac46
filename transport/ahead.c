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
 * Never: a system call but close(2); a message.
 */

#include "config.h"

#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "ahead.h"
#include "fs.h"
#include "node.h"
#include "reap.h"

#define AHEAD_ROUND	1	/* seconds; unused for two rounds: forgotten */
#define AHEAD_FEW	8	/* names that are no waste in any case */

struct ahead_table {
	struct fs *fs;
	TAILQ_HEAD(, ahead) all;	/* used last: at the end */
	unsigned int fd_cnt, fd_max;
	unsigned int name_cnt;
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
	while ((a = TAILQ_FIRST(&t->all)) != NULL && t->round - a->when > 1)
		ahead_forget(t, a->dir);
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

/* Without regard to large and small: both are in one bucket. */
static unsigned int
ahead_bucket(const char *name, size_t len)
{
	unsigned int h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned int)tolower((unsigned char)name[i])) *
		    16777619u;
	return (h ^ (h >> 15)) % AHEAD_BUCKETS;
}

static const char *
ahead_name(const struct ahead_name *n)
{
	return n->bytes + n->seal_len;
}

const void *
ahead_seal(const struct ahead_name *n)
{
	return n->bytes;
}

void
ahead_who(const struct ahead_name *n, struct msg_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = n->ino;
	attr->mnt_id = n->mnt_id;
	attr->dev_major = n->dev_major;
	attr->dev_minor = n->dev_minor;
	attr->flags = n->flags;
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
ahead_begin(struct ahead_table *t, struct node *dir, const struct cred *cred,
    const struct a_ahead *at)
{
	static const struct timeval round = { AHEAD_ROUND, 0 };
	struct ahead *a;

	ahead_forget(t, dir);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->dir = dir;
	a->cred = *cred;
	a->at = *at;
	a->when = t->round;
	dir->ahead = a;
	TAILQ_INSERT_TAIL(&t->all, a, entry);
	if (!evtimer_pending(t->ev, NULL))
		event_add(t->ev, &round);
	return a;
}

int
ahead_in_use(const struct ahead_table *t, const struct ahead *a)
{
	return a->when == t->round;
}

static unsigned int
ahead_left(const struct ahead_table *t)
{
	unsigned int names = AHEAD_NAMES_MAX - t->name_cnt;
	unsigned int fds = t->fd_max - t->fd_cnt;

	return names < fds ? names : fds;
}

unsigned int
ahead_space(struct ahead_table *t)
{
	struct ahead *a;

	/* Whoever is in use would have to be read again. */
	while (ahead_left(t) < MSG_AHEAD_MAX &&
	    (a = TAILQ_FIRST(&t->all)) != NULL && !ahead_in_use(t, a))
		ahead_forget(t, a->dir);
	return ahead_left(t);
}

int
ahead_add(struct ahead_table *t, struct ahead *a, const char *name,
    size_t len, const struct msg_dirent *d, int *fd)
{
	size_t seal_len = *fd == -1 ? 0 : d->seal_len;
	struct ahead_name *n, **b;

	if (seal_len > UINT8_MAX || len > UINT8_MAX)
		return EIO;
	if (t->name_cnt >= AHEAD_NAMES_MAX ||
	    (*fd != -1 && t->fd_cnt >= t->fd_max))
		return ENOSPC;
	if ((n = malloc(sizeof(*n) + seal_len + len)) == NULL)
		return ENOMEM;
	n->nodeid = 0;
	n->ino = d->attr.ino;
	n->mnt_id = d->attr.mnt_id;
	n->dev_major = d->attr.dev_major;
	n->dev_minor = d->attr.dev_minor;
	n->flags = d->attr.flags;
	n->len = (uint8_t)len;
	n->seal_len = (uint8_t)seal_len;
	memcpy(n->bytes, name - seal_len, seal_len + len);
	n->fd = *fd;
	if (*fd != -1)
		ahead_count(t, a, 1);
	*fd = -1;
	b = &a->bucket[ahead_bucket(name, len)];
	n->next = *b;
	*b = n;
	a->name_cnt++;
	t->name_cnt++;
	return 0;
}

struct ahead_name *
ahead_find(const struct ahead *a, const char *name)
{
	size_t len = strlen(name);
	struct ahead_name *n;

	for (n = a->bucket[ahead_bucket(name, len)]; n != NULL; n = n->next)
		if (n->len == len && memcmp(ahead_name(n), name, len) == 0)
			return n;
	return NULL;
}

static int
ahead_fold(const char *a, const char *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (tolower((unsigned char)a[i]) !=
		    tolower((unsigned char)b[i]))
			return 0;
	return 1;
}

int
ahead_none(const struct ahead *a, const char *name)
{
	size_t len = strlen(name), i;
	const struct ahead_name *n;

	if (!a->at.end)
		return 0;
	for (i = 0; i < len; i++)
		if (!isascii((unsigned char)name[i]))
			return 0;
	for (n = a->bucket[ahead_bucket(name, len)]; n != NULL; n = n->next)
		if (n->len == len && ahead_fold(ahead_name(n), name, len))
			return 0;
	return 1;
}

void
ahead_used(struct ahead_table *t, struct ahead *a)
{
	a->used++;
	a->when = t->round;
	TAILQ_REMOVE(&t->all, a, entry);
	TAILQ_INSERT_TAIL(&t->all, a, entry);
}

int
ahead_is_of(const struct ahead *a, const struct stat *st)
{
	return st->st_mtim.tv_sec == a->at.mtime &&
	    st->st_ctim.tv_sec == a->at.ctime &&
	    st->st_mtim.tv_nsec == (long)a->at.mtime_nsec &&
	    st->st_ctim.tv_nsec == (long)a->at.ctime_nsec;
}

int
ahead_same(const struct ahead *a, const struct a_ahead *at)
{
	return a->at.mtime == at->mtime && a->at.ctime == at->ctime &&
	    a->at.mtime_nsec == at->mtime_nsec &&
	    a->at.ctime_nsec == at->ctime_nsec;
}

static void
ahead_learn(const struct ahead *a)
{
	struct node *dir = a->dir;

	if (a->used * 4 >= a->name_cnt)
		dir->ahead_shift = 0;
	else if (a->name_cnt > AHEAD_FEW && dir->ahead_shift < AHEAD_SHIFT_MAX)
		dir->ahead_shift++;
}

void
ahead_forget(struct ahead_table *t, struct node *dir)
{
	struct ahead *a = dir->ahead;
	struct ahead_name *n;
	unsigned int i;
	int fd;

	if (a == NULL)
		return;
	ahead_learn(a);
	for (i = 0; i < AHEAD_BUCKETS; i++)
		while ((n = a->bucket[i]) != NULL) {
			a->bucket[i] = n->next;
			if (n->fd != -1) {
				fd = ahead_take(t, a, n);
				reap_close(t->fs, &fd);
			}
			free(n);
		}
	t->name_cnt -= a->name_cnt;
	TAILQ_REMOVE(&t->all, a, entry);
	dir->ahead = NULL;
	free(a);
}

void
ahead_forget_all(struct ahead_table *t)
{
	struct ahead *a;

	while ((a = TAILQ_FIRST(&t->all)) != NULL)
		ahead_forget(t, a->dir);
}
