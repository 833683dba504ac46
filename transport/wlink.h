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

#ifndef VIOFSD_TRANSPORT_WLINK_H
#define VIOFSD_TRANSPORT_WLINK_H

#include <stdint.h>

/*
 * Knows: workers as the transport sees them: by credential, what waits for
 * them, what they are doing, when one is idle or lost.
 * Never: a worker's privilege, or trust in its answers: a wrong one costs
 * the worker.
 *
 * Requests of one credential wait in its pool's queue.  A worker works on
 * one request at a time, in order; a few are sent ahead.  When it dies, only
 * the first unanswered one can have taken effect: that one is sent again if
 * it may be repeated and this is its first accident, and fails with EIO if
 * not; the others are simply sent again.
 */

struct cred;
struct fdbag;
struct fs;
struct req;
struct wlink;

/* Limits from the share's configuration are read from fs->conf. */
struct wlink *wlink_new(struct fs *fs);

/*
 * Send r->call to a worker of r->call.cred.  Its done() is called once, with
 * the answer or an errno (EIO when workers die, the broker's errno when
 * there can be none), after the privileged retry where route.c allows one.
 */
void	wlink_call(struct wlink *w, struct req *r);

/* Questions as cred that have not been answered. */
unsigned int wlink_waiting(struct wlink *w, const struct cred *cred);

/* The broker's answer to blink_wget(): see struct blink_ops. */
void	wlink_worker(void *arg, void *cookie, int err, uint32_t worker_id,
	    struct fdbag *fds);

/*
 * The end of an event: workers are told once of all that is new for them, and
 * answers that are there, or will be in a moment, are taken.
 */
void	wlink_settle(struct wlink *w);

/* Tell workers of what nobody waits for, which is done last. */
void	wlink_ring_lazy(struct wlink *w);

/*
 * The front-end waits for all that is in flight.  From now on, and for as
 * long as it does, a worker that hangs for WLINK_DRAIN seconds over one
 * request is given up, and what waited for it fails with EIO: a dead file
 * server must not hold whoever stops or moves the virtual machine.
 */
void	wlink_drain(struct wlink *w);

#endif
