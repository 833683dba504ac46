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
 * Knows: labels and groups behind a request, well made and not.
 * Never: what is done with them.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transport/ext.c"
#include "transport/label.c"

#define NAME	"security.selinux"

static struct fs fs;
static struct req *req;
static uint8_t args[MSG_TAIL_MAX + 4096];
static size_t ext_at;

/* 16 bytes of arguments, and then extensions. */
static void
begin(void)
{
	memset(args, 0xee, sizeof(args));
	ext_at = 16;
	req->args = args;
	req->ext_len = 0;
}

static void
finish(void)
{
	req->args_len = ext_at;
	req->ext_len = ext_at - 16;
}

static void
put(const void *src, size_t len)
{
	memcpy(args + ext_at, src, len);
	ext_at += len;
}

static void
put32(uint32_t v)
{
	put(&v, sizeof(v));
}

/* A label as Linux sends it; returns where its extension starts. */
static size_t
put_label(const char *name, const void *value, size_t len)
{
	size_t start = ext_at, size;

	size = (16 + strlen(name) + 1 + len + 7) & ~(size_t)7;
	put32((uint32_t)size);
	put32(1);
	put32((uint32_t)len);
	put32(0);
	put(name, strlen(name) + 1);
	put(value, len);
	while (ext_at < start + size)
		args[ext_at++] = 0;
	return start;
}

static void
set32(size_t at, uint32_t v)
{
	memcpy(args + at, &v, sizeof(v));
}

static int
setup(void **state)
{
	(void)state;
	memset(&fs, 0, sizeof(fs));
	fs.session.flags = FUSE_SECURITY_CTX;
	if ((req = calloc(1, sizeof(*req))) == NULL)
		return -1;
	req->fs = &fs;
	begin();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(req->buf);
	free(req);
	return 0;
}

static void
expect_none(void)
{
	struct ext_label l;

	memset(&l, 0x55, sizeof(l));
	assert_int_equal(ext_label(req, &l), 0);
	assert_null(l.name);
	assert_int_equal(l.name_len + l.value_len, 0);
}

static void
test_label(void **state)
{
	struct ext_label l;

	(void)state;
	put_label(NAME, "user_u:x", 9);
	finish();
	assert_int_equal(ext_label(req, &l), 0);
	assert_int_equal(l.name_len, strlen(NAME));
	assert_memory_equal(l.name, NAME, l.name_len);
	assert_int_equal(l.value_len, 9);
	assert_memory_equal(l.value, "user_u:x", 9);
	/* Not agreed on: it is not even looked at. */
	fs.session.flags = 0;
	expect_none();
	set32(16, 3);
	expect_none();
}

static void
test_label_among_others(void **state)
{
	struct ext_label l;

	(void)state;
	put32(16);
	put32(FUSE_PROTO_EXT_GROUPS);
	put32(1);
	put32(44);
	put_label(NAME, "first", 5);
	put_label("security.other", "second", 6);
	put32(8);
	put32(99);
	finish();
	assert_int_equal(ext_label(req, &l), 0);
	assert_int_equal(l.value_len, 5);
	assert_memory_equal(l.value, "first", 5);
}

static void
test_no_label(void **state)
{
	(void)state;
	finish();
	expect_none();
	put32(16);		/* a context without a value */
	put32(1);
	put32(0);
	put32(0);
	finish();
	expect_none();
	begin();
	put32(8);		/* no contexts at all, an unknown type */
	put32(0);
	put32(8);
	put32(31 + 2);
	finish();
	expect_none();
}

/* Each place where a length can be wrong. */
static void
test_label_malformed(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} row[] = {
		{ 0, 0 }, { 0, 4 }, { 0, 7 }, { 0, 8 }, { 0, 12 }, { 0, 16 },
		{ 0, 24 }, { 0, 32 }, { 0, 41 }, { 0, 47 }, { 0, 56 },
		{ 0, UINT32_MAX }, { 0, UINT32_MAX - 7 },
		{ 8, 15 }, { 8, UINT32_MAX },
	};
	struct ext_label l;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin();
		put_label(NAME, "value", 5);	/* 40 bytes and 7 left */
		finish();
		set32(16 + row[i].at, row[i].value);
		assert_int_equal(ext_label(req, &l), EINVAL);
	}
}

static void
test_label_name(void **state)
{
	char name[MSG_NAME_MAX + 2];
	struct ext_label l;
	size_t len;

	(void)state;
	for (len = 254; len <= 257; len++) {
		memset(name, 'n', sizeof(name));
		name[len] = '\0';
		begin();
		put_label(name, "v", 1);
		finish();
		assert_int_equal(ext_label(req, &l), len < MSG_NAME_MAX ?
		    0 : EINVAL);
	}
	begin();
	put_label("", "v", 1);
	finish();
	assert_int_equal(ext_label(req, &l), EINVAL);
	begin();			/* a name without an end */
	put_label("name", "vvv", 3);
	memset(args + 32, 'x', ext_at - 32);
	finish();
	assert_int_equal(ext_label(req, &l), EINVAL);
}

/* Every piece of a good one that is cut off. */
static void
test_label_cut(void **state)
{
	struct ext_label l;
	size_t whole, len;

	(void)state;
	put_label(NAME, "value", 5);
	whole = ext_at - 16;
	for (len = 1; len < whole; len++) {
		req->ext_len = len;
		req->args_len = 16 + len;
		assert_int_equal(ext_label(req, &l), EINVAL);
	}
}

static void
test_groups_malformed(void **state)
{
	static const uint32_t row[][4] = {
		{ 8, FUSE_PROTO_EXT_GROUPS, 0, 0 },
		{ 16, FUSE_PROTO_EXT_GROUPS, 2, 0 },
		{ 16, FUSE_PROTO_EXT_GROUPS, UINT32_MAX, 0 },
		{ 16, FUSE_PROTO_EXT_GROUPS, 1U << 30, 0 },
		{ 24, FUSE_PROTO_EXT_GROUPS, 1, 0 },
		{ 12, FUSE_PROTO_EXT_GROUPS, 0, 0 },
		{ 0, FUSE_PROTO_EXT_GROUPS, 0, 0 },
	};
	struct cred c;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin();
		put(row[i], sizeof(row[i]));
		finish();
		cred_set(&c, CRED_USER, 1, 1);
		assert_int_equal(ext_groups(req, &c), EINVAL);
	}
	begin();
	put32(16);
	put32(FUSE_PROTO_EXT_GROUPS);
	put32(1);
	put32(44);
	put_label(NAME, "v", 1);
	finish();
	cred_set(&c, CRED_USER, 1, 1);
	assert_int_equal(ext_groups(req, &c), 0);
	assert_int_equal(c.gid_cnt, 1);
	assert_int_equal(c.gids[0], 44);
}

/* A guest before 7.38: what is left behind the name is the extension. */
static void
test_rest(void **state)
{
	struct ext_label l;
	struct fin f;

	(void)state;
	put_label(NAME, "value", 5);
	req->args_len = ext_at;
	fin_init(&f, req);
	f.at += 16;
	f.left -= 16;
	fs.session.flags = 0;
	ext_rest(req, &f);		/* not agreed on: surplus bytes */
	assert_int_equal(req->ext_len, 0);
	assert_int_not_equal(fin_done(&f), 0);
	fs.session.flags = FUSE_SECURITY_CTX;
	ext_rest(req, &f);
	assert_int_equal(fin_done(&f), 0);
	assert_int_equal(ext_label(req, &l), 0);
	assert_int_equal(l.value_len, 5);
	/* It said how long they are: then what is left is too much. */
	f.left = 8;
	ext_rest(req, &f);
	assert_int_equal(f.left, 8);
}

/* Target, name, value, one behind the other without gaps. */
static void
test_tail(void **state)
{
	uint32_t name_len = 9, value_len = 9;

	(void)state;
	put_label(NAME, "value", 5);
	finish();
	assert_int_equal(label_tail(req, "there", 5, &name_len, &value_len),
	    0);
	assert_int_equal(name_len, strlen(NAME));
	assert_int_equal(value_len, 5);
	assert_int_equal(req->call.tail_len, 5 + strlen(NAME) + 5);
	assert_memory_equal(req->call.tail, "there" NAME "value",
	    req->call.tail_len);
}

static void
test_tail_without(void **state)
{
	uint32_t name_len = 9, value_len = 9;

	(void)state;
	finish();
	assert_int_equal(label_tail(req, "there", 5, &name_len, &value_len),
	    0);
	assert_int_equal(name_len + value_len, 0);
	assert_int_equal(req->call.tail_len, 5);
	assert_string_equal(req->call.tail, "there");
	assert_int_equal(label_tail(req, NULL, 0, &name_len, &value_len), 0);
	assert_int_equal(req->call.tail_len, 0);
	/* A label alone. */
	begin();
	put_label(NAME, "v", 1);
	finish();
	assert_int_equal(label_tail(req, NULL, 0, &name_len, &value_len), 0);
	assert_int_equal(req->call.tail_len, strlen(NAME) + 1);
	assert_memory_equal(req->call.tail, NAME "v", req->call.tail_len);
}

/* As much as a message can carry, and one byte more. */
static void
test_tail_limit(void **state)
{
	static uint8_t value[MSG_TAIL_MAX];
	uint32_t name_len, value_len;
	size_t len = MSG_TAIL_MAX - 5 - strlen(NAME);

	(void)state;
	put_label(NAME, value, len + 1);
	finish();
	assert_int_equal(label_tail(req, "there", 5, &name_len, &value_len),
	    EINVAL);
	begin();
	put_label(NAME, value, len);
	finish();
	assert_int_equal(label_tail(req, "there", 5, &name_len, &value_len),
	    0);
	assert_int_equal(req->call.tail_len, MSG_TAIL_MAX);
	set32(16, 4);
	assert_int_equal(label_tail(req, NULL, 0, &name_len, &value_len),
	    EINVAL);
}

static void
test_umask(void **state)
{
	(void)state;
	assert_int_equal(label_umask(req, 022), 0);
	fs.session.flags |= FUSE_DONT_MASK;
	assert_int_equal(label_umask(req, 022), 022);
	assert_int_equal(label_umask(req, UINT32_MAX), 0777);
}

#define UNIT(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_label),
		UNIT(test_label_among_others),
		UNIT(test_no_label),
		UNIT(test_label_malformed),
		UNIT(test_label_name),
		UNIT(test_label_cut),
		UNIT(test_groups_malformed),
		UNIT(test_rest),
		UNIT(test_tail),
		UNIT(test_tail_without),
		UNIT(test_tail_limit),
		UNIT(test_umask),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
