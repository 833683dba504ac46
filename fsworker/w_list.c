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
 * Knows: getdents64(2) records into struct msg_dirent, for READDIRPLUS and
 * AHEAD.
 * Never: openat(2) itself (at.c).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "at.h"
#include "attr.h"
#include "entry.h"
#include "give.h"
#include "w_list.h"

#define W_LIST_RAW_MIN	1024	/* room for a record with the longest name */
#define W_LIST_RAW_EACH	48	/* a record with a name of usual length */

/* One READDIRPLUS on its way. */
struct w_list {
	struct serve_req *req;
	int dirfd;
	size_t size, used;	/* bytes of records: allowed, so far */
	uint32_t entry_max, entry_cnt;
	size_t room;		/* what is left of it */
	int full, end;
	int odd;		/* a name was left out */
	uint64_t next;		/* cookie behind the last record */
	int sealed;		/* a seal may do for a descriptor */
	int lean;		/* nodes of directories alone */
	int names;		/* attributes are asked for later */
	int bare;		/* names and nothing else */
	int open;		/* files are opened */
	struct entry_dir dir;	/* with sealed or names */
};

static union {
	uint64_t align;
	char bytes[MSG_AHEAD_NAMES * W_LIST_RAW_EACH];
} w_list_raw;

static union {
	uint64_t align;
	char bytes[MSG_TAIL_MAX];
} w_list_tail;

_Static_assert(sizeof(w_list_raw) >= W_LIST_RAW_MIN, "longest record");
_Static_assert(MSG_AHEAD_NAMES >= MSG_DIRPLUS_MAX &&
    MSG_AHEAD_NAMES >= MSG_AHEAD_MAX, "room to read that many");

/* Length of a name that may be passed on, or 0. */
static size_t
w_list_name_len(const struct dirent64 *d)
{
	size_t len = strnlen(d->d_name,
	    d->d_reclen - offsetof(struct dirent64, d_name));

	if (len >= MSG_NAME_MAX || memchr(d->d_name, '/', len) != NULL)
		return 0;
	return len;
}

static int
w_list_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What is known of an entry before there is a record for it. */
struct w_list_entry {
	struct msg_attr attr;
	struct msg_seal seal;	/* its len is 0: none */
	int fd;
	uint8_t flags;		/* MSG_DIRENT_*, 0: listed by its name alone */
};

/*
 * Have the file open for reading in place of its node: nobody waits for it,
 * nor shall it for whoever holds a lease.
 */
static int
w_list_open(const struct w_list *l, struct w_list_entry *n)
{
	int fd, mnt;

	if (attr_get(l->req->who, n->fd, &n->attr) != 0 ||
	    !S_ISREG(n->attr.mode) ||
	    (n->attr.flags & MSG_ATTR_MOUNT_ROOT) != 0)
		return 0;
	n->seal.mnt_id = n->attr.mnt_id;
	if (give_seal(l->req->who, n->fd, "", &n->seal, &mnt) != 0 ||
	    n->seal.len == 0 ||
	    at_reopen(n->fd, O_RDONLY | O_NONBLOCK, &fd) != 0)
		return 0;
	fd_close(&n->fd);
	n->fd = fd;
	n->flags = MSG_DIRENT_NODE | MSG_DIRENT_OPEN;
	return 1;
}

/* Look the entry up, if that can be done. */
static int
w_list_node(const struct w_list *l, const struct dirent64 *d,
    struct w_list_entry *n)
{
	const char *name = d->d_name;
	int err, mnt;

	n->fd = -1;
	n->flags = 0;
	n->seal.len = 0;
	if (l->lean && d->d_type != DT_DIR && d->d_type != DT_UNKNOWN)
		return 0;
	if (l->sealed && d->d_type == DT_REG &&
	    entry_sealed(&l->dir, name, &n->attr, &n->seal)) {
		n->flags = MSG_DIRENT_SEALED;
		return 0;
	}
	n->seal.len = 0;
	if (l->bare || w_list_dots(name) ||
	    at_child(l->dirfd, name, &n->fd) != 0)
		return 0;
	if (l->open && d->d_type == DT_REG && w_list_open(l, n))
		return 0;
	if (l->names && entry_listed(&l->dir, n->fd, d->d_ino, d->d_type,
	    &n->attr, &n->seal)) {
		n->flags = MSG_DIRENT_NODE;
		return 0;
	}
	if (attr_get(l->req->who, n->fd, &n->attr) != 0) {
		fd_close(&n->fd);
		return 0;
	}
	n->seal.mnt_id = n->attr.mnt_id;
	n->flags = MSG_DIRENT_NODE;
	err = give_seal(l->req->who, n->fd, "", &n->seal, &mnt);
	if (err != 0)
		fd_close(&n->fd);
	return err;
}

static void
w_list_record(struct w_list *l, const struct dirent64 *d, size_t name_len,
    const struct w_list_entry *n, size_t rec_len)
{
	struct msg_dirent *e;

	e = (struct msg_dirent *)(void *)(w_list_tail.bytes + l->used);
	memset(e, 0, rec_len);
	e->off = (uint64_t)d->d_off;
	e->ino = d->d_ino;
	e->rec_len = (uint16_t)rec_len;
	e->name_len = (uint16_t)name_len;
	e->type = d->d_type;
	if (n->flags != 0 &&
	    (n->fd == -1 || fdbag_put(&l->req->give, n->fd) == 0)) {
		e->attr = n->attr;
		e->flags = n->flags;
		e->type = IFTODT(e->attr.mode);
		e->seal_len = (uint16_t)give_seal_len(&n->seal);
		memcpy(e + 1, &n->seal, e->seal_len);
	}
	memcpy((char *)(e + 1) + e->seal_len, d->d_name, name_len);
	l->used += rec_len;
	l->next = e->off;
	l->entry_cnt++;
}

/* Append one record, or set l->full. */
static int
w_list_add(struct w_list *l, const struct dirent64 *d, size_t name_len)
{
	struct w_list_entry n;
	size_t rec_len;
	int err;

	if (l->entry_cnt == l->entry_max || MSG_LIST_ROOM(name_len) > l->room) {
		l->full = 1;
		return 0;
	}
	if ((err = w_list_node(l, d, &n)) != 0)
		return err;
	rec_len = sizeof(struct msg_dirent) +
	    ((give_seal_len(&n.seal) + name_len + 7) & ~(size_t)7);
	if (rec_len > l->size - l->used) {
		l->full = 1;
		fd_close(&n.fd);
		return 0;
	}
	w_list_record(l, d, name_len, &n, rec_len);
	l->room -= MSG_LIST_ROOM(name_len);
	return 0;
}

static int
w_list_batch(struct w_list *l, size_t raw_len)
{
	const struct dirent64 *d;
	size_t pos, name_len;
	int err;

	for (pos = 0; pos < raw_len && !l->full; pos += d->d_reclen) {
		d = (const void *)(w_list_raw.bytes + pos);
		if ((name_len = w_list_name_len(d)) == 0)
			l->odd = 1;
		else if ((err = w_list_add(l, d, name_len)) != 0)
			return err;
	}
	return 0;
}

static int
w_list_read(struct w_list *l)
{
	size_t want;
	ssize_t n;
	int err;

	while (!l->full && !l->end) {
		want = (size_t)(l->entry_max - l->entry_cnt) * W_LIST_RAW_EACH;
		if (want < W_LIST_RAW_MIN)
			want = W_LIST_RAW_MIN;
		n = getdents64(l->dirfd, w_list_raw.bytes, want);
		if (n == -1)
			return l->entry_cnt > 0 ? 0 : errno;
		l->end = n == 0;
		if ((err = w_list_batch(l, (size_t)n)) != 0)
			return err;
	}
	return l->full && l->entry_cnt == 0 ? EINVAL : 0;
}

/* A page of the open directory fd. */
static int
w_list_page(struct serve_req *req, int fd, const struct q_readdirplus *q,
    struct a_readdirplus *a)
{
	struct w_list l;
	int err;

	memset(&l, 0, sizeof(l));
	l.req = req;
	l.dirfd = fd;
	l.size = q->size;
	l.entry_max = q->entry_max;
	l.room = q->room == 0 ? SIZE_MAX : q->room;
	l.lean = (q->flags & MSG_LIST_NAMES) != 0;
	l.sealed = (q->flags & MSG_LIST_SEALED) != 0 && !l.lean &&
	    give_trusted(req->who);
	if (l.sealed)
		entry_dir(&l.dir, req->who, l.dirfd);
	if (lseek(l.dirfd, (off_t)q->off, SEEK_SET) == -1)
		return errno;
	if ((err = w_list_read(&l)) != 0)
		return err;
	a->entry_cnt = l.entry_cnt;
	a->flags = l.end ? MSG_LIST_END : 0;
	req->tail = w_list_tail.bytes;
	req->tail_len = l.used;
	return 0;
}

/* Of a node: who would go on reading gets what was opened for it. */
static int
w_list_opened(struct serve_req *req, const struct q_readdirplus *q,
    struct a_readdirplus *a)
{
	int fd, err;

	if ((err = at_reopen_dir(serve_fd(req, 0), &fd)) != 0)
		return err;
	err = w_list_page(req, fd, q, a);
	if (err != 0 || (a->flags & MSG_LIST_END) != 0) {
		fd_close(&fd);
		return err;
	}
	a->flags |= MSG_LIST_MORE;
	return fdbag_put(&req->give, fd);
}

int
on_readdirplus(struct serve_req *req, const struct q_readdirplus *q,
    struct a_readdirplus *a)
{
	const int open = (q->flags & MSG_LIST_OPEN) != 0;
	int err;

	if (q->off > INT64_MAX || q->size > MSG_TAIL_MAX ||
	    q->entry_max == 0 ||
	    q->entry_max > MSG_DIRPLUS_MAX - (unsigned int)open ||
	    (q->flags & ~(MSG_LIST_SEALED | MSG_LIST_OPEN |
	    MSG_LIST_NAMES)) != 0)
		return EINVAL;
	if ((err = serve_claim_dir(req, 0)) != 0)
		return err;
	return open ? w_list_opened(req, q, a) :
	    w_list_page(req, serve_fd(req, 0), q, a);
}

int
w_list_names(struct serve_req *req, int dirfd, const struct q_ahead *q,
    struct a_ahead *a)
{
	struct w_list l;
	int err;

	memset(&l, 0, sizeof(l));
	l.req = req;
	l.dirfd = dirfd;
	l.size = MSG_TAIL_MAX;
	l.room = SIZE_MAX;
	l.entry_max = q->entry_max;
	l.names = (q->flags & MSG_AHEAD_NODES) != 0;
	l.bare = !l.names;
	l.open = (q->flags & MSG_AHEAD_OPEN) != 0;
	l.sealed = (q->flags & MSG_AHEAD_ATTR) != 0 && give_trusted(req->who);
	if (l.names)
		entry_dir(&l.dir, req->who, dirfd);
	if ((err = w_list_read(&l)) != 0)
		return err;
	if (l.odd)
		return ENOTSUP;
	a->entry_cnt = l.entry_cnt;
	a->next = l.next;
	a->end = (uint32_t)l.end;
	req->tail = w_list_tail.bytes;
	req->tail_len = l.used;
	return 0;
}
