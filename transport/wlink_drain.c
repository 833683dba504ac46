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
 * Knows: how long a worker may hang while the front-end waits for the end of
 * what is in flight.
 * Never: why it hangs.
 */

#include "config.h"

#include <errno.h>

#include <event2/event.h>

#include "dispatch.h"
#include "fs.h"
#include "vu.h"
#include "wlink.h"
#include "wlink_int.h"

/* Over the same request as when we last looked? */
static int
wlink_hangs(const struct worker *k)
{
	const struct req *r = TAILQ_FIRST(&k->sent);

	return r != NULL && k->drain_seen && r->call.id == k->drain_id;
}

static struct worker *
wlink_hanging(struct wlink *w)
{
	struct worker *k;
	struct wpool *p;
	unsigned int i;

	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_FOREACH(p, &w->pool[i], entry)
			TAILQ_FOREACH(k, &p->workers, entry)
				if (wlink_hangs(k))
					return k;
	return NULL;
}

static void
wlink_drain_look(struct wlink *w)
{
	const struct req *r;
	struct worker *k;
	struct wpool *p;
	unsigned int i;

	for (i = 0; i < WLINK_BUCKETS; i++)
		LIST_FOREACH(p, &w->pool[i], entry)
			TAILQ_FOREACH(k, &p->workers, entry) {
				r = TAILQ_FIRST(&k->sent);
				k->drain_seen = r != NULL;
				k->drain_id = r != NULL ? r->call.id : 0;
			}
	/* From the beginning: what was just seen has its whole time. */
	event_del(w->ev_drain);
	wlink_timer(w->ev_drain, WLINK_DRAIN, 0);
}

void
wlink_drain_late(int fd, short what, void *arg)
{
	struct wlink *w = arg;
	struct worker *k;
	struct wpool *p;

	(void)fd;
	(void)what;
	if (!vu_draining(w->fs->dev))
		return;
	/* What another worker has taken over may hang it, too: next time. */
	while ((k = wlink_hanging(w)) != NULL) {
		p = k->pool;
		p->busy++;
		k->bad = 1;
		k->chan.why = "it hangs, and the front-end waits";
		wlink_end(k);
		wlink_fail(p, EIO);
		p->busy--;
		wlink_pool_gc(p);
	}
	wlink_drain_look(w);
	dispatch_flush(w->fs);
}

void
wlink_drain(struct wlink *w)
{
	wlink_drain_look(w);
}
