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
 * Knows: how an operation puts its question to a worker or an I/O thread.
 * Never: the question itself.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>

#include "../common/log.h"
#include "ask.h"
#include "fs.h"
#include "iopool.h"
#include "node.h"
#include "route.h"
#include "sysfd.h"
#include "wlink.h"

static int
ask_descriptors(struct req *r, const struct msg_row *row, unsigned int flags)
{
	unsigned int i;

	r->call.fd_cnt = (uint8_t)row->fds;
	for (i = 0; i < row->fds; i++) {
		r->call.fds[i] = (flags & ASK_HANDLES) ? r->handle[i]->fd :
		    node_fd(r->node[i]);
		if (r->call.fds[i] == -1)
			return ESTALE;
	}
	return 0;
}

void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	int err = 0;

	r->call.type = type;
	r->call.done = done;
	r->call.creates = (flags & ASK_CREATES) != 0;
	r->call.repeatable = (flags & ASK_REPEATABLE) != 0;
	if (flags & ASK_ROOT)
		route_root(&r->call.cred);
	else
		err = route_first(r, r->call.creates, &r->call.cred);
	if (err == 0)
		err = ask_descriptors(r, msg_row(type), flags);
	if (err != 0)
		done(r, err, NULL);
	else
		wlink_call(r->fs->wlink, r);
}

int
ask_attr(int fd, const struct msg_attr *said, struct msg_attr *attr)
{
	struct stat st;

	if (sysfd_stat(fd, &st) == -1)
		return errno;
	if (st.st_ino != said->ino || major(st.st_dev) != said->dev_major ||
	    minor(st.st_dev) != said->dev_minor)
		return EIO;
	*attr = *said;
	attr->mode = st.st_mode;
	attr->uid = st.st_uid;
	attr->gid = st.st_gid;
	attr->rdev_major = major(st.st_rdev);
	attr->rdev_minor = minor(st.st_rdev);
	return 0;
}

void
ask_iopool(struct req *r, void (*work)(struct req *r),
    void (*after)(struct req *r))
{
	r->io.work = work;
	r->io.after = after;
	iopool_submit(r->fs->iopool, r);
}

/*
 * The transport has no CAP_FSETID, so its own writes clear set-id bits, as
 * they should for everybody but guest root.
 */
int
ask_keeps_setid(const struct req *r, unsigned int i)
{
	uint32_t mode = r->node[i]->mode;

	if (r->in.uid != 0)
		return 0;
	return (mode & S_ISUID) != 0 ||
	    (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
}
