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
 * Knows: what a load of the bench is and what its parts share.
 * Never: built into the daemon.
 */
#ifndef VIOFSD_TESTS_BENCH_H
#define VIOFSD_TESTS_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* What one process of a load works on. */
struct bench_job {
	const char *dir;    /* its own directory, empty at the start, */
	const char *there;  /* and the same beneath the mount, if known */
	unsigned long cnt;  /* operations to do */
	unsigned int depth; /* operations at once */
	unsigned int seed;
	uint64_t *lat_ns; /* of operation i, cnt of them */
};

struct bench_load {
	const char *name;
	unsigned long cnt;		     /* operations of one process */
	int cold;			     /* no caches before run */
	void (*prepare)(struct bench_job *); /* or NULL */
	void (*run)(struct bench_job *);
};

/* Each ends with one that has no name. */
extern const struct bench_load bench_data[];
extern const struct bench_load bench_meta[];
extern const struct bench_load bench_commands[];

/* What "run" does in the directory; ends with NULL. */
extern char **bench_command;

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t bench_now(void);

/* Opens a file of the job's directory; ends the process when it can't. */
int bench_open(const struct bench_job *, const char *name,
    int flags);

#endif
