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
 * Knows: virtiofsd's --xattrmap language.
 * Never: an extended attribute itself.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "../common/xattrmap.h"

struct xattrmap_text {
	const char *at, *end;
	char sep;
	char *err;
};

static int
xattrmap_wrong(struct xattrmap_text *t, const char *what)
{
	snprintf(t->err, XATTRMAP_ERR_MAX, "%s", what);
	return EINVAL;
}

/* The next field up to the rule's separator. */
static int
xattrmap_field(struct xattrmap_text *t, char *out, size_t size)
{
	const char *end;
	size_t len;

	end = memchr(t->at, t->sep, (size_t)(t->end - t->at));
	if (end == NULL)
		return xattrmap_wrong(t, "a rule does not end");
	len = (size_t)(end - t->at);
	if (len >= size)
		return xattrmap_wrong(t, "a field is too long");
	memcpy(out, t->at, len);
	out[len] = '\0';
	t->at = end + 1;
	return 0;
}

static int
xattrmap_add(struct xattrmap_text *t, struct xattrmap *m,
    enum xattrmap_type type, unsigned int scope, const char *key,
    const char *prepend)
{
	struct xattrmap_rule *r;

	if (m->cnt == XATTRMAP_RULE_MAX)
		return xattrmap_wrong(t, "too many rules");
	r = &m->rules[m->cnt++];
	r->type = type;
	r->scope = scope;
	strlcpy(r->key, key, sizeof(r->key));
	strlcpy(r->prepend, prepend, sizeof(r->prepend));
	return 0;
}

/* "map" is a short form for a whole set; nothing may follow it. */
static int
xattrmap_map(struct xattrmap_text *t, struct xattrmap *m)
{
	const unsigned int all = XATTRMAP_CLIENT | XATTRMAP_SERVER;
	char key[XATTRMAP_NAME_MAX + 1], prepend[XATTRMAP_NAME_MAX + 1];
	int err;

	if ((err = xattrmap_field(t, key, sizeof(key))) != 0 ||
	    (err = xattrmap_field(t, prepend, sizeof(prepend))) != 0 ||
	    (err = xattrmap_add(t, m, XATTRMAP_PREFIX, all, key,
	    prepend)) != 0)
		return err;
	if (key[0] == '\0')
		return xattrmap_add(t, m, XATTRMAP_BAD, all, "", "");
	/* Neither may the guest name the target nor see the host's own. */
	if ((err = xattrmap_add(t, m, XATTRMAP_BAD, XATTRMAP_CLIENT, prepend,
	    "")) != 0 ||
	    (err = xattrmap_add(t, m, XATTRMAP_BAD, XATTRMAP_SERVER, "",
	    key)) != 0)
		return err;
	return xattrmap_add(t, m, XATTRMAP_OK, all, "", "");
}

static int
xattrmap_scope(struct xattrmap_text *t, unsigned int *scope)
{
	char word[16];
	int err;

	if ((err = xattrmap_field(t, word, sizeof(word))) != 0)
		return err;
	if (strcmp(word, "client") == 0)
		*scope = XATTRMAP_CLIENT;
	else if (strcmp(word, "server") == 0)
		*scope = XATTRMAP_SERVER;
	else if (strcmp(word, "all") == 0)
		*scope = XATTRMAP_CLIENT | XATTRMAP_SERVER;
	else
		return xattrmap_wrong(t,
		    "a scope is not client, server or all");
	return 0;
}

static int
xattrmap_type(struct xattrmap_text *t, const char *word,
    enum xattrmap_type *type)
{
	static const char *const name[] = {
		[XATTRMAP_PREFIX] = "prefix",
		[XATTRMAP_OK] = "ok",
		[XATTRMAP_BAD] = "bad",
		[XATTRMAP_UNSUPPORTED] = "unsupported",
	};
	unsigned int i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (strcmp(word, name[i]) == 0) {
			*type = (enum xattrmap_type)i;
			return 0;
		}
	return xattrmap_wrong(t,
	    "a type is not prefix, ok, bad, unsupported or map");
}

static int
xattrmap_rule(struct xattrmap_text *t, struct xattrmap *m, int *last)
{
	char word[16], key[XATTRMAP_NAME_MAX + 1];
	char prepend[XATTRMAP_NAME_MAX + 1];
	enum xattrmap_type type;
	unsigned int scope;
	int err;

	if ((err = xattrmap_field(t, word, sizeof(word))) != 0)
		return err;
	if (strcmp(word, "map") == 0) {
		*last = 1;
		return xattrmap_map(t, m);
	}
	if ((err = xattrmap_type(t, word, &type)) != 0 ||
	    (err = xattrmap_scope(t, &scope)) != 0 ||
	    (err = xattrmap_field(t, key, sizeof(key))) != 0 ||
	    (err = xattrmap_field(t, prepend, sizeof(prepend))) != 0)
		return err;
	return xattrmap_add(t, m, type, scope, key, prepend);
}

/* Some rule must answer for every name, in both directions. */
static int
xattrmap_terminated(const struct xattrmap *m)
{
	unsigned int open = XATTRMAP_CLIENT | XATTRMAP_SERVER, i;

	for (i = 0; i < m->cnt; i++) {
		if (m->rules[i].key[0] == '\0')
			open &= ~(m->rules[i].scope & XATTRMAP_CLIENT);
		if (m->rules[i].prepend[0] == '\0')
			open &= ~(m->rules[i].scope & XATTRMAP_SERVER);
	}
	return open == 0;
}

int
xattrmap_parse(struct xattrmap *m, const char *text, size_t len,
    char err[XATTRMAP_ERR_MAX])
{
	struct xattrmap_text t = { text, text + len, '\0', err };
	int last = 0, e;

	m->cnt = 0;
	for (;;) {
		while (t.at < t.end && isspace((unsigned char)*t.at))
			t.at++;
		if (t.at == t.end)
			break;
		if (last)
			return xattrmap_wrong(&t, "a rule follows map");
		t.sep = *t.at++;
		if ((e = xattrmap_rule(&t, m, &last)) != 0)
			return e;
	}
	if (m->cnt == 0)
		return xattrmap_wrong(&t, "there is no rule");
	if (!xattrmap_terminated(m))
		return xattrmap_wrong(&t,
		    "a name could be without a rule; end with :ok:all:::");
	return 0;
}

static int
xattrmap_starts(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

int
xattrmap_client(const struct xattrmap *m, const char *name,
    char out[XATTRMAP_NAME_MAX + 1])
{
	const struct xattrmap_rule *r;
	unsigned int i;
	int n;

	for (i = 0; i < m->cnt; i++) {
		r = &m->rules[i];
		if (!(r->scope & XATTRMAP_CLIENT) ||
		    !xattrmap_starts(name, r->key))
			continue;
		if (r->type == XATTRMAP_BAD)
			return EPERM;
		if (r->type == XATTRMAP_UNSUPPORTED)
			return EOPNOTSUPP;
		n = snprintf(out, XATTRMAP_NAME_MAX + 1, "%s%s",
		    r->type == XATTRMAP_PREFIX ? r->prepend : "", name);
		return n > XATTRMAP_NAME_MAX ? ENAMETOOLONG : 0;
	}
	if (m->cnt != 0)
		return EPERM;
	return strlcpy(out, name, XATTRMAP_NAME_MAX + 1) > XATTRMAP_NAME_MAX ?
	    ENAMETOOLONG : 0;
}

const char *
xattrmap_server(const struct xattrmap *m, const char *name)
{
	const struct xattrmap_rule *r;
	unsigned int i;

	if (m->cnt == 0)
		return name;
	for (i = 0; i < m->cnt; i++) {
		r = &m->rules[i];
		if (!(r->scope & XATTRMAP_SERVER) ||
		    !xattrmap_starts(name, r->prepend))
			continue;
		if (r->type == XATTRMAP_BAD || r->type == XATTRMAP_UNSUPPORTED)
			return NULL;
		if (r->type == XATTRMAP_PREFIX)
			name += strlen(r->prepend);
		/* A prefix alone is no name. */
		return name[0] != '\0' ? name : NULL;
	}
	return NULL;
}
