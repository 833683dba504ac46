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
 * Knows: the language of --xattrmap, and what maps make of names.
 * Never: an extended attribute.
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/xattrmap.c"


static struct xattrmap map;
static char why[XATTRMAP_ERR_MAX];
static char out[XATTRMAP_NAME_MAX + 1];

static int
parse(const char *text)
{
	why[0] = '\0';
	return xattrmap_parse(&map, text, strlen(text), why);
}

static void
refused(const char *text, const char *says)
{
	assert_int_equal(parse(text), EINVAL);
	if (strstr(why, says) == NULL)
		fail_msg("%s: '%s' instead of '%s'", text, why, says);
	assert_null(strchr(why, '\n'));
}

static void
client(const char *name, const char *host)
{
	assert_int_equal(xattrmap_client(&map, name, out), 0);
	assert_string_equal(out, host);
}

static void
server(const char *host, const char *name)
{
	const char *got = xattrmap_server(&map, host);

	if (name == NULL)
		assert_null(got);
	else {
		assert_non_null(got);
		assert_string_equal(got, name);
	}
}

static void
test_unmapped(void **state)
{
	(void)state;
	map.cnt = 0;
	client("user.a", "user.a");
	client("", "");
	server("trusted.a", "trusted.a");
	server("", "");
}

static void
test_all_prefixed(void **state)
{
	(void)state;
	assert_int_equal(parse(":map::user.virtiofs.:"), 0);
	client("trusted.a", "user.virtiofs.trusted.a");
	client("user.virtiofs.a", "user.virtiofs.user.virtiofs.a");
	client("security.capability", "user.virtiofs.security.capability");
	server("user.virtiofs.trusted.a", "trusted.a");
	server("user.other", NULL);
	server("security.selinux", NULL);
	server("user.virtiofs", NULL);
	/* No attribute of the guest has an empty name. */
	server("user.virtiofs.", NULL);
}

static void
test_key_prefixed(void **state)
{
	(void)state;
	assert_int_equal(parse("/map/trusted./user.v./"), 0);
	client("trusted.a", "user.v.trusted.a");
	client("user.a", "user.a");
	assert_int_equal(xattrmap_client(&map, "user.v.a", out), EPERM);
	assert_int_equal(xattrmap_client(&map, "user.v.trusted.a", out),
	    EPERM);
	server("user.v.trusted.a", "trusted.a");
	server("trusted.a", NULL);
	server("user.a", "user.a");
}

/* As in virtiofsd's documentation, one rule a line. */
static void
test_documented(void **state)
{
	(void)state;
	assert_int_equal(parse("/prefix/all/trusted./user.virtiofs./\n"
	    "\t/bad/server//trusted./ /bad/client/user.virtiofs.//\n"
	    "|ok|all||| \n"), 0);
	client("trusted.x", "user.virtiofs.trusted.x");
	client("user.x", "user.x");
	assert_int_equal(xattrmap_client(&map, "user.virtiofs.x", out), EPERM);
	server("user.virtiofs.trusted.x", "trusted.x");
	server("trusted.x", NULL);
	server("user.x", "user.x");
	assert_int_equal(parse("/prefix/all/security./user.v./"
	    "/ok/all/security.//" "/bad/all/user.v./user.v./"
	    "/bad/all///"), 0);
	client("security.capability", "user.v.security.capability");
	assert_int_equal(xattrmap_client(&map, "user.x", out), EPERM);
}

/* The first rule that matches is the one. */
static void
test_order(void **state)
{
	(void)state;
	assert_int_equal(parse(":ok:client:user.a::"
	    ":unsupported:client:user.:::bad:all:::"), 0);
	client("user.a", "user.a");
	client("user.ab", "user.ab");
	assert_int_equal(xattrmap_client(&map, "user.b", out), EOPNOTSUPP);
	assert_int_equal(xattrmap_client(&map, "trusted.b", out), EPERM);
	server("user.a", NULL);
	assert_int_equal(parse(":unsupported:server::user.:"
	    ":ok:all:::"), 0);
	server("user.a", NULL);
	server("trusted.a", "trusted.a");
	client("user.a", "user.a");
}

/* A scope does not reach into the other direction. */
static void
test_scopes(void **state)
{
	(void)state;
	assert_int_equal(parse(":prefix:client:a.:b.::prefix:server:c.:d.:"
	    ":ok:all:::"), 0);
	client("a.x", "b.a.x");
	client("c.x", "c.x");
	server("b.x", "b.x");
	server("d.x", "x");
}

static void
test_lengths(void **state)
{
	char text[2048], name[XATTRMAP_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[XATTRMAP_NAME_MAX - 5] = '\0';
	assert_int_equal(parse(":map::user.:"), 0);
	assert_int_equal(xattrmap_client(&map, name, out), 0);
	assert_int_equal(strlen(out), XATTRMAP_NAME_MAX);
	name[XATTRMAP_NAME_MAX - 5] = 'n';
	name[XATTRMAP_NAME_MAX - 4] = '\0';
	assert_int_equal(xattrmap_client(&map, name, out), ENAMETOOLONG);
	/* Keys and prefixes are names as well. */
	memset(name, 'n', sizeof(name));
	name[XATTRMAP_NAME_MAX] = '\0';
	snprintf(text, sizeof(text), ":ok:all:%s:%s::ok:all:::", name, name);
	assert_int_equal(parse(text), 0);
	client(name, name);
	server(name, name);
	snprintf(text, sizeof(text), ":ok:all:%sn:::ok:all:::", name);
	refused(text, "a field is too long");
	snprintf(text, sizeof(text), ":ok:all::%sn::ok:all:::", name);
	refused(text, "a field is too long");
	snprintf(text, sizeof(text), ":map:%sn:user.:", name);
	refused(text, "a field is too long");
	/* A name that is too long fails without a map, too. */
	map.cnt = 0;
	name[XATTRMAP_NAME_MAX] = 'n';
	name[XATTRMAP_NAME_MAX + 1] = '\0';
	assert_int_equal(xattrmap_client(&map, name, out), ENAMETOOLONG);
}

static void
test_many(void **state)
{
	char text[XATTRMAP_RULE_MAX * 16 + 64] = "";
	size_t i;

	(void)state;
	for (i = 0; i < XATTRMAP_RULE_MAX - 1; i++)
		strlcat(text, ":ok:client:a::", sizeof(text));
	strlcat(text, ":ok:all:::", sizeof(text));
	assert_int_equal(parse(text), 0);
	assert_int_equal(map.cnt, XATTRMAP_RULE_MAX);
	strlcat(text, ":ok:all:::", sizeof(text));
	refused(text, "too many rules");
	/* "map" stands for four. */
	text[0] = '\0';
	for (i = 0; i < XATTRMAP_RULE_MAX - 4; i++)
		strlcat(text, ":ok:client:a::", sizeof(text));
	strlcat(text, ":map:b:c:", sizeof(text));
	assert_int_equal(parse(text), 0);
	memmove(text + 14, text, strlen(text) + 1);
	memcpy(text, ":ok:client:a::", 14);
	refused(text, "too many rules");
}

static void
test_refused(void **state)
{
	(void)state;
	refused("", "there is no rule");
	refused(" \t\n", "there is no rule");
	refused(":", "a rule does not end");
	refused(":ok", "a rule does not end");
	refused(":ok:all", "a rule does not end");
	refused(":ok:all:", "a rule does not end");
	refused(":ok:all::", "a rule does not end");
	refused(":map:", "a rule does not end");
	refused(":map::user.", "a rule does not end");
	refused("/map::user.:", "a rule does not end");
	refused(":what:all:::", "a type is not");
	refused("::all:::", "a type is not");
	refused(":OK:all:::", "a type is not");
	refused(":ok:both:::", "a scope is not");
	refused(":ok::::", "a scope is not");
	refused(":map::user.v.::ok:all:::", "a rule follows map");
	refused(":map:a:b::map:c:d:", "a rule follows map");
	refused(":ok:all:::ok:all:::", "a rule does not end");
	refused(":abcdefghijklmnopqrst:all:::", "a field is too long");
}

/* Every name must meet a rule, in either direction. */
static void
test_terminated(void **state)
{
	(void)state;
	refused(":ok:client:::", "without a rule");
	refused(":ok:server:::", "without a rule");
	refused(":bad:all:user.::", "without a rule");
	refused(":bad:all::user.:", "without a rule");
	refused(":prefix:all::user.v.:", "without a rule");
	refused(":ok:all:security.capability::", "without a rule");
	assert_int_equal(parse(":ok:client::: :bad:server:::"), 0);
	assert_int_equal(parse(":bad:all:user.:: :ok:client::x:"
	    ":ok:server:x::"), 0);
}

/* Text is taken by length: what is behind it does not count. */
static void
test_by_length(void **state)
{
	static const char text[] = ":ok:all:::rubbish";

	(void)state;
	assert_int_equal(xattrmap_parse(&map, text, 10, why), 0);
	assert_int_equal(map.cnt, 1);
	assert_int_equal(xattrmap_parse(&map, text, 9, why), EINVAL);
	assert_int_equal(xattrmap_parse(&map, text, 0, why), EINVAL);
	/* NUL is no better a character than others. */
	assert_int_equal(xattrmap_parse(&map, ":ok:all:a\0b::", 14, why),
	    EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_all_prefixed),
		cmocka_unit_test(test_key_prefixed),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_by_length),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
