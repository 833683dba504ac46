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

#ifndef VIOFSD_FRONTEND_MEM_H
#define VIOFSD_FRONTEND_MEM_H

#include <stddef.h>
#include <stdint.h>

#define MEM_REGION_MAX	8
#define MEM_LEN		(64ULL << 20)		/* default, bytes */
#define MEM_GPA		0x40000000ULL		/* guest-physical base */
#define MEM_GAP		(1ULL << 20)		/* hole between regions */

struct mem_region {
	uint64_t	 gpa;		/* guest-physical address */
	uint64_t	 len;		/* bytes */
	uint64_t	 off;		/* offset in the memfd */
	uint8_t		*hva;		/* where this process has it mapped */
	uint64_t	 used;		/* bytes given out by mem_alloc */
};

/* The memory of a guest: one memfd, cut into one or more regions. */
struct mem {
	int			 fd;
	unsigned		 region_cnt;
	struct mem_region	 region[MEM_REGION_MAX];
};

/* Create len bytes (a multiple of the page size) in cnt equal regions. */
int	mem_open(struct mem *, size_t len, unsigned cnt);
void	mem_close(struct mem *);

/*
 * A guest-physical address of len unused bytes in the given region, zeroed
 * and aligned.  A test that asks for more than there is ends the program.
 */
uint64_t	mem_alloc(struct mem *, unsigned region, size_t len,
		    size_t align);

/* Our pointer to [gpa, gpa+len), or NULL if one region does not hold it. */
void	*mem_ptr(struct mem *, uint64_t gpa, size_t len);

/* What the vhost-user messages call the user address of gpa. */
uint64_t	mem_uva(struct mem *, uint64_t gpa);

#endif
