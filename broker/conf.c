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
 * Knows: how the command line is read, from the table in conf_tab.c; the user
 * and group databases.
 * Never: any other file, and nothing that a peer said.
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "conf_opt.h"

#define CONF_NSEC	1000000000LL	/* in a second */
#define CONF_USER	"_viofsd"
#define CONF_NOBODY	65534	/* the kernel's overflow id, nobody */

static void
conf_init(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->rlimit_nofile = CONF_NOFILE_DEFAULT;
	c->log_level = LOG_LEVEL_INFO;
	c->submounts = 1;
	c->handles = CONF_HANDLES_PREFER;
	c->groups = CONF_GROUPS_UNSET;
	c->host_suid = CONF_HOST_SUID_WARN;
	c->timeout = c->timeout_entry = c->timeout_attr =
	    c->timeout_dir_entry = c->timeout_dir_attr =
	    c->timeout_negative = CONF_TIMEOUT_UNSET;
}

/* "auto, always, never or metadata" */
static void
conf_accepts(const struct conf_opt *opt, char *buf, size_t size)
{
	const struct conf_choice *ch;
	const char *sep = "";

	buf[0] = '\0';
	switch (opt->kind) {
	case CONF_FLAG:
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
	case CONF_SECONDS:
		snprintf(buf, size, "seconds from 0 to %lld, with decimals",
		    (long long)opt->max);
		break;
	case CONF_TEXT:
		snprintf(buf, size, "%lld to %lld bytes", (long long)opt->min,
		    (long long)opt->max);
		break;
	case CONF_CALL:
		snprintf(buf, size, "%s", opt->accepts);
		break;
	}
}

int
conf_refuse(const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	char accepts[256];

	conf_accepts(opt, accepts, sizeof(accepts));
	snprintf(err, CONF_ERR_MAX, "--%s: '%.200s' is not accepted, only %s",
	    opt->name, value, accepts);
	return EINVAL;
}

int
conf_number(const char *value, int64_t max, int64_t *out)
{
	long long n;

	if (value[0] == '\0' || strspn(value, "0123456789") != strlen(value))
		return EINVAL;
	errno = 0;
	n = strtoll(value, NULL, 10);
	if (errno != 0 || n > max)
		return EINVAL;
	*out = n;
	return 0;
}

/* "1", "0.25", ".5" in nanoseconds; further digits are cut off. */
static int
conf_seconds(const char *value, int64_t max, int64_t *out)
{
	const char *dot = strchrnul(value, '.');
	int64_t sec = 0, nsec = 0, unit = CONF_NSEC;
	char whole[16];
	size_t len = (size_t)(dot - value);

	if (len >= sizeof(whole) || (len == 0 && strlen(dot) < 2))
		return EINVAL;
	memcpy(whole, value, len);
	whole[len] = '\0';
	if (len != 0 && conf_number(whole, max, &sec) != 0)
		return EINVAL;
	if (*dot == '.')
		dot++;
	for (; *dot != '\0'; dot++) {
		if (*dot < '0' || *dot > '9')
			return EINVAL;
		unit /= 10;
		nsec += (*dot - '0') * unit;
	}
	if (sec == max && nsec != 0)
		return EINVAL;
	*out = sec * CONF_NSEC + nsec;
	return 0;
}

static int
conf_choose(const struct conf_opt *opt, const char *value, int *out)
{
	const struct conf_choice *ch;

	for (ch = opt->choices; ch != NULL && ch->name != NULL; ch++) {
		if (strcmp(ch->name, value) == 0) {
			*out = ch->value;
			return 0;
		}
	}
	return EINVAL;
}

static int
conf_store(struct conf *c, const struct conf_opt *opt, const char *value,
    char *err)
{
	void *field = (char *)c + opt->off;
	size_t len;
	int e = 0;

	switch (opt->kind) {
	case CONF_FLAG:
		*(int *)field = (int)opt->min;
		if (value != NULL)
			e = conf_choose(opt, value, field);
		break;
	case CONF_TEXT:
		len = strlen(value);
		if (len < (size_t)opt->min || len > (size_t)opt->max)
			e = EINVAL;
		else
			*(const char **)field = value;
		break;
	case CONF_NUMBER:
		e = conf_number(value, opt->max, field);
		if (e == 0 && *(int64_t *)field < opt->min)
			e = EINVAL;
		break;
	case CONF_SECONDS:
		e = conf_seconds(value, opt->max, field);
		break;
	case CONF_CHOICE:
		e = conf_choose(opt, value, field);
		break;
	case CONF_CALL:
		return opt->call(c, opt, value, err);
	}
	return e == 0 ? 0 : conf_refuse(opt, value, err);
}

int
conf_set(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	size_t i = (size_t)(opt - conf_opts);

	if (opt->once && c->set[i]) {
		snprintf(err, CONF_ERR_MAX,
		    "--%s '%.200s': given more than once", opt->name, value);
		return EINVAL;
	}
	c->set[i] = 1;
	return conf_store(c, opt, value, err);
}

/* "-x", or "-xVALUE" of what has a value. */
static int
conf_is_letter(const struct conf_opt *opt, const char *word,
    const char **value)
{
	if (opt->letter == '\0' || word[1] != opt->letter)
		return 0;
	if (word[2] == '\0')
		return 1;
	*value = word + 2;
	return opt->arg != NULL;
}

/* The option that word is, with *value behind its '=' or NULL. */
static const struct conf_opt *
conf_find(const char *word, const char **value)
{
	size_t i, len;

	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	for (i = 0; i < conf_opt_cnt; i++) {
		*value = NULL;
		if (conf_is_letter(&conf_opts[i], word, value))
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

/* One option with its value; *i is moved past what was used. */
static int
conf_word(struct conf *c, int argc, char *const argv[], int *i, char *err)
{
	const struct conf_opt *opt;
	const char *value;

	if ((opt = conf_find(argv[*i], &value)) == NULL) {
		snprintf(err, CONF_ERR_MAX,
		    "'%.200s' is no option; --help lists them", argv[*i]);
		return EINVAL;
	}
	if (opt->arg == NULL && opt->choices == NULL && value != NULL) {
		snprintf(err, CONF_ERR_MAX, "--%s takes no value, not '%.200s'",
		    opt->name, value);
		return EINVAL;
	}
	if (opt->arg != NULL && value == NULL) {
		if (*i + 1 >= argc) {
			snprintf(err, CONF_ERR_MAX, "--%s needs a value",
			    opt->name);
			return EINVAL;
		}
		value = argv[++*i];
	}
	return conf_set(c, opt, value, err);
}

int
conf_parse(struct conf *c, int argc, char *const argv[],
    char err[CONF_ERR_MAX])
{
	int i, e;

	conf_init(c);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--print-capabilities") == 0) {
			c->print_capabilities = 1;
			return 0;
		}
	}
	for (i = 1; i < argc; i++) {
		if ((e = conf_word(c, argc, argv, &i, err)) != 0)
			return e;
		if (c->print_help || c->print_version || c->print_security)
			return 0;
	}
	return conf_check(c, err);
}

void
conf_usage(FILE *f)
{
	const struct conf_opt *opt;
	char left[64], accepts[256];
	size_t i;

	fputs("usage: viofsd --shared-dir DIR "
	    "(--socket-path PATH | --fd N) [option ...]\n", f);
	for (i = 0; i < conf_opt_cnt; i++) {
		opt = &conf_opts[i];
		snprintf(left, sizeof(left), "--%s%s%s", opt->name,
		    opt->arg != NULL ? " " : "",
		    opt->arg != NULL ? opt->arg : "");
		if (opt->letter != '\0')
			snprintf(left + strlen(left),
			    sizeof(left) - strlen(left), ", -%c", opt->letter);
		fprintf(f, "  %-28s %s", left, opt->help);
		if (opt->kind == CONF_CHOICE || opt->kind == CONF_CALL) {
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

/* What is still understood, and what is understood and not done. */
static void
conf_notes(const struct conf *c)
{
	if (c->socket_alias != NULL)
		log_warnx("--socket is deprecated, use --socket-path");
	if (c->legacy)
		log_warnx("-o is deprecated, use the options with dashes");
	if (c->debug)
		log_warnx("-d is deprecated, use --log-level debug");
	if (c->foreground)
		log_warnx("-f is deprecated and not needed");
	if (c->migration)
		log_info("the options for migration are accepted, but there "
		    "is no migration");
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
	conf_notes(c);
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
