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

#ifndef VIOFSD_TRANSPORT_BLINK_H
#define VIOFSD_TRANSPORT_BLINK_H

#include "../common/cred.h"
#include "../common/idmap.h"
#include "../common/msg.h"

/*
 * Knows: the broker as the transport sees it: hello, workers wanted and given
 * back, quit.
 * Never: what a worker is good for (wlink.c).
 */

struct blink;
struct event_base;
struct fdbag;

struct blink_ops {
	/*
	 * The broker answered blink_wget(): err, or 0 and the channel and its
	 * ring, from which the callee takes what it keeps.
	 */
	void (*worker)(void *arg, void *cookie, int err, uint32_t worker_id,
	    struct fdbag *fds);
	/* The answer to blink_hopen(): err 0 and fd, the callee's, or -1. */
	void (*opened)(void *arg, void *cookie, int err, int fd);
	void (*quit)(void *arg);
};

/*
 * Say hello on descriptor fd and wait for the configuration; setup only,
 * fatal on failure.  The id map's rules live for ever; *listenfd and *rootfd
 * belong to the caller.
 */
struct blink *blink_hello(int fd, struct a_hello *conf, struct idmap *ids,
	    int *listenfd, int *rootfd);

/* Serve the channel from base.  The broker's end is ours: exit then. */
void	blink_start(struct blink *b, struct event_base *base,
	    const struct blink_ops *ops, void *arg);

/* Ask for a worker; ops->worker() answers with cookie.  0, EAGAIN or errno. */
int	blink_wget(struct blink *b, const struct cred *cred, void *cookie);

/* Ask for a descriptor of a sealed handle; ops->opened() answers. */
int	blink_hopen(struct blink *b, const struct msg_seal *seal, void *cookie);

/* Give worker_id back; its channel is closed already. */
void	blink_wput(struct blink *b, uint32_t worker_id);

#endif
