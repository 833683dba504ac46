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

#ifndef VIOFSD_FUZZ_FSENV_HONEST_H
#define VIOFSD_FUZZ_FSENV_HONEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/fdbag.h"
#include "common/msg.h"

/*
 * Knows: what a worker that does not lie says of a file.
 * Never: which one.
 */

/* Attributes of what is behind fd. */
void	env_honest(struct msg_attr *a, int fd);

/* A directory that is read ahead: all of them are number 1. */
void	env_honest_watch(struct a_ahead *a, const struct q_ahead *q);

/* Records whose attributes say zero = 1 become true ones. */
void	env_honest_records(uint8_t *tail, size_t left,
	    const struct fdbag *fds);

#endif
