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
 * Knows: directories listed to a guest.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "listenv.h"

static void
test_readdir_all_rooms(void **state)
{
	const struct fuse_dirent *d;
	unsigned int room, seen;
	uint64_t off;
	size_t at;

	(void)state;
	for (room = 64; room <= ROOM; room *= 2) {
		off = seen = 0;
		for (;;) {
			list(FUSE_READDIR, off, room, room);
			check_reply(room);
			assert_int_equal(reply()->error, 0);
			if (reply()->len == sizeof(*reply()))
				break;
			for (at = sizeof(*reply()); at < reply()->len;
			    at += FUSE_DIRENT_SIZE(d)) {
				d = (const void *)(out_buf + at);
				assert_in_range(d->namelen, 1, 255);
				off = d->off;
				seen++;
			}
			assert_int_equal(at, reply()->len);
		}
		assert_int_equal(seen, 22);
	}
}

/* ".." of the share's root is outside. */
static void
test_readdir_root_parent(void **state)
{
	const struct fuse_dirent *d;
	unsigned int found = 0;
	size_t at;

	(void)state;
	list(FUSE_READDIR, 0, ROOM, ROOM);
	for (at = sizeof(*reply()); at < reply()->len;
	    at += FUSE_DIRENT_SIZE(d)) {
		d = (const void *)(out_buf + at);
		if (d->namelen == 2 && memcmp(d->name, "..", 2) == 0) {
			assert_int_equal(d->ino, root->ino);
			found = 1;
		}
	}
	assert_int_equal(found, 1);
}

static void
test_bad_arguments(void **state)
{
	(void)state;
	list(FUSE_READDIR, 0, ROOM + 1, ROOM);	/* more than there is room */
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIR, 1ULL << 63, ROOM, ROOM);
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIRPLUS, UINT64_MAX, ROOM, ROOM);
	assert_int_equal(reply()->error, -EINVAL);
	list(FUSE_READDIR, 0, 16, 16);		/* not one entry fits */
	assert_int_equal(reply()->error, -EINVAL);
}

static void
test_plus(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct node *n;

	(void)state;
	ask_plus(ROOM);
	assert_int_equal(asked[0]->call.type, Q_READDIRPLUS);
	assert_in_range(asked[0]->call.q.readdirplus.entry_max, 1,
	    MSG_DIRPLUS_MAX);
	record("file1", 1);
	record("gone", 0);
	answer();
	check_reply(ROOM);
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()) + ENTRY(5) + ENTRY(4));
	n = node_get(fs.nodes, e->entry_out.nodeid);
	assert_non_null(n);
	assert_int_equal(n->nlookup, 1);
	e = (const void *)((const char *)e + ENTRY(5));
	assert_int_equal(e->entry_out.nodeid, 0);
	assert_memory_equal(e->dirent.name, "gone", 4);
}

/* Room for n and a half entries: n are told, n are entered. */
static void
test_plus_room(void **state)
{
	static const char *const names[] = { "file1", "file2", "file3" };
	unsigned int n, extra, i;

	(void)state;
	for (n = 0; n <= 3; n++)
		for (extra = 0; extra < ENTRY(5); extra += 8) {
			ask_plus((uint32_t)(n * ENTRY(5) + extra));
			for (i = 0; i < 3; i++)
				record(names[i], 1);
			answer();
			check_reply(n * ENTRY(5) + extra);
			assert_int_equal(reply()->error, n == 0 ? -EINVAL : 0);
			assert_int_equal(node_count(fs.nodes), 1 + n);
			node_forget_all(fs.nodes);
			if (n == 3)
				break;
		}
}

static void
test_plus_end(void **state)
{
	(void)state;
	ask_plus(ROOM);
	answer();
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()));
}

static void
test_one_at_a_time(void **state)
{
	(void)state;
	ask_plus(ROOM);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(push_cnt, 0);
	answer();			/* the second one goes out */
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(push_cnt, 1);
	memset(&ans, 0, sizeof(ans));
	answer();			/* and the third is served at once */
	assert_int_equal(push_cnt, 3);
}

/* All that wait fail at once: on one level, not one inside the other. */
static void
test_many_fail(void **state)
{
	unsigned int i;

	(void)state;
	ask_plus(ROOM);
	for (i = 0; i < REQ_LIVE_MAX; i++)
		list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	push_cnt = 0;
	wlink_err = EIO;
	asked[0]->call.done(asked[0], EIO, NULL);
	ask_cnt = 0;
	wlink_err = 0;
	assert_int_equal(push_cnt, REQ_LIVE_MAX + 1);
	assert_int_equal(reply()->error, -EIO);
}

/* The share has directories that look empty. */
static void
test_no_readdir(void **state)
{
	(void)state;
	fs.conf.flags = MSG_SHARE_NO_READDIR;
	list(FUSE_READDIR, 0, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()));
	list(FUSE_READDIRPLUS, 7, ROOM, ROOM);
	check_reply(ROOM);
	assert_int_equal(reply()->len, sizeof(*reply()));
	fs.conf.flags = 0;
}

/* Owners as the guest knows them, with the timeouts of the share. */
static void
test_plus_ids_and_times(void **state)
{
	const struct fuse_direntplus *e = (void *)(out_buf +
	    sizeof(struct fuse_out_header));
	struct idmap_rule rule = { IDMAP_UID, IDMAP_HOST, getuid(), 4321, 1 };

	(void)state;
	fs.ids.rules = &rule;
	fs.ids.cnt = 1;
	fs.conf.entry.sec = 11;
	fs.conf.attr.nsec = 12;
	ask_plus(ROOM);
	record("file1", 1);
	answer();
	fs.ids.cnt = 0;
	assert_int_equal(e->entry_out.attr.uid, 4321);
	assert_int_equal(e->entry_out.attr.gid, getgid());
	assert_int_equal(e->entry_out.entry_valid, 11);
	assert_int_equal(e->entry_out.attr_valid_nsec, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_readdir_all_rooms),
		UNIT(test_readdir_root_parent),
		UNIT(test_bad_arguments),
		UNIT(test_plus),
		UNIT(test_plus_room),
		UNIT(test_plus_end),
		UNIT(test_one_at_a_time),
		UNIT(test_many_fail),
		UNIT(test_no_readdir),
		UNIT(test_plus_ids_and_times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
