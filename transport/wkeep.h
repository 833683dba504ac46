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

#include <stdint.h>

#include "../common/chan.h"

/*
 * Knows: which directories a worker has descriptors of, and under which
 * number (MSG_KEEP_*), so that a question can name one without sending it.
 * Never: a descriptor of its own.
 *
 * A worker takes questions in order, so that what was sent is what it has.
 * All zero is a new worker, who has nothing.
 */

struct req;

struct wkeep_dir {
	uint64_t id;		/* nodeid, 0: free */
	uint64_t used;		/* when, in questions */
	int fd;			/* the node's when it was sent */
};

struct wkeep {
	struct wkeep_dir dir[MSG_KEEP_MAX];
	uint64_t now;
	unsigned int look;	/* the next that may have to be dropped */
};

/*
 * Decide which descriptors of r->call travel to w's worker: fills in
 * out->kept, out->fd_cnt, and out->fds, which is fds afterwards.
 */
void	wkeep_ask(struct wkeep *w, const struct req *r, struct chan_out *out,
	    int fds[MSG_KEPT]);

/* That question was sent. */
void	wkeep_sent(struct wkeep *w, const struct req *r,
	    const struct chan_out *out);

#endif
