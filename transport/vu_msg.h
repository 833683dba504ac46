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

#ifndef VIOFSD_TRANSPORT_VU_MSG_H
#define VIOFSD_TRANSPORT_VU_MSG_H

#include <stdint.h>

/* vhost-user messages on the wire: reading, checking, answering one. */

#define VU_HDR_LEN	12
#define VU_REGION_MAX	8	/* regions of SET_MEM_TABLE */
#define VU_CONFIG_MAX	256	/* bytes of configuration space */
#define VU_FDS_MAX	VU_REGION_MAX

/* vu_hdr.flags */
#define VU_VERSION	0x1u
#define VU_VERSION_MASK	0x3u
#define VU_REPLY	0x4u
#define VU_NEED_REPLY	0x8u

struct vu_hdr {
	uint32_t request;
	uint32_t flags;
	uint32_t size;			/* bytes of payload */
};

/* Same layout as struct gmem_range; checked where it is converted. */
struct vu_region {
	uint64_t gpa, len, uva, off;
};

struct vu_table {
	uint32_t cnt;
	uint32_t padding;
	struct vu_region regions[VU_REGION_MAX];
};

struct vu_slot {
	uint64_t padding;
	struct vu_region region;
};

struct vu_state {
	uint32_t index;
	uint32_t num;
};

struct vu_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc, used, avail, log;
};

struct vu_space {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	uint8_t bytes[VU_CONFIG_MAX];
};

union vu_body {
	uint64_t u64;
	struct vu_table table;
	struct vu_slot slot;
	struct vu_state state;
	struct vu_addr addr;
	struct vu_space space;
};

/* One message, as far as it has been read. */
struct vu_msg {
	uint32_t got_len;		/* bytes of header and payload */
	unsigned int fd_cnt;
	int fd_lost;			/* there were more, now closed */
	int fds[VU_FDS_MAX];		/* ours; -1 once taken */
	struct vu_hdr hdr;
	union vu_body body;
};

struct vu_dev;

/* What a message must look like and who handles it. */
struct vu_row {
	uint32_t request;
	const char *name;
	uint16_t size_min, size_max;	/* bytes of payload */
	uint8_t fd_min, fd_max;
	uint8_t reply;			/* it has an answer of its own */
	uint64_t proto;			/* protocol features it belongs to */
	/*
	 * 0: done, with the answer in body and hdr.size if there is one.
	 * EINPROGRESS: call again when requests in flight are done.
	 * Another errno: refused, nothing has changed.
	 */
	int	(*handler)(struct vu_dev *, struct vu_msg *);
};

void	vu_msg_init(struct vu_msg *);

/* Forget the message and close its descriptors. */
void	vu_msg_clear(struct vu_msg *);

/*
 * Read on until the message is complete: 0, or EAGAIN.  ECONNRESET: the
 * front-end closed the connection.  EPROTO: version or reply flag wrong.
 * EMSGSIZE: longer than any message, so the next one can't be found.
 */
int	vu_msg_read(int fd, struct vu_msg *);

/* Do payload and descriptors fit the row?  0 or EINVAL. */
int	vu_msg_check(const struct vu_row *, const struct vu_msg *);

/* Descriptor i, now the caller's, or -1 if there is none. */
int	vu_msg_take(struct vu_msg *, unsigned int i);

/*
 * Answer the message with len bytes.  EAGAIN: not possible now, as the
 * front-end does not read, and the connection is spoilt; EPIPE or ECONNRESET:
 * it has closed.
 */
int	vu_msg_reply(int fd, const struct vu_msg *, const void *payload,
	    uint32_t len);

#endif
