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
 * Knows: how to run a fuzz target without libFuzzer: every file of its corpus
 * once, or those named.
 * Never: what is in them.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>

#include "fuzz.h"

#define REPLAY_MAX	(1U << 20)	/* bytes of one file */

static uint8_t replay_buf[REPLAY_MAX];

/* A copy of just that size, so that a sanitizer sees what is behind it. */
static int
replay_file(const char *path)
{
	uint8_t *data;
	size_t len;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL)
		return errno;
	len = fread(replay_buf, 1, sizeof(replay_buf), f);
	fclose(f);
	if ((data = malloc(len > 0 ? len : 1)) == NULL)
		return ENOMEM;
	memcpy(data, replay_buf, len);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	return 0;
}

static int
replay_seed(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Returns how many failed: to read, as whatever else is wrong kills us. */
static int
replay_dir(const char *dir, const char *target)
{
	struct dirent **seeds;
	char path[4096];
	int i, cnt, failed = 0, err;

	cnt = scandir(dir, &seeds, replay_seed, alphasort);
	if (cnt <= 0) {
		printf("1..1\nnot ok 1 - %s: no seeds in %s\n", target, dir);
		return 1;
	}
	printf("1..%d\n", cnt);
	for (i = 0; i < cnt; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, seeds[i]->d_name);
		err = replay_file(path);
		printf("%sok %d - %s: %s\n", err == 0 ? "" : "not ", i + 1,
		    target, seeds[i]->d_name);
		fflush(stdout);
		failed += err != 0;
		free(seeds[i]);
	}
	free(seeds);
	return failed;
}

int
main(int argc, char *argv[])
{
	const char *target = strrchr(argv[0], '/'), *top;
	char dir[2048];
	int i, err;

	if (argc > 1) {
		for (i = 1; i < argc; i++) {
			if ((err = replay_file(argv[i])) == 0)
				continue;
			fprintf(stderr, "%s: %s\n", argv[i], strerror(err));
			return 1;
		}
		return 0;
	}
	if (fuzz_unable != NULL && fuzz_unable() != NULL) {
		printf("1..0 # SKIP %s\n", fuzz_unable());
		return 0;
	}
	target = target == NULL ? argv[0] : target + 1;
	if ((top = getenv("top_srcdir")) == NULL)
		top = ".";
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", top, target);
	return replay_dir(dir, target) != 0;
}
