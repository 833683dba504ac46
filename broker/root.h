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

#ifndef VIOFSD_BROKER_ROOT_H
#define VIOFSD_BROKER_ROOT_H

/*
 * Knows: namespaces, and the empty read-only root that every process but the
 * host's own has.
 * Never: the share (tree.c).
 */

/* Namespaces that every viofsd process leaves the host's for. */
#define ROOT_NAMESPACES	(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | \
	CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Mounts of our own, to copy from: a user namespace can use no others. */
void	root_mounts(void);

/* The directory /proc that we have now; fatal if there is none. */
int	root_proc(void);

/* Leave the host's namespaces.  Fatal on failure. */
void	root_unshare(void);

/*
 * In a mount namespace of its own: make the root of this process an empty,
 * read-only tmpfs of one page and detach everything else.  Descriptors stay
 * what they are.  Fatal on failure.
 */
void	root_empty(void);

/* Keep the root that there is, and no other directory busy. */
void	root_stay(void);

#endif
