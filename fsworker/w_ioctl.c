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
 * Knows: which ioctl(2) commands there are, how long their arguments are,
 * and what of them a guest may change.
 * Never: a command that is not in the table.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <stddef.h>
#include <string.h>

#include "at.h"
#include "w_ioctl.h"

/* The argument; what a command reads beyond what came is NUL. */
static union {
	uint32_t flags;
	struct fsxattr fsx;
	struct fsverity_digest digest;
	struct fscrypt_get_policy_ex_arg policy;
	char bytes[MSG_IOCTL_MAX];
} w_ioctl_arg;

struct w_ioctl {
	uint32_t cmd;
	uint16_t in_len;	/* bytes that must come */
	uint16_t out_len;	/* bytes that may go back */
	uint8_t writes;
	int (*check)(int fd, size_t asked_len);
};

/* The project counts for the host's quota and is not the guest's to choose. */
static int
w_ioctl_setflags(int fd, size_t asked_len)
{
	int now;

	(void)asked_len;
	if (ioctl(fd, FS_IOC_GETFLAGS, &now) == -1)
		return errno;
	return ((uint32_t)now ^ w_ioctl_arg.flags) & FS_PROJINHERIT_FL ?
	    EPERM : 0;
}

static int
w_ioctl_setxattr(int fd, size_t asked_len)
{
	struct fsxattr now;

	(void)asked_len;
	if (ioctl(fd, FS_IOC_FSGETXATTR, &now) == -1)
		return errno;
	return now.fsx_projid != w_ioctl_arg.fsx.fsx_projid ||
	    ((now.fsx_xflags ^ w_ioctl_arg.fsx.fsx_xflags) &
	    FS_XFLAG_PROJINHERIT) != 0 ? EPERM : 0;
}

/* The kernel writes as much as the argument says that there is room for. */
static int
w_ioctl_digest(int fd, size_t asked_len)
{
	(void)fd;
	return w_ioctl_arg.digest.digest_size >
	    asked_len - sizeof(w_ioctl_arg.digest) ? EINVAL : 0;
}

static int
w_ioctl_policy(int fd, size_t asked_len)
{
	const size_t head = sizeof(w_ioctl_arg.policy.policy_size);

	(void)fd;
	/* A client that sends what the number says has room for one byte. */
	return w_ioctl_arg.policy.policy_size > asked_len - head ? ENOTTY : 0;
}

/*
 * FS_IOC_GETFLAGS and its like say long and mean int.  In the order of
 * common/sandbox_fsworker.c, where the reasons are.
 */
static const struct w_ioctl w_ioctls[] = {
	{ FS_IOC_GETFLAGS, 0, sizeof(long), 0, NULL },
	{ FS_IOC_SETFLAGS, sizeof(int), 0, 1, w_ioctl_setflags },
	{ FS_IOC_FSGETXATTR, 0, sizeof(struct fsxattr), 0, NULL },
	{ FS_IOC_FSSETXATTR, sizeof(struct fsxattr), 0, 1, w_ioctl_setxattr },
	{ FS_IOC_GETVERSION, 0, sizeof(long), 0, NULL },
	{ FS_IOC_MEASURE_VERITY, sizeof(struct fsverity_digest),
	    MSG_IOCTL_MAX, 0, w_ioctl_digest },
	{ FS_IOC_GET_ENCRYPTION_POLICY, 0, sizeof(struct fscrypt_policy_v1),
	    0, NULL },
	{ FS_IOC_GET_ENCRYPTION_POLICY_EX, sizeof(uint64_t), MSG_IOCTL_MAX,
	    0, w_ioctl_policy },
};

static const struct w_ioctl *
w_ioctl_find(uint32_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(w_ioctls) / sizeof(w_ioctls[0]); i++)
		if (w_ioctls[i].cmd == cmd)
			return &w_ioctls[i];
	return NULL;
}

static int
w_ioctl_do(const struct serve_req *req, const struct w_ioctl *row, int fd,
    struct a_ioctl *a)
{
	int r, err;

	if (req->asked_len < row->in_len)
		return EINVAL;
	if (row->writes && serve_readonly(req))
		return EROFS;
	memset(&w_ioctl_arg, 0, sizeof(w_ioctl_arg));
	if (row->in_len > 0)
		memcpy(&w_ioctl_arg, req->asked, req->asked_len);
	if (row->check != NULL &&
	    (err = row->check(fd, req->asked_len)) != 0)
		return err;
	if ((r = ioctl(fd, row->cmd, &w_ioctl_arg)) == -1)
		return errno;
	a->result = (uint32_t)r;
	return 0;
}

int
on_ioctl(struct serve_req *req, const struct q_ioctl *q, struct a_ioctl *a)
{
	const struct w_ioctl *row = w_ioctl_find(q->cmd);
	int fd = serve_fd(req, 0), err;
	uint32_t type;

	if (q->zero != 0 || (q->flags & ~MSG_IOCTL_HANDLE) != 0 ||
	    q->out_size > MSG_IOCTL_MAX || req->asked_len > MSG_IOCTL_MAX)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0)
		return err;
	if (row == NULL || (type != S_IFREG && type != S_IFDIR))
		return ENOTTY;
	if ((q->flags & MSG_IOCTL_HANDLE) == 0)
		return EBADF;
	if ((err = w_ioctl_do(req, row, fd, a)) != 0)
		return err;
	req->tail = &w_ioctl_arg;
	req->tail_len = q->out_size < row->out_len ? q->out_size :
	    row->out_len;
	return 0;
}

int
w_ioctl_plain(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1)
		return errno == ENOTTY || errno == EOPNOTSUPP;
	return ((unsigned int)flags & (FS_CASEFOLD_FL | FS_ENCRYPT_FL)) == 0;
}
