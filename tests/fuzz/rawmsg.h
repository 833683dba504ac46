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

#ifndef VIOFSD_FUZZ_RAWMSG_H
#define VIOFSD_FUZZ_RAWMSG_H

#include "common/msg.h"
#include "fuzz.h"

/*
 * A message of any bytes as the input has it: how, number of descriptors,
 * length, bytes.
 */

#define RAW_LEN		0x01	/* the header says the right length */
#define RAW_FDS		0x02	/* ... and number of descriptors */
#define RAW_HOW		4	/* the bits that follow are the target's */

#define RAW_FDS_MAX	(MSG_FDS_MAX + 8)

struct raw {
	uint8_t how;
	unsigned int fd_cnt;
	struct msg_hdr hdr;	/* if it is that long */
	size_t len;
	uint8_t bytes[2 * MSG_TAIL_MAX];
};

static inline void
raw_read(struct fuzz *f, struct raw *r)
{
	r->how = fuzz_u8(f);
	r->fd_cnt = fuzz_u8(f) % (RAW_FDS_MAX + 1);
	r->len = fuzz_u16(f);
	if (r->len > f->left)
		r->len = f->left;
	fuzz_bytes(f, r->bytes, r->len);
	memset(&r->hdr, 0, sizeof(r->hdr));
	if (r->len < sizeof(r->hdr))
		return;
	memcpy(&r->hdr, r->bytes, sizeof(r->hdr));
	if (r->how & RAW_LEN)
		r->hdr.len = (uint32_t)r->len;
	if (r->how & RAW_FDS)
		r->hdr.fd_cnt = (uint16_t)r->fd_cnt;
	memcpy(r->bytes, &r->hdr, sizeof(r->hdr));
}

#endif
