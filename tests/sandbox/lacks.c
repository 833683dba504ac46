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
 * Knows: how to run a program on a kernel that lacks some system calls.
 * Never: which those are.
 *
 * lacks CALL,... PROGRAM ARGS...
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>
#include <seccomp.h>

/* Those that are newer than the library by their numbers. */
static int
lacks_number(const char *name)
{
	if (strcmp(name, "fchmodat2") == 0)
		return 452;
	return strcmp(name, "mseal") == 0 ? 462 :
	    seccomp_syscall_resolve_name(name);
}

int
main(int argc, char *argv[])
{
	scmp_filter_ctx ctx;
	char *name, *rest;
	int nr;

	if (argc < 3)
		errx(2, "usage: lacks CALL,... PROGRAM ARGS...");
	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		errx(2, "seccomp_init");
	rest = argv[1];
	while ((name = strsep(&rest, ",")) != NULL) {
		nr = lacks_number(name);
		if (nr < 0 || seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr,
		    0) != 0)
			errx(2, "%s: no such call", name);
	}
	if (seccomp_load(ctx) != 0)
		errx(2, "seccomp_load");
	seccomp_release(ctx);
	execv(argv[2], argv + 2);
	err(2, "%s", argv[2]);
}
