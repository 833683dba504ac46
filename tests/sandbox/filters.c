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
 * Knows: how to write each process's filter to files, to be read and to be
 * compared: NAME.pfc is libseccomp's text, NAME.bpf what the kernel gets.
 * Never: what is in a table.
 *
 * filters DIR: prints "NAME CALLS calls, ROWS rows" for each.
 */

#include "../../common/sandbox.c"

#include <fcntl.h>
#include <unistd.h>

#include <bsd/err.h>

#include "sets.h"

#define FILTERS_CALLS	1024

/* One file by one of the library's two exports. */
static void
filters_file(const char *dir, const char *name, const char *kind,
    scmp_filter_ctx ctx, int (*export)(const scmp_filter_ctx, int))
{
	char path[4096];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, kind);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) == -1)
		err(1, "%s", path);
	if ((r = export(ctx, fd)) != 0) {
		errno = -r;
		err(1, "%s", path);
	}
	if (close(fd) == -1)
		err(1, "%s", path);
}

static void
filters_set(const char *dir, const struct set *s)
{
	struct sandbox_table tables[SET_TABLES];
	char has[FILTERS_CALLS] = { 0 };
	unsigned int t, calls = 0, rows = 0;
	scmp_filter_ctx ctx;
	size_t i;
	int nr;

	for (t = 0; t < s->table_cnt; t++) {
		tables[t] = *s->table[t];
		for (i = 0; i < tables[t].row_cnt; i++) {
			nr = tables[t].rows[i].nr;
			if (nr < 0 || nr >= FILTERS_CALLS)
				errx(1, "%s: call %d", s->name, nr);
			calls += !has[nr];
			has[nr] = 1;
			rows++;
		}
	}
	ctx = sandbox_make(tables, s->table_cnt, SANDBOX_KILL);
	filters_file(dir, s->name, "pfc", ctx, seccomp_export_pfc);
	filters_file(dir, s->name, "bpf", ctx, seccomp_export_bpf);
	seccomp_release(ctx);
	printf("%s %u calls, %u rows\n", s->name, calls, rows);
}

int
main(int argc, char *argv[])
{
	unsigned int i;

	if (argc != 2)
		errx(2, "usage: filters DIR");
	for (i = 0; i < SET_CNT; i++)
		filters_set(argv[1], &sets[i]);
	return 0;
}
