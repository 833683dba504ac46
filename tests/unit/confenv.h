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

#ifndef VIOFSD_TESTS_CONFENV_H
#define VIOFSD_TESTS_CONFENV_H

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/conf.c"
#include "broker/conf_caps.c"
#include "broker/conf_check.c"
#include "broker/conf_ids.c"
#include "broker/conf_legacy.c"
#include "broker/conf_policy.c"
#include "broker/conf_tab.c"

/*
 * Knows: how a command line of one string is parsed in a test.
 * Never: what it means.
 */

#define ARGS_MAX	32

static struct conf conf;
static char err[CONF_ERR_MAX];

/* Parse words separated by single spaces; "" stays an empty word. */
static int
parse(const char *line)
{
	static char buf[4096];
	char *argv[ARGS_MAX], *p = buf;
	int argc = 0;

	snprintf(buf, sizeof(buf), "viofsd %s", line);
	err[0] = '\0';
	while (p != NULL && argc < ARGS_MAX)
		argv[argc++] = strsep(&p, " ");
	return conf_parse(&conf, argc, argv, err);
}

/* The same behind what every good command line has. */
static int
parse_more(const char *line)
{
	char buf[4096];

	snprintf(buf, sizeof(buf), "--shared-dir /srv --socket-path /s %s",
	    line);
	return parse(buf);
}

static void
refused(const char *line, const char *says)
{
	assert_int_equal(parse(line), EINVAL);
	if (strstr(err, says) == NULL)
		fail_msg("%s: '%s' instead of '%s'", line, err, says);
	assert_null(strchr(err, '\n'));
}

static void
refused_more(const char *line, const char *says)
{
	char buf[4096];

	snprintf(buf, sizeof(buf), "--shared-dir /srv --socket-path /s %s",
	    line);
	refused(buf, says);
}

#endif
