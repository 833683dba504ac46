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

#ifndef VIOFSD_DEVICE_MORE_H
#define VIOFSD_DEVICE_MORE_H

#include <sys/stat.h>

#include <stdbool.h>

#include "../frontend/box.h"
#include "../frontend/fs_more.h"
#include "../frontend/tap.h"

/*
 * The parts of t_more and t_locks.  Each starts the daemons it needs, with
 * the options that it is about, and compares with the shared directory.
 */
void	more_xattr(void);
void	more_map(void);
void	more_trust(void);
void	more_acl(void);
void	more_label(void);
void	more_kill(void);
void	more_same(void);
void	more_open(void);
void	more_tmpfile(void);
void	more_node(void);
void	more_append(void);
void	more_full(void);
void	more_ioctl(void);
void	more_ids(void);
void	more_groups(void);
void	more_idmap(void);
void	more_time(void);
void	more_readonly(void);
void	more_lie(void);
void	more_line(void);

void	more_lock(void);
void	more_lock_wait(void);
void	more_lock_end(void);
void	more_flock(void);

/* A lock of the whole file by a guest's owner, for the parts about locks. */
struct fs_lock	more_whole(uint64_t owner, uint32_t type);

/*
 * What the host gets when it asks for a lock of these bytes (len 0: to the
 * end) through a descriptor of its own: 0 or EAGAIN.  It does not keep it.
 */
int	more_host_lock(struct box *, const char *name, short type, off_t start,
	    off_t len);
/* The same, kept until the descriptor is closed. */
int	more_host_hold(struct box *, const char *name, short type, off_t start,
	    off_t len);

/*
 * A device that serves an empty directory, its daemon started with more
 * options (a list that ends with NULL, or NULL).  box_close() it in any case.
 */
bool	more_start(struct box *, const char *const *options);

/* The same without INIT. */
bool	more_start_bare(struct box *, const char *const *options);

/* The same on the directory that another device shares. */
bool	more_start_with(struct box *, const struct box *with,
	    const char *const *options);

/* A small file of uid:uid with this mode on the host, and its node. */
uint64_t	more_file(struct box *, const char *name, uint32_t uid,
		    uint32_t mode);

/* The node of a name in the root; ends the program if there is none. */
uint64_t	more_node_of(struct box *, const char *name);

/* lstat() on the host; ends the program if there is none. */
struct stat	more_stat(struct box *, const char *name);
uint32_t	more_mode(struct box *, const char *name);	/* & 07777 */
bool		more_exists(struct box *, const char *name);

/* chattr +a or -a on the host; false if its filesystem has no such files. */
bool		more_append_set(struct box *, const char *name, bool on);

/* How many entries the host has in the root of the share. */
unsigned	more_count(struct box *);

/*
 * The daemon has no more than fds descriptors open; its workers close what
 * they have passed on soon, not at once.
 */
bool	more_settled(struct box *, int fds);

/* The host's file has this attribute with this value (NULL: does not). */
bool	more_has(struct box *, const char *name, const char *attr,
	    const char *value);

/* Set one on the host; ends the program if that fails. */
void	more_give(struct box *, const char *name, const char *attr,
	    const char *value);

#endif
