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

#ifndef VIOFSD_FRONTEND_DAEMON_H
#define VIOFSD_FRONTEND_DAEMON_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>

#include "proc.h"

/*
 * Which daemon is driven: ours (environment VIOFSD, else ./viofsd), or with
 * --peer c, --peer rust or --peer PATH another one, for comparison.
 */
enum daemon_kind {
	DAEMON_OURS,
	DAEMON_C,		/* /usr/lib/qemu/virtiofsd of QEMU <= 7.2 */
	DAEMON_RUST
};

struct daemon_opts {
	const char	*cache;		/* NULL: the daemon's default */
	const char	*tag;
	bool		 readonly;
	int		 pool;		/* --thread-pool-size; 0: default */
	const char *const *more;	/* further arguments, ends with NULL */
};

struct daemon {
	pid_t		 pid;		/* 0: none */
	char		 top[64];	/* our temporary directory */
	char		 share[96];
	char		 sock[96];
	char		 log[96];
	off_t		 log_shown;	/* bytes of the log already printed */
	struct proc_set	 seen;		/* its processes, when last asked */
	bool		 mounted;	/* daemon_mount() was done */
};

extern enum daemon_kind	 daemon_kind;
extern bool		 daemon_summary;	/* --summary was given */

/*
 * Parse the command line of a test program; exits with a usage line if it is
 * wrong.  Makes this process the reaper of orphaned grandchildren.
 */
void	daemon_args(int argc, char **argv);

/* The program and whether it is there. */
const char	*daemon_path(void);

/*
 * Make the directories; daemon_start() may then be called several times.
 * From here on, also the end of the program cleans up.
 */
void	daemon_open(struct daemon *);

/* Mount a small tmpfs on "mnt" in the share; 0 or an errno. */
int	daemon_mount(struct daemon *);

/* Start it on the share.  The socket may take a moment to appear. */
void	daemon_start(struct daemon *, const struct daemon_opts *);

/* Whether the daemon's main process is there (reaps it if not). */
bool	daemon_alive(struct daemon *);

/*
 * Wait until it ends by itself.  Returns its exit code, 128 + signal, or -1
 * if it is still there after timeout ms.
 */
int	daemon_wait(struct daemon *, int timeout);

/* All processes of the daemon now. */
const struct proc_set	*daemon_procs(struct daemon *);

/*
 * Wait until no process ever seen of it is left.  Returns how many are, after
 * timeout ms.
 */
int	daemon_leftover(struct daemon *, int timeout);

/* Kill what is left of it, by the ids we saw, and its orphans. */
void	daemon_stop(struct daemon *);

/* Print what it logged since the last time (at most the last lines). */
void	daemon_show_log(struct daemon *);

/* Whether the log has this text after byte from. */
bool	daemon_logged(struct daemon *, off_t from, const char *text);

/* Stop it and remove the temporary directory. */
void	daemon_close(struct daemon *);

/* PATH_MAX buffer with the host's name of a file in the share (static). */
const char	*daemon_host(const struct daemon *, const char *name);

#endif
