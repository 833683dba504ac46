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

#ifndef VIOFSD_FUZZ_OVER_H
#define VIOFSD_FUZZ_OVER_H

#include <setjmp.h>

/*
 * How code that would end its process ends its input instead.  The one place
 * that jumps: everything is made anew for the next input.  Included once.
 */

static jmp_buf over;

/* True once; false when over_now() was called behind it. */
#define OVER_BEGIN() (setjmp(over) == 0)

__attribute__((noreturn)) static inline void
over_now(void)
{
	longjmp(over, 1);
}

/* What fatal() and fatalx() are; keeps the arguments used. */
__attribute__((noreturn, format(printf, 1, 2))) static inline void
over_fatal(const char *fmt, ...)
{
	(void)fmt;
	over_now();
}

#endif
