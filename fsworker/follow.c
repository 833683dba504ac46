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
 * Knows: the one call that binds this process to a processor.
 * Never: a processor that it was not allowed at its start.
 */

#include "config.h"

#include <sched.h>
#include <stdint.h>
#include <time.h>

#include "../common/mring.h"

#include "follow.h"

#define FOLLOW_AFTER	8		/* times in a row that it is said, */
#define FOLLOW_MOST	1024		/* doubled when it went wrong, */
#define FOLLOW_WELL	256		/* until it has gone well so often */
#define FOLLOW_LATE_NS	300000		/* wrong: from the bell to our sleep */

struct follow {
	cpu_set_t all;
	int choice;		/* there is more than one in it */
	uint32_t now, next;	/* MRING_NO_CPU: all */
	unsigned int said;	/* next, so many times */
	unsigned int after, well;
};

static struct follow follow;

void
follow_init(void)
{
	follow.now = follow.next = MRING_NO_CPU;
	follow.said = follow.well = 0;
	follow.after = FOLLOW_AFTER;
	follow.choice = sched_getaffinity(0, sizeof(follow.all),
	    &follow.all) == 0 && CPU_COUNT(&follow.all) > 1;
}

static uint64_t
follow_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
follow_go(uint32_t cpu)
{
	cpu_set_t set = follow.all;

	if (cpu != MRING_NO_CPU) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
	}
	/* Where it is refused we stay, and need not ask each time. */
	(void)sched_setaffinity(0, sizeof(set), &set);
	follow.now = cpu;
	follow.said = follow.well = 0;
}

/* Somebody else wants this processor, or the transport had not to wait. */
static void
follow_late(void)
{
	follow.said = 0;
	if (follow.now == MRING_NO_CPU)
		return;
	if (follow.after < FOLLOW_MOST)
		follow.after *= 2;
	follow_go(MRING_NO_CPU);
}

void
follow_idle(const struct mring *r)
{
	uint32_t cpu;
	uint64_t when, now;

	if (!follow.choice)
		return;
	mring_where(r, &cpu, &when);
	if (when == 0)
		return;
	now = follow_clock();
	if (now - when > FOLLOW_LATE_NS) {
		follow_late();
		return;
	}
	if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &follow.all))
		cpu = MRING_NO_CPU;
	if (cpu != follow.next)
		follow.said = 0;
	follow.next = cpu;
	if (cpu != follow.now) {
		if (++follow.said >= follow.after)
			follow_go(cpu);
		return;
	}
	follow.said = 0;
	if (cpu != MRING_NO_CPU && ++follow.well >= FOLLOW_WELL)
		follow.after = FOLLOW_AFTER;
}
