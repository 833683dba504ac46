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
 * Knows: setxattr(2), getxattr(2), listxattr(2), removexattr(2) by a number
 * beneath the working directory.
 * Never: a path of more than that number.
 */

#include "config.h"

#include <sys/xattr.h>

#include <errno.h>
#include <string.h>

#include "at.h"
#include "xattr.h"

int
xattr_is_acl(const char *host)
{
	return strcmp(host, XATTR_ACL_ACCESS) == 0 ||
	    strcmp(host, XATTR_ACL_DEFAULT) == 0;
}

int
xattr_host_name(const struct serve_req *req, const char *guest, size_t len,
    char out[XATTRMAP_NAME_MAX + 1])
{
	char name[XATTRMAP_NAME_MAX + 1];
	int err;

	if (len == 0 || len > XATTRMAP_NAME_MAX ||
	    memchr(guest, '\0', len) != NULL)
		return EINVAL;
	memcpy(name, guest, len);
	name[len] = '\0';
	if ((err = xattrmap_client(&req->rules->names, name, out)) != 0)
		return err;
	if (xattr_is_acl(out) &&
	    (req->who->flags & MSG_SHARE_POSIX_ACL) == 0)
		return EOPNOTSUPP;
	return 0;
}

int
xattr_denied(const struct serve_req *req, const char *host)
{
	const char *mapped = req->rules->caps_name;

	return (req->who->policy & MSG_POLICY_NO_SETID) != 0 &&
	    (strcmp(host, XATTR_CAPS) == 0 ||
	    (mapped[0] != '\0' && strcmp(host, mapped) == 0));
}

int
xattr_set(int fd, const char *host, const void *value, size_t len, int flags)
{
	char number[AT_NUMBER_MAX];

	return setxattr(at_number(fd, number), host, value, len, flags) == -1 ?
	    errno : 0;
}

int
xattr_get(int fd, const char *host, void *buf, size_t size, size_t *len)
{
	char number[AT_NUMBER_MAX];
	ssize_t n;

	n = getxattr(at_number(fd, number), host, buf, size);
	if (n == -1)
		return errno;
	*len = (size_t)n;
	return 0;
}

int
xattr_list(int fd, char *buf, size_t size, size_t *len)
{
	char number[AT_NUMBER_MAX];
	ssize_t n;

	n = listxattr(at_number(fd, number), buf, size);
	if (n == -1)
		return errno;
	*len = (size_t)n;
	return 0;
}

int
xattr_remove(int fd, const char *host)
{
	char number[AT_NUMBER_MAX];

	return removexattr(at_number(fd, number), host) == -1 ? errno : 0;
}

int
xattr_drop_caps(const struct serve_req *req, int fd)
{
	const char *name = req->rules->caps_name;
	size_t len;
	int err;

	if (name[0] == '\0')
		return 0;
	err = xattr_remove(fd, name);
	if (err == 0 || err == ENODATA || err == EOPNOTSUPP)
		return 0;
	if (err != EPERM && err != EACCES)
		return err;
	/* What the share's root may not remove nobody here has set. */
	if (req->who->cred.class == CRED_ROOT ||
	    (req->who->cred.class == CRED_POOL &&
	    strncmp(name, "trusted.", 8) == 0))
		return 0;
	/* trusted.* looks absent to whoever may not have it. */
	if (strncmp(name, "trusted.", 8) != 0 &&
	    xattr_get(fd, name, NULL, 0, &len) == ENODATA)
		return 0;
	return EPERM;
}
