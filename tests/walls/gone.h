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

#ifndef VIOFSD_WALLS_GONE_H
#define VIOFSD_WALLS_GONE_H

/*
 * Knows: which walls this copy of a program has no more.  The programs here
 * are linked from the objects of the real ones, with the functions that make
 * a wall replaced at link time (ld(1), --wrap); nothing of it is in them.
 * Never: how a wall is removed.
 *
 * A program is copied with the list between the marks filled in, for the
 * helpers have neither an environment nor arguments.
 */

#define GONE_MARK	"@@WALLS:"

/* Is this wall removed? */
int	gone(const char *wall);

#endif
