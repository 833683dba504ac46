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
 * Knows: what a transport can make of saying where it runs: the worker comes
 * there if it may be there at all, and serves in any case.
 * Never: how much that saves.
 */

#include "config.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "../frontend/tap.h"
#include "rogue.h"

#define CPU_TRIES	20000	/* on a busy machine many answers are late */

/* LOOKUP of "file" by somebody on this processor; its errno, or -1. */
static int
rogue_cpu_ask(struct rogue *r, uint32_t cpu)
{
	struct timespec ts;
	struct chan_out out;
	struct q_lookup q;
	struct worker *w = &r->w;

	memset(&q, 0, sizeof(q));
	rogue_name(q.name, "file");
	memset(&out, 0, sizeof(out));
	out.type = Q_LOOKUP;
	out.id = ++w->id;
	out.body = &q;
	out.fds = &r->dirfd;
	out.fd_cnt = 1;
	fdbag_close(&w->msg.fds);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (chan_send(&w->chan, &out) != 0)
		return -1;
	mring_here(&w->chan.ring, cpu,
	    (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
	if (chan_recv(&w->chan, &w->msg) != 0 ||
	    w->msg.hdr.type != A_LOOKUP || w->msg.hdr.id != w->id)
		return -1;
	return (int)w->msg.hdr.err;
}

/* The processors that it may use now. */
static void
rogue_cpu_mask(const struct rogue *r, cpu_set_t *set)
{
	if (sched_getaffinity(r->w.pid, sizeof(*set), set) == -1)
		tap_bail("sched_getaffinity: %s", strerror(errno));
}

static void
rogue_cpu_lies(struct rogue *r, const cpu_set_t *all)
{
	static const uint32_t lies[] = {CPU_SETSIZE - 1, CPU_SETSIZE,
	    INT32_MAX, 0x80000000, MRING_NO_CPU - 1, MRING_NO_CPU};
	cpu_set_t set;
	unsigned int i, k, good = 0;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		for (k = 0; k < 100; k++)
			good += rogue_cpu_ask(r, lies[i]) == 0;
	tap_rc((int)good, (int)i * 100,
	    "the worker serves whatever processor is named");
	rogue_cpu_mask(r, &set);
	tap_ok(CPU_EQUAL(&set, all), "and goes to none that is not there");
}

static void
rogue_cpu_true(struct rogue *r, const cpu_set_t *all)
{
	cpu_set_t set;
	unsigned int i;
	uint32_t cpu = 0;

	if (CPU_COUNT(all) < 2) {
		tap_skip("there is only one",
		    "a worker comes to the transport's processor");
		return;
	}
	/* The last one: whoever is bound to the first is not by accident. */
	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, all))
			cpu = i;
	for (i = 0; i < CPU_TRIES; i++) {
		if (rogue_cpu_ask(r, cpu) != 0)
			break;
		rogue_cpu_mask(r, &set);
		if (CPU_COUNT(&set) == 1)
			break;
	}
	tap_ok(CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set),
	    "a worker comes to the transport's processor");
}

void
rogue_cpu(struct rogue *r)
{
	cpu_set_t all;

	rogue_worker(r);
	rogue_cpu_mask(r, &all);
	rogue_cpu_lies(r, &all);
	rogue_cpu_true(r, &all);
	rogue_healthy(r, "processors were named");
	worker_stop(&r->w);
}
