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

#ifndef VIOFSD_BROKER_FDMAP_H
#define VIOFSD_BROKER_FDMAP_H

/*
 * Knows: how a process comes to have exactly the descriptors that it should.
 * Never: what they are.
 */

#define FDMAP_MAX	8

/*
 * Make descriptor i a copy of src[i], for i below cnt, and close everything
 * else.  The first keep_cnt survive an exec, the rest do not.  One source may
 * appear twice.  Fatal on failure.
 */
void	fdmap(const int *src, unsigned int cnt, unsigned int keep_cnt);

#endif
