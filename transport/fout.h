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

#ifndef VIOFSD_TRANSPORT_FOUT_H
#define VIOFSD_TRANSPORT_FOUT_H

#include <sys/stat.h>

#include <stdint.h>

#include "../common/msg.h"
#include "fuse_proto.h"

struct fs;
struct node;

/*
 * Knows: how attributes, entries and cache policy look to a FUSE client.
 * Never: guest memory (req.c) or system calls.
 */

/* Attributes from a worker, or from fstat(2); ids become the guest's. */
void	fout_attr(const struct fs *fs, struct fuse_attr *out,
	    const struct msg_attr *a);
void	fout_attr_stat(const struct fs *fs, struct fuse_attr *out,
	    const struct stat *st);

/* The rest of a reply to GETATTR or SETATTR, once out->attr is filled. */
void	fout_attr_out(const struct fs *fs, struct fuse_attr_out *out);

/*
 * A whole entry for child n, found in directory parent; the submount flag is
 * set where the guest understands it and the mount differs.
 */
void	fout_entry(const struct fs *fs, const struct node *parent,
	    const struct node *n, const struct msg_attr *a,
	    struct fuse_entry_out *out);

/*
 * Are attributes of a file with mode, age ns old, of any use to the guest?  A
 * second at most, and no longer than it would believe them itself.  1 or 0.
 */
int	fout_young(const struct fs *fs, uint32_t mode, int64_t age);

/* The attributes of out are age ns old already. */
void	fout_older(struct fuse_entry_out *out, int64_t age);

/* How long the guest may believe that a name does not exist. */
void	fout_negative(const struct fs *fs, struct fuse_entry_out *out);

/* FOPEN_* of a file or a directory under the share's cache policy. */
uint32_t fout_open_flags(const struct fs *fs, int dir);

#endif
