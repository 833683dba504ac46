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

#ifndef VIOFSD_TRANSPORT_VRING_INT_H
#define VIOFSD_TRANSPORT_VRING_INT_H

#include <stdint.h>

#include "vring.h"

/* What vring.c and vring_chain.c share with each other. */

/* A descriptor in guest memory (virtio 1.2 section 2.7.5), little-endian. */
struct vring_part_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

_Static_assert(sizeof(struct vring_part_desc) == 16, "descriptor");

/* Take no more requests from this ring, say why, and return EPROTO. */
int	vring_break(struct vring *, const char *why);

/*
 * Fill in the pieces of the chain that starts at head; the chain is empty
 * before.  0, or EPROTO after vring_break().
 */
int	vring_chain_collect(struct vring *, struct vring_chain *,
	    uint16_t head);

#endif
