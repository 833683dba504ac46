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
 * Knows: what --permissions, --guest-root, --squash-all, --groups and --pool
 * make of a credential, and how they are read.
 * Never: a running process.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/groups.c"
#include "broker/policy.c"

#include "confenv.h"

/* What the host knows: 1000 is in 1000 and 27, 1001 in 100. */
static struct groups_user users[] = {
	{ .uid = 1000, .cnt = 2, .gids = { 1000, 27 } },
	{ .uid = 1001, .cnt = 1, .gids = { 100 } },
};
static uint32_t gids[] = { 0, 27, 42, 100, 1000 };
static const struct groups host = { users, 2, 2, gids, 5 };

static struct policy policy;
static struct policy_rules rules;
static struct policy_verdict v;

static void
start(enum policy_perm perm, enum policy_groups groups)
{
	static const struct idmap none = { NULL, 0 };

	memset(&rules, 0, sizeof(rules));
	rules.perm = perm;
	rules.groups = groups;
	rules.root_uid = rules.root_gid = POLICY_NOBODY;
	policy_init(&policy, &none, 0, 0);
}

static int
ask(enum cred_class class, uint32_t uid, uint32_t gid, uint32_t more)
{
	struct cred c;
	uint64_t caps;
	int e;

	policy_set(&policy, &rules, &host);
	cred_set(&c, class, uid, gid);
	if (more != 0)
		assert_int_equal(cred_add_group(&c, more), 0);
	e = policy_resolve(&policy, &c, &v);
	assert_int_equal(e != 0, v.why != NULL);
	/* What it is resolved to, is itself. */
	if (e == 0)
		assert_int_equal(policy_check(&policy, &v.cred, &caps), 0);
	return e;
}

static void
test_classes(void **state)
{
	(void)state;
	start(POLICY_GUEST, POLICY_GROUPS_GUEST);
	assert_int_equal(ask(CRED_CREATOR, 1000, 1000, 0), 0);
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), 0);
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 0), 0);
	assert_int_equal(v.caps, 0);
	assert_int_equal(ask(CRED_CREATOR, 1000, 1000, 0), EPERM);
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), EPERM);
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE) &
	    1ULL << CAP_DAC_OVERRIDE, 0);
	rules.root = POLICY_ROOT_CAPS;
	rules.root_caps = 1ULL << CAP_CHOWN;
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), 0);
	assert_int_equal(v.caps, 1ULL << CAP_CHOWN);
	assert_int_equal(ask(CRED_CREATOR, 1000, 1000, 0), EPERM);
}

/* A group that the guest claims is worth what the host says of it. */
static void
test_group(void **state)
{
	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_NONE);
	assert_int_equal(ask(CRED_USER, 1000, 27, 0), 0);
	assert_int_equal(ask(CRED_USER, 1000, 42, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 1000, 5000, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 1001, 1000, 0), EPERM);
	/* Somebody unknown in a group that is as unknown. */
	assert_int_equal(ask(CRED_USER, 5000, 5000, 0), 0);
	assert_int_equal(ask(CRED_USER, 5000, 42, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 5000, 0, 0), EPERM);
}

static void
test_supplementary(void **state)
{
	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_NONE);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 27), 0);
	assert_int_equal(v.cred.gid_cnt, 0);
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 42), 0);
	assert_int_equal(v.cred.gid_cnt, 2);
	assert_int_equal(v.cred.gids[0], 27);
	start(POLICY_HOST, POLICY_GROUPS_GUEST);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 27), 0);
	assert_int_equal(v.cred.gid_cnt, 1);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 42), 0);
	assert_int_equal(v.cred.gid_cnt, 0);
	start(POLICY_GUEST, POLICY_GROUPS_GUEST);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 42), 0);
	assert_int_equal(v.cred.gid_cnt, 1);
}

/* Groups that nobody can take on: workers keep the starter's. */
static void
test_stuck(void **state)
{
	static const struct idspace space[2];

	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	policy_space(&policy, space, 1);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 0), 0);
	assert_int_equal(v.cred.gid_cnt, 0);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 27), EINVAL);
}

static void
test_squash(void **state)
{
	(void)state;
	start(POLICY_STRICT, POLICY_GROUPS_HOST);
	assert_int_equal(ask(CRED_USER, POLICY_NOBODY, POLICY_NOBODY, 7), 0);
	assert_int_equal(v.cred.gid_cnt, 0);
	rules.squash_all = 1;
	rules.root_uid = 5;
	rules.root_gid = 42;
	assert_int_equal(ask(CRED_USER, 5, 42, 0), 0);
	assert_int_equal(ask(CRED_USER, 1000, 1000, 0), EPERM);
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), EPERM);
}

static void
test_pools(void **state)
{
	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	rules.pool_cnt = 2;
	rules.pools[0] = (struct policy_pool){ 1000, 1999, 100, 1999, 0, 0 };
	rules.pools[1] = (struct policy_pool){ 5000, 5000, 42, 42, 3, 0 };
	assert_int_equal(ask(CRED_USER, 1000, 1000, 0), 0);
	/* Of 1000's groups, 27 is outside of his pool. */
	assert_int_equal(v.cred.gid_cnt, 1);
	assert_int_equal(ask(CRED_USER, 1000, 27, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 1500, 100, 0), 0);
	assert_int_equal(ask(CRED_USER, 2000, 1000, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 999, 1000, 0), EPERM);
	assert_int_equal(ask(CRED_USER, 5000, 42, 0), 0);
	assert_int_equal(ask(CRED_USER, 5000, 5000, 0), EPERM);
	assert_int_equal(ask(CRED_USER, POLICY_NOBODY, POLICY_NOBODY, 0), 0);
	assert_ptr_equal(policy_pool(&policy, 5000), &policy.rules.pools[1]);
	assert_null(policy_pool(&policy, 0));
	/* A wall is one for guests that are trusted, too. */
	rules.perm = POLICY_GUEST;
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), EPERM);
	assert_int_equal(ask(CRED_CREATOR, 5001, 42, 0), EPERM);
	assert_int_equal(ask(CRED_CREATOR, 1000, 1000, 0), 0);
}

/* A pool whose root is the pool's own, and lives in its namespace. */
static void
test_kept(void **state)
{
	const uint64_t usual = 1ULL << CAP_CHOWN;
	struct cred c;

	(void)state;
	start(POLICY_GUEST, POLICY_GROUPS_GUEST);
	rules.pool_cnt = 2;
	rules.pools[0] = (struct policy_pool){ 0, 999, 0, 999, 0, 0 };
	rules.pools[1] = (struct policy_pool){ 1000, 1999, 100, 1999, 0, 1 };
	assert_int_equal(ask(CRED_USER, 1005, 1000, 42), 0);
	assert_int_equal(policy_home(&policy, &v.cred), POLICY_HOME_SHARE);
	assert_int_equal(ask(CRED_CREATOR, 1005, 1000, 42), 0);
	assert_int_equal(policy_home(&policy, &v.cred), 2);
	/* A group that the namespace does not have is none of his. */
	assert_int_equal(v.cred.gid_cnt, 0);
	assert_int_equal(ask(CRED_CREATOR, 5, 5, 0), 0);
	assert_int_equal(policy_home(&policy, &v.cred), POLICY_HOME_SHARE);
	assert_int_equal(ask(CRED_POOL, 1000, 100, 0), 0);
	assert_int_equal(policy_home(&policy, &v.cred), 2);
	assert_true((v.caps & usual) != 0);
	/* Its root is one, and no pool has it that is not kept. */
	assert_int_equal(ask(CRED_POOL, 1001, 100, 0), EPERM);
	assert_int_equal(ask(CRED_POOL, 1000, 99, 0), EPERM);
	assert_int_equal(ask(CRED_POOL, 0, 0, 0), EPERM);
	assert_int_equal(ask(CRED_POOL, 2000, 1000, 0), EPERM);
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), 0);
	cred_set(&c, CRED_ROOT, 0, 0);
	assert_int_equal(policy_home(&policy, &c), POLICY_HOME_SHARE);
	assert_true((policy_spawner_caps(&policy, POLICY_HOME_SHARE) &
	    usual) != 0);
	assert_true((policy_spawner_caps(&policy, 2) & usual) != 0);
	/* Where all are kept, nobody outside has a capability over files. */
	rules.pools[0].userns = 1;
	assert_int_equal(ask(CRED_ROOT, 0, 0, 0), EPERM);
	assert_int_equal(ask(CRED_POOL, 0, 7, 0), 0);
	assert_int_equal(policy_home(&policy, &v.cred), 1);
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE),
	    1ULL << CAP_SETUID | 1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP |
	    1ULL << CAP_KILL);
	assert_true((policy_spawner_caps(&policy, 1) & usual) != 0);
}

/* Where the host's word is final, it is guest root or nobody. */
static void
test_kept_host(void **state)
{
	static const struct idmap_rule up[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 1500, 10 },
	};
	const struct idmap ids = { up, 1 };

	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	policy_init(&policy, &ids, 0, 0);
	rules.pool_cnt = 2;
	rules.pools[0] = (struct policy_pool){ 1000, 1999, 100, 1999, 0, 1 };
	rules.pools[1] = (struct policy_pool){ 3000, 3999, 100, 1999, 0, 1 };
	rules.root = POLICY_ROOT_CAPS;
	rules.root_caps = 1ULL << CAP_CHOWN;
	assert_int_equal(ask(CRED_POOL, 1500, 100, 0), 0);
	assert_int_equal(v.caps, 1ULL << CAP_CHOWN);
	assert_int_equal(ask(CRED_POOL, 1000, 100, 0), EPERM);
	assert_int_equal(ask(CRED_POOL, 3000, 100, 0), EPERM);
	rules.root = POLICY_ROOT_ID;
	assert_int_equal(ask(CRED_POOL, 1500, 100, 0), EPERM);
}

static void
test_lookup(void **state)
{
	(void)state;
	assert_ptr_equal(groups_find(&host, 1001), &users[1]);
	assert_null(groups_find(&host, 999));
	assert_null(groups_find(&host, 1002));
	assert_int_equal(groups_known(&host, 42), 1);
	assert_int_equal(groups_known(&host, 43), 0);
}

/* The databases of this host: root is there, each user once and in order. */
static void
test_load(void **state)
{
	struct groups g;
	size_t i;

	(void)state;
	start(POLICY_HOST, POLICY_GROUPS_HOST);
	groups_load(&g, &rules);
	assert_non_null(groups_find(&g, 0));
	assert_int_equal(groups_has(groups_find(&g, 0), 0), 1);
	assert_int_equal(groups_known(&g, 0), 1);
	for (i = 1; i < g.user_cnt; i++)
		assert_true(g.users[i - 1].uid < g.users[i].uid);
	free(g.users);
	free(g.gids);
}

static void
test_options(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--readonly"), 0);
	assert_int_equal(conf.rules.perm, POLICY_GUEST);
	assert_int_equal(conf.rules.groups, POLICY_GROUPS_GUEST);
	assert_int_equal(parse_more("--permissions strict"), 0);
	assert_int_equal(conf.rules.groups, POLICY_GROUPS_HOST);
	assert_int_equal(conf.rules.root_uid, POLICY_NOBODY);
	assert_int_equal(conf.handles, CONF_HANDLES_NEVER);
	assert_int_equal(conf.host_suid, CONF_HOST_SUID_NO);
	assert_int_equal(parse_more("--permissions=host --guest-root=7:8"), 0);
	assert_int_equal(conf.rules.root_gid, 8);
	assert_int_equal(parse_more("--permissions=host --guest-root=caps:chown+fowner"), 0);
	assert_int_equal(conf.rules.root_caps,
	    1ULL << CAP_CHOWN | 1ULL << CAP_FOWNER);
	assert_int_equal(parse_more("--pool 5-9,gids=1-2,workers=3 --pool 10"), 0);
	assert_int_equal(conf.rules.pool_cnt, 2);
	assert_int_equal(conf.rules.pools[0].gid_last, 2);
	assert_int_equal(conf.rules.pools[0].worker_max, 3);
	assert_int_equal(conf.rules.pools[1].last, 10);
	assert_int_equal(conf.rules.pools[1].userns, 0);
	assert_int_equal(parse_more("--pool 5-9,userns,gids=1-2"), 0);
	assert_int_equal(conf.rules.pools[0].userns, 1);
	assert_int_equal(conf.rules.pools[0].gid_last, 2);
	assert_int_equal(parse_more("--pool 5-9,userns --permissions=host --guest-root=caps:chown"), 0);
	assert_int_equal(parse_more("--deny=setid,devices"), 0);
	assert_int_equal(conf.deny,
	    MSG_POLICY_NO_SETID | MSG_POLICY_NO_DEVICES);
}

static void
test_options_refused(void **state)
{
	(void)state;
	refused("--shared-dir /s --fd 3 --permissions none", "--permissions");
	refused_more("--permissions=host --permissions=guest", "--");
	refused_more("--squash-all=1:1", "--");
	refused_more("--permissions=host --squash-all=1", "--");
	refused_more("--permissions=host --squash-all=0:1", "--");
	refused_more("--permissions=host --guest-root=0:0", "--");
	refused_more("--permissions=host --guest-root=caps:", "--");
	refused_more("--permissions=host --guest-root=caps:setuid", "--");
	refused_more("--permissions=host --guest-root=userns", "--");
	refused_more("--pool=5-4", "--");
	refused_more("--pool=5-6,workers=0", "--");
	refused_more("--pool=5-6,gids", "--");
	refused_more("--pool=5-6 --pool=6-7", "--");
	refused_more("--pool=5-6,userns=1", "--pool");
	refused_more("--pool=5-6,userns --permissions=host", "--pool");
	refused_more("--pool=5-6,userns --modcaps=+sys_admin", "--pool");
	refused_more("--pool=5-6,userns --permissions=host --guest-root=caps:sys_admin", "--pool");
	refused_more("--pool=1-4294967295", "--");
	refused_more("--deny=", "--");
	refused_more("--deny=setid,", "--");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_supplementary),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_squash),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_host),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_options_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
