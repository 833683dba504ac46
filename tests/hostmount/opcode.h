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

#ifndef VIOFSD_HOSTMOUNT_OPCODE_H
#define VIOFSD_HOSTMOUNT_OPCODE_H

#include <linux/fuse.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPCODE_CNT	64	/* operations that are told apart */

/* "LOOKUP"; NULL for a number without a name. */
const char	*opcode_name(uint32_t opcode);

/* Whether it goes to the high priority queue: it has no answer. */
bool		 opcode_hiprio(uint32_t opcode);

/*
 * Bytes in front of the data of a request of len bytes, itself included; all
 * of it if it has no data.
 */
size_t		 opcode_head(const struct fuse_in_header *, size_t len);

/*
 * Bytes an answer may have behind its header.  arg is what follows the header
 * of the request, arg_len bytes.
 */
size_t		 opcode_room(uint32_t opcode, const void *arg,
		    size_t arg_len);

#endif
