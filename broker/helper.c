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
 * Knows: where the helper executables are, and that nobody but root can have
 * changed them.
 * Never: running one.
 */

#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/log.h"
#include "helper.h"

static void
helper_check(int fd, const char *dir, const char *name)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		fatal("%s/%s", dir, name);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		fatalx("%s/%s: others than root can write it", dir, name);
}

static int
helper_file(int dirfd, const char *dir, const char *name)
{
	struct stat st;
	int fd;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		fatal("%s/%s", dir, name);
	helper_check(fd, dir, name);
	if (!S_ISREG(st.st_mode) || (st.st_mode & S_IXOTH) == 0)
		fatalx("%s/%s is not executable by every user", dir, name);
	return fd;
}

void
helper_open(struct helper_set *h)
{
	const char *dir;
	int dirfd;

	if ((dir = getenv("VIOFSD_LIBEXECDIR")) == NULL)
		dir = VIOFSD_LIBEXECDIR;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		fatal("helpers: %s", dir);
	helper_check(dirfd, dir, ".");
	h->transportfd = helper_file(dirfd, dir, "viofsd-transport");
	h->fsworkerfd = helper_file(dirfd, dir, "viofsd-fsworker");
	close(dirfd);
}
