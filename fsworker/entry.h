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

#ifndef VIOFSD_FSWORKER_ENTRY_H
#define VIOFSD_FSWORKER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "../common/msg.h"

/*
 * Knows: an entry of a directory by its name alone, attributes and handle that
 * are certainly of one file; and by what was listed of it, for who compares.
 * Never: an entry of another mount.
 */

struct entry_dir {
	const struct a_whello *who;
	int fd;			/* the caller's */
	int mnt;		/* its mount as name_to_handle_at(2) numbers */
	uint64_t mnt_id;	/* them, and as statx(2) does */
	uint32_t dev_major, dev_minor;
};

/*
 * The directory fd, open and the share's.  Where it cannot be told on which
 * mount it is, none of its entries has a seal.
 */
void	entry_dir(struct entry_dir *d, const struct a_whello *who, int fd);

/*
 * Attributes and seal of an entry: 1 if they are a regular file's and both of
 * the same one; 0 if it has to be opened.  Names may be moved about between
 * two calls.  Most handles say the inode's number, which is compared; for the
 * others the attributes are asked for twice.
 */
int	entry_sealed(const struct entry_dir *d, const char *name,
	    struct msg_attr *attr, struct msg_seal *s);

/*
 * Who an entry is that was opened as fd: 1 if it is on the directory's own
 * mount and has a seal, and then its number ino and its type, as listed, are
 * taken for true: whoever uses them compares them with the file's (ask.h).
 * The other attributes are zero.  0 if the file has to be asked.
 */
int	entry_listed(const struct entry_dir *d, int fd, uint64_t ino,
	    uint8_t type, struct msg_attr *attr, struct msg_seal *s);

/*
 * 1 if s has a handle of a kind that says the inode's number, and it is ino;
 * 0 if not or if nobody knows: <linux/exportfs.h> names the kinds.
 */
int	entry_same(const struct msg_seal *s, uint64_t ino);

#endif
