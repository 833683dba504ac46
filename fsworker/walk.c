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
 * Knows: walking to a node by name, and a cache of walks that were made.
 * Never: openat2(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "../common/fdbag.h"

#include "at.h"
#include "walk.h"

#define WALK_SLOTS	4096u	/* nodes; a newer one takes an older's place */
#define WALK_NSEC	1000000000ull

/* Also when it was born, for numbers of inodes are used again. */
struct walk_node {
	uint64_t mnt_id, ino;
	int64_t btime;
	uint32_t btime_nsec, dev_minor;
	uint64_t until;		/* ns of CLOCK_MONOTONIC, 0 = empty */
};

static struct walk_node walk_slots[WALK_SLOTS];

static uint64_t
walk_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * WALK_NSEC + (uint64_t)ts.tv_nsec;
}

static struct walk_node *
walk_slot(const struct statx *stx)
{
	uint64_t h = stx->stx_ino * 0x9e3779b97f4a7c15ull ^ stx->stx_mnt_id;

	return &walk_slots[(h >> 32) % WALK_SLOTS];
}

static int
walk_same(const struct walk_node *n, const struct statx *stx)
{
	return n->ino == stx->stx_ino && n->mnt_id == stx->stx_mnt_id &&
	    n->dev_minor == stx->stx_dev_minor &&
	    n->btime == stx->stx_btime.tv_sec &&
	    n->btime_nsec == stx->stx_btime.tv_nsec;
}

static void
walk_keep(const struct a_whello *who, const struct statx *stx)
{
	struct walk_node *n = walk_slot(stx);

	if (who->walk_ns == 0)
		return;
	n->mnt_id = stx->stx_mnt_id;
	n->ino = stx->stx_ino;
	n->dev_minor = stx->stx_dev_minor;
	n->btime = stx->stx_btime.tv_sec;
	n->btime_nsec = stx->stx_btime.tv_nsec;
	n->until = walk_now() + who->walk_ns;
}

static int
walk_stat(const struct a_whello *who, int fd, struct statx *stx)
{
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
	    WALK_MASK | at_mnt_mask(who), stx) == -1 ? errno : 0;
}

static int
walk_there(const struct a_whello *who, int fd, const struct statx *stx)
{
	static char path[PATH_MAX];
	struct walk_node want;
	struct statx got;
	int found, err;

	if ((err = at_path(who, fd, path)) != 0)
		return err;
	if ((err = at_walk(path[1] != '\0' ? path + 1 : ".", &found)) != 0)
		return err == ENOENT || err == ENOTDIR || err == ELOOP ?
		    ESTALE : err;
	err = walk_stat(who, found, &got);
	fd_close(&found);
	if (err != 0)
		return err;
	want.mnt_id = stx->stx_mnt_id;
	want.ino = stx->stx_ino;
	want.dev_minor = stx->stx_dev_minor;
	want.btime = stx->stx_btime.tv_sec;
	want.btime_nsec = stx->stx_btime.tv_nsec;
	return walk_same(&want, &got) ? 0 : ESTALE;
}

int
walk_check(const struct a_whello *who, int fd, const struct statx *stx)
{
	const struct walk_node *n = walk_slot(stx);
	int err;

	if (n->until != 0 && walk_same(n, stx) && walk_now() < n->until)
		return 0;
	if (stx->stx_nlink == 0)
		return stx->stx_uid == who->cred.uid ||
		    cred_acts_root(who->cred.class) ? 0 : ESTALE;
	if ((err = walk_there(who, fd, stx)) == 0)
		walk_keep(who, stx);
	return err;
}

void
walk_found(const struct a_whello *who, int fd)
{
	struct statx stx;

	if ((who->policy & MSG_POLICY_STRICT) != 0 && who->walk_ns != 0 &&
	    walk_stat(who, fd, &stx) == 0)
		walk_keep(who, &stx);
}
