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

#ifndef VIOFSD_FSWORKER_FOLLOW_H
#define VIOFSD_FSWORKER_FOLLOW_H

/*
 * Knows: which processor this worker had better run on.
 * Never: trust in what the transport says of its own: the answer decides about
 * speed and nothing else.
 */

struct mring;

/* Remember which processors we may use; before the filter is in force. */
void	follow_init(void);

/*
 * The worker is about to sleep, all answers given: struct chan's idle().  When
 * the transport has said several times in a row that it runs on another
 * processor, go there, for it sleeps while we work and to wake somebody on the
 * same processor costs a tenth.  Go back to all when the transport names none,
 * or when what it asked took long, for then somebody else is there too, or we
 * are what it need not wait for; after that it must be said twice as often.
 * That the kernel refuses is not an error.
 */
void	follow_idle(const struct mring *r);

#endif
