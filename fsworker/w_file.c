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
 * Knows: requests that open what is there already or touch file data.
 * Never: a name; openat(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "at.h"
#include "setid.h"
#include "w_file.h"
#include "xattr.h"

#define W_FILE_FALLOC	((uint32_t)(FALLOC_FL_KEEP_SIZE | \
			    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | \
			    FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | \
			    FALLOC_FL_UNSHARE_RANGE))

/* For files that are open with O_DIRECT. */
static _Alignas(4096) char w_file_page[MSG_TAIL_MAX];

/* Descriptor i must be an open regular file that may be changed. */
static int
w_file_change(const struct serve_req *req, unsigned int i, int *fd)
{
	int err;

	*fd = serve_fd(req, i);
	if ((err = serve_claim_reg(req, i)) != 0)
		return err;
	if (serve_readonly(req))
		return EROFS;
	/* Nothing written shows whether it could be. */
	if (req->rules->caps_name[0] == '\0')
		return 0;
	if (pwritev2(*fd, NULL, 0, 0, 0) == -1)
		return errno;
	return xattr_drop_caps(req, *fd);
}

int
w_file_opened(const struct serve_req *req, int fd, int flags, uint32_t kill)
{
	int err;

	if ((flags & O_TRUNC) == 0)
		return 0;
	if ((err = xattr_drop_caps(req, fd)) != 0)
		return err;
	return kill ? setid_kill(req, fd) : 0;
}

/*
 * A file that can only be appended to (chattr +a) is opened for writing with
 * O_APPEND alone.  All others do without: who opened with it may place what it
 * writes after that, too.
 */
static int
w_file_reopen(int node, int flags, int *fd)
{
	int err;

	err = at_reopen(node, flags & ~O_APPEND, fd);
	if (err == EPERM && (flags & O_APPEND) != 0)
		err = at_reopen(node, flags, fd);
	return err;
}

int
on_open(struct serve_req *req, const struct q_open *q, struct a_open *a)
{
	int node = serve_fd(req, 0), flags, fd, err;

	(void)a;
	if (q->kill > 1)
		return EINVAL;
	if ((err = at_flags(q->flags, O_APPEND, &flags)) != 0)
		return err;
	if ((err = serve_claim_reg(req, 0)) != 0)
		return err;
	if (serve_readonly(req) && at_flags_write(flags))
		return EROFS;
	if ((err = w_file_reopen(node, flags, &fd)) != 0 ||
	    (err = fdbag_put(&req->give, fd)) != 0)
		return err;
	return w_file_opened(req, fd, flags, q->kill);
}

int
on_opendir(struct serve_req *req, const struct q_opendir *q,
    struct a_opendir *a)
{
	int node = serve_fd(req, 0), fd, err;

	(void)a;
	if (q->zero != 0)
		return EINVAL;
	if ((err = serve_claim_dir(req, 0)) != 0)
		return err;
	if ((err = at_reopen_dir(node, &fd)) != 0)
		return err;
	return fdbag_put(&req->give, fd);
}

int
on_write(struct serve_req *req, const struct q_write *q, struct a_write *a)
{
	int append = (q->flags & MSG_WRITE_APPEND) != 0, fd, err;
	struct iovec iov;
	ssize_t n;

	if (q->zero != 0 || (q->flags & ~MSG_WRITE_APPEND) != 0)
		return EINVAL;
	if (!append && q->off > INT64_MAX)
		return EINVAL;
	if ((err = w_file_change(req, 0, &fd)) != 0)
		return err;
	iov.iov_base = (void *)(uintptr_t)req->asked;
	iov.iov_len = req->asked_len;
	n = pwritev2(fd, &iov, 1, append ? 0 : (off_t)q->off,
	    append ? RWF_APPEND : 0);
	if (n == -1 && errno == EINVAL) {
		/* O_DIRECT wants memory that the message does not have. */
		memcpy(w_file_page, req->asked, req->asked_len);
		iov.iov_base = w_file_page;
		n = pwritev2(fd, &iov, 1, append ? 0 : (off_t)q->off,
		    append ? RWF_APPEND : 0);
	}
	if (n == -1)
		return errno;
	a->done_len = (uint32_t)n;
	return 0;
}

int
on_fallocate(struct serve_req *req, const struct q_fallocate *q,
    struct a_fallocate *a)
{
	int fd, err;

	(void)a;
	if (q->zero != 0 || q->off > INT64_MAX || q->len > INT64_MAX)
		return EINVAL;
	/* What the kernel says to a mode that it does not know. */
	if ((q->mode & ~W_FILE_FALLOC) != 0)
		return EOPNOTSUPP;
	if ((err = w_file_change(req, 0, &fd)) != 0)
		return err;
	return fallocate(fd, (int)q->mode, (off_t)q->off, (off_t)q->len) == -1 ?
	    errno : 0;
}

int
on_copy(struct serve_req *req, const struct q_copy *q, struct a_copy *a)
{
	int from = serve_fd(req, 0), to, err;
	off_t from_off, to_off;
	ssize_t n;

	if (q->from_off > INT64_MAX || q->to_off > INT64_MAX ||
	    q->len > INT64_MAX)
		return EINVAL;
	if ((err = serve_claim_reg(req, 0)) != 0)
		return err;
	if ((err = w_file_change(req, 1, &to)) != 0)
		return err;
	from_off = (off_t)q->from_off;
	to_off = (off_t)q->to_off;
	n = copy_file_range(from, &from_off, to, &to_off, (size_t)q->len, 0);
	if (n == -1)
		return errno;
	a->done_len = (uint64_t)n;
	return 0;
}

int
on_syncfs(struct serve_req *req, const struct q_syncfs *q, struct a_syncfs *a)
{
	int node = serve_fd(req, 0), fd, err;
	uint32_t type;

	(void)a;
	if (q->zero != 0)
		return EINVAL;
	if ((err = serve_claim(req, 0, &type)) != 0)
		return err;
	if (type != S_IFREG && type != S_IFDIR)
		return EINVAL;
	if ((err = at_reopen(node, O_RDONLY | O_NONBLOCK, &fd)) != 0)
		return err;
	err = syncfs(fd) == -1 ? errno : 0;
	fd_close(&fd);
	return err;
}
