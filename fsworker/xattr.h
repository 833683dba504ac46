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

#ifndef VIOFSD_FSWORKER_XATTR_H
#define VIOFSD_FSWORKER_XATTR_H

#include "serve.h"

/*
 * Knows: extended attributes of descriptors, also of O_PATH ones and of
 * symlinks, which f*xattr(2) refuse: by their numbers beneath /proc/self/fd,
 * the working directory (at_init()).
 * Never: a file by its name.
 */

#define XATTR_VALUE_MAX	65536u	/* bytes of one value, xattr(7) */

#define XATTR_CAPS		"security.capability"
#define XATTR_ACL_ACCESS	"system.posix_acl_access"
#define XATTR_ACL_DEFAULT	"system.posix_acl_default"

/* 1 if the share wants nobody to set this: file capabilities, or else 0. */
int	xattr_denied(const struct serve_req *req, const char *host);

/* 1 for the two names under which the kernel keeps ACLs, else 0. */
int	xattr_is_acl(const char *host);

/*
 * The host's name, in out, for one that the guest sent, of len bytes and
 * without NUL.  Returns 0; EINVAL (no name at all, or a NUL in it);
 * EOPNOTSUPP for an ACL if the share has none; or as xattrmap_client().
 */
int	xattr_host_name(const struct serve_req *req, const char *guest,
	    size_t len, char out[XATTRMAP_NAME_MAX + 1]);

/* As setxattr(2) and so on, on what fd stands for.  0 or a positive errno. */
int	xattr_set(int fd, const char *host, const void *value, size_t len,
	    int flags);
int	xattr_get(int fd, const char *host, void *buf, size_t size,
	    size_t *len);
int	xattr_list(int fd, char *buf, size_t size, size_t *len);
int	xattr_remove(int fd, const char *host);

/*
 * The contents or the owner of the file behind fd change: if the map keeps
 * the guest's security.capability under another name, remove that, as the
 * kernel removes the real one.  Returns 0, or EPERM if this worker may not.
 */
int	xattr_drop_caps(const struct serve_req *req, int fd);

#endif
