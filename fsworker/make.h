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

#ifndef VIOFSD_FSWORKER_MAKE_H
#define VIOFSD_FSWORKER_MAKE_H

#include <sys/types.h>

#include "label.h"
#include "serve.h"

/*
 * Knows: how one file comes into being under a name, with or without a
 * label.  See w_make.h for what is promised of labels.
 * Never: a question's form.
 */

struct make {
	const struct serve_req *req;
	int dirfd;
	const char *name;
	uint32_t mode;		/* with the type, S_IF* */
	uint32_t umask;		/* 0777 at most */
	dev_t dev;		/* of a device */
	const char *target;	/* of a symlink */
	int open;		/* 1: a regular file, also to be opened ... */
	int flags;		/* ... with these flags and without O_EXCL */
	struct label label;
	int fd;			/* result: open if open, else O_PATH; or -1 */
};

/*
 * Make the file; EEXIST if the name is taken.  Returns 0 with m->fd, which
 * is the caller's; or a positive errno, and nothing is left.  Without a label
 * what is not opened may be what somebody else put in its place: the caller
 * has to look at its type.
 */
int	make_new(struct make *m);

/* The same without a name; m->name is not used, m->open is 1. */
int	make_nameless(struct make *m);

#endif
