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
 * Knows: CREATE, TMPFILE, MKNOD, MKDIR, SYMLINK: what may be asked for.
 * Never: how a file is made (make.c), openat(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "at.h"
#include "give.h"
#include "label.h"
#include "make.h"
#include "w_file.h"
#include "w_make.h"
#include "w_name.h"

#define W_MAKE_RETRY	8	/* races with others who make and remove */
#define W_MAKE_MAJOR	0xfffu	/* device numbers, makedev(3) in the kernel */
#define W_MAKE_MINOR	0xfffffu

static char w_make_target[MSG_PATH_MAX + 1];

/* What is the same for all: mode, umask and the label behind at bytes. */
static int
w_make_start(struct make *m, struct serve_req *req, uint32_t mode,
    uint32_t mask)
{
	memset(m, 0, sizeof(*m));
	m->req = req;
	m->fd = -1;
	m->mode = mode;
	m->umask = mask;
	if ((mode & ~(uint32_t)(S_IFMT | 07777)) != 0 ||
	    (mask & ~(uint32_t)0777) != 0)
		return EINVAL;
	return 0;
}

/* A mode that may or may not say the type. */
static int
w_make_type(struct make *m, uint32_t type)
{
	if ((m->mode & S_IFMT) != 0 && (m->mode & S_IFMT) != type)
		return EINVAL;
	m->mode = (m->mode & 07777) | type;
	return 0;
}

/* What the share wants nobody to make: EPERM.  Whiteouts are no devices. */
static int
w_make_denied(const struct make *m)
{
	const uint32_t policy = m->req->who->policy, type = m->mode & S_IFMT;

	if ((policy & MSG_POLICY_NO_DEVICES) != 0 && (type == S_IFBLK ||
	    (type == S_IFCHR && m->dev != 0)))
		return EPERM;
	if ((policy & MSG_POLICY_NO_SETID) != 0 && type != S_IFDIR &&
	    (m->mode & (S_ISUID | S_ISGID)) != 0)
		return EPERM;
	return 0;
}

/*
 * Make what is not opened, and give its node.  Somebody may have put another
 * one in its place, but not of another type.
 */
static int
w_make_node(struct serve_req *req, struct make *m, const char *name,
    struct msg_attr *attr)
{
	int err;

	if ((err = w_name_change(req, 0, name, &m->dirfd)) != 0)
		return err;
	m->name = name;
	if ((err = w_make_denied(m)) != 0 || (err = make_new(m)) != 0)
		return err;
	if ((err = give_node(req, m->fd, attr)) != 0)
		return err;
	return (attr->mode & S_IFMT) == (m->mode & S_IFMT) ? 0 : EIO;
}

/* Give the node and the open file of m->fd. */
static int
w_make_open(struct serve_req *req, struct make *m, struct msg_attr *attr)
{
	int err;

	err = give_made(req, m->fd, m->dirfd, m->name, attr);
	fdbag_put(&req->give, m->fd);
	return err;
}

/* Open the regular file that was there already. */
static int
w_make_existing(struct make *m)
{
	int node, err;

	if ((err = at_child(m->dirfd, m->name, &node)) != 0)
		return err;
	if ((err = at_claim_reg(m->req->who, node)) == 0)
		err = at_reopen(node, m->flags, &m->fd);
	fd_close(&node);
	return err;
}

/* O_CREAT in two steps, neither of which can open what is no regular file. */
static int
w_make_file(struct make *m, int excl, uint32_t kill)
{
	int i, err = EIO;

	for (i = 0; i < W_MAKE_RETRY; i++) {
		err = make_new(m);
		if (err != EEXIST || excl)
			return err;
		err = w_make_existing(m);
		if (err != ENOENT)
			break;
	}
	if (err == 0 && (err = w_file_opened(m->req, m->fd, m->flags,
	    kill)) != 0)
		fd_close(&m->fd);
	return err;
}

int
on_create(struct serve_req *req, const struct q_create *q,
    struct a_create *a)
{
	struct make m;
	int flags, err;

	if ((err = w_make_start(&m, req, q->mode, q->umask)) != 0 ||
	    (err = w_make_type(&m, S_IFREG)) != 0 ||
	    (err = at_flags(q->flags, O_CREAT | O_EXCL, &flags)) != 0 ||
	    (err = label_take(req, 0, q->label_name_len, q->label_len,
	    &m.label)) != 0)
		return err;
	if (q->kill > 1 || q->back > 1)
		return EINVAL;
	if ((err = w_name_change(req, 0, q->name, &m.dirfd)) != 0 ||
	    (err = w_make_denied(&m)) != 0)
		return err;
	m.name = q->name;
	m.open = 1;
	m.flags = flags & ~(O_CREAT | O_EXCL);
	if ((err = w_make_file(&m, flags & O_EXCL, q->kill)) != 0)
		return err;
	if (q->back && req->kept[0] != 0)
		req->back = m.dirfd;
	return w_make_open(req, &m, &a->attr);
}

int
on_tmpfile(struct serve_req *req, const struct q_tmpfile *q,
    struct a_tmpfile *a)
{
	struct make m;
	int err;

	if (q->zero != 0)
		return EINVAL;
	if ((err = w_make_start(&m, req, q->mode, q->umask)) != 0 ||
	    (err = w_make_type(&m, S_IFREG)) != 0 ||
	    (err = at_flags(q->flags, O_EXCL, &m.flags)) != 0 ||
	    (err = label_take(req, 0, q->label_name_len, q->label_len,
	    &m.label)) != 0)
		return err;
	if ((m.flags & O_ACCMODE) == O_RDONLY || (m.flags & O_TRUNC) != 0)
		return EINVAL;
	m.open = 1;
	m.dirfd = serve_fd(req, 0);
	if ((err = serve_claim_dir(req, 0)) != 0)
		return err;
	if (serve_readonly(req))
		return EROFS;
	if ((err = w_make_denied(&m)) != 0 || (err = make_nameless(&m)) != 0)
		return err;
	return w_make_open(req, &m, &a->attr);
}

int
on_mknod(struct serve_req *req, const struct q_mknod *q, struct a_mknod *a)
{
	struct make m;
	int err;

	if ((err = w_make_start(&m, req, q->mode, q->umask)) != 0 ||
	    (err = label_take(req, 0, q->label_name_len, q->label_len,
	    &m.label)) != 0)
		return err;
	switch (q->mode & S_IFMT) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (q->rdev_major > W_MAKE_MAJOR ||
		    q->rdev_minor > W_MAKE_MINOR)
			return EINVAL;
		m.dev = makedev(q->rdev_major, q->rdev_minor);
		break;
	default:
		return EINVAL;
	}
	return w_make_node(req, &m, q->name, &a->attr);
}

int
on_mkdir(struct serve_req *req, const struct q_mkdir *q, struct a_mkdir *a)
{
	struct make m;
	int err;

	if ((err = w_make_start(&m, req, q->mode, q->umask)) != 0 ||
	    (err = w_make_type(&m, S_IFDIR)) != 0 ||
	    (err = label_take(req, 0, q->label_name_len, q->label_len,
	    &m.label)) != 0)
		return err;
	return w_make_node(req, &m, q->name, &a->attr);
}

int
on_symlink(struct serve_req *req, const struct q_symlink *q,
    struct a_symlink *a)
{
	struct make m;
	int err;

	if (q->zero != 0 || q->target_len == 0 ||
	    q->target_len > MSG_PATH_MAX || q->target_len > req->asked_len ||
	    memchr(req->asked, '\0', q->target_len) != NULL)
		return EINVAL;
	if ((err = w_make_start(&m, req, S_IFLNK, 0)) != 0 ||
	    (err = label_take(req, q->target_len, q->label_name_len,
	    q->label_len, &m.label)) != 0)
		return err;
	memcpy(w_make_target, req->asked, q->target_len);
	w_make_target[q->target_len] = '\0';
	m.target = w_make_target;
	return w_make_node(req, &m, q->name, &a->attr);
}
