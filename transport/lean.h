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

#ifndef VIOFSD_TRANSPORT_LEAN_H
#define VIOFSD_TRANSPORT_LEAN_H

#include <stdint.h>

struct req;

/*
 * Knows: whether a guest looks at the files that it lists, so that READDIRPLUS
 * is worth what it costs.
 * Never: an entry.
 *
 * It may be told a name without a node, and then looks the name up if it wants
 * to know more.  That is tried with one file now and then: who does not look
 * at such files is told the names of all, until he looks at one.  Directories
 * always have their nodes.
 */

enum lean_how {
	LEAN_NOT,		/* all entries with their nodes */
	LEAN_ONE,		/* one file without */
	LEAN_ALL,		/* all files without */
};

/* What is known of the guest; nothing when it is all zero. */
struct lean {
	uint8_t all;		/* it does not look at them */
	uint8_t out;		/* one was told so, and not looked at yet */
	uint8_t quiet;		/* so many of those in a row never were */
	uint8_t past;		/* listings since then */
	uint8_t shift;		/* there have to be LEAN_GAP << shift */
};

/* How to answer READDIRPLUS r. */
enum lean_how lean_how(struct req *r);

/* r was told of a file by its name alone. */
void	lean_told(struct req *r);

/* LOOKUP r has found a file of this mode. */
void	lean_found(const struct req *r, uint32_t mode);

#endif
