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
 * Knows: one FUSE request from pop to push.  Copies to and from guest memory
 * happen here, each guest byte once.
 * Never: what an opcode means.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "fs.h"
#include "fuse_tab.h"
#include "implicit.h"
#include "node.h"
#include "req.h"

#define REQ_ERRNO_END	512	/* from here on a kernel's own business */

struct req_pool {
	struct req_list free;
	unsigned int spare, spare_max, live;
};

struct req_pool *
req_pool_new(unsigned int spare_max)
{
	struct req_pool *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	TAILQ_INIT(&p->free);
	p->spare_max = spare_max;
	return p;
}

/* Only what must start as zero is cleared: the iovecs are 16 KiB. */
struct req *
req_new(struct fs *fs)
{
	struct req_pool *p = fs->reqs;
	struct req *r;

	if ((r = TAILQ_FIRST(&p->free)) != NULL) {
		TAILQ_REMOVE(&p->free, r, entry);
		p->spare--;
	} else if ((r = malloc(sizeof(*r))) == NULL)
		return NULL;
	memset(r, 0, offsetof(struct req, args_inline));
	r->fs = fs;
	p->live++;
	return r;
}

unsigned int
req_live(const struct fs *fs)
{
	return fs->reqs->live;
}

void
req_free(struct req *r)
{
	struct fs *fs = r->fs;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (r->handle[i] != NULL)
			handle_unpin(fs->handles, fs->nodes, r->handle[i]);
		if (r->node[i] != NULL) {
			node_unuse(r->node[i]);
			node_unpin(fs->nodes, r->node[i]);
		}
	}
	req_unreserve(r);
	if (r->making)
		node_unreserve(fs->nodes);
	free(r->args_big);
	free(r->buf);
	fs->reqs->live--;
	if (fs->reqs->spare >= fs->reqs->spare_max) {
		free(r);
		return;
	}
	TAILQ_INSERT_HEAD(&fs->reqs->free, r, entry);
	fs->reqs->spare++;
}

/* Windows of len bytes at off over cnt segments. */
static unsigned int
req_window(const struct iovec *seg, unsigned int cnt, size_t off, size_t len,
    struct iovec *iov, unsigned int max, size_t *got)
{
	unsigned int i, n = 0;
	size_t take;

	*got = 0;
	for (i = 0; i < cnt && n < max && *got < len; i++) {
		if (off >= seg[i].iov_len) {
			off -= seg[i].iov_len;
			continue;
		}
		take = seg[i].iov_len - off;
		if (take > len - *got)
			take = len - *got;
		iov[n].iov_base = (char *)seg[i].iov_base + off;
		iov[n++].iov_len = take;
		*got += take;
		off = 0;
	}
	return n;
}

unsigned int
req_in_iov(const struct req *r, size_t off, size_t len, struct iovec *iov,
    unsigned int max, size_t *got)
{
	return req_window(r->chain.iov, r->chain.in_cnt, off, len, iov, max,
	    got);
}

unsigned int
req_out_iov(const struct req *r, size_t off, size_t len, struct iovec *iov,
    unsigned int max, size_t *got)
{
	return req_window(r->chain.iov + r->chain.in_cnt, r->chain.out_cnt,
	    sizeof(struct fuse_out_header) + off, len, iov, max, got);
}

int
req_gather(const struct req *r, size_t off, void *dst, size_t len)
{
	const struct iovec *seg = r->chain.iov;
	unsigned int i;
	size_t take;

	for (i = 0; i < r->chain.in_cnt && len > 0; i++) {
		if (off >= seg[i].iov_len) {
			off -= seg[i].iov_len;
			continue;
		}
		take = seg[i].iov_len - off;
		if (take > len)
			take = len;
		memcpy(dst, (char *)seg[i].iov_base + off, take);
		dst = (char *)dst + take;
		len -= take;
		off = 0;
	}
	return len == 0 ? 0 : EINVAL;
}

static int
req_read_args(struct req *r)
{
	uint8_t *dst = r->args_inline;
	size_t len = r->chain.in_len - sizeof(r->in);

	if (r->in.opcode == FUSE_WRITE && len > sizeof(struct fuse_write_in))
		len = sizeof(struct fuse_write_in);
	if (r->in.opcode == FUSE_BATCH_FORGET &&
	    len > sizeof(struct fuse_batch_forget_in))
		len = sizeof(struct fuse_batch_forget_in);
	if (len > REQ_ARGS_MAX)
		return E2BIG;
	if (len > sizeof(r->args_inline)) {
		if ((r->args_big = malloc(len)) == NULL)
			return ENOMEM;
		dst = r->args_big;
	}
	r->args = dst;
	r->args_len = len;
	return req_gather(r, sizeof(r->in), dst, len);
}

int
req_read(struct req *r, int *repliable)
{
	int err;

	*repliable = 0;
	if (r->chain.in_len < sizeof(r->in))
		return EINVAL;
	if ((err = req_gather(r, 0, &r->in, sizeof(r->in))) != 0)
		return err;
	*repliable = 1;
	if (r->in.len != r->chain.in_len)
		return EINVAL;
	if ((err = req_read_args(r)) != 0)
		return err;
	r->ext_len = (size_t)r->in.total_extlen * 8;
	if (r->ext_len > r->args_len)
		return EINVAL;
	return 0;
}

size_t
req_room(const struct req *r)
{
	if (r->chain.out_len < sizeof(struct fuse_out_header))
		return 0;
	return r->chain.out_len - sizeof(struct fuse_out_header);
}

/* Copy to the guest; the caller has checked that it fits. */
static void
req_scatter(struct req *r, size_t off, const void *src, size_t len)
{
	const struct iovec *seg = r->chain.iov + r->chain.in_cnt;
	unsigned int i;
	size_t take;

	for (i = 0; i < r->chain.out_cnt && len > 0; i++) {
		if (off >= seg[i].iov_len) {
			off -= seg[i].iov_len;
			continue;
		}
		take = seg[i].iov_len - off;
		if (take > len)
			take = len;
		memcpy((char *)seg[i].iov_base + off, src, take);
		src = (const char *)src + take;
		len -= take;
		off = 0;
	}
	if (len != 0)
		bug("a reply to opcode %u does not fit", r->in.opcode);
}

void
req_put(struct req *r, size_t off, const void *src, size_t len)
{
	req_scatter(r, sizeof(struct fuse_out_header) + off, src, len);
}

void
req_changes(struct req *r)
{
	if (r->row != NULL && (r->row->flags & FUSE_ROW_CHANGES) != 0)
		r->fs->changes++;
}

static void
req_finish(struct req *r, size_t body_len, int err)
{
	struct fuse_out_header out;

	req_changes(r);
	/* What a client takes for an errno; some filesystems leak others. */
	if (err < 0 || err >= REQ_ERRNO_END)
		err = EIO;
	if (r->chain.out_len < sizeof(out)) {
		vring_push(r->chain.vring, r->chain.head, 0);
		return;
	}
	out.len = (uint32_t)(sizeof(out) + body_len);
	out.error = -err;
	out.unique = r->in.unique;
	req_scatter(r, 0, &out, sizeof(out));
	vring_push(r->chain.vring, r->chain.head, out.len);
}

void
req_reply(struct req *r, const void *body, size_t len)
{
	req_put(r, 0, body, len);
	req_finish(r, len, 0);
}

void
req_reply_done(struct req *r, size_t len)
{
	req_finish(r, len, 0);
}

void
req_reply_err(struct req *r, int err)
{
	req_finish(r, 0, err);
}

void
req_reply_none(struct req *r)
{
	vring_push(r->chain.vring, r->chain.head, 0);
}

void
req_end(struct req *r, int err)
{
	req_reply_err(r, err);
	req_free(r);
}

void
req_end_body(struct req *r, const void *body, size_t len)
{
	req_reply(r, body, len);
	req_free(r);
}

int
req_node(struct req *r, unsigned int i, uint64_t nodeid)
{
	struct node *n;

	if ((n = node_get(r->fs->nodes, nodeid)) == NULL)
		return EBADF;
	node_pin(n);
	node_use(r->fs->nodes, n);
	r->node[i] = n;
	return 0;
}

void
req_unreserve(struct req *r)
{
	if (r->opening)
		handle_unreserve(r->fs->handles);
	r->opening = 0;
}

int
req_making(struct req *r)
{
	int making = r->making;

	r->making = 0;
	return making;
}

int
req_handle(struct req *r, unsigned int i, uint64_t fh, int dir)
{
	struct handle *h;

	h = fh == 0 ? implicit_get(r, i, dir) :
	    handle_get(r->fs->handles, r->node[i], fh, dir);
	if (h == NULL)
		return EBADF;
	handle_pin(h);
	r->handle[i] = h;
	return 0;
}
