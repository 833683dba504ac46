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
 * Knows: which credentials may have a worker, and how fast.
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
#include "broker/rate.c"

static struct policy policy;

static int
check(enum cred_class class, uint32_t uid, uint32_t gid, uint64_t *caps)
{
	struct cred c;

	cred_set(&c, class, uid, gid);
	*caps = ~0ULL;
	return policy_check(&policy, &c, caps);
}

static void
test_classes(void **state)
{
	uint64_t caps;

	(void)state;
	assert_int_equal(check(CRED_USER, 1000, 1000, &caps), 0);
	assert_int_equal(caps, 0);
	assert_int_equal(check(CRED_CREATOR, 1000, 1000, &caps), 0);
	assert_int_equal(caps, 1ULL << CAP_DAC_OVERRIDE);
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	assert_int_equal(caps, 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE |
	    1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_MKNOD |
	    1ULL << CAP_SETFCAP);
	assert_int_equal(check(CRED_ROOT, 0, 1000, &caps), 0);
}

static void
test_refused(void **state)
{
	uint64_t caps;
	struct cred c;

	(void)state;
	assert_int_equal(check(CRED_USER, 0, 0, &caps), EPERM);
	assert_int_equal(check(CRED_CREATOR, 0, 1000, &caps), EPERM);
	assert_int_equal(check(CRED_ROOT, 1000, 0, &caps), EPERM);
	assert_int_equal(check(CRED_CLASS_CNT, 1000, 0, &caps), EPERM);
	assert_int_equal(check(CRED_USER, UINT32_MAX, 0, &caps), EPERM);
	assert_int_equal(check(CRED_USER, 1000, UINT32_MAX, &caps), EPERM);
	cred_set(&c, CRED_USER, 1000, 1000);
	c.gids[0] = 5;
	assert_int_equal(policy_check(&policy, &c, &caps), EPERM);
	c.gid_cnt = CRED_GROUPS_MAX + 1;
	assert_int_equal(policy_check(&policy, &c, &caps), EPERM);
}

static void
test_groups(void **state)
{
	uint64_t caps;
	struct cred c;

	(void)state;
	cred_set(&c, CRED_USER, 1000, 1000);
	assert_int_equal(cred_add_group(&c, 20), 0);
	assert_int_equal(cred_add_group(&c, 10), 0);
	assert_int_equal(policy_check(&policy, &c, &caps), 0);
	c.gids[0] = 20;
	assert_int_equal(policy_check(&policy, &c, &caps), EPERM);
}

/* The spawner can hand out what a class has, and never the keys to more. */
static void
test_spawner(void **state)
{
	uint64_t caps, all = policy_spawner_caps(&policy, POLICY_HOME_SHARE);

	(void)state;
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	assert_int_equal(caps & ~all, 0);
	assert_int_equal(caps & (1ULL << CAP_SETUID | 1ULL << CAP_SETGID |
	    1ULL << CAP_SETPCAP | 1ULL << CAP_KILL), 0);
	assert_int_equal(all & (1ULL << CAP_SYS_ADMIN |
	    1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH |
	    1ULL << CAP_SYS_CHROOT), 0);
}

static void
setup(const struct idmap_rule *rules, uint32_t cnt, uint64_t add,
    uint64_t drop)
{
	struct idmap ids = { rules, cnt };

	policy_init(&policy, &ids, add, drop);
}

/* --modcaps changes what root workers have, and the spawner with them. */
static void
test_modcaps(void **state)
{
	uint64_t caps, plain;

	(void)state;
	assert_int_equal(check(CRED_ROOT, 0, 0, &plain), 0);
	setup(NULL, 0, 1ULL << CAP_SYS_ADMIN, 1ULL << CAP_MKNOD);
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	assert_int_equal(caps, (plain | 1ULL << CAP_SYS_ADMIN) &
	    ~(1ULL << CAP_MKNOD));
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE) &
	    caps, caps);
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE) &
	    1ULL << CAP_MKNOD, 0);
	assert_int_equal(check(CRED_USER, 1, 1, &caps), 0);
	assert_int_equal(caps, 0);
	assert_int_equal(check(CRED_CREATOR, 1, 1, &caps), 0);
	assert_int_equal(caps, 1ULL << CAP_DAC_OVERRIDE);
	setup(NULL, 0, 0, 1ULL << CAP_DAC_OVERRIDE);
	assert_int_equal(check(CRED_CREATOR, 1, 1, &caps), 0);
	assert_int_equal(caps, 0);
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE) &
	    1ULL << CAP_DAC_OVERRIDE, 0);
	setup(NULL, 0, 0, 0);
}

/* A user is made of ids that the guest can come to, every one of them. */
static void
test_idmap(void **state)
{
	static const struct idmap_rule rules[] = {
		{ IDMAP_UID, IDMAP_GUEST, 0, 100000, 1000 },
		{ IDMAP_UID, IDMAP_FORBID_GUEST, 1000, 0, UINT32_MAX - 1000 },
		{ IDMAP_GID, IDMAP_SQUASH_GUEST, 0, 65534, UINT32_MAX },
	};
	uint64_t caps;
	struct cred c;

	(void)state;
	setup(rules, 3, 0, 0);
	assert_int_equal(check(CRED_USER, 100000, 65534, &caps), 0);
	assert_int_equal(check(CRED_CREATOR, 100999, 65534, &caps), 0);
	assert_int_equal(check(CRED_USER, 101000, 65534, &caps), EPERM);
	assert_int_equal(check(CRED_USER, 99999, 65534, &caps), EPERM);
	assert_int_equal(check(CRED_USER, 1, 65534, &caps), EPERM);
	assert_int_equal(check(CRED_USER, 100000, 100000, &caps), EPERM);
	assert_int_equal(check(CRED_CREATOR, 100000, 0, &caps), EPERM);
	cred_set(&c, CRED_USER, 100000, 65534);
	assert_int_equal(cred_add_group(&c, 65534), 0);
	assert_int_equal(policy_check(&policy, &c, &caps), 0);
	assert_int_equal(cred_add_group(&c, 27), 0);
	assert_int_equal(policy_check(&policy, &c, &caps), EPERM);
	/* What retries as root is no user of the guest's. */
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	setup(NULL, 0, 0, 0);
}

/* Nobody outside the user namespace's map gets a worker, root included. */
static void
test_space(void **state)
{
	static const struct idspace space[2] = {
		{ 2, { { 0, 100000, 10 }, { 1000, 200000, 1 } } },
		{ 1, { { 0, 100000, 20 } } },
	};
	uint64_t caps;
	struct cred c;

	(void)state;
	policy_space(&policy, space, 0);
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	assert_int_equal(check(CRED_ROOT, 0, 19, &caps), 0);
	assert_int_equal(check(CRED_ROOT, 0, 20, &caps), EINVAL);
	assert_int_equal(check(CRED_USER, 9, 19, &caps), 0);
	assert_int_equal(check(CRED_USER, 10, 19, &caps), EINVAL);
	assert_int_equal(check(CRED_USER, 1000, 1, &caps), 0);
	assert_int_equal(check(CRED_CREATOR, 1001, 1, &caps), EINVAL);
	assert_int_equal(check(CRED_CREATOR, 9, 20, &caps), EINVAL);
	cred_set(&c, CRED_USER, 9, 9);
	assert_int_equal(cred_add_group(&c, 19), 0);
	assert_int_equal(policy_check(&policy, &c, &caps), 0);
	policy_space(&policy, space, 1);
	assert_int_equal(policy_check(&policy, &c, &caps), EINVAL);
	policy_space(&policy, space, 0);
	assert_int_equal(cred_add_group(&c, 20), 0);
	assert_int_equal(policy_check(&policy, &c, &caps), EINVAL);
	setup(NULL, 0, 0, 0);
}

/* No namespaces: one user, and no capability for anybody. */
static void
test_bare(void **state)
{
	static const struct idspace space[2] = {
		{ 1, { { 70, 70, 1 } } }, { 1, { { 71, 71, 1 } } },
	};
	static const struct idspace root[2] = {
		{ 1, { { 0, 0, 1 } } }, { 1, { { 0, 0, 1 } } },
	};
	uint64_t caps;

	(void)state;
	policy_space(&policy, space, 1);
	policy_bare(&policy);
	assert_int_equal(policy_spawner_caps(&policy, POLICY_HOME_SHARE), 0);
	assert_int_equal(check(CRED_USER, 70, 71, &caps), 0);
	assert_int_equal(caps, 0);
	assert_int_equal(check(CRED_CREATOR, 70, 71, &caps), 0);
	assert_int_equal(caps, 0);
	assert_int_equal(check(CRED_ROOT, 0, 71, &caps), EINVAL);
	assert_int_equal(check(CRED_USER, 70, 0, &caps), EINVAL);
	assert_int_equal(check(CRED_USER, 1000, 71, &caps), EINVAL);
	policy_space(&policy, root, 1);
	assert_int_equal(check(CRED_ROOT, 0, 0, &caps), 0);
	assert_int_equal(caps, 0);
	setup(NULL, 0, 0, 0);
}

static void
test_rate(void **state)
{
	struct rate r;
	unsigned int i;

	(void)state;
	rate_init(&r, 4, 2, 1000);
	for (i = 0; i < 4; i++)
		assert_int_equal(rate_take(&r, 1000), 0);
	assert_int_equal(rate_take(&r, 1000), EAGAIN);
	assert_int_equal(rate_take(&r, 1499), EAGAIN);
	assert_int_equal(rate_take(&r, 1500), 0);
	assert_int_equal(rate_take(&r, 1500), EAGAIN);
	/* Back in time: nothing is gained, nothing wraps. */
	assert_int_equal(rate_take(&r, 0), EAGAIN);
	/* A long pause fills it, and no more than that. */
	for (i = 0; i < 4; i++)
		assert_int_equal(rate_take(&r, UINT64_MAX), 0);
	assert_int_equal(rate_take(&r, UINT64_MAX), EAGAIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_spawner),
		cmocka_unit_test(test_modcaps),
		cmocka_unit_test(test_idmap),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_rate),
	};

	setup(NULL, 0, 0, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
