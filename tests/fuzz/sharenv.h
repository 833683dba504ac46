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

#ifndef VIOFSD_FUZZ_SHARENV_H
#define VIOFSD_FUZZ_SHARENV_H

#include <stdint.h>

/*
 * A share in memory, of a few files, that a worker may do anything to; and
 * what is not of the share, and must stay as it is.
 */

/* What a question may come with. */
enum sharenv_file {
	SHARE_ROOT,
	SHARE_DIR,  /* in the root, with two files */
	SHARE_FILE, /* O_PATH */
	SHARE_OPEN, /* open for reading and writing */
	SHARE_LIST, /* the root, open for listing */
	SHARE_LINK,
	SHARE_FIFO,
	SHARE_GONE, /* a directory that was removed */
	FOREIGN_DIR,
	FOREIGN_FILE, /* open */
	FOREIGN_PIPE,
	FOREIGN_WATCH, /* an inotify instance */
	SHARENV_CNT,
};

/*
 * Once: makes the two file systems, and the descriptors that a worker has
 * from its start (proc.h, sandbox_fsworker.h).
 */
void sharenv_setup(void);

/* The id of the share's mount as STATX_MNT_ID gives it. */
uint64_t sharenv_mnt(void);

/* A descriptor's mount id, likewise. */
uint64_t sharenv_mnt_of(int fd);

/* The files as they are at first; one's descriptor, ours until the end. */
void sharenv_begin(void);
int sharenv_fd(enum sharenv_file file);

/* What is foreign has not changed; the share may have, and is made anew. */
void sharenv_end(int changed);

#endif
