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

#ifndef VIOFSD_BROKER_HELPER_H
#define VIOFSD_BROKER_HELPER_H

/*
 * Knows: where the helper executables are, and that nobody but root can have
 * changed them.
 * Never: running one (launch.c, spawn_child.c).
 */

struct helper_set {
	int transportfd;	/* both for execveat(2), close-on-exec */
	int fsworkerfd;
};

/*
 * Open both helpers in the directory that was compiled in or, when running
 * from a build tree, in $VIOFSD_LIBEXECDIR.  Directory and files must belong
 * to root and be writable by root only; the files must be executable by all,
 * for they are started with other ids.  Fatal otherwise.
 */
void	helper_open(struct helper_set *h);

#endif
