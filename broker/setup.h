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

#ifndef VIOFSD_BROKER_SETUP_H
#define VIOFSD_BROKER_SETUP_H

#include "conf.h"
#include "helper.h"
#include "userns.h"

/*
 * Knows: what the broker takes from the host while it can, in which order.
 * Never: a message.
 */

struct broker;

/* What is acquired and given to children, and closed afterwards. */
struct setup {
	struct conf *conf;	/* not frozen before setup_children() */
	struct helper_set helpers;
	struct conf_ids ids;
	struct userns here;	/* what we are in */
	int nullfd;		/* these two are set before setup_acquire() */
	int terminal;		/* our session may have one */
	int usernsfd;		/* of workers and transport, -1 = ours */
	int homefd[POLICY_HOME_CNT];	/* where spawners live, -1 = where */
				/* they start; the first is usernsfd */
	int transportfd;	/* child's end of the channel */
	uint64_t helper_nofile;	/* limit for spawner and workers */
	char title[64];
};

/*
 * Everything that needs the host's root: names, helpers, the share, the
 * socket, limits.  Fatal on failure; the socket comes after what is likelier to
 * be wrong.
 */
void	setup_acquire(struct broker *b, struct setup *s);

/*
 * Start transport and spawner and leave the host's namespaces and root in
 * between.  What only children need is closed.  Fatal on failure.
 */
void	setup_children(struct broker *b, struct setup *s);

#endif
