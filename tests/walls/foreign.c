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
 * Knows: what becomes of a descriptor that is not of the share, when a worker
 * lacks the walls that stand in its way.
 * Never: a guest, who cannot send one (escape.c).
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "../ipc/worker.h"

#define FOREIGN_UID	1234

static int
foreign_lookup(struct worker *w, int dirfd)
{
	struct q_lookup q = { .name = "out" };

	return worker_ask(w, Q_LOOKUP, &q, &dirfd, 1);
}

static int
foreign_open(struct worker *w, int fd)
{
	struct q_open q = { .flags = O_RDONLY };

	return worker_ask(w, Q_OPEN, &q, &fd, 1);
}

static void
foreign_try(struct wtree *t, const char *walls)
{
	int provenance = strstr(walls, "provenance") != NULL;
	int landlock = strstr(walls, "landlock") != NULL;
	struct a_whello who;
	struct worker w;
	struct cred cred;
	int fd;

	fd = openat(t->rootfd, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd == -1 || fchmod(fd, 0666) == -1)
		tap_bail("out: %s", strerror(errno));
	close(fd);
	fd = openat(t->rootfd, "out", O_PATH | O_CLOEXEC);
	cred_set(&cred, CRED_USER, FOREIGN_UID, FOREIGN_UID);
	worker_who(t, &cred, &who);
	if (worker_start(&w, t, &who, &who) != 0)
		tap_bail("no worker");
	/* What is found is looked at again: attr.c. */
	tap_is(foreign_lookup(&w, t->rootfd), provenance ? EXDEV : EBADF,
	    "%s: a name in a directory of the host's", walls);
	/* Where the kernel has no Landlock, this wall is not there. */
	tap_is(foreign_open(&w, fd), !provenance ? EBADF :
	    landlock || w.ready.landlock == 0 ? 0 : EACCES,
	    "%s: a file of the host's", walls);
	worker_stop(&w);
	close(fd);
}

int
main(void)
{
	const char *walls = getenv("VIOFSD_WALL"), *why;
	struct wtree t;

	if (!wtree_possible(&why)) {
		tap_skip(why, "foreign descriptors");
		return tap_done();
	}
	wtree_make(&t, FOREIGN_UID);
	foreign_try(&t, walls == NULL || *walls == '\0' ? "none" : walls);
	wtree_remove(&t);
	return tap_done();
}
