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
 * Knows: how a FUSE request becomes a descriptor chain and what every reply
 * must look like.
 * Never: what an opcode means.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <string.h>

#include "fs.h"
#include "tap.h"

void
fs_open(struct fs *fs, struct mem *m, struct ring *q, unsigned q_cnt,
    struct vhost *conn)
{
	struct fs_slot	*s;
	unsigned	 i;

	memset(fs, 0, sizeof(*fs));
	fs->mem = m;
	fs->q = q;
	fs->q_cnt = q_cnt;
	fs->conn = conn;
	fs->queue = 1;
	fs->pid = 4242;
	fs->timeout = 20000;
	fs->unique = 2;
	for (i = 0; i < FS_SLOT_CNT; i++) {
		s = &fs->slot[i];
		s->cap = i < FS_SMALL_CNT ? FS_SMALL_LEN : FS_LARGE_LEN;
		s->tx = mem_alloc(m, i, s->cap, 4096);
		s->rx = mem_alloc(m, i + 1, s->cap, 4096);
		s->table = mem_alloc(m, i, FS_SEG_MAX * 16, 16);
	}
}

void
fs_reset(struct fs *fs)
{
	unsigned	 i;

	for (i = 0; i < FS_SLOT_CNT; i++)
		fs->slot[i].busy = false;
	fs->queue = 1;
}

void
fs_cred(struct fs *fs, uint32_t uid, uint32_t gid)
{
	fs->uid = uid;
	fs->gid = gid;
}

static struct fs_slot *
fs_slot_get(struct fs *fs, size_t len)
{
	struct fs_slot	*s;

	for (s = fs->slot; s < fs->slot + FS_SLOT_CNT; s++) {
		if (!s->busy && s->cap >= len) {
			s->busy = true;
			return s;
		}
	}
	return NULL;
}

/* Cut [gpa, gpa+len) into segments; a header segment stands alone. */
static unsigned
fs_cut(const struct fs *fs, struct ring_seg *seg, uint64_t gpa, size_t len,
    size_t head_len)
{
	unsigned	 cnt = 0;
	size_t		 n;

	while (len > 0) {
		n = len;
		if (cnt == 0 && head_len > 0 && fs->seg_len != 0)
			n = head_len;
		else if (fs->seg_len != 0)
			n = fs->seg_len;
		if (n > len)
			n = len;
		seg[cnt].gpa = gpa;
		seg[cnt].len = (uint32_t)n;
		cnt++;
		gpa += n;
		len -= n;
	}
	return cnt;
}

static int
fs_chain(struct fs *fs, struct fs_ticket *t, size_t tx_len, size_t rx_len)
{
	struct ring_seg	 seg[FS_SEG_MAX];
	struct ring	*r = &fs->q[t->queue];
	unsigned	 out_cnt, in_cnt;
	int		 head;

	if (fs->seg_len != 0 &&
	    (tx_len + rx_len) / fs->seg_len + 4 > FS_SEG_MAX)
		return -EMSGSIZE;
	out_cnt = fs_cut(fs, seg, t->slot->tx, tx_len,
	    sizeof(struct fuse_in_header));
	in_cnt = fs_cut(fs, seg + out_cnt, t->slot->rx, rx_len,
	    sizeof(struct fuse_out_header));
	head = ring_add(r, seg, out_cnt, in_cnt,
	    fs->indirect ? t->slot->table : 0);
	if (head == -1)
		return -ENOBUFS;
	t->head = (uint16_t)head;
	ring_publish(r, t->head);
	return 0;
}

static void
fs_header(struct fs *fs, const struct fs_args *a, struct fuse_in_header *h)
{
	size_t	 len = sizeof(*h) + a->arg_len + a->data_len;

	memset(h, 0, sizeof(*h));
	h->len = a->hdr_len != 0 ? a->hdr_len : (uint32_t)len;
	h->opcode = a->opcode;
	h->unique = fs->unique;
	h->nodeid = a->node;
	h->uid = fs->uid;
	h->gid = fs->gid;
	h->pid = fs->pid;
	h->total_extlen = a->ext_len;
}

int
fs_start(struct fs *fs, const struct fs_args *a, struct fs_ticket *t)
{
	struct fuse_in_header	 h;
	size_t			 tx_len, rx_len;
	uint8_t			*p;
	int			 rc;

	tx_len = sizeof(h) + a->arg_len + a->data_len;
	rx_len = a->no_reply ? 0 :
	    sizeof(struct fuse_out_header) + a->out_len;
	memset(t, 0, sizeof(*t));
	t->slot = fs_slot_get(fs, tx_len > rx_len ? tx_len : rx_len);
	if (t->slot == NULL)
		return -ENOBUFS;
	t->queue = fs->queue;
	t->opcode = a->opcode;
	t->no_reply = a->no_reply;
	t->room = (uint32_t)a->out_len;
	t->unique = fs->unique;
	fs_header(fs, a, &h);
	fs->unique += 2;
	p = mem_ptr(fs->mem, t->slot->tx, tx_len);
	memcpy(p, &h, sizeof(h));
	if (a->arg_len > 0)
		memcpy(p + sizeof(h), a->arg, a->arg_len);
	if (a->data_len > 0)
		memcpy(p + sizeof(h) + a->arg_len, a->data, a->data_len);
	/* Stale bytes of an older reply must not pass for a new one. */
	memset(mem_ptr(fs->mem, t->slot->rx, rx_len), 0xa5,
	    rx_len < 256 ? rx_len : 256);
	rc = fs_chain(fs, t, tx_len, rx_len);
	if (rc != 0)
		t->slot->busy = false;
	return rc;
}

int
fs_submit(struct fs *fs, const struct fs_args *a, struct fs_ticket *t)
{
	int	 rc;

	rc = fs_start(fs, a, t);
	if (rc == 0)
		ring_kick(&fs->q[t->queue], false);
	return rc;
}

static int
fs_bad(struct fs *fs, const char *what, long long got, long long want)
{
	fs->bad_reply++;
	tap_diag("bad reply: %s is %lld, must be %lld", what, got, want);
	return FS_BADREPLY;
}

/* The rules that hold for every reply. */
static int
fs_check(struct fs *fs, const struct fs_ticket *t, uint32_t used_len,
    const struct fuse_out_header *h)
{
	if (t->no_reply)
		return used_len == 0 ? 0 :
		    fs_bad(fs, "used length of a request without reply",
		    used_len, 0);
	if (used_len == 0)
		return FS_NOREPLY;
	if (used_len < sizeof(*h))
		return fs_bad(fs, "used length", used_len, sizeof(*h));
	if (h->len != used_len)
		return fs_bad(fs, "out_header.len", h->len, used_len);
	if (h->unique != t->unique && !t->any_unique)
		return fs_bad(fs, "unique", (long long)h->unique,
		    (long long)t->unique);
	if (h->len > sizeof(*h) + t->room)
		return fs_bad(fs, "reply length", h->len,
		    (long long)(sizeof(*h) + t->room));
	if (h->error > 0 || h->error < -4095)
		return fs_bad(fs, "error", h->error, 0);
	if (h->error != 0 && h->len != sizeof(*h))
		return fs_bad(fs, "length of an error", h->len, sizeof(*h));
	return h->error;
}

static int
fs_await(struct fs *fs, struct fs_ticket *t, uint32_t *used_len)
{
	struct ring	*r = &fs->q[t->queue];
	unsigned	 bad = r->bad_used, lost = r->lost_irq;
	int		 err;

	err = ring_wait(r, t->head, fs->timeout, fs->conn->fd, used_len);
	if (r->lost_irq != lost)
		tap_diag("the reply to opcode %u came without a "
		    "notification", t->opcode);
	if (r->bad_used != bad)
		return fs_bad(fs, "used ring entries never asked for",
		    r->bad_used - bad, 0);
	switch (err) {
	case 0:
		return 0;
	case ETIMEDOUT:
		return FS_TIMEOUT;
	case ENODEV:
		return FS_BROKEN;
	default:
		return FS_LOST;
	}
}

int
fs_finish(struct fs *fs, struct fs_ticket *t, void *out, size_t out_len)
{
	struct fuse_out_header	 h;
	uint32_t		 used_len, n;
	const uint8_t		*p;
	int			 rc;

	rc = fs_await(fs, t, &used_len);
	if (rc != 0)
		return rc;	/* the device may still own the buffers */
	t->slot->busy = false;
	p = mem_ptr(fs->mem, t->slot->rx, sizeof(h));
	memcpy(&h, p, sizeof(h));
	rc = fs_check(fs, t, used_len, &h);
	if (rc != 0 || t->no_reply)
		return rc;
	n = h.len - (uint32_t)sizeof(h);
	if (out != NULL && out_len > 0)
		memcpy(out, p + sizeof(h), n < out_len ? n : out_len);
	return (int)n;
}

int
fs_call(struct fs *fs, const struct fs_args *a)
{
	struct fs_ticket	 t;
	int			 rc;

	rc = fs_submit(fs, a, &t);
	if (rc != 0)
		return rc;
	return fs_finish(fs, &t, a->out, a->out_len);
}

int
fs_raw(struct fs *fs, const void *buf, size_t len, size_t room)
{
	struct fs_ticket	 t;
	int			 rc;

	memset(&t, 0, sizeof(t));
	t.slot = fs_slot_get(fs, len > room ? len : room);
	if (t.slot == NULL)
		return -ENOBUFS;
	t.queue = fs->queue;
	t.room = room > sizeof(struct fuse_out_header) ?
	    (uint32_t)(room - sizeof(struct fuse_out_header)) : 0;
	if (len >= sizeof(struct fuse_in_header))
		memcpy(&t.unique, (const uint8_t *)buf +
		    offsetof(struct fuse_in_header, unique),
		    sizeof(t.unique));
	else
		t.any_unique = true;
	memcpy(mem_ptr(fs->mem, t.slot->tx, len), buf, len);
	rc = fs_chain(fs, &t, len, room);
	if (rc != 0) {
		t.slot->busy = false;
		return rc;
	}
	ring_kick(&fs->q[t.queue], false);
	return fs_finish(fs, &t, NULL, 0);
}
