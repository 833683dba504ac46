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

#ifndef VIOFSD_TRANSPORT_SPARE_H
#define VIOFSD_TRANSPORT_SPARE_H

#include <stdint.h>

#include "../common/cred.h"

/*
 * Knows: files that are open for reading and wait for somebody to open them,
 * with the credential and the time at which a worker was asked.
 * Never: who may open a file; it was said by the kernel to the worker that
 * opened this one, and holds for as long as nothing about the file changed.
 * Event thread only.
 */

#define SPARE_MAX	4096	/* files, at most */

struct fs;
struct node;
struct req;
struct spare;
struct spare_set;

/* When something was asked; real 0: never, ns. */
struct spare_when {
	int64_t real, mono;
};

/* Whose worker opened it. */
struct spare_who {
	uint32_t class, uid, gid;
};

/*
 * For at most fd_max files, which count as open files in fs->fd_open.  NULL
 * without memory.
 */
struct spare_set *spare_set_new(struct fs *fs, unsigned int fd_max);

/* A worker is asked now. */
void	spare_now(struct spare_when *when);

/*
 * May a file of n, or in the directory n, that was opened for reading as c be
 * opened once more without a worker?  Only on filesystems that nobody changes
 * but this kernel; not where the way to a file counts, or its name; nor where
 * the guest locks open files.
 */
int	spare_may(const struct fs *fs, const struct node *n,
	    const struct cred *c);

/*
 * Keep *fd, which is owned and set to -1: an open file of n, for which
 * spare_may() is true.  It was asked for at when, as who.
 */
void	spare_put(struct spare_set *s, struct node *n, int *fd,
	    const struct spare_who *who, const struct spare_when *when);

/*
 * The file of n that r->call.cred may have, for which spare_may() is true, or
 * -1.  The caller owns it; *when is that of spare_put().
 */
int	spare_take(struct spare_set *s, const struct req *r, struct node *n,
	    struct spare_when *when);

/*
 * A descriptor to look at n by, that is not the caller's: its own, or else of a
 * file that is open, or -1.  Only what it says of itself counts.
 */
int	spare_look(const struct node *n);

/* Close what is kept for n, if there is something. */
void	spare_drop(struct spare_set *s, struct node *n);

#endif
