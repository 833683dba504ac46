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

#ifndef VIOFSD_HOSTMOUNT_INIT_H
#define VIOFSD_HOSTMOUNT_INIT_H

#include <linux/fuse.h>

#include <stdint.h>
#include <stdio.h>

/*
 * Lower what the daemon's answer to INIT allows to what a slot of guest
 * memory takes: the kernel would send more than read(2) has room for.  Flags
 * stay as they are, and so does an answer with an error or of another major.
 * buf is the whole answer, len bytes.
 */
void	init_limit(uint8_t *buf, size_t len);

/* Print what was agreed on. */
void	init_print(const uint8_t *buf, size_t len, FILE *);

#endif
