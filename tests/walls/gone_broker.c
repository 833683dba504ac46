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
 * Knows: the walls that the broker makes of mounts, when they are removed.
 * Never: those of other processes.
 */

#include "config.h"

#include <sys/mount.h>

#include <fcntl.h>

#include "../../broker/root.h"
#include "../../common/log.h"
#include "gone.h"

int	__real_open_tree(int dirfd, const char *path, unsigned int flags);
int	__wrap_open_tree(int dirfd, const char *path, unsigned int flags);
int	__real_mount_setattr(int dirfd, const char *path, unsigned int flags,
	    struct mount_attr *attr, size_t len);
int	__wrap_mount_setattr(int dirfd, const char *path, unsigned int flags,
	    struct mount_attr *attr, size_t len);
void	__real_root_empty(void);
void	__wrap_root_empty(void);

/* The share as it lies on the host, with all that is above it. */
int
__wrap_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return gone("tree") ? fcntl(dirfd, F_DUPFD_CLOEXEC, 0) :
	    __real_open_tree(dirfd, path, flags);
}

int
__wrap_mount_setattr(int dirfd, const char *path, unsigned int flags,
    struct mount_attr *attr, size_t len)
{
	return gone("tree") ? 0 :
	    __real_mount_setattr(dirfd, path, flags, attr, len);
}

/* The host's root stays; only what a library would look for does not. */
void
__wrap_root_empty(void)
{
	if (!gone("root"))
		__real_root_empty();
	else if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    umount2("/proc", MNT_DETACH) == -1)
		fatal("/proc");
}
