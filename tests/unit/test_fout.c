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
 * Knows: what a client is told of attributes, entries and caching.
 * Never: a real share.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/fout.c"

static struct fs fs;

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

static struct msg_attr
sample(void)
{
	struct msg_attr a;

	memset(&a, 0, sizeof(a));
	a.ino = 1ULL << 60;
	a.size = 1ULL << 40;
	a.blocks = 99;
	a.atime = -5;
	a.mtime = 6;
	a.ctime = INT64_MAX;
	a.atime_nsec = 1;
	a.mtime_nsec = 2;
	a.ctime_nsec = 999999999;
	a.mode = S_IFDIR | 01777;
	a.nlink = 3;
	a.uid = 1000;
	a.gid = 1001;
	a.rdev_major = 0xabc;
	a.rdev_minor = 0x12345;
	a.blksize = 4096;
	return a;
}

static void
test_attr(void **state)
{
	struct msg_attr a = sample();
	struct fuse_attr out;

	(void)state;
	memset(&out, 0x55, sizeof(out));
	fout_attr(&fs, &out, &a);
	assert_true(out.ino == a.ino && out.size == a.size);
	assert_int_equal(out.blocks, 99);
	assert_true((int64_t)out.atime == -5);
	assert_true((int64_t)out.ctime == INT64_MAX);
	assert_int_equal(out.ctimensec, 999999999);
	assert_int_equal(out.mode, a.mode);
	assert_int_equal(out.nlink, 3);
	assert_int_equal(out.uid, 1000);
	assert_int_equal(out.gid, 1001);
	assert_int_equal(out.blksize, 4096);
	assert_int_equal(out.flags, 0);
	/* new_encode_dev() of Linux */
	assert_int_equal(out.rdev, (0x12345u & 0xff) | (0xabcu << 8) |
	    ((0x12345u & ~0xffu) << 12));
}

/* Both ways to the same attributes must agree. */
static void
test_attr_stat(void **state)
{
	struct msg_attr a = sample();
	struct fuse_attr from_msg, from_stat;
	struct stat st;

	(void)state;
	memset(&st, 0, sizeof(st));
	st.st_ino = a.ino;
	st.st_size = (off_t)a.size;
	st.st_blocks = (blkcnt_t)a.blocks;
	st.st_atim.tv_sec = a.atime;
	st.st_atim.tv_nsec = a.atime_nsec;
	st.st_mtim.tv_sec = a.mtime;
	st.st_mtim.tv_nsec = a.mtime_nsec;
	st.st_ctim.tv_sec = a.ctime;
	st.st_ctim.tv_nsec = a.ctime_nsec;
	st.st_mode = a.mode;
	st.st_nlink = a.nlink;
	st.st_uid = a.uid;
	st.st_gid = a.gid;
	st.st_rdev = makedev(a.rdev_major, a.rdev_minor);
	st.st_blksize = (blksize_t)a.blksize;
	memset(&from_msg, 0x55, sizeof(from_msg));
	memset(&from_stat, 0xaa, sizeof(from_stat));
	fout_attr(&fs, &from_msg, &a);
	fout_attr_stat(&fs, &from_stat, &st);
	assert_memory_equal(&from_msg, &from_stat, sizeof(from_msg));
}

static void
test_open_flags(void **state)
{
	static const struct {
		uint32_t cache, file, dir;
	} row[] = {
		{ MSG_CACHE_AUTO, 0, 0 },
		{ MSG_CACHE_ALWAYS, FOPEN_KEEP_CACHE,
		    FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE },
		{ MSG_CACHE_NEVER, FOPEN_DIRECT_IO, 0 },
		{ MSG_CACHE_METADATA, FOPEN_DIRECT_IO,
		    FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fs.conf.cache = row[i].cache;
		assert_int_equal(fout_open_flags(&fs, 0), row[i].file);
		assert_int_equal(fout_open_flags(&fs, 1), row[i].dir);
	}
}

/* Five timeouts, each in its own place. */
static void
test_timeouts(void **state)
{
	struct msg_attr a = sample();
	struct fuse_attr_out attr;
	struct fuse_entry_out e;
	struct node n = { .idx = 4, .gen = 2 };
	unsigned int dir;

	(void)state;
	fs.conf.entry = (struct msg_timeout){ .sec = 11, .nsec = 1 };
	fs.conf.attr = (struct msg_timeout){ .sec = 12, .nsec = 2 };
	fs.conf.dir_entry = (struct msg_timeout){ .sec = 13, .nsec = 3 };
	fs.conf.dir_attr = (struct msg_timeout){ .sec = 14, .nsec = 4 };
	fs.conf.negative = (struct msg_timeout){ .sec = 15, .nsec = 5 };
	for (dir = 0; dir < 2; dir++) {
		a.mode = dir ? S_IFDIR | 0755 : S_IFREG | 0644;
		memset(&attr, 0x55, sizeof(attr));
		attr.attr.mode = a.mode;
		fout_attr_out(&fs, &attr);
		assert_int_equal(attr.attr_valid, 12 + 2 * dir);
		assert_int_equal(attr.attr_valid_nsec, 2 + 2 * dir);
		assert_int_equal(attr.dummy, 0);
		memset(&e, 0x55, sizeof(e));
		fout_entry(&fs, &n, &n, &a, &e);
		assert_int_equal(e.entry_valid, 11 + 2 * dir);
		assert_int_equal(e.entry_valid_nsec, 1 + 2 * dir);
		assert_int_equal(e.attr_valid, 12 + 2 * dir);
		assert_int_equal(e.attr_valid_nsec, 2 + 2 * dir);
		assert_true(e.nodeid == (2ULL << 32 | 4));
	}
}

/* How long the mode is believed, in both places; they must agree. */
static uint32_t
believed(uint32_t mode)
{
	struct msg_attr a = sample();
	struct fuse_attr_out attr;
	struct fuse_entry_out e;
	struct node n = { .idx = 4, .gen = 2 };

	a.mode = mode;
	attr.attr.mode = mode;
	fout_attr_out(&fs, &attr);
	fout_entry(&fs, &n, &n, &a, &e);
	assert_int_equal(e.attr_valid, attr.attr_valid);
	assert_int_equal(e.attr_valid_nsec, attr.attr_valid_nsec);
	assert_int_equal(e.entry_valid, S_ISDIR(mode) ? 13 : 11);
	return attr.attr_valid;
}

/* Bits that go without the client's doing are not believed. */
static void
test_setid(void **state)
{
	(void)state;
	fs.conf.entry = (struct msg_timeout){ .sec = 11 };
	fs.conf.attr = (struct msg_timeout){ .sec = 12, .nsec = 2 };
	fs.conf.dir_entry = (struct msg_timeout){ .sec = 13 };
	fs.conf.dir_attr = (struct msg_timeout){ .sec = 14, .nsec = 4 };
	fs.session.flags = 0;
	assert_int_equal(believed(S_IFREG | 02666), 0);
	assert_int_equal(believed(S_IFREG | 06644), 0);
	assert_int_equal(believed(S_IFREG | 02755), 12);
	assert_int_equal(believed(S_IFREG | 04755), 12);
	assert_int_equal(believed(S_IFDIR | 02700), 14);
	assert_int_equal(believed(S_IFIFO | 02600), 12);
	fs.session.flags = FUSE_HANDLE_KILLPRIV_V2;
	assert_int_equal(believed(S_IFREG | 02666), 0);
	assert_int_equal(believed(S_IFREG | 02755), 0);
	assert_int_equal(believed(S_IFREG | 04755), 0);
	assert_int_equal(believed(S_IFREG | 0755), 12);
	assert_int_equal(believed(S_IFDIR | 02755), 14);
	fs.session.flags = 0;
}

/* A name that is not there: a time, and nothing else at all. */
static void
test_negative(void **state)
{
	struct fuse_entry_out e, want;

	(void)state;
	fs.conf.negative = (struct msg_timeout){ .sec = 15, .nsec = 5 };
	memset(&e, 0x55, sizeof(e));
	memset(&want, 0, sizeof(want));
	want.entry_valid = 15;
	want.entry_valid_nsec = 5;
	fout_negative(&fs, &e);
	assert_memory_equal(&e, &want, sizeof(e));
}

/* The host's ids as the guest knows them, wherever they come from. */
static void
test_ids(void **state)
{
	static const struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_HOST, 1000, 0, 10 },
		{ IDMAP_GID, IDMAP_SQUASH_HOST, 1000, 7, 10 },
	};
	struct msg_attr a = sample();
	struct fuse_attr attr;
	struct fuse_entry_out e;
	struct node n = { .idx = 4 };
	struct stat st;

	(void)state;
	fs.ids.rules = rules;
	fs.ids.cnt = 2;
	a.uid = 1003;
	a.gid = 1004;
	memset(&st, 0, sizeof(st));
	st.st_uid = 1009;
	st.st_gid = 1010;		/* no rule: it stays */
	fout_attr(&fs, &attr, &a);
	assert_int_equal(attr.uid, 3);
	assert_int_equal(attr.gid, 7);
	fout_entry(&fs, &n, &n, &a, &e);
	assert_int_equal(e.attr.uid, 3);
	assert_int_equal(e.attr.gid, 7);
	fout_attr_stat(&fs, &attr, &st);
	assert_int_equal(attr.uid, 9);
	assert_int_equal(attr.gid, 1010);
	memset(&fs.ids, 0, sizeof(fs.ids));
}

static void
test_submount(void **state)
{
	struct node dir = { .mnt_id = 1, .dev_minor = 1 };
	struct node same = { .mnt_id = 1, .dev_minor = 1 };
	struct node mount = { .mnt_id = 2, .dev_minor = 1 };
	struct node volume = { .mnt_id = 1, .dev_minor = 9 };
	struct msg_attr a = sample();
	struct fuse_entry_out e;

	(void)state;
	fs.session.flags = FUSE_SUBMOUNTS;
	fout_entry(&fs, &dir, &same, &a, &e);
	assert_int_equal(e.attr.flags, 0);
	fout_entry(&fs, &dir, &mount, &a, &e);
	assert_int_equal(e.attr.flags, FUSE_ATTR_SUBMOUNT);
	fout_entry(&fs, &dir, &volume, &a, &e);
	assert_int_equal(e.attr.flags, FUSE_ATTR_SUBMOUNT);
	/* The flag is for directories, and for guests that asked. */
	a.mode = S_IFREG | 0644;
	fout_entry(&fs, &dir, &mount, &a, &e);
	assert_int_equal(e.attr.flags, 0);
	a.mode = S_IFDIR | 0755;
	fs.session.flags = 0;
	fout_entry(&fs, &dir, &mount, &a, &e);
	assert_int_equal(e.attr.flags, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attr),
		cmocka_unit_test(test_attr_stat),
		cmocka_unit_test(test_open_flags),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_setid),
		cmocka_unit_test(test_negative),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_submount),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
