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
 * Knows: READDIR, read from the open directory by an I/O thread, and
 * READDIRPLUS, whose entries a worker looks up.
 * Never: an entry's file; what a worker answers is checked record by record.
 *
 * An open directory has one offset, so it serves one request at a time.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/trust.h"
#include "ask.h"
#include "fin.h"
#include "fout.h"
#include "fs.h"
#include "node.h"
#include "op.h"

#define LIST_BUF_MAX	(64 * 1024)
#define LIST_PLUS_MIN	160	/* smallest fuse_direntplus with a name */

/* A record of getdents64(2). */
struct list_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t rec_len;
	uint8_t type;
	char name[];
};

static void op_list_start(struct req *r);

/*
 * The directory is free again: the next one that waits for it.  One that
 * fails at once comes back here, and is not gone deeper into.
 */
static void
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
		op_list_start(r);
	}
	h->dir_turn = 0;
}

static void
op_list_end(struct req *r, int err)
{
	if (err != 0)
		req_reply_err(r, err);
	op_list_next(r);
	req_free(r);
}

/* ".." of the share's root is outside: its number is nobody's business. */
static uint64_t
op_list_ino(const struct req *r, const char *name, size_t len, uint64_t ino)
{
	const struct node *n = r->node[0];

	if (node_id(n) == FUSE_ROOT_ID && len == 2 && name[0] == '.' &&
	    name[1] == '.')
		return n->ino;
	return ino;
}

/* One entry as a client of READDIR wants it; 0 when there is no room. */
static size_t
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

/* One record of a worker's answer, checked; 0 if it is not one. */
static int
op_plus_record(const uint8_t *tail, size_t left, struct msg_dirent *d,
    const char **name)
{
	if (left < sizeof(*d))
		return 0;
	memcpy(d, tail, sizeof(*d));
	if (d->rec_len < sizeof(*d) || d->rec_len > left ||
	    d->rec_len % 8 != 0 || d->name_len == 0 ||
	    d->name_len >= MSG_NAME_MAX ||
	    (size_t)d->seal_len + d->name_len > d->rec_len - sizeof(*d))
		return 0;
	*name = (const char *)tail + sizeof(*d) + d->seal_len;
	return memchr(*name, '/', d->name_len) == NULL &&
	    memchr(*name, '\0', d->name_len) == NULL;
}

/*
 * Does the word of the worker do, where no descriptor shows what a file is?
 * The guest's permissions rest on it; see trust_word().  ask_opened() has a
 * look later.
 */
static int
op_plus_believed(const struct req *r, const struct msg_dirent *d)
{
	const struct a_hello *conf = &r->fs->conf;

	return trust_word(r->call.cred.class, conf->flags, conf->policy) &&
	    (d->flags & (MSG_DIRENT_NODE | MSG_DIRENT_SEALED)) ==
	    MSG_DIRENT_SEALED && S_ISREG(d->attr.mode);
}

/* The attributes of an entry, true or believed. */
static int
op_plus_attr(struct req *r, const struct msg_dirent *d, int fd,
    struct msg_attr *attr)
{
	if (fd != -1) {
		if (r->fs->list_debt > 0)
			r->fs->list_debt--;
		return ask_attr(fd, &d->attr, attr);
	}
	if (!op_plus_believed(r, d))
		return EBADF;
	*attr = d->attr;
	return 0;
}

/* Enter the node of d; without one the guest looks the name up itself. */
static void
op_plus_enter(struct req *r, const struct msg_dirent *d, const char *name,
    int *fd, struct fuse_entry_out *out)
{
	struct node_file f;
	struct msg_attr attr;
	struct node *n;

	memset(out, 0, sizeof(*out));
	if (op_plus_attr(r, d, *fd, &attr) != 0)
		return;
	f.attr = &attr;
	f.seal = name - d->seal_len;
	f.seal_len = d->seal_len;
	f.fd = *fd;
	f.kept = 0;
	*fd = -1;
	if (node_enter(r->fs->nodes, &f, &n) != 0)
		return;
	fout_entry(r->fs, r->node[0], n, &attr, out);
}

/* Returns the bytes used at at, 0 when there is no room. */
static size_t
op_plus_put(struct req *r, size_t at, const struct msg_dirent *d,
    const char *name, int *fd)
{
	struct fuse_entry_out entry;
	struct fuse_dirent head;
	size_t total = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS +
	    d->name_len);

	if (at + total > r->io.len)
		return 0;
	op_plus_enter(r, d, name, fd, &entry);
	head.ino = op_list_ino(r, name, d->name_len, d->ino);
	head.off = d->off;
	head.namelen = d->name_len;
	head.type = d->type;
	req_put(r, at, &entry, sizeof(entry));
	return sizeof(entry) + op_list_put(r, at + sizeof(entry), &head, name);
}

static void
op_plus_done(struct req *r, int err, struct chan_msg *m)
{
	const struct a_readdirplus *a;
	const uint8_t *tail;
	struct msg_dirent d;
	const char *name;
	unsigned int i, fds = 0;
	size_t at = 0, left, n;
	int fd;

	if (err != 0) {
		op_list_end(r, err);
		return;
	}
	a = m->body;
	tail = m->tail;
	left = m->tail_len;
	for (i = 0; i < a->entry_cnt; i++) {
		if (!op_plus_record(tail, left, &d, &name)) {
			err = EIO;
			break;
		}
		fd = (d.flags & MSG_DIRENT_NODE) ?
		    fdbag_take(&m->fds, fds++) : -1;
		n = op_plus_put(r, at, &d, name, &fd);
		fd_close(&fd);
		if (n == 0)
			break;
		at += n;
		tail += d.rec_len;
		left -= d.rec_len;
	}
	if (at == 0 && err == 0 && a->entry_cnt > 0)
		err = EINVAL;
	if (at > 0 || err == 0) {
		req_reply_done(r, at);
		err = 0;
	}
	op_list_end(r, err);
}

/* The directory is ours now. */
static void
op_list_start(struct req *r)
{
	struct q_readdirplus *q = &r->call.q.readdirplus;
	uint64_t cnt = r->io.len / LIST_PLUS_MIN;

	r->handle[0]->dir_busy = 1;
	if (r->in.opcode == FUSE_READDIR) {
		ask_iopool(r, op_readdir_work, op_list_next);
		return;
	}
	q->off = r->io.off;
	q->size = MSG_TAIL_MAX;
	q->entry_max = cnt > MSG_DIRPLUS_MAX ? MSG_DIRPLUS_MAX :
	    cnt == 0 ? 1 : (uint32_t)cnt;
	q->flags = r->fs->list_debt == 0 ? MSG_LIST_SEALED : 0;
	ask_worker(r, Q_READDIRPLUS, ASK_HANDLES | ASK_REPEATABLE,
	    op_plus_done);
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
	if (r->handle[0]->dir_busy)
		TAILQ_INSERT_TAIL(&r->handle[0]->dir_wait, r, entry);
	else
		op_list_start(r);
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
