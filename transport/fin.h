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

#ifndef VIOFSD_TRANSPORT_FIN_H
#define VIOFSD_TRANSPORT_FIN_H

#include <stddef.h>
#include <stdint.h>

struct req;

/*
 * Knows: how to walk the private copy of a request's arguments.
 * Never: guest memory.
 */

struct fin {
	const uint8_t *at;
	size_t left;
};

/* All arguments of r but its extensions. */
void	fin_init(struct fin *f, const struct req *r);

/* The next len bytes, copied to dst.  Returns 0 or EINVAL if fewer are left. */
int	fin_take(struct fin *f, void *dst, size_t len);

/*
 * The next NUL-terminated string as a file name: one component, 1..255
 * bytes, not "." or "..", no '/'.  It is copied NUL-padded to name, which has
 * MSG_NAME_MAX bytes.  Returns 0, EINVAL, or ENAMETOOLONG.
 */
int	fin_name(struct fin *f, char *name);

/*
 * The next NUL-terminated string, 1..max bytes; *str points into the request
 * and *len does not count the NUL.  Returns 0, EINVAL, ENOENT if it is empty,
 * or ENAMETOOLONG.
 */
int	fin_string(struct fin *f, const char **str, size_t *len, size_t max);

/* Nothing may be left: 0 or EINVAL. */
int	fin_done(const struct fin *f);

#endif
