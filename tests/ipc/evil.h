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

#ifndef VIOFSD_IPC_EVIL_H
#define VIOFSD_IPC_EVIL_H

#include "rtrans.h"

/*
 * Knows: what the files of rogue_worker share.
 * Never: a lie.
 */

extern struct rtrans evil;

/* A LOOKUP of name by uid, on its way.  Returns whether it is. */
bool	evil_ask(uint32_t uid, const char *name, struct fs_ticket *ticket);

/* The answer; a node that came with it is given back. */
int	evil_result(struct fs_ticket *ticket);

/*
 * The transport lives, answers itself, serves another user, and comes back to
 * the descriptors it had at rest.
 */
bool	evil_healthy(void);

/* rogue_form.c: messages that are wrong in form. */
void	evil_forms(void);

/* rogue_list.c: listings, links and open files. */
void	evil_lists(void);

/* rogue_ahead.c: what is in a directory, before anybody asked. */
void	evil_aheads(void);

/*
 * rogue_every.c: lies in answer to each question that there is, to a transport
 * with MSG_POLICY_HOST and attributes.
 */
void	evil_every(void);

/*
 * rogue_given.c: nodes that are kept, to a transport with handles that asks
 * for it.
 */
void	evil_given(void);

/* rogue_create.c: new files, to the same transport. */
void	evil_creates(void);

#endif
