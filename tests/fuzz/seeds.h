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

#ifndef VIOFSD_FUZZ_SEEDS_H
#define VIOFSD_FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>

/* The input that is being made. */
void	seed_bytes(const void *src, size_t len);
void	seed_u8(unsigned int val);
void	seed_u16(unsigned int val);
void	seed_u32(uint32_t val);
void	seed_u64(uint64_t val);
void	seed_text(const char *text);	/* with its NUL */

/* Keep it as an input of that target; the next one begins empty. */
void	seed_keep(const char *target, const char *name);

void	seeds_fuse(void);
void	seeds_ipc(void);
void	seeds_vu_msg(void);

#endif
