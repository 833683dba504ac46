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

#ifndef VIOFSD_TRANSPORT_WKEEP_H
#define VIOFSD_TRANSPORT_WKEEP_H

#include <sys/queue.h>

#include <stdint.h>

#include "../common/chan.h"

/*
 * Knows: which nodes a worker has descriptors of, and under which number
 * (MSG_KEEP_*), so that a question can name one without sending it.
 * Never: a descriptor of its own.
 *
 * A worker takes questions in order, so that what was sent is what it has.
 */

struct fs;
struct node;
struct req;
struct wkeep;

#define WKEEP_OTHERS	256	/* numbers if each node has a descriptor */

/* What is under one number. */
struct wkeep_slot {
	TAILQ_ENTRY(wkeep_slot) entry;	/* but while it is given */
	struct wkeep *of;
	struct node *node;		/* whose descriptor it is, or NULL */
	struct wkeep_slot *next;	/* of that node, with another worker */
	uint64_t when;			/* it was sent */
	int fd;				/* strict: the one that was sent */
	uint8_t has;			/* the worker has one */
	uint8_t given;			/* an answer will say which */
};
TAILQ_HEAD(wkeep_slots, wkeep_slot);

struct wkeep {
	struct fs *fs;
	struct wkeep_slot *slot;
	unsigned int max, cnt;		/* slots that there are, were used */
	unsigned int gone_cnt;
	uint64_t now;			/* questions sent */
	int root;			/* acts for root, and is believed */
	struct wkeep_slots lru;		/* nodes', oldest first */
	struct wkeep_slots gone;	/* the worker has what nobody wants */
	struct wkeep_slots spare;	/* empty */
	struct wkeep_slot *plan[MSG_KEPT + 1]; /* of the next question */
};

/*
 * For a new worker of class, who has nothing.  Without memory it is never
 * asked to keep anything.
 */
void	wkeep_init(struct wkeep *w, struct fs *fs, uint32_t class);

/* The worker is gone, and so is what it had. */
void	wkeep_free(struct wkeep *w);

/* Nobody knows n any more. */
void	wkeep_forget(struct node *n);

/* Does w's worker have all nodes of r that have no descriptor here? */
int	wkeep_enough(const struct wkeep *w, const struct req *r);

/* Does it have n? */
int	wkeep_has(const struct wkeep *w, const struct node *n);

/*
 * Decide which descriptors of r->call travel to w's worker, which has enough,
 * and whether it keeps what it gives: fills in out->kept, out->give,
 * out->fd_cnt, and out->fds, which is fds afterwards.
 */
void	wkeep_ask(struct wkeep *w, const struct req *r, struct chan_out *out,
	    int fds[MSG_KEPT]);

/* That question was sent. */
void	wkeep_sent(struct wkeep *w, struct req *r, const struct chan_out *out);

/*
 * Its answer came; m is NULL if it has an errno.  What the worker kept of it
 * is taken by wkeep_claim(), or else nobody's after wkeep_unclaimed().  If it
 * is what a number was kept under already, fs->known is the node until then.
 * Returns 0; EAGAIN if that node is not to be had, and r has to be asked again
 * plainly; or EPROTO if the worker kept what it was not asked to.
 */
int	wkeep_answer(struct req *r, const struct chan_msg *m);
void	wkeep_claim(struct fs *fs, struct node *n);
void	wkeep_unclaimed(struct fs *fs);

/*
 * At most MSG_DROP_MAX numbers of what the worker has and nobody wants; it is
 * told so by the caller.  Returns how many.
 */
unsigned int wkeep_drop(struct wkeep *w, uint16_t nr[MSG_DROP_MAX]);

#endif
