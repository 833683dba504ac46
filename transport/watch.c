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
 * Knows: the inotify(7) instance.  The only file with inotify_init1(2) and
 * inotify_rm_watch(2).
 * Never: what a name stands for (ahead.c).
 */

#include "config.h"

#include <sys/inotify.h>
#include <sys/queue.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"

#include "ahead.h"
#include "fs.h"
#include "node.h"
#include "watch.h"

#define WATCH_BUCKETS	256u
#define WATCH_READS	1024	/* 4 KiB each; the kernel queues 16384 events */
#define WATCH_IDLE	1024	/* directories that may stay so while asked */
#define WATCH_EVENT_MAX	(sizeof(struct inotify_event) + NAME_MAX + 1)

struct watch_dir {
	LIST_ENTRY(watch_dir) entry;	/* same bucket */
	TAILQ_ENTRY(watch_dir) idle;	/* while nobody listens */
	LIST_HEAD(, ahead) aheads;
	int32_t wd;
	uint64_t last;			/* event */
};

struct watch {
	struct fs *fs;
	int fd;
	int reading;
	unsigned int asked;		/* questions that may bring a number */
	unsigned int idle_cnt;
	uint64_t event_cnt;
	uint64_t lost;			/* event that may have been anything */
	LIST_HEAD(, watch_dir) dir[WATCH_BUCKETS];
	TAILQ_HEAD(, watch_dir) idle;
};

struct watch *
watch_new(struct fs *fs)
{
	struct watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		fatalx("memory");
	w->fs = fs;
	TAILQ_INIT(&w->idle);
	if ((w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1) {
		log_warn("directories are not read ahead: inotify_init1");
		free(w);
		return NULL;
	}
	return w;
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

static struct watch_dir *
watch_find(struct watch *w, int32_t wd)
{
	struct watch_dir *d;

	LIST_FOREACH(d, &w->dir[(uint32_t)wd % WATCH_BUCKETS], entry)
		if (d->wd == wd)
			return d;
	return NULL;
}

/* The directory of wd, made if there is none; NULL without memory. */
static struct watch_dir *
watch_dir(struct watch *w, int32_t wd)
{
	struct watch_dir *d;

	if ((d = watch_find(w, wd)) != NULL ||
	    (d = calloc(1, sizeof(*d))) == NULL)
		return d;
	d->wd = wd;
	LIST_INIT(&d->aheads);
	LIST_INSERT_HEAD(&w->dir[(uint32_t)wd % WATCH_BUCKETS], d, entry);
	TAILQ_INSERT_TAIL(&w->idle, d, idle);
	w->idle_cnt++;
	return d;
}

static void
watch_free(struct watch *w, struct watch_dir *d)
{
	LIST_REMOVE(d, entry);
	TAILQ_REMOVE(&w->idle, d, idle);
	w->idle_cnt--;
	free(d);
}

/*
 * What nobody listens to is not watched, unless an answer that is on its way
 * may name it.  Where one takes long, or workers make numbers up, the answers
 * to come are worth nothing.
 */
static void
watch_sweep(struct watch *w)
{
	struct watch_dir *d;

	if (w->reading || (w->asked > 0 && w->idle_cnt < WATCH_IDLE))
		return;
	if (w->asked > 0)
		w->lost = ++w->event_cnt;
	while ((d = TAILQ_FIRST(&w->idle)) != NULL) {
		inotify_rm_watch(w->fd, d->wd);
		watch_free(w, d);
	}
}

uint64_t
watch_ask(struct watch *w)
{
	w->asked++;
	return w->event_cnt;
}

void
watch_ask_end(struct watch *w)
{
	w->asked--;
	watch_sweep(w);
}

int
watch_join(struct watch *w, int32_t wd, struct ahead *a, uint64_t since)
{
	struct watch_dir *d;

	if (wd < 1)
		return EIO;
	if ((d = watch_dir(w, wd)) == NULL)
		return ENOMEM;
	if (a == NULL) {
		watch_sweep(w);
		return 0;
	}
	if (d->last > since || w->lost > since)
		return EAGAIN;
	if (LIST_EMPTY(&d->aheads)) {
		TAILQ_REMOVE(&w->idle, d, idle);
		w->idle_cnt--;
	}
	LIST_INSERT_HEAD(&d->aheads, a, same);
	a->watched = d;
	return 0;
}

int
watch_is(const struct ahead *a, int32_t wd)
{
	return a->watched != NULL && a->watched->wd == wd;
}

void
watch_leave(struct watch *w, struct ahead *a)
{
	struct watch_dir *d = a->watched;

	if (d == NULL)
		return;
	a->watched = NULL;
	LIST_REMOVE(a, same);
	if (LIST_EMPTY(&d->aheads)) {
		TAILQ_INSERT_TAIL(&w->idle, d, idle);
		w->idle_cnt++;
		watch_sweep(w);
	}
}

/* Nothing that is known of the directory can be relied upon. */
static void
watch_forget(struct watch *w, struct watch_dir *d)
{
	struct ahead *a;

	while ((a = LIST_FIRST(&d->aheads)) != NULL) {
		a->dir->ahead_looks = a->dir->ahead_found = 0;
		ahead_forget(w->fs->ahead, a->dir);
	}
}

/* Nor of any. */
static void
watch_lost(struct watch *w)
{
	w->lost = ++w->event_cnt;
	ahead_forget_all(w->fs->ahead);
}

/*
 * Somebody's name, or the directory's own attributes, that is its rights.  A
 * name that was moved away may be there still: of two that are exchanged both
 * come and go, and a whiteout (rename(2)) takes its place without a word.
 */
static void
watch_tell(struct watch *w, struct watch_dir *d, const struct inotify_event *e)
{
	struct ahead *a, *next;

	if (e->len == 0) {
		watch_forget(w, d);
		return;
	}
	for (a = LIST_FIRST(&d->aheads); a != NULL; a = next) {
		next = LIST_NEXT(a, same);
		if (e->mask & (IN_ATTRIB | IN_MODIFY))
			ahead_touched(w->fs->ahead, a, e->name);
		else
			ahead_news(w->fs->ahead, a, e->name,
			    (e->mask & IN_DELETE) != 0);
	}
}

static void
watch_event(struct watch *w, const struct inotify_event *e)
{
	struct watch_dir *d;

	if (e->mask & IN_Q_OVERFLOW) {
		watch_lost(w);
		return;
	}
	w->event_cnt++;
	/* The end of one that we removed ourselves. */
	if ((e->mask & IN_IGNORED) && w->asked == 0 &&
	    watch_find(w, e->wd) == NULL)
		return;
	if ((d = watch_dir(w, e->wd)) == NULL) {
		watch_lost(w);
		return;
	}
	d->last = w->event_cnt;
	if (e->mask & (IN_IGNORED | IN_UNMOUNT))
		watch_forget(w, d);
	else
		watch_tell(w, d, e);
}

static void
watch_events(struct watch *w, const char *buf, size_t len)
{
	const struct inotify_event *e;
	size_t pos;

	for (pos = 0; pos < len; pos += sizeof(*e) + e->len) {
		e = (const void *)(buf + pos);
		watch_event(w, e);
	}
}

void
watch_read(struct watch *w)
{
	union {
		struct inotify_event align;
		char bytes[4096];
	} buf;
	unsigned int i;
	ssize_t n;

	w->reading = 1;
	for (i = 0; i < WATCH_READS; i++) {
		if ((n = read(w->fd, &buf, sizeof(buf))) <= 0) {
			if (n == 0 || errno != EAGAIN)
				watch_lost(w);
			break;
		}
		watch_events(w, buf.bytes, (size_t)n);
		/* There would have been room for one more. */
		if ((size_t)n <= sizeof(buf) - WATCH_EVENT_MAX)
			break;
	}
	/* They come faster than they can be read. */
	if (i == WATCH_READS)
		watch_lost(w);
	w->reading = 0;
	watch_sweep(w);
}
