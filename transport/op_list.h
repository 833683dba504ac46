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

#ifndef VIOFSD_TRANSPORT_OP_LIST_H
#define VIOFSD_TRANSPORT_OP_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "req.h"

/*
 * Knows: what op_list.c (whose turn it is, READDIR) and op_plus.c
 * (READDIRPLUS) want of each other.
 * Never: included by anything else.
 */

/* The directory of done is free again: the next one that waits for it. */
void	op_list_next(struct req *done);

/* Answer r with err, unless it is 0 and r is answered, and go on. */
void	op_list_end(struct req *r, int err);

/* ".." of the share's root is outside: its number is nobody's business. */
uint64_t op_list_ino(const struct req *r, const char *name, size_t len,
	    uint64_t ino);

/* One entry as a client of READDIR wants it; 0 when there is no room. */
size_t	op_list_put(struct req *r, size_t at, const struct fuse_dirent *head,
	    const char *name);

/* READDIRPLUS whose turn it is. */
void	op_plus_start(struct req *r);

/* Answer it from what was asked early, or return 0. */
int	op_plus_known(struct req *r);

#endif
