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
 * Knows: which option is which flag on the wire, and the timeouts of each
 * cache policy.
 * Never: a process.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/share.c"

static struct conf conf;

static void
clear(void)
{
	memset(&conf, 0, sizeof(conf));
	conf.timeout = conf.timeout_entry = conf.timeout_attr =
	    conf.timeout_dir_entry = conf.timeout_dir_attr =
	    conf.timeout_negative = CONF_TIMEOUT_UNSET;
}

/* Each option is one flag, and none is forgotten. */
static void
test_flags(void **state)
{
	const struct {
		int *field;
		uint32_t flag;
	} map[] = {
		{ &conf.readonly, MSG_SHARE_READONLY },
		{ &conf.submounts, MSG_SHARE_SUBMOUNTS },
		{ &conf.xattr, MSG_SHARE_XATTR },
		{ &conf.posix_acl, MSG_SHARE_POSIX_ACL },
		{ &conf.security_label, MSG_SHARE_LABEL },
		{ &conf.killpriv_v2, MSG_SHARE_KILLPRIV_V2 },
		{ &conf.writeback, MSG_SHARE_WRITEBACK },
		{ &conf.direct_io, MSG_SHARE_DIRECT_IO },
		{ &conf.allow_mmap, MSG_SHARE_ALLOW_MMAP },
		{ &conf.allow_idmap, MSG_SHARE_ALLOW_IDMAP },
		{ &conf.no_readdirplus, MSG_SHARE_NO_PLUS },
		{ &conf.preserve_noatime, MSG_SHARE_NOATIME },
		{ &conf.flock, MSG_SHARE_FLOCK },
		{ &conf.posix_lock, MSG_SHARE_POSIX_LOCK },
		{ &conf.no_readdir, MSG_SHARE_NO_READDIR },
		{ &conf.seal_size, MSG_SHARE_SEAL_SIZE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		clear();
		assert_int_equal(share_flags(&conf, 0), MSG_SHARE_TRUST_GUEST);
		*map[i].field = 1;
		assert_int_equal(share_flags(&conf, 0),
		    MSG_SHARE_TRUST_GUEST | map[i].flag);
	}
	clear();
	conf.tag = "x";
	assert_int_equal(share_flags(&conf, 0),
	    MSG_SHARE_TRUST_GUEST | MSG_SHARE_TAG);
	/* Without it, nothing could be mapped shared at all. */
	clear();
	conf.cache = MSG_CACHE_NEVER;
	assert_int_equal(share_flags(&conf, 0),
	    MSG_SHARE_TRUST_GUEST | MSG_SHARE_ALLOW_MMAP);
}

/* Handles that do not work are not announced, whatever was asked for. */
static void
test_handles(void **state)
{
	(void)state;
	clear();
	conf.handles = CONF_HANDLES_PREFER;
	assert_int_equal(share_flags(&conf, 0), MSG_SHARE_TRUST_GUEST);
	assert_int_equal(share_flags(&conf, 1),
	    MSG_SHARE_TRUST_GUEST | MSG_SHARE_HANDLES);
	conf.handles = CONF_HANDLES_MANDATORY;
	assert_int_equal(share_flags(&conf, 1), MSG_SHARE_TRUST_GUEST |
	    MSG_SHARE_HANDLES | MSG_SHARE_HANDLES_ONLY);
}

static void
is(const struct msg_timeout *t, uint32_t sec, uint32_t nsec)
{
	assert_int_equal(t->sec, sec);
	assert_int_equal(t->nsec, nsec);
}

static void
test_policies(void **state)
{
	static const uint32_t sec[] = {
		[MSG_CACHE_AUTO] = 1,
		[MSG_CACHE_ALWAYS] = 86400,
		[MSG_CACHE_NEVER] = 0,
		[MSG_CACHE_METADATA] = 86400,
	};
	struct a_hello a;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		clear();
		conf.cache = i;
		share_timeouts(&conf, &a);
		is(&a.entry, sec[i], 0);
		is(&a.attr, sec[i], 0);
		is(&a.dir_entry, sec[i], 0);
		is(&a.dir_attr, sec[i], 0);
		is(&a.negative, 0, 0);
	}
}

static void
test_timeouts(void **state)
{
	struct a_hello a;

	(void)state;
	clear();
	conf.timeout = 2500000000;
	share_timeouts(&conf, &a);
	is(&a.entry, 2, 500000000);
	is(&a.attr, 2, 500000000);
	is(&a.dir_entry, 2, 500000000);
	is(&a.dir_attr, 2, 500000000);
	is(&a.negative, 0, 0);
	conf.timeout_entry = 0;
	conf.timeout_attr = 1;
	conf.timeout_negative = 4294967295 * SHARE_NSEC;
	share_timeouts(&conf, &a);
	is(&a.entry, 0, 0);
	is(&a.attr, 0, 1);
	is(&a.dir_entry, 0, 0);
	is(&a.dir_attr, 0, 1);
	is(&a.negative, UINT32_MAX, 0);
	conf.timeout_dir_entry = 3 * SHARE_NSEC;
	conf.timeout_dir_attr = 4 * SHARE_NSEC;
	share_timeouts(&conf, &a);
	is(&a.entry, 0, 0);
	is(&a.attr, 0, 1);
	is(&a.dir_entry, 3, 0);
	is(&a.dir_attr, 4, 0);
}

/* First the rules, of which the transport is told as well, then the text. */
static void
test_tail(void **state)
{
	struct broker b;

	(void)state;
	clear();
	memset(&b, 0, sizeof(b));
	b.conf = &conf;
	share_tail(&b);
	assert_null(b.tail);
	assert_int_equal(b.tail_len, 0);
	conf.idmap_cnt = 2;
	conf.idmap[1].to = 7;
	conf.xattrmap = ":ok:all:::";
	share_tail(&b);
	assert_int_equal(b.idmap_len, 2 * sizeof(struct idmap_rule));
	assert_int_equal(b.tail_len, b.idmap_len + 10);
	assert_memory_equal(b.tail, conf.idmap, b.idmap_len);
	assert_memory_equal(b.tail + b.idmap_len, ":ok:all:::", 10);
	free(b.tail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_tail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
