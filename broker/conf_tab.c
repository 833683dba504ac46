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
 * Knows: the table of options.
 * Never: how it is used.
 */

#include "config.h"

#include <limits.h>
#include <string.h>

#include "../common/idmap.h"
#include "../common/log.h"
#include "../common/msg.h"
#include "conf_opt.h"

#define CONF_SECONDS_MAX	UINT32_MAX
#define CONF_XATTRMAP_MAX	32768	/* it travels in a tail */

static const struct conf_choice conf_cache[] = {
	{ "auto", MSG_CACHE_AUTO },
	{ "always", MSG_CACHE_ALWAYS },
	{ "never", MSG_CACHE_NEVER },
	{ "metadata", MSG_CACHE_METADATA },
	{ NULL, 0 },
};

static const struct conf_choice conf_sandbox[] = {
	{ "namespace", CONF_SANDBOX_NAMESPACE },
	{ "chroot", CONF_SANDBOX_CHROOT },
	{ "none", CONF_SANDBOX_NONE },
	{ NULL, 0 },
};

static const struct conf_choice conf_seccomp[] = {
	{ "none", CONF_SECCOMP_NONE },
	{ "kill", CONF_SECCOMP_KILL },
	{ "log", CONF_SECCOMP_LOG },
	{ "trap", CONF_SECCOMP_TRAP },
	{ NULL, 0 },
};

static const struct conf_choice conf_level[] = {
	{ "off", LOG_LEVEL_OFF },
	{ "error", LOG_LEVEL_ERR },
	{ "warn", LOG_LEVEL_WARN },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ "trace", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};

static const struct conf_choice conf_handles[] = {
	{ "never", CONF_HANDLES_NEVER },
	{ "prefer", CONF_HANDLES_PREFER },
	{ "mandatory", CONF_HANDLES_MANDATORY },
	{ "fallback", CONF_HANDLES_PREFER },
	{ NULL, 0 },
};

/* What follows the '=' of an option that is complete without. */
static const struct conf_choice conf_acl[] = {
	{ "auto", 1 },
	{ NULL, 0 },
};

static const struct conf_choice conf_migration[] = {
	{ "find-paths", CONF_MIGRATION_FIND_PATHS },
	{ "file-handles", CONF_MIGRATION_FILE_HANDLES },
	{ NULL, 0 },
};

static const struct conf_choice conf_on_error[] = {
	{ "abort", CONF_ON_ERROR_ABORT },
	{ "guest-error", CONF_ON_ERROR_GUEST },
	{ NULL, 0 },
};

static const struct conf_choice conf_permissions[] = {
	{ "guest", POLICY_GUEST },
	{ "host", POLICY_HOST },
	{ "strict", POLICY_STRICT },
	{ NULL, 0 },
};

static const struct conf_choice conf_groups[] = {
	{ "none", POLICY_GROUPS_NONE },
	{ "host", POLICY_GROUPS_HOST },
	{ "guest", POLICY_GROUPS_GUEST },
	{ NULL, 0 },
};

static const struct conf_choice conf_host_suid[] = {
	{ "yes", CONF_HOST_SUID_YES },
	{ "no", CONF_HOST_SUID_NO },
	{ NULL, 0 },
};

#define OFF(field)	.off = offsetof(struct conf, field)
#define FLAG(n, l, field, value, h) \
	{ .name = n, .letter = l, .kind = CONF_FLAG, OFF(field), \
	    .min = value, .help = h }
#define FLAG_OR(n, field, value, ch, h) \
	{ .name = n, .kind = CONF_FLAG, OFF(field), .min = value, \
	    .choices = ch, .help = h }
#define TEXT(n, o, field, m, a, h) \
	{ .name = n, .kind = CONF_TEXT, .once = o, OFF(field), .min = 1, \
	    .max = m, .arg = a, .help = h }
#define NUMBER(n, field, m, h) \
	{ .name = n, .kind = CONF_NUMBER, OFF(field), .max = m, .arg = "N", \
	    .help = h }
#define SECONDS(n, field, h) \
	{ .name = n, .kind = CONF_SECONDS, OFF(field), \
	    .max = CONF_SECONDS_MAX, .arg = "SECONDS", .help = h }
#define CHOICE(n, o, field, ch, a, h) \
	{ .name = n, .kind = CONF_CHOICE, .once = o, OFF(field), \
	    .choices = ch, .arg = a, .help = h }
#define CALL(n, l, o, fn, of, a, acc, h) \
	{ .name = n, .letter = l, .kind = CONF_CALL, .once = o, .call = fn, \
	    .min = of, .arg = a, .accepts = acc, .help = h }

#define ACCEPTS_TRANSLATE \
	"map:GUEST:HOST:COUNT, guest:GUEST:HOST:COUNT, " \
	"host:HOST:GUEST:COUNT, squash-guest:GUEST:HOST:COUNT, " \
	"squash-host:HOST:GUEST:COUNT or forbid-guest:GUEST:COUNT"
#define ACCEPTS_MAP \
	":INSIDE:OUTSIDE:COUNT: with any sign for the colon"

/* The table of options: parsing, checks and usage all come from it. */
const struct conf_opt conf_opts[] = {
	TEXT("shared-dir", 1, shared_dir, PATH_MAX - 1, "DIR",
	    "directory to share (required)"),
	TEXT("socket-path", 0, socket_path, PATH_MAX - 1, "PATH",
	    "vhost-user socket to listen on"),
	TEXT("socket", 0, socket_alias, PATH_MAX - 1, "PATH",
	    "deprecated name of --socket-path"),
	TEXT("socket-group", 0, socket_group, 255, "GROUP",
	    "group that may connect to the socket"),
	NUMBER("fd", fd, INT_MAX,
	    "listening vhost-user socket that was inherited"),
	TEXT("tag", 0, tag, MSG_TAG_MAX, "TAG",
	    "tag to announce to the guest, 1 to 36 bytes"),
	{ .name = "num-request-queues", .kind = CONF_NUMBER,
	    OFF(num_request_queues), .min = 1, .max = 16, .arg = "N",
	    .help = "request queues to announce along with --tag" },
	FLAG("readonly", 0, readonly, 1, "share read-only"),
	FLAG("daemonize", 0, daemonize, 1, "go to the background when serving"),

	/* what the guest may keep */
	CHOICE("cache", 0, cache, conf_cache, "POLICY",
	    "what the guest may cache (default: auto)"),
	FLAG("writeback", 0, writeback, 1,
	    "let the guest's kernel collect writes"),
	FLAG("allow-direct-io", 0, direct_io, 1,
	    "let the guest's O_DIRECT bypass the host's cache"),
	FLAG("allow-mmap", 0, allow_mmap, 1,
	    "let the guest map files that it does not cache"),
	FLAG("allow-idmap", 0, allow_idmap, 1,
	    "let the guest mount the share with an id map"),
	SECONDS("timeout", timeout,
	    "how long names and attributes are believed"),
	SECONDS("timeout-entry", timeout_entry,
	    "how long a name is believed (default: by --cache)"),
	SECONDS("timeout-attr", timeout_attr,
	    "how long attributes are believed (default: by --cache)"),
	SECONDS("timeout-dir-entry", timeout_dir_entry,
	    "the same for names of directories"),
	SECONDS("timeout-dir-attr", timeout_dir_attr,
	    "the same for attributes of directories"),
	SECONDS("timeout-negative", timeout_negative,
	    "how long a missing name is believed (default: 0)"),
	FLAG("no-readdirplus", 0, no_readdirplus, 1,
	    "list names without attributes"),
	FLAG("no-readdir", 0, no_readdir, 1, "show directories as empty"),
	FLAG("no-open", 0, no_open, 1,
	    "let the guest use files without opening them here"),
	FLAG("no-opendir", 0, no_opendir, 1,
	    "let the guest list directories without opening them here"),
	FLAG("seal-size", 0, seal_size, 1, "let no file change its size"),
	FLAG("preserve-noatime", 0, preserve_noatime, 1,
	    "let the guest's O_NOATIME count"),

	/* attributes and ids */
	FLAG("xattr", 0, xattr, 1, "serve extended attributes"),
	FLAG_OR("posix-acl", posix_acl, 1, conf_acl,
	    "serve POSIX access control lists; implies --xattr"),
	FLAG("security-label", 0, security_label, 1,
	    "label new files as the guest says; implies --xattr"),
	TEXT("xattrmap", 1, xattrmap, CONF_XATTRMAP_MAX, "RULES",
	    "rename extended attributes; implies --xattr"),
	FLAG("killpriv-v2", 0, killpriv_v2, 1,
	    "drop set-id bits here when the guest asks for it"),
	FLAG("no-killpriv-v2", 0, killpriv_v2, 0,
	    "leave that to the guest (default)"),
	CALL("translate-uid", 0, 0, conf_translate, IDMAP_UID, "RULE",
	    ACCEPTS_TRANSLATE, "translate user ids; repeatable"),
	CALL("translate-gid", 0, 0, conf_translate, IDMAP_GID, "RULE",
	    ACCEPTS_TRANSLATE, "translate group ids; repeatable"),
	CALL("uid-map", 0, 0, conf_userns_map, IDMAP_UID, "MAP", ACCEPTS_MAP,
	    "serve in a user namespace with these users; repeatable"),
	CALL("gid-map", 0, 0, conf_userns_map, IDMAP_GID, "MAP", ACCEPTS_MAP,
	    "serve in a user namespace with these groups; repeatable"),

	/* locks */
	FLAG("flock", 0, flock, 1, "share flock(2) locks with the host"),
	FLAG("posix-lock", 0, posix_lock, 1,
	    "share fcntl(2) locks with the host"),

	/* mounts and nodes */
	FLAG("announce-submounts", 0, submounts, 1,
	    "show mounts below the share as mounts (default)"),
	FLAG("no-announce-submounts", 0, submounts, 0,
	    "show mounts below the share as directories"),
	CHOICE("inode-file-handles", 0, handles, conf_handles, "MODE",
	    "hold nodes as file handles (default: prefer)"),

	/* whose rights */
	CHOICE("permissions", 1, permissions, conf_permissions, "WHOSE",
	    "whose word on permissions is final (default: guest)"),
	CALL("guest-root", 0, 1, conf_guest_root, 0, "WHAT",
	    "squash, UID:GID, userns or caps:NAME+NAME...",
	    "what guest root is, unless the guest is trusted"),
	CALL("squash-all", 0, 1, conf_squash_all, 0, "UID:GID",
	    "two numbers above 0 joined by a colon",
	    "make one host user of all guest users"),
	CHOICE("groups", 1, groups, conf_groups, "WHOSE",
	    "where supplementary groups come from"),
	CALL("pool", 0, 0, conf_pool, 0, "RANGE",
	    "FIRST-LAST[,gids=FIRST-LAST][,workers=N][,userns], at most 16 "
	    "that do not meet", "host ids that may have workers; repeatable"),
	CALL("deny", 0, 1, conf_deny, 0, "LIST",
	    "devices, setid and hardlinks joined by commas",
	    "what no guest user may make"),
	CHOICE("host-suid", 1, host_suid, conf_host_suid, "WHETHER",
	    "may set-id files be in force on the host"),

	/* limits and walls */
	NUMBER("thread-pool-size", thread_pool_size, 256,
	    "threads for file I/O, 0 = automatic"),
	NUMBER("rlimit-nofile", rlimit_nofile, INT32_MAX,
	    "most open files, 0 = leave as it is"),
	CHOICE("sandbox", 1, sandbox, conf_sandbox, "MODE",
	    "none: do without namespaces where none can be had"),
	CHOICE("seccomp", 1, seccomp, conf_seccomp, "ACTION",
	    "what a forbidden system call does (default: kill)"),
	CALL("modcaps", 0, 1, conf_modcaps, 0, "LIST",
	    "+NAME and -NAME joined by colons",
	    "change the root worker's capabilities"),

	/* migration: not there yet */
	CHOICE("migration-mode", 0, migration_mode, conf_migration, "MODE",
	    "accepted for compatibility"),
	CHOICE("migration-on-error", 0, migration_on_error, conf_on_error,
	    "WHAT", "accepted for compatibility"),
	FLAG("migration-verify-handles", 0, migration_verify, 1,
	    "accepted for compatibility"),
	FLAG("migration-confirm-paths", 0, migration_confirm, 1,
	    "accepted for compatibility"),

	/* the rest */
	CHOICE("log-level", 0, log_level, conf_level, "LEVEL",
	    "how much to log (default: info)"),
	FLAG("syslog", 0, syslog, 1, "log to syslog instead of stderr"),
	FLAG("debug", 'd', debug, 1, "deprecated, as --log-level debug"),
	FLAG("foreground", 'f', foreground, 1,
	    "deprecated; without --daemonize it stays there"),
	CALL("options", 'o', 0, conf_legacy, 0, "LIST",
	    "names and NAME=VALUE joined by commas",
	    "deprecated: options as virtiofsd once took them"),
	FLAG("print-capabilities", 0, print_capabilities, 1,
	    "print what this program can do as JSON"),
	FLAG("print-security", 0, print_security, 1,
	    "try and print what each process is kept in by"),
	FLAG("version", 'V', print_version, 1, "print the version"),
	FLAG("help", 'h', print_help, 1, "print this text"),
};

const size_t conf_opt_cnt = sizeof(conf_opts) / sizeof(conf_opts[0]);
_Static_assert(sizeof(conf_opts) / sizeof(conf_opts[0]) <= CONF_OPT_MAX,
    "more options than struct conf can remember");

const struct conf_opt *
conf_opt_find(const char *name)
{
	size_t i;

	for (i = 0; i < conf_opt_cnt; i++)
		if (strcmp(conf_opts[i].name, name) == 0)
			return &conf_opts[i];
	return NULL;
}
