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

#define CONF_NOFILE_DEFAULT	(-1)
#define CONF_ERR_MAX		512

/* Strings point into argv.  Field types follow the kind of the option. */
struct conf {
	const char *shared_dir;
	const char *socket_path;
	const char *socket_group;
	const char *tag;
	int64_t fd;			/* -1 = not given */
	int64_t thread_pool_size;	/* 0 = our choice */
	int64_t rlimit_nofile;		/* CONF_NOFILE_DEFAULT, 0 = leave */
	int cache;			/* enum msg_cache */
	int sandbox;			/* enum conf_sandbox */
	int seccomp;			/* enum conf_seccomp */
	int log_level;			/* LOG_LEVEL_* */
	int readonly;
	int syslog;
	int submounts;
	int socket_alias;		/* --socket was used */
	int print_capabilities;
	int print_version;
	int print_help;
};

/* Ids that processes run as, from the user database. */
struct conf_ids {
	uid_t uid;
	gid_t gid;
};

/*
 * Read the command line into c.  Returns 0, or EINVAL with one line in err
 * that names the option, the value and what is accepted.  No output, no
 * lookups.  --print-capabilities anywhere makes everything else unread;
 * --help and --version end the reading.
 */
int	conf_parse(struct conf *c, int argc, char *const argv[],
	    char err[CONF_ERR_MAX]);

/*
 * conf_parse(), with an error being fatal and with --help, --version and
 * --print-capabilities being answered on stdout with exit status 0.  Sets the
 * log level.
 */
void	conf_load(struct conf *c, int argc, char *const argv[]);

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
