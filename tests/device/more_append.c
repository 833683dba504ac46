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
 * Knows: files of the host that can only be appended to (chattr +a).
 * Never: how the guest could make one.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

static void
more_append_is(struct box *b, const char *want, const char *what)
{
	char	 buf[64];
	int	 fd;
	ssize_t	 n;

	fd = open(box_host(b, "log"), O_RDONLY | O_CLOEXEC);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	tap_ok(n == (ssize_t)strlen(want) && memcmp(buf, want, strlen(want)) ==
	    0, "%s", what);
}

/* What is written through f, which was opened with O_APPEND. */
static void
more_append_write(struct box *b, const struct fs_file *f)
{
	struct fuse_write_in	 in = { .fh = f->fh, .size = 3, .offset = 1,
	    .flags = O_APPEND };

	tap_rc(fs_write_as(&b->fs, f, &in, "one", 3), 3, "append");
	more_append_is(b, "contentone", "it is at the end");
	in.write_flags = FUSE_WRITE_CACHE;
	tap_rc(fs_write_as(&b->fs, f, &in, "two", 3), -EPERM,
	    "a page of a mapping is refused");
	in.write_flags = 0;
	in.flags = 0;
	tap_rc(fs_write_as(&b->fs, f, &in, "two", 3), -EPERM,
	    "so is what is not for the end");
	tap_ok(fs_copy(&b->fs, f, 0, f, 20, 3) < 0, "and a copy");
	tap_rc(fs_fallocate(&b->fs, f, FALLOC_FL_KEEP_SIZE |
	    FALLOC_FL_PUNCH_HOLE, 0, 3), -EPERM, "and a hole");
	more_append_is(b, "contentone", "the file is as it was");
}

static void
more_append_open(struct box *b, uint64_t n, bool writeback)
{
	struct fs	*fs = &b->fs;
	struct fs_file	 f;

	tap_rc(fs_fopen(fs, n, O_WRONLY, &f), -EPERM,
	    "append-only: open for writing anywhere");
	tap_rc(fs_fopen(fs, n, O_WRONLY | O_APPEND | O_TRUNC, &f), -EPERM,
	    "open that truncates");
	tap_rc(fs_truncate(fs, n, 3), -EPERM, "truncate");
	tap_rc(fs_fopen(fs, n, O_RDONLY, &f), 0, "open for reading");
	fs_release(fs, &f);
	if (writeback) {
		tap_rc(fs_fopen(fs, n, O_WRONLY | O_APPEND, &f), -EPERM,
		    "open for appending what the guest writes back later");
		return;
	}
	tap_rc(fs_fopen(fs, n, O_RDWR | O_APPEND, &f), 0,
	    "open for appending");
	more_append_write(b, &f);
	fs_release(fs, &f);
}

static void
more_append_with(const char *const *options)
{
	struct box	 b;
	uint64_t	 n;

	if (more_start(&b, options)) {
		n = more_file(&b, "log", 1000, 0644);
		if (!more_append_set(&b, "log", true))
			tap_skip("the host's filesystem has no such files",
			    "append-only");
		else {
			fs_cred(&b.fs, 1000, 1000);
			more_append_open(&b, n, options != NULL);
			fs_cred(&b.fs, 0, 0);
			if (!more_append_set(&b, "log", false))
				tap_bail("log stays append-only");
		}
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}

void
more_append(void)
{
	static const char *const	 writeback[] = { "--writeback", NULL };

	more_append_with(NULL);
	more_append_with(writeback);
}
