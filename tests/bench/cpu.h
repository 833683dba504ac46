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
 * Knows: what the processes below one have cost the host so far.
 * Never: built into the daemon.
 */
#ifndef VIOFSD_TESTS_CPU_H
#define VIOFSD_TESTS_CPU_H

#include <sys/types.h>

#include <stdint.h>

struct cpu_cost {
	uint64_t ns;	   /* on a processor */
	uint64_t switches; /* times put on one */
};

/*
 * What the living threads of root and of all processes below it have had, by
 * the schedstat files of proc(5).
 */
void cpu_cost(pid_t root, struct cpu_cost *cost);

#endif
