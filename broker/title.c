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
 * Knows: how a process that was not started by exec gets a title of its own.
 * setproctitle(3) of libbsd overwrites the end of the first argument only,
 * which Linux does not take for a title when there are more.
 * Never: what it is called.
 */

#include "config.h"

#include <sys/prctl.h>

#include <string.h>

#include <bsd/string.h>

#include "title.h"

static char *title_start;
static size_t title_len;

void
title_init(int argc, char *argv[])
{
	if (argc < 1)
		return;
	title_start = argv[0];
	title_len = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 -
	    argv[0]);
}

void
title_set(const char *title, const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (title_len < 2)
		return;
	memset(title_start, 0, title_len);
	strlcpy(title_start, title, title_len - 1);
	/* Not NUL at the very end: the kernel shows one string up to a NUL. */
	title_start[title_len - 1] = '.';
}
