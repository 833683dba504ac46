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

#ifndef VIOFSD_BROKER_USERNS_H
#define VIOFSD_BROKER_USERNS_H

#include "../common/idspace.h"

/*
 * Knows: user namespaces that options ask for: how they are made and entered.
 * Set-up only; every failure is fatal.
 * Never: which processes live in it.
 */

/* What a share's user namespace looks like; indexed by enum idmap_of. */
struct userns {
	struct idspace space[2];
	int stuck;		/* supplementary groups cannot be changed */
	const char *option;	/* who wants it, NULL: --uid-map, --gid-map */
};

/* What the namespace that we are in looks like. */
void	userns_here(struct userns *u);

/*
 * Make a user namespace with these maps, with nobody in it.  A map without
 * ranges becomes that of one id: our own, as 0.  Whoever is not root needs
 * newuidmap(1) and newgidmap(1) for any other.  Returns its descriptor, which
 * keeps it, close-on-exec.
 */
int	userns_make(struct userns *u);

/*
 * Enter it and become root there, with every capability it has and no
 * supplementary group unless they are stuck.  Not dumpable afterwards.  Closes
 * *fd.
 */
void	userns_become_root(int *fd, int stuck);

/*
 * Enter it and stay who we are, whether or not that user exists inside; with
 * every capability it has.  Closes *fd.
 */
void	userns_enter(int *fd);

#endif
