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

#ifndef VIOFSD_BROKER_BARE_H
#define VIOFSD_BROKER_BARE_H

#include "../common/cred.h"
#include "../common/idspace.h"
#include "conf.h"

/*
 * Knows: --sandbox none where not even a user namespace can be made: what is
 * refused then, whose ids everybody has, and what the operator is told.
 * Never: Landlock, which takes the namespaces' place (common/landlock.c), or
 * a process.
 */

struct broker;
struct setup;

/*
 * Was less than the complete jail asked for, and is that one impossible here?
 * 1 or 0.  Tries it in a child.
 */
int	bare_needed(const struct conf *c);

/*
 * Give up every capability and say in one line what is lost.  The share's only
 * credential becomes our own, as guest root.  Fatal if an option needs a
 * namespace or the kernel has no Landlock.  s->conf must not be frozen yet.
 */
void	bare_enter(struct broker *b, struct setup *s);

/* The one user of such a space, by enum idmap_of, without groups. */
void	bare_self(const struct idspace space[2], struct cred *c);

#endif
