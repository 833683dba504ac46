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
 * Knows: what a process in our Landlock domain cannot do any more, each tried
 * in a child.
 * Never: which process has which domain.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/landlock.c"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static char top[] = "/tmp/viofsd-landlock.XXXXXX";
static char program[sizeof(top) + 16];
static int topfd;
static int abi;

/* The status of body() in a child, 128 + signal if one ended it. */
static int
run(int (*body)(void))
{
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(body());
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* An abstract socket that listens; only its process group knows the name. */
static int
abstract(struct sockaddr_un *sun, socklen_t *len)
{
	int fd;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)snprintf(sun->sun_path + 1, 64, "%s", top));
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		_exit(99);
	return fd;
}

static int
beneath_body(void)
{
	int r = landlock_enter(topfd);

	if (r != abi)
		return 1;
	if (openat(topfd, "file", O_RDWR) == -1)
		return 2;
	if (mkdirat(topfd, "dir", 0700) == -1)
		return 3;
	if (abi >= 1 && open("/etc/passwd", O_RDONLY) != -1)
		return 4;
	if (abi >= 1 && mkdir("/tmp/viofsd-landlock-outside", 0700) != -1)
		return 5;
	if (abi >= 2 && renameat(topfd, "file", topfd, "dir/file") == -1)
		return 6;
	return unlinkat(topfd, "dir/file", 0) == -1 ? 7 :
	    unlinkat(topfd, "dir", AT_REMOVEDIR) == -1 ? 8 : 0;
}

static int
nothing_body(void)
{
	if (landlock_enter(-1) != abi)
		return 1;
	if (abi >= 1 && openat(topfd, "file", O_RDONLY) != -1)
		return 2;
	if (abi >= 3 && truncate(top, 0) != -1)
		return 3;
	return 0;
}

static int
reach(int supervisor)
{
	struct sockaddr_un sun;
	socklen_t len;
	int fd = abstract(&sun, &len), r;

	r = supervisor ? landlock_enter_supervisor() : landlock_enter(-1);
	if (r != abi)
		return 1;
	if (abi >= 6 && connect(fd, (void *)&sun, len) != -1)
		return 2;
	if (abi >= 6 && (kill(getppid(), 0) == -1) == supervisor)
		return 3;
	return 0;
}

static int
scope_body(void)
{
	return reach(0);
}

static int
supervisor_body(void)
{
	return reach(1);
}

/* The share, and one program that is not in it, are all that is left. */
static int
bare(int readonly)
{
	int exe = open("/bin/true", O_PATH), fd;

	if (landlock_enter_bare(topfd, exe, readonly) != abi)
		return 1;
	if (openat(topfd, "file", O_RDONLY) == -1)
		return 2;
	if ((openat(topfd, "file", O_RDWR) == -1) != (readonly && abi >= 1))
		return 3;
	if ((mkdirat(topfd, "dir", 0700) == -1) != (readonly && abi >= 1))
		return 4;
	if (abi >= 1 && open("/etc/passwd", O_RDONLY) != -1)
		return 5;
	if ((fd = open("/bin/true", O_RDONLY)) == -1)
		return 6;
	close(fd);
	execl(program, program, (char *)NULL);
	if (errno != (abi >= 1 ? EACCES : ENOEXEC))
		return 7;
	if (abi >= 6 && kill(getppid(), 0) != -1)
		return 8;
	unlinkat(topfd, "dir", AT_REMOVEDIR);
	return 0;
}

static int
bare_body(void)
{
	return bare(0);
}

static int
bare_readonly_body(void)
{
	return bare(1);
}

static void
test_bare(void **state)
{
	(void)state;
	assert_int_equal(landlock_abi(), abi);
	assert_int_equal(run(bare_body), 0);
	assert_int_equal(run(bare_readonly_body), 0);
}

static void
test_files(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(run(nothing_body), 0);
	assert_int_equal(run(beneath_body), 0);
	assert_true((fd = openat(topfd, "file", O_CREAT, 0600)) != -1);
	close(fd);
}

static void
test_scope(void **state)
{
	struct sockaddr_un sun;
	socklen_t len;
	int fd;

	(void)state;
	fd = abstract(&sun, &len);
	assert_int_equal(bind(fd, (void *)&sun, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(run(scope_body), 0);
	assert_int_equal(run(supervisor_body), 0);
	close(fd);
}

static int
setup(void **state)
{
	long r;

	(void)state;
	r = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LL_CREATE_RULESET_VERSION);
	abi = r == -1 ? 0 : (int)r;
	printf("# Landlock ABI %d\n", abi);
	if (mkdtemp(top) == NULL)
		return -1;
	topfd = open(top, O_PATH | O_DIRECTORY);
	if (topfd == -1)
		return -1;
	/* Nothing that would run: its content is never looked at. */
	snprintf(program, sizeof(program), "%s/program", top);
	return close(openat(topfd, "program", O_CREAT, 0700)) |
	    close(openat(topfd, "file", O_CREAT, 0600));
}

static int
teardown(void **state)
{
	(void)state;
	unlinkat(topfd, "program", 0);
	unlinkat(topfd, "file", 0);
	return rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_scope),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
