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
 * Knows: options with a grammar of their own, and which go together.
 * Never: the jail.
 */

#include "confenv.h"

static void
test_quiet_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse_more(""), EINVAL);	/* an empty word */
	assert_int_equal(parse("--shared-dir /srv --fd 3"), 0);
	assert_int_equal(conf.xattr | conf.posix_acl | conf.security_label |
	    conf.killpriv_v2 | conf.writeback | conf.direct_io |
	    conf.allow_mmap | conf.allow_idmap | conf.no_readdirplus |
	    conf.no_readdir | conf.seal_size | conf.preserve_noatime |
	    conf.flock | conf.posix_lock | conf.daemonize | conf.migration |
	    conf.legacy | conf.debug | conf.foreground, 0);
	assert_int_equal(conf.handles, CONF_HANDLES_PREFER);
	assert_null(conf.xattrmap);
	assert_int_equal(conf.caps_add | conf.caps_drop, 0);
	assert_int_equal(conf.idmap_cnt, 0);
	assert_int_equal(conf.timeout, CONF_TIMEOUT_UNSET);
	assert_int_equal(conf.timeout_entry, CONF_TIMEOUT_UNSET);
	assert_int_equal(conf.timeout_attr, CONF_TIMEOUT_UNSET);
	assert_int_equal(conf.timeout_dir_entry, CONF_TIMEOUT_UNSET);
	assert_int_equal(conf.timeout_dir_attr, CONF_TIMEOUT_UNSET);
	assert_int_equal(conf.timeout_negative, CONF_TIMEOUT_UNSET);
}

/* Every flag sets its own field, to what its row says. */
static void
test_flags(void **state)
{
	const struct conf_opt *opt;
	char line[128];
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < conf_opt_cnt; i++) {
		opt = &conf_opts[i];
		if (opt->kind != CONF_FLAG ||
		    strcmp(opt->name, "print-capabilities") == 0)
			continue;
		/* Some need it, and none minds. */
		snprintf(line, sizeof(line), "--%s --cache=always", opt->name);
		assert_int_equal(parse_more(line), 0);
		memcpy(&got, (char *)&conf + opt->off, sizeof(got));
		assert_int_equal(got, opt->min);
	}
	assert_int_equal(parse_more("--killpriv-v2"), 0);
	assert_int_equal(conf.killpriv_v2, 1);
	assert_int_equal(parse_more("--killpriv-v2 --no-killpriv-v2"), 0);
	assert_int_equal(conf.killpriv_v2, 0);
}

static void
test_implied(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--posix-acl"), 0);
	assert_int_equal(conf.posix_acl, 1);
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse_more("--posix-acl=auto"), 0);
	assert_int_equal(conf.posix_acl, 1);
	refused_more("--posix-acl=yes", "--posix-acl: 'yes' is not accepted, "
	    "only auto");
	refused_more("--posix-acl=", "--posix-acl: '' is not accepted");
	assert_int_equal(parse_more("--security-label"), 0);
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse_more("--xattrmap :ok:all:::"), 0);
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse_more("-d"), 0);
	assert_int_equal(conf.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(parse_more("-f"), 0);
	assert_int_equal(conf.foreground, 1);
}

static void
test_seconds(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--timeout-entry 1"), 0);
	assert_int_equal(conf.timeout_entry, 1000000000);
	assert_int_equal(parse_more("--timeout-attr=0.25"), 0);
	assert_int_equal(conf.timeout_attr, 250000000);
	assert_int_equal(parse_more("--timeout-dir-entry .5"), 0);
	assert_int_equal(conf.timeout_dir_entry, 500000000);
	assert_int_equal(parse_more("--timeout-dir-attr 2."), 0);
	assert_int_equal(conf.timeout_dir_attr, 2000000000);
	assert_int_equal(parse_more("--timeout-negative 0"), 0);
	assert_int_equal(conf.timeout_negative, 0);
	assert_int_equal(parse_more("--timeout 1.0000000019"), 0);
	assert_int_equal(conf.timeout, 1000000001);
	assert_int_equal(parse_more("--timeout 4294967295"), 0);
	assert_int_equal(conf.timeout, 4294967295 * 1000000000);
	refused_more("--timeout-entry 4294967295.1", "--timeout-entry");
	refused_more("--timeout-entry 4294967296", "0 to 4294967295");
	refused_more("--timeout-entry -1", "'-1'");
	refused_more("--timeout-entry 1s", "'1s'");
	refused_more("--timeout-entry 1.5.5", "'1.5.5'");
	refused_more("--timeout-entry .", "'.'");
	refused_more("--timeout-entry=", "''");
	refused_more("--timeout-entry 1e3", "'1e3'");
	refused_more("--timeout-entry 0x1", "'0x1'");
}

static void
test_handles(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--inode-file-handles=fallback"), 0);
	assert_int_equal(conf.handles, CONF_HANDLES_PREFER);
	assert_int_equal(parse_more("--inode-file-handles never"), 0);
	assert_int_equal(conf.handles, CONF_HANDLES_NEVER);
	refused_more("--inode-file-handles=mandatory "
	    "--modcaps=-dac_read_search", "exclude each other");
	assert_int_equal(parse_more("--inode-file-handles=prefer "
	    "--modcaps=-dac_read_search"), 0);
}

static void
test_migration(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--migration-mode find-paths "
	    "--migration-on-error abort"), 0);
	assert_int_equal(conf.migration, 0);
	assert_int_equal(parse_more("--migration-mode=file-handles"), 0);
	assert_int_equal(conf.migration, 1);
	assert_int_equal(parse_more("--migration-on-error=guest-error"), 0);
	assert_int_equal(conf.migration, 1);
	assert_int_equal(parse_more("--migration-verify-handles "
	    "--migration-confirm-paths"), 0);
	assert_int_equal(conf.migration, 1);
	refused_more("--migration-mode=file-handles "
	    "--migration-verify-handles", "exclude each other");
	refused_more("--migration-confirm-paths "
	    "--migration-mode=file-handles", "exclude each other");
	refused_more("--migration-mode=x", "find-paths or file-handles");
	refused_more("--migration-on-error=x", "abort or guest-error");
}

static void
test_modcaps(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--modcaps +sys_admin:-mknod"), 0);
	assert_int_equal(conf.caps_add, JAIL_CAP(CAP_SYS_ADMIN));
	assert_int_equal(conf.caps_drop, JAIL_CAP(CAP_MKNOD));
	assert_int_equal(parse_more("--modcaps=+mknod:-mknod"), 0);
	assert_int_equal(conf.caps_add, 0);
	assert_int_equal(conf.caps_drop, JAIL_CAP(CAP_MKNOD));
	assert_int_equal(parse_more("--modcaps=-fsetid:+fsetid"), 0);
	assert_int_equal(conf.caps_add, JAIL_CAP(CAP_FSETID));
	assert_int_equal(conf.caps_drop, 0);
	assert_int_equal(parse_more("--modcaps +dac_read_search:"
	    "+linux_immutable:+sys_resource:+chown:+setfcap"), 0);
	/* What no worker has can be taken away. */
	assert_int_equal(parse_more("--modcaps=-setuid:-sys_chroot"), 0);
}

static void
test_modcaps_refused(void **state)
{
	static const char *const never[] = {
		"setuid", "setgid", "setpcap", "sys_ptrace", "sys_module",
		"sys_rawio", "sys_chroot", "net_admin", "kill", "mac_admin",
		"bpf", "sys_boot",
	};
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		snprintf(line, sizeof(line), "--modcaps=+%s", never[i]);
		refused_more(line, "is never given to a worker, only chown,");
	}
	assert_string_equal(conf_cap_name(CAP_CHECKPOINT_RESTORE),
	    "checkpoint_restore");
	assert_string_equal(conf_cap_name(CAP_SETFCAP), "setfcap");
	assert_string_equal(conf_cap_name(CAP_SYS_ADMIN), "sys_admin");
	assert_null(conf_cap_name(63));
	refused_more("--modcaps=+nonsense", "'+nonsense' is no capability, "
	    "only chown, dac_override, dac_read_search, fowner, fsetid, "
	    "linux_immutable, mknod, setfcap, sys_admin, sys_resource");
	refused_more("--modcaps=-nonsense", "'-nonsense' is no capability, "
	    "only chown,");
	refused_more("--modcaps=mknod", "'mknod' is not accepted, only +NAME "
	    "and -NAME joined by colons; NAME is one of chown,");
	refused_more("--guest-root=caps:nonsense", "'nonsense' is no "
	    "capability, only chown,");
	refused_more("--modcaps=", "+NAME");
	refused_more("--modcaps=-mknod:", "+NAME");
	refused_more("--modcaps=+", "+NAME");
	refused_more("--modcaps=-mknod,-chown", "no capability");
	refused_more("--modcaps=+sys_admin --seccomp=log",
	    "exclude each other");
	assert_int_equal(parse_more("--modcaps=+sys_admin --seccomp=trap"), 0);
}

static void
test_xattrmap(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--xattrmap :map::user.virtiofs.:"), 0);
	assert_string_equal(conf.xattrmap, ":map::user.virtiofs.:");
	assert_int_equal(parse_more("--xattrmap=/prefix/all/trusted./user.v./"
	    "/bad/all///"), 0);
	refused_more("--xattrmap :bad:all:user.::", "--xattrmap: ':bad:");
	refused_more("--xattrmap :what:all:::", "a type is not");
	refused_more("--xattrmap=", "1 to 32768 bytes");
}

static void
rule(uint32_t i, enum idmap_kind kind, uint32_t first, uint32_t to,
    uint32_t cnt)
{
	assert_in_range(i, 0, conf.idmap_cnt - 1);
	assert_int_equal(conf.idmap[i].kind, kind);
	assert_int_equal(conf.idmap[i].first, first);
	assert_int_equal(conf.idmap[i].to, to);
	assert_int_equal(conf.idmap[i].cnt, cnt);
}

static void
test_translate(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--translate-uid map:0:100000:65536 "
	    "--translate-uid=forbid-guest:65536:4294901759 "
	    "--translate-gid=Squash-Guest:10:100:5 "
	    "--translate-gid squash-host,200,50,7 "
	    "--translate-gid guest/1000/2000/1 --translate-gid HOST:1:2:3"),
	    0);
	assert_int_equal(conf.idmap_cnt, 7);
	rule(0, IDMAP_GUEST, 0, 100000, 65536);
	rule(1, IDMAP_HOST, 100000, 0, 65536);
	rule(2, IDMAP_FORBID_GUEST, 65536, 0, 4294901759);
	rule(3, IDMAP_SQUASH_GUEST, 10, 100, 5);
	rule(4, IDMAP_SQUASH_HOST, 200, 50, 7);
	rule(5, IDMAP_GUEST, 1000, 2000, 1);
	rule(6, IDMAP_HOST, 1, 2, 3);
	assert_int_equal(conf.idmap[0].of, IDMAP_UID);
	assert_int_equal(conf.idmap[6].of, IDMAP_GID);
}

static void
test_translate_refused(void **state)
{
	static const char *const bad[] = {
		"", "map", "map:", "map:0:0", "map:0:0:1:1", "map:0:0:0",
		"map:0:0:x", "map:0::1", "map:0:0:1:", ":map:0:0:1",
		"maps:0:0:1", "map:-1:0:1", "map:0:4294967296:1",
		"map:4294967295:0:1", "map:0:4294967295:1",
		"map:4294967290:0:6", "map:0:4294967290:6", "map:0,0,1",
		"forbid-guest:1:2:3", "forbid-guest:1", "forbid-host:1:1",
		"squash-guest:0:4294967295:1", "guest:0:1:4294967295",
		"map 0 1 1",
	};
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strchr(bad[i], ' ') != NULL)
			continue;
		snprintf(line, sizeof(line), "--translate-gid=%s", bad[i]);
		refused_more(line, "only map:GUEST:HOST:COUNT");
		refused_more(line, "--translate-gid: '");
	}
	refused_more("--translate-uid map:0:5:10 --translate-uid guest:9:0:1",
	    "ranges may not meet");
	refused_more("--translate-uid map:0:5:10 --translate-uid host:5:0:1",
	    "ranges may not meet");
	/* The other kind of id, and the other direction, are others. */
	assert_int_equal(parse_more("--translate-uid map:0:5:10 "
	    "--translate-gid guest:9:0:1 --translate-uid host:0:99:5"), 0);
	refused_more("--posix-acl --translate-uid map:0:5:10",
	    "exclude each other");
	refused_more("-o posix_acl --translate-gid map:0:5:10",
	    "exclude each other");
}

/* As many rules as travel, and not one more. */
static void
test_translate_many(void **state)
{
	static char words[IDMAP_RULE_MAX + 1][48];
	static char name[] = "viofsd", dir[] = "--shared-dir=/a",
	    fd[] = "--fd=3";
	char *argv[IDMAP_RULE_MAX + 4] = { name, dir, fd };
	int i;

	(void)state;
	for (i = 0; i <= IDMAP_RULE_MAX; i++) {
		snprintf(words[i], sizeof(words[i]),
		    "--translate-uid=guest:%d:%d:1", i, i + 1);
		argv[3 + i] = words[i];
	}
	assert_int_equal(conf_parse(&conf, IDMAP_RULE_MAX + 3, argv, err), 0);
	assert_int_equal(conf.idmap_cnt, IDMAP_RULE_MAX);
	assert_int_equal(conf_parse(&conf, IDMAP_RULE_MAX + 4, argv, err),
	    EINVAL);
}

static void
test_no_open(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--no-open --cache always"), 0);
	assert_int_equal(conf.no_open | conf.no_opendir << 1, 1);
	assert_int_equal(parse_more("--cache=always --no-opendir --flock"), 0);
	assert_int_equal(conf.no_open | conf.no_opendir << 1, 2);
	refused_more("--no-open", "--no-open needs --cache=always");
	refused_more("--no-opendir --cache=metadata",
	    "--no-opendir needs --cache=always");
	refused_more("--no-open --cache=always --flock",
	    "--no-open and --flock exclude each other");
}

static void
test_userns_map(void **state)
{
	(void)state;
	assert_int_equal(parse_more("--uid-map :0:0:4294967295: "
	    "--gid-map=/0/0/4294967295/"), 0);
	assert_int_equal(idspace_same(&conf.space[IDMAP_UID]), 1);
	assert_int_equal(idspace_same(&conf.space[IDMAP_GID]), 1);
	assert_int_equal(conf.idmap_cnt, 0);
	/* As libvirt's session mode: oneself and then the rest. */
	assert_int_equal(parse_more("--uid-map=:0:1000:1: "
	    "--uid-map=:1:100000:65536: --gid-map /0/100/1/"), 0);
	assert_int_equal(conf.space[IDMAP_UID].cnt, 2);
	assert_int_equal(conf.space[IDMAP_UID].range[1].inside, 1);
	assert_int_equal(conf.space[IDMAP_UID].range[1].outside, 100000);
	assert_int_equal(conf.space[IDMAP_UID].range[1].cnt, 65536);
	assert_int_equal(conf.space[IDMAP_GID].cnt, 1);
	assert_int_equal(idspace_same(&conf.space[IDMAP_GID]), 0);
	/* A map and the translation of ids go together, and so do lists. */
	assert_int_equal(parse_more("--uid-map=:0:1000:10: --posix-acl"), 0);
	refused_more("--uid-map :1:1000:10:", "--uid-map: no range contains "
	    "user 0");
	refused_more("--gid-map :1:1000:10:", "--gid-map: no range contains "
	    "group 0");
	refused_more("--uid-map :0:1000:10: --uid-map :9:2000:10:",
	    "may not meet");
	refused_more("--uid-map :0:1000:10: --uid-map :10:1009:10:",
	    "may not meet");
	refused_more("--uid-map :0:1:4294967295:", "nor contain 4294967295");
	refused_more("--uid-map 0:0:4294967295", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map :0:0:4294967295", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map :0:0:", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map :0:0:1:1:", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map :0:0:0:", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map=", ":INSIDE:OUTSIDE:COUNT:");
	refused_more("--uid-map=:", ":INSIDE:OUTSIDE:COUNT:");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet_defaults),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_implied),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_modcaps),
		cmocka_unit_test(test_modcaps_refused),
		cmocka_unit_test(test_xattrmap),
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_translate_refused),
		cmocka_unit_test(test_translate_many),
		cmocka_unit_test(test_no_open),
		cmocka_unit_test(test_userns_map),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
