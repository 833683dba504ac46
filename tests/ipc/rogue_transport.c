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
 * Knows: a transport that was taken over, against a real worker: the order
 * of the parts, and questions that would do harm if they were believed.
 * Never: the checks themselves (rogue_*.c).
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../frontend/proc.h"
#include "../frontend/tap.h"
#include "rogue.h"

/* 0-2, broker, procfs, transport: what a worker always has. */
#define ROGUE_WORKER_FDS	9
#define ROGUE_BARE_FDS		10	/* and the share's root */

void
rogue_name(char name[MSG_NAME_MAX], const char *text)
{
	memset(name, 0, MSG_NAME_MAX);
	memcpy(name, text, strlen(text));
}

static void
rogue_name_fields(uint16_t type, union rogue_body *b)
{
	switch (type) {
	case Q_LOOKUP:
		rogue_name(b->lookup.name, "canary");
		break;
	case Q_CREATE:
		b->create.flags = O_RDWR | O_TRUNC;
		b->create.mode = 0666;
		rogue_name(b->create.name, "canary");
		break;
	case Q_MKNOD:
		b->mknod.mode = S_IFIFO | 0666;
		rogue_name(b->mknod.name, "made");
		break;
	case Q_MKDIR:
		b->mkdir.mode = 0777;
		rogue_name(b->mkdir.name, "made");
		break;
	case Q_SYMLINK:
		b->symlink.target_len = 4;
		rogue_name(b->symlink.name, "made");
		break;
	case Q_LINK:
		rogue_name(b->link.name, "made");
		break;
	case Q_UNLINK:
		rogue_name(b->unlink.name, "canary");
		break;
	case Q_RMDIR:
		rogue_name(b->rmdir.name, "cdir");
		break;
	case Q_RENAME:
		rogue_name(b->rename.oldname, "canary");
		rogue_name(b->rename.newname, "moved");
		break;
	default:
		break;
	}
}

static void
rogue_other_fields(uint16_t type, union rogue_body *b)
{
	switch (type) {
	case Q_OPEN:
		b->open.flags = O_RDWR | O_TRUNC;
		break;
	case Q_SETATTR:
		b->setattr.valid = MSG_SET_MODE | MSG_SET_MTIME_NOW;
		b->setattr.mode = 0777;
		break;
	case Q_AHEAD:
		b->ahead.entry_max = 16;
		break;
	case Q_READDIRPLUS:
		b->readdirplus.size = 4096;
		b->readdirplus.entry_max = 16;
		break;
	case Q_FALLOCATE:
		b->fallocate.len = 4096;
		break;
	case Q_COPY:
		b->copy.len = 4096;
		break;
	case Q_SETXATTR:
		rogue_name(b->setxattr.name, "user.rogue");
		break;
	case Q_GETXATTR:
		b->getxattr.size = 16;
		rogue_name(b->getxattr.name, "user.rogue");
		break;
	case Q_LISTXATTR:
		b->listxattr.size = 256;
		break;
	case Q_REMOVEXATTR:
		rogue_name(b->removexattr.name, "user.rogue");
		break;
	case Q_TMPFILE:
		b->tmpfile.flags = O_RDWR;
		b->tmpfile.mode = 0666;
		break;
	case Q_IOCTL:
		b->ioctl.cmd = FS_IOC_SETFLAGS;
		b->ioctl.flags = MSG_IOCTL_HANDLE;
		break;
	default:
		break;
	}
}

void
rogue_question(const struct rogue *r, uint16_t type, struct rogue_ask *a)
{
	memset(a, 0, sizeof(*a));
	a->type = type;
	a->fd_cnt = msg_row(type)->fds;
	a->fds[0] = a->fds[1] = r->dirfd;
	rogue_name_fields(type, &a->body);
	rogue_other_fields(type, &a->body);
	switch (type) {
	case Q_OPEN:
	case Q_READLINK:
	case Q_SETATTR:
	case Q_WRITE:
	case Q_FALLOCATE:
	case Q_LINK:
	case Q_SETXATTR:
	case Q_IOCTL:
		a->fds[0] = r->filefd;
		break;
	case Q_COPY:
		a->fds[0] = a->fds[1] = r->filefd;
		break;
	default:
		break;
	}
	if (type == Q_SYMLINK || type == Q_WRITE || type == Q_SETXATTR ||
	    type == Q_IOCTL)
		a->tail = "harm";
}

int
rogue_send(struct rogue *r, const struct rogue_ask *a)
{
	struct chan_out out;

	memset(&out, 0, sizeof(out));
	out.type = a->type;
	out.body = &a->body;
	out.fds = a->fds;
	out.fd_cnt = a->fd_cnt;
	out.tail = a->tail;
	out.tail_len = a->tail == NULL ? 0 : strlen(a->tail);
	return worker_ask_tail(&r->w, &out);
}

void
rogue_worker(struct rogue *r)
{
	if (worker_start(&r->w, &r->tree, &r->who, &r->who) != 0)
		tap_bail("the worker does not start");
}

void
rogue_healthy(struct rogue *r, const char *after)
{
	struct rogue_ask a;
	int err;

	rogue_question(r, Q_LOOKUP, &a);
	rogue_name(a.body.lookup.name, "none");
	err = rogue_send(r, &a);
	tap_rc(-err, -ENOENT, "the worker answers after %s", after);
	tap_is(proc_fds(r->w.pid), r->who.flags & MSG_SHARE_BARE ?
	    ROGUE_BARE_FDS : ROGUE_WORKER_FDS,
	    "no descriptor is left after %s", after);
	tap_ok(canary_intact(&r->out), "nothing outside changed by %s", after);
}

static void
rogue_setup(struct rogue *r, int bare)
{
	struct cred cred;

	memset(r, 0, sizeof(*r));
	wtree_make(&r->tree, ROGUE_UID);
	if (bare)
		wtree_plain(&r->tree);
	canary_make(&r->out, r->tree.rootfd, "outside");
	r->dirfd = openat(r->tree.sharefd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	r->filefd = openat(r->tree.sharefd, "file", O_RDWR | O_CREAT |
	    O_CLOEXEC, 0666);
	if (r->dirfd == -1 || r->filefd == -1 ||
	    fchown(r->filefd, ROGUE_UID, ROGUE_UID) == -1)
		tap_bail("share: %s", strerror(errno));
	cred_set(&cred, CRED_USER, ROGUE_UID, ROGUE_UID);
	worker_who(&r->tree, &cred, &r->who);
	r->who.log_level = 0;
	r->who.flags |= MSG_SHARE_XATTR | MSG_SHARE_POSIX_ACL |
	    MSG_SHARE_LABEL | (bare ? MSG_SHARE_BARE : MSG_SHARE_HANDLES);
}

static void
rogue_moved(struct rogue *r)
{
	struct rogue_ask a;
	int fd;

	if (mkdirat(r->tree.sharefd, "gone", 0777) == -1 ||
	    (fd = openat(r->tree.sharefd, "gone", O_PATH | O_CLOEXEC)) == -1)
		tap_bail("gone: %s", strerror(errno));
	rogue_question(r, Q_MKDIR, &a);
	a.fds[0] = fd;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's directory is closed");
	if (fchmodat(r->tree.sharefd, "gone", 0777, 0) == -1 ||
	    renameat(r->tree.sharefd, "gone", r->tree.rootfd, "gone") == -1)
		tap_bail("gone: %s", strerror(errno));
	tap_rc(-rogue_send(r, &a), -EBADF, "a directory that was moved out");
	if (renameat(r->tree.rootfd, "gone", r->tree.sharefd, "gone") == -1)
		tap_bail("gone: %s", strerror(errno));
	tap_rc(-rogue_send(r, &a), 0, "... and is back");
	close(fd);
}

static void
rogue_remove(struct rogue *r)
{
	tap_ok(canary_intact(&r->out), "nothing outside changed at all");
	close(r->dirfd);
	close(r->filefd);
	canary_close(&r->out);
	wtree_remove(&r->tree);
}

/* The same on the host's mounts, where one mount has the share and the rest. */
static void
rogue_bare(struct rogue *r)
{
	struct a_parent above;
	struct rogue_ask a;
	struct statx stx;

	rogue_setup(r, 1);
	rogue_worker(r);
	if (r->w.ready.landlock == 0) {
		tap_bail("no Landlock, and yet a worker without namespaces");
		return;
	}
	rogue_names(r);
	rogue_fds(r);
	rogue_links(r);
	rogue_meta(r);
	rogue_rights(r);
	rogue_race(r);
	rogue_question(r, Q_PARENT, &a);
	tap_rc(-rogue_send(r, &a), 0, "above the share is something");
	if (statx(r->tree.sharefd, "", AT_EMPTY_PATH, STATX_INO, &stx) == -1)
		tap_bail("share: %s", strerror(errno));
	memcpy(&above, r->w.msg.body, sizeof(above));
	tap_is(above.attr.ino == stx.stx_ino, 1, "... which is the share");
	/* Moved out by the host: what was a directory of the share. */
	rogue_moved(r);
	worker_stop(&r->w);
	rogue_remove(r);
}

int
main(void)
{
	static struct rogue r;
	const char *why;

	if (!wtree_possible(&why)) {
		tap_skip(why, "rogue transport");
		return tap_done();
	}
	signal(SIGPIPE, SIG_IGN);
	rogue_setup(&r, 0);
	rogue_worker(&r);
	rogue_names(&r);
	rogue_fds(&r);
	rogue_links(&r);
	rogue_meta(&r);
	rogue_rights(&r);
	rogue_flood(&r);
	rogue_race(&r);
	worker_stop(&r.w);
	rogue_random(&r);
	rogue_keep(&r);
	rogue_watch(&r);
	rogue_cpu(&r);
	rogue_messages(&r);
	rogue_hello(&r);
	rogue_remove(&r);
	if (landlock_abi() != 0)
		rogue_bare(&r);
	else
		tap_skip("no Landlock", "a worker without namespaces");
	return tap_done();
}
