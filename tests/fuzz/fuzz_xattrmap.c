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
 * Knows: any text as an --xattrmap, up to the first NUL, and any names behind
 * it.
 * Never: an extended attribute.
 */

#include "config.h"

#include <errno.h>

#include "common/xattrmap.h"
#include "fuzz.h"

static struct xattrmap map;

/* A name as a guest, and as the host, would say it. */
static void
one_name(const char *name)
{
	char host[XATTRMAP_NAME_MAX + 1];
	const char *guest;
	int err;

	memset(host, 'x', sizeof(host));
	err = xattrmap_client(&map, name, host);
	FUZZ_MUST(err == 0 || err == EPERM || err == EOPNOTSUPP ||
	    err == ENAMETOOLONG);
	if (err == 0)
		FUZZ_MUST(memchr(host, '\0', sizeof(host)) != NULL);
	guest = xattrmap_server(&map, name);
	FUZZ_MUST(guest == NULL ||
	    (guest >= name && guest <= name + strlen(name)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
	size_t len = end == NULL ? size : (size_t)(end - data), i;
	char err[XATTRMAP_ERR_MAX], name[XATTRMAP_NAME_MAX + 1];
	struct fuzz f = { data + len, size - len };
	int ret;

	memset(err, 'x', sizeof(err));
	ret = xattrmap_parse(&map, (const char *)data, len, err);
	FUZZ_MUST(ret == 0 || ret == EINVAL);
	if (ret != 0) {
		FUZZ_MUST(memchr(err, '\0', sizeof(err)) != NULL);
		return 0;
	}
	FUZZ_MUST(map.cnt <= XATTRMAP_RULE_MAX);
	one_name("user.a");
	one_name("security.capability");
	while (f.left > 0) {
		for (i = 0; i < XATTRMAP_NAME_MAX && f.left > 0; i++)
			if ((name[i] = (char)fuzz_u8(&f)) == '\0')
				break;
		name[i] = '\0';
		one_name(name);
	}
	return 0;
}
