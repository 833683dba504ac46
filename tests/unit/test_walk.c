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
 * Knows: which nodes a worker of a strict share can walk to, now and for how
 * long it believes that.
 * Never: what is done with them.
 */

#include "config.h"

#include "../../fsworker/walk.c"

#include <stdio.h>
#include <unistd.h>

#include "../../common/proc.h"
#include "../../common/sandbox_fsworker.h"
#include "wenv.h"

#define OTHER	65533u		/* a user without any right here */

/* The share's root where workers have it, and a strict policy. */
static void
walk_setup(struct wenv *e, uint64_t walk_ns)
{
	memset(walk_slots, 0, sizeof(walk_slots));
	assert_int_equal(dup2(e->share, FSWORKER_FD_ROOT), FSWORKER_FD_ROOT);
	/* The scratch share is no tree of its own. */
	e->who.flags |= MSG_SHARE_BARE;
	e->who.policy |= MSG_POLICY_STRICT;
	e->who.walk_ns = walk_ns;
	assert_int_equal(mkdirat(e->share, "d", 0755), 0);
	wenv_file(e, "d/f", "text");
}

static int
walk_to(struct wenv *e, int fd)
{
	struct statx stx;

	assert_int_equal(walk_stat(&e->who, fd, &stx), 0);
	return walk_check(&e->who, fd, &stx);
}

static void
test_there(void **state)
{
	struct wenv *e = *state;
	int fd;

	walk_setup(e, 0);
	fd = wenv_node(e, "d/f");
	assert_int_equal(walk_to(e, fd), 0);
	assert_int_equal(walk_to(e, wenv_node(e, "d")), 0);
	assert_int_equal(walk_to(e, e->share), 0);
	/* Under another name it is still the same. */
	assert_int_equal(renameat(e->share, "d", e->share, "dd"), 0);
	assert_int_equal(walk_to(e, fd), 0);
	/* A link in its place is not followed: it is found where it is. */
	assert_int_equal(symlinkat("dd", e->share, "d"), 0);
	assert_int_equal(walk_to(e, fd), 0);
}

static void
test_outside(void **state)
{
	struct wenv *e = *state;
	char away[sizeof(e->path) + 2];
	int fd;

	walk_setup(e, 0);
	fd = wenv_node(e, "d/f");
	snprintf(away, sizeof(away), "%s.d", e->path);
	assert_int_equal(renameat(e->share, "d", AT_FDCWD, away), 0);
	assert_int_equal(walk_to(e, fd), ESTALE);
	assert_int_equal(renameat(AT_FDCWD, away, e->share, "d"), 0);
	assert_int_equal(walk_to(e, fd), 0);
}

/* Without a name it is its owner's. */
static void
test_removed(void **state)
{
	struct wenv *e = *state;
	int fd;

	walk_setup(e, 0);
	fd = wenv_node(e, "d/f");
	assert_int_equal(unlinkat(e->share, "d/f", 0), 0);
	assert_int_equal(walk_to(e, fd), 0);
	e->who.cred.uid = OTHER;
	assert_int_equal(walk_to(e, fd), ESTALE);
	e->who.cred.class = CRED_ROOT;
	assert_int_equal(walk_to(e, fd), 0);
}

static void
test_closed(void **state)
{
	struct wenv *e = *state;
	uint64_t hour = 3600 * WALK_NSEC;
	int fd, dirfd;

	if (getuid() != 0)
		skip();
	walk_setup(e, hour);
	assert_int_equal(fchmod(e->share, 0755), 0);
	assert_int_equal(fchmodat(e->share, "d", 0700, 0), 0);
	fd = wenv_node(e, "d/f");
	dirfd = wenv_node(e, "d");
	assert_int_equal(seteuid(OTHER), 0);
	assert_int_equal(walk_to(e, fd), EACCES);
	/* The directory itself can be walked to; what is in it cannot. */
	assert_int_equal(walk_to(e, dirfd), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchmodat(e->share, "d", 0755, 0), 0);
	assert_int_equal(seteuid(OTHER), 0);
	assert_int_equal(walk_to(e, fd), 0);
	assert_int_equal(seteuid(0), 0);
}

/* A way that was walked is believed for a while, by this worker alone. */
static void
test_kept(void **state)
{
	struct wenv *e = *state;
	uint64_t hour = 3600 * WALK_NSEC;
	struct statx stx;
	int fd;

	if (getuid() != 0)
		skip();
	walk_setup(e, hour);
	assert_int_equal(fchmod(e->share, 0755), 0);
	fd = wenv_node(e, "d/f");
	assert_int_equal(walk_to(e, fd), 0);
	assert_int_equal(fchmodat(e->share, "d", 0700, 0), 0);
	assert_int_equal(seteuid(OTHER), 0);
	assert_int_equal(walk_to(e, fd), 0);
	/* Another file in its place, or its time is over. */
	assert_int_equal(walk_stat(&e->who, fd, &stx), 0);
	stx.stx_btime.tv_nsec ^= 1;
	assert_int_equal(walk_check(&e->who, fd, &stx), EACCES);
	walk_slot(&stx)->until = walk_now();
	assert_int_equal(walk_to(e, fd), EACCES);
	/* What it found by name needs no walk. */
	walk_found(&e->who, fd);
	assert_int_equal(walk_to(e, fd), 0);
	walk_slot(&stx)->until = 0;
	e->who.walk_ns = 0;
	walk_found(&e->who, fd);
	assert_int_equal(walk_to(e, fd), EACCES);
	assert_int_equal(seteuid(0), 0);
}

/* Also when a test failed as somebody else, and in the way of no other. */
static int
teardown(void **state)
{
	if (getuid() == 0 && seteuid(0) == -1)
		return -1;
	close(FSWORKER_FD_ROOT);
	return wenv_teardown(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_there), T(test_outside), T(test_removed),
		T(test_closed), T(test_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
