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

#ifndef VIOFSD_IPC_WORKER_H
#define VIOFSD_IPC_WORKER_H

#include <sys/types.h>

#include <stdint.h>

#include "../../common/chan.h"

/*
 * Knows: how to be broker and transport for one real viofsd-fsworker.
 * Never: what is being tested.
 */

/* A scratch tree: ROOT/share is what the worker gets, the rest is outside. */
struct wtree {
	char root[64];
	int rootfd;		/* ROOT */
	int sharefd;		/* O_PATH of a detached clone of ROOT/share */
	int plainfd;		/* ROOT/share itself, not through the clone */
	uint64_t mnt_id;	/* of the clone */
};

struct worker {
	pid_t pid;
	int broker;		/* our end of its channel 3 */
	struct chan chan;	/* as its transport, blocking */
	struct chan_msg msg;	/* last answer */
	struct n_wready ready;
	uint32_t id;		/* of the last question */
};

#define WORKER_KEEP_MAX	128	/* nodes that it keeps */

/* What wtree_make() needs; says why not in *why.  Returns 1 or 0. */
int	wtree_possible(const char **why);

/*
 * Make the tree; bails out on failure.  The share belongs to uid.  Removed by
 * wtree_remove(), also at exit.
 */
void	wtree_make(struct wtree *t, uid_t uid);
void	wtree_remove(struct wtree *t);

/* Without a clone: the share as it lies on its filesystem's own mount. */
void	wtree_plain(struct wtree *t);

/*
 * Fill *who for a worker of cred on t; the caller may spoil it before
 * worker_start().
 */
void	worker_who(const struct wtree *t, const struct cred *cred,
	    struct a_whello *who);

/*
 * The id rules and the attribute map that workers are told from now on, as the
 * tail of A_WHELLO has them; who says how long they are.
 */
void	worker_rules(const void *tail, size_t tail_len);

/*
 * Fork, take on born's credential and capabilities, exec the worker, and go
 * through hello, with *told as the answer, until WREADY.  Returns 0, or -1 if
 * the worker ended before that.
 */
int	worker_start(struct worker *w, const struct wtree *t,
	    const struct a_whello *born, const struct a_whello *told);

/*
 * Ask; the answer is in w->msg.  Returns its errno (0 for success), or -1 if
 * there was none because the worker is gone or breaks the protocol.  The
 * descriptors stay the caller's; those of the answer are closed by the next
 * worker_ask().
 */
int	worker_ask(struct worker *w, uint16_t type, const void *body,
	    const int *fds, unsigned int fd_cnt);
int	worker_ask_tail(struct worker *w, const struct chan_out *out);

/* Send anything at all, without one check.  Returns 0 or errno. */
int	worker_raw(struct worker *w, const void *bytes, size_t len,
	    const int *fds, unsigned int fd_cnt);

/*
 * Wait up to 5 s for the worker's end and collect it.  Returns the wait
 * status, or -1 if it still runs.
 */
int	worker_wait(struct worker *w);

/* Close its channels, collect it, kill it if it does not go. */
void	worker_stop(struct worker *w);

#endif
