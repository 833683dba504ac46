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

#ifndef VIOFSD_UNIT_WENV_H
#define VIOFSD_UNIT_WENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../fsworker/serve.h"

/*
 * Knows: a scratch directory as the share, this process as the worker.
 * Never: the jail; handlers are called as functions.
 */

struct wenv {
	char path[64];
	int share;			/* open directory */
	struct a_whello who;
	struct rules rules;		/* empty */
	struct serve_req req;
	struct fdbag fds;
};

/* cmocka set-up and tear-down: *state is a struct wenv. */
int	wenv_setup(void **state);
int	wenv_teardown(void **state);

/*
 * A fresh question with one or two descriptors (b -1: one), which stay the
 * caller's.  What the last one gave is closed.
 */
struct serve_req *wenv_req(struct wenv *e, int a, int b);

/* O_PATH descriptor of a name in the share, closed by tear-down. */
int	wenv_node(struct wenv *e, const char *name);

/* An open regular file that is not on the share's mount, as wenv_node(). */
int	wenv_foreign(void);

/* Make a regular file in the share with this text. */
void	wenv_file(struct wenv *e, const char *name, const char *text);

/* 1 if a name is in the share. */
int	wenv_has(struct wenv *e, const char *name);

/* Put a string into a name field, padded with NUL. */
void	wenv_name(char name[MSG_NAME_MAX], const char *s);

#endif
