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
 * Knows: an event loop in libevent's words, whose events happen when a fuzz
 * target says so.
 * Never: real descriptors.
 */

#include "config.h"

#include <sys/queue.h>

#include "fake.h"
#include "fake_int.h"

struct event {
	TAILQ_ENTRY(event)
	entry; /* all that there are */
	evutil_socket_t fd;
	short what;
	event_callback_fn fn;
	void *arg;
	short armed; /* EV_* that are waited for */
};

static TAILQ_HEAD(, event) all = TAILQ_HEAD_INITIALIZER(all);
static int left;

void
fake_events_begin(void)
{
	left = 0;
}

void
fake_events_end(void)
{
	struct event *ev;

	while ((ev = TAILQ_FIRST(&all)) != NULL)
		event_free(ev);
}

int
fake_left(void)
{
	return left;
}

static int
event_ready(const struct event *ev)
{
	if ((ev->armed & EV_READ) != 0 && ev->fd >= FAKE_BASE &&
	    fake_readable(ev->fd))
		return 1;
	return (ev->armed & EV_WRITE) != 0 && fake_writable(ev->fd);
}

static void
event_fire(struct event *ev, short what)
{
	if ((ev->what & EV_PERSIST) == 0)
		ev->armed = 0;
	ev->armed &= ~EV_TIMEOUT;
	ev->fn(ev->fd, what, ev->arg);
}

/* Another one first each time, so that none waits for ever. */
static int
pump_one(void)
{
	struct event *ev;

	TAILQ_FOREACH(ev, &all, entry)
		if (event_ready(ev)) {
			TAILQ_REMOVE(&all, ev, entry);
			TAILQ_INSERT_TAIL(&all, ev, entry);
			event_fire(ev, ev->armed & (EV_READ | EV_WRITE));
			return 1;
		}
	return 0;
}

void
fake_pump(unsigned int max)
{
	while (!left && pump_one())
		FUZZ_MUST(max-- > 0);
}

int
fake_timer(unsigned int which)
{
	struct event *ev;
	unsigned int cnt = 0;

	TAILQ_FOREACH(ev, &all, entry)
		cnt += (ev->armed & EV_TIMEOUT) != 0;
	if (cnt == 0 || left)
		return 0;
	which %= cnt;
	TAILQ_FOREACH(ev, &all, entry)
		if ((ev->armed & EV_TIMEOUT) != 0 && which-- == 0) {
			event_fire(ev, EV_TIMEOUT);
			break;
		}
	return 1;
}

int
fake_signal(int sig)
{
	struct event *ev;

	if (left)
		return 0;
	TAILQ_FOREACH(ev, &all, entry)
		if ((ev->armed & EV_SIGNAL) != 0 && ev->fd == sig) {
			event_fire(ev, EV_SIGNAL);
			return 1;
		}
	return 0;
}

/* ---- libevent's names ---- */

struct event *
event_new(struct event_base *base, evutil_socket_t fd, short what,
    event_callback_fn fn, void *arg)
{
	struct event *ev = calloc(1, sizeof(*ev));

	(void)base;
	FUZZ_MUST(ev != NULL);
	ev->fd = fd;
	ev->what = what;
	ev->fn = fn;
	ev->arg = arg;
	TAILQ_INSERT_TAIL(&all, ev, entry);
	return ev;
}

int
event_add(struct event *ev, const struct timeval *tv)
{
	ev->armed |= ev->what & (EV_READ | EV_WRITE | EV_SIGNAL);
	if (tv != NULL)
		ev->armed |= EV_TIMEOUT;
	return 0;
}

int
event_del(struct event *ev)
{
	ev->armed = 0;
	return 0;
}

void
event_free(struct event *ev)
{
	TAILQ_REMOVE(&all, ev, entry);
	free(ev);
}

int
event_pending(const struct event *ev, short what, struct timeval *tv)
{
	(void)tv;
	return ev->armed & what;
}

int
event_base_loopbreak(struct event_base *base)
{
	(void)base;
	left = 1;
	return 0;
}

/* There is one loop, which nobody looks into. */
struct event_base *
event_base_new_with_config(const struct event_config *cfg)
{
	static int base;

	(void)cfg;
	return (struct event_base *)(void *)&base;
}

struct event_config *
event_config_new(void)
{
	static int cfg;

	return (struct event_config *)(void *)&cfg;
}

int
event_config_set_flag(struct event_config *cfg, int flag)
{
	(void)cfg;
	(void)flag;
	return 0;
}

void
event_config_free(struct event_config *cfg)
{
	(void)cfg;
}

int
event_base_dispatch(struct event_base *base)
{
	(void)base;
	return 0;
}
