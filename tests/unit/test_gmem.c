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
 * Knows: guest memory with regions that touch, that do not, and that vanish.
 * Never: rings.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/gmem.c"

#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>

#define PAGE	0x1000UL
#define GPA	0x100000UL
#define UVA	0x7f0000000000UL

static struct gmem mem;

static int
make_file(size_t len)
{
	int fd = memfd_create("gmem", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	return fd;
}

static struct gmem_range
range(uint64_t gpa, uint64_t len, uint64_t off)
{
	struct gmem_range r = { gpa, len, UVA + gpa, off };

	return r;
}

static int
add(int fd, uint64_t gpa, uint64_t len, uint64_t off)
{
	struct gmem_range r = range(gpa, len, off);

	return gmem_add(&mem, fd, &r);
}

/* Two regions that touch, in reverse file order, and one behind a hole. */
static int
setup(void **state)
{
	int fd = make_file(16 * PAGE);

	(void)state;
	gmem_init(&mem);
	assert_int_equal(add(fd, GPA + 8 * PAGE, 2 * PAGE, 8 * PAGE), 0);
	assert_int_equal(add(fd, GPA + 4 * PAGE, 2 * PAGE, 0), 0);
	assert_int_equal(add(fd, GPA, 4 * PAGE, 2 * PAGE), 0);
	close(fd);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	gmem_clear(&mem);
	return 0;
}

static void
test_sorted(void **state)
{
	(void)state;
	assert_int_equal(mem.cnt, 3);
	assert_int_equal(mem.regions[0].range.gpa, GPA);
	assert_int_equal(mem.regions[1].range.gpa, GPA + 4 * PAGE);
	assert_int_equal(mem.regions[2].range.gpa, GPA + 8 * PAGE);
}

static void
test_huge_page_alignment(void **state)
{
	const struct gmem_region *r;
	unsigned int i;

	(void)state;
	for (i = 0; i < mem.cnt; i++) {
		r = &mem.regions[i];
		assert_int_equal(((uintptr_t)r->base - r->range.off) %
		    (2UL << 20), 0);
	}
}

static void
test_iov_inside(void **state)
{
	static const struct {
		uint64_t gpa, len;
		int err;
		unsigned int cnt;
	} cases[] = {
		{ GPA, 1, 0, 1 },
		{ GPA, 4 * PAGE, 0, 1 },
		{ GPA + 4 * PAGE - 1, 1, 0, 1 },
		{ GPA + 4 * PAGE - 2, 1, 0, 1 },
		{ GPA + 4 * PAGE - 1, 2, 0, 2 },	/* crosses */
		{ GPA, 6 * PAGE, 0, 2 },		/* ends at the end */
		{ GPA, 6 * PAGE + 1, EFAULT, 0 },	/* into the hole */
		{ GPA + 5 * PAGE, 3 * PAGE + 1, EFAULT, 0 },
		{ GPA + 6 * PAGE, 1, EFAULT, 0 },
		{ GPA + 8 * PAGE - 1, 1, EFAULT, 0 },
		{ GPA + 8 * PAGE, 2 * PAGE, 0, 1 },
		{ GPA + 10 * PAGE, 1, EFAULT, 0 },
		{ GPA - 1, 1, EFAULT, 0 },
		{ GPA - 1, 2, EFAULT, 0 },
		{ GPA, 0, 0, 0 },
		{ 0, 1, EFAULT, 0 },
		{ UINT64_MAX, 1, EFAULT, 0 },		/* wraps */
		{ UINT64_MAX - 9, 20, EFAULT, 0 },
		{ GPA, UINT64_MAX, EFAULT, 0 },
		{ GPA + (1ULL << 32), 1, EFAULT, 0 },	/* high bits count */
	};
	struct iovec iov[4];
	unsigned int i, j, cnt;
	size_t sum;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(gmem_iov(&mem, cases[i].gpa, cases[i].len,
		    iov, 4, &cnt), cases[i].err);
		if (cases[i].err != 0)
			continue;
		assert_int_equal(cnt, cases[i].cnt);
		for (j = 0, sum = 0; j < cnt; j++)
			sum += iov[j].iov_len;
		assert_int_equal(sum, cases[i].len);
	}
}

static void
test_iov_bytes(void **state)
{
	struct iovec iov[2];
	unsigned int cnt;

	(void)state;
	/* File page 5 ends region one, file page 0 begins region two. */
	assert_int_equal(gmem_iov(&mem, GPA + 4 * PAGE - 3, 7, iov, 2, &cnt),
	    0);
	assert_int_equal(cnt, 2);
	assert_int_equal(iov[0].iov_len, 3);
	assert_int_equal(iov[1].iov_len, 4);
	assert_ptr_equal(iov[0].iov_base,
	    mem.regions[0].base + 4 * PAGE - 3);
	assert_ptr_equal(iov[1].iov_base, mem.regions[1].base);
}

static void
test_iov_room(void **state)
{
	struct iovec iov[1];
	unsigned int cnt;

	(void)state;
	assert_int_equal(gmem_iov(&mem, GPA + 4 * PAGE - 1, 2, iov, 1, &cnt),
	    E2BIG);
	assert_int_equal(gmem_iov(&mem, GPA, 1, iov, 0, &cnt), E2BIG);
}

static void
test_from_user(void **state)
{
	uint64_t u = UVA + GPA;

	(void)state;
	assert_ptr_equal(gmem_from_user(&mem, u, 4 * PAGE),
	    mem.regions[0].base);
	assert_ptr_equal(gmem_from_user(&mem, u + PAGE, 3 * PAGE),
	    mem.regions[0].base + PAGE);
	/* Rings must lie within one region, even if the next one touches. */
	assert_null(gmem_from_user(&mem, u, 4 * PAGE + 1));
	assert_null(gmem_from_user(&mem, u + PAGE, 3 * PAGE + 1));
	assert_null(gmem_from_user(&mem, u + 6 * PAGE, 1));
	assert_null(gmem_from_user(&mem, u - 1, 1));
	assert_null(gmem_from_user(&mem, u, SIZE_MAX));
	assert_null(gmem_from_user(&mem, UINT64_MAX, 2));
	assert_null(gmem_from_user(&mem, GPA, 1));
}

static void
test_add_refused(void **state)
{
	struct gmem_range r;
	int fd = make_file(4 * PAGE), dir, pair[2];

	(void)state;
	assert_int_equal(add(fd, 0, 0, 0), EINVAL);
	assert_int_equal(add(fd, 0, PAGE + 1, 0), EINVAL);
	assert_int_equal(add(fd, 1, PAGE, 0), EINVAL);
	assert_int_equal(add(fd, 0, PAGE, 8), EINVAL);
	assert_int_equal(add(fd, 0, 5 * PAGE, 0), EINVAL);
	assert_int_equal(add(fd, 0, PAGE, 4 * PAGE), EINVAL);
	assert_int_equal(add(fd, 0, PAGE, -PAGE), EINVAL);
	assert_int_equal(add(fd, 0, -PAGE, PAGE), EINVAL);
	assert_int_equal(add(fd, -PAGE, PAGE, 0), EINVAL);
	r = range(0, 2 * PAGE, 0);
	r.uva = -PAGE;
	assert_int_equal(gmem_add(&mem, fd, &r), EINVAL);
	/* Overlaps: same, inside, one page at either end, around. */
	assert_int_equal(add(fd, GPA, 4 * PAGE, 0), EEXIST);
	assert_int_equal(add(fd, GPA + PAGE, PAGE, 0), EEXIST);
	assert_int_equal(add(fd, GPA - PAGE, 2 * PAGE, 0), EEXIST);
	assert_int_equal(add(fd, GPA + 9 * PAGE, 2 * PAGE, 0), EEXIST);
	assert_int_equal(add(fd, GPA + 7 * PAGE, 4 * PAGE, 0), EEXIST);
	r = range(0, PAGE, 0);
	r.uva = UVA + GPA + 3 * PAGE;
	assert_int_equal(gmem_add(&mem, fd, &r), EEXIST);
	assert_int_equal(add(-1, 0, PAGE, 0), EBADF);
	close(fd);
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(add(pair[0], 0, PAGE, 0), EINVAL);
	close(pair[0]);
	close(pair[1]);
	dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(add(dir, 0, PAGE, 0), EINVAL);
	close(dir);
	assert_int_equal(mem.cnt, 3);
}

static void
test_read_only_file(void **state)
{
	char path[32];
	int fd = make_file(PAGE), ro;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ro >= 0);
	assert_int_equal(add(ro, 0, PAGE, 0), EACCES);
	close(ro);
	close(fd);
}

static void
test_slots(void **state)
{
	int fd = make_file(PAGE);
	unsigned int i;

	(void)state;
	for (i = 3; i < GMEM_REGION_MAX; i++)
		assert_int_equal(add(fd, (1UL << 32) + i * 2 * PAGE, PAGE, 0),
		    0);
	assert_int_equal(add(fd, 0, PAGE, 0), ENOSPC);
	close(fd);
}

static void
test_del(void **state)
{
	struct gmem_range r = range(GPA + 4 * PAGE, 2 * PAGE, 0);
	struct iovec iov[2];
	unsigned int cnt;

	(void)state;
	r.len = PAGE;
	assert_int_equal(gmem_del(&mem, &r), ENOENT);
	r.len = 2 * PAGE;
	r.uva++;
	assert_int_equal(gmem_del(&mem, &r), ENOENT);
	r.uva--;
	/* The last translation is remembered, no longer than its region. */
	assert_int_equal(gmem_iov(&mem, r.gpa, 1, iov, 2, &cnt), 0);
	assert_int_equal(gmem_del(&mem, &r), 0);
	assert_int_equal(gmem_del(&mem, &r), ENOENT);
	assert_int_equal(gmem_iov(&mem, r.gpa, 1, iov, 2, &cnt), EFAULT);
	assert_int_equal(gmem_iov(&mem, GPA + 8 * PAGE, 1, iov, 2, &cnt), 0);
	assert_int_equal(mem.cnt, 2);
	r = range(GPA + 8 * PAGE, 2 * PAGE, 0);
	assert_int_equal(gmem_del(&mem, &r), 0);
	assert_int_equal(gmem_iov(&mem, r.gpa, 1, iov, 2, &cnt), EFAULT);
}

static void
test_move(void **state)
{
	static struct gmem next;
	struct gmem_range r = range(0, PAGE, 0);
	struct iovec iov[1];
	unsigned int cnt;
	int fd = make_file(PAGE);

	(void)state;
	gmem_init(&next);
	assert_int_equal(gmem_add(&next, fd, &r), 0);
	close(fd);
	gmem_move(&mem, &next);
	assert_int_equal(next.cnt, 0);
	assert_int_equal(mem.cnt, 1);
	assert_int_equal(gmem_iov(&mem, GPA, 1, iov, 1, &cnt), EFAULT);
	assert_int_equal(gmem_iov(&mem, 0, PAGE, iov, 1, &cnt), 0);
}

/* In a child: 0 if it lives and sees zeros, else its signal. */
static int
touch_truncated(size_t at, int guarded)
{
	volatile uint8_t *p;
	int fd = make_file(4 * PAGE), status;
	pid_t pid;

	assert_int_equal(add(fd, 0, 4 * PAGE, 0), 0);
	p = gmem_from_user(&mem, UVA, 4 * PAGE);
	p[at] = 7;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGBUS, SIG_DFL);
		if (guarded && gmem_guard(&mem) != 0)
			_exit(1);
		if (gmem_broken() || ftruncate(fd, PAGE) == -1)
			_exit(2);
		if (p[at] != 0 || !gmem_broken())
			_exit(3);
		/* The zeros can be written, and stay. */
		p[at] = 9;
		if (p[at] != 9)
			_exit(4);
		gmem_clear(&mem);
		_exit(gmem_broken() ? 5 : 0);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return -WEXITSTATUS(status);
}

static void
test_truncated(void **state)
{
	(void)state;
	assert_int_equal(touch_truncated(3 * PAGE + 5, 1), 0);
}

static void
test_truncated_unguarded(void **state)
{
	(void)state;
	assert_int_equal(touch_truncated(2 * PAGE, 0), SIGBUS);
}

static void
test_other_sigbus(void **state)
{
	volatile uint8_t *p;
	int fd, status;
	pid_t pid;

	(void)state;
	fd = make_file(PAGE);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED || gmem_guard(&mem) != 0)
			_exit(1);
		_exit(p[PAGE] + 2);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_huge_page_alignment,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_iov_inside, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_iov_bytes, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_iov_room, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_from_user, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_add_refused, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_read_only_file, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_del, setup, teardown),
		cmocka_unit_test_setup_teardown(test_move, setup, teardown),
		cmocka_unit_test_setup_teardown(test_truncated, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_truncated_unguarded,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_sigbus, setup,
		    teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
