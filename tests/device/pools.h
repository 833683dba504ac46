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


#ifndef VIOFSD_DEVICE_POOLS_H
#define VIOFSD_DEVICE_POOLS_H

#include <sys/types.h>

#include <stdint.h>

#include "../frontend/box.h"

/* Two of one pool, one of another. */
#define POOLS_A		41001
#define POOLS_A2	41002
#define POOLS_B		41101
#define POOLS_FIRST	41000
#define POOLS_LAST	41099

/* A file with mode 0600 that user and group id make; its node. */
uint64_t	 pools_file(struct box *, uint64_t dir, const char *name,
		    uint32_t id);

/* The daemon's process with this title, or -1. */
pid_t	pools_pid(struct box *, const char *title);

/* Cases: it lives in a namespace with this one line of both maps. */
void	pools_map(struct box *, const char *title, const char *map,
	    unsigned long long caps);

/* Cases: all of a daemon's that has done what pools_ordinary() asks. */
void	pools_maps(struct box *);
void	pools_take_over(struct box *);

#endif
