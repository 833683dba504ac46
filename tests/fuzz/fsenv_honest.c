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
 * Knows: what a worker that does not lie says of a file.
 * Never: which one.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string.h>

#include "transport/sysfd.h"
#include "fsenv_honest.h"
#include "fuzz.h"

void
env_honest(struct msg_attr *a, int fd)
{
	struct stat st;

	FUZZ_MUST(sysfd_stat(fd, &st) == 0);
	a->ino = st.st_ino;
	a->mode = st.st_mode;
	a->dev_major = major(st.st_dev);
	a->dev_minor = minor(st.st_dev);
}

void
env_honest_watch(struct a_ahead *a, const struct q_ahead *q)
{
	a->wd = q->off == 0 ? 1 : 0;
	a->err = 0;
}

void
env_honest_records(uint8_t *tail, size_t left, const struct fdbag *fds)
{
	struct msg_dirent d;
	unsigned int n = 0;
	int fd;

	for (; left >= sizeof(d); tail += d.rec_len, left -= d.rec_len) {
		memcpy(&d, tail, sizeof(d));
		if ((d.flags & MSG_DIRENT_NODE) != 0) {
			fd = fdbag_get(fds, n++);
			if (fd != -1 && d.attr.zero == 1)
				env_honest(&d.attr, fd);
			memcpy(tail, &d, sizeof(d));
		}
		if (d.rec_len < sizeof(d) || d.rec_len > left)
			break;
	}
}
