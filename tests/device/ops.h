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

#ifndef VIOFSD_DEVICE_OPS_H
#define VIOFSD_DEVICE_OPS_H

#include <sys/stat.h>

#include <stdbool.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

/*
 * The parts of t_ops.  The first ones share a running device and work in a
 * directory of their own, of which they get the node and the host's name
 * relative to the share; the others start what they need.
 */
struct ops {
	struct box	*b;
	struct fs	*fs;
	uint64_t	 dir;		/* node */
	const char	*name;
};

void	ops_lookup(struct ops *);
void	ops_make(struct ops *);
void	ops_links(struct ops *);
void	ops_remove(struct ops *);
void	ops_rename(struct ops *);
void	ops_rename_flags(struct ops *);
void	ops_attr(struct ops *);
void	ops_setattr(struct ops *);
void	ops_times(struct ops *);
void	ops_data(struct ops *);
void	ops_big(struct ops *);
void	ops_huge(struct ops *);
void	ops_append(struct ops *);
void	ops_open(struct ops *);
void	ops_handles(struct ops *);
void	ops_unlinked(struct ops *);
void	ops_allocate(struct ops *);
void	ops_seek(struct ops *);
void	ops_copy(struct ops *);
void	ops_sync(struct ops *);
void	ops_readdir(struct ops *);
void	ops_resume(struct ops *);
void	ops_plus(struct ops *);
void	ops_dirhandle(struct ops *);

void	ops_cache(void);
void	ops_readonly(void);
void	ops_mount(void);

/* The host's path of a name in the part's directory. */
const char	*ops_host(struct ops *, const char *name);

/* lstat() of it; ends the program if there is none. */
struct stat	ops_stat(struct ops *, const char *name);

/* Whether the host has something by that name. */
bool	ops_exists(struct ops *, const char *name);

/* The attributes are what the host says about the file of that name. */
bool	ops_same(struct ops *, const struct fuse_attr *, const char *name);

/* Create a file through the device and write data into it. */
struct fs_file	ops_file(struct ops *, const char *name, const void *data,
		    uint32_t len);

#endif
