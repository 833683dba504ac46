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

#ifndef VIOFSD_BROKER_SERVE_H
#define VIOFSD_BROKER_SERVE_H

/*
 * Knows: the event loop: who is listened to, and how it all ends.
 * Never: what a message means (on_*.c).
 */

struct broker;

/* Make the event loop; before the filter, for it opens descriptors. */
void	serve_init(struct broker *b);

/*
 * Wait for the spawner's and the transport's first message, five seconds for
 * each.  Fatal if one does not come or is wrong.
 */
void	serve_hello(struct broker *b);

/* Listen until serve_end(); then end every process.  Returns the status. */
int	serve_loop(struct broker *b);

/* Leave the loop and exit with status. */
void	serve_end(struct broker *b, int status);

#endif
