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
 * Knows: requests whose data has pages of its own.
 * Never: any other (fs.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fs_more.h"

/* Guest memory of one such request: a page for each of the three parts. */
struct fs_page {
	uint64_t	 head, data, reply;
};

static int
fs_page_call(struct fs *fs, const struct fs_page *p,
    const struct ring_seg *seg, unsigned out_cnt)
{
	struct fuse_out_header	 h;
	struct ring		*r = &fs->q[fs->queue];
	uint32_t		 used_len;
	int			 head;

	head = ring_add(r, seg, out_cnt, 3 - out_cnt, 0);
	if (head == -1)
		return FS_BADREPLY;
	ring_publish(r, (uint16_t)head);
	ring_kick(r, false);
	if (ring_wait(r, (uint16_t)head, fs->timeout, fs->conn->fd,
	    &used_len) != 0)
		return FS_TIMEOUT;
	memcpy(&h, mem_ptr(fs->mem, p->reply, sizeof(h)), sizeof(h));
	if (h.len != used_len || h.unique != fs->unique)
		return FS_BADREPLY;
	fs->unique += 2;
	return h.error != 0 ? h.error : (int)(h.len - sizeof(h));
}

static void
fs_page_start(struct fs *fs, struct fs_page *p, const struct fs_args *a)
{
	struct fuse_in_header	 h = { .opcode = a->opcode,
	    .len = (uint32_t)(sizeof(h) + a->arg_len + a->data_len),
	    .unique = fs->unique, .nodeid = a->node, .uid = fs->uid,
	    .gid = fs->gid, .pid = fs->pid };
	uint8_t			*at;

	p->head = mem_alloc(fs->mem, 0, FS_PAGE, FS_PAGE);
	p->data = mem_alloc(fs->mem, 0, FS_PAGE, FS_PAGE);
	p->reply = mem_alloc(fs->mem, 0, FS_PAGE, FS_PAGE);
	at = mem_ptr(fs->mem, p->head, FS_PAGE);
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), a->arg, a->arg_len);
}

int
fs_read_page(struct fs *fs, const struct fs_file *f, uint64_t off,
    void *page)
{
	struct fuse_read_in	 in = { .fh = f->fh, .offset = off,
	    .size = FS_PAGE };
	struct fs_args		 a = { .opcode = FUSE_READ, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };
	struct ring_seg		 seg[3];
	struct fs_page		 p;
	int			 rc;

	fs_page_start(fs, &p, &a);
	seg[0] = (struct ring_seg){ p.head,
	    sizeof(struct fuse_in_header) + sizeof(in) };
	seg[1] = (struct ring_seg){ p.reply, sizeof(struct fuse_out_header) };
	seg[2] = (struct ring_seg){ p.data, FS_PAGE };
	rc = fs_page_call(fs, &p, seg, 1);
	memcpy(page, mem_ptr(fs->mem, p.data, FS_PAGE), FS_PAGE);
	return rc;
}

int
fs_write_page(struct fs *fs, const struct fs_file *f, uint64_t off,
    const void *page)
{
	struct fuse_write_out	 out;
	struct fuse_write_in	 in = { .fh = f->fh, .offset = off,
	    .size = FS_PAGE };
	struct fs_args		 a = { .opcode = FUSE_WRITE, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .data_len = FS_PAGE };
	struct ring_seg		 seg[3];
	struct fs_page		 p;
	int			 rc;

	fs_page_start(fs, &p, &a);
	memcpy(mem_ptr(fs->mem, p.data, FS_PAGE), page, FS_PAGE);
	seg[0] = (struct ring_seg){ p.head,
	    sizeof(struct fuse_in_header) + sizeof(in) };
	seg[1] = (struct ring_seg){ p.data, FS_PAGE };
	seg[2] = (struct ring_seg){ p.reply,
	    sizeof(struct fuse_out_header) + sizeof(out) };
	rc = fs_page_call(fs, &p, seg, 2);
	if (rc < 0)
		return rc;
	memcpy(&out, (uint8_t *)mem_ptr(fs->mem, p.reply, FS_PAGE) +
	    sizeof(struct fuse_out_header), sizeof(out));
	return rc == (int)sizeof(out) ? (int)out.size : FS_BADREPLY;
}
