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
 * Knows: names that change what they mean while the worker uses them.
 * Never: anything that stands still.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue.h"

#define RACE_SECONDS	1

/* The name "race" is in turn each of these; the last two lead outside. */
static const char *const race_names[] = {
	"r-file", "r-other", "r-pipe", "r-dir", "r-link", "r-linkdir",
};

#define RACE_CNT	(sizeof(race_names) / sizeof(race_names[0]))

/* What one run has seen. */
struct race {
	unsigned int asked, worked, wrong, special;
};

static void
race_make(struct rogue *r)
{
	int dir = r->tree.sharefd, fd;
	size_t i;

	for (i = 0; i < 2; i++) {
		fd = openat(dir, race_names[i], O_CREAT | O_WRONLY | O_CLOEXEC,
		    0666);
		close(fd);
	}
	if (mkfifoat(dir, race_names[2], 0666) == -1 ||
	    mkdirat(dir, race_names[3], 0777) == -1 ||
	    symlinkat("../outside/canary", dir, race_names[4]) == -1 ||
	    symlinkat("../outside", dir, race_names[5]) == -1 ||
	    mknodat(dir, "race", S_IFREG | 0666, 0) == -1 ||
	    fchownat(dir, "race", ROGUE_UID, ROGUE_UID, 0) == -1)
		tap_bail("race: %s", strerror(errno));
	for (i = 0; i < RACE_CNT; i++)
		if (fchownat(dir, race_names[i], ROGUE_UID, ROGUE_UID,
		    AT_SYMLINK_NOFOLLOW) == -1)
			tap_bail("race: %s", strerror(errno));
}

/* A host's process that swaps, until it is killed. */
static pid_t
race_swap(const struct rogue *r)
{
	unsigned int i;
	pid_t pid;

	if ((pid = fork()) == -1)
		tap_bail("fork: %s", strerror(errno));
	if (pid != 0)
		return pid;
	for (i = 0;; i++)
		syscall(SYS_renameat2, r->tree.sharefd, "race",
		    r->tree.sharefd, race_names[i % RACE_CNT],
		    RENAME_EXCHANGE);
}

/* Is the node in the answer what the attributes say? */
static void
race_lookup(struct rogue *r, struct race *run, int *node)
{
	const struct a_lookup *a;
	struct rogue_ask ask;
	struct stat st;

	rogue_question(r, Q_LOOKUP, &ask);
	rogue_name(ask.body.lookup.name, "race");
	*node = -1;
	run->asked++;
	if (rogue_send(r, &ask) != 0)
		return;
	a = r->w.msg.body;
	*node = fdbag_take(&r->w.msg.fds, 0);
	if (fstat(*node, &st) == -1 || st.st_ino != a->attr.ino ||
	    (st.st_mode & S_IFMT) != (a->attr.mode & S_IFMT))
		run->wrong++;
	run->worked++;
}

/* Opened or created: never anything but a regular file. */
static void
race_file(struct rogue *r, struct race *run, struct rogue_ask *ask,
    unsigned int i)
{
	struct stat st;
	int err;

	run->asked++;
	if ((err = rogue_send(r, ask)) == 0) {
		run->worked++;
		if (fstat(r->w.msg.fds.fds[i], &st) == -1 ||
		    !S_ISREG(st.st_mode))
			run->special++;
	} else if (err != EBADF && err != EISDIR)
		run->wrong++;
}

static void
race_step(struct rogue *r, struct race *look, struct race *open)
{
	struct rogue_ask ask;
	int node;

	race_lookup(r, look, &node);
	rogue_question(r, Q_OPEN, &ask);
	ask.fds[0] = node;
	if (node != -1)
		race_file(r, open, &ask, 0);
	rogue_question(r, Q_CREATE, &ask);
	rogue_name(ask.body.create.name, "race");
	race_file(r, open, &ask, 1);
	rogue_question(r, Q_LOOKUP, &ask);
	ask.fds[0] = node;
	if (node != -1 && rogue_send(r, &ask) == 0)
		look->special++;
	fd_close(&node);
}

void
rogue_race(struct rogue *r)
{
	struct race look = { 0, 0, 0, 0 }, open = { 0, 0, 0, 0 };
	time_t end = time(NULL) + 1 + RACE_SECONDS;
	pid_t pid;

	race_make(r);
	pid = race_swap(r);
	while (time(NULL) < end)
		race_step(r, &look, &open);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_diag("%u of %u lookups, %u of %u opens while names were swapped",
	    look.worked, look.asked, open.worked, open.asked);
	tap_ok(look.worked > 100 && open.worked > 100 &&
	    open.worked < open.asked, "the race was one");
	tap_is(look.wrong, 0, "attributes belong to their descriptor");
	tap_is(look.special, 0, "nothing is found behind a link");
	tap_is(open.special, 0, "nothing but regular files is opened");
	tap_is(open.wrong, 0, "all else is EBADF or EISDIR");
	rogue_healthy(r, "a race");
}
