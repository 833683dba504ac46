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

#ifndef VIOFSD_FUZZ_HOMEENV_H
#define VIOFSD_FUZZ_HOMEENV_H

/*
 * A broker with the homes that its policy has: the share's and, where a pool
 * is kept, that one's.  Included once, behind polenv.h.
 */

static struct broker b;
static struct policy policy;
static struct chan spawners[2]; /* their ends */

/* The home of a spawner; both are the same where no pool is kept. */
static struct home *
home_of(unsigned int nr)
{
	return &b.home[nr == 0 ? POLICY_HOME_SHARE : polenv_kept(&policy)];
}

static uint64_t
userns_of(const struct cred *c)
{
	return b.home[policy_home(&policy, c)].userns;
}

static void
begin_spawners(void)
{
	int pair[2];
	unsigned int i;
	struct home *h;

	spawners[0].fd = spawners[1].fd = -1;
	for (h = b.home; h < b.home + POLICY_HOME_CNT; h++) {
		h->broker = &b;
		h->pidfd = h->chan.fd = -1;
	}
	for (i = 0; i < 2; i++) {
		h = home_of(i);
		if (h->used)
			continue;
		h->used = 1;
		h->userns = 4000 + i;
		h->pidfd = fake_eventfd(0, 0);
		FUZZ_MUST(chan_pair(pair) == 0);
		chan_init(&h->chan, pair[0], MSG_BROKER, MSG_SPAWNER, 1);
		chan_init(&spawners[i], pair[1], MSG_SPAWNER, MSG_BROKER, 1);
		chan_phase(&spawners[i], MSG_PHASE_RUN);
	}
}

#endif
