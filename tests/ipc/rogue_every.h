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

#ifndef VIOFSD_IPC_ROGUE_EVERY_H
#define VIOFSD_IPC_ROGUE_EVERY_H

#include "../frontend/fs_more.h"
#include "evil.h"

#define EVERY_ROOM	4096

/* What must be there before the request can be sent. */
enum every_before { BEFORE_ROOT, BEFORE_FILE, BEFORE_LINK, BEFORE_OPEN,
    BEFORE_DIR };

/* What a reply that is no error leaves with the transport. */
enum every_after { AFTER_NOTHING, AFTER_NODE, AFTER_FILE, AFTER_DIR,
    AFTER_BOTH, AFTER_LIST };

struct every {
	uint16_t verb;
	uint8_t opcode;
	uint8_t before, after;
	uint8_t again;		/* another worker is asked when one fails */
	const char *names;	/* behind the fixed part, with names_len */
	uint32_t names_len;
};

/* One request on its way. */
struct every_try {
	const struct every *e;
	uint32_t uid;
	bool granted;
	struct rworker w;
	struct fs_file f;	/* what came before */
	struct fs_ticket ticket;
	union {
		uint64_t align;
		struct fuse_create_in create;
		struct fuse_open_in open;
		struct fuse_mknod_in mknod;
		struct fuse_mkdir_in mkdir;
		struct fuse_link_in link;
		struct fuse_rename_in rename;
		struct fuse_setattr_in setattr;
		struct fuse_read_in read;
		struct fuse_write_in write;
		struct fuse_fallocate_in fallocate;
		struct fuse_copy_file_range_in copy;
		struct fuse_getxattr_in getxattr;
		struct fuse_access_in access;
		struct fuse_ioctl_in ioctl;
		uint32_t setxattr[2];
		uint64_t syncfs;
		uint32_t statx[6];
	} in;
};

/* What workers are asked, each question once. */
extern const struct every everys[];
extern const unsigned int every_cnt;

/* The request that is lied to, as far as the worker; false: it got lost. */
bool	every_ask(struct every_try *t, const struct every *e);

/* Give back whatever the guest was told, by rc and out, to have now. */
void	every_undo(struct every_try *t, int rc, const uint8_t *out);

#endif
