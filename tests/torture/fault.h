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

#ifndef VIOFSD_TORTURE_FAULT_H
#define VIOFSD_TORTURE_FAULT_H

#include <stdbool.h>

#include "../frontend/box.h"

/* What went wrong with the requests of one round. */
struct fault_round {
	unsigned int requests;
	unsigned int silent;		/* no reply, or one that is none */
	unsigned int wrong;		/* another user's right or owner */
	unsigned int stale;		/* names as they were before */
	int first;			/* code of the first silent one */
};

/*
 * Requests of every opcode, by a user who is known and one who never was here
 * before, so that a worker is started.  They may fail; each must be
 * answered, and what they make belongs to who asked.  Leaves nothing behind
 * but what it cannot remove.
 */
void	fault_script(struct box *b, struct fault_round *r);

#endif
