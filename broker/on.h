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

#ifndef VIOFSD_BROKER_ON_H
#define VIOFSD_BROKER_ON_H

#include "../common/chan.h"

/*
 * Knows: the three dispatchers, one function per row of msg.def behind each.
 * A message has passed chan_recv(): its direction, phase, size and number of
 * descriptors are right.  All return 0, or EPROTO with the channel's why set,
 * which ends the sender; the message's descriptors stay in its bag.
 */

struct broker;
struct home;
struct worker;

int	on_transport(struct broker *b, struct chan_msg *m);
int	on_worker(struct worker *w, struct chan_msg *m);
int	on_spawner(struct home *h, struct chan_msg *m);

#endif
