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

#ifndef VIOFSD_COMMON_FROZEN_H
#define VIOFSD_COMMON_FROZEN_H

#include <stddef.h>

/*
 * Knows: how memory that will not change any more is made so.
 * Never: what is in it.
 */

#define FROZEN_PAGE	4096u	/* x86-64 has no other */

/*
 * Declare an object that has its pages for itself:
 *	static FROZEN(struct x) x;	and then x.v
 */
#define FROZEN(type) \
	_Alignas(FROZEN_PAGE) union { \
		type v; \
		unsigned char pages[(sizeof(type) + FROZEN_PAGE - 1) / \
		    FROZEN_PAGE * FROZEN_PAGE]; \
	}

/*
 * Make the len bytes at p, both multiples of the page size, read-only for
 * good: mprotect(2), and mseal(2) (since Linux 6.10), after which nothing in
 * this process can make them writable again, replace or unmap them.  Children
 * inherit that.  Returns 1 if they are sealed, 0 if the kernel cannot; fatal
 * on any other failure.
 */
int	frozen_set(void *p, size_t len);

/*
 * A copy of len bytes (any number) in pages of its own, made so; NULL for
 * none.  It stays as long as the process.  Fatal on failure.
 */
void	*frozen_copy(const void *p, size_t len);

#endif
