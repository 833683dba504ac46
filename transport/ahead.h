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

#ifndef VIOFSD_TRANSPORT_AHEAD_H
#define VIOFSD_TRANSPORT_AHEAD_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "../common/cred.h"
#include "../common/msg.h"
#include "ahead_name.h"
#include "spare.h"

/*
 * Knows: what workers said is in directories, before anybody asked: names,
 * and descriptors of what they stand for.
 * Never: whether a directory is still as it was; who uses an answer has just
 * read all events (watch.h).  Event thread only.
 */

struct fs;
struct node;
struct watch_dir;

#define AHEAD_SHIFT_MAX	10
#define AHEAD_DIRS_MAX	4096	/* directories, and watches */
#define AHEAD_FDS_MAX	8192	/* descriptors that wait to be asked for */
#define AHEAD_ATTRS_MAX	8192	/* names with attributes, 272 bytes each */
#define AHEAD_NAMES_MAX	32768	/* names of all directories, */
#define AHEAD_DIR_MAX	16384	/* and of one that changes */

/* One directory as one user sees it. */
struct ahead {
	TAILQ_ENTRY(ahead) entry;	/* newest last */
	struct node *dir;
	struct cred cred;
	LIST_ENTRY(ahead) same;		/* these two: see watch.c */
	struct watch_dir *watched;
	uint64_t next;			/* how far it was read, */
	unsigned int got;		/* how many entries, */
	int nodes;			/* and what they stand for? */
	int attr;			/* ... of files only what is said */
	int read;			/* to its end */
	int whole;			/* all its names are known */
	int steady;			/* cookies outlive what is removed */
	int shifted;			/* something happened since the first */
	int full;			/* there was no room for more */
	unsigned int fd_cnt;
	unsigned int used;		/* answers */
	uint32_t when;			/* of the last: round of the timer */
	struct spare_when asked;	/* what is added now */
	struct ahead_names names;
};

struct ahead_table;

/*
 * For at most fd_max descriptors, which count as open files in fs->fd_open.
 * NULL without memory.
 */
struct ahead_table *ahead_table_new(struct fs *fs, unsigned int fd_max);

/*
 * Begin with dir as cred sees it; what was known of it is forgotten.  NULL
 * without memory.
 */
struct ahead *ahead_begin(struct ahead_table *t, struct node *dir,
	    const struct cred *cred);

/*
 * Is there room for one more directory and cnt more names, with descriptors if
 * fds is not 0?  Directories that were not used for a round make room.
 */
int	ahead_space(struct ahead_table *t, unsigned int cnt, int fds);

/* Is there room for cnt more names with attributes?  1 or 0. */
int	ahead_room(const struct ahead_table *t, unsigned int cnt);

/*
 * A worker has seen a name of a, of len bytes.  fd is an O_PATH descriptor of
 * what d says, with its seal; it is owned and set to -1, unless the name has
 * one or has changed since the worker was asked.  If d says so it is an open
 * file instead, asked for at a->asked.  With -1 all that is known of it are
 * its attributes at a->asked, if d says so and nobody else has the file by
 * another name; or else that it is there.  Returns 0; ENOSPC if there is no
 * room, ENOMEM, or EIO for a seal that is too long.
 */
int	ahead_add(struct ahead_table *t, struct ahead *a, const char *name,
	    size_t len, const struct msg_dirent *d, int *fd);

/*
 * The name has gone for certain (gone is not 0), or only the host can tell
 * now: it may be there or not.  While a worker is asked for a's directory it
 * may have seen what was before, so that nothing is certain then.  Without
 * room for such a name a is forgotten, for long if it has very many.
 */
void	ahead_news(struct ahead_table *t, struct ahead *a, const char *name,
	    int gone);

/* What the name stands for is not as it was, be it known or not. */
void	ahead_touched(struct ahead_table *t, struct ahead *a,
	    const char *name);

/* The name, or NULL. */
struct ahead_name *ahead_find(const struct ahead *a, const char *name);

/*
 * All names are known, and none is this one, not even with other letters than
 * these, large or small: 1, or 0 if only the host can tell.
 */
int	ahead_none(const struct ahead *a, const char *name);

/* Its descriptor is the caller's from now on. */
int	ahead_take(struct ahead_table *t, struct ahead *a,
	    struct ahead_name *n);

/* An answer came from a. */
void	ahead_used(struct ahead_table *t, struct ahead *a);

/* Was it used within the round, about a second? */
int	ahead_in_use(const struct ahead_table *t, const struct ahead *a);

/*
 * Forget dir's; those of all.  A directory of which little was used is read
 * ahead later the next time (node.h: ahead_shift).
 */
void	ahead_forget(struct ahead_table *t, struct node *dir);
void	ahead_forget_all(struct ahead_table *t);

#endif
