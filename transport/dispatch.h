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

#ifndef VIOFSD_TRANSPORT_DISPATCH_H
#define VIOFSD_TRANSPORT_DISPATCH_H

struct fs;
struct req;

/*
 * Knows: how a popped chain becomes a request in the hands of its operation:
 * the checks that are the same for every opcode.
 * Never: what an opcode does.
 */

/*
 * Serve ring idx until it is empty, or for a while: the rest after other
 * events had their turn.  arg is the struct fs.
 */
void	dispatch_ring(void *arg, unsigned int idx);

/* An I/O thread has answered r: drop it; event thread. */
void	dispatch_io_done(struct req *r);

/*
 * After anything that may have pushed: interrupt the guests once per ring and
 * let a waiting vhost-user message go on.
 */
void	dispatch_flush(struct fs *fs);

/* Event callback: take up the rings that were left alone. */
void	dispatch_resume(int fd, short what, void *arg);

#endif
