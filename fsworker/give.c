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
 * Knows: name_to_handle_at(2), and how a node is given.
 * Never: a name but an entry's; open_by_handle_at(2), which is the broker's.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../common/seal.h"
#include "../common/trust.h"

#include "at.h"
#include "attr.h"
#include "entry.h"
#include "give.h"
#include "keep.h"
#include "walk.h"

static struct msg_seal give_tail;

int
give_handle(int fd, const char *entry, struct msg_seal *s, int *mnt)
{
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + MSG_HANDLE_MAX];
	} h;
	uint64_t mnt_id = s->mnt_id;

	memset(s, 0, sizeof(*s));
	s->mnt_id = mnt_id;
	h.head.handle_bytes = MSG_HANDLE_MAX;
	if (name_to_handle_at(fd, entry, &h.head, mnt,
	    entry[0] == '\0' ? AT_EMPTY_PATH : 0) == -1)
		return errno;
	s->type = h.head.handle_type;
	s->len = h.head.handle_bytes;
	memcpy(s->handle, h.head.f_handle, s->len);
	return 0;
}

int
give_seal(const struct a_whello *who, int fd, const char *entry,
    struct msg_seal *s, int *mnt)
{
	int err;

	s->len = 0;
	if ((who->flags & MSG_SHARE_HANDLES) == 0)
		return 0;
	if ((err = give_handle(fd, entry, s, mnt)) != 0)
		return who->flags & MSG_SHARE_HANDLES_ONLY ? err : 0;
	seal_make(s, who->seal_key);
	return 0;
}

size_t
give_seal_len(const struct msg_seal *s)
{
	return s->len == 0 ? 0 : MSG_SEAL_LEN(s->len);
}

static int
give_rest(struct serve_req *req, int fd, const struct msg_attr *attr)
{
	int err, mnt;

	walk_found(req->who, fd);
	req->tail = &give_tail;
	give_tail.mnt_id = attr->mnt_id;
	err = give_seal(req->who, fd, "", &give_tail, &mnt);
	req->tail_len = give_seal_len(&give_tail);
	return err;
}

int
give_node(struct serve_req *req, int fd, struct msg_attr *attr)
{
	int err;

	if ((err = fdbag_put(&req->give, fd)) != 0 ||
	    (err = attr_get(req->who, fd, attr)) != 0)
		return err;
	return give_rest(req, fd, attr);
}

/* Does name in dirfd lead to the open file with this handle, still? */
static int
give_child(struct serve_req *req, int dirfd, const char *name,
    const struct msg_seal *s, struct msg_attr *attr)
{
	int fd;

	if (at_child(dirfd, name, &fd) != 0)
		return -1;
	if (attr_get(req->who, fd, attr) != 0 || !S_ISREG(attr->mode) ||
	    (attr->flags & MSG_ATTR_MOUNT_ROOT) != 0 ||
	    !entry_same(s, attr->ino) || fdbag_put(&req->give, fd) != 0)
		fd_close(&fd);
	return fd;
}

int
give_made(struct serve_req *req, int open, int dirfd, const char *name,
    struct msg_attr *attr)
{
	struct msg_seal *s = &give_tail;
	int fd, err, mnt;

	/* While it is open no other file has its number. */
	if (name != NULL && (req->who->flags & MSG_SHARE_HANDLES) != 0 &&
	    give_handle(open, "", s, &mnt) == 0 && s->len != 0 &&
	    (fd = give_child(req, dirfd, name, s, attr)) != -1) {
		walk_found(req->who, fd);
		s->mnt_id = attr->mnt_id;
		seal_make(s, req->who->seal_key);
		req->tail = s;
		req->tail_len = give_seal_len(s);
		return 0;
	}
	err = at_reopen(open, O_PATH, &fd);
	return err != 0 ? err : give_node(req, fd, attr);
}

int
give_found(struct serve_req *req, int fd, struct msg_attr *attr)
{
	int err, nr;

	if (req->keep_as == 0)
		return give_node(req, fd, attr);
	if ((err = attr_get(req->who, fd, attr)) == 0 &&
	    (nr = keep_find(req->keep, req->keep_as, attr)) != -1)
		req->known = MSG_KEEP_USE | (uint32_t)nr;
	if (err != 0 || req->known != 0) {
		fd_close(&fd);
		return err;
	}
	if ((err = fdbag_put(&req->give, fd)) != 0)
		return err;
	return give_rest(req, fd, attr);
}

int
give_trusted(const struct a_whello *who)
{
	return trust_word(who->cred.class, who->flags, who->policy);
}

int
give_alone(const struct a_whello *who, const struct msg_attr *attr,
    int new_dir)
{
	return give_trusted(who) && (S_ISREG(attr->mode) ||
	    S_ISLNK(attr->mode) || (new_dir && S_ISDIR(attr->mode))) &&
	    (attr->flags & MSG_ATTR_MOUNT_ROOT) == 0;
}
