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

#ifndef VIOFSD_FRONTEND_TAP_H
#define VIOFSD_FRONTEND_TAP_H

#include <stdbool.h>

/*
 * TAP output of the device tests.  Every function that takes a test result
 * also takes the printf-style name of the test and returns whether it passed.
 * One line per call; diagnostics go to standard output as "# ..." lines.
 */

/* Print "1..cnt" now; without it tap_done() prints the plan at the end. */
void	tap_plan(int cnt);

/* Close the output.  Returns the exit status: 0 if every test passed. */
int	tap_done(void);

/* How many tests have failed so far. */
int	tap_failed(void);

bool	tap_ok(bool good, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Equal numbers; prints both when they differ. */
bool	tap_is(long long got, long long want, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/*
 * Result of a FUSE call.  want 0: any rc >= 0 is right; want > 0: exactly that
 * value; want < 0: exactly that negative errno.  Names the errno on failure.
 */
bool	tap_rc(int rc, int want, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

void	tap_skip(const char *why, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

void	tap_diag(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* Stop the whole program: nothing after this could give a true result. */
_Noreturn void	tap_bail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* "ENOENT" for -ENOENT, "timeout" and so on for the codes of fs.h. */
const char	*tap_rcname(int rc);

#endif
