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

#ifndef VIOFSD_HOSTMOUNT_FUSEDEV_H
#define VIOFSD_HOSTMOUNT_FUSEDEV_H

#include <limits.h>
#include <stdbool.h>

/* A mount of the host's FUSE client. */
struct fusedev {
	char	 where[PATH_MAX];	/* the mount point, resolved */
	int	 id;			/* its mount id; -1: none */
};

/*
 * Open /dev/fuse and mount it on dir, named source.  options are those of
 * mount(8), separated by commas, or NULL; nosuid and nodev are on unless they
 * say otherwise.  Returns 0 and the device in *fd (the caller's), or a
 * positive errno.
 */
int	fusedev_mount(struct fusedev *, const char *source, const char *dir,
	    const char *options, int *fd);

/* Another device of the same connection; *fd is the caller's. */
int	fusedev_clone(int fd, int *clone);

/* Whether it is still there, and nothing is mounted on top of it. */
bool	fusedev_mounted(const struct fusedev *);

/* Whether it is anywhere in the tree of this process. */
bool	fusedev_present(const struct fusedev *);

/* A descriptor with POLLPRI whenever mounts change (the caller's), or -1. */
int	fusedev_watch(void);

/*
 * Unmount it unless it is gone or hidden.  If it is in use, or lazy says so,
 * it only leaves the tree.  May wait for the daemon unless the connection has
 * ended.  Returns 0 or a positive errno.
 */
int	fusedev_umount(const struct fusedev *, bool lazy);

#endif
