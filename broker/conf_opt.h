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

#ifndef VIOFSD_BROKER_CONF_OPT_H
#define VIOFSD_BROKER_CONF_OPT_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/*
 * Knows: what one row of the table of options is made of, for the files
 * conf*.c alone.
 * Never: anything outside the command line.
 */

enum conf_kind {
	CONF_FLAG,		/* int = min */
	CONF_TEXT,		/* const char *, min..max bytes */
	CONF_NUMBER,		/* int64_t, min..max */
	CONF_SECONDS,		/* int64_t of ns, decimals */
	CONF_CHOICE,		/* int, one of choices */
	CONF_CALL,		/* its own grammar, see call */
};

struct conf_choice {
	const char *name;
	int value;
};

struct conf_opt {
	const char *name;
	char letter;		/* short form, or 0 */
	enum conf_kind kind;
	int once;		/* security option: said twice is an error */
	size_t off;		/* field in struct conf */
	int64_t min, max;
	const struct conf_choice *choices;
	/* CONF_CALL: value, or part of it, is checked and stored. */
	int (*call)(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);
	const char *arg;	/* what the value is, for usage; NULL = none */
	const char *help;	/* and, for CONF_CALL, what is accepted */
	const char *accepts;
};

/* The table, and its row by name without dashes, or NULL. */
extern const struct conf_opt conf_opts[];
extern const size_t conf_opt_cnt;
const struct conf_opt *conf_opt_find(const char *name);

/*
 * Set opt to value (NULL: a flag).  Returns 0, or EINVAL with one line in err;
 * a security option that was set before is refused.  value must live as long
 * as c.
 */
int	conf_set(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* Say in err that value is not what opt accepts, and why; EINVAL. */
int	conf_refuse(const struct conf_opt *opt, const char *value,
	    char err[CONF_ERR_MAX]);

/* Digits, up to max.  Returns 0, or EINVAL. */
int	conf_number(const char *value, int64_t max, int64_t *out);

/* conf_ids.c: --translate-uid, --translate-gid (min: enum idmap_of) */
int	conf_translate(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* conf_ids.c: --uid-map, --gid-map (min: enum idmap_of) */
int	conf_userns_map(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* conf_caps.c: --modcaps */
int	conf_modcaps(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* conf_caps.c: add the capability called name to *caps, if it may be had */
int	conf_cap_bit(const struct conf_opt *opt, const char *name,
	    uint64_t *caps, char err[CONF_ERR_MAX]);

/* conf_policy.c: --guest-root, --squash-all, --pool, --deny */
int	conf_guest_root(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);
int	conf_squash_all(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);
int	conf_pool(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);
int	conf_deny(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* conf_policy.c: fill c->rules; then what is wrong with them, or NULL */
void	conf_imply_policy(struct conf *c);
const char *conf_check_policy(const struct conf *c);

/*
 * conf_legacy.c: -o; value is unescaped and cut into words where it stands,
 * which is the one use of the words of the command line that changes them.
 */
int	conf_legacy(struct conf *c, const struct conf_opt *opt,
	    const char *value, char err[CONF_ERR_MAX]);

/* conf_check.c: what no single option can know, and what one implies. */
int	conf_check(struct conf *c, char err[CONF_ERR_MAX]);

#endif
