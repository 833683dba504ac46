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
 * Knows: requests that name something in a directory that is there, and
 * READLINK.
 * Never: openat(2) itself (at.c), making a file (w_make.c), file data.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/proc.h"

#include "at.h"
#include "attr.h"
#include "give.h"
#include "w_name.h"
#include "w_node.h"

/* A target with its NUL, or with the byte that shows that it is too long. */
static char w_name_target[MSG_PATH_MAX + 1];

int
w_name_dir(const struct serve_req *req, unsigned int i, const char *name,
    int *dirfd)
{
	int err;

	if ((err = msg_name_check(name)) != 0)
		return err;
	*dirfd = serve_fd(req, i);
	return serve_claim_dir(req, i);
}

int
w_name_change(const struct serve_req *req, unsigned int i, const char *name,
    int *dirfd)
{
	int err;

	if ((err = w_name_dir(req, i, name, dirfd)) != 0)
		return err;
	return serve_readonly(req) ? EROFS : 0;
}

int
on_lookup(struct serve_req *req, const struct q_lookup *q,
    struct a_lookup *a)
{
	int dirfd, fd, err;

	if ((err = w_name_dir(req, 0, q->name, &dirfd)) != 0 ||
	    (err = at_child(dirfd, q->name, &fd)) != 0)
		return err;
	return give_found(req, fd, &a->attr);
}

/*
 * As fs.protected_hardlinks, proc(5): the owner may link, and others what they
 * may read and write and what gives nobody's rights.  With a guest that is
 * trusted the root worker acts for anybody, so that it may link root's only.
 */
static int
w_name_link(const struct serve_req *req, int node)
{
	const struct cred *c = &req->who->cred;
	struct statx stx;

	if (statx(node, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == -1)
		return errno;
	/* Root of a pool is one of its users besides. */
	if (stx.stx_uid == c->uid && (c->class != CRED_POOL || c->uid == 0 ||
	    (req->who->flags & MSG_SHARE_TRUST_GUEST) == 0))
		return 0;
	if (cred_acts_root(c->class) &&
	    (req->who->flags & MSG_SHARE_TRUST_GUEST) != 0)
		return EPERM;
	if (!S_ISREG(stx.stx_mode) || (stx.stx_mode & S_ISUID) != 0 ||
	    (stx.stx_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return EPERM;
	return w_node_access(node, R_OK | W_OK) != 0 ? EPERM : 0;
}

int
on_link(struct serve_req *req, const struct q_link *q, struct a_link *a)
{
	char number[AT_NUMBER_MAX];
	int node = serve_fd(req, 0), dirfd, err;
	uint32_t type;

	if ((err = w_name_change(req, 1, q->name, &dirfd)) != 0)
		return err;
	if ((err = serve_claim(req, 0, &type)) != 0)
		return err;
	if ((req->who->policy & MSG_POLICY_NO_LINKS) != 0 &&
	    (err = w_name_link(req, node)) != 0)
		return err;
	if (linkat(PROC_FD_PROC, at_number(node, number), dirfd, q->name,
	    AT_SYMLINK_FOLLOW) == -1)
		return errno;
	return attr_get(req->who, node, &a->attr);
}

/*
 * Removing what is a mount point in another namespace only, as all of the
 * share's are, would silently unmount it there: the kernel's EBUSY is for
 * mounts of one's own namespace.
 */
static int
w_name_busy(const struct serve_req *req, int dirfd, const char *name)
{
	struct msg_attr attr;
	int fd, err;

	if (req->who->mount_cnt == 1 || at_child(dirfd, name, &fd) != 0)
		return 0;
	err = attr_get(req->who, fd, &attr);
	fd_close(&fd);
	return err == 0 && (attr.flags & MSG_ATTR_MOUNT_ROOT) ? EBUSY : 0;
}

int
on_unlink(struct serve_req *req, const struct q_unlink *q, struct a_unlink *a)
{
	int dirfd, err;

	(void)a;
	if ((err = w_name_change(req, 0, q->name, &dirfd)) != 0)
		return err;
	if ((err = w_name_busy(req, dirfd, q->name)) != 0)
		return err;
	return unlinkat(dirfd, q->name, 0) == -1 ? errno : 0;
}

int
on_rmdir(struct serve_req *req, const struct q_rmdir *q, struct a_rmdir *a)
{
	int dirfd, err;

	(void)a;
	if ((err = w_name_change(req, 0, q->name, &dirfd)) != 0)
		return err;
	if ((err = w_name_busy(req, dirfd, q->name)) != 0)
		return err;
	return unlinkat(dirfd, q->name, AT_REMOVEDIR) == -1 ? errno : 0;
}

int
on_rename(struct serve_req *req, const struct q_rename *q, struct a_rename *a)
{
	const uint32_t known = RENAME_NOREPLACE | RENAME_EXCHANGE |
	    RENAME_WHITEOUT;
	int olddir, newdir, err;

	(void)a;
	if (q->zero != 0 || (q->flags & ~known) != 0)
		return EINVAL;
	if ((err = w_name_change(req, 0, q->oldname, &olddir)) != 0)
		return err;
	newdir = serve_fd(req, 1);
	err = newdir == olddir ? msg_name_check(q->newname) :
	    w_name_change(req, 1, q->newname, &newdir);
	if (err != 0)
		return err;
	if ((err = w_name_busy(req, olddir, q->oldname)) != 0 ||
	    (err = w_name_busy(req, newdir, q->newname)) != 0)
		return err;
	/* The libc would call renameat(2) for flags 0. */
	return syscall(SYS_renameat2, olddir, q->oldname, newdir, q->newname,
	    q->flags) == -1 ? errno : 0;
}

int
on_readlink(struct serve_req *req, const struct q_readlink *q,
    struct a_readlink *a)
{
	int fd = serve_fd(req, 0), err;
	uint32_t type;
	ssize_t n;

	(void)a;
	if (q->zero != 0)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0)
		return err;
	if (type != S_IFLNK)
		return EINVAL;
	n = readlinkat(fd, "", w_name_target, MSG_PATH_MAX + 1);
	if (n == -1)
		return errno;
	if (n > MSG_PATH_MAX)
		return ENAMETOOLONG;
	req->tail = w_name_target;
	req->tail_len = (size_t)n;
	return 0;
}
