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
 * Knows: what becomes of a name that a guest looks up: a node, a time for
 * which there is none, or a question of its own for "." and "..".
 * Never: a worker.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/op_name.c"

#include <stdlib.h>
#include <unistd.h>

static struct fs fs;
static struct node dir;
static struct node child = { .idx = 7, .gen = 2, .fd = -1 };
static struct req *req;
static char args[300];
static uint16_t asked;			/* type of the question */
static unsigned int asked_flags, end_cnt;
static int end_err, attr_err, enter_err, kept, known;
static struct fuse_entry_out entry;
static size_t entry_len, seal_len;
static struct {
	struct chan_msg m;
	struct a_lookup a;
	struct msg_seal seal;
} ans;

void
req_end(struct req *r, int err)
{
	assert_ptr_equal(r, req);
	end_cnt++;
	end_err = err;
}

void
req_end_body(struct req *r, const void *body, size_t len)
{
	req_end(r, 0);
	assert_true(len <= sizeof(entry));
	memcpy(&entry, body, len);
	entry_len = len;
}

size_t
req_room(const struct req *r)
{
	(void)r;
	return 100;
}

int
req_node(struct req *r, unsigned int i, uint64_t nodeid)
{
	if (nodeid != 5)
		return EBADF;
	r->node[i] = &dir;
	return 0;
}

int
op_known_lookup(struct req *r, const char *name)
{
	assert_string_equal(name, r->call.q.lookup.name);
	return known;
}

void
op_known_linked(struct fs *f)
{
	(void)f;
	fail();
}

void
op_ahead_reply(struct req *r, int err, const struct fuse_entry_out *out)
{
	if (err != 0)
		assert_null(out);
	if (err != 0)
		req_end(r, err);
	else
		req_end_body(r, out, sizeof(*out));
}

void
ask_worker(struct req *r, uint16_t type, unsigned int flags, req_done *done)
{
	asked = type;
	asked_flags = flags;
	r->call.done = done;
}

int
ask_attr(int fd, const struct msg_attr *said, struct msg_attr *attr)
{
	(void)fd;
	*attr = *said;
	return attr_err;
}

int
req_making(struct req *r)
{
	int making = r->making;

	r->making = 0;
	return making;
}

int
node_enter(struct node_table *t, struct node_file *f, struct node **n)
{
	(void)t;
	kept = f->kept;
	fd_close(&f->fd);
	seal_len = f->seal_len;
	if (seal_len > 0)
		assert_memory_equal(f->seal, &ans.seal, seal_len);
	*n = &child;
	return enter_err;
}

uint64_t
node_id(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->idx;
}

int
node_fd(const struct node *n)
{
	return n->fd;
}

void
node_again(struct node *n)
{
	n->nlookup++;
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	memset(&ans, 0, sizeof(ans));
	fdbag_init(&ans.m.fds);
	ans.m.body = &ans.a;
	ans.m.tail = &ans.seal;
	ans.a.attr.mode = S_IFREG | 0644;
	asked = 0;
	end_cnt = 0;
	end_err = -1;
	attr_err = enter_err = 0;
	entry_len = seal_len = 0;
	return (req = calloc(1, sizeof(*req))) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	fdbag_close(&ans.m.fds);
	free(req);
	return 0;
}

static void
lookup(const char *name)
{
	memset(req, 0, sizeof(*req));
	req->fs = &fs;
	req->in.nodeid = 5;
	req->args_len = strlen(name) + 1;
	memcpy(args, name, req->args_len);
	req->args = (const uint8_t *)args;
	op_lookup(req);
}

static void
test_found(void **state)
{
	int fd = dup(STDIN_FILENO);

	(void)state;
	ans.seal.len = 3;
	ans.m.tail_len = MSG_SEAL_LEN(3);
	fs.conf.entry.sec = 9;
	lookup("name");
	assert_int_equal(asked, Q_LOOKUP);
	assert_int_equal(asked_flags, ASK_REPEATABLE);
	assert_string_equal(req->call.q.lookup.name, "name");
	assert_int_equal(fdbag_put(&ans.m.fds, fd), 0);
	req->call.done(req, 0, &ans.m);
	assert_int_equal(end_err, 0);
	assert_int_equal(entry_len, sizeof(entry));
	assert_true(entry.nodeid == (2ULL << 32 | 7));
	assert_int_equal(entry.entry_valid, 9);
	assert_int_equal(seal_len, MSG_SEAL_LEN(3));
}

static void
test_lies(void **state)
{
	(void)state;
	lookup("name");
	attr_err = EIO;
	req->call.done(req, 0, &ans.m);
	assert_int_equal(end_err, EIO);
	attr_err = 0;
	enter_err = ENFILE;
	lookup("name");
	req->call.done(req, 0, &ans.m);
	assert_int_equal(end_err, ENFILE);
}

/* Who knows the answer need not ask. */
static void
test_known(void **state)
{
	(void)state;
	known = 1;
	lookup("name");
	assert_int_equal(asked, 0);
	known = 0;
	lookup("name");
	assert_int_equal(asked, Q_LOOKUP);
}

/* Two names for a guest that exports the share, and for nobody else. */
static void
test_dots(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
	} row[] = { { ".", Q_SELF }, { "..", Q_PARENT }, { "...", Q_LOOKUP } };
	unsigned int i;

	(void)state;
	lookup(".");
	assert_int_equal(end_err, EINVAL);
	lookup("..");
	assert_int_equal(end_err, EINVAL);
	assert_int_equal(asked, 0);
	fs.session.flags = FUSE_EXPORT_SUPPORT;
	for (i = 0; i < 3; i++) {
		lookup(row[i].name);
		assert_int_equal(asked, row[i].type);
	}
	assert_int_equal(end_cnt, 2);
	/* A revived nodeid that is stale has no time to be so. */
	fs.conf.negative.sec = 5;
	lookup("..");
	req->call.done(req, ENOENT, NULL);
	assert_int_equal(end_err, ENOENT);
}

static void
test_bad_names(void **state)
{
	static const char *const bad[] = { "", "a/b", "/" };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		lookup(bad[i]);
		assert_int_equal(end_err, EINVAL);
	}
	memset(args, 'x', sizeof(args));
	req->args_len = 257;
	args[256] = '\0';
	op_lookup(req);
	assert_int_equal(end_err, ENAMETOOLONG);
	req->args_len = 10;		/* no end */
	op_lookup(req);
	assert_int_equal(end_err, EINVAL);
	assert_int_equal(asked, 0);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_found),
		UNIT(test_lies),
		UNIT(test_known),
		UNIT(test_dots),
		UNIT(test_bad_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
