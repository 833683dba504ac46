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
 * Knows: that frozen memory can be read, and neither written nor freed again.
 * Never: what is frozen.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/frozen.c"

#include <sys/wait.h>

#include <signal.h>

struct big {
	char byte[FROZEN_PAGE + 1];
};

static FROZEN(struct big) big;
static char beside = 1;

/* How a child ends that does this to frozen memory. */
static int
run(int (*body)(void))
{
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		big.v.byte[FROZEN_PAGE] = 7;
		frozen_set(&big, sizeof(big));
		_exit(body());
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static int
read_body(void)
{
	beside++;
	return big.v.byte[FROZEN_PAGE];
}

static int
write_body(void)
{
	*(volatile char *)&big.v.byte[FROZEN_PAGE] = 8;
	return 0;
}

static int
thaw_body(void)
{
	if (mprotect(&big, sizeof(big), PROT_READ | PROT_WRITE) != -1)
		return 1;
	if (munmap(&big, sizeof(big)) != -1)
		return 2;
	return mmap(&big, sizeof(big), PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED ? 3 : 0;
}

static int
child_body(void)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(thaw_body());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	    WEXITSTATUS(status) : 9;
}

/* What the kernel says without our code in between. */
static int
kernel_body(void)
{
	void *p = mmap(NULL, FROZEN_PAGE, PROT_READ, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	return syscall(SYS_mseal, p, FROZEN_PAGE, 0) == 0;
}

static int
sealed_body(void)
{
	static FROZEN(char) page;

	return frozen_set(&page, sizeof(page));
}

static int
copy_body(void)
{
	static char from[FROZEN_PAGE + 3];
	const char *p;

	from[FROZEN_PAGE + 2] = 5;
	p = frozen_copy(from, sizeof(from));
	if (frozen_copy(from, 0) != NULL || p == from ||
	    memcmp(p, from, sizeof(from)) != 0)
		return 1;
	from[FROZEN_PAGE + 2] = 6;
	if (p[FROZEN_PAGE + 2] != 5)
		return 2;
	*(volatile char *)(uintptr_t)(p + FROZEN_PAGE + 2) = 6;
	return 3;
}

static void
test_copy(void **state)
{
	(void)state;
	assert_int_equal(run(copy_body), 128 + SIGSEGV);
}

static void
test_read_only(void **state)
{
	(void)state;
	assert_int_equal(sizeof(big), 2 * FROZEN_PAGE);
	assert_int_equal(run(read_body), 7);
	assert_int_equal(run(write_body), 128 + SIGSEGV);
}

static void
test_sealed(void **state)
{
	(void)state;
	assert_int_equal(run(sealed_body), run(kernel_body));
	if (run(kernel_body) == 0)
		skip();	/* before Linux 6.10 */
	assert_int_equal(run(thaw_body), 0);
	assert_int_equal(run(child_body), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_copy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
