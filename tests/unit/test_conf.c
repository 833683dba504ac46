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
 * Knows: command lines, right and wrong, and what is said about them.
 * Never: a lookup or a process.
 */

#include "confenv.h"

static void
test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("--shared-dir /srv --socket-path /s"), 0);
	assert_string_equal(conf.shared_dir, "/srv");
	assert_string_equal(conf.socket_path, "/s");
	assert_null(conf.tag);
	assert_null(conf.socket_group);
	assert_int_equal(conf.fd, -1);
	assert_int_equal(conf.cache, MSG_CACHE_AUTO);
	assert_int_equal(conf.sandbox, CONF_SANDBOX_NAMESPACE);
	assert_int_equal(conf.seccomp, CONF_SECCOMP_KILL);
	assert_int_equal(conf.thread_pool_size, 0);
	assert_int_equal(conf.rlimit_nofile, CONF_NOFILE_DEFAULT);
	assert_int_equal(conf.log_level, LOG_LEVEL_INFO);
	assert_int_equal(conf.submounts, 1);
	assert_int_equal(conf.readonly, 0);
	assert_int_equal(conf.syslog, 0);
	assert_null(conf.socket_alias);
}

static void
test_both_forms(void **state)
{
	(void)state;
	assert_int_equal(parse("--shared-dir=/a=b --fd=3 --tag fs "
	    "--cache=never --readonly --sandbox=chroot --seccomp log "
	    "--thread-pool-size=8 --rlimit-nofile 4096 --log-level=debug "
	    "--syslog --no-announce-submounts"), 0);
	assert_string_equal(conf.shared_dir, "/a=b");
	assert_int_equal(conf.fd, 3);
	assert_string_equal(conf.tag, "fs");
	assert_int_equal(conf.cache, MSG_CACHE_NEVER);
	assert_int_equal(conf.readonly, 1);
	assert_int_equal(conf.sandbox, CONF_SANDBOX_CHROOT);
	assert_int_equal(conf.seccomp, CONF_SECCOMP_LOG);
	assert_int_equal(conf.thread_pool_size, 8);
	assert_int_equal(conf.rlimit_nofile, 4096);
	assert_int_equal(conf.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(conf.syslog, 1);
	assert_int_equal(conf.submounts, 0);
}

/* Every choice of every option is understood as what it says. */
static void
test_choices(void **state)
{
	const struct conf_choice *ch;
	char line[128];
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < conf_opt_cnt; i++) {
		if (conf_opts[i].kind != CONF_CHOICE)
			continue;
		for (ch = conf_opts[i].choices; ch->name != NULL; ch++) {
			snprintf(line, sizeof(line), "--%s %s",
			    conf_opts[i].name, ch->name);
			assert_int_equal(parse_more(line), 0);
			memcpy(&got, (char *)&conf + conf_opts[i].off,
			    sizeof(got));
			assert_int_equal(got, ch->value);
		}
		snprintf(line, sizeof(line), "--%s=nonsense",
		    conf_opts[i].name);
		refused_more(line, "'nonsense' is not accepted, only ");
		refused_more(line, conf_opts[i].name);
		refused_more(line, conf_opts[i].choices[0].name);
	}
	refused_more("--cache none", "auto, always, never or metadata");
}

/* Whatever has a grammar says which, in the line that refuses a value. */
static void
test_accepted(void **state)
{
	const struct conf_opt *o;
	char line[128], accepts[256];
	int n = 0;

	(void)state;
	for (o = conf_opts; o < conf_opts + conf_opt_cnt; o++) {
		/* -o has names, and texts are what they are. */
		if (o->kind == CONF_TEXT || o->call == conf_legacy ||
		    (o->kind == CONF_FLAG && o->choices == NULL))
			continue;
		conf_accepts(o, accepts, sizeof(accepts));
		assert_in_range(strlen(accepts), 4, sizeof(accepts) - 2);
		snprintf(line, sizeof(line), "--%s=nonsense", o->name);
		refused_more(line, "'nonsense' is not accepted, only ");
		refused_more(line, accepts);
		n++;
	}
	assert_in_range(n, 30, CONF_OPT_MAX);
	refused_more("--xattrmap=:nonsense:all:::",
	    "prefix, ok, bad, unsupported or map");
	refused_more("--xattrmap=:ok:nonsense:::", "client, server or all");
}

static void
test_repeats(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--cache always --cache never"), 0);
	assert_int_equal(conf.cache, MSG_CACHE_NEVER);
	assert_int_equal(parse_more("--no-announce-submounts "
	    "--announce-submounts"), 0);
	assert_int_equal(conf.submounts, 1);
	assert_int_equal(parse_more("--socket-path /t"), 0);
	assert_string_equal(conf.socket_path, "/t");
	assert_int_equal(parse_more("--readonly --readonly"), 0);
	refused_more("--shared-dir /srv", "more than once");
	refused_more("--sandbox none --sandbox=none", "more than once");
	refused_more("--seccomp kill --seccomp none", "more than once");
	refused_more("--modcaps -mknod --modcaps=-chown", "more than once");
	refused_more("--xattrmap :ok:all::: --xattrmap=:map::user.v.:",
	    "more than once");
	refused_more("-o source=/other", "more than once");
	refused_more("-o sandbox=none,sandbox=chroot", "more than once");
	refused("--socket-path /s -o source=/a,source=/b", "more than once");
}

static void
test_alias(void **state)
{
	(void)state;
	assert_int_equal(parse("--shared-dir /srv --socket /s"), 0);
	assert_string_equal(conf.socket_path, "/s");
	assert_string_equal(conf.socket_alias, "/s");
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--rlimit-nofile 0"), 0);
	assert_int_equal(conf.rlimit_nofile, 0);
	assert_int_equal(parse_more("--thread-pool-size 256"), 0);
	refused_more("--thread-pool-size 257", "0 to 256");
	refused_more("--thread-pool-size -1", "'-1'");
	refused_more("--thread-pool-size +1", "'+1'");
	refused_more("--thread-pool-size 1k", "'1k'");
	refused_more("--thread-pool-size=", "''");
	refused_more("--thread-pool-size 99999999999999999999", "--thread");
	refused_more("--rlimit-nofile 4294967296", "--rlimit-nofile");
	refused("--shared-dir /srv --fd x", "--fd: 'x'");
	assert_int_equal(parse_more("--tag fs --num-request-queues 16"), 0);
	assert_int_equal(conf.num_request_queues, 16);
	refused_more("--tag fs --num-request-queues 17", "1 to 16");
	refused_more("--tag fs --num-request-queues 0", "1 to 16");
	refused_more("--num-request-queues 4", "--tag");
}

static void
test_tag(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "--tag %.*s", MSG_TAG_MAX,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_int_equal(parse_more(line), 0);
	assert_int_equal(strlen(conf.tag), MSG_TAG_MAX);
	snprintf(line, sizeof(line), "--tag %.*s", MSG_TAG_MAX + 1,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	refused_more(line, "1 to 36 bytes");
	refused_more("--tag ", "1 to 36 bytes");
}

static void
test_required(void **state)
{
	char name[] = "viofsd", *argv[] = { name, NULL };

	(void)state;
	assert_int_equal(conf_parse(&conf, 1, argv, err), EINVAL);
	assert_non_null(strstr(err, "--shared-dir"));
	refused("--shared-dir /srv", "--socket-path and --fd");
	refused("--socket-path /s", "--shared-dir");
	refused("--shared-dir /srv --fd 3 --socket-path /s", "exclude");
	refused("--shared-dir /srv --fd 3 --socket-group kvm", "exclude");
	assert_int_equal(parse_more("--socket-group kvm"), 0);
}

static void
test_unknown(void **state)
{
	(void)state;
	refused_more("--no-such", "'--no-such' is no option");
	refused_more("stray", "'stray' is no option");
	refused_more("--", "'--' is no option");
	refused_more("-x", "'-x' is no option");
	refused_more("-", "'-' is no option");
	refused_more("--cach auto", "'--cach'");
	refused_more("--cacheauto", "'--cacheauto'");
	refused_more("--readonly=yes", "takes no value");
	refused_more("--cache", "needs a value");
}

static void
test_answers(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), 0);
	assert_int_equal(conf.print_help, 1);
	assert_int_equal(parse("-h --nonsense"), 0);
	assert_int_equal(parse("-V"), 0);
	assert_int_equal(conf.print_version, 1);
	assert_int_equal(parse("--version"), 0);
	assert_int_equal(parse("--nonsense --print-capabilities --fd"), 0);
	assert_int_equal(conf.print_capabilities, 1);
	refused("--nonsense --help", "--nonsense");
}

/* Every option of the table is in the usage text. */
static void
test_usage(void **state)
{
	char *text = NULL, name[64];
	size_t size, i;
	FILE *f;

	(void)state;
	assert_non_null(f = open_memstream(&text, &size));
	conf_usage(f);
	assert_int_equal(fclose(f), 0);
	for (i = 0; i < conf_opt_cnt; i++) {
		snprintf(name, sizeof(name), "  --%s", conf_opts[i].name);
		assert_non_null(strstr(text, name));
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_both_forms),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_usage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
