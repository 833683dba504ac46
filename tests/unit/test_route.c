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
 * Knows: whose worker a request goes to, and what a guest may claim.
 * Never: a worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/route.c"

#include <string.h>

static struct fs fs;
static struct req req;
static uint8_t args[512];

/* A request of uid:gid whose extensions are len bytes, behind a name. */
static void
request(uint32_t uid, uint32_t gid, const void *ext, size_t len)
{
	memset(&req, 0, sizeof(req));
	req.fs = &fs;
	req.in.uid = uid;
	req.in.gid = gid;
	memset(args, 0xff, sizeof(args));
	memcpy(args + 8, ext, len);
	req.args = args;
	req.args_len = 8 + len;
	req.ext_len = len;
	fs.session.flags = FUSE_CREATE_SUPP_GROUP;
	fs.conf.flags = MSG_SHARE_TRUST_GUEST;
	fs.conf.policy = MSG_POLICY_GROUPS;
	fs.ids.cnt = 0;
}

static void
expect(int creates, enum cred_class class, uint32_t uid, uint32_t gid)
{
	struct cred c;

	assert_int_equal(route_first(&req, creates, &c), 0);
	assert_int_equal(c.class, class);
	assert_int_equal(c.uid, uid);
	assert_int_equal(c.gid, gid);
	assert_true(cred_valid(&c));
}

static void
test_users(void **state)
{
	(void)state;
	request(1000, 1001, "", 0);
	expect(0, CRED_USER, 1000, 1001);
	expect(1, CRED_USER, 1000, 1001);
	/* Guest root: one worker for all groups, but where files are made. */
	request(0, 1001, "", 0);
	expect(0, CRED_ROOT, 0, 0);
	expect(1, CRED_ROOT, 0, 1001);
	request(1000, 0, "", 0);
	expect(0, CRED_USER, 1000, 0);
}

/* An id of -1 is right on an idmapped mount, and never for a new file. */
static void
test_no_ids(void **state)
{
	struct cred c;

	(void)state;
	request(UINT32_MAX, 5, "", 0);
	assert_int_equal(route_first(&req, 0, &c), EINVAL);
	fs.session.flags |= FUSE_PROTO_ALLOW_IDMAP;
	expect(0, CRED_ROOT, 0, 0);
	assert_int_equal(route_first(&req, 1, &c), EINVAL);
	request(5, UINT32_MAX, "", 0);
	assert_int_equal(route_first(&req, 0, &c), EINVAL);
	fs.session.flags |= FUSE_PROTO_ALLOW_IDMAP;
	expect(0, CRED_ROOT, 0, 0);
	assert_int_equal(route_first(&req, 1, &c), EINVAL);
}

static void
test_group(void **state)
{
	const uint32_t one[] = { 16, FUSE_PROTO_EXT_GROUPS, 1, 44 };
	struct cred c;

	(void)state;
	request(1000, 1000, one, sizeof(one));
	assert_int_equal(route_first(&req, 1, &c), 0);
	assert_int_equal(c.gid_cnt, 1);
	assert_int_equal(c.gids[0], 44);
	/* Only where a file is made, and only if it was agreed on. */
	assert_int_equal(route_first(&req, 0, &c), 0);
	assert_int_equal(c.gid_cnt, 0);
	fs.session.flags = 0;
	assert_int_equal(route_first(&req, 1, &c), 0);
	assert_int_equal(c.gid_cnt, 0);
}

static void
test_extensions_together(void **state)
{
	const uint32_t ext[] = {
		16, 31, 7, 7,				/* not ours */
		24, FUSE_PROTO_EXT_GROUPS, 3, 9, 4, 9,
		8, 0,
		16, FUSE_PROTO_EXT_GROUPS, 1, 2,
		16, FUSE_PROTO_EXT_GROUPS, 0, 77,	/* not counted */
	};
	struct cred c;

	(void)state;
	request(1000, 1000, ext, sizeof(ext));
	assert_int_equal(route_first(&req, 1, &c), 0);
	assert_int_equal(c.gid_cnt, 3);
	assert_int_equal(c.gids[0], 2);
	assert_int_equal(c.gids[1], 4);
	assert_int_equal(c.gids[2], 9);
}

static void
test_malformed(void **state)
{
	static const struct {
		size_t len;
		uint32_t ext[8];
	} row[] = {
		{ 4, { 4 } },				/* half a header */
		{ 8, { 0, FUSE_PROTO_EXT_GROUPS } },	/* goes nowhere */
		{ 8, { 7, FUSE_PROTO_EXT_GROUPS } },
		{ 8, { 0, 31 } },
		{ 8, { 8, FUSE_PROTO_EXT_GROUPS } },	/* no count */
		{ 8, { 16, FUSE_PROTO_EXT_GROUPS } },	/* past the end */
		{ 8, { UINT32_MAX, 31 } },
		{ 8, { 0x80000008, 31 } },
		{ 16, { 12, FUSE_PROTO_EXT_GROUPS, 0, 0 } },
		{ 16, { 15, 31, 0, 0 } },
		{ 24, { 12, 31, 0, 12, 31, 0 } },	/* not aligned */
		{ 16, { 16, FUSE_PROTO_EXT_GROUPS, 2, 1 } },
		{ 16, { 16, FUSE_PROTO_EXT_GROUPS, UINT32_MAX, 1 } },
		{ 16, { 16, FUSE_PROTO_EXT_GROUPS, 0x40000001, 1 } },
		{ 16, { 16, FUSE_PROTO_EXT_GROUPS, 1, UINT32_MAX } },
		{ 20, { 16, FUSE_PROTO_EXT_GROUPS, 1, 5, 4 } },
		{ 24, { 16, FUSE_PROTO_EXT_GROUPS, 1, 5, 16, 31 } },
	};
	struct cred c;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		request(1000, 1000, row[i].ext, row[i].len);
		assert_int_equal(route_first(&req, 1, &c), EINVAL);
	}
}

static void
test_group_limit(void **state)
{
	uint32_t ext[4 + CRED_GROUPS_MAX + 2] = { 0 };
	struct cred c;
	uint32_t cnt, i;

	(void)state;
	for (cnt = CRED_GROUPS_MAX; cnt <= CRED_GROUPS_MAX + 1; cnt++) {
		ext[0] = (12 + 4 * cnt + 7) & ~7u;
		ext[1] = FUSE_PROTO_EXT_GROUPS;
		ext[2] = cnt;
		for (i = 0; i < cnt; i++)
			ext[3 + i] = 9000 - i;
		request(1000, 1000, ext, ext[0]);
		assert_int_equal(route_first(&req, 1, &c),
		    cnt <= CRED_GROUPS_MAX ? 0 : EINVAL);
	}
}

/* Anything at all: no crash, and never a credential that is not valid. */
static void
test_random_extensions(void **state)
{
	uint64_t x = 0x9e3779b97f4a7c15ULL;
	uint32_t ext[24];
	unsigned int i, k, good = 0;
	struct cred c;

	(void)state;
	for (i = 0; i < 200000; i++) {
		for (k = 0; k < 24; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			ext[k] = (uint32_t)(x % 5) * 8;
		}
		request((uint32_t)(x >> 40), 7, ext, (x >> 20) % 12 * 8);
		if (route_first(&req, 1, &c) == 0) {
			assert_true(cred_valid(&c));
			assert_int_equal(c.class, CRED_USER);
			good++;
		}
	}
	assert_true(good > 1000);
}

/* Guest ids are the host's by the map, in every place they can be. */
static void
test_translate(void **state)
{
	static const struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 1000, 10 },
		{ IDMAP_GID, IDMAP_GUEST, 0, 2000, 10 },
		{ IDMAP_UID, IDMAP_FORBID_GUEST, 500, 0, 1 },
		{ IDMAP_GID, IDMAP_FORBID_GUEST, 600, 0, 1 },
		{ IDMAP_UID, IDMAP_SQUASH_GUEST, 700, 0, 10 },
	};
	const uint32_t ext[] = { 24, FUSE_PROTO_EXT_GROUPS, 3, 1, 600, 2 };
	const uint32_t good[] = { 24, FUSE_PROTO_EXT_GROUPS, 2, 1, 77, 0 };
	struct cred c;

	(void)state;
	request(3, 4, "", 0);
	fs.ids.rules = rules;
	fs.ids.cnt = 5;
	expect(0, CRED_USER, 1003, 2004);
	expect(1, CRED_USER, 1003, 2004);
	/* Guest root is the share's root, but makes files as the map says. */
	req.in.uid = req.in.gid = 0;
	expect(0, CRED_ROOT, 0, 0);
	expect(1, CRED_USER, 1000, 2000);
	req.in.uid = 705;		/* squashed to root */
	expect(0, CRED_ROOT, 0, 2000);
	expect(1, CRED_ROOT, 0, 2000);
	req.in.uid = 500;
	assert_int_equal(route_first(&req, 0, &c), EPERM);
	req.in.uid = 3;
	req.in.gid = 600;
	assert_int_equal(route_first(&req, 0, &c), EPERM);
	request(3, 4, ext, sizeof(ext));
	fs.ids.cnt = 5;
	assert_int_equal(route_first(&req, 0, &c), 0);
	assert_int_equal(route_first(&req, 1, &c), EPERM);
	request(3, 4, good, sizeof(good));
	fs.ids.cnt = 5;
	assert_int_equal(route_first(&req, 1, &c), 0);
	assert_int_equal(c.gid_cnt, 2);
	assert_int_equal(c.gids[0], 77);
	assert_int_equal(c.gids[1], 2001);
}

static void
test_retry(void **state)
{
	const uint32_t one[] = { 16, FUSE_PROTO_EXT_GROUPS, 1, 44 };
	struct cred c;

	(void)state;
	request(1000, 1001, one, sizeof(one));
	assert_int_equal(route_first(&req, 1, &req.call.cred), 0);
	assert_int_equal(route_retry(&req, EACCES, &c), 1);
	assert_int_equal(c.class, CRED_ROOT);
	assert_int_equal(c.gid, 0);
	assert_int_equal(c.gid_cnt, 0);
	assert_int_equal(route_retry(&req, EPERM, &c), 1);
	/* A file that is made belongs to him who made it. */
	req.call.creates = 1;
	assert_int_equal(route_retry(&req, EACCES, &c), 1);
	assert_int_equal(c.class, CRED_CREATOR);
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 1001);
	assert_int_equal(c.gids[0], 44);
}

static void
test_no_retry(void **state)
{
	static const int other[] = {
		0, ENOENT, EROFS, EIO, EXDEV, ELOOP, ENOSPC, EEXIST,
	};
	struct cred c;
	unsigned int i;

	(void)state;
	request(1000, 1001, "", 0);
	cred_set(&req.call.cred, CRED_USER, 1000, 1001);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_int_equal(route_retry(&req, other[i], &c), 0);
	fs.conf.flags = 0;		/* permissions are the host's */
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	fs.conf.flags = MSG_SHARE_TRUST_GUEST;
	req.call.retried = 1;		/* once */
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	req.call.retried = 0;		/* root has nowhere to go */
	cred_set(&req.call.cred, CRED_ROOT, 0, 0);
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	cred_set(&req.call.cred, CRED_CREATOR, 1000, 1001);
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	cred_set(&req.call.cred, CRED_USER, 1000, 1001);
	req.call.final = 1;		/* ACCESS: the answer is it */
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
}

/* Where there is but one user, guest root is that one, at once. */
static void
test_bare(void **state)
{
	static const struct idmap_rule rule = {
		IDMAP_UID, IDMAP_GUEST, 0, 70, 1,
	};
	struct cred c;

	(void)state;
	request(0, 0, "", 0);
	fs.conf.flags |= MSG_SHARE_BARE;
	fs.conf.root_uid = 70;
	fs.conf.root_gid = 71;
	assert_int_equal(route_first(&req, 0, &req.call.cred), 0);
	assert_int_equal(req.call.cred.class, CRED_USER);
	assert_int_equal(req.call.cred.uid, 70);
	assert_int_equal(req.call.cred.gid, 71);
	/* Nobody has more rights. */
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	fs.ids.rules = &rule;
	fs.ids.cnt = 1;
	req.call.creates = 1;
	assert_int_equal(route_first(&req, 1, &req.call.cred), 0);
	assert_int_equal(req.call.cred.class, CRED_USER);
	assert_int_equal(req.call.cred.uid, 70);
	assert_int_equal(route_retry(&req, EACCES, &c), 0);
	/* Others find what that one finds. */
	req.in.uid = 1000;
	req.call.creates = 0;
	assert_int_equal(route_first(&req, 0, &req.call.cred), 0);
	assert_int_equal(req.call.cred.uid, 1000);
	assert_int_equal(route_retry(&req, EPERM, &c), 1);
	assert_int_equal(c.class, CRED_USER);
	assert_int_equal(c.uid, 70);
	/* Or it is root, who has no capability. */
	fs.conf.root_uid = 0;
	assert_int_equal(route_root(&req, &c), 0);
	assert_int_equal(c.class, CRED_ROOT);
	assert_int_equal(c.gid, 71);
	fs.conf.root_gid = 0;
}

/* Root of the pool that a user lies in, where the kernel keeps it there. */
static void
test_pools(void **state)
{
	static const struct idmap_rule up = {
		IDMAP_UID, IDMAP_GUEST, 0, 3000, 100,
	};
	struct handle h = { .class = CRED_USER, .uid = 3001 };
	struct cred c;

	(void)state;
	request(1005, 1006, "", 0);
	fs.conf.pool_cnt = 2;
	fs.conf.pools[0] = (struct msg_pool){ 1000, 1999, 100, 0 };
	fs.conf.pools[1] = (struct msg_pool){ 3000, 3999, 3000, 0 };
	expect(0, CRED_USER, 1005, 1006);
	assert_int_equal(route_first(&req, 0, &req.call.cred), 0);
	assert_int_equal(route_retry(&req, EACCES, &c), 1);
	assert_int_equal(c.class, CRED_POOL);
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 100);
	assert_int_equal(route_root(&req, &c), 0);
	assert_int_equal(c.uid, 1000);
	/* What is done by a handle is the affair of who opened it. */
	req.handle[0] = &h;
	assert_int_equal(route_root(&req, &c), 0);
	assert_int_equal(c.class, CRED_POOL);
	assert_int_equal(c.uid, 3000);
	req.handle[0] = NULL;
	/* Those of no such pool have the share's root. */
	request(2000, 2000, "", 0);
	assert_int_equal(route_first(&req, 0, &req.call.cred), 0);
	assert_int_equal(route_retry(&req, EACCES, &c), 1);
	assert_int_equal(c.class, CRED_ROOT);
	request(0, 7, "", 0);
	expect(0, CRED_ROOT, 0, 0);
	expect(1, CRED_ROOT, 0, 7);
	/* ... unless guest root is translated to one of these users. */
	fs.ids.rules = &up;
	fs.ids.cnt = 1;
	expect(0, CRED_POOL, 3000, 3000);
	expect(1, CRED_USER, 3000, 7);
	fs.ids.cnt = 0;
	fs.conf.pools[0].first = 0;
	expect(0, CRED_POOL, 0, 100);
	expect(1, CRED_POOL, 0, 7);
	/* The host's word: guest root, in his pool, as himself. */
	fs.conf.policy = MSG_POLICY_HOST | MSG_POLICY_ROOT;
	fs.ids.cnt = 1;
	expect(0, CRED_POOL, 3000, 3000);
	expect(1, CRED_POOL, 3000, 7);
	req.in.uid = 5;
	expect(0, CRED_USER, 3005, 7);
	fs.conf.pool_cnt = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_no_ids),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_extensions_together),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_group_limit),
		cmocka_unit_test(test_random_extensions),
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_no_retry),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_pools),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
