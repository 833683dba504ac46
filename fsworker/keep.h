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

#ifndef VIOFSD_FSWORKER_KEEP_H
#define VIOFSD_FSWORKER_KEEP_H

#include "../common/chan.h"
#include "../common/fdbag.h"

/*
 * Knows: descriptors of nodes that the transport wants kept, under its
 * numbers, so that they need not travel with every question.
 * Never: that such a descriptor is believed: who names it first makes the
 * checks that it would make of one that came along.
 */

#define KEEP_BUCKETS	4096u

/* Which node it is, if we gave it ourselves. */
struct keep_id {
	uint64_t ino, mnt_id;
	uint32_t dev_major, dev_minor;
	uint16_t next;		/* of the bucket, number + 1 */
	uint16_t known;
};

struct keep {
	uint32_t max;		/* numbers are below this */
	int fd[MSG_KEEP_MAX];	/* 0: none; that one is /dev/null for good */
	uint16_t type[MSG_KEEP_MAX];	/* S_IF* of what was claimed, or 0 */
	struct keep_id id[MSG_KEEP_MAX];
	uint16_t bucket[KEEP_BUCKETS];	/* number + 1 */
};

/*
 * Do what m's header says of kept descriptors, and fill fds with all those
 * that its row has, in order; they stay k's and m's.  Returns 0, or EPROTO for
 * a number that nothing is kept under.
 */
int	keep_take(struct keep *k, struct chan_msg *m, struct fdbag *fds);

/*
 * Keep fd, which is k's from now on and has these attributes, as attr_get()
 * found them, under the number of give.
 */
void	keep_give(struct keep *k, uint32_t give, int fd,
	    const struct msg_attr *attr);

/*
 * What at_claim() said of the descriptor under a number, or that it is one of
 * ours: its type, S_IF*; 0 if nobody asked yet.  kept is of a question that
 * keep_take() let pass.
 */
uint32_t keep_type(const struct keep *k, uint16_t kept);

/* at_claim() says that it is the share's and of this type. */
void	keep_claimed(struct keep *k, uint16_t kept, uint32_t type);

/*
 * A number that what has these attributes is kept under, but not that of give,
 * or -1.  As long as it is kept there is no other file with them.
 */
int	keep_find(const struct keep *k, uint32_t give,
	    const struct msg_attr *attr);

/* A notice to close what is kept.  Returns 0 or EPROTO, likewise. */
int	keep_drop(struct keep *k, const struct chan_msg *m);

#endif
