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
 * Knows: what INIT settles between the kernel and the daemon.
 * Never: any other request.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdbool.h>
#include <string.h>

#include "init.h"
#include "pool.h"

/* Up to and with max_pages; older daemons end before. */
#define INIT_PAGES_LEN \
	(offsetof(struct fuse_init_out, max_pages) + sizeof(uint16_t))
#define INIT_WRITE_LEN \
	(offsetof(struct fuse_init_out, max_write) + sizeof(uint32_t))

/* Take the answer apart; false if there is nothing to see. */
static bool
init_take(const uint8_t *buf, size_t len, struct fuse_init_out *out)
{
	struct fuse_out_header	 h;
	size_t			 out_len;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(h))
		return false;
	memcpy(&h, buf, sizeof(h));
	out_len = len - sizeof(h);
	if (h.error != 0 || out_len < INIT_WRITE_LEN)
		return false;
	if (out_len > sizeof(*out))
		out_len = sizeof(*out);
	memcpy(out, buf + sizeof(h), out_len);
	return out->major == FUSE_KERNEL_VERSION;
}

void
init_limit(uint8_t *buf, size_t len)
{
	struct fuse_init_out	 out;
	size_t			 out_len;

	if (!init_take(buf, len, &out))
		return;
	out_len = len - sizeof(struct fuse_out_header);
	if (out.max_write > POOL_DATA_MAX)
		out.max_write = POOL_DATA_MAX;
	if (out_len >= INIT_PAGES_LEN &&
	    out.max_pages > POOL_DATA_MAX / POOL_PAGE)
		out.max_pages = POOL_DATA_MAX / POOL_PAGE;
	if (out_len > sizeof(out))
		out_len = sizeof(out);
	memcpy(buf + sizeof(struct fuse_out_header), &out, out_len);
}

void
init_print(const uint8_t *buf, size_t len, FILE *to)
{
	struct fuse_init_out	 out;
	uint64_t		 flags;

	if (!init_take(buf, len, &out)) {
		fprintf(to, "INIT was refused\n");
		return;
	}
	flags = out.flags;
	if ((out.flags & FUSE_INIT_EXT) != 0)
		flags |= (uint64_t)out.flags2 << 32;
	fprintf(to, "FUSE %u.%u, flags 0x%llx, max_write %u, max_pages %u, "
	    "max_readahead %u, max_background %u\n", out.major, out.minor,
	    (unsigned long long)flags, out.max_write, out.max_pages,
	    out.max_readahead, out.max_background);
}
