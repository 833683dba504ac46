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

#ifndef VIOFSD_IPC_TAKEN_H
#define VIOFSD_IPC_TAKEN_H

#include <stdbool.h>

#include "../../common/chan.h"

/*
 * A transport that was taken over, between a real broker and real workers.
 * Everything here happens behind the real transport's filter.
 */

#define TAKEN_UID	1000	/* a guest may be that */
#define TAKEN_BARE_UID	1	/* the one that there is without namespaces */
#define TAKEN_FORBIDDEN	1234	/* and not that */
#define TAKEN_FOREIGN	8	/* most descriptors from the front-end */

struct taken {
	struct chan broker;
	struct chan_msg msg;		/* the last answer */
	int listenfd, rootfd;
	uint32_t uid;			/* TAKEN_UID, or the only one */
	bool bare;			/* no namespaces */
	int napfd;			/* never ready */
	int foreign[TAKEN_FOREIGN];	/* from the front-end */
	unsigned int foreign_cnt;
};

/* One line for the harness: this can (or cannot) be done. */
void	taken_say(bool could, const char *what);

/* A line for whoever reads the log of a failure. */
void	taken_note(const char *what, int err);

/* taken_call.c: system calls that are in no row. */
void	taken_calls(void);

/*
 * A question; the answer is in t->msg.  Returns its errno, -1 if the channel
 * is at its end.
 */
int	taken_ask(struct taken *t, struct chan *c, const struct chan_out *out);

/* taken_ask.c: what broker and workers do for it. */
void	taken_asks(struct taken *t);

/* What ends the service, whichever: returns if it did not. */
void	taken_fatal(struct taken *t, const char *which);

#endif
