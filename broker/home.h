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

#ifndef VIOFSD_BROKER_HOME_H
#define VIOFSD_BROKER_HOME_H

/*
 * Knows: the homes of workers: the share's user namespace, and one within it
 * for each pool that is kept by the kernel, with the pool's ids and no others.
 * Set-up only; every failure is fatal.
 * Never: who lives in which (policy.c), or how a namespace is made (userns.c).
 */

struct broker;
struct setup;

/*
 * Fill b->home and s->homefd.  The first is s->usernsfd or where we are; the
 * descriptors of the others, which keep the namespaces, are the caller's.
 * Neither a spawner nor a channel is there yet.
 */
void	home_make(struct broker *b, struct setup *s);

#endif
