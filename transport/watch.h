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

#ifndef VIOFSD_TRANSPORT_WATCH_H
#define VIOFSD_TRANSPORT_WATCH_H

#include <stdint.h>

/*
 * Knows: the inotify(7) instance: which numbers workers gave to directories,
 * and what is known of those; events, in their order.
 * Never: a name of its own accord; a directory to watch, which takes a path
 * and thus a worker (fsworker/w_ahead.c).  Event thread only.
 *
 * The kernel queues an event before the call that made the change returns:
 * who has read all events knows of all changes whose calls have.
 *
 * One instance is for all workers.  They can add to it and do nothing else
 * (common/sandbox_fsworker.c), and all get the same number for the same
 * directory.  Which number is a worker's word about what that worker says
 * anyway; so a number is removed only when nobody uses it and no question is
 * out whose answer may name it.
 */

struct ahead;
struct fs;
struct watch;
struct watch_dir;

/* Setup: make the instance.  NULL, logged, if there is none to be had. */
struct watch *watch_new(struct fs *fs);

/* Its descriptor, for N_WATCH; it stays the watch's. */
int	watch_fd(const struct watch *w);

/*
 * A question goes out whose answer will name a number.  Returns what
 * watch_join() needs to know of when that was.  Each one ends with
 * watch_ask_end().
 */
uint64_t watch_ask(struct watch *w);
void	watch_ask_end(struct watch *w);

/*
 * An answer has named wd.  a, unless NULL, is to hear of its events from now
 * on, as if it had since the question of that time.  Returns 0; EAGAIN if it
 * has missed one; EIO if wd can be none; ENOMEM.
 */
int	watch_join(struct watch *w, int32_t wd, struct ahead *a,
	    uint64_t since);

/* Is wd the number that a has joined?  1 or 0. */
int	watch_is(const struct ahead *a, int32_t wd);

/* a wants to hear no more; none if it never joined. */
void	watch_leave(struct watch *w, struct ahead *a);

/*
 * Tell of all that has happened, ahead_news() and ahead_forget(): whoever
 * held an ahead must look again whether it is still there.
 */
void	watch_read(struct watch *w);

#endif
