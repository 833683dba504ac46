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
 * Knows: how long an open file may be opened again by who opened it: as long as
 * its time of change is from before a worker was asked.  Who may open a file is
 * up to its mode, owner, lists and labels, each of which sets that time.
 * Never: an open call; a file that somebody may write to.
 */

#include "config.h"

#include <sys/queue.h>
#include <sys/stat.h>

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "fs.h"
#include "fuse_proto.h"
#include "kind.h"
#include "node.h"
#include "reap.h"
#include "req.h"
#include "spare.h"
#include "sysfd.h"

#define SPARE_NSEC	1000000000LL
#define SPARE_ROUND	1		/* seconds; unused for two: closed */
#define SPARE_AGE	(5 * SPARE_NSEC)	/* the worker's word is old */
#define SPARE_TICKS	2		/* a file's clock is coarse */
#define SPARE_STEP	1000000LL	/* by which a clock may be set back */

struct spare {
	TAILQ_ENTRY(spare) entry;
	struct node *node;
	struct spare_who who;
	struct spare_when when;
	uint32_t round;
	int fd;
};

struct spare_set {
	struct fs *fs;
	TAILQ_HEAD(, spare) all;	/* put last: at the end */
	unsigned int cnt, max;
	uint32_t round;
	int64_t tick;			/* of files' clock */
	struct event *ev;
};

static int64_t
spare_ns(const struct timespec *ts)
{
	return ts->tv_sec * SPARE_NSEC + ts->tv_nsec;
}

static void
spare_late(int fd, short what, void *arg)
{
	static const struct timeval again = { SPARE_ROUND, 0 };
	struct spare_set *s = arg;
	struct spare *p;

	(void)fd;
	(void)what;
	s->round++;
	while ((p = TAILQ_FIRST(&s->all)) != NULL && s->round - p->round > 1)
		spare_drop(s, p->node);
	if (p != NULL)
		event_add(s->ev, &again);
}

struct spare_set *
spare_set_new(struct fs *fs, unsigned int fd_max)
{
	struct timespec tick;
	struct spare_set *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->fs = fs;
	s->max = fd_max < SPARE_MAX ? fd_max : SPARE_MAX;
	clock_getres(CLOCK_REALTIME_COARSE, &tick);
	s->tick = spare_ns(&tick) * SPARE_TICKS;
	TAILQ_INIT(&s->all);
	if ((s->ev = evtimer_new(fs->base, spare_late, s)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
spare_now(struct spare_when *when)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	when->mono = spare_ns(&ts);
	clock_gettime(CLOCK_REALTIME, &ts);
	when->real = spare_ns(&ts);
}

int
spare_may(const struct fs *fs, const struct node *n, const struct cred *c)
{
	return kind_ours(fs->magic) && kind_share(fs, n) &&
	    (fs->conf.policy & MSG_POLICY_STRICT) == 0 &&
	    (fs->conf.flags & MSG_SHARE_BARE) == 0 &&
	    (fs->session.flags & FUSE_FLOCK_LOCKS) == 0 &&
	    c->gid_cnt == 0;
}

/* Out of the set; its descriptor is the caller's. */
static int
spare_remove(struct spare_set *s, struct spare *p)
{
	int fd = p->fd;

	TAILQ_REMOVE(&s->all, p, entry);
	s->cnt--;
	p->node->spare = NULL;
	free(p);
	node_budget(s->fs->nodes, s->fs->fd_total - --s->fs->fd_open);
	return fd;
}

void
spare_drop(struct spare_set *s, struct node *n)
{
	int fd;

	if (n->spare == NULL)
		return;
	fd = spare_remove(s, n->spare);
	reap_close(s->fs, &fd);
}

void
spare_put(struct spare_set *s, struct node *n, int *fd,
    const struct spare_who *who, const struct spare_when *when)
{
	static const struct timeval round = { SPARE_ROUND, 0 };
	struct spare *p;

	spare_drop(s, n);
	if (s->cnt >= s->max && s->cnt > 0)
		spare_drop(s, TAILQ_FIRST(&s->all)->node);
	if (s->cnt >= s->max || (p = malloc(sizeof(*p))) == NULL) {
		reap_close(s->fs, fd);
		return;
	}
	p->node = n;
	p->who = *who;
	p->when = *when;
	p->round = s->round;
	p->fd = *fd;
	*fd = -1;
	n->spare = p;
	TAILQ_INSERT_TAIL(&s->all, p, entry);
	s->cnt++;
	node_budget(s->fs->nodes, s->fs->fd_total - ++s->fs->fd_open);
	if (!evtimer_pending(s->ev, NULL))
		event_add(s->ev, &round);
}

/*
 * Would the kernel say the same again?  The file has not changed since before
 * the worker was asked, by a clock that was not set back since.
 */
static int
spare_holds(const struct spare_set *s, const struct spare *p)
{
	struct spare_when now;
	struct stat st;

	spare_now(&now);
	if (now.mono - p->when.mono > SPARE_AGE ||
	    now.real - now.mono < p->when.real - p->when.mono - SPARE_STEP)
		return 0;
	return sysfd_stat(p->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_ino == p->node->ino &&
	    spare_ns(&st.st_ctim) + s->tick < p->when.real;
}

int
spare_take(struct spare_set *s, const struct req *r, struct node *n,
    struct spare_when *when)
{
	const struct cred *c = &r->call.cred;
	struct spare *p = n->spare;

	if (p == NULL || p->who.class != c->class || p->who.uid != c->uid ||
	    p->who.gid != c->gid)
		return -1;
	if (!spare_holds(s, p)) {
		spare_drop(s, n);
		return -1;
	}
	*when = p->when;
	return spare_remove(s, p);
}

int
spare_look(const struct node *n)
{
	if (node_fd(n) != -1)
		return node_fd(n);
	if (n->any != NULL)
		return n->any->fd;
	return n->spare == NULL ? -1 : n->spare->fd;
}
