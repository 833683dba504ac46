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
 * Knows: a guest that has made some requests and stays: it keeps a directory
 * and a file open, as root and as uid 1000, until its standard input ends.
 * Never: what is looked at meanwhile.
 *
 * guest SOCKET [ids]: prints the ids of what it made and "ready PID"; with
 * ids, also what uid 70000 may do, and what root may do to "foreign".
 * guest SOCKET users ID...: the same as these users instead, and what each of
 * them may do to "foreign".
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

#define ROOT	FUSE_ROOT_ID

static int
guest_setup(struct box *b, const char *path)
{
	unsigned int i;
	int err;

	memset(b, 0, sizeof(*b));
	b->o.queues = 2;
	if ((err = mem_open(&b->m, MEM_LEN, 1)) != 0)
		return err;
	for (i = 0; i < b->o.queues; i++)
		if ((err = ring_open(&b->q[i], &b->m, i, 128)) != 0)
			return err;
	fs_open(&b->fs, &b->m, b->q, b->o.queues, &b->v);
	for (i = 0; i < 50; i++)	/* the socket may not be there yet */
		if ((err = vhost_connect(&b->v, path, 100)) == 0)
			break;
	if (err != 0 || (err = box_negotiate(b)) != 0)
		return err;
	return box_setup(b);
}

/* As this user: make a directory and a file in it, which stays open. */
static int
guest_user(struct box *b, uint32_t uid)
{
	struct fuse_entry_out e;
	struct fs_file f, d;
	char name[32];
	int rc;

	struct fuse_attr_out a;

	snprintf(name, sizeof(name), "dir%u", uid);
	fs_cred(&b->fs, uid, uid);
	if ((rc = fs_mkdir(&b->fs, ROOT, name, 0755, &e)) < 0 ||
	    (rc = fs_opendir(&b->fs, e.nodeid, &d)) < 0 ||
	    (rc = fs_create(&b->fs, e.nodeid, "file", 0644, O_RDWR, &f)) < 0 ||
	    (rc = fs_write(&b->fs, &f, 0, "text", 4)) < 0)
		return rc;
	if ((rc = fs_fgetattr(&b->fs, &f, &a)) < 0)
		return rc;
	printf("made %u:%u %u:%u\n", e.attr.uid, e.attr.gid, a.attr.uid,
	    a.attr.gid);
	return fs_read(&b->fs, &f, 0, name, 4);
}

/* An id that --uid-map may leave out. */
static void
guest_other(struct box *b)
{
	struct fuse_entry_out e;
	int made, seen;

	fs_cred(&b->fs, 70000, 70000);
	made = fs_mkdir(&b->fs, ROOT, "dir70000", 0755, &e);
	seen = fs_lookup(&b->fs, ROOT, "dir0", &e);
	printf("70000 mkdir %s lookup %s\n", tap_rcname(made),
	    tap_rcname(seen));
	fs_cred(&b->fs, 0, 0);
}

/* A file of a user who is none of the share's. */
static void
guest_foreign(struct box *b)
{
	struct fuse_entry_out e;
	struct fs_file f;
	int rc;

	if ((rc = fs_lookup(&b->fs, ROOT, "foreign", &e)) < 0) {
		printf("foreign %s\n", tap_rcname(rc));
		return;
	}
	printf("foreign %u:%u chmod %s open %s chown %s\n", e.attr.uid,
	    e.attr.gid, tap_rcname(fs_chmod(&b->fs, e.nodeid, 0777)),
	    tap_rcname(fs_fopen(&b->fs, e.nodeid, O_WRONLY, &f)),
	    tap_rcname(fs_chown(&b->fs, e.nodeid, 0, 0)));
}

static void
guest_users(struct box *b, char **ids)
{
	int rc;

	for (; *ids != NULL; ids++) {
		rc = guest_user(b, (uint32_t)strtoul(*ids, NULL, 10));
		if (rc < 0)
			printf("%s %s\n", *ids, tap_rcname(rc));
		guest_foreign(b);
	}
}

static void
guest_usual(struct box *b, int more)
{
	int rc;

	if ((rc = guest_user(b, 0)) < 0 ||
	    ((rc = guest_user(b, 1000)) < 0 && !more))
		tap_bail("request: %s", tap_rcname(rc));
	if (!more)
		return;
	if (rc < 0)
		printf("1000 %s\n", tap_rcname(rc));
	guest_other(b);
	guest_foreign(b);
}

int
main(int argc, char **argv)
{
	static struct box b;
	char c;
	int rc;

	if (argc < 2 || (argc > 3 && strcmp(argv[2], "users") != 0))
		tap_bail("usage: guest SOCKET [ids | users ID...]");
	if ((rc = guest_setup(&b, argv[1])) != 0)
		tap_bail("%s: %s", argv[1], strerror(rc));
	if ((rc = fs_init(&b.fs, &b.init)) < 0)
		tap_bail("init: %s", tap_rcname(rc));
	if (argc > 3)
		guest_users(&b, argv + 3);
	else
		guest_usual(&b, argc == 3);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		continue;
	return 0;
}
