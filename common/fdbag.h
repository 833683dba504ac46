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

#ifndef VIOFSD_COMMON_FDBAG_H
#define VIOFSD_COMMON_FDBAG_H

#include "../common/msg.h"

/*
 * Knows: descriptors that arrived with one message.  Whatever is not taken
 * out is closed when the bag is emptied, so a handler cannot leak one.
 * Never: where a descriptor comes from or what it is good for.
 */

struct fdbag {
	unsigned int cnt;
	int fds[MSG_FDS_MAX];	/* -1 where taken */
};

/* Close *fd unless it is -1, set it to -1, keep errno. */
void	fd_close(int *fd);

/* Make bag empty without closing anything; for a bag never used before. */
void	fdbag_init(struct fdbag *bag);

/*
 * Put fd into the bag, which owns it from here on.  Returns 0, or E2BIG, in
 * which case fd was closed.
 */
int	fdbag_put(struct fdbag *bag, int fd);

/* Take descriptor i out; the caller owns it.  -1 if there is none. */
int	fdbag_take(struct fdbag *bag, unsigned int i);

/* Look at descriptor i; it stays the bag's.  -1 if there is none. */
int	fdbag_get(const struct fdbag *bag, unsigned int i);

/* Close what is left; the bag is empty afterwards. */
void	fdbag_close(struct fdbag *bag);

#endif
