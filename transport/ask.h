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

#ifndef VIOFSD_TRANSPORT_ASK_H
#define VIOFSD_TRANSPORT_ASK_H

#include "req.h"

/*
 * Knows: how an operation puts its question to a worker or an I/O thread.
 * Never: the question itself.
 */

#define ASK_CREATES	0x1u	/* caller's ids also on retry; a node is kept */
#define ASK_REPEATABLE	0x2u	/* harmless if a worker died half-way */
#define ASK_ROOT	0x4u	/* not as the caller, see route_root() */
#define ASK_HANDLES	0x8u	/* pass open files instead of nodes */
#define ASK_FINAL	0x10u	/* no privileged retry: the answer is it */

/*
 * Send question type, whose body stands in r->call.q, with the descriptors of
 * the pinned nodes (or handles) that the worker does not have; done() gets the
 * answer, or the errno if it cannot be sent.
 */
void	ask_worker(struct req *r, uint16_t type, unsigned int flags,
	    req_done *done);

/*
 * Go on with r in next(r, 0) once its first cnt nodes have descriptors, or in
 * next(r, err) when one cannot be had.
 */
void	ask_nodes(struct req *r, unsigned int cnt,
	    void (*next)(struct req *r, int err));

/*
 * No worker that could be asked has the nodes of r->call: have them opened,
 * then send it.
 */
void	ask_home(struct req *r);

/* The broker's answer to blink_hopen(); owns fd. */
void	ask_opened(struct fs *fs, struct req *r, int err, int fd);

/*
 * A worker sends the directory that it keeps for r, or did not, -1: it is our
 * descriptor if we have none and it is the one.  Owns fd.
 */
void	ask_back(struct req *r, int fd);

/*
 * Is fd the file that n was introduced as?  What has no descriptor was not
 * looked at before, and its number and handle may be two files'.  Returns 0,
 * ESTALE if it is another one, or errno.
 */
int	ask_same(struct node *n, int fd);

/*
 * A worker says, or once said, that *said is the file behind fd.  Fill *attr
 * with what is true now: the file itself must be the one (EIO if not), all but
 * its mount and flags is asked again.  The guest's own permission checks rest
 * on it.  Returns 0 or errno.
 */
int	ask_attr(int fd, const struct msg_attr *said, struct msg_attr *attr);

/* Run work() on an I/O thread, then after() (or nothing) here. */
void	ask_iopool(struct req *r, void (*work)(struct req *r),
	    void (*after)(struct req *r));

/*
 * May r make the open file r->handle[i] end at end?  0, or EPERM if sizes are
 * sealed and it would grow.
 */
int	ask_size(const struct req *r, unsigned int i, uint64_t end);

/*
 * The first direct change of node[0]'s data: where security.capability has
 * another name on the host, it is removed as the kernel would.  Then
 * next(r), at once or later; the request ends here if that is refused.
 */
void	ask_no_caps(struct req *r, void (*next)(struct req *r));

/*
 * Might a write by r keep set-id bits of r->node[i]?  (docs: data path)
 * Then the ASK_* flags of whose worker has to make it, else 0.
 */
unsigned int	ask_keeps_setid(const struct req *r, unsigned int i);

#endif
