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

#ifndef VIOFSD_BROKER_LAUNCH_H
#define VIOFSD_BROKER_LAUNCH_H

#include <sys/types.h>

#include <stdint.h>

/*
 * Knows: how the transport is started: its namespaces, its ids, its exec; and
 * how the broker itself goes to the background.
 * Never: what it is told afterwards (on_transport.c).
 */

struct launch {
	int exefd;		/* viofsd-transport */
	int nullfd;
	int usernsfd;		/* to live in, -1 = where it starts */
	int chanfd;		/* the transport's end */
	int stuck;		/* its supplementary groups stay */
	int terminal;		/* for launch_leave() */
	int bare;		/* no namespaces, no other ids */
	uid_t uid;		/* 0 only if there is no other */
	gid_t gid;
	uint64_t nofile;	/* descriptors it may hold */
	const char *title;	/* its argv[0] */
};

/*
 * For a child: no terminal, and none of the signals that are typed at one or
 * sent to our process group.  Where the session has no terminal the child
 * stays in it, and cannot get it one, which is for its leader to do: the
 * scheduler shares processors between sessions (sched(7), autogroups), and
 * sched_yield(2) lets nobody run who is in another one.  Fatal on failure.
 */
void	launch_leave(int terminal);

/*
 * Fork into these new namespaces (CLONE_NEW*, clone(2); 0: none).  Returns the
 * child's pid and a pidfd, for the caller to close, in *pidfd; 0 in the child.
 * Fatal on failure.
 */
pid_t	launch_fork(uint64_t namespaces, int *pidfd);

/*
 * Start the transport as the first process of its own pid namespace, with an
 * empty root, other ids and no capability.  All descriptors stay the
 * caller's.  Returns a pidfd; fatal on failure.  What goes wrong in the child
 * is logged there and seen as its exit.
 */
int	launch_transport(const struct launch *l);

/*
 * --daemonize: go on in a child, in a session of its own, without standard
 * input and output (nullfd instead); standard error stays.  The caller's
 * process waits for launch_serving() and exits 0, or 1 if the child ends
 * first.  Returns the descriptor for launch_serving(); fatal on failure.
 */
int	launch_background(int nullfd);

/* The service is there.  Closes *readyfd; -1 is no daemon and does nothing. */
void	launch_serving(int *readyfd);

#endif
