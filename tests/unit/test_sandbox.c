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
 * Knows: that a loaded table allows its rows and nothing else, in children.
 * Never: which rows a process needs (tests/sandbox/probe.c).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/sandbox.c"
#include "common/sandbox_fsworker.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What every child here needs to load a filter and to end. */
#define BASE \
	SB_ALLOW(exit_group, "the end"), \
	SB_ARG(prctl, "read back", SB_IS(0, PR_GET_SECCOMP))

#define PASSED	0
#define KILLED	SIGSYS

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* 0 if body() came to its end in a child, else the signal or -status. */
static int
run(void (*body)(void))
{
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSYS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
			_exit(9);
		body();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void
enter(const struct sandbox_row *rows, size_t cnt, enum sandbox_action action)
{
	struct sandbox_table t = { rows, cnt };

	sandbox_enter(&t, 1, action);
}
#define ENTER(action, ...) do { \
	const struct sandbox_row rows_[] = { BASE, __VA_ARGS__ }; \
	enter(rows_, sizeof(rows_) / sizeof(rows_[0]), action); \
} while (0)

static void
allowed_body(void)
{
	ENTER(SANDBOX_KILL, SB_ALLOW(getppid, "test"));
	if (syscall(SYS_getppid) <= 0)
		_exit(1);
}

static void
unlisted_body(void)
{
	ENTER(SANDBOX_KILL, SB_ALLOW(getppid, "test"));
	syscall(SYS_getpid);
}

static void
test_rows(void **state)
{
	(void)state;
	assert_int_equal(run(allowed_body), PASSED);
	assert_int_equal(run(unlisted_body), KILLED);
}

static unsigned long arg0, arg1, arg2;

/* dup3(2): its arguments may be anything, it only fails. */
static void
eq_body(void)
{
	ENTER(SANDBOX_KILL, SB_ARG(dup3, "test", SB_IS(0, 1000), SB_IS(2, 7)));
	if (syscall(SYS_dup3, arg0, arg1, arg2) != -1)
		_exit(1);
}

static void
le_body(void)
{
	ENTER(SANDBOX_KILL, SB_ARG(dup3, "test", SB_UPTO(0, 1000)));
	syscall(SYS_dup3, arg0, arg1, arg2);
}

static void
mask_body(void)
{
	ENTER(SANDBOX_KILL, SB_ARG(dup3, "test", SB_MASK(2, 4, 0)));
	syscall(SYS_dup3, arg0, arg1, arg2);
}

static void
alternatives_body(void)
{
	ENTER(SANDBOX_KILL, SB_ARG(dup3, "one", SB_IS(0, 1000), SB_IS(2, 7)),
	    SB_ARG(dup3, "two", SB_IS(0, 1001), SB_IS(2, 8)));
	syscall(SYS_dup3, arg0, arg1, arg2);
}

static int
with(void (*body)(void), unsigned long a, unsigned long b, unsigned long c)
{
	arg0 = a;
	arg1 = b;
	arg2 = c;
	return run(body);
}

static void
test_equal(void **state)
{
	(void)state;
	assert_int_equal(with(eq_body, 1000, 0, 7), PASSED);
	assert_int_equal(with(eq_body, 1000, 99, 7), PASSED);
	assert_int_equal(with(eq_body, 1001, 0, 7), KILLED);
	assert_int_equal(with(eq_body, 1000, 0, 8), KILLED);
	assert_int_equal(with(eq_body, 0, 0, 0), KILLED);
	/* All 64 bits are compared. */
	assert_int_equal(with(eq_body, 1000 | 1UL << 32, 0, 7), KILLED);
	assert_int_equal(with(eq_body, 1000, 0, 7 | 1UL << 63), KILLED);
}

static void
test_upto(void **state)
{
	(void)state;
	assert_int_equal(with(le_body, 0, 0, 7), PASSED);
	assert_int_equal(with(le_body, 1000, 0, 7), PASSED);
	assert_int_equal(with(le_body, 1001, 0, 7), KILLED);
	assert_int_equal(with(le_body, -1UL, 0, 7), KILLED);
	assert_int_equal(with(le_body, 1UL << 32, 0, 7), KILLED);
}

static void
test_masked(void **state)
{
	(void)state;
	assert_int_equal(with(mask_body, 1000, 0, 3), PASSED);
	assert_int_equal(with(mask_body, 1000, 0, 0xfffffff8), PASSED);
	assert_int_equal(with(mask_body, 1000, 0, 4), KILLED);
	assert_int_equal(with(mask_body, 1000, 0, -1UL), KILLED);
}

static void
test_alternatives(void **state)
{
	(void)state;
	assert_int_equal(with(alternatives_body, 1000, 0, 7), PASSED);
	assert_int_equal(with(alternatives_body, 1001, 0, 8), PASSED);
	assert_int_equal(with(alternatives_body, 1000, 0, 8), KILLED);
	assert_int_equal(with(alternatives_body, 1001, 0, 7), KILLED);
}

static void
errno_body(void)
{
	ENTER(SANDBOX_KILL, SB_ERRNO(getppid, ENOTTY, "test"));
	if (syscall(SYS_getppid) != -1 || errno != ENOTTY)
		_exit(1);
}

static void
union_body(void)
{
	static const struct sandbox_row one[] = { BASE };
	static const struct sandbox_row two[] = { SB_ALLOW(getppid, "test") };
	const struct sandbox_table t[] = { { one, 2 }, { two, 1 } };

	sandbox_enter(t, 2, SANDBOX_KILL);
	if (syscall(SYS_getppid) <= 0)
		_exit(1);
}

static void
test_errno_and_union(void **state)
{
	(void)state;
	assert_int_equal(run(errno_body), PASSED);
	assert_int_equal(run(union_body), PASSED);
}

static void
log_body(void)
{
	ENTER(SANDBOX_LOG, SB_ALLOW(getppid, "test"));
	if (syscall(SYS_getpid) <= 0)
		_exit(1);
}

static void
caught(int sig)
{
	(void)sig;
	_exit(77);
}

static void
trap_body(void)
{
	signal(SIGSYS, caught);
	ENTER(SANDBOX_TRAP, SB_ALLOW(getppid, "test"));
	syscall(SYS_getpid);
}

/* Killed means killed, whatever is installed for the signal. */
static void
kill_body(void)
{
	signal(SIGSYS, caught);
	ENTER(SANDBOX_KILL, SB_ALLOW(getppid, "test"));
	syscall(SYS_getpid);
}

/* The largest table, when the kernel has no memory left for us. */
static void
short_body(void)
{
	struct rlimit none = { 0, 0 };
	struct sandbox_table t[2] = { sandbox_fsworker };
	const struct sandbox_row more[] = { SB_ALLOW(getppid, "test") };

	t[1].rows = more;
	t[1].row_cnt = 1;
	sandbox_reserve();
	if (setrlimit(RLIMIT_AS, &none) == -1 || sbrk(0x40000) != (void *)-1)
		_exit(1);
	sandbox_enter(t, 2, SANDBOX_KILL);
	if (syscall(SYS_getppid) <= 0)
		_exit(2);
}

static void
test_short(void **state)
{
	(void)state;
#ifdef VIOFSD_INSTRUMENTED
	skip();		/* there malloc(3) is the sanitizer's */
#endif
	assert_int_equal(run(short_body), PASSED);
}

static void
test_actions(void **state)
{
	(void)state;
	assert_int_equal(run(log_body), PASSED);
	assert_int_equal(run(trap_body), -77);
	assert_int_equal(run(kill_body), KILLED);
}

static void *
thread(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	syscall(SYS_getpid);
	_exit(1);
}

/* A thread that was there before has the filter, and takes all with it. */
static void
thread_body(void)
{
	pthread_t t;

	pthread_mutex_lock(&lock);
	if (pthread_create(&t, NULL, thread, NULL) != 0)
		_exit(1);
	ENTER(SANDBOX_KILL, SB_ALLOW(futex, "test"),
	    SB_ALLOW(clock_nanosleep, "test"));
	pthread_mutex_unlock(&lock);
	for (;;)
		sleep(10);
}

static void
test_threads(void **state)
{
	(void)state;
	assert_int_equal(run(thread_body), KILLED);
}

#ifdef __x86_64__
static void
x32_body(void)
{
	ENTER(SANDBOX_KILL, SB_ALLOW(getppid, "test"));
	syscall(SYS_getppid | 0x40000000);
}

/* getpid(2) of i386 has the number of writev(2). */
static void
i386_body(void)
{
	long r = 20;

	ENTER(SANDBOX_KILL, SB_ALLOW(getppid, "test"),
	    SB_ALLOW(writev, "test"));
	__asm__ volatile("int $0x80" : "+a"(r) : : "r8", "r9", "r10", "r11",
	    "memory");
}
#endif

static void
test_other_abis(void **state)
{
	(void)state;
#ifdef __x86_64__
	assert_int_equal(run(x32_body), KILLED);
	/* A kernel without i386 has no such call at all. */
	assert_true(run(i386_body) == KILLED || run(i386_body) == SIGSEGV);
#else
	skip();
#endif
}

/* libseccomp refuses two tests of one argument. */
static void
bad_row_body(void)
{
	log_set_level(LOG_LEVEL_OFF);
	ENTER(SANDBOX_KILL, SB_ARG(dup3, "test", SB_IS(0, 1), SB_IS(0, 2)));
}

/* A table that cannot be loaded ends the process, it is not left out. */
static void
test_fatal(void **state)
{
	(void)state;
	assert_int_equal(run(bad_row_body), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_upto),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_errno_and_union),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_other_abis),
		cmocka_unit_test(test_fatal),
	};

#ifdef VIOFSD_INSTRUMENTED
	printf("1..0 # SKIP no sanitizer fits into a filter\n");
	return 0;
#endif
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
