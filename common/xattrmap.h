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

#ifndef VIOFSD_COMMON_XATTRMAP_H
#define VIOFSD_COMMON_XATTRMAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Knows: virtiofsd's --xattrmap language: parsing it, and what it makes of a
 * name.  The broker checks a map at start, workers apply it.
 * Never: an extended attribute itself.
 */

#define XATTRMAP_RULE_MAX	64
#define XATTRMAP_NAME_MAX	255	/* XATTR_NAME_MAX */
#define XATTRMAP_ERR_MAX	160

enum xattrmap_type {
	XATTRMAP_PREFIX,
	XATTRMAP_OK,
	XATTRMAP_BAD,
	XATTRMAP_UNSUPPORTED,
};

#define XATTRMAP_CLIENT	0x1u	/* names that the guest sends */
#define XATTRMAP_SERVER	0x2u	/* names that the host lists */

struct xattrmap_rule {
	enum xattrmap_type type;
	unsigned int scope;		/* XATTRMAP_CLIENT | XATTRMAP_SERVER */
	char key[XATTRMAP_NAME_MAX + 1];
	char prepend[XATTRMAP_NAME_MAX + 1];
};

struct xattrmap {
	unsigned int cnt;		/* 0: names are not mapped */
	struct xattrmap_rule rules[XATTRMAP_RULE_MAX];
};

/*
 * Parse len bytes of rules into m ("map" becomes the rules it stands for).
 * Returns 0, or EINVAL with one line in err that says what is wrong; a map
 * that can leave a name without a rule is wrong.
 */
int	xattrmap_parse(struct xattrmap *m, const char *text, size_t len,
	    char err[XATTRMAP_ERR_MAX]);

/*
 * The host's name for a name that the guest sent, NUL-terminated in out.
 * Returns 0, EPERM (bad), EOPNOTSUPP (unsupported) or ENAMETOOLONG.
 */
int	xattrmap_client(const struct xattrmap *m, const char *name,
	    char out[XATTRMAP_NAME_MAX + 1]);

/*
 * The guest's name for a name that the host lists, a part of name or name
 * itself; NULL if the guest may not see it.
 */
const char *xattrmap_server(const struct xattrmap *m, const char *name);

#endif
