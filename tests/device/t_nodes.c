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
 * More nodes than descriptors: the guest looks at many files, forgets none,
 * and never hears of a limit.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/frontend/box.h"
#include "tests/frontend/tap.h"

#define NODES_CNT	6000
#define NODES_LIMIT	"2048"	/* --rlimit-nofile */

static uint64_t nodes_id[NODES_CNT];
static uint64_t nodes_ino[NODES_CNT];

static void
nodes_name(char *name, size_t size, unsigned int i)
{
	snprintf(name, size, "file%u", i);
}

static void
nodes_make(struct box *b)
{
	char name[32];
	struct stat st;
	unsigned int i;
	int fd;

	for (i = 0; i < NODES_CNT; i++) {
		nodes_name(name, sizeof(name), i);
		fd = open(daemon_host(&b->d, name), O_CREAT | O_WRONLY, 0644);
		if (fd == -1 || fstat(fd, &st) == -1)
			tap_bail("%s: %s", name, strerror(errno));
		if (write(fd, name, strlen(name)) == -1)
			tap_bail("%s: %s", name, strerror(errno));
		nodes_ino[i] = st.st_ino;
		close(fd);
	}
}

static void
nodes_lookup(struct box *b)
{
	struct fuse_entry_out e;
	char name[32];
	unsigned int i, bad = 0;
	int rc = 0;

	for (i = 0; i < NODES_CNT; i++) {
		nodes_name(name, sizeof(name), i);
		if ((rc = fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e)) != 0) {
			bad++;
			continue;
		}
		nodes_id[i] = e.nodeid;
		bad += e.attr.ino != nodes_ino[i];
	}
	tap_is(bad, 0, "%d lookups under " NODES_LIMIT " descriptors",
	    NODES_CNT);
}

/* Each is still the file it was, in an order that suits no cache. */
static void
nodes_use(struct box *b)
{
	struct fuse_attr_out a;
	struct fs_file file;
	char name[32], buf[64];
	unsigned int i, k, bad_attr = 0, bad_read = 0;
	int len;

	for (i = 0; i < NODES_CNT; i++) {
		k = (i * 1009) % NODES_CNT;
		nodes_name(name, sizeof(name), k);
		if (fs_getattr(&b->fs, nodes_id[k], &a) != 0 ||
		    a.attr.ino != nodes_ino[k])
			bad_attr++;
		if (fs_fopen(&b->fs, nodes_id[k], O_RDONLY, &file) != 0) {
			bad_read++;
			continue;
		}
		len = fs_read(&b->fs, &file, 0, buf, sizeof(buf));
		if (len != (int)strlen(name) ||
		    memcmp(buf, name, (size_t)len) != 0)
			bad_read++;
		fs_release(&b->fs, &file);
	}
	tap_is(bad_attr, 0, "every node has its attributes");
	tap_is(bad_read, 0, "every node opens as its file");
}

/* A new file with an old one's number is another node. */
static void
nodes_reuse(struct box *b)
{
	struct fuse_attr_out a;
	struct fuse_entry_out e;
	unsigned int i, same = 0, alive = 0;
	char name[32];
	int fd;

	for (i = 0; i < 100; i++) {
		nodes_name(name, sizeof(name), i);
		unlink(daemon_host(&b->d, name));
	}
	for (i = 0; i < 100; i++) {
		nodes_name(name, sizeof(name), i);
		fd = open(daemon_host(&b->d, name), O_CREAT | O_WRONLY, 0644);
		if (fd != -1)
			close(fd);
		if (fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e) == 0)
			same += e.nodeid == nodes_id[i];
		/* The old one may live on by a descriptor, as itself. */
		if (fs_getattr(&b->fs, nodes_id[i], &a) == 0)
			alive += a.attr.nlink != 0;
	}
	tap_is(same, 0, "a new file is a new node");
	tap_is(alive, 0, "an unlinked file is no other file");
}

static void
nodes_fds(struct box *b)
{
	const struct proc_set *set = daemon_procs(&b->d);
	unsigned int i;
	int fds = -1;

	for (i = 0; i < set->cnt; i++)
		if (strncmp(proc_name(set->pid[i]), "viofsd-transpor", 15) == 0)
			fds = proc_fds(set->pid[i]);
	tap_ok(fds > 0 && fds < strtol(NODES_LIMIT, NULL, 10),
	    "the transport holds %d descriptors", fds);
}

int
main(int argc, char **argv)
{
	static const char *const more[] = { "--rlimit-nofile", NODES_LIMIT,
		NULL };
	static struct box b;
	struct box_opts o;

	daemon_args(argc, argv);
	memset(&o, 0, sizeof(o));
	o.daemon.more = more;
	if (box_start(&b, &o)) {
		nodes_make(&b);
		nodes_lookup(&b);
		nodes_use(&b);
		nodes_fds(&b);
		nodes_reuse(&b);
	}
	box_close(&b);
	return tap_done();
}
