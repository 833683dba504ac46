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

#ifndef VIOFSD_BROKER_CONF_H
#define VIOFSD_BROKER_CONF_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/idmap.h"
#include "../common/idspace.h"
#include "policy.h"

/*
 * Knows: the command line, from one table of options; the user and group
 * databases.
 * Never: any other file, and nothing that a peer said.
 */

/* What was asked; the jail is built in full whatever it was. */
enum conf_sandbox {
	CONF_SANDBOX_NAMESPACE,
	CONF_SANDBOX_CHROOT,
	CONF_SANDBOX_NONE,
};

enum conf_seccomp {
	CONF_SECCOMP_KILL,
	CONF_SECCOMP_LOG,
	CONF_SECCOMP_TRAP,
	CONF_SECCOMP_NONE,	/* kill all the same */
};

enum conf_handles {
	CONF_HANDLES_NEVER,
	CONF_HANDLES_PREFER,
	CONF_HANDLES_MANDATORY,
};

enum conf_migration {
	CONF_MIGRATION_FIND_PATHS,
	CONF_MIGRATION_FILE_HANDLES,
};

enum conf_on_error {
	CONF_ON_ERROR_ABORT,
	CONF_ON_ERROR_GUEST,
};

enum conf_host_suid {
	CONF_HOST_SUID_NO,	/* refuse what would be a hole */
	CONF_HOST_SUID_YES,
	CONF_HOST_SUID_WARN,	/* not said, and the guest is trusted */
};

#define CONF_GROUPS_UNSET	(-1)
#define CONF_NOFILE_DEFAULT	(-1)
#define CONF_TIMEOUT_UNSET	(-1)
#define CONF_ERR_MAX		768
#define CONF_OPT_MAX		80	/* options there may be */

/* Strings point into argv.  Field types follow the kind of the option. */
struct conf {
	const char *shared_dir;
	const char *socket_path;
	const char *socket_alias;	/* --socket, NULL = not used */
	const char *socket_group;
	const char *tag;
	const char *xattrmap;		/* checked, NULL = none */
	int64_t fd;			/* -1 = not given */
	int64_t thread_pool_size;	/* 0 = our choice */
	int64_t num_request_queues;	/* 0 = not given */
	int64_t rlimit_nofile;		/* CONF_NOFILE_DEFAULT, 0 = leave */
	int64_t timeout;		/* of all four below; each in ns, */
	int64_t timeout_entry;		/* CONF_TIMEOUT_UNSET = not given */
	int64_t timeout_attr;
	int64_t timeout_dir_entry;
	int64_t timeout_dir_attr;
	int64_t timeout_negative;
	uint64_t caps_add;		/* --modcaps, JAIL_CAP() bits */
	uint64_t caps_drop;
	int cache;			/* enum msg_cache */
	int sandbox;			/* enum conf_sandbox */
	int seccomp;			/* enum conf_seccomp */
	int handles;			/* enum conf_handles */
	int log_level;			/* LOG_LEVEL_* */
	int readonly;
	int daemonize;
	int syslog;
	int submounts;
	int writeback;
	int direct_io;
	int allow_mmap;
	int allow_idmap;
	int no_readdirplus;
	int no_readdir;
	int seal_size;
	int preserve_noatime;
	int xattr;			/* also when implied */
	int posix_acl;
	int security_label;
	int killpriv_v2;
	int no_open;
	int no_opendir;
	int flock;
	int posix_lock;
	int migration;			/* something but the defaults: */
	int migration_mode;		/* enum conf_migration */
	int migration_on_error;		/* enum conf_on_error */
	int migration_verify;
	int migration_confirm;
	int legacy;			/* -o was used */
	int debug;			/* -d was used */
	int foreground;			/* -f was used */
	int print_capabilities;
	int print_security;
	int print_version;
	int print_help;
	uint32_t idmap_cnt;		/* --translate-uid, --translate-gid */
	struct idmap_rule idmap[IDMAP_RULE_MAX];
	struct idspace space[2];	/* --uid-map, --gid-map: by idmap_of */
	int permissions;		/* enum policy_perm */
	int groups;			/* enum policy_groups, or _UNSET */
	int guest_root;			/* --guest-root was used */
	int host_suid;			/* enum conf_host_suid */
	uint32_t all_uid, all_gid;	/* --squash-all */
	uint32_t deny;			/* MSG_POLICY_NO_* */
	struct policy_rules rules;	/* what all of these come to */
	uint8_t set[CONF_OPT_MAX];	/* by row of the table: was given */
};

/* Ids that processes run as, from the user database. */
struct conf_ids {
	uid_t uid;
	gid_t gid;
};

/*
 * Read the command line into c.  Returns 0, or EINVAL with one line in err
 * that names the option, the value and what is accepted.  No output, no
 * lookups; a word behind -o is cut up where it stands.
 * --print-capabilities anywhere makes everything else unread;
 * --help, --version and --print-security end the reading.
 */
int	conf_parse(struct conf *c, int argc, char *const argv[],
	    char err[CONF_ERR_MAX]);

/*
 * conf_parse(), with an error being fatal and with --help, --version and
 * --print-capabilities being answered on stdout with exit status 0; only
 * --print-security is left to the caller.  Sets the
 * log level.
 */
void	conf_load(struct conf *c, int argc, char *const argv[]);

/* The name of one capability, as --modcaps takes it; NULL if unknown. */
const char *conf_cap_name(unsigned int cap);

/* Print usage, one line per option of the table. */
void	conf_usage(FILE *f);

/* The id of a group by name; fatal if there is none. */
gid_t	conf_group(const char *name);

/*
 * The ids of the transport: user _viofsd, or nobody with a warning if the
 * machine has no such user.  Never 0: fatal then.
 */
void	conf_transport_ids(struct conf_ids *ids);

#endif
