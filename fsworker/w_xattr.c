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
 * Knows: what the four requests for attributes add to the system calls.
 * Never: the system calls themselves (xattr.c).
 */

#include "config.h"

#include <sys/xattr.h>

#include <errno.h>
#include <string.h>

#include "acl.h"
#include "at.h"
#include "setid.h"
#include "w_xattr.h"
#include "xattr.h"

static char w_xattr_value[XATTR_VALUE_MAX];
static char w_xattr_list[XATTR_VALUE_MAX];

/* One attribute of one node, as the question names it. */
struct w_xattr {
	int fd;
	char name[XATTRMAP_NAME_MAX + 1];	/* the host's */
};

static int
w_xattr_node(const struct serve_req *req, int *fd)
{
	uint32_t type;

	*fd = serve_fd(req, 0);
	if ((req->who->flags & MSG_SHARE_XATTR) == 0)
		return EOPNOTSUPP;
	return serve_claim(req, 0, &type);
}

static int
w_xattr_start(const struct serve_req *req, const char name[MSG_NAME_MAX],
    struct w_xattr *x)
{
	size_t len = strnlen(name, MSG_NAME_MAX), i;
	int err;

	if (len == MSG_NAME_MAX)
		return ENAMETOOLONG;
	for (i = len; i < MSG_NAME_MAX; i++)
		if (name[i] != '\0')
			return EINVAL;
	if ((err = w_xattr_node(req, &x->fd)) != 0)
		return err;
	return xattr_host_name(req, name, len, x->name);
}

/* The same for what changes it. */
static int
w_xattr_change(const struct serve_req *req, const char name[MSG_NAME_MAX],
    struct w_xattr *x)
{
	int err;

	if ((err = w_xattr_start(req, name, x)) != 0)
		return err;
	return serve_readonly(req) ? EROFS : 0;
}

int
on_setxattr(struct serve_req *req, const struct q_setxattr *q,
    struct a_setxattr *a)
{
	const void *value = req->asked;
	struct w_xattr x;
	int err;

	(void)a;
	if ((q->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)) != 0 ||
	    q->kill_sgid > 1 || req->asked_len > XATTR_VALUE_MAX)
		return EINVAL;
	if ((err = w_xattr_change(req, q->name, &x)) != 0)
		return err;
	if (xattr_denied(req, x.name))
		return EPERM;
	if (xattr_is_acl(x.name) && req->rules->ids.cnt > 0 &&
	    req->asked_len > 0) {
		memcpy(w_xattr_value, value, req->asked_len);
		value = w_xattr_value;
		if ((err = acl_to_host(&req->rules->ids, w_xattr_value,
		    req->asked_len)) != 0)
			return err;
	}
	if ((err = xattr_set(x.fd, x.name, value, req->asked_len,
	    (int)q->flags)) != 0)
		return err;
	if (q->kill_sgid && strcmp(x.name, XATTR_ACL_ACCESS) == 0)
		return setid_kill_gid(x.fd);
	return 0;
}

int
on_getxattr(struct serve_req *req, const struct q_getxattr *q,
    struct a_getxattr *a)
{
	struct w_xattr x;
	size_t len;
	int err;

	if (q->zero != 0 || q->size > XATTR_VALUE_MAX)
		return EINVAL;
	err = w_xattr_start(req, q->name, &x);
	/* The map's EPERM; one may ask, it just is not there. */
	if (err == EPERM)
		return ENODATA;
	if (err != 0)
		return err;
	if ((err = xattr_get(x.fd, x.name, w_xattr_value, q->size,
	    &len)) != 0)
		return err;
	a->size = (uint32_t)len;
	if (q->size == 0)
		return 0;
	if (xattr_is_acl(x.name) && req->rules->ids.cnt > 0)
		acl_to_guest(&req->rules->ids, w_xattr_value, len);
	req->tail = w_xattr_value;
	req->tail_len = len;
	return 0;
}

/* The names that the guest may see, as it knows them; returns their size. */
static size_t
w_xattr_shown(const struct serve_req *req, size_t list_len)
{
	size_t at, used = 0, len;
	const char *name;

	for (at = 0; at < list_len; at += len) {
		name = w_xattr_list + at;
		len = strnlen(name, list_len - at) + 1;
		if (len > list_len - at)
			break;
		if (xattr_is_acl(name) &&
		    (req->who->flags & MSG_SHARE_POSIX_ACL) == 0)
			continue;
		name = xattrmap_server(&req->rules->names, name);
		if (name == NULL || name[0] == '\0')
			continue;
		/* No longer than what it was made of. */
		memcpy(w_xattr_value + used, name, strlen(name) + 1);
		used += strlen(name) + 1;
	}
	return used;
}

int
on_listxattr(struct serve_req *req, const struct q_listxattr *q,
    struct a_listxattr *a)
{
	size_t len;
	int fd, err;

	if (q->zero != 0 || q->size > XATTR_VALUE_MAX)
		return EINVAL;
	if ((err = w_xattr_node(req, &fd)) != 0 ||
	    (err = xattr_list(fd, w_xattr_list, sizeof(w_xattr_list),
	    &len)) != 0)
		return err;
	len = w_xattr_shown(req, len);
	a->size = (uint32_t)len;
	if (q->size == 0)
		return 0;
	if (len > q->size)
		return ERANGE;
	req->tail = w_xattr_value;
	req->tail_len = len;
	return 0;
}

int
on_removexattr(struct serve_req *req, const struct q_removexattr *q,
    struct a_removexattr *a)
{
	struct w_xattr x;
	int err;

	(void)a;
	if ((err = w_xattr_change(req, q->name, &x)) != 0)
		return err;
	return xattr_remove(x.fd, x.name);
}
