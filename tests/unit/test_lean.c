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
 * Knows: guests that look at what they list, and guests that do not.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "listenv.h"

#include "transport/lean.c"

/* List the directory to its end; how many of its two files have nodes. */
static unsigned int
listing(void)
{
	const struct fuse_direntplus *e = (const void *)(reply() + 1);
	unsigned int nodes;

	ask_plus(ROOM);
	record("file1", 1);
	record("file2", 1);
	ans.a.flags = MSG_LIST_END;
	answer();
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
	nodes = e->entry_out.nodeid != 0;
	assert_memory_equal(e->dirent.name, "file1", 5);
	e = (const void *)((const char *)e + ENTRY(5));
	assert_memory_equal(e->dirent.name, "file2", 5);
	nodes += e->entry_out.nodeid != 0;
	node_forget_all(fs.nodes);
	return nodes;
}

/* A file in the directory is looked up. */
static void
found(uint32_t mode)
{
	struct req *r = req_new(&fs);

	assert_int_equal(req_node(r, 0, FUSE_ROOT_ID), 0);
	lean_found(r, mode);
	req_free(r);
}

/* How many listings until one file has no node. */
static unsigned int
until(void)
{
	unsigned int n = 0;

	while (listing() == 2)
		assert_true(++n < 1000);
	return n;
}

static int
setup(void **state)
{
	(void)state;
	fs.session.flags = FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO;
	fs.conf.entry.sec = 1;
	memset(&fs.lean, 0, sizeof(fs.lean));
	root->lean = 0;
	return 0;
}

/* Nobody looks: after two tries files have no nodes, and none is asked for. */
static void
test_quiet(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(until(), LEAN_GAP);
	assert_int_equal(root->lean, 1);
	assert_int_equal(until(), LEAN_GAP);
	for (i = 0; i < LEAN_GAP; i++)
		assert_int_equal(listing(), 2);
	for (i = 0; i < 5; i++) {
		list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
		assert_int_equal(asked[0]->call.q.readdirplus.flags &
		    MSG_LIST_NAMES, MSG_LIST_NAMES);
		memset(&ans, 0, sizeof(ans));
		record("file1", 0);
		record("file2", 1);	/* not asked for: not taken */
		record("file3", 1)->type = DT_DIR;
		ans.a.flags = MSG_LIST_END;
		answer();
		assert_int_equal(reply()->error, 0);
		assert_int_equal(node_count(fs.nodes), 2);
		node_forget_all(fs.nodes);
	}
	/* A directory, and a name elsewhere, say nothing. */
	found(S_IFDIR | 0755);
	assert_int_equal(fs.lean.all, 1);
	root->lean = 0;
	found(S_IFREG | 0644);
	assert_int_equal(fs.lean.all, 1);
	root->lean = 1;
	found(S_IFLNK | 0777);
	assert_int_equal(listing(), 2);
}

/* Who looks is tried less and less often. */
static void
test_looks(void **state)
{
	unsigned int i, gap = LEAN_GAP;

	(void)state;
	for (i = 0; i < LEAN_SHIFT_MAX + 3; i++) {
		assert_int_equal(until(), gap);
		found(S_IFREG | 0644);
		assert_int_equal(root->lean, 0);
		/* Once is enough. */
		found(S_IFREG | 0644);
		if (i < LEAN_SHIFT_MAX)
			gap *= 2;
	}
	assert_int_equal(gap, LEAN_GAP << LEAN_SHIFT_MAX);
}

/* Looking once in between is looking. */
static void
test_between(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		until();
		until();
		found(S_IFREG | 0644);
		assert_int_equal(fs.lean.all, 0);
		assert_int_equal(fs.lean.quiet, 0);
	}
}

/* Where a guest cannot choose, or remembers for long, all have nodes. */
static void
test_never(void **state)
{
	unsigned int i;

	(void)state;
	fs.conf.entry.sec = LEAN_SECONDS + 1;
	for (i = 0; i < 10; i++)
		assert_int_equal(listing(), 2);
	setup(NULL);
	fs.session.flags = FUSE_DO_READDIRPLUS;
	for (i = 0; i < 10; i++)
		assert_int_equal(listing(), 2);
	assert_int_equal(root->lean, 0);
}

/* What comes after the first page is whole. */
static void
test_later(void **state)
{
	(void)state;
	fs.lean.all = 1;
	list(FUSE_READDIRPLUS, 7, ROOM, ROOM);
	assert_int_equal(asked[0]->call.q.readdirplus.flags, MSG_LIST_SEALED);
	memset(&ans, 0, sizeof(ans));
	record("file1", 1);
	ans.a.flags = MSG_LIST_END;
	answer();
	assert_int_equal(node_count(fs.nodes), 2);
}

#undef UNIT
#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_quiet), UNIT(test_looks), UNIT(test_between),
		UNIT(test_never), UNIT(test_later),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
