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

#ifndef VIOFSD_FRONTEND_PROC_H
#define VIOFSD_FRONTEND_PROC_H

#include <sys/types.h>

#include <stdbool.h>

#define PROC_MAX	256

/* Some processes at one moment. */
struct proc_set {
	unsigned	 cnt;
	pid_t		 pid[PROC_MAX];
};

/* root (if it lives) and all its descendants, by parent id; no zombies. */
void	proc_tree(pid_t root, struct proc_set *);

/* The living children of this process that are not root. */
void	proc_strays(pid_t root, struct proc_set *);

/* Exists and is no zombie. */
bool	proc_alive(pid_t pid);

/* All of them alive; names the first dead one in *dead (or NULL). */
bool	proc_all_alive(const struct proc_set *, pid_t *dead);

bool	proc_has(const struct proc_set *, pid_t pid);

#define PROC_KEPT	8193	/* directories that a worker may have */

/* Open descriptors of one process; -1 if they may not be read. */
int	proc_fds(pid_t pid);

/*
 * The same, of one process or all, without the directories that a worker of
 * ours remembers, which come and go with what it is asked, and its own one of
 * procfs.
 */
int	proc_fds_own(pid_t pid);
int	proc_fds_all(const struct proc_set *);

/* The first letters of its command name, "?" if it is gone. */
const char	*proc_name(pid_t pid);

#endif
