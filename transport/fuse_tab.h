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

#ifndef VIOFSD_TRANSPORT_FUSE_TAB_H
#define VIOFSD_TRANSPORT_FUSE_TAB_H

#include <stdint.h>

struct req;

/*
 * Knows: every opcode that is served, as data: how long its request must at
 * least be, how much room its reply needs, what kind it is.
 * Never: how it is served (op_*.c).  Opcodes without a row are ENOSYS.
 */

#define FUSE_ROW_NOREPLY	0x1u	/* the guest gives no room */
#define FUSE_ROW_WRITES		0x2u	/* EROFS on a read-only share */
#define FUSE_ROW_PREINIT	0x4u	/* legal before INIT */
#define FUSE_ROW_CHANGES	0x8u	/* may change what a listing tells */

struct fuse_row {
	const char *name;
	uint32_t opcode;
	uint32_t in_min;	/* bytes behind the header */
	uint32_t out_min;	/* bytes of the fixed reply */
	uint32_t flags;		/* FUSE_ROW_* */
	void (*op)(struct req *r);
};

/* The row of opcode, or NULL. */
const struct fuse_row *fuse_row(uint32_t opcode);

#endif
