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

#ifndef VIOFSD_DEVICE_IDS_H
#define VIOFSD_DEVICE_IDS_H

#include <sys/stat.h>

#include <stdbool.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

/* lstat() of a file of the share; ends the program if there is none. */
struct stat	ids_stat(struct box *, const char *name);

/* It belongs to this user and group and has this mode, type included. */
bool	ids_is(struct box *, const char *name, uint32_t uid, uint32_t gid,
	    uint32_t mode);

/* On the host: give a file to the user and group of this number. */
void	ids_give(struct box *, const char *name, uint32_t id, uint32_t mode);

/* Create, write and close a file as uid and gid; 0 or a negative code. */
int	ids_file(struct box *, uint64_t dir, const char *name, uint32_t uid,
	    uint32_t gid);

/* The parts of t_ids in other files. */
void	ids_rights(struct box *);	/* whose rights count */
void	ids_handles(struct box *);	/* handles and headers of zeroes */
void	ids_setid(struct box *);	/* set-id bits, set-gid dirs */
void	ids_steady(void);		/* workers keep the rights they have */

#endif
