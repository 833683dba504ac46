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

#ifndef VIOFSD_FUZZ_FUZZ_H
#define VIOFSD_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the fuzz targets share: an input is read front to back, as the list
 * of things to do that it is; what is missing at its end is zero.  A target
 * fails by a signal only, also without libFuzzer.
 */

struct fuzz {
	const uint8_t *at;
	size_t left;
};

/* One input; libFuzzer's entry, called by replay_main.c where that is not. */
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Why a target cannot run here, or NULL; not every target has it. */
const char *fuzz_unable(void) __attribute__((weak));

#define FUZZ_MUST(what) do { \
	if (!(what)) \
		fuzz_failed(__FILE__, __LINE__, #what); \
} while (0)

__attribute__((noreturn)) static inline void
fuzz_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

static inline void
fuzz_bytes(struct fuzz *f, void *dst, size_t len)
{
	size_t n = len < f->left ? len : f->left;

	memset(dst, 0, len);
	if (n == 0)
		return;
	memcpy(dst, f->at, n);
	f->at += n;
	f->left -= n;
}

static inline uint8_t
fuzz_u8(struct fuzz *f)
{
	uint8_t val;

	fuzz_bytes(f, &val, sizeof(val));
	return val;
}

static inline uint16_t
fuzz_u16(struct fuzz *f)
{
	uint16_t val;

	fuzz_bytes(f, &val, sizeof(val));
	return val;
}

static inline uint32_t
fuzz_u32(struct fuzz *f)
{
	uint32_t val;

	fuzz_bytes(f, &val, sizeof(val));
	return val;
}

static inline uint64_t
fuzz_u64(struct fuzz *f)
{
	uint64_t val;

	fuzz_bytes(f, &val, sizeof(val));
	return val;
}

/* The lowest free descriptor: the same before and after if none leaked. */
static inline int
fuzz_fd_free(void)
{
	int fd = dup(STDERR_FILENO);

	FUZZ_MUST(fd != -1);
	close(fd);
	return fd;
}

#endif
