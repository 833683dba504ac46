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

#ifndef VIOFSD_TEST_NODEENV_H
#define VIOFSD_TEST_NODEENV_H

/*
 * Knows: a table of nodes and files to enter into it; includes node.c.
 * Never: a test.
 */

#include "transport/node.c"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static unsigned int reaped;
static struct node_table *table;

void
reap_close(struct fs *fs, int *fd)
{
	(void)fs;
	if (*fd != -1)
		reaped++;
	fd_close(fd);
}

static inline unsigned int
fd_count(void)
{
	unsigned int n = 0;
	struct dirent *e;
	DIR *d;

	d = opendir("/proc/self/fd");
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			n++;
	closedir(d);
	return n - 1;
}

static inline int
fd_new(void)
{
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

static inline struct msg_attr
attr_of(uint64_t ino)
{
	struct msg_attr a;

	memset(&a, 0, sizeof(a));
	a.ino = ino;
	a.mnt_id = 7;
	a.dev_minor = 3;
	a.mode = S_IFREG | 0644;
	return a;
}

/* Enter attr with fd; the seal is one byte of handle, or none for 0. */
static inline int
try_enter(const struct msg_attr *attr, int fd, uint8_t handle,
    struct node **out)
{
	struct msg_seal seal;
	struct node_file f = { .attr = attr, .fd = fd };
	int err;

	memset(&seal, 0, sizeof(seal));
	seal.len = 1;
	seal.handle[0] = handle;
	if (handle != 0) {
		f.seal = &seal;
		f.seal_len = MSG_SEAL_LEN(1);
	}
	err = node_enter(table, &f, out);
	assert_int_equal(f.fd, -1);
	return err;
}

static inline struct node *
enter_sealed(uint64_t ino, uint8_t handle)
{
	struct msg_attr a = attr_of(ino);
	struct node *n = NULL;

	assert_int_equal(try_enter(&a, fd_new(), handle, &n), 0);
	return n;
}

static inline struct node *
enter(uint64_t ino)
{
	return enter_sealed(ino, 0);
}

static inline int
setup(void **state)
{
	struct msg_attr root = attr_of(1);

	(void)state;
	reaped = 0;
	table = node_table_new(NULL, fd_new(), &root, 64);
	return table == NULL ? -1 : 0;
}

static inline int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	node_forget_all(table);
	fd_close(&table->root->fd);
	for (i = 0; i < table->slots.cnt; i++)
		free(table->slots.chunk[i].node);
	free(table->slots.chunk);
	free(table->hash);
	free(table);
	return 0;
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
