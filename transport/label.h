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

#ifndef VIOFSD_TRANSPORT_LABEL_H
#define VIOFSD_TRANSPORT_LABEL_H

#include <stddef.h>
#include <stdint.h>

struct req;

/*
 * Knows: the tail of a question that makes a file: a symlink's target, and the
 * name and value of its security label.
 * Never: which labels are allowed.
 */

/*
 * Compose r->call.tail from target (may be NULL) and the request's label, and
 * fill the two length fields of the question.  Returns 0, EINVAL, or ENOMEM.
 */
int	label_tail(struct req *r, const char *target, size_t target_len,
	    uint32_t *name_len, uint32_t *value_len);

/* The umask that the guest left to us, 0 if it applied it itself. */
uint32_t label_umask(const struct req *r, uint32_t umask);

#endif
