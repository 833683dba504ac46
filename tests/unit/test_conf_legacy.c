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
 * Knows: -o of both virtiofsd daemons, and how managers start them.
 * Never: the jail.
 */

#include "confenv.h"

static void
test_values(void **state)
{
	(void)state;
	assert_int_equal(parse("--fd=3 -o source=/srv,cache=none,"
	    "log_level=err,sandbox=chroot,timeout=2.5,"
	    "xattrmap=:map::user.v.:,modcaps=+sys_admin:-mknod,"
	    "max_idle_threads=5"), 0);
	assert_string_equal(conf.shared_dir, "/srv");
	assert_int_equal(conf.cache, MSG_CACHE_NEVER);
	assert_int_equal(conf.log_level, LOG_LEVEL_ERR);
	assert_int_equal(conf.sandbox, CONF_SANDBOX_CHROOT);
	assert_int_equal(conf.timeout, 2500000000);
	assert_string_equal(conf.xattrmap, ":map::user.v.:");
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(conf.caps_drop, JAIL_CAP(CAP_MKNOD));
	assert_int_equal(conf.legacy, 1);
	assert_int_equal(parse_more("-ologlevel=debug"), 0);
	assert_int_equal(conf.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(parse_more("-o loglevel=warn -o cache=always"), 0);
	assert_int_equal(conf.log_level, LOG_LEVEL_WARN);
	assert_int_equal(conf.cache, MSG_CACHE_ALWAYS);
	/* "none" is a word of -o alone. */
	refused_more("--cache none", "auto, always, never or metadata");
	assert_int_equal(parse_more("-o cache=metadata"), 0);
}

/* Every flag of -o, on and off. */
static void
test_flags(void **state)
{
	static const struct {
		const char *name;
		size_t off;
		int on;
	} flags[] = {
		{ "xattr", offsetof(struct conf, xattr), 1 },
		{ "readdirplus", offsetof(struct conf, no_readdirplus), 0 },
		{ "writeback", offsetof(struct conf, writeback), 1 },
		{ "allow_direct_io", offsetof(struct conf, direct_io), 1 },
		{ "announce_submounts", offsetof(struct conf, submounts), 1 },
		{ "killpriv_v2", offsetof(struct conf, killpriv_v2), 1 },
		{ "posix_acl", offsetof(struct conf, posix_acl), 1 },
		{ "security_label", offsetof(struct conf, security_label), 1 },
		{ "flock", offsetof(struct conf, flock), 1 },
		{ "posix_lock", offsetof(struct conf, posix_lock), 1 },
		{ "debug", offsetof(struct conf, debug), 1 },
	};
	char line[128];
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(line, sizeof(line), "-o no_%s,%s", flags[i].name,
		    flags[i].name);
		assert_int_equal(parse_more(line), 0);
		memcpy(&got, (char *)&conf + flags[i].off, sizeof(got));
		assert_int_equal(got, flags[i].on);
		snprintf(line, sizeof(line), "-o %s -o no_%s", flags[i].name,
		    flags[i].name);
		assert_int_equal(parse_more(line), 0);
		memcpy(&got, (char *)&conf + flags[i].off, sizeof(got));
		assert_int_equal(got, !flags[i].on);
	}
	assert_int_equal(parse_more("-o allow_root,no_allow_root"), 0);
}

static void
test_commas(void **state)
{
	(void)state;
	assert_int_equal(parse("--fd 3 -o source=/a,,b,xattr"), 0);
	assert_string_equal(conf.shared_dir, "/a,b");
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse("--fd 3 -o source=/a\\,b,xattr"), 0);
	assert_string_equal(conf.shared_dir, "/a,b");
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse("--fd 3 -o xattr,source=/,,,,"), 0);
	assert_string_equal(conf.shared_dir, "/,,");
	assert_int_equal(parse("--fd 3 -o source=/a,,,xattr"), 0);
	assert_string_equal(conf.shared_dir, "/a,");
	assert_int_equal(conf.xattr, 1);
	assert_int_equal(parse("--fd 3 -o source=/a\\b\\"), 0);
	assert_string_equal(conf.shared_dir, "/a\\b\\");
	assert_int_equal(parse("--fd 3 -o source=/a=b"), 0);
	assert_string_equal(conf.shared_dir, "/a=b");
	/* A separator of a map that is the list's as well. */
	assert_int_equal(parse_more("-o xattrmap=,,map,,,,user.v.,,,xattr"),
	    0);
	assert_string_equal(conf.xattrmap, ",map,,user.v.,");
}

static void
test_refused(void **state)
{
	(void)state;
	/* The line says all that there is. */
	refused_more("-o nonsense", "-o: 'nonsense' is no option, only "
	    "source=VALUE, cache=VALUE, loglevel=VALUE, log_level=VALUE, "
	    "sandbox=VALUE, timeout=VALUE, xattrmap=VALUE, modcaps=VALUE, "
	    "max_idle_threads=VALUE and [no_]xattr, [no_]readdirplus, "
	    "[no_]writeback, [no_]allow_direct_io, [no_]announce_submounts, "
	    "[no_]killpriv_v2, [no_]posix_acl, [no_]security_label, "
	    "[no_]flock, [no_]posix_lock, [no_]debug, [no_]allow_root");
	refused_more("-o xattr,no_nonsense", "-o: 'no_nonsense' is no option");
	refused_more("-o nonsense=1", "-o: 'nonsense' is no option");
	refused_more("-o xattr=1", "-o: 'xattr' is no option");
	refused_more("-o cache", "-o: 'cache' is no option");
	refused_more("-o no_cache=auto", "-o: 'no_cache' is no option");
	refused_more("-o xattr,", "-o: '' is no option");
	refused_more("-o=", "-o: '' is no option");
	refused_more("-o ", "-o: '' is no option");
	refused_more("-o cache=bad", "--cache: 'bad' is not accepted, only "
	    "auto, always, never or metadata");
	refused_more("-o timeout=x", "--timeout: 'x' is not accepted");
	refused_more("-o xattrmap=:", "--xattrmap");
	refused_more("-o fd=3", "no option");
	refused_more("-o", "--options needs a value");
	refused_more("-dx", "'-dx' is no option");
	refused_more("-fd", "'-fd' is no option");
}

/* As libvirt, Incus, Proxmox, vmspawn, Kata and others start it. */
static void
test_managers(void **state)
{
	static const char *const lines[] = {
		/* libvirt, now */
		"--fd=27 --shared-dir /srv/x --cache always --sandbox chroot "
		    "--xattr --thread-pool-size=8 --rlimit-nofile=4096 "
		    "--log-level debug",
		"--fd=27 --shared-dir /srv/x --cache never --sandbox "
		    "namespace -d",
		"--fd=27 --shared-dir /srv/x --uid-map=:0:0:4294967295: "
		    "--gid-map=:0:0:4294967295:",
		/* libvirt, before */
		"--fd=27 -o source=/srv/a,,b,cache=always,sandbox=chroot,"
		    "xattr,flock,no_posix_lock -d",
		"--fd=27 -o source=/srv/x,no_xattr,no_flock,posix_lock "
		    "--thread-pool-size=0",
		/* Incus */
		"--fd=3 --cache=metadata --shared-dir=/var/lib/incus/x "
		    "--translate-uid=map:0:1000000:1000000000 "
		    "--translate-uid=forbid-guest:1000000000:3294967295 "
		    "--translate-gid=map:0:1000000:1000000000 "
		    "--translate-gid=forbid-guest:1000000000:3294967295",
		"--fd=3 --cache=never --shared-dir=/x --posix-acl",
		"--fd=3 --cache=always --shared-dir=/x --posix-acl=auto",
		/* Proxmox */
		"--fd=5 --shared-dir=/mnt/x --xattr --posix-acl "
		    "--announce-submounts --allow-direct-io --cache=auto "
		    "--writeback --syslog",
		/* systemd-vmspawn */
		"--shared-dir /x --xattr --fd 3 --no-announce-submounts",
		"--shared-dir /x --xattr --fd 3 --no-announce-submounts "
		    "--uid-map :0:524288:65536: --gid-map :0:524288:65536:",
		/* Kata */
		"--syslog --cache=auto --shared-dir=/run/kata/x --fd=3 "
		    "--inode-file-handles=mandatory --announce-submounts "
		    "--sandbox none --seccomp none",
		/* QEMU's documentation of the C daemon */
		"--socket-path=/var/run/vm001-vhost-fs.sock -o source=/x "
		    "--daemonize -o cache=auto,timeout=5,allow_root",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i]) != 0)
			fail_msg("%s: %s", lines[i], err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_managers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
