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
 * Knows: events of inotify(7) that are made up.
 * Never: a directory.
 */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Included, as it never frees itself. */
#include "transport/watch.c"

#include "fsenv.h"
#include "fsenv_watch.h"
#include "fuzz.h"

static struct watch env_watch;
static int env_news;			/* where its events come from */

void
env_watch_setup(void)
{
	int pair[2];

	FUZZ_MUST(pipe2(pair, O_CLOEXEC | O_NONBLOCK) == 0);
	env_watch.fd = pair[0];
	env_news = pair[1];
}

struct watch *
env_watch_begin(struct fs *fs)
{
	const int fd = env_watch.fd;

	memset(&env_watch, 0, sizeof(env_watch));
	env_watch.fd = fd;
	env_watch.fs = fs;
	TAILQ_INIT(&env_watch.idle);
	return &env_watch;
}

void
env_event(int wd, uint32_t mask, char name)
{
	union {
		struct inotify_event e;
		char bytes[sizeof(struct inotify_event) + 16];
	} buf;
	size_t len = sizeof(buf.e);

	memset(&buf, 0, sizeof(buf));
	buf.e.wd = wd;
	buf.e.mask = mask;
	if (name != '\0') {
		buf.e.name[0] = name;
		buf.e.len = 16;
		len = sizeof(buf);
	}
	/* The kernel's queue has an end, too. */
	if (write(env_news, &buf, len) == -1)
		FUZZ_MUST(errno == EAGAIN);
}

void
env_watch_end(void)
{
	watch_read(&env_watch);
	FUZZ_MUST(env_watch.asked == 0 && env_watch.idle_cnt == 0);
}
