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
 * Knows: which ioctls are done, and that nothing else is.
 * Never: the loop or the jail.
 */

#include "config.h"

#include "../../fsworker/w_ioctl.c"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <unistd.h>

#include "../../common/proc.h"
#include "wenv.h"

static struct a_ioctl test_a;

static int
test_do(struct wenv *e, int fd, uint32_t cmd, const void *in, size_t in_len,
    uint32_t out_size)
{
	struct q_ioctl q = { cmd, MSG_IOCTL_HANDLE, out_size, 0 };
	struct serve_req *req = wenv_req(e, fd, -1);

	memset(&test_a, 0, sizeof(test_a));
	req->asked = in;
	req->asked_len = in_len;
	return on_ioctl(req, &q, &test_a);
}

static void
test_flags(void **state)
{
	struct wenv *e = *state;
	unsigned int flags = 0, was;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDONLY);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1) {
		print_message("# no inode flags here\n");
		skip();
	}
	assert_int_equal(test_do(e, fd, FS_IOC_GETFLAGS, &flags, 4, 4), 0);
	assert_int_equal(e->req.tail_len, 4);
	assert_memory_equal(e->req.tail, &flags, 4);
	assert_int_equal(test_do(e, fd, FS_IOC_GETFLAGS, NULL, 0, 8), 0);
	assert_int_equal(e->req.tail_len, 8);
	was = flags;
	flags |= FS_NODUMP_FL;
	assert_int_equal(test_do(e, fd, FS_IOC_SETFLAGS, &flags, 4, 0), 0);
	assert_int_equal(e->req.tail_len, 0);
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &was), 0);
	assert_int_equal(was & FS_NODUMP_FL, FS_NODUMP_FL);
	assert_int_equal(test_do(e, fd, FS_IOC_SETFLAGS, &flags, 3, 0),
	    EINVAL);
	flags ^= FS_PROJINHERIT_FL;
	assert_int_equal(test_do(e, fd, FS_IOC_SETFLAGS, &flags, 4, 0),
	    EPERM);
	e->who.flags = MSG_SHARE_READONLY;
	flags = 0;
	assert_int_equal(test_do(e, fd, FS_IOC_SETFLAGS, &flags, 4, 0),
	    EROFS);
	assert_int_equal(test_do(e, fd, FS_IOC_GETFLAGS, NULL, 0, 4), 0);
	close(fd);
}

static void
test_fsxattr(void **state)
{
	struct wenv *e = *state;
	struct fsxattr fsx;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDONLY);
	if (ioctl(fd, FS_IOC_FSGETXATTR, &fsx) == -1) {
		print_message("# no inode flags here\n");
		skip();
	}
	assert_int_equal(test_do(e, fd, FS_IOC_FSGETXATTR, NULL, 0,
	    sizeof(fsx)), 0);
	assert_int_equal(e->req.tail_len, sizeof(fsx));
	memcpy(&fsx, e->req.tail, sizeof(fsx));
	fsx.fsx_xflags |= FS_XFLAG_NODUMP;
	assert_int_equal(test_do(e, fd, FS_IOC_FSSETXATTR, &fsx, sizeof(fsx),
	    0), 0);
	fsx.fsx_projid++;
	assert_int_equal(test_do(e, fd, FS_IOC_FSSETXATTR, &fsx, sizeof(fsx),
	    0), EPERM);
	fsx.fsx_projid--;
	fsx.fsx_xflags ^= FS_XFLAG_PROJINHERIT;
	assert_int_equal(test_do(e, fd, FS_IOC_FSSETXATTR, &fsx, sizeof(fsx),
	    0), EPERM);
	fsx.fsx_xflags ^= FS_XFLAG_PROJINHERIT;
	assert_int_equal(test_do(e, fd, FS_IOC_FSSETXATTR, &fsx,
	    sizeof(fsx) - 1, 0), EINVAL);
	e->who.flags = MSG_SHARE_READONLY;
	assert_int_equal(test_do(e, fd, FS_IOC_FSSETXATTR, &fsx, sizeof(fsx),
	    0), EROFS);
	close(fd);
}

/* Lengths inside the argument must not reach beyond it. */
static void
test_inner_lengths(void **state)
{
	struct wenv *e = *state;
	struct {
		uint16_t alg, size;
		uint8_t digest[32];
	} d = { 0, 33, { 0 } };
	struct {
		uint64_t size;
		uint8_t policy[24];
	} p = { 25, { 0 } };
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDONLY);
	assert_int_equal(test_do(e, fd, FS_IOC_MEASURE_VERITY, &d, sizeof(d),
	    sizeof(d)), EINVAL);
	d.size = UINT16_MAX;
	assert_int_equal(test_do(e, fd, FS_IOC_MEASURE_VERITY, &d, sizeof(d),
	    sizeof(d)), EINVAL);
	d.size = 32;
	assert_int_not_equal(test_do(e, fd, FS_IOC_MEASURE_VERITY, &d,
	    sizeof(d), sizeof(d)), EINVAL);
	assert_int_equal(test_do(e, fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &p,
	    sizeof(p), sizeof(p)), ENOTTY);
	p.size = UINT64_MAX;
	assert_int_equal(test_do(e, fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &p,
	    sizeof(p), sizeof(p)), ENOTTY);
	assert_int_equal(test_do(e, fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &p,
	    7, sizeof(p)), EINVAL);
	close(fd);
}

static void
test_refused(void **state)
{
	static const uint32_t cmds[] = {
		0, TCGETS, TIOCSTI, FIONREAD, FIGETBSZ, FIFREEZE, FITHAW,
		FITRIM, FICLONE, FICLONERANGE, FIDEDUPERANGE, FS_IOC_FIEMAP,
		FS_IOC_SETVERSION, FS_IOC_SETFSLABEL, FS_IOC_ENABLE_VERITY,
		FS_IOC_SET_ENCRYPTION_POLICY, FS_IOC_ADD_ENCRYPTION_KEY,
		FS_IOC_REMOVE_ENCRYPTION_KEY, BLKROSET, UINT32_MAX,
		(uint32_t)FS_IOC_GETFLAGS ^ 1,
	};
	static const char in[MSG_IOCTL_MAX];
	struct wenv *e = *state;
	struct q_ioctl q = { FS_IOC_GETFLAGS, 0, 8, 0 };
	size_t i;
	int fd;

	wenv_file(e, "f", "");
	fd = openat(e->share, "f", O_RDWR);
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		assert_int_equal(test_do(e, fd, cmds[i], in, sizeof(in), 8),
		    ENOTTY);
	assert_int_equal(test_do(e, wenv_node(e, "f"), FS_IOC_GETFLAGS, NULL,
	    0, 8), EBADF);
	assert_int_equal(on_ioctl(wenv_req(e, fd, -1), &q, &test_a), EBADF);
	q.flags = 2;
	assert_int_equal(on_ioctl(wenv_req(e, fd, -1), &q, &test_a), EINVAL);
	q.flags = MSG_IOCTL_HANDLE;
	q.out_size = MSG_IOCTL_MAX + 1;
	assert_int_equal(on_ioctl(wenv_req(e, fd, -1), &q, &test_a), EINVAL);
	assert_int_equal(test_do(e, PROC_FD_PROC, FS_IOC_GETFLAGS, NULL, 0,
	    8), EBADF);
	assert_int_equal(test_do(e, wenv_foreign(), FS_IOC_GETFLAGS, NULL, 0,
	    8), EBADF);
	assert_int_equal(mkfifoat(e->share, "p", 0600), 0);
	assert_int_equal(test_do(e, wenv_node(e, "p"), FS_IOC_GETFLAGS, NULL,
	    0, 8), ENOTTY);
	close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, wenv_setup, wenv_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_flags), T(test_fsxattr), T(test_inner_lengths),
		T(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
