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

#ifndef VIOFSD_BROKER_SHARE_H
#define VIOFSD_BROKER_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: what the options of the share are on the wire, for transport and
 * workers.
 * Never: a descriptor, or who asks.
 */

struct broker;
struct conf;

/* MSG_SHARE_* of a share; with handles 0 those of file handles are left out. */
uint32_t share_flags(const struct conf *conf, int handles);

/* MSG_POLICY_* of a share, as the options say. */
uint32_t share_rules(const struct conf *conf);

/* How long a worker may believe that it can walk to a node, in ns. */
uint64_t share_walk_ns(const struct conf *conf);

/* The five timeouts of a: by cache policy, then as the options say. */
void	share_timeouts(const struct conf *conf, struct a_hello *a);

/*
 * The tail of A_WHELLO in memory that lives as long as the process: the rules
 * of the id map, of which A_HELLO gets this first part, and the text of the
 * xattr map.  Fatal on failure.
 */
void	share_tail(struct broker *b);

#endif
