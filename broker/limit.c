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
 * Knows: how many descriptors each process may hold.
 * Never: other limits.
 */

#include "config.h"

#include <sys/resource.h>

#include <inttypes.h>
#include <stdio.h>

#include "../common/log.h"
#include "../common/msg.h"
#include "conf.h"
#include "limit.h"

#define LIMIT_DEFAULT	1000000
#define LIMIT_LEAST	1024	/* what transport/main.c can work with */
#define LIMIT_HELPERS	16384	/* spawner and workers, */
#define LIMIT_HELPERS_LEAST 1024 /* and the broker with all of them */

static uint64_t
limit_nr_open(void)
{
	uint64_t n = LIMIT_DEFAULT;
	FILE *f;

	if ((f = fopen("/proc/sys/fs/nr_open", "re")) == NULL)
		return n;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = LIMIT_DEFAULT;
	fclose(f);
	return n;
}

static uint64_t
limit_hard(void)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1)
		fatal("RLIMIT_NOFILE");
	return now.rlim_max;
}

/* Make n possible.  Returns 0, or -1 with errno. */
static int
limit_raise(uint64_t n)
{
	struct rlimit rl = { n, n };

	if (n <= limit_hard())
		return 0;
	return setrlimit(RLIMIT_NOFILE, &rl);
}

uint64_t
limit_nofile(int64_t asked)
{
	struct rlimit now;
	uint64_t want;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1)
		fatal("RLIMIT_NOFILE");
	if (asked > 0) {
		want = (uint64_t)asked;
		if (want < LIMIT_LEAST)
			fatalx("--rlimit-nofile: '%" PRIu64 "' is not "
			    "accepted, only 0 or at least %d", want,
			    LIMIT_LEAST);
		if (limit_raise(want) == -1)
			fatal("--rlimit-nofile: '%" PRIu64 "' (hard limit %ju)",
			    want, (uintmax_t)now.rlim_max);
		return want;
	}
	if (asked == 0)
		return now.rlim_cur;
	want = limit_nr_open();
	if (want > LIMIT_DEFAULT)
		want = LIMIT_DEFAULT;
	if (limit_raise(want) == 0)
		return want;
	log_warnx("the limit of open files stays at %ju, %" PRIu64
	    " would be better", (uintmax_t)now.rlim_max, want);
	return now.rlim_max;
}

uint64_t
limit_helpers(void)
{
	if (limit_raise(LIMIT_HELPERS) == 0)
		return LIMIT_HELPERS;
	if (limit_hard() < LIMIT_HELPERS_LEAST)
		fatalx("the limit of open files is %" PRIu64 ", at least %d "
		    "are needed", limit_hard(), LIMIT_HELPERS_LEAST);
	return limit_hard();
}

uint32_t
limit_keep(uint64_t helpers)
{
	/* A worker has others, and some are on their way. */
	uint64_t left = helpers - LIMIT_HELPERS_LEAST / 2;

	return left < MSG_KEEP_MAX ? (uint32_t)left : MSG_KEEP_MAX;
}

void
limit_apply(uint64_t nofile)
{
	struct rlimit rl = { nofile, nofile };

	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("RLIMIT_NOFILE");
}
