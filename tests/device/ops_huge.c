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
 * Knows: requests of 1020 pages that lie scattered in guest memory, as a guest
 * with fs.fuse.max_pages_limit of 1024 and a queue as long sends them.
 * Never: built into the daemon.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

#define HUGE_PAGE	4096U
#define HUGE_CNT	1020U		/* pages: 1024 without four headers */
#define HUGE_LEN	(HUGE_CNT * HUGE_PAGE)
#define HUGE_STEP	7U		/* no factor of HUGE_CNT */

/* Guest memory of one such request. */
struct huge {
	uint64_t	 head, data, reply, table;
	struct ring_seg	 seg[HUGE_CNT + 2];
};

/* Page i of the file: no two that follow each other touch. */
static uint64_t
huge_page(const struct huge *h, unsigned i)
{
	return h->data + (uint64_t)(i * HUGE_STEP % HUGE_CNT) * HUGE_PAGE;
}

static void
huge_alloc(struct ops *o, struct huge *h)
{
	struct mem	*m = o->fs->mem;

	h->head = mem_alloc(m, 0, HUGE_PAGE, HUGE_PAGE);
	h->reply = mem_alloc(m, 0, HUGE_PAGE, HUGE_PAGE);
	h->table = mem_alloc(m, 0, (HUGE_CNT + 2) * 16, 16);
	h->data = mem_alloc(m, 1, HUGE_LEN, HUGE_PAGE);
}

/* Send what is in *h; the result as of fs_call(). */
static int
huge_call(struct ops *o, struct huge *h, unsigned out_cnt)
{
	struct fs		*fs = o->fs;
	struct ring		*r = &fs->q[fs->queue];
	struct fuse_out_header	 out;
	uint32_t		 used_len;
	int			 head;

	head = ring_add(r, h->seg, out_cnt, HUGE_CNT + 2 - out_cnt, h->table);
	if (head == -1)
		return FS_BADREPLY;
	ring_publish(r, (uint16_t)head);
	ring_kick(r, false);
	if (ring_wait(r, (uint16_t)head, fs->timeout, fs->conn->fd,
	    &used_len) != 0)
		return FS_TIMEOUT;
	memcpy(&out, mem_ptr(fs->mem, h->reply, sizeof(out)), sizeof(out));
	if (out.len != used_len || out.unique != fs->unique)
		return FS_BADREPLY;
	fs->unique += 2;
	return out.error != 0 ? out.error : (int)(out.len - sizeof(out));
}

/* The header and the fixed part; returns their length. */
static uint32_t
huge_head(struct ops *o, struct huge *h, const struct fs_args *a)
{
	struct fuse_in_header	 in = { .opcode = a->opcode,
	    .len = (uint32_t)(sizeof(in) + a->arg_len + a->data_len),
	    .unique = o->fs->unique, .nodeid = a->node, .uid = o->fs->uid,
	    .gid = o->fs->gid, .pid = o->fs->pid };
	uint8_t			*at = mem_ptr(o->fs->mem, h->head, HUGE_PAGE);

	memcpy(at, &in, sizeof(in));
	memcpy(at + sizeof(in), a->arg, a->arg_len);
	return (uint32_t)(sizeof(in) + a->arg_len);
}

static int
huge_write(struct ops *o, struct huge *h, const struct fs_file *f)
{
	struct fuse_write_in	 in = { .fh = f->fh, .size = HUGE_LEN };
	struct fuse_write_out	 out;
	struct fs_args		 a = { .opcode = FUSE_WRITE, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in), .data_len = HUGE_LEN };
	unsigned		 i;
	int			 rc;

	h->seg[0] = (struct ring_seg){ h->head, huge_head(o, h, &a) };
	for (i = 0; i < HUGE_CNT; i++) {
		h->seg[1 + i] = (struct ring_seg){ huge_page(h, i),
		    HUGE_PAGE };
		memset(mem_ptr(o->fs->mem, huge_page(h, i), HUGE_PAGE),
		    (int)(i % 251), HUGE_PAGE);
	}
	h->seg[1 + HUGE_CNT] = (struct ring_seg){ h->reply,
	    sizeof(struct fuse_out_header) + sizeof(out) };
	rc = huge_call(o, h, 1 + HUGE_CNT);
	if (rc != (int)sizeof(out))
		return rc < 0 ? rc : FS_BADREPLY;
	memcpy(&out, (uint8_t *)mem_ptr(o->fs->mem, h->reply, HUGE_PAGE) +
	    sizeof(struct fuse_out_header), sizeof(out));
	return (int)out.size;
}

static int
huge_read(struct ops *o, struct huge *h, const struct fs_file *f)
{
	struct fuse_read_in	 in = { .fh = f->fh, .size = HUGE_LEN };
	struct fs_args		 a = { .opcode = FUSE_READ, .node = f->node,
	    .arg = &in, .arg_len = sizeof(in) };
	unsigned		 i;

	h->seg[0] = (struct ring_seg){ h->head, huge_head(o, h, &a) };
	h->seg[1] = (struct ring_seg){ h->reply,
	    sizeof(struct fuse_out_header) };
	for (i = 0; i < HUGE_CNT; i++) {
		h->seg[2 + i] = (struct ring_seg){ huge_page(h, i),
		    HUGE_PAGE };
		memset(mem_ptr(o->fs->mem, huge_page(h, i), HUGE_PAGE), 0xee,
		    HUGE_PAGE);
	}
	return huge_call(o, h, 1);
}

/* How many pages are not as huge_write() made them. */
static unsigned
huge_bad(const uint8_t *page, unsigned i)
{
	unsigned	 at;

	for (at = 0; at < HUGE_PAGE; at++)
		if (page[at] != i % 251)
			return 1;
	return 0;
}

void
ops_huge(struct ops *o)
{
	static uint8_t	 page[HUGE_PAGE];
	static struct huge	 h;
	struct fs_file	 f;
	unsigned	 i, bad = 0, bad_host = 0;
	int		 fd;

	f = ops_file(o, "huge", "", 0);
	huge_alloc(o, &h);
	tap_rc(huge_write(o, &h, &f), (int)HUGE_LEN, "write of 1020 pages");
	tap_rc(huge_read(o, &h, &f), (int)HUGE_LEN, "read of 1020 pages");
	fd = open(ops_host(o, "huge"), O_RDONLY | O_CLOEXEC);
	for (i = 0; i < HUGE_CNT; i++) {
		bad += huge_bad(mem_ptr(o->fs->mem, huge_page(&h, i),
		    HUGE_PAGE), i);
		if (read(fd, page, sizeof(page)) != (ssize_t)sizeof(page) ||
		    huge_bad(page, i))
			bad_host++;
	}
	close(fd);
	tap_is(bad, 0, "each page came back in its place");
	tap_is(bad_host, 0, "each page is in its place on the host");
	fs_release(o->fs, &f);
}
