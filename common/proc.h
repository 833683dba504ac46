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

#ifndef VIOFSD_COMMON_PROC_H
#define VIOFSD_COMMON_PROC_H

/*
 * Knows: the first and last things of every process: descriptors, signals,
 * umask, dumpability.
 * Never: privilege (common/jail.c) or anything a peer said.
 *
 * Every main() goes through the same named steps in the same order:
 *	1 proc_init()		descriptors 0-2, signals, not dumpable
 *	2 handover		broker: command line; others: nothing
 *	3 claim			the fixed descriptors, each checked
 *	4 acquire		what needs a path or a privilege
 *	5 jail_*()		privilege given up, then read back
 *	6 sandbox_enter()	the system calls that are left
 *	7 hello			first message, same build or no service
 *	8 loop
 * (transport and workers learn what to jail themselves for from the answer to
 * hello, so they say hello between 3 and 4, before any guest byte exists.)
 */

#define PROC_FD_BROKER	3	/* transport, fsworker, spawner: to broker */
#define PROC_FD_PROC	4	/* fsworker: O_PATH /proc/self/fd */

/*
 * Descriptors 0-2 must be open: fatal otherwise.  Every descriptor from
 * first_stray on is closed.  SIGPIPE is ignored, other signals get their
 * default; umask 0; not dumpable, no core file; lines are logged as role.
 */
void	proc_init(const char *role, unsigned int first_stray);

/*
 * Die with the parent: SIGKILL when it ends.  Call after the last change of
 * credentials, which clears the setting (prctl(2), PR_SET_PDEATHSIG).
 */
void	proc_die_with_parent(void);

/* Check that fd is an open descriptor of the type S_IF* (inode(7)); fatal. */
void	proc_claim(int fd, unsigned int type, const char *what);

#endif
