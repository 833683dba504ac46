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

#ifndef VIOFSD_WALLS_ESCAPE_H
#define VIOFSD_WALLS_ESCAPE_H

#include "../frontend/box.h"
#include "outside.h"

/*
 * A guest that tries to leave.  Each part does all it can through the device,
 * notes an object of outside that was answered, and leaves the verdict on
 * outside's files to escape.c.
 */
struct escape {
	struct box b;
	struct outside out;
	unsigned int seen;	/* answers that were about outside */
	unsigned int tries;
	unsigned long swaps;	/* of a name, while requests are made */
};

/* An answer about this inode. */
void	escape_saw(struct escape *e, uint64_t ino, const char *what);

void	escape_names(struct escape *e);		/* escape_name.c */
void	escape_forged(struct escape *e);
void	escape_foreign(struct escape *e);
void	escape_swaps(struct escape *e);		/* escape_swap.c */

#endif
