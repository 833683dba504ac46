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
 * Knows: that privilege given up is gone, and that a check can fail.
 * Never: a real jail (tests/sandbox/jail.sh).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/jail.c"

#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>

#include "common/caps.h"

/* A child that is not root and has nothing left to give up. */
static struct cred who;

static void
drop(void)
{
	gid_t gids[2] = { 70, 80 };

	log_set_level(LOG_LEVEL_OFF);
	caps_keep(JAIL_CAP(CAP_SETUID) | JAIL_CAP(CAP_SETGID), 0);
	if (setgroups(2, gids) == -1 || setresgid(60, 60, 60) == -1 ||
	    setresuid(50, 50, 50) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		_exit(9);
	caps_keep(0, 0);
	jail_no_new_privs();
	cred_set(&who, CRED_USER, 50, 60);
	cred_add_group(&who, 80);
	cred_add_group(&who, 70);
}

/* Exit status of body() in a child; 0 if it returns. */
static int
run(void (*body)(void))
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		body();
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void
good_body(void)
{
	struct jail_identity id;

	drop();
	jail_verify(&who, 0);
	jail_observe(&id);
	if (id.ruid != 50 || id.fsuid != 50 || id.sgid != 60 ||
	    id.fsgid != 60 || id.groups.gid_cnt != 2 ||
	    id.groups.gids[0] != 70 || id.groups.gids[1] != 80)
		_exit(2);
	if ((id.cap_eff | id.cap_prm | id.cap_inh | id.cap_bnd |
	    id.cap_amb) != 0 || id.no_new_privs != 1 || id.dumpable != 0)
		_exit(3);
}

static void
uid_body(void)
{
	drop();
	who.uid++;
	jail_verify(&who, 0);
}

static void
gid_body(void)
{
	drop();
	who.gid++;
	jail_verify(&who, 0);
}

static void
group_missing_body(void)
{
	drop();
	cred_add_group(&who, 90);
	jail_verify(&who, 0);
}

static void
group_surplus_body(void)
{
	drop();
	cred_set(&who, CRED_USER, 50, 60);
	jail_verify(&who, 0);
}

static void
cap_missing_body(void)
{
	drop();
	jail_verify(&who, JAIL_CAP(CAP_CHOWN));
}

static void
dumpable_body(void)
{
	drop();
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	jail_verify(&who, 0);
}

/* Root with a capability it should not have. */
static void
root_with(uint64_t caps, uint64_t said)
{
	log_set_level(LOG_LEVEL_OFF);
	if (setgroups(0, NULL) == -1 || setresgid(0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		_exit(9);
	caps_keep(caps, caps);
	jail_no_new_privs();
	cred_set(&who, CRED_ROOT, 0, 0);
	jail_verify(&who, said);
}

static void
root_body(void)
{
	struct jail_identity id;

	root_with(JAIL_CAP(CAP_CHOWN), JAIL_CAP(CAP_CHOWN));
	jail_observe(&id);
	if (id.cap_eff != JAIL_CAP(CAP_CHOWN) || id.cap_prm != id.cap_eff ||
	    id.cap_bnd != id.cap_eff || (id.cap_inh | id.cap_amb) != 0)
		_exit(2);
}

static void
cap_surplus_body(void)
{
	root_with(JAIL_CAP(CAP_CHOWN) | JAIL_CAP(CAP_MKNOD),
	    JAIL_CAP(CAP_CHOWN));
}

/* Only the effective set is changed; the permitted one stays as it is. */
static void
root_effective(uint64_t permitted, uint64_t effective, uint64_t said)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = {
		{ (uint32_t)effective, (uint32_t)permitted, 0 },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0 },
	};

	root_with(permitted, permitted);
	if (syscall(SYS_capset, &h, d) == -1)
		_exit(9);
	jail_verify(&who, said);
}

static void
effective_missing_body(void)
{
	root_effective(JAIL_CAP(CAP_CHOWN), 0, JAIL_CAP(CAP_CHOWN));
}

static void
permitted_surplus_body(void)
{
	root_effective(JAIL_CAP(CAP_CHOWN) | JAIL_CAP(CAP_MKNOD),
	    JAIL_CAP(CAP_CHOWN), JAIL_CAP(CAP_CHOWN));
}

/* Right on paper, but the way back is open. */
static void
way_back_body(void)
{
	root_with(JAIL_CAP(CAP_SETUID), 0);
}

static void
no_nnp_body(void)
{
	log_set_level(LOG_LEVEL_OFF);
	if (setgroups(0, NULL) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		_exit(9);
	caps_keep(0, 0);
	cred_set(&who, CRED_ROOT, 0, 0);
	jail_verify(&who, 0);
}

static void
need_root(void)
{
	if (geteuid() != 0) {
		printf("# not run as root\n");
		skip();
	}
}

/* As the kernel numbers it, and nothing where it has no such thing. */
static void
test_userns(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/user", &st), 0);
	assert_int_equal(jail_userns(AT_FDCWD, "/proc/self/ns/user"),
	    st.st_ino);
	assert_int_equal(jail_userns(AT_FDCWD, "/proc/self/ns/none"), 0);
}

static void
test_right(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(run(good_body), 0);
	assert_int_equal(run(root_body), 0);
}

static void
test_wrong_ids(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(run(uid_body), 1);
	assert_int_equal(run(gid_body), 1);
	assert_int_equal(run(group_missing_body), 1);
	assert_int_equal(run(group_surplus_body), 1);
}

static void
test_wrong_caps(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(run(cap_missing_body), 1);
	assert_int_equal(run(cap_surplus_body), 1);
	assert_int_equal(run(effective_missing_body), 1);
	assert_int_equal(run(permitted_surplus_body), 1);
	assert_int_equal(run(way_back_body), 1);
}

static void
test_wrong_flags(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(run(dumpable_body), 1);
	assert_int_equal(run(no_nnp_body), 1);
}

static void
limits_body(void)
{
	struct rlimit l;

	jail_limits(99, 1, 12345);
	if (getrlimit(RLIMIT_NOFILE, &l) == -1 || l.rlim_max != 99 ||
	    getrlimit(RLIMIT_NPROC, &l) == -1 || l.rlim_max != 0 ||
	    getrlimit(RLIMIT_CORE, &l) == -1 || l.rlim_max != 0 ||
	    getrlimit(RLIMIT_FSIZE, &l) == -1 || l.rlim_max != 12345)
		_exit(2);
}

static void
limits_some_body(void)
{
	struct rlimit before[2], after[2];

	getrlimit(RLIMIT_NPROC, &before[0]);
	getrlimit(RLIMIT_FSIZE, &before[1]);
	jail_limits(99, 0, RLIM_INFINITY);
	getrlimit(RLIMIT_NPROC, &after[0]);
	getrlimit(RLIMIT_FSIZE, &after[1]);
	if (memcmp(before, after, sizeof(before)) != 0)
		_exit(2);
}

/* More than the hard limit cannot be had: fatal, not ignored. */
static void
limits_high_body(void)
{
	struct rlimit l = { 50, 50 };

	log_set_level(LOG_LEVEL_OFF);
	if (setrlimit(RLIMIT_NOFILE, &l) == -1 ||
	    (geteuid() == 0 && setresuid(50, 50, 50) == -1))
		_exit(9);
	jail_limits(99, 0, RLIM_INFINITY);
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(run(limits_body), 0);
	assert_int_equal(run(limits_some_body), 0);
	assert_int_equal(run(limits_high_body), 1);
}

/* Memory that was written is never executed, where the kernel sees to it. */
static void
mdwe_body(void)
{
	void *p;

	jail_no_new_privs();
	if (prctl(PR_GET_MDWE, 0, 0, 0, 0) == -1)
		_exit(7);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED ||
	    mprotect(p, 4096, PROT_READ | PROT_EXEC) != -1)
		_exit(2);
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		_exit(3);
}

static void
test_mdwe(void **state)
{
	int r = run(mdwe_body);

	(void)state;
	if (r == 7)
		skip();	/* before Linux 6.3 */
	assert_int_equal(r, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_userns),
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong_ids),
		cmocka_unit_test(test_wrong_caps),
		cmocka_unit_test(test_wrong_flags),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_mdwe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
