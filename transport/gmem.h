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

#ifndef VIOFSD_TRANSPORT_GMEM_H
#define VIOFSD_TRANSPORT_GMEM_H

#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

/*
 * Guest memory as the front-end shared it.  All functions but gmem_broken()
 * are for the event thread; those that change regions are for a time when no
 * request is in flight, as pointers into a region die with it.
 */

#define GMEM_REGION_MAX	509	/* slots, as many as the kernel's vhost has */

/* One region as the vhost-user messages describe it; all lengths in bytes. */
struct gmem_range {
	uint64_t gpa;		/* guest-physical address */
	uint64_t len;
	uint64_t uva;		/* address inside the front-end */
	uint64_t off;		/* offset in the file */
};

struct gmem_region {
	struct gmem_range range;
	uint8_t *base;		/* where byte 0 of the range is mapped */
	uint8_t *map;		/* the whole mapping */
	size_t map_len;
};

struct gmem {
	unsigned int cnt;
	unsigned int last;	/* region of the latest translation */
	struct gmem_region regions[GMEM_REGION_MAX];	/* by gpa, ascending */
};

/* No region. */
void	gmem_init(struct gmem *);

/*
 * Map one region.  The descriptor stays with the caller, who may close it at
 * once.  EINVAL: length 0, not on page boundaries, an address that wraps,
 * not a regular file, file shorter than claimed; EEXIST: overlaps a region,
 * for the guest or for the front-end; ENOSPC: no slot left; or what mmap(2)
 * says.
 */
int	gmem_add(struct gmem *, int fd, const struct gmem_range *);

/*
 * Unmap the region with this guest address, front-end address and length.
 * ENOENT if there is none.
 */
int	gmem_del(struct gmem *, const struct gmem_range *);

/* Unmap everything. */
void	gmem_clear(struct gmem *);

/* Replace all regions of to by those of from, which is empty afterwards. */
void	gmem_move(struct gmem *to, struct gmem *from);

/*
 * Translate [gpa, gpa + len) into at most iov_max pieces (more than one if it
 * crosses regions that touch each other); *cnt is how many.  len 0 is none.
 * EFAULT: not entirely inside memory; E2BIG: more pieces than iov_max.
 */
int	gmem_iov(struct gmem *, uint64_t gpa, uint64_t len, struct iovec *iov,
	    unsigned int iov_max, unsigned int *cnt);

/* Our pointer to len bytes at a front-end address, within one region, or
 * NULL. */
void	*gmem_from_user(struct gmem *, uint64_t uva, size_t len);

/*
 * Survive a front-end that truncates its memory file: a SIGBUS inside one of
 * the regions of this gmem replaces the region by private zeros and marks
 * guest memory as broken.  Once per process; 0 or errno of sigaction(2).
 */
int	gmem_guard(struct gmem *);

/* Has that happened since the regions of the guarded gmem were replaced by
 * gmem_clear() or gmem_move()?  Any thread. */
int	gmem_broken(void);

#endif
