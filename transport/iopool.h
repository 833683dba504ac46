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

#ifndef VIOFSD_TRANSPORT_IOPOOL_H
#define VIOFSD_TRANSPORT_IOPOOL_H

/*
 * Knows: threads that make the system calls which may sleep, on descriptors
 * that a request holds.
 * Never: tables, workers or the socket: those belong to the event thread.
 */

struct event_base;
struct iopool;
struct req;

/*
 * Start thread_cnt threads and wait until each is in its loop, so that no
 * thread starts up inside the filter.  done(r) is called on the event thread
 * after r->io.work(r) has replied.  Fatal on failure: setup only.
 */
struct iopool *iopool_start(struct event_base *base, unsigned int thread_cnt,
	    void (*done)(struct req *r));

/* Let a thread run r->io.work(r), which must reply exactly once. */
void	iopool_submit(struct iopool *p, struct req *r);

/*
 * Call done() for what is finished: the event thread does so when the guest
 * kicks.  Without a kick it is done some milliseconds later; at once for a
 * request with r->io.after, or when the threads have more to do.
 */
void	iopool_reap(struct iopool *p);

/*
 * Close fd on a thread, which is not woken for each: it may take 20 ms.
 * Returns 0; or EAGAIN when many wait to be closed already, and then it is
 * still the caller's.
 */
int	iopool_close(struct iopool *p, int fd);

#endif
