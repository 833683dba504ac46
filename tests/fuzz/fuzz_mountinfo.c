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
 * Knows: any line of mountinfo, behind the path of the share and a NUL.
 * Never: a mount.
 */

#include "config.h"

#include "broker/tree.c"

#include "fuzz.h"

/* What was found, escaped as the kernel does it, is found again. */
static void
check_again(const char *share, const char *rel)
{
	static char line[5 * PATH_MAX], again[PATH_MAX];
	const char *root = strcmp(share, "/") == 0 ? "" : share, *c;
	char *at = line;

	at += snprintf(line, 16, "1 2 3:4 / ");
	for (c = root; *c != '\0'; c++)
		at += snprintf(at, 5, "\\%03o", (unsigned char)*c);
	*at++ = '/';
	for (c = rel; *c != '\0'; c++)
		at += snprintf(at, 5, "\\%03o", (unsigned char)*c);
	FUZZ_MUST(tree_mountinfo(line, share, again) == 1);
	FUZZ_MUST(strcmp(rel, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char rel[PATH_MAX], *share, *line;
	size_t len;

	if ((share = malloc(size + 2)) == NULL)
		return 0;
	if (size > 0)
		memcpy(share, data, size);
	share[size] = share[size + 1] = '\0';
	len = strlen(share);
	if (len < PATH_MAX && share[0] == '/' &&
	    (line = strdup(share + len + 1)) != NULL) {
		memset(rel, 'x', sizeof(rel));
		if (tree_mountinfo(line, share, rel)) {
			FUZZ_MUST(memchr(rel, '\0', sizeof(rel)) != NULL &&
			    rel[0] != '\0');
			check_again(share, rel);
		}
		free(line);
	}
	free(share);
	return 0;
}
