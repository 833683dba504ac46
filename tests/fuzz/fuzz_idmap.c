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
 * Knows: any rules of an id map, as they come in a message, and any ids.
 * Never: their text on a command line, see fuzz_conf.c.
 */

#include "config.h"

#include <errno.h>

#include "common/idmap.h"
#include "fuzz.h"

static struct idmap_rule rules[IDMAP_RULE_MAX];

static void
one_id(const struct idmap *m, enum idmap_of of, uint32_t id)
{
	uint32_t host = 0, guest;
	int err;

	err = idmap_to_host(m, of, id, &host);
	FUZZ_MUST(err == 0 || err == EPERM);
	/* Whoever a guest can be may have a worker. */
	if (err == 0)
		FUZZ_MUST(idmap_reachable(m, of, host) == 1);
	guest = idmap_to_guest(m, of, id);
	if (m->cnt == 0)
		FUZZ_MUST(guest == id && host == id && err == 0);
	FUZZ_MUST(idmap_reachable(m, of, id) == !!idmap_reachable(m, of,
	    id));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	uint32_t cnt = fuzz_u8(&f), i, which = UINT32_MAX;
	struct idmap m = { rules, cnt };
	enum idmap_of of;
	int err;

	/* Small numbers, or the rules are never good. */
	for (i = 0; i < cnt; i++) {
		rules[i].of = fuzz_u8(&f) % 3;
		rules[i].kind = fuzz_u8(&f) % (IDMAP_KIND_CNT + 1);
		rules[i].first = fuzz_u32(&f);
		rules[i].to = fuzz_u32(&f);
		rules[i].cnt = fuzz_u32(&f);
	}
	err = idmap_check(&m, &which);
	FUZZ_MUST(err == 0 || (err == EINVAL && which < cnt));
	if (err != 0)
		return 0;
	for (of = IDMAP_UID; of <= IDMAP_GID; of++)
		for (i = 0; i < cnt; i++) {
			one_id(&m, of, rules[i].first);
			one_id(&m, of, rules[i].first + rules[i].cnt);
			one_id(&m, of, rules[i].to);
		}
	while (f.left > 0)
		one_id(&m, fuzz_u8(&f) % 2, fuzz_u32(&f));
	return 0;
}
