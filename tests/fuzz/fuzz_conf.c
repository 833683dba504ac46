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
 * Knows: any command line, its words ended by NUL.
 * Never: what is done with what was asked for.
 */

#include "config.h"

#include <limits.h>

#include "broker/conf.c"
#include "broker/conf_caps.c"
#include "broker/conf_check.c"
#include "broker/conf_ids.c"
#include "broker/conf_legacy.c"
#include "broker/conf_policy.c"
#include "broker/conf_tab.c"

#include "common/msg.h"
#include "fuzz.h"

#define WORDS_MAX	40

static void
check_good(const struct conf *c)
{
	FUZZ_MUST(c->fd >= -1 && c->fd <= INT_MAX);
	FUZZ_MUST(c->thread_pool_size >= 0 && c->thread_pool_size <= 256);
	FUZZ_MUST(c->num_request_queues >= 0 && c->num_request_queues <= 16);
	FUZZ_MUST(c->rlimit_nofile >= CONF_NOFILE_DEFAULT &&
	    c->rlimit_nofile <= INT32_MAX);
	FUZZ_MUST(c->cache >= MSG_CACHE_AUTO &&
	    c->cache <= MSG_CACHE_METADATA);
	FUZZ_MUST(c->log_level >= LOG_LEVEL_OFF &&
	    c->log_level <= LOG_LEVEL_DEBUG);
	FUZZ_MUST(c->tag == NULL || (c->tag[0] != '\0' &&
	    strlen(c->tag) <= MSG_TAG_MAX));
	if (c->print_help || c->print_version || c->print_capabilities ||
	    c->print_security)
		return;
	FUZZ_MUST(c->shared_dir != NULL && c->shared_dir[0] != '\0');
	FUZZ_MUST((c->fd == -1) != (c->socket_path == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[CONF_ERR_MAX], *argv[WORDS_MAX + 1], *words, *at;
	static char name[] = "viofsd";
	struct conf c;
	int argc = 1, ret;

	if ((words = malloc(size + 1)) == NULL)
		return 0;
	if (size > 0)
		memcpy(words, data, size);
	words[size] = '\0';
	argv[0] = name;
	for (at = words; at < words + size && argc < WORDS_MAX;
	    at += strlen(at) + 1)
		argv[argc++] = at;
	argv[argc] = NULL;
	memset(err, 'x', sizeof(err));
	ret = conf_parse(&c, argc, argv, err);
	FUZZ_MUST(ret == 0 || ret == EINVAL);
	if (ret == 0)
		check_good(&c);
	else
		FUZZ_MUST(memchr(err, '\0', sizeof(err)) != NULL &&
		    err[0] != '\0');
	free(words);
	return 0;
}
