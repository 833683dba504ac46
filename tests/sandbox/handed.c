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
 * Knows: how a service manager hands a listening socket over, as descriptor 3,
 * and forbids memory that is written and executed, where the kernel can.
 * Never: what the program does with them.
 *
 * handed SOCKET PROGRAM ARGS...
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>
#include <bsd/string.h>

#ifndef PR_SET_MDWE			/* Linux 6.3 */
#define PR_SET_MDWE		65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#define HANDED_FD	3

int
main(int argc, char *argv[])
{
	struct sockaddr_un sa = { AF_UNIX, "" };
	int fd;

	if (argc < 3)
		errx(2, "usage: handed SOCKET PROGRAM ARGS...");
	if (strlcpy(sa.sun_path, argv[1], sizeof(sa.sun_path)) >=
	    sizeof(sa.sun_path))
		errx(2, "%s: too long", argv[1]);
	unlink(argv[1]);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    listen(fd, 1) == -1)
		err(2, "%s", argv[1]);
	if (fd != HANDED_FD && (dup2(fd, HANDED_FD) == -1 || close(fd) == -1))
		err(2, "descriptor %d", HANDED_FD);
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		err(2, "PR_SET_MDWE");
	execvp(argv[2], argv + 2);
	err(2, "%s", argv[2]);
}
