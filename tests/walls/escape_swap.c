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
 * Knows: races between a guest's requests and a host that swaps what they
 * name for a link to outside.
 * Never: names that are wrong in themselves (escape_name.c).
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/fs_more.h"
#include "../frontend/tap.h"
#include "escape.h"

#define SWAP_ROUNDS	80	/* at least */

struct swap {
	struct escape *e;
	int share;
	atomic_int stop;
	atomic_ulong done;
};

/* "race" is a directory, or a link to outside; "file" a file, or a link. */
static void *
swap_host(void *arg)
{
	struct swap *s = arg;

	while (!atomic_load(&s->stop)) {
		if (renameat2(s->share, "race", s->share, "race2",
		    RENAME_EXCHANGE) == -1 ||
		    renameat2(s->share, "file", s->share, "file2",
		    RENAME_EXCHANGE) == -1)
			break;
		atomic_fetch_add(&s->done, 2);
	}
	return NULL;
}

static void
swap_dir(struct escape *e)
{
	struct fs *fs = &e->b.fs;
	struct fuse_entry_out d, en;
	struct fs_file f;
	char buf[2048];

	if (fs_lookup(fs, FUSE_ROOT_ID, "race", &d) < 0)
		return;
	escape_saw(e, d.attr.ino, "race");
	if (fs_lookup(fs, d.nodeid, "secret", &en) >= 0)
		escape_saw(e, en.attr.ino, "race, secret");
	if (fs_create(fs, d.nodeid, "new", 0666, O_RDWR, &f) >= 0) {
		escape_saw(e, f.entry.attr.ino, "race, new");
		fs_release(fs, &f);
		fs_forget(fs, f.entry.nodeid, 1);
	}
	fs_unlink(fs, d.nodeid, "new");
	fs_mkdir(fs, d.nodeid, "made", 0777, NULL);
	fs_rmdir(fs, d.nodeid, "made");
	if (fs_opendir(fs, d.nodeid, &f) >= 0) {
		fs_readdirplus(fs, &f, 0, buf, sizeof(buf));
		fs_releasedir(fs, &f);
	}
	fs_forget(fs, d.nodeid, 1);
}

static void
swap_file(struct escape *e)
{
	struct fs *fs = &e->b.fs;
	struct fuse_entry_out en;
	struct fs_file f;

	if (fs_lookup(fs, FUSE_ROOT_ID, "file", &en) < 0)
		return;
	escape_saw(e, en.attr.ino, "file");
	if (fs_fopen(fs, en.nodeid, O_RDWR | O_TRUNC, &f) >= 0) {
		fs_write(fs, &f, 0, "escaped", 7);
		fs_release(fs, &f);
	}
	fs_chmod(fs, en.nodeid, 0600);
	fs_chown(fs, en.nodeid, 1000, 1000);
	fs_truncate(fs, en.nodeid, 0);
	fs_setxattr(fs, en.nodeid, "user.escaped", "1", 1, 0);
	fs_forget(fs, en.nodeid, 1);
}

static void
swap_make(struct escape *e, int share)
{
	char secret[160];

	snprintf(secret, sizeof(secret), "%s/secret", e->out.path);
	box_file(&e->b, "file", "f", 1);
	if (mkdirat(share, "race", 0777) == -1 ||
	    symlinkat(e->out.path, share, "race2") == -1 ||
	    symlinkat(secret, share, "file2") == -1)
		tap_bail("links: %s", strerror(errno));
}

void
escape_swaps(struct escape *e)
{
	struct swap s = { .e = e };
	unsigned long rounds = 0;
	pthread_t host;

	s.share = open(e->b.d.share, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.share == -1)
		tap_bail("share: %s", strerror(errno));
	swap_make(e, s.share);
	if (pthread_create(&host, NULL, swap_host, &s) != 0)
		tap_bail("no thread");
	while (atomic_load(&s.done) < e->swaps || rounds < SWAP_ROUNDS) {
		swap_dir(e);
		swap_file(e);
		e->tries += 2;
		rounds++;
		if (daemon_wait(&e->b.d, 0) != -1)
			tap_bail("the daemon ended");
	}
	atomic_store(&s.stop, 1);
	pthread_join(host, NULL);
	close(s.share);
	tap_diag("%lu swaps, %lu rounds of requests", atomic_load(&s.done),
	    rounds);
}
