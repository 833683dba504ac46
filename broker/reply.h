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

#ifndef VIOFSD_BROKER_REPLY_H
#define VIOFSD_BROKER_REPLY_H

#include <stdint.h>

/*
 * Knows: answers to WGET, given whenever a worker is ready, and to HOPEN; both
 * are kept while the transport does not read.
 * Never: why an answer is what it is (worker.c).
 */

#define REPLY_FDS	4	/* a channel and its ring */

struct broker;

/*
 * Answer question id: err, or 0 with worker_id and the transport's end of the
 * channel.  fds are owned from here on (-1 with err).  While answers wait, no
 * further question is read, so the queue is no longer than the number of
 * workers plus one.
 */
void	reply_wget(struct broker *b, uint32_t id, int err, uint32_t worker_id,
	    const int fds[REPLY_FDS]);

/* Answer question id: err, or 0 with the file, owned from here on. */
void	reply_hopen(struct broker *b, uint32_t id, int err, int fd);

/* The transport's socket has room again. */
void	reply_flush(struct broker *b);

#endif
