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
#include <string.h>

#include "../common/log.h"
#include "ask.h"
#include "blink.h"
#include "debt.h"
#include "dispatch.h"
#include "fs.h"
#include "iopool.h"
#include "node.h"
#include "route.h"
#include "sysfd.h"
#include "wlink.h"

/*
 * Go on with r once the first cnt of its nodes have descriptors: at once, or
 * when the broker has made them of sealed handles.  A pinned node keeps its
 * descriptor.
 */
void
ask_nodes(struct req *r, unsigned int cnt, void (*next)(struct req *r, int err))
{
	struct msg_seal seal;
	int err;

	while (r->node_ready < cnt && node_fd(r->node[r->node_ready]) != -1)
		r->node_ready++;
	if (r->node_ready == cnt) {
		next(r, 0);
		return;
	}
	r->node_next = next;
	r->node_want = (uint8_t)cnt;
	if ((err = node_seal(r->node[r->node_ready], &seal)) == 0)
		err = blink_hopen(r->fs->blink, &seal, r);
	if (err != 0)
		next(r, err);
}

int
ask_same(struct node *n, int fd)
{
	struct stat st;

	if (sysfd_stat(fd, &st) == -1)
		return errno;
	if (st.st_ino != n->ino || major(st.st_dev) != n->dev_major ||
	    minor(st.st_dev) != n->dev_minor ||
	    (st.st_mode & S_IFMT) != (n->mode & S_IFMT))
		return ESTALE;
	n->mode = st.st_mode;
	return 0;
}

void
ask_opened(struct fs *fs, struct req *r, int err, int fd)
{
	struct node *n = r->node[r->node_ready];

	debt_trip(fs, n);
	if (err == 0 && (err = ask_same(n, fd)) != 0)
		fd_close(&fd);
	if (err == 0) {
		node_set_fd(fs->nodes, n, &fd);
		ask_nodes(r, r->node_want, r->node_next);
	} else
		r->node_next(r, err);
	dispatch_flush(fs);
}

void
ask_back(struct req *r, int fd)
{
	struct node *n = r->node[0];

	if (fd != -1 && node_fd(n) == -1 && ask_same(n, fd) == 0)
		node_set_fd(r->fs->nodes, n, &fd);
	fd_close(&fd);
}

static void
ask_send(struct req *r, int err)
{
	if (err != 0) {
		r->call.done(r, err, NULL);
		return;
	}
	wlink_call(r->fs->wlink, r);
}

/* What is made on the host must have a node here. */
static int
ask_place(struct req *r)
{
	int err;

	if (r->making)
		return 0;
	if ((err = node_reserve(r->fs->nodes)) == 0)
		r->making = 1;
	return err;
}

void
ask_home(struct req *r)
{
	r->node_ready = 0;
	ask_nodes(r, r->call.fd_cnt, ask_send);
}

void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	int err = 0;

	r->call.type = type;
	r->call.done = done;
	r->call.creates = (flags & ASK_CREATES) != 0;
	r->call.repeatable = (flags & ASK_REPEATABLE) != 0;
	r->call.final = (flags & ASK_FINAL) != 0;
	r->call.handles = (flags & ASK_HANDLES) != 0;
	r->call.plain = 0;
	r->call.fd_cnt = (uint8_t)msg_row(type)->fds;
	if (flags & ASK_ROOT)
		err = route_root(r, &r->call.cred);
	else
		err = route_first(r, r->call.creates, &r->call.cred);
	if (err == 0 && r->call.creates)
		err = ask_place(r);
	ask_send(r, err);
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
	attr->size = (uint64_t)st.st_size;
	attr->blocks = (uint64_t)st.st_blocks;
	attr->atime = st.st_atim.tv_sec;
	attr->mtime = st.st_mtim.tv_sec;
	attr->ctime = st.st_ctim.tv_sec;
	attr->atime_nsec = (uint32_t)st.st_atim.tv_nsec;
	attr->mtime_nsec = (uint32_t)st.st_mtim.tv_nsec;
	attr->ctime_nsec = (uint32_t)st.st_ctim.tv_nsec;
	attr->blksize = (uint32_t)st.st_blksize;
	attr->nlink = (uint32_t)st.st_nlink;
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

static void
ask_no_caps_done(struct req *r, int err, struct chan_msg *m)
{
	(void)m;
	if (err != 0 && err != ENODATA && err != EOPNOTSUPP) {
		req_end(r, err);
		return;
	}
	r->node[0]->no_caps = 1;
	r->call.retried = r->call.redriven = 0;
	r->caps_next(r);
}

void
ask_no_caps(struct req *r, void (*next)(struct req *r))
{
	static const char name[] = "security.capability";

	if ((r->fs->conf.flags & MSG_SHARE_CAPS_MAPPED) == 0 ||
	    r->node[0]->no_caps) {
		next(r);
		return;
	}
	r->caps_next = next;
	memset(&r->call.q, 0, sizeof(r->call.q));
	memcpy(r->call.q.removexattr.name, name, sizeof(name));
	ask_worker(r, Q_REMOVEXATTR, ASK_ROOT | ASK_REPEATABLE,
	    ask_no_caps_done);
}

int
ask_size(const struct req *r, unsigned int i, uint64_t end)
{
	struct stat st;

	if ((r->fs->conf.flags & MSG_SHARE_SEAL_SIZE) == 0)
		return 0;
	if (sysfd_stat(r->handle[i]->fd, &st) == -1)
		return errno;
	return end > (uint64_t)st.st_size ? EPERM : 0;
}

/*
 * The transport has no CAP_FSETID and is in nobody's group, so its own writes
 * clear all set-id bits.  Guest root keeps them; others keep set-gid without
 * group-execute if it is their group, setattr_should_drop_sgid() in Linux.
 * Where the host's word counts, it is the user's who opened the file: a header
 * may have no ids at all.
 *
 * A request without ids says nothing of who asks.  Without KILLPRIV_V2 the
 * guest has cleared the bits itself where they have to go; with it only WRITE
 * tells, and what may be a privilege goes.
 */
static unsigned int
ask_keeps_blind(const struct req *r, uint32_t mode)
{
	int guest = (r->fs->session.flags & FUSE_HANDLE_KILLPRIV_V2) == 0;

	if (guest || (r->in.opcode == FUSE_WRITE && !r->io.kill))
		return mode & (S_ISUID | S_ISGID) ? ASK_ROOT : 0;
	return (mode & (S_ISUID | S_ISGID | S_IXGRP)) == S_ISGID ?
	    ASK_ROOT : 0;
}

unsigned int
ask_keeps_setid(const struct req *r, unsigned int i)
{
	uint32_t mode = r->node[i]->mode;

	if (r->fs->conf.policy & MSG_POLICY_HOST) {
		if (cred_acts_root(r->handle[i]->class))
			return mode & (S_ISUID | S_ISGID) ? ASK_ROOT : 0;
		return (mode & (S_ISGID | S_IXGRP)) == S_ISGID ? ASK_ROOT : 0;
	}
	if (r->in.uid == FUSE_PROTO_INVALID_ID)
		return ask_keeps_blind(r, mode);
	if (r->in.uid == 0)
		return mode & (S_ISUID | S_ISGID) ? ASK_ROOT : 0;
	return (mode & (S_ISGID | S_IXGRP)) == S_ISGID ? ASK_FINAL : 0;
}
