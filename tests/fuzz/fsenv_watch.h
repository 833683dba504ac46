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

#ifndef VIOFSD_TESTS_FUZZ_FSENV_WATCH_H
#define VIOFSD_TESTS_FUZZ_FSENV_WATCH_H

/*
 * The real watch.c on a pipe, into which env_event() (fsenv.h) writes.
 */

struct fs;
struct watch;

/* Once: the pipe. */
void	env_watch_setup(void);

/* Nothing is watched, and nothing has happened. */
struct watch *env_watch_begin(struct fs *fs);

/* Nothing must be left. */
void	env_watch_end(void);

#endif
