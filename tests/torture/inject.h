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

#ifndef VIOFSD_TORTURE_INJECT_H
#define VIOFSD_TORTURE_INJECT_H

#include <stdint.h>

/*
 * A daemon under the hand of a tracer: one system call, or one allocation, of
 * one kind of its processes fails.  The program "inject" is started in the
 * daemon's stead, with its arguments; environment INJECT_VIOFSD is the real
 * one, INJECT_FILE a file that holds a struct inject, shared with whoever says
 * what is to fail.
 */

enum inject_role {
	INJECT_BROKER,
	INJECT_TRANSPORT,
	INJECT_SPAWNER,			/* and its children before exec */
	INJECT_WORKER,
	INJECT_ROLE_CNT,
};

enum inject_kind {
	INJECT_CALL,			/* a system call */
	INJECT_MEMORY,			/* malloc(3) and the like */
	INJECT_KIND_CNT,
};

struct inject {
	volatile uint32_t armed;	/* count from now on */
	volatile uint32_t role, kind;
	volatile uint32_t index;	/* the first is 1; 0: only count */
	volatile uint32_t count;
	volatile uint32_t hit;		/* it has failed */
	volatile int32_t hit_nr;	/* which system call */
	volatile int32_t hit_err;
	volatile uint32_t hit_filter;	/* before that process was shut in */
	volatile int32_t pid[INJECT_ROLE_CNT];	/* the last one */
	volatile uint32_t workers;	/* that live */
	volatile uint32_t crashes;	/* by a signal that nobody sent */
	volatile uint32_t crash_role, crash_signal;
	volatile uint32_t stillborn;	/* crashes of workers not yet shut in */
	volatile uint32_t points;	/* functions under watch, all in all */
};

/*
 * How system call nr may fail, as the kernel's manual has it: an errno, or 0
 * if it cannot.  inject_real() is 1 if it is made all the same: what it did
 * is not undone by saying no.
 */
int	inject_errno(long nr);
int	inject_real(long nr);

/* Addresses of malloc, calloc and realloc in process pid; how many. */
#define INJECT_POINTS	3
unsigned int inject_points(int pid, uintptr_t addr[INJECT_POINTS]);

#endif
