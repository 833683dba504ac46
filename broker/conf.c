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
 * Knows: the command line, from one table of options; the user and group
 * databases.
 * Never: any other file, and nothing that a peer said.
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/msg.h"
#include "conf.h"

#define CONF_USER	"_viofsd"
#define CONF_NOBODY	65534	/* the kernel's overflow id, nobody */

enum conf_kind {
	CONF_FLAG,		/* int = min */
	CONF_TEXT,		/* const char *, min..max bytes */
	CONF_NUMBER,		/* int64_t, min..max */
	CONF_CHOICE,		/* int, one of choices */
};

struct conf_choice {
	const char *name;
	int value;
};

struct conf_opt {
	const char *name;
	char letter;		/* short form without value, or 0 */
	enum conf_kind kind;
	int once;		/* security option: said twice is an error */
	size_t off;		/* field in struct conf */
	int64_t min, max;
	const struct conf_choice *choices;
	const char *arg;	/* what the value is, for usage */
	const char *help;
};

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

#define OFF(field)	offsetof(struct conf, field)
#define FLAG(name, letter, field, value, help) \
	{ name, letter, CONF_FLAG, 0, OFF(field), value, 0, NULL, NULL, help }
#define TEXT(name, once, field, max, arg, help) \
	{ name, 0, CONF_TEXT, once, OFF(field), 1, max, NULL, arg, help }
#define NUMBER(name, field, max, help) \
	{ name, 0, CONF_NUMBER, 0, OFF(field), 0, max, NULL, "N", help }
#define CHOICE(name, once, field, choices, arg, help) \
	{ name, 0, CONF_CHOICE, once, OFF(field), 0, 0, choices, arg, help }

/* The table of options: parsing, checks and usage all come from it. */
static const struct conf_opt conf_opts[] = {
	TEXT("shared-dir", 1, shared_dir, PATH_MAX - 1, "DIR",
	    "directory to share (required)"),
	TEXT("socket-path", 0, socket_path, PATH_MAX - 1, "PATH",
	    "vhost-user socket to listen on"),
	TEXT("socket", 0, socket_path, PATH_MAX - 1, "PATH",
	    "deprecated name of --socket-path"),
	TEXT("socket-group", 0, socket_group, 255, "GROUP",
	    "group that may connect to the socket"),
	NUMBER("fd", fd, INT_MAX,
	    "listening vhost-user socket that was inherited"),
	TEXT("tag", 0, tag, MSG_TAG_MAX, "TAG",
	    "tag to announce to the guest, 1 to 36 bytes"),
	CHOICE("cache", 0, cache, conf_cache, "POLICY",
	    "what the guest may cache (default: auto)"),
	FLAG("readonly", 0, readonly, 1, "share read-only"),
	CHOICE("sandbox", 1, sandbox, conf_sandbox, "MODE",
	    "accepted for compatibility; the jail is always complete"),
	CHOICE("seccomp", 1, seccomp, conf_seccomp, "ACTION",
	    "what a forbidden system call does (default: kill)"),
	NUMBER("thread-pool-size", thread_pool_size, 256,
	    "threads for file I/O, 0 = automatic"),
	NUMBER("rlimit-nofile", rlimit_nofile, INT32_MAX,
	    "most open files, 0 = leave as it is"),
	FLAG("announce-submounts", 0, submounts, 1,
	    "show mounts below the share as mounts (default)"),
	FLAG("no-announce-submounts", 0, submounts, 0,
	    "show mounts below the share as directories"),
	CHOICE("log-level", 0, log_level, conf_level, "LEVEL",
	    "how much to log (default: info)"),
	FLAG("syslog", 0, syslog, 1, "log to syslog instead of stderr"),
	FLAG("print-capabilities", 0, print_capabilities, 1,
	    "print what this program can do as JSON"),
	FLAG("version", 'V', print_version, 1, "print the version"),
	FLAG("help", 'h', print_help, 1, "print this text"),
};

#define CONF_OPT_CNT	(sizeof(conf_opts) / sizeof(conf_opts[0]))

static void
conf_init(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->rlimit_nofile = CONF_NOFILE_DEFAULT;
	c->cache = MSG_CACHE_AUTO;
	c->log_level = LOG_LEVEL_INFO;
	c->submounts = 1;
}

/* "auto, always, never or metadata" */
static void
conf_accepts(const struct conf_opt *opt, char *buf, size_t size)
{
	const struct conf_choice *ch;
	const char *sep = "";

	buf[0] = '\0';
	switch (opt->kind) {
	case CONF_CHOICE:
		for (ch = opt->choices; ch->name != NULL; ch++) {
			snprintf(buf + strlen(buf), size - strlen(buf),
			    "%s%s", sep, ch->name);
			sep = ch[1].name != NULL && ch[2].name == NULL ?
			    " or " : ", ";
		}
		break;
	case CONF_NUMBER:
		snprintf(buf, size, "a number from %lld to %lld",
		    (long long)opt->min, (long long)opt->max);
		break;
	default:
		snprintf(buf, size, "%lld to %lld bytes", (long long)opt->min,
		    (long long)opt->max);
		break;
	}
}

static int
conf_refuse(const struct conf_opt *opt, const char *value, char *err)
{
	char accepts[128];

	conf_accepts(opt, accepts, sizeof(accepts));
	snprintf(err, CONF_ERR_MAX, "--%s: '%.200s' is not accepted, only %s",
	    opt->name, value, accepts);
	return EINVAL;
}

static int
conf_number(const struct conf_opt *opt, const char *value, int64_t *out)
{
	long long n;

	if (value[0] == '\0' || strspn(value, "0123456789") != strlen(value))
		return EINVAL;
	errno = 0;
	n = strtoll(value, NULL, 10);
	if (errno != 0 || n < opt->min || n > opt->max)
		return EINVAL;
	*out = n;
	return 0;
}

static int
conf_set(struct conf *c, const struct conf_opt *opt, const char *value,
    char *err)
{
	const struct conf_choice *ch;
	char *field = (char *)c + opt->off;
	size_t len;

	switch (opt->kind) {
	case CONF_FLAG:
		*(int *)(void *)field = (int)opt->min;
		return 0;
	case CONF_TEXT:
		len = strlen(value);
		if (len < (size_t)opt->min || len > (size_t)opt->max)
			break;
		*(const char **)(void *)field = value;
		return 0;
	case CONF_NUMBER:
		if (conf_number(opt, value, (int64_t *)(void *)field) != 0)
			break;
		return 0;
	case CONF_CHOICE:
		for (ch = opt->choices; ch->name != NULL; ch++) {
			if (strcmp(ch->name, value) == 0) {
				*(int *)(void *)field = ch->value;
				return 0;
			}
		}
		break;
	}
	return conf_refuse(opt, value, err);
}

/* The option that word is, with *value behind its '=' or NULL. */
static const struct conf_opt *
conf_find(const char *word, const char **value)
{
	size_t i, len;

	*value = NULL;
	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	for (i = 0; i < CONF_OPT_CNT; i++) {
		if (word[1] == conf_opts[i].letter && word[2] == '\0')
			return &conf_opts[i];
		len = strlen(conf_opts[i].name);
		if (word[1] != '-' ||
		    strncmp(word + 2, conf_opts[i].name, len) != 0)
			continue;
		if (word[2 + len] == '\0')
			return &conf_opts[i];
		if (word[2 + len] == '=') {
			*value = word + 2 + len + 1;
			return &conf_opts[i];
		}
	}
	return NULL;
}

/* What no single option can know. */
static int
conf_check(const struct conf *c, char *err)
{
	const char *why = NULL;

	if (c->shared_dir == NULL)
		why = "--shared-dir is required";
	else if (c->fd == -1 && c->socket_path == NULL)
		why = "one of --socket-path and --fd is required";
	else if (c->fd != -1 && c->socket_path != NULL)
		why = "--fd and --socket-path exclude each other";
	else if (c->fd != -1 && c->socket_group != NULL)
		why = "--fd and --socket-group exclude each other";
	if (why == NULL)
		return 0;
	snprintf(err, CONF_ERR_MAX, "%s", why);
	return EINVAL;
}

/* One option with its value; *i is moved past what was used. */
static int
conf_word(struct conf *c, int argc, char *const argv[], int *i,
    uint64_t *seen, char *err)
{
	const struct conf_opt *opt;
	const char *value;
	uint64_t bit;

	if ((opt = conf_find(argv[*i], &value)) == NULL) {
		snprintf(err, CONF_ERR_MAX,
		    "'%.200s' is no option; --help lists them", argv[*i]);
		return EINVAL;
	}
	if (opt->kind == CONF_FLAG && value != NULL) {
		snprintf(err, CONF_ERR_MAX, "--%s takes no value, not '%.200s'",
		    opt->name, value);
		return EINVAL;
	}
	if (opt->kind != CONF_FLAG && value == NULL) {
		if (*i + 1 >= argc) {
			snprintf(err, CONF_ERR_MAX, "--%s needs a value",
			    opt->name);
			return EINVAL;
		}
		value = argv[++*i];
	}
	bit = 1ULL << (opt - conf_opts);
	if (opt->once && (*seen & bit) != 0) {
		snprintf(err, CONF_ERR_MAX,
		    "--%s '%.200s': given more than once", opt->name, value);
		return EINVAL;
	}
	*seen |= bit;
	if (strcmp(opt->name, "socket") == 0)
		c->socket_alias = 1;
	return conf_set(c, opt, value, err);
}

int
conf_parse(struct conf *c, int argc, char *const argv[],
    char err[CONF_ERR_MAX])
{
	uint64_t seen = 0;
	int i, e;

	conf_init(c);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--print-capabilities") == 0) {
			c->print_capabilities = 1;
			return 0;
		}
	}
	for (i = 1; i < argc; i++) {
		if ((e = conf_word(c, argc, argv, &i, &seen, err)) != 0)
			return e;
		if (c->print_help || c->print_version)
			return 0;
	}
	return conf_check(c, err);
}

void
conf_usage(FILE *f)
{
	const struct conf_opt *opt;
	char left[64], accepts[128];
	size_t i;

	fputs("usage: viofsd --shared-dir DIR "
	    "(--socket-path PATH | --fd N) [option ...]\n", f);
	for (i = 0; i < CONF_OPT_CNT; i++) {
		opt = &conf_opts[i];
		snprintf(left, sizeof(left), "--%s%s%s", opt->name,
		    opt->arg != NULL ? " " : "",
		    opt->arg != NULL ? opt->arg : "");
		if (opt->letter != '\0')
			snprintf(left + strlen(left),
			    sizeof(left) - strlen(left), ", -%c", opt->letter);
		fprintf(f, "  %-24s %s", left, opt->help);
		if (opt->kind == CONF_CHOICE) {
			conf_accepts(opt, accepts, sizeof(accepts));
			fprintf(f, ": %s", accepts);
		}
		fputc('\n', f);
	}
}

/* Answer on stdout; a pipe that is full or gone is an error. */
static void
conf_answered(void)
{
	if (fflush(stdout) == EOF)
		fatal("stdout");
	_exit(0);
}

void
conf_load(struct conf *c, int argc, char *const argv[])
{
	char err[CONF_ERR_MAX];

	if (conf_parse(c, argc, argv, err) != 0)
		fatalx("%s", err);
	if (c->print_capabilities) {
		fputs("{\n  \"type\": \"fs\",\n  \"features\": [\n"
		    "    \"separate-options\"\n  ]\n}\n", stdout);
		conf_answered();
	}
	if (c->print_help) {
		conf_usage(stdout);
		conf_answered();
	}
	if (c->print_version) {
		fputs(PACKAGE_NAME " " PACKAGE_VERSION "\n", stdout);
		conf_answered();
	}
	log_set_level((unsigned int)c->log_level);
	if (c->socket_alias)
		log_warnx("--socket is deprecated, use --socket-path");
}

gid_t
conf_group(const char *name)
{
	struct group *gr;

	errno = 0;
	if ((gr = getgrnam(name)) == NULL) {
		if (errno != 0)
			fatal("--socket-group '%s'", name);
		fatalx("--socket-group: '%s' is no group of this host", name);
	}
	return gr->gr_gid;
}

void
conf_transport_ids(struct conf_ids *ids)
{
	struct passwd *pw;

	if ((pw = getpwnam(CONF_USER)) != NULL) {
		ids->uid = pw->pw_uid;
		ids->gid = pw->pw_gid;
	} else {
		log_warnx("no user %s: the transport runs as nobody (%u)",
		    CONF_USER, CONF_NOBODY);
		ids->uid = CONF_NOBODY;
		ids->gid = CONF_NOBODY;
	}
	if (ids->uid == 0 || ids->gid == 0)
		fatalx("user %s must have neither uid 0 nor gid 0", CONF_USER);
}
