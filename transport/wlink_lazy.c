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

/*
 * Knows: workers that do nothing but what nobody waits for: they are told
 * last, and do not wake us with the answer.  It is fetched all the same: others
 * may wait for the worker, or for what came with it to be closed.
 * Never: what that is.
 */

#include "config.h"

#include <event2/event.h>

#include "dispatch.h"
#include "fs.h"
#include "wlink.h"
#include "wlink_int.h"

int
wlink_is_lazy(const struct worker *k)
{
	const struct req *r;

	TAILQ_FOREACH(r, &k->sent, entry)
		if (!r->call.lazy)
			return 0;
	return !TAILQ_EMPTY(&k->sent);
}

void
wlink_lazy(struct worker *k)
{
	struct wlink *w = k->pool->w;

	if (k->due || k->lazy)
		return;
	mring_disarm(&k->chan.ring);
	k->lazy = 1;
	TAILQ_INSERT_TAIL(&w->lazy, k, due_entry);
	wlink_timer(w->ev_lazy, 0, WLINK_LAZY_MS * 1000);
}

void
wlink_lazy_late(int fd, short what, void *arg)
{
	struct wlink *w = arg;

	(void)fd;
	(void)what;
	dispatch_flush(w->fs);
	if (!TAILQ_EMPTY(&w->lazy))
		wlink_timer(w->ev_lazy, 0, WLINK_LAZY_MS * 1000);
}

void
wlink_settle_lazy(struct wlink *w)
{
	struct worker *k, *next;

	for (k = TAILQ_FIRST(&w->lazy); k != NULL; k = next) {
		next = TAILQ_NEXT(k, due_entry);
		if (mring_waiting(&k->chan.ring) > 0 || !wlink_is_lazy(k))
			wlink_due(k);
	}
}

void
wlink_ring_lazy(struct wlink *w)
{
	struct worker *k;

	TAILQ_FOREACH(k, &w->lazy, due_entry) {
		mring_here(&k->chan.ring, MRING_NO_CPU, wlink_now_ns());
		chan_bell(&k->chan);
	}
}
