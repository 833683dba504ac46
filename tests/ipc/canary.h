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

#ifndef VIOFSD_IPC_CANARY_H
#define VIOFSD_IPC_CANARY_H

/*
 * Knows: a tree of files that nobody may touch.
 * Never: who might.
 */

struct canary {
	int dirfd;		/* open directory, not O_PATH */
	int filefd;		/* file "canary" in it, open for reading and
				 * writing */
	char before[8192];
};

/* Make NAME beneath dirfd, with files, and remember how it looks. */
void	canary_make(struct canary *c, int dirfd, const char *name);

/* 1 if content, attributes and all three times are as they were. */
int	canary_intact(struct canary *c);

void	canary_close(struct canary *c);

#endif
