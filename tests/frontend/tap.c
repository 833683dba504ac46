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
 * Knows: the TAP output and the counters behind it.
 * Never: what is being tested.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "tap.h"

static int	tap_count, tap_fails, tap_planned = -1;

void
tap_plan(int cnt)
{
	tap_planned = cnt;
	printf("1..%d\n", cnt);
	fflush(stdout);
}

int
tap_done(void)
{
	if (tap_planned == -1)
		printf("1..%d\n", tap_count);
	else if (tap_planned != tap_count)
		printf("# planned %d tests, ran %d\n", tap_planned, tap_count);
	if (tap_fails > 0)
		printf("# %d of %d tests failed\n", tap_fails, tap_count);
	fflush(stdout);
	if (tap_planned != -1 && tap_planned != tap_count)
		return 1;
	return tap_fails == 0 && tap_count > 0 ? 0 : 1;
}

int
tap_failed(void)
{
	return tap_fails;
}

static bool
tap_line(bool good, const char *fmt, va_list ap)
{
	tap_count++;
	if (!good)
		tap_fails++;
	printf("%sok %d - ", good ? "" : "not ", tap_count);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

bool
tap_ok(bool good, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	tap_line(good, fmt, ap);
	va_end(ap);
	return good;
}

bool
tap_is(long long got, long long want, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	tap_line(got == want, fmt, ap);
	va_end(ap);
	if (got != want)
		tap_diag("got %lld (0x%llx), want %lld (0x%llx)", got, got,
		    want, want);
	return got == want;
}

const char *
tap_rcname(int rc)
{
	static char	 buf[4][32];
	static unsigned	 next;
	const char	*name;
	char		*b;

	if (rc == FS_TIMEOUT)
		return "timeout";
	if (rc == FS_LOST)
		return "connection lost";
	if (rc == FS_BADREPLY)
		return "bad reply";
	if (rc == FS_NOREPLY)
		return "chain returned empty";
	if (rc < 0 && (name = strerrorname_np(-rc)) != NULL)
		return name;
	b = buf[next++ % 4];
	snprintf(b, sizeof(buf[0]), "%d", rc);
	return b;
}

bool
tap_rc(int rc, int want, const char *fmt, ...)
{
	va_list	 ap;
	bool	 good;

	good = want == 0 ? rc >= 0 : rc == want;
	va_start(ap, fmt);
	tap_line(good, fmt, ap);
	va_end(ap);
	if (!good)
		tap_diag("got %s, want %s", tap_rcname(rc),
		    want == 0 ? "success" : tap_rcname(want));
	return good;
}

void
tap_skip(const char *why, const char *fmt, ...)
{
	va_list	 ap;

	tap_count++;
	printf("ok %d - ", tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" # SKIP %s\n", why);
	fflush(stdout);
}

void
tap_diag(const char *fmt, ...)
{
	va_list	 ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
tap_bail(const char *fmt, ...)
{
	va_list	 ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	exit(99);
}
