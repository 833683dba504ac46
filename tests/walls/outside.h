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

#ifndef VIOFSD_WALLS_OUTSIDE_H
#define VIOFSD_WALLS_OUTSIDE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * Knows: a tree beside the share that nobody may touch, and whether anybody
 * did: it is watched by inotify(7), and compared in all its attributes.
 * Never: who might.
 */

#define OUTSIDE_CNT	5

struct outside {
	char path[128];
	int notify;
	struct stat before[OUTSIDE_CNT];
};

/* Make TOP/outside, with "secret", "dir" and "dir/inner". */
void	outside_make(struct outside *o, const char *top);

/* No event, no attribute and no content changed since; says what did. */
bool	outside_intact(struct outside *o);

/* Is this inode number one of its? */
bool	outside_has(const struct outside *o, uint64_t ino);

/* Remove it. */
void	outside_remove(struct outside *o);

#endif
