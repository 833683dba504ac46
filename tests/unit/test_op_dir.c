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
 * Knows: directories that are open and have no descriptor.
 * Never: a real worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "listenv.h"

#include "transport/op_dir.c"
#include "transport/op.h"

static struct handle *usual;	/* what listenv.h has opened */
static struct fuse_in_header head;
static struct fuse_fsync_in sync_in;

/* A request of the root user's about the share's root. */
static struct req *
request(uint32_t opcode, void *arg, size_t len)
{
	struct req *r = req_new(&fs);
	int repliable;

	assert_non_null(r);
	memset(&head, 0, sizeof(head));
	head.len = (uint32_t)(sizeof(head) + len);
	head.opcode = opcode;
	head.nodeid = FUSE_ROOT_ID;
	head.uid = head.gid = asker;
	memset(out_buf, 0xaa, sizeof(out_buf));
	r->chain.iov[0].iov_base = &head;
	r->chain.iov[0].iov_len = sizeof(head);
	r->chain.iov[1].iov_base = arg;
	r->chain.iov[1].iov_len = len;
	r->chain.in_len = sizeof(head) + len;
	r->chain.iov[2].iov_base = out_buf;
	r->chain.iov[2].iov_len = r->chain.out_len = sizeof(out_buf);
	r->chain.in_cnt = 2;
	r->chain.out_cnt = 1;
	assert_int_equal(req_read(r, &repliable), 0);
	push_cnt = 0;
	return r;
}

/* Open it; 1 if no worker was asked, who opens it as fd otherwise. */
static int
open_dir(int fd)
{
	static struct fuse_open_in in;
	const struct fuse_open_out *out = (const void *)(reply() + 1);

	op_opendir(request(FUSE_OPENDIR, &in, sizeof(in)));
	if (ask_cnt == 0) {
		check_reply(ROOM);
		assert_int_equal(reply()->error, 0);
		dir = handle_get(fs.handles, root, out->fh, 1);
		assert_non_null(dir);
		assert_int_equal(dir->fd, -1);
		return 1;
	}
	assert_int_equal(asked[0]->call.type, Q_OPENDIR);
	memset(&ans, 0, sizeof(ans));
	if (fd == -1) {
		ask_cnt = 0;
		asked[0]->call.done(asked[0], EIO, NULL);
		return 0;
	}
	fdbag_put(&ans.m.fds, fd);
	ask_cnt = 0;
	asked[0]->call.done(asked[0], 0, &ans.m);
	dir = handle_get(fs.handles, root, out->fh, 1);
	assert_int_equal(dir->fd, fd);
	return 0;
}

static void
close_dir(void)
{
	handle_release(fs.handles, fs.nodes, dir);
	dir = usual;
}

static int
real(const char *name)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	return fd;
}

/* A worker's answer with fd as the last descriptor. */
static void
more(int fd, uint32_t flags)
{
	memset(&ans, 0, sizeof(ans));
	record("file1", 1);
	record("file2", 1);
	if (fd != -1)
		fdbag_put(&ans.m.fds, fd);
	ans.a.flags = flags;
	answer();
	fdbag_close(&ans.m.fds);
	assert_int_equal(reply()->error, 0);
	assert_int_equal(reply()->len, sizeof(*reply()) + 2 * ENTRY(5));
}

static int
setup(void **state)
{
	(void)state;
	usual = dir;
	asker = 0;
	memset(&fs.session, 0, sizeof(fs.session));
	fs.session.flags = FUSE_DO_READDIRPLUS;
	fs.conf.flags = MSG_SHARE_HANDLES;
	fs.conf.policy = 0;
	fs.cookies = 1;
	fs.dev_major = root->dev_major;
	fs.dev_minor = root->dev_minor;
	return 0;
}

/* OPENDIR is answered at once, where it has nothing to say. */
static void
test_who(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	assert_int_equal(dir->class, CRED_ROOT);
	close_dir();
	for (i = 0; i < 8; i++) {
		setup(NULL);
		switch (i) {
		case 0:
			asker = 1000;
			break;
		case 1:
			fs.conf.flags |= MSG_SHARE_READONLY;
			break;
		case 2:
			fs.conf.flags = 0;
			break;
		case 3:
			fs.conf.policy = MSG_POLICY_STRICT;
			break;
		case 4:
			fs.cookies = 0;
			break;
		case 5:
			fs.dev_minor++;
			break;
		case 6:
			fs.dev_major++;
			break;
		default:
			fs.session.flags = 0;
			break;
		}
		assert_int_equal(open_dir(-1), 0);
		assert_int_equal(reply()->error, -EIO);
		assert_int_equal(open_dir(real(".")), 0);
		close_dir();
	}
	setup(NULL);
}

/* What is not open counts as what is, up to the same bound. */
static void
test_counts(void **state)
{
	struct handle *h[16];
	struct fuse_open_in in;
	unsigned int open = fs.fd_open, i, n;

	(void)state;
	memset(&in, 0, sizeof(in));
	for (n = 0; n < 9; n++) {
		assert_int_equal(open_dir(-1), 1);
		h[n] = dir;
		assert_int_equal(fs.fd_open, open + n + 1);
	}
	op_opendir(request(FUSE_OPENDIR, &in, sizeof(in)));
	assert_int_equal(reply()->error, -ENFILE);
	for (i = 0; i < n; i++) {
		dir = h[i];
		close_dir();
	}
	assert_int_equal(fs.fd_open, open);
}

/* The node's descriptor goes by number; the last page leaves nothing. */
static void
test_whole(void **state)
{
	uint32_t uses = root->uses;

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	assert_int_equal(root->uses, uses + 1);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.type, Q_READDIRPLUS);
	assert_int_equal(asked[0]->call.handles, 0);
	assert_int_equal(asked[0]->call.cred.class, CRED_ROOT);
	assert_int_equal(asked[0]->call.q.readdirplus.flags,
	    MSG_LIST_SEALED | MSG_LIST_OPEN);
	assert_true(asked[0]->call.q.readdirplus.entry_max < MSG_DIRPLUS_MAX);
	more(-1, MSG_LIST_END);
	assert_int_equal(dir->fd, -1);
	/* And once more from the beginning. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	assert_int_equal(asked[0]->call.q.readdirplus.flags,
	    MSG_LIST_SEALED | MSG_LIST_OPEN);
	more(-1, MSG_LIST_END);
	close_dir();
	assert_int_equal(root->uses, uses);
}

/* There is more: that one is ours from now on. */
static void
test_more(void **state)
{
	uint32_t uses = root->uses;
	int fd = real(".");

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	more(fd, MSG_LIST_MORE);
	assert_int_equal(dir->fd, fd);
	assert_int_equal(root->uses, uses);
	list(FUSE_READDIRPLUS, 2, ROOM, ROOM);
	assert_int_equal(asked[0]->call.handles, 1);
	assert_int_equal(asked[0]->call.q.readdirplus.flags, MSG_LIST_SEALED);
	more(-1, MSG_LIST_END);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	assert_int_equal(ask_cnt, 0);
	check_reply(ROOM);
	close_dir();
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(root->uses, uses);
}

/* A worker says what it was not asked, or gives what it was not told to. */
static void
test_lies(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	/* Not the directory. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	fd = real("file3");
	more(fd, MSG_LIST_MORE);
	assert_int_equal(dir->fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* Another directory. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	more(open("/", O_RDONLY | O_CLOEXEC), MSG_LIST_MORE);
	assert_int_equal(dir->fd, -1);
	/* It said so, but there is none: what comes is an entry's. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	more(-1, MSG_LIST_MORE);
	assert_int_equal(dir->fd, -1);
	/* It did not say so. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	fd = real(".");
	more(fd, 0);
	assert_int_equal(dir->fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* Of an open one none was to come. */
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	fd = real(".");
	more(fd, MSG_LIST_MORE);
	list(FUSE_READDIRPLUS, 2, ROOM, ROOM);
	more(real("."), MSG_LIST_END | MSG_LIST_MORE);
	assert_int_equal(dir->fd, fd);
	close_dir();
}

/* Nothing goes on early without a descriptor to go on with. */
static void
test_not_early(void **state)
{
	(void)state;
	assert_int_equal(open_dir(-1), 1);
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	more(-1, 0);
	list(FUSE_READDIRPLUS, 2, ROOM, ROOM);
	more(-1, 0);
	assert_int_equal(ask_cnt, 0);
	close_dir();
}

/* Open it for a request that asked; the answer is err or fd. */
static void
opened(int err, int fd)
{
	assert_int_equal(push_cnt, 0);
	assert_int_equal(ask_cnt, 1);
	ask_cnt = 0;
	assert_int_equal(asked[0]->call.type, Q_OPENDIR);
	assert_int_equal(asked[0]->call.cred.class, CRED_ROOT);
	assert_int_equal(asked[0]->call.tail_len, 0);
	memset(&ans, 0, sizeof(ans));
	if (fd != -1)
		fdbag_put(&ans.m.fds, fd);
	asked[0]->call.done(asked[0], err, err != 0 ? NULL : &ans.m);
}

/* READDIR and FSYNCDIR want it open, and so does READDIRPLUS of others. */
static void
test_needed(void **state)
{
	struct fuse_fsync_in *in = &sync_in;

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	opened(EMFILE, -1);
	assert_int_equal(reply()->error, -EMFILE);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	opened(0, real("file1"));
	assert_int_equal(reply()->error, -ESTALE);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	opened(0, real("."));
	check_reply(ROOM);
	assert_int_equal(reply()->error, 0);
	assert_true(reply()->len > sizeof(*reply()));
	close_dir();
	assert_int_equal(open_dir(-1), 1);
	memset(in, 0, sizeof(*in));
	in->fh = handle_id(dir);
	op_fsyncdir(request(FUSE_FSYNCDIR, in, sizeof(*in)));
	opened(0, real("."));
	assert_int_equal(push_cnt, 1);
	assert_int_equal(reply()->error, 0);
	close_dir();
	assert_int_equal(open_dir(-1), 1);
	asker = 1000;
	list(FUSE_READDIRPLUS, 0, ROOM, ROOM);
	opened(0, real("."));
	assert_int_equal(ask_cnt, 1);
	assert_int_equal(asked[0]->call.cred.class, CRED_USER);
	assert_int_equal(asked[0]->call.handles, 1);
	more(-1, MSG_LIST_END);
	close_dir();
}

/* Two who wait for it: one of the descriptors is enough. */
static void
test_twice(void **state)
{
	struct req *second;
	int fd = real("."), other = real(".");

	(void)state;
	assert_int_equal(open_dir(-1), 1);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	list(FUSE_READDIR, 0, ROOM, ROOM);
	assert_int_equal(ask_cnt, 2);
	second = asked[1];
	ask_cnt = 1;
	opened(0, fd);
	assert_int_equal(push_cnt, 1);
	asked[0] = second;
	ask_cnt = 1;
	push_cnt = 0;
	opened(0, other);
	assert_int_equal(push_cnt, 1);
	assert_int_equal(dir->fd, fd);
	assert_int_equal(fcntl(other, F_GETFD), -1);
	close_dir();
}

#undef UNIT
#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_who), UNIT(test_counts), UNIT(test_whole),
		UNIT(test_more), UNIT(test_lies), UNIT(test_not_early),
		UNIT(test_needed), UNIT(test_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
