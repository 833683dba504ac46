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
 * SET_MEM_TABLE with regions that cannot be, or not be mapped.
 *
 * Knows: what a memory table says.
 * Never: other messages.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/eventfd.h>
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

/* The first two regions are halves of the memory. */
static uint32_t
hostile_halves(struct hostile *h, struct vhost_table *t)
{
	vhost_table(&h->b->m, t);
	t->cnt = 2;
	t->region[0].len /= 2;
	t->region[1] = t->region[0];
	t->region[1].gpa += t->region[0].len;
	t->region[1].uva += t->region[0].len;
	t->region[1].off += t->region[0].len;
	return 8 + 2 * sizeof(t->region[0]);
}

static int
hostile_table_send(struct hostile *h, const struct vhost_table *t,
    uint32_t len, unsigned fd_cnt)
{
	int		 fds[MEM_REGION_MAX];
	unsigned	 i;

	for (i = 0; i < MEM_REGION_MAX; i++)
		fds[i] = h->b->m.fd;
	return hostile_send(h, VHOST_SET_MEM_TABLE, t, len, fds, fd_cnt);
}

/* A count of arg[0] regions with arg[1] descriptors, two in the payload. */
static bool
hostile_count(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_table	 t;
	uint32_t		 len = hostile_halves(h, &t);

	t.cnt = (uint32_t)c->arg[0];
	return hostile_denied(hostile_table_send(h, &t, len,
	    (unsigned)c->arg[1]));
}

enum hostile_lie {
	LIE_OVERLAP, LIE_SAME, LIE_UVA, LIE_EMPTY, LIE_GPA_WRAP,
	LIE_UVA_WRAP, LIE_OFF_WRAP, LIE_LEN_MAX, LIE_BEYOND, LIE_OFF_ODD,
	LIE_OFF_BEYOND, LIE_OFF_MINUS, LIE_LEN_ODD
};

static void
hostile_lie(struct vhost_region *r, uint64_t which)
{
	switch (which) {
	case LIE_OVERLAP:
		r[1].gpa -= 4096;
		break;
	case LIE_SAME:
		r[1].gpa = r[0].gpa;
		break;
	case LIE_UVA:
		r[1].uva = r[0].uva + 4096;
		break;
	case LIE_EMPTY:
		r[1].len = 0;
		break;
	case LIE_GPA_WRAP:
		r[1].gpa = UINT64_MAX - 4095;
		break;
	case LIE_UVA_WRAP:
		r[1].uva = UINT64_MAX - 4095;
		break;
	case LIE_OFF_WRAP:
		r[1].off = UINT64_MAX - 4095;
		break;
	case LIE_LEN_MAX:
		r[1].len = UINT64_MAX - 4095;
		break;
	case LIE_BEYOND:
		r[1].len *= 16;
		break;
	case LIE_OFF_ODD:
		r[1].off += 1;
		r[1].len -= 4096;
		break;
	case LIE_OFF_BEYOND:
		r[1].off = 1ULL << 40;
		break;
	case LIE_OFF_MINUS:
		r[1].off = 1ULL << 63;
		break;
	default:
		r[1].len = 1;
		break;
	}
}

/*
 * A table with one lie in it.  An odd length or offset may be taken, if what
 * it covers is really there.
 */
static bool
hostile_table(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_table	 t;
	uint32_t		 len = hostile_halves(h, &t);
	int			 err;

	hostile_lie(t.region, c->arg[0]);
	err = hostile_table_send(h, &t, len, 2);
	if (err == 0 && (c->arg[0] == LIE_OFF_ODD ||
	    c->arg[0] == LIE_LEN_ODD))
		return true;
	return hostile_denied(err);
}

enum hostile_backing {
	BACK_EVENT, BACK_NULL, BACK_DIR, BACK_PIPE, BACK_EMPTY, BACK_SHORT,
	BACK_READONLY, BACK_PATH
};

static int
hostile_back(struct hostile *h, uint64_t which)
{
	int	 pair[2] = { -1, -1 }, fd;

	switch (which) {
	case BACK_EVENT:
		return eventfd(0, EFD_CLOEXEC);
	case BACK_NULL:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case BACK_DIR:
		return open(h->b->d.share, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
	case BACK_PIPE:
		if (pipe2(pair, O_CLOEXEC) == -1)
			return -1;
		close(pair[1]);
		return pair[0];
	case BACK_EMPTY:
		return memfd_create("empty", MFD_CLOEXEC);
	case BACK_SHORT:
		fd = memfd_create("short", MFD_CLOEXEC);
		if (fd != -1 && ftruncate(fd, 8192) == -1)
			tap_bail("ftruncate: %s", strerror(errno));
		return fd;
	case BACK_READONLY:
		return open(box_host(h->b, "file"), O_RDONLY | O_CLOEXEC);
	default:
		return open(box_host(h->b, "file"), O_PATH | O_CLOEXEC);
	}
}

/* A region over something that is not as large, or no memory at all. */
static bool
hostile_backed(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_table	 t;
	uint32_t		 len = hostile_halves(h, &t);
	int			 fds[2], err;

	fds[0] = h->b->m.fd;
	fds[1] = hostile_back(h, c->arg[0]);
	if (fds[1] == -1)
		tap_bail("descriptor: %s", strerror(errno));
	err = hostile_send(h, VHOST_SET_MEM_TABLE, &t, len, fds, 2);
	close(fds[1]);
	return hostile_denied(err);
}

/* New memory that does not hold the rings that are running. */
static bool
hostile_away(struct hostile *h, const struct hostile_case *c)
{
	struct vhost_table	 t;
	uint32_t		 len = hostile_halves(h, &t);

	(void)c;
	t.region[0].gpa = 0;
	t.region[0].uva = 4096;
	t.region[1].gpa = t.region[0].len;
	t.region[1].uva = 4096 + t.region[0].len;
	hostile_table_send(h, &t, len, 2);
	hostile_desc(h, 0, h->tx, hostile_getattr(h),
	    HOSTILE_DESC(VRING_DESC_F_NEXT, 1));
	hostile_desc(h, 1, h->rx, 4096, HOSTILE_DESC(VRING_DESC_F_WRITE, 0));
	return hostile_kick(h, 0);
}

void
hostile_table_cases(void)
{
	static const uint32_t		 count[][2] = { { 0, 0 }, { 0, 2 },
	    { 1, 1 }, { 1, 2 }, { 2, 0 }, { 2, 1 }, { 2, 3 }, { 3, 3 },
	    { 8, 8 }, { 9, 2 }, { 509, 2 }, { 0x80000000, 2 },
	    { 0xffffffff, 2 } };
	static const char *const	 lie[] = { "overlapping regions",
	    "two regions at the same address", "overlapping user addresses",
	    "a region of no bytes", "a region that wraps at 2^64",
	    "a user address that wraps at 2^64",
	    "an offset that wraps at 2^64", "a region of 2^64 bytes", "a region past its memfd",
	    "an odd offset", "an offset past the memfd", "an offset of 2^63",
	    "a region of one byte" };
	static const char *const	 back[] = { "an eventfd", "/dev/null",
	    "a directory", "a pipe", "an empty memfd", "a memfd too short",
	    "a file for reading", "an O_PATH descriptor" };
	char				 name[96];
	unsigned			 i;

	for (i = 0; i < sizeof(count) / sizeof(count[0]); i++) {
		snprintf(name, sizeof(name), "SET_MEM_TABLE: %u regions with "
		    "%u descriptors, 2 sent", count[i][0], count[i][1]);
		hostile_add(name, hostile_count, HOSTILE_CLOSE, count[i][0],
		    count[i][1]);
	}
	for (i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
		snprintf(name, sizeof(name), "SET_MEM_TABLE: %s", lie[i]);
		hostile_add(name, hostile_table, HOSTILE_RESET, i, 0);
	}
	for (i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		snprintf(name, sizeof(name), "SET_MEM_TABLE: %s", back[i]);
		hostile_add(name, hostile_backed, HOSTILE_RESET, i, 0);
	}
	hostile_add("SET_MEM_TABLE away from under the rings", hostile_away,
	    HOSTILE_RESET, 0, 0);
}
