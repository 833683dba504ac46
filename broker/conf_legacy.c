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
 * Knows: -o, the names that both virtiofsd daemons took there.
 * Never: what an option does.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf_opt.h"

struct conf_legacy_name {
	const char *name;
	const char *option;	/* NULL: never had an effect */
	int off;		/* the flag's other value */
};

static const struct conf_legacy_name conf_legacy_values[] = {
	{ "source", "shared-dir", 0 },
	{ "cache", "cache", 0 },
	{ "loglevel", "log-level", 0 },
	{ "log_level", "log-level", 0 },
	{ "sandbox", "sandbox", 0 },
	{ "timeout", "timeout", 0 },
	{ "xattrmap", "xattrmap", 0 },
	{ "modcaps", "modcaps", 0 },
	{ "max_idle_threads", NULL, 0 },
	{ NULL, NULL, 0 },
};

/* Each with "no_" before it as well. */
static const struct conf_legacy_name conf_legacy_flags[] = {
	{ "xattr", "xattr", 0 },
	{ "readdirplus", "no-readdirplus", 1 },
	{ "writeback", "writeback", 0 },
	{ "allow_direct_io", "allow-direct-io", 0 },
	{ "announce_submounts", "announce-submounts", 0 },
	{ "killpriv_v2", "killpriv-v2", 0 },
	{ "posix_acl", "posix-acl", 0 },
	{ "security_label", "security-label", 0 },
	{ "flock", "flock", 0 },
	{ "posix_lock", "posix-lock", 0 },
	{ "debug", "debug", 0 },
	{ "allow_root", NULL, 0 },
	{ NULL, NULL, 0 },
};

/* Values that are spelled otherwise today. */
static const char *
conf_legacy_value(const char *name, const char *value)
{
	if (strcmp(name, "cache") == 0 && strcmp(value, "none") == 0)
		return "never";
	if (strncmp(name, "log", 3) == 0 && strcmp(value, "err") == 0)
		return "error";
	return value;
}

/* "a=, b=" or "[no_]a, [no_]b", behind what err says already. */
static void
conf_legacy_list(const struct conf_legacy_name *n, const char *before,
    const char *behind, char *err)
{
	const char *sep = "";
	size_t len;

	for (; n->name != NULL; n++) {
		len = strlen(err);
		snprintf(err + len, CONF_ERR_MAX - len, "%s%s%s%s", sep,
		    before, n->name, behind);
		sep = ", ";
	}
}

static int
conf_legacy_unknown(const char *word, char *err)
{
	size_t len;

	snprintf(err, CONF_ERR_MAX, "-o: '%.200s' is no option, only ", word);
	conf_legacy_list(conf_legacy_values, "", "=VALUE", err);
	len = strlen(err);
	snprintf(err + len, CONF_ERR_MAX - len, " and ");
	conf_legacy_list(conf_legacy_flags, "[no_]", "", err);
	return EINVAL;
}

/* name=value; word is cut at the '='. */
static int
conf_legacy_assign(struct conf *c, char *word, char *value, char *err)
{
	const struct conf_legacy_name *n = conf_legacy_values;

	*value++ = '\0';
	while (n->name != NULL && strcmp(n->name, word) != 0)
		n++;
	if (n->name == NULL)
		return conf_legacy_unknown(word, err);
	if (n->option == NULL)
		return 0;
	return conf_set(c, conf_opt_find(n->option),
	    conf_legacy_value(word, value), err);
}

static int
conf_legacy_flag(struct conf *c, const char *word, char *err)
{
	const struct conf_legacy_name *n = conf_legacy_flags;
	const struct conf_opt *opt;
	int no = strncmp(word, "no_", 3) == 0;

	while (n->name != NULL && strcmp(n->name, word + (no ? 3 : 0)) != 0)
		n++;
	if (n->name == NULL)
		return conf_legacy_unknown(word, err);
	if (n->option == NULL)
		return 0;
	opt = conf_opt_find(n->option);
	*(int *)(void *)((char *)c + opt->off) =
	    (no != n->off) ? !opt->min : (int)opt->min;
	return 0;
}

/*
 * The next word up to a comma, in place; two commas or a backslash and a
 * comma are one comma of the word.  *list is moved on, or NULL at the end.
 */
static char *
conf_legacy_next(char **list)
{
	char *word = *list, *from = word, *to = word;

	while (*from != '\0') {
		if ((from[0] == ',' || from[0] == '\\') && from[1] == ',')
			from++;
		else if (from[0] == ',')
			break;
		*to++ = *from++;
	}
	*list = *from == ',' ? from + 1 : NULL;
	*to = '\0';
	return word;
}

int
conf_legacy(struct conf *c, const struct conf_opt *opt, const char *value,
    char err[CONF_ERR_MAX])
{
	char *list, *word, *equal;
	int e;

	(void)opt;
	/* A word of argv, which belongs to the program (C17 5.1.2.2.1). */
	list = (char *)(uintptr_t)value;
	c->legacy = 1;
	while (list != NULL) {
		word = conf_legacy_next(&list);
		if ((equal = strchr(word, '=')) != NULL)
			e = conf_legacy_assign(c, word, equal, err);
		else
			e = conf_legacy_flag(c, word, err);
		if (e != 0)
			return e;
	}
	return 0;
}
