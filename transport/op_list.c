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
 * Knows: whose turn it is at an open directory, which has one offset and so
 * serves one request at a time; READDIR, read from it by an I/O thread.
 * Never: an entry's file; READDIRPLUS, see op_plus.c.
 */

#include "config.h"

#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "dispatch.h"
#include "fin.h"
#include "fs.h"
#include "node.h"
#include "op.h"
#include "op_dir.h"
#include "op_list.h"

#define LIST_BUF_MAX	(64 * 1024)

/* A record of getdents64(2). */
struct list_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t rec_len;
	uint8_t type;
	char name[];
};

uint64_t
op_list_ino(const struct req *r, const char *name, size_t len, uint64_t ino)
{
	const struct node *n = r->node[0];

	if (node_id(n) == FUSE_ROOT_ID && len == 2 && name[0] == '.' &&
	    name[1] == '.')
		return n->ino;
	return ino;
}

size_t
op_list_put(struct req *r, size_t at, const struct fuse_dirent *head,
    const char *name)
{
	static const char zero[8];
	size_t len = FUSE_NAME_OFFSET + head->namelen;
	size_t total = FUSE_DIRENT_ALIGN(len);

	if (at + total > r->io.len)
		return 0;
	req_put(r, at, head, FUSE_NAME_OFFSET);
	req_put(r, at + FUSE_NAME_OFFSET, name, head->namelen);
	req_put(r, at + len, zero, total - len);
	return total;
}

/* Kernel records to FUSE records; stops when the guest's room is full. */
static size_t
op_readdir_convert(struct req *r, const uint8_t *buf, size_t len)
{
	const struct list_dirent *d;
	struct fuse_dirent out;
	size_t at = 0, pos = 0, n;

	while (pos < len) {
		d = (const struct list_dirent *)(const void *)(buf + pos);
		out.namelen = (uint32_t)strnlen(d->name, d->rec_len -
		    offsetof(struct list_dirent, name));
		out.ino = op_list_ino(r, d->name, out.namelen, d->ino);
		out.off = (uint64_t)d->off;
		out.type = d->type;
		if ((n = op_list_put(r, at, &out, d->name)) == 0)
			break;
		at += n;
		pos += d->rec_len;
	}
	return at;
}

static void
op_readdir_work(struct req *r)
{
	int fd = r->handle[0]->fd;
	size_t want = r->io.len, used;
	ssize_t n;

	if (want > LIST_BUF_MAX)
		want = LIST_BUF_MAX;
	if ((r->buf = malloc(want > 0 ? want : 1)) == NULL) {
		req_reply_err(r, ENOMEM);
		return;
	}
	if (lseek(fd, (off_t)r->io.off, SEEK_SET) == -1 ||
	    (n = syscall(SYS_getdents64, fd, r->buf, want)) == -1) {
		req_reply_err(r, errno);
		return;
	}
	used = op_readdir_convert(r, r->buf, (size_t)n);
	if (n > 0 && used == 0)
		req_reply_err(r, EINVAL);
	else
		req_reply_done(r, used);
}

/* Answer r from what is known already; 0 if that is not enough. */
static int
op_list_known(struct req *r)
{
	if (r->in.opcode == FUSE_READDIRPLUS)
		return op_plus_known(r);
	if (!batch_ends(r->handle[0], r->io.off))
		return 0;
	req_end_body(r, NULL, 0);
	return 1;
}

/* The directory is ours now. */
static void
op_list_start(struct req *r)
{
	r->handle[0]->dir_busy = 1;
	if (r->in.opcode == FUSE_READDIR)
		ask_iopool(r, op_readdir_work, op_list_next);
	else
		op_plus_start(r);
}

/* One that fails at once comes back here, and is not gone deeper into. */
void
op_list_next(struct req *done)
{
	struct handle *h = done->handle[0];
	struct req *r;

	h->dir_busy = 0;
	if (h->dir_turn)
		return;
	h->dir_turn = 1;
	while (!h->dir_busy && (r = TAILQ_FIRST(&h->dir_wait)) != NULL) {
		TAILQ_REMOVE(&h->dir_wait, r, entry);
		if (!op_list_known(r))
			op_list_start(r);
	}
	h->dir_turn = 0;
}

void
op_list_end(struct req *r, int err)
{
	if (err != 0)
		req_reply_err(r, err);
	op_list_next(r);
	req_free(r);
}

/* Whoever is at it may have thought that there is time. */
static void
op_list_wait(struct req *r)
{
	struct handle *h = r->handle[0];

	TAILQ_INSERT_TAIL(&h->dir_wait, r, entry);
	batch_hurry(h);
}

static void
op_list_go(struct req *r)
{
	if (r->handle[0]->dir_busy)
		op_list_wait(r);
	else
		op_list_start(r);
}

static void
op_list(struct req *r)
{
	struct fuse_read_in in;
	struct fin f;
	int err;

	fin_init(&f, r);
	if ((err = fin_take(&f, &in, sizeof(in))) == 0 &&
	    (in.offset > INT64_MAX || in.size > req_room(r)))
		err = EINVAL;
	if (err == 0 && (err = req_node(r, 0, r->in.nodeid)) == 0)
		err = req_handle(r, 0, in.fh, 1);
	if (err != 0) {
		req_end(r, err);
		return;
	}
	if (r->fs->conf.flags & MSG_SHARE_NO_READDIR) {
		req_end_body(r, NULL, 0);
		return;
	}
	r->io.off = in.offset;
	r->io.len = in.size;
	if (!op_list_known(r))
		op_dir_open(r, op_list_go);
}

void
op_readdir(struct req *r)
{
	op_list(r);
}

void
op_readdirplus(struct req *r)
{
	op_list(r);
}

void
op_list_old(int fd, short what, void *arg)
{
	struct fs *fs = arg;

	(void)fd;
	(void)what;
	batch_expire(fs->batches);
	dispatch_flush(fs);
}
